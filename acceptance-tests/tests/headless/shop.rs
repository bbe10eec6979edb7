//! The shop: a configuration in which every variant works for a client with a secret, and edits of it by attribute.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::plan::{Action, PlanMessages};
use acceptance_tests::smoke_test::SmokeTest;
use acceptance_tests::terraform::Run;
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ORG: &str = "salesforce_org_oauth_oidc_settings";
const APP: &str = "salesforce_external_client_app";
const SETTINGS: &str = "salesforce_external_client_app_oauth_settings";
const POLICIES: &str = "salesforce_external_client_app_policies";

/// Short name of a resource, attribute, expression.
const OPEN: &[(&str, &str, &str)] = &[
    ("org", "code_credential_flow_enabled", "true"),
    ("org", "pkce_required", "false"),
    ("app", "name", "\"Shop\""),
    ("app", "label", "\"Shop\""),
    ("settings", "external_client_app", "salesforce_external_client_app.shop.id"),
    ("settings", "depends_on", "[salesforce_org_oauth_oidc_settings.shop]"),
    ("settings", "callback_urls", "[\"https://shop.example.com/callback\"]"),
    ("settings", "oauth_scopes", "[\"Api\", \"OpenID\", \"RefreshToken\"]"),
    ("settings", "code_credential_flow_enabled", "true"),
    ("settings", "code_credential_post_only", "true"),
    ("settings", "secret_required_for_web_server_flow", "true"),
    ("settings", "secret_required_for_refresh_token", "true"),
    ("settings", "pkce_required", "true"),
    ("settings", "named_user_jwt_enabled", "true"),
    ("settings", "refresh_token_rotation_enabled", "true"),
    ("settings", "introspect_all_tokens", "false"),
    ("policies", "external_client_app", "salesforce_external_client_app_oauth_settings.shop.id"),
    ("policies", "enabled", "true"),
    ("policies", "oauth_plugin_enabled", "true"),
    ("policies", "permitted_users", "\"AdminApprovedPreAuthorized\""),
    ("policies", "permission_sets", "[\"Shop_Customer\"]"),
    ("policies", "profiles", "[]"),
    ("policies", "guest_code_credential_flow_enabled", "true"),
    ("policies", "guest_jwt_session_timeout_type", "\"Custom\""),
    ("policies", "guest_jwt_timeout_minutes", "30"),
    ("policies", "named_user_jwt_session_timeout_type", "\"Custom\""),
    ("policies", "named_user_jwt_timeout_minutes", "15"),
    ("policies", "refresh_token_policy", "\"SpecificLifetime\""),
    ("policies", "refresh_token_validity_period", "30"),
    ("policies", "refresh_token_validity_unit", "\"Days\""),
    ("policies", "required_session_level", "\"STANDARD\""),
    ("policies", "ip_relaxation", "\"Enforce\""),
];

/// A change of one attribute: resource, attribute, expression. An empty expression omits it.
pub type Edit = (&'static str, &'static str, &'static str);

/// How to close a gate, and the results of the client.
pub struct Row {
    /// The ID in the emulator's table.
    pub gate: &'static str,
    /// Changes to apply before the rest: Terraform changes settings before policies, and an org does not remove
    /// settings that the policies still need.
    pub first: &'static [Edit],
    /// The differences from the open shop.
    pub edits: &'static [Edit],
    /// Variables of the client that differ from the defaults.
    pub client: &'static [(&'static str, &'static str)],
    /// The client has no secret.
    pub public: bool,
    /// The smoke test's arguments: variants, and the expected failures.
    pub run: &'static str,
}

/// No guests, and no settings for them.
pub const NO_GUESTS: &[Edit] = &[
    ("policies", "guest_code_credential_flow_enabled", "false"),
    ("policies", "guest_jwt_session_timeout_type", ""),
    ("policies", "guest_jwt_timeout_minutes", ""),
];

/// A row of the default client.
pub const ROW: Row = Row { gate: "", first: &[], edits: &[], client: &[], public: false, run: "" };

/// The configuration with some attributes changed.
pub fn shop(edits: &[Edit]) -> String {
    let mut unused: BTreeSet<&Edit> = edits.iter().collect();
    let mut text = String::new();
    for (short, kind) in [("org", ORG), ("app", APP), ("settings", SETTINGS), ("policies", POLICIES)] {
        text.push_str(&format!("resource \"{kind}\" \"shop\" {{\n"));
        for (_, attribute, open) in OPEN.iter().filter(|(of, ..)| *of == short) {
            let edit = edits.iter().find(|(of, name, _)| *of == short && name == attribute);
            let value = edit.map_or(*open, |edit| {
                unused.remove(edit);
                edit.2
            });
            if !value.is_empty() {
                text.push_str(&format!("  {attribute} = {value}\n"));
            }
        }
        text.push_str("}\n\n");
    }
    assert!(unused.is_empty(), "no such attributes in the shop: {unused:?}");
    text
}

/// An org with the open shop, created by Terraform.
pub fn open(org: &Emulator) -> Workspace<'_> {
    let workspace = Workspace::new(org);
    let create = |kind: &str| format!("{kind}.shop");
    let names: Vec<String> = [ORG, APP, SETTINGS, POLICIES].map(create).into();
    let expected: Vec<(&str, Action)> = names.iter().map(|name| (name.as_str(), Action::Create)).collect();
    workspace.step(&shop(&[]), &expected);
    workspace
}

/// Applies a configuration, with in-place updates only.
#[track_caller]
pub fn apply(workspace: &Workspace<'_>, edits: &[Edit]) {
    workspace.configure(&shop(edits));
    let run = workspace.run(&["apply", "-json", "-input=false", "-auto-approve"]).succeeded();
    let planned = PlanMessages::by(&run.stdout).actions;
    assert!(
        planned.values().all(|action| action == "update"),
        "a gate is a setting, not another app: {planned:?}"
    );
}

/// Closes one gate at a time, one for each row, and runs the client each time. Opens the shop again at the end.
#[track_caller]
pub fn close_each_gate(rows: &[Row]) {
    let org = Emulator::start();
    let workspace = open(&org);
    for row in rows {
        if !row.first.is_empty() {
            apply(&workspace, row.first);
        }
        apply(&workspace, row.edits);
        run_client(&org, row);
    }
    apply(&workspace, &[]);
    workspace.assert_empty_plan();
    SmokeTest::of(&org, "Shop").passes(&["login", "guest", "refresh", "revoke"]);
}

/// Runs the client of a row. Only the gate of the row may reject it.
#[track_caller]
pub fn run_client(org: &Emulator, row: &Row) -> Run {
    let before = org.journal().len();
    let mut client = SmokeTest::of(org, "Shop");
    if row.public {
        client = client.public();
    }
    let client = row.client.iter().fold(client, |client, (name, value)| client.with(name, value));
    let arguments: Vec<&str> = row.run.split_whitespace().collect();
    let run = client.passes(&arguments);
    let closed = gates_closed_since(org, before);
    let expected: BTreeSet<String> =
        row.gate.split(' ').filter(|gate| !gate.is_empty()).map(str::to_owned).collect();
    assert_eq!(closed, expected, "the gates that closed, with {:?}: {run}", row.edits);
    run
}

/// The gates that rejected a call since a position in the journal, except those for revoked tokens.
fn gates_closed_since(org: &Emulator, before: usize) -> BTreeSet<String> {
    let journal = org.journal();
    let closed = journal[before..].iter().filter_map(|call| call["details"]["gate"].as_str());
    // The smoke test retries revoked and used tokens: their rejection is a success.
    closed.filter(|gate| !["R1", "T2", "G18", "T4", "T5"].contains(gate)).map(str::to_owned).collect()
}

/// Changes the site, as its administrator does in Setup.
pub fn set_site(org: &Emulator, changes: &Value) {
    org.admin("PATCH", "/site", Some(changes));
}

/// The same for the headless settings of the site.
pub fn set_auth_api(org: &Emulator, changes: &Value) {
    set_site(org, &json!({ "authApi": changes }));
}
