//! A refreshed sandbox: another org at the same address, with other consumer keys and the contents of its source org.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org::{self, APP_SETTINGS, GLOBAL_OAUTH};
use acceptance_tests::plan::Action::{Create, Forget};
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};

use super::oauth_client;
use crate::configurations::{APP, CLIENT, ONLY_APP, POLICIES, SETTINGS, SHOP};

const NEW: &str = "00DEM00000000092AA";
const VARIABLE: &str = "SALESFORCE_PREVIOUS_ORG_IDS";
const PLAN: &[&str] = &["plan", "-no-color", "-input=false"];
const APPLY: &[&str] = &["apply", "-no-color", "-input=false", "-auto-approve"];
const WARNING: &str = "State of a previous org";

/// Refreshes the sandbox. Returns the ID of the previous org.
fn refresh(org: &Emulator) -> String {
    let old = org.org_id().to_owned();
    org.admin("POST", "/refresh", Some(&json!({ "id": NEW })));
    old
}

fn key(org: &Emulator) -> String {
    org.part(GLOBAL_OAUTH, "Shop").text("consumerKey")
}

/// The identities in the state file, if the program stores any.
fn identities(workspace: &Workspace<'_>) -> Vec<Value> {
    let bytes = std::fs::read(workspace.folder().join("terraform.tfstate")).expect("a state");
    let state: Value = serde_json::from_slice(&bytes).expect("JSON");
    let resources = state["resources"].as_array().into_iter().flatten();
    let instances = resources.flat_map(|resource| resource["instances"].as_array().into_iter().flatten());
    instances.map(|instance| instance["identity"].clone()).filter(|identity| !identity.is_null()).collect()
}

const OUTPUT: &str =
    "output \"key\" {\n  value = salesforce_external_client_app_oauth_settings.shop.consumer_key\n}\n";

#[test]
fn without_the_previous_org_id_the_state_is_rejected_and_the_argument_is_named() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let old = refresh(&org);
    for command in [PLAN, APPLY, &["destroy", "-no-color", "-input=false", "-auto-approve"]] {
        let run = workspace.run(command).failed_with("State belongs to another org");
        let short = &old[..15];
        assert!(
            run.contains("previous_org_ids = [") && run.contains(&format!("{VARIABLE}={short}")),
            "{run}"
        );
    }
    assert_eq!(org.deploys().len(), 1 + 1 + 1, "nothing was deployed after the refresh");
}

#[test]
fn a_refreshed_sandbox_is_read_with_warnings_and_the_state_is_updated() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.configure(&format!("{SHOP}{OUTPUT}"));
    workspace.apply().succeeded();
    let deploys = org.deploys().len();
    let before = key(&org);
    let old = refresh(&org);
    let after = key(&org);
    assert_ne!(before, after);

    workspace.set(VARIABLE, &format!("00DEM0000000777, {old}"));
    let plan = workspace.plan(&[]);
    plan.changes(&[]);
    assert_eq!(plan.words.matches("new consumer key of Shop").count(), 1, "{}", plan.words);
    // The warnings for the app and for its policies are equal, so Terraform shows one of them.
    assert_eq!(plan.words.matches(WARNING).count(), 2, "{}", plan.words);
    for text in [old.as_str(), NEW, &after, &before, "previous-org", "-refresh-only"] {
        assert!(plan.words.contains(text), "{text}: {}", plan.words);
    }
    let output = &plan.json["output_changes"]["key"];
    assert_eq!((&output["before"], &output["after"]), (&json!(before), &json!(after)));

    let run = workspace.apply_plan().succeeded();
    assert!(run.contains("0 added, 0 changed, 0 destroyed"), "{run}");
    for address in [APP, SETTINGS, POLICIES] {
        workspace.is_in_org(address, NEW);
    }
    for identity in identities(&workspace) {
        assert_eq!(identity["org_id"], NEW);
    }
    assert_eq!(workspace.attribute(SETTINGS, "consumer_key"), after);
    // The warning does not reappear, with or without the argument.
    assert!(!workspace.run(PLAN).succeeded().contains(WARNING));
    workspace.assert_empty_plan();
    workspace.unset(VARIABLE);
    workspace.assert_empty_plan();
    assert_eq!(org.deploys().len(), deploys, "nothing was deployed");
    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

#[test]
fn a_refresh_only_apply_updates_the_state() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.step(ONLY_APP, &[(APP, Create)]);
    let old = refresh(&org);
    workspace.set(VARIABLE, &old);
    let refreshes = ["apply", "-refresh-only", "-no-color", "-input=false", "-auto-approve"];
    workspace.run(&refreshes).succeeded().containing(WARNING);
    workspace.is_in_org(APP, NEW);
    workspace.unset(VARIABLE);
    workspace.assert_empty_plan();
}

#[test]
fn an_apply_without_changes_updates_the_state() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let old = refresh(&org);
    workspace.set(VARIABLE, &old);
    workspace.apply().succeeded();
    workspace.unset(VARIABLE);
    workspace.assert_empty_plan();
    for address in [APP, SETTINGS, POLICIES] {
        workspace.is_in_org(address, NEW);
    }
}

#[test]
fn resources_that_are_missing_in_the_new_org_are_created() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    org.remove(org::APP, "Shop");
    let old = refresh(&org);
    workspace.set(VARIABLE, &old);
    workspace.set("SALESFORCE_SUPPRESS_WARNINGS", "drift-not-checked");
    let plan = workspace.converge(&[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    for missing in ["no external client app of Shop", "no OAuth settings of Shop", "no policies of Shop"] {
        assert!(plan.words.contains(missing), "{missing}: {}", plan.words);
    }
    workspace.is_in_org(APP, NEW);
}

#[test]
fn the_warning_can_be_suppressed() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.step(ONLY_APP, &[(APP, Create)]);
    let old = refresh(&org);
    workspace.set(VARIABLE, &old);
    workspace.set("SALESFORCE_SUPPRESS_WARNINGS", "previous-org");
    assert!(!workspace.run(PLAN).succeeded().contains(WARNING));
}

#[test]
fn a_mass_removal_in_a_refreshed_sandbox_is_rejected() {
    let apps = "resource \"salesforce_external_client_app\" \"shop\" {\n  for_each = toset([for number in range(5) : \
                \"Shop${number}\"])\n  name     = each.key\n  label    = each.key\n}\n";
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.configure(apps);
    workspace.apply().succeeded();
    for number in 0..4 {
        org.remove(org::APP, &format!("Shop{number}"));
    }
    let old = refresh(&org);
    workspace.set(VARIABLE, &old);
    let run = workspace.run(PLAN).failed_with("Mass removal rejected");
    assert!(run.contains("which replaces that org") && run.contains(&old[..15]), "{run}");
    workspace.set("SALESFORCE_ALLOW_MASS_REMOVAL", "true");
    assert_eq!(workspace.plan(&[]).actions().len(), 4);
    workspace.apply_plan().succeeded();
    workspace.assert_empty_plan();
}

#[test]
fn a_plan_or_apply_without_a_refresh_of_the_state_is_rejected() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let plan_without_a_refresh = ["plan", "-no-color", "-input=false", "-refresh=false", "-out=plan.bin"];
    let changed = SHOP.replace("label         = \"Shop\"", "label         = \"Other\"");
    workspace.configure(&changed);
    workspace.run(&plan_without_a_refresh).succeeded();
    let old = refresh(&org);
    workspace.set(VARIABLE, &old);
    let before = org.admin("GET", "/components", None);
    // The plan file was created before the sandbox was refreshed.
    let applied = workspace.run(&["apply", "-no-color", "-input=false", "plan.bin"]);
    applied.failed_with("State of a previous org not refreshed");
    for command in [
        &plan_without_a_refresh as &[&str],
        &["apply", "-no-color", "-input=false", "-refresh=false", "-auto-approve"],
        &["destroy", "-no-color", "-input=false", "-refresh=false", "-auto-approve"],
    ] {
        let run = workspace.run(command).failed_with("State of a previous org not refreshed");
        assert!(!run.contains("skips this plan"), "the message offers no workaround: {run}");
    }
    assert_eq!(org.admin("GET", "/components", None), before);
    // After an apply with a refresh, the state is accepted. The list of previous orgs may contain the connected org.
    workspace.configure(&changed);
    workspace.apply().succeeded();
    workspace.set(VARIABLE, &format!("{old},{NEW}"));
    workspace.assert_empty_plan();
}

#[test]
fn a_client_in_a_refreshed_sandbox_has_one_warning() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.step(oauth_client::SHOP, &[(CLIENT, Create)]);
    let (before, old) = (key(&org), refresh(&org));
    workspace.set(VARIABLE, &old);
    let plan = workspace.plan(&[]);
    plan.changes(&[]);
    assert_eq!(plan.words.matches(WARNING).count(), 1, "{}", plan.words);
    assert!(plan.words.contains(&before) && plan.words.contains(&key(&org)), "{}", plan.words);
    workspace.apply().succeeded();
    workspace.unset(VARIABLE);
    workspace.assert_empty_plan();
    assert_eq!(workspace.attribute(CLIENT, "consumer_key"), key(&org));
    workspace.is_in_org(CLIENT, NEW);
}

#[test]
fn a_hidden_consumer_does_not_keep_the_old_key() {
    for key_in_rest in [true, false] {
        let org = Emulator::start();
        let mut workspace = Workspace::new(&org);
        workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
        let (before, old) = (key(&org), refresh(&org));
        org.edit(APP_SETTINGS, "ExternalClientApp", "enableConsumerSecretApiAccess", "false");
        org.admin("PATCH", "/org", Some(&json!({ "key_in_rest": key_in_rest })));
        workspace.set(VARIABLE, &old);
        let run = workspace.run(PLAN).succeeded();
        assert!(run.contains("the corresponding attributes keep the values of the previous org"), "{run}");
        workspace.apply().succeeded();
        let now = workspace.attribute(SETTINGS, "consumer_key");
        assert_eq!(now, if key_in_rest { json!(key(&org)) } else { Value::Null });
        assert_ne!(now, json!(before));
        workspace.unset(VARIABLE);
        workspace.assert_empty_plan();
    }
}

#[test]
fn org_settings_are_read_from_the_new_org() {
    const OIDC: &str = "salesforce_org_oauth_oidc_settings.org";
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace
        .configure("resource \"salesforce_org_oauth_oidc_settings\" \"org\" {\n  pkce_required = true\n}\n");
    workspace.apply().succeeded();
    let old = refresh(&org);
    workspace.set(VARIABLE, &old);
    let run = workspace.run(PLAN).succeeded();
    assert_eq!(run.words().matches(WARNING).count(), 1, "{run}");
    workspace.apply().succeeded();
    workspace.unset(VARIABLE);
    workspace.assert_empty_plan();
    assert_eq!(workspace.attribute(OIDC, "id"), NEW);
    workspace.is_in_org(OIDC, NEW);

    // The import uses the ID of the previous org, as an existing import block does.
    workspace.run(&["state", "rm", OIDC]).succeeded();
    workspace.run(&["import", "-no-color", "-input=false", OIDC, &old]).failed_with("previous_org_ids");
    workspace.set(VARIABLE, &old);
    workspace.run(&["import", "-no-color", "-input=false", OIDC, &old]).succeeded();
    workspace.is_in_org(OIDC, NEW);
    workspace.assert_empty_plan();
}

#[test]
fn a_move_between_types_and_a_sandbox_refresh_work_in_one_run() {
    if !language::has(Feature::MovesBetweenTypes) {
        return;
    }
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let old = refresh(&org);
    workspace.set(VARIABLE, &old);
    let moves = format!(
        "{}\nmoved {{\n  from = {SETTINGS}\n  to   = {CLIENT}\n}}\nremoved {{\n  from = salesforce_external_client_app.shop\n  \
         lifecycle {{\n    destroy = false\n  }}\n}}\nremoved {{\n  from = \
         salesforce_external_client_app_policies.shop\n  lifecycle {{\n    destroy = false\n  }}\n}}\n",
        oauth_client::SHOP
    );
    workspace.configure(&moves);
    let plan = workspace.plan(&[]);
    plan.changes(&[(APP, Forget), (POLICIES, Forget)]);
    workspace.apply_plan().succeeded();
    workspace.configure(oauth_client::SHOP);
    workspace.unset(VARIABLE);
    workspace.assert_empty_plan();
    assert_eq!(workspace.attribute(CLIENT, "consumer_key"), key(&org));
    workspace.is_in_org(CLIENT, NEW);
}

#[test]
fn an_import_with_the_identity_of_a_previous_org_uses_the_connected_org() {
    if !language::has(Feature::IdentityImports) {
        return;
    }
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.step(ONLY_APP, &[(APP, Create)]);
    let old = refresh(&org);
    workspace.run(&["state", "rm", APP]).succeeded();
    workspace.configure(&format!(
        "{ONLY_APP}\nimport {{\n  to = {APP}\n  identity = {{\n    name   = \"Shop\"\n    org_id = \"{old}\"\n  }}\n}}\n"
    ));
    workspace.run(PLAN).failed_with("Import from another org").containing("previous_org_ids");
    workspace.set(VARIABLE, &old);
    workspace.apply().succeeded();
    workspace.is_in_org(APP, NEW);
    workspace.assert_empty_plan();
}

#[test]
fn an_invalid_previous_org_id_is_an_error_at_the_argument() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    for (written, fragment) in [
        ("[\"00D\"]", "\"00D\" is not an org ID"),
        ("[\"0PS000000000001\"]", "This is the ID of a permission set"),
        ("[\"00DEM0000000001\", \"\"]", "An empty string is not an org ID"),
        ("[\"00DEM0000000001,00DEM0000000002\"]", "A longer value, which is not shown, is not an org ID"),
        ("[null]", "contains null"),
    ] {
        workspace.configure(&format!(
            "provider \"salesforce\" {{\n  previous_org_ids = {written}\n}}\n{ONLY_APP}"
        ));
        let run = workspace.run(&["validate", "-no-color"]).failed_with(fragment);
        assert!(run.contains("Invalid org ID") && run.contains("previous_org_ids = ["), "{run}");
    }
}
