//! What one caller wants changed, and what that means to others who want something changed at the same time.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::attribute::Sent;
use super::batch;
use super::names::Names;
use super::snapshot::{begins_with, is_app};
use crate::metadata::{Component, ComponentKey, encode, package};

/// What goes into one deploy. Deletions and writes never go together: deletions need warnings to be ignored, and a
/// write's warning is not to be.
#[derive(Clone)]
pub(super) enum Changes {
    Delete(Vec<ComponentKey>),
    Write(Vec<Component>),
}

/// A caller's changes. Names are compared as the org does it, whatever their case.
pub(super) struct Job {
    pub changes: Changes,
    /// What was read of the files that it replaces.
    pub bases: Vec<Component>,
    /// When it was made of that.
    pub since: Instant,
    components: BTreeSet<(&'static str, String)>,
    /// The apps that it is about.
    apps: BTreeSet<String>,
    /// Of these, the ones whose own file is written,
    writes_apps: BTreeSet<String>,
    /// and those that parts are written of.
    parents: BTreeSet<String>,
    /// Whether settings of the org are among it.
    writes_settings: bool,
    /// Names of parts to delete that nobody has seen, so that their app is not known.
    strays: Vec<String>,
    bytes: usize,
}

impl Job {
    pub(super) fn new(changes: Changes, bases: Vec<Component>, names: &Names) -> Job {
        let mut job = Job {
            bases,
            since: Instant::now(),
            components: changes.keys().map(|key| (key.kind.name, lower(&key.full_name))).collect(),
            apps: BTreeSet::new(),
            writes_apps: BTreeSet::new(),
            parents: BTreeSet::new(),
            writes_settings: false,
            strays: Vec::new(),
            bytes: 0,
            changes: Changes::Delete(Vec::new()),
        };
        match &changes {
            Changes::Delete(keys) => {
                for key in keys {
                    match names.app_of(key) {
                        Some(app) => drop(job.apps.insert(lower(&app))),
                        None => job.strays.push(key.full_name.clone()),
                    }
                }
            }
            Changes::Write(components) => {
                for component in components {
                    job.bytes = job.bytes.saturating_add(encode(component, u16::MAX).xml.len());
                    if component.key.kind.settings_member.is_some() {
                        job.writes_settings = true;
                        continue;
                    }
                    let is_app = is_app(component.key.kind);
                    let app = lower(if is_app { &component.key.full_name } else { &component.parent });
                    let role = if is_app { &mut job.writes_apps } else { &mut job.parents };
                    role.insert(app.clone());
                    job.apps.insert(app);
                }
            }
        }
        job.parents.retain(|app| !job.writes_apps.contains(app));
        Job { changes, ..job }
    }

    /// Whether it writes, or deletes, this component.
    pub(super) fn has(&self, key: &ComponentKey) -> bool {
        self.changes.keys().any(|own| own == key)
    }

    /// The apps that it writes parts of and not themselves.
    pub(super) fn parents(&self) -> &BTreeSet<String> {
        &self.parents
    }

    /// The apps, as they are written, whose own files it writes.
    pub(super) fn apps_written(&self) -> impl Iterator<Item = &str> {
        let components = match &self.changes {
            Changes::Write(components) => components.as_slice(),
            Changes::Delete(_) => &[],
        };
        let apps = components.iter().filter(|component| is_app(component.key.kind));
        apps.map(|app| app.key.full_name.as_str())
    }

    fn deletes(&self) -> bool {
        matches!(self.changes, Changes::Delete(_))
    }

    fn may_be_of(&self, other: &Job) -> bool {
        let mut strays = self.strays.iter();
        strays.any(|stray| other.apps.iter().any(|app| begins_with(stray, app)))
    }
}

impl batch::Job for Job {
    fn mixes_with(&self, other: &Job) -> bool {
        self.deletes() == other.deletes()
    }

    fn conflicts_with(&self, other: &Job) -> bool {
        !self.components.is_disjoint(&other.components)
            || (self.deletes() || other.deletes())
                && (!self.apps.is_disjoint(&other.apps) || self.may_be_of(other) || other.may_be_of(self))
    }

    /// Parts await their app: whoever writes names as text does not make Terraform wait. And they await the org's
    /// settings, which may be what allows them. Both may be in one deploy; then it is the org that brings them into order.
    fn awaits(&self, other: &Job) -> bool {
        !self.parents.is_disjoint(&other.writes_apps) || (!self.parents.is_empty() && other.writes_settings)
    }

    fn weight(&self) -> [usize; 2] {
        [self.changes.len(), self.bytes]
    }
}

impl Changes {
    /// Several callers' changes as one. All are of one sort.
    pub(super) fn merge<'a>(all: impl Iterator<Item = &'a Changes>) -> Changes {
        let (mut keys, mut components) = (Vec::new(), Vec::new());
        for changes in all {
            match changes {
                Changes::Delete(more) => keys.extend_from_slice(more),
                Changes::Write(more) => components.extend_from_slice(more),
            }
        }
        if components.is_empty() { Changes::Delete(keys) } else { Changes::Write(components) }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Changes::Delete(keys) => keys.len(),
            Changes::Write(components) => components.len(),
        }
    }

    fn keys(&self) -> impl Iterator<Item = &ComponentKey> {
        let (keys, components) = match self {
            Changes::Delete(keys) => (keys.as_slice(), [].as_slice()),
            Changes::Write(components) => ([].as_slice(), components.as_slice()),
        };
        keys.iter().chain(components.iter().map(|component| &component.key))
    }

    pub(super) fn pack(&self, version: u16) -> Result<(Vec<u8>, Vec<Sent<'_>>), package::PackageError> {
        match self {
            Changes::Delete(keys) => {
                let sent = keys.iter().map(Sent::deletion).collect();
                Ok((package::write(&[], keys, version)?, sent))
            }
            Changes::Write(components) => {
                let (mut files, mut sent) = (Vec::new(), Vec::new());
                for component in components {
                    let encoded = encode(component, version);
                    files.push((component.key.clone(), encoded.xml));
                    sent.push(Sent::write(component, encoded.lines));
                }
                Ok((package::write(&files, &[], version)?, sent))
            }
        }
    }

    pub(super) fn leave_out(&mut self, gone: &[ComponentKey]) {
        match self {
            Changes::Delete(keys) => keys.retain(|key| !gone.contains(key)),
            Changes::Write(components) => components.retain(|component| !gone.contains(&component.key)),
        }
    }
}

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}
