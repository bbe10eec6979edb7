//! Handles Ctrl-C in a program that has to clean up. Only `live/` uses it.

use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Interrupts running commands. No new ones should be started.
pub fn request() {
    REQUESTED.store(true, Ordering::SeqCst);
}

#[must_use]
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
