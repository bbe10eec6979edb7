//! Changes that the subscriber of a managed package must not make. Each rule is broken once.

use serde_json::json;

use crate::client::{APP, APP_POLICIES, GLOBAL, OAUTH, OAUTH_POLICIES, Package, assert_rejected, start};

#[test]
fn changes_of_an_installed_app_by_a_subscriber_are_rejected() {
    let org = start();
    for (what, request, words) in [
        ("namespace", json!({ "namespace": "a__b", "name": "Shop" }), "is not a namespace"),
        ("no name", json!({ "namespace": "acme" }), "namespace and name are needed"),
    ] {
        let response = org.http("POST", "/emulator/packages", &[], request.to_string().as_bytes());
        assert_rejected(what, &response, 400, words);
    }
    let installation = json!({ "namespace": "acme", "name": "Shop" }).to_string();
    org.admin("POST", "packages", &installation);
    assert_rejected(
        "twice",
        &org.http("POST", "/emulator/packages", &[], installation.as_bytes()),
        400,
        "is installed already",
    );
    let before = org.components();
    let parent = "<externalClientApplication>acme__Shop</externalClientApplication>";
    let managed = "Cannot modify managed object";
    for (what, package, words) in [
        ("the app", Package::new().with(APP, "acme__Shop", "<label>Mine</label>"), managed),
        ("the settings", Package::new().with(OAUTH, "acme__Shop_oauth", parent), managed),
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
            Package::new().with(GLOBAL, "Mine", parent),
            "linked to a consumer of another org",
        ),
        ("second policies", Package::new().with(OAUTH_POLICIES, "Mine", parent), "duplicate value found"),
    ] {
        let problems = org.deploy(&package).problems();
        assert!(problems.iter().any(|problem| problem.contains(words)), "{what}: {problems:?}");
    }
    let delete =
        format!("<deleteMetadata><type>{APP}</type><fullNames>acme__Shop</fullNames></deleteMetadata>");
    assert_rejected("CRUD", &org.soap(&delete), 200, managed);
    assert_eq!(org.components(), before);

    // The policies of an installed app belong to the subscriber and have no namespace.
    let own = Package::new().with(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", parent).with(
        APP_POLICIES,
        "Shop_defaultPolicy",
        &format!("{parent}<isEnabled>false</isEnabled>"),
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
    assert_rejected(
        "uninstalled twice",
        &org.http("DELETE", "/emulator/packages/acme", &[], b""),
        404,
        "no package acme is installed",
    );
}
