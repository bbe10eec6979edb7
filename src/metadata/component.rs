//! A component: one file of an org, as values.

use std::collections::BTreeMap;
use std::fmt;

use super::field::{Field, Kind, Sent};
use super::metadata_type::MetadataType;
use super::xml::Element;
use crate::value::Value;

/// What tells one component of an org from all others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComponentKey {
    pub kind: &'static MetadataType,
    pub full_name: String,
}

impl ComponentKey {
    pub fn new(kind: &'static MetadataType, full_name: impl Into<String>) -> ComponentKey {
        ComponentKey { kind, full_name: full_name.into() }
    }

    /// Its file in a package: `externalClientApps/Shop.eca`.
    pub fn path(&self) -> String {
        format!("{}/{}.{}", self.kind.directory, self.full_name, self.kind.suffix)
    }
}

impl fmt::Display for ComponentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name, self.full_name)
    }
}

/// As it is displayed: the whole table would drown a log line.
impl fmt::Debug for ComponentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A component's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    pub key: ComponentKey,
    /// The app that owns it; empty for the app itself.
    pub parent: String,
    /// By attribute name, mirrored rows included. An element that the file does not have is absent here.
    pub fields: BTreeMap<&'static str, Value>,
    /// Elements that no row knows, as they came. Inside of a group they stand in an element of the group's name.
    pub extras: Vec<Element>,
}

impl Component {
    pub fn new(key: ComponentKey, parent: impl Into<String>) -> Component {
        Component { key, parent: parent.into(), fields: BTreeMap::new(), extras: Vec::new() }
    }

    /// The value of an attribute; null when the file has it not.
    pub fn get(&self, attribute: &str) -> &Value {
        static NULL: Value = Value::Null;
        self.fields.get(attribute).unwrap_or(&NULL)
    }

    /// Sets an attribute; null takes it out.
    pub fn put(&mut self, attribute: &'static str, value: Value) {
        if value.is_null() {
            self.fields.remove(attribute);
        } else {
            self.fields.insert(attribute, value);
        }
    }

    /// This component with the values of some rows replaced; null clears. All else stays, extras too, but for
    /// elements that are sent only when the configuration has them: those come from `wanted` or not at all.
    #[must_use]
    pub fn merge(&self, wanted: &[(&'static Field, Value)]) -> Component {
        let mut merged = self.clone();
        for field in self.key.kind.fields {
            if field.sent == Sent::WhenConfigured {
                merged.fields.remove(field.attribute);
            }
        }
        for (field, value) in wanted {
            match (&field.kind, value) {
                (Kind::Parent, Value::Text(parent)) => merged.parent.clone_from(parent),
                (Kind::Parent, _) => {}
                (_, value) => merged.put(field.attribute, value.clone()),
            }
        }
        merged
    }

    /// This component with what somebody had changed and we undid unawares: what `was` has otherwise than `read`, where
    /// nobody has changed it again since.
    #[must_use]
    pub fn restore(&self, read: &Component, was: &Component) -> Component {
        let mut restored = self.clone();
        for field in self.key.kind.fields {
            let name = field.attribute;
            if was.get(name) != read.get(name) && self.get(name) == read.get(name) {
                restored.put(name, was.get(name).clone());
            }
        }
        if was.extras != read.extras && self.extras == read.extras {
            restored.extras.clone_from(&was.extras);
        }
        restored
    }
}
