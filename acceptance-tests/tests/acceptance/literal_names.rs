//! Parts that contain the literal name of their app instead of a reference, so that Terraform creates the app and its
//! parts in parallel.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, OAUTH_POLICIES};
use acceptance_tests::plan::Action::Create;
use acceptance_tests::workspace::Workspace;

use crate::configurations::{APP, POLICIES, SETTINGS};

const LITERAL: &str = r#"
resource "salesforce_external_client_app" "shop" {
  name  = "Shop"
  label = "Shop"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = "Shop"
  callback_urls       = ["https://shop.example.com/callback"]
  oauth_scopes        = ["Api"]
}
"#;

const LITERAL_POLICIES: &str = r#"
resource "salesforce_external_client_app_policies" "shop" {
  external_client_app = "Shop"
  permitted_users     = "AdminApprovedPreAuthorized"
  permission_sets     = ["Shop_Customer"]

  # If the settings are never created, the wait ends here and not with the time limit of the suite.
  timeouts {
    create = "60s"
  }
}
"#;

#[test]
fn an_app_and_settings_with_its_literal_name_are_created_together() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(LITERAL, &[(APP, Create), (SETTINGS, Create)]);
    assert_eq!(org.part(org::OAUTH, "Shop").text("commaSeparatedOauthScopes"), "Api");
    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

#[test]
fn policies_with_a_literal_name_wait_for_the_settings() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let all = format!("{LITERAL}{LITERAL_POLICIES}");
    workspace.step(&all, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    assert_eq!(
        org.part(OAUTH_POLICIES, "Shop").text("permittedUsersPolicyType"),
        "AdminApprovedPreAuthorized"
    );
    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}
