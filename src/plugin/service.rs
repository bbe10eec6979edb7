//! The provider service: each RPC converts the request, calls the provider and converts the reply.
//!
//! Not here: how RPCs run (`calls`).

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, UnboundedReceiverStream};
use tonic::{Request, Response, Status};

use super::calls::{RpcResult, Service};
use super::from_proto;
use super::generated::tfplugin5 as pb;
use super::generated::tfplugin5::provider_server;
use super::to_proto::{self, Reply};
use super::upgrades;
use crate::provider::{BoxFuture, Match, Offer, Provider};

/// How many results of a list are prepared before Terraform reads them.
const EVENTS_AHEAD: usize = 64;

/// Whether a call must be deferred because the provider configuration is unknown. In each call, Terraform specifies
/// whether the call can be deferred. Terraform 1.11.4 also allows deferral during an apply, when the configuration is
/// known.
fn is_deferred(provider: &Provider, client: Option<pb::ClientCapabilities>) -> bool {
    client.is_some_and(|client| client.deferral_allowed) && provider.awaits_configuration()
}

impl Service {
    async fn validate<R: Reply>(
        &self,
        rpc: &'static str,
        offer: Offer,
        name: String,
        config: Option<pb::DynamicValue>,
    ) -> RpcResult<R> {
        let provider = Arc::clone(&self.provider);
        self.run(rpc, &name.clone(), async move {
            let schema = from_proto::schema(&provider, offer, &name)?;
            let config = from_proto::value(config, "configuration", schema)?;
            Ok(R::only(provider.validate(offer, &name, &config)))
        })
        .await
    }
}

#[tonic::async_trait]
impl provider_server::Provider for Service {
    async fn get_metadata(&self, _: Request<pb::GetMetadataRequest>) -> RpcResult<pb::GetMetadataResponse> {
        let provider = Arc::clone(&self.provider);
        self.run("GetMetadata", "", async move { Ok(to_proto::metadata(&provider)) }).await
    }

    async fn get_schema(&self, _: Request<pb::GetSchemaRequest>) -> RpcResult<pb::GetSchemaResponse> {
        let provider = Arc::clone(&self.provider);
        self.run("GetSchema", "", async move { Ok(to_proto::schemas(&provider)) }).await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<pb::GetResourceIdentitySchemasRequest>,
    ) -> RpcResult<pb::GetResourceIdentitySchemasResponse> {
        let provider = Arc::clone(&self.provider);
        self.run("GetResourceIdentitySchemas", "", async move { Ok(to_proto::identity_schemas(&provider)) })
            .await
    }

    async fn get_functions(
        &self,
        _: Request<pb::GetFunctionsRequest>,
    ) -> RpcResult<pb::GetFunctionsResponse> {
        let provider = Arc::clone(&self.provider);
        self.run("GetFunctions", "", async move {
            Ok(pb::GetFunctionsResponse { functions: to_proto::functions(&provider), ..Default::default() })
        })
        .await
    }

    async fn prepare_provider_config(
        &self,
        request: Request<pb::PrepareProviderConfigRequest>,
    ) -> RpcResult<pb::PrepareProviderConfigResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        self.run("PrepareProviderConfig", "", async move {
            let prepared_config = request.config.clone();
            let config =
                from_proto::value(request.config, "provider configuration", provider.provider_schema())?;
            Ok(pb::PrepareProviderConfigResponse {
                prepared_config,
                diagnostics: to_proto::diagnostics(provider.validate_provider_config(&config)),
            })
        })
        .await
    }

    async fn configure(&self, request: Request<pb::ConfigureRequest>) -> RpcResult<pb::ConfigureResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        self.run("Configure", "", async move {
            let config =
                from_proto::value(request.config, "provider configuration", provider.provider_schema())?;
            let found = provider.configure(&request.terraform_version, &config).await;
            Ok(pb::ConfigureResponse { diagnostics: to_proto::diagnostics(found) })
        })
        .await
    }

    /// Requests that running calls end quickly. The process continues until Terraform calls the controller service's
    /// Shutdown.
    async fn stop(&self, _: Request<pb::StopRequest>) -> RpcResult<pb::StopResponse> {
        let provider = Arc::clone(&self.provider);
        self.run("Stop", "", async move {
            provider.stop();
            Ok(pb::StopResponse::default())
        })
        .await
    }

    async fn validate_resource_type_config(
        &self,
        request: Request<pb::ValidateResourceTypeConfigRequest>,
    ) -> RpcResult<pb::ValidateResourceTypeConfigResponse> {
        let request = request.into_inner();
        self.validate("ValidateResourceTypeConfig", Offer::Resource, request.type_name, request.config).await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<pb::UpgradeResourceStateRequest>,
    ) -> RpcResult<pb::UpgradeResourceStateResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name.clone();
        self.run("UpgradeResourceState", &name, async move { upgrades::state(&provider, request) }).await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<pb::UpgradeResourceIdentityRequest>,
    ) -> RpcResult<pb::UpgradeResourceIdentityResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name.clone();
        self.run("UpgradeResourceIdentity", &name, async move { upgrades::identity(&provider, request) })
            .await
    }

    async fn read_resource(
        &self,
        request: Request<pb::ReadResourceRequest>,
    ) -> RpcResult<pb::ReadResourceResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name.clone();
        self.run("ReadResource", &name.clone(), async move {
            let schemas = from_proto::resource(&provider, &name)?;
            if is_deferred(&provider, request.client_capabilities) {
                return Ok(pb::ReadResourceResponse {
                    new_state: request.current_state,
                    private: request.private,
                    new_identity: request.current_identity,
                    deferred: Some(to_proto::deferred()),
                    ..Default::default()
                });
            }
            let reply = provider.read_resource(from_proto::read(request, schemas)?).await;
            Ok(to_proto::read(reply, schemas))
        })
        .await
    }

    async fn plan_resource_change(
        &self,
        request: Request<pb::PlanResourceChangeRequest>,
    ) -> RpcResult<pb::PlanResourceChangeResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name.clone();
        self.run("PlanResourceChange", &name.clone(), async move {
            let schemas = from_proto::resource(&provider, &name)?;
            let deferred = is_deferred(&provider, request.client_capabilities).then(to_proto::deferred);
            let reply = provider.plan_resource_change(from_proto::plan(request, schemas)?).await;
            Ok(pb::PlanResourceChangeResponse { deferred, ..to_proto::plan(reply, schemas) })
        })
        .await
    }

    async fn apply_resource_change(
        &self,
        request: Request<pb::ApplyResourceChangeRequest>,
    ) -> RpcResult<pb::ApplyResourceChangeResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name.clone();
        self.run("ApplyResourceChange", &name.clone(), async move {
            let schemas = from_proto::resource(&provider, &name)?;
            let reply = provider.apply_resource_change(from_proto::apply(request, schemas)?).await;
            Ok(to_proto::apply(reply, schemas))
        })
        .await
    }

    async fn import_resource_state(
        &self,
        request: Request<pb::ImportResourceStateRequest>,
    ) -> RpcResult<pb::ImportResourceStateResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name.clone();
        self.run("ImportResourceState", &name.clone(), async move {
            let schemas = from_proto::resource(&provider, &name)?;
            if is_deferred(&provider, request.client_capabilities) {
                let deferred = Some(to_proto::deferred());
                return Ok(pb::ImportResourceStateResponse { deferred, ..Default::default() });
            }
            let reply = provider.import_resource_state(from_proto::import(request, schemas)?).await;
            Ok(to_proto::import(reply, &provider))
        })
        .await
    }

    async fn move_resource_state(
        &self,
        request: Request<pb::MoveResourceStateRequest>,
    ) -> RpcResult<pb::MoveResourceStateResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.target_type_name.clone();
        self.run("MoveResourceState", &name, async move { upgrades::moved(&provider, request) }).await
    }

    async fn validate_data_source_config(
        &self,
        request: Request<pb::ValidateDataSourceConfigRequest>,
    ) -> RpcResult<pb::ValidateDataSourceConfigResponse> {
        let request = request.into_inner();
        self.validate("ValidateDataSourceConfig", Offer::DataSource, request.type_name, request.config).await
    }

    async fn read_data_source(
        &self,
        request: Request<pb::ReadDataSourceRequest>,
    ) -> RpcResult<pb::ReadDataSourceResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name;
        self.run("ReadDataSource", &name.clone(), async move {
            let schema = from_proto::schema(&provider, Offer::DataSource, &name)?;
            if is_deferred(&provider, request.client_capabilities) {
                let deferred = Some(to_proto::deferred());
                return Ok(pb::ReadDataSourceResponse {
                    state: request.config,
                    deferred,
                    ..Default::default()
                });
            }
            let config = from_proto::value(request.config, "configuration", schema)?;
            let (state, mut problems) = provider.look_up(Offer::DataSource, &name, config).await;
            Ok(pb::ReadDataSourceResponse {
                state: to_proto::value(&state, schema, &mut problems),
                diagnostics: to_proto::diagnostics(problems),
                ..Default::default()
            })
        })
        .await
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<pb::ValidateEphemeralResourceConfigRequest>,
    ) -> RpcResult<pb::ValidateEphemeralResourceConfigResponse> {
        let request = request.into_inner();
        self.validate(
            "ValidateEphemeralResourceConfig",
            Offer::EphemeralResource,
            request.type_name,
            request.config,
        )
        .await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<pb::OpenEphemeralResourceRequest>,
    ) -> RpcResult<pb::OpenEphemeralResourceResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name;
        self.run("OpenEphemeralResource", &name.clone(), async move {
            let schema = from_proto::schema(&provider, Offer::EphemeralResource, &name)?;
            if is_deferred(&provider, request.client_capabilities) {
                return Ok(pb::OpenEphemeralResourceResponse {
                    result: request.config,
                    deferred: Some(to_proto::deferred()),
                    ..Default::default()
                });
            }
            let config = from_proto::value(request.config, "configuration", schema)?;
            let (result, mut problems) = provider.look_up(Offer::EphemeralResource, &name, config).await;
            Ok(pb::OpenEphemeralResourceResponse {
                result: to_proto::value(&result, schema, &mut problems),
                diagnostics: to_proto::diagnostics(problems),
                ..Default::default()
            })
        })
        .await
    }

    /// Not used: no ephemeral resource requests renewal.
    async fn renew_ephemeral_resource(
        &self,
        request: Request<pb::RenewEphemeralResourceRequest>,
    ) -> RpcResult<pb::RenewEphemeralResourceResponse> {
        let name = request.into_inner().type_name;
        let reply = async { Ok(pb::RenewEphemeralResourceResponse::default()) };
        self.run("RenewEphemeralResource", &name, reply).await
    }

    /// No effect, because opening an ephemeral resource changes nothing in the org.
    async fn close_ephemeral_resource(
        &self,
        request: Request<pb::CloseEphemeralResourceRequest>,
    ) -> RpcResult<pb::CloseEphemeralResourceResponse> {
        let name = request.into_inner().type_name;
        let reply = async { Ok(pb::CloseEphemeralResourceResponse::default()) };
        self.run("CloseEphemeralResource", &name, reply).await
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<pb::ValidateListResourceConfigRequest>,
    ) -> RpcResult<pb::ValidateListResourceConfigResponse> {
        let request = request.into_inner();
        self.validate("ValidateListResourceConfig", Offer::ListResource, request.type_name, request.config)
            .await
    }

    type ListResourceStream = ReceiverStream<Result<pb::ListResourceEvent, Status>>;

    /// Stops when Terraform closes the stream, which it does when it has enough results.
    async fn list_resource(
        &self,
        request: Request<pb::ListResourceRequest>,
    ) -> RpcResult<Self::ListResourceStream> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name.clone();
        // The channel is bounded, so that results are produced only as fast as Terraform reads them.
        let (send, events) = mpsc::channel(EVENTS_AHEAD);
        let found = send.clone();
        let work = self.start("ListResource", &name.clone(), async move {
            let schema = from_proto::schema(&provider, Offer::ListResource, &name)?;
            let request = from_proto::list(request, schema)?;
            let of_resource = Arc::clone(&provider);
            let send_match = move |one: Match| -> BoxFuture<'static, bool> {
                let event = from_proto::resource(&of_resource, &name)
                    .map(|schemas| to_proto::found(&one, schemas))
                    .unwrap_or_else(|problems| to_proto::listed(problems).unwrap_or_default());
                let found = found.clone();
                Box::pin(async move { found.send(Ok(event)).await.is_ok() })
            };
            Ok(to_proto::listed(provider.list_resource(request, &send_match).await))
        });
        tokio::spawn(async move {
            if let Some(last) = work.await {
                drop(send.send(Ok(last)).await);
            }
        });
        Ok(Response::new(ReceiverStream::new(events)))
    }

    async fn validate_action_config(
        &self,
        request: Request<pb::ValidateActionConfigRequest>,
    ) -> RpcResult<pb::ValidateActionConfigResponse> {
        let request = request.into_inner();
        self.validate("ValidateActionConfig", Offer::Action, request.type_name, request.config).await
    }

    async fn plan_action(
        &self,
        request: Request<pb::PlanActionRequest>,
    ) -> RpcResult<pb::PlanActionResponse> {
        let request = request.into_inner();
        self.validate("PlanAction", Offer::Action, request.action_type, request.config).await
    }

    type InvokeActionStream = UnboundedReceiverStream<Result<pb::InvokeActionEvent, Status>>;

    /// The action runs to its end, even if Terraform closes the stream.
    async fn invoke_action(
        &self,
        request: Request<pb::InvokeActionRequest>,
    ) -> RpcResult<Self::InvokeActionStream> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.action_type;
        let (send, events) = mpsc::unbounded_channel();
        let progress = send.clone();
        let work = self.start("InvokeAction", &name.clone(), async move {
            let schema = from_proto::schema(&provider, Offer::Action, &name)?;
            let config = from_proto::value(request.config, "configuration", schema)?;
            // Progress is dropped if Terraform has closed the stream.
            let report = move |text: String| drop(progress.send(Ok(to_proto::progress(text))));
            Ok(to_proto::completed(provider.invoke_action(&name, config, &report).await))
        });
        tokio::spawn(async move { drop(send.send(Ok(work.await))) });
        Ok(Response::new(UnboundedReceiverStream::new(events)))
    }

    async fn call_function(
        &self,
        request: Request<pb::CallFunctionRequest>,
    ) -> RpcResult<pb::CallFunctionResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        self.run("CallFunction", "", async move {
            let spec = from_proto::function(&provider, &request.name)?;
            let arguments = from_proto::arguments(&request.arguments, spec);
            Ok(to_proto::called(spec, arguments.and_then(|arguments| (spec.call)(&arguments))))
        })
        .await
    }
}
