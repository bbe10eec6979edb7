//! Composes edits from the current files, and observes concurrent changes.
//!
//! A deploy replaces whole files, and Salesforce cannot lock a file. Therefore, the files are read while the deploy
//! queue is idle, and the edited files are sent immediately. Half a second later, the queue shows the deploys that were
//! sent at the same time (`deploy_queue.rs`). When our deploy starts, the files are read again. This read shows the
//! contents that the deploy replaces, including changes made in Setup. A conflict does not cancel the deploy: the next
//! deploy restores overwritten changes (`reconcile.rs`).

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::budget::MAX_QUEUE_WAIT;
use super::deploy_queue::ConcurrentDeploys;
use super::deployer::QueuedJob;
use super::poll::Phase;
use super::read::{Selection, lookups};
use super::snapshot::Snapshot;
use super::{Applied, ApplyErrorKind, Changes, Inner, Lookup, Overwritten, ReadError, Wanted};
use crate::metadata::{Component, ComponentKey};

/// How long after the start of our deploy the queue is read again. By then, each client that did not see our deploy
/// should have sent its own.
pub(super) const OBSERVE_DELAY: Duration = Duration::from_millis(500);
/// If calls are slow, the delay is this multiple of the time that it took to send the deploy.
const CALLS: u32 = 5;
/// The maximum delay after the deploy was sent. Sending a deploy can take minutes if the org is busy or a login is
/// necessary.
const MAX_OBSERVE_DELAY: Duration = Duration::from_secs(60);
/// The timeout for reading the files at the start of a deploy.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// The deploys that were complete when the files of edits were read.
#[derive(Clone, Debug, Default)]
pub(super) enum Baseline {
    /// Not needed: no edit depends on files that others may change.
    #[default]
    Irrelevant,
    /// The deploy queue cannot be read.
    Unknown,
    Done(BTreeSet<String>),
}

impl Baseline {
    /// Whether others may write the same files.
    pub(super) fn matters(&self) -> bool {
        !matches!(self, Baseline::Irrelevant)
    }
}

/// What was observed of other deploys and changes while our deploy ran.
#[derive(Default)]
pub(super) struct Observed {
    pub seen: Baseline,
    pub concurrent: ConcurrentDeploys,
    /// The files at the start of the deploy, if they could be read.
    pub was: Option<Box<Snapshot>>,
    /// The written components that already existed.
    pub existing: Vec<ComponentKey>,
}

impl Inner {
    /// Composes the edits of a group from the current files. Jobs that send nothing, or fail, leave the group.
    pub(super) async fn compose(&self, group: &mut Vec<QueuedJob>, deadline: Instant) -> Baseline {
        let edits = || group.iter().filter(|queued| queued.job.edit.is_some());
        let wanted: Vec<Wanted> = edits().flat_map(|queued| queued.job.wanted.iter().cloned()).collect();
        if wanted.is_empty() {
            return Baseline::Irrelevant;
        }
        // Other clients do not use an app that this process has just created.
        let of_others = wanted.iter().any(|wanted| !self.names.was_created(&wanted.app));
        let composed = self.unless_stopped(self.read_undisturbed(&wanted, of_others, deadline)).await;
        let (read, seen) = match composed {
            Some((read, seen)) => (Some(read), seen),
            None => (None, Baseline::Irrelevant),
        };
        for mut queued in std::mem::take(group) {
            let left = match &read {
                _ if queued.job.edit.is_none() => None,
                None => Some(Err(ApplyErrorKind::NotSent)),
                Some(Err(error)) => Some(Err(ApplyErrorKind::Unread(error.clone()))),
                Some(Ok(files)) => compose(&mut queued, files),
            };
            match left {
                None => group.push(queued),
                Some(Ok(applied)) => queued.complete(Ok(applied)),
                Some(Err(error)) => queued.complete_with(|job| job.failed(error)),
            }
        }
        seen
    }

    /// If possible, reads files while the queue is idle.
    async fn read_undisturbed(
        &self,
        wanted: &[Wanted],
        of_others: bool,
        deadline: Instant,
    ) -> (Result<Snapshot, ReadError>, Baseline) {
        let since = Instant::now();
        loop {
            let before = if of_others { self.wait_for_idle_queue(since, deadline).await } else { None };
            let read = self.read_now(wanted, false).await;
            let seen = match before {
                _ if !of_others => Baseline::Irrelevant,
                None => Baseline::Unknown,
                Some(before) => Baseline::Done(before),
            };
            if let (Ok(_), Baseline::Done(before)) = (&read, &seen)
                && since.elapsed() < MAX_QUEUE_WAIT
                && Instant::now() < deadline
                && let Some(now) = self.deploy_queue().await
                && !now.adds_nothing_to(before)
            {
                tracing::debug!("the org changed in the meantime; reading again");
                continue;
            }
            return (read, seen);
        }
    }

    /// Observes other deploys while our deploy runs.
    pub(super) async fn observe(
        &self,
        id: &str,
        seen: Baseline,
        changes: &Changes,
        mut phase_rx: watch::Receiver<Phase>,
        started: Instant,
    ) -> Observed {
        if !seen.matters() {
            return Observed::default();
        }
        let mut concurrent = ConcurrentDeploys::default();
        if let Baseline::Done(before) = &seen {
            let until = started + OBSERVE_DELAY.max(started.elapsed() * CALLS);
            let until = until.min(Instant::now() + MAX_OBSERVE_DELAY);
            self.unless_stopped(sleep_until(until)).await;
            if let Some(queue) = self.deploy_queue().await {
                concurrent = queue.concurrent(before, id);
            }
        }
        // The sender exists until the deploy ends.
        let phase = phase_rx.wait_for(|phase| phase.has_begun()).await.map_or(Phase::Over, |phase| *phase);
        let was = if phase == Phase::Over { None } else { self.files_of(changes.components()).await };
        Observed { seen, concurrent, was, existing: Vec::new() }
    }

    /// The current content of these components. `None` if it cannot be read in time.
    async fn files_of(&self, components: &[Component]) -> Option<Box<Snapshot>> {
        let mut selection = Selection::new();
        for component in components {
            let names = selection.entry(component.key.kind).or_default();
            names.get_or_insert_default().insert(component.key.full_name.clone());
        }
        let kinds: Vec<_> = selection.keys().copied().collect();
        let mut found = Snapshot::default();
        let loaded =
            self.unless_stopped(timeout(READ_TIMEOUT, self.load(&mut found, selection, &kinds))).await?;
        match loaded {
            Ok(Ok(())) => Some(Box::new(found)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "the files cannot be read again");
                None
            }
            Err(_) => None,
        }
    }
}

/// Composes an edit from the current files. Returns a result if nothing needs to be sent.
fn compose(queued: &mut QueuedJob, files: &Snapshot) -> Option<Result<Applied, ApplyErrorKind>> {
    let editing = queued.job.edit.as_mut()?;
    let read = match lookups(files, &queued.job.wanted) {
        Ok(read) => read,
        Err(error) => return Some(Err(ApplyErrorKind::Unread(error))),
    };
    let whole: Vec<Lookup> = read.iter().map(|lookup| restored(lookup, &editing.lost)).collect();
    let Some(mut made) = (editing.edit.merge)(&whole) else {
        return Some(Err(ApplyErrorKind::Declined { found: read }));
    };
    // Adds files in which only overwritten changes are restored.
    for (lookup, read) in whole.iter().zip(&read) {
        let (Some(whole), Some(read)) = (lookup.component(), read.component()) else { continue };
        if whole != read && !made.iter().any(|component| component.key == whole.key) {
            made.push(whole.clone());
        }
    }
    editing.base.clone_from(&read);
    if made.is_empty() {
        let earlier = editing.made.take();
        let first = || Applied { before: read.clone(), ..Applied::default() };
        return Some(Ok(Applied { after: Some(read.clone()), ..earlier.unwrap_or_else(first) }));
    }
    queued.job.changes = Changes::Write(made);
    None
}

/// A file with the overwritten changes by others restored, except for values that have changed again.
fn restored(lookup: &Lookup, lost: &[Overwritten]) -> Lookup {
    let Lookup::Found(found) = lookup else { return lookup.clone() };
    let mut found = found.clone();
    let key = found.component.key.clone();
    for lost in lost.iter().filter(|lost| lost.read.key == key) {
        found.component = found.component.restore(&lost.read, &lost.was);
    }
    Lookup::Found(found)
}
