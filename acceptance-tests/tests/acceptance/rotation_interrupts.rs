//! Rotations that are killed or interrupted, or during which a response is lost. The next apply completes the rotation
//! and does not repeat it.

use super::rotation::{
    APPLY, Credentials, ROTATION, all_credentials, at, changes, current_credentials, logs_in, shop, started,
};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Makes the org hold a call or drop its response, before or after the call takes effect.
fn hold(org: &Emulator, call: &str, when: &str, action: &Value) {
    org.admin("POST", "/faults", Some(&json!({"call": call, "when": when, "do": action})));
}

fn wait_for_call(org: &Emulator, call: &str) {
    let deadline = Instant::now() + Duration::from_secs(300);
    while Instant::now() < deadline {
        let faults = org.admin("GET", "/faults", None);
        if faults.as_array().is_some_and(|faults| faults.iter().all(|fault| fault["done"] != 0)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{call} was not called");
}

const CALLS: [&str; 3] = ["stageCredentials", "rotateCredentials", "deleteStagedCredentials"];

/// Asserts that two more applies lead to new credentials and no previous ones, regardless of what happened before.
#[track_caller]
fn converges_to_one_rotation(org: &Emulator, workspace: &Workspace<'_>, before: &Credentials, what: &str) {
    org.admin("DELETE", "/faults", None);
    workspace.apply().succeeded();
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    let now = current_credentials(org);
    assert_ne!(&now, before, "{what}");
    assert_eq!(all_credentials(org).len(), 1, "{what}: {:?}", all_credentials(org));
    assert_eq!(workspace.attribute(ROTATION, "consumer_key"), json!(now.key), "{what}");
    assert!(!logs_in(org.url(), before) && logs_in(org.url(), &now), "{what}");
}

#[test]
fn a_killed_rotation_is_resumed_and_not_repeated() {
    for call in CALLS {
        for when in ["before", "after"] {
            let org = Emulator::start();
            let workspace = started(&org);
            let before = current_credentials(&org);
            hold(&org, call, when, &json!("stall"));
            workspace.configure(&shop(&org, &at(2), &at(2)));
            let running = workspace.start(APPLY);
            wait_for_call(&org, call);
            running.kill();
            let _killed = running.wait();
            for entry in std::fs::read_dir(workspace.folder().join("../tmp")).unwrap() {
                let path = entry.unwrap().path();
                let _a_folder = std::fs::remove_file(&path);
                let _a_file = std::fs::remove_dir_all(&path);
            }
            let _unlocked = std::fs::remove_file(workspace.folder().join(".terraform.tfstate.lock.info"));
            converges_to_one_rotation(&org, &workspace, &before, &format!("killed {when} {call}"));
            let rotated = changes(&org)[1];
            assert!(rotated <= 2, "{when} {call}: {rotated} calls to rotate");
        }
    }
}

#[test]
fn a_rotation_is_completed_after_a_lost_response_or_ctrl_c_at_each_call() {
    for (what, action) in [("lost", json!("drop")), ("late", json!({"stall": 2}))] {
        for call in CALLS {
            for when in ["before", "after"] {
                let org = Emulator::start();
                let workspace = started(&org);
                let before = current_credentials(&org);
                hold(&org, call, when, &action);
                workspace.configure(&shop(&org, &at(2), &at(2)));
                if what == "lost" {
                    workspace.apply().succeeded();
                } else {
                    let running = workspace.start(APPLY);
                    wait_for_call(&org, call);
                    running.interrupt();
                    let run = workspace.wait(running);
                    assert!(!run.contains("Plugin did not respond"), "{run}");
                }
                converges_to_one_rotation(&org, &workspace, &before, &format!("{what} {when} {call}"));
            }
        }
    }
}
