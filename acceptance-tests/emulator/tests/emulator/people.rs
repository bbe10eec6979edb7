//! The permissions of users.

use crate::client::{APP, GLOBAL, OAUTH, OAUTH_POLICIES, Package, start};

#[test]
fn an_app_admin_can_change_only_policies() {
    let mut org = start();
    org.shop();
    org.token = org.token_of("app.admin");
    let rejected = org.deploy(&Package::shop());
    assert_eq!(rejected.problems().len(), 3, "{}", rejected.text);
    assert!(rejected.problems()[0].contains("insufficient access rights"));
    let parent = "<externalClientApplication>Shop</externalClientApplication>";
    let own = Package::new().with(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", parent);
    assert_eq!(org.deploy(&own).status(), "Succeeded");
    assert_eq!(org.deploy(&Package::new().delete(&[(APP, "Shop")])).status(), "Failed");
    let seen = org.retrieve(&[(APP, "*"), (OAUTH, "*"), (GLOBAL, "*")], 66);
    assert_eq!(seen.files.len(), 3, "{:?}", seen.files.keys());
}

#[test]
fn the_metadata_api_requires_its_permission() {
    let mut org = start();
    org.token = org.token_of("limited");
    let response = org.soap("<describeMetadata/>");
    assert_eq!(response.status, 500);
    assert!(response.body.contains("<faultcode>sf:INSUFFICIENT_ACCESS</faultcode>"));
    assert!(response.body.contains("ModifyAllData or ModifyMetadata permissions"));
    let user = org.running.credentials.users[2].0.clone();
    let grant = serde_json::json!({ "users": { user: { "permissions": ["ApiEnabled", "ModifyMetadata"] } } });
    org.admin("PATCH", "org", &grant.to_string());
    assert_eq!(org.soap("<describeMetadata/>").status, 200);
    // Without a permission for apps, the user sees no apps.
    assert!(
        !org.soap(&format!("<listMetadata><queries><type>{APP}</type></queries></listMetadata>"))
            .body
            .contains("<result>")
    );
}
