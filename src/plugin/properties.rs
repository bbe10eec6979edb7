//! Properties that hold for any input from Terraform: values, states of any version, the environment of the handshake,
//! and calls in any order (`requests`).

mod requests;

pub use requests::requests;

use serde_json::Value as Json;
use std::sync::OnceLock;

use super::dynamic_value::{self, Shape, property};
use super::generated::tfplugin5 as pb;
use super::handshake;
use super::listener::Address;
use super::tls::Tls;
use super::{Environment, logging, upgrades};
use crate::properties::{Choices, broken};
use crate::provider::{Block, Diagnostics, Offer, Provider};
use crate::value::Value;

/// An unconfigured provider, used for its schemas.
fn provider() -> &'static Provider {
    static PROVIDER: OnceLock<Provider> = OnceLock::new();
    PROVIDER.get_or_init(|| Provider::new(|_| None))
}

pub fn msgpack(data: &[u8]) {
    static EVERY_KIND: OnceLock<Block> = OnceLock::new();
    let provider = provider();
    let mut blocks = vec![EVERY_KIND.get_or_init(property::every_kind), &provider.provider_schema().block];
    blocks.extend(provider.schemas(Offer::Resource).iter().map(|(_, schema)| &schema.block));
    blocks.extend(provider.schemas(Offer::DataSource).iter().map(|(_, schema)| &schema.block));
    property::holds_for(&blocks, data);
}

fn raw(json: Vec<u8>) -> Option<pb::RawState> {
    Some(pb::RawState { json, ..Default::default() })
}

/// An upgrade never panics. An upgraded state matches the schema, keeps every digit of numbers, and does not change
/// when it is upgraded again. States of newer schemas are rejected.
pub fn states(data: &[u8]) {
    let mut choices = Choices::new(data);
    let schemas = provider().schemas(Offer::Resource);
    let Some((name, schema)) = schemas.get(choices.below(schemas.len())) else { return };
    let shape = Shape::Block(&schema.block);
    let version = choices.of(&[0, 0, 0, 0, 1, -1, i64::MAX, i64::MIN]);
    let (json, expected) = match choices.below(3) {
        0 => (choices.rest().to_vec(), None),
        way => {
            let state = property::inside(shape, &mut choices, false);
            let (wire, _) = dynamic_value::encode_state(&state, shape);
            match way {
                1 => (with_unknown_attributes(&wire.json, &mut choices), Some(state)),
                _ => (choices.mutated(&wire.json), None),
            }
        }
    };
    let upgraded = upgraded(name, version, &json);
    if version > schema.version {
        let Err(found) = upgraded else { return broken("a newer state was accepted") };
        let message: String = found.0.iter().map(|one| one.detail.as_str()).collect();
        assert!(message.contains("a newer version of the provider"), "{message}");
        return;
    }
    match (upgraded, expected) {
        (Ok(state), expected) => {
            let wire = pb::DynamicValue { json: state.clone(), ..Default::default() };
            match dynamic_value::decode(&wire, shape) {
                Ok(value) => assert!(expected.is_none_or(|expected| value == expected), "{value:?}"),
                Err(problem) => broken(format!("does not fit the schema: {problem:?}")),
            }
            assert_eq!(upgraded_again(name, &state), Ok(state), "upgraded twice");
        }
        (Err(found), Some(state)) => broken(format!("{found:?} for {state:?}")),
        (Err(found), None) => assert!(found.has_errors(), "neither a state nor an error"),
    }
    // Upgrading the same bytes as an identity, or moving them to another type, must not panic.
    let identity = pb::UpgradeResourceIdentityRequest {
        type_name: (*name).to_owned(),
        version,
        raw_identity: raw(json.clone()),
    };
    if let Ok(answer) = upgrades::identity(provider(), identity) {
        assert_eq!(answer.diagnostics, [], "an identity");
    }
    let Some((target, target_schema)) = schemas.get(choices.below(schemas.len())) else { return };
    let moving = pb::MoveResourceStateRequest {
        source_provider_address: "registry.terraform.io/salesforce-community/salesforce".to_owned(),
        source_type_name: (*name).to_owned(),
        source_schema_version: version,
        source_state: raw(json),
        source_private: choices.rest().to_vec(),
        target_type_name: (*target).to_owned(),
        ..Default::default()
    };
    if let Ok(answer) = upgrades::moved(provider(), moving) {
        let state = answer.target_state.unwrap_or_default();
        let read = dynamic_value::decode(&state, Shape::Block(&target_schema.block));
        assert!(read.is_ok(), "{read:?}");
    }
}

fn upgraded(name: &str, version: i64, json: &[u8]) -> Result<Vec<u8>, Diagnostics> {
    let request = pb::UpgradeResourceStateRequest {
        type_name: name.to_owned(),
        version,
        raw_state: raw(json.to_vec()),
    };
    let answer = upgrades::state(provider(), request)?;
    Ok(answer.upgraded_state.unwrap_or_default().json)
}

fn upgraded_again(name: &str, json: &[u8]) -> Result<Vec<u8>, Diagnostics> {
    upgraded(name, 0, json)
}

/// The state with attributes that the schema does not have.
fn with_unknown_attributes(json: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let Ok(Json::Object(mut state)) = serde_json::from_slice(json) else { return json.to_vec() };
    for _ in 0..choices.below(3) {
        let unknown = match choices.below(4) {
            0 => Json::Null,
            1 => Json::from(choices.text(8)),
            2 => Json::from(vec![choices.byte(); 3]),
            _ => Json::Object(serde_json::Map::from_iter([("deep".to_owned(), Json::Bool(true))])),
        };
        state.insert(format!("no_more_{}", choices.byte()), unknown);
    }
    Json::Object(state).to_string().into_bytes()
}

/// Any environment results in an error, or in a handshake line that go-plugin parses into the same fields.
pub fn handshake(data: &[u8]) {
    let mut choices = Choices::new(data);
    let versions = choices.of(&["5", "6,5", "", "6", " 5 ", "5,5,99999999999999999999"]).to_owned();
    let versions = if choices.one_in(4) { choices.text(20) } else { versions };
    let multiplex = choices.text(4);
    let level = choices.text(8);
    let directory = match choices.below(3) {
        0 => choices.text(120),
        _ => format!("/tmp/{}", choices.text(30)),
    };
    let certificate = choices.bytes(64).to_vec();
    let client = String::from_utf8_lossy(choices.rest()).into_owned();
    let environment = Environment::new({
        let (versions, multiplex) = (versions.clone(), multiplex.clone());
        move |name| match name {
            "TF_PLUGIN_MAGIC_COOKIE" => {
                Some("d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2".to_owned())
            }
            "PLUGIN_PROTOCOL_VERSIONS" => Some(versions.clone()),
            "PLUGIN_MULTIPLEX_GRPC" => Some(multiplex.clone()),
            "TF_LOG" | "TF_LOG_PROVIDER" => Some(level.clone()),
            _ => None,
        }
    });
    let offered = versions.split(',').any(|version| version.trim().parse::<u32>() == Ok(5));
    assert_eq!(handshake::check(&environment).is_ok(), offered, "{versions:?}");
    let _ = logging::level(&environment);
    if let Err(error) = Tls::pinned_to(&client) {
        assert!(error.to_string().len() < 300, "{error}");
    }
    let text = format!("{directory}/plugin/s.sock");
    let fits = handshake::fits_handshake_line(&text);
    let is_plain = text.chars().all(|c| c.is_ascii_graphic() && c != '|');
    assert!(fits || !is_plain, "{text:?} is valid");
    if fits {
        let address = Address { network: "unix", text: text.clone() };
        let line = handshake::line(&environment, &address, Some(&certificate));
        // go-plugin reads one line, trims it and splits it into at most seven fields.
        let read = line.lines().next().unwrap_or_default().trim();
        let fields: Vec<&str> = read.split('|').collect();
        assert_eq!(fields.len(), if multiplex.is_empty() { 6 } else { 7 }, "{line:?}");
        let [core, protocol, network, address, kind, ..] = fields.as_slice() else { return broken(line) };
        let read = [*core, *protocol, *network, *address, *kind];
        assert_eq!(read, ["1", "5", "unix", text.as_str(), "grpc"], "{line:?}");
        let reattach = handshake::reattach_line(&Address { network: "unix", text });
        assert_eq!(reattach.lines().count(), 1, "{reattach:?}");
        let word = reattach.trim_end().replace(r"'\''", "");
        assert_eq!(word.matches('\'').count(), 2, "not quoted for a shell: {reattach:?}");
    }
}

fn value(block: &Block, choices: &mut Choices<'_>) -> Value {
    property::inside(Shape::Block(block), choices, true)
}
