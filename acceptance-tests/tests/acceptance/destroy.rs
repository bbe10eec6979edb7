//! Destroys of all resources, of one part, of missing components, and of protected resources.

use crate::configurations::{APP, APP_AND_SETTINGS, ONLY_APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, GLOBAL_OAUTH, OAUTH_POLICIES};
use acceptance_tests::plan::Action::{Create, Delete, Update};
use acceptance_tests::workspace::Workspace;

#[test]
fn policies_removed_from_the_configuration_remain_in_the_org() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let before = org.deploys().len();
    let plan = workspace.step(APP_AND_SETTINGS, &[(POLICIES, Delete)]);
    plan.containing("Warning:");
    assert_eq!(org.deploys().len(), before);
    // Resetting the policies would give all users access again.
    assert_eq!(
        org.part(OAUTH_POLICIES, "Shop").text("permittedUsersPolicyType"),
        "AdminApprovedPreAuthorized"
    );
}

#[test]
fn settings_removed_from_the_configuration_are_deleted_with_their_consumer_key() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(APP_AND_SETTINGS, &[(APP, Create), (SETTINGS, Create)]);
    let plan = workspace.step(ONLY_APP, &[(SETTINGS, Delete)]);
    plan.containing("Consumer key will be destroyed");
    assert_eq!(org.names(org::APP), ["Shop"]);
    for kind in [org::OAUTH, GLOBAL_OAUTH, OAUTH_POLICIES] {
        assert_eq!(org.names(kind), Vec::<String>::new(), "{kind}");
    }
    // The settings can be created again.
    workspace.step(APP_AND_SETTINGS, &[(SETTINGS, Create)]);
}

#[test]
fn a_destroy_of_missing_components_succeeds() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    org.remove(org::APP, "Shop");
    // Without the refresh, Terraform assumes that everything still exists.
    workspace.run(&["destroy", "-no-color", "-input=false", "-auto-approve", "-refresh=false"]).succeeded();
    assert!(workspace.state().is_empty());
}

/// A destroy starts with a plan, and errors in this plan stop the destroy. The messages explain how to proceed.
#[test]
fn a_configuration_with_plan_errors_can_be_destroyed_without_a_refresh() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    workspace
        .configure(&SHOP.replace("named_user_jwt_enabled       = true", "named_user_jwt_enabled = false"));
    workspace
        .destroy()
        .failed_with("Conflicting settings and policies")
        .containing("run terraform destroy -refresh=false, which skips this plan");
    workspace.run(&["destroy", "-no-color", "-input=false", "-auto-approve", "-refresh=false"]).succeeded();
    assert!(workspace.state().is_empty());
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

#[test]
fn a_protected_app_is_not_destroyed() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let protected = ONLY_APP.replace("label ", "deletion_protection = true\n  label ");
    workspace.step(&protected, &[(APP, Create)]);
    workspace.destroy().failed_with("deletion_protection");
    assert_eq!(org.names(org::APP), ["Shop"]);
    workspace.step(ONLY_APP, &[(APP, Update)]);
    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

#[test]
fn destroying_everything_leaves_other_apps_alone() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    org.admin("POST", "/apps", Some(&serde_json::json!({ "name": "Foreign", "label": "Another owner's" })));
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), ["Foreign"]);
}

#[test]
fn a_lost_response_to_a_deletion_does_not_fail_the_destroy() {
    let org = Emulator::with(&["--deploy-ms", "300"]);
    let workspace = Workspace::new(&org);
    for when in ["before", "after"] {
        workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
        // The settings are deleted first, then the app. One of the two calls or its response is lost, and the other
        // call returns a maintenance page.
        let page = serde_json::json!({ "status": 503, "content_type": "text/html", "body": "<html>Maintenance</html>" });
        org.admin("DELETE", "/faults", None);
        org.admin(
            "POST",
            "/faults",
            Some(&serde_json::json!([
                { "call": "deploy", "nth": 1, "when": when, "do": "drop" },
                { "call": "deploy", "nth": if when == "before" { 3 } else { 2 }, "when": when, "do": page },
            ])),
        );
        workspace.destroy().succeeded();
        assert_eq!(org.names(org::APP), Vec::<String>::new());
    }
}
