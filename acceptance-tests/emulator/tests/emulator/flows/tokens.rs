//! The content and the lifetime of tokens, and what revokes them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::shop::{Shop, UVID, claims, code};
use crate::client::{GLOBAL, OAUTH_POLICIES, Package};

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap_or_else(|| panic!("{name} in {tokens}"))
}

/// Checks a signature as a resource server does: with the keys at the URL of the configuration.
fn is_signed(shop: &Shop, token: &str) {
    let found = shop.call("GET", "/.well-known/openid-configuration", &[], "").json();
    let address = text(&found, "jwks_uri").strip_prefix(&shop.org.running.site_url).unwrap().to_string();
    let keys = shop.call("GET", &address, &[], "").json();
    let mut parts = token.split('.');
    let header: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next().unwrap()).unwrap()).unwrap();
    assert_eq!(header["alg"], "RS256");
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(text(key, name)).unwrap();
    let public = ring::rsa::PublicKeyComponents { n: number("n"), e: number("e") };
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let scheme = &ring::signature::RSA_PKCS1_2048_8192_SHA256;
    public.verify(scheme, signed.as_bytes(), &signature).unwrap();
    let forged = signed.replace('.', "x.");
    assert!(public.verify(scheme, forged.as_bytes(), &signature).is_err());
}

#[test]
fn a_jwt_can_be_verified_with_the_public_key() {
    let shop = Shop::open();
    let tokens = shop.tokens();
    assert_eq!(tokens["token_format"], "jwt");
    let token = text(&tokens, "access_token");
    is_signed(&shop, token);
    let own = claims(token);
    let mut names: Vec<&String> = own.as_object().unwrap().keys().collect();
    names.sort();
    let expected =
        ["aud", "client_id", "exp", "hsc", "iat", "iss", "mty", "nbf", "roles", "scp", "sfi", "sub"];
    assert_eq!(names, expected);
    assert_eq!(own["iss"], shop.org.running.site_url);
    assert_eq!(own["client_id"], shop.key);
    assert_eq!(own["exp"].as_u64().unwrap() - own["iat"].as_u64().unwrap(), 120 * 60);
    let id_token = text(&tokens, "id_token");
    is_signed(&shop, id_token);
    let own = claims(id_token);
    assert_eq!(own["aud"], shop.key);
    assert_eq!(own["exp"].as_u64().unwrap() - own["iat"].as_u64().unwrap(), 2 * 60);
    let digest = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
    assert_eq!(own["at_hash"], URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]));
}

#[test]
fn the_token_response_is_signed_with_the_secret() {
    let shop = Shop::open();
    let tokens = shop.tokens();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, shop.secret.as_bytes());
    let signed = format!("{}{}", text(&tokens, "id"), text(&tokens, "issued_at"));
    let signature = base64::engine::general_purpose::STANDARD.decode(text(&tokens, "signature")).unwrap();
    ring::hmac::verify(&key, signed.as_bytes(), &signature).unwrap();
}

#[test]
fn token_lifetimes_follow_the_app_the_profile_and_the_org() {
    let minutes = |shop: &Shop, token: &str| {
        let json = shop.introspect(token, &[]).json();
        (json["exp"].as_u64().unwrap() - json["iat"].as_u64().unwrap()) / 60
    };
    let shop = Shop::open();
    let named = |shop: &Shop| minutes(shop, text(&shop.tokens(), "access_token"));
    let guest = |shop: &Shop| minutes(shop, &shop.guest_token());
    assert_eq!((named(&shop), guest(&shop)), (120, 120));
    shop.site(&json!({ "sessionTimeoutMinutes": 60 }));
    assert_eq!((named(&shop), guest(&shop)), (60, 60));
    shop.site(&json!({ "loginPolicies": {
        "Customer Community User": { "sessionTimeoutMinutes": 45 },
        "Shop Profile": { "sessionTimeoutMinutes": 20 },
    }}));
    assert_eq!((named(&shop), guest(&shop)), (45, 20));
    shop.set(OAUTH_POLICIES, "namedUserJwtSessionTimeoutType", "Custom");
    shop.set(OAUTH_POLICIES, "namedUserJwtTimeout", "15");
    shop.set(OAUTH_POLICIES, "guestJwtSessionTimeoutType", "Custom");
    shop.set(OAUTH_POLICIES, "guestJwtTimeout", "5");
    shop.set(OAUTH_POLICIES, "sessionTimeoutInMinutes", "30");
    assert_eq!((named(&shop), guest(&shop)), (15, 5));
    let shop = shop.opaque();
    assert_eq!(named(&shop), 30);
    let token = text(&shop.tokens(), "access_token").to_string();
    shop.advance_clock(29 * 60);
    assert_eq!(shop.userinfo(&token).status, 200);
    shop.advance_clock(2 * 60);
    assert_eq!(shop.userinfo(&token).status, 403);
}

#[test]
fn a_refresh_token_requires_scope_and_policy() {
    let shop = Shop::open();
    let tokens = shop.redeem(&code(&shop.log_in("customer", &[("scope", "api")])), &[]).json();
    assert!(tokens["refresh_token"].is_null());
    shop.set(OAUTH_POLICIES, "refreshTokenPolicyType", "Zero");
    assert!(shop.tokens()["refresh_token"].is_null());
}

#[test]
fn rotation_returns_a_new_token_and_reuse_revokes_the_token_family() {
    let shop = Shop::open();
    let plain = shop.tokens();
    let again = shop.refresh(text(&plain, "refresh_token"), &[]).json();
    assert!(again["refresh_token"].is_null(), "without rotation it does not change");
    shop.set(GLOBAL, "isRefreshTokenRotationEnabled", "true");
    let other = shop.tokens();
    let first = shop.tokens();
    let second = shop.refresh(text(&first, "refresh_token"), &[]).json();
    let third = shop.refresh(text(&second, "refresh_token"), &[]).json();
    assert_ne!(text(&second, "refresh_token"), text(&third, "refresh_token"));
    assert_eq!(shop.userinfo(text(&third, "access_token")).status, 200);
    assert_eq!(shop.refresh(text(&first, "refresh_token"), &[]).status, 400);
    assert_eq!(shop.refresh(text(&third, "refresh_token"), &[]).status, 400, "the token family is revoked");
    for tokens in [&first, &second, &third] {
        assert_eq!(shop.userinfo(text(tokens, "access_token")).status, 403);
    }
    assert_eq!(shop.userinfo(text(&other, "access_token")).status, 200, "another login is unaffected");
}

#[test]
fn revoking_a_refresh_token_revokes_its_access_tokens() {
    let shop = Shop::open();
    let tokens = shop.tokens();
    let again = shop.refresh(text(&tokens, "refresh_token"), &[]).json();
    assert_eq!(shop.revoke(text(&tokens, "access_token")).status, 200);
    assert_eq!(shop.userinfo(text(&tokens, "access_token")).status, 403);
    assert_eq!(shop.userinfo(text(&again, "access_token")).status, 200, "only this token is revoked");
    assert_eq!(shop.revoke(text(&tokens, "refresh_token")).status, 200);
    assert_eq!(shop.userinfo(text(&again, "access_token")).status, 403);
    assert_eq!(shop.introspect(text(&again, "access_token"), &[]).json(), json!({ "active": false }));
    assert_eq!(shop.refresh(text(&tokens, "refresh_token"), &[]).status, 400);
}

#[test]
fn an_app_introspects_its_own_tokens_and_others_only_with_the_setting() {
    let shop = Shop::open();
    let tokens = shop.tokens();
    let json = shop.introspect(text(&tokens, "access_token"), &[]).json();
    assert_eq!(json["active"], true);
    assert_eq!(json["username"], shop.name("customer"));
    assert_eq!(json["client_id"], shop.key);
    let json = shop.introspect(text(&tokens, "refresh_token"), &[]).json();
    assert_eq!(json["token_type"], "refresh_token");
    let other = shop.org.components()[GLOBAL]["Other_global"].clone();
    let as_other = [
        ("client_id", other["consumerKey"].as_str().unwrap()),
        ("client_secret", other["consumerSecret"].as_str().unwrap()),
    ];
    let token = text(&tokens, "access_token");
    assert_eq!(shop.introspect(token, &as_other).json()["active"], false);
    shop.org.admin(
        "PATCH",
        &format!("components/{GLOBAL}/Other_global"),
        r#"{"isIntrospectAllTokens":true}"#,
    );
    assert_eq!(shop.introspect(token, &as_other).json()["active"], true);
}

#[test]
fn losing_access_revokes_the_tokens() {
    type Change = fn(&Shop);
    let changes: [(&str, Change); 4] = [
        ("the policy names another permission set", |shop| {
            shop.set(OAUTH_POLICIES, "commaSeparatedPermissionSet", "Shop_Staff");
        }),
        ("the permission set is taken from the user", |shop| {
            shop.user("customer", &json!({ "permissionSets": [] }));
        }),
        ("the policy is self-authorization", |shop| {
            shop.set(OAUTH_POLICIES, "permittedUsersPolicyType", "AllSelfAuthorized");
        }),
        ("the app is deleted", |shop| {
            shop.org.admin("DELETE", "components/ExternalClientApplication/Shop", "");
        }),
    ];
    for (what, change) in changes {
        let shop = Shop::open();
        let tokens = shop.tokens();
        change(&shop);
        assert_eq!(shop.userinfo(text(&tokens, "access_token")).status, 403, "{what}");
        assert_eq!(shop.refresh(text(&tokens, "refresh_token"), &[]).status, 400, "{what}");
    }
    // Restoring the access does not restore the tokens.
    let shop = Shop::open();
    let tokens = shop.tokens();
    shop.set(OAUTH_POLICIES, "commaSeparatedPermissionSet", "Shop_Staff");
    shop.set(OAUTH_POLICIES, "commaSeparatedPermissionSet", "Shop_Customer");
    assert_eq!(shop.refresh(text(&tokens, "refresh_token"), &[]).status, 400);
    assert_eq!(shop.gate(), "G6c");
}

#[test]
fn tokens_of_a_disabled_app_work_again_when_it_is_enabled() {
    let shop = Shop::open();
    let tokens = shop.tokens();
    shop.set_app("isEnabled", "false");
    assert_eq!(shop.userinfo(text(&tokens, "access_token")).status, 403);
    shop.set_app("isEnabled", "true");
    assert_eq!(shop.userinfo(text(&tokens, "access_token")).status, 200);
}

#[test]
fn a_deploy_that_rotates_the_secret_invalidates_the_old_one() {
    let shop = Shop::open();
    let code = code(&shop.log_in("customer", &[]));
    let package = Package::new().option("ignoreWarnings", "true").with(
        GLOBAL,
        "Shop_global",
        &format!(
            "<callbackUrl>{}</callbackUrl>\n<externalClientApplication>Shop</externalClientApplication>\n\
             <isCodeCredFlowEnabled>true</isCodeCredFlowEnabled>\n\
             <isNamedUserJwtEnabled>true</isNamedUserJwtEnabled>\n\
             <shouldRotateConsumerSecret>true</shouldRotateConsumerSecret>",
            shop.redirect()
        ),
    );
    let deployed = shop.org.deploy(&package);
    assert_eq!(deployed.status(), "Succeeded", "{}", deployed.text);
    assert_eq!(shop.redeem(&code, &[]).status, 400);
    assert_eq!(shop.gate(), "G8");
    let secret = shop.org.components()[GLOBAL]["Shop_global"]["consumerSecret"].as_str().unwrap().to_string();
    assert_eq!(shop.redeem(&code, &[("client_secret", &secret)]).status, 200);
}

#[test]
fn soap_rejects_jwts_and_customers() {
    let mut shop = Shop::open();
    shop.org.token = text(&shop.tokens(), "access_token").to_string();
    assert!(shop.org.soap("<describeMetadata/>").body.contains("INVALID_SESSION_ID"));
    let mut shop = Shop::open().opaque();
    shop.org.token = text(&shop.tokens(), "access_token").to_string();
    assert!(shop.org.soap("<describeMetadata/>").body.contains("INSUFFICIENT_ACCESS"));
    assert_eq!(shop.org.query("SELECT Id FROM User").status, 501, "an opaque token reaches the org's host");
}

#[test]
fn changes_of_an_app_propagate_with_a_delay_if_the_switch_is_set() {
    let shop = Shop::open();
    shop.org.admin("PATCH", "org", r#"{"propagation_ms":300000,"changes_propagate":true}"#);
    shop.advance_clock(301);
    let token = text(&shop.tokens(), "access_token").to_string();
    shop.set(GLOBAL, "isCodeCredFlowEnabled", "false");
    shop.set(OAUTH_POLICIES, "commaSeparatedPermissionSet", "Shop_Staff");
    shop.advance_clock(299);
    assert_eq!(shop.log_in("customer", &[]).status, 302);
    assert_eq!(shop.userinfo(&token).status, 200);
    shop.advance_clock(2);
    shop.log_in("customer", &[]);
    assert_eq!(shop.gate(), "G4");
    assert_eq!(shop.userinfo(&token).status, 403);
    // Enabling the flow again takes effect with the same delay.
    shop.set(GLOBAL, "isCodeCredFlowEnabled", "true");
    shop.set(OAUTH_POLICIES, "commaSeparatedPermissionSet", "Shop_Customer");
    assert_eq!(shop.log_in("customer", &[]).status, 400);
    shop.advance_clock(301);
    assert_eq!(shop.log_in("customer", &[]).status, 302);
    // A deletion also takes effect with this delay.
    shop.org.admin("DELETE", "components/ExternalClientApplication/Shop", "");
    assert_eq!(shop.log_in("customer", &[]).status, 302);
    shop.advance_clock(301);
    shop.log_in("customer", &[]);
    assert_eq!(shop.gate(), "C1");
}

#[test]
fn cors_allows_only_listed_origins() {
    let shop = Shop::public();
    let origin = ("Origin", "https://shop.example");
    let requested_headers = ("Access-Control-Request-Headers", "auth-request-type,authorization");
    let preflight = shop.call("OPTIONS", "/services/oauth2/authorize", &[origin, requested_headers], "");
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-origin").unwrap(), "https://shop.example");
    assert_eq!(preflight.header("access-control-allow-headers").unwrap(), requested_headers.1);
    let headers = [("Auth-Request-Type", "guest"), ("Uvid-Hint", UVID), origin];
    let response = shop.redeem_with(&headers, &code(&shop.visit(&format!("UVID {UVID}"), &[])), &[]);
    assert_eq!(response.header("access-control-allow-origin").unwrap(), "https://shop.example");
    let other = shop.redeem_with(&[("Origin", "https://evil.example")], "x", &[]);
    assert!(other.header("access-control-allow-origin").is_none());
}
