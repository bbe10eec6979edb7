//! Ctrl-C, for a program that cleans up after itself. The tests never ask for it; `live/` does.

use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on running commands are interrupted, and none should be started.
pub fn request() {
    REQUESTED.store(true, Ordering::SeqCst);
}

#[must_use]
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
