//! Tests that the org is unchanged, regardless of how a run ends.

use super::program::{Live, change, shared_org, visible_state};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::APP;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn a_failed_scenario_is_cleaned_up() {
    let org = shared_org(&[]);
    let before = visible_state(&org);
    // The app and its settings exist when the update of the settings is rejected.
    let problem = json!({ "type": "ExtlClntAppGlobalOauthSettings", "problem": "Rejected here", "line": 3, "column": 1 });
    org.admin(
        "POST",
        "/faults",
        Some(&json!([{ "call": "deploy", "nth": 3, "do": { "component_problem": problem } }])),
    );
    let run = Live::in_org(&org).run(&["--only=oauth_settings"]).ended_with(1);
    assert_eq!(run.report["scenarios"][0]["result"], "failed", "{}", run.stdout);
    assert!(run.stdout.contains("FAILED        oauth_settings"), "{}", run.stdout);
    assert!(run.report["scenarios"][0]["why"].to_string().contains("Rejected here"), "{}", run.report);
    assert_eq!(run.report["left"], json!([]));
    assert_eq!(visible_state(&org), before);
    run.assert_no_secrets(&org);
}

#[track_caller]
fn wait_for_app(org: &Emulator) {
    let deadline = Instant::now() + Duration::from_secs(300);
    while !org.names(APP).iter().any(|name| name.starts_with("TfLive_")) {
        assert!(Instant::now() < deadline, "no app was created");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn ctrl_c_stops_the_run_and_nothing_remains() {
    let org = shared_org(&["--deploy-ms", "300"]);
    let before = visible_state(&org);
    for half in ["--only=policies", "--only=questions"] {
        let live = Live::in_org(&org);
        let child = live.start(&[half]);
        wait_for_app(&org);
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, Signal::INT).unwrap();
        let run = live.end(child).ended_with(130);
        assert!(
            run.stdout.contains("Stopping: running operations finish, then everything is removed"),
            "{}",
            run.stdout
        );
        assert_eq!(run.report["interrupted"], true);
        assert_eq!(visible_state(&org), before, "{half}");
    }
}

#[test]
fn components_that_cannot_be_deleted_are_reported() {
    let org = shared_org(&[]);
    // Every deploy after the one that creates the app is rejected, so nothing can be deleted.
    let problem = json!({ "type": APP, "problem": "You can't delete it now", "line": 3, "column": 1 });
    let rejection =
        json!([{ "call": "deploy", "nth": 2, "times": 20, "do": { "component_problem": problem } }]);
    org.admin("POST", "/faults", Some(&rejection));
    let run = Live::in_org(&org).run(&["--only=line_breaks"]).ended_with(1);
    assert!(run.stdout.contains("LEFT IN THE ORG"), "{}", run.stdout);
    assert!(run.stdout.contains("You can't delete it now"), "{}", run.stdout);
    assert_eq!(run.report["left"].as_array().unwrap().len(), 1, "{}", run.report);
    org.admin("DELETE", "/faults", None);
    change(&org, &json!({ "deploy_ms": 0 }));
    Live::in_org(&org).run(&["--sweep"]).ended_with(0);
    assert_eq!(org.names(APP), ["Shop"]);
}
