//! Secrets stay where they are. Every command of every test here is searched; these tests show that the
//! search would find something, and go where secrets are nearest.

use crate::configurations::{APP, APP_AND_SETTINGS, ONLY_APP, SETTINGS};
use acceptance_tests::canary::Secret;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::GLOBAL_OAUTH;
use acceptance_tests::plan::Action::Create;
use acceptance_tests::workspace::Workspace;

#[test]
fn the_trace_log_has_the_providers_own_words() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(ONLY_APP, &[(APP, Create)]);
    let logs = workspace.logs();
    // Without them the search of the log would be a search of Terraform's words only.
    let ours = logs.lines().filter(|line| line.contains("provider.terraform-provider-salesforce: ")).count();
    assert!(ours > 20, "{ours} lines of the provider in {} bytes of log", logs.len());
    assert!(logs.contains("[TRACE] provider.terraform-provider-salesforce: "), "nothing at TRACE");
}

#[test]
#[should_panic(expected = "secrets leaked by")]
fn a_secret_in_the_state_is_found() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.step(APP_AND_SETTINGS, &[(APP, Create), (SETTINGS, Create)]);
    // The consumer key is in the state by right. For a moment it plays the secret.
    workspace.watch_secret(Secret::new("played", &org.part(GLOBAL_OAUTH, "Shop").text("consumerKey")));
    let _found = workspace.run(&["version"]);
}

#[test]
fn the_org_issues_secrets_that_are_worth_searching_for() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let before = org.secrets().len();
    workspace.step(APP_AND_SETTINGS, &[(APP, Create), (SETTINGS, Create)]);
    // At least an access token and the consumer secret of the new app.
    assert!(org.secrets().len() >= before + 2);
}

#[test]
fn a_secret_that_a_retrieve_contains_goes_nowhere() {
    let org = Emulator::start();
    org.admin("PATCH", "/org", Some(&serde_json::json!({ "secret_in_metadata": true })));
    let workspace = Workspace::new(&org);
    workspace.step(APP_AND_SETTINGS, &[(APP, Create), (SETTINGS, Create)]);
    let changed = APP_AND_SETTINGS.replace("\"OpenID\", ", "");
    workspace.configure(&changed);
    workspace.apply().succeeded();
    workspace.is_settled();
    workspace.imports_into_an_empty_state();
}

#[test]
fn a_token_from_elsewhere_goes_nowhere() {
    let org = Emulator::start();
    let token = org.ready["accessToken"].as_str().unwrap_or_default().to_owned();
    assert!(!token.is_empty());
    let mut workspace = Workspace::anonymous();
    workspace.watch(&org);
    workspace.watch_secret(Secret::new("access token", &token));
    workspace.set("SALESFORCE_INSTANCE_URL", org.url());
    workspace.set("SALESFORCE_ACCESS_TOKEN", &token);
    workspace.step(ONLY_APP, &[(APP, Create)]);

    // One that has expired appears in the org's error.
    org.admin("POST", "/sessions/expire", None);
    workspace.run(&["plan", "-no-color", "-input=false"]).failed_saying("access token");
}
