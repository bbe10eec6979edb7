//! `make live`: runs the scenarios on a real org, and answers the open questions.
//!
//! The program needs only SALESFORCE_* variables. The real Terraform and the built provider do what users do. jsforce,
//! an independent Salesforce client, does what another administrator would do. The program does not need the emulator;
//! its tests in `tests/live` use the emulator as the org. The open questions are in `questions.rs`, and the probes
//! that test them in `probes/`.
#![forbid(unsafe_code)]
#![expect(clippy::disallowed_methods, reason = "its purpose is to start programs")]

mod cleanup;
mod client;
mod file;
mod names;
mod org;
mod probes;
mod questions;
mod report;
mod run;
mod settings;

use cleanup::{CleanupResult, clean};
use names::NameScope;
use org::{Kind, Org};
use settings::{Settings, Task};
use std::io::Write as _;
use std::process::ExitCode;

/// Prints one line. A closed output must not stop the run: the org still has to be cleaned up.
pub fn say(words: &str) {
    let _closed_output = writeln!(std::io::stdout(), "{words}");
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let environment = std::env::vars().collect();
    let settings = match Settings::read(&arguments, &environment) {
        Ok(settings) => settings,
        Err(words) => return exit_with_error(&words),
    };
    let credentials = match settings::credentials(&environment) {
        Ok(credentials) => credentials,
        Err(words) => return exit_with_error(&words),
    };
    let expected = credentials.get("SALESFORCE_EXPECTED_ORG_ID").cloned();
    let scope = if settings.task == Task::Sweep { NameScope::EveryRun } else { NameScope::new() };
    let org = match Org::connect(credentials, scope) {
        Ok(org) => org,
        Err(error) => return exit_with_error(&format!("The org cannot be reached: {error}")),
    };
    let about = &org.about;
    say(&format!(
        "The org is {} ({}), {}, on {}\n  at {}, as {}, API version {}",
        about.name, about.id, about.kind, about.instance, about.url, about.username, about.version
    ));
    let is_expected = |id: &String| id.len() >= 15 && id.get(..15) == about.id.get(..15);
    if expected.as_ref().is_some_and(|id| !is_expected(id)) {
        return exit_with_error("SALESFORCE_EXPECTED_ORG_ID names another org. Nothing was done.");
    }
    if about.kind == Kind::Production && !settings.allows_production {
        return exit_with_error(
            "This is a production org, or not known to be anything else. Nothing was done.\n\
             Set LIVE_PRODUCTION=yes to run it there.",
        );
    }
    if settings.task == Task::Sweep {
        return sweep(&org);
    }
    say(&run::plan(&org, &settings.selection));
    if settings.task == Task::Plan {
        return ExitCode::SUCCESS;
    }
    run::handle_signals();
    let report = run::run(&org, &settings.selection);
    let cleanup = clean(&org);
    say(&report.table());
    print_cleanup(&cleanup);
    let json = report.json(&org.about, &org.scope.to_string(), &cleanup);
    if let Some(folder) = settings.report.parent() {
        // If the folder cannot be created, the error is reported when the file is written.
        let _there_already = std::fs::create_dir_all(folder);
    }
    match std::fs::write(&settings.report, org.redacted(&format!("{json:#}\n"))) {
        Ok(()) => say(&format!("The report is in {}.", settings.report.display())),
        Err(error) => say(&format!("{} cannot be written: {error}", settings.report.display())),
    }
    match (report.is_interrupted, report.is_good() && cleanup.left.is_empty()) {
        (true, _) => ExitCode::from(130),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::FAILURE,
    }
}

fn exit_with_error(words: &str) -> ExitCode {
    let _closed_output = writeln!(std::io::stderr(), "make live: {words}");
    ExitCode::from(2)
}

fn sweep(org: &Org) -> ExitCode {
    say(&format!("Removing leftovers of earlier runs: everything named {}…", org.scope));
    let cleanup = clean(org);
    for removed in &cleanup.removed {
        say(&format!("  removed {removed}"));
    }
    print_cleanup(&cleanup);
    if cleanup.left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print_cleanup(cleanup: &CleanupResult) {
    say(&format!("Removed from the org: {}.", cleanup.removed.len()));
    if !cleanup.left.is_empty() {
        say("LEFT IN THE ORG, remove it in Setup or with make live SWEEP=1:");
    }
    for left in &cleanup.left {
        say(&format!("  {left}"));
    }
}
