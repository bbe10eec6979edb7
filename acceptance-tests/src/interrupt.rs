//! Interrupts in a program that has to clean up after Ctrl-C. Only `live/` requests them.

use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Interrupts running commands. The caller should not start new commands.
pub fn request() {
    REQUESTED.store(true, Ordering::SeqCst);
}

#[must_use]
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
