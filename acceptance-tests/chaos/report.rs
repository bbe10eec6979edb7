//! The report of a run: the failures, each with the command that reproduces it, and a table.

use crate::case::Section;
use crate::fuzzing;
use crate::options::Options;
use crate::runner::CaseResult;
use std::time::Duration;

/// A string that only the assertions about leaked secrets contain (`acceptance_tests::workspace`).
const LEAK: &str = "secrets le";

#[must_use]
pub fn reproduce(name: &str, options: &Options) -> String {
    let quick = if options.quick { " QUICK=1" } else { "" };
    format!("make chaos SEED={}{quick} ONLY={name}", options.seed)
}

#[must_use]
pub fn failure(result: &CaseResult, options: &Options) -> Option<String> {
    let words = result.outcome.as_ref().err()?;
    Some(format!("FAILED {}\n{words}\n  reproduce: {}\n", result.name, reproduce(&result.name, options)))
}

fn is_leak(result: &&CaseResult) -> bool {
    result.outcome.as_ref().is_err_and(|words| words.contains(LEAK))
}

fn mebibytes(kibibytes: u64) -> String {
    if kibibytes == 0 { "not measured".to_owned() } else { format!("{} MiB", kibibytes.div_ceil(1024)) }
}

/// The table of all results.
#[must_use]
pub fn table(results: &[CaseResult], options: &Options, took: Duration) -> String {
    let mut lines = vec!["| | cases | held | failed | not reached | leaks | slowest | memory |".to_owned()];
    lines.push("|---|---|---|---|---|---|---|---|".to_owned());
    for section in Section::ALL {
        let of: Vec<&CaseResult> = results.iter().filter(|one| one.section == section).collect();
        if of.is_empty() {
            continue;
        }
        let failed = of.iter().filter(|one| one.outcome.is_err()).count();
        let outcomes = || of.iter().filter_map(|one| one.outcome.as_ref().ok());
        let not_reached = outcomes().filter(|outcome| outcome.not_reached).count();
        let leaks = of.iter().copied().filter(is_leak).count();
        let slowest = of.iter().max_by_key(|one| one.took);
        let slowest =
            slowest.map_or_else(String::new, |one| format!("{} s, {}", one.took.as_secs(), one.name));
        let memory = outcomes().filter(|outcome| !outcome.hostile).map(|outcome| outcome.memory).max();
        lines.push(format!(
            "| {} | {} | {} | {failed} | {not_reached} | {leaks} | {slowest} | {} |",
            section.word(),
            of.len(),
            of.len() - failed,
            mebibytes(memory.unwrap_or_default())
        ));
    }
    let outcomes = || results.iter().filter_map(|one| one.outcome.as_ref().ok());
    let hostile = outcomes().filter(|outcome| outcome.hostile).map(|outcome| outcome.memory).max();
    let lost = outcomes().filter(|outcome| outcome.state_lost_by_terraform).count();
    lines.push(String::new());
    lines.push(format!(
        "Seed {}, {} min. Memory is the most that a provider process had (VmHWM); with hostile responses, {}. \
         States that Terraform left empty: {lost}.",
        options.seed,
        took.as_secs().div_ceil(60),
        mebibytes(hostile.unwrap_or_default()),
    ));
    lines.push(fuzzing::summary());
    lines.join("\n")
}
