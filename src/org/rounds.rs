//! Who of a batch goes next, and who is answered what when a deploy was rejected. Pure: no clock, no org.
//!
//! A batch that failed is not everybody's failure. Whoever is to blame is taken out, and who needs them; the rest goes
//! again. When nobody is named, halves go by themselves until it is clear. Every round takes somebody out or makes the
//! groups smaller, so it ends.

use std::collections::{BTreeSet, VecDeque};

use super::job::Job;
use super::{ApplyErrorKind, DeployProblem};

/// Who travels in a batch.
pub(super) trait Rider {
    fn job(&self) -> &Job;
    /// Whether it has not returned too often.
    fn may_return(&self) -> bool;
}

/// What else must be known.
pub(super) trait Known {
    /// Whether the org had an app before.
    fn has_app(&self, app: &str) -> bool;
    /// Whether an app that the job needs is on its way.
    fn is_coming(&self, job: &Job) -> bool;
}

/// What becomes of who leaves a batch.
pub(super) enum Fate {
    Fails(ApplyErrorKind),
    /// Goes again in a later batch, when its app is there.
    Returns,
}

/// The groups of a batch that have yet to go.
pub(super) struct Rounds<R> {
    groups: VecDeque<Vec<R>>,
    silent: Silent,
    left: Vec<(R, Fate)>,
}

impl<R: Rider> Rounds<R> {
    pub(super) fn new(batch: Vec<R>) -> Rounds<R> {
        Rounds { groups: VecDeque::from([batch]), silent: Silent::default(), left: Vec::new() }
    }

    /// The next group.
    pub(super) fn next(&mut self) -> Option<Vec<R>> {
        self.groups.pop_front()
    }

    /// Those who have left since this was asked last.
    pub(super) fn take_left(&mut self) -> Vec<(R, Fate)> {
        std::mem::take(&mut self.left)
    }

    /// A deploy was made: what fails now is somebody's own failure.
    pub(super) fn went_well(&mut self) {
        self.silent.over = true;
    }

    /// A group fails as a whole. What keeps us from the org keeps all from it.
    pub(super) fn failed(&mut self, group: Vec<R>, error: &ApplyErrorKind) {
        self.fail(group, error);
        if matches!(error, ApplyErrorKind::Unavailable(_)) {
            self.fail_the_rest(error);
        }
    }

    /// A group does not fit into a package.
    pub(super) fn unpackable(&mut self, group: Vec<R>, error: &ApplyErrorKind) {
        if group.len() > 1 { self.halve(group) } else { self.fail(group, error) }
    }

    /// The org rejected a group's deploy and rolled it back. Those who made it fail leave, and those who cannot do without
    /// them; the others go again.
    pub(super) fn rejected(
        &mut self,
        group: Vec<R>,
        problems: &[DeployProblem],
        (deploy_id, accident): (&str, bool),
        known: &impl Known,
    ) {
        let rejection = |problems: Vec<DeployProblem>| ApplyErrorKind::Rejected {
            problems,
            deploy_id: deploy_id.to_owned(),
            accident,
        };
        let alone = group.len() == 1;
        if alone && self.silent.again(problems) {
            self.fail_the_rest(&rejection(problems.to_vec()));
        }
        let is_about =
            |rider: &R, problem: &DeployProblem| problem.key.as_ref().is_some_and(|key| rider.job().has(key));
        let named = |rider: &R| problems.iter().any(|problem| is_about(rider, problem));
        let (culprits, rest): (Vec<_>, Vec<_>) = group.into_iter().partition(|rider| alone || named(rider));
        if culprits.is_empty() {
            return self.halve(rest);
        }
        self.groups.push_front(rest);

        // Who only lacks an app that is on its way goes again when it is there.
        let mut rejected = BTreeSet::new();
        let mut guilty = Vec::new();
        for rider in culprits {
            let own: Vec<&DeployProblem> =
                problems.iter().filter(|problem| alone || is_about(&rider, problem)).collect();
            let lacks_app = own.iter().all(|problem| problem.lacks_an_app());
            if lacks_app && rider.may_return() && known.is_coming(rider.job()) {
                self.left.push((rider, Fate::Returns));
                continue;
            }
            // An app that the org has stays there when a change to it is rejected.
            rejected.extend(new_apps(rider.job(), known));
            guilty.push((rider, own));
        }
        for (rider, own) in guilty {
            let real = own.iter().filter(|problem| !problem.lacks_an_app());
            let real: Vec<DeployProblem> = real.map(|problem| (*problem).clone()).collect();
            let told = match blocked(rider.job(), &rejected) {
                Some(problem) if real.is_empty() => vec![problem],
                Some(_) => real,
                None => own.into_iter().cloned().collect(),
            };
            self.left.push((rider, Fate::Fails(rejection(told))));
        }
        self.block(&mut rejected, known, rejection);
    }

    /// Takes those out of all groups who need an app that was rejected, and who need theirs.
    fn block(
        &mut self,
        rejected: &mut BTreeSet<String>,
        known: &impl Known,
        rejection: impl Fn(Vec<DeployProblem>) -> ApplyErrorKind,
    ) {
        loop {
            let before = rejected.len();
            for group in &mut self.groups {
                let out: Vec<R> =
                    group.extract_if(.., |rider| blocked(rider.job(), rejected).is_some()).collect();
                for rider in out {
                    let problems = blocked(rider.job(), rejected).into_iter().collect();
                    rejected.extend(new_apps(rider.job(), known));
                    self.left.push((rider, Fate::Fails(rejection(problems))));
                }
            }
            if rejected.len() == before {
                return;
            }
        }
    }

    /// Both halves go by themselves, in their order: an app is in the first with its parts or before them.
    fn halve(&mut self, mut group: Vec<R>) {
        let second = group.split_off(group.len() / 2);
        self.groups.push_front(second);
        self.groups.push_front(group);
    }

    fn fail(&mut self, group: Vec<R>, error: &ApplyErrorKind) {
        self.left.extend(group.into_iter().map(|rider| (rider, Fate::Fails(error.clone()))));
    }

    fn fail_the_rest(&mut self, error: &ApplyErrorKind) {
        let rest: Vec<R> = self.groups.drain(..).flatten().collect();
        self.fail(rest, error);
    }
}

/// The apps that a job would have created.
fn new_apps(job: &Job, known: &impl Known) -> Vec<String> {
    job.apps_written().filter(|app| !known.has_app(app)).map(str::to_owned).collect()
}

/// Failures that name nobody. When two jobs by themselves fail with the same words, and nothing went well, it is not
/// the jobs: trying all the others would only take long.
#[derive(Default)]
struct Silent {
    words: Option<String>,
    over: bool,
}

impl Silent {
    fn again(&mut self, problems: &[DeployProblem]) -> bool {
        let [DeployProblem { key: None, message, .. }] = problems else {
            self.over = true;
            return false;
        };
        !self.over && self.words.replace(message.clone()).as_ref() == Some(message)
    }
}

/// Why it cannot be done without one of these apps.
fn blocked(job: &Job, rejected: &BTreeSet<String>) -> Option<DeployProblem> {
    let app = rejected.iter().find(|app| job.parents().contains(&app.to_ascii_lowercase()))?;
    Some(DeployProblem { key: None, path: None, message: format!("not deployed: {app} was rejected") })
}
