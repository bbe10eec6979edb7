//! A provider that receives secrets in tests. `safe_secret` takes a secret as a write-only argument and stores its
//! checksum. `safe_journal` also appends the checksum to a file, which shows the order of the calls. The module
//! `foreign` contains stand-ins for resources of other providers to which the documentation passes secrets.
//!
//! Write-only arguments need Terraform 1.11 or OpenTofu 1.11. The provider is served without TLS
//! (`TF_DISABLE_PLUGIN_TLS`). Only what the tests need is implemented. Written from the protocol, not from the
//! provider's code.
#![forbid(unsafe_code)]

mod entry;
mod foreign;
mod value;

use std::error::Error;

use acceptance_tests::plugin_client::proto::tfplugin5 as pb;
use acceptance_tests::plugin_client::proto::tfplugin5::provider_server::Provider;
use acceptance_tests::plugin_server::{Reply, reply, serve};
use tonic::Request;

fn main() -> Result<(), Box<dyn Error>> {
    serve(Safe)
}

struct Safe;

fn error(summary: &str, detail: String) -> Vec<pb::Diagnostic> {
    let severity = pb::diagnostic::Severity::Error.into();
    vec![pb::Diagnostic { severity, summary: summary.to_owned(), detail, attribute: None }]
}

#[tonic::async_trait]
impl Provider for Safe {
    async fn get_schema(&self, _: Request<pb::GetSchemaRequest>) -> Reply<pb::GetSchemaResponse> {
        reply(pb::GetSchemaResponse {
            provider: Some(pb::Schema { version: 0, block: Some(pb::schema::Block::default()) }),
            resource_schemas: entry::schemas().into_iter().chain(foreign::schemas()).collect(),
            server_capabilities: Some(pb::ServerCapabilities {
                get_provider_schema_optional: true,
                ..Default::default()
            }),
            ..Default::default()
        })
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<pb::GetResourceIdentitySchemasRequest>,
    ) -> Reply<pb::GetResourceIdentitySchemasResponse> {
        reply(Default::default())
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
        request: Request<pb::ValidateResourceTypeConfigRequest>,
    ) -> Reply<pb::ValidateResourceTypeConfigResponse> {
        let request = request.into_inner();
        let capabilities = request.client_capabilities.unwrap_or_default();
        let diagnostics =
            if capabilities.write_only_attributes_allowed || foreign::takes_no_secret(&request.type_name) {
                Vec::new()
            } else {
                error("Write-only arguments are missing", "They require Terraform 1.11.".to_owned())
            };
        reply(pb::ValidateResourceTypeConfigResponse { diagnostics })
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<pb::UpgradeResourceStateRequest>,
    ) -> Reply<pb::UpgradeResourceStateResponse> {
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
        let request = request.into_inner();
        let name = request.type_name.as_str();
        let planned = if foreign::has(name) {
            foreign::plan(name, request.prior_state, request.proposed_new_state)
        } else {
            entry::plan(request.prior_state, request.proposed_new_state)
        };
        reply(match planned {
            Ok(planned) => {
                pb::PlanResourceChangeResponse { planned_state: Some(planned), ..Default::default() }
            }
            Err(reason) => pb::PlanResourceChangeResponse {
                diagnostics: error("The safe cannot plan", reason),
                ..Default::default()
            },
        })
    }

    async fn apply_resource_change(
        &self,
        request: Request<pb::ApplyResourceChangeRequest>,
    ) -> Reply<pb::ApplyResourceChangeResponse> {
        let request = request.into_inner();
        let prior = request.prior_state.clone();
        let name = request.type_name.as_str();
        let applied = if foreign::has(name) {
            foreign::apply(name, request.prior_state, request.planned_state, request.config)
        } else {
            entry::apply(request.planned_state, request.config)
        };
        reply(match applied {
            Ok(state) => pb::ApplyResourceChangeResponse { new_state: Some(state), ..Default::default() },
            Err(reason) => pb::ApplyResourceChangeResponse {
                new_state: prior,
                diagnostics: error("The safe cannot store the secret", reason),
                ..Default::default()
            },
        })
    }
}
