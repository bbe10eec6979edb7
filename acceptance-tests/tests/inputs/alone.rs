//! Invalid input that needs its own configuration or org. The row numbers are those of the catalog in `table.rs`.

use super::diagnostics::{did_not_crash, nothing_was_written, plan};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org;
use acceptance_tests::plan::Action::{Create, Delete};
use acceptance_tests::workspace::Workspace;

const PLAN: &[&str] = &["plan", "-no-color", "-input=false", "-lock=false"];

fn app(key: &str, name: &str, label: &str) -> String {
    format!(
        "resource \"salesforce_external_client_app\" \"{key}\" {{\n  name  = \"{name}\"\n  label = \"{label}\"\n}}\n"
    )
}

/// Rows 13 and 14: two new resources, an existing and a new resource, and two resources that name the same app, in any
/// order. Nothing is deployed.
#[test]
fn two_resources_with_one_name_are_an_error_in_any_order() {
    let part = |key: &str, app: &str| {
        format!(
            "resource \"salesforce_external_client_app_policies\" \"{key}\" {{\n  external_client_app = \"{app}\"\n}}\n"
        )
    };
    for (first, second) in [("Shop", "Shop"), ("Shop", "SHOP")] {
        for exists in [false, true] {
            let org = Emulator::start();
            let workspace = Workspace::new(&org);
            if exists {
                workspace.configure(&app("a", first, "A"));
                workspace.apply().succeeded();
            }
            let deploys = org.deploys().len();
            workspace.configure(&format!("{}{}", app("a", first, "A"), app("b", second, "B")));
            let run = workspace.run(PLAN).failed_with("Duplicate resource for one app");
            did_not_crash(&run);
            assert!(run.contains("main.tf line") && run.contains(first), "{run}");
            assert!(first == second || run.contains("differ only in case"), "{run}");
            workspace.configure(&format!("{}{}", part("a", first), part("b", second)));
            workspace
                .run(&["plan", "-no-color", "-input=false", "-lock=false", "-refresh=false"])
                .failed_with("Duplicate resource for one app");
            assert_eq!(org.deploys().len(), deploys, "{run}");
        }
    }
}

/// A name that one resource no longer uses is available for another. A replacement does not count as a second resource.
#[test]
fn names_can_move_between_resources() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let a = "salesforce_external_client_app.a";
    let b = "salesforce_external_client_app.b";
    workspace.step(&app("a", "Shop", "A"), &[(a, Create)]);
    workspace.configure(&format!("{}{}", app("a", "Store", "A"), app("b", "Shop", "B")));
    let run = workspace.run(PLAN).succeeded();
    assert!(run.contains("1 to destroy"), "{run}");
    workspace.configure(&app("b", "Shop", "B"));
    workspace.run(PLAN).succeeded();
    workspace.configure(&app("a", "Shop", "A"));
    workspace.run(&["plan", "-no-color", "-input=false", "-lock=false", "-replace", a]).succeeded();
    workspace.run(&["taint", a]).succeeded();
    workspace.run(PLAN).succeeded();
    workspace.apply().succeeded();
    workspace.configure(&format!("{}moved {{\n  from = {a}\n  to   = {b}\n}}\n", app("b", "Shop", "A")));
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
}

/// Rows 37 and 61: Terraform merges the duplicates before it calls the provider.
#[test]
fn duplicates_that_terraform_merges_are_accepted() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(&format!(
        "{}resource \"salesforce_external_client_app_oauth_settings\" \"a\" {{\n  external_client_app = \
         salesforce_external_client_app.a.id\n  oauth_scopes = [\"Api\", \"Api\"]\n  custom_attributes = {{ a = \
         \"User.City\", a = \"User.Country\" }}\n}}\n",
        app("a", "Shop", "Shop")
    ));
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(org.part(org::OAUTH, "Shop").text("commaSeparatedOauthScopes"), "Api");
    let attributes = org.part(org::OAUTH, "Shop").fields["customAttributes"].to_string();
    assert!(attributes.contains("User.Country") && !attributes.contains("User.City"), "{attributes}");
}

/// Row 86: settings whose app does not exist.
#[test]
fn settings_of_a_missing_app_are_an_error() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(
        "resource \"salesforce_external_client_app_oauth_settings\" \"a\" {\n  external_client_app = \"Nowhere\"\n}\n",
    );
    let run = workspace.apply().failed_with("Nowhere");
    assert!(run.contains("main.tf line"), "{run}");
    assert!(workspace.state().is_empty());
}

/// Row 89: a provider without credentials.
#[test]
fn missing_credentials_are_an_error_that_names_every_method() {
    let workspace = Workspace::anonymous();
    workspace.configure(&app("a", "Shop", "Shop"));
    let run = workspace.run(PLAN);
    for word in
        ["private_key", "client_secret", "access_token", "SALESFORCE_PRIVATE_KEY", "SALESFORCE_CLIENT_SECRET"]
    {
        run.clone().failed_with(word);
    }
    let mut workspace = Workspace::anonymous();
    workspace.set("SALESFORCE_PRIVATE_KEY_FILE", "/nowhere/server.key");
    workspace.configure(&app("a", "Shop", "Shop"));
    workspace.run(PLAN).failed_with("SALESFORCE_PRIVATE_KEY_FILE");
}

/// Row 95: import IDs that no app can have.
#[test]
fn invalid_import_ids_are_errors() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(&app("a", "Shop", "Shop"));
    let long = "x".repeat(10_000);
    for id in ["", " a ", "a/b/c", "../x", "a\u{1}", "🧀", long.as_str()] {
        let run =
            workspace.run(&["import", "-no-color", "-input=false", "salesforce_external_client_app.a", id]);
        did_not_crash(&run);
        assert_eq!(run.code, Some(1), "{id:?}: {run}");
        assert!(workspace.state().is_empty());
    }
    nothing_was_written(&org);
}

/// Row 96: a provider block with a value that is known only after apply.
#[test]
fn a_provider_configured_after_apply_can_be_planned() {
    let org = Emulator::start();
    let mut workspace = Workspace::anonymous();
    workspace.watch(&org);
    workspace.configure(&format!(
        "resource \"terraform_data\" \"url\" {{}}\nprovider \"salesforce\" {{\n  instance_url = \
         terraform_data.url.id\n}}\n{}",
        app("a", "Shop", "Shop")
    ));
    let run = workspace.run(&["plan", "-json", "-no-color", "-input=false", "-lock=false"]);
    let diagnostics = plan(&run, &workspace.folder());
    assert_eq!(run.code, Some(0), "{diagnostics:?}");
    assert_eq!(org.journal().len(), 0);
}

/// Rows 49 and 72: only the org detects the error, which is reported at a line of the configuration. The policies are
/// unchanged.
#[test]
fn names_that_do_not_exist_in_the_org_are_errors_at_a_line() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let with = |policy: &str| {
        format!(
            "{}resource \"salesforce_external_client_app_oauth_settings\" \"a\" {{\n  external_client_app = \
             salesforce_external_client_app.a.id\n  client_credentials_flow_enabled = true\n}}\n\
             resource \"salesforce_external_client_app_policies\" \"a\" {{\n  external_client_app = \
             salesforce_external_client_app_oauth_settings.a.id\n{policy}\n}}\n",
            app("a", "Shop", "Shop")
        )
    };
    workspace.configure(&with(""));
    workspace.apply().succeeded();
    let before = org.part(org::OAUTH_POLICIES, "Shop").fields;
    for (policy, unknown) in [
        ("  permission_sets = [\"0PS000000000999\"]", "0PS000000000999"),
        ("  permission_sets = [\"Nobody_Has_It\"]", "Nobody_Has_It"),
        ("  profiles = [\"Nobody\"]", "Nobody"),
        ("  client_credentials_flow_user = \"nobody@example.com\"", "nobody@example.com"),
        ("  custom_scopes = [\"nowhere\"]", "nowhere"),
        ("  apex_handler = \"NoClass\"\n  execute_handler_as = \"nobody@example.com\"", "nobody@example.com"),
    ] {
        workspace.configure(&with(policy));
        let run = workspace.apply().failed_with(unknown);
        assert!(run.contains("main.tf line"), "the error has no line: {run}");
        assert_eq!(org.part(org::OAUTH_POLICIES, "Shop").fields, before, "{policy}");
    }
}

/// Row 98: resources with `count` and `for_each`.
#[test]
fn a_count_can_change_between_zero_and_one() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let with = |count: usize| {
        format!(
            "resource \"salesforce_external_client_app\" \"a\" {{\n  count = {count}\n  name  = \"Shop\"\n  label = \
             \"Shop\"\n}}\nresource \"salesforce_external_client_app\" \"none\" {{\n  for_each = toset([])\n  name  = \
             each.key\n  label = each.key\n}}\n"
        )
    };
    let one = "salesforce_external_client_app.a[0]";
    workspace.step(&with(0), &[]);
    workspace.step(&with(1), &[(one, Create)]);
    workspace.step(&with(0), &[(one, Delete)]);
    workspace.step(&with(1), &[(one, Create)]);
}

/// Row 100: strings with unusual characters.
#[test]
fn unusual_characters_cause_no_drift() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let labels = [
        "\u{200F}ימין לשמאל\u{200E} (Shop)",
        "👩‍👩‍👧 family",
        "non\u{A0}breaking",
        "e\u{301} and é",
        "a\tb",
        " edges ",
        "a  b",
        "]]>&amp;<!--",
    ];
    let configuration: String = labels
        .iter()
        .enumerate()
        .map(|(number, label)| app(&format!("a{number}"), &format!("App{number}"), label))
        .collect();
    workspace.configure(&configuration);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
}

/// A plan that introduces a label with an invisible character is an error, and nothing is deployed.
#[test]
fn an_invisible_character_in_a_label_is_an_error() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(&app("a", "Shop", "Shop"));
    workspace.apply().succeeded();
    workspace.configure(&app("a", "Shop", "zero\u{200B}width"));
    let deploys = org.deploys().len();
    let run = workspace.apply().failed_with("U+200B ZERO WIDTH SPACE at character 5");
    assert!(run.contains("main.tf line"), "{run}");
    assert_eq!(org.deploys().len(), deploys);
}

/// An entry of the list is known only after apply, so the error occurs during apply. The policies are unchanged.
#[test]
fn a_comma_that_is_known_only_after_apply_is_an_error() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let with = |profile: &str| {
        format!(
            "{}resource \"salesforce_external_client_app_oauth_settings\" \"a\" {{\n  external_client_app = \
             salesforce_external_client_app.a.id\n}}\nresource \"terraform_data\" \"profile\" {{\n  input = \
             \"{profile}\"\n}}\nresource \"salesforce_external_client_app_policies\" \"a\" {{\n  external_client_app = \
             salesforce_external_client_app_oauth_settings.a.id\n  profiles = [terraform_data.profile.output]\n}}\n",
            app("a", "Shop", "Shop")
        )
    };
    workspace.configure(&with("Sales, EMEA"));
    let run = workspace.apply().failed_with("contains a comma");
    assert!(run.contains("\"Sales\", \"EMEA\""), "{run}");
    assert_eq!(org.part(org::OAUTH_POLICIES, "Shop").text("commaSeparatedProfile"), "");
}
