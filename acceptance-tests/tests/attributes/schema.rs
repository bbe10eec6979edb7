//! The table and the provider's schema contain the same attributes.

use super::table::{CLIENT, COMPUTED, attributes};
use crate::acceptance::rotation;
use acceptance_tests::switches;
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn every_attribute_has_a_test() {
    let mut in_schema = BTreeSet::new();
    for (resource, schema) in switches::schema().as_object().expect("the resources") {
        paths(&schema["block"], &format!("{resource}."), &mut in_schema);
    }
    let rows = || {
        let set = attributes().iter().map(|attribute| (attribute.resource, attribute.name));
        set.chain(COMPUTED.iter().copied())
    };
    // A client has the attributes of its parts.
    let in_client = rows().filter_map(|(resource, name)| resource.in_client(name));
    let tested: BTreeSet<String> = rows()
        .map(|(resource, name)| format!("{}.{name}", resource.type_name()))
        .chain(in_client.map(|path| format!("{CLIENT}.{path}")))
        .chain(
            rotation::ATTRIBUTES
                .iter()
                .map(|(name, _)| format!("salesforce_external_client_app_credential_rotation.{name}")),
        )
        .collect();
    eprintln!("{} attributes tested of {}", in_schema.intersection(&tested).count(), in_schema.len());
    let untested: Vec<&String> = in_schema.difference(&tested).collect();
    assert!(
        untested.is_empty(),
        "attributes without a test: {untested:#?}\nAdd a row for each to LISTED in \
         acceptance-tests/tests/attributes/table.rs, two values, the metadata type, the element and what happens \
         without it:\n    switch!(settings, \"NAME\", \"1\", \"2\").at(GLOBAL_OAUTH, \"ELEMENT\").kept(),\n\
         A boolean needs no row when its name follows from its element (isFooEnabled: foo_enabled, enableFoo: \
         foo_enabled)."
    );
    let unknown: Vec<&String> = tested.difference(&in_schema).collect();
    assert!(
        unknown.is_empty(),
        "attributes that the provider does not have: {unknown:#?}\nRemove their rows from \
         acceptance-tests/tests/attributes/table.rs."
    );
}

fn paths(block: &Value, prefix: &str, found: &mut BTreeSet<String>) {
    for name in block["attributes"].as_object().into_iter().flatten().map(|(name, _)| name) {
        found.insert(format!("{prefix}{name}"));
    }
    for (name, nested) in block["block_types"].as_object().into_iter().flatten() {
        paths(&nested["block"], &format!("{prefix}{name}."), found);
    }
}
