//! From callers to deploys and back: who is answered what, and who goes again.
//!
//! A batch that failed is not everybody's failure. Whoever is to blame is taken out, and who needs them; the rest goes
//! again. When nobody is named, halves go by themselves until it is clear. Every round takes somebody out or makes the
//! groups smaller, so it ends.

use std::collections::{BTreeSet, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::{Instant, sleep_until};
use tracing::Instrument as _;

use super::bases::Line;
use super::batch;
use super::deploy::{Course, Outcome, latest};
use super::job::{Changes, Job};
use super::verdict::says_no_parent;
use super::{Applied, ApplyErrorKind, Change, Inner, Overwritten, Problem};
use crate::log_keys::{SF_BATCH, SF_BATCH_SIZE, SF_DEPLOY_ID};
use crate::metadata::Component;

pub(super) type Answer = Result<Applied, ApplyErrorKind>;
pub(super) type Ticket = batch::Ticket<Job, Answer>;

/// How often a job goes again because its app is on its way: who brings the app may give up, and somebody else come.
const MOST_RETURNS: u32 = 5;

impl Inner {
    pub(super) async fn apply(self: &Arc<Self>, changes: Vec<Change>, deadline: Instant) -> Answer {
        let (mut deletions, mut writes, mut bases) = (Vec::new(), Vec::new(), Vec::new());
        for change in changes {
            match change {
                Change::Delete(key) => deletions.push(key),
                Change::Write(component) => writes.push(component),
                Change::Replace { read, component } => {
                    writes.push(component);
                    bases.push(read);
                }
            }
        }
        let mut all = Applied { deploy_id: String::new(), warnings: Vec::new(), overwritten: Vec::new() };
        for (changes, bases) in [(Changes::Delete(deletions), Vec::new()), (Changes::Write(writes), bases)] {
            if changes.len() == 0 {
                continue;
            }
            match self.enqueue(changes, bases, deadline).await {
                Ok(applied) => {
                    all.deploy_id = applied.deploy_id;
                    all.warnings.extend(applied.warnings);
                    all.overwritten.extend(applied.overwritten);
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

    /// Waits for the answer, for the stop, and for the end of the caller's time.
    async fn enqueue(self: &Arc<Self>, changes: Changes, bases: Vec<Component>, deadline: Instant) -> Answer {
        if self.stopped() {
            return Err(ApplyErrorKind::NotSent);
        }
        let inner = self.clone();
        let job = Job::new(changes, bases, &self.names);
        let mut stub = self.deploys.submit(job, deadline, move |batch| {
            let number = inner.batches.fetch_add(1, Ordering::Relaxed);
            let span = tracing::info_span!("batch", { SF_BATCH } = number, { SF_BATCH_SIZE } = batch.len());
            inner.clone().run(batch).instrument(span)
        });
        let mut stop = pin!(self.until_stopped());
        let mut stopping = false;
        loop {
            tokio::select! {
                biased;
                answer = stub.answer() => {
                    if let Some(Ok(applied)) = &answer {
                        // The caller's own line: those of the deploy are of the batch.
                        tracing::info!({ SF_DEPLOY_ID } = applied.deploy_id, "applied");
                    }
                    let lost = || "an error inside of the provider".to_owned();
                    return answer.unwrap_or_else(|| {
                        Err(ApplyErrorKind::Unverified { deploy_id: stub.withdraw().err().flatten(), why: lost() })
                    });
                }
                () = &mut stop, if !stopping => {
                    stopping = true;
                    if stub.withdraw_queued() {
                        return Err(ApplyErrorKind::NotSent);
                    }
                }
                () = sleep_until(deadline) => {
                    return Err(match stub.withdraw() {
                        Ok(()) => ApplyErrorKind::Expired,
                        Err(deploy_id) => {
                            let why = self.why_too_late(deploy_id.is_some()).to_owned();
                            ApplyErrorKind::Unverified { deploy_id, why }
                        }
                    });
                }
            }
        }
    }

    fn why_too_late(&self, confirmed: bool) -> &'static str {
        if !confirmed {
            "the org did not confirm the deploy in time"
        } else if self.in_line.load(Ordering::SeqCst) {
            "the time is over; it is waiting behind other deploys of the org"
        } else {
            "the time is over and it has not ended"
        }
    }

    /// Deploys a batch, in as many rounds as it takes, and answers each of its tickets or puts it back.
    async fn run(self: Arc<Self>, batch: Vec<Ticket>) {
        let Some(deadline) = latest(&batch) else {
            return;
        };
        let version = match self.session_in_time(deadline).await {
            Ok(version) => version,
            Err(error) => return tell(batch, &error),
        };
        let mut pace = self.pace.lock().await;
        let mut course = Course { version, pace: &mut pace, accidents: 0, line: Line::default() };
        let mut groups = VecDeque::from([batch]);
        let mut silent = Silent::default();
        while let Some(mut group) = groups.pop_front() {
            match self.submit(&mut group, &mut course).await {
                Outcome::Done { deploy_id, warnings, overwritten } => {
                    silent.over = true;
                    self.done(group, &deploy_id, &warnings, &overwritten);
                }
                Outcome::Rejected { problems, deploy_id } => {
                    group.iter().for_each(Ticket::hold);
                    if group.len() == 1 && silent.again(&problems) {
                        let error = ApplyErrorKind::Rejected {
                            problems: problems.clone(),
                            deploy_id: deploy_id.clone(),
                        };
                        groups.drain(..).for_each(|group| tell(group, &error));
                    }
                    self.blame(group, &problems, &deploy_id, &mut groups);
                }
                Outcome::Unpackable(error) => {
                    group.iter().for_each(Ticket::hold);
                    if group.len() > 1 {
                        halve(group, &mut groups);
                    } else {
                        tell(group, &ApplyErrorKind::Package(error));
                    }
                }
                Outcome::Same(error) => {
                    // What keeps us from the org keeps all from it.
                    if matches!(error, ApplyErrorKind::Unavailable(_)) {
                        groups.drain(..).for_each(|group| tell(group, &error));
                    }
                    tell(group, &error);
                }
                Outcome::Nobody => {}
            }
        }
    }

    fn done(&self, group: Vec<Ticket>, deploy_id: &str, warnings: &[Problem], overwritten: &[Overwritten]) {
        let alone = group.len() == 1;
        for ticket in group {
            match &ticket.job.changes {
                Changes::Write(components) => {
                    components.iter().for_each(|component| self.names.written(component));
                }
                Changes::Delete(keys) => keys.iter().for_each(|key| self.names.deleted(key)),
            }
            let own = |problem: &&Problem| match &problem.key {
                Some(key) => ticket.job.has(key),
                None => alone,
            };
            let warnings = warnings.iter().filter(own).map(|problem| problem.message.clone()).collect();
            let own = overwritten.iter().filter(|file| ticket.job.has(&file.read.key)).cloned().collect();
            let applied = Applied { deploy_id: deploy_id.to_owned(), warnings, overwritten: own };
            ticket.answer(Ok(applied));
        }
    }

    /// Answers those who made a deploy fail, and those who cannot do without them; the others go again.
    fn blame(
        &self,
        group: Vec<Ticket>,
        problems: &[Problem],
        deploy_id: &str,
        groups: &mut VecDeque<Vec<Ticket>>,
    ) {
        let named = |ticket: &Ticket| {
            problems.iter().any(|problem| problem.key.as_ref().is_some_and(|key| ticket.job.has(key)))
        };
        let alone = group.len() == 1;
        let (culprits, rest): (Vec<_>, Vec<_>) = group.into_iter().partition(|ticket| alone || named(ticket));
        if culprits.is_empty() {
            return halve(rest, groups);
        }
        tracing::info!(
            { SF_DEPLOY_ID } = deploy_id,
            culprits = culprits.len(),
            rest = rest.len(),
            "rejected"
        );
        groups.push_front(rest);

        // Who only lacks an app that is on its way goes again when it is there.
        let mut rejected = BTreeSet::new();
        let mut guilty = Vec::new();
        for ticket in culprits {
            let own: Vec<&Problem> = problems
                .iter()
                .filter(|problem| alone || problem.key.as_ref().is_some_and(|key| ticket.job.has(key)))
                .collect();
            let lacks_app = own.iter().all(|problem| says_no_parent(&problem.message));
            if lacks_app
                && ticket.returns < MOST_RETURNS
                && self.deploys.has(|job| batch::Job::awaits(&ticket.job, job))
            {
                tracing::info!({ SF_DEPLOY_ID } = deploy_id, "goes again after its app");
                self.deploys.put_back(ticket);
                continue;
            }
            // An app that the org has stays there when a change to it is rejected.
            rejected.extend(self.new_apps(&ticket));
            guilty.push((ticket, own));
        }
        for (ticket, own) in guilty {
            let real = own.iter().filter(|problem| !says_no_parent(&problem.message));
            let real: Vec<Problem> = real.map(|problem| (*problem).clone()).collect();
            let told = match blocked(&ticket, &rejected) {
                Some(problem) if real.is_empty() => vec![problem],
                Some(_) => real,
                None => own.into_iter().cloned().collect(),
            };
            ticket.answer(Err(ApplyErrorKind::Rejected { problems: told, deploy_id: deploy_id.to_owned() }));
        }
        self.block(&mut rejected, deploy_id, groups);
    }

    /// Answers those in all groups who need an app that was rejected, and who need theirs.
    fn block(&self, rejected: &mut BTreeSet<String>, deploy_id: &str, groups: &mut VecDeque<Vec<Ticket>>) {
        loop {
            let before = rejected.len();
            for group in groups.iter_mut() {
                for ticket in
                    group.extract_if(.., |ticket| blocked(ticket, rejected).is_some()).collect::<Vec<_>>()
                {
                    let problems = blocked(&ticket, rejected).into_iter().collect();
                    rejected.extend(self.new_apps(&ticket));
                    let deploy_id = deploy_id.to_owned();
                    ticket.answer(Err(ApplyErrorKind::Rejected { problems, deploy_id }));
                }
            }
            if rejected.len() == before {
                return;
            }
        }
    }

    /// The apps that it would have created.
    fn new_apps(&self, ticket: &Ticket) -> Vec<String> {
        let apps = ticket.job.apps_written().filter(|app| !self.names.has_app(app));
        apps.map(str::to_owned).collect()
    }
}

/// Failures that name nobody. When two jobs by themselves fail with the same words, and nothing went well, it is not
/// the jobs: trying all the others would only take long.
#[derive(Default)]
struct Silent {
    words: Option<String>,
    over: bool,
}

impl Silent {
    fn again(&mut self, problems: &[Problem]) -> bool {
        let [Problem { key: None, message, .. }] = problems else {
            self.over = true;
            return false;
        };
        !self.over && self.words.replace(message.clone()).as_ref() == Some(message)
    }
}

/// Why it cannot be done without one of these apps.
fn blocked(ticket: &Ticket, rejected: &BTreeSet<String>) -> Option<Problem> {
    let app = rejected.iter().find(|app| ticket.job.parents().contains(&app.to_ascii_lowercase()))?;
    Some(Problem { key: None, path: None, message: format!("not deployed: {app} was rejected") })
}

/// Both halves go by themselves, in their order: an app is in the first with its parts or before them.
fn halve(mut group: Vec<Ticket>, groups: &mut VecDeque<Vec<Ticket>>) {
    let second = group.split_off(group.len() / 2);
    groups.push_front(second);
    groups.push_front(group);
}

fn tell(group: Vec<Ticket>, error: &ApplyErrorKind) {
    for ticket in group {
        ticket.answer(Err(error.clone()));
    }
}
