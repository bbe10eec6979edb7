//! The transport: HTTP/1.1 over TCP or TLS, and the connection failures of planned faults.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::emulator::Emulator;
use crate::http::{Delivery, Request, Response, clean_path, parse_form};

/// Salesforce accepts SOAP messages up to 50 MB. The limit here is higher, so that the error can be reported.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// An error that closes the connection.
#[derive(Debug)]
struct ConnectionClosed;

impl std::fmt::Display for ConnectionClosed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the connection is broken on purpose")
    }
}

impl std::error::Error for ConnectionClosed {}

/// A body that may be sent slowly and end early.
struct AnswerBody {
    pieces: VecDeque<Bytes>,
    announced: u64,
    gap: Duration,
    is_cut: bool,
    /// The pause before the next piece, or before the connection closes.
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
}

/// A pause before a planned cut. Without it, hyper does not send the data before the connection closes.
const BEFORE_A_CUT: Duration = Duration::from_millis(30);
const PIECES_OF_A_DRIP: usize = 20;

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = ConnectionClosed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ConnectionClosed>>> {
        if let Some(pause) = &mut self.pause {
            if pause.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.pause = None;
        }
        let Some(piece) = self.pieces.pop_front() else {
            return Poll::Ready(self.is_cut.then_some(Err(ConnectionClosed)));
        };
        if !self.pieces.is_empty() {
            self.pause = Some(Box::pin(tokio::time::sleep(self.gap)));
        } else if self.is_cut {
            self.pause = Some(Box::pin(tokio::time::sleep(BEFORE_A_CUT)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && !self.is_cut
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.announced)
    }
}

/// The host of the org or of the site.
#[derive(Debug, Clone, Copy)]
struct Host {
    scheme: &'static str,
    is_site: bool,
}

/// Accepts connections until the task is aborted.
pub async fn serve(
    listener: TcpListener,
    is_site: bool,
    tls: Option<TlsAcceptor>,
    emulator: Arc<Emulator>,
) -> Infallible {
    let host = Host { scheme: if tls.is_some() { "https" } else { "http" }, is_site };
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            // Probably out of file descriptors. Other connections may close in the meantime.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (tls, emulator, peer) = (tls.clone(), Arc::clone(&emulator), peer.to_string());
        tokio::spawn(async move {
            match tls {
                None => connection(stream, host, peer, emulator).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        connection(stream, host, peer, emulator).await;
                    }
                }
            }
        });
    }
}

async fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    host: Host,
    peer: String,
    emulator: Arc<Emulator>,
) {
    let service = service_fn(move |request| handle(request, host, peer.clone(), Arc::clone(&emulator)));
    // An error means a disconnected client or a planned fault.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        // Idle connections stay open: closing one would look like an unplanned fault to the client.
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn handle(
    request: hyper::Request<Incoming>,
    address: Host,
    peer: String,
    emulator: Arc<Emulator>,
) -> Result<hyper::Response<AnswerBody>, ConnectionClosed> {
    let (head, body) = request.into_parts();
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return response(Response::new(413, "text/plain", "Maximum size of request reached."));
    };
    let host = headers
        .iter()
        .find(|(name, _)| name == "host")
        .map(|(_, value)| value.clone())
        .or_else(|| head.uri.authority().map(ToString::to_string))
        .unwrap_or_default();
    let request = Request {
        method: head.method.as_str().to_string(),
        path: clean_path(head.uri.path()),
        query: parse_form(head.uri.query().unwrap_or_default()),
        headers,
        body: body.to_bytes(),
        peer,
        base_url: format!("{}://{host}", address.scheme),
        on_site: address.is_site,
    };
    let answer = emulator.answer(&request);
    if answer.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(answer.delay_ms)).await;
    }
    response(answer)
}

fn response(mut answer: Response) -> Result<hyper::Response<AnswerBody>, ConnectionClosed> {
    if answer.delivery == Delivery::Drop {
        return Err(ConnectionClosed);
    }
    let announced = answer.body.len() as u64;
    let is_cut = answer.delivery == Delivery::Cut;
    if is_cut {
        answer.body.truncate(answer.body.len() / 2);
    }
    let mut builder = hyper::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        builder = builder.header(name.as_str(), value.as_str());
    }
    let size =
        if answer.drip_ms > 0 { answer.body.len().div_ceil(PIECES_OF_A_DRIP) } else { answer.body.len() };
    let body = AnswerBody {
        pieces: answer.body.chunks(size.max(1)).map(Bytes::copy_from_slice).collect(),
        announced,
        gap: Duration::from_millis(answer.drip_ms / PIECES_OF_A_DRIP as u64),
        is_cut,
        pause: None,
    };
    builder.body(body).map_err(|_| ConnectionClosed)
}
