//! Encoding and decoding round-trips for every table.

use proptest::prelude::*;

use super::xml_text::{element, text};
use crate::metadata::{
    Component, ComponentKey, Element, Field, Kind, MetadataType, SendPolicy, decode, encode, types,
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
            // The order in files.
            extras.sort_by(|a, b| a.name.cmp(&b.name));
            component.extras = extras;
            component
        })
        .boxed()
}

/// Whether the elements are sorted on every level.
fn is_sorted(element: &Element) -> bool {
    element.children.is_sorted_by(|a, b| a.name <= b.name)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn components_round_trip(component in prop::sample::select(types::ALL).prop_flat_map(component)) {
        let encoded = encode(&component, 67);
        let again = decode(component.key.kind, "Shop_x", &encoded.xml).unwrap();
        prop_assert_eq!(&again, &component);
        prop_assert_eq!(&encode(&again, 67), &encoded);
        prop_assert!(is_sorted(&crate::xml::parse(&encoded.xml).unwrap()));
        // Every attribute has a line.
        for attribute in component.fields.keys() {
            prop_assert!(encoded.lines.values().any(|path| path.root() == Some(attribute)), "{}", attribute);
        }
        let lines = u32::try_from(encoded.xml.lines().count()).unwrap();
        prop_assert!(encoded.lines.keys().all(|line| (3..lines).contains(line)));
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
            let _ = encode(&component, 60);
        }
    }
}
