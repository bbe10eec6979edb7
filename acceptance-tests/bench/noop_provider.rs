//! A provider that does nothing but has the schema of the real provider, to measure how long Terraform itself takes for
//! a command. `make bench` runs it with the same configurations and reports the result as the floor.
//!
//! Terraform starts this provider like any other, but without TLS (`TF_DISABLE_PLUGIN_TLS`), which lowers the floor
//! slightly. States are not decoded: the planned state is the one that Terraform proposes, and computed values stay
//! null. Only the calls that the configurations of `make bench` need are implemented.
//!
//! Written from the protocol, not from the provider's code. `NOOP_PROVIDER_SCHEMA` names a file with the bytes of
//! the real provider's GetSchema response.
#![forbid(unsafe_code)]

use std::error::Error;

use acceptance_tests::plugin_client::proto::tfplugin5 as pb;
use acceptance_tests::plugin_client::proto::tfplugin5::provider_server::Provider;
use acceptance_tests::plugin_server::{Reply, reply, serve};
use prost::Message as _;
use tonic::Request;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::var("NOOP_PROVIDER_SCHEMA")?;
    let schema = pb::GetSchemaResponse::decode(std::fs::read(path)?.as_slice())?;
    serve(Noop { schema })
}

struct Noop {
    schema: pb::GetSchemaResponse,
}

#[tonic::async_trait]
impl Provider for Noop {
    async fn get_schema(&self, _: Request<pb::GetSchemaRequest>) -> Reply<pb::GetSchemaResponse> {
        reply(self.schema.clone())
    }

    async fn prepare_provider_config(
        &self,
        request: Request<pb::PrepareProviderConfigRequest>,
    ) -> Reply<pb::PrepareProviderConfigResponse> {
        let prepared_config = request.into_inner().config;
        reply(pb::PrepareProviderConfigResponse { prepared_config, ..Default::default() })
    }

    async fn configure(&self, _: Request<pb::ConfigureRequest>) -> Reply<pb::ConfigureResponse> {
        reply(Default::default())
    }

    async fn stop(&self, _: Request<pb::StopRequest>) -> Reply<pb::StopResponse> {
        reply(Default::default())
    }

    async fn validate_resource_type_config(
        &self,
        _: Request<pb::ValidateResourceTypeConfigRequest>,
    ) -> Reply<pb::ValidateResourceTypeConfigResponse> {
        reply(Default::default())
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<pb::UpgradeResourceStateRequest>,
    ) -> Reply<pb::UpgradeResourceStateResponse> {
        // The state was written with the same schema, so its JSON is a valid value.
        let json = request.into_inner().raw_state.unwrap_or_default().json;
        let upgraded_state = Some(pb::DynamicValue { json, msgpack: Vec::new() });
        reply(pb::UpgradeResourceStateResponse { upgraded_state, ..Default::default() })
    }

    async fn read_resource(
        &self,
        request: Request<pb::ReadResourceRequest>,
    ) -> Reply<pb::ReadResourceResponse> {
        let pb::ReadResourceRequest { current_state, private, .. } = request.into_inner();
        reply(pb::ReadResourceResponse { new_state: current_state, private, ..Default::default() })
    }

    async fn plan_resource_change(
        &self,
        request: Request<pb::PlanResourceChangeRequest>,
    ) -> Reply<pb::PlanResourceChangeResponse> {
        let pb::PlanResourceChangeRequest { proposed_new_state, prior_private, .. } = request.into_inner();
        reply(pb::PlanResourceChangeResponse {
            planned_state: proposed_new_state,
            planned_private: prior_private,
            ..Default::default()
        })
    }

    async fn apply_resource_change(
        &self,
        request: Request<pb::ApplyResourceChangeRequest>,
    ) -> Reply<pb::ApplyResourceChangeResponse> {
        let pb::ApplyResourceChangeRequest { planned_state, planned_private, .. } = request.into_inner();
        reply(pb::ApplyResourceChangeResponse {
            new_state: planned_state,
            private: planned_private,
            ..Default::default()
        })
    }
}
