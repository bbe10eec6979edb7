//! Every gate, closed once: what a client gets, and which gate it was by the journal. Each case changes only what the
//! gate is about.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::json;

use super::shop::{RECAPTCHA, Shop, UVID, basic, brief, code};
use crate::client::{Answer, GLOBAL, OAUTH_POLICIES};

const OIDC: &str = "OauthOidcSettings";
const REFUSED: &str = "400 invalid_grant: authentication failure";
const NO_REFRESH: &str = "400 invalid_grant: expired access/refresh token";
const BAD_BODY: &str = "400 invalid_request: invalid request body";
const NAMED: (&str, &str) = ("Auth-Request-Type", "Named-User");
const DAY: u64 = 86_400;

/// The gate, what the client gets, and how it is met.
type Case = (&'static str, &'static str, fn(&Shop) -> Answer);

fn log_in(shop: &Shop) -> Answer {
    shop.log_in("customer", &[])
}

fn visit(shop: &Shop) -> Answer {
    shop.visit(&format!("UVID {UVID}"), &[])
}

fn redeem(shop: &Shop, changes: &[(&str, &str)]) -> Answer {
    shop.redeem(&code(&log_in(shop)), changes)
}

fn refresh_token(shop: &Shop) -> String {
    shop.tokens()["refresh_token"].as_str().unwrap().to_string()
}

/// A code by e-mail: identifier and code.
fn passwordless(shop: &Shop) -> (String, String) {
    let started = shop.start_passwordless("customer", "email").json();
    let identifier = started["identifier"].as_str().unwrap().to_string();
    let code = shop.mail(&identifier);
    (identifier, code)
}

fn registration(shop: &Shop) -> (String, String) {
    let started = shop.start_registration(&shop.name("nora")).json();
    let identifier = started["identifier"].as_str().unwrap().to_string();
    let code = shop.mail(&identifier);
    (identifier, code)
}

/// The answer to a wrong code for a new password.
fn reset(shop: &Shop, code: &str) -> Answer {
    let password = "canary-New-Password-9";
    shop.forgot(&json!({ "username": shop.name("customer"), "newpassword": password, "otp": code }))
}

fn sent_reset(shop: &Shop) -> String {
    let answer = shop.forgot(&json!({ "username": shop.name("customer"), "recaptcha": RECAPTCHA }));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let sent = shop.org.admin("GET", "mailbox", "");
    sent.as_array().unwrap().last().unwrap()["code"].as_str().unwrap().to_string()
}

fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

fn data(shop: &Shop, login: &str, scope: &str) -> Answer {
    let answer = shop.redeem(&code(&shop.log_in(login, &[("scope", scope)])), &[]);
    assert_eq!(answer.status, 200, "the token is issued all the same: {}", answer.body);
    let token = answer.json()["access_token"].as_str().unwrap().to_string();
    let bearer = format!("Bearer {token}");
    shop.call("GET", "/services/data/v66.0/limits", &[("Authorization", &bearer)], "")
}

const AUTHORIZE: &[Case] = &[
    ("N5", "404 html", |shop| {
        shop.site(&json!({ "status": "UnderConstruction" }));
        log_in(shop)
    }),
    ("N7", "403 ", |shop| {
        shop.call("OPTIONS", "/services/oauth2/token", &[("Origin", "https://evil.example")], "")
    }),
    ("N7", "403 ", |shop| {
        shop.site(&json!({ "corsForOauth": false }));
        shop.call("OPTIONS", "/services/oauth2/token", &[("Origin", "https://shop.example")], "")
    }),
    ("G1", "200 html", |shop| {
        shop.set(OIDC, "oAuthCdCrdtFlowEnable", "false");
        log_in(shop)
    }),
    ("C1", "400 invalid_client_id: client identifier invalid", |shop| {
        shop.log_in("customer", &[("client_id", "3MVG9nobody")])
    }),
    ("C1", "400 invalid_client_id: client identifier invalid", |shop| {
        shop.log_in("customer", &[("client_id", "")])
    }),
    ("G3", "400 invalid_client_id: client identifier invalid", |shop| {
        shop.set_app("isEnabled", "false");
        log_in(shop)
    }),
    ("G3", "400 invalid_client_id: client identifier invalid", |shop| {
        shop.set_app("isOauthPluginEnabled", "false");
        log_in(shop)
    }),
    ("G4", "400 invalid_grant: code credentials flow is not enabled for the app", |shop| {
        shop.set(GLOBAL, "isCodeCredFlowEnabled", "false");
        log_in(shop)
    }),
    ("G10a", "400 redirect_uri_missing: redirect_uri not provided", |shop| {
        shop.log_in("customer", &[("redirect_uri", "")])
    }),
    ("G10", "400 redirect_uri_mismatch: redirect_uri must match configuration", |shop| {
        shop.log_in("customer", &[("redirect_uri", &format!("{}/", shop.redirect()))])
    }),
    ("G10", "400 redirect_uri_mismatch: redirect_uri must match configuration", |shop| {
        shop.set(GLOBAL, "callbackUrl", "https://elsewhere.example/callback");
        log_in(shop)
    }),
    ("H0", "200 html", |shop| {
        let header = basic(&shop.name("customer"), &shop.password("customer"));
        shop.authorize(&[("Authorization", &header)], &[])
    }),
    ("H1", "400 invalid_request: invalid headers", |shop| {
        shop.authorize(&[("Auth-Request-Type", "Guest-User")], &[])
    }),
    ("H1", "400 invalid_request: invalid headers", |shop| {
        shop.authorize(&[("Auth-Request-Type", "Passwordless-Login")], &[])
    }),
    ("H2", "400 unsupported_response_type: response type not supported", |shop| {
        shop.log_in("customer", &[("response_type", "nope")])
    }),
    ("G11", "200 html", |shop| shop.log_in("customer", &[("scope", "api full")])),
    ("G11", "200 html", |shop| shop.log_in("customer", &[("scope", "api,web")])),
    ("G11a", "400 invalid_scope: the requested scope is not allowed", |shop| {
        shop.visit(&format!("UVID {UVID}"), &[("scope", "full")])
    }),
    ("G2", "400 invalid_request: missing required code challenge", |shop| {
        shop.set(GLOBAL, "isPkceRequired", "false");
        shop.set(OIDC, "isPkceRequired", "true");
        shop.log_in("customer", &[("code_challenge", "")])
    }),
    ("G7", "400 invalid_request: missing required code challenge", |shop| {
        shop.log_in("customer", &[("code_challenge", "")])
    }),
    ("G7a", "400 invalid_request: invalid code challenge", |shop| {
        shop.log_in("customer", &[("code_challenge_method", "plain")])
    }),
    ("G7a", "400 invalid_request: invalid code challenge", |shop| {
        shop.log_in("customer", &[("code_challenge", "short")])
    }),
    ("G5", "200 html", |shop| {
        shop.set(GLOBAL, "isCodeCredPostOnly", "true");
        log_in(shop)
    }),
    ("G5", "200 html", |shop| {
        shop.set(GLOBAL, "isCodeCredPostOnly", "true");
        let (name, password) = (shop.name("customer"), shop.password("customer"));
        shop.authorize_by_get(&[NAMED], &[("username", &name), ("password", &password)])
    }),
    ("C0", "200 html", |shop| shop.authorize(&[NAMED], &[])),
    ("G14", "400 invalid_request: guest flow not enabled", |shop| {
        shop.set(OAUTH_POLICIES, "isGuestCodeCredFlowEnabled", "false");
        visit(shop)
    }),
    ("G14b", "400 invalid_request: guest flow needs JWT-based access tokens", |shop| {
        shop.set(GLOBAL, "isNamedUserJwtEnabled", "false");
        visit(shop)
    }),
    ("G14c", "400 invalid_request: guest flow not enabled", |shop| {
        shop.user("shop.guest", &json!({ "active": false }));
        visit(shop)
    }),
    ("G14d", "400 invalid_request: uvid invalid", |shop| shop.visit("", &[])),
    ("G14d", "400 invalid_request: uvid invalid", |shop| shop.visit(UVID, &[])),
    ("G14d", "400 invalid_request: uvid invalid", |shop| shop.visit("UVID 1", &[])),
    ("G14d", "400 invalid_request: uvid invalid", |shop| {
        let token = shop.tokens()["access_token"].as_str().unwrap().to_string();
        shop.visit(&format!("JWT {token}"), &[])
    }),
    ("G13", "400 invalid_request: uvid invalid", |shop| {
        let guest = shop.guest_token();
        shop.set(GLOBAL, "isNamedUserJwtEnabled", "false");
        let header = basic(&shop.name("customer"), &shop.password("customer"));
        shop.authorize(&[NAMED, ("Authorization", &header), ("Uvid-Hint", &guest)], &[])
    }),
    ("N1b", "400 invalid_request: headless registration is not enabled", |shop| {
        let (identifier, code) = registration(shop);
        shop.auth_api("isHeadlessUserRegistrationAllowed", false);
        shop.with_code("user-registration", "email", &identifier, &code)
    }),
    ("N2b", "400 invalid_request: passwordless login is not enabled", |shop| {
        let (identifier, code) = passwordless(shop);
        shop.auth_api("isPwdlessLoginAllowed", false);
        shop.with_code("passwordless-login", "email", &identifier, &code)
    }),
    ("O1", REFUSED, |shop| {
        let (_, code) = passwordless(shop);
        shop.with_code("passwordless-login", "email", "MFF0nobody", &code)
    }),
    ("O1", REFUSED, |shop| {
        let (identifier, code) = passwordless(shop);
        shop.with_code("user-registration", "email", &identifier, &code)
    }),
    ("O1", REFUSED, |shop| {
        let (identifier, code) = passwordless(shop);
        assert_eq!(shop.with_code("passwordless-login", "email", &identifier, &code).status, 302);
        shop.with_code("passwordless-login", "email", &identifier, &code)
    }),
    ("O1", REFUSED, |shop| {
        let (identifier, code) = passwordless(shop);
        shop.forward(601);
        shop.with_code("passwordless-login", "email", &identifier, &code)
    }),
    ("O2", REFUSED, |shop| {
        let (identifier, code) = passwordless(shop);
        shop.with_code("passwordless-login", "sms", &identifier, &code)
    }),
    ("O3", REFUSED, |shop| {
        let (identifier, code) = passwordless(shop);
        shop.with_code("passwordless-login", "email", &identifier, wrong(&code))
    }),
    ("C2", REFUSED, |shop| {
        let header = basic(&shop.name("customer"), "canary-wrong-1");
        shop.authorize(&[NAMED, ("Authorization", &header)], &[])
    }),
    ("C2", REFUSED, |shop| {
        let header = basic("no@body.example", &shop.password("customer"));
        shop.authorize(&[NAMED, ("Authorization", &header)], &[])
    }),
    ("C2", REFUSED, |shop| {
        let header = basic(&shop.name("shop.guest"), "");
        shop.authorize(&[NAMED, ("Authorization", &header)], &[])
    }),
    ("N1c", "400 invalid_request: registration failed: duplicate username", |shop| {
        let started = shop.start_registration(&shop.name("customer")).json();
        let identifier = started["identifier"].as_str().unwrap();
        shop.with_code("user-registration", "email", identifier, &shop.mail(identifier))
    }),
    ("N6a", REFUSED, |shop| shop.log_in("inactive", &[])),
    ("N6b", REFUSED, |shop| {
        let header = basic(&shop.name("admin"), "canary-any-1");
        shop.authorize(&[NAMED, ("Authorization", &header)], &[])
    }),
    ("N6", REFUSED, |shop| shop.log_in("outsider", &[])),
    ("N6", REFUSED, |shop| {
        shop.site(&json!({ "memberProfiles": [], "memberPermissionSets": ["Shop_Staff"] }));
        log_in(shop)
    }),
    ("G20", "400 invalid_grant: ip restricted or invalid login hours", |shop| {
        shop.site(&json!({ "loginPolicies": { "Customer Community User": { "loginIpRanges": [["10.0.0.0", "10.0.0.9"]] } } }));
        log_in(shop)
    }),
    ("G20", "400 invalid_grant: ip restricted or invalid login hours", |shop| {
        shop.site(&json!({ "loginPolicies": { "Customer Community User": { "loginHours": [0, 0] } } }));
        shop.set(OAUTH_POLICIES, "ipRelaxationPolicyType", "Bypass");
        log_in(shop)
    }),
    ("G6", "400 invalid_app_access: user is not admin approved to access this app", |shop| {
        shop.log_in("unassigned", &[])
    }),
    ("G6", "400 invalid_app_access: user is not admin approved to access this app", |shop| {
        shop.set(OAUTH_POLICIES, "commaSeparatedPermissionSet", "Shop_Staff");
        log_in(shop)
    }),
    ("G6b", "400 invalid_grant: user hasn't approved this consumer", |shop| {
        shop.set(OAUTH_POLICIES, "permittedUsersPolicyType", "AllSelfAuthorized");
        log_in(shop)
    }),
    ("G21", "400 invalid_grant: high assurance session required", |shop| {
        shop.set(OAUTH_POLICIES, "requiredSessionLevel", "HIGH_ASSURANCE");
        log_in(shop)
    }),
];

const TOKEN: &[Case] = &[
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
        shop.forward(15 * 60);
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
        // Not demanded, but sent: then it is enforced.
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
    ("N6a", REFUSED, |shop| {
        let code = code(&log_in(shop));
        shop.user("customer", &json!({ "active": false }));
        shop.redeem(&code, &[])
    }),
];

const REFRESH: &[Case] = &[
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
        // The sixth login of a user in an app ends the first.
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
        shop.forward(DAY);
        assert_eq!(shop.refresh(&token, &[]).status, 200);
        shop.forward(DAY);
        shop.refresh(&token, &[])
    }),
    ("G17", NO_REFRESH, |shop| {
        shop.set(OAUTH_POLICIES, "refreshTokenPolicyType", "SpecificInactivity");
        shop.set(OAUTH_POLICIES, "refreshTokenValidityPeriod", "3");
        shop.set(OAUTH_POLICIES, "refreshTokenValidityUnit", "Hours");
        let token = refresh_token(shop);
        for _ in 0..3 {
            shop.forward(2 * 3600);
            assert_eq!(shop.refresh(&token, &[]).status, 200);
        }
        shop.forward(3 * 3600);
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
        shop.forward(29 * DAY);
        assert_eq!(shop.refresh(&token, &[]).status, 200);
        shop.forward(30 * DAY);
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
    ("N6a", REFUSED, |shop| {
        let token = refresh_token(shop);
        shop.user("customer", &json!({ "active": false }));
        shop.refresh(&token, &[])
    }),
];

const INIT: &[Case] = &[
    ("H3", "400 invalid_request: must use HTTP POST", |shop| {
        shop.call("GET", "/services/auth/headless/init/registration", &[], "")
    }),
    ("I1", BAD_BODY, |shop| {
        shop.call("POST", "/services/auth/headless/init/passwordless/login", &[], "not JSON")
    }),
    ("I1", BAD_BODY, |shop| shop.start_passwordless("customer", "pigeon")),
    ("I1", BAD_BODY, |shop| shop.forgot(&json!({ "recaptcha": RECAPTCHA }))),
    ("I1", BAD_BODY, |shop| shop.start_registration("no-address")),
    ("N1", "400 invalid_request: headless registration is not enabled", |shop| {
        shop.auth_api("isHeadlessUserRegistrationAllowed", false);
        shop.start_registration(&shop.name("nora"))
    }),
    ("N1a", "400 invalid_request: headless registration is not set up", |shop| {
        shop.auth_api("registrationHandler", "NoSuchClass");
        shop.start_registration(&shop.name("nora"))
    }),
    ("N1a", "400 invalid_request: headless registration is not set up", |shop| {
        shop.auth_api("registrationExecutionUser", json!(null));
        shop.start_registration(&shop.name("nora"))
    }),
    ("N1a", "400 invalid_request: headless registration is not set up", |shop| {
        shop.auth_api("registrationUserDefaultProfile", json!(null));
        shop.start_registration(&shop.name("nora"))
    }),
    ("N2", "400 invalid_request: passwordless login is not enabled", |shop| {
        shop.auth_api("isPwdlessLoginAllowed", false);
        shop.start_passwordless("customer", "email")
    }),
    ("N2a", "400 invalid_request: the user has no verified address for this method", |shop| {
        shop.start_passwordless("unverified", "email")
    }),
    ("N2a", "400 invalid_request: the user has no verified address for this method", |shop| {
        shop.user("customer", &json!({ "phoneVerified": false }));
        shop.start_passwordless("customer", "sms")
    }),
    ("N3", r#"400 {"invalid_request":"forgot password is not enabled"}"#, |shop| {
        shop.auth_api("isForgotPwdAllowed", false);
        shop.forgot(&json!({ "username": shop.name("customer"), "recaptcha": RECAPTCHA }))
    }),
    ("G12", "401 invalid_request: authentication required", |shop| {
        shop.auth_api("doesPwdlessLoginRequireAuth", true);
        shop.start_passwordless("customer", "email")
    }),
    ("G12", "401 invalid_request: authentication required", |shop| {
        // A token of an app without the scope.
        let bearer = format!("Bearer {}", shop.integration_token("PwdlessLogin"));
        shop.auth_api("doesRegistrationRequireAuth", true);
        let user = json!({ "lastName": "X", "email": "x@mail.example", "username": shop.name("x") });
        let body = json!({ "userdata": user, "recaptcha": RECAPTCHA });
        shop.json("/services/auth/headless/init/registration", &[("Authorization", &bearer)], &body)
    }),
    ("G12", "401 invalid_request: authentication required", |shop| {
        // A customer's own token.
        shop.integration_token("ForgotPassword");
        let bearer = format!("Bearer {}", shop.tokens()["access_token"].as_str().unwrap());
        shop.auth_api("doesForgotPasswordRequireAuth", true);
        let body = json!({ "username": shop.name("customer"), "recaptcha": RECAPTCHA });
        shop.json("/services/auth/headless/forgot_password", &[("Authorization", &bearer)], &body)
    }),
    ("N4", "400 invalid_request: reCAPTCHA verification failed", |shop| {
        let body = json!({ "username": shop.name("customer"), "verificationmethod": "email" });
        shop.json("/services/auth/headless/init/passwordless/login", &[], &body)
    }),
    ("N4", "400 invalid_request: reCAPTCHA verification failed", |shop| {
        shop.site(&json!({ "recaptchaScore": 0.4 }));
        shop.start_passwordless("customer", "email")
    }),
    ("N4", "400 invalid_request: reCAPTCHA verification failed", |shop| {
        shop.auth_api("recaptchaSecretKey", json!(null));
        shop.start_registration(&shop.name("nora"))
    }),
    ("N4a", r#"400 {"invalid_request":"reCAPTCHA verification failed"}"#, |shop| {
        shop.forgot(&json!({ "username": shop.name("customer"), "recaptcha": "wrong" }))
    }),
    ("I2", "400 invalid_request: the password does not meet the password policy", |shop| {
        let user = json!({ "lastName": "X", "email": "x@mail.example", "username": shop.name("x") });
        let body = json!({ "userdata": user, "password": "short", "recaptcha": RECAPTCHA });
        shop.json("/services/auth/headless/init/registration", &[], &body)
    }),
    ("F1", r#"400 {"otp_error":"invalid OTP","status":"failed","status_code":"invalid_otp"}"#, |shop| {
        let code = sent_reset(shop);
        reset(shop, wrong(&code))
    }),
    ("F1", r#"400 {"otp_error":"invalid OTP","status":"failed","status_code":"invalid_otp"}"#, |shop| {
        let code = sent_reset(shop);
        assert_eq!(reset(shop, &code).status, 200);
        reset(shop, &code)
    }),
    (
        "N3a",
        r#"400 {"otp_error":"regenerate OTP","status":"failed","status_code":"regenerate_otp"}"#,
        |shop| {
            shop.auth_api("maxPasswordResetAttempts", 2);
            let code = sent_reset(shop);
            reset(shop, wrong(&code));
            reset(shop, wrong(&code));
            reset(shop, &code)
        },
    ),
    (
        "F2",
        r#"400 {"password_error":"the password does not meet the password policy","status":"failed","status_code":"password_policy_check_failure"}"#,
        |shop| {
            let otp = sent_reset(shop);
            shop.forgot(&json!({ "username": shop.name("customer"), "newpassword": "short", "otp": otp }))
        },
    ),
];

const TOKENS: &[Case] = &[
    ("T1", "403 Missing_OAuth_Token", |shop| shop.call("GET", "/services/oauth2/userinfo", &[], "")),
    ("T2", "403 Bad_OAuth_Token", |shop| shop.userinfo("00Dnobody!x")),
    ("T2", "403 Bad_OAuth_Token", |shop| {
        let token = shop.tokens()["access_token"].as_str().unwrap().to_string();
        shop.forward(120 * 60);
        shop.userinfo(&token)
    }),
    ("T3", "401 invalid_client: invalid client credentials", |shop| {
        shop.introspect("x", &[("client_secret", "")])
    }),
    ("G23", r#"200 {"active":false}"#, |shop| {
        let other = shop.org.components()[GLOBAL]["Other_global"].clone();
        let text = |name: &str| other[name].as_str().unwrap().to_string();
        let token = shop.tokens()["access_token"].as_str().unwrap().to_string();
        shop.introspect(
            &token,
            &[("client_id", &text("consumerKey")), ("client_secret", &text("consumerSecret"))],
        )
    }),
    ("G23", r#"200 {"active":false}"#, |shop| shop.introspect("nobody", &[])),
    ("T4", "400 unsupported_token_type: this token type is not supported", |shop| shop.revoke("nobody")),
    ("T5", "400 invalid_token: this token has expired or has been revoked", |shop| {
        let token = shop.tokens()["access_token"].as_str().unwrap().to_string();
        assert_eq!(shop.revoke(&token).status, 200);
        shop.revoke(&token)
    }),
    ("U0", "401 [INVALID_SESSION_ID: Session expired or invalid]", |shop| {
        let bearer = format!("Bearer {}", shop.tokens()["access_token"].as_str().unwrap());
        shop.user("customer", &json!({ "active": false }));
        shop.call("GET", "/services/data/v66.0/limits", &[("Authorization", &bearer)], "")
    }),
    ("U1", "403 [API_CURRENTLY_DISABLED: API is disabled for this User]", |shop| data(shop, "no.api", "api")),
    ("U2", "401 [INVALID_SESSION_ID: This session is not valid for use with the REST API]", |shop| {
        data(shop, "customer", "openid")
    }),
    ("U3", "401 [INVALID_AUTH_HEADER: INVALID_ISS]", |shop| {
        let bearer = format!("Bearer {}", shop.guest_token());
        shop.org.http("GET", "/services/data/v66.0/limits", &[("Authorization", &bearer)], b"")
    }),
];

#[track_caller]
fn close_all(cases: &[Case]) {
    for (index, (gate, expected, meet)) in cases.iter().enumerate() {
        let shop = Shop::open();
        let answer = meet(&shop);
        assert_eq!(brief(&answer), *expected, "{gate}, case {index}");
        assert_eq!(shop.gate(), *gate, "case {index}: {expected}");
        assert_ne!(answer.status, 307, "a credential is never sent again");
    }
}

#[test]
fn authorize_refuses_at_each_gate() {
    close_all(AUTHORIZE);
}

#[test]
fn the_token_endpoint_refuses_at_each_gate() {
    close_all(TOKEN);
}

#[test]
fn a_refresh_is_refused_at_each_gate() {
    close_all(REFRESH);
}

#[test]
fn the_init_endpoints_refuse_at_each_gate() {
    close_all(INIT);
}

#[test]
fn tokens_are_refused_at_each_gate() {
    close_all(TOKENS);
}

/// The fixture itself must pass, or the cases above would prove nothing.
#[test]
fn with_nothing_closed_everything_passes() {
    let shop = Shop::open();
    assert_eq!(shop.refresh(&refresh_token(&shop), &[]).status, 200);
    shop.guest_token();
    let (identifier, code) = passwordless(&shop);
    assert_eq!(shop.with_code("passwordless-login", "email", &identifier, &code).status, 302);
    let (identifier, code) = registration(&shop);
    assert_eq!(shop.with_code("user-registration", "email", &identifier, &code).status, 302);
    assert_eq!(reset(&shop, &sent_reset(&shop)).status, 200);
}

#[test]
fn no_gate_is_untested() {
    let all: Vec<Case> = [AUTHORIZE, TOKEN, REFRESH, INIT, TOKENS].concat();
    let tested: BTreeSet<&str> = all.iter().map(|(gate, _, _)| *gate).collect();
    let org = crate::client::start();
    let rows = org.admin("GET", "gates", "");
    let rows: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["gate"].as_str().unwrap()).collect();
    let ids: BTreeSet<&str> = rows.iter().copied().collect();
    assert_eq!(ids.len(), rows.len(), "two gates have the same id");
    assert_eq!(tested, ids);
    let mut out = std::io::stdout();
    writeln!(out, "{} gates, closed in {} ways", ids.len(), all.len()).unwrap();
}

/// Two gates are closed; the first in the order answers.
#[test]
fn the_order_of_the_gates() {
    type Closing = fn(&Shop);
    let site: Closing = |shop| shop.site(&json!({ "status": "UnderConstruction" }));
    let org: Closing = |shop| shop.set(OIDC, "oAuthCdCrdtFlowEnable", "false");
    let app: Closing = |shop| shop.set_app("isEnabled", "false");
    let flow: Closing = |shop| shop.set(GLOBAL, "isCodeCredFlowEnabled", "false");
    let callback: Closing = |shop| shop.set(GLOBAL, "callbackUrl", "https://elsewhere.example/");
    let place: Closing = |shop| shop.set(GLOBAL, "isCodeCredPostOnly", "true");
    let user: Closing = |shop| shop.user("customer", &json!({ "active": false }));
    let policy: Closing = |shop| shop.set(OAUTH_POLICIES, "permittedUsersPolicyType", "AllSelfAuthorized");
    let level: Closing = |shop| shop.set(OAUTH_POLICIES, "requiredSessionLevel", "HIGH_ASSURANCE");
    let order = [
        ("N5", site),
        ("G1", org),
        ("G3", app),
        ("G4", flow),
        ("G10", callback),
        ("G5", place),
        ("N6a", user),
        ("G6b", policy),
        ("G21", level),
    ];
    for (index, (gate, _)) in order.iter().enumerate() {
        let shop = Shop::open();
        for (_, close) in &order[index..] {
            close(&shop);
        }
        log_in(&shop);
        assert_eq!(shop.gate(), *gate);
    }
}
