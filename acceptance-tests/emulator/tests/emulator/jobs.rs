//! Jobs over time: the queue, its order, cancellation, the range of API versions.

use std::time::{Duration, Instant};

use salesforce_emulator::{Config, Switches};

use crate::client::{APP, Org, Package, between, start, start_with, unsupported_version};

fn status_of(org: &Org, id: &str) -> String {
    org.check(id).status()
}

/// An org in which deploys start only after `start_deploys`, and then run longer than any test waits.
fn slow() -> Org {
    let switches = Switches { queue_ms: 600_000, deploy_ms: 600_000, ..Switches::default() };
    start_with(Config { switches, ..Config::default() })
}

fn start_deploys(org: &Org) {
    org.admin("PATCH", "org", r#"{"queue_ms": 0}"#);
}

fn wait_for(org: &Org, id: &str, expected: &str) {
    let start = Instant::now();
    while status_of(org, id) != expected {
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "{id} is {}, expected {expected}",
            status_of(org, id)
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn cancel(org: &Org, id: &str) -> crate::client::Response {
    org.soap(&format!("<cancelDeploy><String>{id}</String></cancelDeploy>"))
}

#[test]
fn deploys_run_one_at_a_time() {
    let org = slow();
    let first = org.start_deploy(&Package::shop());
    assert_eq!(status_of(&org, &first), "Pending");
    let second = org.start_deploy(&Package::new().with(APP, "Second", ""));
    start_deploys(&org);
    wait_for(&org, &first, "InProgress");
    assert_eq!(status_of(&org, &second), "Pending");
    assert!(org.components().get(APP).is_none());
    org.admin("PATCH", "org", r#"{"deploy_ms": 0}"#);
    wait_for(&org, &second, "Succeeded");
    assert_eq!(status_of(&org, &first), "Succeeded");
    assert!(org.components()[APP].get("Shop").is_some());
}

#[test]
fn a_pending_deploy_is_canceled_immediately() {
    let org = slow();
    let first = org.start_deploy(&Package::shop());
    let second = org.start_deploy(&Package::new().with(APP, "Second", ""));
    let response = cancel(&org, &second);
    assert!(response.body.contains("<done>true</done>"), "{}", response.body);
    let canceled = org.check(&second);
    assert_eq!(canceled.status(), "Canceled");
    assert!(canceled.text.contains("<canceledByName>Ada Admin</canceledByName>"));
    start_deploys(&org);
    wait_for(&org, &first, "InProgress");
    let response = cancel(&org, &first);
    assert!(response.body.contains("<done>false</done>"), "{}", response.body);
    assert_eq!(status_of(&org, &first), "Canceling");
    wait_for(&org, &first, "Canceled");
    assert!(org.components().get(APP).is_none());
    assert_eq!(cancel(&org, &first).status, 500);
    assert!(cancel(&org, "0Af000000009999AAA").body.contains("INVALID_ID_FIELD"));
}

#[test]
fn a_cancel_can_be_rejected_or_have_no_effect() {
    let org = slow();
    let id = org.start_deploy(&Package::shop());
    start_deploys(&org);
    wait_for(&org, &id, "InProgress");
    org.admin("PATCH", "org", r#"{"cancel": "deny"}"#);
    assert!(cancel(&org, &id).body.contains("UNABLE_TO_LOCK_ROW"));
    org.admin("PATCH", "org", r#"{"cancel": "commit_anyway"}"#);
    assert_eq!(cancel(&org, &id).status, 200);
    wait_for(&org, &id, "Canceled");
    assert!(org.components()[APP].get("Shop").is_some());
}

#[test]
fn the_finalizing_status_is_reported_since_version_65() {
    let switches = Switches { finalizing_ms: 60_000, ..Switches::default() };
    let org = start_with(Config { switches, ..Config::default() });
    let id = org.start_deploy(&Package::shop());
    wait_for(&org, &id, "Finalizing");
    let check = format!("<checkDeployStatus><asyncProcessId>{id}</asyncProcessId></checkDeployStatus>");
    let old = org.soap_at("64.0", &check).body;
    assert_eq!(between(&old, "<status>", "</status>").as_deref(), Some("InProgress"));
    assert!(!old.contains("<componentSuccesses>") && old.contains("<numberFiles>"));
    assert!(!org.soap_at("63.0", &check).body.contains("<numberFiles>"));
    assert_eq!(cancel(&org, &id).status, 500);
}

#[test]
fn unknown_ids_and_unsupported_versions_are_rejected() {
    let org = start();
    let response = org
        .soap("<checkDeployStatus><asyncProcessId>0Af000000009999AAA</asyncProcessId></checkDeployStatus>");
    assert_eq!(response.status, 500);
    assert!(response.body.contains("<faultcode>sf:INVALID_CROSS_REFERENCE_KEY</faultcode>"));
    for (version, expected) in [
        (unsupported_version().as_str(), "UNSUPPORTED_API_VERSION"),
        ("30.0", "UNSUPPORTED_API_VERSION"),
        ("x", "UNSUPPORTED_API_VERSION"),
        ("59.0", "not emulated"),
    ] {
        assert!(org.soap_at(version, "<describeMetadata/>").body.contains(expected), "{version}");
    }
    let old = start_with(Config { api_version: 62, ..Config::default() });
    assert!(old.soap_at("63.0", "<describeMetadata/>").body.contains("UNSUPPORTED_API_VERSION"));
    let versions = old.http("GET", "/services/data", &[], b"").json();
    assert_eq!(versions.as_array().unwrap().last().unwrap()["version"], "62.0");
}

#[test]
fn invalid_envelopes_get_faults_and_do_not_stop_the_server() {
    let org = start();
    let deep = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
    let soap = &[("Content-Type", "text/xml"), ("SOAPAction", "\"\"")];
    for body in ["", "<", "<a/>", "\u{0}", "<Envelope><Body/></Envelope>", deep.as_str(), "<!DOCTYPE a><a/>"]
    {
        let response = org.http("POST", "/services/Soap/m/66.0", soap, body.as_bytes());
        assert_eq!(response.status, 500, "{}", body.chars().take(20).collect::<String>());
        assert!(response.body.contains("<faultstring>"));
    }
    assert_eq!(
        org.http("POST", "/services/Soap/m/66.0", &[("Content-Type", "text/xml")], b"<a/>").status,
        500
    );
    let json = &[("Content-Type", "application/json"), ("SOAPAction", "")];
    assert_eq!(org.http("POST", "/services/Soap/m/66.0", json, b"{}").status, 415);
    let response = org.soap("<deploy><ZipFile>!!!</ZipFile></deploy>");
    assert!(response.body.contains("not valid base64"));
    assert!(org.soap("<deploy><ZipFile>AAAA</ZipFile></deploy>").status == 200, "the job reports it");
    assert!(org.soap("<renameMetadata/>").body.contains("not emulated: the SOAP operation renameMetadata"));
    org.shop();
}

#[test]
fn the_state_survives_a_restart() {
    let folder = std::env::temp_dir().join(format!("emulator-state-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("org.json");
    let config =
        Config { state_file: Some(file), journal_file: Some(folder.join("journal")), ..Config::default() };
    let org = start_with(config.clone());
    org.shop();
    let before = org.components();
    drop(org);
    let again = start_with(config);
    assert_eq!(again.components(), before);
    let journal = std::fs::read_to_string(folder.join("journal")).unwrap();
    assert!(journal.lines().any(|line| line.contains("\"operation\":\"deploy\"")), "{journal}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_admin_interface_shows_the_changes_and_the_session_of_a_deploy() {
    let mut org = start();
    org.shop();
    let session = org.admin(
        "POST",
        "sessions",
        &serde_json::json!({ "user": org.running.credentials.username }).to_string(),
    );
    org.token = session["access_token"].as_str().unwrap().to_string();
    let package = Package::new().with(APP, "Shop", "<description>New</description><label>Shop</label>");
    assert_eq!(org.deploy(&package).status(), "Succeeded");
    let deploys = org.admin("GET", "deploys", "");
    let [first, second] = deploys.as_array().unwrap().as_slice() else { panic!("{deploys}") };
    assert_eq!(first["changes"], serde_json::json!([]), "a new component is not a change");
    let of = |element: &str, before: serde_json::Value, after: serde_json::Value| serde_json::json!({ "type": APP, "name": "Shop", "element": element, "before": before, "after": after });
    let expected = [
        of("contactEmail", "a@example.com".into(), serde_json::Value::Null),
        of("description", serde_json::Value::Null, "New".into()),
    ];
    assert_eq!(second["changes"], serde_json::json!(expected));
    let journal = org.admin("GET", "journal", "");
    let sessions: Vec<&serde_json::Value> = journal
        .as_array()
        .unwrap()
        .iter()
        .filter(|call| call["operation"] == "deploy")
        .map(|call| &call["details"]["session"])
        .collect();
    assert_eq!(sessions.len(), 2);
    assert_ne!(sessions[0], sessions[1]);
    assert_eq!(*sessions[1], session["session"]);
}
