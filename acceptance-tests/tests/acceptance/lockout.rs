//! Whom a change of policies locks out: the words of the plan, with the people counted in the org.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its functions too")]

use crate::configurations::{APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::plan::Action::Create;
use acceptance_tests::workspace::Workspace;
use serde_json::json;

const KEEP: &str = "Users with \"Use Any API Client\" keep access";

/// The whole configuration with other policies.
fn with_policies(policies: &str) -> String {
    let (before, _) = SHOP.split_once("  permitted_users ").unwrap();
    format!("{before}{policies}\n}}\n")
}

fn permitted(users: &str, permission_sets: &str, profiles: &str) -> String {
    with_policies(&format!(
        "permitted_users = \"{users}\"\n permission_sets = {permission_sets}\n profiles = {profiles}"
    ))
}

fn started<'org>(org: &'org Emulator, configuration: &str) -> Workspace<'org> {
    let workspace = Workspace::new(org);
    workspace.step(configuration, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    workspace
}

/// What the plan of a configuration says.
fn words(workspace: &Workspace<'_>, configuration: &str) -> String {
    workspace.configure(configuration);
    workspace.plan(&[]).words
}

#[track_caller]
fn says(words: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(words.contains(sentence), "expected {sentence:?} in\n{words}");
    }
}

/// How many queries for people the org got.
fn counts(org: &Emulator) -> usize {
    let asks = |call: &serde_json::Value| {
        let text = call.to_string();
        ["FROM PermissionSetAssignment", "FROM PermissionSetGroupComponent", "FROM User"]
            .iter()
            .any(|object| text.contains(object))
    };
    org.journal().iter().filter(|call| asks(call)).count()
}

#[test]
fn the_flagship_warning_counts_the_holders() {
    let org = Emulator::start();
    let workspace = started(&org, &permitted("AllSelfAuthorized", "[\"Shop_Customer\"]", "[]"));
    let words = words(&workspace, &permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\"]", "[]"));
    says(
        &words,
        &[
            "Users lose access to an app",
            "\"Shop\": from AllSelfAuthorized to AdminApprovedPreAuthorized: on apply, users without \
             Shop_Customer immediately lose access, and their tokens become invalid.",
            "Assigned users: Shop_Customer 214 (counted 20",
            KEEP,
        ],
    );
}

#[test]
fn what_is_taken_away_is_named_with_its_holders() {
    let org = Emulator::start();
    let approved = "AdminApprovedPreAuthorized";
    let both = permitted(approved, "[\"Shop_Customer\", \"Shop_Staff\"]", "[\"Customer Community User\"]");
    let workspace = started(&org, &both);
    let fewer = permitted(approved, "[\"Shop_Customer\"]", "[\"Customer Community User\"]");
    let said = words(&workspace, &fewer);
    says(
        &said,
        &[
            "only through Shop_Staff immediately lose it, and their tokens become invalid. Assigned users: Shop_Staff 12 (counted",
            KEEP,
        ],
    );
    assert!(!said.contains("Shop_Customer 214"), "who keeps access is not counted: {said}");

    let said = words(&workspace, &permitted(approved, "[\"Shop_Customer\", \"Shop_Staff\"]", "[]"));
    says(
        &said,
        &[
            "only through the profile Customer Community User immediately lose it",
            "Assigned users: Customer Community User 200 (",
        ],
    );
    let harmless = words(&workspace, &both);
    assert!(!harmless.contains("lose access"), "{harmless}");
    let open = words(&workspace, &permitted("AllSelfAuthorized", "[]", "[]"));
    assert!(!open.contains("Users lose access"), "everyone may use the app, nobody loses access: {open}");
}

#[test]
fn who_holds_a_set_directly_and_through_a_group_counts_once() {
    let org = Emulator::start();
    let group = json!({ "permissionSetGroups": {
        "Shop_All": { "members": ["Shop_Customer", "Shop_Staff"], "holders": 40, "holdingDirectly": 15 },
        "Shop_More": { "members": ["Shop_Customer"], "holders": 3 },
    } });
    org.admin("PATCH", "/org", Some(&group));
    let workspace =
        started(&org, &permitted("AllSelfAuthorized", "[\"Shop_Customer\", \"Shop_Staff\"]", "[]"));
    let words = words(
        &workspace,
        &permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\", \"Shop_Staff\"]", "[]"),
    );
    // 214 directly, 40 and 3 by the groups only. Of Shop_Staff's 12, none is among the 15 who hold both.
    says(
        &words,
        &["without Shop_Customer or Shop_Staff", "Assigned users: Shop_Customer 257, Shop_Staff 67 (counted"],
    );
}

#[test]
fn inactive_people_do_not_count() {
    let org = Emulator::start();
    let workspace = started(&org, &permitted("AllSelfAuthorized", "[\"Shop_Customer\"]", "[]"));
    let customer = org.user("customer");
    org.admin("PATCH", &format!("/users/{customer}"), Some(&json!({ "active": false })));
    let words = words(&workspace, &permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\"]", "[]"));
    says(&words, &["Assigned users: Shop_Customer 213 (counted"]);
}

#[test]
fn a_set_named_by_its_id_is_counted_by_its_name() {
    let org = Emulator::start();
    let sets = org.admin("GET", "/org", None)["permissionSets"].clone();
    let staff = sets.as_array().unwrap().iter().find(|set| set["name"] == "Shop_Staff").unwrap();
    let ids = format!("[\"Shop_Customer\", {}]", staff["id"]);
    let workspace = started(&org, &permitted("AdminApprovedPreAuthorized", &ids, "[]"));
    let removed = words(&workspace, &permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\"]", "[]"));
    says(&removed, &["only through Shop_Staff", "Assigned users: Shop_Staff 12 (counted"]);
    let renamed = permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\", \"Shop_Staff\"]", "[]");
    let renamed = words(&workspace, &renamed);
    assert!(!renamed.contains("Users lose access"), "the same set by its name: {renamed}");
}

#[test]
fn what_may_not_be_counted_is_not_known_and_never_nobody() {
    let org = Emulator::start();
    let workspace = started(&org, &permitted("AllSelfAuthorized", "[\"Shop_Customer\"]", "[]"));
    let admin = org.user("admin");
    let without_setup: Vec<String> = {
        let users = org.admin("GET", &format!("/users/{admin}"), None);
        let all = users["permissions"].as_array().unwrap().iter();
        all.filter_map(|name| name.as_str()).filter(|name| *name != "ViewSetup").map(str::to_owned).collect()
    };
    org.admin("PATCH", &format!("/users/{admin}"), Some(&json!({ "permissions": without_setup })));
    let words = words(&workspace, &permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\"]", "[]"));
    says(
        &words,
        &[
            "Users lose access to an app",
            "Assigned users: Shop_Customer not known:",
            "PermissionSetAssignment",
        ],
    );
    assert!(!words.contains("Shop_Customer 0"), "{words}");
}

#[test]
fn a_set_that_only_the_new_configuration_names_is_said_to_be_uncounted() {
    let org = Emulator::start();
    let workspace = started(&org, &with_policies("permitted_users = \"AllSelfAuthorized\""));
    let words = words(&workspace, &permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\"]", "[]"));
    says(
        &words,
        &[
            "without Shop_Customer immediately lose access",
            "Assigned users: Shop_Customer not known: the counts are from",
        ],
    );
}

#[test]
fn people_are_counted_once_for_all_apps_and_not_at_all_when_nobody_is_named() {
    let org = Emulator::start();
    let none = with_policies("permitted_users = \"AllSelfAuthorized\"");
    let workspace = started(&org, &none);
    assert_eq!(counts(&org), 0, "policies that name nobody");

    let many = r#"
locals {
  sets = { A = "Shop_Customer", B = "Shop_Staff", C = "Integration" }
}
resource "salesforce_external_client_app" "many" {
  for_each = local.sets
  name     = each.key
  label    = each.key
}
resource "salesforce_external_client_app_oauth_settings" "many" {
  for_each            = local.sets
  external_client_app = salesforce_external_client_app.many[each.key].id
  callback_urls       = ["https://shop.example.com/callback"]
  oauth_scopes        = ["Api"]
}
resource "salesforce_external_client_app_policies" "many" {
  for_each            = local.sets
  external_client_app = salesforce_external_client_app_oauth_settings.many[each.key].id
  permitted_users     = "AdminApprovedPreAuthorized"
  permission_sets     = [each.value]
}
"#;
    let workspace = {
        drop(workspace);
        let workspace = Workspace::new(&org);
        workspace.configure(many);
        workspace.apply().succeeded();
        workspace
    };
    let before = counts(&org);
    workspace.plan(&[]).is_empty();
    assert_eq!(counts(&org) - before, 2, "assignments and groups, for three apps");
}
