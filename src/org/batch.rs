//! Group commit: jobs that arrive close together go together, and while a batch runs the next one gathers.
//!
//! A batch closes when as many have come as ever came together, or when it is quiet: the pace of those who came tells how
//! long that is, so that a busy machine splits no wave. It never waits for a certain job to arrive: who would send it may
//! well be waiting for this batch. Knows nothing of orgs; what jobs mean to each other they say themselves.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

/// It is quiet when nobody has come for so many times the longest time that was between the last ones;
const GAPS: u32 = 4;
/// but not for longer than this, however slowly some came;
const LONGEST: Duration = Duration::from_secs(1);
/// when all have come who are expected, for so long,
const SHORT: Duration = Duration::from_millis(20);
/// and when some are missing, for so many times the usual time.
const MISSING: u32 = 4;

/// What one caller wants done, as a whole or not at all.
pub(super) trait Job: Send + 'static {
    /// Whether both can be in one batch at all.
    fn mixes_with(&self, other: &Self) -> bool;
    /// Whether both must never be in one batch, and keep the order in which they came.
    fn conflicts_with(&self, other: &Self) -> bool;
    /// Whether this one must not be in an earlier batch than the other.
    fn awaits(&self, other: &Self) -> bool;
    /// How much of each limit it takes.
    fn weight(&self) -> [usize; 2];
}

/// When a batch closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// When nothing has arrived for so long.
    pub quiet: Duration,
    /// When it has been open for so long, whatever arrives.
    pub ceiling: Duration,
    /// The same, while somebody prepares a job: going without it may cost a whole batch more.
    pub patience: Duration,
    /// The quiet time when jobs came while a batch ran, and more may come in the same stream. Patience is its ceiling.
    pub stream: Duration,
}

/// How much a batch holds. A job that is too heavy by itself goes alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub jobs: usize,
    pub weight: [usize; 2],
}

/// Where a job is.
enum Stage {
    Queued,
    /// In a batch, with nothing under way.
    Held,
    /// Under way, and as what.
    Sent(Option<String>),
    /// Its caller took it back.
    Withdrawn,
}

/// Runs a batch and answers its queued_jobs.
pub(super) type Run<J, A> =
    Box<dyn Fn(Vec<QueuedJob<J, A>>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// A job on its way, held by the queue and then by who runs the batch.
pub(super) struct QueuedJob<J, A> {
    pub job: J,
    pub deadline: Instant,
    /// How often it was put back.
    pub returns: u32,
    /// Something of it is made: it cannot be taken back any more, whatever its stage.
    kept: bool,
    stage: Arc<Mutex<Stage>>,
    answer: oneshot::Sender<A>,
}

/// The caller's half of a queued. Dropping it withdraws a job that was not sent.
pub(super) struct JobHandle<A> {
    stage: Arc<Mutex<Stage>>,
    answer: oneshot::Receiver<A>,
}

impl<J, A> QueuedJob<J, A> {
    fn new(job: J, deadline: Instant) -> (QueuedJob<J, A>, JobHandle<A>) {
        let stage = Arc::new(Mutex::new(Stage::Queued));
        let (sender, receiver) = oneshot::channel();
        let queued =
            QueuedJob { job, deadline, returns: 0, kept: false, stage: stage.clone(), answer: sender };
        (queued, JobHandle { stage, answer: receiver })
    }

    /// Nobody waits for it any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.answer.is_closed() || matches!(*lock(&self.stage), Stage::Withdrawn)
    }

    /// From here on it is under way, unless its caller has gone.
    pub(super) fn send(&self) -> bool {
        let mut stage = lock(&self.stage);
        let stays = !self.answer.is_closed() && !matches!(*stage, Stage::Withdrawn);
        if stays && !self.kept {
            *stage = Stage::Sent(None);
        }
        stays
    }

    /// What it is under way as.
    pub(super) fn sent_as(&self, name: &str) {
        *lock(&self.stage) = Stage::Sent(Some(name.to_owned()));
    }

    /// It is not under way any more, and will be again.
    pub(super) fn hold(&self) {
        self.set_unless_withdrawn(Stage::Held);
    }

    /// From here on its caller cannot take it back.
    pub(super) fn keep_sent(&mut self) {
        self.kept = true;
    }

    fn set_unless_withdrawn(&self, next: Stage) {
        let mut stage = lock(&self.stage);
        if !self.kept && !matches!(*stage, Stage::Withdrawn) {
            *stage = next;
        }
    }

    pub(super) fn answer(self, answer: A) {
        // A caller that has gone needs no answer.
        let _ = self.answer.send(answer);
    }

    /// Answers what the job says.
    pub(super) fn answer_with(mut self, says: impl FnOnce(&mut J) -> A) {
        let answer = says(&mut self.job);
        self.answer(answer);
    }

    /// Waits until nobody waits for it.
    pub(super) async fn abandoned(&mut self) {
        self.answer.closed().await;
    }
}

impl<A> JobHandle<A> {
    /// The answer; none when it got lost with who should have given it. Can be called again when it was interrupted.
    pub(super) async fn answer(&mut self) -> Option<A> {
        (&mut self.answer).await.ok()
    }

    /// Takes the job back.
    ///
    /// # Errors
    /// When it is under way: as what.
    pub(super) fn withdraw(&self) -> Result<(), Option<String>> {
        let mut stage = lock(&self.stage);
        if let Stage::Sent(name) = &*stage {
            return Err(name.clone());
        }
        *stage = Stage::Withdrawn;
        Ok(())
    }

    /// Takes the job back if no batch has it yet.
    pub(super) fn withdraw_queued(&self) -> bool {
        let mut stage = lock(&self.stage);
        let queued = matches!(*stage, Stage::Queued);
        if queued {
            *stage = Stage::Withdrawn;
        }
        queued
    }
}

/// Jobs that wait, and the worker that takes them away. The worker lives only while there are some.
pub(super) struct Queue<J, A> {
    window: Window,
    limits: Limits,
    /// How long the next batch waits for the one that runs.
    patience: Duration,
    state: Mutex<State<J, A>>,
    arrived: Notify,
}

struct State<J, A> {
    waiting: VecDeque<QueuedJob<J, A>>,
    last_arrival: Instant,
    /// How far apart jobs of this wave come, and those of the last did, at most.
    gap: Duration,
    last_gap: Duration,
    /// How many were in the last batch: as many come again.
    last: usize,
    /// How many are at something that a job usually follows.
    preparing: usize,
    working: bool,
}

/// Somebody is at something that a job usually follows, as long as this is kept.
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
        Queue { window, limits, patience: Duration::MAX, state: Mutex::new(state), arrived: Notify::new() }
    }

    /// After so long, the next batch runs beside the one that runs.
    #[must_use]
    pub(super) fn patience(self, patience: Duration) -> Queue<J, A> {
        Queue { patience, ..self }
    }

    /// Queues a job. `run` runs a batch and answers its queued_jobs; one batch runs at a time.
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

    /// Queues a queued of an earlier batch again, before all others.
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

    /// Says that a job is likely to come.
    pub(super) fn prepare(self: &Arc<Self>) -> Preparing<J, A> {
        let mut state = lock(&self.state);
        state.preparing = state.preparing.saturating_add(1);
        Preparing(self.clone())
    }

    /// Queues a queued of the running batch again, before all others.
    pub(super) fn put_back(&self, queued: QueuedJob<J, A>) {
        queued.set_unless_withdrawn(Stage::Queued);
        lock(&self.state)
            .waiting
            .push_front(QueuedJob { returns: queued.returns.saturating_add(1), ..queued });
    }

    /// Whether such a job waits.
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
            // A task of its own: should it panic, its callers learn that their answers got lost, and the rest go on.
            let _ = timeout(self.patience, tokio::spawn(run(batch))).await;
            streams = !lock(&self.state).waiting.is_empty();
        }
    }

    /// Waits until the batch closes. After a batch the time starts anew, also for those who waited: the callers just
    /// answered send what depends on it now, and a batch that leaves without them splits the wave.
    async fn gather(&self, streams: bool) {
        let opened = Instant::now();
        let patience = self.window.patience.max(self.window.ceiling);
        let mut ceiling =
            if streams && self.window.stream > self.window.quiet { patience } else { self.window.ceiling };
        // Those who wait already are others than those who were answered just now.
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
                ceiling = patience;
            }
            ceiling = ceiling.max((pace * 2).min(patience));
            let quiet = match (preparing, streams) {
                (true, _) => ceiling,
                (false, _) if all_here => self.window.quiet.min(SHORT),
                (false, true) => self.window.stream.max(pace).max(missing),
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

    /// The next batch. None when nobody waits, and then the worker is dismissed.
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

/// Which jobs go next, what others await first. At least one, if there is one.
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

/// As they came, but each after those that it awaits, and these after what they conflict with and came later than
/// (unless it is what awaits them).
/// Where that goes in a circle, the circle is cut.
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

/// Nothing here panics while it holds a lock in a state that others could not go on with.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
