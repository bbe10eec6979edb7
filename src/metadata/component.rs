//! A component: one file of an org, as values.

use std::collections::BTreeMap;
use std::fmt;

use super::field::{Field, Kind};
use super::meaning::same_meaning;
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

/// A component's content. Two are equal when they say the same, in whatever form it came.
#[derive(Clone, Debug)]
pub struct Component {
    pub key: ComponentKey,
    /// The app that owns it; empty for the app itself.
    pub parent: String,
    /// By attribute name, mirrored rows included. An element that the file does not have is absent here.
    pub fields: BTreeMap<&'static str, Value>,
    /// Elements that no row knows, as they came. Inside of a group they stand in an element of the group's name.
    pub extras: Vec<Element>,
    /// How the elements of rows stood in the file that it was read from, by element: what is not changed is written back
    /// as it was.
    pub(super) forms: BTreeMap<&'static str, Form>,
}

/// How an element, with all its repetitions, stood in a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    pub elements: Vec<Element>,
    /// What they say.
    pub value: Value,
}

impl PartialEq for Component {
    fn eq(&self, other: &Component) -> bool {
        self.key == other.key
            && self.parent == other.parent
            && self.fields == other.fields
            && self.extras == other.extras
    }
}

impl Eq for Component {}

impl Component {
    pub fn new(key: ComponentKey, parent: impl Into<String>) -> Component {
        let (fields, forms) = (BTreeMap::new(), BTreeMap::new());
        Component { key, parent: parent.into(), fields, extras: Vec::new(), forms }
    }

    /// What a row says: the value of its attribute, or the app.
    pub(super) fn said_by(&self, field: &Field) -> Value {
        match field.kind {
            Kind::Parent => Value::text(self.parent.as_str()),
            _ => self.get(field.attribute).clone(),
        }
    }

    /// Labels a new file of a type that Salesforce otherwise makes by itself, as it does.
    pub fn label_by_name(&mut self) {
        if let Some(element) = self.key.kind.labelled_by_name {
            self.extras.push(Element::leaf(element, self.key.full_name.as_str()));
        }
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

    /// This component with the values of some rows replaced; null clears. All else stays as it came: other rows, extras,
    /// and what says the same in another form.
    #[must_use]
    pub fn merge(&self, wanted: &[(&'static Field, Value)]) -> Component {
        let mut merged = self.clone();
        for (field, value) in wanted {
            match (&field.kind, value) {
                (Kind::Parent, Value::Text(parent)) => merged.parent.clone_from(parent),
                (Kind::Parent, _) => {}
                (_, value) if same_meaning(field, merged.get(field.attribute), value) => {}
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
