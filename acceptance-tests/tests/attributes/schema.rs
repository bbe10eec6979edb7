//! Tests that the table and the provider's schema contain the same attributes.

use super::row;
use super::table::{CLIENT, COMPUTED, attributes};
use crate::acceptance::rotation;
use acceptance_tests::switches;
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn every_attribute_has_a_test() {
    let schema = switches::schema();
    let mut in_schema = BTreeSet::new();
    for (resource, schema) in schema.as_object().expect("the resources") {
        paths(&schema["block"], &format!("{resource}."), &mut in_schema);
    }
    let rows = || {
        let set = attributes().iter().map(|attribute| (attribute.resource, attribute.name));
        set.chain(COMPUTED.iter().copied())
    };
    // `salesforce_oauth_client` has the attributes of its members.
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
    let untested: BTreeSet<String> = in_schema.difference(&tested).cloned().collect();
    let rows = row::all(&untested, &schema);
    assert!(
        untested.is_empty(),
        "{} rows are missing. Add them to LISTED in acceptance-tests/tests/attributes/table.rs; replace the \
         values if the attribute does not accept them, and add .with(…) if it needs another one:\n    {}\n\
         A boolean needs no row when its name follows from its element (isFooEnabled: foo_enabled, enableFoo: \
         foo_enabled).",
        rows.len(),
        rows.join("\n    ")
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
