//! The site's flows with current, staged and previous credentials.

use serde_json::json;

use super::shop::{Shop, brief, code};

/// Stages credentials. Returns their key and secret.
fn stage(shop: &Shop) -> (String, String) {
    let all = shop.org.admin("POST", "apps/Shop/credentials", r#"{"do":"stage"}"#);
    let text = |name: &str| all[1][name].as_str().unwrap().to_string();
    (text("key"), text("secret"))
}

fn request(shop: &Shop, action: &str) {
    shop.org.admin("POST", "apps/Shop/credentials", &json!({ "do": action }).to_string());
}

fn log_in(shop: &Shop, (key, secret): (&str, &str)) -> String {
    let response = shop.log_in("customer", &[("client_id", key)]);
    if response.status != 302 {
        return brief(&response);
    }
    let tokens = shop.redeem(&code(&response), &[("client_id", key), ("client_secret", secret)]);
    if tokens.status == 200 { "200".to_string() } else { brief(&tokens) }
}

const UNKNOWN: &str = "400 invalid_client_id: client identifier invalid";
const WRONG: &str = "400 invalid_client: invalid client credentials";

#[test]
fn each_valid_pair_logs_customers_in() {
    let shop = Shop::open();
    let (key, secret) = stage(&shop);
    let old = (shop.key.as_str(), shop.secret.as_str());
    let new = (key.as_str(), secret.as_str());
    type Step<'a> = (&'a str, &'a dyn Fn(&Shop), &'a str);
    let steps: &[Step<'_>] = &[
        ("staged", &|_| {}, "200"),
        ("rotated", &|shop| request(shop, "rotate"), "200"),
        ("revoked", &|shop| request(shop, "revoke"), UNKNOWN),
    ];
    for (what, step, expected) in steps {
        step(&shop);
        assert_eq!(log_in(&shop, old), *expected, "{what}");
        assert_eq!(log_in(&shop, new), "200", "{what}");
        assert_eq!(log_in(&shop, (new.0, old.1)), WRONG, "{what}");
        if *expected == "200" {
            assert_eq!(log_in(&shop, (old.0, new.1)), WRONG, "{what}");
        }
    }
    let expiring = Shop::open();
    request(&expiring, "rotate");
    let old = (expiring.key.as_str(), expiring.secret.as_str());
    assert_eq!(log_in(&expiring, old), "200");
    expiring.advance_clock(30 * 86_400);
    assert_eq!(log_in(&expiring, old), UNKNOWN);
}

/// Tests access tokens, refresh tokens, and introspection by resource servers.
#[test]
fn tokens_remain_valid_after_their_pair_is_rotated_and_revoked() {
    let shop = Shop::open();
    let tokens = shop.tokens();
    let text = |name: &str| tokens[name].as_str().unwrap().to_string();
    let (key, secret) = stage(&shop);
    let new = [("client_id", key.as_str()), ("client_secret", secret.as_str())];
    for action in ["rotate", "revoke"] {
        request(&shop, action);
        assert_eq!(shop.userinfo(&text("access_token")).status, 200, "{action}");
        let refreshed = shop.refresh(&text("refresh_token"), &new);
        assert_eq!(refreshed.status, 200, "{action}: {}", refreshed.body);
        assert_eq!(super::shop::claims(refreshed.json()["access_token"].as_str().unwrap())["client_id"], key);
        let json = shop.introspect(&text("access_token"), &new).json();
        assert_eq!((&json["active"], &json["client_id"]), (&json!(true), &json!(shop.key)), "{action}");
    }
    assert_eq!(brief(&shop.refresh(&text("refresh_token"), &[])), UNKNOWN);
    let other_app = Shop::open();
    assert_eq!(other_app.introspect(&text("access_token"), &[]).json()["active"], false);
    shop.org.admin("DELETE", "components/ExternalClientApplication/Shop", "");
    assert_ne!(shop.userinfo(&text("access_token")).status, 200, "they are revoked with the app");
}

/// A code belongs to the key that requested it.
#[test]
fn a_code_can_be_redeemed_only_with_its_own_key() {
    let shop = Shop::open();
    let (key, secret) = stage(&shop);
    let response = shop.log_in("customer", &[]);
    let mixed = shop.redeem(&code(&response), &[("client_id", &key), ("client_secret", &secret)]);
    assert_eq!(brief(&mixed), "400 invalid_grant: invalid authorization code");
}
