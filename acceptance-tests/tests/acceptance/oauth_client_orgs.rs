//! Whatever an org makes of policies that come in the package that makes their app: there is one client afterwards, as it was
//! configured.

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
fn a_client_is_made_whatever_an_org_does_with_policies_of_its_package() {
    for (first_policies, most_deploys) in [("taken", 1), ("after_defaults", 3), ("refused", 3), ("lost", 2)] {
        let org = Emulator::start();
        org.admin("PATCH", "/org", Some(&json!({ "first_policies": first_policies })));
        let workspace = Workspace::new(&org);
        workspace.configure(CLIENT);
        workspace.apply().succeeded();
        assert!(org.count("deploy") <= most_deploys, "{first_policies}: {} deploys", org.count("deploy"));
        assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("isGuestCodeCredFlowEnabled"), "true");
        assert_eq!(org.part(POLICIES, "Shop").text("startPage"), "OAuth", "{first_policies}");
        workspace.is_settled();

        // The same when somebody has deleted the settings, and the policies with them.
        let settings = org.part(OAUTH, "Shop").name;
        org.admin("DELETE", &format!("/components/{OAUTH}/{settings}"), None);
        workspace.apply().succeeded();
        assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("isGuestCodeCredFlowEnabled"), "true");
        // The next refresh brings what a new file has and nobody manages.
        workspace.plan(&[]).changes(&[]);
        workspace.destroy().succeeded();
    }
}
