//! Tests that the table and the provider's schema contain the same attributes.

use super::row;
use super::table::{CLIENT, COMPUTED, attributes};
use crate::acceptance::rotation;
use acceptance_tests::scenario::Scenario;
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

/// Attributes that no scenario sets, because they require records that another org may not have, exclude other
/// attributes, or have several lines. `attributes::life` tests them.
const NOT_IN_SCENARIOS: &[&str] = &[
    "apex_handler",
    "asset_token_audiences",
    "asset_token_includes_attributes",
    "asset_token_includes_custom_permissions",
    "asset_token_signing_certificate",
    "asset_token_validity",
    "certificate",
    "client_assertion_certificate",
    "client_credentials_flow_user",
    "custom_scopes",
    "execute_handler_as",
    "oauth_link",
    "profiles",
    "session_timeout_minutes",
];

/// Terraform and other clients play the scenarios, so an attribute that no scenario sets is tested with Terraform only.
#[test]
fn every_attribute_is_in_the_scenario_of_its_resource() {
    let mut missing = Vec::new();
    for attribute in attributes().iter().filter(|attribute| attribute.element.is_some()) {
        let folder = attribute.resource.scenario();
        let scenario = Scenario::named(folder).with_switches();
        let name = attribute.name.split('.').next().unwrap_or_default();
        let sets = |line: &str| {
            let rest = line.trim().strip_prefix(name).map(str::trim_start);
            rest.is_some_and(|rest| rest.starts_with(['=', '{']))
        };
        if !scenario.step("2-everything").lines().any(sets) && !NOT_IN_SCENARIOS.contains(&name) {
            let line = attribute.first.lines().next().unwrap_or_default();
            missing.push(format!("acceptance-tests/scenarios/{folder}/2-everything.tf: {line}"));
        }
    }
    assert!(
        missing.is_empty(),
        "the scenarios do not set these attributes. Add the lines, each with a comment \"# org:\" for the element that \
         the org then has: {missing:#?}"
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
