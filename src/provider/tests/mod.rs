//! Tests for plans, validations and messages as data, and for the life cycle of a resource in an in-memory org.

mod authentication_methods;
mod certificates;
mod configurations;
mod drift;
mod inputs;
mod lifecycle;
mod lockouts;
mod memory_org;
mod messages;
mod names;
mod plans;
mod record_ids;
mod rejection_causes;
mod runs;
mod states;
mod unions;
mod validations;
mod workspace;

use super::catalog;
use super::resource_spec::ResourceSpec;
use crate::value::Value;

/// An object of a resource in which only these attributes are set.
fn object(resource: &str, written: &[(&str, Value)]) -> Value {
    let spec = spec(resource);
    let mut object = spec.schema().block.empty();
    for (name, value) in written {
        assert!(object.entries().unwrap().contains_key(*name), "{resource} has no {name}");
        object.put(name, value.clone());
    }
    object
}

fn spec(resource: &str) -> &'static ResourceSpec {
    catalog::resource(&format!("salesforce_external_client_app{resource}")).unwrap()
}

fn texts(members: &[&str]) -> Value {
    Value::set(members.iter().map(|text| Value::text(*text)).collect())
}
