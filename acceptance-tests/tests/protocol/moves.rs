//! The moves that Terraform and OpenTofu request, including those of OpenTofu before 1.12.5.

use acceptance_tests::plugin_client::proto::tfplugin5::{MoveResourceStateRequest, RawState};

use super::calls::connected;

fn moved(address: &str, source: &str, target: &str) -> MoveResourceStateRequest {
    let state = r#"{"id":"Shop","name":"Shop","label":"Shop","contact_email":"identity@example.com"}"#;
    MoveResourceStateRequest {
        source_provider_address: address.to_owned(),
        source_type_name: source.to_owned(),
        source_schema_version: 0,
        source_state: Some(RawState { json: state.as_bytes().to_vec(), ..Default::default() }),
        target_type_name: target.to_owned(),
        ..Default::default()
    }
}

const APP: &str = "salesforce_external_client_app";
const CLIENT: &str = "salesforce_oauth_client";

#[tokio::test]
async fn a_type_of_this_provider_moves_from_any_registry() {
    let (_plugin, mut client) = connected().await;
    for address in [
        "registry.terraform.io/salesforce-community/salesforce",
        "registry.opentofu.org/salesforce-community/salesforce",
        "mirror.example.com/salesforce-community/salesforce",
        // OpenTofu before 1.12.4 sends only the name that the resource type implies.
        "salesforce",
    ] {
        let reply = client.move_resource_state(moved(address, APP, CLIENT)).await.unwrap().into_inner();
        assert!(reply.diagnostics.is_empty(), "{address}: {:?}", reply.diagnostics);
        assert!(reply.target_state.is_some(), "{address}");
    }
    for address in ["registry.terraform.io/somebody/salesforce", "", "okta", "notsalesforce"] {
        let reply = client.move_resource_state(moved(address, APP, CLIENT)).await.unwrap().into_inner();
        assert_eq!(reply.diagnostics.len(), 1, "{address}");
        assert_eq!(reply.diagnostics[0].summary, "Unsupported move", "{address}");
    }
}

/// Some OpenTofu versions before 1.12.5 request a move where Terraform requests a state upgrade: for a new address or
/// another registry.
#[tokio::test]
async fn a_move_within_a_type_keeps_the_state_and_the_private_state() {
    let (_plugin, mut client) = connected().await;
    let own = r#"{"managed":["label"]}"#;
    for (resource, private, warnings) in [
        (APP, own, 0),
        (CLIENT, "{}", 0),
        ("salesforce_external_client_app_credential_rotation", r#"{"imported":1}"#, 0),
        // Unreadable private state is kept, with a warning.
        (APP, "damaged", 1),
    ] {
        let mut request = moved("salesforce", resource, resource);
        request.source_private = private.as_bytes().to_vec();
        let reply = client.move_resource_state(request).await.unwrap().into_inner();
        assert_eq!(reply.diagnostics.len(), warnings, "{resource}: {:?}", reply.diagnostics);
        assert!(reply.target_state.is_some(), "{resource}");
        assert_eq!(reply.target_private, private.as_bytes(), "{resource}");
    }
}
