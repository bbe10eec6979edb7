//! Polls a deploy until it has ended or its outcome cannot be determined, and handles a stop.
//!
//! A canceled deploy may still have changed something, which only a read shows. Therefore, a stop cancels a queued
//! deploy immediately and a running deploy after a grace period, but never a deploy that is being finalized.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Inner;
use super::budget::{MAX_PAUSE, MAX_PERMANENT_FAILURES, MAX_UNKNOWN_ID, UNKNOWN_ID_GRACE};
use super::timing::PollSchedule;
use crate::log_keys::SF_DEPLOY_ID;
use crate::salesforce::{Class, DeployReport, Error};

pub(super) enum PollEnd {
    Finished {
        report: Box<DeployReport>,
        /// Whether the provider requested a cancellation.
        canceled_by_us: bool,
        polls: u32,
        at: Instant,
    },
    /// The outcome is unknown, for this reason.
    Lost(String),
}

/// The phase of a deploy. Salesforce may add statuses, so an unknown status counts as running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// No poll has succeeded yet.
    Unknown,
    Pending,
    Running,
    Canceling,
    Finalizing,
    /// The deploy has ended, or its outcome is unknown.
    Over,
}

impl Phase {
    /// Whether the org has started the deploy.
    pub(super) fn has_begun(self) -> bool {
        !matches!(self, Phase::Unknown | Phase::Pending)
    }

    pub(super) fn of(status: &str) -> Phase {
        match status {
            "Pending" | "Queued" => Phase::Pending,
            "Canceling" => Phase::Canceling,
            _ if status.starts_with("Finalizing") => Phase::Finalizing,
            _ => Phase::Running,
        }
    }
}

/// The failed polls since the last successful one. Each kind of error has its own limit.
#[derive(Default)]
struct Failures {
    temporary: u32,
    permanent: u32,
    unknown_id: u32,
    unknown_id_since: Option<Instant>,
}

impl Failures {
    /// Counts a failure. Returns false if the limit for its kind is exceeded.
    fn add(&mut self, error: &Error, max_temporary: u32) -> bool {
        let (failures, limit) = if error.code() == Some("INVALID_CROSS_REFERENCE_KEY") {
            let since = *self.unknown_id_since.get_or_insert_with(Instant::now);
            let limit = if since.elapsed() > UNKNOWN_ID_GRACE { 0 } else { MAX_UNKNOWN_ID };
            (&mut self.unknown_id, limit)
        } else if error.is_transient() || error.class() == Class::Limit {
            (&mut self.temporary, max_temporary)
        } else {
            (&mut self.permanent, MAX_PERMANENT_FAILURES)
        };
        *failures = failures.saturating_add(1);
        *failures <= limit
    }

    fn total(&self) -> u32 {
        self.temporary.saturating_add(self.permanent).saturating_add(self.unknown_id)
    }
}

struct Poller<'a> {
    org: &'a Inner,
    id: &'a str,
    deadline: Instant,
    phase: Phase,
    failures: Failures,
    stopped_at: Option<Instant>,
    canceled_waiting: Option<Instant>,
    canceled_running: bool,
}

impl Inner {
    /// Polls a deploy until it has ended: first after `first_poll`, then at the intervals of the schedule.
    pub(super) async fn poll_deploy(
        &self,
        id: &str,
        first_poll: Duration,
        pace: &PollSchedule,
        started: Instant,
        deadline: Instant,
        phase_tx: &watch::Sender<Phase>,
    ) -> PollEnd {
        let mut poller = Poller {
            org: self,
            id,
            deadline,
            phase: Phase::Unknown,
            failures: Failures::default(),
            stopped_at: None,
            canceled_waiting: None,
            canceled_running: false,
        };
        self.deployer.in_queue.store(false, Ordering::SeqCst);
        let mut wait = first_poll;
        let mut polls: u32 = 0;
        loop {
            let until = Instant::now() + wait;
            let _: Option<()> = poller.wait_for(until, std::future::pending()).await;
            if let Some(why) = poller.over() {
                return PollEnd::Lost(why);
            }
            poller.cancel_if_due().await;
            let answer = match poller.wait_for(poller.limit(), self.apis.deploys.deploy_status(id)).await {
                Some(answer) => answer,
                None => {
                    wait = Duration::ZERO;
                    continue;
                }
            };
            polls = polls.saturating_add(1);
            match answer {
                Ok(report) if report.done => {
                    return PollEnd::Finished {
                        report: Box::new(report),
                        canceled_by_us: poller.canceled_running || poller.canceled_waiting.is_some(),
                        polls,
                        at: Instant::now(),
                    };
                }
                Ok(report) => {
                    poller.saw(&report);
                    wait = if poller.phase == Phase::Pending {
                        self.timing.next_poll_in_queue(started.elapsed())
                    } else {
                        pace.next_poll(polls, started.elapsed(), &self.timing)
                    };
                    phase_tx.send_replace(poller.phase);
                }
                Err(error) => match poller.failed(&error) {
                    Some(pause) => wait = pause,
                    None => return PollEnd::Lost(format!("its status cannot be read: {error}")),
                },
            }
            if poller.stopped_at.is_some() {
                wait = wait.min(Duration::from_secs(1));
            }
        }
    }
}

impl Poller<'_> {
    /// Waits for a response until the given time, the next step of a stop, or the stop itself. `None` if there was no
    /// response.
    async fn wait_for<T>(&mut self, until: Instant, answer: impl Future<Output = T>) -> Option<T> {
        let until = self.milestone().map_or(until, |milestone| until.min(milestone));
        let until = until.min(self.limit());
        tokio::select! {
            biased;
            answer = answer => Some(answer),
            () = self.org.stop.cancelled(), if self.stopped_at.is_none() => {
                self.stopped_at = Some(Instant::now());
                None
            }
            () = sleep_until(until) => None,
        }
    }

    fn saw(&mut self, report: &DeployReport) {
        let phase = Phase::of(&report.status);
        if phase != self.phase {
            tracing::debug!({ SF_DEPLOY_ID } = self.id, status = report.status, "deploy");
        }
        self.phase = phase;
        self.org.deployer.in_queue.store(phase == Phase::Pending, Ordering::SeqCst);
        self.failures = Failures::default();
    }

    /// The wait after a failed poll. `None` if polling must end.
    fn failed(&mut self, error: &Error) -> Option<Duration> {
        let temporary = self.org.timing.failed_polls;
        let goes_on = self.failures.add(error, temporary);
        let failures = self.failures.total();
        tracing::debug!({ SF_DEPLOY_ID } = self.id, %error, failures, "the deploy cannot be polled");
        let pause = self.org.timing.next_try(failures);
        // A proxy may request a wait that is much longer than the deploy takes.
        goes_on.then(|| error.retry_after().map_or(pause, |asked| pause.max(asked.min(MAX_PAUSE))))
    }

    /// Requests a cancellation if it is due: immediately for a queued deploy, and after the grace period for a running
    /// deploy. If Salesforce rejects the request, polling continues.
    async fn cancel_if_due(&mut self) {
        let Some(stopped_at) = self.stopped_at else {
            return;
        };
        let now = Instant::now();
        let overdue = now >= stopped_at + self.org.timing.stop.running;
        match self.phase {
            Phase::Pending if self.canceled_waiting.is_none() => self.canceled_waiting = Some(now),
            Phase::Running | Phase::Unknown if overdue && !self.canceled_running => {
                self.canceled_running = true;
            }
            _ => return,
        }
        tracing::info!({ SF_DEPLOY_ID } = self.id, "canceling the deploy");
        let cancel = self.org.apis.deploys.cancel_deploy(self.id);
        match tokio::time::timeout_at(self.limit(), cancel).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::info!({ SF_DEPLOY_ID } = self.id, %error, "not canceled"),
            Err(_) => tracing::info!({ SF_DEPLOY_ID } = self.id, "no response to the cancellation"),
        }
    }

    fn milestone(&self) -> Option<Instant> {
        let due = self.stopped_at? + self.org.timing.stop.running;
        let waits = matches!(self.phase, Phase::Running | Phase::Unknown) && !self.canceled_running;
        waits.then_some(due)
    }

    fn limit(&self) -> Instant {
        let stop = &self.org.timing.stop;
        let Some(stopped_at) = self.stopped_at else {
            return self.deadline;
        };
        let limit = stopped_at + stop.running + stop.cancel;
        let limit = match (self.canceled_waiting, self.phase) {
            (Some(canceled), Phase::Pending | Phase::Canceling) => limit.min(canceled + stop.cancel),
            _ => limit,
        };
        limit.min(self.deadline)
    }

    fn over(&self) -> Option<String> {
        let now = Instant::now();
        if now >= self.deadline {
            Some("the deploy was still in progress long after all timeouts elapsed".to_owned())
        } else if now >= self.limit() {
            Some("the provider was stopped, and the deploy did not end soon afterwards".to_owned())
        } else {
            None
        }
    }
}
