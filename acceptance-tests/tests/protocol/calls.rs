//! Tests that the response to any call is a reply with diagnostics, never a gRPC error status.

use acceptance_tests::plugin_client::proto::tfplugin5::diagnostic::Severity;
use acceptance_tests::plugin_client::proto::tfplugin5::*;
use acceptance_tests::plugin_client::{Plugin, ProviderClient};
use tonic::transport::Channel;

use super::provider;

pub async fn connected() -> (Plugin, ProviderClient<Channel>) {
    let plugin = provider().run().await;
    let channel = plugin.connect(None).await.unwrap();
    let client = ProviderClient::new(channel)
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    (plugin, client)
}

fn garbage() -> Option<DynamicValue> {
    Some(DynamicValue { msgpack: vec![0xc1, 0xff, 0x00], json: Vec::new() })
}

fn one_error(diagnostics: &[Diagnostic], word: &str) {
    let [diagnostic] = diagnostics else { panic!("{diagnostics:?}") };
    assert_eq!(diagnostic.severity(), Severity::Error);
    let text = format!("{}: {}", diagnostic.summary, diagnostic.detail);
    assert!(text.contains(word), "{text}");
}

#[tokio::test]
async fn invalid_values_become_diagnostics() {
    let (_plugin, mut client) = connected().await;
    for config in [
        garbage(),
        None,
        Some(DynamicValue { msgpack: vec![0x91; 100_000], json: Vec::new() }),
        Some(DynamicValue { msgpack: vec![0xc0; 17 * 1024 * 1024], json: Vec::new() }),
        Some(DynamicValue { msgpack: Vec::new(), json: b"{".to_vec() }),
    ] {
        let request = ConfigureRequest {
            terraform_version: "1.11.4".to_owned(),
            config: config.clone(),
            client_capabilities: None,
        };
        let reply = client.configure(request).await.unwrap().into_inner();
        one_error(&reply.diagnostics, "provider configuration");
        let request = PrepareProviderConfigRequest { config };
        let reply = client.prepare_provider_config(request).await.unwrap().into_inner();
        one_error(&reply.diagnostics, "provider configuration");
    }
}

#[tokio::test]
async fn unknown_types_become_diagnostics() {
    let (_plugin, mut client) = connected().await;
    let type_name = || "salesforce_unicorn".to_owned();
    macro_rules! assert_unknown {
        ($call:ident, $request:expr) => {
            let reply = client.$call($request).await.unwrap().into_inner();
            one_error(&reply.diagnostics, "salesforce_unicorn");
        };
    }
    assert_unknown!(
        validate_resource_type_config,
        ValidateResourceTypeConfigRequest { type_name: type_name(), ..Default::default() }
    );
    assert_unknown!(
        upgrade_resource_state,
        UpgradeResourceStateRequest { type_name: type_name(), ..Default::default() }
    );
    assert_unknown!(
        upgrade_resource_identity,
        UpgradeResourceIdentityRequest { type_name: type_name(), ..Default::default() }
    );
    assert_unknown!(read_resource, ReadResourceRequest { type_name: type_name(), ..Default::default() });
    assert_unknown!(
        plan_resource_change,
        PlanResourceChangeRequest { type_name: type_name(), ..Default::default() }
    );
    assert_unknown!(
        apply_resource_change,
        ApplyResourceChangeRequest { type_name: type_name(), ..Default::default() }
    );
    assert_unknown!(
        import_resource_state,
        ImportResourceStateRequest { type_name: type_name(), ..Default::default() }
    );
    assert_unknown!(
        move_resource_state,
        MoveResourceStateRequest { target_type_name: type_name(), ..Default::default() }
    );
    assert_unknown!(
        validate_data_source_config,
        ValidateDataSourceConfigRequest { type_name: type_name(), ..Default::default() }
    );
    assert_unknown!(read_data_source, ReadDataSourceRequest { type_name: type_name(), ..Default::default() });
    assert_unknown!(
        open_ephemeral_resource,
        OpenEphemeralResourceRequest { type_name: type_name(), ..Default::default() }
    );
    let request = CallFunctionRequest { name: "unicorn".to_owned(), arguments: Vec::new() };
    let reply = client.call_function(request).await.unwrap().into_inner();
    assert!(reply.error.unwrap().text.contains("unicorn"));
}

#[tokio::test]
async fn calls_before_the_schema_succeed_and_metadata_matches_the_schema() {
    let (_plugin, mut client) = connected().await;
    client.get_resource_identity_schemas(GetResourceIdentitySchemasRequest {}).await.unwrap();
    client.get_functions(GetFunctionsRequest {}).await.unwrap();
    let metadata = client.get_metadata(GetMetadataRequest {}).await.unwrap().into_inner();
    let schema = client.get_schema(GetSchemaRequest {}).await.unwrap().into_inner();
    assert_eq!(metadata.resources.len(), schema.resource_schemas.len());
    assert_eq!(metadata.data_sources.len(), schema.data_source_schemas.len());
    assert_eq!(metadata.list_resources.len(), schema.list_resource_schemas.len());
    assert_eq!(metadata.server_capabilities, schema.server_capabilities);
}

#[tokio::test]
async fn concurrent_calls_succeed() {
    let (_plugin, client) = connected().await;
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let mut client = client.clone();
            tokio::spawn(async move { client.get_schema(GetSchemaRequest {}).await.is_ok() })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
}
