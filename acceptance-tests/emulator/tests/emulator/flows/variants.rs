//! Each variant from its first call to userinfo.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use salesforce_emulator::Config;
use serde_json::{Value, json};

use super::shop::{RECAPTCHA, Shop, UVID, basic, claims, code, parameter};
use crate::client::{GLOBAL, OAUTH_POLICIES, Response};

/// Checks what must be true after every login.
#[track_caller]
fn logged_in(shop: &Shop, response: &Response, login: &str) -> Value {
    assert_eq!(response.status, 200, "{}", response.body);
    let tokens = response.json();
    let info = shop.userinfo(tokens["access_token"].as_str().unwrap());
    assert_eq!(info.status, 200, "{}", info.body);
    assert_eq!(info.json()["preferred_username"], shop.name(login));
    assert_eq!(tokens["sfdc_community_url"], shop.org.running.site_url);
    tokens
}

#[test]
fn a_public_client_logs_a_customer_in_with_pkce_and_no_secret() {
    let shop = Shop::public();
    let response = shop.log_in("customer", &[("scope", "api refresh_token"), ("state", "a b&c")]);
    assert_eq!(parameter(&response, "state").unwrap(), "a b&c");
    assert!(parameter(&response, "sfdc_community_id").unwrap().starts_with("0DB"));
    assert_eq!(response.body, "");
    let tokens = logged_in(&shop, &shop.redeem(&code(&response), &[("client_secret", "")]), "customer");
    assert_eq!(tokens["scope"], "api refresh_token");
    assert!(tokens["refresh_token"].is_string() && tokens["id_token"].is_null());
    let again = shop.refresh(tokens["refresh_token"].as_str().unwrap(), &[("client_secret", "")]);
    logged_in(&shop, &again, "customer");
}

#[test]
fn a_private_client_logs_a_customer_in_with_its_secret() {
    let shop = Shop::open().opaque();
    shop.set(GLOBAL, "isPkceRequired", "false");
    let response = shop.log_in("customer", &[("code_challenge", "")]);
    let tokens = logged_in(&shop, &shop.redeem(&code(&response), &[("code_verifier", "")]), "customer");
    assert_eq!(tokens["token_format"], "opaque");
    assert!(tokens["access_token"].as_str().unwrap().starts_with("00D"));
    assert_eq!(tokens["scope"], "api openid refresh_token web");
}

#[test]
fn a_private_client_can_send_its_secret_in_a_header() {
    let shop = Shop::open();
    let code = code(&shop.log_in("customer", &[("nonce", "n-1")]));
    let header = basic(&shop.key, &shop.secret);
    let response =
        shop.redeem_with(&[("Authorization", &header)], &code, &[("client_secret", ""), ("client_id", "")]);
    let tokens = logged_in(&shop, &response, "customer");
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["nonce"], "n-1");
}

#[test]
fn credentials_are_sent_in_the_body_if_the_app_requires_it() {
    let shop = Shop::open();
    shop.set(GLOBAL, "isCodeCredPostOnly", "true");
    let response = shop.authorize(
        &[("Auth-Request-Type", "Named-User")],
        &[("username", &shop.name("customer")), ("password", &shop.password("customer"))],
    );
    logged_in(&shop, &shop.redeem(&code(&response), &[]), "customer");
    // The variants with one-time codes use only the header.
    let started = shop.start_passwordless("customer", "email").json();
    let identifier = started["identifier"].as_str().unwrap();
    let response = shop.with_code("passwordless-login", "email", identifier, &shop.mail(identifier));
    logged_in(&shop, &shop.redeem(&code(&response), &[]), "customer");
}

#[test]
fn credentials_can_be_sent_in_a_get_if_the_app_allows_it() {
    let shop = Shop::open();
    let header = basic(&shop.name("customer"), &shop.password("customer"));
    let response =
        shop.authorize_by_get(&[("Auth-Request-Type", "Named-User"), ("Authorization", &header)], &[]);
    logged_in(&shop, &shop.redeem(&code(&response), &[]), "customer");
}

#[test]
fn a_password_can_contain_colons_and_the_header_can_be_url_safe_base64() {
    let shop = Shop::open();
    assert!(shop.password("colon").contains(':'));
    logged_in(&shop, &shop.redeem(&code(&shop.log_in("colon", &[])), &[]), "colon");
    let password = "canary:\u{ff}\u{fe}?>~1";
    shop.user("colon", &json!({ "password": password }));
    let pair = URL_SAFE_NO_PAD.encode(format!("{}:{password}", shop.name("colon")));
    assert!(pair.contains('-') || pair.contains('_'), "{pair}");
    let response = shop
        .authorize(&[("Auth-Request-Type", "Named-User"), ("Authorization", &format!("Basic {pair}"))], &[]);
    logged_in(&shop, &shop.redeem(&code(&response), &[]), "colon");
}

#[test]
fn echo_returns_the_redirect_as_json() {
    let shop = Shop::open();
    let response = shop.log_in("customer", &[("state", "s")]);
    let location = response.header("location").unwrap();
    let path = location.strip_prefix(&shop.org.running.site_url).unwrap();
    let echoed = shop.call("GET", path, &[], "");
    assert_eq!(echoed.status, 200);
    assert_eq!(echoed.json()["code"], code(&response));
    assert_eq!(echoed.json()["sfdc_community_url"], shop.org.running.site_url);
    assert_eq!(echoed.json()["state"], "s");
}

#[test]
fn passwordless_login_works_by_email_and_by_sms() {
    let shop = Shop::open();
    for method in ["email", "sms"] {
        let started = shop.start_passwordless("customer", method);
        assert_eq!(started.status, 200, "{}", started.body);
        assert_eq!(started.json()["status"], "success");
        let identifier = started.json()["identifier"].as_str().unwrap().to_string();
        let response = shop.with_code("passwordless-login", method, &identifier, &shop.mail(&identifier));
        logged_in(&shop, &shop.redeem(&code(&response), &[]), "customer");
    }
    let sent = shop.org.admin("GET", "mailbox?method=sms", "");
    assert_eq!(sent.as_array().unwrap().len(), 1);
    assert!(sent[0]["to"].as_str().unwrap().starts_with('+'));
}

#[test]
fn passwordless_login_of_an_unknown_user_looks_successful_and_sends_nothing() {
    let shop = Shop::open();
    let started = shop.start_passwordless("nobody", "email").json();
    assert_eq!(started["status"], "success");
    assert_eq!(shop.org.admin("GET", "mailbox", ""), json!([]));
    let identifier = started["identifier"].as_str().unwrap();
    assert_eq!(shop.with_code("passwordless-login", "email", identifier, "000000").status, 400);
}

#[test]
fn an_enterprise_recaptcha_event_is_accepted() {
    let shop = Shop::open();
    let event = json!({ "token": RECAPTCHA, "siteKey": "k", "expectedAction": "login", "projectId": "p" });
    let body = json!({
        "username": shop.name("customer"), "verificationmethod": "email", "recaptchaevent": event,
    });
    let response = shop.json("/services/auth/headless/init/passwordless/login", &[], &body);
    assert_eq!(response.status, 200, "{}", response.body);
}

#[test]
fn a_registered_customer_is_logged_in_immediately_and_later_with_the_password() {
    let shop = Shop::open();
    let username = shop.name("nora");
    let started = shop.start_registration(&username);
    assert_eq!(started.status, 200, "{}", started.body);
    assert_eq!(started.json()["email"], "nora@mail.example");
    let users = |shop: &Shop| shop.org.admin("GET", "users", "").as_array().unwrap().len();
    let before = users(&shop);
    let identifier = started.json()["identifier"].as_str().unwrap().to_string();
    let response = shop.with_code("user-registration", "email", &identifier, &shop.mail(&identifier));
    assert_eq!(users(&shop), before + 1, "the user is created in the second step");
    logged_in(&shop, &shop.redeem(&code(&response), &[]), "nora");
    let header = basic(&username, "canary-Password-1");
    let later = shop.authorize(&[("Auth-Request-Type", "Named-User"), ("Authorization", &header)], &[]);
    logged_in(&shop, &shop.redeem(&code(&later), &[]), "nora");
    let user = shop.org.admin("GET", &format!("users/{username}"), "");
    assert_eq!(user["profile"], "Customer Community User");
    assert_eq!(user["external"]["emailVerified"], true);
}

#[test]
fn the_password_of_a_registration_can_be_in_userdata() {
    let shop = Shop::open();
    let username = shop.name("mobile");
    let body = json!({
        "userdata": {
            "firstName": "M", "lastName": "N", "email": "m@mail.example", "username": username,
            "password": "canary-Password-2", "mobilePhone": "+49 1",
        },
        "recaptcha": RECAPTCHA,
        "verificationmethod": "sms",
    });
    let started = shop.json("/services/auth/headless/init/registration", &[], &body);
    assert_eq!(started.status, 200, "{}", started.body);
    let identifier = started.json()["identifier"].as_str().unwrap().to_string();
    let response = shop.with_code("user-registration", "sms", &identifier, &shop.mail(&identifier));
    logged_in(&shop, &shop.redeem(&code(&response), &[]), "mobile");
    let header = basic(&username, "canary-Password-2");
    let later = shop.authorize(&[("Auth-Request-Type", "Named-User"), ("Authorization", &header)], &[]);
    assert_eq!(later.status, 302, "{}", later.body);
}

#[test]
fn a_forgotten_password_can_be_replaced() {
    let shop = Shop::open();
    let username = shop.name("customer");
    let first = shop.forgot(&json!({ "username": username, "recaptcha": RECAPTCHA }));
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.json()["status_code"], "otp_sent");
    let unknown_user = shop.forgot(&json!({ "username": "no@body.example", "recaptcha": RECAPTCHA }));
    assert_eq!((unknown_user.status, unknown_user.body), (200, first.body));
    let sent = shop.org.admin("GET", &format!("mailbox?username={username}"), "");
    assert_eq!(sent.as_array().unwrap().len(), 1);
    let otp = sent[0]["code"].as_str().unwrap();
    assert_eq!(otp.len(), 6);
    let second =
        shop.forgot(&json!({ "username": username, "newpassword": "canary-New-Password-9", "otp": otp }));
    assert_eq!((second.status, second.json()["status_code"].as_str()), (200, Some("success")));
    assert_eq!(shop.log_in("customer", &[]).status, 400, "the old password");
    let header = basic(&username, "canary-New-Password-9");
    let response = shop.authorize(&[("Auth-Request-Type", "Named-User"), ("Authorization", &header)], &[]);
    logged_in(&shop, &shop.redeem(&code(&response), &[]), "customer");
}

#[test]
fn an_integration_user_can_start_flows_that_require_authentication() {
    let shop = Shop::open();
    let token = shop.integration_token("PwdlessLogin, UserRegistration, ForgotPassword");
    let bearer = format!("Bearer {token}");
    shop.site(&json!({ "authApi": {
        "doesPwdlessLoginRequireAuth": true, "isRecaptchaRequiredPwdlessLogin": false,
        "doesRegistrationRequireAuth": true, "isRecaptchaRequiredRgstr": false,
        "doesForgotPasswordRequireAuth": true, "isRecaptchaRequiredForgotPwd": false,
    }}));
    let name = shop.name("customer");
    let user = json!({ "lastName": "X", "email": "x@mail.example", "username": shop.name("x") });
    for (path, body) in [
        ("init/passwordless/login", json!({ "username": name, "verificationmethod": "email" })),
        ("init/registration", json!({ "userdata": user, "password": "canary-Password-3" })),
        ("forgot_password", json!({ "username": name })),
    ] {
        let path = format!("/services/auth/headless/{path}");
        let response = shop.json(&path, &[("Authorization", &bearer)], &body);
        assert_eq!(response.status, 200, "{path}: {}", response.body);
        assert_eq!(shop.json(&path, &[], &body).status, 401, "{path}");
    }
}

#[test]
fn a_guest_gets_a_token_that_names_the_visitor() {
    let shop = Shop::public();
    let response = shop.visit(&format!("UVID {UVID}"), &[("scope", "api")]);
    let headers = [("Auth-Request-Type", "guest"), ("Uvid-Hint", UVID)];
    let tokens = shop.redeem_with(&headers, &code(&response), &[("client_secret", "")]);
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let tokens = tokens.json();
    assert_eq!(tokens["token_format"], "jwt");
    assert!(tokens["refresh_token"].is_null());
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(claims(token)["sub"], format!("uvid:{UVID}"));
    assert_eq!(claims(token)["scp"], "api");
    // The same visitor returns.
    let again = shop.visit(&format!("JWT {token}"), &[]);
    let again = shop.redeem_with(&headers, &code(&again), &[("client_secret", "")]).json();
    assert_eq!(claims(again["access_token"].as_str().unwrap())["sub"], format!("uvid:{UVID}"));
    // The hint can also be in the body instead of the header.
    let in_body =
        shop.authorize(&[("Auth-Request-Type", "guest")], &[("uvid_hint", &format!("UVID {UVID}"))]);
    assert_eq!(in_body.status, 302, "{}", in_body.body);
}

#[test]
fn a_guest_who_logs_in_remains_the_same_visitor() {
    let shop = Shop::open();
    let guest = shop.guest_token();
    let header = basic(&shop.name("customer"), &shop.password("customer"));
    let response = shop.authorize(
        &[("Auth-Request-Type", "Named-User"), ("Authorization", &header), ("Uvid-Hint", &guest)],
        &[],
    );
    let tokens = logged_in(&shop, &shop.redeem(&code(&response), &[]), "customer");
    let own = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!(own["uvid"], UVID);
    assert!(own["sub"].as_str().unwrap().starts_with("uid:005"));
}

#[test]
fn profiles_grant_access_like_permission_sets() {
    let shop = Shop::open();
    shop.set(OAUTH_POLICIES, "commaSeparatedPermissionSet", "Shop_Staff");
    assert_eq!(shop.log_in("unassigned", &[]).status, 400);
    shop.set(OAUTH_POLICIES, "commaSeparatedProfile", "Customer Community User");
    logged_in(&shop, &shop.redeem(&code(&shop.log_in("unassigned", &[])), &[]), "unassigned");
}

#[test]
fn login_hours_can_span_midnight() {
    let shop = Shop::open();
    let now = shop.org.admin("GET", "clock", "")["now"].as_str().unwrap().to_string();
    let hour: u64 = now[11..13].parse().unwrap();
    // Advances the clock to between 23:00 and midnight, regardless of the current time.
    shop.advance_clock((23 + 24 - hour) % 24 * 3600);
    let allow = |from: u64, to: u64| {
        shop.site(&json!({ "loginPolicies": { "Customer Community User": { "loginHours": [from, to] } } }));
        shop.log_in("customer", &[]).status
    };
    assert_eq!(allow(22, 6), 302);
    assert_eq!(allow(6, 22), 400);
    assert_eq!(allow(0, 24), 302);
}

#[test]
fn a_planned_fault_also_applies_to_the_site() {
    let shop = Shop::open();
    let fault = json!({ "call": "siteForgotPassword", "do": { "fault": { "code": "x", "text": "y" } } });
    shop.org.admin("POST", "faults", &fault.to_string());
    let response = shop.forgot(&json!({}));
    assert_eq!((response.status, response.json()["error"].as_str()), (400, Some("x")));
}

#[test]
fn a_site_can_have_a_path() {
    let shop = Shop::with(Config { site_prefix: "/shop/".to_string(), ..Config::default() });
    assert!(shop.org.running.site_url.ends_with("/shop"));
    let tokens = logged_in(&shop, &shop.redeem(&code(&shop.log_in("customer", &[])), &[]), "customer");
    assert_eq!(tokens["sfdc_community_url"], shop.org.running.site_url);
    let found = shop.call("GET", "/.well-known/openid-configuration", &[], "").json();
    assert_eq!(found["issuer"], shop.org.running.site_url);
    let origin = shop.org.running.site_url.strip_suffix("/shop").unwrap();
    for path in ["/services/oauth2/authorize", "/shopping/services/oauth2/authorize"] {
        assert_eq!(shop.org.http_at(origin, "POST", path, &[], b"").status, 404, "{path}");
    }
}

#[test]
fn undocumented_settings_are_rejected_explicitly() {
    for element in ["isDPopEnabled", "isMtlsEnabled", "isEnforceRefreshTokenTTL"] {
        let shop = Shop::open();
        shop.set(GLOBAL, element, "true");
        let response = shop.redeem(&code(&shop.log_in("customer", &[])), &[]);
        assert_eq!(response.status, 501, "{element}: {}", response.body);
    }
    let shop = Shop::open();
    shop.org.admin(
        "PATCH",
        &format!("components/{GLOBAL}/Shop_global"),
        r#"{"idTokenConfig":{"idTokenIncludeAttributes":"true"}}"#,
    );
    assert_eq!(shop.redeem(&code(&shop.log_in("customer", &[])), &[]).status, 501);
    let without = shop.log_in("customer", &[("scope", "api")]);
    assert_eq!(shop.redeem(&code(&without), &[]).status, 200, "without an ID token it is not checked");
}

#[test]
fn a_custom_scope_is_requested_by_its_name() {
    let shop = Shop::open();
    assert_eq!(shop.log_in("customer", &[("scope", "api orders")]).status, 200, "the page");
    shop.set(OAUTH_POLICIES, "commaSeparatedCustomScopes", "orders");
    let response = shop.redeem(&code(&shop.log_in("customer", &[("scope", "api orders")])), &[]);
    assert_eq!(response.json()["scope"], "api orders");
}

#[test]
fn unsupported_requests_are_rejected_explicitly() {
    let shop = Shop::open();
    let named = ("Auth-Request-Type", "Named-User");
    let code = code(&shop.log_in("customer", &[]));
    shop.site(&json!({ "loginPolicies": { "Customer Community User": { "loginIpRanges": [["10.0.0.0", "10.0.0.9"]] } } }));
    shop.set(OAUTH_POLICIES, "ipRelaxationPolicyType", "Bypass_2factor");
    let guest = shop.guest_token();
    for (what, response) in [
        ("user discovery", shop.authorize(&[named], &[("login_hint", "x"), ("password", "y")])),
        ("web server flow", shop.authorize(&[named], &[("response_type", "code")])),
        ("password grant", shop.redeem(&code, &[("grant_type", "password")])),
        (
            "token exchange",
            shop.redeem(&code, &[("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")]),
        ),
        ("a second factor", shop.log_in("customer", &[])),
        ("userinfo of a guest", shop.userinfo(&guest)),
        ("first-party apps", shop.call("POST", "/services/oauth2/v1/authorization_challenge", &[], "")),
        ("singleaccess", shop.call("GET", "/services/oauth2/singleaccess", &[], "")),
        ("a page of the site", shop.call("GET", "/s/login", &[], "")),
        ("the org's host", shop.org.http("POST", "/services/oauth2/authorize", &[], b"")),
        (
            "an e-mail template",
            shop.json(
                "/services/auth/headless/init/passwordless/login",
                &[],
                &json!({ "username": "x", "verificationmethod": "email", "recaptcha": RECAPTCHA, "emailtemplate": "y" }),
            ),
        ),
    ] {
        assert_eq!(response.status, 501, "{what}: {}", response.body);
        assert!(response.body.contains("not emulated"), "{what}: {}", response.body);
    }
}
