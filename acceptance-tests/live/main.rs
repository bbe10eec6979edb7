//! `make live`: the scenarios on a real org, and what that org answers to every question that nobody has settled.
//!
//! Needs nothing but SALESFORCE_* variables. The real Terraform and the built provider do what users do; what another
//! administrator would do is done with jsforce, Salesforce's own client. Nothing here is the emulator's: its tests
//! take it for an org as any other (`tests/live`). Not here: what the questions are (`facts.rs`) and how they are
//! decided (`probes/`).
#![forbid(unsafe_code)]
#![expect(clippy::disallowed_methods, reason = "starting programs is its purpose")]

mod cleanup;
mod client;
mod facts;
mod file;
mod names;
mod org;
mod probes;
mod report;
mod run;
mod settings;

use cleanup::{Cleaned, clean};
use names::Fence;
use org::{Kind, Org};
use settings::{Settings, Task};
use std::io::Write as _;
use std::process::ExitCode;

/// Says a line to whoever started this. Nobody listening is no reason to stop: there is an org to be cleaned up.
pub fn say(words: &str) {
    let _closed_output = writeln!(std::io::stdout(), "{words}");
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let environment = std::env::vars().collect();
    let settings = match Settings::read(&arguments, &environment) {
        Ok(settings) => settings,
        Err(words) => return refuse(&words),
    };
    let credentials = match settings::credentials(&environment) {
        Ok(credentials) => credentials,
        Err(words) => return refuse(&words),
    };
    let expected = credentials.get("SALESFORCE_EXPECTED_ORG_ID").cloned();
    let fence = if settings.task == Task::Sweep { Fence::EveryRun } else { Fence::new() };
    let org = match Org::connect(credentials, fence) {
        Ok(org) => org,
        Err(trouble) => return refuse(&format!("The org cannot be reached: {trouble}")),
    };
    let about = &org.about;
    say(&format!(
        "The org is {} ({}), {}, on {}\n  at {}, as {}, API version {}",
        about.name, about.id, about.kind, about.instance, about.url, about.username, about.version
    ));
    let is_expected = |id: &String| id.len() >= 15 && id.get(..15) == about.id.get(..15);
    if expected.as_ref().is_some_and(|id| !is_expected(id)) {
        return refuse("SALESFORCE_EXPECTED_ORG_ID names another org. Nothing was done.");
    }
    if about.kind == Kind::Production && !settings.allows_production {
        return refuse(
            "This is a production org, or not known to be anything else. Nothing was done.\n\
             LIVE_PRODUCTION=yes lets it run there.",
        );
    }
    if settings.task == Task::Sweep {
        return sweep(&org);
    }
    say(&run::plan(&org, &settings.choice));
    if settings.task == Task::Plan {
        return ExitCode::SUCCESS;
    }
    run::heed_signals();
    let report = run::run(&org, &settings.choice);
    let cleaned = clean(&org);
    say(&report.table());
    tell(&cleaned);
    let json = report.json(&org.about, &org.fence.to_string(), &cleaned);
    if let Some(folder) = settings.report.parent() {
        // Whether it is there shows when the file is written.
        let _there_already = std::fs::create_dir_all(folder);
    }
    match std::fs::write(&settings.report, org.redacted(&format!("{json:#}\n"))) {
        Ok(()) => say(&format!("All of it is in {}.", settings.report.display())),
        Err(error) => say(&format!("{} cannot be written: {error}", settings.report.display())),
    }
    match (report.is_interrupted, report.is_good() && cleaned.left.is_empty()) {
        (true, _) => ExitCode::from(130),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::FAILURE,
    }
}

fn refuse(words: &str) -> ExitCode {
    let _closed_output = writeln!(std::io::stderr(), "make live: {words}");
    ExitCode::from(2)
}

fn sweep(org: &Org) -> ExitCode {
    say(&format!("Removing what earlier runs left: everything named {}…", org.fence));
    let cleaned = clean(org);
    for removed in &cleaned.removed {
        say(&format!("  removed {removed}"));
    }
    tell(&cleaned);
    if cleaned.left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(cleaned: &Cleaned) {
    say(&format!("Removed from the org: {}.", cleaned.removed.len()));
    if !cleaned.left.is_empty() {
        say("LEFT IN THE ORG, remove it in Setup or with make live SWEEP=1:");
    }
    for left in &cleaned.left {
        say(&format!("  {left}"));
    }
}
