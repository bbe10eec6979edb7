//! Replacing the app or the settings also replaces the parts that depend on them, because Salesforce deletes these
//! parts.

use crate::configurations::{APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, GLOBAL_OAUTH, OAUTH_POLICIES};
use acceptance_tests::plan::Action::{Create, Replace};
use acceptance_tests::workspace::Workspace;

#[track_caller]
fn policies_are_in_force(org: &Emulator, app: &str) {
    let policies = org.part(OAUTH_POLICIES, app);
    assert_eq!(policies.text("permittedUsersPolicyType"), "AdminApprovedPreAuthorized");
    assert_eq!(policies.text("commaSeparatedPermissionSet"), "Shop_Customer");
    assert_eq!(policies.text("isGuestCodeCredFlowEnabled"), "true");
    assert_eq!(policies.text("guestJwtTimeout"), "30");
}

#[test]
fn replacing_the_app_replaces_all_parts_in_one_apply() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");

    let plan = workspace.plan(&[&format!("-replace={APP}")]);
    plan.changes(&[(APP, Replace), (SETTINGS, Replace), (POLICIES, Replace)]);
    plan.containing("Consumer key will be destroyed");
    workspace.apply_plan().succeeded();
    workspace.assert_empty_plan();

    assert_eq!(org.names(org::APP), ["Shop"]);
    policies_are_in_force(&org, "Shop");
    let new = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    assert_ne!(new, key, "the old app was not deleted");
    assert_eq!(workspace.attribute(SETTINGS, "consumer_key"), new);
}

#[test]
fn replacing_the_settings_replaces_the_policies_and_keeps_the_app() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");

    let plan = workspace.plan(&[&format!("-replace={SETTINGS}")]);
    plan.changes(&[(SETTINGS, Replace), (POLICIES, Replace)]);
    plan.containing("Consumer key will be destroyed");
    workspace.apply_plan().succeeded();
    workspace.assert_empty_plan();

    policies_are_in_force(&org, "Shop");
    assert_ne!(org.part(GLOBAL_OAUTH, "Shop").text("consumerKey"), key);
}

#[test]
fn a_change_of_the_name_replaces_the_app_and_all_parts() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);

    let renamed = SHOP.replace(r#"name          = "Shop""#, r#"name          = "Store""#);
    let plan = workspace.step(&renamed, &[(APP, Replace), (SETTINGS, Replace), (POLICIES, Replace)]);
    plan.containing("Consumer key will be destroyed").containing("label");
    assert_eq!(org.names(org::APP), ["Store"]);
    policies_are_in_force(&org, "Store");
}

#[test]
fn a_replacement_is_rejected_while_the_settings_are_protected() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let protected = SHOP.replace("oauth_scopes ", "deletion_protection          = true\n  oauth_scopes ");
    workspace.step(&protected, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");

    for address in [APP, SETTINGS] {
        let replace = format!("-replace={address}");
        workspace
            .run(&["apply", "-no-color", "-input=false", "-auto-approve", &replace])
            .failed_with("deletion_protection");
        assert_eq!(org.part(GLOBAL_OAUTH, "Shop").text("consumerKey"), key);
    }
}

/// The provider cannot detect that a create is part of a replacement, so it adopts the existing app, as it does after
/// an interrupted run. The destroy of the old resource must not then delete the adopted app.
#[test]
fn with_create_before_destroy_nothing_is_replaced_or_lost() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let create_before_destroy = SHOP.replace("\n}", "\n  lifecycle { create_before_destroy = true }\n}");
    workspace.step(&create_before_destroy, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");

    let replace = ["apply", "-no-color", "-input=false", "-auto-approve", &format!("-replace={APP}")];
    workspace.run(&replace).succeeded().containing("Resource not replaced");
    assert_eq!(org.part(GLOBAL_OAUTH, "Shop").text("consumerKey"), key, "the app in the state is in the org");
    policies_are_in_force(&org, "Shop");
    workspace.assert_empty_plan();

    // Without `create_before_destroy`, the app is replaced.
    workspace.step(SHOP, &[]);
    workspace.run(&replace).succeeded();
    assert_ne!(org.part(GLOBAL_OAUTH, "Shop").text("consumerKey"), key);
    workspace.assert_empty_plan();
}
