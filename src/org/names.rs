//! The names that components were seen under. A part's name is its own and does not change, so that it can be asked for
//! by name instead of looking for it among all. Whose it is, its file says: a name from here is never taken on trust.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::snapshot::{Snapshot, parent_element};
use crate::metadata::types::ALL;
use crate::metadata::{Component, ComponentKey, MetadataType};

/// By kind and app, the component's full name.
#[derive(Default)]
pub(super) struct Names(Mutex<BTreeMap<(&'static MetadataType, String), String>>);

impl Names {
    pub(super) fn of(&self, kind: &'static MetadataType, app: &str) -> Option<String> {
        self.lock().get(&(kind, app.to_owned())).cloned()
    }

    /// The app that a component belonged to when it was last seen.
    pub(super) fn app_of(&self, key: &ComponentKey) -> Option<String> {
        if parent_element(key.kind).is_none() {
            return Some(key.full_name.clone());
        }
        let names = self.lock();
        let mut named = names.iter().filter(|((kind, _), name)| *kind == key.kind && **name == key.full_name);
        named.next().map(|((_, app), _)| app.clone())
    }

    /// Whether the app was seen, and not deleted by us since.
    pub(super) fn has_app(&self, app: &str) -> bool {
        let names = self.lock();
        let mut apps = ALL.iter().filter(|kind| parent_element(kind).is_none());
        apps.any(|kind| names.contains_key(&(*kind, app.to_owned())))
    }

    pub(super) fn learn(&self, snapshot: &Snapshot) {
        let mut names = self.lock();
        for (kind, app, name) in snapshot.names() {
            names.insert((kind, app), name);
        }
    }

    pub(super) fn written(&self, component: &Component) {
        let key = &component.key;
        let app = if component.parent.is_empty() { &key.full_name } else { &component.parent };
        self.lock().insert((key.kind, app.clone()), key.full_name.clone());
    }

    pub(super) fn deleted(&self, key: &ComponentKey) {
        self.lock().retain(|(kind, _), name| *kind != key.kind || *name != key.full_name);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(&'static MetadataType, String), String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
