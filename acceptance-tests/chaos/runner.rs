//! Runs the cases in parallel and records their results. A case fails with a panic, as a test does.

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

/// From here on a case spends its time waiting, not working.
const WAITING: Duration = Duration::from_secs(30);

/// How many waiting cases are played beside each working one.
const WAITING_PER_JOB: usize = 3;

/// Plays them all; `tell` hears of each at its end, with how many have not ended.
#[must_use]
pub fn play(cases: Vec<Case>, jobs: usize, tell: impl Fn(&Played, usize) + Sync) -> Vec<Played> {
    let left = AtomicUsize::new(cases.len());
    let (mut waiting, mut working): (Vec<_>, Vec<_>) =
        cases.into_iter().partition(|case| case.chapter == Chapter::Faults && case.takes >= WAITING);
    // The longest first: they end while others work.
    waiting.sort_by_key(|case| case.takes);
    working.sort_by_key(|case| case.takes);
    let (waiting, working) = (Mutex::new(waiting), Mutex::new(working));
    let played = Mutex::new(Vec::new());
    let worker = |queue: &Mutex<Vec<Case>>| {
        loop {
            let Some(case) = queue.lock().expect("the lock is not poisoned").pop() else { return };
            let one = play_one(&case);
            tell(&one, left.fetch_sub(1, Ordering::SeqCst) - 1);
            played.lock().expect("the lock is not poisoned").push(one);
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
    played.into_inner().expect("the lock is not poisoned")
}

fn play_one(case: &Case) -> CaseResult {
    let begun = Instant::now();
    LAST_PANIC.with(|words| words.borrow_mut().clear());
    let outcome = catch_unwind(AssertUnwindSafe(|| (case.play)()));
    let outcome = outcome.map_err(|_| LAST_PANIC.with(|words| words.borrow().clone()));
    CaseResult { section: case.section, name: case.name.clone(), took: begun.elapsed(), outcome }
}
