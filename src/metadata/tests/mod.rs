//! Tests for the tables and their interpreters.

mod certificates;
mod contract;
mod contract_messages;
mod decoding;
mod encoding;
mod found_files;
mod letters;
mod meanings;
mod packages;
mod round_trips;
mod rules;
mod tables;
mod tidy;
mod xml_text;

use super::{Component, ComponentKey, Field, MetadataType, types};
use crate::value::Value;

pub use types::external_client_application::TYPE as APP;
pub use types::global_oauth_settings::TYPE as GLOBAL;
pub use types::oauth_policies::TYPE as POLICIES;
pub use types::oauth_settings::TYPE as SETTINGS;

/// A component with these values.
pub fn component(kind: &'static MetadataType, fields: &[(&'static str, Value)]) -> Component {
    let mut component = Component::new(ComponentKey::new(kind, "Shop_x"), "Shop");
    for (attribute, value) in fields {
        component.put(attribute, value.clone());
    }
    component
}

pub fn field(kind: &'static MetadataType, attribute: &str) -> &'static Field {
    kind.fields.iter().find(|field| field.attribute == attribute).unwrap()
}

pub fn set(members: &[&str]) -> Value {
    Value::set(members.iter().map(|member| Value::text(*member)).collect())
}

pub fn list(members: &[&str]) -> Value {
    Value::List(members.iter().map(|member| Value::text(*member)).collect())
}

pub fn map(entries: &[(&str, &str)]) -> Value {
    let entries = entries.iter().map(|(key, value)| (key.to_string(), Value::text(*value)));
    Value::Map(entries.collect())
}

pub fn range(start: &str, end: &str, description: Option<&str>) -> Value {
    Value::object([
        ("start_ip_address", Value::text(start)),
        ("end_ip_address", Value::text(end)),
        ("description", description.map_or(Value::Null, Value::text)),
    ])
}
