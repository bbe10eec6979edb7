//! The table and the provider's schema contain the same attributes.

use super::table::{ATTRIBUTES, CLIENT, COMPUTED};
use crate::acceptance::rotation;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::workspace::{self, Workspace};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn every_attribute_has_a_test() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure("");
    let run = workspace.run(&["providers", "schema", "-json"]).succeeded();
    let schema: Value = serde_json::from_str(&run.stdout).expect("the schema as JSON");
    let mut there = BTreeSet::new();
    for (resource, schema) in
        schema["provider_schemas"][workspace::source()]["resource_schemas"].as_object().unwrap()
    {
        attributes(&schema["block"], &format!("{resource}."), &mut there);
    }
    let rows = || {
        let set = ATTRIBUTES.iter().map(|attribute| (attribute.resource, attribute.name));
        set.chain(COMPUTED.iter().copied())
    };
    // The attributes of a client are those of its parts: a new row also applies to it, and is tested in `life.rs`.
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
