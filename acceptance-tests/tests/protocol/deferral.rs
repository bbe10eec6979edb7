//! A provider block with unknown values and a caller that supports deferral, such as Stacks and experimental builds of
//! Terraform.

use acceptance_tests::plugin_client::ProviderClient;
use acceptance_tests::plugin_client::proto::tfplugin5::*;
use rmpv::Value;
use tonic::transport::Channel;

use super::provider;

const APP: &str = "salesforce_external_client_app";

/// An object of a schema with these attributes. All other attributes are null.
fn object(schema: &Schema, values: &[(&str, Value)]) -> DynamicValue {
    let block = schema.block.as_ref().unwrap();
    let value =
        |name: &str| values.iter().find(|(known, _)| *known == name).map_or(Value::Nil, |(_, it)| it.clone());
    let attributes = block.attributes.iter().map(|attribute| attribute.name.clone());
    let blocks = block.block_types.iter().map(|nested| nested.type_name.clone());
    let entries = attributes.chain(blocks).map(|name| {
        let value = value(&name);
        (Value::from(name), value)
    });
    let mut msgpack = Vec::new();
    rmpv::encode::write_value(&mut msgpack, &Value::Map(entries.collect())).unwrap();
    DynamicValue { msgpack, json: Vec::new() }
}

fn capabilities(deferral_allowed: bool) -> Option<ClientCapabilities> {
    Some(ClientCapabilities { deferral_allowed, write_only_attributes_allowed: true })
}

fn is_deferred(deferred: Option<Deferred>) -> bool {
    deferred.is_some_and(|deferred| deferred.reason() == deferred::Reason::ProviderConfigUnknown)
}

fn texts(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|one| format!("{}: {}\n", one.summary, one.detail)).collect()
}

async fn configured(
    instance_url: Value,
) -> (acceptance_tests::plugin_client::Plugin, ProviderClient<Channel>, GetSchemaResponse) {
    let plugin = provider().run().await;
    let channel = plugin.connect(None).await.unwrap();
    let mut client = ProviderClient::new(channel);
    let schema = client.get_schema(GetSchemaRequest {}).await.unwrap().into_inner();
    let token = Value::from("00D000000000001!canary");
    let config =
        object(schema.provider.as_ref().unwrap(), &[("instance_url", instance_url), ("access_token", token)]);
    let request = ConfigureRequest {
        terraform_version: "1.15.5".to_owned(),
        config: Some(config),
        client_capabilities: capabilities(true),
    };
    let reply = client.configure(request).await.unwrap().into_inner();
    assert!(reply.diagnostics.is_empty(), "{}", texts(&reply.diagnostics));
    (plugin, client, schema)
}

#[tokio::test]
async fn operations_that_need_the_org_are_deferred_if_allowed() {
    let unknown = Value::Ext(0, vec![0]);
    let (_plugin, mut client, schema) = configured(unknown).await;
    let resource = &schema.resource_schemas[APP];
    let name = ("name", Value::from("Shop"));
    let label = ("label", Value::from("Shop"));
    let state = object(resource, &[name.clone(), label.clone(), ("id", Value::from("Shop"))]);
    let config = object(resource, &[name, label]);
    for allowed in [true, false] {
        let read = client
            .read_resource(ReadResourceRequest {
                type_name: APP.to_owned(),
                current_state: Some(state.clone()),
                private: b"{}".to_vec(),
                client_capabilities: capabilities(allowed),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner();
        assert_eq!(is_deferred(read.deferred), allowed);
        assert_eq!(read.private, b"{}");
        let messages = texts(&read.diagnostics);
        assert_eq!(messages.contains("State not refreshed"), !allowed, "{messages}");
        let plan = client
            .plan_resource_change(PlanResourceChangeRequest {
                type_name: APP.to_owned(),
                prior_state: Some(DynamicValue { msgpack: vec![0xc0], json: Vec::new() }),
                proposed_new_state: Some(config.clone()),
                config: Some(config.clone()),
                client_capabilities: capabilities(allowed),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner();
        assert_eq!(is_deferred(plan.deferred), allowed);
        assert!(plan.diagnostics.is_empty(), "{}", texts(&plan.diagnostics));
        assert!(plan.planned_state.is_some_and(|planned| planned.msgpack.len() > 1));

        let import = client
            .import_resource_state(ImportResourceStateRequest {
                type_name: APP.to_owned(),
                id: "Shop".to_owned(),
                client_capabilities: capabilities(allowed),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner();
        assert_eq!((is_deferred(import.deferred), import.diagnostics.is_empty()), (allowed, allowed));
        let data = client
            .read_data_source(ReadDataSourceRequest {
                type_name: "salesforce_org".to_owned(),
                config: Some(object(&schema.data_source_schemas["salesforce_org"], &[])),
                client_capabilities: capabilities(allowed),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner();
        assert_eq!((is_deferred(data.deferred), data.diagnostics.is_empty()), (allowed, allowed));
        let type_name = "salesforce_external_client_app_credentials";
        let ephemeral = client
            .open_ephemeral_resource(OpenEphemeralResourceRequest {
                type_name: type_name.to_owned(),
                config: Some(object(
                    &schema.ephemeral_resource_schemas[type_name],
                    &[("external_client_app", Value::from("Shop"))],
                )),
                client_capabilities: capabilities(allowed),
            })
            .await
            .unwrap()
            .into_inner();
        assert_eq!((is_deferred(ephemeral.deferred), ephemeral.diagnostics.is_empty()), (allowed, allowed));
    }
}

#[tokio::test]
async fn nothing_is_deferred_with_a_known_provider_block() {
    // Nothing listens at this address.
    let (_plugin, mut client, schema) = configured(Value::from("http://127.0.0.1:9")).await;
    let data = client
        .read_data_source(ReadDataSourceRequest {
            type_name: "salesforce_org".to_owned(),
            config: Some(object(&schema.data_source_schemas["salesforce_org"], &[])),
            client_capabilities: capabilities(true),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert!(data.deferred.is_none() && !data.diagnostics.is_empty());
}
