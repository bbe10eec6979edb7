//! Closed gates of the token endpoint: codes and refresh tokens.

use super::*;

pub const TOKEN: &[Case] = &[
    ("H3", "400 invalid_request: must use HTTP POST", |shop| {
        shop.call("GET", "/services/oauth2/token?grant_type=authorization_code", &[], "")
    }),
    ("H4", "400 unsupported_grant_type: grant type not supported", |shop| {
        redeem(shop, &[("grant_type", "nope")])
    }),
    ("C1", "400 invalid_client_id: client identifier invalid", |shop| {
        redeem(shop, &[("client_id", "3MVG9nobody")])
    }),
    ("G8", "400 invalid_client: invalid client credentials", |shop| redeem(shop, &[("client_secret", "")])),
    ("G8", "400 invalid_client: invalid client credentials", |shop| {
        shop.set(GLOBAL, "isConsumerSecretOptional", "true");
        redeem(shop, &[("client_secret", "canary-wrong")])
    }),
    ("C3", "400 invalid_grant: invalid authorization code", |shop| shop.redeem("aPrxnobody", &[])),
    ("C4", "400 invalid_grant: expired authorization code", |shop| {
        let code = code(&log_in(shop));
        assert_eq!(shop.redeem(&code, &[]).status, 200);
        shop.redeem(&code, &[])
    }),
    ("C5", "400 invalid_grant: expired authorization code", |shop| {
        let code = code(&log_in(shop));
        shop.advance_clock(15 * 60);
        shop.redeem(&code, &[])
    }),
    ("C6", "400 invalid_grant: invalid authorization code", |shop| {
        let other = shop.org.components()[GLOBAL]["Other_global"].clone();
        let text = |name: &str| other[name].as_str().unwrap().to_string();
        redeem(shop, &[("client_id", &text("consumerKey")), ("client_secret", &text("consumerSecret"))])
    }),
    ("C7", "400 redirect_uri_mismatch: redirect_uri must match configuration", |shop| {
        redeem(shop, &[("redirect_uri", "https://elsewhere.example/callback")])
    }),
    ("G7b", "400 invalid_grant: invalid code verifier", |shop| {
        redeem(shop, &[("code_verifier", "another-verifier-of-a-length-that-is-allowed-43-128")])
    }),
    ("G7c", "400 invalid_grant: invalid code verifier", |shop| redeem(shop, &[("code_verifier", "")])),
    ("G7c", "400 invalid_grant: invalid code verifier", |shop| {
        // The challenge is not required but was sent, so the verifier is enforced.
        shop.set(GLOBAL, "isPkceRequired", "false");
        redeem(shop, &[("code_verifier", "")])
    }),
    ("G7d", "400 invalid_grant: invalid code verifier", |shop| {
        shop.set(GLOBAL, "isPkceRequired", "false");
        let code = code(&shop.log_in("customer", &[("code_challenge", "")]));
        shop.redeem(&code, &[])
    }),
    ("G14e", "400 unknown_error: unknown error", |shop| shop.redeem(&code(&visit(shop)), &[])),
    ("G14d", "400 invalid_request: uvid invalid", |shop| {
        let headers = [("Auth-Request-Type", "guest"), ("Uvid-Hint", "f81d4fae-7dec-4d0a-a765-00a0c91e6bf7")];
        shop.redeem_with(&headers, &code(&visit(shop)), &[])
    }),
    ("G14d", "400 invalid_request: uvid invalid", |shop| {
        let hint = format!("UVID {UVID}");
        let headers = [("Auth-Request-Type", "guest"), ("Uvid-Hint", hint.as_str())];
        shop.redeem_with(&headers, &code(&visit(shop)), &[])
    }),
    ("H1", "400 invalid_request: invalid headers", |shop| {
        shop.redeem_with(&[("Auth-Request-Type", "guest")], &code(&log_in(shop)), &[])
    }),
    ("G3", "400 invalid_client_id: client identifier invalid", |shop| {
        let code = code(&log_in(shop));
        shop.set_app("isEnabled", "false");
        shop.redeem(&code, &[])
    }),
    ("G4", "400 invalid_grant: code credentials flow is not enabled for the app", |shop| {
        let code = code(&log_in(shop));
        shop.set(GLOBAL, "isCodeCredFlowEnabled", "false");
        shop.redeem(&code, &[])
    }),
    ("G6", "400 invalid_app_access: user is not admin approved to access this app", |shop| {
        let code = code(&log_in(shop));
        shop.user("customer", &json!({ "permissionSets": [] }));
        shop.redeem(&code, &[])
    }),
    ("N6a", REJECTED, |shop| {
        let code = code(&log_in(shop));
        shop.user("customer", &json!({ "active": false }));
        shop.redeem(&code, &[])
    }),
];

pub const REFRESH: &[Case] = &[
    ("G9", "400 invalid_client: invalid client credentials", |shop| {
        shop.refresh(&refresh_token(shop), &[("client_secret", "")])
    }),
    ("G9", "400 invalid_client: invalid client credentials", |shop| {
        shop.set(GLOBAL, "isSecretRequiredForRefreshToken", "false");
        shop.refresh(&refresh_token(shop), &[("client_secret", "canary-wrong")])
    }),
    ("R1", NO_REFRESH, |shop| shop.refresh("5Aep861nobody", &[])),
    ("R1", NO_REFRESH, |shop| {
        let token = refresh_token(shop);
        assert_eq!(shop.revoke(&token).status, 200);
        shop.refresh(&token, &[])
    }),
    ("R1", NO_REFRESH, |shop| {
        // The sixth login of a user with an app revokes the oldest login.
        let first = refresh_token(shop);
        for _ in 0..4 {
            shop.tokens();
        }
        assert_eq!(shop.refresh(&first, &[]).status, 200);
        shop.tokens();
        shop.refresh(&first, &[])
    }),
    ("R1", NO_REFRESH, |shop| {
        let token = refresh_token(shop);
        let other = shop.org.components()[GLOBAL]["Other_global"].clone();
        let text = |name: &str| other[name].as_str().unwrap().to_string();
        shop.refresh(
            &token,
            &[("client_id", &text("consumerKey")), ("client_secret", &text("consumerSecret"))],
        )
    }),
    ("G17", NO_REFRESH, |shop| {
        let token = refresh_token(shop);
        shop.set(OAUTH_POLICIES, "refreshTokenPolicyType", "Zero");
        shop.refresh(&token, &[])
    }),
    ("G17", NO_REFRESH, |shop| {
        shop.set(OAUTH_POLICIES, "refreshTokenValidityPeriod", "2");
        let token = refresh_token(shop);
        shop.advance_clock(DAY);
        assert_eq!(shop.refresh(&token, &[]).status, 200);
        shop.advance_clock(DAY);
        shop.refresh(&token, &[])
    }),
    ("G17", NO_REFRESH, |shop| {
        shop.set(OAUTH_POLICIES, "refreshTokenPolicyType", "SpecificInactivity");
        shop.set(OAUTH_POLICIES, "refreshTokenValidityPeriod", "3");
        shop.set(OAUTH_POLICIES, "refreshTokenValidityUnit", "Hours");
        let token = refresh_token(shop);
        for _ in 0..3 {
            shop.advance_clock(2 * 3600);
            assert_eq!(shop.refresh(&token, &[]).status, 200);
        }
        shop.advance_clock(3 * 3600);
        shop.refresh(&token, &[])
    }),
    ("G18", NO_REFRESH, |shop| {
        shop.set(GLOBAL, "isRefreshTokenRotationEnabled", "true");
        let token = refresh_token(shop);
        assert_eq!(shop.refresh(&token, &[]).status, 200);
        shop.refresh(&token, &[])
    }),
    ("G19", NO_REFRESH, |shop| {
        shop.set(OAUTH_POLICIES, "refreshTokenPolicyType", "Infinite");
        shop.org.admin("PATCH", "org", r#"{"refresh_idle_limit_days":30}"#);
        let token = refresh_token(shop);
        shop.advance_clock(29 * DAY);
        assert_eq!(shop.refresh(&token, &[]).status, 200);
        shop.advance_clock(30 * DAY);
        shop.refresh(&token, &[])
    }),
    ("G20", "400 invalid_grant: ip restricted or invalid login hours", |shop| {
        let token = refresh_token(shop);
        shop.site(&json!({ "loginPolicies": { "Customer Community User": { "loginIpRanges": [["10.0.0.0", "10.0.0.9"]] } } }));
        shop.set(OAUTH_POLICIES, "ipRelaxationPolicyType", "Enforce_RelaxRefresh");
        assert_eq!(shop.refresh(&token, &[]).status, 200);
        shop.set(OAUTH_POLICIES, "ipRelaxationPolicyType", "Enforce");
        shop.refresh(&token, &[])
    }),
    ("G6c", NO_REFRESH, |shop| {
        let token = refresh_token(shop);
        shop.set(OAUTH_POLICIES, "commaSeparatedPermissionSet", "Shop_Staff");
        shop.refresh(&token, &[])
    }),
    ("N6a", REJECTED, |shop| {
        let token = refresh_token(shop);
        shop.user("customer", &json!({ "active": false }));
        shop.refresh(&token, &[])
    }),
];
