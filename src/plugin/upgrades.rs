//! What Terraform kept, read by this version: states, identities, and states that a moved block gives another type.
//!
//! Terraform hands each of them over before anything else, also those that this version wrote. The rules:
//! - What a newer schema wrote is refused before it is read, in words that say what to do.
//! - What the schema does not have any more is dropped. What the state does not have yet is null, and the next refresh fills
//!   it in.
//! - A value of another type than the schema's is an error with its place, and never guessed at.
//!
//! Not here: what stands beside a state in private, which is read where it is needed (`provider/private.rs`).

use super::from_proto::{self, Result};
use super::generated::tfplugin5 as pb;
use super::to_proto;
use crate::provider::{Diagnostics, Provider, SOURCE_ADDRESS, bugs};

pub fn state(
    provider: &Provider,
    request: pb::UpgradeResourceStateRequest,
) -> Result<pb::UpgradeResourceStateResponse> {
    let schema = from_proto::resource(provider, &request.type_name)?.schema;
    provider.refuse_newer_state(&request.type_name, request.version)?;
    let state = from_proto::raw_state(request.raw_state, schema)?;
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
    provider.refuse_newer_identity(&request.type_name, request.version)?;
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
    let immovable = || -> Diagnostics {
        bugs::UNSUPPORTED_MOVE
            .diagnostic(format!(
                "A moved block changes {source:?} to {target:?}, which is not supported. Remove the block and import the \
                 object instead."
            ))
            .into()
    };
    if !is_this_provider(&request.source_provider_address) {
        return Err(immovable());
    }
    let from = from_proto::resource(provider, &source).map_err(|_| immovable())?;
    let to = from_proto::resource(provider, &target)?;
    provider.refuse_newer_state(&source, request.source_schema_version)?;
    let state = from_proto::raw_state(request.source_state, from.schema)?;
    let mut problems = provider.check_private(&source, &request.source_private);
    let moved = provider.move_resource_state(&source, &target, &state, &request.source_private);
    let (moved, private) = moved.ok_or_else(immovable)?;
    let identity = match request.source_identity {
        Some(raw) if !raw.json.is_empty() => match to.identity {
            Some(schema) => {
                provider.refuse_newer_identity(&source, request.source_identity_schema_version)?;
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

/// Registries differ in their host. OpenTofu before 1.12.4 has the name alone, as the type implies it.
fn is_this_provider(address: &str) -> bool {
    let (_, own) = SOURCE_ADDRESS.split_once('/').unwrap_or_default();
    let (_, name) = own.split_once('/').unwrap_or_default();
    address == name || address.ends_with(&format!("/{own}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "salesforce_external_client_app";

    fn provider() -> Provider {
        Provider::new(|_| None)
    }

    fn raw(json: &str) -> Option<pb::RawState> {
        Some(pb::RawState { json: json.as_bytes().to_vec(), ..Default::default() })
    }

    fn upgraded(version: i64, json: &str) -> std::result::Result<serde_json::Value, String> {
        let request =
            pb::UpgradeResourceStateRequest { type_name: APP.to_owned(), version, raw_state: raw(json) };
        match state(&provider(), request) {
            Ok(answer) => Ok(serde_json::from_slice(&answer.upgraded_state.unwrap().json).unwrap()),
            Err(found) => Err(words(&found)),
        }
    }

    fn words(found: &Diagnostics) -> String {
        found.0.iter().map(|one| format!("{}: {}", one.summary, one.detail)).collect()
    }

    #[test]
    fn what_the_schema_does_not_have_goes_and_what_it_has_since_is_null() {
        let state =
            upgraded(0, r#"{"name":"Shop","colour":"red","inner":{"deep":[1]},"label":null}"#).unwrap();
        let state = state.as_object().unwrap();
        assert_eq!(state["name"], "Shop");
        assert!(state["label"].is_null() && state["contact_email"].is_null());
        assert!(!state.contains_key("colour") && !state.contains_key("inner"));
    }

    #[test]
    fn another_type_is_an_error_with_its_place() {
        let said = upgraded(0, r#"{"name":["Shop"]}"#).unwrap_err();
        assert!(said.contains("at name") && said.contains("expected a text, found a list"), "{said}");
    }

    /// Whatever it holds: it may be what only a newer version can read.
    #[test]
    fn a_newer_state_is_refused_in_words() {
        for json in [r#"{"name":"Shop"}"#, r#"{"name":{"first":"Shop"}}"#, "", "nonsense"] {
            for version in [1, 99, i64::MAX] {
                let said = upgraded(version, json).unwrap_err();
                for words in ["a newer version of the provider", env!("CARGO_PKG_VERSION"), "init -upgrade"] {
                    assert!(said.contains(words), "{words}: {said}");
                }
            }
        }
    }

    #[test]
    fn a_newer_identity_is_refused_in_words() {
        let request = |version, json| pb::UpgradeResourceIdentityRequest {
            type_name: APP.to_owned(),
            version,
            raw_identity: raw(json),
        };
        let json = r#"{"org_id":"00D000000000001","name":"Shop"}"#;
        assert!(identity(&provider(), request(0, json)).is_ok());
        for json in [json, r#"{"urn":"x"}"#, "{"] {
            let said = words(&identity(&provider(), request(1, json)).unwrap_err());
            assert!(said.contains("a newer version of the provider"), "{said}");
        }
    }

    #[test]
    fn a_moved_state_obeys_the_same_rules() {
        let request = |version, identity_version, private: &[u8]| pb::MoveResourceStateRequest {
            source_provider_address: SOURCE_ADDRESS.to_owned(),
            source_type_name: APP.to_owned(),
            source_schema_version: version,
            source_state: raw(r#"{"name":"Shop","colour":"red"}"#),
            source_private: private.to_vec(),
            source_identity: raw(r#"{"name":"Shop"}"#),
            source_identity_schema_version: identity_version,
            target_type_name: "salesforce_oauth_client".to_owned(),
        };
        assert_eq!(moved(&provider(), request(0, 0, b"")).unwrap().diagnostics, []);
        for (version, identity_version) in [(7, 0), (0, 7)] {
            let said = words(&moved(&provider(), request(version, identity_version, b"")).unwrap_err());
            assert!(said.contains("a newer version of the provider"), "{said}");
        }
        let answer = moved(&provider(), request(0, 0, b"\xff{")).unwrap();
        assert!(answer.target_state.is_some());
        let [warning] = answer.diagnostics.as_slice() else { panic!("{:?}", answer.diagnostics) };
        assert_eq!(warning.severity(), pb::diagnostic::Severity::Warning);
    }

    #[test]
    fn addresses_of_this_provider_in_any_registry() {
        for (address, is_ours) in [
            (SOURCE_ADDRESS, true),
            ("registry.opentofu.org/salesforce-community/salesforce", true),
            ("salesforce", true),
            ("registry.terraform.io/hashicorp/aws", false),
            ("", false),
        ] {
            assert_eq!(is_this_provider(address), is_ours, "{address}");
        }
    }
}
