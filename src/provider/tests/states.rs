//! Conversion between components and states, without an org.

use std::collections::BTreeMap;

use super::{object, spec, texts};
use crate::metadata::{Component, ComponentKey};
use crate::org::{FileProperties, Found};
use crate::provider::engine::records::Records;
use crate::provider::engine::state::{
    Actual, DesiredState, PartState, StateContext, component_to_write, new_component, state_from,
};
use crate::value::Value;

const SETTINGS: &str = "_oauth_settings";
const POLICIES: &str = "_policies";

/// The components of a resource in an org: each attribute in the component of the part that owns it.
fn actual(resource: &str, values: &[(&'static str, Value)]) -> Actual {
    let spec = spec(resource);
    let parts = spec.parts.iter().map(|part| {
        let mut component = Component::new(ComponentKey::new(part.kind, "Odd_name"), "Shop");
        for (name, value) in values {
            if part.kind.fields.iter().any(|field| field.owns_attribute() && field.attribute == *name) {
                component.put(name, value.clone());
            }
        }
        (part, PartState::Present(Box::new(Found { component, file: FileProperties::default() })))
    });
    Actual { parts: parts.collect(), others: 0 }
}

fn joined(resource: &str, values: &[(&'static str, Value)], prior: &Value, importing: bool) -> Value {
    let names = [("0PS000000000001GAA".to_owned(), "Shop_Customer".to_owned())].into();
    let records = Records { names, ..Records::default() };
    let context = StateContext {
        spec: spec(resource),
        app: "Shop",
        org_id: "00D000000000001EAA",
        importing,
        before: prior,
        records: &records,
    };
    state_from(&context, &actual(resource, values), prior)
}

fn range() -> Value {
    let block = Value::object([
        ("description", Value::Null),
        ("end_ip_address", "10.0.0.9".into()),
        ("start_ip_address", "10.0.0.1".into()),
    ]);
    Value::set(vec![block])
}

#[test]
fn equivalent_values_keep_their_configured_form() {
    let prior = object(SETTINGS, &[("oauth_scopes", texts(&["Api", "OfflineAccess"]))]);
    let state = joined(SETTINGS, &[("oauth_scopes", texts(&["Api", "RefreshToken"]))], &prior, false);
    assert_eq!(state.get("oauth_scopes"), &texts(&["Api", "OfflineAccess"]));
    let ids = object(POLICIES, &[("permission_sets", texts(&["0PS000000000001GAA"]))]);
    let state = joined(POLICIES, &[("permission_sets", texts(&["Shop_Customer"]))], &ids, false);
    assert_eq!(state.get("permission_sets"), ids.get("permission_sets"));
    let drifted = joined(POLICIES, &[("permission_sets", texts(&["Shop_Staff"]))], &ids, false);
    assert_eq!(drifted.get("permission_sets"), &texts(&["Shop_Staff"]));
}

#[test]
fn an_element_that_the_org_omits_has_the_default_of_the_table() {
    let state = joined(SETTINGS, &[], &object(SETTINGS, &[]), false);
    assert_eq!(state.get("pkce_required"), &Value::Bool(true));
    assert_eq!(state.get("device_flow_enabled"), &Value::Bool(false));
    assert!(state.get("refresh_token_rotation_enabled").is_null());
}

#[test]
fn unmanaged_blocks_are_in_the_state_only_after_an_import() {
    let in_org = [("trusted_ip_range", range())];
    let unmanaged = joined(SETTINGS, &in_org, &object(SETTINGS, &[]), false);
    assert_eq!(unmanaged.get("trusted_ip_range"), &Value::Set(vec![]));
    let imported = joined(SETTINGS, &in_org, &object(SETTINGS, &[]), true);
    assert_eq!(imported.get("trusted_ip_range"), &range());
}

#[test]
fn a_certificate_is_read_back_in_its_configured_form() {
    let certificate =
        || rcgen::generate_simple_self_signed(vec!["shop.example".to_owned()]).unwrap().cert.pem();
    let (mine, another) = (certificate(), certificate());
    let bare = |pem: &str| -> Value {
        let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with('-')).collect();
        Value::text(lines.join("\n"))
    };
    let in_org = |value: Value| [("certificate", value)];
    let written = object(SETTINGS, &in_org(Value::text(mine.as_str())));
    let state = joined(SETTINGS, &in_org(bare(&mine)), &written, false);
    assert_eq!(state.get("certificate"), &Value::text(mine.as_str()));
    let drifted = joined(SETTINGS, &in_org(bare(&another)), &written, false);
    assert_eq!(drifted.get("certificate"), &bare(&another));
    assert!(joined(SETTINGS, &[], &written, false).get("certificate").is_null(), "it was removed");
    let imported = joined(SETTINGS, &in_org(bare(&mine)), &object(SETTINGS, &[]), true);
    assert_eq!(imported.get("certificate"), &bare(&mine));
}

#[test]
fn a_different_spelling_in_the_org_is_not_a_change() {
    let in_org = [("ip_relaxation", Value::text("Enforce_relaxrefresh"))];
    let imported = joined(POLICIES, &in_org, &object(POLICIES, &[]), true);
    assert_eq!(imported.get("ip_relaxation"), &in_org[0].1);
    let written = object(POLICIES, &[("ip_relaxation", "Enforce_RelaxRefresh".into())]);
    assert_eq!(joined(POLICIES, &in_org, &written, false).get("ip_relaxation"), written.get("ip_relaxation"));
    assert!(written_component(&written, &in_org).is_none(), "nothing to write");
}

fn written_component(config: &Value, in_org: &[(&'static str, Value)]) -> Option<Component> {
    let config = [("ip_relaxation", config.get("ip_relaxation").clone())];
    written(POLICIES, "ip_relaxation", &config, in_org, 67)
}

/// Terraform generates configuration from an imported state, and the link is valid in only one org.
#[test]
fn an_import_omits_the_link_to_the_own_consumer() {
    let own = [("oauth_link", Value::text("00D000000000001:888000000000001"))];
    let none = object(SETTINGS, &[]);
    assert!(joined(SETTINGS, &own, &none, true).get("oauth_link").is_null());
    // Later reads do not add the link.
    assert!(joined(SETTINGS, &own, &none, false).get("oauth_link").is_null());
    let created = object(SETTINGS, &[("oauth_link", Value::Unknown)]);
    assert_eq!(joined(SETTINGS, &own, &created, false).get("oauth_link"), &own[0].1);
    let known = object(SETTINGS, &own);
    assert_eq!(joined(SETTINGS, &own, &known, false).get("oauth_link"), &own[0].1);
    // A configuration must set the link to a consumer in another org.
    let foreign = [("oauth_link", Value::text("00D000000000009:888000000000001"))];
    assert_eq!(joined(SETTINGS, &foreign, &none, true).get("oauth_link"), &foreign[0].1);
}

#[test]
fn the_label_of_the_consumer_is_mirrored_only_on_creation() {
    let spec = spec(SETTINGS);
    let config = object(SETTINGS, &[("label", "Shop sign-in".into())]);
    let desired = DesiredState { spec, config: &config, prior: &Value::Null, planned: &config, version: 67 };
    for part in spec.parts {
        assert_eq!(
            new_component(&desired, part, "Shop").get("label"),
            config.get("label"),
            "{}",
            part.kind.name
        );
        let mut existing = Component::new(ComponentKey::new(part.kind, "Odd_name"), "Shop");
        existing.put("label", "Set in Setup".into());
        let merged = existing.merge(&desired.of(part, Some(&existing)));
        let owns = part.kind.fields.iter().any(|field| field.owns_attribute() && field.attribute == "label");
        let expected = if owns { config.get("label").clone() } else { "Set in Setup".into() };
        assert_eq!(merged.get("label"), &expected, "{}", part.kind.name);
    }
}

#[test]
fn both_forms_of_an_org_id_are_the_same_org() {
    let short = object(SETTINGS, &[("org_id", "00D000000000001".into())]);
    assert_eq!(joined(SETTINGS, &[], &short, false).get("org_id"), &Value::text("00D000000000001"));
    let other = object(SETTINGS, &[("org_id", "00D000000000002".into())]);
    assert_eq!(joined(SETTINGS, &[], &other, false).get("org_id"), &Value::text("00D000000000001EAA"));
}

/// The component that an update writes, for the part that owns `attribute`.
fn written(
    resource: &str,
    attribute: &str,
    config: &[(&str, Value)],
    in_org: &[(&'static str, Value)],
    version: u16,
) -> Option<Component> {
    let spec = spec(resource);
    let config = object(resource, config);
    let mut planned = config.clone();
    for row in spec.rows() {
        if let crate::metadata::Omitted::Default(value) = row.field.omitted
            && planned.get(row.field.attribute).is_null()
        {
            planned.put(row.field.attribute, value.value());
        }
    }
    let prior = object(resource, in_org);
    let desired = DesiredState { spec, config: &config, prior: &prior, planned: &planned, version };
    let part = spec.row(attribute).unwrap().part;
    let actual = actual(resource, in_org);
    component_to_write(&desired, part, actual.part(part).component().unwrap())
}

#[test]
fn an_update_changes_configured_values_and_keeps_the_others() {
    let in_org =
        [("permitted_users", "AdminApprovedPreAuthorized".into()), ("ip_relaxation", "Bypass".into())];
    let config = [("permitted_users", "AllSelfAuthorized".into())];
    let component = written(POLICIES, "permitted_users", &config, &in_org, 67).unwrap();
    assert_eq!(component.get("permitted_users"), &Value::text("AllSelfAuthorized"));
    assert_eq!(component.get("ip_relaxation"), &Value::text("Bypass"));
    assert_eq!(component.key.full_name, "Odd_name", "existing components keep their names");
}

#[test]
fn nothing_is_written_if_the_org_already_has_the_values() {
    let in_org = [("permitted_users", "AllSelfAuthorized".into())];
    assert!(written(POLICIES, "permitted_users", &in_org, &in_org, 67).is_none());
}

#[test]
fn dependent_values_are_cleared_when_their_condition_no_longer_holds() {
    let in_org = [
        ("refresh_token_policy", "SpecificLifetime".into()),
        ("refresh_token_validity_period", Value::int(365)),
        ("refresh_token_validity_unit", "Days".into()),
    ];
    let config = [("refresh_token_policy", "Infinite".into())];
    let component = written(POLICIES, "refresh_token_policy", &config, &in_org, 67).unwrap();
    assert!(component.get("refresh_token_validity_period").is_null());
    assert!(component.get("refresh_token_validity_unit").is_null());
}

#[test]
fn fields_of_later_api_versions_are_not_sent() {
    let config = [("callback_urls", Value::List(vec!["https://a/".into()]))];
    let old = written(SETTINGS, "callback_urls", &config, &[], 60).unwrap();
    assert!(old.get("named_user_jwt_enabled").is_null());
    let new = written(SETTINGS, "callback_urls", &config, &[], 61).unwrap();
    assert_eq!(new.get("named_user_jwt_enabled"), &Value::Bool(false));
}

#[test]
fn generated_links_and_keys_are_never_sent() {
    let spec = spec(SETTINGS);
    let planned = object(SETTINGS, &[("oauth_link", "00D:888".into()), ("consumer_key", "3MVG9".into())]);
    let config = object(SETTINGS, &[]);
    let desired = DesiredState { spec, config: &config, prior: &Value::Null, planned: &planned, version: 67 };
    for part in spec.parts {
        let component = new_component(&desired, part, "Shop");
        assert_eq!(
            component.fields,
            BTreeMap::from_iter(
                component
                    .fields
                    .clone()
                    .into_iter()
                    .filter(|(name, _)| { !["oauth_link", "consumer_key"].contains(name) })
            )
        );
        assert_eq!(component.parent, "Shop");
        assert_eq!(component.key.full_name, part.name_of_new("Shop"));
    }
}
