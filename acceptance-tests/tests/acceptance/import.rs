//! Taking over what is there already. Every scenario imports what it made, too.

use crate::configurations::{APP, POLICIES, SETTINGS};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org;
use acceptance_tests::workspace::Workspace;
use serde_json::json;

/// All that the app made in Setup has, and nothing that it has not.
const BARE: &str = r#"
resource "salesforce_external_client_app" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = salesforce_external_client_app.shop.id
  callback_urls       = ["https://shop.example.com/callback"]
  oauth_scopes        = ["Api", "RefreshToken"]
}

resource "salesforce_external_client_app_policies" "shop" {
  external_client_app = salesforce_external_client_app_oauth_settings.shop.id
}
"#;

/// An app as Setup makes one: its parts have names that nobody would guess.
fn made_in_setup(org: &Emulator) {
    org.admin(
        "POST",
        "/apps",
        Some(&json!({
            "name": "Shop",
            "label": "Shop",
            "contactEmail": "identity@example.com",
            "callbackUrl": "https://shop.example.com/callback",
            "scopes": "Api, RefreshToken",
        })),
    );
}

#[test]
fn an_app_made_in_setup_is_imported_by_its_name() {
    let org = Emulator::start();
    made_in_setup(&org);
    let workspace = Workspace::new(&org);
    workspace.configure(BARE);
    for address in [APP, SETTINGS, POLICIES] {
        workspace.run(&["import", "-no-color", "-input=false", address, "Shop"]).succeeded();
    }
    workspace.is_settled();
    assert_eq!(org.deploys().len(), 0, "an import changes nothing in the org");
}

#[test]
fn an_import_block_is_planned_without_changes() {
    let org = Emulator::start();
    made_in_setup(&org);
    let workspace = Workspace::new(&org);
    let blocks: String = [APP, SETTINGS, POLICIES]
        .map(|address| format!("import {{\n  to = {address}\n  id = \"Shop\"\n}}\n"))
        .concat();
    workspace.configure(&format!("{BARE}\n{blocks}"));
    let plan = workspace.plan(&[]);
    plan.changes(&[]);
    plan.saying("3 to import, 0 to add, 0 to change, 0 to destroy");
    workspace.apply_plan().succeeded().saying("3 imported");
    workspace.configure(BARE);
    workspace.is_settled();
}

/// The identity names the org, too, and another org than ours is refused. Older Terraforms do not know it and say so.
#[test]
fn an_import_by_identity_is_planned_without_changes() {
    let org = Emulator::start();
    made_in_setup(&org);
    let workspace = Workspace::new(&org);
    let (only_app, _) = BARE.split_once("resource \"salesforce_external_client_app_oauth").unwrap();
    let with = |org_id: &str| {
        format!(
            "{only_app}\nimport {{\n  to = {APP}\n  identity = {{\n    name   = \"Shop\"\n    org_id = \"{org_id}\"\n  \
             }}\n}}\n"
        )
    };
    workspace.configure(&with(org.org_id()));
    let plan = ["plan", "-no-color", "-input=false", "-lock=false"];
    if !language::has(Feature::IdentityImports) {
        workspace.run(&plan).failed_saying("identity");
        return;
    }
    workspace.run(&plan).succeeded().saying("1 to import, 0 to add, 0 to change, 0 to destroy");
    workspace.configure(&with("00D000000000099AAA"));
    workspace.run(&plan).failed_saying("00D000000000099");
}

/// A consumer that can be read says whether it has a certificate; of one that no longer can, the configuration must.
#[test]
fn imported_settings_change_and_hidden_ones_only_when_their_certificate_is_told() {
    let org = Emulator::start();
    made_in_setup(&org);
    let workspace = Workspace::new(&org);
    workspace.configure(BARE);
    for address in [APP, SETTINGS] {
        workspace.run(&["import", "-no-color", "-input=false", address, "Shop"]).succeeded();
    }
    let (without_policies, _) =
        BARE.split_once("resource \"salesforce_external_client_app_policies\"").unwrap();
    let callback = || org.part(org::GLOBAL_OAUTH, "Shop").text("callbackUrl");
    let changed = without_policies.replace("/callback\"", "/other\"");
    workspace.configure(&changed);
    workspace.apply().succeeded();
    workspace.is_settled();
    assert_eq!(callback(), "https://shop.example.com/other");

    org.admin("PATCH", "/org", Some(&json!({ "enableConsumerSecretApiAccess": false })));
    let again = changed.replace("/other\"", "/third\"");
    workspace.configure(&again);
    let run = workspace.apply().failed_saying("Certificate may be removed");
    assert!(run.says("on main.tf line"), "the error is at no attribute: {run}");
    assert_eq!(callback(), "https://shop.example.com/other");
    workspace.configure(&again.replace("callback_urls ", "certificate = \"\"\n  callback_urls "));
    workspace.apply().succeeded();
    assert_eq!(callback(), "https://shop.example.com/third");
}

/// A file that does not say whose it is is not taken for deleted.
#[test]
fn settings_without_their_app_are_unexpected_and_not_gone() {
    let org = Emulator::start();
    made_in_setup(&org);
    let workspace = Workspace::new(&org);
    workspace.configure(BARE);
    for address in [APP, SETTINGS, POLICIES] {
        workspace.run(&["import", "-no-color", "-input=false", address, "Shop"]).succeeded();
    }
    workspace.is_settled();
    for kind in [org::OAUTH, org::OAUTH_POLICIES] {
        let path = format!("/components/{kind}/{}", org.part(kind, "Shop").name);
        org.admin("PATCH", &path, Some(&json!({ "externalClientApplication": "Nobody" })));
        workspace
            .run(&["plan", "-no-color", "-input=false", "-lock=false"])
            .failed_saying("Unexpected metadata")
            .saying("Nobody");
        assert_eq!(workspace.state().len(), 3);
        org.admin("PATCH", &path, Some(&json!({ "externalClientApplication": "Shop" })));
        workspace.is_settled();
    }
}

#[test]
fn an_app_that_is_not_there_cannot_be_imported() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(BARE);
    for address in [APP, SETTINGS, POLICIES] {
        workspace.run(&["import", "-no-color", "-input=false", address, "Nobody"]).failed_saying("Nobody");
        assert!(workspace.state().is_empty());
    }
}

#[test]
fn an_app_that_is_there_is_not_taken_over_by_a_create() {
    let org = Emulator::start();
    made_in_setup(&org);
    let workspace = Workspace::new(&org);
    workspace.configure(&BARE.replace("label         = \"Shop\"", "label         = \"Mine now\""));
    workspace.apply().failed_saying("import");
    assert_eq!(org.part(org::APP, "Shop").text("label"), "Shop");
}
