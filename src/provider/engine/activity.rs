//! What this process is doing: pending changes, resources that it has read, and planned org settings.
//!
//! Pending changes are a reason to wait: if a configuration contains the name of an app instead of a reference,
//! Terraform may create the settings before or while it creates the app. The provider waits while an object is being
//! created or deleted, and for a short time afterwards. `claims` records the owners.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::claims::Claims;
use super::disappearance::Missing;
use crate::lock::lock;
use crate::org::Instant;
use crate::value::Value;

/// A resource: its type in the configuration, the type of the member (the same type outside of a union), and its app.
type Name = (&'static str, &'static str, String);

#[derive(Debug, Default)]
pub struct Activity {
    /// The number of pending creations and deletions.
    running: AtomicUsize,
    /// The owners of creations, adoptions and deletions.
    pub claims: Claims,
    /// Planned org settings that are not applied yet.
    planned: Mutex<BTreeMap<&'static str, Vec<Planned>>>,
    /// Resources that were read, and whether they are protected.
    read: Mutex<BTreeMap<Name, bool>>,
    /// Resources that a refresh did not find.
    pub missing: Missing,
}

/// A plan of org settings.
#[derive(Debug)]
struct Planned {
    creates: bool,
    config: Value,
}

/// A pending creation or deletion, which ends when this value is dropped.
pub struct Running<'a>(&'a Activity);

impl Activity {
    /// Records a plan of org settings. Returns true if another resource in the configuration manages the same settings.
    ///
    /// Terraform plans a resource once in a run, but the request does not identify the resource, and some commands plan
    /// it again. Therefore, two plans are for different resources if their configurations differ and one of them is a
    /// create.
    pub fn record_plan(&self, resource: &'static str, creates: bool, config: &Value) -> bool {
        let mut planned = lock(&self.planned);
        let noted = planned.entry(resource).or_default();
        if noted.iter().any(|other| other.creates == creates && other.config == *config) {
            return false;
        }
        let twice = noted.iter().any(|other| (other.creates || creates) && other.config != *config);
        noted.push(Planned { creates, config: config.clone() });
        twice
    }

    /// Removes plans after an apply, or before the resource is planned again. Plans of creates are removed only with
    /// `creations_too`.
    pub fn forget_plans(&self, resource: &'static str, creations_too: bool) {
        let mut planned = lock(&self.planned);
        if let Some(noted) = planned.get_mut(resource) {
            noted.retain(|other| other.creates && !creations_too);
        }
    }

    /// Removes a resource that no longer exists.
    pub fn forget(&self, resource: &'static str, member: &'static str, app: &str) {
        let name = (resource, member, app.to_owned());
        lock(&self.read).remove(&name);
    }

    /// Records a resource that a refresh found.
    pub fn note(&self, resource: &'static str, member: &'static str, app: &str, protected: bool) {
        let name = (resource, member, app.to_owned());
        lock(&self.read).insert(name, protected);
    }

    /// Whether a resource is protected, or `None` if it was not refreshed. A refreshed resource that is planned as new
    /// is tainted.
    pub fn known(&self, resource: &'static str, member: &'static str, app: &str) -> Option<bool> {
        lock(&self.read).get(&(resource, member, app.to_owned())).copied()
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

/// Waits for an object that another resource may create.
pub struct DependencyWait<'a> {
    activity: &'a Activity,
    /// The last time at which a change was pending, or else the start of the wait.
    idle_since: Instant,
    deadline: Instant,
}

/// How long to wait if no change is pending, because Terraform may be about to start one.
const IDLE: Duration = Duration::from_secs(20);

impl<'a> DependencyWait<'a> {
    pub fn new(activity: &'a Activity, deadline: Instant) -> DependencyWait<'a> {
        DependencyWait { activity, idle_since: Instant::now(), deadline }
    }

    /// Waits until the next poll. Returns false if waiting is no longer useful.
    pub async fn wait(&mut self, pause: Duration) -> bool {
        let now = Instant::now();
        if self.activity.running.load(Ordering::SeqCst) > 0 {
            self.idle_since = now;
        }
        if now + pause > self.deadline || now.duration_since(self.idle_since) > IDLE {
            return false;
        }
        crate::org::sleep(pause).await;
        true
    }
}
