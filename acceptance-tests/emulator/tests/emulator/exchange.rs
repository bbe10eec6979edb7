//! Token exchange: tokens from another issuer are exchanged for tokens from the org, or rejected with a message.

use serde_json::{Value, json};

use crate::client::{Org, Response, start};
use crate::tokens::request_token;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

fn exchange(org: &Org, token: &str, more: &[(&str, &str)]) -> Response {
    let client_id = org.running.credentials.client_id.clone();
    let mut fields = vec![
        ("grant_type", GRANT),
        ("client_id", client_id.as_str()),
        ("subject_token", token),
        ("subject_token_type", JWT),
    ];
    fields.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    request_token(org, &[fields.as_slice(), more].concat())
}

fn issue(org: &Org, changes: &Value) -> String {
    let mut claims = json!({ "issuer": "https://runner.example", "audience": "acme", "subject": "shop" });
    for (name, value) in changes.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    org.admin("POST", "workload-tokens", &claims.to_string())["token"].as_str().unwrap().to_string()
}

#[test]
fn a_token_is_exchanged_by_a_handler_or_rejected_with_a_message() {
    let org = start();
    let good = issue(&org, &json!({}));
    assert!(exchange(&org, &good, &[]).body.contains("no such token handler for this app"));
    org.admin(
        "POST",
        "token-handlers",
        &json!({
            "name": "Runner",
            "issuer": "https://runner.example",
            "audience": "acme",
            "users": { "shop": org.running.credentials.username },
            "isDefault": true,
        })
        .to_string(),
    );
    assert_eq!(exchange(&org, &good, &[]).status, 200);
    assert_eq!(exchange(&org, &good, &[("token_handler", "Runner")]).status, 200);
    let wrong = "Token handler validation failed";
    for (token, more, words) in [
        (issue(&org, &json!({ "forged": true })), None, wrong),
        (issue(&org, &json!({ "expires_in": -60 })), None, wrong),
        (issue(&org, &json!({ "audience": "other" })), None, wrong),
        (issue(&org, &json!({ "issuer": "https://other.example" })), None, wrong),
        (issue(&org, &json!({ "subject": "somebody" })), None, wrong),
        ("a".repeat(10_001), None, "subject_token is too long"),
        (String::new(), None, "missing required parameter: subject_token"),
        (good.clone(), Some(("token_handler", "Ghost")), "no such token handler for this app"),
        (good.clone(), Some(("subject_token_type", "jwt")), "subject_token_type is missing or invalid"),
        (
            good.clone(),
            Some(("subject_token_type", "urn:ietf:params:oauth:token-type:saml2")),
            "the token handler does not support this subject_token_type",
        ),
    ] {
        let more: Vec<(&str, &str)> = more.into_iter().collect();
        let response = exchange(&org, &token, &more);
        assert_eq!(response.status, 400, "{words}: {}", response.body);
        assert!(response.body.contains(words), "{words}: {}", response.body);
    }
}
