//! Records of the flows: in the journal, in the list of secrets, in the state file.

use salesforce_emulator::Config;
use serde_json::json;

use super::shop::{Shop, code};
use crate::client::start_with;

#[test]
fn the_journal_contains_the_flow_and_no_secrets() {
    let shop = Shop::open();
    shop.org.admin("DELETE", "journal", "");
    let tokens = shop.tokens();
    shop.refresh(tokens["refresh_token"].as_str().unwrap(), &[]);
    shop.guest_token();
    let identifier = shop.start_passwordless("customer", "email").json()["identifier"].clone();
    let identifier = identifier.as_str().unwrap();
    shop.with_code("passwordless-login", "email", identifier, &shop.mail(identifier));
    shop.start_registration(&shop.name("nora"));
    shop.forgot(&json!({ "username": shop.name("customer") }));
    shop.revoke(tokens["access_token"].as_str().unwrap());
    shop.log_in("unassigned", &[]);
    let journal = shop.org.admin("GET", "journal", "");
    let entries = journal.as_array().unwrap();
    let operations: Vec<&str> = entries.iter().map(|entry| entry["operation"].as_str().unwrap()).collect();
    assert_eq!(
        operations,
        [
            "siteAuthorize",
            "siteToken",
            "siteToken",
            "siteAuthorize",
            "siteToken",
            "sitePasswordlessInit",
            "siteAuthorize",
            "siteRegistrationInit",
            "siteForgotPassword",
            "siteRevoke",
            "siteAuthorize",
        ]
    );
    assert_eq!(entries[0]["user"], shop.name("customer"));
    assert_eq!(entries[0]["details"]["app"], "Shop");
    assert_eq!(entries[0]["details"]["variant"], "Named-User");
    assert_eq!(entries[10]["details"]["gate"], "G6");
    let text = journal.to_string();
    let secrets = shop.org.admin("GET", "secrets", "");
    let secrets: Vec<&str> = secrets.as_array().unwrap().iter().filter_map(|one| one.as_str()).collect();
    for secret in secrets.iter().filter(|secret| secret.len() > 6) {
        assert!(!text.contains(*secret), "a secret in the journal");
    }
    assert!(!text.contains("canary"), "{text}");
}

#[test]
fn the_list_of_secrets_contains_everything_that_was_issued() {
    let shop = Shop::open();
    let code = code(&shop.log_in("customer", &[]));
    let tokens = shop.redeem(&code, &[]).json();
    let guest = shop.guest_token();
    let identifier = shop.start_passwordless("customer", "sms").json()["identifier"].clone();
    let identifier = identifier.as_str().unwrap().to_string();
    let sent = shop.mail(&identifier);
    shop.start_registration(&shop.name("nora"));
    let secrets = shop.org.admin("GET", "secrets", "");
    let secrets: Vec<&str> = secrets.as_array().unwrap().iter().filter_map(|one| one.as_str()).collect();
    let text = |name: &str| tokens[name].as_str().unwrap();
    let issued = [
        code.as_str(),
        text("access_token"),
        text("refresh_token"),
        text("id_token"),
        &guest,
        &identifier,
        &sent,
        "canary-Password-1",
        &shop.password("customer"),
        &shop.secret,
    ];
    for secret in issued {
        assert!(secrets.contains(&secret), "{secret}");
    }
    for opaque in [&code, text("refresh_token"), &identifier] {
        assert!(opaque.contains("canary"), "{opaque}");
    }
}

#[test]
fn a_restart_preserves_tokens_the_site_and_the_clock() {
    let path = std::env::temp_dir().join(format!("emulator-site-{}.json", std::process::id()));
    let config = || Config { state_file: Some(path.clone()), ..Config::default() };
    let shop = Shop::with(config());
    let tokens = shop.tokens();
    let refresh_token = tokens["refresh_token"].as_str().unwrap().to_string();
    shop.site(&json!({ "status": "DownForMaintenance", "recaptchaScore": 0.7 }));
    shop.advance_clock(60);
    let (key, secret) = (shop.key.clone(), shop.secret.clone());
    drop(shop);
    let shop = Shop { org: start_with(config()), key, secret };
    let site = shop.org.admin("GET", "site", "");
    assert_eq!((&site["status"], &site["recaptchaScore"]), (&json!("DownForMaintenance"), &json!(0.7)));
    assert_eq!(shop.org.admin("GET", "clock", "")["ahead_seconds"], 60);
    shop.site(&json!({ "status": "Live" }));
    assert_eq!(shop.refresh(&refresh_token, &[]).status, 200);
    let _ = std::fs::remove_file(path);
}
