//! Closed gates for the use of tokens.

use super::*;

pub const TOKENS: &[Case] = &[
    ("T1", "403 Missing_OAuth_Token", |shop| shop.call("GET", "/services/oauth2/userinfo", &[], "")),
    ("T2", "403 Bad_OAuth_Token", |shop| shop.userinfo("00Dnobody!x")),
    ("T2", "403 Bad_OAuth_Token", |shop| {
        let token = shop.tokens()["access_token"].as_str().unwrap().to_string();
        shop.advance_clock(120 * 60);
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
