//! The plan's warnings about users who lose access through a change to policies, with the numbers of users in the org.
#![expect(clippy::unwrap_used, reason = "a test fails with a panic, also in its functions")]

use crate::configurations::{APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::plan::Action::Create;
use acceptance_tests::workspace::Workspace;
use serde_json::json;

const KEEP: &str = "Users with \"Use Any API Client\" keep access";

/// The complete configuration with these policies.
fn with_policies(policies: &str) -> String {
    let (before, _) = SHOP.split_once("  permitted_users ").unwrap();
    format!("{before}{policies}\n}}\n")
}

fn permitted(users: &str, permission_sets: &str, profiles: &str) -> String {
    with_policies(&format!(
        "permitted_users = \"{users}\"\n permission_sets = {permission_sets}\n profiles = {profiles}"
    ))
}

fn applied<'org>(org: &'org Emulator, configuration: &str) -> Workspace<'org> {
    let workspace = Workspace::new(org);
    workspace.step(configuration, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    workspace
}

/// The plan output for a configuration.
fn words(workspace: &Workspace<'_>, configuration: &str) -> String {
    workspace.configure(configuration);
    workspace.plan(&[]).words
}

#[track_caller]
fn assert_contains(words: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(words.contains(sentence), "expected {sentence:?} in\n{words}");
    }
}

/// The number of queries that count users.
fn counts(org: &Emulator) -> usize {
    let counts_users = |call: &serde_json::Value| {
        let text = call.to_string();
        ["FROM PermissionSetAssignment", "FROM PermissionSetGroupComponent", "FROM User"]
            .iter()
            .any(|object| text.contains(object))
    };
    org.journal().iter().filter(|call| counts_users(call)).count()
}

#[test]
fn the_warning_counts_the_assigned_users() {
    let org = Emulator::start();
    let workspace = applied(&org, &permitted("AllSelfAuthorized", "[\"Shop_Customer\"]", "[]"));
    let words = words(&workspace, &permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\"]", "[]"));
    assert_contains(
        &words,
        &[
            "Users lose access to an app",
            "\"Shop\": permitted_users changes from AllSelfAuthorized to AdminApprovedPreAuthorized. On apply, \
             users without Shop_Customer immediately lose access, and their tokens become invalid.",
            "Assigned users: Shop_Customer 214 (counted 20",
            KEEP,
        ],
    );
}

#[test]
fn removed_assignments_are_named_with_their_user_counts() {
    let org = Emulator::start();
    let approved = "AdminApprovedPreAuthorized";
    let both = permitted(approved, "[\"Shop_Customer\", \"Shop_Staff\"]", "[\"Customer Community User\"]");
    let workspace = applied(&org, &both);
    let fewer = permitted(approved, "[\"Shop_Customer\"]", "[\"Customer Community User\"]");
    let text = words(&workspace, &fewer);
    assert_contains(
        &text,
        &[
            "only through Shop_Staff immediately lose it, and their tokens become invalid. Assigned users: Shop_Staff 12 (counted",
            KEEP,
        ],
    );
    assert!(!text.contains("Shop_Customer 214"), "users who keep access are not counted: {text}");

    let text = words(&workspace, &permitted(approved, "[\"Shop_Customer\", \"Shop_Staff\"]", "[]"));
    assert_contains(
        &text,
        &[
            "only through the profile Customer Community User immediately lose it",
            "Assigned users: Customer Community User 200 (",
        ],
    );
    let harmless = words(&workspace, &both);
    assert!(!harmless.contains("lose access"), "{harmless}");
    let open = words(&workspace, &permitted("AllSelfAuthorized", "[]", "[]"));
    assert!(!open.contains("Users lose access"), "all users may use the app, none loses access: {open}");
}

#[test]
fn a_user_with_a_direct_and_a_group_assignment_counts_once() {
    let org = Emulator::start();
    let group = json!({ "permissionSetGroups": {
        "Shop_All": { "members": ["Shop_Customer", "Shop_Staff"], "holders": 40, "holdingDirectly": 15 },
        "Shop_More": { "members": ["Shop_Customer"], "holders": 3 },
    } });
    org.admin("PATCH", "/org", Some(&group));
    let workspace =
        applied(&org, &permitted("AllSelfAuthorized", "[\"Shop_Customer\", \"Shop_Staff\"]", "[]"));
    let words = words(
        &workspace,
        &permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\", \"Shop_Staff\"]", "[]"),
    );
    // Shop_Customer has 214 users directly, and 40 and 3 users only through the groups. The 15 users of Shop_All who
    // also have a direct assignment are among the 214, and not among the 12 direct users of Shop_Staff.
    assert_contains(
        &words,
        &["without Shop_Customer or Shop_Staff", "Assigned users: Shop_Customer 257, Shop_Staff 67 (counted"],
    );
}

#[test]
fn inactive_users_are_not_counted() {
    let org = Emulator::start();
    let workspace = applied(&org, &permitted("AllSelfAuthorized", "[\"Shop_Customer\"]", "[]"));
    let customer = org.user("customer");
    org.admin("PATCH", &format!("/users/{customer}"), Some(&json!({ "active": false })));
    let words = words(&workspace, &permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\"]", "[]"));
    assert_contains(&words, &["Assigned users: Shop_Customer 213 (counted"]);
}

#[test]
fn a_permission_set_given_by_its_id_is_reported_by_its_name() {
    let org = Emulator::start();
    let sets = org.admin("GET", "/org", None)["permissionSets"].clone();
    let staff = sets.as_array().unwrap().iter().find(|set| set["name"] == "Shop_Staff").unwrap();
    let ids = format!("[\"Shop_Customer\", {}]", staff["id"]);
    let workspace = applied(&org, &permitted("AdminApprovedPreAuthorized", &ids, "[]"));
    let removed = words(&workspace, &permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\"]", "[]"));
    assert_contains(&removed, &["only through Shop_Staff", "Assigned users: Shop_Staff 12 (counted"]);
    let renamed = permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\", \"Shop_Staff\"]", "[]");
    let renamed = words(&workspace, &renamed);
    assert!(!renamed.contains("Users lose access"), "the same set by its name: {renamed}");
}

#[test]
fn a_missing_count_is_unknown_and_never_zero() {
    let org = Emulator::start();
    let workspace = applied(&org, &permitted("AllSelfAuthorized", "[\"Shop_Customer\"]", "[]"));
    let admin = org.user("admin");
    let without_setup: Vec<String> = {
        let users = org.admin("GET", &format!("/users/{admin}"), None);
        let all = users["permissions"].as_array().unwrap().iter();
        all.filter_map(|name| name.as_str()).filter(|name| *name != "ViewSetup").map(str::to_owned).collect()
    };
    org.admin("PATCH", &format!("/users/{admin}"), Some(&json!({ "permissions": without_setup })));
    let words = words(&workspace, &permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\"]", "[]"));
    assert_contains(
        &words,
        &["Users lose access to an app", "Assigned users: Shop_Customer unknown:", "PermissionSetAssignment"],
    );
    assert!(!words.contains("Shop_Customer 0"), "{words}");
}

#[test]
fn a_permission_set_that_is_only_in_the_new_configuration_is_not_counted() {
    let org = Emulator::start();
    let workspace = applied(&org, &with_policies("permitted_users = \"AllSelfAuthorized\""));
    let words = words(&workspace, &permitted("AdminApprovedPreAuthorized", "[\"Shop_Customer\"]", "[]"));
    assert_contains(
        &words,
        &[
            "without Shop_Customer immediately lose access",
            "Assigned users: Shop_Customer unknown: the numbers are from",
        ],
    );
}

#[test]
fn users_are_counted_once_for_all_apps_that_name_permission_sets() {
    let org = Emulator::start();
    let none = with_policies("permitted_users = \"AllSelfAuthorized\"");
    let workspace = applied(&org, &none);
    assert_eq!(counts(&org), 0, "policies without permission sets");

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
