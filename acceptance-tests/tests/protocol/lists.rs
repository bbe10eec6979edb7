//! Lists as streams, with one result in each message. A stream includes the results before a failure in the org, and
//! ends when the client disconnects.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::plugin_client::proto::tfplugin5::diagnostic::Severity;
use acceptance_tests::plugin_client::proto::tfplugin5::*;
use acceptance_tests::plugin_client::{Plugin, ProviderClient};
use serde_json::{Map, Value, json};
use tonic::transport::Channel;

use super::provider;

const APPS: &str = "salesforce_external_client_app";

/// A value of a block in which only these attributes are set.
fn encoded(schema: Option<&Schema>, values: &Value) -> Option<DynamicValue> {
    let block = schema?.block.as_ref()?;
    let mut object: Map<String, Value> =
        block.attributes.iter().map(|attribute| (attribute.name.clone(), Value::Null)).collect();
    for nested in &block.block_types {
        let empty = if nested.nesting == 1 { Value::Null } else { json!([]) };
        object.insert(nested.type_name.clone(), empty);
    }
    object.extend(values.as_object().cloned().unwrap_or_default());
    Some(DynamicValue { msgpack: Vec::new(), json: Value::Object(object).to_string().into_bytes() })
}

struct Org {
    emulator: Emulator,
    _plugin: Plugin,
    client: ProviderClient<Channel>,
    schema: GetSchemaResponse,
}

/// A provider that is connected to an org with this many apps.
async fn connected(apps: usize) -> Org {
    let emulator = Emulator::start();
    emulator.admin("POST", "/apps", Some(&json!({ "name": "Shop", "copies": apps - 1 })));
    let mut start = provider();
    for (name, value) in emulator.credentials() {
        start = start.env(&name, &value);
    }
    let plugin = start.run().await;
    let channel = plugin.connect(None).await.unwrap();
    let mut client = ProviderClient::new(channel).max_decoding_message_size(usize::MAX);
    let schema = client.get_schema(GetSchemaRequest {}).await.unwrap().into_inner();
    let config = encoded(schema.provider.as_ref(), &json!({}));
    let request =
        ConfigureRequest { terraform_version: "1.15.5".to_owned(), config, client_capabilities: None };
    let reply = client.configure(request).await.unwrap().into_inner();
    assert_eq!(reply.diagnostics, []);
    Org { emulator, _plugin: plugin, client, schema }
}

impl Org {
    async fn list(
        &mut self,
        type_name: &str,
        config: &Value,
        limit: i64,
        include: bool,
    ) -> tonic::Streaming<ListResourceEvent> {
        let request = ListResourceRequest {
            type_name: type_name.to_owned(),
            config: encoded(self.schema.list_resource_schemas.get(type_name), config),
            include_resource_object: include,
            limit,
        };
        self.client.list_resource(request).await.unwrap().into_inner()
    }

    fn calls(&self, operation: &str) -> usize {
        self.emulator.journal().iter().filter(|call| call["operation"] == operation).count()
    }
}

async fn all(mut events: tonic::Streaming<ListResourceEvent>) -> Vec<ListResourceEvent> {
    let mut found = Vec::new();
    while let Some(event) = events.message().await.unwrap() {
        found.push(event);
    }
    found
}

#[tokio::test]
async fn each_match_has_an_identity_and_a_name_and_a_state_if_requested() {
    let mut org = connected(3).await;
    assert_eq!(org.schema.list_resource_schemas.len(), 4);
    let names: Vec<String> = org.schema.list_resource_schemas.keys().cloned().collect();
    for name in names {
        for include in [false, true] {
            let events = all(org.list(&name, &json!({}), 0, include).await).await;
            assert_eq!(events.len(), 3, "{name}");
            for event in events {
                assert!(event.identity.is_some() && !event.display_name.is_empty(), "{name}: {event:?}");
                assert_eq!(event.resource_object.is_some(), include, "{name}");
                assert_eq!(event.diagnostic, [], "{name}");
            }
        }
    }
}

#[tokio::test]
async fn results_before_a_failure_of_the_org_are_returned() {
    let mut org = connected(5_000).await;
    let fault = json!({ "code": "INSUFFICIENT_ACCESS", "text": "You may not." });
    org.emulator.admin(
        "POST",
        "/faults",
        Some(&json!({ "call": "queryMore", "nth": 2, "do": { "fault": fault } })),
    );
    let mut events = all(org.list(APPS, &json!({}), 5_000, false).await).await;
    let last = events.pop().unwrap();
    assert_eq!(events.len(), 4_000);
    assert!(events.iter().all(|event| event.diagnostic.is_empty()));
    assert!(last.identity.is_none());
    let [diagnostic] = last.diagnostic.as_slice() else { panic!("{last:?}") };
    assert_eq!(diagnostic.severity(), Severity::Error);
    assert!(diagnostic.detail.contains("You may not."), "{diagnostic:?}");
}

#[tokio::test]
async fn a_list_ends_when_the_client_disconnects() {
    let mut org = connected(5_000).await;
    let mut events = org.list(APPS, &json!({}), 5_000, false).await;
    assert!(events.message().await.unwrap().is_some());
    drop(events);
    // Another call succeeds afterward, and the provider has not requested the remaining results.
    let found = all(org.list(APPS, &json!({}), 1, false).await).await;
    assert_eq!(found.len(), 1);
    assert_eq!(org.calls("queryMore"), 0);
}

#[tokio::test]
async fn a_list_without_an_org_is_one_error() {
    let plugin = provider().run().await;
    let channel = plugin.connect(None).await.unwrap();
    let mut client = ProviderClient::new(channel);
    let schema = client.get_schema(GetSchemaRequest {}).await.unwrap().into_inner();
    let config = || encoded(schema.list_resource_schemas.get(APPS), &json!({}));
    for (type_name, config, word) in [
        (APPS, config(), "before it configured the provider"),
        (APPS, None, "configuration"),
        ("salesforce_unicorn", config(), "salesforce_unicorn"),
        // A resource without a list.
        ("salesforce_org_oauth_oidc_settings", config(), "does not support the list resource"),
    ] {
        let request = ListResourceRequest {
            type_name: type_name.to_owned(),
            config: config.clone(),
            ..Default::default()
        };
        let events = all(client.list_resource(request).await.unwrap().into_inner()).await;
        let [event] = events.as_slice() else { panic!("{events:?}") };
        assert!(event.identity.is_none());
        let [diagnostic] = event.diagnostic.as_slice() else { panic!("{event:?}") };
        assert_eq!(diagnostic.severity(), Severity::Error);
        assert!(diagnostic.detail.contains(word), "{diagnostic:?}");
        if word != "before it configured the provider" {
            let request = ValidateListResourceConfigRequest {
                type_name: type_name.to_owned(),
                config,
                ..Default::default()
            };
            let reply = client.validate_list_resource_config(request).await.unwrap().into_inner();
            assert_eq!(reply.diagnostics.len(), 1, "{reply:?}");
        }
    }
}
