//! Closes every gate at least once, and checks the response and the gate in the journal. Each case changes only what
//! closes its gate.

mod authorize;
mod init;
mod inspection;
mod token;

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::json;

use super::shop::{RECAPTCHA, Shop, UVID, basic, brief, code};
use authorize::AUTHORIZE;
use init::INIT;
use inspection::TOKENS;
use token::{REFRESH, TOKEN};

use crate::client::{GLOBAL, OAUTH_POLICIES, Response};

const OIDC: &str = "OauthOidcSettings";
const REJECTED: &str = "400 invalid_grant: authentication failure";
const NO_REFRESH: &str = "400 invalid_grant: expired access/refresh token";
const BAD_BODY: &str = "400 invalid_request: invalid request body";
const NAMED: (&str, &str) = ("Auth-Request-Type", "Named-User");
const DAY: u64 = 86_400;

/// The gate, the response, and the steps that lead to the response.
type Case = (&'static str, &'static str, fn(&Shop) -> Response);

fn log_in(shop: &Shop) -> Response {
    shop.log_in("customer", &[])
}

fn visit(shop: &Shop) -> Response {
    shop.visit(&format!("UVID {UVID}"), &[])
}

fn redeem(shop: &Shop, changes: &[(&str, &str)]) -> Response {
    shop.redeem(&code(&log_in(shop)), changes)
}

fn refresh_token(shop: &Shop) -> String {
    shop.tokens()["refresh_token"].as_str().unwrap().to_string()
}

/// Starts a passwordless login by e-mail. Returns the identifier and the code.
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

/// Sends a new password with a code.
fn reset(shop: &Shop, code: &str) -> Response {
    let password = "canary-New-Password-9";
    shop.forgot(&json!({ "username": shop.name("customer"), "newpassword": password, "otp": code }))
}

fn sent_reset(shop: &Shop) -> String {
    let response = shop.forgot(&json!({ "username": shop.name("customer"), "recaptcha": RECAPTCHA }));
    assert_eq!(response.status, 200, "{}", response.body);
    let sent = shop.org.admin("GET", "mailbox", "");
    sent.as_array().unwrap().last().unwrap()["code"].as_str().unwrap().to_string()
}

fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

fn data(shop: &Shop, login: &str, scope: &str) -> Response {
    let response = shop.redeem(&code(&shop.log_in(login, &[("scope", scope)])), &[]);
    assert_eq!(response.status, 200, "the token is issued anyway: {}", response.body);
    let token = response.json()["access_token"].as_str().unwrap().to_string();
    let bearer = format!("Bearer {token}");
    shop.call("GET", "/services/data/v66.0/limits", &[("Authorization", &bearer)], "")
}

#[track_caller]
fn close_all(cases: &[Case]) {
    for (index, (gate, expected, trigger)) in cases.iter().enumerate() {
        let shop = Shop::open();
        let response = trigger(&shop);
        assert_eq!(brief(&response), *expected, "{gate}, case {index}");
        assert_eq!(shop.gate(), *gate, "case {index}: {expected}");
        assert_ne!(response.status, 307, "a redirect must not resend credentials");
    }
}

#[test]
fn authorize_rejects_at_each_closed_gate() {
    close_all(AUTHORIZE);
}

#[test]
fn the_token_endpoint_rejects_at_each_closed_gate() {
    close_all(TOKEN);
}

#[test]
fn a_refresh_is_rejected_at_each_closed_gate() {
    close_all(REFRESH);
}

#[test]
fn the_init_endpoints_reject_at_each_closed_gate() {
    close_all(INIT);
}

#[test]
fn tokens_are_rejected_at_each_closed_gate() {
    close_all(TOKENS);
}

/// The fixture itself must pass, or the cases above would prove nothing.
#[test]
fn everything_passes_with_all_gates_open() {
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
fn every_gate_has_a_test() {
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

/// When several gates are closed, the first one in the order responds.
#[test]
fn the_first_closed_gate_in_the_order_responds() {
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
