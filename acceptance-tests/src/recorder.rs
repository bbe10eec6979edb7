//! A recorder between a client and the org: forwards every byte unchanged and keeps a copy. The copy is parsed as
//! HTTP only afterwards, so that no byte is changed on the way. The recorder has two ports, with and without TLS.

use crate::emulator::Emulator;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

type Bytes = Arc<Mutex<Vec<u8>>>;

/// The bytes of one connection, in both directions.
#[derive(Clone, Default)]
struct Connection {
    sent: Bytes,
    received: Bytes,
}

pub struct Recorder {
    /// The URL of the org for clients.
    pub url: String,
    /// The URL with TLS, for clients that trust `certificate`.
    pub tls_url: String,
    pub certificate: String,
    connections: Arc<Mutex<Vec<Connection>>>,
    _runtime: tokio::runtime::Runtime,
}

/// A request and its response.
pub struct Exchange {
    /// For example `POST /services/…`.
    pub request_line: String,
    pub request: Vec<u8>,
    pub response: Vec<u8>,
}

impl Exchange {
    pub fn is_soap(&self) -> bool {
        self.request_line.contains("/services/Soap/")
    }
}

impl Recorder {
    pub fn before(org: &Emulator) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime for the recorder");
        let target = org.url().strip_prefix("http://").expect("an org without TLS").to_owned();
        let connections: Arc<Mutex<Vec<Connection>>> = Arc::default();

        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()])
            .and_then(|params| params.self_signed(&key))
            .expect("a certificate");
        let server =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("supported TLS versions")
                .with_no_client_auth()
                .with_single_cert(
                    vec![certificate.der().clone()],
                    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
                )
                .expect("a server's certificate");
        let acceptor = TlsAcceptor::from(Arc::new(server));

        let listen = || runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let (plain, secure) = (listen(), listen());
        let address = |listener: &TcpListener| listener.local_addr().expect("a port");
        let (url, tls_url) = (format!("http://{}", address(&plain)), format!("https://{}", address(&secure)));

        let (into, org) = (Arc::clone(&connections), target.clone());
        runtime.spawn(async move {
            while let Ok((client, _)) = plain.accept().await {
                tokio::spawn(forward(client, org.clone(), begin(&into)));
            }
        });
        let into = Arc::clone(&connections);
        runtime.spawn(async move {
            while let Ok((client, _)) = secure.accept().await {
                let (acceptor, org, into) = (acceptor.clone(), target.clone(), begin(&into));
                tokio::spawn(async move {
                    if let Ok(client) = acceptor.accept(client).await {
                        forward(client, org, into).await;
                    }
                });
            }
        });
        Self { url, tls_url, certificate: certificate.pem(), connections, _runtime: runtime }
    }

    /// All exchanges so far. Call this function only after the client has exited.
    pub fn exchanges(&self) -> Vec<Exchange> {
        let connections = self.connections.lock().expect("the recorder's list").clone();
        connections.iter().flat_map(Connection::exchanges).collect()
    }

    /// Writes the SOAP messages in both directions to a folder. Returns the total number of calls.
    pub fn write(&self, folder: &Path) -> usize {
        let exchanges = self.exchanges();
        for (number, exchange) in exchanges.iter().enumerate().filter(|(_, one)| one.is_soap()) {
            for (direction, body) in [("request", &exchange.request), ("response", &exchange.response)] {
                let file = folder.join(format!("{number:04}-{direction}.xml"));
                std::fs::write(file, body).expect("a file for a message");
            }
        }
        exchanges.len()
    }
}

fn begin(connections: &Mutex<Vec<Connection>>) -> Connection {
    let connection = Connection::default();
    connections.lock().expect("the recorder's list").push(connection.clone());
    connection
}

async fn forward(client: impl AsyncRead + AsyncWrite, org: String, record: Connection) {
    let Ok(org) = TcpStream::connect(org).await else { return };
    let (from_client, to_client) = tokio::io::split(client);
    let (from_org, to_org) = org.into_split();
    tokio::join!(copy(from_client, to_org, &record.sent), copy(from_org, to_client, &record.received));
}

async fn copy(from: impl AsyncRead, to: impl AsyncWrite, record: &Mutex<Vec<u8>>) {
    let (mut from, mut to) = (std::pin::pin!(from), std::pin::pin!(to));
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let piece = &buffer[..length];
        // Record the bytes before forwarding them: a client may read the record as soon as it has the response.
        record.lock().expect("a connection's record").extend_from_slice(piece);
        if to.write_all(piece).await.is_err() || to.flush().await.is_err() {
            break;
        }
    }
    let _closed_already = to.shutdown().await;
}

impl Connection {
    fn exchanges(&self) -> Vec<Exchange> {
        let sent = messages(&self.sent.lock().expect("a connection's record"));
        let received = messages(&self.received.lock().expect("a connection's record"));
        assert_eq!(sent.len(), received.len(), "every request has a response: {sent:?} {received:?}");
        sent.into_iter()
            .zip(received)
            .map(|((request_line, request), (_, response))| Exchange { request_line, request, response })
            .collect()
    }
}

/// The first lines and bodies of the HTTP messages in a stream, in order.
fn messages(mut stream: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    while let Some(end) = find(stream, b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&stream[..end]).into_owned();
        stream = &stream[end + 4..];
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            lines
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim().to_owned())
        };
        assert!(header("content-encoding").is_none(), "nothing here is compressed: {head}");
        let body = if header("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
            unchunk(&mut stream)
        } else {
            let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            let (body, rest) = stream.split_at(stream.len().min(length));
            stream = rest;
            body.to_vec()
        };
        found.push((head.lines().next().unwrap_or_default().to_owned(), body));
    }
    found
}

fn unchunk(stream: &mut &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = find(stream, b"\r\n") {
        let size = String::from_utf8_lossy(&stream[..end]).into_owned();
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16);
        let size = size.expect("the size of a chunk");
        body.extend_from_slice(&stream[end + 2..end + 2 + size]);
        *stream = &stream[end + 2 + size + 2..];
        if size == 0 {
            break;
        }
    }
    body
}

fn find(stream: &[u8], what: &[u8]) -> Option<usize> {
    stream.windows(what.len()).position(|window| window == what)
}

#[test]
fn a_stream_is_split_into_messages() {
    let stream = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST /b HTTP/1.1\r\n\
        transfer-encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\nGET /c HTTP/1.1\r\n\r\n";
    let read: Vec<(String, String)> =
        messages(stream).into_iter().map(|(line, body)| (line, String::from_utf8(body).unwrap())).collect();
    let expected = [("POST /a HTTP/1.1", "abc"), ("POST /b HTTP/1.1", "def"), ("GET /c HTTP/1.1", "")];
    assert_eq!(read, expected.map(|(line, body)| (line.to_owned(), body.to_owned())));
}
