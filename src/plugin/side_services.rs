//! The services that go-plugin expects beside the provider: controller, broker, stdio, health.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

use super::generated::go_plugin::grpc_broker_server::GrpcBroker;
use super::generated::go_plugin::grpc_controller_server::GrpcController;
use super::generated::go_plugin::grpc_stdio_server::GrpcStdio;
use super::generated::go_plugin::{ConnInfo, Empty, StdioData};
use super::generated::health::health_check_response::ServingStatus;
use super::generated::health::health_server::Health;
use super::generated::health::{HealthCheckRequest, HealthCheckResponse};
use super::lifecycle::{End, Lifecycle};

/// All of them: none has a state of its own.
pub struct SideServices {
    lifecycle: Lifecycle,
}

impl SideServices {
    pub fn new(lifecycle: Lifecycle) -> Arc<SideServices> {
        Arc::new(SideServices { lifecycle })
    }
}

/// A stream that says nothing and stays open until the server ends: an open stream keeps Terraform's connection
/// from going idle, and the end must close it or a graceful shutdown would wait for ever.
fn silent<T: Send + 'static>(end: &End) -> ReceiverStream<Result<T, Status>> {
    let (sender, receiver) = mpsc::channel(1);
    let begun = end.begun();
    tokio::spawn(async move {
        tokio::select! {
            () = begun => {}
            () = sender.closed() => {}
        }
    });
    ReceiverStream::new(receiver)
}

#[tonic::async_trait]
impl GrpcController for SideServices {
    /// Terraform kills the process two seconds after this.
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.lifecycle.provider.stop();
        self.lifecycle.end.begin();
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
        let end = self.lifecycle.end.begun();
        tokio::spawn(async move {
            let read = async { while let Some(Ok(_)) = announced.next().await {} };
            tokio::select! {
                () = read => {}
                () = end => {}
            }
        });
        Ok(Response::new(Box::pin(silent(&self.lifecycle.end))))
    }
}

#[tonic::async_trait]
impl GrpcStdio for SideServices {
    type StreamStdioStream = Pin<Box<dyn Stream<Item = Result<StdioData, Status>> + Send>>;

    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(Box::pin(silent(&self.lifecycle.end))))
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
