//! The complete life cycle of each resource. The steps are in `scenarios/`.

use crate::configurations::{APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, GLOBAL_OAUTH, OAUTH_POLICIES};
use acceptance_tests::plan::Action::Create;
use acceptance_tests::scenario;
use acceptance_tests::workspace::Workspace;

#[test]
fn an_app_goes_through_its_life_cycle() {
    scenario::run("app");
}

#[test]
fn oauth_settings_go_through_their_life_cycle() {
    scenario::run("oauth_settings");
}

#[test]
fn policies_go_through_their_life_cycle() {
    scenario::run("policies");
}

#[test]
fn oauth_and_oidc_settings_of_the_org_go_through_their_life_cycle() {
    scenario::run("org_oauth_oidc_settings");
}

#[test]
fn external_client_app_settings_of_the_org_go_through_their_life_cycle() {
    scenario::run("org_external_client_app_settings");
}

#[test]
fn one_apply_creates_an_app_with_all_its_parts() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let plan = workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);

    // With known IDs, Terraform would not replace the parts when the app is replaced.
    for address in [APP, SETTINGS, POLICIES] {
        assert!(plan.is_unknown(address, "id"), "{address}.id is known while planning the create");
        assert_eq!(workspace.attribute(address, "id"), "Shop");
        workspace.is_in_org(address, org.org_id());
    }
    let global = org.part(GLOBAL_OAUTH, "Shop");
    assert_eq!(workspace.attribute(SETTINGS, "consumer_key"), global.text("consumerKey"));
    assert_eq!(global.text("callbackUrl"), "https://shop.example.com/callback");
    let policies = org.part(OAUTH_POLICIES, "Shop");
    assert_eq!(policies.text("permittedUsersPolicyType"), "AdminApprovedPreAuthorized");
    assert_eq!(policies.text("commaSeparatedPermissionSet"), "Shop_Customer");
    assert_eq!(policies.text("guestJwtTimeout"), "30");

    workspace.imports_into_an_empty_state();
    workspace.destroy().succeeded();
    for kind in [org::APP, org::OAUTH, GLOBAL_OAUTH, org::POLICIES, OAUTH_POLICIES] {
        assert_eq!(org.names(kind), Vec::<String>::new(), "{kind}");
    }
}
