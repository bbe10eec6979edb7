//! Converts requests to neutral types, which do not depend on the protocol. Decoding errors become diagnostics, not
//! gRPC errors.

use super::dynamic_value::{self, Shape, ValueError};
use super::generated::tfplugin5 as pb;
use crate::provider::{
    ApplyRequest, Diagnostics, Fault, FunctionSpec, IdentitySchema, ImportRequest, ListRequest, Offer,
    Parameter, PlanRequest, Provider, ReadRequest, Schema, bugs,
};
use crate::value::{Path, Value};

pub type Result<T> = std::result::Result<T, Diagnostics>;

/// The schemas of one resource type.
#[derive(Clone, Copy)]
pub struct ResourceSchemas<'a> {
    pub schema: &'a Schema,
    pub identity: Option<&'a IdentitySchema>,
}

pub fn resource<'a>(provider: &'a Provider, type_name: &str) -> Result<ResourceSchemas<'a>> {
    let schema = schema(provider, Offer::Resource, type_name)?;
    Ok(ResourceSchemas { schema, identity: provider.identity_schema(type_name) })
}

pub fn schema(provider: &Provider, offer: Offer, type_name: &str) -> Result<&'static Schema> {
    provider.schema(offer, type_name).ok_or_else(|| unknown(offer.noun(), type_name))
}

pub fn function(provider: &Provider, name: &str) -> Result<&'static FunctionSpec> {
    provider.function(name).ok_or_else(|| unknown("function", name))
}

/// The arguments of a function, one for each parameter.
pub fn arguments(wire: &[pb::DynamicValue], spec: &FunctionSpec) -> std::result::Result<Vec<Value>, Fault> {
    if wire.len() != spec.parameters.len() {
        let text = format!("{} takes {} arguments, not {}.", spec.name, spec.parameters.len(), wire.len());
        return Err(Fault { text, argument: None });
    }
    let read = |(at, (wire, parameter)): (usize, (&pb::DynamicValue, &Parameter))| {
        let value = dynamic_value::decode(wire, Shape::plain(&parameter.ty))
            .map_err(|problem| Fault::at(at, format!("It cannot be read: {}.", problem.what)))?;
        match value {
            Value::Null => Err(Fault::at(at, format!("{} must not be null.", parameter.name))),
            value if !value.is_wholly_known() => {
                Err(Fault::at(at, format!("{} must be known.", parameter.name)))
            }
            value => Ok(value),
        }
    };
    wire.iter().zip(spec.parameters).enumerate().map(read).collect()
}

/// The error for an unknown name. Terraform normally rejects unknown names itself, by checking them against the schema.
pub fn unknown(what: &str, name: &str) -> Diagnostics {
    bugs::UNKNOWN_TYPE
        .diagnostic(format!(
            "This version of the Salesforce provider ({}) does not support the {what} {name:?}. To install a newer \
             version, run terraform init -upgrade.",
            env!("CARGO_PKG_VERSION")
        ))
        .into()
}

/// A required value. `role` is its name in messages: "configuration", "prior state".
pub fn value(wire: Option<pb::DynamicValue>, role: &str, schema: &Schema) -> Result<Value> {
    dynamic_value::decode(&wire.unwrap_or_default(), Shape::Block(&schema.block))
        .map_err(|problem| unreadable(role, problem))
}

fn identity(wire: Option<pb::ResourceIdentityData>, schemas: ResourceSchemas<'_>) -> Result<Option<Value>> {
    let (Some(schema), Some(data)) = (schemas.identity, wire.and_then(|wire| wire.identity_data)) else {
        return Ok(None);
    };
    let value = dynamic_value::decode(&data, Shape::plain(&schema.ty()))
        .map_err(|problem| unreadable("identity", problem))?;
    Ok(Some(value).filter(|value| !value.is_null()))
}

fn unreadable(role: &str, problem: ValueError) -> Diagnostics {
    let place = match problem.path {
        Path(ref steps) if steps.is_empty() => String::new(),
        ref path => format!(" at {path}"),
    };
    bugs::UNREADABLE_VALUE
        .diagnostic(format!(
            "The {role} that Terraform sent cannot be read{place}: {}. Either another version of the provider wrote \
             it, or the provider has a bug. Please report the error to the provider developers.",
            problem.what
        ))
        .at(problem.path)
        .into()
}

pub fn read(request: pb::ReadResourceRequest, schemas: ResourceSchemas<'_>) -> Result<ReadRequest> {
    Ok(ReadRequest {
        state: value(request.current_state, "state", schemas.schema)?,
        identity: identity(request.current_identity, schemas)?,
        private: request.private,
        type_name: request.type_name,
    })
}

pub fn plan(request: pb::PlanResourceChangeRequest, schemas: ResourceSchemas<'_>) -> Result<PlanRequest> {
    Ok(PlanRequest {
        prior: value(request.prior_state, "prior state", schemas.schema)?,
        proposed: value(request.proposed_new_state, "proposed state", schemas.schema)?,
        config: value(request.config, "configuration", schemas.schema)?,
        identity: identity(request.prior_identity, schemas)?,
        private: request.prior_private,
        type_name: request.type_name,
    })
}

pub fn apply(request: pb::ApplyResourceChangeRequest, schemas: ResourceSchemas<'_>) -> Result<ApplyRequest> {
    Ok(ApplyRequest {
        prior: value(request.prior_state, "prior state", schemas.schema)?,
        planned: value(request.planned_state, "planned state", schemas.schema)?,
        config: value(request.config, "configuration", schemas.schema)?,
        identity: identity(request.planned_identity, schemas)?,
        private: request.planned_private,
        type_name: request.type_name,
    })
}

pub fn import(
    request: pb::ImportResourceStateRequest,
    schemas: ResourceSchemas<'_>,
) -> Result<ImportRequest> {
    Ok(ImportRequest {
        identity: identity(request.identity, schemas)?,
        id: request.id,
        type_name: request.type_name,
    })
}

pub fn list(request: pb::ListResourceRequest, schema: &Schema) -> Result<ListRequest> {
    Ok(ListRequest {
        config: value(request.config, "configuration", schema)?,
        include_resource: request.include_resource_object,
        // 0 means no limit.
        limit: usize::try_from(request.limit).ok().filter(|limit| *limit > 0),
        type_name: request.type_name,
    })
}

/// Decodes a state from a state file, possibly written with an earlier schema.
pub fn raw_state(json: &[u8], schema: &Schema) -> Result<Value> {
    dynamic_value::decode_state(json, Shape::Block(&schema.block))
        .map_err(|problem| unreadable("state", problem))
}

pub fn raw_identity(raw: Option<pb::RawState>, schema: &IdentitySchema) -> Result<Value> {
    let json = raw_json(raw, "identity")?;
    dynamic_value::decode_state(&json, Shape::plain(&schema.ty()))
        .map_err(|problem| unreadable("identity", problem))
}

/// The JSON of a stored state or identity. `role` is its name in messages.
pub fn raw_json(raw: Option<pb::RawState>, role: &str) -> Result<Vec<u8>> {
    let raw = raw.unwrap_or_default();
    if raw.json.is_empty() && !raw.flatmap.is_empty() {
        return Err(bugs::UNSUPPORTED_STATE_FORMAT
            .diagnostic(format!(
                "The {role} was written by Terraform 0.11 or earlier, which this provider does not support. Remove the \
                 resource from the state and import it again."
            ))
            .into());
    }
    Ok(raw.json)
}
