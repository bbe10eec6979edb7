//! Invalid credentials fail early, with advice, and without revealing secrets.

use crate::configurations::{APP, ONLY_APP};
use acceptance_tests::canary::Secret;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org;
use acceptance_tests::plan::Action::Create;
use acceptance_tests::workspace::Workspace;

/// A key that no org accepts. It was generated for tests and is published with them.
const UNKNOWN_KEY: &str = include_str!("test-only-unknown.key");

#[test]
fn a_wrong_private_key_is_rejected_by_the_org() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("SALESFORCE_PRIVATE_KEY_FILE");
    workspace.set("SALESFORCE_PRIVATE_KEY", UNKNOWN_KEY);
    workspace.watch_secret(Secret::new("private key", UNKNOWN_KEY));
    workspace.configure(ONLY_APP);
    workspace.apply().failed_with("invalid_grant");
}

#[test]
fn an_invalid_private_key_is_an_error_that_does_not_show_it() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("SALESFORCE_PRIVATE_KEY_FILE");
    let nonsense = "bm90LWEta2V5LWJ1dC1zZWNyZXQtYWxsLXRoZS1zYW1l";
    workspace.set("SALESFORCE_PRIVATE_KEY", nonsense);
    workspace.watch_secret(Secret::new("private key", nonsense));
    workspace.configure(ONLY_APP);
    workspace.apply().failed_with("private key");
}

#[test]
fn a_wrong_client_secret_is_rejected_and_not_shown() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("SALESFORCE_PRIVATE_KEY_FILE");
    workspace.unset("SALESFORCE_USERNAME");
    let wrong = "WRONG-SECRET-4711-0815-4242";
    workspace.set("SALESFORCE_CLIENT_SECRET", wrong);
    workspace.watch_secret(Secret::new("client secret", wrong));
    workspace.configure(ONLY_APP);
    workspace.apply().failed_with("invalid_client");
}

#[test]
fn an_unknown_user_is_rejected_by_the_org() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.set("SALESFORCE_USERNAME", "nobody@example.com");
    workspace.configure(ONLY_APP);
    workspace.apply().failed_with("invalid_grant");
}

#[test]
fn missing_credentials_are_an_error_that_names_argument_and_variable() {
    let workspace = Workspace::anonymous();
    workspace.configure(ONLY_APP);
    let run = workspace.apply().failed_with("client_id");
    assert!(run.contains("SALESFORCE_CLIENT_ID"), "{run}");
}

#[test]
fn an_unreachable_host_is_named_in_the_error() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    // Nothing listens on the discard port.
    workspace.set("SALESFORCE_INSTANCE_URL", "http://127.0.0.1:9");
    workspace.configure(ONLY_APP);
    // A command that does not end in time fails the test.
    workspace.apply().failed_with("127.0.0.1");
}

#[test]
fn plain_http_to_another_machine_is_rejected() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.set("SALESFORCE_INSTANCE_URL", "http://shop.my.salesforce.com");
    workspace.configure(ONLY_APP);
    workspace.apply().failed_with("https");
}

#[test]
fn a_missing_permission_is_an_error_and_not_a_missing_app() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.step(ONLY_APP, &[(APP, Create)]);
    workspace.set("SALESFORCE_USERNAME", &org.user("limited"));
    let run = workspace.run(&["plan", "-no-color", "-input=false"]).failed_with("permission");
    assert!(!run.contains("will be created"), "{run}");
    workspace.apply().failed_with("permission");
    assert_eq!(org.names(org::APP), ["Shop"]);
    assert_eq!(
        workspace.attribute(APP, "id"),
        "Shop",
        "the state has lost a resource that the user cannot read"
    );
}

#[test]
fn an_org_other_than_the_expected_one_is_rejected() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.set("SALESFORCE_EXPECTED_ORG_ID", "00D00000000000zAAA");
    workspace.configure(ONLY_APP);
    let run = workspace.apply().failed_with("00D00000000000z");
    assert!(run.contains(&org.org_id()[..15]), "{run}");
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

#[test]
fn an_app_admin_can_manage_policies() {
    let org = Emulator::start();
    org.admin("POST", "/apps", Some(&serde_json::json!({ "name": "Shop" })));
    let mut workspace = Workspace::new(&org);
    workspace.set("SALESFORCE_USERNAME", &org.user("app.admin"));
    workspace.step(
        r#"
resource "salesforce_external_client_app_policies" "shop" {
  external_client_app = "Shop"
  permitted_users     = "AdminApprovedPreAuthorized"
  permission_sets     = ["Shop_Customer", "Shop_Staff"]
}
"#,
        &[("salesforce_external_client_app_policies.shop", Create)],
    );
    let policies = org.part(org::OAUTH_POLICIES, "Shop");
    assert_eq!(policies.text("commaSeparatedPermissionSet"), "Shop_Customer, Shop_Staff");
}
