//! Runs examples in the documentation as a reader would, and checks that the lists of the tested examples are complete.

use super::consumer_secret::{credentials_json, sha256};
use super::module;
use crate::configurations::APP_AND_SETTINGS;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org;
use acceptance_tests::plan::Action;
use acceptance_tests::smoke_test::SmokeTest;
use acceptance_tests::terraform::repository;
use acceptance_tests::workspace::Workspace;
use std::path::PathBuf;

fn example(path: &str) -> String {
    let path = repository().join("examples").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn runs(resource: &str) {
    runs_as(resource, "shop");
}

fn runs_as(resource: &str, name: &str) {
    runs_with(resource, name, |workspace| workspace.assert_empty_plan());
}

/// `imported` checks the workspace after the import.
fn runs_with(resource: &str, name: &str, imported: impl Fn(&Workspace<'_>)) {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.write("provider.tf", &example("provider/provider.tf"));
    // `configure` would add a second required_providers block.
    workspace.write("main.tf", &example(&format!("resources/{resource}/resource.tf")));
    let plan = workspace.plan(&[]);
    assert!(plan.actions().values().all(|action| *action == Action::Create));
    let address = format!("{resource}.{name}");
    assert_eq!(plan.actions().get(&address), Some(&Action::Create));
    workspace.apply_plan().succeeded();
    workspace.assert_empty_plan();

    workspace.run(&["state", "rm", &address]).succeeded();
    let import = example(&format!("resources/{resource}/import.sh"));
    let import: Vec<&str> = import.split_whitespace().collect();
    assert_eq!(import.first(), Some(&"terraform"));
    workspace.run(&import[1..]).succeeded();
    imported(&workspace);
    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

#[test]
fn the_example_of_an_app_runs() {
    runs("salesforce_external_client_app");
}

#[test]
fn the_example_of_oauth_settings_runs() {
    runs("salesforce_external_client_app_oauth_settings");
}

#[test]
fn the_example_of_a_client_runs() {
    runs("salesforce_oauth_client");
}

#[test]
fn the_example_of_policies_runs() {
    runs("salesforce_external_client_app_policies");
}

#[test]
fn the_examples_of_org_settings_run() {
    runs_as("salesforce_org_external_client_app_settings", "org");
    runs_as("salesforce_org_oauth_oidc_settings", "org");
}

#[test]
fn the_example_of_a_credential_rotation_runs() {
    let rotation = "salesforce_external_client_app_credential_rotation";
    runs_with(rotation, "shop", |workspace| {
        // An import cannot read the configured values. The update that stores them in the state rotates nothing.
        let key = workspace.attribute(&format!("{rotation}.shop"), "consumer_key");
        workspace.plan(&[]).changes(&[(&format!("{rotation}.shop"), Action::Update)]);
        workspace.apply_plan().succeeded();
        assert_eq!(workspace.attribute(&format!("{rotation}.shop"), "consumer_key"), key);
        workspace.assert_empty_plan();
    });
}

/// The store in the example receives the app's current credentials.
#[test]
fn the_examples_of_ephemeral_resources_run() {
    if !language::has(Feature::WriteOnlyArguments) {
        return;
    }
    let name = EPHEMERAL_RESOURCES[0];
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    let configuration = example(&format!("ephemeral-resources/{name}/ephemeral-resource.tf"));
    workspace.add_stand_ins(&configuration);
    let journal = workspace.folder().join("journal.txt");
    workspace.set("STAND_INS_JOURNAL", &journal.display().to_string());
    workspace.configure(&configuration);
    workspace.apply().succeeded();
    let global = org.part(org::GLOBAL_OAUTH, "Shop");
    let pair = credentials_json(&global.text("consumerKey"), &global.text("consumerSecret"));
    let written = std::fs::read_to_string(journal).expect("a journal");
    assert_eq!(written, format!("vault_kv_secret_v2 {}\n", sha256(&pair)));
    workspace.assert_empty_plan();
    workspace.destroy().succeeded();
}

#[test]
fn the_examples_of_actions_run() {
    if !language::has(Feature::Actions) {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(APP_AND_SETTINGS);
    workspace.apply().succeeded();
    let pairs = || org.admin("GET", "/apps/Shop/credentials", None).as_array().map_or(0, Vec::len);
    for (name, after) in [(ACTIONS[1], 2), (ACTIONS[0], 1)] {
        workspace.write("action.tf", &example(&format!("actions/{name}/action.tf")));
        let invoke = format!("-invoke=action.{name}.shop");
        workspace.run(&["apply", "-no-color", "-input=false", "-auto-approve", &invoke]).succeeded();
        assert_eq!(pairs(), after, "{name}");
    }
    // A new release date triggers the action.
    workspace.apply().succeeded();
    org.admin("POST", "/apps/Shop/credentials", Some(&serde_json::json!({ "do": "rotate" })));
    let triggered = example(&format!("actions/{}/action.tf", ACTIONS[0])).replace("2026-11-29", "2026-11-30");
    workspace.write("action.tf", &triggered);
    workspace.apply().succeeded();
    assert_eq!(pairs(), 1);
    workspace.destroy().succeeded();
}

#[test]
fn the_examples_of_lists_run() {
    if !language::has(Feature::Lists) {
        return;
    }
    let org = Emulator::start();
    org.admin("POST", "/apps", Some(&serde_json::json!({ "name": "Shop" })));
    org.admin("POST", "/packages", Some(&serde_json::json!({ "namespace": "acme", "name": "Shop" })));
    for name in LISTS {
        let workspace = Workspace::new(&org);
        workspace.write("provider.tf", &example("provider/provider.tf"));
        workspace.write(
            "found.tfquery.hcl",
            &example(&format!("list-resources/{name}/list-resource.tfquery.hcl")),
        );
        let run = workspace.run(&["query", "-no-color"]).succeeded();
        assert!(run.contains("name=Shop,") && !run.contains("returned 0 results"), "{run}");
    }
}

const LISTS: [&str; 4] = [
    "salesforce_external_client_app",
    "salesforce_external_client_app_oauth_settings",
    "salesforce_external_client_app_policies",
    "salesforce_oauth_client",
];

const EPHEMERAL_RESOURCES: [&str; 1] = ["salesforce_external_client_app_credentials"];

const ACTIONS: [&str; 2] = [
    "salesforce_external_client_app_revoke_previous_credentials",
    "salesforce_external_client_app_rotate_credentials",
];

/// Applies the example for a data source, and asserts an empty plan and that nothing remains after a destroy.
fn data_source_runs(name: &str) {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.write("provider.tf", &example("provider/provider.tf"));
    workspace.write("main.tf", &example(&format!("data-sources/{name}/data-source.tf")));
    let run = workspace.apply().succeeded();
    assert!(!run.contains("Check block assertion failed"), "{run}");
    workspace.assert_empty_plan();
    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

const DATA_SOURCES: [&str; 5] = [
    "salesforce_external_client_app",
    "salesforce_external_client_apps",
    "salesforce_headless_identity_readiness",
    "salesforce_org",
    "salesforce_permission_set",
];

#[test]
fn the_examples_of_data_sources_run() {
    DATA_SOURCES.into_iter().for_each(data_source_runs);
}

#[test]
fn the_demo_runs() {
    if !module::is_for_this_terraform() {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.installs();
    workspace.write("main.tf", &example("demo/main.tf"));
    // The demo calls a module in the folder `modules` next to the demo's folder.
    let modules = workspace.folder().join("../modules");
    module::copy(&repository().join("examples/modules"), &modules);
    workspace.run(&["init", "-no-color", "-input=false"]).succeeded();
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    SmokeTest::of(&org, "Shop").passes(&["login", "guest", "refresh", "revoke"]);
    workspace.destroy().succeeded();
}

/// The rotation at the end of `make demo`, without the clients that log in at the same time.
#[test]
fn the_rotation_in_the_demo_runs() {
    if !language::has(Feature::WriteOnlyArguments) {
        return;
    }
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    let rotation = example("demo/rotation/rotation.tf");
    workspace.add_stand_ins(&rotation);
    workspace.installs();
    let journal = workspace.folder().join("journal.txt");
    workspace.set("STAND_INS_JOURNAL", &journal.display().to_string());
    workspace.write("main.tf", &example("demo/main.tf"));
    let modules = workspace.folder().join("../modules");
    module::copy(&repository().join("examples/modules"), &modules);
    let stored_checksum = || {
        let global = org.part(org::GLOBAL_OAUTH, "Shop");
        sha256(&credentials_json(&global.text("consumerKey"), &global.text("consumerSecret")))
    };
    let mut expected = String::new();
    for version in ["1", "2"] {
        let numbers = format!("rotate_when_changed          = {{ version = {version} }}");
        let rotation = rotation.replace("rotate_when_changed          = { version = 1 }", &numbers);
        workspace.write("rotation.tf", &rotation);
        workspace.run(&["init", "-no-color", "-input=false"]).succeeded();
        workspace.apply().succeeded();
        expected += &format!("vault_kv_secret_v2 {}\n", stored_checksum());
        assert_eq!(std::fs::read_to_string(&journal).expect("a journal"), expected);
    }
    workspace.destroy().succeeded();
}

#[test]
fn every_example_has_a_test() {
    let list = |folder: &str| -> Vec<String> {
        let folder: PathBuf = repository().join("examples").join(folder);
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut names: Vec<String> =
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(
        list("."),
        [
            "actions",
            "bootstrap",
            "data-sources",
            "demo",
            "ephemeral-resources",
            "functions",
            "headless-identity",
            "list-resources",
            "modules",
            "provider",
            "resources"
        ]
    );
    assert_eq!(list("actions"), ACTIONS);
    assert_eq!(list("ephemeral-resources"), EPHEMERAL_RESOURCES);
    assert_eq!(list("list-resources"), LISTS);
    assert_eq!(list("data-sources"), DATA_SOURCES);
    assert_eq!(
        list("resources"),
        [
            "salesforce_external_client_app",
            "salesforce_external_client_app_credential_rotation",
            "salesforce_external_client_app_oauth_settings",
            "salesforce_external_client_app_policies",
            "salesforce_oauth_client",
            "salesforce_org_external_client_app_settings",
            "salesforce_org_oauth_oidc_settings",
        ]
    );
}

#[test]
fn examples_are_formatted() {
    let workspace = Workspace::anonymous();
    for folder in ["examples", "acceptance-tests/scenarios"] {
        let folder = repository().join(folder).display().to_string();
        workspace.run(&["fmt", "-check", "-diff", "-recursive", &folder]).succeeded();
    }
}
