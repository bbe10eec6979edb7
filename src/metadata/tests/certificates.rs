//! Certificates, and what is taken for one.

use super::{GLOBAL, component, field};
use crate::metadata::{Rule, certificate_facts, encode, same_meaning};
use crate::value::Value;

/// Made for this test with openssl; its key was thrown away.
pub const RSA_1024: &str = include_str!("rsa1024.pem");

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

/// One certificate, in every way that somebody may write it.
fn ways() -> Vec<String> {
    let body: String = RSA_1024.lines().filter(|line| !line.starts_with('-')).collect();
    let lines: Vec<&str> = RSA_1024.lines().filter(|line| !line.starts_with('-')).collect();
    let pem = RSA_1024.trim();
    vec![
        pem.to_owned(),
        RSA_1024.replace('\n', "\r\n"),
        format!("\u{FEFF}{pem}\n\n"),
        format!("Certificate:\n    Data:\n        Version: 3 (0x2)\n{pem}\n"),
        RSA_1024.replace('\n', "\n    "),
        format!("-----BEGIN CERTIFICATE-----{body}-----END CERTIFICATE-----"),
        format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"),
        RSA_1024.replace('\n', "\\n"),
        body.clone(),
        body.trim_end_matches('=').to_owned(),
        lines.join("\n"),
        lines.join("\r\n"),
        format!("\u{FEFF}  {}  ", lines.join("\n\t ")),
        lines.join("\\n"),
    ]
}

#[test]
fn however_it_is_written_it_is_one_certificate() {
    let field = field(&GLOBAL, "certificate");
    for text in ways() {
        assert_eq!(check(Rule::Certificate, &text), None, "{text}");
        assert!(same_meaning(field, &Value::text(RSA_1024), &Value::text(text.as_str())), "{text}");
        assert_eq!(certificate_facts(&text), certificate_facts(RSA_1024), "{text}");
    }
    assert!(!same_meaning(field, &Value::text(RSA_1024), &Value::text(fresh().cert.pem())));
}

#[test]
fn it_is_sent_tidy_and_armoured_as_it_was_written() {
    let lines: Vec<&str> = RSA_1024.lines().filter(|line| !line.starts_with('-')).collect();
    for text in ways() {
        let file = encode(&component(&GLOBAL, &[("certificate", Value::text(text.as_str()))]), 67).xml;
        let file = crate::metadata::parse_xml(&file).unwrap();
        let sent = file.child("certificate").unwrap().text.clone();
        let expected = if text.contains("BEGIN") { RSA_1024.trim().to_owned() } else { lines.join("\n") };
        assert_eq!(sent, expected, "{text}");
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
        ("abc", "neither PEM nor"),
        ("-----BEGIN ", "neither PEM nor"),
        (&two, "more than one"),
        (&body, "neither PEM nor"),
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
