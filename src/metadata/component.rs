//! A component: the values of one file of an org.

use std::collections::BTreeMap;
use std::fmt;

use super::field::{Field, Kind};
use super::meaning::same_meaning;
use super::metadata_type::MetadataType;
use crate::value::Value;
use crate::xml::Element;

/// The identity of a component in an org.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComponentKey {
    pub kind: &'static MetadataType,
    pub full_name: String,
}

impl ComponentKey {
    pub fn new(kind: &'static MetadataType, full_name: impl Into<String>) -> ComponentKey {
        ComponentKey { kind, full_name: full_name.into() }
    }

    /// The path in a package: `externalClientApps/Shop.eca`.
    pub fn path(&self) -> String {
        format!("{}/{}.{}", self.kind.directory, self.full_name, self.kind.suffix)
    }
}

impl fmt::Display for ComponentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name, self.full_name)
    }
}

/// Prints the same as `Display`, because the derived implementation would print the whole table.
impl fmt::Debug for ComponentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The content of a component. Two components are equal if their values and extras are equal, regardless of their form
/// in the file.
#[derive(Clone, Debug)]
pub struct Component {
    pub key: ComponentKey,
    /// The app that the component belongs to. Empty for the app itself and for org settings.
    pub parent: String,
    /// Values by attribute, including mirrored rows. Elements that the file does not have are absent.
    pub fields: BTreeMap<&'static str, Value>,
    /// Unknown elements, unchanged. The unknown elements of a group are in an element with the group's name.
    pub extras: Vec<Element>,
    /// The original form of known elements. An element with an unchanged value is written back in this form.
    pub(super) forms: BTreeMap<&'static str, Form>,
}

/// The original form of an element, with all its repetitions.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    pub elements: Vec<Element>,
    /// The value of the elements.
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

    /// The value of a row's attribute. For the parent row, the app.
    pub(super) fn value_of(&self, field: &Field) -> Value {
        match field.kind {
            Kind::Parent => Value::text(self.parent.as_str()),
            _ => self.get(field.attribute).clone(),
        }
    }

    /// Sets the label of a new file, as Salesforce does when it creates the file.
    pub fn label_by_name(&mut self) {
        if let Some(element) = self.key.kind.labeled_by_name {
            self.extras.push(Element::leaf(element, self.key.full_name.as_str()));
        }
    }

    /// The value of an attribute; null if absent.
    pub fn get(&self, attribute: &str) -> &Value {
        static NULL: Value = Value::Null;
        self.fields.get(attribute).unwrap_or(&NULL)
    }

    /// Sets an attribute; null removes it.
    pub fn put(&mut self, attribute: &'static str, value: Value) {
        if value.is_null() {
            self.fields.remove(attribute);
        } else {
            self.fields.insert(attribute, value);
        }
    }

    /// This component with some values replaced. Null removes a value. Other rows, extras, and values that are
    /// equivalent to the new ones stay unchanged.
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

    /// This component with the changes by others that a deploy of this provider overwrote. The changes are the
    /// differences between `read`, the file that the provider read before the deploy, and `was`, the file that the
    /// deploy replaced. A value that no longer matches `read` is not restored.
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
