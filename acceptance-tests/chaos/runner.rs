//! Plays cases, so many at a time, and takes down what came of each. A case fails by a panic, as tests do.

use crate::case::{Case, Chapter, Outcome};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A case that was played.
pub struct Played {
    pub chapter: Chapter,
    pub name: String,
    pub took: Duration,
    /// Or how it failed.
    pub outcome: Result<Outcome, String>,
}

thread_local! {
    static LAST_WORDS: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Panics of cases are kept for the report and printed there.
pub fn keep_last_words() {
    std::panic::set_hook(Box::new(|info| {
        LAST_WORDS.with(|words| *words.borrow_mut() = info.to_string());
    }));
}

/// Plays them all; `tell` hears of each at its end, with how many are left.
#[must_use]
pub fn play(mut cases: Vec<Case>, jobs: usize, tell: impl Fn(&Played, usize) + Sync) -> Vec<Played> {
    // The longest first: they wait while others work.
    cases.sort_by_key(|case| case.takes);
    let queue = Mutex::new(cases);
    let played = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let (case, left) = {
                        let mut queue = queue.lock().expect("nobody panics with it");
                        let Some(case) = queue.pop() else { return };
                        (case, queue.len())
                    };
                    let one = play_one(&case);
                    tell(&one, left);
                    played.lock().expect("nobody panics with it").push(one);
                }
            });
        }
    });
    played.into_inner().expect("nobody panics with it")
}

fn play_one(case: &Case) -> Played {
    let begun = Instant::now();
    LAST_WORDS.with(|words| words.borrow_mut().clear());
    let outcome = catch_unwind(AssertUnwindSafe(|| (case.play)()));
    let outcome = outcome.map_err(|_| LAST_WORDS.with(|words| words.borrow().clone()));
    Played { chapter: case.chapter, name: case.name.clone(), took: begun.elapsed(), outcome }
}
