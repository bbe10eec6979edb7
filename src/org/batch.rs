//! Group commit: jobs that arrive at about the same time are processed together, and the next batch forms while one is
//! running.
//!
//! A batch closes shortly after as many jobs have arrived as in the last batch, or when no job has arrived for a while.
//! This quiet time depends on the gaps between arrivals, so that a slow machine does not split a batch. A batch never
//! waits for a particular job, because the caller of that job may be waiting for this batch. The module does not
//! depend on orgs, although it calls an attempt a deploy: the [`Job`] trait defines how jobs relate to each other.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use crate::lock::lock;

/// A batch closes when no job has arrived for this many times the longest gap between the last arrivals.
const GAPS: u32 = 4;
/// The maximum of the quiet time that `GAPS` determines.
const LONGEST: Duration = Duration::from_secs(1);
/// The maximum of the quiet time when as many jobs as expected have arrived.
const SHORT: Duration = Duration::from_millis(20);
/// The minimum quiet time when fewer jobs than expected have arrived, as a multiple of `Window::quiet`.
const MISSING: u32 = 4;

/// The changes or reads of one caller, processed as a whole.
pub(super) trait Job: Send + 'static {
    /// Whether both jobs can be in one batch.
    fn mixes_with(&self, other: &Self) -> bool;
    /// Whether the jobs must be in different batches, in the order of arrival.
    fn conflicts_with(&self, other: &Self) -> bool;
    /// Whether this job must not be in an earlier batch than the other job.
    fn awaits(&self, other: &Self) -> bool;
    /// How much of each limit this job uses.
    fn weight(&self) -> [usize; 2];
    /// The name of an earlier attempt that failed, but may have taken effect.
    fn uncertain_attempt(&self) -> Option<&str>;
}

/// The conditions for closing a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The time without a new job after which a batch closes.
    pub quiet: Duration,
    /// The time after which a batch closes even if jobs still arrive.
    pub ceiling: Duration,
    /// The maximum of `ceiling` while a job is being prepared, when gaps between arrivals are long, or when jobs
    /// arrived while a batch ran. A job that misses the batch waits for the next one.
    pub long_ceiling: Duration,
    /// The quiet time when jobs arrived while a batch ran. A batch still closes after `long_ceiling` at the latest.
    pub stream_quiet: Duration,
}

/// The maximum size of a batch. A job that exceeds `weight` is processed alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub jobs: usize,
    pub weight: [usize; 2],
}

enum Stage {
    Queued,
    /// In a batch, but not sent yet.
    Held,
    /// Sent, with the ID of the deploy if it is known.
    Sent(Option<String>),
    /// Waiting for another attempt. This earlier attempt failed, but may have taken effect.
    Uncertain(String),
    /// Part of the job is deployed, so the job must be completed. Contains the ID of its last deploy.
    PartlyDeployed(Option<String>),
    Withdrawn,
}

/// The result of a withdrawal.
pub(super) enum Withdrawal {
    NotSent,
    /// This earlier attempt failed, but may have taken effect. The job will not be sent again.
    AfterUncertain(String),
    /// The job was already sent, with this ID of the deploy if it is known.
    TooLate(Option<String>),
}

/// Processes a batch and completes its jobs.
pub(super) type Run<J, A> =
    Box<dyn Fn(Vec<QueuedJob<J, A>>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// A job in the queue or in a batch.
pub(super) struct QueuedJob<J, A> {
    pub job: J,
    pub deadline: Instant,
    /// How often the job was queued again.
    pub returns: u32,
    stage: Arc<Mutex<Stage>>,
    sender: oneshot::Sender<A>,
}

/// The caller's side of a job. Dropping the handle withdraws a job that was not sent.
pub(super) struct JobHandle<A> {
    stage: Arc<Mutex<Stage>>,
    receiver: oneshot::Receiver<A>,
}

impl<J, A> QueuedJob<J, A> {
    fn new(job: J, deadline: Instant) -> (QueuedJob<J, A>, JobHandle<A>) {
        let stage = Arc::new(Mutex::new(Stage::Queued));
        let (sender, receiver) = oneshot::channel();
        let queued = QueuedJob { job, deadline, returns: 0, stage: stage.clone(), sender };
        (queued, JobHandle { stage, receiver })
    }

    /// Whether the caller no longer waits and no part of the job is known to be deployed.
    pub(super) fn is_abandoned(&self) -> bool {
        self.is_abandoned_in(&lock(&self.stage))
    }

    fn is_abandoned_in(&self, stage: &Stage) -> bool {
        match stage {
            Stage::PartlyDeployed(_) => false,
            Stage::Withdrawn => true,
            _ => self.sender.is_closed(),
        }
    }

    /// Marks the job as sent. Returns false if its caller no longer waits.
    pub(super) fn send(&self) -> bool {
        // The check and the change use one lock, because the caller may withdraw the job at the same time.
        let mut stage = lock(&self.stage);
        let stays = !self.is_abandoned_in(&stage);
        if stays && !matches!(*stage, Stage::PartlyDeployed(_)) {
            *stage = Stage::Sent(None);
        }
        stays
    }

    /// Records the ID of the deploy that contains the job.
    pub(super) fn sent_as(&self, name: &str) {
        let mut stage = lock(&self.stage);
        let name = Some(name.to_owned());
        *stage = if matches!(*stage, Stage::PartlyDeployed(_)) {
            Stage::PartlyDeployed(name)
        } else {
            Stage::Sent(name)
        };
    }

    /// Prevents a withdrawal of the job, which must now be completed even without its caller. If the given time is
    /// later than its deadline, extends the deadline to that time.
    pub(super) fn keep_sent(&mut self, until: Instant) {
        let mut stage = lock(&self.stage);
        let name =
            if let Stage::Sent(name) | Stage::PartlyDeployed(name) = &*stage { name.clone() } else { None };
        *stage = Stage::PartlyDeployed(name);
        self.deadline = self.deadline.max(until);
    }

    pub(super) fn complete(self, result: A) {
        // The receiver may have been dropped.
        let _ = self.sender.send(result);
    }

    /// Completes the job with a result that depends on it.
    pub(super) fn complete_with(mut self, result: impl FnOnce(&mut J) -> A) {
        let result = result(&mut self.job);
        self.complete(result);
    }

    /// Waits until the caller has dropped the handle of the job.
    pub(super) async fn abandoned(&mut self) {
        self.sender.closed().await;
    }
}

impl<J: Job, A> QueuedJob<J, A> {
    /// Marks the job as part of a batch but not sent, so that its caller can withdraw it.
    pub(super) fn hold(&self) {
        self.allow_withdrawal(Stage::Held);
    }

    fn allow_withdrawal(&self, next: Stage) {
        let mut stage = lock(&self.stage);
        if !matches!(*stage, Stage::Withdrawn | Stage::PartlyDeployed(_)) {
            *stage = match self.job.uncertain_attempt() {
                Some(name) => Stage::Uncertain(name.to_owned()),
                None => next,
            };
        }
    }
}

impl<A> JobHandle<A> {
    /// The result. `None` if the job was dropped without a result, for example because its task panicked. The method
    /// can be called again after a cancellation.
    pub(super) async fn result(&mut self) -> Option<A> {
        (&mut self.receiver).await.ok()
    }

    /// Withdraws the job, unless it was already sent.
    pub(super) fn withdraw(&self) -> Withdrawal {
        let mut stage = lock(&self.stage);
        if let Stage::Sent(name) | Stage::PartlyDeployed(name) = &*stage {
            return Withdrawal::TooLate(name.clone());
        }
        match std::mem::replace(&mut *stage, Stage::Withdrawn) {
            Stage::Uncertain(name) => Withdrawal::AfterUncertain(name),
            _ => Withdrawal::NotSent,
        }
    }

    /// Whether part of the job is deployed. Such a job must be completed.
    pub(super) fn is_kept(&self) -> bool {
        matches!(*lock(&self.stage), Stage::PartlyDeployed(_))
    }

    /// Withdraws the job if no batch contains it yet.
    pub(super) fn withdraw_queued(&self) -> bool {
        let mut stage = lock(&self.stage);
        let queued = matches!(*stage, Stage::Queued);
        if queued {
            *stage = Stage::Withdrawn;
        }
        queued
    }
}

/// The waiting jobs, and the worker that processes them. The worker runs only while there are jobs.
pub(super) struct Queue<J, A> {
    window: Window,
    limits: Limits,
    /// How long the next batch waits for the running one.
    run_timeout: Duration,
    state: Mutex<State<J, A>>,
    arrived: Notify,
}

struct State<J, A> {
    waiting: VecDeque<QueuedJob<J, A>>,
    last_arrival: Instant,
    /// The longest gap between arrivals: in this batch, and in the last one.
    gap: Duration,
    last_gap: Duration,
    /// The size of the last batch, which is also the expected size of the next one.
    last: usize,
    /// The number of callers that are preparing a job.
    preparing: usize,
    working: bool,
}

/// A caller that is preparing a job. Dropping the value ends the preparation.
pub(super) struct Preparing<J, A>(Arc<Queue<J, A>>);

impl<J, A> Drop for Preparing<J, A> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.preparing = state.preparing.saturating_sub(1);
        state.last_arrival = Instant::now();
        self.0.arrived.notify_one();
    }
}

impl<J: Job, A: Send + 'static> Queue<J, A> {
    pub(super) fn new(window: Window, limits: Limits) -> Queue<J, A> {
        let state = State {
            waiting: VecDeque::new(),
            last_arrival: Instant::now(),
            gap: Duration::ZERO,
            last_gap: Duration::ZERO,
            last: 0,
            preparing: 0,
            working: false,
        };
        Queue { window, limits, run_timeout: Duration::MAX, state: Mutex::new(state), arrived: Notify::new() }
    }

    /// Sets the time after which the next batch starts even if a batch is still running.
    #[must_use]
    pub(super) fn run_timeout(self, run_timeout: Duration) -> Queue<J, A> {
        Queue { run_timeout, ..self }
    }

    /// Queues a job. `run` processes a batch. Only one batch runs at a time, unless it exceeds the run timeout.
    pub(super) fn submit(self: &Arc<Self>, job: J, deadline: Instant, run: Run<J, A>) -> JobHandle<A> {
        let (queued, handle) = QueuedJob::new(job, deadline);
        let mut state = lock(&self.state);
        if state.waiting.iter().any(|queued| !queued.is_abandoned()) {
            state.gap = state.gap.max(state.last_arrival.elapsed());
        }
        state.waiting.push_back(queued);
        self.arrive(state, run);
        handle
    }

    /// Queues a job of an earlier batch again, before all others.
    pub(super) fn resume(self: &Arc<Self>, queued: QueuedJob<J, A>, run: Run<J, A>) {
        let mut state = lock(&self.state);
        state.waiting.push_front(queued);
        self.arrive(state, run);
    }

    fn arrive(self: &Arc<Self>, mut state: MutexGuard<'_, State<J, A>>, run: Run<J, A>) {
        state.last_arrival = Instant::now();
        if std::mem::replace(&mut state.working, true) {
            self.arrived.notify_one();
        } else {
            tokio::spawn(self.clone().work(run));
        }
    }

    /// Announces that a job is likely to follow.
    pub(super) fn prepare(self: &Arc<Self>) -> Preparing<J, A> {
        let mut state = lock(&self.state);
        state.preparing = state.preparing.saturating_add(1);
        Preparing(self.clone())
    }

    /// Queues a job of the running batch again, before all others.
    pub(super) fn put_back(&self, queued: QueuedJob<J, A>) {
        queued.allow_withdrawal(Stage::Queued);
        lock(&self.state)
            .waiting
            .push_front(QueuedJob { returns: queued.returns.saturating_add(1), ..queued });
    }

    /// Whether a job that satisfies `such` is waiting.
    pub(super) fn has(&self, such: impl Fn(&J) -> bool) -> bool {
        lock(&self.state).waiting.iter().any(|queued| !queued.is_abandoned() && such(&queued.job))
    }

    async fn work(self: Arc<Self>, run: Run<J, A>) {
        let mut streams = false;
        loop {
            self.gather(streams).await;
            let Some(batch) = self.take() else {
                return;
            };
            // Runs in a separate task, so that the worker continues after a panic. The callers of the batch then get no
            // result.
            let _ = timeout(self.run_timeout, tokio::spawn(run(batch))).await;
            streams = !lock(&self.state).waiting.is_empty();
        }
    }

    /// Waits until the batch closes. The quiet time starts again after each batch, because callers that have just
    /// received a result then send the changes that depend on it. Otherwise, a batch could close before these changes
    /// arrive, and split a wave.
    async fn gather(&self, streams: bool) {
        let opened = Instant::now();
        let long_ceiling = self.window.long_ceiling.max(self.window.ceiling);
        let mut ceiling = if streams && self.window.stream_quiet > self.window.quiet {
            long_ceiling
        } else {
            self.window.ceiling
        };
        // The waiting jobs come from callers other than those that have just received a result, so they are added to
        // the expected number.
        let expected = {
            let state = lock(&self.state);
            let others = if streams { state.waiting.len() } else { 0 };
            (state.last > 0).then(|| state.last.saturating_add(others))
        };
        let missing = expected.map_or(Duration::ZERO, |_| self.window.quiet * MISSING);
        loop {
            let (last, preparing, pace, all_here) = {
                let state = lock(&self.state);
                let all_here = expected.is_some_and(|expected| state.waiting.len() >= expected);
                let longest = LONGEST.min(self.window.ceiling);
                let pace = (state.gap.max(state.last_gap) * GAPS).min(longest);
                (state.last_arrival.max(opened), state.preparing > 0, pace, all_here)
            };
            if preparing {
                ceiling = long_ceiling;
            }
            ceiling = ceiling.max((pace * 2).min(long_ceiling));
            let quiet = match (preparing, streams) {
                (true, _) => ceiling,
                (false, _) if all_here => self.window.quiet.min(SHORT),
                (false, true) => self.window.stream_quiet.max(pace).max(missing),
                (false, false) => self.window.quiet.max(pace).max(missing),
            };
            let closes = (last + quiet).min(opened + ceiling);
            if Instant::now() >= closes {
                return;
            }
            tokio::select! {
                () = sleep_until(closes) => {}
                () = self.arrived.notified() => {}
            }
        }
    }

    /// The next batch. `None` if no job is waiting, in which case the worker ends.
    fn take(&self) -> Option<Vec<QueuedJob<J, A>>> {
        let mut state = lock(&self.state);
        state.waiting.retain(|queued| !queued.is_abandoned());
        if state.waiting.is_empty() {
            state.working = false;
            return None;
        }
        let mut queued_jobs: Vec<Option<QueuedJob<J, A>>> = state.waiting.drain(..).map(Some).collect();
        let jobs: Vec<&J> = queued_jobs.iter().flatten().map(|queued| &queued.job).collect();
        let chosen = choose(&jobs, self.limits);
        let batch = chosen.iter().filter_map(|place| queued_jobs.get_mut(*place).and_then(Option::take));
        let batch: Vec<QueuedJob<J, A>> = batch.collect();
        state.waiting.extend(queued_jobs.into_iter().flatten());
        state.last = batch.len();
        state.last_gap = std::mem::take(&mut state.gap);
        drop(state);
        for queued in &batch {
            queued.hold();
        }
        Some(batch)
    }
}

/// Selects the jobs of the next batch, dependencies first. If there are jobs, selects at least one.
fn choose<J: Job>(jobs: &[&J], limits: Limits) -> Vec<usize> {
    let (mut chosen, mut left) = (Vec::<(usize, &J)>::new(), Vec::<&J>::new());
    let mut room = limits.weight;
    for place in order(jobs) {
        let Some(job) = jobs.get(place).copied() else {
            continue;
        };
        let lighter = less(room, job.weight());
        let goes = match chosen.first() {
            None => true,
            Some((_, first)) => {
                chosen.len() < limits.jobs
                    && lighter.is_some()
                    && job.mixes_with(first)
                    && !chosen.iter().any(|(_, other)| job.conflicts_with(other))
                    && !left.iter().any(|other| job.conflicts_with(other) || job.awaits(other))
            }
        };
        if goes {
            chosen.push((place, job));
            room = lighter.unwrap_or_default();
        } else {
            left.push(job);
        }
    }
    chosen.into_iter().map(|(place, _)| place).collect()
}

fn less([room, other_room]: [usize; 2], [weight, other_weight]: [usize; 2]) -> Option<[usize; 2]> {
    Some([room.checked_sub(weight)?, other_room.checked_sub(other_weight)?])
}

/// Sorts jobs by arrival, with two exceptions: a job follows the jobs that it awaits, and an awaited job follows
/// earlier jobs that it conflicts with (unless those await it). Cycles are broken.
fn order<J: Job>(jobs: &[&J]) -> Vec<usize> {
    fn visit<J: Job>(place: usize, jobs: &[&J], seen: &mut [bool], order: &mut Vec<usize>) {
        match (seen.get_mut(place), jobs.get(place)) {
            (Some(seen), Some(_)) if !*seen => *seen = true,
            _ => return,
        }
        for (other, earlier) in jobs.iter().enumerate() {
            let first = jobs.get(place).is_some_and(|job| {
                let keeps_place = other < place && job.conflicts_with(earlier) && !earlier.awaits(job);
                other != place && (job.awaits(earlier) || keeps_place)
            });
            if first {
                visit(other, jobs, seen, order);
            }
        }
        order.push(place);
    }
    let (mut seen, mut order) = (vec![false; jobs.len()], Vec::new());
    for place in 0..jobs.len() {
        visit(place, jobs, &mut seen, &mut order);
    }
    order
}
