//! Runs RPCs as tasks.
//!
//! An RPC continues when Terraform disconnects, for example during an apply. A panic in an RPC becomes a diagnostic. No
//! RPC returns a gRPC error, because Terraform would show "Plugin error" or lose the state in the response. Not here:
//! the RPCs (`service`).

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tonic::{Response, Status};
use tracing::Instrument as _;

use super::lifecycle::Counter;
use super::panics;
use super::to_proto::Reply;
use crate::log_keys;
use crate::provider::{Diagnostics, Provider, bugs};

pub type RpcResult<T> = Result<Response<T>, Status>;

pub struct Service {
    pub(super) provider: Arc<Provider>,
    calls: Counter,
    /// The number of RPCs so far. The log uses it as the ID of the next RPC.
    served: AtomicU64,
}

impl Service {
    pub fn new(provider: Arc<Provider>, calls: Counter) -> Service {
        Service { provider, calls, served: AtomicU64::new(0) }
    }

    /// Runs an RPC to its end, even if the caller disconnects.
    pub(super) async fn run<R, F>(&self, rpc: &'static str, type_name: &str, work: F) -> RpcResult<R>
    where
        R: Reply,
        F: Future<Output = Result<R, Diagnostics>> + Send + 'static,
    {
        Ok(Response::new(self.start(rpc, type_name, work).await))
    }

    /// Starts an RPC and returns its reply as a future. The RPC runs to its end even if the future is dropped.
    pub(super) fn start<R, F>(
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
            tracing::trace!(rejected = reply.is_err(), "answered");
            drop(alive);
            reply
        };
        let task = tokio::spawn(task.instrument(span));
        async move {
            match task.await {
                Ok(Ok(reply)) => reply,
                Ok(Err(diagnostics)) => R::only(diagnostics),
                Err(error) => R::only(bug(rpc, error)),
            }
        }
    }
}

/// The diagnostic for a panic. `panics` has already written the backtrace to stderr.
fn bug(rpc: &str, error: tokio::task::JoinError) -> Diagnostics {
    let what = match error.try_into_panic() {
        Ok(payload) => panics::message(payload.as_ref()),
        Err(error) => error.to_string(),
    };
    bugs::PROVIDER_BUG
        .diagnostic(format!(
            "{rpc} stopped unexpectedly: {what}.\n\nPlease report this to the provider developers, with the lines that \
             follow \"panic:\" in Terraform's output or log. Provider version: {}. A change in Salesforce that was in \
             progress may or may not be complete: run terraform plan to check.",
            env!("CARGO_PKG_VERSION")
        ))
        .into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::plugin::generated::tfplugin5 as pb;

    fn service() -> Service {
        Service::new(Arc::new(Provider::new(|_| None)), Counter::default())
    }

    #[tokio::test]
    async fn a_panic_becomes_one_error_with_the_panic_message() {
        let service = service();
        let result: RpcResult<pb::ReadResourceResponse> =
            service.run("ReadResource", "x", async { panic!("index {} out of range", 7) }).await;
        let reply = result.unwrap().into_inner();
        let [diagnostic] = reply.diagnostics.as_slice() else { panic!("{reply:?}") };
        assert_eq!(diagnostic.severity(), pb::diagnostic::Severity::Error);
        assert!(diagnostic.summary.contains("bug"));
        assert!(diagnostic.detail.contains("ReadResource"), "{}", diagnostic.detail);
        assert!(diagnostic.detail.contains("index 7 out of range"), "{}", diagnostic.detail);
        // The call no longer counts as running.
        service.calls.none().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_continues_when_the_caller_disconnects() {
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
