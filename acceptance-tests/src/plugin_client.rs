//! A go-plugin and tfplugin5 client without Terraform: starts the provider as Terraform does, reads its handshake
//! line, and connects with a separate certificate. It is based on the protocol, not on the provider's code.

#![allow(clippy::expect_used, reason = "a harness fails a test with a panic")]

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine as _;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tonic::codegen::{Service, http::Uri};
use tonic::transport::{Channel, Endpoint};

/// The generated clients, and the servers for `plugin_server` and the providers in `bench/` and `safe/`.
#[allow(clippy::all, missing_docs)]
pub mod proto {
    pub mod tfplugin5 {
        tonic::include_proto!("tfplugin5");
    }
    pub mod go_plugin {
        tonic::include_proto!("plugin");
    }
    pub mod health {
        tonic::include_proto!("grpc.health.v1");
    }
}

pub use proto::go_plugin::grpc_broker_client::GrpcBrokerClient;
pub use proto::go_plugin::grpc_controller_client::GrpcControllerClient;
pub use proto::go_plugin::grpc_stdio_client::GrpcStdioClient;
pub use proto::health::health_client::HealthClient;
pub use proto::tfplugin5::provider_client::ProviderClient;

/// The magic cookie that Terraform sets for its plugins.
pub const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// The time limit for the provider, longer than any wait in a test.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// A certificate with its key, generated for one test.
pub struct Identity {
    pub pem: String,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Identity {
    /// # Panics
    /// Panics if no key can be generated.
    #[must_use]
    pub fn generate() -> Identity {
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
            .and_then(|params| params.self_signed(&key))
            .expect("a certificate");
        Identity { pem: certificate.pem(), certificate: certificate.der().clone(), key: key.serialize_der() }
    }
}

/// The options for starting the provider. The defaults are those of Terraform, without TLS.
pub struct Start {
    command: Command,
    temporary: TempDir,
}

impl Start {
    /// Starts from an empty environment, because variables could change the provider's behavior. Temporary files are
    /// in a folder of the test, because a process that is killed at the end of a test does not remove them.
    ///
    /// # Panics
    /// Panics if no temporary folder can be created.
    #[must_use]
    pub fn program(path: &Path) -> Start {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let mut command = Command::new(path);
        command
            .env_clear()
            .env("TMPDIR", temporary.path())
            .env(COOKIE.0, COOKIE.1)
            .env("PLUGIN_PROTOCOL_VERSIONS", "6,5")
            .env("PLUGIN_MIN_PORT", "10000")
            .env("PLUGIN_MAX_PORT", "25000")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Start { command, temporary }
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Start {
        self.command.env(name, value);
        self
    }

    #[must_use]
    pub fn without_env(mut self, name: &str) -> Start {
        self.command.env_remove(name);
        self
    }

    #[must_use]
    pub fn arg(mut self, arg: &str) -> Start {
        self.command.arg(arg);
        self
    }

    /// Requests AutoMTLS with this client certificate.
    #[must_use]
    pub fn tls(self, client: &Identity) -> Start {
        self.env("PLUGIN_CLIENT_CERT", &client.pem)
    }

    /// Starts the provider and reads its first line.
    ///
    /// # Panics
    /// Panics if the provider does not start.
    pub async fn run(mut self) -> Plugin {
        let mut child = self.command.spawn().expect("the provider starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout"));
        let stderr = child.stderr.take().expect("stderr");
        let mut line = String::new();
        tokio::time::timeout(TIME_LIMIT, stdout.read_line(&mut line))
            .await
            .expect("the provider prints a line or ends")
            .expect("text");
        Plugin { child, stdout, stderr, line, _temporary: self.temporary }
    }
}

/// A running provider process.
pub struct Plugin {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: ChildStderr,
    /// The first line on stdout, including the newline. Empty if the process exited without a line.
    pub line: String,
    _temporary: TempDir,
}

/// The exit status of a process and the rest of its output.
pub struct Ended {
    pub status: ExitStatus,
    /// The output on stdout after the first line.
    pub stdout: String,
    pub stderr: String,
}

impl Plugin {
    /// The fields of the handshake line.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        self.line.trim_end_matches('\n').split('|').collect()
    }

    /// # Panics
    /// Panics if the field does not exist.
    #[must_use]
    pub fn field(&self, index: usize) -> &str {
        self.fields().get(index).copied().expect("a handshake line")
    }

    /// # Panics
    /// Panics if the process has exited.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id().expect("a running provider")
    }

    /// # Panics
    /// Panics if the signal cannot be sent.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(pid.expect("a process id"), signal).expect("the signal is sent");
    }

    /// Connects as Terraform does. With `client`, uses TLS and trusts only the certificate in the handshake line.
    pub async fn connect(&self, client: Option<&Identity>) -> Result<Channel, tonic::transport::Error> {
        let tls = client.map(|client| client_tls(self.field(5), Some(client)));
        self.connect_with(tls).await
    }

    /// Connects over TLS without a client certificate.
    pub async fn connect_anonymously(&self) -> Result<Channel, tonic::transport::Error> {
        self.connect_with(Some(client_tls(self.field(5), None))).await
    }

    async fn connect_with(
        &self,
        tls: Option<rustls::ClientConfig>,
    ) -> Result<Channel, tonic::transport::Error> {
        connect(self.field(2), self.field(3), tls).await
    }

    /// Waits for the process to exit.
    ///
    /// # Panics
    /// Panics if the process does not exit.
    pub async fn ended(mut self) -> Ended {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let all = async {
            let (out, err, status) = tokio::join!(
                self.stdout.read_to_string(&mut stdout),
                self.stderr.read_to_string(&mut stderr),
                self.child.wait(),
            );
            out.and(err).and(status)
        };
        let status = tokio::time::timeout(TIME_LIMIT, all)
            .await
            .expect("the provider ends")
            .expect("text on its pipes");
        Ended { status, stdout, stderr }
    }
}

/// Connects to an address of a handshake or reattach line.
pub async fn connect(
    network: &str,
    address: &str,
    tls: Option<rustls::ClientConfig>,
) -> Result<Channel, tonic::transport::Error> {
    let connector =
        Connector { network: network.to_owned(), address: address.to_owned(), tls: tls.map(Arc::new) };
    Endpoint::from_static("http://localhost").connect_with_connector(connector).await
}

fn client_tls(server: &str, client: Option<&Identity>) -> rustls::ClientConfig {
    let server =
        base64::engine::general_purpose::STANDARD_NO_PAD.decode(server).expect("base64 without padding");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(server)).expect("a certificate");
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
            .with_root_certificates(roots);
    let mut config = match client {
        Some(client) => config
            .with_client_auth_cert(
                vec![client.certificate.clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(client.key.clone())),
            )
            .expect("a usable certificate"),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Connects to the provider, regardless of the address that tonic passes.
#[derive(Clone)]
struct Connector {
    network: String,
    address: String,
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl Connector {
    async fn open(self) -> std::io::Result<TokioIo<Box<dyn Io>>> {
        let stream: Box<dyn Io> = match self.network.as_str() {
            "unix" => Box::new(UnixStream::connect(&self.address).await?),
            _ => Box::new(TcpStream::connect(&self.address).await?),
        };
        let Some(tls) = self.tls else {
            return Ok(TokioIo::new(stream));
        };
        let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
        let stream = tokio_rustls::TlsConnector::from(tls).connect(name, stream).await?;
        Ok(TokioIo::new(Box::new(stream)))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Box<dyn Io>>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().open())
    }
}
