//! What a run ends with: the failures, each with the command that plays it again, and one table.

use crate::case::Chapter;
use crate::fuzzing;
use crate::options::Options;
use crate::runner::Played;
use std::time::Duration;

/// The words that only a leak is reported with (`acceptance_tests::workspace`).
const LEAK: &str = "secrets le";

#[must_use]
pub fn again(name: &str, options: &Options) -> String {
    let quick = if options.quick { " QUICK=1" } else { "" };
    format!("make chaos SEED={}{quick} ONLY={name}", options.seed)
}

#[must_use]
pub fn failure(played: &Played, options: &Options) -> Option<String> {
    let words = played.outcome.as_ref().err()?;
    Some(format!("FAILED {}\n{words}\n  again: {}\n", played.name, again(&played.name, options)))
}

fn is_leak(played: &&Played) -> bool {
    played.outcome.as_ref().is_err_and(|words| words.contains(LEAK))
}

fn mebibytes(kibibytes: u64) -> String {
    if kibibytes == 0 { "not measured".to_owned() } else { format!("{} MiB", kibibytes.div_ceil(1024)) }
}

/// The table.
#[must_use]
pub fn table(played: &[Played], options: &Options, took: Duration) -> String {
    let mut lines = vec!["| | cases | held | failed | not reached | leaks | slowest | memory |".to_owned()];
    lines.push("|---|---|---|---|---|---|---|---|".to_owned());
    for chapter in Chapter::ALL {
        let of: Vec<&Played> = played.iter().filter(|one| one.chapter == chapter).collect();
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
            chapter.word(),
            of.len(),
            of.len() - failed,
            mebibytes(memory.unwrap_or_default())
        ));
    }
    let outcomes = || played.iter().filter_map(|one| one.outcome.as_ref().ok());
    let hostile = outcomes().filter(|outcome| outcome.hostile).map(|outcome| outcome.memory).max();
    let lost = outcomes().filter(|outcome| outcome.state_lost_by_terraform).count();
    lines.push(String::new());
    lines.push(format!(
        "Seed {}, {} min. Memory is the most that a provider process had (VmHWM); where the org sends what no org sends, {}. \
         States that Terraform itself left empty: {lost}.",
        options.seed,
        took.as_secs().div_ceil(60),
        mebibytes(hostile.unwrap_or_default()),
    ));
    lines.push(fuzzing::summary());
    lines.join("\n")
}
