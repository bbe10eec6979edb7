//! Operations on `salesforce_oauth_client` that are interrupted by Ctrl-C, by a kill, or by a lost response. The next
//! run completes the operation, nothing is created twice, and nothing has to be imported.

use super::oauth_client::{CLIENT, FILES, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH_POLICIES};
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const APPLY: &[&str] = &["apply", "-no-color", "-input=false", "-auto-approve"];
const DESTROY: &[&str] = &["destroy", "-no-color", "-input=false", "-auto-approve"];

/// The operation that is interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Create,
    Update,
    Destroy,
}
use Step::{Create, Destroy, Update};

/// How the operation is interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Termination {
    CtrlC,
    Kill,
}

fn changed() -> String {
    // All parts change, except `ExtlClntAppConfigurablePolicies`.
    let text = SHOP.replace("/callback\"", "/other\"").replace("= 30", "= 15").replace("\"OpenID\", ", "");
    text.replace("label                        = \"Shop\"", "label = \"Laden\"")
}

fn prepare<'org>(org: &'org Emulator, step: Step) -> (Workspace<'org>, Value) {
    let mut workspace = Workspace::new(org);
    workspace.unset("TF_LOG");
    workspace.configure(SHOP);
    if step != Create {
        workspace.apply().succeeded();
    }
    let key =
        if step == Create { Value::Null } else { json!(org.part(GLOBAL_OAUTH, "Shop").text("consumerKey")) };
    if step == Update {
        workspace.configure(&changed());
    }
    org.admin("DELETE", "/journal", None);
    (workspace, key)
}

fn command(step: Step) -> &'static [&'static str] {
    if step == Destroy { DESTROY } else { APPLY }
}

/// Runs the operation again and checks the result.
#[track_caller]
fn converges(org: &Emulator, workspace: &Workspace<'_>, step: Step, key: &Value, what: &str) {
    org.admin("DELETE", "/faults", None);
    org.admin("PATCH", "/org", Some(&json!({ "queue_ms": 0, "deploy_ms": 0, "call_ms": 0 })));
    // Waits for a deploy that a killed process left running.
    let deadline = Instant::now() + Duration::from_secs(300);
    while org.deploys().iter().any(|deploy| deploy["done"] == false) {
        assert!(Instant::now() < deadline, "{what}: a deploy does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    let run = workspace.run(command(step));
    assert_eq!(run.code, Some(0), "{what}: {run}");
    if step == Destroy {
        assert!(workspace.state().is_empty(), "{what}");
        for kind in FILES {
            assert!(org.names(kind).is_empty(), "{what}: {kind}");
        }
        return;
    }
    if let Some(plan) = workspace.non_empty_plan(&[]) {
        panic!("{what}: {}", plan.words);
    }
    assert_eq!(org.names(APP), ["Shop"], "{what}");
    let now = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    assert_eq!(workspace.attribute(CLIENT, "consumer_key"), now, "{what}");
    if step == Update {
        assert_eq!(*key, json!(now), "{what}: the key has changed");
        assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("guestJwtTimeout"), "15", "{what}");
    }
    let committed = org.deploys().into_iter().filter(|deploy| deploy["committed"] == true).count();
    let expected = if step == Update { 2 } else { 1 };
    assert_eq!(committed, expected, "{what}: created twice");
}

/// The calls in a run without interruption.
fn calls(step: Step) -> Vec<String> {
    let org = Emulator::start();
    let (workspace, _) = prepare(&org, step);
    workspace.run(command(step)).succeeded();
    org.journal().iter().map(|call| call["operation"].as_str().unwrap_or_default().to_owned()).collect()
}

/// A call that the org holds: its name or `any`, and its number among these calls.
type Held = (String, usize);

/// Terminates the command while the org holds a call, before or after the call takes effect, and checks that the next
/// run completes the operation.
#[track_caller]
fn terminate_at(step: Step, end: Termination, (call, nth): &Held, when: &str) {
    let what = format!("{step:?}, {end:?} {when} {call} {nth}");
    let org = Emulator::start();
    let (workspace, key) = prepare(&org, step);
    // The call of a killed process is held longer than the test. An interrupted process waits until the call ends.
    let seconds = if end == Termination::Kill { 600 } else { 3 };
    let hold = json!({ "call": call, "nth": nth, "when": when, "do": { "stall": seconds } });
    org.admin("POST", "/faults", Some(&hold));
    let mut running = workspace.start(command(step));
    let deadline = Instant::now() + Duration::from_secs(300);
    let is_held = || org.admin("GET", "/faults", None)[0]["done"] != 0;
    while running.is_running() && !is_held() {
        assert!(Instant::now() < deadline, "{what}: the call is not held and the command has not ended");
        std::thread::sleep(Duration::from_millis(10));
    }
    if running.is_running() {
        match end {
            Termination::Kill => running.kill(),
            Termination::CtrlC => running.interrupt(),
        }
    }
    if end == Termination::Kill {
        let _killed = running.wait();
        for entry in std::fs::read_dir(workspace.folder().join("../tmp")).expect("a folder").flatten() {
            let _a_folder = std::fs::remove_file(entry.path());
            let _a_file = std::fs::remove_dir_all(entry.path());
        }
        let _unlocked = std::fs::remove_file(workspace.folder().join(".terraform.tfstate.lock.info"));
    } else {
        let run = workspace.wait(running);
        assert!(!run.contains("Plugin did not respond"), "{what}: {run}");
    }
    converges(&org, &workspace, step, &key, &what);
}

/// The last call of each kind that affects the result. The next run repeats earlier calls anyway.
fn decisive(step: Step) -> Vec<(Held, &'static str)> {
    let calls = calls(step);
    let last = |call: &str| (call.to_owned(), calls.iter().filter(|other| *other == call).count());
    vec![
        (last("deploy"), "before"),
        (last("deploy"), "after"),
        (last("checkDeployStatus"), "before"),
        (last("retrieve"), "before"),
        (last("checkRetrieveStatus"), "after"),
    ]
}

#[test]
fn a_create_killed_at_a_decisive_call_is_completed_by_the_next_apply() {
    for (held, when) in decisive(Create) {
        terminate_at(Create, Termination::Kill, &held, when);
    }
}

#[test]
fn an_update_killed_at_a_decisive_call_is_completed_by_the_next_apply() {
    for (held, when) in decisive(Update) {
        terminate_at(Update, Termination::Kill, &held, when);
    }
}

#[test]
fn a_destroy_killed_at_a_decisive_call_is_completed_by_the_next_destroy() {
    for (held, when) in decisive(Destroy) {
        terminate_at(Destroy, Termination::Kill, &held, when);
    }
}

#[test]
fn ctrl_c_at_a_decisive_call_loses_nothing() {
    for step in [Create, Update, Destroy] {
        for (held, when) in decisive(step) {
            terminate_at(step, Termination::CtrlC, &held, when);
        }
    }
}

/// The org accepts the deploy, but the response is lost. The provider finds the deploy, and sends nothing twice.
#[test]
fn a_deploy_whose_response_is_lost_is_found_in_the_same_run() {
    for step in [Create, Update, Destroy] {
        for how in ["drop", "cut"] {
            let org = Emulator::start();
            let (workspace, key) = prepare(&org, step);
            org.admin("POST", "/faults", Some(&json!({ "call": "deploy", "when": "after", "do": how })));
            let run = workspace.run(command(step));
            assert_eq!(run.code, Some(0), "{step:?} {how}: {run}");
            converges(&org, &workspace, step, &key, &format!("{step:?}, {how}"));
        }
    }
}

/// Tests that terminate the command at every call, for `make test-tables`.
pub mod at_every_call {
    use super::{Create, Destroy, Step, Termination, Update, calls, terminate_at};

    fn each(step: Step, end: Termination) {
        for nth in 1..=calls(step).len() {
            for when in ["before", "after"] {
                terminate_at(step, end, &("any".to_owned(), nth), when);
            }
        }
    }

    #[test]
    fn a_killed_create_is_completed_by_the_next_apply() {
        each(Create, Termination::Kill);
    }

    #[test]
    fn a_killed_update_is_completed_by_the_next_apply() {
        each(Update, Termination::Kill);
    }

    #[test]
    fn a_killed_destroy_is_completed_by_the_next_destroy() {
        each(Destroy, Termination::Kill);
    }

    #[test]
    fn an_interrupted_create_is_completed_by_the_next_apply() {
        each(Create, Termination::CtrlC);
    }

    #[test]
    fn an_interrupted_update_is_completed_by_the_next_apply() {
        each(Update, Termination::CtrlC);
    }

    #[test]
    fn an_interrupted_destroy_is_completed_by_the_next_destroy() {
        each(Destroy, Termination::CtrlC);
    }
}
