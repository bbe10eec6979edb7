//! Org settings: a create adopts them, a destroy does not delete them, and only one resource can manage them.

use crate::configurations::{APP, SETTINGS};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{APP_SETTINGS, OIDC_SETTINGS};
use acceptance_tests::plan::Action::{Create, Delete, Update};
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};

const OIDC: &str = "salesforce_org_oauth_oidc_settings.org";
const ECA: &str = "salesforce_org_external_client_app_settings.org";

fn oidc(key: &str, lines: &str) -> String {
    format!("resource \"salesforce_org_oauth_oidc_settings\" \"{key}\" {{\n{lines}\n}}\n")
}

fn switch(org: &Emulator, element: &str) -> String {
    org.part(OIDC_SETTINGS, "OauthOidc").text(element)
}

/// The details of the retrieves so far, which include their members.
fn retrieves(org: &Emulator) -> Vec<Value> {
    let calls = org.journal().into_iter();
    calls.filter(|call| call["operation"] == "retrieve").map(|call| call["details"].clone()).collect()
}

#[test]
fn settings_that_match_the_org_are_not_deployed() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(&oidc("org", "code_credential_flow_enabled = true"), &[(OIDC, Create)]);
    assert_eq!(org.deploys().len(), 0);
    assert_eq!(workspace.attribute(OIDC, "pkce_required"), false);
    assert_eq!(workspace.attribute(OIDC, "id"), workspace.attribute(OIDC, "org_id"));
    workspace.is_in_org(OIDC, org.org_id());
}

#[test]
fn a_destroy_leaves_the_org_unchanged_and_the_plan_reports_it() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(&oidc("org", "pkce_required = true"), &[(OIDC, Create)]);
    let deploys = org.deploys().len();
    workspace.configure("");
    let plan = workspace.plan(&[]);
    plan.changes(&[(OIDC, Delete)]).containing("Settings remain in the org");
    workspace.apply_plan().succeeded();
    assert!(workspace.state().is_empty());
    assert_eq!(switch(&org, "isPkceRequired"), "true");
    assert_eq!(org.deploys().len(), deploys);
}

#[test]
fn changes_of_another_administrator_are_kept() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(&oidc("org", "pkce_required = true"), &[(OIDC, Create)]);
    // The other administrator changes a setting between the plan and the apply.
    workspace.configure(&oidc("org", "pkce_required = false"));
    workspace
        .plan(&[])
        .changes(&[(OIDC, Update)])
        .containing("The value of pkce_required in each app determines");
    org.edit(OIDC_SETTINGS, "OauthOidc", "blockOAuthUnPwFlow", "false");
    workspace.apply_plan().succeeded();
    assert_eq!(switch(&org, "isPkceRequired"), "false");
    assert_eq!(switch(&org, "blockOAuthUnPwFlow"), "false");
}

#[test]
fn imports_by_name_by_org_id_and_by_block_are_planned_without_changes() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let both =
        format!("{}resource \"salesforce_org_external_client_app_settings\" \"org\" {{}}\n", oidc("org", ""));
    workspace.configure(&both);
    for (address, name) in [(OIDC, "OauthOidc"), (ECA, "ExternalClientApp")] {
        for id in [name, org.org_id()] {
            workspace.run(&["import", "-no-color", "-input=false", address, id]).succeeded();
            workspace.is_in_org(address, org.org_id());
            workspace.run(&["state", "rm", address]).succeeded();
        }
        for id in ["", "Shop", "oauthoidc", "00D"] {
            workspace
                .run(&["import", "-no-color", "-input=false", address, id])
                .failed_with("Invalid import ID");
        }
        workspace
            .run(&["import", "-no-color", "-input=false", address, "00D000000000099"])
            .failed_with("Import from another org");
    }
    let import = |to: &str, id: &str| format!("import {{\n  to = {to}\n  id = \"{id}\"\n}}\n");
    let blocks = format!("{}{}", import(OIDC, "OauthOidc"), import(ECA, "ExternalClientApp"));
    workspace.configure(&blocks);
    let generated = ["plan", "-no-color", "-input=false", "-generate-config-out=generated.tf"];
    workspace.run(&generated).succeeded().containing("2 to import, 0 to add, 0 to change, 0 to destroy");
    workspace.apply().succeeded().containing("2 imported, 0 added, 0 changed, 0 destroyed");
    workspace.configure("");
    workspace.assert_empty_plan();
    assert_eq!(org.deploys().len(), 0);
}

#[test]
fn two_resources_for_the_same_org_settings_are_an_error() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let two = |first: &str, second: &str| format!("{}{}", oidc("org", first), oidc("other", second));
    workspace.configure(&two("pkce_required = true", "user_agent_flow_blocked = true"));
    let plan = ["plan", "-no-color", "-input=false", "-lock=false"];
    workspace.run(&plan).failed_with("Duplicate resource for one org");
    workspace.configure(&two("pkce_required = true", "pkce_required = true"));
    workspace.apply().failed_with("Duplicate resource for one org");
    workspace.run(&["state", "rm", OIDC]);
    workspace.run(&["state", "rm", "salesforce_org_oauth_oidc_settings.other"]);

    // One of the two resources is already in the state.
    workspace.step(&oidc("org", "pkce_required = true"), &[(OIDC, Create)]);
    workspace.configure(&two("pkce_required = true", "pkce_required = false"));
    workspace.run(&plan).failed_with("Duplicate resource for one org");
    assert_eq!(switch(&org, "isPkceRequired"), "true");
}

#[test]
fn a_replacement_is_not_a_duplicate() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(&oidc("org", "pkce_required = true"), &[(OIDC, Create)]);
    for arguments in [["taint", OIDC], ["untaint", OIDC], ["taint", OIDC]] {
        workspace.run(&arguments).succeeded();
    }
    workspace.apply().succeeded().containing("1 added, 0 changed, 1 destroyed");
    workspace.run(&["apply", "-no-color", "-input=false", "-auto-approve", "-replace", OIDC]).succeeded();
    workspace.assert_empty_plan();
    workspace.step(
        &oidc("moved", "pkce_required = true\n  user_agent_flow_blocked = false").replace(
            "resource",
            &format!(
                "moved {{\n  from = {OIDC}\n  to = salesforce_org_oauth_oidc_settings.moved\n}}\nresource"
            ),
        ),
        &[("salesforce_org_oauth_oidc_settings.moved", Update)],
    );
}

#[test]
fn a_plan_of_apps_and_settings_needs_one_retrieve() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(&example());
    workspace.apply().succeeded();
    let before = retrieves(&org).len();
    workspace.plan(&[]).is_empty();
    let retrieved = retrieves(&org).split_off(before);
    assert_eq!(retrieved.len(), 1, "{retrieved:#?}");
}

fn example() -> String {
    let path = acceptance_tests::terraform::repository()
        .join("examples/resources/salesforce_org_oauth_oidc_settings/resource.tf");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn an_org_setting_and_the_app_that_needs_it_are_created_in_one_apply() {
    let org = Emulator::start();
    org.edit(OIDC_SETTINGS, "OauthOidc", "oAuthCdCrdtFlowEnable", "false");
    let workspace = Workspace::new(&org);
    workspace.step(&example(), &[(OIDC, Create), (APP, Create), (SETTINGS, Create)]);
    assert_eq!(switch(&org, "oAuthCdCrdtFlowEnable"), "true");
    workspace.destroy().succeeded();
    assert_eq!(switch(&org, "oAuthCdCrdtFlowEnable"), "true");
}

/// Without a reference, only the provider determines the order: both resources are in one deploy, or the org setting is
/// deployed first.
#[test]
fn the_org_setting_needs_no_explicit_dependency() {
    let org = Emulator::start();
    org.edit(OIDC_SETTINGS, "OauthOidc", "oAuthCdCrdtFlowEnable", "false");
    let workspace = Workspace::new(&org);
    let app =
        "resource \"salesforce_external_client_app\" \"shop\" {\n  name  = \"Shop\"\n  label = \"Shop\"\n}\n";
    workspace.step(app, &[(APP, Create)]);
    let settings = "resource \"salesforce_external_client_app_oauth_settings\" \"shop\" {\n  external_client_app = \
                    salesforce_external_client_app.shop.id\n  code_credential_flow_enabled = true\n}\n";
    let all = format!("{app}{settings}{}", oidc("org", "code_credential_flow_enabled = true"));
    workspace.step(&all, &[(OIDC, Create), (SETTINGS, Create)]);
}

#[test]
fn rejected_org_settings_do_not_fail_other_resources() {
    let org = Emulator::start();
    org.admin(
        "POST",
        "/faults",
        Some(&json!({"call": "deploy", "do": {"component_problem": {
            "type": "Settings", "fullName": "OauthOidc", "problem": "INSUFFICIENT_ACCESS: isPkceRequired is not for you"
        }}})),
    );
    let workspace = Workspace::new(&org);
    let app =
        "resource \"salesforce_external_client_app\" \"shop\" {\n  name  = \"Shop\"\n  label = \"Shop\"\n}\n";
    workspace.configure(&format!("{app}{}", oidc("org", "pkce_required = true")));
    let run = workspace.apply().failed_with("isPkceRequired is not for you");
    assert!(run.contains("pkce_required = true"), "the error is at the attribute: {run}");
    assert_eq!(workspace.attribute(APP, "name"), "Shop", "{run}");
    assert_eq!(workspace.attribute(OIDC, "id"), Value::Null);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(switch(&org, "isPkceRequired"), "true");
}

#[test]
fn a_state_of_another_org_is_an_error() {
    let org = Emulator::start();
    let other = Emulator::with(&["--org-id", "00D000000000007"]);
    let mut workspace = Workspace::new(&org);
    workspace.step(&oidc("org", "pkce_required = true"), &[(OIDC, Create)]);
    for (variable, value) in &other.credentials() {
        workspace.set(variable, value);
    }
    workspace.watch(&other);
    workspace.apply().failed_with("State belongs to another org");
    assert_eq!(switch(&other, "isPkceRequired"), "false");
}

#[test]
fn a_value_that_the_org_does_not_keep_is_an_error() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(&oidc("org", "pkce_required = false"), &[(OIDC, Create)]);
    org.admin(
        "POST",
        "/faults",
        Some(&json!({"call": "retrieve", "nth": 3, "do": {"edit": {
            "type": OIDC_SETTINGS, "fullName": "OauthOidc", "set": {"isPkceRequired": false}
        }}})),
    );
    workspace.configure(&oidc("org", "pkce_required = true"));
    workspace.apply().failed_with("the org has false");
    assert_eq!(workspace.attribute(OIDC, "pkce_required"), false);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
}

#[test]
fn missing_elements_are_read_as_false() {
    let org = Emulator::start();
    org.edit(APP_SETTINGS, "ExternalClientApp", "enableConsumerSecretApiAccess", "false");
    org.admin(
        "PATCH",
        "/components/ExternalClientAppSettings/ExternalClientApp",
        Some(&json!({ "enableConsumerSecretApiAccess": null })),
    );
    let workspace = Workspace::new(&org);
    let configuration = "resource \"salesforce_org_external_client_app_settings\" \"org\" {\n  \
                         consumer_secret_api_access_enabled = false\n}\n";
    workspace.step(configuration, &[(ECA, Create)]);
    assert_eq!(org.deploys().len(), 0);
}

#[test]
fn unreadable_and_read_only_settings_are_errors() {
    let org = Emulator::start();
    let set_access =
        |set_access: &str| org.admin("PATCH", "/org", Some(&json!({ "org_settings": set_access })));
    let workspace = Workspace::new(&org);
    let configuration = oidc("org", "pkce_required = true");
    workspace.configure(&configuration);
    set_access("hidden");
    workspace.apply().failed_with("Component not accessible");
    set_access("read_only");
    let run = workspace.apply().failed_with("insufficient access rights on the settings of the org");
    assert!(run.contains("administrator permissions"), "{run}");
    assert!(workspace.state().is_empty());
    set_access("open");
    workspace.step(&configuration, &[(OIDC, Create)]);

    // Hidden settings are not treated as deleted.
    set_access("hidden");
    let plan = ["plan", "-no-color", "-input=false", "-lock=false"];
    workspace.run(&plan).failed_with("does not treat the object as deleted");
    assert_eq!(workspace.attribute(OIDC, "pkce_required"), true);
    // Other resources are not affected.
    workspace.run(&["state", "rm", OIDC]).succeeded();
    let app =
        "resource \"salesforce_external_client_app\" \"shop\" {\n  name  = \"Shop\"\n  label = \"Shop\"\n}\n";
    workspace.step(app, &[(APP, Create)]);
}
