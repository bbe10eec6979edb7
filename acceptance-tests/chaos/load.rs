//! Much at once, for long: many workspaces on one org, and many apps while calls fail by chance. What providers take of
//! memory meanwhile is measured, and has a bound.

use crate::case::{Case, Chapter, Outcome};
use crate::chance::Chance;
use crate::fault::{Action, Calls, Fault, Times, When};
use crate::oracle;
use crate::processes;
use crate::stage::{FOREIGN, Place};
use crate::table::pages;
use acceptance_tests::org::APP;
use acceptance_tests::provider_binary;
use acceptance_tests::workspace::Workspace;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// In KiB. What is built for tests is not optimized and takes more.
const MOST: u64 = 64 * 1024;
const MOST_UNOPTIMIZED: u64 = 96 * 1024;

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub workspaces: usize,
    pub time: Duration,
    pub apps: usize,
    pub seeds: u64,
}

impl Size {
    pub const WHOLE: Self = Self { workspaces: 8, time: Duration::from_secs(600), apps: 500, seeds: 20 };
    pub const QUICK: Self = Self { workspaces: 4, time: Duration::from_secs(45), apps: 60, seeds: 2 };
}

#[must_use]
pub fn cases(seed: u64, size: Size) -> Vec<Case> {
    let Size { workspaces, time, apps, seeds } = size;
    let mut cases = vec![Case {
        chapter: Chapter::Load,
        name: format!("load/{workspaces}_workspaces"),
        takes: time,
        play: Box::new(move || together(seed, workspaces, time)),
    }];
    cases.extend((0..seeds).map(|number| Case {
        chapter: Chapter::Load,
        name: format!("load/{apps}_apps/{number}"),
        takes: Duration::from_secs(25),
        play: Box::new(move || by_chance(seed + number, apps)),
    }));
    cases
}

/// What an administrator and a script do in one org all day, each with apps of their own.
fn together(seed: u64, workspaces: usize, time: Duration) -> Outcome {
    let place = Place::with(&[]);
    let foreign = place.foreign();
    place.org.admin("PATCH", "/org", Some(&json!({ "queue_ms": 100, "deploy_ms": 400, "retrieve_ms": 100 })));
    let begun = Instant::now();
    let memory = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workspaces)
            .map(|number| {
                let place = &place;
                scope.spawn(move || in_turns(place, seed, number, begun + time))
            })
            .collect();
        let taken = threads.into_iter().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(failed) => std::panic::resume_unwind(failed),
        });
        taken.collect::<Vec<_>>()
    });
    assert!(place.own().is_empty(), "left in the org: {:?}", place.own());
    assert_eq!(place.foreign(), foreign, "somebody else's app is another one");
    let applies: usize = memory.iter().map(|(_, applies)| applies).sum();
    let memory = memory.iter().map(|(memory, _)| *memory).max().unwrap_or_default();
    is_modest(memory, "many workspaces");
    Outcome { memory, note: Some(format!("{applies} commands")), ..Outcome::default() }
}

/// One workspace: other apps each time, some deleted in Setup, all of them now and then. How much memory its providers
/// took, and how many commands there were.
fn in_turns(place: &Place, seed: u64, number: usize, until: Instant) -> (u64, usize) {
    let what = format!("workspace {number}");
    let mut chance = Chance::of(seed, &what);
    let mut workspace = Workspace::new(place);
    workspace.unset("TF_LOG");
    let mut commands = 0;
    while Instant::now() < until {
        let mut apps = String::new();
        for app in 0..5 {
            if chance.percent(30) {
                continue;
            }
            let label = chance.below(1000);
            apps.push_str(&app_of(&format!("W{number}A{app}"), label, chance.percent(50)));
        }
        workspace.configure(&apps);
        let run = workspace.apply();
        commands += 1;
        assert_eq!(run.code, Some(0), "{what}: {run}");
        oracle::ended_in_words(&run, &what);
        if chance.percent(30) {
            let names: Vec<String> =
                place.own().into_iter().filter(|name| name.starts_with(&format!("W{number}A"))).collect();
            if let Some(name) = chance.one_of(&names) {
                place.org.remove(APP, name);
            }
        }
        if chance.percent(15) {
            let run = workspace.destroy();
            commands += 1;
            assert_eq!(run.code, Some(0), "{what}: {run}");
        }
    }
    let run = workspace.apply();
    assert_eq!(run.code, Some(0), "{what}: {run}");
    workspace.is_settled();
    let run = workspace.destroy();
    assert_eq!(run.code, Some(0), "{what}: {run}");
    (memory_of(&workspace), commands + 2)
}

/// Which of two kinds a name is does not change: that would be a move.
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

/// One call of twenty fails, in five ways. No more than three applies, and all apps are there.
fn by_chance(seed: u64, apps: usize) -> Outcome {
    let what = format!("{apps} apps, seed {seed}");
    let place = Place::with(&[]);
    let foreign = place.foreign();
    place.org.admin("PATCH", "/org", Some(&json!({ "deploy_ms": 200, "retrieve_ms": 50 })));
    let mut workspace = Workspace::new(&place);
    workspace.unset("TF_LOG");
    workspace.configure(&format!(
        "resource \"salesforce_external_client_app\" \"shop\" {{\n  for_each = toset([for number in range({apps}) : \
         \"Shop${{number}}\"])\n  name     = each.key\n  label    = each.key\n}}\n"
    ));
    place.proxy.plan(five_percent(), Chance::of(seed, "five percent"));
    // So few at a time that there are calls enough for chance.
    let parallelism = format!("-parallelism={}", (apps / 25).max(3));
    let mut applies = 0;
    loop {
        applies += 1;
        let run = workspace.run(&["apply", "-no-color", "-input=false", "-auto-approve", &parallelism]);
        oracle::ended_in_words(&run, &what);
        if run.code == Some(0) {
            break;
        }
        assert!(applies < 3, "{what}: not done after three applies: {run}");
    }
    let faults = place.proxy.seen().iter().filter(|seen| seen.faulty).count();
    let calls = place.proxy.seen().len();
    place.proxy.calm();
    if let Some(plan) = workspace.unsettled(&[]) {
        panic!("{what}: there is something left to do: {}", plan.words);
    }
    assert_eq!(place.own().len(), apps, "{what}");
    let run = workspace.run(&["destroy", "-no-color", "-input=false", "-auto-approve", "-parallelism=100"]);
    assert_eq!(run.code, Some(0), "{what}: {run}");
    assert_eq!(place.org.names(APP), [FOREIGN], "{what}");
    assert_eq!(place.foreign(), foreign, "{what}: somebody else's app is another one");
    let memory = memory_of(&workspace);
    is_modest(memory, &what);
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

fn is_modest(memory: u64, what: &str) {
    let is_optimized = !provider_binary::path().components().any(|part| part.as_os_str() == "debug");
    let most = if is_optimized { MOST } else { MOST_UNOPTIMIZED };
    assert!(memory <= most, "{what}: a provider took {memory} KiB, more than {most}");
}
