//! The orgs and the components that a run may change.

use super::program::{Live, change, shared_org, visible_state};
use serde_json::json;

#[test]
fn missing_credentials_are_listed() {
    let run = Live::without_org().run(&[]).ended_with(2);
    for variable in
        ["CLIENT_ID", "USERNAME", "PRIVATE_KEY_FILE", "CLIENT_SECRET", "ACCESS_TOKEN", "INSTANCE_URL"]
    {
        assert!(run.stderr.contains(&format!("SALESFORCE_{variable}")), "{}", run.stderr);
    }
    assert_eq!(run.stdout, "");
}

#[test]
fn wrong_credentials_are_an_error_and_nothing_is_deployed() {
    let org = shared_org(&[]);
    let mut live = Live::in_org(&org);
    live.variables.insert("SALESFORCE_USERNAME".to_owned(), "nobody@example.com".to_owned());
    let run = live.run(&[]).ended_with(2);
    assert!(run.stderr.contains("user hasn't approved this consumer"), "{}", run.stderr);
    assert_eq!(org.deploys().len(), 0);
}

#[test]
fn every_authentication_method_works_and_a_plan_changes_nothing() {
    let org = shared_org(&[]);
    let credentials: serde_json::Value = {
        let key = std::path::PathBuf::from(&org.credentials()["SALESFORCE_PRIVATE_KEY_FILE"]);
        serde_json::from_str(&std::fs::read_to_string(key.with_file_name("credentials.json")).unwrap())
            .unwrap()
    };
    let text = |name: &str| credentials[name].as_str().unwrap().to_owned();
    let token = org.admin("POST", "/sessions", Some(&json!({ "user": text("username") })));
    let token = token["access_token"]
        .as_str()
        .or(token["token"].as_str())
        .unwrap_or_else(|| panic!("{token}"))
        .to_owned();
    let url = || ("SALESFORCE_INSTANCE_URL".to_owned(), org.url().to_owned());
    for variables in [
        vec![url(), ("SALESFORCE_ACCESS_TOKEN".to_owned(), token)],
        vec![
            url(),
            ("SALESFORCE_CLIENT_ID".to_owned(), text("client_id")),
            ("SALESFORCE_CLIENT_SECRET".to_owned(), text("client_secret")),
        ],
        vec![
            url(),
            ("SALESFORCE_CLIENT_ID".to_owned(), text("client_id")),
            ("SALESFORCE_USERNAME".to_owned(), text("username")),
            // The key is in one line, as some users store it.
            ("SALESFORCE_PRIVATE_KEY".to_owned(), text("private_key").replace('\n', " ")),
        ],
    ] {
        let mut live = Live::without_org();
        live.variables = variables.into_iter().collect();
        let run = live.run(&["--plan"]).ended_with(0);
        assert!(run.stdout.contains(&format!("({})", org.org_id())), "{}", run.stdout);
        assert!(run.stdout.contains("Everything that it creates is named TfLive_"), "{}", run.stdout);
    }
    assert_eq!(org.deploys().len(), 0);
}

#[test]
fn a_production_org_is_rejected_unless_it_is_allowed() {
    let org = shared_org(&[]);
    change(&org, &json!({ "edition": "Enterprise Edition" }));
    let mut live = Live::in_org(&org);
    let run = live.run(&["--only=order"]).ended_with(2);
    assert!(run.stdout.contains("PRODUCTION"), "{}", run.stdout);
    assert!(run.stderr.contains("LIVE_PRODUCTION=yes"), "{}", run.stderr);
    live.run(&["--sweep"]).ended_with(2);
    assert_eq!(org.deploys().len(), 0);
    live.variables.insert("LIVE_PRODUCTION".to_owned(), "yes".to_owned());
    live.run(&["--only=order"]).ended_with(0);
    // A sandbox has the edition of its production org.
    live.variables.remove("LIVE_PRODUCTION");
    change(&org, &json!({ "isSandbox": true }));
    live.run(&["--only=order"]).ended_with(0);
}

#[test]
fn an_org_other_than_the_expected_one_is_rejected() {
    let org = shared_org(&[]);
    let mut live = Live::in_org(&org);
    live.variables.insert("SALESFORCE_EXPECTED_ORG_ID".to_owned(), "00D000000000009".to_owned());
    let run = live.run(&[]).ended_with(2);
    assert!(run.stderr.contains("SALESFORCE_EXPECTED_ORG_ID names another org"), "{}", run.stderr);
    assert_eq!(org.deploys().len(), 0);
}

#[test]
fn a_sweep_removes_leftovers_of_runs_and_nothing_else() {
    let org = shared_org(&[]);
    for name in ["TfLive_Shop", "TfLiveShop", "My_TfLive_abcdef_Shop"] {
        org.admin("POST", "/apps", Some(&json!({ "name": name, "callbackUrl": "https://x.example/" })));
    }
    change(&org, &json!({ "permissionSets": { "TfLive_Staff": 0 } }));
    let before = visible_state(&org);
    for name in ["TfLive_abcdef_Shop", "TfLive_x2y3z4_pkce_off"] {
        org.admin("POST", "/apps", Some(&json!({ "name": name, "callbackUrl": "https://x.example/" })));
    }
    change(&org, &json!({ "permissionSets": { "TfLive_abcdef_Customer": 0 } }));
    let run = Live::in_org(&org).run(&["--sweep"]).ended_with(0);
    assert!(run.stdout.contains("removed PermissionSet TfLive_abcdef_Customer"), "{}", run.stdout);
    assert_eq!(visible_state(&org), before);
    let again = Live::in_org(&org).run(&["--sweep"]).ended_with(0);
    assert!(again.stdout.contains("Removed from the org: 0."), "{}", again.stdout);
}
