//! Many apps in one configuration. Deploys are slow and run one at a time, so the provider combines many changes in one
//! deploy.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org;
use acceptance_tests::plan::Action;
use acceptance_tests::workspace::Workspace;

fn apps(label: &str) -> String {
    format!(
        r#"
resource "salesforce_external_client_app" "shop" {{
  for_each = toset([for number in range(20) : "Shop${{number}}"])
  name     = each.key
  label    = "{label} ${{each.key}}"
}}

resource "salesforce_external_client_app_oauth_settings" "shop" {{
  for_each            = salesforce_external_client_app.shop
  external_client_app = each.value.id
  callback_urls       = ["https://${{lower(each.key)}}.example.com/callback"]
  oauth_scopes        = ["Api"]
}}
"#
    )
}

#[test]
fn twenty_apps_are_created_changed_and_destroyed_in_few_deploys() {
    let org = Emulator::with(&["--deploy-ms", "300"]);
    let workspace = Workspace::new(&org);

    workspace.configure(&apps("The"));
    let plan = workspace.plan(&[]);
    let actions = plan.actions();
    assert_eq!(actions.len(), 40);
    assert!(actions.values().all(|action| *action == Action::Create));
    workspace.apply_plan().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(org.names(org::APP).len(), 20);
    assert_eq!(org.names(org::GLOBAL_OAUTH).len(), 20);
    let created = org.deploys().len();
    assert!(created <= 10, "40 resources took {created} deploys");

    workspace.configure(&apps("A"));
    let plan = workspace.plan(&[]);
    assert_eq!(plan.actions().len(), 20);
    assert!(plan.actions().values().all(|action| *action == Action::Update));
    workspace.apply_plan().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(org.part(org::APP, "Shop7").text("label"), "A Shop7");
    let changed = org.deploys().len() - created;
    assert!(changed <= 5, "20 changes took {changed} deploys");

    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
    let destroyed = org.deploys().len() - created - changed;
    assert!(destroyed <= 10, "40 destroys took {destroyed} deploys");
}

fn keyed(key: &str) -> String {
    format!(
        r#"
resource "salesforce_external_client_app" "shop" {{
  for_each = toset(["{key}"])
  name     = "Shop"
  label    = "Shop"
}}

resource "salesforce_external_client_app_oauth_settings" "shop" {{
  for_each            = salesforce_external_client_app.shop
  external_client_app = each.value.id
  callback_urls       = ["https://shop.example.com/callback"]
  oauth_scopes        = ["Api"]
}}

resource "salesforce_external_client_app_policies" "shop" {{
  for_each            = salesforce_external_client_app_oauth_settings.shop
  external_client_app = each.value.id
}}
"#
    )
}

#[test]
fn a_new_for_each_key_without_a_moved_block_is_an_error_and_deploys_nothing() {
    let org = Emulator::with(&["--deploy-ms", "100"]);
    let workspace = Workspace::new(&org);
    workspace.configure(&keyed("old"));
    workspace.apply().succeeded();
    let key = org.part(org::GLOBAL_OAUTH, "Shop").text("consumerKey");
    let deploys = org.deploys().len();

    // Without the error, the create would adopt the existing app, and the destroy of the old address would then delete
    // it.
    workspace.configure(&keyed("new"));
    workspace
        .apply()
        .failed_with("Missing moved block")
        .containing("from = salesforce_external_client_app.OLD");
    assert_eq!(org.deploys().len(), deploys);

    let moved = |resource: &str| {
        format!("moved {{\n  from = {resource}.shop[\"old\"]\n  to = {resource}.shop[\"new\"]\n}}\n")
    };
    let moves: String = ["", "_oauth_settings", "_policies"]
        .iter()
        .map(|part| moved(&format!("salesforce_external_client_app{part}")))
        .collect();
    workspace.configure(&(keyed("new") + &moves));
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(org.part(org::GLOBAL_OAUTH, "Shop").text("consumerKey"), key);
    workspace.destroy().succeeded();
}
