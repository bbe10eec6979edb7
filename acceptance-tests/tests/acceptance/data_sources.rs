//! Data sources: what they find, their errors, and their cost.
#![expect(clippy::unwrap_used, reason = "a test fails with a panic, also in its functions")]

use crate::configurations::{APP, APP_AND_SETTINGS, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::GLOBAL_OAUTH;
use acceptance_tests::plan::Action::Create;
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};

/// Applies a configuration and returns the value of one of its data sources.
fn found(workspace: &Workspace<'_>, configuration: &str, address: &str) -> Value {
    workspace.configure(configuration);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    data(workspace, address)
}

/// The values of a data source in the state.
#[track_caller]
fn data(workspace: &Workspace<'_>, address: &str) -> Value {
    let shown = workspace.run(&["show", "-json"]).succeeded();
    let json: Value = serde_json::from_str(&shown.stdout).unwrap();
    let resources = json["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
    let it = resources.iter().find(|resource| resource["address"] == address);
    it.unwrap_or_else(|| panic!("no {address} in {json:#}"))["values"].clone()
}

fn shop(org: &Emulator) -> Workspace<'_> {
    let workspace = Workspace::new(org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    workspace
}

#[test]
fn an_app_is_found_with_its_settings_and_policies() {
    let org = Emulator::start();
    let workspace = shop(&org);
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    let by_name = format!("{SHOP}\ndata \"salesforce_external_client_app\" \"it\" {{ name = \"Shop\" }}\n");
    let it = found(&workspace, &by_name, "data.salesforce_external_client_app.it");
    assert_eq!(it["id"], "Shop");
    assert_eq!(it["label"], "Shop");
    assert_eq!(it["contact_email"], "identity@example.com");
    assert_eq!(it["consumer_key"], key);
    assert_eq!(it["namespace"], Value::Null);
    assert!(it["record_id"].as_str().unwrap().starts_with("0xI"), "{it:#}");
    assert_eq!(it["oauth_settings"]["callback_urls"], json!(["https://shop.example.com/callback"]));
    assert_eq!(it["oauth_settings"]["named_user_jwt_enabled"], true);
    assert_eq!(it["oauth_settings"]["certificate"], Value::Null, "it has none");
    assert_eq!(it["policies"]["permission_sets"], json!(["Shop_Customer"]));
    assert_eq!(it["not_readable"], json!({}));

    let by_label = format!("{SHOP}\ndata \"salesforce_external_client_app\" \"it\" {{ label = \"Shop\" }}\n");
    assert_eq!(found(&workspace, &by_label, "data.salesforce_external_client_app.it")["consumer_key"], key);
}

#[test]
fn a_policy_administrator_reads_policies_and_gets_null_for_the_rest() {
    let org = Emulator::start();
    drop(shop(&org));
    let mut workspace = Workspace::new(&org);
    workspace.set("SALESFORCE_USERNAME", &org.user("app.admin"));
    let it = found(
        &workspace,
        "data \"salesforce_external_client_app\" \"it\" {\n  name = \"Shop\"\n}\n",
        "data.salesforce_external_client_app.it",
    );
    assert_eq!(it["policies"]["permitted_users"], "AdminApprovedPreAuthorized");
    let hidden = it["not_readable"].as_object().unwrap();
    assert!(hidden.contains_key(GLOBAL_OAUTH), "{it:#}");
    for (kind, why) in hidden {
        assert!(!why.as_str().unwrap().is_empty(), "{kind}");
    }
    assert_eq!(it["oauth_settings"]["pkce_required"], Value::Null, "unreadable attributes are null: {it:#}");
}

#[test]
fn the_consumer_key_is_read_over_rest_if_its_file_is_unreadable() {
    let org = Emulator::start();
    let workspace = shop(&org);
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    org.edit("ExternalClientAppSettings", "ExternalClientApp", "enableConsumerSecretApiAccess", "false");
    let by_name = "data \"salesforce_external_client_app\" \"it\" {\n  name = \"Shop\"\n}\n";
    drop(workspace);
    let workspace = Workspace::new(&org);
    let it = found(&workspace, by_name, "data.salesforce_external_client_app.it");
    assert_eq!(it["consumer_key"], key);
    assert!(it["not_readable"][GLOBAL_OAUTH].is_string(), "{it:#}");
    assert_eq!(it["oauth_settings"]["oauth_scopes"], json!(["Api", "OpenID", "RefreshToken"]));
    assert_eq!(it["oauth_settings"]["pkce_required"], Value::Null);
}

#[test]
fn a_missing_or_ambiguous_app_is_an_error() {
    let org = Emulator::start();
    let workspace = shop(&org);
    for (arguments, words) in [
        ("name = \"Nobody\"", "The org has no External Client App with the name \"Nobody\""),
        ("label = \"Nobody\"", "The org has no External Client App with the label \"Nobody\""),
        ("", "Set exactly one of name, label. None is set."),
        ("name = \"Shop\"\n label = \"Shop\"", "More than one is set."),
    ] {
        workspace.configure(&format!(
            "{SHOP}\ndata \"salesforce_external_client_app\" \"it\" {{\n {arguments}\n}}\n"
        ));
        workspace.run(&["plan", "-no-color", "-input=false"]).failed_with(words);
    }
    let twins = format!(
        "{SHOP}\nresource \"salesforce_external_client_app\" \"twin\" {{\n name = \"Twin\"\n label = \"Shop\"\n}}\n"
    );
    workspace.configure(&twins);
    workspace.apply().succeeded();
    workspace.configure(&format!(
        "{twins}\ndata \"salesforce_external_client_app\" \"it\" {{ label = \"Shop\" }}\n"
    ));
    let run = workspace.run(&["plan", "-no-color", "-input=false"]);
    run.failed_with("2 objects in the org have the label \"Shop\": Shop, Twin. Set the name");
}

#[test]
fn the_apps_data_source_lists_all_or_matching_apps() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let apps = r#"
resource "salesforce_external_client_app" "app" {
  for_each = toset(["Shop", "Shop_Admin", "Till"])
  name     = each.key
  label    = "The ${each.key}"
}
data "salesforce_external_client_apps" "all" {
  depends_on = [salesforce_external_client_app.app]
}
data "salesforce_external_client_apps" "shop" {
  name_prefix = "Shop_"
  depends_on  = [salesforce_external_client_app.app]
}
data "salesforce_external_client_apps" "till" {
  label      = "The Till"
  namespace  = ""
  depends_on = [salesforce_external_client_app.app]
}
data "salesforce_external_client_apps" "acme" {
  namespace  = "acme"
  depends_on = [salesforce_external_client_app.app]
}
"#;
    workspace.configure(apps);
    workspace.apply().succeeded();
    let names = |name: &str| {
        data(&workspace, &format!("data.salesforce_external_client_apps.{name}"))["names"].clone()
    };
    assert_eq!(names("all"), json!(["Shop", "Shop_Admin", "Till"]));
    assert_eq!(names("shop"), json!(["Shop_Admin"]));
    assert_eq!(names("till"), json!(["Till"]));
    assert_eq!(names("acme"), json!([]));
    let till = data(&workspace, "data.salesforce_external_client_apps.till")["apps"][0].clone();
    assert_eq!(till["label"], "The Till");
    assert_eq!(till["namespace"], Value::Null);
}

#[test]
fn a_permission_set_is_found_and_its_holders_are_counted() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let by = |argument: &str| format!("data \"salesforce_permission_set\" \"it\" {{\n  {argument}\n}}\n");
    let address = "data.salesforce_permission_set.it";
    let it = found(&workspace, &by("name = \"Shop_Customer\""), address);
    assert_eq!(it["holders"], 214);
    assert_eq!(it["owned_by_profile"], false);
    assert!(it["id"].as_str().unwrap().starts_with("0PS"));
    assert_eq!(found(&workspace, &by("label = \"Shop_Staff\""), address)["holders"], 12);
    workspace.configure(&by("name = \"Nobody\""));
    workspace
        .run(&["plan", "-no-color", "-input=false"])
        .failed_with("The org has no permission set with the name \"Nobody\"");

    let mut workspace = Workspace::new(&org);
    workspace.set("SALESFORCE_USERNAME", &org.user("limited"));
    let it = found(&workspace, &by("name = \"Shop_Customer\""), address);
    assert_eq!(it["holders"], Value::Null, "a missing count is not zero");
    assert!(it["holders_not_known"].as_str().unwrap().contains("PermissionSetAssignment"), "{it:#}");
}

#[test]
fn the_org_data_source_describes_the_connected_org() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let it = found(&workspace, "data \"salesforce_org\" \"it\" {}\n", "data.salesforce_org.it");
    assert_eq!(it["id"].as_str().unwrap().get(..15), org.org_id().get(..15));
    assert_eq!(it["id_15"].as_str().unwrap().len(), 15);
    assert_eq!(it["edition"], "Developer Edition");
    assert_eq!(it["sandbox"], false);
    assert_eq!(it["username"], org.user("admin"));
    assert_eq!(it["instance_url"], org.url());
    assert_eq!(
        it["api_version"],
        format!("{}.0", org.newest_version()),
        "the provider supports the newest version"
    );
}

#[test]
fn data_sources_and_resources_share_one_retrieve() {
    let org = Emulator::start();
    let workspace = shop(&org);
    let retrieves = || org.journal().iter().filter(|call| call["operation"] == "retrieve").count();
    let before = retrieves();
    workspace.plan(&[]).is_empty();
    let alone = retrieves() - before;
    assert_eq!(alone, 1, "the journal has the retrieves");
    workspace.configure(&format!(
        "{SHOP}\ndata \"salesforce_external_client_app\" \"it\" {{ name = \"Shop\" }}\n\
         data \"salesforce_headless_identity_readiness\" \"it\" {{ external_client_app = \"Shop\" }}\n"
    ));
    let before = retrieves();
    workspace.plan(&[]);
    assert_eq!(retrieves() - before, alone, "one retrieve for all");
}

#[test]
fn a_provider_argument_that_is_known_only_after_apply_is_named() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(
        "resource \"terraform_data\" \"url\" {}\n\
         provider \"salesforce\" {\n  instance_url = terraform_data.url.id\n  access_token = terraform_data.url.id\n}\n\
         data \"salesforce_org\" \"it\" {}\n",
    );
    let run = workspace.run(&["plan", "-no-color", "-input=false"]);
    run.failed_with("in the provider block is known only after apply, and salesforce_org reads the org");
}

#[test]
fn a_resource_can_use_the_results_of_data_sources() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(APP_AND_SETTINGS, &[(APP, Create), (SETTINGS, Create)]);
    let with_policies = format!(
        "{APP_AND_SETTINGS}\n\
         data \"salesforce_permission_set\" \"it\" {{ name = \"Shop_Staff\" }}\n\
         data \"salesforce_external_client_app\" \"it\" {{ name = \"Shop\" }}\n\
         resource \"salesforce_external_client_app_policies\" \"shop\" {{\n\
         external_client_app = data.salesforce_external_client_app.it.id\n\
         permitted_users = \"AdminApprovedPreAuthorized\"\n\
         permission_sets = [data.salesforce_permission_set.it.id]\n}}\n"
    );
    workspace.configure(&with_policies);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
}

#[test]
fn an_installed_app_is_found_by_its_full_name() {
    let org = Emulator::start();
    let package = json!({ "namespace": "acme", "name": "Shop", "label": "Acme's Shop" });
    org.admin("POST", "/packages", Some(&package));
    let workspace = Workspace::new(&org);
    let it = found(
        &workspace,
        "data \"salesforce_external_client_app\" \"it\" {\n  name = \"acme__Shop\"\n}\n",
        "data.salesforce_external_client_app.it",
    );
    assert_eq!(it["namespace"], "acme");
    assert_eq!(it["label"], "Acme's Shop");
    assert_eq!(it["policies"]["permitted_users"], "AllSelfAuthorized", "{it:#}");
    assert!(it["oauth_settings"].is_object(), "{it:#}");
    let by_label = "data \"salesforce_external_client_app\" \"it\" {\n  label = \"Acme's Shop\"\n}\n";
    assert_eq!(found(&workspace, by_label, "data.salesforce_external_client_app.it")["id"], "acme__Shop");
    let all = "data \"salesforce_external_client_apps\" \"it\" {\n  namespace = \"acme\"\n}\n";
    let all = found(&workspace, all, "data.salesforce_external_client_apps.it");
    assert_eq!(all["names"], json!(["acme__Shop"]));
}
