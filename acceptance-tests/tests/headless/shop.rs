//! The shop, which is a configuration in which every variant works for a client with a secret, and edits of its
//! attributes.

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

/// The attributes of the open shop: the short name of a resource, the attribute, and its expression.
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

/// A change to one attribute: resource, attribute, expression. An empty expression omits it.
pub type Edit = (&'static str, &'static str, &'static str);

/// How to close a gate, and the expected results of the client.
pub struct Row {
    /// The IDs of the closed gates in the emulator's table, separated by spaces. Empty if no gate rejects the client.
    pub gate: &'static str,
    /// Changes to apply before the other edits. Terraform changes settings before policies, and an org does not allow
    /// disabling settings that policies still require.
    pub first: &'static [Edit],
    /// The differences from the open shop.
    pub edits: &'static [Edit],
    /// Variables of the client that differ from the defaults.
    pub client: &'static [(&'static str, &'static str)],
    /// Whether the client has no secret.
    pub public: bool,
    /// The smoke test's arguments: the variants and the expected failures.
    pub run: &'static str,
}

/// Edits that disable guest access and omit its settings.
pub const NO_GUESTS: &[Edit] = &[
    ("policies", "guest_code_credential_flow_enabled", "false"),
    ("policies", "guest_jwt_session_timeout_type", ""),
    ("policies", "guest_jwt_timeout_minutes", ""),
];

/// A row with the open shop and the default client.
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

/// Creates the open shop in an org with Terraform.
pub fn open(org: &Emulator) -> Workspace<'_> {
    let workspace = Workspace::new(org);
    let create = |kind: &str| format!("{kind}.shop");
    let names: Vec<String> = [ORG, APP, SETTINGS, POLICIES].map(create).into();
    let expected: Vec<(&str, Action)> = names.iter().map(|name| (name.as_str(), Action::Create)).collect();
    workspace.step(&shop(&[]), &expected);
    workspace
}

/// Applies the shop with these edits, and expects only in-place updates.
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

/// Closes the gates of one row at a time, and runs the client each time. Opens all gates again after the last row.
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

/// Runs the client of a row. Only the gates of the row may reject its calls.
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
    // The smoke test also sends revoked and used tokens, and expects their rejection.
    closed.filter(|gate| !["R1", "T2", "G18", "T4", "T5"].contains(gate)).map(str::to_owned).collect()
}

/// Changes the site, as its administrator does in Setup.
pub fn set_site(org: &Emulator, changes: &Value) {
    org.admin("PATCH", "/site", Some(changes));
}

/// Changes the headless settings of the site.
pub fn set_auth_api(org: &Emulator, changes: &Value) {
    set_site(org, &json!({ "authApi": changes }));
}
