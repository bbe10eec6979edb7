//! Moves from three resources to `salesforce_oauth_client` and back. The state moves, and nothing in the org changes.

use super::oauth_client::{self, CLIENT};
use crate::configurations::{APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org::GLOBAL_OAUTH;
use acceptance_tests::plan::Action::{Create, Forget};
use acceptance_tests::workspace::Workspace;

/// Whether the tested version supports moves between types and removed blocks.
fn can_move() -> bool {
    language::has(Feature::MovesBetweenTypes)
}

fn moved(from: &str, to: &str) -> String {
    format!("moved {{\n  from = {from}\n  to   = {to}\n}}\n")
}

fn removed(address: &str) -> String {
    format!("removed {{\n  from = {address}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n")
}

fn imported(address: &str, id: &str) -> String {
    format!("import {{\n  to = {address}\n  id = {id}\n}}\n")
}

/// A configuration with `salesforce_oauth_client`, to which one part moves. The two other parts are removed from the
/// state.
fn to_client(from: &str) -> String {
    let others = [APP, SETTINGS, POLICIES].into_iter().filter(|part| *part != from);
    let removed: String = others.map(removed).collect();
    format!("{}{}{removed}", oauth_client::SHOP, moved(from, CLIENT))
}

/// A configuration with the parts, to one of which `salesforce_oauth_client` moves. The two other parts are imported.
fn to_parts(to: &str) -> String {
    let others = [APP, SETTINGS, POLICIES].into_iter().filter(|part| *part != to);
    let imports: String = others.map(|part| imported(part, "\"Shop\"")).collect();
    format!("{SHOP}{}{imports}", moved(CLIENT, to))
}

#[test]
fn three_resources_move_to_a_client_and_back_without_a_change_in_the_org() {
    if !can_move() {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    let before = org.admin("GET", "/components", None);
    let deploys = org.deploys().len();
    for part in [APP, SETTINGS, POLICIES] {
        workspace.configure(&to_client(part));
        let plan = workspace.plan(&[]);
        let forgets: Vec<(&str, _)> = [APP, SETTINGS, POLICIES]
            .into_iter()
            .filter(|other| *other != part)
            .map(|other| (other, Forget))
            .collect();
        plan.changes(&forgets);
        workspace.apply_plan().succeeded();
        assert_eq!(workspace.state().keys().collect::<Vec<_>>(), [CLIENT], "{part}");
        assert_eq!(workspace.attribute(CLIENT, "consumer_key"), key, "{part}");
        workspace.configure(oauth_client::SHOP);
        workspace.assert_empty_plan();

        workspace.configure(&to_parts(part));
        workspace.plan(&[]).changes(&[]).containing("2 to import, 0 to add, 0 to change, 0 to destroy");
        workspace.apply_plan().succeeded();
        assert_eq!(workspace.state().len(), 3, "{part}");
        assert_eq!(workspace.attribute(SETTINGS, "consumer_key"), key, "{part}");
        workspace.configure(SHOP);
        workspace.assert_empty_plan();
    }
    assert_eq!(org.deploys().len(), deploys);
    assert_eq!(org.admin("GET", "/components", None), before);
}

/// Without a refresh after the move, the state contains only one part, and a plan would overwrite the others. Such a
/// plan is rejected.
#[test]
fn a_move_to_a_client_requires_a_refresh() {
    if !can_move() {
        return;
    }
    for part in [APP, SETTINGS, POLICIES] {
        let org = Emulator::start();
        let workspace = Workspace::new(&org);
        workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
        let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
        let before = org.admin("GET", "/components", None);
        workspace.configure(&to_client(part));
        let apply = ["apply", "-no-color", "-input=false", "-auto-approve", "-refresh=false"];
        workspace.run(&apply).failed_with("Moved resource not refreshed");
        assert_eq!(org.admin("GET", "/components", None), before, "{part}");
        workspace.apply().succeeded();
        workspace.configure(oauth_client::SHOP);
        workspace.assert_empty_plan();
        assert_eq!(workspace.attribute(CLIENT, "consumer_key"), key, "{part}");
        assert_eq!(org.admin("GET", "/components", None), before, "{part}");

        workspace.configure(&to_parts(part));
        let run = workspace.run(&apply).succeeded();
        assert!(run.contains("0 destroyed"), "{part}: {run}");
        workspace.configure(SHOP);
        workspace.plan(&[]).changes(&[]);
        workspace.apply().succeeded();
        workspace.assert_empty_plan();
        assert_eq!(org.admin("GET", "/components", None), before, "{part}");
    }
}

/// The move itself deploys nothing.
#[test]
fn a_move_and_a_change_are_one_deploy() {
    if !can_move() {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    let deploys = org.deploys().len();
    let changed = to_client(APP).replace("= 30", "= 15").replace("/callback\"", "/other\"");
    workspace.configure(&changed);
    workspace.apply().succeeded();
    assert_eq!(org.deploys().len(), deploys + 1);
    workspace.assert_empty_plan();
    assert_eq!(workspace.attribute(CLIENT, "consumer_key"), key);
    assert_eq!(org.part(GLOBAL_OAUTH, "Shop").text("callbackUrl"), "https://shop.example.com/other");
}

const KEYED: &str = r#"
locals {
  shops = toset(["ShopA", "ShopB"])
}
"#;

const KEYED_PARTS: &str = r#"
resource "salesforce_external_client_app" "shop" {
  for_each = local.shops
  name     = each.key
  label    = each.key
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  for_each            = local.shops
  external_client_app = salesforce_external_client_app.shop[each.key].id
  callback_urls       = ["https://shop.example.com/callback"]
}

resource "salesforce_external_client_app_policies" "shop" {
  for_each            = local.shops
  external_client_app = salesforce_external_client_app_oauth_settings.shop[each.key].id
  permitted_users     = "AdminApprovedPreAuthorized"
  permission_sets     = ["Shop_Customer"]
}
"#;

const KEYED_CLIENTS: &str = r#"
resource "salesforce_oauth_client" "shop" {
  for_each      = local.shops
  name          = each.key
  label         = each.key
  callback_urls = ["https://shop.example.com/callback"]
  policies {
    permitted_users = "AdminApprovedPreAuthorized"
    permission_sets = ["Shop_Customer"]
  }
}
"#;

#[test]
fn every_instance_of_a_for_each_moves_in_both_directions() {
    if !can_move() {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(&format!("{KEYED}{KEYED_PARTS}"));
    workspace.apply().succeeded();
    let before = org.admin("GET", "/components", None);
    let deploys = org.deploys().len();
    let moves = format!("{}{}{}", moved(APP, CLIENT), removed(SETTINGS), removed(POLICIES));
    workspace.configure(&format!("{KEYED}{KEYED_CLIENTS}{moves}"));
    workspace.apply().succeeded();
    workspace.configure(&format!("{KEYED}{KEYED_CLIENTS}"));
    workspace.assert_empty_plan();
    assert_eq!(workspace.state().len(), 2);

    let each = |address: &str| {
        let block = imported(&format!("{address}[each.key]"), "each.key");
        block.replace("import {\n", "import {\n  for_each = local.shops\n")
    };
    workspace.configure(&format!(
        "{KEYED}{KEYED_PARTS}{}{}{}",
        moved(CLIENT, APP),
        each(SETTINGS),
        each(POLICIES)
    ));
    workspace.apply().succeeded().containing("4 imported");
    workspace.configure(&format!("{KEYED}{KEYED_PARTS}"));
    workspace.assert_empty_plan();
    assert_eq!(workspace.state().len(), 6);
    assert_eq!(org.deploys().len(), deploys);
    assert_eq!(org.admin("GET", "/components", None), before);
}

/// A module changes its implementation without a change in the org.
#[test]
fn a_module_can_switch_from_parts_to_a_client_without_a_deploy() {
    if !can_move() {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.installs();
    workspace.configure("module \"identity\" {\n  source = \"./identity\"\n}\n");
    let folder = workspace.folder().join("identity");
    std::fs::create_dir(&folder).expect("a folder of the module");
    let source = "terraform {\n  required_providers {\n    salesforce = { source = \"salesforce-community/salesforce\" }\n  }\n}\n";
    workspace.write("identity/main.tf", &format!("{source}{SHOP}"));
    workspace.run(&["init", "-no-color", "-input=false"]).succeeded();
    workspace.apply().succeeded();
    let before = org.admin("GET", "/components", None);
    let deploys = org.deploys().len();
    // The module contains the moved block, and the root module contains the removed blocks.
    let (inside, outside) = to_client(APP).split_once("removed {").map_or_else(
        || (to_client(APP), String::new()),
        |(whole, rest)| {
            (whole.to_owned(), format!("removed {{{rest}").replace("from = ", "from = module.identity."))
        },
    );
    workspace.write("identity/main.tf", &format!("{source}{inside}"));
    workspace.configure(&format!("module \"identity\" {{\n  source = \"./identity\"\n}}\n{outside}"));
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(org.deploys().len(), deploys);
    assert_eq!(org.admin("GET", "/components", None), before);
    workspace.configure("module \"identity\" {\n  source = \"./identity\"\n}\n");
    workspace.destroy().succeeded();
    assert!(org.names(acceptance_tests::org::APP).is_empty());
}

/// Moves from or to resources that are not members of `salesforce_oauth_client`, and moves from one member to another.
#[test]
fn moves_between_other_resource_types_are_errors() {
    if !can_move() {
        return;
    }
    let org_settings =
        "resource \"salesforce_org_oauth_oidc_settings\" \"x\" {\n  code_credential_flow_enabled = true\n}\n";
    let unrelated = "resource \"terraform_data\" \"x\" {\n  input = \"1\"\n}\n";
    let client = oauth_client::SHOP.to_owned();
    let cases: [(&str, String, &str, &str); 6] = [
        (org_settings, client.clone(), "salesforce_org_oauth_oidc_settings.x", CLIENT),
        (unrelated, client.clone(), "terraform_data.x", CLIENT),
        (&client, org_settings.to_owned(), CLIENT, "salesforce_org_oauth_oidc_settings.x"),
        (
            SHOP,
            SHOP.replace(POLICIES, "x").replace("policies\" \"shop\"", "policies\" \"y\""),
            APP,
            "salesforce_external_client_app_policies.y",
        ),
        (unrelated, SHOP.to_owned(), "terraform_data.x", APP),
        (org_settings, SHOP.to_owned(), "salesforce_org_oauth_oidc_settings.x", SETTINGS),
    ];
    for (before, after, from, to) in cases {
        let org = Emulator::start();
        let workspace = Workspace::new(&org);
        workspace.configure(before);
        workspace.apply().succeeded();
        let state = workspace.state();
        let after = if before == SHOP {
            // The old address must not be in the configuration.
            let (_, rest) =
                after.split_once("resource \"salesforce_external_client_app_oauth").expect("settings");
            format!("resource \"salesforce_external_client_app_oauth{rest}")
                .replace("salesforce_external_client_app.shop.id", "\"Shop\"")
        } else {
            after
        };
        workspace.configure(&format!("{after}{}", moved(from, to)));
        let run = workspace.run(&["plan", "-no-color", "-input=false"]);
        assert_eq!(run.code, Some(1), "{from} to {to}: {run}");
        let kinds = [from, to].map(|address| address.split('.').next().unwrap_or_default());
        for kind in kinds {
            assert!(run.contains(kind), "{from} to {to} does not name {kind}: {run}");
        }
        assert!(!run.contains("plugin crashed") && !run.contains("rpc error"), "{run}");
        assert_eq!(workspace.state(), state, "{from} to {to}");
    }
}

/// If the configuration has no policies, the refresh after a move reads the policies in the org, and the apply removes
/// them from the state without a deploy.
#[test]
fn an_app_without_managed_policies_moves_and_its_policies_are_unchanged() {
    if !can_move() {
        return;
    }
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(crate::configurations::APP_AND_SETTINGS, &[(APP, Create), (SETTINGS, Create)]);
    let before = org.admin("GET", "/components", None);
    let deploys = org.deploys().len();
    let client = oauth_client::without_policies(oauth_client::SHOP);
    workspace.configure(&format!("{client}{}{}", moved(APP, CLIENT), removed(SETTINGS)));
    let run = workspace.apply().succeeded();
    assert!(run.contains("0 destroyed"), "{run}");
    workspace.configure(&client);
    workspace.assert_empty_plan();
    assert_eq!(org.deploys().len(), deploys);
    assert_eq!(org.admin("GET", "/components", None), before);

    workspace.configure(&format!(
        "{}{}{}",
        crate::configurations::APP_AND_SETTINGS,
        moved(CLIENT, APP),
        imported(SETTINGS, "\"Shop\"")
    ));
    workspace.plan(&[]).changes(&[]);
    workspace.apply_plan().succeeded();
    workspace.configure(crate::configurations::APP_AND_SETTINGS);
    workspace.assert_empty_plan();
    assert_eq!(org.admin("GET", "/components", None), before);
}
