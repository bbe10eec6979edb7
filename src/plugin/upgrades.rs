//! Upgrades of stored states and identities, and moves of states to another type.
//!
//! Terraform requests an upgrade of every stored state first, even if the state has the current version. The rules:
//! - A state of a newer schema is rejected before it is read.
//! - Attributes that the schema no longer has are dropped.
//! - Attributes that the state lacks get their default value. Otherwise a plan without a refresh would change every
//!   resource, and a refresh would report drift. Attributes without a default are null, and blocks are empty, until the
//!   next refresh.
//! - An attribute that the state has keeps its value, even if it is null.
//! - A value of the wrong type is an error with the path of the value.
//!
//! Not here: private state (`provider/private.rs`).

use super::from_proto::{self, Result};
use super::generated::tfplugin5 as pb;
use super::to_proto;
use crate::provider::{Diagnostics, Provider, SOURCE_ADDRESS, Schema, bugs};
use crate::value::{Path, Step, Value};
use serde_json::Value as Json;

pub fn state(
    provider: &Provider,
    request: pb::UpgradeResourceStateRequest,
) -> Result<pb::UpgradeResourceStateResponse> {
    let schema = from_proto::resource(provider, &request.type_name)?.schema;
    Provider::reject_newer("state", &request.type_name, request.version, schema.version)?;
    let state = stored_state(&request.type_name, request.raw_state, schema)?;
    let mut problems = Diagnostics::default();
    Ok(pb::UpgradeResourceStateResponse {
        upgraded_state: to_proto::state(&state, schema, &mut problems),
        diagnostics: to_proto::diagnostics(problems),
    })
}

pub fn identity(
    provider: &Provider,
    request: pb::UpgradeResourceIdentityRequest,
) -> Result<pb::UpgradeResourceIdentityResponse> {
    let Some(schema) = provider.identity_schema(&request.type_name) else {
        return Err(from_proto::unknown("identity of resource type", &request.type_name));
    };
    Provider::reject_newer("identity", &request.type_name, request.version, schema.version)?;
    let identity = from_proto::raw_identity(request.raw_identity, schema)?;
    let mut problems = Diagnostics::default();
    Ok(pb::UpgradeResourceIdentityResponse {
        upgraded_identity: to_proto::identity(Some(&identity), Some(schema), &mut problems),
        diagnostics: to_proto::diagnostics(problems),
    })
}

pub fn moved(
    provider: &Provider,
    request: pb::MoveResourceStateRequest,
) -> Result<pb::MoveResourceStateResponse> {
    let (source, target) = (request.source_type_name, request.target_type_name);
    let unsupported = || -> Diagnostics {
        bugs::UNSUPPORTED_MOVE
            .diagnostic(format!(
                "A moved block changes {source:?} to {target:?}, which is not supported. Remove the block and import \
                 the object instead."
            ))
            .into()
    };
    if !is_this_provider(&request.source_provider_address) {
        return Err(unsupported());
    }
    let from = from_proto::resource(provider, &source).map_err(|_| unsupported())?;
    let to = from_proto::resource(provider, &target)?;
    Provider::reject_newer("state", &source, request.source_schema_version, from.schema.version)?;
    let state = stored_state(&source, request.source_state, from.schema)?;
    let mut problems = provider.check_private(&source, &request.source_private);
    let moved = provider.move_resource_state(&source, &target, &state, &request.source_private);
    let (moved, private) = moved.ok_or_else(unsupported)?;
    let identity = match request.source_identity {
        Some(raw) if !raw.json.is_empty() => match to.identity {
            Some(schema) => {
                let known = from.identity.map_or(0, |schema| schema.version);
                Provider::reject_newer("identity", &source, request.source_identity_schema_version, known)?;
                Some(from_proto::raw_identity(Some(raw), schema)?)
            }
            None => None,
        },
        _ => None,
    };
    Ok(pb::MoveResourceStateResponse {
        target_state: to_proto::state(&moved, to.schema, &mut problems),
        target_private: private,
        target_identity: to_proto::identity(identity.as_ref(), to.identity, &mut problems),
        diagnostics: to_proto::diagnostics(problems),
    })
}

/// A stored state, with the defaults of attributes that it lacks.
fn stored_state(type_name: &str, raw: Option<pb::RawState>, schema: &Schema) -> Result<Value> {
    let json = from_proto::raw_json(raw, "state")?;
    let mut state = from_proto::raw_state(&json, schema)?;
    // The decoded value does not distinguish a null attribute from one that the state lacks.
    let stored: Json = serde_json::from_slice(&json).unwrap_or_default();
    Provider::put_defaults(type_name, &mut state, &|path| !has(&stored, path));
    Ok(state)
}

/// Whether the JSON has an attribute, even if its value is null.
fn has(stored: &Json, path: &Path) -> bool {
    let mut steps = path.0.iter();
    let found = steps.try_fold(stored, |inside, step| match step {
        Step::Attribute(name) => inside.get(name),
        _ => None,
    });
    found.is_some()
}

/// Whether an address is the address of this provider, with the host of any registry. Some versions of OpenTofu, such
/// as 1.11.11, send only the provider name that the resource type implies (opentofu/opentofu#4352).
fn is_this_provider(address: &str) -> bool {
    let (_, own) = SOURCE_ADDRESS.split_once('/').unwrap_or_default();
    let (_, name) = own.split_once('/').unwrap_or_default();
    address == name || address.ends_with(&format!("/{own}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const APP: &str = "salesforce_external_client_app";

    fn provider() -> Provider {
        Provider::new(|_| None)
    }

    fn raw(json: &str) -> Option<pb::RawState> {
        Some(pb::RawState { json: json.as_bytes().to_vec(), ..Default::default() })
    }

    fn upgraded(version: i64, json: &str) -> std::result::Result<serde_json::Value, String> {
        upgraded_as(APP, version, json)
    }

    fn upgraded_as(name: &str, version: i64, json: &str) -> std::result::Result<serde_json::Value, String> {
        let request =
            pb::UpgradeResourceStateRequest { type_name: name.to_owned(), version, raw_state: raw(json) };
        match state(&provider(), request) {
            Ok(response) => Ok(serde_json::from_slice(&response.upgraded_state.unwrap().json).unwrap()),
            Err(found) => Err(text_of(&found)),
        }
    }

    fn text_of(found: &Diagnostics) -> String {
        found.0.iter().map(|one| format!("{}: {}", one.summary, one.detail)).collect()
    }

    #[test]
    fn unknown_attributes_are_dropped_and_new_ones_without_a_default_are_null() {
        let state =
            upgraded(0, r#"{"name":"Shop","color":"red","inner":{"deep":[1]},"label":null}"#).unwrap();
        let state = state.as_object().unwrap();
        assert_eq!(state["name"], "Shop");
        assert!(state["label"].is_null() && state["contact_email"].is_null());
        assert!(!state.contains_key("color") && !state.contains_key("inner"));
    }

    #[test]
    fn attributes_that_the_state_lacks_have_their_default() {
        let (settings, policies) =
            ("salesforce_external_client_app_oauth_settings", "salesforce_external_client_app_policies");
        let client = "salesforce_oauth_client";
        let rotation = "salesforce_external_client_app_credential_rotation";
        for (name, json, place, expected) in [
            // Attributes with a default, including attributes that are not in a file.
            (settings, r#"{"external_client_app":"Shop"}"#, "/pkce_required", json!(true)),
            (settings, r#"{"external_client_app":"Shop"}"#, "/client_credentials_flow_enabled", json!(false)),
            (settings, r#"{"external_client_app":"Shop"}"#, "/deletion_protection", json!(false)),
            (rotation, r#"{"external_client_app":"Shop"}"#, "/wait_for_propagation", json!("0s")),
            // Values that the state has, including null.
            (settings, r#"{"pkce_required":false}"#, "/pkce_required", json!(false)),
            (settings, r#"{"pkce_required":null}"#, "/pkce_required", json!(null)),
            (rotation, r#"{"wait_for_propagation":null}"#, "/wait_for_propagation", json!(null)),
            // Attributes without a default.
            (settings, r#"{"external_client_app":"Shop"}"#, "/callback_urls", json!(null)),
            (settings, r#"{"external_client_app":"Shop"}"#, "/trusted_ip_range", json!([])),
            (policies, r#"{"external_client_app":"Shop"}"#, "/start_page", json!(null)),
            // The parts of a `salesforce_oauth_client` that the state has, including the block of its policies.
            (
                client,
                r#"{"name":"Shop","callback_urls":["https://a.example/"]}"#,
                "/pkce_required",
                json!(true),
            ),
            (
                client,
                r#"{"name":"Shop","policies":{}}"#,
                "/policies/token_exchange_flow_enabled",
                json!(false),
            ),
            (
                client,
                r#"{"name":"Shop","policies":{"token_exchange_flow_enabled":null}}"#,
                "/policies/token_exchange_flow_enabled",
                json!(null),
            ),
            (client, r#"{"name":"Shop"}"#, "/deletion_protection", json!(false)),
            // Defaults do not add OAuth settings or policies that the state does not have.
            (client, r#"{"name":"Shop","callback_urls":null}"#, "/pkce_required", json!(null)),
            (client, r#"{"name":"Shop"}"#, "/policies", json!(null)),
        ] {
            let state = upgraded_as(name, 0, json).unwrap();
            assert_eq!(state.pointer(place), Some(&expected), "{name} {json}: {place}");
        }
    }

    #[test]
    fn a_moved_state_has_the_defaults_of_its_type() {
        let request = pb::MoveResourceStateRequest {
            source_provider_address: SOURCE_ADDRESS.to_owned(),
            source_type_name: "salesforce_external_client_app_oauth_settings".to_owned(),
            source_state: raw(r#"{"external_client_app":"Shop"}"#),
            target_type_name: "salesforce_oauth_client".to_owned(),
            ..Default::default()
        };
        let state = moved(&provider(), request).unwrap().target_state.unwrap();
        let state: serde_json::Value = serde_json::from_slice(&state.json).unwrap();
        assert_eq!(state["pkce_required"], true);
    }

    #[test]
    fn a_wrong_type_is_an_error_with_its_path() {
        let message = upgraded(0, r#"{"name":["Shop"]}"#).unwrap_err();
        assert!(
            message.contains("at name") && message.contains("expected a string, found a list"),
            "{message}"
        );
    }

    #[test]
    fn a_newer_state_is_rejected_regardless_of_its_content() {
        for json in [r#"{"name":"Shop"}"#, r#"{"name":{"first":"Shop"}}"#, "", "nonsense"] {
            for version in [1, 99, i64::MAX] {
                let message = upgraded(version, json).unwrap_err();
                for words in ["a newer version of the provider", env!("CARGO_PKG_VERSION"), "init -upgrade"] {
                    assert!(message.contains(words), "{words}: {message}");
                }
            }
        }
    }

    #[test]
    fn a_newer_identity_is_rejected() {
        let request = |version, json| pb::UpgradeResourceIdentityRequest {
            type_name: APP.to_owned(),
            version,
            raw_identity: raw(json),
        };
        let json = r#"{"org_id":"00D000000000001","name":"Shop"}"#;
        assert!(identity(&provider(), request(0, json)).is_ok());
        for json in [json, r#"{"urn":"x"}"#, "{"] {
            let message = text_of(&identity(&provider(), request(1, json)).unwrap_err());
            assert!(message.contains("a newer version of the provider"), "{message}");
        }
    }

    #[test]
    fn a_move_rejects_newer_versions_and_warns_about_invalid_private_state() {
        let request = |version, identity_version, private: &[u8]| pb::MoveResourceStateRequest {
            source_provider_address: SOURCE_ADDRESS.to_owned(),
            source_type_name: APP.to_owned(),
            source_schema_version: version,
            source_state: raw(r#"{"name":"Shop","color":"red"}"#),
            source_private: private.to_vec(),
            source_identity: raw(r#"{"name":"Shop"}"#),
            source_identity_schema_version: identity_version,
            target_type_name: "salesforce_oauth_client".to_owned(),
        };
        assert_eq!(moved(&provider(), request(0, 0, b"")).unwrap().diagnostics, []);
        for (version, identity_version) in [(7, 0), (0, 7)] {
            let message = text_of(&moved(&provider(), request(version, identity_version, b"")).unwrap_err());
            assert!(message.contains("a newer version of the provider"), "{message}");
        }
        let response = moved(&provider(), request(0, 0, b"\xff{")).unwrap();
        assert!(response.target_state.is_some());
        let [warning] = response.diagnostics.as_slice() else { panic!("{:?}", response.diagnostics) };
        assert_eq!(warning.severity(), pb::diagnostic::Severity::Warning);
    }

    #[test]
    fn the_provider_is_recognized_in_any_registry() {
        for (address, is_own) in [
            (SOURCE_ADDRESS, true),
            ("registry.opentofu.org/salesforce-community/salesforce", true),
            ("salesforce", true),
            ("registry.terraform.io/hashicorp/aws", false),
            ("", false),
        ] {
            assert_eq!(is_this_provider(address), is_own, "{address}");
        }
    }
}
