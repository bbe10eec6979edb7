//! The site's flows with the main pair, a staged pair, and a former pair.

use serde_json::json;

use super::shop::{Shop, brief, code};

/// The other pair of the app, and its ID in the list of staged credentials.
fn stage(shop: &Shop) -> (String, String) {
    let all = shop.org.admin("POST", "apps/Shop/credentials", r#"{"do":"stage"}"#);
    let text = |name: &str| all[1][name].as_str().unwrap().to_string();
    (text("key"), text("secret"))
}

fn order(shop: &Shop, deed: &str) {
    shop.org.admin("POST", "apps/Shop/credentials", &json!({ "do": deed }).to_string());
}

fn log_in(shop: &Shop, (key, secret): (&str, &str)) -> String {
    let answer = shop.log_in("customer", &[("client_id", key)]);
    if answer.status != 302 {
        return brief(&answer);
    }
    let tokens = shop.redeem(&code(&answer), &[("client_id", key), ("client_secret", secret)]);
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
        ("rotated", &|shop| order(shop, "rotate"), "200"),
        ("revoked", &|shop| order(shop, "revoke"), UNKNOWN),
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
    order(&expiring, "rotate");
    let old = (expiring.key.as_str(), expiring.secret.as_str());
    assert_eq!(log_in(&expiring, old), "200");
    expiring.forward(30 * 86_400);
    assert_eq!(log_in(&expiring, old), UNKNOWN);
}

/// Access tokens, refresh tokens and introspection by resource servers.
#[test]
fn tokens_outlive_the_pair_that_they_were_issued_with() {
    let shop = Shop::open();
    let tokens = shop.tokens();
    let text = |name: &str| tokens[name].as_str().unwrap().to_string();
    let (key, secret) = stage(&shop);
    let new = [("client_id", key.as_str()), ("client_secret", secret.as_str())];
    for deed in ["rotate", "revoke"] {
        order(&shop, deed);
        assert_eq!(shop.userinfo(&text("access_token")).status, 200, "{deed}");
        let refreshed = shop.refresh(&text("refresh_token"), &new);
        assert_eq!(refreshed.status, 200, "{deed}: {}", refreshed.body);
        assert_eq!(super::shop::claims(refreshed.json()["access_token"].as_str().unwrap())["client_id"], key);
        let told = shop.introspect(&text("access_token"), &new).json();
        assert_eq!((&told["active"], &told["client_id"]), (&json!(true), &json!(shop.key)), "{deed}");
    }
    assert_eq!(brief(&shop.refresh(&text("refresh_token"), &[])), UNKNOWN);
    let other_app = Shop::open();
    assert_eq!(other_app.introspect(&text("access_token"), &[]).json()["active"], false);
    shop.org.admin("DELETE", "components/ExternalClientApplication/Shop", "");
    assert_ne!(shop.userinfo(&text("access_token")).status, 200, "they are revoked with the app");
}

/// A code belongs to the key that requested it.
#[test]
fn a_code_is_redeemed_with_its_own_key() {
    let shop = Shop::open();
    let (key, secret) = stage(&shop);
    let answer = shop.log_in("customer", &[]);
    let mixed = shop.redeem(&code(&answer), &[("client_id", &key), ("client_secret", &secret)]);
    assert_eq!(brief(&mixed), "400 invalid_grant: invalid authorization code");
}
