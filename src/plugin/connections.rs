//! Connections for gRPC: the accept loop and the TLS handshakes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::lifecycle::{Alive, Counter};
use super::listener::{Io, Listener};

/// The timeout of the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The pause after a failed accept, for example because of too many open files.
const AFTER_ERROR: Duration = Duration::from_millis(50);

pub struct Connection {
    stream: Box<dyn Io>,
    _alive: Alive,
}

#[cfg(any(test, fuzzing))]
impl Connection {
    /// A connection that no listener has accepted, for tests.
    pub fn of(stream: Box<dyn Io>, alive: Alive) -> Connection {
        Connection { stream, _alive: alive }
    }
}

/// Accepts connections until the receiver is dropped. With `tls`, returns only connections that complete the handshake.
/// Each handshake is a separate task, so that a silent client does not block others.
pub fn accept(
    listener: Arc<Listener>,
    tls: Option<TlsAcceptor>,
    alive: Counter,
) -> ReceiverStream<io::Result<Connection>> {
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(stream) => stream,
                    Err(error) => {
                        tracing::warn!(error = %error, "cannot accept a connection");
                        sleep(AFTER_ERROR).await;
                        continue;
                    }
                },
                () = sender.closed() => return,
            };
            let (sender, tls, alive) = (sender.clone(), tls.clone(), alive.clone());
            tokio::spawn(async move {
                if let Some(stream) = secure(stream, tls).await {
                    let connection = Connection { stream, _alive: alive.enter() };
                    // Sending fails if the server has stopped.
                    let _ = sender.send(Ok(connection)).await;
                }
            });
        }
    });
    ReceiverStream::new(receiver)
}

async fn secure(stream: Box<dyn Io>, tls: Option<TlsAcceptor>) -> Option<Box<dyn Io>> {
    let Some(tls) = tls else { return Some(stream) };
    match timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => Some(Box::new(stream)),
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "rejected a connection");
            None
        }
        Err(_) => {
            tracing::warn!("rejected a connection: TLS handshake timed out");
            None
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
