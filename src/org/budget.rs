//! The limits for retries of deploys, polls and edits.
//!
//! Not here: the retries of single calls, which are in the client (`salesforce/retry.rs`).

use std::time::Duration;

use tokio::time::Instant;

use super::timing::Timing;
use super::{ApplyErrorKind, DeployProblem};

/// How often a job is queued again because the app that it needs is being created.
pub(super) const MAX_REQUEUES: u32 = 5;
/// How often an edit is deployed again because it overwrote other changes or was overwritten by them.
pub(super) const MAX_EDIT_REPEATS: u32 = 10;
/// How long after its deadline a caller waits for an edit that the org has saved. Another deploy may have to restore
/// changes by others.
pub(super) const RESTORE_TIMEOUT: Duration = Duration::from_secs(300);
/// The maximum time that an edit waits for an idle deploy queue. The queue of a busy org may never be idle.
pub(super) const MAX_QUEUE_WAIT: Duration = Duration::from_secs(120);
/// How long a deploy is polled after the deadlines of all its callers. If the next deploy were sent before this one has
/// ended, the org would only queue it.
pub(super) const POLL_GRACE: Duration = Duration::from_secs(600);
/// The timeout for reads after a deploy. It does not depend on the caller's deadline, so that the result can be
/// determined even after that deadline.
pub const VERIFY_TIMEOUT: Duration = Duration::from_secs(60);
/// How many polls may fail because the org does not find the deploy that it has just accepted, and for how long.
pub(super) const MAX_UNKNOWN_ID: u32 = 10;
pub(super) const UNKNOWN_ID_GRACE: Duration = Duration::from_secs(60);
/// The longest wait before the next poll of a deploy that a response can request.
pub(super) const MAX_PAUSE: Duration = Duration::from_secs(30);
/// How many polls may fail with a permanent error before one succeeds. Other errors are counted separately.
pub(super) const MAX_PERMANENT_FAILURES: u32 = 3;

/// The retries of one batch.
#[derive(Default)]
pub(super) struct RetryBudget {
    /// When the first retry became necessary.
    since: Option<Instant>,
    tries: usize,
    /// How often Salesforce reported an internal error.
    internal_errors: u32,
}

/// Why a deploy is retried, with the details for callers that do not wait for the retry.
pub(super) enum RetryReason {
    Locked(String),
    InternalError { problems: Vec<DeployProblem>, deploy_id: String },
}

pub(super) struct RetryDecision {
    /// The wait before the retry. `None` if the limit is reached.
    pub wait: Option<Duration>,
    /// The error for callers that do not wait for the retry.
    pub error: ApplyErrorKind,
}

impl RetryBudget {
    /// Ends a wait for a locked org, because a deploy has succeeded.
    pub(super) fn note_success(&mut self) {
        (self.since, self.tries) = (None, 0);
    }

    pub(super) fn next_delay(&mut self, reason: RetryReason, timing: &Timing) -> RetryDecision {
        let now = Instant::now();
        let waited = now.duration_since(*self.since.get_or_insert(now));
        let wait = timing.lock_wait(self.tries);
        self.tries = self.tries.saturating_add(1);
        let (error, enough) = match reason {
            RetryReason::Locked(why) => (ApplyErrorKind::Locked { waited, why }, false),
            // Repeating a deploy is safe: it replaces whole files or deletes components, and the provider never sends
            // elements that trigger an action each time.
            RetryReason::InternalError { problems, deploy_id } => {
                let enough = self.internal_errors > 0;
                self.internal_errors = self.internal_errors.saturating_add(1);
                (ApplyErrorKind::Rejected { problems, deploy_id, internal_error: true }, enough)
            }
        };
        let enough = enough || waited + wait > timing.lock_timeout;
        RetryDecision { wait: (!enough).then_some(wait), error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_internal_error_is_retried_once_and_a_lock_for_ten_minutes() {
        let timing = Timing::default();
        let mut budget = RetryBudget::default();
        let internal_error =
            || RetryReason::InternalError { problems: Vec::new(), deploy_id: "0Af1".to_owned() };
        assert!(budget.next_delay(internal_error(), &timing).wait.is_some());
        assert!(budget.next_delay(internal_error(), &timing).wait.is_none());

        let mut budget = RetryBudget::default();
        let locked = || RetryReason::Locked("busy".to_owned());
        assert!(budget.next_delay(locked(), &timing).wait.is_some());
        tokio::time::sleep(timing.lock_timeout).await;
        assert!(budget.next_delay(locked(), &timing).wait.is_none());
        budget.note_success();
        assert!(budget.next_delay(locked(), &timing).wait.is_some(), "another lock");

        let mut budget = RetryBudget::default();
        let begun = Instant::now();
        while let Some(wait) = budget.next_delay(RetryReason::Locked("busy".to_owned()), &timing).wait {
            tokio::time::sleep(wait).await;
        }
        let waited = begun.elapsed();
        assert!(waited <= timing.lock_timeout && waited > timing.lock_timeout / 2, "{waited:?}");
    }
}
