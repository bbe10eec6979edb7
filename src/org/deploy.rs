//! Applying: one deploy at a time, and what its report means.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::Instrument as _;

use super::attribute::{self, Sent};
use super::pace::Pace;
use super::watch::End;
use super::{Applied, ApplyError, ApplyErrorKind, Change, Inner, Problem};
use crate::metadata::{Component, ComponentKey, encode, package};
use crate::salesforce::{self, Class, ComponentMessage, DeployOptions, DeployReport};

/// What goes into one deploy. Deletions and writes never go together: deletions need warnings to be ignored, and a
/// write's warning is not to be.
#[derive(Clone)]
enum Job {
    Delete(Vec<ComponentKey>),
    Write(Vec<Component>),
}

/// What a report means.
enum Verdict {
    Done(Applied),
    /// Others change the org just now; nothing was changed.
    Locked(String),
    /// The org had an accident; nothing was changed.
    Accident(ApplyErrorKind),
    /// These were gone already and made the deploy fail; the others were not deleted.
    Without(Vec<ComponentKey>),
    Failed(ApplyErrorKind),
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
        let mut all = Applied {
            deploy_id: String::new(),
            warnings: Vec::new(),
        };
        for job in [Job::Delete(deletions), Job::Write(writes)] {
            if job.len() > 0 {
                let applied = self.submit(job, &mut turn, deadline).await?;
                all.deploy_id = applied.deploy_id;
                all.warnings.extend(applied.warnings);
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
            let why = match self.deploy(&job, &zip, &sent, pace, deadline).await? {
                Verdict::Done(applied) => return Ok(applied),
                Verdict::Failed(error) => return Err(error),
                Verdict::Accident(error) if accidents > 0 => return Err(error),
                // A deploy replaces files as a whole and deletes what is there, so a second time does no more than
                // the first. Elements that act each time they are sent are never sent.
                Verdict::Accident(error) => {
                    accidents = accidents.saturating_add(1);
                    error.to_string()
                }
                Verdict::Without(gone) => {
                    job.leave_out(&gone);
                    continue;
                }
                Verdict::Locked(why) => why,
            };
            self.wait_for_lock(&mut lock, why, deadline).await?;
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
        let options = DeployOptions {
            ignore_warnings: matches!(job, Job::Delete(_)),
            ..DeployOptions::default()
        };
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
            sf_deploy_id = id,
            writes = if matches!(job, Job::Write(_)) {
                job.len()
            } else {
                0
            },
            deletions = if matches!(job, Job::Delete(_)) {
                job.len()
            } else {
                0
            },
            bytes = zip.len(),
            "deploy started"
        );
        let end = self.watch(&id, pace.first_look(&self.settings), deadline).await;
        drop(outdate);
        let taken_ms = millis(started.elapsed());
        match end {
            End::Lost(why) => {
                tracing::info!(sf_deploy_id = id, taken_ms, why, "deploy lost sight of");
                Err(ApplyErrorKind::Unverified {
                    deploy_id: Some(id),
                    why,
                })
            }
            End::Finished {
                report,
                canceled_by_us,
            } => {
                pace.learn(started.elapsed());
                tracing::info!(
                    sf_deploy_id = id,
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
            None => Err(unverified(
                "the org did not confirm the deploy in time".to_owned(),
            )),
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

/// What a report that says "done" means. `success` alone does not tell: the status has more words than two.
fn judge(id: String, report: &DeployReport, canceled_by_us: bool, job: &Job, sent: &[Sent<'_>]) -> Verdict {
    let unverified = |why: String| {
        Verdict::Failed(ApplyErrorKind::Unverified {
            deploy_id: Some(id.clone()),
            why,
        })
    };
    match report.status.as_str() {
        "SucceededPartial" => {
            unverified("the org kept a part of it, although all or nothing was asked for".into())
        }
        status if status.starts_with("Cancel") && canceled_by_us => {
            unverified("we were stopped and cancelled it, which may not undo what was done".into())
        }
        status if status.starts_with("Cancel") => Verdict::Failed(ApplyErrorKind::CanceledBy {
            who: report
                .canceled_by_name
                .clone()
                .unwrap_or_else(|| "somebody".to_owned()),
            deploy_id: id,
        }),
        status if status.starts_with("Finalizing") => {
            let said = report.error_message.as_deref().unwrap_or("no reason given");
            unverified(format!("the org failed while finalizing it: {said}"))
        }
        "Succeeded" => Verdict::Done(done(id, report)),
        _ if report.success => Verdict::Done(done(id, report)),
        "Failed" => failure(id, report, job, sent),
        _ if !report.component_failures.is_empty() => failure(id, report, job, sent),
        status => unverified(format!("the org calls its end {status:?}")),
    }
}

fn done(deploy_id: String, report: &DeployReport) -> Applied {
    let messages = report
        .component_successes
        .iter()
        .chain(&report.component_failures);
    let warnings = messages
        .filter(|message| is_warning(message))
        .filter_map(|message| message.problem.clone())
        .filter(|problem| !attribute::says_gone(problem));
    Applied {
        deploy_id,
        warnings: warnings.collect(),
    }
}

/// A deploy that failed and was rolled back as a whole.
fn failure(deploy_id: String, report: &DeployReport, job: &Job, sent: &[Sent<'_>]) -> Verdict {
    let said = report.error_message.clone();
    if report.class() == Class::Locked {
        return Verdict::Locked(said.unwrap_or_else(|| "the org is locked".to_owned()));
    }
    let mut failures: Vec<&ComponentMessage> = report
        .component_failures
        .iter()
        .filter(|message| !is_warning(message))
        .collect();
    if failures.is_empty() {
        // Warnings that were made errors.
        failures = report.component_failures.iter().collect();
    }
    if let Job::Delete(keys) = job {
        let (gone, others): (Vec<_>, Vec<_>) = failures
            .iter()
            .copied()
            .partition(|message| gone_message(message));
        if others.is_empty() && !gone.is_empty() {
            return gone_already(deploy_id, keys, &gone, sent);
        }
        failures = others;
    }
    let locks: Vec<&ComponentMessage> = failures
        .iter()
        .copied()
        .filter(|message| message.is_locked())
        .collect();
    if !locks.is_empty() && locks.len() == failures.len() {
        let problem = locks.first().and_then(|message| message.problem.clone());
        return Verdict::Locked(problem.unwrap_or_default());
    }
    failures.retain(|message| !message.is_locked());

    let accident = if failures.is_empty() {
        report.class() == Class::Transient || said.as_deref().is_some_and(is_accident)
    } else {
        let mut problems = failures
            .iter()
            .map(|message| message.problem.as_deref().unwrap_or_default());
        problems.all(is_accident)
    };
    let mut problems = attribute::attribute(&failures, sent);
    if problems.is_empty() {
        let code = report.error_status_code.clone();
        let message = said.or(code).or(report.state_detail.clone());
        problems.push(Problem {
            key: None,
            path: None,
            message: message.unwrap_or_else(|| "the deploy failed without a reason".to_owned()),
        });
    }
    let rejected = ApplyErrorKind::Rejected { problems, deploy_id };
    if accident {
        Verdict::Accident(rejected)
    } else {
        Verdict::Failed(rejected)
    }
}

/// A deletion that failed only because some were gone already: the rest is to be deleted without them.
fn gone_already(
    deploy_id: String,
    keys: &[ComponentKey],
    messages: &[&ComponentMessage],
    sent: &[Sent<'_>],
) -> Verdict {
    let problems = attribute::attribute(messages, sent);
    let mut by_key: BTreeMap<ComponentKey, ()> = BTreeMap::new();
    by_key.extend(
        problems
            .iter()
            .filter_map(|problem| Some((problem.key.clone()?, ()))),
    );
    let gone: Vec<ComponentKey> = by_key.into_keys().collect();
    if gone.len() == keys.len() || messages.len() >= keys.len() {
        Verdict::Done(Applied {
            deploy_id,
            warnings: Vec::new(),
        })
    } else if gone.is_empty() {
        Verdict::Failed(ApplyErrorKind::Rejected { problems, deploy_id })
    } else {
        Verdict::Without(gone)
    }
}

fn gone_message(message: &ComponentMessage) -> bool {
    message.problem.as_deref().is_some_and(attribute::says_gone)
}

fn is_warning(message: &ComponentMessage) -> bool {
    matches!(message.problem_type.as_deref(), Some("Warning" | "Info"))
}

/// Whether the org only says that it does not know what happened.
fn is_accident(problem: &str) -> bool {
    problem.contains("UNKNOWN_EXCEPTION") || problem.contains("unexpected error has occurred")
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
