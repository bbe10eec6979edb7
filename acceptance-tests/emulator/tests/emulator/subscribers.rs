//! What the subscriber of a managed package must not change. Each rule is broken once.

use serde_json::json;

use crate::client::{APP, APP_POLICIES, GLOBAL, OAUTH, OAUTH_POLICIES, Package, refused, start};

#[test]
fn what_a_subscriber_may_not_change() {
    let org = start();
    for (what, request, words) in [
        ("namespace", json!({ "namespace": "a__b", "name": "Shop" }), "is not a namespace"),
        ("no name", json!({ "namespace": "acme" }), "namespace and name are needed"),
    ] {
        let answer = org.http("POST", "/emulator/packages", &[], request.to_string().as_bytes());
        refused(what, &answer, 400, words);
    }
    let wanted = json!({ "namespace": "acme", "name": "Shop" }).to_string();
    org.admin("POST", "packages", &wanted);
    refused(
        "twice",
        &org.http("POST", "/emulator/packages", &[], wanted.as_bytes()),
        400,
        "is installed already",
    );
    let before = org.components();
    let of_it = "<externalClientApplication>acme__Shop</externalClientApplication>";
    let managed = "Cannot modify managed object";
    for (what, package, words) in [
        ("the app", Package::new().with(APP, "acme__Shop", "<label>Mine</label>"), managed),
        ("the settings", Package::new().with(OAUTH, "acme__Shop_oauth", of_it), managed),
        ("deletion", Package::new().delete(&[(APP, "acme__Shop")]), managed),
        ("deletion of settings", Package::new().delete(&[(OAUTH, "acme__Shop_oauth")]), managed),
        (
            "something new",
            Package::new().with(APP, "acme__Till", ""),
            "Cannot create a component in the namespace acme",
        ),
        ("another namespace", Package::new().with(APP, "umbrella__Till", ""), "two consecutive underscores"),
        (
            "a local consumer",
            Package::new().with(GLOBAL, "Mine", of_it),
            "linked to a consumer of another org",
        ),
        ("second policies", Package::new().with(OAUTH_POLICIES, "Mine", of_it), "duplicate value found"),
    ] {
        let problems = org.deploy(&package).problems();
        assert!(problems.iter().any(|problem| problem.contains(words)), "{what}: {problems:?}");
    }
    let delete =
        format!("<deleteMetadata><type>{APP}</type><fullNames>acme__Shop</fullNames></deleteMetadata>");
    refused("CRUD", &org.soap(&delete), 200, managed);
    assert_eq!(org.components(), before);

    // Its policies belong to the subscriber, and have no namespace.
    let own = Package::new().with(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", of_it).with(
        APP_POLICIES,
        "Shop_defaultPolicy",
        &format!("{of_it}<isEnabled>false</isEnabled>"),
    );
    assert_eq!(org.deploy(&own).status(), "Succeeded");
    let listed =
        org.soap(&format!("<listMetadata><queries><type>{APP}</type></queries></listMetadata>")).body;
    for words in [
        "<fullName>acme__Shop</fullName>",
        "<namespacePrefix>acme</namespacePrefix>",
        "<manageableState>installed</manageableState>",
    ] {
        assert!(listed.contains(words), "{listed}");
    }
    let row = org
        .query("SELECT DeveloperName, NamespacePrefix, ManageableState FROM ExternalClientApplication")
        .json();
    assert_eq!(row["records"][0]["DeveloperName"], "Shop");
    assert_eq!(row["records"][0]["NamespacePrefix"], "acme");
    assert_eq!(
        org.query("SELECT Id FROM ExternalClientApplication WHERE NamespacePrefix = null").json()["totalSize"],
        0
    );
    assert_eq!(org.retrieve(&[(APP, "*")], 66).files.len(), 2);
    org.admin("PATCH", "org", r#"{"wildcard_skips_packages": true}"#);
    assert_eq!(org.retrieve(&[(APP, "*")], 66).files.len(), 1);
    assert_eq!(org.retrieve(&[(APP, "acme__Shop")], 66).files.len(), 2);
    org.admin("DELETE", "packages/acme", "");
    assert!(org.retrieve(&[(APP, "*"), (OAUTH_POLICIES, "*")], 66).files.len() == 1);
    refused(
        "uninstalled twice",
        &org.http("DELETE", "/emulator/packages/acme", &[], b""),
        404,
        "no package acme is installed",
    );
}
