//! Every example of the documentation, run as its reader would.

use super::module;
use acceptance_tests::emulator::Emulator;
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
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.write("provider.tf", &example("provider/provider.tf"));
    // `configure` would put the requirement there a second time.
    workspace.write("main.tf", &example(&format!("resources/{resource}/resource.tf")));
    let plan = workspace.plan(&[]);
    assert!(plan.actions().values().all(|action| *action == Action::Create));
    let address = format!("{resource}.{name}");
    assert_eq!(plan.actions().get(&address), Some(&Action::Create));
    workspace.apply_plan().succeeded();
    workspace.is_settled();

    workspace.run(&["state", "rm", &address]).succeeded();
    let import = example(&format!("resources/{resource}/import.sh"));
    let import: Vec<&str> = import.split_whitespace().collect();
    assert_eq!(import.first(), Some(&"terraform"));
    workspace.run(&import[1..]).succeeded();
    workspace.is_settled();
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
fn the_example_of_policies_runs() {
    runs("salesforce_external_client_app_policies");
}

#[test]
fn the_examples_of_the_orgs_settings_run() {
    runs_as("salesforce_org_external_client_app_settings", "org");
    runs_as("salesforce_org_oauth_oidc_settings", "org");
}

/// Applies, has nothing left to do, and leaves nothing behind.
fn data_source_runs(name: &str) {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.write("provider.tf", &example("provider/provider.tf"));
    workspace.write("main.tf", &example(&format!("data-sources/{name}/data-source.tf")));
    let run = workspace.apply().succeeded();
    assert!(!run.says("Check block assertion failed"), "{run}");
    workspace.is_settled();
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
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.installs();
    workspace.write("main.tf", &example("demo/main.tf"));
    // The demo calls the module beside it.
    let beside = workspace.folder().join("../modules");
    module::copy(&repository().join("examples/modules"), &beside);
    workspace.run(&["init", "-no-color", "-input=false"]).succeeded();
    workspace.apply().succeeded();
    workspace.is_settled();
    SmokeTest::of(&org, "Shop").passes(&["login", "guest", "refresh", "revoke"]);
    workspace.destroy().succeeded();
}

#[test]
fn every_example_is_run_here() {
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
        ["bootstrap", "data-sources", "demo", "headless-identity", "modules", "provider", "resources"]
    );
    assert_eq!(list("data-sources"), DATA_SOURCES);
    assert_eq!(
        list("resources"),
        [
            "salesforce_external_client_app",
            "salesforce_external_client_app_oauth_settings",
            "salesforce_external_client_app_policies",
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
