//! The names under which components were read. A part usually keeps its name, so it can be requested by name without a
//! search. The file names its app, so a cached name is always verified.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use super::snapshot::{Snapshot, is_app, parent_element};
use crate::lock::lock;
use crate::metadata::types::ALL;
use crate::metadata::{Component, ComponentKey, MetadataType};

/// How long other clients are assumed not to change a new app.
pub(super) const YOUNG: Duration = Duration::from_secs(60);

/// The usual names of an app's component of this type.
pub(super) fn usual_names(kind: &MetadataType, app: &str) -> impl Iterator<Item = String> {
    kind.usual_suffixes.iter().map(move |suffix| format!("{app}{suffix}"))
}

#[derive(Default)]
pub(super) struct NameCache(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The full name of a component by type and app, if the app has only one component of the type.
    seen: BTreeMap<(&'static MetadataType, String), String>,
    /// When this process created each app.
    made: BTreeMap<String, Instant>,
    /// The components that this process read and later deleted. They are not requested by name.
    deleted: BTreeSet<ComponentKey>,
}

impl Known {
    fn has_created(&self, app: &str) -> bool {
        self.made.get(app).is_some_and(|created| created.elapsed() < YOUNG)
    }
}

impl NameCache {
    pub(super) fn of(&self, kind: &'static MetadataType, app: &str) -> Option<String> {
        self.lock().seen.get(&(kind, app.to_owned())).cloned()
    }

    pub(super) fn was_deleted(&self, kind: &'static MetadataType, full_name: &str) -> bool {
        self.lock().deleted.contains(&ComponentKey::new(kind, full_name))
    }

    /// The app that a component belonged to when it was last read.
    pub(super) fn app_of(&self, key: &ComponentKey) -> Option<String> {
        if parent_element(key.kind).is_none() {
            return Some(key.full_name.clone());
        }
        let known = self.lock();
        let mut named =
            known.seen.iter().filter(|((kind, _), name)| *kind == key.kind && **name == key.full_name);
        named.next().map(|((_, app), _)| app.clone())
    }

    /// Whether the app existed when it was last read, and has not been deleted since.
    pub(super) fn has_app(&self, app: &str) -> bool {
        let known = self.lock();
        let mut apps = ALL.iter().filter(|kind| is_app(kind));
        apps.any(|kind| known.seen.contains_key(&(*kind, app.to_owned())))
    }

    /// Treats these apps, given in lower case, as created by other clients from now on.
    pub(super) fn forget_creation(&self, apps: &BTreeSet<String>) {
        self.lock().made.retain(|app, _| !apps.contains(&app.to_ascii_lowercase()));
    }

    /// Whether this process created the app a short time ago.
    pub(super) fn was_created(&self, app: &str) -> bool {
        self.lock().has_created(app)
    }

    /// Whether this process created the app a short time ago, and no parts of it are known.
    pub(super) fn is_bare(&self, app: &str) -> bool {
        let known = self.lock();
        let has_parts =
            |kind: &&MetadataType| !is_app(kind) && known.seen.contains_key(&(*kind, app.to_owned()));
        known.has_created(app) && !ALL.iter().any(has_parts)
    }

    pub(super) fn learn(&self, snapshot: &Snapshot) {
        let mut known = self.lock();
        for (kind, is_all, owned) in snapshot.names() {
            known
                .seen
                .retain(|(other, app), _| *other != kind || !is_all || owned.contains_key(app.as_str()));
            for (app, names) in owned {
                let place = (kind, app.to_owned());
                match names.as_slice() {
                    [name] => drop(known.seen.insert(place, (*name).to_owned())),
                    _ => drop(known.seen.remove(&place)),
                }
            }
        }
    }

    /// Records a deployed component. `created` means that it did not exist before the deploy.
    pub(super) fn written(&self, component: &Component, created: bool) {
        let key = &component.key;
        let app = if component.parent.is_empty() { &key.full_name } else { &component.parent };
        let mut known = self.lock();
        known.deleted.remove(key);
        if created && is_app(key.kind) && !known.seen.contains_key(&(key.kind, app.clone())) {
            known.made.insert(app.clone(), Instant::now());
        }
        known.seen.insert((key.kind, app.clone()), key.full_name.clone());
    }

    pub(super) fn deleted(&self, key: &ComponentKey) {
        let mut known = self.lock();
        let before = known.seen.len();
        known.seen.retain(|(kind, _), name| *kind != key.kind || *name != key.full_name);
        known.made.remove(&key.full_name);
        // A listed component that cannot be read may still exist, because Salesforce may have ignored the request to
        // delete it.
        if known.seen.len() < before {
            known.deleted.insert(key.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        lock(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::types::APP;

    #[tokio::test(start_paused = true)]
    async fn an_app_is_new_for_a_minute_after_this_process_created_it() {
        let app = |name: &str| Component::new(ComponentKey::new(APP, name), "");
        let names = NameCache::default();
        names.written(&app("Shop"), true);
        names.written(&app("Till"), false);
        assert!(names.was_created("Shop") && names.is_bare("Shop"));
        assert!(!names.was_created("Till"), "the org reports that it existed");
        tokio::time::sleep(YOUNG).await;
        assert!(!names.was_created("Shop") && !names.is_bare("Shop"));
    }
}
