//! The permissions of users.

use crate::client::{APP, GLOBAL, OAUTH, OAUTH_POLICIES, Package, start};

#[test]
fn an_app_admin_changes_policies_and_nothing_else() {
    let mut org = start();
    org.shop();
    org.token = org.token_of("app.admin");
    let refused = org.deploy(&Package::shop());
    assert_eq!(refused.problems().len(), 3, "{}", refused.text);
    assert!(refused.problems()[0].contains("insufficient access rights"));
    let parent = "<externalClientApplication>Shop</externalClientApplication>";
    let own = Package::new().with(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", parent);
    assert_eq!(org.deploy(&own).status(), "Succeeded");
    assert_eq!(org.deploy(&Package::new().delete(&[(APP, "Shop")])).status(), "Failed");
    let seen = org.retrieve(&[(APP, "*"), (OAUTH, "*"), (GLOBAL, "*")], 66);
    assert_eq!(seen.files.len(), 3, "{:?}", seen.files.keys());
}

#[test]
fn the_metadata_api_needs_its_permission() {
    let mut org = start();
    org.token = org.token_of("limited");
    let answer = org.soap("<describeMetadata/>");
    assert_eq!(answer.status, 500);
    assert!(answer.body.contains("<faultcode>sf:INSUFFICIENT_ACCESS</faultcode>"));
    assert!(answer.body.contains("ModifyAllData or ModifyMetadata permissions"));
    let user = org.running.credentials.users[2].0.clone();
    let grant = serde_json::json!({ "users": { user: { "permissions": ["ApiEnabled", "ModifyMetadata"] } } });
    org.admin("PATCH", "org", &grant.to_string());
    assert_eq!(org.soap("<describeMetadata/>").status, 200);
    // Without a permission for apps the user sees none.
    assert!(
        !org.soap(&format!("<listMetadata><queries><type>{APP}</type></queries></listMetadata>"))
            .body
            .contains("<result>")
    );
}
