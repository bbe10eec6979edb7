//! The invariants that hold after every case, regardless of what failed.
//!
//! After the faults are removed, the next command succeeds. The following plan is empty with and without a refresh,
//! the org and the state agree, no app of another owner has changed, and a destroy leaves nothing. No process or socket
//! remains, and no secret has leaked. The workspace searches for sockets and secrets after each command, and for
//! secrets again at the end.

use crate::fixture::{FILES, Fixture, SHOP, Shape, Step};
use crate::processes;
use acceptance_tests::org::{APP, GLOBAL_OAUTH};
use acceptance_tests::terraform::Run;
use serde_json::Value;
use std::time::{Duration, Instant};

/// The time limit for every process and deploy to end after Terraform has exited.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Text that no command may print, regardless of what the org returned.
const FORBIDDEN_TEXT: [&str; 9] = [
    "Plugin did not respond",
    "plugin crashed",
    "panicked at",
    "Provider produced",
    "bug in the provider",
    "Request cancelled",
    "<html",
    "<?xml",
    "soapenv:",
];

/// Asserts that the command exited normally and that its output is readable.
#[track_caller]
pub fn exited_normally(run: &Run, what: &str) {
    assert!(matches!(run.code, Some(0 | 1)), "{what}: {run}");
    let words = run.words();
    for never in FORBIDDEN_TEXT {
        assert!(!words.contains(never), "{what}: the output contains {never:?}: {run}");
    }
    // An error that contains a complete page or package would exceed this limit.
    let longest = run.stderr.split("Error: ").map(str::len).max().unwrap_or_default();
    assert!(longest < 8_000, "{what}: an error of {longest} characters: {run}");
}

/// Whether the state was lost in a way that the provider cannot prevent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StateLoss {
    /// Whether Terraform left an empty state file.
    pub by_terraform: bool,
}

/// Checks all invariants for one app.
#[track_caller]
pub fn converges(fixture: &mut Fixture<'_>, what: &str) -> StateLoss {
    let testbed = fixture.testbed;
    testbed.proxy.clear_faults();
    testbed.org.admin("DELETE", "/faults", None);
    let quick = serde_json::json!({ "queue_ms": 0, "deploy_ms": 0, "call_ms": 0, "retrieve_ms": 0 });
    testbed.org.admin("PATCH", "/org", Some(&quick));
    no_process_remains(fixture, what);
    no_deploy_is_running(fixture, what);
    let loss = restore_state(fixture);

    let run =
        if fixture.step == Step::Destroy { fixture.workspace.destroy() } else { fixture.workspace.apply() };
    assert_eq!(run.code, Some(0), "{what}: the next command failed: {run}");
    fixture.log(false);
    if fixture.step == Step::Rotate {
        // The `consumer_key` of the settings changes in the apply after the rotation.
        let run = fixture.workspace.apply();
        assert_eq!(run.code, Some(0), "{what}: {run}");
    }
    if fixture.step != Step::Destroy {
        plan_is_empty(fixture, what);
        state_matches_org(fixture, what);
        let run = fixture.workspace.destroy();
        assert_eq!(run.code, Some(0), "{what}: the destroy failed: {run}");
    }
    assert!(fixture.state().is_empty(), "{what}: the state is not empty");
    let left: Vec<String> = testbed.own();
    assert!(left.is_empty(), "{what}: the org still has {left:?}");
    assert_eq!(testbed.foreign(), fixture.before.foreign, "{what}: an app of another owner has changed");
    no_process_remains(fixture, what);
    let received = testbed.foreign_server.received();
    assert!(received.is_empty(), "{what}: the foreign server received {} bytes", received.len());
    loss
}

/// Asserts that the plan is empty, with and without a refresh.
#[track_caller]
fn plan_is_empty(fixture: &Fixture<'_>, what: &str) {
    for more in [&[] as &[&str], &["-refresh=false"]] {
        if let Some(plan) = fixture.workspace.non_empty_plan(more) {
            panic!("{what}: the plan is not empty {more:?}: {}", plan.words);
        }
    }
}

/// Asserts that the state matches the org.
#[track_caller]
fn state_matches_org(fixture: &Fixture<'_>, what: &str) {
    let (testbed, state) = (fixture.testbed, fixture.state());
    let attribute = |address: &str, name: &str| state.get(address).map_or(Value::Null, |of| of[name].clone());
    assert_eq!(testbed.own(), [SHOP], "{what}");
    for kind in FILES {
        // `part` panics unless there is exactly one component.
        let _one = testbed.org.part(kind, SHOP);
    }
    let key = testbed.org.part(GLOBAL_OAUTH, SHOP).text("consumerKey");
    assert_eq!(attribute(fixture.shape.keyed(), "consumer_key"), Value::from(key.as_str()), "{what}");
    let labeled = match fixture.shape {
        Shape::Client => "salesforce_oauth_client.shop",
        Shape::Parts => "salesforce_external_client_app.shop",
    };
    let label = testbed.org.part(APP, SHOP).text("label");
    assert_eq!(attribute(labeled, "label"), Value::from(label), "{what}");
    match fixture.step {
        Step::Update => assert_eq!(key, fixture.before.key, "{what}: the consumer key has changed"),
        Step::Rotate => {
            let rotated = testbed.done("rotateCredentials") - fixture.before.rotated;
            assert_eq!(rotated, 1, "{what}: rotated {rotated} times");
            assert_ne!(key, fixture.before.key, "{what}: not rotated");
        }
        Step::Create | Step::Replace | Step::Destroy => {}
    }
}

/// Asserts that no process of the workspace is running.
#[track_caller]
fn no_process_remains(fixture: &Fixture<'_>, what: &str) {
    if let Err(left) = processes::all_end(&fixture.root(), TIMEOUT) {
        for process in &left {
            process.signal(rustix::process::Signal::KILL);
        }
        panic!("{what}: still running after {TIMEOUT:?}: {left:?}");
    }
}

/// Waits for a deploy that a killed process left running in the org.
#[track_caller]
fn no_deploy_is_running(fixture: &Fixture<'_>, what: &str) {
    let until = Instant::now() + TIMEOUT;
    while fixture.testbed.org.deploys().iter().any(|deploy| deploy["done"] == false) {
        assert!(Instant::now() < until, "{what}: a deploy does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Restores the backup if the state file is empty, as the documentation describes. The file can be empty if Terraform
/// was killed, or interrupted twice, while it wrote the state. Without a backup, removes the empty file.
fn restore_state(fixture: &Fixture<'_>) -> StateLoss {
    let state = fixture.workspace.folder().join("terraform.tfstate");
    let backup = fixture.workspace.folder().join("terraform.tfstate.backup");
    let is_empty = std::fs::metadata(&state).is_ok_and(|file| file.len() == 0);
    if is_empty {
        let kept = std::fs::read(&backup).unwrap_or_default();
        if kept.is_empty() {
            std::fs::remove_file(&state).expect("the empty state can be removed");
        } else {
            std::fs::write(&state, kept).expect("the state can be restored");
        }
    }
    StateLoss { by_terraform: is_empty }
}
