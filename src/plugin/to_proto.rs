//! Neutral types → responses: schemas, values, diagnostics, attribute paths.

use std::collections::HashMap;

use super::dynamic_value::{self, Shape, ValueError};
use super::from_proto::ResourceSchemas;
use super::generated::tfplugin5 as pb;
use super::generated::tfplugin5::attribute_path::step::Selector;
use crate::provider::{
    ApplyReply, Attribute, Block, Diagnostic, Diagnostics, Fault, FunctionSpec, IdentitySchema, ImportReply,
    Imported, Match, NestedBlock, Nesting, PlanReply, Provider, ReadReply, Schema, Severity, bugs,
};
use crate::value::{Path, Step, Type, Value};

// ---- Schemas ---------------------------------------------------------------------------------------------------

pub fn server_capabilities() -> pb::ServerCapabilities {
    pb::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
    }
}

pub fn metadata(provider: &Provider) -> pb::GetMetadataResponse {
    let names = |schemas: Vec<(&str, &Schema)>| {
        schemas
            .into_iter()
            .map(|(name, _)| pb::get_metadata_response::TypeName { type_name: name.to_owned() })
            .collect()
    };
    pb::GetMetadataResponse {
        server_capabilities: Some(server_capabilities()),
        resources: names(provider.resource_schemas()),
        data_sources: names(provider.data_source_schemas()),
        ephemeral_resources: names(provider.ephemeral_resource_schemas()),
        list_resources: names(provider.list_resource_schemas()),
        actions: names(provider.action_schemas()),
        functions: provider
            .functions()
            .iter()
            .map(|spec| pb::get_metadata_response::FunctionName { name: spec.name.to_owned() })
            .collect(),
        ..Default::default()
    }
}

pub fn schemas(provider: &Provider) -> pb::GetSchemaResponse {
    let named = |schemas: Vec<(&str, &Schema)>| -> HashMap<String, pb::Schema> {
        schemas.into_iter().map(|(name, one)| (name.to_owned(), schema(one))).collect()
    };
    pb::GetSchemaResponse {
        provider: Some(schema(provider.provider_schema())),
        resource_schemas: named(provider.resource_schemas()),
        data_source_schemas: named(provider.data_source_schemas()),
        ephemeral_resource_schemas: named(provider.ephemeral_resource_schemas()),
        list_resource_schemas: named(provider.list_resource_schemas()),
        action_schemas: provider
            .action_schemas()
            .into_iter()
            .map(|(name, one)| (name.to_owned(), pb::ActionSchema { schema: Some(schema(one)) }))
            .collect(),
        functions: functions(provider),
        server_capabilities: Some(server_capabilities()),
        ..Default::default()
    }
}

pub fn functions(provider: &Provider) -> HashMap<String, pb::Function> {
    provider.functions().iter().map(|spec| (spec.name.to_owned(), function(spec))).collect()
}

fn function(spec: &FunctionSpec) -> pb::Function {
    let parameters = spec.parameters.iter().map(|parameter| pb::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: type_json(&parameter.ty),
        description: parameter.doc.to_owned(),
        description_kind: pb::StringKind::Markdown.into(),
        ..Default::default()
    });
    pb::Function {
        parameters: parameters.collect(),
        r#return: Some(pb::function::Return { r#type: type_json(&(spec.returns)()) }),
        summary: spec.summary.to_owned(),
        description: spec.doc.to_owned(),
        description_kind: pb::StringKind::Markdown.into(),
        ..Default::default()
    }
}

fn schema(schema: &Schema) -> pb::Schema {
    pb::Schema { version: schema.version, block: Some(block(&schema.block)) }
}

fn block(block: &Block) -> pb::schema::Block {
    pb::schema::Block {
        attributes: block.attributes.iter().map(attribute).collect(),
        block_types: block.blocks.iter().map(nested_block).collect(),
        description: block.description.clone(),
        description_kind: pb::StringKind::Markdown.into(),
        ..Default::default()
    }
}

fn attribute(attribute: &Attribute) -> pb::schema::Attribute {
    pb::schema::Attribute {
        name: attribute.name.clone(),
        r#type: type_json(&attribute.ty),
        description: attribute.description.clone(),
        required: attribute.required,
        optional: attribute.optional,
        computed: attribute.computed,
        sensitive: attribute.sensitive,
        description_kind: pb::StringKind::Markdown.into(),
        ..Default::default()
    }
}

fn nested_block(nested: &NestedBlock) -> pb::schema::NestedBlock {
    use pb::schema::nested_block::NestingMode;
    let nesting = match nested.nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
    };
    pb::schema::NestedBlock {
        type_name: nested.name.clone(),
        block: Some(block(&nested.block)),
        nesting: nesting.into(),
        min_items: nested.min_items,
        max_items: nested.max_items,
    }
}

pub fn identity_schemas(provider: &Provider) -> pb::GetResourceIdentitySchemasResponse {
    let schema = |schema: &IdentitySchema| pb::ResourceIdentitySchema {
        version: schema.version,
        identity_attributes: schema
            .attributes
            .iter()
            .map(|attribute| pb::resource_identity_schema::IdentityAttribute {
                name: attribute.name.clone(),
                r#type: type_json(&attribute.ty),
                required_for_import: attribute.required_for_import,
                optional_for_import: !attribute.required_for_import,
                description: attribute.description.clone(),
            })
            .collect(),
    };
    pb::GetResourceIdentitySchemasResponse {
        identity_schemas: provider
            .identity_schemas()
            .into_iter()
            .map(|(name, one)| (name.to_owned(), schema(one)))
            .collect(),
        diagnostics: Vec::new(),
    }
}

/// A type as Terraform writes types: `"string"`, `["list","string"]`, `["object",{"a":"number"}]`.
fn type_json(ty: &Type) -> Vec<u8> {
    fn json(ty: &Type) -> serde_json::Value {
        use serde_json::json;
        match ty {
            Type::Bool => json!("bool"),
            Type::Number => json!("number"),
            Type::String => json!("string"),
            Type::List(of) => json!(["list", json(of)]),
            Type::Set(of) => json!(["set", json(of)]),
            Type::Map(of) => json!(["map", json(of)]),
            Type::Object(attributes) => {
                let attributes: serde_json::Map<_, _> =
                    attributes.iter().map(|(name, ty)| (name.clone(), json(ty))).collect();
                json!(["object", attributes])
            }
        }
    }
    json(ty).to_string().into_bytes()
}

// ---- Values and diagnostics ------------------------------------------------------------------------------------

/// Writes a value; what does not fit its schema is our own fault and is said so.
pub fn value(value: &Value, schema: &Schema, problems: &mut Diagnostics) -> Option<pb::DynamicValue> {
    let (wire, found) = dynamic_value::encode(value, Shape::Block(&schema.block));
    problems.extend(found.into_iter().map(unwritable));
    Some(wire)
}

/// Writes a state as it came: Terraform hands states of files over as JSON.
pub fn state(value: &Value, schema: &Schema, problems: &mut Diagnostics) -> Option<pb::DynamicValue> {
    let (wire, found) = dynamic_value::encode_state(value, Shape::Block(&schema.block));
    problems.extend(found.into_iter().map(unwritable));
    Some(wire)
}

pub fn identity(
    value: Option<&Value>,
    schema: Option<&IdentitySchema>,
    problems: &mut Diagnostics,
) -> Option<pb::ResourceIdentityData> {
    let (Some(value), Some(schema)) = (value, schema) else {
        return None;
    };
    let (wire, found) = dynamic_value::encode(value, Shape::plain(&schema.ty()));
    problems.extend(found.into_iter().map(unwritable));
    Some(pb::ResourceIdentityData { identity_data: Some(wire) })
}

fn unwritable(problem: ValueError) -> Diagnostic {
    let path = problem.path;
    bugs::SCHEMA_MISMATCH
        .diagnostic(format!(
            "The provider created a value that Terraform would reject, at \"{path}\": {}. Other values are not affected. \
             Please report this.",
            problem.what
        ))
        .at(path)
}

pub fn diagnostics(diagnostics: Diagnostics) -> Vec<pb::Diagnostic> {
    diagnostics.into_iter().map(diagnostic).collect()
}

fn diagnostic(diagnostic: Diagnostic) -> pb::Diagnostic {
    use pb::diagnostic::Severity as Wire;
    let severity = match diagnostic.severity {
        Severity::Error => Wire::Error,
        Severity::Warning => Wire::Warning,
    };
    pb::Diagnostic {
        severity: severity.into(),
        detail: diagnostic.text(),
        summary: diagnostic.summary,
        attribute: diagnostic.path.map(attribute_path).filter(|path| !path.steps.is_empty()),
    }
}

/// A path with what the wire has words for. It has none for a member of a set: left out, Terraform finds the attribute
/// in the block where there is one such block, and shows the resource where there are several.
fn attribute_path(path: Path) -> pb::AttributePath {
    let selector = |step| match step {
        Step::Attribute(name) => Some(Selector::AttributeName(name)),
        Step::Key(key) => Some(Selector::ElementKeyString(key)),
        Step::Index(index) => Some(Selector::ElementKeyInt(index)),
        Step::Member(_) => None,
    };
    pb::AttributePath {
        steps: path
            .0
            .into_iter()
            .filter_map(selector)
            .map(|selector| pb::attribute_path::Step { selector: Some(selector) })
            .collect(),
    }
}

// ---- Replies ---------------------------------------------------------------------------------------------------

/// The answer of who waits for the provider block.
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
    let Some(schema) = provider.resource_schema(&one.type_name) else {
        problems.extend(super::from_proto::unknown("resource type", &one.type_name));
        return None;
    };
    Some(pb::import_resource_state_response::ImportedResource {
        state: value(&one.state, schema, problems),
        identity: identity(one.identity.as_ref(), provider.identity_schema(&one.type_name), problems),
        private: one.private,
        type_name: one.type_name,
    })
}

/// A resource that was found. What does not fit its schema costs the resource, not the others.
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

/// What there is to say when no more is found; nothing needs no event.
pub fn listed(problems: Diagnostics) -> Option<pb::ListResourceEvent> {
    let diagnostic = diagnostics(problems);
    (!diagnostic.is_empty()).then(|| pb::ListResourceEvent { diagnostic, ..Default::default() })
}

impl Reply for Option<pb::ListResourceEvent> {
    fn failed(problems: Diagnostics) -> Self {
        listed(problems)
    }
}

/// A reply that can say why there is none.
pub trait Reply: Default + Send + 'static {
    fn failed(diagnostics: Diagnostics) -> Self;
}

macro_rules! replies_with_diagnostics {
    ($($reply:ident)*) => {
        $(#[allow(clippy::needless_update, reason = "some replies have nothing else")]
        impl Reply for pb::$reply {
            fn failed(problems: Diagnostics) -> Self {
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

/// What a function gave, or why it gave nothing.
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

/// The end of an action, with everything that there is to say of it.
pub fn completed(found: Diagnostics) -> pb::InvokeActionEvent {
    use pb::invoke_action_event::{Completed, Type as Event};
    let diagnostics = diagnostics(found);
    pb::InvokeActionEvent { r#type: Some(Event::Completed(Completed { diagnostics })) }
}

/// What people see of an action under way.
pub fn progress(message: String) -> pb::InvokeActionEvent {
    use pb::invoke_action_event::{Progress, Type as Event};
    pb::InvokeActionEvent { r#type: Some(Event::Progress(Progress { message })) }
}

impl Reply for pb::InvokeActionEvent {
    fn failed(problems: Diagnostics) -> Self {
        completed(problems)
    }
}

impl Reply for pb::StopResponse {
    fn failed(problems: Diagnostics) -> Self {
        pb::StopResponse { error: text(problems) }
    }
}

impl Reply for pb::CallFunctionResponse {
    fn failed(problems: Diagnostics) -> Self {
        pb::CallFunctionResponse {
            result: None,
            error: Some(pb::FunctionError { text: text(problems), function_argument: None }),
        }
    }
}

/// Diagnostics where the wire has only room for a text.
fn text(problems: Diagnostics) -> String {
    let texts: Vec<_> =
        problems.into_iter().map(|problem| format!("{}: {}", problem.summary, problem.detail)).collect();
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_terraform_writes_them() {
        let text = |ty: Type| String::from_utf8(type_json(&ty)).unwrap();
        assert_eq!(text(Type::Bool), r#""bool""#);
        assert_eq!(text(Type::set(Type::map(Type::Number))), r#"["set",["map","number"]]"#);
        let object = Type::Object(vec![("b".into(), Type::String), ("a".into(), Type::list(Type::Bool))]);
        assert_eq!(text(object), r#"["object",{"a":["list","bool"],"b":"string"}]"#);
    }

    #[test]
    fn a_path_leaves_out_the_member_of_a_set() {
        let path = Path::attribute("scopes")
            .then(Step::Member(Value::text("api")))
            .then(Step::Attribute("name".into()));
        let wire = attribute_path(path);
        let steps: Vec<_> = wire.steps.into_iter().filter_map(|step| step.selector).collect();
        let name = |name: &str| Selector::AttributeName(name.into());
        assert_eq!(steps, [name("scopes"), name("name")]);
    }

    #[test]
    fn a_diagnostic_about_nothing_in_particular_has_no_path() {
        let wire = diagnostic(bugs::PROVIDER_BUG.diagnostic("d").at(Path::default()));
        assert_eq!(wire.attribute, None);
        assert_eq!(wire.severity(), pb::diagnostic::Severity::Error);
        assert_eq!(wire.detail, "d\n\nDiagnostic ID: provider-bug");
    }

    #[test]
    fn a_value_that_does_not_fit_costs_neither_state_nor_silence() {
        let mut schema = Schema { version: 0, block: Block::default() };
        schema.block.attributes = vec![Attribute {
            name: "id".into(),
            ty: Type::String,
            description: String::new(),
            required: false,
            optional: false,
            computed: true,
            sensitive: false,
        }];
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
    fn a_function_answers_with_a_value_or_with_an_error_at_its_argument() {
        let provider = Provider::new(|_| None);
        let call = |name: &str, arguments: &[pb::DynamicValue]| {
            let spec = provider.function(name).unwrap();
            let arguments = super::super::from_proto::arguments(arguments, spec);
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
