//! The plugin protocol: start, handshake, TLS, gRPC services and shutdown.
//!
//! [`serve`] connects the parts. Not here: the behavior of the provider (`provider`).

mod calls;
mod connections;
mod dynamic_value;
mod from_proto;
mod generated;
mod handshake;
mod lifecycle;
mod listener;
mod logging;
mod panics;
mod service;
mod side_services;
mod tls;
mod to_proto;
mod upgrades;

#[cfg(any(test, fuzzing))]
pub mod properties;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tonic::transport::Server;

use crate::provider::Provider;
use generated::go_plugin::grpc_broker_server::GrpcBrokerServer;
use generated::go_plugin::grpc_controller_server::GrpcControllerServer;
use generated::go_plugin::grpc_stdio_server::GrpcStdioServer;
use generated::health::health_server::HealthServer;
use generated::tfplugin5::provider_server::ProviderServer;
use lifecycle::{Lifecycle, Signals};
use listener::Listener;
use side_services::SideServices;
use tls::Tls;

/// The maximum size of a message, the same as in Terraform's Go plugins.
const LONGEST_MESSAGE: usize = 256 * 1024 * 1024;
/// How long open connections can delay the shutdown. Terraform kills the process two seconds after it calls Shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(1500);
/// The number of worker threads. Two are sufficient, because calls mostly wait for Salesforce.
const THREADS: usize = 2;

/// The environment variables of the process. Tests can pass other variables.
#[derive(Clone)]
pub struct Environment(Arc<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    pub fn new(get: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Environment {
        Environment(Arc::new(get))
    }

    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }
}

/// How the process was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Plugin,
    /// Started by a developer, for `TF_REATTACH_PROVIDERS`. Runs without TLS, and serves Terraform commands until
    /// Ctrl-C.
    Debug,
}

/// Why the process cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Rejected(#[from] handshake::HandshakeError),
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    #[error("cannot serve: {0}")]
    Io(#[from] io::Error),
    #[error("cannot serve: {0}")]
    Grpc(#[from] tonic::transport::Error),
}

/// Serves until Terraform, the developer or the operating system stops the process.
pub fn serve(mode: Mode, environment: Environment) -> Result<(), ServeError> {
    if mode == Mode::Plugin {
        handshake::check(&environment)?;
    }
    logging::start(&environment);
    panics::report_to_terraform();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    let result = runtime.block_on(run(mode, environment));
    // Terraform waits for the process to exit, so remaining tasks are not awaited.
    runtime.shutdown_background();
    result
}

async fn run(mode: Mode, environment: Environment) -> Result<(), ServeError> {
    let signals = Signals::listen()?;
    let tls = match (mode, environment.get("PLUGIN_CLIENT_CERT")) {
        (Mode::Plugin, Some(pem)) if !pem.is_empty() => Some(Tls::pinned_to(&pem)?),
        _ => None,
    };
    let (listener, _cleanup) = Listener::bind(&environment, tls.is_some()).await?;
    let listener = Arc::new(listener);
    let address = listener.address()?;
    let provider = Arc::new(Provider::new({
        let environment = environment.clone();
        move |name| environment.get(name)
    }));
    let lifecycle = Lifecycle::new(provider);
    match mode {
        Mode::Plugin => {
            tokio::spawn(lifecycle.clone().stop_on(signals.terminate()));
            tokio::spawn(lifecycle.clone().stop_when_disconnected());
            let certificate = tls.as_ref().map(|tls| tls.certificate.as_slice());
            handshake::announce(&handshake::line(&environment, &address, certificate))?;
        }
        Mode::Debug => {
            tokio::spawn(lifecycle.clone().stop_on(signals.any()));
            handshake::announce(&handshake::reattach_line(&address))?;
        }
    }
    let connections = connections::accept(
        Arc::clone(&listener),
        tls.map(|tls| tls.acceptor),
        lifecycle.connections.clone(),
    );
    serve_grpc(connections, &lifecycle).await
}

async fn serve_grpc(
    connections: impl tokio_stream::Stream<Item = io::Result<connections::Connection>>,
    lifecycle: &Lifecycle,
) -> Result<(), ServeError> {
    let service = calls::Service::new(Arc::clone(&lifecycle.provider), lifecycle.calls.clone());
    let side = SideServices::new(lifecycle.clone());
    let server = Server::builder()
        .add_service(
            ProviderServer::new(service)
                .max_decoding_message_size(LONGEST_MESSAGE)
                .max_encoding_message_size(LONGEST_MESSAGE),
        )
        .add_service(GrpcControllerServer::from_arc(Arc::clone(&side)))
        .add_service(GrpcBrokerServer::from_arc(Arc::clone(&side)))
        .add_service(GrpcStdioServer::from_arc(Arc::clone(&side)))
        .add_service(HealthServer::from_arc(side))
        .serve_with_incoming_shutdown(connections, lifecycle.shutdown.cancelled());
    let timed_out = async {
        lifecycle.shutdown.cancelled().await;
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    tokio::select! {
        served = server => Ok(served?),
        () = timed_out => {
            tracing::warn!("connections are still open after the timeout; stopping");
            Ok(())
        }
    }
}
