//! Files are written as a whole. Whoever changes a part of one merges it into what he read, and undoes what somebody else
//! changed in between. So what a change was made from, its base, travels with it.
//!
//! Nothing locks a file, but the org works on one deploy at a time. So the files are looked at just before a deploy is sent.
//! One that has to wait behind another is taken back before it begins, since the other may be writing the same files. When
//! the own turn has come, the files are looked at once more, since whatever is there then is what the deploy replaces; and
//! if they are not what they were, it is taken back while it runs. Should the org not let us, the caller is told what was
//! overwritten.
//! What is to become of a base that is not true any more, the caller knows.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::deploy::Course;
use super::pace::Pace;
use super::read::Asks;
use super::rounds::Ticket;
use super::snapshot::Snapshot;
use super::watch::Phase;
use super::{ApplyErrorKind, Inner, Overwritten};
use crate::log_keys::SF_DEPLOY_ID;
use crate::metadata::Component;

/// How long a look at the files may take.
const LOOK: Duration = Duration::from_secs(10);
/// What was read so short ago is not looked at before a deploy, only when its turn has come.
const FRESH: Duration = Duration::from_secs(1);
/// How often and how long a batch leaves the line. A busy org always has a line, so some time it stays in it.
const MOST_RETREATS: u32 = 40;
const RETREATS: Duration = Duration::from_secs(120);
/// How long a deploy waits for its turn before it is taken back, when it is not known how long the org usually takes.
const PATIENCE: Duration = Duration::from_millis(750);

/// How the wait for the own turn went.
#[derive(Default)]
pub(super) struct Turn {
    /// The deploy was taken back: it may not have begun, or its files were not what they were.
    pub taken_back: bool,
    /// What it replaces unawares if it runs all the same.
    pub overwritten: Vec<Overwritten>,
}

/// Where a deploy is in the line.
enum Place {
    /// Others are before it.
    Behind,
    /// The org works on it, and these files are not what they were.
    First(Vec<Overwritten>),
    /// It cannot be told; or it has ended already.
    Unknown,
}

/// How often a batch has left the line.
#[derive(Default)]
pub(super) struct Line {
    retreats: u32,
    since: Option<Instant>,
}

impl Line {
    /// Whether a deploy may leave the line once more.
    fn may_leave(&self) -> bool {
        self.retreats < MOST_RETREATS && self.since.is_none_or(|since| since.elapsed() < RETREATS)
    }

    fn leave(&mut self) {
        self.retreats = self.retreats.saturating_add(1);
        self.since.get_or_insert_with(Instant::now);
    }

    /// Stays until its turn comes.
    fn stay(&mut self) {
        self.retreats = MOST_RETREATS;
    }
}

impl Inner {
    /// Waits until the org works on a deploy, and looks at the files that it is to replace. Takes it back when that lasts,
    /// or when somebody has changed them.
    pub(super) async fn await_turn(&self, id: &str, bases: &[&Component], course: &mut Course<'_>) -> Turn {
        let Course { line, pace, .. } = course;
        if bases.is_empty() {
            return Turn::default();
        }
        loop {
            let overwritten = match self.look_at_the_line(id, bases, line, pace).await {
                Place::Unknown => return Turn::default(),
                Place::Behind => None,
                Place::First(overwritten) if overwritten.is_empty() => return Turn::default(),
                Place::First(overwritten) => Some(overwritten),
            };
            let taken_back = line.may_leave() && self.take_back(id).await;
            line.leave();
            match overwritten {
                None if taken_back => return Turn { taken_back, overwritten: Vec::new() },
                // Perhaps it has just begun.
                None => line.stay(),
                Some(overwritten) => return Turn { taken_back, overwritten },
            }
        }
    }

    async fn look_at_the_line(&self, id: &str, bases: &[&Component], line: &Line, pace: &mut Pace) -> Place {
        let begun = Instant::now();
        // Some orgs let every deploy wait a little.
        let patience = pace.turn().map_or(PATIENCE, |usual| PATIENCE.max(usual * 2));
        loop {
            let wait = self.settings.next_turn(begun.elapsed());
            let look = async {
                tokio::time::sleep(wait).await;
                self.api.deploy_status(id).await
            };
            let Some(report) = self.unless_stopped(look).await else {
                return Place::Unknown;
            };
            match report {
                Ok(report) if report.done => return Place::Unknown,
                Ok(report) if Phase::of(&report.status) != Phase::Pending => {
                    pace.had_turn(begun.elapsed());
                    break;
                }
                Ok(_) if begun.elapsed() >= patience && line.may_leave() => return Place::Behind,
                Ok(_) => {}
                // Watching knows what to do about it.
                Err(_) => return Place::Unknown,
            }
        }
        let Some(found) = self.files_of(bases).await else {
            return Place::Unknown;
        };
        let differ = bases.iter().filter_map(|base| {
            let was = found.component(&base.key)?;
            (was != *base).then(|| Overwritten { read: (*base).clone(), was: was.clone() })
        });
        Place::First(differ.collect())
    }

    /// Takes a deploy back. False when the org does not let us.
    async fn take_back(&self, id: &str) -> bool {
        tracing::info!(
            { SF_DEPLOY_ID } = id,
            "others change the org; taking it back to look at the files again"
        );
        let canceled = self.api.cancel_deploy(id).await;
        if let Err(error) = &canceled {
            tracing::debug!({ SF_DEPLOY_ID } = id, %error, "not taken back");
        }
        canceled.is_ok()
    }

    /// Sends those away whose files somebody has changed since they were read.
    pub(super) async fn send_the_outdated_away(&self, group: &mut Vec<Ticket>, course: &Course<'_>) {
        let with_bases = || group.iter().filter(|ticket| !ticket.job.bases.is_empty());
        // In time for the look when the turn has come, if anything has changed so soon.
        let is_fresh = |ticket: &Ticket| ticket.job.since.elapsed() < FRESH;
        if with_bases().all(is_fresh) && course.pace.is_slow() && course.line.retreats == 0 {
            return;
        }
        let bases: Vec<&Component> = with_bases().flat_map(|ticket| &ticket.job.bases).collect();
        if bases.is_empty() {
            return;
        }
        let Some(found) = self.files_of(&bases).await else {
            return;
        };
        let differs = |base: &Component| {
            !found.hides(base.key.kind) && found.component(&base.key).is_none_or(|now| now != base)
        };
        let is_outdated = |ticket: &Ticket| ticket.job.bases.iter().any(differs);
        for ticket in group.extract_if(.., |ticket| is_outdated(ticket)) {
            ticket.answer(Err(ApplyErrorKind::Outdated));
        }
    }

    /// What the org has of these; none when it does not say so soon.
    async fn files_of(&self, components: &[&Component]) -> Option<Snapshot> {
        let mut asks = Asks::new();
        for component in components {
            let names = asks.entry(component.key.kind).or_default();
            names.get_or_insert_default().insert(component.key.full_name.clone());
        }
        let kinds: Vec<_> = asks.keys().copied().collect();
        let mut found = Snapshot::default();
        let loaded = tokio::select! {
            biased;
            () = self.until_stopped() => return None,
            loaded = timeout(LOOK, self.load(&mut found, asks, &kinds)) => loaded,
        };
        match loaded {
            Ok(Ok(())) => Some(found),
            Ok(Err(error)) => {
                tracing::debug!(%error, "the files cannot be looked at");
                None
            }
            Err(_) => None,
        }
    }
}
