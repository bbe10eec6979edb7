//! The org is changed in Setup.

use crate::configurations::{APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, GLOBAL_OAUTH, OAUTH_POLICIES};
use acceptance_tests::plan::Action::{Create, Update};
use acceptance_tests::workspace::Workspace;

#[test]
fn a_change_in_setup_is_drift_and_is_repaired() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);

    // One attribute of each kind: configured, cleared, enforced by default, a list, a policy.
    org.edit(org::APP, "Shop", "label", "Changed in Setup");
    org.edit(org::APP, "Shop", "description", "Written in Setup");
    org.edit(GLOBAL_OAUTH, "Shop", "isPkceRequired", "false");
    org.edit(GLOBAL_OAUTH, "Shop", "callbackUrl", "https://evil.example.com/callback");
    org.edit(org::OAUTH, "Shop", "commaSeparatedOauthScopes", "Full");
    org.edit(OAUTH_POLICIES, "Shop", "permittedUsersPolicyType", "AllSelfAuthorized");

    let plan = workspace.converge(&[(APP, Update), (SETTINGS, Update), (POLICIES, Update)]);
    assert_eq!(plan.differing(APP), ["description", "label"]);
    assert_eq!(plan.before(APP, "label"), "Changed in Setup");
    assert_eq!(plan.differing(SETTINGS), ["callback_urls", "oauth_scopes", "pkce_required"]);
    assert_eq!(plan.differing(POLICIES), ["permitted_users"]);

    assert_eq!(org.part(org::APP, "Shop").text("label"), "Shop");
    assert_eq!(org.part(org::APP, "Shop").text("description"), "");
    let global = org.part(GLOBAL_OAUTH, "Shop");
    assert_eq!(global.text("isPkceRequired"), "true");
    assert_eq!(global.text("callbackUrl"), "https://shop.example.com/callback");
    assert_eq!(org.part(org::OAUTH, "Shop").text("commaSeparatedOauthScopes"), "Api, RefreshToken, OpenID");
    assert_eq!(
        org.part(OAUTH_POLICIES, "Shop").text("permittedUsersPolicyType"),
        "AdminApprovedPreAuthorized"
    );
}

#[test]
fn unmanaged_attributes_can_change_in_setup_without_a_planned_change() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);

    org.edit(OAUTH_POLICIES, "Shop", "requiredSessionLevel", "HIGH_ASSURANCE");
    org.edit(GLOBAL_OAUTH, "Shop", "isRefreshTokenRotationEnabled", "true");
    // The refresh reads the new values, and no change is planned.
    workspace.plan(&[]).changes(&[]);
    workspace.apply().succeeded().containing("0 added, 0 changed, 0 destroyed");
    workspace.assert_empty_plan();
    assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("requiredSessionLevel"), "HIGH_ASSURANCE");
    assert_eq!(workspace.attribute(POLICIES, "required_session_level"), "HIGH_ASSURANCE");
}

#[test]
fn an_equivalent_value_is_not_drift() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    org.edit(org::OAUTH, "Shop", "commaSeparatedOauthScopes", "RefreshToken,OpenID ,  Api");
    workspace.assert_empty_plan();
}
