//! Load tests: many workspaces on one org, and many apps with random call failures. Both kinds of test measure the
//! memory of the providers and check that it is below a limit.

use crate::case::{Case, Outcome, Section};
use crate::fault::{Action, Calls, Fault, Times, When};
use crate::fixture::{FOREIGN, Testbed};
use crate::invariants;
use crate::processes;
use crate::random::Random;
use crate::table::pages;
use acceptance_tests::canary;
use acceptance_tests::org::APP;
use acceptance_tests::provider_binary;
use acceptance_tests::state_server::StateServer;
use acceptance_tests::target::Target as _;
use acceptance_tests::workspace::Workspace;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// The memory limit of a provider, in KiB. A debug build is not optimized and uses more.
const MEMORY_LIMIT: u64 = 64 * 1024;
const MEMORY_LIMIT_UNOPTIMIZED: u64 = 96 * 1024;

/// The size of a load test.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub workspaces: usize,
    pub time: Duration,
    pub apps: usize,
    pub seeds: u64,
}

impl Size {
    pub const FULL: Self = Self { workspaces: 8, time: Duration::from_secs(600), apps: 500, seeds: 20 };
    pub const QUICK: Self = Self { workspaces: 4, time: Duration::from_secs(45), apps: 60, seeds: 2 };
}

#[must_use]
pub fn cases(seed: u64, size: Size) -> Vec<Case> {
    let Size { workspaces, time, apps, seeds } = size;
    let mut cases = vec![Case {
        section: Section::Load,
        name: format!("load/{workspaces}_workspaces"),
        takes: time,
        run: Box::new(move || concurrent_workspaces(seed, workspaces, time)),
    }];
    cases.extend((0..seeds).map(|number| Case {
        section: Section::Load,
        name: format!("load/{apps}_apps/{number}"),
        takes: Duration::from_secs(25),
        run: Box::new(move || random_failures(seed + number, apps)),
    }));
    cases
}

/// Several workspaces, each with its own apps, change one org for a long time.
fn concurrent_workspaces(seed: u64, workspaces: usize, time: Duration) -> Outcome {
    let testbed = Testbed::with(&[]);
    let foreign = testbed.foreign();
    testbed.org.admin(
        "PATCH",
        "/org",
        Some(&json!({ "queue_ms": 100, "deploy_ms": 400, "retrieve_ms": 100 })),
    );
    let start = Instant::now();
    let memory = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workspaces)
            .map(|number| {
                let testbed = &testbed;
                scope.spawn(move || run_workspace(testbed, seed, number, start + time))
            })
            .collect();
        let results = threads.into_iter().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(failed) => std::panic::resume_unwind(failed),
        });
        results.collect::<Vec<_>>()
    });
    assert!(testbed.own().is_empty(), "left in the org: {:?}", testbed.own());
    assert_eq!(testbed.foreign(), foreign, "an app of another owner has changed");
    let applies: usize = memory.iter().map(|(_, applies)| applies).sum();
    let memory = memory.iter().map(|(memory, _)| *memory).max().unwrap_or_default();
    memory_is_bounded(memory, "many workspaces");
    Outcome { memory, note: Some(format!("{applies} commands")), ..Outcome::default() }
}

/// Applies random sets of apps in one workspace until the time is up. After some applies, an app is deleted in Setup,
/// or all apps are destroyed. Returns the peak memory of the providers and the number of commands.
fn run_workspace(testbed: &Testbed, seed: u64, number: usize, until: Instant) -> (u64, usize) {
    let what = format!("workspace {number}");
    let mut random = Random::of(seed, &what);
    let mut workspace = Workspace::new(testbed);
    workspace.unset("TF_LOG");
    let mut commands = 0;
    while Instant::now() < until {
        let mut apps = String::new();
        for app in 0..5 {
            if random.percent(30) {
                continue;
            }
            let label = random.below(1000);
            apps.push_str(&app_of(&format!("W{number}A{app}"), label, random.percent(50)));
        }
        workspace.configure(&apps);
        let run = workspace.apply();
        commands += 1;
        assert_eq!(run.code, Some(0), "{what}: {run}");
        invariants::exited_normally(&run, &what);
        if random.percent(30) {
            let names: Vec<String> =
                testbed.own().into_iter().filter(|name| name.starts_with(&format!("W{number}A"))).collect();
            if let Some(name) = random.choose(&names) {
                testbed.org.remove(APP, name);
            }
        }
        if random.percent(15) {
            let run = workspace.destroy();
            commands += 1;
            assert_eq!(run.code, Some(0), "{what}: {run}");
        }
    }
    let run = workspace.apply();
    assert_eq!(run.code, Some(0), "{what}: {run}");
    workspace.assert_empty_plan();
    let run = workspace.destroy();
    assert_eq!(run.code, Some(0), "{what}: {run}");
    (memory_of(&workspace), commands + 2)
}

/// The configuration of an app. The name determines the resource type, because changing the type would be a move.
fn app_of(name: &str, label: usize, contact: bool) -> String {
    let contact = if contact { "  contact_email = \"a@example.com\"\n" } else { "" };
    let is_client = name.ends_with(['0', '2', '4']);
    let (kind, settings) = if is_client {
        (
            "salesforce_oauth_client",
            "  callback_urls = [\"https://a.example.com/\"]\n  oauth_scopes  = [\"Api\"]\n",
        )
    } else {
        ("salesforce_external_client_app", "")
    };
    format!(
        "resource \"{kind}\" \"{name}\" {{\n  name  = \"{name}\"\n  label = \"Label {label}\"\n{contact}{settings}}}\n"
    )
}

/// About one call in twenty has one of five faults. At most three applies are needed, and all apps exist afterwards.
fn random_failures(seed: u64, apps: usize) -> Outcome {
    let what = format!("{apps} apps, seed {seed}");
    let testbed = Testbed::with(&[]);
    let foreign = testbed.foreign();
    testbed.org.admin("PATCH", "/org", Some(&json!({ "deploy_ms": 200, "retrieve_ms": 50 })));
    let mut workspace = Workspace::new(&testbed);
    workspace.unset("TF_LOG");
    // Terraform writes a local state again for each resource, which would take most of the time of this case.
    let state = StateServer::start();
    workspace.installs();
    workspace.configure(&format!(
        "{}resource \"salesforce_external_client_app\" \"shop\" {{\n  for_each = toset([for number in range({apps}) : \
         \"Shop${{number}}\"])\n  name     = each.key\n  label    = each.key\n}}\n",
        state.backend()
    ));
    workspace.run(&["init", "-no-color", "-input=false"]).succeeded();
    testbed.proxy.plan(five_percent(), Random::of(seed, "five percent"));
    // A low parallelism results in small batches, and therefore in enough calls.
    let parallelism = format!("-parallelism={}", (apps / 25).max(3));
    let mut applies = 0;
    loop {
        applies += 1;
        let run = workspace.run(&["apply", "-no-color", "-input=false", "-auto-approve", &parallelism]);
        invariants::exited_normally(&run, &what);
        if run.code == Some(0) {
            break;
        }
        assert!(applies < 3, "{what}: not complete after three applies: {run}");
    }
    let faults = testbed.proxy.seen().iter().filter(|seen| seen.faulty).count();
    let calls = testbed.proxy.seen().len();
    testbed.proxy.clear_faults();
    if let Some(plan) = workspace.non_empty_plan(&[]) {
        panic!("{what}: the plan is not empty: {}", plan.words);
    }
    assert_eq!(testbed.own().len(), apps, "{what}");
    let leaks = canary::search(&testbed.secrets(), "the state", &state.text());
    assert!(leaks.is_empty(), "{what}: secrets leaked: {leaks:#?}");
    let run = workspace.run(&["destroy", "-no-color", "-input=false", "-auto-approve", "-parallelism=100"]);
    assert_eq!(run.code, Some(0), "{what}: {run}");
    assert_eq!(testbed.org.names(APP), [FOREIGN], "{what}");
    assert_eq!(testbed.foreign(), foreign, "{what}: an app of another owner has changed");
    let memory = memory_of(&workspace);
    memory_is_bounded(memory, &what);
    Outcome {
        memory,
        note: Some(format!("{applies} applies, {faults} faults in {calls} calls")),
        ..Outcome::default()
    }
}

fn five_percent() -> Vec<Fault> {
    let fault = |when, action| Fault { calls: Calls::Any, nth: 1, times: Times::Percent(1), when, action };
    vec![
        fault(When::Before, Action::Reset),
        fault(When::After, Action::Reset),
        fault(When::Before, pages::maintenance()),
        fault(When::After, Action::Cut(50)),
        fault(When::Before, Action::Meanwhile("POST", "/sessions/expire", "")),
    ]
}

fn memory_of(workspace: &Workspace<'_>) -> u64 {
    let folder = workspace.folder();
    processes::memory_of(folder.parent().unwrap_or(Path::new("/")))
}

fn memory_is_bounded(memory: u64, what: &str) {
    let is_optimized = !provider_binary::path().components().any(|part| part.as_os_str() == "debug");
    let limit = if is_optimized { MEMORY_LIMIT } else { MEMORY_LIMIT_UNOPTIMIZED };
    assert!(memory <= limit, "{what}: a provider took {memory} KiB, more than {limit}");
}
