//! `make chaos`: whatever goes wrong, and wherever a run is ended, the next apply puts it right.
//!
//! Faults on the wire and in the org (`table`), kills and interrupts at every call (`endings`), many workspaces and many
//! apps (`load`); one judge for all of them (`oracle`). The real Terraform, the built provider and the emulator, as in
//! the tests; a proxy of our own is between the last two. Each case has a name that plays it again.
#![forbid(unsafe_code)]
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a case fails by a panic at the line that judges it, as a test does"
)]

mod case;
mod chance;
mod endings;
mod fault;
mod faults;
mod fuzzing;
mod load;
mod message;
mod options;
mod oracle;
mod processes;
mod proxy;
mod rehearsal;
mod report;
mod runner;
mod stage;
mod stranger;
mod table;

use case::{Case, Chapter};
use options::Options;
use rehearsal::Rehearsals;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Of a quick run: what takes longer is for the whole one.
const QUICK: Duration = Duration::from_secs(30);

/// Says a line to whoever started this.
fn say(words: &str) {
    let _nobody_listens = writeln!(std::io::stdout(), "{words}");
}

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(wrong) => {
            let _nobody_listens = writeln!(std::io::stderr(), "make chaos: {wrong}");
            return ExitCode::from(2);
        }
    };
    let begun = Instant::now();
    let rehearsals = Arc::new(Rehearsals::play());
    let cases = chosen(&rehearsals, &options);
    if cases.is_empty() {
        say("No case has that name; --list names them.");
        return ExitCode::from(2);
    }
    if options.list {
        cases.iter().for_each(|case| say(&case.name));
        return ExitCode::SUCCESS;
    }
    say(&format!("{} cases, {} at a time, seed {}", cases.len(), options.jobs, options.seed));
    processes::watch_memory();
    runner::keep_last_words();
    let played = runner::play(cases, options.jobs, |one, left| {
        if let Some(words) = report::failure(one, &options) {
            say(&words);
        } else if options.only.is_some() {
            let note = one.outcome.as_ref().ok().and_then(|outcome| outcome.note.clone()).unwrap_or_default();
            say(&format!("held {} ({} s) {note}", one.name, one.took.as_secs()));
        } else if left % 25 == 0 {
            say(&format!("{left} left after {} s", begun.elapsed().as_secs()));
        }
    });
    say(&format!("\n{}", report::table(&played, &options, begun.elapsed())));
    let failed: Vec<_> = played.iter().filter(|one| one.outcome.is_err()).collect();
    for one in &failed {
        say(&format!("failed: {}", report::again(&one.name, &options)));
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// All of them; of a quick run one for each row of each table.
fn chosen(rehearsals: &Arc<Rehearsals>, options: &Options) -> Vec<Case> {
    let everything = options.only.is_some() && !options.quick;
    let (kills, interrupts) = match (everything, options.quick) {
        (true, _) => (usize::MAX, usize::MAX),
        (_, true) => (30, 10),
        (_, false) => (450, 150),
    };
    let mut cases = faults::cases(rehearsals, options.seed);
    cases.extend(endings::cases(rehearsals, options.seed, kills, interrupts));
    let size = if options.quick { load::Size::QUICK } else { load::Size::WHOLE };
    cases.extend(load::cases(options.seed, size));
    cases.retain(|case| options.takes(&case.name));
    if options.quick {
        cases = sample(cases, options.seed);
    }
    cases
}

/// One of each row of the fault table, which chance decides, and everything else.
fn sample(cases: Vec<Case>, seed: u64) -> Vec<Case> {
    let row = |case: &Case| case.name.split('/').take(2).collect::<Vec<_>>().join("/");
    let mut by_chance: Vec<(u64, Case)> =
        cases.into_iter().map(|case| (chance::Chance::of(seed, &case.name).next(), case)).collect();
    by_chance.sort_by_key(|(number, _)| *number);
    let mut rows = BTreeSet::new();
    let mut is_wanted = |case: &Case| match case.chapter {
        Chapter::Faults => case.takes <= QUICK && rows.insert(row(case)),
        Chapter::Kills | Chapter::Interrupts | Chapter::Load => true,
    };
    by_chance.into_iter().map(|(_, case)| case).filter(|case| is_wanted(case)).collect()
}
