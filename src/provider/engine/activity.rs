//! What this process is about to create: the reason to wait for something that is not there yet.
//!
//! People write an app's name instead of referring to it, so Terraform may ask for the parts of an app before or while
//! the app is made. Waiting is worth it as long as something is being made, and a little longer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::org::Instant;

/// How many creations are under way.
#[derive(Debug, Default)]
pub struct Activity {
    running: AtomicUsize,
}

/// A creation that is under way, until it is dropped.
pub struct Running<'a>(&'a Activity);

impl Activity {
    pub fn begin(&self) -> Running<'_> {
        self.running.fetch_add(1, Ordering::SeqCst);
        Running(self)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits for something that others may be making.
pub struct Patience<'a> {
    activity: &'a Activity,
    /// Nothing was under way since then.
    idle_since: Instant,
    deadline: Instant,
}

/// So long is waited when nothing is being made: Terraform may be about to start it.
const IDLE: Duration = Duration::from_secs(20);

impl<'a> Patience<'a> {
    pub fn new(activity: &'a Activity, deadline: Instant) -> Patience<'a> {
        Patience { activity, idle_since: Instant::now(), deadline }
    }

    /// Waits until it is time to look again; false when waiting has no sense any more.
    pub async fn wait(&mut self, pause: Duration) -> bool {
        let now = Instant::now();
        if self.activity.running.load(Ordering::SeqCst) > 0 {
            self.idle_since = now;
        }
        if now + pause > self.deadline || now.duration_since(self.idle_since) > IDLE {
            return false;
        }
        crate::org::pause(pause).await;
        true
    }
}
