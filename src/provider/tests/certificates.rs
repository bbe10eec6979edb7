//! Diagnostics about certificates in configurations and plans.

use std::time::{Duration, SystemTime};

use super::plans::{applied, none, planned, with};
use super::{object, spec};
use crate::metadata::certificate_facts;
use crate::provider::diagnostics::Diagnostic;
use crate::provider::operations::PlanReply;
use crate::provider::private::PrivateState;
use crate::provider::validate::check;
use crate::value::{Path, Value};

const SETTINGS: &str = "_oauth_settings";
/// The second attribute also accepts the name of a certificate.
const ATTRIBUTES: [&str; 2] = ["certificate", "client_assertion_certificate"];
const RSA_1024: &str = include_str!("../../metadata/tests/rsa1024.pem");

fn certificate(key: &rcgen::KeyPair, name: &str) -> String {
    rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(key).unwrap().pem()
}

fn without_markers(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

/// The diagnostics about the validity of a certificate, at a time in seconds since the Unix epoch.
fn validity_diagnostics(attribute: &str, text: &str, now: i64) -> Vec<Diagnostic> {
    let config = object(SETTINGS, &[("external_client_app", "Shop".into()), (attribute, text.into())]);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(now).unwrap());
    let found = check(spec(SETTINGS), &config, now).into_iter();
    found.filter(|found| found.id.starts_with("certificate-")).collect()
}

#[test]
fn a_certificate_that_is_not_valid_or_expires_soon_is_a_warning() {
    const DAY: i64 = 86_400;
    let facts = certificate_facts(RSA_1024).unwrap();
    let (from, until) = (facts.not_before, facts.not_after);
    let soon = "certificate-expires-soon";
    for attribute in ATTRIBUTES {
        for text in [RSA_1024.to_owned(), without_markers(RSA_1024)] {
            for (now, id, fragment) in [
                (from - 1, "certificate-not-yet-valid", "is valid from"),
                (from, "", ""),
                (until - 31 * DAY, "", ""),
                (until - 30 * DAY, soon, "expires on 2029-08-19, in 30 days."),
                (until - DAY, soon, "expires on 2029-08-19, in 1 day."),
                (until, soon, "expires on 2029-08-19, in less than a day."),
                (until + 1, "certificate-expired", "expired on 2029-08-19."),
                (until + 1000 * DAY, "certificate-expired", "expired on 2029-08-19."),
            ] {
                let found = validity_diagnostics(attribute, &text, now);
                let ids: Vec<&str> = found.iter().map(|found| found.id).collect();
                let expected: Vec<&str> = Some(id).filter(|id| !id.is_empty()).into_iter().collect();
                assert_eq!(ids, expected, "{attribute} at {now}");
                for found in &found {
                    assert!(found.detail.contains(fragment), "{}", found.detail);
                    assert!(found.detail.contains(&facts.sha256_fingerprint), "{}", found.detail);
                    assert!(found.text().contains(&format!("suppress_warnings = [\"{id}\"]")));
                    assert_eq!(found.path, Some(Path::attribute(attribute)));
                    assert!(!found.is_error());
                }
            }
        }
    }
    for no_certificate in ["", "abc"] {
        assert_eq!(validity_diagnostics("certificate", no_certificate, until + 1), vec![]);
    }
    assert_eq!(validity_diagnostics("client_assertion_certificate", "Its_Name", until + 1), vec![]);
}

#[test]
fn a_private_key_in_a_certificate_attribute_is_an_error() {
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    for attribute in ["certificate", "client_assertion_certificate", "asset_token_signing_certificate"] {
        for key in [key.clone(), key.to_lowercase()] {
            let config =
                object(SETTINGS, &[("external_client_app", "Shop".into()), (attribute, key.as_str().into())]);
            let found = check(spec(SETTINGS), &config, SystemTime::UNIX_EPOCH);
            let errors: Vec<&Diagnostic> = found.0.iter().filter(|found| found.is_error()).collect();
            assert_eq!(errors.len(), 1, "{attribute}: {errors:?}");
            assert_eq!(errors[0].summary, "Misplaced private key");
            assert_eq!(errors[0].path, None, "Terraform would show the line");
            let secret = key.lines().nth(1).unwrap();
            assert!(found.0.iter().all(|found| !found.detail.contains(secret)));
        }
    }
}

fn changed(attribute: &'static str, old: Value, new: Value, private: &PrivateState) -> Option<Diagnostic> {
    let config = vec![("external_client_app", Value::text("Shop"))];
    let mut state = applied(&planned(SETTINGS, &config, None, &none()));
    state.put(attribute, old);
    let PlanReply { diagnostics, .. } =
        planned(SETTINGS, &with(config, attribute, new), Some(&state), private);
    diagnostics.into_iter().find(|found| found.id == "certificate-changed")
}

#[test]
fn a_certificate_change_shows_both_certificates_and_the_effect_on_clients() {
    let (key, other) = (rcgen::KeyPair::generate().unwrap(), rcgen::KeyPair::generate().unwrap());
    let (old, renewed, another) =
        (certificate(&key, "a.example"), certificate(&key, "b.example"), certificate(&other, "c.example"));
    let long = "An app has only one certificate";
    let text = |text: &str| Value::text(text);
    let shown = |text: &str| {
        let facts = certificate_facts(text).unwrap();
        format!("{} (valid until {})", facts.sha256_fingerprint, facts.not_after_date)
    };
    for attribute in ATTRIBUTES {
        for (new, to, fragment) in [
            (text(&another), shown(&another), long),
            (text(&without_markers(&another)), shown(&another), long),
            (text(&renewed), shown(&renewed), "Both certificates are for the same private key"),
            (
                Value::Unknown,
                "one that is known only after apply".to_owned(),
                "Unless both certificates are for the same private key",
            ),
            (text(""), "none".to_owned(), "rejects signatures made with the old private key"),
        ] {
            let found = changed(attribute, text(&without_markers(&old)), new, &none()).unwrap();
            let detail = &found.detail;
            assert!(
                detail.starts_with(&format!(
                    "\"Shop\": the {attribute} changes from {} to {to}. ",
                    shown(&old)
                )),
                "{detail}"
            );
            assert!(detail.contains(fragment), "{detail}");
            assert_eq!(found.path, Some(Path::attribute(attribute)));
        }
        // There is no warning for the same certificate in another format, or for a first certificate.
        for (before, after) in [
            (text(&old), text(&without_markers(&old))),
            (text(&without_markers(&old)), text(&old)),
            (Value::Null, text(&old)),
        ] {
            assert_eq!(changed(attribute, before, after, &none()), None);
        }
    }
    let found = changed("client_assertion_certificate", "One".into(), "Other".into(), &none()).unwrap();
    assert!(
        found
            .detail
            .starts_with("\"Shop\": the client_assertion_certificate changes from \"One\" to \"Other\". "),
        "{}",
        found.detail
    );
}

#[test]
fn a_certificate_that_salesforce_does_not_return_may_be_a_different_one() {
    let new = certificate(&rcgen::KeyPair::generate().unwrap(), "a.example");
    let hidden = PrivateState { unreadable: ["ExtlClntAppGlobalOauthSettings".to_owned()].into(), ..none() };
    let found = changed("certificate", Value::Null, new.as_str().into(), &hidden).unwrap();
    assert!(found.detail.contains("from one that Salesforce does not return to "), "{}", found.detail);
}
