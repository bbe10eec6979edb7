//! The changes that one caller requests, and how they relate to concurrent changes.

use std::collections::BTreeSet;

use super::name_cache::NameCache;
use super::snapshot::{has_app_prefix, is_app};
use super::{Applied, ApplyErrorKind, Changes, Edit, Lookup, Overwritten, Wanted, batch};
use crate::metadata::{ComponentKey, MetadataType, encode};

/// The changes that one caller requests. Names are compared without regard to case, as in Salesforce.
#[derive(Debug)]
pub(super) struct Job {
    pub changes: Changes,
    pub edit: Option<Editing>,
    pub wanted: Vec<Wanted>,
    /// The ID of a deploy of this job that ended with an internal error in Salesforce. That deploy may have taken
    /// effect.
    pub internal_error: Option<String>,
    /// The files that are changed: by type and app, or by type and full name for deletions.
    places: BTreeSet<(&'static str, String)>,
    apps: BTreeSet<String>,
    /// The apps whose own file is written.
    writes_apps: BTreeSet<String>,
    /// The apps whose parts are written, but not their own file.
    parents: BTreeSet<String>,
    writes_settings: bool,
    /// The full names of parts to delete whose app is unknown.
    unowned: Vec<String>,
    bytes: usize,
}

#[derive(Debug)]
pub(super) struct Editing {
    pub edit: Edit,
    /// The files that the last merge was based on.
    pub base: Vec<Lookup>,
    /// Overwritten concurrent changes, which the next deploy restores.
    pub lost: Vec<Overwritten>,
    /// The result so far, if another deploy follows.
    pub made: Option<Applied>,
    pub rounds: u32,
    /// The attributes that the deploys of this edit changed, by type.
    pub ours: BTreeSet<(&'static str, &'static str)>,
}

impl Job {
    fn empty(changes: Changes, wanted: Vec<Wanted>) -> Job {
        Job {
            changes,
            edit: None,
            wanted,
            internal_error: None,
            places: BTreeSet::new(),
            apps: BTreeSet::new(),
            writes_apps: BTreeSet::new(),
            parents: BTreeSet::new(),
            writes_settings: false,
            unowned: Vec::new(),
            bytes: 0,
        }
    }

    pub(super) fn new(changes: Changes, wanted: Vec<Wanted>, names: &NameCache) -> Job {
        let mut job = Job::empty(Changes::Write(Vec::new()), wanted);
        match &changes {
            Changes::Delete(keys) => {
                for key in keys {
                    job.places.insert((key.kind.name, format!("={}", lower(&key.full_name))));
                    match names.app_of(key) {
                        Some(app) => drop(job.apps.insert(lower(&app))),
                        None => job.unowned.push(key.full_name.clone()),
                    }
                }
            }
            Changes::Write(components) => {
                for component in components {
                    job.bytes = job.bytes.saturating_add(encode(component, u16::MAX).xml.len());
                    let of_itself = component.parent.is_empty();
                    let app = if of_itself { &component.key.full_name } else { &component.parent };
                    job.writes(component.key.kind, app);
                }
            }
        }
        job.parents.retain(|app| !job.writes_apps.contains(app));
        job.changes = changes;
        job
    }

    pub(super) fn editing(edit: Edit) -> Job {
        let mut job = Job::empty(Changes::Write(Vec::new()), edit.wanted.clone());
        for wanted in edit.wanted.iter().filter(|wanted| !wanted.best_effort) {
            job.writes(wanted.kind, &wanted.app);
        }
        job.parents.retain(|app| !job.writes_apps.contains(app));
        job.edit = Some(Editing {
            edit,
            base: Vec::new(),
            lost: Vec::new(),
            made: None,
            rounds: 0,
            ours: BTreeSet::new(),
        });
        job
    }

    fn writes(&mut self, kind: &'static MetadataType, app: &str) {
        let app = lower(app);
        self.places.insert((kind.name, app.clone()));
        if kind.settings_member.is_some() {
            self.writes_settings = true;
            return;
        }
        let role = if is_app(kind) { &mut self.writes_apps } else { &mut self.parents };
        role.insert(app.clone());
        self.apps.insert(app);
    }

    pub(super) fn has(&self, key: &ComponentKey) -> bool {
        self.changes.keys().any(|own| own == key)
    }

    /// The apps, in lower case, for which the job writes parts but not the app file.
    pub(super) fn parents(&self) -> &BTreeSet<String> {
        &self.parents
    }

    /// The apps, in lower case, that the job changes.
    pub(super) fn apps(&self) -> &BTreeSet<String> {
        &self.apps
    }

    pub(super) fn apps_written(&self) -> impl Iterator<Item = &str> {
        let apps = self.changes.components().iter().filter(|component| is_app(component.key.kind));
        apps.map(|app| app.key.full_name.as_str())
    }

    pub(super) fn deletes(&self) -> bool {
        matches!(self.changes, Changes::Delete(_))
    }

    /// The result of a job that ends with an error. If an earlier deploy of the job succeeded, returns the result of
    /// that deploy, with the error in `unfinished`.
    pub(super) fn failed(&mut self, error: ApplyErrorKind) -> Result<Applied, ApplyErrorKind> {
        match self.edit.as_mut().and_then(|editing| editing.made.take()) {
            Some(made) => Ok(Applied { unfinished: Some(error), ..made }),
            None => Err(match self.internal_error.take() {
                Some(deploy_id) if error.is_clean() => {
                    ApplyErrorKind::AfterInternalError { deploy_id, error: Box::new(error) }
                }
                _ => error,
            }),
        }
    }

    fn may_share_app(&self, other: &Job) -> bool {
        let mut unowned = self.unowned.iter();
        unowned.any(|unowned_name| other.apps.iter().any(|app| has_app_prefix(unowned_name, app)))
    }
}

impl batch::Job for Job {
    fn mixes_with(&self, other: &Job) -> bool {
        self.deletes() == other.deletes()
    }

    fn conflicts_with(&self, other: &Job) -> bool {
        !self.places.is_disjoint(&other.places)
            || (self.deletes() || other.deletes())
                && (!self.apps.is_disjoint(&other.apps)
                    || self.may_share_app(other)
                    || other.may_share_app(self))
    }

    /// A part awaits its app, because a literal app name creates no dependency in Terraform. A part also awaits org
    /// settings, because Salesforce may reject the part without them. A part can share a deploy with either; Salesforce
    /// then determines the order.
    fn awaits(&self, other: &Job) -> bool {
        !self.parents.is_disjoint(&other.writes_apps) || (!self.parents.is_empty() && other.writes_settings)
    }

    fn weight(&self) -> [usize; 2] {
        [
            self.changes.len().max(self.edit.as_ref().map_or(0, |editing| editing.edit.wanted.len())),
            self.bytes,
        ]
    }

    fn uncertain_attempt(&self) -> Option<&str> {
        self.internal_error.as_deref()
    }
}

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}
