//! Certificates, and what is taken for one.

use crate::metadata::{Rule, certificate_facts};
use crate::value::Value;

/// Made for this test with openssl; its key was thrown away.
const RSA_1024: &str = include_str!("rsa1024.pem");

fn fresh() -> rcgen::CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(vec!["shop.example.com".to_owned()]).unwrap()
}

fn check(rule: Rule, pem: &str) -> Option<String> {
    rule.check(&Value::text(pem))
}

#[test]
fn facts_for_a_plan() {
    let facts = certificate_facts(RSA_1024).unwrap();
    assert_eq!(facts.key_bits, 1024);
    assert!(facts.is_rsa);
    assert_eq!(facts.not_after_date, "2029-08-19");
    assert_eq!(facts.not_after, 1_881_860_968);
    assert_eq!(
        facts.sha256_fingerprint,
        "E9:62:4D:EA:77:9D:4B:B4:9A:92:E9:A7:E2:15:41:2E:A4:07:11:C7:67:9E:14:5F:11:C8:F4:C0:C9:B3:3C:1C"
    );
    let elliptic = certificate_facts(&fresh().cert.pem()).unwrap();
    assert!(!elliptic.is_rsa && elliptic.key_bits >= 256, "{elliptic:?}");
    assert_eq!(certificate_facts("abc"), None);
}

#[test]
fn one_certificate_passes_in_any_line_ends() {
    for pem in [
        RSA_1024.to_owned(),
        RSA_1024.replace('\n', "\r\n"),
        format!("\n{}", RSA_1024.trim()),
        fresh().cert.pem(),
        String::new(),
    ] {
        assert_eq!(check(Rule::Certificate, &pem), None);
    }
}

#[test]
fn what_is_no_certificate_is_refused() {
    let two = format!("{RSA_1024}{RSA_1024}");
    let cut = RSA_1024.get(..400).unwrap();
    let body: String = RSA_1024.lines().skip(1).take(3).collect();
    let broken = RSA_1024.replace(&body[..10], "AAAAAAAAAA");
    let request = RSA_1024.replace("CERTIFICATE", "CERTIFICATE REQUEST");
    let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----";
    for (pem, because) in [
        ("abc", "not PEM"),
        ("-----BEGIN ", "not PEM"),
        (&two, "more than one"),
        (cut, "not a readable"),
        (&broken, "not a readable"),
        (&request, "no certificate"),
        (empty, "not a readable"),
    ] {
        let problem = check(Rule::Certificate, pem).unwrap();
        assert!(problem.contains(because), "{problem}");
        assert!(!problem.contains("MII"), "{problem}");
    }
}

#[test]
fn a_private_key_is_refused_and_not_shown() {
    let key = fresh().signing_key.serialize_pem();
    let chain = format!("{RSA_1024}{key}");
    for pem in [key.as_str(), chain.as_str(), &key.to_lowercase(), &key.replace('\n', " ")] {
        let problem = check(Rule::Certificate, pem).unwrap();
        assert!(problem.contains("private key"), "{problem}");
        let secret = key.lines().nth(1).unwrap();
        assert!(!problem.contains(secret) && !problem.contains(&secret.to_lowercase()));
    }
}

#[test]
fn a_short_key_is_a_warning() {
    let rule = Rule::RsaKeyBits(2048);
    assert!(!rule.confirmed());
    assert!(check(rule, RSA_1024).unwrap().contains("1024 bits"));
    assert_eq!(check(rule, &fresh().cert.pem()), None);
    assert_eq!(check(rule, "abc"), None);
}
