//! The table and the provider's schema have the same attributes.

use super::table::{ATTRIBUTES, COMPUTED};
use crate::acceptance::rotation;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::workspace::{SOURCE, Workspace};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn no_attribute_is_without_a_test() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure("");
    let run = workspace.run(&["providers", "schema", "-json"]).succeeded();
    let schema: Value = serde_json::from_str(&run.stdout).expect("the schema as JSON");
    let mut there = BTreeSet::new();
    for (resource, schema) in schema["provider_schemas"][SOURCE]["resource_schemas"].as_object().unwrap() {
        attributes(&schema["block"], &format!("{resource}."), &mut there);
    }
    let tested: BTreeSet<String> = ATTRIBUTES
        .iter()
        .map(|attribute| (attribute.resource, attribute.name))
        .chain(COMPUTED.iter().copied())
        .map(|(resource, name)| format!("{}.{name}", resource.type_name()))
        .chain(
            rotation::ATTRIBUTES
                .iter()
                .map(|(name, _)| format!("salesforce_external_client_app_credential_rotation.{name}")),
        )
        .collect();
    eprintln!("{} attributes tested of {}", there.intersection(&tested).count(), there.len());
    let untested: Vec<&String> = there.difference(&tested).collect();
    assert!(untested.is_empty(), "attributes without a test, add them to table.rs: {untested:#?}");
    let unknown: Vec<&String> = tested.difference(&there).collect();
    assert!(unknown.is_empty(), "attributes that the provider does not have: {unknown:#?}");
}

fn attributes(block: &Value, prefix: &str, found: &mut BTreeSet<String>) {
    for name in block["attributes"].as_object().into_iter().flatten().map(|(name, _)| name) {
        found.insert(format!("{prefix}{name}"));
    }
    for (name, nested) in block["block_types"].as_object().into_iter().flatten() {
        attributes(&nested["block"], &format!("{prefix}{name}."), found);
    }
}
