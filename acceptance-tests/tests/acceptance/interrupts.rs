//! Ctrl-C in a terminal, at different stages of a deploy. In each case, the next apply converges, nothing is lost, and
//! nothing is created twice.

use crate::configurations::{APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, GLOBAL_OAUTH};
use acceptance_tests::plan::Action::Create;
use acceptance_tests::terraform::{Run, Running};
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longer than any wait, even on a busy machine.
const WAIT_TIMEOUT: Duration = Duration::from_secs(300);

/// Longer than any test, so that an operation is still running when it is interrupted, even on a slow machine.
const ENDLESS_MS: u64 = 600_000;

const APPLY: &[&str] = &["apply", "-no-color", "-input=false", "-auto-approve"];

/// Waits until a condition is true. Panics after `WAIT_TIMEOUT`.
#[track_caller]
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + WAIT_TIMEOUT;
    while Instant::now() < deadline {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("timed out waiting until {what}");
}

fn is_in(deploys: &[Value], status: &str) -> bool {
    deploys.iter().any(|deploy| deploy["status"] == status)
}

/// Asserts the result of a single Ctrl-C: the command exits normally, and Terraform receives the provider's responses.
#[track_caller]
fn exited_normally(run: &Run) {
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.contains("Interrupt received"), "{run}");
    assert!(!run.contains("Plugin did not respond"), "the provider exited: {run}");
}

/// Asserts that the state contains the app if and only if the org does, and likewise the OAuth settings.
#[track_caller]
fn nothing_is_lost(org: &Emulator, workspace: &Workspace<'_>) {
    let state = workspace.state();
    assert_eq!(org.names(org::APP).is_empty(), !state.contains_key(APP), "{state:#?}");
    assert_eq!(org.names(org::OAUTH).is_empty(), !state.contains_key(SETTINGS), "{state:#?}");
}

fn pace(org: &Emulator, queue_ms: u64, deploy_ms: u64) {
    org.admin("PATCH", "/org", Some(&json!({ "queue_ms": queue_ms, "deploy_ms": deploy_ms })));
}

/// Asserts that the next apply completes the interrupted operation.
#[track_caller]
fn the_next_apply_converges(org: &Emulator, workspace: &Workspace<'_>) {
    pace(org, 0, 0);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(org.names(org::APP), ["Shop"]);
    let global = org.part(GLOBAL_OAUTH, "Shop");
    assert_eq!(workspace.attribute(SETTINGS, "consumer_key"), global.text("consumerKey"));
    assert!(workspace.state().contains_key(POLICIES));
}

fn interrupted(org: &Emulator, workspace: &Workspace<'_>, what: &str, moment: impl FnMut() -> bool) -> Run {
    let running: Running = workspace.start(APPLY);
    wait_until(what, moment);
    running.interrupt();
    let run = workspace.wait(running);
    let unfinished: Vec<Value> = org.deploys().into_iter().filter(|deploy| deploy["done"] == false).collect();
    assert!(
        unfinished.iter().all(|deploy| run.contains(deploy["id"].as_str().unwrap_or("?"))),
        "a deploy is still running and the output does not name it: {unfinished:?} {run}"
    );
    run
}

#[test]
fn ctrl_c_while_a_deploy_is_queued_loses_nothing() {
    let org = Emulator::start();
    pace(&org, ENDLESS_MS, 0);
    let workspace = Workspace::new(&org);
    workspace.configure(SHOP);
    let run = interrupted(&org, &workspace, "a deploy is pending", || is_in(&org.deploys(), "Pending"));
    exited_normally(&run);
    nothing_is_lost(&org, &workspace);
    the_next_apply_converges(&org, &workspace);
}

#[test]
fn ctrl_c_while_a_deploy_runs_loses_nothing() {
    let org = Emulator::start();
    pace(&org, 0, ENDLESS_MS);
    let workspace = Workspace::new(&org);
    workspace.configure(SHOP);
    let run =
        interrupted(&org, &workspace, "a deploy is in progress", || is_in(&org.deploys(), "InProgress"));
    exited_normally(&run);
    nothing_is_lost(&org, &workspace);
    the_next_apply_converges(&org, &workspace);
}

#[test]
fn ctrl_c_during_the_deploy_of_the_settings_does_not_create_them_twice() {
    let org = Emulator::start();
    pace(&org, 0, ENDLESS_MS);
    let workspace = Workspace::new(&org);
    workspace.configure(SHOP);
    let run = interrupted(&org, &workspace, "the second deploy is in progress", || {
        let deploys = org.deploys();
        match deploys.len() {
            0 => {}
            // The first deploy finishes, and the second one stays in the queue until the test has observed it.
            1 => pace(&org, ENDLESS_MS, 0),
            _ => pace(&org, 0, ENDLESS_MS),
        }
        deploys.len() >= 2 && is_in(&deploys, "InProgress")
    });
    exited_normally(&run);
    nothing_is_lost(&org, &workspace);
    let key = org.components(GLOBAL_OAUTH).first().map(|global| global.text("consumerKey"));
    the_next_apply_converges(&org, &workspace);
    if let Some(key) = key {
        assert_eq!(
            org.part(GLOBAL_OAUTH, "Shop").text("consumerKey"),
            key,
            "the settings were created twice"
        );
    }
}

#[test]
fn ctrl_c_during_an_update_keeps_the_consumer_key() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    pace(&org, 0, ENDLESS_MS);
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    let before = org.deploys().len();

    workspace.configure(&SHOP.replace("\"OpenID\", ", "").replace("= 30", "= 15"));
    let run = interrupted(&org, &workspace, "the deploy of the update is in progress", || {
        let deploys = org.deploys();
        deploys.len() > before && is_in(&deploys, "InProgress")
    });
    exited_normally(&run);
    assert_eq!(workspace.state().len(), 3);
    the_next_apply_converges(&org, &workspace);
    assert_eq!(org.part(GLOBAL_OAUTH, "Shop").text("consumerKey"), key);
    assert_eq!(org.part(org::OAUTH, "Shop").text("commaSeparatedOauthScopes"), "Api, RefreshToken");
}

#[test]
fn ctrl_c_during_a_destroy_loses_nothing() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    pace(&org, 0, ENDLESS_MS);
    let before = org.deploys().len();

    let running = workspace.start(&["destroy", "-no-color", "-input=false", "-auto-approve"]);
    wait_until("the deploy of the destroy is in progress", || {
        let deploys = org.deploys();
        deploys.len() > before && is_in(&deploys, "InProgress")
    });
    running.interrupt();
    let run = workspace.wait(running);
    // The command succeeds if the interrupted deploy was the last one and was completed.
    if run.code != Some(0) {
        exited_normally(&run);
    }
    nothing_is_lost(&org, &workspace);
    pace(&org, 0, 0);
    workspace.destroy().succeeded();
    assert!(workspace.state().is_empty());
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

#[test]
fn ctrl_c_twice_exits_immediately_with_recovery_instructions() {
    let org = Emulator::start();
    pace(&org, 0, ENDLESS_MS);
    // The org does not allow the provider to cancel the deploy.
    org.admin("PATCH", "/org", Some(&json!({ "cancel": "deny" })));
    let workspace = Workspace::new(&org);
    workspace.configure(SHOP);
    let running = workspace.start(APPLY);
    wait_until("a deploy is in progress", || is_in(&org.deploys(), "InProgress"));
    running.interrupt();
    wait_until("the provider receives the first Ctrl-C", || {
        org.journal().iter().any(|call| call["operation"] == "cancelDeploy")
    });
    running.interrupt();
    let run = workspace.wait(running);
    assert_ne!(run.code, Some(0), "{run}");
    // The deploy continues in the org.
    assert!(is_in(&org.deploys(), "InProgress"), "it waited for the deploy: {run}");
    pace(&org, 0, 0);
    wait_until("all deploys are done", || org.deploys().iter().all(|deploy| deploy["done"] == true));
    let again = workspace.apply();
    if again.code != Some(0) {
        // Terraform did not wait for the response, so the app is not in the state and has to be imported.
        let again = again.failed_with("import");
        assert!(again.contains("Shop"), "{again}");
        workspace.run(&["import", "-no-color", "-input=false", APP, "Shop"]).succeeded();
    }
    the_next_apply_converges(&org, &workspace);
}
