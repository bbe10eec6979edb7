//! Properties that hold for any calls, in any order and concurrently, and for any responses from the org: each call
//! gets a response without a panic, the server continues to respond, and it stops on shutdown.
//!
//! A client sends frames through a pipe to a complete server. The input bytes determine the responses from the org
//! (`Provider::connected_to`). The clock is paused, so waiting takes no time.

use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use prost::bytes::Bytes;
use tokio::time::timeout;
use tokio_stream::StreamExt as _;
use tonic::codegen::http;

use super::{Shape, property, value};
use crate::plugin::connections::Connection;
use crate::plugin::dynamic_value::encode;
use crate::plugin::generated::tfplugin5 as pb;
use crate::plugin::lifecycle::Lifecycle;
use crate::plugin::serve_grpc;
use crate::properties::{Choices, broken};
use crate::provider::{Block, Offer, Provider, SOURCE_ADDRESS, Schema};
use crate::value::Value;

/// Longer than any timeout of the provider.
const PATIENCE: Duration = Duration::from_secs(12 * 3600);
const MOST_CALLS: usize = 8;
/// The diagnostic that a panic becomes contains this text.
const BUG: &[u8] = b"Provider bug";

pub fn requests(data: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    match runtime {
        Ok(runtime) => runtime.block_on(run(data)),
        Err(error) => broken(error),
    }
}

async fn run(data: &[u8]) {
    let mut choices = Choices::new(data);
    let script = choices.bytes(200).to_vec();
    let provider = match choices.below(4) {
        0 => Provider::new(|_| None),
        _ => Provider::connected_to(script),
    };
    let lifecycle = Lifecycle::new(Arc::new(provider));
    let (near, far) = tokio::io::duplex(64 * 1024);
    let connection = Connection::of(Box::new(far), lifecycle.connections.enter());
    let server = tokio::spawn({
        let lifecycle = lifecycle.clone();
        async move {
            let connections = tokio_stream::once(Ok(connection)).chain(tokio_stream::pending());
            serve_grpc(connections, &lifecycle).await.is_ok()
        }
    });
    let Ok((client, wire)) = h2::client::handshake(near).await else { return broken("no HTTP/2") };
    let wire = tokio::spawn(wire);

    let mut terraform = Terraform { provider: &lifecycle.provider, planned: None };
    let mut later = Vec::new();
    let mut is_over = false;
    for _ in 0..MOST_CALLS {
        if choices.is_over() {
            break;
        }
        let call = terraform.call(&mut choices);
        is_over |= call.path.ends_with("/Shutdown");
        let answer = tokio::spawn(answered(client.clone(), call.clone()));
        if choices.one_in(3) {
            later.push((call, answer, is_over));
        } else {
            let reply = check(&call, answer.await.ok(), is_over);
            terraform.learn(&call, &reply);
        }
    }
    for (call, answer, was_over) in later {
        check(&call, answer.await.ok(), was_over || is_over);
    }
    if !is_over {
        let call = Call::of("GetMetadata", pb::GetMetadataRequest {}.encode_to_vec());
        let reply = check(&call, Some(answered(client.clone(), call.clone()).await), false);
        assert!(!reply.is_empty(), "the server is running but does not respond");
    }
    assert!(timeout(PATIENCE, lifecycle.calls.none()).await.is_ok(), "something goes on for ever");
    lifecycle.shutdown.cancel();
    drop(client);
    let ended = timeout(PATIENCE, server).await;
    assert!(matches!(ended, Ok(Ok(true))), "the server did not end: {ended:?}");
    wire.abort();
}

/// A call as sent over the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Call {
    path: String,
    /// The body with its gRPC prefix, possibly malformed.
    frame: Vec<u8>,
    /// Whether Terraform could send the call. The response to such a call must not be a gRPC error.
    is_sound: bool,
    type_name: String,
    config: Vec<u8>,
    prior: Vec<u8>,
}

impl Call {
    fn of(rpc: &str, message: Vec<u8>) -> Call {
        Call {
            path: format!("/tfplugin5.Provider/{rpc}"),
            frame: framed(&message),
            is_sound: true,
            type_name: String::new(),
            config: Vec::new(),
            prior: Vec::new(),
        }
    }
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0][..], &length.to_be_bytes(), message].concat()
}

#[derive(Debug)]
struct Received {
    status: Option<String>,
    body: Vec<u8>,
}

/// Sends a call and reads the complete response.
async fn answered(mut client: h2::client::SendRequest<Bytes>, call: Call) -> Result<Received, String> {
    let request = http::Request::post(format!("http://plugin{}", call.path))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .map_err(|error| error.to_string())?;
    let describe = |error: h2::Error| error.to_string();
    let (response, mut body) = client.send_request(request, false).map_err(describe)?;
    // Sending fails if the server has already responded.
    let _ = body.send_data(Bytes::from(call.frame), true);
    let read = async {
        let response = response.await.map_err(describe)?;
        let status = |headers: &http::HeaderMap| -> Option<String> {
            Some(headers.get("grpc-status")?.to_str().ok()?.to_owned())
        };
        let early = status(response.headers());
        let (mut stream, mut bytes) = (response.into_body(), Vec::new());
        while let Some(chunk) = stream.data().await {
            let chunk = chunk.map_err(describe)?;
            let _ = stream.flow_control().release_capacity(chunk.len());
            bytes.extend_from_slice(&chunk);
        }
        let late = stream.trailers().await.map_err(describe)?;
        Ok(Received { status: early.or_else(|| status(&late?)), body: bytes })
    };
    timeout(PATIENCE, read).await.unwrap_or_else(|_| Err("no answer".to_owned()))
}

/// Checks a response and returns its body without the first gRPC prefix.
fn check(call: &Call, answer: Option<Result<Received, String>>, may_be_cut: bool) -> Vec<u8> {
    match answer {
        Some(Ok(answer)) => {
            assert!(answer.status.is_some(), "{}: an answer without a status", call.path);
            assert!(
                !answer.body.windows(BUG.len()).any(|window| window == BUG),
                "{}: {:?}",
                call.path,
                String::from_utf8_lossy(&answer.body)
            );
            let is_good = answer.status.as_deref() == Some("0");
            assert!(is_good || !call.is_sound, "{}: gRPC status {:?}", call.path, answer.status);
            answer.body.get(5..).unwrap_or_default().to_vec()
        }
        // The shutdown of the server ends running calls.
        _ if may_be_cut => Vec::new(),
        problem => {
            broken(format!("{}: {problem:?}", call.path));
            Vec::new()
        }
    }
}

/// Generates calls like those of Terraform.
struct Terraform<'a> {
    provider: &'a Provider,
    /// The last plan, which a later call can apply.
    planned: Option<(Call, pb::PlanResourceChangeResponse)>,
}

const SOUND_CALLS: usize = 26;

impl Terraform<'_> {
    fn call(&mut self, choices: &mut Choices<'_>) -> Call {
        match choices.below(8) {
            0 => {
                let paths = [
                    "/grpc.health.v1.Health/Check",
                    "/plugin.GRPCController/Shutdown",
                    "/plugin.GRPCBroker/Nothing",
                    "/tfplugin5.Provider/Nothing",
                    "/",
                ];
                let path = choices.of(&paths).to_owned();
                Call { path, frame: choices.bytes(64).to_vec(), is_sound: false, ..Call::of("", Vec::new()) }
            }
            // The body may be damaged, except for Configure, which must not connect to a real host.
            1 => {
                let call = self.sound(choices);
                let is_kept = call.path.ends_with("/Configure");
                let frame = match choices.below(2) {
                    _ if is_kept => call.frame.clone(),
                    0 => choices.mutated(&call.frame),
                    _ => framed(&choices.mutated(call.frame.get(5..).unwrap_or_default())),
                };
                Call { is_sound: is_kept, frame, ..call }
            }
            _ => self.sound(choices),
        }
    }

    fn learn(&mut self, call: &Call, reply: &[u8]) {
        if call.path.ends_with("/PlanResourceChange")
            && call.is_sound
            && let Ok(reply) = pb::PlanResourceChangeResponse::decode(reply)
            && reply.planned_state.is_some()
        {
            self.planned = Some((call.clone(), reply));
        }
    }

    fn sound(&self, choices: &mut Choices<'_>) -> Call {
        let client_capabilities =
            Some(pb::ClientCapabilities { deferral_allowed: choices.one_in(4), ..Default::default() });
        let resources = self.provider.schemas(Offer::Resource);
        let (type_name, schema) = pick(&resources, choices);
        let name = type_name.clone();
        let block = schema.map(|schema| &schema.block);
        match choices.below(SOUND_CALLS) {
            0 => Call::of("GetMetadata", pb::GetMetadataRequest {}.encode_to_vec()),
            1 => Call::of("GetSchema", pb::GetSchemaRequest {}.encode_to_vec()),
            2 => Call::of("Stop", pb::StopRequest {}.encode_to_vec()),
            3 => Call::of("Configure", self.configuration(choices).encode_to_vec()),
            4 => {
                let config = some(Some(&self.provider.provider_schema().block), choices);
                let request = pb::PrepareProviderConfigRequest { config };
                Call::of("PrepareProviderConfig", request.encode_to_vec())
            }
            5 => {
                let request = pb::ValidateResourceTypeConfigRequest {
                    type_name,
                    config: some(block, choices),
                    client_capabilities,
                };
                Call::of("ValidateResourceTypeConfig", request.encode_to_vec())
            }
            6 => {
                let request = pb::UpgradeResourceStateRequest {
                    type_name,
                    version: choices.of(&[0, 0, 1, -1]),
                    raw_state: Some(pb::RawState { json: choices.bytes(64).to_vec(), ..Default::default() }),
                };
                Call::of("UpgradeResourceState", request.encode_to_vec())
            }
            7..10 => {
                let request = pb::ReadResourceRequest {
                    current_state: some(block, choices),
                    private: private(choices),
                    client_capabilities,
                    current_identity: self.identity(&name, choices),
                    type_name,
                    ..Default::default()
                };
                Call::of("ReadResource", request.encode_to_vec())
            }
            10..14 => {
                let config = some(block, choices);
                let prior = if choices.one_in(2) { some(block, choices) } else { null() };
                let proposed = if choices.one_in(6) { null() } else { config.clone() };
                let request = pb::PlanResourceChangeRequest {
                    type_name,
                    prior_state: prior.clone(),
                    proposed_new_state: proposed,
                    config: config.clone(),
                    prior_private: private(choices),
                    client_capabilities,
                    prior_identity: self.identity(&name, choices),
                    ..Default::default()
                };
                let bytes = |value: Option<pb::DynamicValue>| value.unwrap_or_default().msgpack;
                Call {
                    type_name: name,
                    config: bytes(config),
                    prior: bytes(prior),
                    ..Call::of("PlanResourceChange", request.encode_to_vec())
                }
            }
            14..18 => {
                let request = match &self.planned {
                    Some((plan, reply)) if !choices.one_in(4) => pb::ApplyResourceChangeRequest {
                        type_name: plan.type_name.clone(),
                        prior_state: wire(plan.prior.clone()),
                        planned_state: reply.planned_state.clone(),
                        config: wire(plan.config.clone()),
                        planned_private: reply.planned_private.clone(),
                        planned_identity: reply.planned_identity.clone(),
                        ..Default::default()
                    },
                    _ => pb::ApplyResourceChangeRequest {
                        prior_state: if choices.one_in(2) { some(block, choices) } else { null() },
                        planned_state: if choices.one_in(3) { null() } else { some(block, choices) },
                        config: some(block, choices),
                        planned_private: private(choices),
                        planned_identity: self.identity(&name, choices),
                        type_name,
                        ..Default::default()
                    },
                };
                Call::of("ApplyResourceChange", request.encode_to_vec())
            }
            18 => {
                let id = if choices.one_in(2) { "Shop".to_owned() } else { choices.text(20) };
                let request = pb::ImportResourceStateRequest {
                    id,
                    client_capabilities,
                    identity: self.identity(&name, choices),
                    type_name,
                };
                Call::of("ImportResourceState", request.encode_to_vec())
            }
            19 => {
                let (target_type_name, _) = pick(&resources, choices);
                let request = pb::MoveResourceStateRequest {
                    source_provider_address: SOURCE_ADDRESS.to_owned(),
                    source_type_name: type_name,
                    source_state: Some(pb::RawState {
                        json: choices.bytes(64).to_vec(),
                        ..Default::default()
                    }),
                    target_type_name,
                    source_private: private(choices),
                    ..Default::default()
                };
                Call::of("MoveResourceState", request.encode_to_vec())
            }
            20 | 21 => {
                let (type_name, schema) = pick(&self.provider.schemas(Offer::DataSource), choices);
                let config = some(schema.map(|schema| &schema.block), choices);
                let request = pb::ReadDataSourceRequest {
                    type_name,
                    config,
                    client_capabilities,
                    ..Default::default()
                };
                Call::of("ReadDataSource", request.encode_to_vec())
            }
            22 => {
                let (type_name, schema) = pick(&self.provider.schemas(Offer::EphemeralResource), choices);
                let config = some(schema.map(|schema| &schema.block), choices);
                let request = pb::OpenEphemeralResourceRequest { type_name, config, client_capabilities };
                Call::of("OpenEphemeralResource", request.encode_to_vec())
            }
            23 => {
                let (type_name, schema) = pick(&self.provider.schemas(Offer::ListResource), choices);
                let config = some(schema.map(|schema| &schema.block), choices);
                let limit = choices.of(&[0, 1, 100, -1, i64::MAX]);
                let include_resource_object = choices.one_in(2);
                let request = pb::ListResourceRequest { type_name, config, include_resource_object, limit };
                Call::of("ListResource", request.encode_to_vec())
            }
            24 => {
                let names: Vec<&str> = self.provider.functions().iter().map(|one| one.name).collect();
                let value = property::value(Shape::plain(&crate::value::Type::String), choices, true);
                let (argument, _) = encode(&value, Shape::plain(&crate::value::Type::String));
                let arguments = vec![argument; choices.of(&[1, 1, 0, 2])];
                let request = pb::CallFunctionRequest { name: choices.of(&names).to_owned(), arguments };
                Call::of("CallFunction", request.encode_to_vec())
            }
            _ => {
                let (action_type, schema) = pick(&self.provider.schemas(Offer::Action), choices);
                let config = some(schema.map(|schema| &schema.block), choices);
                let request = pb::InvokeActionRequest { action_type, config, ..Default::default() };
                Call::of("InvokeAction", request.encode_to_vec())
            }
        }
    }

    /// A provider configuration with only unknown and null attributes, so that the provider does not connect to a host.
    fn configuration(&self, choices: &mut Choices<'_>) -> pb::ConfigureRequest {
        let block = &self.provider.provider_schema().block;
        let mut config = block.empty();
        for attribute in &block.attributes {
            if choices.one_in(4) {
                config.put(&attribute.name, Value::Unknown);
            }
        }
        let (config, _) = encode(&config, Shape::Block(block));
        pb::ConfigureRequest {
            terraform_version: choices.text(8),
            config: Some(config),
            client_capabilities: None,
        }
    }

    fn identity(&self, type_name: &str, choices: &mut Choices<'_>) -> Option<pb::ResourceIdentityData> {
        let ty = self.provider.identity_schema(type_name)?.ty();
        if choices.one_in(2) {
            return None;
        }
        let value = property::inside(Shape::plain(&ty), choices, false);
        Some(pb::ResourceIdentityData { identity_data: Some(encode(&value, Shape::plain(&ty)).0) })
    }
}

fn pick<'a>(schemas: &[(&'a str, &'a Schema)], choices: &mut Choices<'_>) -> (String, Option<&'a Schema>) {
    let at = choices.below(schemas.len());
    schemas.get(at).map_or_else(Default::default, |(name, schema)| ((*name).to_owned(), Some(*schema)))
}

fn some(block: Option<&Block>, choices: &mut Choices<'_>) -> Option<pb::DynamicValue> {
    let block = block?;
    Some(encode(&value(block, choices), Shape::Block(block)).0)
}

fn wire(msgpack: Vec<u8>) -> Option<pb::DynamicValue> {
    Some(pb::DynamicValue { msgpack, ..Default::default() })
}

fn null() -> Option<pb::DynamicValue> {
    wire(vec![0xc0])
}

fn private(choices: &mut Choices<'_>) -> Vec<u8> {
    match choices.below(4) {
        0 => choices.bytes(24).to_vec(),
        1 => br#"{"imported":true}"#.to_vec(),
        2 => br#"{"managed":["permitted_users"],"own_app":true,"protected":true}"#.to_vec(),
        _ => Vec::new(),
    }
}
