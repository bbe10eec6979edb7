//! The effect of changes by Terraform on logged-in users.

use super::session::Session;
use super::shop::{apply, open, set_site};
use acceptance_tests::emulator::Emulator;
use serde_json::json;

fn advance_hours(org: &Emulator, count: u64) {
    org.admin("POST", "/clock", Some(&json!({ "forward_seconds": count * 3600 })));
}

#[test]
fn a_user_who_is_no_longer_permitted_loses_the_session_and_the_refresh_token() {
    let org = Emulator::start();
    let workspace = open(&org);
    let mut customer = Session::login(&org, "Shop", "customer");
    assert_eq!(customer.userinfo(), 200);
    assert_eq!(customer.refresh().0, 200);

    apply(&workspace, &[("policies", "permission_sets", "[\"Shop_Staff\"]")]);
    assert_eq!(customer.userinfo(), 403, "the access token is revoked immediately");
    assert_eq!(customer.refresh(), (400, "invalid_grant".to_owned()));
    apply(&workspace, &[]);
    Session::login(&org, "Shop", "customer");
}

#[test]
fn a_disabled_app_rejects_refreshes_until_it_is_enabled() {
    let org = Emulator::start();
    let workspace = open(&org);
    let mut customer = Session::login(&org, "Shop", "customer");
    apply(&workspace, &[("policies", "enabled", "false")]);
    assert_eq!(customer.refresh(), (400, "invalid_client_id".to_owned()));
    apply(&workspace, &[]);
    assert_eq!(customer.refresh().0, 200);
}

#[test]
fn token_lifetimes_follow_the_policies() {
    let org = Emulator::start();
    let workspace = open(&org);
    assert_eq!(Session::login(&org, "Shop", "customer").minutes(), Some(15));
    apply(&workspace, &[("policies", "named_user_jwt_timeout_minutes", "60")]);
    assert_eq!(Session::login(&org, "Shop", "customer").minutes(), Some(60));

    let mut customer = Session::login(&org, "Shop", "customer");
    advance_hours(&org, 2);
    assert_eq!(customer.userinfo(), 403, "an hour has passed");
    assert_eq!(customer.refresh().0, 200);
    assert_eq!(customer.userinfo(), 200);
    advance_hours(&org, 31 * 24);
    assert_eq!(customer.refresh(), (400, "invalid_grant".to_owned()), "30 days have passed");

    // A new policy applies to existing sessions.
    let mut customer = Session::login(&org, "Shop", "customer");
    let edits = &[
        ("policies", "refresh_token_policy", "\"SpecificInactivity\""),
        ("policies", "refresh_token_validity_period", "5"),
        ("policies", "refresh_token_validity_unit", "\"Hours\""),
    ];
    apply(&workspace, edits);
    advance_hours(&org, 4);
    assert_eq!(customer.refresh().0, 200);
    advance_hours(&org, 6);
    assert_eq!(customer.refresh(), (400, "invalid_grant".to_owned()), "idle for too long");
}

#[test]
fn ip_restrictions_apply_unless_the_policies_relax_them() {
    let org = Emulator::start();
    let workspace = open(&org);
    let range = json!({ "Customer Community User": { "loginIpRanges": [["10.0.0.1", "10.0.0.9"]] } });
    let mut customer = Session::login(&org, "Shop", "customer");
    set_site(&org, &json!({ "loginPolicies": range }));
    assert_eq!(customer.refresh(), (400, "invalid_grant".to_owned()));
    apply(&workspace, &[("policies", "ip_relaxation", "\"Bypass\"")]);
    Session::login(&org, "Shop", "customer");
}

#[test]
fn an_app_introspects_tokens_of_other_apps_only_if_its_settings_allow_it() {
    let org = Emulator::start();
    let workspace = open(&org);
    let shop = Session::login(&org, "Shop", "customer");
    assert!(shop.introspects_as_active(&shop));
    // A second app, which the workspace does not manage.
    org.admin(
        "POST",
        "/apps",
        Some(&json!({
            "name": "Blog", "label": "Blog", "contactEmail": "blog@example.com",
            "callbackUrl": "https://blog.example.com/callback", "scopes": "Api, OpenID, RefreshToken",
        })),
    );
    let global = "ExtlClntAppGlobalOauthSettings";
    org.edit(global, "Blog", "isCodeCredFlowEnabled", "true");
    let policies = "ExtlClntAppOauthConfigurablePolicies";
    let name = org.part(policies, "Blog").name;
    let permitted = json!({
        "permittedUsersPolicyType": "AdminApprovedPreAuthorized", "commaSeparatedPermissionSet": "Shop_Customer",
    });
    org.admin("PATCH", &format!("/components/{policies}/{name}"), Some(&permitted));
    let blog = Session::login(&org, "Blog", "customer");
    assert!(!shop.introspects_as_active(&blog));
    apply(&workspace, &[("settings", "introspect_all_tokens", "true")]);
    assert!(shop.introspects_as_active(&blog));
}

#[test]
fn a_user_without_api_access_can_log_in_but_not_call_the_api() {
    let org = Emulator::start();
    let _workspace = open(&org);
    assert_eq!(Session::login(&org, "Shop", "customer").limits().status, 200);
    let response = Session::login(&org, "Shop", "no.api").limits();
    assert_eq!(response.status, 403);
    assert!(response.body.contains("API_CURRENTLY_DISABLED"), "{}", response.body);
}
