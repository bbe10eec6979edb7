//! Validates recorded messages against Salesforce's own schema, and reports the counts.

use super::program::{python, run, source};
use acceptance_tests::recorder::Recorder;
use serde_json::Value;
use std::io::Write as _;
use std::path::Path;

/// Validates all messages to and from a client. Only the violations in `clients/exceptions.json` are allowed, and every
/// exception for this client must be used.
///
/// Returns how often each message occurred.
#[track_caller]
pub fn validate(recorder: &Recorder, client: &str, program: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder for the messages");
    let calls = recorder.write(folder.path());
    let verdict = verdict(folder.path(), client);
    // Bypasses the test runner, which hides the output of a passing test.
    let _closed_output = writeln!(
        std::io::stderr(),
        "{calls} calls by {program}, {} SOAP bodies and {} files in them validated, {} exceptions ({} uses)",
        verdict["bodies"],
        verdict["files"],
        verdict["exceptions"],
        verdict["uses"]
    );
    let wrong = verdict["wrong"].as_array().expect("a list of violations");
    if !wrong.is_empty() {
        let kept = folder.keep();
        panic!("violations of Salesforce's WSDL, the messages are kept in {}: {wrong:#?}", kept.display());
    }
    assert_eq!(verdict["unused"], serde_json::json!([]), "unused exceptions");
    assert!(verdict["bodies"].as_u64() > Some(0), "{program} sent no SOAP messages");
    verdict["seen"].clone()
}

#[track_caller]
fn verdict(folder: &Path, client: &str) -> Value {
    let scratch = tempfile::tempdir().expect("a folder for the output");
    let mut referee = python();
    referee.arg(source("python/referee.py")).arg(folder).arg(client);
    let output = run(&mut referee, scratch.path()).succeeded();
    serde_json::from_str(&output.stdout).expect("the result as JSON")
}

/// Asserts that the messages of a client include these messages.
#[track_caller]
pub fn assert_seen(seen: &Value, messages: &[&str]) {
    for message in messages {
        assert!(seen[*message].as_u64() > Some(0), "no {message} among {seen}");
    }
}

#[test]
fn the_validation_finds_violations() {
    let soap = |content: &str| {
        format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\
             <s:Body xmlns=\"http://soap.sforce.com/2006/04/metadata\">{content}</s:Body></s:Envelope>"
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let status = "<checkDeployStatus><asyncProcessId>0Af000000000000AAA</asyncProcessId>";
    let messages = [
        (
            "0001-request.xml",
            soap(&format!("{status}<includeDetails>true</includeDetails></checkDeployStatus>")),
        ),
        (
            "0002-request.xml",
            soap(&format!("{status}<includeDetails>yes</includeDetails></checkDeployStatus>")),
        ),
        ("0003-response.xml", soap("<deployResponse><result><id>0Af</id></result></deployResponse>")),
        ("0004-response.xml", soap("<noSuchMessage/>")),
    ];
    for (name, text) in &messages {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let verdict = verdict(folder.path(), "unknown");
    assert_eq!(verdict["bodies"], 4);
    let wrong = verdict["wrong"].to_string();
    assert!(!wrong.contains("0001-request"), "{wrong}");
    for name in ["0002-request", "0003-response", "0004-response"] {
        assert!(wrong.contains(name), "{name} passed: {wrong}");
    }
}
