//! The skin: how Terraform starts this process, connects to it, calls it and ends it.
//!
//! Here is [`serve`], which puts the parts together. What the calls mean is `provider`'s business.

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
pub mod promises;

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

/// Longest message in either direction, as in Terraform's own Go plugins.
const LONGEST_MESSAGE: usize = 256 * 1024 * 1024;
/// What still runs after the end has begun may take this long; Terraform kills the process after two seconds.
const LAST_MOMENT: Duration = Duration::from_millis(1500);
/// Calls wait for Salesforce, they do not compute.
const THREADS: usize = 2;

/// The process's environment variables, passed in so that tests can have their own.
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

/// Who uses this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Terraform, which started it.
    Plugin,
    /// A developer, who started it and tells Terraform with `TF_REATTACH_PROVIDERS`. No TLS, serves any number
    /// of Terraform commands, ends on Ctrl-C.
    Debug,
}

/// Why the process does not serve, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Refused(#[from] handshake::Refusal),
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    #[error("cannot serve: {0}")]
    Io(#[from] io::Error),
    #[error("cannot serve: {0}")]
    Grpc(#[from] tonic::transport::Error),
}

/// Serves until Terraform, the developer or the system says to end.
pub fn serve(mode: Mode, environment: Environment) -> Result<(), ServeError> {
    if mode == Mode::Plugin {
        handshake::check(&environment)?;
    }
    logging::start(&environment);
    panics::report_to_terraform();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    let result = runtime.block_on(run(mode, environment));
    // Terraform waits for the process to go, not for its last task.
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
            tokio::spawn(lifecycle.clone().end_on(signals.terminate()));
            tokio::spawn(lifecycle.clone().end_when_abandoned());
            let certificate = tls.as_ref().map(|tls| tls.certificate.as_slice());
            handshake::announce(&handshake::line(&environment, &address, certificate))?;
        }
        Mode::Debug => {
            tokio::spawn(lifecycle.clone().end_on(signals.any()));
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
    let service = service::Service::new(Arc::clone(&lifecycle.provider), lifecycle.calls.clone());
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
        .serve_with_incoming_shutdown(connections, lifecycle.end.begun());
    let too_late = async {
        lifecycle.end.begun().await;
        tokio::time::sleep(LAST_MOMENT).await;
    };
    tokio::select! {
        served = server => Ok(served?),
        () = too_late => {
            tracing::warn!("connections stayed open; ending without them");
            Ok(())
        }
    }
}
