//! How long, and how often, this layer tries again: all of it is here.
//!
//! Single calls are tried again by the client (`salesforce/retry.rs`); here it is about deploys, looks at them, and edits.

use std::time::Duration;

use tokio::time::Instant;

use super::timing::Timing;
use super::{ApplyErrorKind, DeployProblem};

/// How often a job goes again because its app is on its way: who brings the app may give up, and somebody else come.
pub(super) const MAX_REQUEUES: u32 = 5;
/// How many deploys an edit may take until nothing of it, and of others, is overwritten.
pub(super) const MAX_EDIT_DEPLOYS: u32 = 10;
/// How long an edit waits for others to be done before it gets into the line. A busy org always has a line.
pub(super) const MAX_QUEUE_WAIT: Duration = Duration::from_secs(120);
/// How long a deploy is watched that all its callers have given up. The next one would only wait behind it in the org,
/// and those in the queue had rather know that nothing of theirs was sent.
pub(super) const POLL_GRACE: Duration = Duration::from_secs(600);
/// How long is read after a deploy until an answer must be given: a clock of its own, so that what exists in the org is
/// known although the caller has no time left.
pub(super) const VERIFY_TIMEOUT: Duration = Duration::from_secs(60);
/// How often, and for how long, an org may deny a deploy that it just gave us the ID of.
pub(super) const MAX_UNKNOWN_ID: u32 = 10;
pub(super) const UNKNOWN_ID_GRACE: Duration = Duration::from_secs(60);
/// How many looks in a row may fail for a reason that does not pass by itself.
pub(super) const MAX_PERMANENT_FAILURES: u32 = 3;

/// What a batch has spent on trying its deploys again.
#[derive(Default)]
pub(super) struct RetryBudget {
    /// Since when others have been in the way.
    since: Option<Instant>,
    tries: usize,
    /// How often the org had an accident of its own.
    accidents: u32,
}

/// Why a deploy is to be sent again, and what those are told for whom it is not.
pub(super) enum RetryReason {
    Locked(String),
    Accident { problems: Vec<DeployProblem>, deploy_id: String },
}

/// What an reason leaves to do.
pub(super) struct RetryDecision {
    /// How long to wait first; none when it is enough.
    pub wait: Option<Duration>,
    /// What to tell those who do not go again.
    pub error: ApplyErrorKind,
}

impl RetryBudget {
    pub(super) fn again(&mut self, reason: RetryReason, timing: &Timing) -> RetryDecision {
        let now = Instant::now();
        let waited = now.duration_since(*self.since.get_or_insert(now));
        let wait = timing.lock_wait(self.tries);
        self.tries = self.tries.saturating_add(1);
        let (error, enough) = match reason {
            RetryReason::Locked(why) => (ApplyErrorKind::Locked { waited, why }, false),
            // A deploy replaces files as a whole and deletes what is there, so a second time does no more than the first.
            // Elements that act each time they are sent are never sent.
            RetryReason::Accident { problems, deploy_id } => {
                let enough = self.accidents > 0;
                self.accidents = self.accidents.saturating_add(1);
                (ApplyErrorKind::Rejected { problems, deploy_id, accident: true }, enough)
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
    async fn an_accident_is_tried_again_once_and_a_lock_for_ten_minutes() {
        let timing = Timing::default();
        let mut budget = RetryBudget::default();
        let accident = || RetryReason::Accident { problems: Vec::new(), deploy_id: "0Af1".to_owned() };
        assert!(budget.again(accident(), &timing).wait.is_some());
        assert!(budget.again(accident(), &timing).wait.is_none());

        let mut budget = RetryBudget::default();
        let begun = Instant::now();
        while let Some(wait) = budget.again(RetryReason::Locked("busy".to_owned()), &timing).wait {
            tokio::time::sleep(wait).await;
        }
        let waited = begun.elapsed();
        assert!(waited <= timing.lock_timeout && waited > timing.lock_timeout / 2, "{waited:?}");
    }
}
