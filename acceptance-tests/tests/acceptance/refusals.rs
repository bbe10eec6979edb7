//! Values that the org rejects because of another resource. The error is at the attribute, and names the attribute of
//! the other resource and the role that can set it. Some of the emulator's messages are invented, because no source
//! quotes the real messages, so other messages are tested as well.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{GLOBAL_OAUTH, OIDC_SETTINGS};
use acceptance_tests::workspace::Workspace;
use serde_json::json;

const DEVELOPER: &str = "salesforce_external_client_app_oauth_settings (requires a developer of the app)";
const ADMIN: &str = "salesforce_external_client_app_policies (requires a policy administrator)";
const ORG: &str = "salesforce_org_oauth_oidc_settings (requires an administrator of the org)";

fn shop(settings: &[&str], policies: &[&str]) -> String {
    format!(
        "resource \"salesforce_external_client_app\" \"shop\" {{\n  name  = \"Shop\"\n  label = \"Shop\"\n}}\n\
         resource \"salesforce_external_client_app_oauth_settings\" \"shop\" {{\n  external_client_app = \
         salesforce_external_client_app.shop.id\n  {}\n}}\n\
         resource \"salesforce_external_client_app_policies\" \"shop\" {{\n  external_client_app = \
         salesforce_external_client_app_oauth_settings.shop.id\n  {}\n}}\n",
        settings.join("\n  "),
        policies.join("\n  ")
    )
}

/// The configuration of `shop`, split for two workspaces: the developer's, and the admin's, which contains the app's
/// name as a literal.
fn split(settings: &[&str], policies: &[&str]) -> (String, String) {
    let whole = shop(settings, policies);
    let (app, admins) =
        whole.split_once("resource \"salesforce_external_client_app_policies\"").unwrap_or_default();
    let admins = admins.replace("salesforce_external_client_app_oauth_settings.shop.id", "\"Shop\"");
    (app.to_owned(), format!("resource \"salesforce_external_client_app_policies\"{admins}"))
}

/// Expects a rejection at this line, with this text.
#[track_caller]
fn assert_rejected(workspace: &Workspace<'_>, configuration: &str, line: &str, words: &str) {
    workspace.configure(configuration);
    let run = workspace.apply().failed_with("Salesforce rejected the");
    assert!(run.contains(words), "expected {words:?}: {run}");
    // Terraform shows the number of a line and then its text.
    assert!(run.contains(&format!(": {line}")), "the error is not at {line:?}: {run}");
}

#[test]
fn the_flow_without_the_org_setting_is_an_error_that_names_the_setting() {
    let org = Emulator::start();
    org.edit(OIDC_SETTINGS, "OauthOidc", "oAuthCdCrdtFlowEnable", "false");
    let workspace = Workspace::new(&org);
    let flow = "code_credential_flow_enabled = true";
    assert_rejected(
        &workspace,
        &shop(&[flow], &[]),
        flow,
        &format!("{flow} in {ORG}, in Setup: OAuth and OpenID Connect Settings"),
    );
}

/// The app's developer and its admin have separate workspaces. In one workspace, the plan would already report the
/// error.
#[test]
fn guests_without_the_flow_or_jwt_tokens_are_an_error_that_names_them() {
    let org = Emulator::start();
    let (developer, admin) = (Workspace::new(&org), Workspace::new(&org));
    let (flow, jwt) = ("code_credential_flow_enabled = true", "named_user_jwt_enabled = true");
    let (no_flow, no_jwt) = ("code_credential_flow_enabled = false", "named_user_jwt_enabled = false");
    let guest = "guest_code_credential_flow_enabled = true";
    let (app, policies) = split(&[flow, no_jwt], &[guest]);
    developer.configure(&app);
    developer.apply().succeeded();
    assert_rejected(&admin, &policies, guest, &format!("requires {jwt} in {DEVELOPER}"));
    developer.configure(&split(&[no_flow, jwt], &[]).0);
    developer.apply().succeeded();
    assert_rejected(&admin, &policies, guest, &format!("requires {flow} in {DEVELOPER}"));

    developer.configure(&split(&[flow, jwt], &[]).0);
    developer.apply().succeeded();
    admin.apply().succeeded();
    let without = format!("requires guest_code_credential_flow_enabled = false in {ADMIN}");
    for (settings, line) in [([flow, no_jwt], no_jwt), ([no_flow, jwt], no_flow)] {
        assert_rejected(&developer, &split(&settings, &[]).0, line, &without);
    }
    assert_eq!(org.part(GLOBAL_OAUTH, "Shop").text("isNamedUserJwtEnabled"), "true");
}

#[test]
fn a_jwt_timeout_without_jwt_tokens_is_an_error_that_names_the_attribute() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let line = "named_user_jwt_session_timeout_type = \"UserSession\"";
    let words = format!("requires named_user_jwt_enabled = true in {DEVELOPER}");
    assert_rejected(&workspace, &shop(&["code_credential_flow_enabled = true"], &[line]), line, &words);
}

#[test]
fn a_missing_run_as_user_is_an_error_at_the_attribute() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let user = "client_credentials_flow_user = \"nobody@example.com\"";
    let policies = ["client_credentials_flow_enabled = true", user];
    let words =
        "an active user in the org with this username and API access (requires an administrator of the org)";
    assert_rejected(&workspace, &shop(&["client_credentials_flow_enabled = true"], &policies), user, words);
}

/// The org returns messages that the emulator itself does not use.
#[test]
fn other_messages_of_the_org_lead_to_the_same_errors() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let policy = ("ExtlClntAppOauthConfigurablePolicies", "Shop_oauth_defaultPolicy");
    let global = ("ExtlClntAppGlobalOauthSettings", "Shop_glbloauth");
    let settings = ["code_credential_flow_enabled = true", "named_user_jwt_enabled = true"];
    workspace.configure(&shop(&settings, &[]));
    workspace.apply().succeeded();
    let user = format!("client_credentials_flow_user = \"{}\"", org.user("integration"));
    let other = [settings[0], settings[1], "token_exchange_enabled = true"];
    for ((kind, name), problem, settings, policies, line, words) in [
        (
            policy,
            "Guests: enable isNamedUserJwtEnabled first",
            settings.as_slice(),
            vec!["guest_code_credential_flow_enabled = true"],
            "guest_code_credential_flow_enabled = true",
            format!("requires named_user_jwt_enabled = true in {DEVELOPER}"),
        ),
        (
            policy,
            "Invalid plugin settings",
            settings.as_slice(),
            vec!["guest_code_credential_flow_enabled = true"],
            "guest_code_credential_flow_enabled = true",
            format!(
                "Or: guest_code_credential_flow_enabled requires code_credential_flow_enabled = true in {DEVELOPER}"
            ),
        ),
        (
            policy,
            "isClientCredentialsFlowEnabled: the app has not opted in",
            settings.as_slice(),
            vec!["client_credentials_flow_enabled = true", user.as_str()],
            "client_credentials_flow_enabled = true",
            format!("requires client_credentials_flow_enabled = true in {DEVELOPER}"),
        ),
        (
            policy,
            "isTokenExchangeFlowEnabled cannot be set",
            settings.as_slice(),
            vec!["token_exchange_flow_enabled = true"],
            "token_exchange_flow_enabled = true",
            format!("requires token_exchange_enabled = true in {DEVELOPER}"),
        ),
        (
            policy,
            "This flow shows no consent screen",
            settings.as_slice(),
            vec!["permitted_users = \"AllSelfAuthorized\"", "required_session_level = \"LOW\""],
            "permitted_users = \"AllSelfAuthorized\"",
            "The Authorization Code and Credentials Flow (code_credential_flow_enabled = true in \
             salesforce_external_client_app_oauth_settings) has no consent screen"
                .into(),
        ),
        (
            global,
            "The Code and Credentials Flow is off in OauthOidcSettings",
            other.as_slice(),
            vec![],
            "code_credential_flow_enabled = true",
            format!("requires code_credential_flow_enabled = true in {ORG}"),
        ),
    ] {
        let fault = json!({"call": "deploy", "every": true, "do": {"component_problem": {
            "type": kind, "fullName": name, "problem": problem
        }}});
        org.admin("POST", "/faults", Some(&fault));
        assert_rejected(&workspace, &shop(settings, &policies), line, &words);
        org.admin("DELETE", "/faults", None);
    }
}

#[test]
fn disabling_an_org_setting_that_apps_need_is_an_error_at_the_attribute() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let fault = json!({"call": "deploy", "do": {"component_problem": {
        "type": "Settings", "fullName": "OauthOidc", "problem": "Apps have isCodeCredFlowEnabled"
    }}});
    org.admin("POST", "/faults", Some(&fault));
    let line = "code_credential_flow_enabled = false";
    let configuration = format!("resource \"salesforce_org_oauth_oidc_settings\" \"org\" {{\n  {line}\n}}\n");
    assert_rejected(&workspace, &configuration, line, &format!("requires {line} in {DEVELOPER}"));
}

#[test]
fn preauthorization_without_an_assignment_of_the_user_is_an_error() {
    let org = Emulator::start();
    org.admin("PATCH", "/org", Some(&json!({ "preauthorization_needs_own_assignment": true })));
    let workspace = Workspace::new(&org);
    let line = "permitted_users = \"AdminApprovedPreAuthorized\"";
    let words = "one of the permission_sets, assigned to the user that Terraform logs in as";
    assert_rejected(&workspace, &shop(&[], &[line, "permission_sets = [\"Shop_Customer\"]"]), line, words);
}

/// A rejected component also makes its dependent components fail. The first rejection is reported as the cause.
#[test]
fn the_first_rejection_is_reported_and_not_its_consequences() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let configuration = shop(&["custom_scopes = [\"Nowhere\"]"], &["ip_relaxation = \"Bypass\""]);
    let by_name = configuration
        .replace("salesforce_external_client_app.shop.id", "\"Shop\"")
        .replace("salesforce_external_client_app_oauth_settings.shop.id", "\"Shop\"");
    workspace.configure(&configuration);
    let run = workspace.apply().failed_with("Nowhere");
    assert!(!run.contains("has no OAuth settings") && !run.contains("valid OAuth settings"), "{run}");
    workspace.configure(&by_name);
    let run = workspace.apply().failed_with("Nowhere");
    assert!(!run.contains("Policies not found") && !run.contains("valid OAuth settings"), "{run}");
    assert!(run.contains("Dependency not created"), "{run}");
}
