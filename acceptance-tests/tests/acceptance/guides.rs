//! Runs the configurations of guides as a reader would: all blocks in one file, or step by step.

use super::snippets::fenced;
use crate::configurations::{APP, CLIENT, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org::{self, GLOBAL_OAUTH, OAUTH};
use acceptance_tests::plan::Action::{Forget, Update};
use acceptance_tests::smoke_test::SmokeTest;
use acceptance_tests::terraform::{self, repository};
use acceptance_tests::workspace::Workspace;
use serde_json::json;

/// The Terraform blocks in a guide, joined.
fn configuration(guide: &str) -> String {
    let path = repository().join("docs/guides").join(guide);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let blocks = text.split("```terraform\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.collect::<Vec<_>>().join("\n")
}

/// Applies the configuration of a guide, expects an empty plan, and logs in.
fn leads_to_logins(guide: &str, variants: &[&str]) {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(&configuration(guide));
    workspace.run(&["fmt", "-check", "-diff"]).succeeded();
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    SmokeTest::of(&org, "Shop").passes(variants);
    workspace.destroy().succeeded();
}

#[test]
fn the_headless_identity_guide_leads_to_logins() {
    leads_to_logins("headless-identity.md", &["login", "guest", "refresh", "revoke"]);
}

#[test]
fn the_getting_started_guide_leads_to_logins() {
    leads_to_logins("getting-started.md", &["login", "guest", "refresh", "revoke"]);
}

/// The only block in a guide that contains all these strings.
fn step(guide: &str, language: &str, words: &[&str]) -> String {
    let mut texts = fenced(&repository().join("docs/guides").join(guide), language);
    texts.retain(|text| words.iter().all(|word| text.contains(word)));
    assert_eq!(texts.len(), 1, "{guide}: {words:?}");
    texts.remove(0)
}

/// A configuration without its last blocks, which move the state.
fn without_moves(text: &str) -> String {
    let first = ["\nmoved {", "\nremoved {", "\nimport {"].iter().filter_map(|block| text.find(block)).min();
    text[..first.unwrap_or(text.len())].to_owned()
}

/// The strings that identify the two steps of a move from three resources to `salesforce_oauth_client` and back.
const TO_CLIENT: [&str; 2] = ["moved {", "removed {"];
const TO_PARTS: [&str; 2] = ["moved {", "import {"];

#[test]
fn an_app_created_in_setup_is_imported_as_in_the_guide() {
    let org = Emulator::start();
    let app = json!({
        "name": "Shop", "label": "Shop", "contactEmail": "identity@example.com",
        "callbackUrl": "https://shop.example.com/callback", "scopes": "Api",
    });
    org.admin("POST", "/apps", Some(&app));
    let workspace = Workspace::new(&org);
    let step = step("importing.md", "terraform", &["policies {}", "import {"]);
    workspace.configure(&step);
    // The values that the plan would remove are added to the configuration.
    let plan = workspace.plan(&[]);
    plan.changes(&[(CLIENT, Update)]).containing("1 to import, 0 to add, 1 to change, 0 to destroy");
    assert_eq!(plan.differing(CLIENT), ["callback_urls", "contact_email", "oauth_scopes"]);
    let label = "  label = \"Shop\"\n";
    let values = "  contact_email = \"identity@example.com\"\n  oauth_scopes = [\"Api\"]\n  \
                  callback_urls = [\"https://shop.example.com/callback\"]\n";
    let complete = step.replace(label, &format!("{label}{values}"));
    workspace.configure(&complete);
    workspace.plan(&[]).changes(&[]).containing("1 to import, 0 to add, 0 to change, 0 to destroy");
    workspace.apply_plan().succeeded();
    workspace.configure(&without_moves(&complete));
    workspace.assert_empty_plan();
    assert_eq!(org.deploys().len(), 0);
}

#[test]
fn three_resources_move_to_a_client_and_back_without_a_change_in_the_org() {
    if !language::has(Feature::MovesBetweenTypes) {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let (to_client, to_parts) =
        (step("importing.md", "terraform", &TO_CLIENT), step("importing.md", "terraform", &TO_PARTS));
    workspace.configure(&without_moves(&to_parts));
    workspace.apply().succeeded();
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    let deploys = org.deploys().len();

    workspace.configure(&to_client);
    workspace
        .plan(&[])
        .changes(&[(SETTINGS, Forget), (POLICIES, Forget)])
        .containing(&format!("{APP} has moved to {CLIENT}"))
        .containing(terraform::product().forgets())
        .containing("Plan: 0 to add, 0 to change, 0 to destroy");
    workspace.apply_plan().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(workspace.attribute(CLIENT, "consumer_key"), key);
    workspace.configure(&without_moves(&to_client));
    workspace.assert_empty_plan();

    workspace.configure(&to_parts);
    workspace
        .plan(&[])
        .changes(&[])
        .containing(&format!("{CLIENT} has moved to {APP}"))
        .containing("2 to import, 0 to add, 0 to change, 0 to destroy");
    workspace.apply_plan().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(workspace.attribute(SETTINGS, "consumer_key"), key);
    workspace.configure(&without_moves(&to_parts));
    workspace.assert_empty_plan();
    assert_eq!(org.deploys().len(), deploys, "nothing was deployed");
    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

#[test]
fn the_statements_about_moves_in_the_guide_are_true() {
    if !language::has(Feature::MovesBetweenTypes) {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    // The settings have a label.
    let settings = "resource \"salesforce_external_client_app_oauth_settings\" \"shop\" {\n";
    let label = format!("{settings}  label = \"Their own\"\n");
    workspace.configure(&SHOP.replace(settings, &label));
    workspace.apply().succeeded();
    let deploys = org.deploys().len();
    let to_client = step("importing.md", "terraform", &TO_CLIENT);

    // An explicit empty list is planned as an update.
    let empty = to_client.replace("  policies {\n", "  policies {\n    profiles = []\n");
    workspace.configure(&empty);
    let plan = workspace.plan(&[]);
    plan.changes(&[(CLIENT, Update), (SETTINGS, Forget), (POLICIES, Forget)]);
    assert_eq!(plan.differing(CLIENT), ["policies"]);
    // Without the block, the policies remain in the org and can be managed elsewhere.
    let (before, rest) = to_client.split_once("\n  policies {").expect("a block");
    let (_, after) = rest.split_once("\n  }\n").expect("an end");
    workspace.configure(&format!("{before}{after}"));
    let plan = workspace.plan(&[]);
    plan.changes(&[(CLIENT, Update), (SETTINGS, Forget), (POLICIES, Forget)]).containing("policies-stay");
    workspace.apply_plan().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(org.deploys().len(), deploys, "nothing was deployed");

    let changed = to_client.replace("\"RefreshToken\"]", "\"RefreshToken\", \"Web\"]");
    assert_ne!(changed, to_client);
    workspace.step(&without_moves(&changed), &[(CLIENT, Update)]);
    assert_eq!(
        org.part(OAUTH, "Shop").text("label"),
        "Their own",
        "salesforce_oauth_client has no attribute for it, and it is unchanged"
    );
}

#[test]
fn the_commands_in_the_guide_move_a_state_without_moved_blocks() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let commands = |words: &[&str]| {
        let step = step("importing.md", "shell", words);
        for line in step.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words.first(), Some(&"terraform"));
            workspace.run(&words[1..]).succeeded();
        }
    };
    let to_client = without_moves(&step("importing.md", "terraform", &TO_CLIENT));
    let to_parts = without_moves(&step("importing.md", "terraform", &TO_PARTS));
    workspace.configure(&to_parts);
    workspace.apply().succeeded();
    let deploys = org.deploys().len();

    workspace.configure(&to_client);
    commands(&["terraform import salesforce_oauth_client.shop Shop"]);
    workspace.assert_empty_plan();
    workspace.configure(&to_parts);
    commands(&["terraform state rm salesforce_oauth_client.shop"]);
    workspace.assert_empty_plan();
    assert_eq!(org.deploys().len(), deploys, "nothing was deployed");

    // The guide describes what an apply between the commands would do.
    workspace.run(&["state", "rm", APP, SETTINGS, POLICIES]).succeeded();
    workspace.configure(&to_client.replace("label         = \"Shop\"", "label         = \"Another\""));
    workspace.apply().failed_with("Resource already exists");
    workspace.configure(&to_client);
    workspace.apply().succeeded().containing("Resource adopted from an interrupted run");
    assert_eq!(org.deploys().len(), deploys, "nothing was deployed");
}
