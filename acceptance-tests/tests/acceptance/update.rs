//! Updates in place: what they change, and what they must not change.

use crate::configurations::{APP, APP_AND_SETTINGS, ONLY_APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, GLOBAL_OAUTH, OAUTH_POLICIES};
use acceptance_tests::plan::Action::{Create, Update};
use acceptance_tests::workspace::Workspace;

#[test]
fn an_update_keeps_the_consumer_key() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(APP_AND_SETTINGS, &[(APP, Create), (SETTINGS, Create)]);
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    assert!(!key.is_empty());

    let changed = APP_AND_SETTINGS.replace(r#"["Api", "OpenID", "RefreshToken"]"#, r#"["Api", "OpenID"]"#);
    let plan = workspace.step(&changed, &[(SETTINGS, Update)]);
    assert_eq!(plan.differing(SETTINGS), ["oauth_scopes"], "nothing else becomes unknown");
    assert_eq!(org.part(GLOBAL_OAUTH, "Shop").text("consumerKey"), key);
    assert_eq!(org.part(org::OAUTH, "Shop").text("commaSeparatedOauthScopes"), "Api, OpenID");
}

#[test]
fn each_change_reaches_the_org_in_one_deploy() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let before = org.deploys().len();

    let changed = SHOP.replace("\"identity@example.com\"", "\"shop@example.com\"");
    workspace.step(&changed, &[(APP, Update)]);
    assert_eq!(org.deploys().len(), before + 1);
    assert_eq!(org.part(org::APP, "Shop").text("contactEmail"), "shop@example.com");
}

#[test]
fn provider_side_attributes_are_not_sent() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(ONLY_APP, &[(APP, Create)]);
    let before = org.deploys().len();

    let protected = ONLY_APP.replace("label ", "deletion_protection = true\n  label ");
    workspace.step(&protected, &[(APP, Update)]);
    assert_eq!(org.deploys().len(), before, "deletion_protection exists only in the provider");
    assert_eq!(workspace.attribute(APP, "deletion_protection"), true);
}

#[test]
fn unmanaged_values_survive_an_update() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    // The first element has no attribute, and the attribute of the second element is not configured.
    org.edit(GLOBAL_OAUTH, "Shop", "isDPopEnabled", "true");
    org.edit(OAUTH_POLICIES, "Shop", "ipRelaxationPolicyType", "Bypass");

    let changed = SHOP
        .replace(
            "named_user_jwt_enabled       = true",
            "named_user_jwt_enabled = true\n  pkce_required = true\n  introspect_all_tokens = true",
        )
        .replace("guest_jwt_timeout_minutes          = 30", "guest_jwt_timeout_minutes = 15");
    workspace.step(&changed, &[(SETTINGS, Update), (POLICIES, Update)]);

    let global = org.part(GLOBAL_OAUTH, "Shop");
    assert_eq!(global.text("isIntrospectAllTokens"), "true");
    assert_eq!(global.text("isDPopEnabled"), "true", "an element without an attribute was erased");
    let policies = org.part(OAUTH_POLICIES, "Shop");
    assert_eq!(policies.text("guestJwtTimeout"), "15");
    assert_eq!(policies.text("ipRelaxationPolicyType"), "Bypass", "an omitted attribute was reset");
}

/// Salesforce rejects JWT timeouts without JWT tokens, even if their attributes are not managed. The configuration must
/// remove a timeout explicitly, because Salesforce would otherwise reject every later change to the policies.
#[test]
fn disabling_jwt_tokens_requires_removing_their_timeout() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let off = SHOP
        .replace("named_user_jwt_enabled       = true", "JWT")
        .replace("guest_code_credential_flow_enabled = true", "")
        .replace("guest_jwt_session_timeout_type     = \"Custom\"", "")
        .replace("guest_jwt_timeout_minutes          = 30", "LIFETIME");
    let lifetime = "named_user_jwt_session_timeout_type = \"Custom\"\n  named_user_jwt_timeout_minutes = 30";
    let on = off.replace("JWT", "named_user_jwt_enabled = true").replace("LIFETIME", lifetime);
    let off = off.replace("JWT", "");
    workspace.step(&on, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("namedUserJwtTimeout"), "30");

    workspace.configure(&off.replace("LIFETIME", "ip_relaxation = \"Bypass\""));
    workspace.apply().failed_with("Alternatively, set named_user_jwt_session_timeout_type = \"\".");

    let none =
        off.replace("LIFETIME", "ip_relaxation = \"Bypass\"\n  named_user_jwt_session_timeout_type = \"\"");
    workspace.step(&none, &[(POLICIES, Update)]);
    let policies = org.part(OAUTH_POLICIES, "Shop");
    assert_eq!(policies.text("namedUserJwtSessionTimeoutType"), "");
    assert_eq!(policies.text("namedUserJwtTimeout"), "");
    assert_eq!(policies.text("ipRelaxationPolicyType"), "Bypass");
}
