//! Applying: one deploy at a time, again where that is sure to do no harm.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::Instrument as _;

use super::attribute::Sent;
use super::pace::Pace;
use super::verdict::{Verdict, judge};
use super::watch::End;
use super::{Applied, ApplyError, ApplyErrorKind, Change, Inner};
use crate::log_keys::SF_DEPLOY_ID;
use crate::metadata::{Component, ComponentKey, encode, package};
use crate::salesforce::{self, Class, DeployOptions};

/// What goes into one deploy. Deletions and writes never go together: deletions need warnings to be ignored, and a
/// write's warning is not to be.
#[derive(Clone)]
pub(super) enum Job {
    Delete(Vec<ComponentKey>),
    Write(Vec<Component>),
}

impl Inner {
    pub(super) async fn apply(
        self: Arc<Self>,
        changes: Vec<Change>,
        deadline: Instant,
    ) -> Result<Applied, ApplyError> {
        let turn = self.take_turn(deadline).await?;
        // A caller that goes away must not leave a deploy behind of which nobody knows how it ended.
        let span = tracing::Span::current();
        let work = async move { self.apply_in_turn(turn, changes, deadline).await };
        match tokio::spawn(work.instrument(span)).await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(ApplyError::from(ApplyErrorKind::Unverified {
                deploy_id: None,
                why: "an error inside of the provider".to_owned(),
            })),
        }
    }

    async fn take_turn(&self, deadline: Instant) -> Result<OwnedMutexGuard<Pace>, ApplyErrorKind> {
        tokio::select! {
            biased;
            () = self.until_stopped() => Err(ApplyErrorKind::NotSent),
            () = sleep_until(deadline) => Err(ApplyErrorKind::Expired),
            turn = self.turn.clone().lock_owned() => Ok(turn),
        }
    }

    async fn apply_in_turn(
        &self,
        mut turn: OwnedMutexGuard<Pace>,
        changes: Vec<Change>,
        deadline: Instant,
    ) -> Result<Applied, ApplyErrorKind> {
        let (mut deletions, mut writes) = (Vec::new(), Vec::new());
        for change in changes {
            match change {
                Change::Delete(key) => deletions.push(key),
                Change::Write(component) => writes.push(component),
            }
        }
        let mut all = Applied { deploy_id: String::new(), warnings: Vec::new() };
        for job in [Job::Delete(deletions), Job::Write(writes)] {
            if job.len() == 0 {
                continue;
            }
            match self.submit(job, &mut turn, deadline).await {
                Ok(applied) => {
                    all.deploy_id = applied.deploy_id;
                    all.warnings.extend(applied.warnings);
                }
                Err(error) if all.deploy_id.is_empty() => return Err(error),
                Err(error) => {
                    return Err(ApplyErrorKind::Unverified {
                        why: format!(
                            "deploy {} deleted what was to be deleted; then: {error}",
                            all.deploy_id
                        ),
                        deploy_id: Some(all.deploy_id),
                    });
                }
            }
        }
        Ok(all)
    }

    /// Deploys, again and again where that is sure to do no harm.
    async fn submit(
        &self,
        mut job: Job,
        pace: &mut Pace,
        deadline: Instant,
    ) -> Result<Applied, ApplyErrorKind> {
        let version = self.session_in_time(deadline).await?;
        let mut lock = Lock::default();
        let mut accidents = 0_u32;
        loop {
            let (zip, sent) = job.pack(version).map_err(ApplyErrorKind::Package)?;
            let (why, instead) = match self.deploy(&job, &zip, &sent, pace, deadline).await? {
                Verdict::Done(applied) => return Ok(applied),
                Verdict::Failed(error) => return Err(error),
                Verdict::Without(gone) => {
                    job.leave_out(&gone);
                    continue;
                }
                Verdict::Locked(why) => (why, None),
                Verdict::Accident(error) if accidents > 0 => return Err(error),
                // A deploy replaces files as a whole and deletes what is there, so a second time does no more than
                // the first. Elements that act each time they are sent are never sent.
                Verdict::Accident(error) => {
                    accidents = accidents.saturating_add(1);
                    (error.to_string(), Some(error))
                }
            };
            if let Err(error) = self.wait_for_lock(&mut lock, why, deadline).await {
                return Err(instead.unwrap_or(error));
            }
        }
    }

    /// The API version of the session: its fields are the ones to send.
    async fn session_in_time(&self, deadline: Instant) -> Result<u16, ApplyErrorKind> {
        tokio::select! {
            biased;
            () = self.until_stopped() => Err(ApplyErrorKind::NotSent),
            session = timeout_at(deadline, self.api.session()) => match session {
                Ok(Ok(session)) => Ok(session.api_version),
                Ok(Err(error)) => Err(ApplyErrorKind::Unavailable(Arc::new(error))),
                Err(_) => Err(ApplyErrorKind::Expired),
            }
        }
    }

    /// Waits until the others may be done. Gives up when the time is not enough, or on a stop: nothing is under way.
    async fn wait_for_lock(
        &self,
        lock: &mut Lock,
        why: String,
        deadline: Instant,
    ) -> Result<(), ApplyErrorKind> {
        let now = Instant::now();
        let since = *lock.since.get_or_insert(now);
        let wait = self.settings.lock_wait(lock.tries);
        lock.tries = lock.tries.saturating_add(1);
        let waited = now.duration_since(since);
        if now + wait >= deadline || waited + wait > self.settings.lock_patience {
            return Err(ApplyErrorKind::Locked { waited, why });
        }
        tracing::info!(wait_ms = millis(wait), "others change the org; waiting");
        tokio::select! {
            () = sleep_until(now + wait) => Ok(()),
            () = self.until_stopped() => Err(ApplyErrorKind::Locked { waited: since.elapsed(), why }),
        }
    }

    /// One deploy, from the zip to what its report means.
    async fn deploy(
        &self,
        job: &Job,
        zip: &[u8],
        sent: &[Sent<'_>],
        pace: &mut Pace,
        deadline: Instant,
    ) -> Result<Verdict, ApplyErrorKind> {
        let options =
            DeployOptions { ignore_warnings: matches!(job, Job::Delete(_)), ..DeployOptions::default() };
        if self.stopped() {
            return Err(ApplyErrorKind::NotSent);
        }
        let started = Instant::now();
        let started_deploy = self.start(zip, &options, deadline).await;
        // Whatever comes now, what was read before the deploy ended is old.
        let outdate = Outdate(self);
        let id = match started_deploy {
            Ok(id) => id,
            Err(Start::Locked(error)) => return Ok(Verdict::Locked(error.to_string())),
            Err(Start::Failed(error)) => return Err(error),
        };
        tracing::info!(
            { SF_DEPLOY_ID } = id,
            writes = if matches!(job, Job::Write(_)) { job.len() } else { 0 },
            deletions = if matches!(job, Job::Delete(_)) { job.len() } else { 0 },
            bytes = zip.len(),
            "deploy started"
        );
        let end = self.watch(&id, pace.first_look(&self.settings), deadline).await;
        drop(outdate);
        let taken_ms = millis(started.elapsed());
        match end {
            End::Lost(why) => {
                tracing::info!({ SF_DEPLOY_ID } = id, taken_ms, why, "deploy lost sight of");
                Err(ApplyErrorKind::Unverified { deploy_id: Some(id), why })
            }
            End::Finished { report, canceled_by_us } => {
                pace.learn(started.elapsed());
                tracing::info!(
                    { SF_DEPLOY_ID } = id,
                    taken_ms,
                    status = report.status,
                    failures = report.component_failures.len(),
                    "deploy ended"
                );
                Ok(judge(id, &report, canceled_by_us, job, sent))
            }
        }
    }

    /// Hands a deploy over. Once the request may be on its way, only an answer tells whether there is a deploy.
    async fn start(&self, zip: &[u8], options: &DeployOptions, deadline: Instant) -> Result<String, Start> {
        let mut call = self.api.start_deploy(zip, options);
        let answer = tokio::select! {
            biased;
            answer = timeout_at(deadline, &mut call) => answer.ok(),
            () = self.until_stopped() => {
                let limit = deadline.min(Instant::now() + self.settings.stop.start);
                timeout_at(limit, &mut call).await.ok()
            }
        };
        let unverified = |why: String| Start::Failed(ApplyErrorKind::Unverified { deploy_id: None, why });
        match answer {
            Some(Ok(id)) => Ok(id),
            Some(Err(error)) if error.is_ambiguous() => Err(unverified(error.to_string())),
            Some(Err(error)) if error.class() == Class::Locked && error.is_transient() => {
                Err(Start::Locked(error))
            }
            Some(Err(error)) => Err(Start::Failed(ApplyErrorKind::Unavailable(Arc::new(error)))),
            None => Err(unverified("the org did not confirm the deploy in time".to_owned())),
        }
    }
}

/// Why there is no deploy, or none that we know of.
enum Start {
    Locked(salesforce::Error),
    Failed(ApplyErrorKind),
}

/// Since when and how often others were in the way.
#[derive(Default)]
struct Lock {
    since: Option<Instant>,
    tries: usize,
}

/// Ends the snapshot when a deploy ends in whatever way.
struct Outdate<'a>(&'a Inner);

impl Drop for Outdate<'_> {
    fn drop(&mut self) {
        self.0.outdate();
    }
}

impl Job {
    fn len(&self) -> usize {
        match self {
            Job::Delete(keys) => keys.len(),
            Job::Write(components) => components.len(),
        }
    }

    fn pack(&self, version: u16) -> Result<(Vec<u8>, Vec<Sent<'_>>), package::PackageError> {
        match self {
            Job::Delete(keys) => {
                let sent = keys.iter().map(Sent::deletion).collect();
                Ok((package::write(&[], keys, version)?, sent))
            }
            Job::Write(components) => {
                let (mut files, mut sent) = (Vec::new(), Vec::new());
                for component in components {
                    let encoded = encode(component, version);
                    files.push((component.key.clone(), encoded.xml));
                    sent.push(Sent::write(component, encoded.lines));
                }
                Ok((package::write(&files, &[], version)?, sent))
            }
        }
    }

    fn leave_out(&mut self, gone: &[ComponentKey]) {
        match self {
            Job::Delete(keys) => keys.retain(|key| !gone.contains(key)),
            Job::Write(components) => components.retain(|component| !gone.contains(&component.key)),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
