//! Imports of existing apps. The scenarios also test imports of what they create.

use crate::configurations::{APP, CREATED_IN_SETUP, POLICIES, SETTINGS};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org;
use acceptance_tests::workspace::Workspace;
use serde_json::json;

#[test]
fn an_app_created_in_setup_is_imported_by_its_name() {
    let org = Emulator::start();
    org.create_shop_in_setup();
    let workspace = Workspace::new(&org);
    workspace.configure(CREATED_IN_SETUP);
    for address in [APP, SETTINGS, POLICIES] {
        workspace.run(&["import", "-no-color", "-input=false", address, "Shop"]).succeeded();
    }
    workspace.assert_empty_plan();
    assert_eq!(org.deploys().len(), 0, "an import changes nothing in the org");
}

#[test]
fn an_import_block_is_planned_without_changes() {
    let org = Emulator::start();
    org.create_shop_in_setup();
    let workspace = Workspace::new(&org);
    let blocks: String = [APP, SETTINGS, POLICIES]
        .map(|address| format!("import {{\n  to = {address}\n  id = \"Shop\"\n}}\n"))
        .concat();
    workspace.configure(&format!("{CREATED_IN_SETUP}\n{blocks}"));
    let plan = workspace.plan(&[]);
    plan.changes(&[]);
    plan.containing("3 to import, 0 to add, 0 to change, 0 to destroy");
    workspace.apply_plan().succeeded().containing("3 imported");
    workspace.configure(CREATED_IN_SETUP);
    workspace.assert_empty_plan();
}

/// The identity also names the org, and another org is rejected. Terraform versions that do not support imports by
/// identity report an error.
#[test]
fn an_import_by_identity_is_planned_without_changes() {
    let org = Emulator::start();
    org.create_shop_in_setup();
    let workspace = Workspace::new(&org);
    let (only_app, _) =
        CREATED_IN_SETUP.split_once("resource \"salesforce_external_client_app_oauth").unwrap();
    let with = |org_id: &str| {
        format!(
            "{only_app}\nimport {{\n  to = {APP}\n  identity = {{\n    name   = \"Shop\"\n    org_id = \"{org_id}\"\n  \
             }}\n}}\n"
        )
    };
    workspace.configure(&with(org.org_id()));
    let plan = ["plan", "-no-color", "-input=false", "-lock=false"];
    if !language::has(Feature::IdentityImports) {
        workspace.run(&plan).failed_with("identity");
        return;
    }
    workspace.run(&plan).succeeded().containing("1 to import, 0 to add, 0 to change, 0 to destroy");
    workspace.configure(&with("00D000000000099AAA"));
    workspace.run(&plan).failed_with("00D000000000099");
}

/// If the consumer is readable, the provider can determine whether it has a certificate. Otherwise, the configuration
/// must set `certificate`.
#[test]
fn a_change_of_settings_with_a_hidden_consumer_requires_the_certificate() {
    let org = Emulator::start();
    org.create_shop_in_setup();
    let workspace = Workspace::new(&org);
    workspace.configure(CREATED_IN_SETUP);
    for address in [APP, SETTINGS] {
        workspace.run(&["import", "-no-color", "-input=false", address, "Shop"]).succeeded();
    }
    let (without_policies, _) =
        CREATED_IN_SETUP.split_once("resource \"salesforce_external_client_app_policies\"").unwrap();
    let callback = || org.part(org::GLOBAL_OAUTH, "Shop").text("callbackUrl");
    let changed = without_policies.replace("/callback\"", "/other\"");
    workspace.configure(&changed);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(callback(), "https://shop.example.com/other");

    org.admin("PATCH", "/org", Some(&json!({ "enableConsumerSecretApiAccess": false })));
    let again = changed.replace("/other\"", "/third\"");
    workspace.configure(&again);
    let run = workspace.apply().failed_with("Certificate may be removed");
    assert!(run.contains("on main.tf line"), "the error has no line: {run}");
    assert_eq!(callback(), "https://shop.example.com/other");
    workspace.configure(&again.replace("callback_urls ", "certificate = \"\"\n  callback_urls "));
    workspace.apply().succeeded();
    assert_eq!(callback(), "https://shop.example.com/third");
}

/// A file whose app does not exist is not treated as deleted.
#[test]
fn parts_of_an_unknown_app_are_an_error_and_remain_in_the_state() {
    let org = Emulator::start();
    org.create_shop_in_setup();
    let workspace = Workspace::new(&org);
    workspace.configure(CREATED_IN_SETUP);
    for address in [APP, SETTINGS, POLICIES] {
        workspace.run(&["import", "-no-color", "-input=false", address, "Shop"]).succeeded();
    }
    workspace.assert_empty_plan();
    for kind in [org::OAUTH, org::OAUTH_POLICIES] {
        let path = format!("/components/{kind}/{}", org.part(kind, "Shop").name);
        org.admin("PATCH", &path, Some(&json!({ "externalClientApplication": "Nobody" })));
        workspace
            .run(&["plan", "-no-color", "-input=false", "-lock=false"])
            .failed_with("Unexpected metadata")
            .containing("Nobody");
        assert_eq!(workspace.state().len(), 3);
        org.admin("PATCH", &path, Some(&json!({ "externalClientApplication": "Shop" })));
        workspace.assert_empty_plan();
    }
}

#[test]
fn a_missing_app_cannot_be_imported() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(CREATED_IN_SETUP);
    for address in [APP, SETTINGS, POLICIES] {
        workspace.run(&["import", "-no-color", "-input=false", address, "Nobody"]).failed_with("Nobody");
        assert!(workspace.state().is_empty());
    }
}

#[test]
fn an_existing_app_is_not_adopted_by_a_create() {
    let org = Emulator::start();
    org.create_shop_in_setup();
    let workspace = Workspace::new(&org);
    workspace
        .configure(&CREATED_IN_SETUP.replace("label         = \"Shop\"", "label         = \"Mine now\""));
    workspace.apply().failed_with("import");
    assert_eq!(org.part(org::APP, "Shop").text("label"), "Shop");
}
