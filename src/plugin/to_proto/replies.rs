//! Converts the provider's replies into protocol responses.

use super::{attribute_path, diagnostics, identity, pb, text, unwritable, value};
use crate::plugin::dynamic_value::{self, Shape};
use crate::plugin::from_proto::{self, ResourceSchemas};
use crate::provider::{
    ApplyReply, Diagnostics, Fault, FunctionSpec, ImportReply, Imported, Match, Offer, PlanReply, Provider,
    ReadReply,
};
use crate::value::Value;

/// The reason for a deferral: the provider configuration is unknown.
pub fn deferred() -> pb::Deferred {
    pb::Deferred { reason: pb::deferred::Reason::ProviderConfigUnknown.into() }
}

pub fn read(reply: ReadReply, schemas: ResourceSchemas<'_>) -> pb::ReadResourceResponse {
    let mut problems = reply.diagnostics;
    pb::ReadResourceResponse {
        new_state: value(&reply.state, schemas.schema, &mut problems),
        new_identity: identity(reply.identity.as_ref(), schemas.identity, &mut problems),
        private: reply.private,
        diagnostics: diagnostics(problems),
        ..Default::default()
    }
}

pub fn plan(reply: PlanReply, schemas: ResourceSchemas<'_>) -> pb::PlanResourceChangeResponse {
    let mut problems = reply.diagnostics;
    pb::PlanResourceChangeResponse {
        planned_state: value(&reply.planned, schemas.schema, &mut problems),
        planned_identity: identity(reply.identity.as_ref(), schemas.identity, &mut problems),
        requires_replace: reply.requires_replace.into_iter().map(attribute_path).collect(),
        planned_private: reply.private,
        diagnostics: diagnostics(problems),
        ..Default::default()
    }
}

pub fn apply(reply: ApplyReply, schemas: ResourceSchemas<'_>) -> pb::ApplyResourceChangeResponse {
    let mut problems = reply.diagnostics;
    pb::ApplyResourceChangeResponse {
        new_state: value(&reply.state, schemas.schema, &mut problems),
        new_identity: identity(reply.identity.as_ref(), schemas.identity, &mut problems),
        private: reply.private,
        diagnostics: diagnostics(problems),
        ..Default::default()
    }
}

pub fn import(reply: ImportReply, provider: &Provider) -> pb::ImportResourceStateResponse {
    let mut problems = reply.diagnostics;
    let imported_resources =
        reply.imported.into_iter().filter_map(|one| imported(one, provider, &mut problems)).collect();
    pb::ImportResourceStateResponse {
        imported_resources,
        diagnostics: diagnostics(problems),
        ..Default::default()
    }
}

fn imported(
    one: Imported,
    provider: &Provider,
    problems: &mut Diagnostics,
) -> Option<pb::import_resource_state_response::ImportedResource> {
    let Some(schema) = provider.schema(Offer::Resource, &one.type_name) else {
        problems.extend(from_proto::unknown("resource type", &one.type_name));
        return None;
    };
    Some(pb::import_resource_state_response::ImportedResource {
        state: value(&one.state, schema, problems),
        identity: identity(one.identity.as_ref(), provider.identity_schema(&one.type_name), problems),
        private: one.private,
        type_name: one.type_name,
    })
}

/// A result in a list. A value that does not match the schema affects only this result.
pub fn found(found: &Match, schemas: ResourceSchemas<'_>) -> pb::ListResourceEvent {
    let mut problems = Diagnostics::default();
    pb::ListResourceEvent {
        identity: identity(Some(&found.identity), schemas.identity, &mut problems),
        display_name: found.display_name.clone(),
        resource_object: found
            .resource
            .as_ref()
            .and_then(|resource| value(resource, schemas.schema, &mut problems)),
        diagnostic: diagnostics(problems),
    }
}

/// The final event of a list, with its diagnostics. `None` if there are no diagnostics.
pub fn listed(problems: Diagnostics) -> Option<pb::ListResourceEvent> {
    let diagnostic = diagnostics(problems);
    (!diagnostic.is_empty()).then(|| pb::ListResourceEvent { diagnostic, ..Default::default() })
}

impl Reply for Option<pb::ListResourceEvent> {
    fn only(problems: Diagnostics) -> Self {
        listed(problems)
    }
}

/// A reply that can consist of diagnostics alone.
pub trait Reply: Default + Send + 'static {
    fn only(diagnostics: Diagnostics) -> Self;
}

macro_rules! replies_with_diagnostics {
    ($($reply:ident)*) => {
        $(#[allow(clippy::needless_update, reason = "some replies have no other field")]
        impl Reply for pb::$reply {
            fn only(problems: Diagnostics) -> Self {
                pb::$reply { diagnostics: diagnostics(problems), ..Default::default() }
            }
        })*
    };
}

replies_with_diagnostics! {
    GetMetadataResponse GetSchemaResponse GetResourceIdentitySchemasResponse GetFunctionsResponse
    PrepareProviderConfigResponse ConfigureResponse
    ValidateResourceTypeConfigResponse UpgradeResourceStateResponse UpgradeResourceIdentityResponse
    ReadResourceResponse PlanResourceChangeResponse ApplyResourceChangeResponse
    ImportResourceStateResponse MoveResourceStateResponse
    ValidateDataSourceConfigResponse ReadDataSourceResponse
    ValidateEphemeralResourceConfigResponse OpenEphemeralResourceResponse
    RenewEphemeralResourceResponse CloseEphemeralResourceResponse
    ValidateActionConfigResponse PlanActionResponse ValidateListResourceConfigResponse
}

/// The result of a function, or its error.
pub fn called(spec: &FunctionSpec, result: Result<Value, Fault>) -> pb::CallFunctionResponse {
    let ty = (spec.returns)();
    let written = result.and_then(|value| {
        let (wire, problems) = dynamic_value::encode(&value, Shape::plain(&ty));
        match problems.into_iter().next() {
            None => Ok(wire),
            Some(problem) => Err(Fault { text: text(unwritable(problem).into()), argument: None }),
        }
    });
    match written {
        Ok(wire) => pb::CallFunctionResponse { result: Some(wire), error: None },
        Err(fault) => {
            let function_argument = fault.argument.and_then(|argument| i64::try_from(argument).ok());
            let error = pb::FunctionError { text: fault.text, function_argument };
            pb::CallFunctionResponse { result: None, error: Some(error) }
        }
    }
}

/// The final event of an action, with its diagnostics.
pub fn completed(found: Diagnostics) -> pb::InvokeActionEvent {
    use pb::invoke_action_event::{Completed, Type as Event};
    let diagnostics = diagnostics(found);
    pb::InvokeActionEvent { r#type: Some(Event::Completed(Completed { diagnostics })) }
}

pub fn progress(message: String) -> pb::InvokeActionEvent {
    use pb::invoke_action_event::{Progress, Type as Event};
    pb::InvokeActionEvent { r#type: Some(Event::Progress(Progress { message })) }
}

impl Reply for pb::InvokeActionEvent {
    fn only(problems: Diagnostics) -> Self {
        completed(problems)
    }
}

impl Reply for pb::StopResponse {
    fn only(problems: Diagnostics) -> Self {
        pb::StopResponse { error: text(problems) }
    }
}

impl Reply for pb::CallFunctionResponse {
    fn only(problems: Diagnostics) -> Self {
        pb::CallFunctionResponse {
            result: None,
            error: Some(pb::FunctionError { text: text(problems), function_argument: None }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::to_proto::functions;
    use crate::provider::{Attribute, Block, Schema};
    use crate::value::Type;

    #[test]
    fn a_value_that_does_not_match_the_schema_is_reported_and_the_state_is_kept() {
        let mut schema = Schema { version: 0, block: Block::default() };
        schema.block.attributes = vec![Attribute::computed("id", Type::String, "")];
        let reply = ApplyReply {
            state: Value::object([("id", Value::text("x")), ("typo", Value::Null)]),
            ..ApplyReply::default()
        };
        let schemas = ResourceSchemas { schema: &schema, identity: None };
        let wire = apply(reply, schemas);
        assert_eq!(wire.new_state.unwrap().msgpack, b"\x81\xa2id\xa1x");
        assert_eq!(wire.diagnostics.len(), 1);
        assert!(!wire.legacy_type_system);
    }

    #[test]
    fn a_function_returns_a_value_or_an_error_at_its_argument() {
        let provider = Provider::new(|_| None);
        let call = |name: &str, arguments: &[pb::DynamicValue]| {
            let spec = provider.function(name).unwrap();
            let arguments = from_proto::arguments(arguments, spec);
            called(spec, arguments.and_then(|arguments| (spec.call)(&arguments)))
        };
        let msgpack = |bytes: &[u8]| pb::DynamicValue { msgpack: bytes.to_vec(), json: Vec::new() };
        let id = msgpack(b"\xaf001D000000IqhSL");
        let reply = call("record_id_18", std::slice::from_ref(&id));
        assert_eq!(reply.result.unwrap().msgpack, b"\xb2001D000000IqhSLIAZ");
        assert_eq!(reply.error, None);
        for (arguments, at, words) in [
            (vec![msgpack(b"\xa4Shop")], Some(0), "has 4 characters"),
            (vec![msgpack(b"\xc0")], Some(0), "must not be null"),
            (vec![msgpack(b"\xd4\x00\x00")], Some(0), "must be known"),
            (vec![msgpack(b"\x01")], Some(0), "cannot be read"),
            (vec![], None, "takes 1 arguments, not 0"),
            (vec![id.clone(), id], None, "takes 1 arguments, not 2"),
        ] {
            let reply = call("record_id_18", &arguments);
            let error = reply.error.unwrap();
            assert_eq!((reply.result, error.function_argument), (None, at), "{}", error.text);
            assert!(error.text.contains(words), "{}", error.text);
        }
        let listed = functions(&provider);
        let returns = String::from_utf8(listed["connected_app"].r#return.clone().unwrap().r#type).unwrap();
        assert!(
            returns.contains(r#""policies":["object",{"#)
                && returns.contains(r#""not_converted":["list",["object""#)
        );
    }
}
