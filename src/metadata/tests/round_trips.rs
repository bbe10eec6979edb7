//! Encoding and decoding round trips for every table.

use std::collections::BTreeSet;
use std::fmt;

use proptest::prelude::*;

use super::xml_text::{element, text};
use super::{POLICIES, component as component_of};
use crate::metadata::properties::shortened;
use crate::metadata::{
    Component, ComponentKey, Element, Field, Kind, MetadataType, NEWEST_VERSION, OLDEST_VERSION, SendPolicy,
    decode, encode, types,
};
use crate::value::Value;

pub fn value(field: &'static Field) -> BoxedStrategy<Value> {
    match field.kind {
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Int => any::<i64>().prop_map(Value::int).boxed(),
        Kind::Text | Kind::Parent => text().prop_map(Value::Text).boxed(),
        Kind::Enum(words) => prop::sample::select(words).prop_map(Value::text).boxed(),
        Kind::Lines => prop::collection::btree_set("[!-~é😀]{1,9}( [!-~]{1,9})?", 1..4)
            .prop_map(|lines| Value::List(lines.into_iter().map(Value::Text).collect()))
            .boxed(),
        Kind::Commas => prop::collection::btree_set("[!-+.-~é]{1,9}( [!-+.-~]{1,9})?", 1..4)
            .prop_map(|words| Value::set(words.into_iter().map(Value::Text).collect()))
            .boxed(),
        Kind::Entries { .. } => prop::collection::btree_map(text(), text().prop_map(Value::Text), 1..4)
            .prop_map(Value::Map)
            .boxed(),
        Kind::Blocks(fields) => prop::collection::vec(block(fields), 1..4).prop_map(Value::set).boxed(),
    }
}

fn block(fields: &'static [Field]) -> BoxedStrategy<Value> {
    let parts: Vec<BoxedStrategy<(&'static str, Value)>> = fields
        .iter()
        .map(|field| {
            let value = prop_oneof![value(field), Just(Value::Null)];
            value.prop_map(|value| (field.attribute, value)).boxed()
        })
        .collect();
    parts.prop_map(Value::object).boxed()
}

pub fn component(kind: &'static MetadataType) -> BoxedStrategy<Component> {
    let fields: Vec<BoxedStrategy<(&'static str, Value)>> = kind
        .fields
        .iter()
        .filter(|field| !matches!(field.kind, Kind::Parent) && field.sent != SendPolicy::Never)
        .map(|field| {
            let value = prop_oneof![3 => value(field), 2 => Just(Value::Null)];
            value.prop_map(|value| (field.attribute, value)).boxed()
        })
        .collect();
    let group = kind.fields.iter().map(|field| field.element_path().0).find(|group| !group.is_empty());
    let inside = prop::collection::vec(element("zz[a-z]{1,5}"), 0..3);
    let extras = prop::collection::vec(element("zz[a-z]{1,5}"), 0..3);
    let has_parent = kind.fields.iter().any(|field| matches!(field.kind, Kind::Parent));
    let parent = if has_parent { "[A-Za-z]{1,9}" } else { "" };
    (fields, extras, inside, parent)
        .prop_map(move |(fields, mut extras, mut inside, parent)| {
            let mut component = Component::new(ComponentKey::new(kind, "Shop_x"), parent);
            for (attribute, value) in fields {
                component.put(attribute, value);
            }
            if let Some(group) = group.filter(|_| !inside.is_empty()) {
                inside.sort_by(|a, b| a.name.cmp(&b.name));
                extras.push(Element { children: inside, ..Element::new(group) });
            }
            // `encode` sorts elements by name.
            extras.sort_by(|a, b| a.name.cmp(&b.name));
            component.extras = extras;
            component
        })
        .boxed()
}

/// Whether the children of an element are sorted by name.
fn is_sorted(element: &Element) -> bool {
    element.children.is_sorted_by(|a, b| a.name <= b.name)
}

/// A generated component that messages show only by its type. The message for a failure names the attribute.
pub struct Generated(pub Component);

impl fmt::Debug for Generated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.key.kind.name)
    }
}

/// The first difference between two components, with its attribute.
fn difference(written: &Component, read: &Component) -> Option<String> {
    let names: BTreeSet<&str> = written.fields.keys().chain(read.fields.keys()).copied().collect();
    let mut values = names.into_iter().map(|name| (name, written.get(name), read.get(name)));
    if let Some((name, written, read)) = values.find(|(_, written, read)| written != read) {
        return Some(format!("{name}: {} was written, {} was read", shortened(written), shortened(read)));
    }
    let what = if written.extras == read.extras { "the parent" } else { "the unknown elements" };
    (written != read).then(|| format!("{what} differ"))
}

/// Writes and reads a component. The error names the attribute, the values and the version.
fn round_trip(component: &Component, version: u16) -> Result<(), String> {
    let kind = component.key.kind;
    let failed = |what: String| format!("{} in API {version}.0: {what}", kind.name);
    let encoded = encode(component, version);
    let again = decode(kind, "Shop_x", &encoded.xml).map_err(|error| failed(error.to_string()))?;
    if let Some(difference) = difference(component, &again) {
        return Err(failed(difference));
    }
    if encode(&again, version) != encoded {
        return Err(failed("written differently the second time".to_owned()));
    }
    match crate::xml::parse(&encoded.xml) {
        Ok(root) if is_sorted(&root) => {}
        _ => return Err(failed("the elements are not sorted".to_owned())),
    }
    for (attribute, value) in &component.fields {
        if !encoded.lines.values().any(|path| path.root() == Some(attribute)) {
            return Err(failed(format!("{attribute}: {} has no line", shortened(value))));
        }
    }
    let lines = u32::try_from(encoded.xml.lines().count()).unwrap();
    match encoded.lines.iter().find(|(line, _)| !(3..lines).contains(line)) {
        Some((line, path)) => Err(failed(format!("{path} is in line {line} of {lines}"))),
        None => Ok(()),
    }
}

#[test]
fn a_failure_is_one_short_line_with_the_attribute_the_value_and_the_version() {
    let text = "\u{202e}é😀".repeat(500);
    let guest = component_of(&POLICIES, &[("guest_jwt_session_timeout_type", Value::text(text))]);
    let found = round_trip(&guest, OLDEST_VERSION).unwrap_err();
    for words in [POLICIES.name, "guest_jwt_session_timeout_type", "Text(", "API 60.0", "Null was read"] {
        assert!(found.contains(words), "{words}: {found}");
    }
    assert!(found.chars().count() < 300, "{found}");
    assert!(format!("{:?}", Generated(guest)).len() < 50);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn components_round_trip(
        Generated(component) in prop::sample::select(types::ALL).prop_flat_map(component).prop_map(Generated),
    ) {
        round_trip(&component, NEWEST_VERSION).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn malformed_files_do_not_panic(
        kind in prop::sample::select(types::ALL),
        names in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), text()), 0..6),
    ) {
        let mut root = Element::new(kind.name);
        for (outer, inner, text) in names {
            let name = |at: prop::sample::Index| at.get(kind.fields).element.split('/').next_back().unwrap();
            let group = outer.get(kind.fields).element_path().0;
            let outer_name = if group.is_empty() { name(outer) } else { group };
            let mut child = Element::leaf(outer_name, text.clone());
            if text.len() % 2 == 0 {
                child.children.push(Element::leaf(name(inner), text));
            }
            root.children.push(child);
        }
        let mut xml = String::new();
        root.write(&mut xml, 0);
        if let Ok(component) = decode(kind, "Shop_x", &xml) {
            let _ = encode(&component, OLDEST_VERSION);
        }
    }
}
