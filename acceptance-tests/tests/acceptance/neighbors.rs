//! Several users of one org, each with a separate Terraform process and a separate state.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, APP, OAUTH, OAUTH_POLICIES};
use acceptance_tests::workspace::Workspace;
use serde_json::json;

fn app(name: &str, label: &str) -> String {
    format!(
        r#"
resource "salesforce_external_client_app" "app" {{
  name  = "{name}"
  label = "{label}"
}}
"#
    )
}

fn settings(app: &str, scopes: &str) -> String {
    format!(
        r#"
resource "salesforce_external_client_app_oauth_settings" "app" {{
  external_client_app = "{app}"
  callback_urls       = ["https://{app}.example.com/callback"]
  oauth_scopes        = [{scopes}]
}}
"#
    )
}

fn policies(app: &str) -> String {
    format!(
        r#"
resource "salesforce_external_client_app_policies" "app" {{
  external_client_app = "{app}"
  permitted_users     = "AdminApprovedPreAuthorized"
  permission_sets     = ["Shop_Customer"]
}}
"#
    )
}

#[test]
fn eight_processes_change_one_org_without_lost_updates() {
    let org = Emulator::with(&["--deploy-ms", "300"]);
    let workspaces: Vec<Workspace<'_>> = (0..8).map(|_| Workspace::new(&org)).collect();
    // Three of the workspaces manage one app: its own file, its settings, and its policies.
    for (workspace, configuration) in
        workspaces.iter().zip([app("Shared", "Before"), settings("Shared", "\"Api\"")])
    {
        workspace.configure(&configuration);
        workspace.apply().succeeded();
    }
    let scopes = "\"Api\", \"RefreshToken\"";
    let shared = [app("Shared", "After"), settings("Shared", scopes), policies("Shared")];
    let own = (3..8).map(|number| {
        let name = format!("Own{number}");
        format!("{}{}{}", app(&name, &name), settings(&name, "\"Api\""), policies(&name))
    });
    let configurations: Vec<String> = shared.into_iter().chain(own).collect();

    // Two deploys fail because of locks, one on the org's setup and one on a record.
    let locked = |nth: u32, code: &str| {
        json!({ "call": "deploy", "nth": nth, "do": { "deploy_result": {
            "status": "Failed", "errorStatusCode": code,
            "errorMessage": "The changes you requested require salesforce.com to temporarily lock your organization's administration setup." } } })
    };
    let row = json!({ "call": "deploy", "nth": 5, "do": { "fault": {
        "code": "UNABLE_TO_LOCK_ROW", "text": "unable to obtain exclusive access to this record" } } });
    org.admin("POST", "/faults", Some(&json!([locked(2, "ALREADY_IN_PROCESS"), row])));

    for (workspace, configuration) in workspaces.iter().zip(&configurations) {
        workspace.configure(configuration);
    }
    let apply = ["apply", "-no-color", "-input=false", "-auto-approve"];
    let running: Vec<_> = workspaces.iter().map(|workspace| workspace.start(&apply)).collect();
    for (workspace, running) in workspaces.iter().zip(running) {
        workspace.wait(running).succeeded();
    }

    assert_eq!(org.part(APP, "Shared").text("label"), "After");
    assert!(org.part(OAUTH, "Shared").text("commaSeparatedOauthScopes").contains("RefreshToken"));
    for app in ["Shared", "Own3", "Own4", "Own5", "Own6", "Own7"] {
        let policies = org.part(OAUTH_POLICIES, app);
        assert_eq!(policies.text("permittedUsersPolicyType"), "AdminApprovedPreAuthorized", "{app}");
    }
    assert_eq!(org.names(org::GLOBAL_OAUTH).len(), 6);
    for workspace in &workspaces {
        workspace.plan(&[]).is_empty();
    }
    let rejected = org.journal().iter().filter(|call| !call["fault"].is_null()).count();
    assert_eq!(rejected, 2, "the org was locked twice");
}

/// Seven resources manage the policies of one app: the arguments of each resource, and the element and value to check.
/// All arguments but the last are in one file.
const SHARES: [(&str, &str, &str); 7] = [
    (r#"ip_relaxation = "Bypass""#, "ipRelaxationPolicyType", "Bypass"),
    ("session_timeout_minutes = 35", "sessionTimeoutInMinutes", "35"),
    (r#"required_session_level = "STANDARD""#, "requiredSessionLevel", "STANDARD"),
    (
        r#"
  refresh_token_policy          = "SpecificLifetime"
  refresh_token_validity_period = 12
  refresh_token_validity_unit   = "Hours"
"#,
        "refreshTokenValidityPeriod",
        "12",
    ),
    (
        r#"
  named_user_jwt_session_timeout_type = "Custom"
  named_user_jwt_timeout_minutes      = 15
"#,
        "namedUserJwtTimeout",
        "15",
    ),
    (
        r#"
  permitted_users = "AdminApprovedPreAuthorized"
  permission_sets = ["Shop_Customer"]
"#,
        "commaSeparatedPermissionSet",
        "Shop_Customer",
    ),
    ("enabled = false", "", ""),
];

#[test]
fn seven_processes_change_one_file_without_lost_updates() {
    let org = Emulator::with(&["--deploy-ms", "1000"]);
    let owner = Workspace::new(&org);
    let settings = settings("Shared", "\"Api\"");
    let settings = settings.replace("oauth_scopes ", "named_user_jwt_enabled = true\n  oauth_scopes ");
    owner.configure(&format!("{}{settings}", app("Shared", "Shared")));
    owner.apply().succeeded();

    let workspaces: Vec<Workspace<'_>> = SHARES.iter().map(|_| Workspace::new(&org)).collect();
    for (workspace, (share, ..)) in workspaces.iter().zip(SHARES) {
        workspace.configure(&format!(
            r#"
resource "salesforce_external_client_app_policies" "app" {{
  external_client_app = "Shared"
  {share}
}}
"#
        ));
    }
    let apply = ["apply", "-no-color", "-input=false", "-auto-approve"];
    let running: Vec<_> = workspaces.iter().map(|workspace| workspace.start(&apply)).collect();
    for (workspace, running) in workspaces.iter().zip(running) {
        workspace.wait(running).succeeded();
    }

    let policies = org.part(OAUTH_POLICIES, "Shared");
    for (share, element, value) in SHARES.into_iter().filter(|(_, element, _)| !element.is_empty()) {
        assert_eq!(policies.text(element), value, "{share}");
    }
    for workspace in &workspaces {
        // Unmanaged attributes show drift, because the other processes changed them.
        workspace.plan(&[]).changes(&[]);
    }
}
