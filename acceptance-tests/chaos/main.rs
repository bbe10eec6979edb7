//! `make chaos`: fault injection. After any failure, and after a termination at any point, the next apply converges.
//!
//! The cases are faults on the wire and in the org (`table`), kills and interrupts at every call (`terminations`), and
//! many workspaces and many apps (`load`). The same invariants hold after every case (`invariants`). The cases use the
//! real Terraform, the built provider and the emulator, as the tests do, with a fault injection proxy between the
//! provider and the emulator. The seed and the name of a case reproduce it.
#![forbid(unsafe_code)]
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a case fails with a panic at the failed check, as a test does"
)]

mod baseline;
mod case;
mod fault;
mod faults;
mod fixture;
mod foreign_server;
mod fuzzing;
mod invariants;
mod load;
mod message;
mod options;
mod processes;
mod proxy;
mod random;
mod report;
mod runner;
mod table;
mod terminations;

use baseline::Baselines;
use case::{Case, Section};
use options::Options;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest expected duration of a fault case in a quick run.
const QUICK: Duration = Duration::from_secs(30);

/// Prints one line.
fn print_line(words: &str) {
    let _closed_output = writeln!(std::io::stdout(), "{words}");
}

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            let _closed_output = writeln!(std::io::stderr(), "make chaos: {error}");
            return ExitCode::from(2);
        }
    };
    let start = Instant::now();
    let baselines = Arc::new(Baselines::record_all());
    let cases = selected_cases(&baselines, &options);
    if cases.is_empty() {
        print_line("No case has that name; --list prints all names.");
        return ExitCode::from(2);
    }
    if options.list {
        cases.iter().for_each(|case| print_line(&case.name));
        return ExitCode::SUCCESS;
    }
    print_line(&format!("{} cases, {} at a time, seed {}", cases.len(), options.jobs, options.seed));
    processes::watch_memory();
    runner::capture_panics();
    let results = runner::run(cases, options.jobs, |one, left| {
        if let Some(words) = report::failure(one, &options) {
            print_line(&words);
        } else if options.only.is_some() {
            let note = one.outcome.as_ref().ok().and_then(|outcome| outcome.note.clone()).unwrap_or_default();
            print_line(&format!("held {} ({} s) {note}", one.name, one.took.as_secs()));
        } else if left % 25 == 0 {
            print_line(&format!("{left} left after {} s", start.elapsed().as_secs()));
        }
    });
    print_line(&format!("\n{}", report::table(&results, &options, start.elapsed())));
    let failed: Vec<_> = results.iter().filter(|one| one.outcome.is_err()).collect();
    for one in &failed {
        print_line(&format!("failed: {}", report::reproduce(&one.name, &options)));
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The cases that the options select. A quick run has at most one case for each row of the fault table.
fn selected_cases(baselines: &Arc<Baselines>, options: &Options) -> Vec<Case> {
    let everything = options.only.is_some() && !options.is_section() && !options.quick;
    let (kills, interrupts) = match (everything, options.quick) {
        (true, _) => (usize::MAX, usize::MAX),
        (_, true) => (30, 10),
        (_, false) => (450, 150),
    };
    let mut cases = faults::cases(baselines, options.seed);
    cases.extend(terminations::cases(baselines, options.seed, kills, interrupts));
    let size = if options.quick { load::Size::QUICK } else { load::Size::FULL };
    cases.extend(load::cases(options.seed, size));
    cases.retain(|case| options.selects(&case.name));
    if options.quick {
        cases = sample(cases, options.seed);
    }
    cases
}

/// One random case of each row of the fault table, without long cases, and all cases of the other sections.
fn sample(cases: Vec<Case>, seed: u64) -> Vec<Case> {
    let row = |case: &Case| case.name.split('/').take(2).collect::<Vec<_>>().join("/");
    let mut shuffled: Vec<(u64, Case)> =
        cases.into_iter().map(|case| (random::Random::of(seed, &case.name).next(), case)).collect();
    shuffled.sort_by_key(|(number, _)| *number);
    let mut rows = BTreeSet::new();
    let mut is_wanted = |case: &Case| match case.section {
        Section::Faults => case.takes <= QUICK && rows.insert(row(case)),
        Section::Kills | Section::Interrupts | Section::Load => true,
    };
    shuffled.into_iter().map(|(_, case)| case).filter(|case| is_wanted(case)).collect()
}
