//! Converts schemas, functions and capabilities to responses.

use std::collections::HashMap;

use super::pb;
use crate::provider::{
    Attribute, Block, FunctionSpec, IdentitySchema, NestedBlock, Nesting, Offer, Provider, Schema,
};
use crate::value::Type;

pub fn server_capabilities() -> pb::ServerCapabilities {
    pb::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
    }
}

pub fn metadata(provider: &Provider) -> pb::GetMetadataResponse {
    let names = |offer: Offer| {
        let schemas = provider.schemas(offer).into_iter();
        schemas.map(|(name, _)| pb::get_metadata_response::TypeName { type_name: name.to_owned() }).collect()
    };
    pb::GetMetadataResponse {
        server_capabilities: Some(server_capabilities()),
        resources: names(Offer::Resource),
        data_sources: names(Offer::DataSource),
        ephemeral_resources: names(Offer::EphemeralResource),
        list_resources: names(Offer::ListResource),
        actions: names(Offer::Action),
        functions: provider
            .functions()
            .iter()
            .map(|spec| pb::get_metadata_response::FunctionName { name: spec.name.to_owned() })
            .collect(),
        ..Default::default()
    }
}

pub fn schemas(provider: &Provider) -> pb::GetSchemaResponse {
    let named = |offer: Offer| -> HashMap<String, pb::Schema> {
        provider.schemas(offer).into_iter().map(|(name, one)| (name.to_owned(), schema(one))).collect()
    };
    pb::GetSchemaResponse {
        provider: Some(schema(provider.provider_schema())),
        resource_schemas: named(Offer::Resource),
        data_source_schemas: named(Offer::DataSource),
        ephemeral_resource_schemas: named(Offer::EphemeralResource),
        list_resource_schemas: named(Offer::ListResource),
        action_schemas: provider
            .schemas(Offer::Action)
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
        Nesting::Set => NestingMode::Set,
    };
    pb::schema::NestedBlock {
        type_name: nested.name.clone(),
        block: Some(block(&nested.block)),
        nesting: nesting.into(),
        ..Default::default()
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

/// A type in Terraform's JSON: `"string"`, `["list","string"]`, `["object",{"a":"number"}]`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_encoded_as_terraforms_json() {
        let text = |ty: Type| String::from_utf8(type_json(&ty)).unwrap();
        assert_eq!(text(Type::Bool), r#""bool""#);
        assert_eq!(text(Type::set(Type::map(Type::Number))), r#"["set",["map","number"]]"#);
        let object = Type::Object(vec![("b".into(), Type::String), ("a".into(), Type::list(Type::Bool))]);
        assert_eq!(text(object), r#"["object",{"a":["list","bool"],"b":"string"}]"#);
    }
}
