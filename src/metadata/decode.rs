//! Reads the text of a file as a component.
//!
//! Unknown elements are kept as extras, and the original form of known elements is kept with their values, so that an
//! update loses nothing and changes only the planned values. A block or an entry with unknown children is also kept as
//! an extra. `encode` writes the unknown children back if the block, or the key of the entry, is unchanged. Dropped
//! elements are ignored. Errors never contain values.

use std::collections::{BTreeMap, BTreeSet};

use super::component::{Component, ComponentKey};
use super::field::{Field, Kind};
use super::members::{self, Mismatch};
use super::metadata_type::MetadataType;
use crate::value::Value;
use crate::xml::{self, Element, XmlError};

/// Why a file does not match its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{component}: {kind}")]
pub struct DecodeError {
    pub component: ComponentKey,
    pub kind: DecodeErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeErrorKind {
    #[error("the file cannot be parsed as XML: {0}")]
    Xml(XmlError),
    #[error("the root element is {found}, not {expected}")]
    UnknownRoot { found: String, expected: &'static str },
    #[error("{element} is not {expected}")]
    WrongType { element: &'static str, expected: &'static str },
    #[error("{element} occurs more than once")]
    Repeated { element: &'static str },
}

impl From<Mismatch> for DecodeErrorKind {
    fn from(mismatch: Mismatch) -> DecodeErrorKind {
        DecodeErrorKind::WrongType { element: mismatch.element, expected: mismatch.expected }
    }
}

pub fn decode(kind: &'static MetadataType, full_name: &str, xml: &str) -> Result<Component, DecodeError> {
    let key = ComponentKey::new(kind, full_name);
    let failed = |error| DecodeError { component: ComponentKey::new(kind, full_name), kind: error };
    let root = xml::parse(xml).map_err(|error| failed(DecodeErrorKind::Xml(error)))?;
    if root.name != kind.name {
        return Err(failed(DecodeErrorKind::UnknownRoot {
            found: root.name.chars().take(60).collect(),
            expected: kind.name,
        }));
    }
    let mut reader = FileReader {
        component: Component::new(key, ""),
        seen: BTreeSet::new(),
        declared: declarations(&root),
    };
    for child in root.children {
        reader.top(child).map_err(failed)?;
    }
    let mut component = reader.component;
    for field in kind.fields {
        let value = component.value_of(field);
        if let Some(form) = component.forms.get_mut(field.element) {
            form.value = value;
        }
    }
    Ok(component)
}

struct FileReader {
    component: Component,
    /// The rows and groups read so far.
    seen: BTreeSet<&'static str>,
    /// The namespace prefixes that the root element declares.
    declared: Vec<(String, String)>,
}

impl FileReader {
    fn kind(&self) -> &'static MetadataType {
        self.component.key.kind
    }

    fn top(&mut self, child: Element) -> Result<(), DecodeErrorKind> {
        let name = child.name.as_str();
        if self.kind().dropped.contains(&name) {
            return Ok(());
        }
        let mut fields = self.kind().fields.iter();
        if let Some(field) = fields.clone().find(|field| field.element_path() == ("", name)) {
            return self.row(field, child);
        }
        match fields.find_map(|field| Some(field.element_path().0).filter(|group| *group == name)) {
            Some(group) => self.group(group, child),
            None => {
                self.extra(child);
                Ok(())
            }
        }
    }

    fn group(&mut self, group: &'static str, element: Element) -> Result<(), DecodeErrorKind> {
        if !self.seen.insert(group) {
            return Err(DecodeErrorKind::Repeated { element: group });
        }
        if element.is_nil() || element.children.is_empty() && element.text.trim().is_empty() {
            self.extra(Element { text: String::new(), children: Vec::new(), ..element });
            return Ok(());
        }
        if !element.text.trim().is_empty() {
            return Err(DecodeErrorKind::WrongType { element: group, expected: "a group of elements" });
        }
        let mut unknown = Element { attributes: element.attributes, ..Element::new(group) };
        for child in element.children {
            let path = (group, child.name.as_str());
            match self.kind().fields.iter().find(|field| field.element_path() == path) {
                Some(field) => self.row(field, child)?,
                None => unknown.children.push(child),
            }
        }
        if !unknown.children.is_empty() || !unknown.attributes.is_empty() {
            self.extra(unknown);
        }
        Ok(())
    }

    fn row(&mut self, field: &'static Field, element: Element) -> Result<(), DecodeErrorKind> {
        let repeated = DecodeErrorKind::Repeated { element: field.element };
        let form = self.portable(element.clone());
        self.component.forms.entry(field.element).or_default().elements.push(form);
        match &field.kind {
            Kind::Entries { key, value } if !element.is_nil() => {
                let (entry, text) = members::entry(key, value, &element)?;
                let entries = self.component.fields.entry(field.attribute);
                let entries = entries.or_insert_with(|| Value::Map(BTreeMap::new()));
                if entries.entries().is_some_and(|entries| entries.contains_key(&entry)) {
                    return Err(repeated);
                }
                entries.put(&entry, text);
                self.keep_unknown_children(field, element);
            }
            Kind::Blocks(fields) if !element.is_nil() => {
                let block = members::block(fields, &element)?;
                let before = self.component.get(field.attribute).members();
                let mut blocks = before.map(<[Value]>::to_vec).unwrap_or_default();
                blocks.push(block);
                self.component.put(field.attribute, Value::set(blocks));
                self.keep_unknown_children(field, element);
            }
            Kind::Entries { .. } | Kind::Blocks(_) => {}
            _ => {
                if !self.seen.insert(field.element) {
                    return Err(repeated);
                }
                let value = members::scalar(field, &element)?;
                match (&field.kind, value) {
                    (Kind::Parent, Some(Value::Text(parent))) => self.component.parent = parent,
                    (_, value) => self.component.put(field.attribute, value.unwrap_or_default()),
                }
            }
        }
        Ok(())
    }

    fn keep_unknown_children(&mut self, field: &Field, element: Element) {
        if !members::unknown_children(&field.kind, &element).is_empty() {
            self.extra(element);
        }
    }

    fn extra(&mut self, element: Element) {
        let element = self.portable(element);
        self.component.extras.push(element);
    }

    /// Adds declarations of the namespace prefixes that an element uses, so that the element is valid in another
    /// document.
    fn portable(&self, mut element: Element) -> Element {
        let missing = self.declared.iter().filter(|(name, _)| {
            let prefix = name.trim_start_matches("xmlns:");
            uses_prefix(&element, prefix) && !element.attributes.iter().any(|(own, _)| own == name)
        });
        let missing: Vec<(String, String)> = missing.cloned().collect();
        element.attributes.extend(missing);
        element
    }
}

fn declarations(element: &Element) -> Vec<(String, String)> {
    let attributes = element.attributes.iter();
    attributes.filter(|(name, _)| name.starts_with("xmlns:")).cloned().collect()
}

fn uses_prefix(element: &Element, prefix: &str) -> bool {
    let mut names = element.attributes.iter().map(|(name, _)| name);
    names.any(|name| name.split_once(':').is_some_and(|(own, _)| own == prefix))
        || element.children.iter().any(|child| uses_prefix(child, prefix))
}
