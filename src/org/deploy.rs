//! One deploy, from the zip file to its outcome. A deploy is only canceled after a stop (`poll.rs`).

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::attribution::{self, SentComponent};
use super::budget::POLL_GRACE;
use super::deploy_outcome::{DeployOutcome, Effect, judge};
use super::deployer::QueuedJob;
use super::edit::{Baseline, OBSERVE_DELAY, Observed};
use super::poll::{Phase, PollEnd};
use super::timing::{PollSchedule, between};
use super::{ApplyErrorKind, Changes, Inner};
use crate::log_keys::SF_DEPLOY_ID;
use crate::salesforce::{Class, RetriedError};

/// A deploy to send, and its jobs.
pub(super) struct PackedDeploy<'a> {
    pub changes: &'a Changes,
    pub zip: &'a [u8],
    pub sent: &'a [SentComponent<'a>],
    /// The state of the deploy queue when the edits were composed.
    pub seen: Baseline,
    pub group: &'a [QueuedJob],
    /// The latest deadline of the jobs.
    pub deadline: Instant,
}

impl Inner {
    /// Sends a deploy and waits until it ends. Returns its ID (empty if the org did not return one), the outcome, and
    /// what was observed of concurrent deploys.
    pub(super) async fn deploy(
        &self,
        packed: PackedDeploy<'_>,
        pace: &mut PollSchedule,
    ) -> (String, DeployOutcome, Observed) {
        let PackedDeploy { changes, zip, sent, seen, group, deadline } = packed;
        let deadline = deadline + POLL_GRACE;
        let deletes = matches!(changes, Changes::Delete(_));
        let started = Instant::now();
        let mut outdate = Outdate::new(self, group);
        let id = match self.start(zip, deletes, deadline).await {
            Ok(id) => id,
            Err(ended) => {
                outdate.effect = ended.effect();
                return (String::new(), ended, Observed::default());
            }
        };
        self.deployer.record_own(&id);
        group.iter().for_each(|queued| queued.sent_as(&id));
        tracing::info!(
            { SF_DEPLOY_ID } = id,
            callers = group.len(),
            writes = if deletes { 0 } else { changes.len() },
            deletions = if deletes { changes.len() } else { 0 },
            bytes = zip.len(),
            "deploy started"
        );
        let (phase_tx, phase_rx) = watch::channel(Phase::Unknown);
        let mut first_poll = pace.first_poll(&self.timing);
        if seen.matters() {
            // An earlier poll would not help, because concurrent deploys are not known before this delay.
            first_poll = first_poll.max(OBSERVE_DELAY);
        }
        let polled = async {
            let end = self.poll_deploy(&id, first_poll, pace, started, deadline, &phase_tx).await;
            phase_tx.send_replace(Phase::Over);
            end
        };
        let (end, mut observed) = tokio::join!(polled, self.observe(&id, seen, changes, phase_rx, started));
        let taken_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let ended = match end {
            PollEnd::Lost(why) => {
                tracing::info!({ SF_DEPLOY_ID } = id, taken_ms, why, "deploy outcome unknown");
                DeployOutcome::Failed(ApplyErrorKind::Unverified { deploy_id: Some(id.clone()), why })
            }
            PollEnd::Finished { report, canceled_by_us, polls, at } => {
                let reported = report.created_date.as_deref().zip(report.completed_date.as_deref());
                let reported = reported.and_then(|(created, completed)| between(created, completed));
                pace.learn(reported, at.duration_since(started), polls);
                tracing::info!(
                    { SF_DEPLOY_ID } = id,
                    taken_ms,
                    status = report.status,
                    failures = report.component_failures.len(),
                    "deploy ended"
                );
                observed.existing = attribution::existing(&report.component_successes, sent);
                judge(&id, &report, canceled_by_us, changes, sent)
            }
        };
        outdate.effect = ended.effect();
        (id, ended, observed)
    }

    /// Sends a deploy. Once the request may have been sent, only its response shows whether the deploy exists.
    async fn start(
        &self,
        zip: &[u8],
        ignore_warnings: bool,
        deadline: Instant,
    ) -> Result<String, DeployOutcome> {
        let retried = RetriedError::default();
        let mut call = Box::pin(retried.follow(self.apis.deploys.start_deploy(zip, ignore_warnings)));
        let answer = tokio::select! {
            biased;
            answer = timeout_at(deadline, &mut call) => answer.ok(),
            // Between two attempts, nothing is being sent.
            () = self.stop.cancelled() => if retried.get().is_some() {
                return Err(DeployOutcome::Failed(ApplyErrorKind::NotSent));
            } else {
                let limit = deadline.min(Instant::now() + self.timing.stop.start);
                timeout_at(limit, &mut call).await.ok()
            }
        };
        let unverified =
            |why: String| DeployOutcome::Failed(ApplyErrorKind::Unverified { deploy_id: None, why });
        match answer {
            Some(Ok(id)) => Ok(id),
            Some(Err(error)) if error.is_ambiguous() => Err(unverified(error.to_string())),
            Some(Err(error)) if error.class() == Class::Locked && error.is_transient() => {
                Err(DeployOutcome::Locked(error.to_string()))
            }
            Some(Err(error)) => Err(DeployOutcome::Failed(ApplyErrorKind::Unavailable(Arc::new(error)))),
            None => Err(unverified("the org did not confirm the deploy before the timeout".to_owned())),
        }
    }
}

/// Marks earlier reads as outdated when a deploy ends, whatever its outcome.
struct Outdate<'a> {
    org: &'a Inner,
    apps: BTreeSet<String>,
    effect: Effect,
}

impl<'a> Outdate<'a> {
    fn new(org: &'a Inner, group: &[QueuedJob]) -> Outdate<'a> {
        let apps = group.iter().flat_map(|queued| queued.job.apps().iter().cloned()).collect();
        Outdate { org, apps, effect: Effect::Unknown }
    }
}

impl Drop for Outdate<'_> {
    fn drop(&mut self) {
        self.org.outdate();
        match self.effect {
            Effect::None => {}
            Effect::Complete => self.org.new_apps.forget(&self.apps),
            Effect::Unknown => self.org.distrust(&self.apps),
        }
    }
}
