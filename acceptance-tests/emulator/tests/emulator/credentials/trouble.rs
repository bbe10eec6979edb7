//! Another administrator, planned faults, the journal, and the list of all secrets.

use serde_json::{Value, json};

use super::keys::{Keys, pair};

fn plan(keys: &Keys, fault: &Value) {
    keys.org.admin("POST", "faults", &fault.to_string());
}

/// A fault is planned for each call: before and after its effect, for the first and for the second call.
#[test]
fn every_call_can_be_lost_before_and_after_its_effect() {
    type Call = fn(&Keys, &str) -> crate::client::Response;
    let calls: &[(&str, bool, &str, &str, Call)] = &[
        ("stageCredentials", false, "", "Active", |keys, _| keys.stage()),
        ("rotateCredentials", true, "Active", "Rotated", |keys, id| keys.rotate(id)),
        ("deleteStagedCredentials", true, "Active", "", |keys, id| keys.delete(id)),
        ("stagedCredentials", true, "Active", "Active", |keys, _| keys.get("/staged")),
        ("stagedCredentials", true, "Active", "Active", |keys, id| keys.get(&format!("/staged/{id}"))),
        ("oauthCredentials", false, "", "", |keys, _| keys.get("")),
    ];
    for (name, is_staged, before, after, call) in calls {
        for (when, nth) in [("before", 1), ("after", 1), ("before", 2), ("after", 2)] {
            let keys = Keys::open();
            let id = if *is_staged { keys.stage_pair().0 } else { String::new() };
            let states = |keys: &Keys| {
                let pairs = keys.org.admin("GET", "apps/Shop/credentials", "");
                let all = pairs.as_array().unwrap()[1..].iter();
                all.map(|one| one["state"].as_str().unwrap().to_string()).collect::<Vec<_>>().join(" ")
            };
            assert_eq!(states(&keys), *before, "{name}");
            plan(&keys, &json!({ "call": name, "nth": nth, "when": when, "do": "drop" }));
            if nth == 2 {
                // A rejected call also counts as a call for `nth`.
                let path = keys.path("/staged/0xR000000009999");
                match *name {
                    "stageCredentials" => keys.org.json("POST", &keys.path("/staged"), "[]"),
                    "rotateCredentials" => keys.org.json("PATCH", &path, "{}"),
                    "deleteStagedCredentials" => keys.org.rest("DELETE", &path, ""),
                    "stagedCredentials" => keys.org.rest("GET", &path, ""),
                    _ => keys.get(""),
                };
                assert_eq!(states(&keys), *before, "{name}");
            }
            assert_eq!(call(&keys, &id).status, 0, "{name} {when} {nth}");
            let expected = if when == "after" { after } else { before };
            assert_eq!(states(&keys), *expected, "{name} {when} {nth}");
            assert_ne!(call(&keys, &id).status, 0, "{name} {when} {nth}: once");
        }
    }
}

#[test]
fn a_response_can_be_truncated_replaced_or_contain_the_token() {
    let keys = Keys::open();
    let (id, _) = keys.stage_pair();
    plan(&keys, &json!({ "call": "rotateCredentials", "when": "after", "do": "cut" }));
    let cut = keys.rotate(&id);
    assert!(cut.status == 200 && !cut.is_complete, "{}", cut.body);
    assert_eq!(keys.states(), ["Rotated"]);
    for (what, action, status, words) in [
        (
            "a REST error",
            json!({ "fault": { "code": "UNABLE_TO_LOCK_ROW", "text": "busy with {token}", "status": 409 } }),
            409,
            "busy with 00D",
        ),
        (
            "HTML",
            json!({ "status": 503, "body": "<html>down for {token}</html>" }),
            503,
            "<html>down for 00D",
        ),
    ] {
        plan(&keys, &json!({ "call": "deleteStagedCredentials", "do": action }));
        let response = keys.delete(&id);
        assert_eq!(response.status, status, "{what}");
        assert!(
            response.body.contains(words) && response.body.contains(&keys.org.token),
            "{}",
            response.body
        );
        keys.org.admin("DELETE", "faults", "");
    }
    plan(
        &keys,
        &json!({ "call": "describeMetadata", "do": { "fault": { "code": "X", "text": "of {token}" } } }),
    );
    let response = keys.org.soap("<describeMetadata/>");
    assert!(response.body.contains(&format!("of {}", keys.org.token)), "{}", response.body);
}

#[test]
fn another_administrator_can_manage_the_credentials_of_an_app() {
    let keys = Keys::open();
    let request = |body: Value| keys.org.admin("POST", "apps/Shop/credentials", &body.to_string());
    let first = keys.main();
    let staged = request(json!({ "do": "stage" }));
    assert_eq!((&staged[0]["state"], &staged[1]["state"]), (&json!("Main"), &json!("Active")), "{staged}");
    assert_eq!(keys.staged()[0]["createdBy"], "005000000000005");
    request(json!({ "do": "rotate" }));
    assert_eq!((keys.states(), keys.main()), (vec!["Rotated".to_string()], pair(&staged[1])));
    request(json!({ "do": "revoke" }));
    assert!(keys.states().is_empty() && !keys.logs_in(&first));
    // Stages and rotates in one call, as another user.
    let admin = keys.org.running.credentials.username.clone();
    let rotated = request(json!({ "do": "rotate", "user": admin }));
    assert_eq!((&rotated[1]["state"], &rotated[1]["createdBy"]), (&json!("Rotated"), &json!(admin)));
    keys.switch(&json!({ "staging": "beside_rotated" }));
    let both = request(json!({ "do": "stage" }));
    let remaining = request(json!({ "do": "revoke", "id": both[1]["id"] }));
    assert_eq!((remaining.as_array().unwrap().len(), &remaining[1]["state"]), (2, &json!("Active")));
    for (app, body, status) in [
        ("Shop", json!({ "do": "stage" }), 409),
        ("Shop", json!({ "do": "explode" }), 400),
        ("Shop", json!({ "do": "stage", "user": "nobody@x.example" }), 400),
        ("Shop", json!({ "do": "revoke", "id": "0xR000000009999" }), 404),
        ("Shop", json!({ "do": "stage", "x": 1 }), 400),
        ("None", json!({ "do": "stage" }), 404),
    ] {
        let path = format!("/emulator/apps/{app}/credentials");
        let response = keys.org.http("POST", &path, &[], body.to_string().as_bytes());
        assert_eq!(response.status, status, "{body}: {}", response.body);
    }
    assert_eq!(keys.org.http("GET", "/emulator/apps/None/credentials", &[], b"").status, 404);
}

/// Each change takes effect immediately before a call.
#[test]
fn another_administrator_can_change_pairs_concurrently() {
    for (action, call, status) in [
        ("stage", "stageCredentials", 400),
        ("rotate", "rotateCredentials", 400),
        ("revoke", "rotateCredentials", 404),
        ("revoke", "deleteStagedCredentials", 404),
    ] {
        let keys = Keys::open();
        let id = if call == "stageCredentials" { String::new() } else { keys.stage_pair().0 };
        plan(&keys, &json!({ "call": call, "do": { "credentials": { "app": "Shop", "do": action } } }));
        let response = match call {
            "stageCredentials" => keys.stage(),
            "rotateCredentials" => keys.rotate(&id),
            _ => keys.delete(&id),
        };
        assert_eq!(response.status, status, "{action} before {call}: {}", response.body);
    }
}

#[test]
fn every_step_is_in_the_journal_and_every_secret_in_the_list() {
    let keys = Keys::open();
    let first = keys.main();
    let (id, second) = keys.stage_pair();
    keys.rotate(&id);
    keys.delete(&id);
    let (id, third) = keys.stage_pair();
    keys.delete(&id);
    keys.log_in_by_jwt(&second.0);
    let journal = keys.org.admin("GET", "journal", "");
    let steps: Vec<String> = journal
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["path"].as_str().unwrap().contains("/staged"))
        .map(|entry| {
            assert_eq!(entry["user"], keys.org.running.credentials.username);
            assert_eq!(entry["details"]["app"], "Shop");
            format!("{} {}", entry["operation"].as_str().unwrap(), entry["status"])
        })
        .collect();
    let expected = [
        "stageCredentials 201",
        "rotateCredentials 200",
        "deleteStagedCredentials 204",
        "stageCredentials 201",
        "deleteStagedCredentials 204",
    ];
    assert_eq!(steps, expected);
    let known = keys.org.admin("GET", "secrets", "");
    let known: Vec<&str> = known.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for (key, secret) in [&first, &second, &third] {
        assert!(known.contains(&key.as_str()) && known.contains(&secret.as_str()));
        assert!(!journal.to_string().contains(secret.as_str()), "the journal holds no secrets");
    }
    assert!(known.iter().any(|text| text.starts_with("eyJ") && text.split('.').count() == 3), "assertions");
}

/// The state file contains the staged and previous credentials. The state file from an older emulator contains no such
/// credentials.
#[test]
fn pairs_survive_a_restart() {
    let path = std::env::temp_dir().join(format!("emulator-pairs-{}.json", std::process::id()));
    let config = salesforce_emulator::Config { state_file: Some(path.clone()), ..Default::default() };
    let org = crate::client::start_with(config.clone());
    org.admin("POST", "apps", r#"{"name":"Hand"}"#);
    let before = org.admin("POST", "apps/Hand/credentials", r#"{"do":"rotate"}"#);
    drop(org);
    let org = crate::client::start_with(config.clone());
    assert_eq!(org.admin("GET", "apps/Hand/credentials", ""), before);
    drop(org);
    let mut saved: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    saved["org"]["tree"].as_object_mut().unwrap().remove("pairs").unwrap();
    std::fs::write(&path, saved.to_string()).unwrap();
    let org = crate::client::start_with(config);
    assert_eq!(org.admin("GET", "apps/Hand/credentials", "").as_array().unwrap().len(), 1);
    std::fs::remove_file(&path).unwrap();
}
