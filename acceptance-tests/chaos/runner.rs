//! Runs the cases in parallel and records their results. A failed case panics, as a test does.

use crate::case::{Case, Outcome, Section};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A case that has run.
pub struct CaseResult {
    pub section: Section,
    pub name: String,
    pub took: Duration,
    /// The outcome, or the panic message.
    pub outcome: Result<Outcome, String>,
}

thread_local! {
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps panic messages for the report instead of printing them immediately.
pub fn capture_panics() {
    std::panic::set_hook(Box::new(|info| {
        LAST_PANIC.with(|words| *words.borrow_mut() = info.to_string());
    }));
}

/// A fault case that takes at least this long spends most of the time waiting.
const WAITING: Duration = Duration::from_secs(30);

/// The number of waiting cases that run in parallel with each working case.
const WAITING_PER_JOB: usize = 2;

/// Runs all cases. Calls `report` after each case, with the number of cases that have not ended.
#[must_use]
pub fn run(cases: Vec<Case>, jobs: usize, report: impl Fn(&CaseResult, usize) + Sync) -> Vec<CaseResult> {
    let left = AtomicUsize::new(cases.len());
    let (mut waiting, mut working): (Vec<_>, Vec<_>) =
        cases.into_iter().partition(|case| case.section == Section::Faults && case.takes >= WAITING);
    // `pop` takes the longest cases first, so that short cases run in parallel with them.
    waiting.sort_by_key(|case| case.takes);
    working.sort_by_key(|case| case.takes);
    let (waiting, working) = (Mutex::new(waiting), Mutex::new(working));
    let results = Mutex::new(Vec::new());
    let worker = |queue: &Mutex<Vec<Case>>| {
        loop {
            let Some(case) = queue.lock().expect("lock is not poisoned").pop() else { return };
            let result = run_one(&case);
            report(&result, left.fetch_sub(1, Ordering::SeqCst) - 1);
            results.lock().expect("lock is not poisoned").push(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| worker(&working));
        }
        for _ in 0..jobs * WAITING_PER_JOB {
            scope.spawn(|| worker(&waiting));
        }
    });
    results.into_inner().expect("lock is not poisoned")
}

fn run_one(case: &Case) -> CaseResult {
    let start = Instant::now();
    LAST_PANIC.with(|words| words.borrow_mut().clear());
    let outcome = catch_unwind(AssertUnwindSafe(|| (case.run)()));
    let outcome = outcome.map_err(|_| LAST_PANIC.with(|words| words.borrow().clone()));
    CaseResult { section: case.section, name: case.name.clone(), took: start.elapsed(), outcome }
}
