//! Serves the files of a folder by their path over HTTPS, as a mirror or a registry does.
//!
//! The tests provide the content.

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};

pub struct WebServer {
    /// `localhost` and the port.
    pub host: String,
    /// The certificate that clients must trust, as PEM.
    pub certificate: String,
    requested: Arc<Mutex<Vec<String>>>,
}

impl WebServer {
    /// Starts a server that runs until the process exits.
    ///
    /// # Panics
    /// Panics if no port is available.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
            .and_then(|params| params.self_signed(&key))
            .expect("a certificate");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("supported TLS versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .expect("a server's certificate");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a port").port();
        let requested: Arc<Mutex<Vec<String>>> = Arc::default();
        let (config, folder, noted) = (Arc::new(config), folder.to_owned(), Arc::clone(&requested));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, folder, noted) = (Arc::clone(&config), folder.clone(), Arc::clone(&noted));
                // A client that disconnects does not affect other clients.
                std::thread::spawn(move || answer(stream, config, &folder, &noted));
            }
        });
        Self { host: format!("localhost:{port}"), certificate: certificate.pem(), requested }
    }

    /// The requested paths.
    ///
    /// # Panics
    /// Panics if the thread of a connection has panicked.
    #[must_use]
    pub fn requested(&self) -> Vec<String> {
        self.requested.lock().expect("the list of paths").clone()
    }
}

/// Responds to one request, and then closes the connection.
fn answer(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    folder: &Path,
    requested: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > "\r\n".len() {
        header.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    requested.lock().map_err(|_| std::io::Error::other("a broken list"))?.push(path.clone());
    let file = within(folder, &path);
    let kind = match file.extension().and_then(|ending| ending.to_str()) {
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    let (status, body) = match std::fs::read(&file) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    let stream = reader.get_mut();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)?;
    stream.conn.send_close_notify();
    stream.flush()
}

/// The file at a path, which is never outside the folder.
fn within(folder: &Path, path: &str) -> PathBuf {
    let path = path.split('?').next().unwrap_or_default();
    let parts = Path::new(path).components().filter(|part| matches!(part, Component::Normal(_)));
    folder.join(parts.collect::<PathBuf>())
}
