//! However a run ends, the org is unchanged.

use super::program::{Live, change, org_of_others, picture};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::APP;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn a_failed_scenario_is_cleaned_up() {
    let org = org_of_others(&[]);
    let before = picture(&org);
    // The app and its settings exist when the update of the settings is refused.
    let problem = json!({ "type": "ExtlClntAppGlobalOauthSettings", "problem": "Refused here", "line": 3, "column": 1 });
    org.admin(
        "POST",
        "/faults",
        Some(&json!([{ "call": "deploy", "nth": 3, "do": { "component_problem": problem } }])),
    );
    let run = Live::in_org(&org).run(&["--only=oauth_settings"]).ended_with(1);
    assert_eq!(run.report["scenarios"][0]["result"], "failed", "{}", run.stdout);
    assert!(run.stdout.contains("FAILED        oauth_settings"), "{}", run.stdout);
    assert!(run.report["scenarios"][0]["why"].to_string().contains("Refused here"), "{}", run.report);
    assert_eq!(run.report["left"], json!([]));
    assert_eq!(picture(&org), before);
    run.keeps_secrets(&org);
}

#[track_caller]
fn until_there_is_an_app(org: &Emulator) {
    let deadline = Instant::now() + Duration::from_secs(300);
    while !org.names(APP).iter().any(|name| name.starts_with("TfLive_")) {
        assert!(Instant::now() < deadline, "no app was created");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn ctrl_c_stops_it_and_nothing_remains() {
    let org = org_of_others(&["--deploy-ms", "300"]);
    let before = picture(&org);
    for half in ["--only=policies", "--only=facts"] {
        let live = Live::in_org(&org);
        let child = live.start(&[half]);
        until_there_is_an_app(&org);
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, Signal::INT).unwrap();
        let run = live.end(child).ended_with(130);
        assert!(
            run.stdout.contains("Stopping: running operations finish, then everything is removed"),
            "{}",
            run.stdout
        );
        assert_eq!(run.report["interrupted"], true);
        assert_eq!(picture(&org), before, "{half}");
    }
}

#[test]
fn leftovers_are_reported() {
    let org = org_of_others(&[]);
    // Nothing can be deleted in the meantime: every deploy after the one that creates the app is refused.
    let problem = json!({ "type": APP, "problem": "You can't delete it now", "line": 3, "column": 1 });
    let refuse = json!([{ "call": "deploy", "nth": 2, "times": 20, "do": { "component_problem": problem } }]);
    org.admin("POST", "/faults", Some(&refuse));
    let run = Live::in_org(&org).run(&["--only=line_breaks"]).ended_with(1);
    assert!(run.stdout.contains("LEFT IN THE ORG"), "{}", run.stdout);
    assert!(run.stdout.contains("You can't delete it now"), "{}", run.stdout);
    assert_eq!(run.report["left"].as_array().unwrap().len(), 1, "{}", run.report);
    org.admin("DELETE", "/faults", None);
    change(&org, &json!({ "deploy_ms": 0 }));
    Live::in_org(&org).run(&["--sweep"]).ended_with(0);
    assert_eq!(org.names(APP), ["Shop"]);
}
