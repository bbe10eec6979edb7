//! Isolates the jobs that make a shared deploy fail.
//!
//! A failed deploy does not fail all its jobs. The jobs to which the org's messages refer are removed, together with
//! the jobs that depend on them, and the others are deployed again. If the messages refer to no job, the group is split
//! in half repeatedly until the jobs at fault are known. Each step removes a job or makes the groups smaller, so the
//! process ends.

use std::collections::{BTreeSet, VecDeque};

use super::budget::MAX_REQUEUES;
use super::deployer::QueuedJob;
use super::job::Job;
use super::{ApplyErrorKind, DeployProblem, Inner, batch};

pub(super) enum Disposition {
    Fails(ApplyErrorKind),
    /// The job returns to the queue, to be deployed in a later batch with or after its app.
    Returns,
}

/// The groups of a batch that are not deployed yet.
pub(super) struct Isolation<'a> {
    org: &'a Inner,
    groups: VecDeque<Vec<QueuedJob>>,
    unattributed: Unattributed,
    left: Vec<(QueuedJob, Disposition)>,
}

impl<'a> Isolation<'a> {
    pub(super) fn new(org: &'a Inner, batch: Vec<QueuedJob>) -> Isolation<'a> {
        let unattributed = Unattributed::default();
        Isolation { org, groups: VecDeque::from([batch]), unattributed, left: Vec::new() }
    }

    /// The next group.
    pub(super) fn next(&mut self) -> Option<Vec<QueuedJob>> {
        self.groups.pop_front()
    }

    /// The jobs that have left the batch since the last call.
    pub(super) fn take_finished(&mut self) -> Vec<(QueuedJob, Disposition)> {
        std::mem::take(&mut self.left)
    }

    /// Records that a deploy succeeded, so that further failures are attributed to single jobs.
    pub(super) fn succeeded(&mut self) {
        self.unattributed.over = true;
    }

    /// Fails a whole group. If the org could not be reached or rejected the call, all groups fail.
    pub(super) fn failed(&mut self, group: Vec<QueuedJob>, error: &ApplyErrorKind) {
        self.fail(group, error);
        if matches!(error, ApplyErrorKind::Unavailable(_)) {
            self.fail_the_rest(error);
        }
    }

    /// Handles a group that is too large for one package, or that cannot be packed.
    pub(super) fn package_failed(&mut self, group: Vec<QueuedJob>, error: &ApplyErrorKind) {
        if group.len() > 1 { self.halve(group) } else { self.fail(group, error) }
    }

    /// Handles a deploy that the org rejected and rolled back. The jobs that caused the rejection leave the batch,
    /// together with the jobs that depend on them, and the others are deployed again.
    pub(super) fn rejected(
        &mut self,
        group: Vec<QueuedJob>,
        problems: &[DeployProblem],
        (deploy_id, internal_error): (&str, bool),
    ) {
        let rejection = |problems: Vec<DeployProblem>| ApplyErrorKind::Rejected {
            problems,
            deploy_id: deploy_id.to_owned(),
            internal_error,
        };
        let alone = group.len() == 1;
        if alone && self.unattributed.is_repeated(problems, internal_error) {
            self.fail_the_rest(&rejection(problems.to_vec()));
        }
        let is_about = |queued: &QueuedJob, problem: &DeployProblem| {
            problem.key.as_ref().is_some_and(|key| queued.job.has(key))
        };
        let named = |queued: &QueuedJob| problems.iter().any(|problem| is_about(queued, problem));
        let (causes, rest): (Vec<_>, Vec<_>) = group.into_iter().partition(|queued| alone || named(queued));
        if causes.is_empty() {
            return self.halve(rest);
        }
        self.groups.push_front(rest);

        // A job that failed only because its app is still being created is deployed again later.
        let mut rejected = BTreeSet::new();
        let mut failing = Vec::new();
        for queued in causes {
            let own: Vec<&DeployProblem> =
                problems.iter().filter(|problem| alone || is_about(&queued, problem)).collect();
            let lacks_app = own.iter().all(|problem| problem.is_missing_app());
            if lacks_app && queued.returns < MAX_REQUEUES && self.is_coming(&queued.job) {
                self.left.push((queued, Disposition::Returns));
                continue;
            }
            // Only new apps are added: an existing app still exists after a change to it is rejected.
            rejected.extend(self.new_apps(&queued.job));
            failing.push((queued, own));
        }
        for (queued, own) in failing {
            let real = own.iter().filter(|problem| !problem.is_missing_app());
            let real: Vec<DeployProblem> = real.map(|problem| (*problem).clone()).collect();
            let reported = match blocked(&queued.job, &rejected) {
                Some(problem) if real.is_empty() => vec![problem],
                Some(_) => real,
                None => own.into_iter().cloned().collect(),
            };
            self.left.push((queued, Disposition::Fails(rejection(reported))));
        }
        self.block(&mut rejected, rejection);
    }

    /// Removes all jobs that need a rejected app, and the jobs that depend on them.
    fn block(
        &mut self,
        rejected: &mut BTreeSet<String>,
        rejection: impl Fn(Vec<DeployProblem>) -> ApplyErrorKind,
    ) {
        loop {
            let before = rejected.len();
            let groups = self.groups.iter_mut();
            let out: Vec<QueuedJob> = groups
                .flat_map(|group| {
                    group
                        .extract_if(.., |queued| blocked(&queued.job, rejected).is_some())
                        .collect::<Vec<_>>()
                })
                .collect();
            for queued in out {
                let problems = blocked(&queued.job, rejected).into_iter().collect();
                rejected.extend(self.new_apps(&queued.job));
                self.left.push((queued, Disposition::Fails(rejection(problems))));
            }
            if rejected.len() == before {
                return;
            }
        }
    }

    /// Splits a group in half and keeps the order, so that no app is deployed after its parts.
    fn halve(&mut self, mut group: Vec<QueuedJob>) {
        let second = group.split_off(group.len() / 2);
        self.groups.push_front(second);
        self.groups.push_front(group);
    }

    fn fail(&mut self, group: Vec<QueuedJob>, error: &ApplyErrorKind) {
        self.left.extend(group.into_iter().map(|queued| (queued, Disposition::Fails(error.clone()))));
    }

    /// The apps that a job creates.
    fn new_apps(&self, job: &Job) -> Vec<String> {
        job.apps_written().filter(|app| !self.org.names.has_app(app)).map(str::to_owned).collect()
    }

    /// Whether a job that this job awaits is in the queue.
    fn is_coming(&self, job: &Job) -> bool {
        self.org.deployer.queue.has(|other| batch::Job::awaits(job, other))
    }

    fn fail_the_rest(&mut self, error: &ApplyErrorKind) {
        let rest: Vec<QueuedJob> = self.groups.drain(..).flatten().collect();
        self.fail(rest, error);
    }
}

/// Failures that name no component. If two single jobs in a row fail with the same message, and no deploy has
/// succeeded, the org is assumed to be the cause, and the other jobs fail without another attempt.
#[derive(Default)]
struct Unattributed {
    words: Option<String>,
    over: bool,
}

impl Unattributed {
    fn is_repeated(&mut self, problems: &[DeployProblem], internal_error: bool) -> bool {
        let [DeployProblem { key: None, message, .. }] = problems else {
            self.over = true;
            return false;
        };
        // The message about an internal error contains an ID for Salesforce's support.
        let is_of_id = |c: &char| internal_error && (c.is_ascii_digit() || *c == '-');
        let words: String = message.chars().filter(|c| !is_of_id(c)).collect();
        !self.over && self.words.replace(words.clone()) == Some(words)
    }
}

/// The problem to report for a job that needs one of these rejected apps.
fn blocked(job: &Job, rejected: &BTreeSet<String>) -> Option<DeployProblem> {
    let app = rejected.iter().find(|app| job.parents().contains(&app.to_ascii_lowercase()))?;
    Some(DeployProblem { key: None, path: None, message: format!("not deployed: {app} was rejected") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_errors_are_the_same_although_each_has_its_own_id() {
        let problem = |id: &str| {
            let message = format!("UNKNOWN_EXCEPTION: An unexpected error occurred. ErrorId: {id}");
            [DeployProblem { key: None, path: None, message }]
        };
        let mut failures = Unattributed::default();
        assert!(!failures.is_repeated(&problem("1588363158-4586 (199872)"), true));
        assert!(failures.is_repeated(&problem("912345678-99 (-1)"), true));
    }
}
