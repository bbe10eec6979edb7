//! A state that is used with another org, and an admin with limited access.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, OAUTH_POLICIES, POLICIES as APP_POLICIES};
use acceptance_tests::plan::Action::{Create, Delete, Update};
use acceptance_tests::workspace::Workspace;
use serde_json::json;

use crate::configurations::{APP, POLICIES, SETTINGS, SHOP};

#[test]
fn a_state_of_another_org_is_an_error_that_names_both_orgs() {
    let here = Emulator::start();
    let there = Emulator::with(&["--org-id", "00DEM0000000002"]);
    let mut workspace = Workspace::new(&here);
    workspace.watch(&there);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    for (name, value) in there.credentials() {
        workspace.set(&name, &value);
    }
    let before = workspace.state();
    for command in ["plan", "apply", "destroy"] {
        let mut arguments = vec![command, "-no-color", "-input=false"];
        if command != "plan" {
            arguments.push("-auto-approve");
        }
        let run = workspace.run(&arguments).failed_with("State belongs to another org");
        for org in [here.org_id(), there.org_id()] {
            assert!(run.contains(&org[..15]), "{org}: {run}");
        }
    }
    // Without a refresh, the other org is detected when a change is planned.
    workspace.configure(&SHOP.replace("label         = \"Shop\"", "label         = \"Other\""));
    let arguments = ["apply", "-no-color", "-input=false", "-auto-approve", "-refresh=false"];
    workspace.run(&arguments).failed_with("State belongs to another org");
    assert_eq!(workspace.state(), before);
    assert_eq!(there.deploys().len(), 0, "the other org must not be changed");
    assert_eq!(there.names(org::APP), Vec::<String>::new());
}

#[test]
fn a_refreshed_sandbox_at_the_same_url_is_another_org() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(crate::configurations::ONLY_APP, &[(APP, Create)]);
    let old = org.org_id().to_owned();
    org.admin("PATCH", "/org", Some(&json!({ "id": "00DEM0000000009EAA" })));
    let run =
        workspace.run(&["plan", "-no-color", "-input=false"]).failed_with("State belongs to another org");
    assert!(run.contains(&old[..15]) && run.contains("00DEM0000000009"), "{run}");
}

/// The app's name is a literal, because another team manages the app.
const POLICIES_ALONE: &str = r#"
resource "salesforce_external_client_app_policies" "shop" {
  external_client_app = "{app}"
  required_session_level = "HIGH_ASSURANCE"
}
"#;

#[test]
fn a_workspace_of_an_app_admin_reads_only_policies_from_import_to_removal() {
    for (app, request, path) in [
        ("Shop", json!({ "name": "Shop" }), "/apps"),
        ("acme__Shop", json!({ "namespace": "acme", "name": "Shop" }), "/packages"),
    ] {
        let org = Emulator::start();
        org.admin("POST", path, Some(&request));
        let before = org.admin("GET", "/components", None);
        let mut workspace = Workspace::new(&org);
        workspace.set("SALESFORCE_USERNAME", &org.user("app.admin"));
        let configuration = POLICIES_ALONE.replace("{app}", app);

        workspace.configure(&configuration);
        workspace.run(&["import", "-no-color", "-input=false", POLICIES, app]).succeeded();
        workspace.plan(&[]).changes(&[(POLICIES, Update)]);
        assert_reads_only_policies(&org);
        workspace.apply_plan().succeeded();
        workspace.assert_empty_plan();
        assert_eq!(org.part(OAUTH_POLICIES, app).text("requiredSessionLevel"), "HIGH_ASSURANCE");

        org.edit(OAUTH_POLICIES, app, "requiredSessionLevel", "LOW");
        workspace.converge(&[(POLICIES, Update)]);
        workspace.step("", &[(POLICIES, Delete)]);
        assert_reads_only_policies(&org);

        // The create adopts the existing policies. It also looks for the app, in case the app does not exist yet and
        // the create has to wait, so its calls are not checked.
        workspace.step(&configuration, &[(POLICIES, Create)]);
        let mut after = org.admin("GET", "/components", None);
        let name = org.part(OAUTH_POLICIES, app).name;
        after[OAUTH_POLICIES][&name]["requiredSessionLevel"] = json!("STANDARD");
        assert_eq!(after, before, "only this attribute has changed");
    }
}

#[track_caller]
fn assert_reads_only_policies(org: &Emulator) {
    let mut types = 0;
    for call in org.journal() {
        let details = &call["details"];
        let retrieved = details["members"].as_array().into_iter().flatten().map(|member| &member[0]);
        let listed = details["types"].as_array().into_iter().flatten();
        for kind in retrieved.chain(listed) {
            types += 1;
            assert!([OAUTH_POLICIES, APP_POLICIES].iter().any(|own| kind == own), "{call}");
        }
        assert_ne!(call["operation"], "oauthCredentials", "{call}");
    }
    assert!(types > 0);
}
