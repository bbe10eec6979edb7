//! The components of an org, by type and full name. `apply.rs` changes them. The users are in `org.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::component::{Component, Fields, text};
use crate::contract::PARENT;
use crate::org::{APP, APP_POLICIES, GLOBAL_SETTINGS, OAUTH_POLICIES, OAUTH_SETTINGS};
use crate::pairs::Pairs;
use crate::stamp::{self, Millis};

/// The components, by type and full name, and the counter for IDs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// Components are shared with the copies that deploys work on, because an org may have thousands.
    pub components: BTreeMap<String, BTreeMap<String, Arc<Component>>>,
    pub issued_ids: u64,
    /// Consumer IDs by app. A change to the settings files does not change the IDs.
    pub consumers: BTreeMap<String, String>,
    /// The keys and secrets that are not in Global files.
    #[serde(default)]
    pub pairs: Pairs,
}

impl Tree {
    pub fn get(&self, kind: &str, name: &str) -> Option<&Component> {
        self.components.get(kind)?.get(name).map(Arc::as_ref)
    }

    pub fn get_mut(&mut self, kind: &str, name: &str) -> Option<&mut Component> {
        self.components.get_mut(kind)?.get_mut(name).map(Arc::make_mut)
    }

    pub fn all(&self, kind: &str) -> impl Iterator<Item = (&String, &Component)> {
        self.components.get(kind).into_iter().flatten().map(|(name, component)| (name, component.as_ref()))
    }

    /// The component of this type that belongs to `app`.
    pub fn part(&self, kind: &str, app: &str) -> Option<(&String, &Component)> {
        self.all(kind).find(|(_, component)| text(&component.fields, PARENT) == Some(app))
    }

    pub fn next_id(&mut self, prefix: &str) -> String {
        self.issued_ids += 1;
        stamp::record_id(prefix, self.issued_ids)
    }

    /// Stores the fields. Returns the ID, whether the component is new, and whether it changed.
    pub fn put(&mut self, kind: &str, name: &str, fields: Fields, user: &str, at: Millis) -> Stored {
        if let Some(existing) = self.get_mut(kind, name) {
            let changed = existing.fields != fields;
            if changed {
                existing.fields = fields;
                existing.modified_by = user.to_string();
                existing.modified = at;
            }
            return Stored { id: existing.id.clone(), created: false, changed };
        }
        let id = self.next_id(id_prefix(kind));
        let component = Component {
            id: id.clone(),
            fields,
            created_by: user.to_string(),
            created: at,
            modified_by: user.to_string(),
            modified: at,
        };
        self.insert(kind, name, component);
        Stored { id, created: true, changed: true }
    }

    /// Stores a component unchanged, replacing any component of the same name.
    pub fn insert(&mut self, kind: &str, name: &str, component: Component) {
        self.components.entry(kind.to_string()).or_default().insert(name.to_string(), Arc::new(component));
    }

    pub fn remove(&mut self, kind: &str, name: &str) -> Option<Component> {
        self.components.get_mut(kind)?.remove(name).map(Arc::unwrap_or_clone)
    }
}

pub struct Stored {
    pub id: String,
    pub created: bool,
    pub changed: bool,
}

/// Only `0xI` is known from real orgs; the others are invented.
fn id_prefix(kind: &str) -> &'static str {
    match kind {
        APP => "0xI",
        OAUTH_SETTINGS => "0xJ",
        GLOBAL_SETTINGS => "0xK",
        OAUTH_POLICIES => "0xL",
        APP_POLICIES => "0xM",
        _ => "0xN",
    }
}
