//! A cache of files of apps that this process has just created. Other clients are assumed not to change these files, so
//! they are not read again.
//!
//! Entries are valid until the app is written again, for at most one minute after the app was created. After a deploy
//! with an unknown outcome, or a read that contradicts a deploy, the app is not cached again (`Inner::distrust`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use tokio::time::Instant;

use super::name_cache::{NameCache, YOUNG};
use super::snapshot::Snapshot;
use super::{Lookup, Wanted};
use crate::lock::lock;
use crate::metadata::types::APP;

#[derive(Default)]
pub(super) struct NewAppCache {
    known: Mutex<Known>,
    /// Incremented whenever entries are removed.
    generation: AtomicU64,
}

#[derive(Default)]
struct Known {
    files: Snapshot,
    /// When each app was read.
    apps: BTreeMap<String, Instant>,
}

impl NewAppCache {
    /// The cached files, and the components that need to be read.
    pub(super) fn split(&self, wanted: &[Wanted], names: &NameCache) -> (Snapshot, Vec<Wanted>) {
        let known = self.lock();
        let (cached, unknown): (Vec<&Wanted>, Vec<&Wanted>) =
            wanted.iter().partition(|wanted| known.has_answer_for(wanted, names));
        let mut files = Snapshot::default();
        let apps: BTreeSet<String> = cached.iter().map(|wanted| wanted.app.clone()).collect();
        if !apps.is_empty() {
            files.merge_apps_from(&known.files, &apps);
            apps.iter().filter(|app| names.is_bare(app)).for_each(|app| files.mark_bare(app));
        }
        (files, unknown.into_iter().cloned().collect())
    }

    /// The cached files, if no component needs to be read.
    pub(super) fn all_of(&self, wanted: &[Wanted], names: &NameCache) -> Option<Snapshot> {
        let (files, unknown) = self.split(wanted, names);
        unknown.is_empty().then_some(files)
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Stores the files that were read for these apps, unless entries were removed since the read began. A read may lag
    /// behind the deploy that created an app, so an app that is missing from the read is not stored.
    pub(super) fn learn(&self, read: &Snapshot, apps: &BTreeSet<String>, generation: u64) {
        let apps: BTreeSet<String> = apps.iter().filter(|app| has_app(read, app)).cloned().collect();
        let mut known = self.lock();
        if apps.is_empty() || generation != self.generation() {
            return;
        }
        known.files.merge_apps_from(read, &apps);
        let now = Instant::now();
        known.apps.extend(apps.iter().map(|app| (app.clone(), now)));
    }

    /// Removes these apps, which are given in lower case.
    pub(super) fn forget(&self, apps: &BTreeSet<String>) {
        let mut known = self.lock();
        self.generation.fetch_add(1, Ordering::SeqCst);
        known.apps.retain(|app, _| !apps.contains(&app.to_ascii_lowercase()));
        let Known { files, apps } = &mut *known;
        files.keep_apps(|app| apps.contains_key(app));
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }
}

/// Whether a read contains the app itself.
fn has_app(read: &Snapshot, app: &str) -> bool {
    read.find(&Wanted::new(APP, app)).is_some_and(|found| matches!(found, Ok(Lookup::Found(_))))
}

impl Known {
    /// Salesforce creates further parts when settings are written, and their names are not certain. Therefore, absence
    /// is known only for an app without parts.
    fn has_answer_for(&self, wanted: &Wanted, names: &NameCache) -> bool {
        names.was_created(&wanted.app)
            && self.apps.get(&wanted.app).is_some_and(|read| read.elapsed() < YOUNG)
            && (wanted.best_effort || names.is_bare(&wanted.app) || self.files.find(wanted).is_some())
    }
}
