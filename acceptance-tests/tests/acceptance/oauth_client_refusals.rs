//! Values of `salesforce_oauth_client` that the org or the plan rejects. Nothing is created or changed, and the error
//! is at the correct line, even if the policies block has an attribute of the same name.

use super::oauth_client::{CLIENT, FILES};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::terraform::Run;
use acceptance_tests::workspace::Workspace;
use serde_json::Value;

/// The text at the end of each line with a rejected attribute.
const MARK: &str = "# this one";

/// The lines at the top level, the lines in the policies block, and whether the plan detects the error.
type Case = (&'static str, &'static str, bool);

const CASES: &[Case] = &[
    ("", "permission_sets = [\"Nobody\"] # this one", false),
    ("", "profiles = [\"Nobody\"] # this one", false),
    (
        "client_credentials_flow_enabled = true",
        "client_credentials_flow_enabled = true\nclient_credentials_flow_user = \"nobody@example.com\" # this one",
        false,
    ),
    ("", "execute_handler_as = \"{integration}\"\napex_handler = \"NoSuchClass\" # this one", false),
    ("", "apex_handler = \"Handler\"\nexecute_handler_as = \"nobody@example.com\" # this one", false),
    ("oauth_scopes = [\"Ghost_Scope\"] # this one", "", false),
    ("custom_scopes = [\"ghost\"] # this one", "", false),
    ("", "custom_scopes = [\"ghost\"] # this one", false),
    ("custom_scopes = [\"scope_a\"]", "custom_scopes = [\"ghost\"] # this one", false),
    ("custom_scopes = [\"ghost\"] # this one", "custom_scopes = [\"scope_a\"]", false),
    ("", "guest_code_credential_flow_enabled = true # this one", true),
    ("named_user_jwt_enabled = true", "guest_code_credential_flow_enabled = true # this one", true),
    ("", "client_credentials_flow_enabled = true # this one", true),
    ("", "permitted_users = \"AdminApprovedPreAuthorized\" # this one", true),
    ("", "permitted_users = \"Everyone\" # this one", true),
    ("", "session_timeout_minutes = -1 # this one", true),
    ("", "guest_jwt_timeout_minutes = 7 # this one", true),
    (
        "single_logout_url = \"https://a.example.com/out\"",
        "single_logout_url = \"https://u:p@a.example.com\" # this one",
        true,
    ),
    ("contact_email = \"nobody\" # this one", "", true),
    ("callback_urls = [\"no url\"] # this one", "", true),
];

fn configuration(org: &Emulator, top: &str, block: &str) -> String {
    format!(
        "resource \"salesforce_oauth_client\" \"shop\" {{\nname = \"Shop\"\nlabel = \"Shop\"\n{top}\npolicies {{\n{block}\n}}\n}}\n"
    )
    .replace("{integration}", &org.user("integration"))
}

/// The lines of the configuration that the errors refer to.
fn places(workspace: &Workspace<'_>, run: &Run) -> Vec<String> {
    let file = std::fs::read_to_string(workspace.folder().join("main.tf")).expect("the configuration");
    let lines: Vec<&str> = file.lines().collect();
    let messages = run.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let errors = messages.map(|one| one["diagnostic"].clone()).filter(|one| one["severity"] == "error");
    errors
        .map(|one| {
            let number = one["range"]["start"]["line"].as_u64().and_then(|line| usize::try_from(line).ok());
            number.and_then(|line| lines.get(line.checked_sub(1)?)).copied().unwrap_or_default().to_owned()
        })
        .collect()
}

#[test]
fn a_rejected_value_is_an_error_at_its_line_and_nothing_is_created_or_changed() {
    let org = Emulator::start();
    crate::attributes::subject::create_referenced_components(&org);
    org.admin("PATCH", "/org", Some(&serde_json::json!({ "apexClasses": ["Handler"] })));
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    let apply = ["apply", "-json", "-input=false", "-auto-approve"];
    let mut problems = Vec::new();
    for exists in [false, true] {
        if exists {
            workspace.configure(&configuration(&org, "", ""));
            workspace.apply().succeeded();
        }
        let before = org.admin("GET", "/components", None);
        // For an existing app, only errors that the plan does not detect are tested.
        for (top, block, in_plan) in CASES.iter().filter(|(.., in_plan)| !(exists && *in_plan)) {
            let deploys = org.deploys().len();
            workspace.configure(&configuration(&org, top, block));
            let run = workspace.run(&apply);
            let places = places(&workspace, &run);
            if run.code != Some(1) || places.is_empty() || !places.iter().all(|line| line.ends_with(MARK)) {
                problems.push(format!("{top:?} {block:?} ({exists}): {places:?} {run}"));
            }
            if *in_plan && org.deploys().len() != deploys {
                problems.push(format!("{top:?} {block:?} ({exists}): a deploy was sent"));
            }
            assert_eq!(org.admin("GET", "/components", None), before, "{top:?} {block:?}");
            assert_eq!(workspace.state().contains_key(CLIENT), exists, "{top:?} {block:?}");
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    // The rejected values have left no differences, and the resource can be destroyed.
    workspace.configure(&configuration(&org, "", ""));
    workspace.assert_empty_plan();
    workspace.destroy().succeeded();
    for kind in FILES {
        assert!(org.names(kind).is_empty(), "{kind}");
    }
}
