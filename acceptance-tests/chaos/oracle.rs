//! What must hold after every case, whatever went wrong in it: the one judge of all tables.
//!
//! Faults off: the next command succeeds, its plan is empty with a refresh and without, the org and the state agree, nobody
//! else's app was touched, a destroy leaves nothing, no process and no socket stays, and no secret is anywhere (the
//! last is the workspace's own search, after each command and at the end).

use crate::processes;
use crate::stage::{FILES, SHOP, Shape, Stage, Step};
use acceptance_tests::org::{APP, GLOBAL_OAUTH};
use acceptance_tests::terraform::Run;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Longer than any process may go on after its Terraform is gone.
const PATIENCE: Duration = Duration::from_secs(300);

/// What no command may say, whatever the org or the wire did.
const NEVER: [&str; 9] = [
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

/// The command ended as commands end, with words for people.
#[track_caller]
pub fn ended_in_words(run: &Run, what: &str) {
    assert!(matches!(run.code, Some(0 | 1)), "{what}: {run}");
    let words = run.words();
    for never in NEVER {
        assert!(!words.contains(never), "{what}: it says {never:?}: {run}");
    }
    // A page or a package that was printed whole would be longer.
    let longest = run.stderr.split("Error: ").map(str::len).max().unwrap_or_default();
    assert!(longest < 8_000, "{what}: an error of {longest} characters: {run}");
}

/// How a state was lost that is not the provider's to keep.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// Terraform left an empty state and a backup.
    pub by_terraform: bool,
}

/// All of it, for one app.
#[track_caller]
pub fn converges(stage: &mut Stage<'_>, what: &str) -> Loss {
    let place = stage.place;
    place.proxy.calm();
    place.org.admin("DELETE", "/faults", None);
    let quick = serde_json::json!({ "queue_ms": 0, "deploy_ms": 0, "call_ms": 0, "retrieve_ms": 0 });
    place.org.admin("PATCH", "/org", Some(&quick));
    nobody_is_left(stage, what);
    the_org_is_quiet(stage, what);
    let loss = restored(stage);

    let run = if stage.step == Step::Destroy { stage.workspace.destroy() } else { stage.workspace.apply() };
    assert_eq!(run.code, Some(0), "{what}: the next command failed: {run}");
    stage.log(false);
    if stage.step == Step::Rotate {
        // The settings' own attribute follows the key one apply later.
        let run = stage.workspace.apply();
        assert_eq!(run.code, Some(0), "{what}: {run}");
    }
    if stage.step != Step::Destroy {
        is_settled(stage, what);
        agrees(stage, what);
        let run = stage.workspace.destroy();
        assert_eq!(run.code, Some(0), "{what}: the destroy failed: {run}");
    }
    assert!(stage.state().is_empty(), "{what}: the state is not empty");
    let left: Vec<String> = place.own();
    assert!(left.is_empty(), "{what}: the org still has {left:?}");
    assert_eq!(place.foreign(), stage.before.foreign, "{what}: somebody else's app is another one");
    nobody_is_left(stage, what);
    let heard = place.stranger.heard();
    assert!(heard.is_empty(), "{what}: a stranger was told something of {} bytes", heard.len());
    loss
}

/// The plan is empty, with a refresh and without.
#[track_caller]
fn is_settled(stage: &Stage<'_>, what: &str) {
    for more in [&[] as &[&str], &["-refresh=false"]] {
        if let Some(plan) = stage.workspace.unsettled(more) {
            panic!("{what}: there is something left to do {more:?}: {}", plan.words);
        }
    }
}

/// What the state says is what the org has.
#[track_caller]
fn agrees(stage: &Stage<'_>, what: &str) {
    let (place, state) = (stage.place, stage.state());
    let attribute = |address: &str, name: &str| state.get(address).map_or(Value::Null, |of| of[name].clone());
    assert_eq!(place.own(), [SHOP], "{what}");
    for kind in FILES {
        // Panics when there is none, or a second one.
        let _one = place.org.part(kind, SHOP);
    }
    let key = place.org.part(GLOBAL_OAUTH, SHOP).text("consumerKey");
    assert_eq!(attribute(stage.shape.keyed(), "consumer_key"), Value::from(key.as_str()), "{what}");
    let labelled = match stage.shape {
        Shape::Client => "salesforce_oauth_client.shop",
        Shape::Parts => "salesforce_external_client_app.shop",
    };
    let label = place.org.part(APP, SHOP).text("label");
    assert_eq!(attribute(labelled, "label"), Value::from(label), "{what}");
    match stage.step {
        Step::Update => assert_eq!(key, stage.before.key, "{what}: the consumer key is another one"),
        Step::Rotate => {
            let rotated = place.done("rotateCredentials") - stage.before.rotated;
            assert_eq!(rotated, 1, "{what}: rotated {rotated} times");
            assert_ne!(key, stage.before.key, "{what}: not rotated");
        }
        Step::Create | Step::Replace | Step::Destroy => {}
    }
}

/// No process of the workspace goes on, and none has left a socket.
#[track_caller]
fn nobody_is_left(stage: &Stage<'_>, what: &str) {
    if let Err(left) = processes::all_end(&stage.root(), PATIENCE) {
        for process in &left {
            process.signal(rustix::process::Signal::KILL);
        }
        panic!("{what}: still running after {PATIENCE:?}: {left:?}");
    }
}

/// What a killed process left running in the org ends; nobody waits for it.
#[track_caller]
fn the_org_is_quiet(stage: &Stage<'_>, what: &str) {
    let until = Instant::now() + PATIENCE;
    while stage.place.org.deploys().iter().any(|deploy| deploy["done"] == false) {
        assert!(Instant::now() < until, "{what}: a deploy runs for ever");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Terraform was killed, or told twice to end, while it wrote the state: its file is empty, and its backup is not. The
/// backup is put back, as the documentation says.
fn restored(stage: &Stage<'_>) -> Loss {
    let state = stage.workspace.folder().join("terraform.tfstate");
    let backup = stage.workspace.folder().join("terraform.tfstate.backup");
    let is_empty = std::fs::metadata(&state).is_ok_and(|file| file.len() == 0);
    if is_empty {
        let kept = std::fs::read(&backup).unwrap_or_default();
        if kept.is_empty() {
            std::fs::remove_file(&state).expect("an empty state to remove");
        } else {
            std::fs::write(&state, kept).expect("a state to put back");
        }
    }
    Loss { by_terraform: is_empty }
}
