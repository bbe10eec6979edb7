//! Certificates, and strings that can be mistaken for one.

use super::{GLOBAL, SETTINGS, component, field};
use crate::metadata::{CertificateFacts, Rule, Validity, certificate_facts, encode, same_meaning};
use crate::value::Value;

/// Generated with openssl for this test; the key was deleted.
pub const RSA_1024: &str = include_str!("rsa1024.pem");

fn fresh() -> rcgen::CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(vec!["shop.example.com".to_owned()]).unwrap()
}

fn check(rule: Rule, pem: &str) -> Option<String> {
    rule.check(&Value::text(pem))
}

#[test]
fn certificate_facts_are_parsed_from_pem() {
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
fn the_validity_changes_at_its_exact_limits() {
    const DAY: i64 = 86_400;
    let facts = certificate_facts(RSA_1024).unwrap();
    let (from, until) = (facts.not_before, facts.not_after);
    assert_eq!(facts.not_before_date, crate::metadata::date(from));
    for (now, expected) in [
        (i64::MIN, Validity::NotYetValid),
        (from - 1, Validity::NotYetValid),
        (from, Validity::Valid),
        (until - 31 * DAY, Validity::Valid),
        (until - 30 * DAY - 1, Validity::Valid),
        (until - 30 * DAY, Validity::ExpiresSoon(30)),
        (until - 30 * DAY + 1, Validity::ExpiresSoon(29)),
        (until - DAY, Validity::ExpiresSoon(1)),
        (until - DAY + 1, Validity::ExpiresSoon(0)),
        (until, Validity::ExpiresSoon(0)),
        (until + 1, Validity::Expired),
        (i64::MAX, Validity::Expired),
    ] {
        assert_eq!(facts.validity(now), expected, "{} seconds before the end", until - now.max(0));
    }
    // Certificates that were never valid or have a short validity period.
    let with_validity = |not_before, not_after| CertificateFacts { not_before, not_after, ..facts.clone() };
    assert_eq!(with_validity(2 * DAY, DAY).validity(DAY), Validity::NotYetValid);
    assert_eq!(with_validity(2 * DAY, DAY).validity(2 * DAY), Validity::Expired);
    assert_eq!(with_validity(DAY, 2 * DAY).validity(0), Validity::NotYetValid);
    assert_eq!(with_validity(DAY, 2 * DAY).validity(DAY), Validity::ExpiresSoon(1));
}

#[test]
fn certificates_for_the_same_key_have_the_same_public_key() {
    let key = rcgen::KeyPair::generate().unwrap();
    let facts_of = |name: &str| {
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        certificate_facts(&params.self_signed(&key).unwrap().pem()).unwrap()
    };
    let (one, other) = (facts_of("one.example.com"), facts_of("other.example.com"));
    assert_ne!(one.sha256_fingerprint, other.sha256_fingerprint);
    assert_eq!(one.public_key, other.public_key);
    assert_ne!(one.public_key, certificate_facts(&fresh().cert.pem()).unwrap().public_key);
}

/// The format of the attribute is not documented, so names pass. Private keys do not.
#[test]
fn pem_must_be_a_certificate_where_names_are_allowed() {
    let key = fresh().signing_key.serialize_pem();
    let cut = RSA_1024.get(..400).unwrap();
    for (text, is_error, is_warning) in [
        ("My_Certificate", false, false),
        ("", false, false),
        (RSA_1024, false, false),
        (cut, false, true),
        (key.as_str(), true, false),
    ] {
        assert_eq!(check(Rule::NoPrivateKey, text).is_some(), is_error, "{text}");
        assert_eq!(check(Rule::CertificateIfPem, text).is_some(), is_warning, "{text}");
    }
    assert!(Rule::NoPrivateKey.confirmed() && !Rule::CertificateIfPem.confirmed());
}

#[test]
fn a_certificate_passes_with_any_line_endings() {
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

/// One certificate in every accepted format.
fn formats() -> Vec<String> {
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
fn all_formats_are_recognized_as_the_same_certificate() {
    let field = field(&GLOBAL, "certificate");
    for text in formats() {
        assert_eq!(check(Rule::Certificate, &text), None, "{text}");
        assert!(same_meaning(field, &Value::text(RSA_1024), &Value::text(text.as_str())), "{text}");
        assert_eq!(certificate_facts(&text), certificate_facts(RSA_1024), "{text}");
    }
    assert!(!same_meaning(field, &Value::text(RSA_1024), &Value::text(fresh().cert.pem())));
}

#[test]
fn a_certificate_is_sent_with_normalized_lines_and_its_original_pem_markers() {
    let lines: Vec<&str> = RSA_1024.lines().filter(|line| !line.starts_with('-')).collect();
    for text in formats() {
        let file = encode(&component(&GLOBAL, &[("certificate", Value::text(text.as_str()))]), 67).xml;
        let file = crate::xml::parse(&file).unwrap();
        let sent = file.child("certificate").unwrap().text.clone();
        let expected = if text.contains("BEGIN") { RSA_1024.trim().to_owned() } else { lines.join("\n") };
        assert_eq!(sent, expected, "{text}");
    }
}

/// Salesforce does not document the format of this attribute.
#[test]
fn a_certificate_or_name_is_compared_as_a_certificate_and_sent_unchanged() {
    let field = field(&SETTINGS, "client_assertion_certificate");
    for text in formats().into_iter().chain(["Its_Name".to_owned(), format!("{RSA_1024}\n\n")]) {
        let is_certificate = certificate_facts(&text).is_some();
        assert_eq!(
            same_meaning(field, &Value::text(RSA_1024), &Value::text(text.as_str())),
            is_certificate,
            "{text}"
        );
        let written = Value::text(text.as_str());
        let file = encode(&component(&SETTINGS, &[("client_assertion_certificate", written)]), 67).xml;
        let file = crate::xml::parse(&file).unwrap();
        assert_eq!(file.child("clientAssertionCertificate").unwrap().text, text);
    }
}

#[test]
fn invalid_certificates_are_rejected() {
    let two = format!("{RSA_1024}{RSA_1024}");
    let cut = RSA_1024.get(..400).unwrap();
    let body: String = RSA_1024.lines().skip(1).take(3).collect();
    let broken = RSA_1024.replace(&body[..10], "AAAAAAAAAA");
    let request = RSA_1024.replace("CERTIFICATE", "CERTIFICATE REQUEST");
    let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----";
    for (pem, because) in [
        ("abc", "neither a PEM certificate nor"),
        ("-----BEGIN ", "neither a PEM certificate nor"),
        (&two, "more than one"),
        (&body, "neither a PEM certificate nor"),
        (cut, "not a valid"),
        (&broken, "not a valid"),
        (&request, "not a certificate"),
        (empty, "not a valid"),
    ] {
        let problem = check(Rule::Certificate, pem).unwrap();
        assert!(problem.contains(because), "{problem}");
        assert!(!problem.contains("MII"), "{problem}");
    }
}

#[test]
fn a_private_key_is_rejected_and_not_shown() {
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
