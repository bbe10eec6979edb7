//! The additional services of go-plugin: controller, broker, stdio and health.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::generated::go_plugin::grpc_broker_server::GrpcBroker;
use super::generated::go_plugin::grpc_controller_server::GrpcController;
use super::generated::go_plugin::grpc_stdio_server::GrpcStdio;
use super::generated::go_plugin::{ConnInfo, Empty, StdioData};
use super::generated::health::health_check_response::ServingStatus;
use super::generated::health::health_server::Health;
use super::generated::health::{HealthCheckRequest, HealthCheckResponse};
use super::lifecycle::Lifecycle;

pub struct SideServices {
    lifecycle: Lifecycle,
}

impl SideServices {
    pub fn new(lifecycle: Lifecycle) -> Arc<SideServices> {
        Arc::new(SideServices { lifecycle })
    }
}

/// An empty stream that stays open until the server stops. It keeps Terraform's connection from becoming idle, and must
/// end on shutdown, because a graceful shutdown waits for open streams.
fn silent<T: Send + 'static>(shutdown: CancellationToken) -> ReceiverStream<Result<T, Status>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = sender.closed() => {}
        }
    });
    ReceiverStream::new(receiver)
}

#[tonic::async_trait]
impl GrpcController for SideServices {
    /// Terraform kills the process two seconds after this call.
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.lifecycle.provider.stop();
        self.lifecycle.shutdown.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl GrpcBroker for SideServices {
    type StartStreamStream = Pin<Box<dyn Stream<Item = Result<ConnInfo, Status>> + Send>>;

    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        let mut announced = request.into_inner();
        let shutdown = self.lifecycle.shutdown.clone();
        tokio::spawn(async move {
            let read = async { while let Some(Ok(_)) = announced.next().await {} };
            tokio::select! {
                () = read => {}
                () = shutdown.cancelled() => {}
            }
        });
        Ok(Response::new(Box::pin(silent(self.lifecycle.shutdown.clone()))))
    }
}

#[tonic::async_trait]
impl GrpcStdio for SideServices {
    type StreamStdioStream = Pin<Box<dyn Stream<Item = Result<StdioData, Status>> + Send>>;

    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(Box::pin(silent(self.lifecycle.shutdown.clone()))))
    }
}

#[tonic::async_trait]
impl Health for SideServices {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match request.into_inner().service.as_str() {
            "" | "plugin" => Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() })),
            _ => Err(Status::not_found("unknown service")),
        }
    }
}
