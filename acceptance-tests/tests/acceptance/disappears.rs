//! A resource that Terraform created is deleted in Setup.

use crate::configurations::{APP, APP_AND_SETTINGS, ONLY_APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, OAUTH_POLICIES};
use acceptance_tests::plan::Action::{Create, Replace};
use acceptance_tests::workspace::Workspace;

#[test]
fn an_app_deleted_in_setup_is_created_again() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(ONLY_APP, &[(APP, Create)]);
    org.remove(org::APP, "Shop");
    workspace.converge(&[(APP, Create)]);
    assert_eq!(org.names(org::APP), ["Shop"]);
}

#[test]
fn an_app_deleted_in_setup_is_created_again_with_its_parts() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    org.remove(org::APP, "Shop");
    workspace.converge(&[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    assert_eq!(
        org.part(OAUTH_POLICIES, "Shop").text("permittedUsersPolicyType"),
        "AdminApprovedPreAuthorized"
    );
}

#[test]
fn settings_deleted_in_setup_are_created_again() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(APP_AND_SETTINGS, &[(APP, Create), (SETTINGS, Create)]);
    org.remove(org::OAUTH, "Shop");
    workspace.converge(&[(SETTINGS, Create)]);
}

#[test]
fn policies_deleted_with_the_settings_are_restored() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    org.remove(org::OAUTH, "Shop");
    let plan = workspace.plan(&[]);
    let actions = plan.actions();
    assert_eq!(actions.get(SETTINGS), Some(&Create), "{}", plan.words);
    // One of the two policy files still exists, so a create and a replacement are both valid.
    assert!(matches!(actions.get(POLICIES), Some(Create | Replace)), "{}", plan.words);
    assert_eq!(actions.len(), 2, "{}", plan.words);
    workspace.apply_plan().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(
        org.part(OAUTH_POLICIES, "Shop").text("permittedUsersPolicyType"),
        "AdminApprovedPreAuthorized"
    );
}
