//! The provider service: one method per RPC, each of which translates, calls and translates back.
//!
//! Each RPC runs as a task of its own. So it goes on when Terraform goes away in the middle of an apply, and a
//! panic in it becomes a diagnostic. Nothing here ever answers with a gRPC status: Terraform would show "Plugin
//! error", or drop the state that came with it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, UnboundedReceiverStream};
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

use super::from_proto;
use super::generated::tfplugin5 as pb;
use super::generated::tfplugin5::provider_server;
use super::lifecycle::Counter;
use super::panics;
use super::to_proto::{self, Reply};
use super::upgrades;
use crate::log_keys;
use crate::provider::{Diagnostics, Match, Pending, Provider, bugs};

/// What of a list is made before Terraform takes it.
const EVENTS_AHEAD: usize = 64;

type RpcResult<T> = Result<Response<T>, Status>;

pub struct Service {
    provider: Arc<Provider>,
    calls: Counter,
    /// How many RPCs there were: numbers them in the log.
    served: AtomicU64,
}

impl Service {
    pub fn new(provider: Arc<Provider>, calls: Counter) -> Service {
        Service { provider, calls, served: AtomicU64::new(0) }
    }

    /// Runs one RPC to its end, whoever still waits for it.
    async fn run<R, F>(&self, rpc: &'static str, type_name: &str, work: F) -> RpcResult<R>
    where
        R: Reply,
        F: Future<Output = Result<R, Diagnostics>> + Send + 'static,
    {
        Ok(Response::new(self.start(rpc, type_name, work).await))
    }

    /// Begins one RPC, which then runs to its end. What is returned waits for its reply.
    fn start<R, F>(
        &self,
        rpc: &'static str,
        type_name: &str,
        work: F,
    ) -> impl Future<Output = R> + Send + use<R, F>
    where
        R: Reply,
        F: Future<Output = Result<R, Diagnostics>> + Send + 'static,
    {
        let alive = self.calls.enter();
        let number = self.served.fetch_add(1, Ordering::Relaxed);
        let span = tracing::info_span!(
            "rpc",
            { log_keys::TF_RPC } = rpc,
            { log_keys::TF_REQ_ID } = number,
            { log_keys::TF_RESOURCE_TYPE } = type_name,
        );
        let task = async move {
            tracing::trace!("called");
            let reply = work.await;
            tracing::trace!(refused = reply.is_err(), "answered");
            drop(alive);
            reply
        };
        let task = tokio::spawn(task.instrument(span));
        async move {
            match task.await {
                Ok(Ok(reply)) => reply,
                Ok(Err(diagnostics)) => R::failed(diagnostics),
                Err(error) => R::failed(bug(rpc, error)),
            }
        }
    }
}

/// Whether a call waits for a provider block that is not known yet: Terraform says in each call that it may. In an apply,
/// where 1.11.4 says so too, the block is known.
fn waits(provider: &Provider, client: Option<pb::ClientCapabilities>) -> bool {
    client.is_some_and(|client| client.deferral_allowed) && provider.awaits_configuration()
}

/// What a user reads about a panic. The stack is on stderr already (`panics`).
fn bug(rpc: &str, error: tokio::task::JoinError) -> Diagnostics {
    let what = match error.try_into_panic() {
        Ok(payload) => panics::message(payload.as_ref()),
        Err(error) => error.to_string(),
    };
    bugs::PROVIDER_BUG
        .diagnostic(format!(
            "{rpc} stopped unexpectedly: {what}.\n\nPlease report this, with the lines that follow \"panic:\" in Terraform's \
             output or log. Provider version: {}. A change in Salesforce that was in progress may or may not be complete: run \
             terraform plan to check.",
            env!("CARGO_PKG_VERSION")
        ))
        .into()
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

    /// Only asks for haste; Shutdown is another service's RPC and comes later.
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
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name;
        self.run("ValidateResourceTypeConfig", &name.clone(), async move {
            let schemas = from_proto::resource(&provider, &name)?;
            let config = from_proto::value(request.config, "configuration", schemas.schema)?;
            Ok(pb::ValidateResourceTypeConfigResponse {
                diagnostics: to_proto::diagnostics(provider.validate_resource_config(&name, &config)),
            })
        })
        .await
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
            if waits(&provider, request.client_capabilities) {
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
            let deferred = waits(&provider, request.client_capabilities).then(to_proto::deferred);
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
            if waits(&provider, request.client_capabilities) {
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
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name;
        self.run("ValidateDataSourceConfig", &name.clone(), async move {
            let schema = from_proto::data_source(&provider, &name)?;
            let config = from_proto::value(request.config, "configuration", schema)?;
            Ok(pb::ValidateDataSourceConfigResponse {
                diagnostics: to_proto::diagnostics(provider.validate_data_source_config(&name, &config)),
            })
        })
        .await
    }

    async fn read_data_source(
        &self,
        request: Request<pb::ReadDataSourceRequest>,
    ) -> RpcResult<pb::ReadDataSourceResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name;
        self.run("ReadDataSource", &name.clone(), async move {
            let schema = from_proto::data_source(&provider, &name)?;
            if waits(&provider, request.client_capabilities) {
                let deferred = Some(to_proto::deferred());
                return Ok(pb::ReadDataSourceResponse {
                    state: request.config,
                    deferred,
                    ..Default::default()
                });
            }
            let config = from_proto::value(request.config, "configuration", schema)?;
            let (state, mut problems) = provider.read_data_source(&name, config).await;
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
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name;
        self.run("ValidateEphemeralResourceConfig", &name.clone(), async move {
            let schema = from_proto::ephemeral_resource(&provider, &name)?;
            let config = from_proto::value(request.config, "configuration", schema)?;
            Ok(pb::ValidateEphemeralResourceConfigResponse {
                diagnostics: to_proto::diagnostics(
                    provider.validate_ephemeral_resource_config(&name, &config),
                ),
            })
        })
        .await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<pb::OpenEphemeralResourceRequest>,
    ) -> RpcResult<pb::OpenEphemeralResourceResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name;
        self.run("OpenEphemeralResource", &name.clone(), async move {
            let schema = from_proto::ephemeral_resource(&provider, &name)?;
            if waits(&provider, request.client_capabilities) {
                return Ok(pb::OpenEphemeralResourceResponse {
                    result: request.config,
                    deferred: Some(to_proto::deferred()),
                    ..Default::default()
                });
            }
            let config = from_proto::value(request.config, "configuration", schema)?;
            let (result, mut problems) = provider.open_ephemeral_resource(&name, config).await;
            Ok(pb::OpenEphemeralResourceResponse {
                result: to_proto::value(&result, schema, &mut problems),
                diagnostics: to_proto::diagnostics(problems),
                ..Default::default()
            })
        })
        .await
    }

    /// Terraform calls this for those that asked to be renewed: none does.
    async fn renew_ephemeral_resource(
        &self,
        request: Request<pb::RenewEphemeralResourceRequest>,
    ) -> RpcResult<pb::RenewEphemeralResourceResponse> {
        let name = request.into_inner().type_name;
        let reply = async { Ok(pb::RenewEphemeralResourceResponse::default()) };
        self.run("RenewEphemeralResource", &name, reply).await
    }

    /// Nothing was opened in the org.
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
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name;
        self.run("ValidateListResourceConfig", &name.clone(), async move {
            let schema = from_proto::list_resource(&provider, &name)?;
            let config = from_proto::value(request.config, "configuration", schema)?;
            Ok(pb::ValidateListResourceConfigResponse {
                diagnostics: to_proto::diagnostics(provider.validate_list_resource_config(&name, &config)),
            })
        })
        .await
    }

    type ListResourceStream = ReceiverStream<Result<pb::ListResourceEvent, Status>>;

    /// Ends when Terraform hangs up, as it does when it has as many as it wants.
    async fn list_resource(
        &self,
        request: Request<pb::ListResourceRequest>,
    ) -> RpcResult<Self::ListResourceStream> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name.clone();
        // What Terraform has not taken yet is not looked for.
        let (send, events) = mpsc::channel(EVENTS_AHEAD);
        let found = send.clone();
        let work = self.start("ListResource", &name.clone(), async move {
            let request = from_proto::list(request, from_proto::list_resource(&provider, &name)?)?;
            let of_resource = Arc::clone(&provider);
            let tell = move |one: Match| -> Pending<'static, bool> {
                let event = from_proto::resource(&of_resource, &name)
                    .map(|schemas| to_proto::found(&one, schemas))
                    .unwrap_or_else(|problems| to_proto::listed(problems).unwrap_or_default());
                let found = found.clone();
                Box::pin(async move { found.send(Ok(event)).await.is_ok() })
            };
            Ok(to_proto::listed(provider.list_resource(request, &tell).await))
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
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.type_name;
        self.run("ValidateActionConfig", &name.clone(), async move {
            let schema = from_proto::action(&provider, &name)?;
            let config = from_proto::value(request.config, "configuration", schema)?;
            Ok(pb::ValidateActionConfigResponse {
                diagnostics: to_proto::diagnostics(provider.validate_action_config(&name, &config)),
            })
        })
        .await
    }

    async fn plan_action(
        &self,
        request: Request<pb::PlanActionRequest>,
    ) -> RpcResult<pb::PlanActionResponse> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.action_type;
        self.run("PlanAction", &name.clone(), async move {
            let schema = from_proto::action(&provider, &name)?;
            let config = from_proto::value(request.config, "configuration", schema)?;
            Ok(pb::PlanActionResponse {
                diagnostics: to_proto::diagnostics(provider.validate_action_config(&name, &config)),
                ..Default::default()
            })
        })
        .await
    }

    type InvokeActionStream = UnboundedReceiverStream<Result<pb::InvokeActionEvent, Status>>;

    /// What is under way goes on to its end, whoever still listens.
    async fn invoke_action(
        &self,
        request: Request<pb::InvokeActionRequest>,
    ) -> RpcResult<Self::InvokeActionStream> {
        let (provider, request) = (Arc::clone(&self.provider), request.into_inner());
        let name = request.action_type;
        let (send, events) = mpsc::unbounded_channel();
        let progress = send.clone();
        let work = self.start("InvokeAction", &name.clone(), async move {
            let schema = from_proto::action(&provider, &name)?;
            let config = from_proto::value(request.config, "configuration", schema)?;
            // Nobody listens any more: then nobody is told.
            let tell = move |text: String| drop(progress.send(Ok(to_proto::progress(text))));
            Ok(to_proto::completed(provider.invoke_action(&name, config, &tell).await))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn service() -> Service {
        Service::new(Arc::new(Provider::new(|_| None)), Counter::default())
    }

    #[tokio::test]
    async fn a_panic_becomes_one_error_that_says_what_happened() {
        let service = service();
        let answer: RpcResult<pb::ReadResourceResponse> =
            service.run("ReadResource", "x", async { panic!("index {} out of range", 7) }).await;
        let reply = answer.unwrap().into_inner();
        let [diagnostic] = reply.diagnostics.as_slice() else { panic!("{reply:?}") };
        assert_eq!(diagnostic.severity(), pb::diagnostic::Severity::Error);
        assert!(diagnostic.summary.contains("bug"));
        assert!(diagnostic.detail.contains("ReadResource"), "{}", diagnostic.detail);
        assert!(diagnostic.detail.contains("index 7 out of range"), "{}", diagnostic.detail);
        // A call that panicked is no longer under way.
        service.calls.none().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_goes_on_when_the_caller_has_gone() {
        let service = service();
        let (done, finished) = tokio::sync::oneshot::channel();
        let call = service.run("ApplyResourceChange", "x", async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = done.send(());
            Ok(pb::ApplyResourceChangeResponse::default())
        });
        assert!(tokio::time::timeout(Duration::from_millis(1), call).await.is_err());
        finished.await.unwrap();
        service.calls.none().await;
    }
}
