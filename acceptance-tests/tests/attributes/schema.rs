//! Tests that the table and the provider's schema contain the same attributes.

use super::row;
use super::table::{CLIENT, COMPUTED, Resource, attributes};
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
const NOT_IN_SCENARIOS: &[(Resource, &str)] = &[
    (Resource::Settings, "custom_scopes"),
    (Resource::Settings, "certificate"),
    (Resource::Settings, "client_assertion_certificate"),
    (Resource::Settings, "asset_token_audiences"),
    (Resource::Settings, "asset_token_signing_certificate"),
    (Resource::Settings, "asset_token_validity"),
    (Resource::Settings, "asset_token_includes_attributes"),
    (Resource::Settings, "asset_token_includes_custom_permissions"),
    (Resource::Policies, "profiles"),
    (Resource::Policies, "client_credentials_flow_user"),
    (Resource::Policies, "session_timeout_minutes"),
    (Resource::Policies, "apex_handler"),
    (Resource::Policies, "execute_handler_as"),
    (Resource::Policies, "custom_scopes"),
];

/// The scenarios also test each attribute together with all others.
#[test]
fn every_attribute_is_in_the_scenario_of_its_resource() {
    let sets = |line: &str, name: &str| {
        let rest = line.trim().strip_prefix(name).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with(['=', '{']))
    };
    let mut missing = BTreeSet::new();
    let mut superfluous = BTreeSet::new();
    for attribute in attributes().iter().filter(|attribute| attribute.element.is_some()) {
        let resource = attribute.resource;
        let scenario = Scenario::named(resource.scenario()).with_switches();
        let step = scenario.step("2-everything");
        let start = step.find(&format!("resource \"{}\"", resource.type_name())).expect("the resource");
        let block = &step[start..start + step[start..].find("\n}").expect("the end of the block")];
        let name = attribute.name.split('.').next().unwrap_or_default();
        let is_set = block.lines().any(|line| sets(line, name));
        if is_set == NOT_IN_SCENARIOS.contains(&(resource, name)) {
            let line = attribute.first.lines().find(|line| sets(line, name)).unwrap_or(name);
            let place = format!("acceptance-tests/scenarios/{}/2-everything.tf: {line}", resource.scenario());
            if is_set {
                superfluous.insert(place)
            } else {
                missing.insert(place)
            };
        }
    }
    assert!(
        missing.is_empty(),
        "the scenarios do not set these attributes. Add the lines, each with a comment \"# org:\" for the element that \
         the org then has, or add the attribute to NOT_IN_SCENARIOS: {missing:#?}"
    );
    assert!(superfluous.is_empty(), "NOT_IN_SCENARIOS contains attributes of a scenario: {superfluous:#?}");
}

fn paths(block: &Value, prefix: &str, found: &mut BTreeSet<String>) {
    for name in block["attributes"].as_object().into_iter().flatten().map(|(name, _)| name) {
        found.insert(format!("{prefix}{name}"));
    }
    for (name, nested) in block["block_types"].as_object().into_iter().flatten() {
        paths(&nested["block"], &format!("{prefix}{name}."), found);
    }
}
