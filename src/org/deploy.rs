//! One deploy for one or many callers, again where that is sure to do no harm.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::attribute::Sent;
use super::bases::Line;
use super::job::Changes;
use super::pace::Pace;
use super::rounds::Ticket;
use super::verdict::{Verdict, judge};
use super::watch::End;
use super::{ApplyErrorKind, Inner, Overwritten, Problem};
use crate::log_keys::SF_DEPLOY_ID;
use crate::metadata::{Component, PackageError};
use crate::salesforce::{self, Class, DeployOptions};

/// How long a deploy is watched that all its callers have given up. The next one would only wait behind it in the org,
/// and those in the queue had rather know that nothing of theirs was sent.
const OUTLASTS: Duration = Duration::from_secs(600);

/// What became of a group of callers' changes.
pub(super) enum Outcome {
    Done {
        deploy_id: String,
        warnings: Vec<Problem>,
        overwritten: Vec<Overwritten>,
    },
    /// Rolled back, nothing was changed.
    Rejected {
        problems: Vec<Problem>,
        deploy_id: String,
    },
    /// Nothing was sent.
    Unpackable(PackageError),
    /// The same for all.
    Same(ApplyErrorKind),
    /// All callers have gone, or have their answers.
    Nobody,
}

/// What lasts for a whole batch, however many deploys it takes.
pub(super) struct Course<'a> {
    pub version: u16,
    pub pace: &'a mut Pace,
    /// How often the org had an accident of its own.
    pub accidents: u32,
    pub line: Line,
}

impl Inner {
    /// Deploys, again and again where that is sure to do no harm. Those who have gone leave the group, and those whose
    /// time is not enough to wait for a lock.
    pub(super) async fn submit(&self, group: &mut Vec<Ticket>, course: &mut Course<'_>) -> Outcome {
        let mut lock = Lock::default();
        let mut gone = Vec::new();
        let mut last_deploy = String::new();
        loop {
            self.send_the_outdated_away(group, course).await;
            group.retain(|ticket| !ticket.is_gone());
            let Some(deadline) = latest(group) else {
                return Outcome::Nobody;
            };
            let mut changes = Changes::merge(group.iter().map(|ticket| &ticket.job.changes));
            changes.leave_out(&gone);
            if changes.len() == 0 {
                let (warnings, overwritten) = (Vec::new(), Vec::new());
                return Outcome::Done { deploy_id: last_deploy, warnings, overwritten };
            }
            let (zip, sent) = match changes.pack(course.version) {
                Ok(packed) => packed,
                Err(error) => return Outcome::Unpackable(error),
            };
            if self.stopped() {
                return Outcome::Same(ApplyErrorKind::NotSent);
            }
            // Who goes from now on learns that it is under way; who went just now does not take part.
            let absent = group.iter().filter(|ticket| !ticket.send()).count();
            if absent > 0 {
                group.iter().for_each(Ticket::hold);
                continue;
            }
            let deployed = self.deploy(&changes, &zip, &sent, course, deadline + OUTLASTS, group).await;
            let (verdict, overwritten) = match deployed {
                Ok(Deployed::Ended(verdict, overwritten)) => (Ok(verdict), overwritten),
                Ok(Deployed::TakenBack) => {
                    group.iter().for_each(Ticket::hold);
                    // To leave the org to the others. A stop ends the pause, and is noticed before anything is sent.
                    self.unless_stopped(tokio::time::sleep(course.pace.pause(&self.settings))).await;
                    continue;
                }
                Err(error) => (Err(error), Vec::new()),
            };
            let (why, instead) = match verdict {
                Ok(Verdict::Done { deploy_id, warnings }) => {
                    return Outcome::Done { deploy_id, warnings, overwritten };
                }
                Ok(Verdict::Rejected { problems, deploy_id }) => {
                    return Outcome::Rejected { problems, deploy_id };
                }
                Ok(Verdict::Failed(error)) | Err(error) => return Outcome::Same(error),
                Ok(Verdict::Without { deploy_id, keys }) => {
                    last_deploy = deploy_id;
                    gone.extend(keys);
                    group.iter().for_each(Ticket::hold);
                    continue;
                }
                Ok(Verdict::Locked(why)) => (why, None),
                Ok(Verdict::Accident { problems, deploy_id }) if course.accidents > 0 => {
                    return Outcome::Rejected { problems, deploy_id };
                }
                // A deploy replaces files as a whole and deletes what is there, so a second time does no more than
                // the first. Elements that act each time they are sent are never sent.
                Ok(Verdict::Accident { problems, deploy_id }) => {
                    course.accidents = course.accidents.saturating_add(1);
                    let error = ApplyErrorKind::Rejected { problems, deploy_id };
                    (error.to_string(), Some(error))
                }
            };
            group.iter().for_each(Ticket::hold);
            if let Err(error) = self.wait_for_lock(&mut lock, why, instead, group).await {
                return Outcome::Same(error);
            }
        }
    }

    /// The API version of the session: its fields are the ones to send.
    pub(super) async fn session_in_time(&self, deadline: Instant) -> Result<u16, ApplyErrorKind> {
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

    /// Waits until the others may be done. Callers whose time is not enough are told so at once, all of them on a stop:
    /// nothing is under way. `instead`: what to tell them, if it was no lock.
    async fn wait_for_lock(
        &self,
        lock: &mut Lock,
        why: String,
        instead: Option<ApplyErrorKind>,
        group: &mut Vec<Ticket>,
    ) -> Result<(), ApplyErrorKind> {
        let now = Instant::now();
        let since = *lock.since.get_or_insert(now);
        let wait = self.settings.lock_wait(lock.tries);
        lock.tries = lock.tries.saturating_add(1);
        let waited = now.duration_since(since);
        let told = |waited| instead.clone().unwrap_or(ApplyErrorKind::Locked { waited, why: why.clone() });
        if waited + wait > self.settings.lock_patience {
            return Err(told(waited));
        }
        for ticket in group.extract_if(.., |ticket| now + wait >= ticket.deadline) {
            ticket.answer(Err(told(waited)));
        }
        if group.is_empty() {
            return Ok(());
        }
        tracing::info!(wait_ms = millis(wait), "others change the org; waiting");
        tokio::select! {
            () = sleep_until(now + wait) => Ok(()),
            () = self.until_stopped() => Err(told(since.elapsed())),
        }
    }

    /// One deploy, from the zip to what its report means.
    async fn deploy(
        &self,
        changes: &Changes,
        zip: &[u8],
        sent: &[Sent<'_>],
        course: &mut Course<'_>,
        deadline: Instant,
        group: &[Ticket],
    ) -> Result<Deployed, ApplyErrorKind> {
        let deletes = matches!(changes, Changes::Delete(_));
        let options = DeployOptions { ignore_warnings: deletes, ..DeployOptions::default() };
        let started = Instant::now();
        let started_deploy = self.start(zip, &options, deadline).await;
        // Whatever comes now, what was read before the deploy ended is old.
        let outdate = Outdate(self);
        let id = match started_deploy {
            Ok(id) => id,
            Err(Start::Locked(error)) => {
                return Ok(Deployed::Ended(Verdict::Locked(error.to_string()), Vec::new()));
            }
            Err(Start::Failed(error)) => return Err(error),
        };
        group.iter().for_each(|ticket| ticket.sent_as(&id));
        tracing::info!(
            { SF_DEPLOY_ID } = id,
            callers = group.len(),
            writes = if deletes { 0 } else { changes.len() },
            deletions = if deletes { changes.len() } else { 0 },
            bytes = zip.len(),
            "deploy started"
        );
        let bases: Vec<&Component> = group.iter().flat_map(|ticket| &ticket.job.bases).collect();
        let turn = self.await_turn(&id, &bases, course).await;
        let first_look = if turn.taken_back {
            self.settings.first_look
        } else {
            course.pace.first_look(started.elapsed(), &self.settings)
        };
        let end = self.watch(&id, first_look, course.pace, started, deadline).await;
        drop(outdate);
        let taken_ms = millis(started.elapsed());
        match end {
            End::Lost(why) => {
                tracing::info!({ SF_DEPLOY_ID } = id, taken_ms, why, "deploy lost sight of");
                Err(ApplyErrorKind::Unverified { deploy_id: Some(id), why })
            }
            End::Finished { report, canceled_by_us, looks } => {
                if !turn.taken_back {
                    course.pace.learn(started.elapsed(), looks);
                }
                tracing::info!(
                    { SF_DEPLOY_ID } = id,
                    taken_ms,
                    status = report.status,
                    failures = report.component_failures.len(),
                    "deploy ended"
                );
                if turn.taken_back && report.status.starts_with("Cancel") {
                    return Ok(Deployed::TakenBack);
                }
                let verdict = judge(id, &report, canceled_by_us, changes, sent);
                Ok(Deployed::Ended(verdict, turn.overwritten))
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

/// What became of a deploy.
enum Deployed {
    Ended(Verdict, Vec<Overwritten>),
    /// Others change the org; nothing of it was made.
    TakenBack,
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

/// When the last of them gives up; none when there is nobody.
pub(super) fn latest(group: &[Ticket]) -> Option<Instant> {
    group.iter().map(|ticket| ticket.deadline).max()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
