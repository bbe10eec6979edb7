//! Runs the cases in parallel and records their results. A case fails with a panic, as a test does.

use crate::case::{Case, Outcome, Section};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
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

/// Runs all cases. Calls `tell` after each with the number of remaining cases.
#[must_use]
pub fn play(mut cases: Vec<Case>, jobs: usize, tell: impl Fn(&CaseResult, usize) + Sync) -> Vec<CaseResult> {
    // The longest cases first, so that the short ones run beside them.
    cases.sort_by_key(|case| case.takes);
    let queue = Mutex::new(cases);
    let played = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let (case, left) = {
                        let mut queue = queue.lock().expect("lock is not poisoned");
                        let Some(case) = queue.pop() else { return };
                        (case, queue.len())
                    };
                    let one = play_one(&case);
                    tell(&one, left);
                    played.lock().expect("lock is not poisoned").push(one);
                }
            });
        }
    });
    played.into_inner().expect("lock is not poisoned")
}

fn play_one(case: &Case) -> CaseResult {
    let begun = Instant::now();
    LAST_PANIC.with(|words| words.borrow_mut().clear());
    let outcome = catch_unwind(AssertUnwindSafe(|| (case.play)()));
    let outcome = outcome.map_err(|_| LAST_PANIC.with(|words| words.borrow().clone()));
    CaseResult { section: case.section, name: case.name.clone(), took: begun.elapsed(), outcome }
}
