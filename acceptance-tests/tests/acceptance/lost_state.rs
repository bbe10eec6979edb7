//! The recovery procedures of the troubleshooting guide for a state file that Terraform left empty, step by step.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, GLOBAL_OAUTH};
use acceptance_tests::workspace::Workspace;

use crate::configurations::{APP, POLICIES, SETTINGS, SHOP};

const PLAN: &[&str] = &["plan", "-no-color", "-input=false"];
const STATE: &str = "terraform.tfstate";

/// A workspace with the shop, which was applied twice so that a backup of the state exists, and the consumer key.
fn shop(org: &Emulator) -> (Workspace<'_>, String) {
    let workspace = Workspace::new(org);
    workspace.configure(&SHOP.replace("label         = \"Shop\"", "label         = \"First\""));
    workspace.apply().succeeded();
    workspace.configure(SHOP);
    workspace.apply().succeeded();
    (workspace, org.part(GLOBAL_OAUTH, "Shop").text("consumerKey"))
}

fn is_as_before(org: &Emulator, workspace: &Workspace<'_>, key: &str) {
    workspace.assert_empty_plan();
    assert_eq!(workspace.attribute(SETTINGS, "consumer_key"), key);
    assert_eq!(org.names(org::APP), ["Shop"]);
    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

#[test]
fn a_restored_backup_needs_no_deploy() {
    for empty in ["", "{\"version\":4,\"serial\":1,\"lineage\":\"\",\"outputs\":{},\"resources\":[]}"] {
        let org = Emulator::start();
        let (workspace, key) = shop(&org);
        let deploys = org.deploys().len();
        workspace.write(STATE, empty);
        let folder = workspace.folder();
        std::fs::copy(folder.join("terraform.tfstate.backup"), folder.join(STATE)).expect("a backup");
        // The label has changed since the backup, both in the configuration and in the org.
        workspace.run(PLAN).succeeded();
        workspace.apply().succeeded();
        assert_eq!(org.deploys().len(), deploys, "nothing was deployed");
        is_as_before(&org, &workspace, &key);
    }
}

#[test]
fn within_a_day_an_apply_adopts_the_resources_that_it_created() {
    let org = Emulator::start();
    let (workspace, key) = shop(&org);
    workspace.write(STATE, "");
    let run = workspace.apply().succeeded();
    assert!(run.contains("Resource adopted from an interrupted run"), "{run}");
    is_as_before(&org, &workspace, &key);
}

#[test]
fn resources_that_differ_are_imported_with_the_block_in_the_error() {
    let org = Emulator::start();
    let (workspace, key) = shop(&org);
    workspace.write(STATE, "");
    // The configuration differs from the org, so the provider cannot conclude that the lost state contained the app.
    let other = SHOP.replace("label         = \"Shop\"", "label         = \"Other\"");
    workspace.configure(&other);
    let run = workspace.apply().failed_with("Resource already exists");
    let address = format!("to = {}", APP.replace(".shop", ".NAME"));
    assert!(run.contains(&address) && run.contains("id = \"Shop\""), "{run}");
    let blocks: String =
        [APP, SETTINGS, POLICIES].map(|to| format!("import {{\n  to = {to}\n  id = \"Shop\"\n}}\n")).concat();
    workspace.configure(&format!("{other}{blocks}"));
    let run = workspace.apply().succeeded();
    assert!(run.contains("3 imported, 0 added, 1 changed, 0 destroyed"), "{run}");
    workspace.configure(&other);
    is_as_before(&org, &workspace, &key);
}
