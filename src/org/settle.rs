//! After a deploy that went well: what is there now, and what it cost others.
//!
//! Several may write one file at the same moment (`edit.rs`). Then the one who comes last overwrites what the others wrote.
//! Each sees the others in the org's list of deploys: who was before waits until who comes after is done, finds what is
//! missing, and sends it again; who came after puts back what it overwrote, where it saw that. So both tell the truth, and
//! nothing stays lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::budget::{MOST_ROUNDS, VERIFYING};
use super::deployer::Ticket;
use super::edit::{Seen, Sight};
use super::job::{Changes, Editing, Job};
use super::line::short;
use super::pace::jittered;
use super::read::answer;
use super::snapshot::Snapshot;
use super::{Applied, ApplyErrorKind, DeployProblem, Inner, Overwritten, Wanted};
use crate::metadata::{Component, ComponentKey, same_meaning};

/// How long nobody must have been at work until those who were overwritten are taken to have sent their changes again:
/// some calls, and so many retrieves.
const HEALING: Duration = Duration::from_secs(3);
const RETRIEVES: u32 = 3;
/// The same while fewer have sent something than were overwritten: their machines may be busy.
const LATE: Duration = Duration::from_secs(15);
/// Between two looks whether it has.
const LOOK: Duration = Duration::from_millis(900);

/// Deploys of others that wrote the same files before us, when it is not known what.
#[derive(Default)]
struct Unseen {
    deploys: Vec<String>,
    /// As many have come after us: what is otherwise now than we sent it is all that they had written.
    healed: bool,
}

/// A deploy that went well, and whose it is.
pub(super) struct Made {
    pub tickets: Vec<Ticket>,
    pub deploy_id: String,
    pub remarks: Vec<DeployProblem>,
    pub sight: Sight,
}

impl Made {
    /// What all callers want to know afterwards.
    fn wanted(&self) -> Vec<Wanted> {
        self.tickets.iter().flat_map(|ticket| ticket.job.wanted.iter().cloned()).collect()
    }
}

impl Inner {
    /// Notes what a deploy has made.
    pub(super) fn note_made(&self, made: &Made) {
        self.deployer.made(&made.deploy_id);
        for ticket in &made.tickets {
            self.recent.forget(ticket.job.apps());
            match &ticket.job.changes {
                Changes::Write(components) => {
                    components.iter().for_each(|component| self.names.written(component));
                }
                Changes::Delete(keys) => keys.iter().for_each(|key| self.names.deleted(key)),
            }
        }
    }

    /// Reads what is there after a deploy, and answers its callers; edits that were overwritten go again.
    pub(super) async fn settle(self: Arc<Self>, made: Made) {
        let unseen = self.await_rivals(&made).await;
        let wanted = made.wanted();
        let deletes = made.tickets.iter().all(|ticket| ticket.job.deletes());
        let read = match timeout(VERIFYING, self.read_now(&wanted, deletes)).await {
            Ok(Ok(read)) => Some(read),
            _ if wanted.is_empty() => Some(Snapshot::default()),
            Ok(Err(error)) => {
                tracing::info!(%error, "what was deployed cannot be read");
                None
            }
            Err(_) => None,
        };
        let mut results = Vec::new();
        for mut ticket in made.tickets {
            let result =
                result(&mut ticket.job, &made.deploy_id, &made.remarks, &made.sight, &unseen, read.as_ref());
            results.push((ticket, result));
        }
        let surprised = results.iter().any(|(_, result)| result.is_surprised());
        let others_came = surprised && self.others_came(&made.sight.seen, &made.deploy_id).await;
        for (mut ticket, result) in results {
            let Result { mut applied, undone, lost, .. } = result;
            applied.disturbed |= others_came;
            let again = !lost.is_empty() || undone && applied.disturbed;
            match ticket.job.edit.as_mut() {
                Some(editing) if again && editing.rounds < MOST_ROUNDS && !self.stopped() => {
                    tracing::info!(rounds = editing.rounds, "others wrote the same file; once more");
                    editing.rounds = editing.rounds.saturating_add(1);
                    editing.lost = lost;
                    editing.made = Some(applied);
                    ticket.keep_sent();
                    self.deployer.queue.resume(ticket, self.runner());
                }
                _ => {
                    if again {
                        applied.unfinished = Some(ApplyErrorKind::Outrun);
                    }
                    ticket.answer(Ok(applied));
                }
            }
        }
    }

    /// Waits for those who write last; and when it is not known what those before us wrote, until they may have written it
    /// again. The deploys that wrote the same files and of which it is not known what.
    async fn await_rivals(&self, made: &Made) -> Unseen {
        let sight = &made.sight;
        let Sight { rivals, seen, .. } = sight;
        self.until_done(&rivals.after, Instant::now() + VERIFYING).await;
        if rivals.before.is_empty() {
            return Unseen::default();
        }
        let edits = || {
            made.tickets.iter().filter_map(|ticket| Some((ticket.job.edit.as_ref()?, &ticket.job.changes)))
        };
        let files: Vec<&Component> = edits().flat_map(|(_, changes)| changes.components()).collect();
        let is_seen = |(editing, changes): (&Editing, &Changes)| {
            changes.components().iter().all(|sent| replaced(sight, editing, sent).is_some())
        };
        if edits().all(is_seen) {
            return Unseen::default();
        }
        let mut unseen = Unseen::default();
        for id in &rivals.before {
            if self.wrote(id, &files).await {
                unseen.deploys.push(id.clone());
            }
        }
        if !unseen.deploys.is_empty() {
            let mut known: BTreeSet<String> = rivals.before.iter().map(|id| short(id)).collect();
            known.insert(short(&made.deploy_id));
            if let Seen::Done(before) = seen {
                known.extend(before.iter().cloned());
            }
            let begun = Instant::now();
            let read = self.read_now(&made.wanted(), false).await;
            tracing::debug!(
                read = read.is_ok(),
                "waiting until others have written again what was overwritten"
            );
            let silence = begun.elapsed() * RETRIEVES;
            unseen.healed = self.await_healing(&known, unseen.deploys.len(), silence).await;
        }
        unseen
    }

    /// Whether a deploy of somebody wrote one of these files, as far as the org tells.
    async fn wrote(&self, id: &str, files: &[&Component]) -> bool {
        let Ok(report) = self.api.deploy_status(id).await else {
            return true;
        };
        let is_one = |key: &ComponentKey, kind: &str, name: &str| {
            kind == key.kind.package_type() && name.eq_ignore_ascii_case(&key.full_name)
        };
        report.component_successes.iter().any(|message| {
            files.iter().any(|file| is_one(&file.key, &message.component_type, &message.full_name))
        })
    }

    /// Waits until so many deploys have come after the known ones, and then until nobody has been at work for a while; a
    /// minute at most. Whether as many have come.
    async fn await_healing(&self, known: &BTreeSet<String>, overwritten: usize, silence: Duration) -> bool {
        let until = Instant::now() + VERIFYING;
        let (mut last, mut came) = (Instant::now(), BTreeSet::new());
        loop {
            let Some(line) = self.line().await else { return false };
            let before = came.len();
            came.extend(line.besides(known));
            if came.len() > before || !line.is_free() {
                last = Instant::now();
            }
            let healed = came.len() >= overwritten;
            let enough = if healed { HEALING } else { LATE } + silence;
            if last.elapsed() >= enough || Instant::now() >= until || self.stopped() {
                return healed;
            }
            self.unless_stopped(sleep(jittered(LOOK / 2, LOOK))).await;
        }
    }

    /// Whether somebody else has deployed since some files were read.
    async fn others_came(&self, seen: &Seen, own: &str) -> bool {
        let Seen::Done(before) = seen else { return false };
        let Some(line) = self.line().await else { return false };
        line.besides(before).iter().any(|id| *id != short(own) && !self.deployer.has_made(id))
    }
}

/// What came of one caller's changes.
struct Result {
    applied: Applied,
    /// Something of them is not there.
    undone: bool,
    /// Something else is not as it was.
    changed: bool,
    /// What was overwritten of others and is not there again.
    lost: Vec<Overwritten>,
}

impl Result {
    fn is_surprised(&self) -> bool {
        !self.applied.disturbed && (self.undone || self.changed)
    }
}

fn result(
    job: &mut Job,
    deploy_id: &str,
    remarks: &[DeployProblem],
    sight: &Sight,
    unseen: &Unseen,
    read: Option<&Snapshot>,
) -> Result {
    let own = |problem: &&DeployProblem| problem.key.as_ref().is_none_or(|key| job.has(key));
    let remarks: Vec<DeployProblem> = remarks.iter().filter(own).cloned().collect();
    let after = read.and_then(|read| answer(read, &job.wanted).ok());
    let mut applied = Applied { deploy_id: Some(deploy_id.to_owned()), remarks, after, ..Applied::default() };
    let (mut undone, mut changed, mut lost) = (false, false, Vec::new());
    let Some(editing) = job.edit.as_mut() else {
        return Result { applied, undone, changed, lost };
    };
    applied.disturbed = !sight.rivals.before.is_empty() || !sight.rivals.after.is_empty();
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
        match (replaced(sight, editing, sent), now) {
            (Some(was), _) if same(was, base) => {}
            (Some(was), now) => {
                let overwritten = Overwritten { read: base.clone(), was: was.clone() };
                if now.is_none_or(|now| now.restore(base, was) != *now) {
                    lost.push(overwritten.clone());
                }
                applied.disturbed = true;
                applied.overwritten.push(overwritten);
            }
            // It was not seen. What is otherwise now than we sent it was written before us, and again.
            (None, Some(now)) if !unseen.deploys.is_empty() => {
                let fields = changed_fields(base, now);
                let theirs: Vec<_> = fields.into_iter().filter(|name| !own.contains(name)).collect();
                if theirs.is_empty() || !unseen.healed {
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
    Result { applied, undone, changed, lost }
}

/// A file as it was when an edit replaced it, where that was seen. A look that came when the edit was done shows what it
/// wrote, and what others have written since.
fn replaced<'a>(sight: &'a Sight, editing: &Editing, sent: &Component) -> Option<&'a Component> {
    let was = sight.was.as_ref()?.component(&sent.key)?;
    let made = base(editing, &sent.key).map(|base| changed_fields(base, sent)).unwrap_or_default();
    let missing = changed_fields(was, sent);
    let came_late = !made.is_empty() && !made.iter().any(|name| missing.contains(name));
    (!came_late && !same(was, sent)).then_some(was)
}

/// A file as an edit was made of it.
fn base<'a>(editing: &'a Editing, key: &ComponentKey) -> Option<&'a Component> {
    editing.base.iter().filter_map(|lookup| lookup.component()).find(|component| component.key == *key)
}

/// The attributes that differ, of those that can be read.
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
