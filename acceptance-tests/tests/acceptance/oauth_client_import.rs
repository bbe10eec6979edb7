//! Imports of a complete app as `salesforce_oauth_client`, with handwritten and with generated configurations.

use super::oauth_client::{CLIENT, FILES};
use crate::configurations::CLIENT_CREATED_IN_SETUP as CREATED_IN_SETUP;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};

#[test]
fn an_app_created_in_setup_is_imported_by_its_name() {
    let org = Emulator::start();
    org.create_shop_in_setup();
    let before = org.admin("GET", "/components", None);
    let workspace = Workspace::new(&org);
    workspace.configure(CREATED_IN_SETUP);
    workspace.run(&["import", "-no-color", "-input=false", CLIENT, "Shop"]).succeeded();
    workspace.assert_empty_plan();
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    assert_eq!(workspace.attribute(CLIENT, "consumer_key"), key);
    assert_eq!(org.deploys().len(), 0, "an import changes nothing in the org");
    assert_eq!(org.admin("GET", "/components", None), before);

    // All parts are deleted with the app, whatever their names are.
    workspace.destroy().succeeded();
    for kind in FILES {
        assert!(org.names(kind).is_empty(), "{kind}");
    }
}

/// The import adds the policies block to the state. Without the block in the configuration, the policies stay in the
/// org.
#[test]
fn imported_policies_are_unchanged_if_the_block_is_omitted() {
    let org = Emulator::start();
    org.create_shop_in_setup();
    let before = org.admin("GET", "/components", None);
    let workspace = Workspace::new(&org);
    workspace.configure(&CREATED_IN_SETUP.replace("  policies {}\n", ""));
    workspace.run(&["import", "-no-color", "-input=false", CLIENT, "Shop"]).succeeded();
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(org.deploys().len(), 0);
    assert_eq!(org.admin("GET", "/components", None), before);
}

#[test]
fn an_import_block_is_planned_without_changes() {
    let org = Emulator::start();
    org.create_shop_in_setup();
    let workspace = Workspace::new(&org);
    workspace.configure(&format!("{CREATED_IN_SETUP}\nimport {{\n  to = {CLIENT}\n  id = \"Shop\"\n}}\n"));
    let plan = workspace.plan(&[]);
    plan.changes(&[]).containing("1 to import, 0 to add, 0 to change, 0 to destroy");
    workspace.apply_plan().succeeded().containing("1 imported");
    workspace.configure(CREATED_IN_SETUP);
    workspace.assert_empty_plan();
}

#[test]
fn an_import_by_identity_is_planned_without_changes() {
    let org = Emulator::start();
    org.create_shop_in_setup();
    let workspace = Workspace::new(&org);
    let with = |org_id: &str| {
        format!(
            "{CREATED_IN_SETUP}\nimport {{\n  to = {CLIENT}\n  identity = {{\n    name   = \"Shop\"\n    org_id = \"{org_id}\"\n  }}\n}}\n"
        )
    };
    let plan = ["plan", "-no-color", "-input=false", "-lock=false"];
    workspace.configure(&with(org.org_id()));
    if !language::has(Feature::IdentityImports) {
        workspace.run(&plan).failed_with("identity");
        return;
    }
    workspace.run(&plan).succeeded().containing("1 to import, 0 to add, 0 to change, 0 to destroy");
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    workspace.run(&["state", "rm", CLIENT]).succeeded();
    workspace.configure(&with("00D000000000099AAA"));
    workspace.run(&plan).failed_with("00D000000000099");
    // An import by identity can also generate the configuration.
    let block = with(org.org_id()).replace(CREATED_IN_SETUP, "");
    workspace.configure(&block);
    workspace.plan(&["-generate-config-out=generated.tf"]).changes(&[]).containing("1 to import");
}

#[test]
fn a_client_is_imported_into_an_empty_state_without_differences() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(super::oauth_client::SHOP);
    workspace.apply().succeeded();
    let state = workspace.state();
    workspace.imports_into_an_empty_state();
    workspace.run(&["state", "rm", CLIENT]).succeeded();
    workspace.run(&["import", "-no-color", "-input=false", CLIENT, "Shop"]).succeeded();
    let differing: Vec<&String> = state[CLIENT]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, value)| workspace.attribute(CLIENT, name) != **value && !value.is_object())
        .map(|(name, _)| name)
        .collect();
    // The link to the app's own consumer is valid in one org only, so a generated configuration must not contain it.
    assert_eq!(differing, ["oauth_link"]);
}

/// Apps that cannot be imported as `salesforce_oauth_client`.
#[test]
fn an_app_that_cannot_be_a_client_is_rejected_with_the_reason() {
    let without_oauth = |org: &Emulator| {
        let file = "<ExternalClientApplication xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>Shop</label></ExternalClientApplication>";
        let url = format!("{}/emulator/components/{APP}/Shop", org.url());
        let reply = acceptance_tests::http::call("PUT", &url, Some(file)).expect("a reply");
        assert_eq!(reply.status, 200, "{}", reply.body);
    };
    type Create = fn(&Emulator);
    let installed: Create = |org| {
        org.admin("POST", "/packages", Some(&json!({ "namespace": "acme", "name": "Shop" })));
    };
    let cases: [(Create, &str, &[&str]); 4] = [
        (without_oauth, "Shop", &["no OAuth settings", "salesforce_external_client_app"]),
        (
            installed,
            "acme__Shop",
            &["was installed from the package acme", "salesforce_external_client_app_policies"],
        ),
        (|_| {}, "Nobody", &["Object to import not found", "Nobody"]),
        (|_| {}, "not a name", &["not a name"]),
    ];
    for (create, id, words) in cases {
        let org = Emulator::start();
        create(&org);
        let workspace = Workspace::new(&org);
        workspace.configure(CREATED_IN_SETUP);
        let run = workspace.run(&["import", "-no-color", "-input=false", CLIENT, id]);
        assert_eq!(run.code, Some(1), "{run}");
        for text in words {
            assert!(run.contains(text), "expected {text:?} in {run}");
        }
        assert_eq!(run.words().matches("Error: ").count(), 1, "{run}");
        assert!(workspace.state().is_empty());
    }
}

/// A part whose app does not exist is not treated as deleted.
#[test]
fn a_part_of_an_unknown_app_is_an_error_and_remains_in_the_state() {
    let org = Emulator::start();
    org.create_shop_in_setup();
    let workspace = Workspace::new(&org);
    workspace.configure(CREATED_IN_SETUP);
    workspace.run(&["import", "-no-color", "-input=false", CLIENT, "Shop"]).succeeded();
    let state = workspace.state();
    for kind in [OAUTH, POLICIES, OAUTH_POLICIES] {
        let path = format!("/components/{kind}/{}", org.part(kind, "Shop").name);
        org.admin("PATCH", &path, Some(&json!({ "externalClientApplication": "Nobody" })));
        let run = workspace.run(&["plan", "-no-color", "-input=false", "-lock=false"]);
        run.failed_with("Unexpected metadata").containing("Nobody");
        assert_eq!(workspace.state(), state, "{kind}");
        org.admin("PATCH", &path, Some(&json!({ "externalClientApplication": "Shop" })));
        workspace.assert_empty_plan();
    }
}

/// An imported `salesforce_oauth_client` can be changed like one that Terraform created, without lost updates.
#[test]
fn a_change_of_an_imported_client_changes_only_the_affected_files() {
    let org = Emulator::start();
    org.create_shop_in_setup();
    org.edit(GLOBAL_OAUTH, "Shop", "isDeviceFlowEnabled", "true");
    let workspace = Workspace::new(&org);
    workspace.configure(&format!("import {{\n  to = {CLIENT}\n  id = \"Shop\"\n}}\n"));
    workspace.plan(&["-generate-config-out=generated.tf"]).changes(&[]);
    workspace.apply_plan().succeeded();
    let generated =
        std::fs::read_to_string(workspace.folder().join("generated.tf")).expect("a configuration");
    workspace.configure("");
    workspace.assert_empty_plan();
    let before: Vec<Value> = FILES.iter().map(|kind| Value::Object(org.part(kind, "Shop").fields)).collect();
    let changed: Vec<String> = generated
        .lines()
        .map(|line| match line.trim_start() {
            own if own.starts_with("required_session_level ") => {
                "required_session_level = \"LOW\"".to_owned()
            }
            own if own.starts_with("pkce_required ") => "pkce_required = false".to_owned(),
            _ => line.to_owned(),
        })
        .collect();
    workspace.write("generated.tf", &changed.join("\n"));
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(org.deploys().len(), 1);
    let after: Vec<Value> = FILES.iter().map(|kind| Value::Object(org.part(kind, "Shop").fields)).collect();
    for ((kind, before), after) in FILES.iter().zip(&before).zip(&after) {
        let differs = before != after;
        assert_eq!(differs, [GLOBAL_OAUTH, OAUTH_POLICIES].contains(kind), "{kind}: {before:#} {after:#}");
    }
}
