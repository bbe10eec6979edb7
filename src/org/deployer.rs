//! Runs batches of changes, one at a time, while the next batch forms in the queue.
//!
//! A batch may take several deploys (`isolation.rs`). For each deploy, edits are composed from the current files
//! (`edit.rs`), and all changes are packed and deployed (`deploy.rs`). After a success, the result is read and reported
//! (`reconcile.rs`) while the next batch runs.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex};

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::Instrument as _;

use super::batch::{self, Queue, Withdrawal};
use super::budget::{RESTORE_TIMEOUT, RetryBudget, RetryReason};
use super::deploy::PackedDeploy;
use super::deploy_outcome::DeployOutcome;
use super::edit::Observed;
use super::isolation::{Disposition, Isolation};
use super::job::Job;
use super::reconcile::Completed;
use super::timing::PollSchedule;
use super::{Applied, ApplyErrorKind, Changes, DeployProblem, Edit, Inner, Wanted};
use crate::lock::lock;
use crate::log_keys::{SF_BATCH, SF_BATCH_SIZE, SF_DEPLOY_ID};
use crate::metadata::PackageError;
use crate::record_id::short;

pub(super) type ApplyResult = Result<Applied, ApplyErrorKind>;
pub(super) type QueuedJob = batch::QueuedJob<Job, ApplyResult>;

pub(super) struct Deployer {
    pub queue: Arc<Queue<Job, ApplyResult>>,
    pace: Mutex<PollSchedule>,
    batches: AtomicU64,
    /// Whether the running deploy is still queued behind other deploys in the org.
    pub in_queue: AtomicBool,
    /// This process's deploys, by 15-character ID.
    own_deploys: StdMutex<BTreeSet<String>>,
}

impl Deployer {
    pub(super) fn new(queue: Queue<Job, ApplyResult>) -> Deployer {
        Deployer {
            queue: Arc::new(queue),
            pace: Mutex::default(),
            batches: AtomicU64::new(0),
            in_queue: AtomicBool::new(false),
            own_deploys: StdMutex::default(),
        }
    }

    pub(super) fn record_own(&self, id: &str) {
        lock(&self.own_deploys).insert(short(id).to_owned());
    }

    pub(super) fn is_own(&self, id: &str) -> bool {
        lock(&self.own_deploys).contains(short(id))
    }
}

enum Attempt {
    Completed { deploy_id: String, warnings: Vec<DeployProblem>, observed: Observed },
    Rejected { problems: Vec<DeployProblem>, deploy_id: String, internal_error: bool },
    PackageFailed(PackageError),
    Failed(ApplyErrorKind),
    Empty,
}

impl Inner {
    pub(super) async fn apply(
        self: &Arc<Self>,
        changes: Changes,
        wanted: Vec<Wanted>,
        deadline: Instant,
    ) -> ApplyResult {
        self.enqueue(Job::new(changes, wanted, &self.names), deadline).await
    }

    pub(super) async fn edit(self: &Arc<Self>, edit: Edit, deadline: Instant) -> ApplyResult {
        self.enqueue(Job::editing(edit), deadline).await
    }

    /// Queues a job, and waits for its result, a stop, or the deadline.
    async fn enqueue(self: &Arc<Self>, job: Job, deadline: Instant) -> ApplyResult {
        if self.stopped() {
            return Err(ApplyErrorKind::NotSent);
        }
        let mut handle = self.deployer.queue.submit(job, deadline, self.runner());
        let mut stop = pin!(self.stop.cancelled());
        let mut stopping = false;
        let (mut until, mut is_extended) = (deadline, false);
        loop {
            tokio::select! {
                biased;
                answer = handle.result() => {
                    if let Some(Ok(Applied { deploy_id: Some(id), .. })) = &answer {
                        // One log line for each caller. The log lines of the deploy belong to the batch.
                        tracing::info!({ SF_DEPLOY_ID } = id, "applied");
                    }
                    let lost = || "internal provider error".to_owned();
                    return answer.unwrap_or_else(|| {
                        let deploy_id = match handle.withdraw() {
                            Withdrawal::NotSent => None,
                            Withdrawal::AfterUncertain(id) => Some(id),
                            Withdrawal::TooLate(id) => id,
                        };
                        Err(ApplyErrorKind::Unverified { deploy_id, why: lost() })
                    });
                }
                () = &mut stop, if !stopping => {
                    stopping = true;
                    if handle.withdraw_queued() {
                        return Err(ApplyErrorKind::NotSent);
                    }
                }
                () = sleep_until(until) => {
                    // The edit is saved. Another deploy may follow, for example to restore a change by another client.
                    // Its result is part of this apply.
                    if handle.is_kept() && !is_extended {
                        (until, is_extended) = (deadline + RESTORE_TIMEOUT, true);
                        continue;
                    }
                    return Err(match handle.withdraw() {
                        Withdrawal::NotSent => ApplyErrorKind::Expired,
                        Withdrawal::AfterUncertain(deploy_id) => {
                            let error = Box::new(ApplyErrorKind::Expired);
                            ApplyErrorKind::AfterInternalError { deploy_id, error }
                        }
                        Withdrawal::TooLate(deploy_id) => {
                            let why = self.timeout_reason(deploy_id.is_some()).to_owned();
                            ApplyErrorKind::Unverified { deploy_id, why }
                        }
                    });
                }
            }
        }
    }

    fn timeout_reason(&self, confirmed: bool) -> &'static str {
        if !confirmed {
            "the org did not confirm the deploy before the timeout"
        } else if self.deployer.in_queue.load(Ordering::SeqCst) {
            "the timeout was exceeded while the deploy was queued behind other deploys in the org"
        } else {
            "the timeout was exceeded before the deploy ended"
        }
    }

    pub(super) fn runner(self: &Arc<Self>) -> batch::Run<Job, ApplyResult> {
        let inner = self.clone();
        Box::new(move |batch| {
            let number = inner.deployer.batches.fetch_add(1, Ordering::Relaxed);
            let span = tracing::info_span!("batch", { SF_BATCH } = number, { SF_BATCH_SIZE } = batch.len());
            Box::pin(inner.clone().run(batch).instrument(span))
        })
    }

    /// Deploys a batch in as many deploys as needed, and completes each of its jobs or queues it again.
    async fn run(self: Arc<Self>, batch: Vec<QueuedJob>) {
        let Some(deadline) = latest(&batch) else {
            return;
        };
        let mut rounds = Isolation::new(&self, batch);
        let version = match self.session_in_time(deadline).await {
            Ok(version) => version,
            Err(error) => {
                while let Some(group) = rounds.next() {
                    rounds.failed(group, &error);
                }
                return self.dismiss(&mut rounds);
            }
        };
        let mut pace = self.deployer.pace.lock().await;
        let mut budget = RetryBudget::default();
        while let Some(mut group) = rounds.next() {
            match self.attempt(&mut group, version, &mut pace, &mut budget).await {
                Attempt::Completed { deploy_id, warnings, observed } => {
                    rounds.succeeded();
                    budget.note_success();
                    let mut made = Completed { queued_jobs: group, deploy_id, warnings, observed };
                    self.note_completed(&mut made);
                    // Runs in a separate task, so that the next batch is not blocked. The next batch stays open until
                    // the task ends, up to a time limit, because the callers of the completed batch may then send
                    // dependent changes.
                    let coming = self.deployer.queue.prepare();
                    let reconciled = self.clone().reconcile(made).in_current_span();
                    tokio::spawn(async move {
                        reconciled.await;
                        drop(coming);
                    });
                }
                Attempt::Rejected { problems, deploy_id, internal_error } => {
                    hold(&group);
                    rounds.rejected(group, &problems, (&deploy_id, internal_error));
                }
                Attempt::PackageFailed(error) => {
                    rounds.package_failed(group, &ApplyErrorKind::Package(error))
                }
                Attempt::Failed(error) => rounds.failed(group, &error),
                Attempt::Empty => {}
            }
            self.dismiss(&mut rounds);
        }
    }

    /// Completes jobs that have left the batch, or queues them again.
    fn dismiss(&self, rounds: &mut Isolation<'_>) {
        for (queued, disposition) in rounds.take_finished() {
            match disposition {
                Disposition::Returns => self.deployer.queue.put_back(queued),
                Disposition::Fails(error) => queued.complete_with(|job| job.failed(error)),
            }
        }
    }

    /// Deploys a group, and retries where that is safe. A job leaves the group if its caller drops it, if it is
    /// completed, or if its deadline is before the next retry.
    async fn attempt(
        &self,
        group: &mut Vec<QueuedJob>,
        version: u16,
        pace: &mut PollSchedule,
        budget: &mut RetryBudget,
    ) -> Attempt {
        let mut missing = Vec::new();
        let mut last_deploy = String::new();
        loop {
            group.retain(|queued| !queued.is_abandoned());
            let Some(deadline) = latest(group) else {
                return Attempt::Empty;
            };
            let seen = self.compose(group, deadline).await;
            if group.is_empty() {
                return Attempt::Empty;
            }
            let changes = Changes::merge(group.iter().map(|queued| &queued.job.changes), &missing);
            if changes.len() == 0 {
                let (warnings, observed) = (Vec::new(), Observed::default());
                return Attempt::Completed { deploy_id: last_deploy, warnings, observed };
            }
            let (zip, sent) = match changes.pack(version) {
                Ok(packed) => packed,
                Err(error) => return Attempt::PackageFailed(error),
            };
            if self.stopped() {
                return Attempt::Failed(ApplyErrorKind::NotSent);
            }
            // A caller that is dropped after this point does not stop its deploy. A caller that was dropped before this
            // point does not take part in it.
            let absent = group.iter().filter(|queued| !queued.send()).count();
            if absent > 0 {
                hold(group);
                continue;
            }
            let packed = PackedDeploy { changes: &changes, zip: &zip, sent: &sent, seen, group, deadline };
            let (deploy_id, ended, observed) = self.deploy(packed, pace).await;
            let reason = match ended {
                DeployOutcome::Done { warnings } => {
                    return Attempt::Completed { deploy_id, warnings, observed };
                }
                DeployOutcome::Failed(error) => return Attempt::Failed(error),
                DeployOutcome::Without(keys) => {
                    last_deploy = deploy_id;
                    missing.extend(keys);
                    hold(group);
                    continue;
                }
                DeployOutcome::Rejected { problems, internal_error: false } => {
                    return Attempt::Rejected { problems, deploy_id, internal_error: false };
                }
                DeployOutcome::Rejected { problems, internal_error: true } => {
                    group.iter_mut().for_each(|queued| queued.job.internal_error = Some(deploy_id.clone()));
                    RetryReason::InternalError { problems, deploy_id }
                }
                DeployOutcome::Locked(why) => RetryReason::Locked(why),
            };
            hold(group);
            if let Err(error) = self.wait_before_retry(budget, reason, group).await {
                return match error {
                    ApplyErrorKind::Rejected { problems, deploy_id, internal_error } => {
                        Attempt::Rejected { problems, deploy_id, internal_error }
                    }
                    error => Attempt::Failed(error),
                };
            }
        }
    }

    /// The API version of the session, which determines the fields that are sent.
    async fn session_in_time(&self, deadline: Instant) -> Result<u16, ApplyErrorKind> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(ApplyErrorKind::NotSent),
            session = timeout_at(deadline, self.apis.connection.session()) => match session {
                Ok(Ok(session)) => Ok(session.api_version),
                Ok(Err(error)) => Err(ApplyErrorKind::Unavailable(Arc::new(error))),
                Err(_) => Err(ApplyErrorKind::Expired),
            }
        }
    }

    /// Waits before a retry. Jobs whose deadline is before the retry fail immediately. On a stop, all jobs fail,
    /// because no deploy is running.
    async fn wait_before_retry(
        &self,
        budget: &mut RetryBudget,
        reason: RetryReason,
        group: &mut Vec<QueuedJob>,
    ) -> Result<(), ApplyErrorKind> {
        let retry = budget.next_delay(reason, &self.timing);
        let Some(wait) = retry.wait else {
            return Err(retry.error);
        };
        let until = Instant::now() + wait;
        for queued in group.extract_if(.., |queued| until >= queued.deadline) {
            queued.complete_with(|job| job.failed(retry.error.clone()));
        }
        if group.is_empty() {
            return Ok(());
        }
        tracing::info!(
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "waiting for another change of the org"
        );
        tokio::select! {
            () = sleep_until(until) => Ok(()),
            () = self.stop.cancelled() => Err(retry.error),
        }
    }
}

/// Marks jobs as not sent, so that their callers can withdraw them.
fn hold(group: &[QueuedJob]) {
    group.iter().for_each(QueuedJob::hold);
}

/// The latest deadline of a group. `None` if the group is empty.
fn latest(group: &[QueuedJob]) -> Option<Instant> {
    group.iter().map(|queued| queued.deadline).max()
}
