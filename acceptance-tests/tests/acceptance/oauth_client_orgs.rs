//! Orgs may differ in how they handle policies in the package that creates their app. In each of these orgs, the app
//! that `salesforce_oauth_client` creates is as configured.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{OAUTH, OAUTH_POLICIES, POLICIES};
use acceptance_tests::workspace::Workspace;
use serde_json::json;

const CLIENT: &str = r#"
resource "salesforce_oauth_client" "shop" {
  name                         = "Shop"
  label                        = "Shop"
  callback_urls                = ["https://shop.example.com/callback"]
  oauth_scopes                 = ["Api", "RefreshToken"]
  code_credential_flow_enabled = true
  named_user_jwt_enabled       = true

  policies {
    guest_code_credential_flow_enabled = true
    start_page                         = "OAuth"
  }
}
"#;

#[test]
fn a_client_is_created_in_orgs_that_handle_policies_in_its_package_differently() {
    for (first_policies, max_deploys) in [("taken", 1), ("after_defaults", 3), ("refused", 3), ("lost", 2)] {
        let org = Emulator::start();
        org.admin("PATCH", "/org", Some(&json!({ "first_policies": first_policies })));
        let workspace = Workspace::new(&org);
        workspace.configure(CLIENT);
        workspace.apply().succeeded();
        assert!(org.count("deploy") <= max_deploys, "{first_policies}: {} deploys", org.count("deploy"));
        assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("isGuestCodeCredFlowEnabled"), "true");
        assert_eq!(org.part(POLICIES, "Shop").text("startPage"), "OAuth", "{first_policies}");
        workspace.assert_empty_plan();

        // The result is the same after a deletion of the settings, which also deletes the policies.
        let settings = org.part(OAUTH, "Shop").name;
        org.admin("DELETE", &format!("/components/{OAUTH}/{settings}"), None);
        workspace.apply().succeeded();
        assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("isGuestCodeCredFlowEnabled"), "true");
        // The next refresh reads the unmanaged values of the new policy files.
        workspace.plan(&[]).changes(&[]);
        workspace.destroy().succeeded();
    }
}
