//! What this process knows of its own doings: what is under way, what it read as protected, what it planned.
//!
//! The first is the reason to wait for something that is not there yet: people write an app's name instead of referring
//! to it, so Terraform may ask for the parts of an app before or while the app is made. Waiting is worth it as long as
//! something is being made or deleted, and a little longer. Who has what is in `claims`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::claims::Claims;
use super::disappearance::Missing;
use crate::org::Instant;
use crate::value::Value;

/// A resource by its type, or a union's member by both types, and its app.
type Name = (&'static str, &'static str, String);

#[derive(Debug, Default)]
pub struct Activity {
    /// How many creations and deletions are under way.
    running: AtomicUsize,
    /// Who makes, takes over and deletes what.
    pub claims: Claims,
    /// Of what an org has once: what was planned and is not applied yet.
    planned: Mutex<BTreeMap<&'static str, Vec<Planned>>>,
    /// What was read, and whether deletion is protected there.
    read: Mutex<BTreeMap<Name, bool>>,
    /// What was looked for in a refresh and is gone.
    pub missing: Missing,
}

/// A plan of what an org has once.
#[derive(Debug)]
struct Planned {
    creates: bool,
    config: Value,
}

/// A creation or deletion that is under way, until it is dropped.
pub struct Running<'a>(&'a Activity);

impl Activity {
    /// Notes the plan of what an org has once; true when another resource of the configuration is planned for it too.
    ///
    /// Terraform plans a resource once in a run, but does not say which one it plans; others plan the same one again and
    /// again. So two are two when their configurations differ, and one of them is new.
    pub fn plan(&self, resource: &'static str, creates: bool, config: &Value) -> bool {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = planned.entry(resource).or_default();
        if noted.iter().any(|other| other.creates == creates && other.config == *config) {
            return false;
        }
        let twice = noted.iter().any(|other| (other.creates || creates) && other.config != *config);
        noted.push(Planned { creates, config: config.clone() });
        twice
    }

    /// Forgets what was planned: it is applied. Or it is read, and then planned anew, unless it is new.
    pub fn unplan(&self, resource: &'static str, creations_too: bool) {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(noted) = planned.get_mut(resource) {
            noted.retain(|other| other.creates && !creations_too);
        }
    }

    /// Forgets what a refresh found: it is not there any more.
    pub fn forget(&self, resource: &'static str, member: &'static str, app: &str) {
        let name = (resource, member, app.to_owned());
        self.read.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
    }

    /// Notes what a refresh found.
    pub fn note(&self, resource: &'static str, member: &'static str, app: &str, protected: bool) {
        let name = (resource, member, app.to_owned());
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(name, protected);
    }

    /// Whether a resource was refreshed, and is protected. One that is planned as new all the same is tainted.
    pub fn known(&self, resource: &'static str, member: &'static str, app: &str) -> Option<bool> {
        self.read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&(resource, member, app.to_owned()))
            .copied()
    }

    pub fn begin(&self) -> Running<'_> {
        self.running.fetch_add(1, Ordering::SeqCst);
        Running(self)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits for something that others may be making.
pub struct DependencyWait<'a> {
    activity: &'a Activity,
    /// Nothing was under way since then.
    idle_since: Instant,
    deadline: Instant,
}

/// So long is waited when nothing is being made: Terraform may be about to start it.
const IDLE: Duration = Duration::from_secs(20);

impl<'a> DependencyWait<'a> {
    pub fn new(activity: &'a Activity, deadline: Instant) -> DependencyWait<'a> {
        DependencyWait { activity, idle_since: Instant::now(), deadline }
    }

    /// Waits until it is time to look again; false when waiting has no sense any more.
    pub async fn wait(&mut self, pause: Duration) -> bool {
        let now = Instant::now();
        if self.activity.running.load(Ordering::SeqCst) > 0 {
            self.idle_since = now;
        }
        if now + pause > self.deadline || now.duration_since(self.idle_since) > IDLE {
            return false;
        }
        crate::org::pause(pause).await;
        true
    }
}
