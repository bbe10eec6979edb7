//! The transport: HTTP/1.1 over TCP or TLS, and the breaking of connections that planned faults ask for.

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
use crate::http::{Answer, Ending, Request, clean_path, parse_form};

/// Salesforce takes SOAP messages of up to 50 MB; a little more, so that the limit is told and not felt.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// The connection is to be broken.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the connection is broken on purpose")
    }
}

impl std::error::Error for Broken {}

/// A body that may end too early.
struct AnswerBody {
    content: Option<Bytes>,
    announced: u64,
    /// Runs from the first half of the body to the break; without it hyper would not even send the first half.
    cut: Option<Pin<Box<tokio::time::Sleep>>>,
}

const BEFORE_A_CUT: Duration = Duration::from_millis(30);

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(content) = self.content.take().filter(|content| !content.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(content))));
        }
        match &mut self.cut {
            Some(cut) => cut.as_mut().poll(context).map(|()| Some(Err(Broken))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_none() && self.cut.is_none()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.announced)
    }
}

/// Accepts connections until the task is aborted.
pub async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, emulator: Arc<Emulator>) -> Infallible {
    let scheme = if tls.is_some() { "https" } else { "http" };
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            // Out of file descriptors, most likely; others may be closed meanwhile.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (tls, emulator, peer) = (tls.clone(), Arc::clone(&emulator), peer.to_string());
        tokio::spawn(async move {
            match tls {
                None => connection(stream, scheme, peer, emulator).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        connection(stream, scheme, peer, emulator).await;
                    }
                }
            }
        });
    }
}

async fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    scheme: &'static str,
    peer: String,
    emulator: Arc<Emulator>,
) {
    let service = service_fn(move |request| handle(request, scheme, peer.clone(), Arc::clone(&emulator)));
    // An error is a client that went away, or a fault that was planned.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn handle(
    request: hyper::Request<Incoming>,
    scheme: &str,
    peer: String,
    emulator: Arc<Emulator>,
) -> Result<hyper::Response<AnswerBody>, Broken> {
    let (head, body) = request.into_parts();
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return response(Answer::new(413, "text/plain", "Maximum size of request reached."));
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
        base_url: format!("{scheme}://{host}"),
    };
    let answer = emulator.answer(&request);
    if answer.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(answer.delay_ms)).await;
    }
    response(answer)
}

fn response(mut answer: Answer) -> Result<hyper::Response<AnswerBody>, Broken> {
    if answer.ending == Ending::Drop {
        return Err(Broken);
    }
    let announced = answer.body.len() as u64;
    let cut = (answer.ending == Ending::Cut).then(|| Box::pin(tokio::time::sleep(BEFORE_A_CUT)));
    if cut.is_some() {
        answer.body.truncate(answer.body.len() / 2);
    }
    let mut builder = hyper::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        builder = builder.header(name.as_str(), value.as_str());
    }
    builder
        .body(AnswerBody {
            content: Some(Bytes::from(answer.body)),
            announced,
            cut,
        })
        .map_err(|_| Broken)
}
