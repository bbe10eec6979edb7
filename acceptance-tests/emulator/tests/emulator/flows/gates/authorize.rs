//! Closed gates of the authorize endpoint.

use super::*;

pub const AUTHORIZE: &[Case] = &[
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
    ("O1", REJECTED, |shop| {
        let (_, code) = passwordless(shop);
        shop.with_code("passwordless-login", "email", "MFF0nobody", &code)
    }),
    ("O1", REJECTED, |shop| {
        let (identifier, code) = passwordless(shop);
        shop.with_code("user-registration", "email", &identifier, &code)
    }),
    ("O1", REJECTED, |shop| {
        let (identifier, code) = passwordless(shop);
        assert_eq!(shop.with_code("passwordless-login", "email", &identifier, &code).status, 302);
        shop.with_code("passwordless-login", "email", &identifier, &code)
    }),
    ("O1", REJECTED, |shop| {
        let (identifier, code) = passwordless(shop);
        shop.advance_clock(601);
        shop.with_code("passwordless-login", "email", &identifier, &code)
    }),
    ("O2", REJECTED, |shop| {
        let (identifier, code) = passwordless(shop);
        shop.with_code("passwordless-login", "sms", &identifier, &code)
    }),
    ("O3", REJECTED, |shop| {
        let (identifier, code) = passwordless(shop);
        shop.with_code("passwordless-login", "email", &identifier, wrong(&code))
    }),
    ("C2", REJECTED, |shop| {
        let header = basic(&shop.name("customer"), "canary-wrong-1");
        shop.authorize(&[NAMED, ("Authorization", &header)], &[])
    }),
    ("C2", REJECTED, |shop| {
        let header = basic("no@body.example", &shop.password("customer"));
        shop.authorize(&[NAMED, ("Authorization", &header)], &[])
    }),
    ("C2", REJECTED, |shop| {
        let header = basic(&shop.name("shop.guest"), "");
        shop.authorize(&[NAMED, ("Authorization", &header)], &[])
    }),
    ("N1c", "400 invalid_request: registration failed: duplicate username", |shop| {
        let started = shop.start_registration(&shop.name("customer")).json();
        let identifier = started["identifier"].as_str().unwrap();
        shop.with_code("user-registration", "email", identifier, &shop.mail(identifier))
    }),
    ("N6a", REJECTED, |shop| shop.log_in("inactive", &[])),
    ("N6b", REJECTED, |shop| {
        let header = basic(&shop.name("admin"), "canary-any-1");
        shop.authorize(&[NAMED, ("Authorization", &header)], &[])
    }),
    ("N6", REJECTED, |shop| shop.log_in("outsider", &[])),
    ("N6", REJECTED, |shop| {
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
