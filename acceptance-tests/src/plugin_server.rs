//! Serves a provider for tests in the way that Terraform expects: a handshake line, a socket, and shutdown on request.
//!
//! The server does not use TLS, so the caller must set `TF_DISABLE_PLUGIN_TLS`. The providers themselves are in
//! `bench/` and `safe/`.

use std::error::Error;
use std::io::Write as _;
use std::sync::Mutex;

use tokio::net::UnixListener;
use tokio::sync::oneshot;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Request, Response, Status};

use crate::plugin_client::proto::go_plugin::Empty;
use crate::plugin_client::proto::go_plugin::grpc_controller_server::{GrpcController, GrpcControllerServer};
use crate::plugin_client::proto::tfplugin5::provider_server::{Provider, ProviderServer};

pub type Reply<T> = Result<Response<T>, Status>;

/// # Errors
/// Never returns an error. The generated signatures require a result.
pub fn reply<T>(message: T) -> Reply<T> {
    Ok(Response::new(message))
}

/// Serves the provider until Terraform stops the server, on a single thread to keep the cost low.
///
/// # Errors
/// Returns an error if no socket can be created, or if the handshake line cannot be written.
pub fn serve(provider: impl Provider) -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serving(provider))
}

async fn serving(provider: impl Provider) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket)?;
    let (end, ended) = oneshot::channel();
    let mut stdout = std::io::stdout();
    writeln!(stdout, "1|5|unix|{}|grpc|", socket.display())?;
    stdout.flush()?;
    tonic::transport::Server::builder()
        .add_service(ProviderServer::new(provider))
        .add_service(GrpcControllerServer::new(Controller { end: Mutex::new(Some(end)) }))
        .serve_with_incoming_shutdown(UnixListenerStream::new(listener), async {
            // The server also stops when the controller has been dropped.
            let _asked = ended.await;
        })
        .await?;
    Ok(())
}

struct Controller {
    end: Mutex<Option<oneshot::Sender<()>>>,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Reply<Empty> {
        if let Some(end) = self.end.lock().ok().and_then(|mut end| end.take()) {
            let _gone_already = end.send(());
        }
        reply(Empty {})
    }
}
