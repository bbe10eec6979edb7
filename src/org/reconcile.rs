//! Reads the result of a successful deploy, and determines what happened to concurrent changes.
//!
//! Several clients may write one file at the same time (`edit.rs`), and the last deploy overwrites the others. Each
//! client sees the other deploys in the org's deploy queue. The client with the earlier deploy waits for the later one,
//! and applies its changes again if they were overwritten. The client with the later deploy restores the changes that
//! it overwrote, if it could read them. As a result, overwritten changes are restored or reported.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::budget::{MAX_EDIT_REPEATS, VERIFY_TIMEOUT};
use super::deploy_queue::ConcurrentDeploys;
use super::deployer::QueuedJob;
use super::edit::{Baseline, Observed};
use super::job::{Editing, Job};
use super::read::lookups;
use super::snapshot::Snapshot;
use super::timing::jittered;
use super::{Applied, ApplyErrorKind, Changes, DeployProblem, Inner, Overwritten, Wanted};
use crate::metadata::{Component, ComponentKey, same_meaning};
use crate::record_id::short;
use crate::salesforce::DeployReport;

/// How long the queue must be idle before overwritten clients are assumed to have applied their changes again:
/// `REAPPLY_IDLE`, which covers the calls of such a client, plus `RETRIEVES` times the duration of a read, which covers
/// its retrieves.
const REAPPLY_IDLE: Duration = Duration::from_secs(3);
const RETRIEVES: u32 = 3;
/// Used instead of `REAPPLY_IDLE` while fewer deploys have followed than were overwritten, because the machines of the
/// other clients may be busy.
const REAPPLY_LATE: Duration = Duration::from_secs(15);
const POLL_INTERVAL: Duration = Duration::from_millis(900);

/// Earlier deploys by others that wrote unknown content to the same files.
#[derive(Default)]
struct UnseenWrites {
    deploys: Vec<String>,
    /// Whether at least as many deploys have followed as are in `deploys`, so that the overwritten changes are assumed
    /// to be in the files again.
    reapplied: bool,
}

pub(super) struct Completed {
    pub queued_jobs: Vec<QueuedJob>,
    pub deploy_id: String,
    pub warnings: Vec<DeployProblem>,
    pub observed: Observed,
}

impl Completed {
    /// The components that the callers want to read afterwards.
    fn wanted(&self) -> Vec<Wanted> {
        self.queued_jobs.iter().flat_map(|queued| queued.job.wanted.iter().cloned()).collect()
    }
}

impl Inner {
    /// Records what a deploy has saved. A timeout does not end its edits, because they may have to be deployed again.
    pub(super) fn note_completed(&self, made: &mut Completed) {
        for queued in &mut made.queued_jobs {
            if queued.job.edit.is_some() {
                queued.keep_sent(Instant::now() + VERIFY_TIMEOUT);
            }
            match &queued.job.changes {
                Changes::Write(components) => {
                    for component in components {
                        let created = !made.observed.existing.contains(&component.key);
                        self.names.written(component, created);
                    }
                }
                Changes::Delete(keys) => keys.iter().for_each(|key| self.names.deleted(key)),
            }
        }
    }

    /// Reads the org after a deploy and completes the jobs. Edits that were overwritten, or that overwrote changes by
    /// others, are queued again.
    pub(super) async fn reconcile(self: Arc<Self>, made: Completed) {
        // After a stop, no change is restored, and the content of earlier deploys remains unknown.
        let unseen = self.unless_stopped(self.await_concurrent(&made)).await;
        let unseen = unseen.unwrap_or_else(|| UnseenWrites {
            deploys: made.observed.concurrent.before.clone(),
            reapplied: false,
        });
        let wanted = made.wanted();
        let deletes = made.queued_jobs.iter().all(|queued| queued.job.deletes());
        let read = match timeout(VERIFY_TIMEOUT, self.read_now(&wanted, deletes)).await {
            Ok(Ok(read)) => Some(read),
            _ if wanted.is_empty() => Some(Snapshot::default()),
            Ok(Err(error)) => {
                tracing::info!(%error, "the deployed components cannot be read");
                None
            }
            Err(_) => None,
        };
        let mut results = Vec::new();
        for mut queued in made.queued_jobs {
            let result = result(
                &mut queued.job,
                &made.deploy_id,
                &made.warnings,
                &made.observed,
                &unseen,
                read.as_ref(),
            );
            results.push((queued, result));
        }
        let surprised = results.iter().any(|(_, result)| result.is_surprised());
        let came =
            if surprised { self.unless_stopped(self.came_since(&made.observed.seen)).await } else { None };
        let came = came.unwrap_or_default();
        // If no other deploy wrote the file, the org itself does not keep the value, and sending it again would not
        // help.
        let written = if results.iter().any(|(_, result)| result.undone && !result.replaced) {
            self.written_by_others(&made.observed, &came).await
        } else {
            WrittenByOthers::default()
        };
        for (mut queued, result) in results {
            let JobResult { mut applied, undone, lost, replaced, .. } = result;
            applied.disturbed |= !came.is_empty();
            let again =
                !lost.is_empty() || undone && (replaced || written.has_any(queued.job.changes.components()));
            match queued.job.edit.as_mut() {
                Some(editing) if again && editing.rounds < MAX_EDIT_REPEATS && !self.stopped() => {
                    tracing::info!(
                        rounds = editing.rounds,
                        "another deploy wrote the same file; applying again"
                    );
                    editing.rounds = editing.rounds.saturating_add(1);
                    editing.lost = lost;
                    editing.made = Some(applied);
                    queued.keep_sent(Instant::now() + VERIFY_TIMEOUT);
                    self.deployer.queue.resume(queued, self.runner());
                }
                _ => {
                    if again {
                        applied.unfinished = Some(ApplyErrorKind::Outrun);
                    }
                    queued.complete(Ok(applied));
                }
            }
        }
    }

    /// Waits until later deploys have ended. If the content of earlier deploys is unknown, also waits until their
    /// clients should have applied their changes again. Returns the deploys with unknown content.
    async fn await_concurrent(&self, made: &Completed) -> UnseenWrites {
        let observed = &made.observed;
        let Observed { concurrent, seen, .. } = observed;
        self.until_done(&concurrent.after, Instant::now() + VERIFY_TIMEOUT).await;
        if concurrent.before.is_empty() {
            return UnseenWrites::default();
        }
        let edits = || {
            made.queued_jobs
                .iter()
                .filter_map(|queued| Some((queued.job.edit.as_ref()?, &queued.job.changes)))
        };
        let files: Vec<&Component> = edits().flat_map(|(_, changes)| changes.components()).collect();
        let is_seen = |(editing, changes): (&Editing, &Changes)| {
            changes.components().iter().all(|sent| replaced(observed, editing, sent).is_some())
        };
        if edits().all(is_seen) {
            return UnseenWrites::default();
        }
        let mut unseen = UnseenWrites::default();
        for id in &concurrent.before {
            if self.wrote(id, &files).await {
                unseen.deploys.push(id.clone());
            }
        }
        if !unseen.deploys.is_empty() {
            let mut known: BTreeSet<String> =
                concurrent.before.iter().map(|id| short(id).to_owned()).collect();
            known.insert(short(&made.deploy_id).to_owned());
            if let Baseline::Done(before) = seen {
                known.extend(before.iter().cloned());
            }
            let begun = Instant::now();
            let read = timeout(VERIFY_TIMEOUT, self.read_now(&made.wanted(), false)).await;
            tracing::debug!(
                read = matches!(read, Ok(Ok(_))),
                "waiting for other deploys to write overwritten values again"
            );
            let silence = begun.elapsed() * RETRIEVES;
            unseen.reapplied = self.await_reapply(&known, unseen.deploys.len(), silence).await;
        }
        unseen
    }

    /// Whether another deploy wrote one of these files, according to its report. Also true if the report cannot be
    /// read.
    async fn wrote(&self, id: &str, files: &[&Component]) -> bool {
        let mut written = WrittenByOthers::default();
        written.add(self.apis.deploys.deploy_status(id).await.ok());
        written.has_any(files.iter().copied())
    }

    /// Waits until the queue has been idle for a while, for a minute at most. Returns whether at least as many new
    /// deploys as `overwritten` have been sent.
    async fn await_reapply(&self, known: &BTreeSet<String>, overwritten: usize, silence: Duration) -> bool {
        let until = Instant::now() + VERIFY_TIMEOUT;
        let (mut last, mut came) = (Instant::now(), BTreeSet::new());
        loop {
            let Some(queue) = self.deploy_queue().await else { return false };
            let before = came.len();
            came.extend(queue.besides(known).into_iter().filter(|id| !self.deployer.is_own(id)));
            if came.len() > before || !queue.is_free() {
                last = Instant::now();
            }
            let reapplied = came.len() >= overwritten;
            let enough = if reapplied { REAPPLY_IDLE } else { REAPPLY_LATE } + silence;
            if last.elapsed() >= enough || Instant::now() >= until || self.stopped() {
                return reapplied;
            }
            self.unless_stopped(sleep(jittered(POLL_INTERVAL / 2, POLL_INTERVAL))).await;
        }
    }

    /// The deploys by others that are not in the baseline of the edit.
    async fn came_since(&self, seen: &Baseline) -> Vec<String> {
        let Baseline::Done(before) = seen else { return Vec::new() };
        let Some(queue) = self.deploy_queue().await else { return Vec::new() };
        let mut came = queue.besides(before);
        came.retain(|id| !self.deployer.is_own(id));
        came
    }

    /// The components that deploys by others wrote: concurrent deploys, and those that came later.
    async fn written_by_others(&self, observed: &Observed, came: &[String]) -> WrittenByOthers {
        let ConcurrentDeploys { before, after } = &observed.concurrent;
        let ids: BTreeSet<&str> = before.iter().chain(after).chain(came).map(|id| short(id)).collect();
        let read = async {
            let mut written = WrittenByOthers::default();
            for id in ids {
                written.add(self.apis.deploys.deploy_status(id).await.ok());
            }
            written
        };
        match self.unless_stopped(timeout(VERIFY_TIMEOUT, read)).await {
            Some(Ok(written)) => written,
            Some(Err(_)) => WrittenByOthers { components: BTreeSet::new(), is_unknown: true },
            // After a stop, nothing is sent again.
            None => WrittenByOthers::default(),
        }
    }
}

/// The components that deploys by others wrote.
#[derive(Default)]
struct WrittenByOthers {
    /// The type, and the full name in lower case.
    components: BTreeSet<(String, String)>,
    /// Whether some of the components are unknown.
    is_unknown: bool,
}

impl WrittenByOthers {
    fn add(&mut self, report: Option<DeployReport>) {
        let Some(report) = report else { return self.is_unknown = true };
        let written = report.component_successes.into_iter();
        self.components
            .extend(written.map(|message| (message.component_type, message.full_name.to_lowercase())));
    }

    fn has_any<'a>(&self, files: impl IntoIterator<Item = &'a Component>) -> bool {
        let has = |key: &ComponentKey| {
            self.components.contains(&(key.kind.package_type().to_owned(), key.full_name.to_lowercase()))
        };
        self.is_unknown || files.into_iter().any(|file| has(&file.key))
    }
}

struct JobResult {
    applied: Applied,
    /// Whether a change that this job requested is not in effect.
    undone: bool,
    /// Whether the file differs from what was sent.
    changed: bool,
    /// Overwritten changes by others that are not restored yet.
    lost: Vec<Overwritten>,
    /// Whether the deploy replaced a change that others made after the file was read.
    replaced: bool,
}

impl JobResult {
    fn is_surprised(&self) -> bool {
        self.undone || self.changed
    }
}

fn result(
    job: &mut Job,
    deploy_id: &str,
    warnings: &[DeployProblem],
    observed: &Observed,
    unseen: &UnseenWrites,
    read: Option<&Snapshot>,
) -> JobResult {
    let own = |problem: &&DeployProblem| problem.key.as_ref().is_none_or(|key| job.has(key));
    let warnings: Vec<DeployProblem> = warnings.iter().filter(own).cloned().collect();
    let after = read.and_then(|read| lookups(read, &job.wanted).ok());
    let mut applied =
        Applied { deploy_id: Some(deploy_id.to_owned()), warnings, after, ..Applied::default() };
    let (mut undone, mut changed, mut lost, mut was_replaced) = (false, false, Vec::new(), false);
    // After an internal error, an earlier deploy of this job may have created these components.
    if job.internal_error.is_none() {
        applied.existing = observed.existing.iter().filter(|key| job.has(key)).cloned().collect();
    }
    let Some(editing) = job.edit.as_mut() else {
        return JobResult { applied, undone, changed, lost, replaced: was_replaced };
    };
    applied.disturbed = !observed.concurrent.before.is_empty() || !observed.concurrent.after.is_empty();
    let mut ours = std::mem::take(&mut editing.ours);
    for sent in job.changes.components() {
        let now = read.and_then(|read| read.component(&sent.key));
        let Some(base) = base(editing, &sent.key) else { continue };
        let fresh = changed_fields(base, sent);
        ours.extend(fresh.iter().map(|name| (sent.key.kind.name, *name)));
        let own: Vec<&str> =
            ours.iter().filter(|(kind, _)| *kind == sent.key.kind.name).map(|(_, name)| *name).collect();
        if let Some(now) = now {
            undone |= changed_fields(sent, now).iter().any(|name| own.contains(name));
            changed |= !same(sent, now);
        }
        match (replaced(observed, editing, sent), now) {
            (Some(was), _) if same(was, base) => {}
            (Some(was), now) => {
                let overwritten = Overwritten { read: base.clone(), was: was.clone() };
                if now.is_none_or(|now| now.restore(base, was) != *now) {
                    lost.push(overwritten.clone());
                }
                (applied.disturbed, was_replaced) = (true, true);
                applied.overwritten.push(overwritten);
            }
            // The replaced content is unknown. If the file now differs from what was sent, another client is assumed to
            // have deployed its change again.
            (None, Some(now)) if !unseen.deploys.is_empty() => {
                let fields = changed_fields(base, now);
                let theirs: Vec<_> = fields.into_iter().filter(|name| !own.contains(name)).collect();
                if theirs.is_empty() || !unseen.reapplied {
                    let new = unseen.deploys.iter().filter(|id| !applied.unseen.contains(id));
                    let new: Vec<_> = new.cloned().collect();
                    applied.unseen.extend(new);
                }
                if !theirs.is_empty() {
                    let mut was = base.clone();
                    theirs.iter().for_each(|name| was.put(name, now.get(name).clone()));
                    applied.overwritten.push(Overwritten { read: base.clone(), was });
                }
            }
            _ => {}
        }
    }
    editing.ours = ours;
    let before = editing.made.take();
    applied.before = before.as_ref().map_or_else(|| editing.base.clone(), |made| made.before.clone());
    if let Some(before) = before {
        applied.disturbed = true;
        applied.overwritten.splice(0..0, before.overwritten);
        applied.unseen.splice(0..0, before.unseen);
    }
    JobResult { applied, undone, changed, lost, replaced: was_replaced }
}

/// The content that an edit replaced, if it was observed. A read that came too late already shows the edit's own
/// changes and is ignored.
fn replaced<'a>(observed: &'a Observed, editing: &Editing, sent: &Component) -> Option<&'a Component> {
    let was = observed.was.as_ref()?.component(&sent.key)?;
    let made = base(editing, &sent.key).map(|base| changed_fields(base, sent)).unwrap_or_default();
    let missing = changed_fields(was, sent);
    let came_late = !made.is_empty() && !made.iter().any(|name| missing.contains(name));
    (!came_late && !same(was, sent)).then_some(was)
}

fn base<'a>(editing: &'a Editing, key: &ComponentKey) -> Option<&'a Component> {
    editing.base.iter().filter_map(|lookup| lookup.component()).find(|component| component.key == *key)
}

/// The attributes whose values differ, except for equivalent values.
fn changed_fields(one: &Component, other: &Component) -> Vec<&'static str> {
    let fields = one.key.kind.fields.iter().filter(|field| {
        !field.attribute.is_empty()
            && !same_meaning(field, one.get(field.attribute), other.get(field.attribute))
    });
    fields.map(|field| field.attribute).collect()
}

fn same(one: &Component, other: &Component) -> bool {
    changed_fields(one, other).is_empty() && one.extras == other.extras
}
