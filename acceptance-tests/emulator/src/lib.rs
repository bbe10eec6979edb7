//! A strict emulator of the parts of a Salesforce org that External Client Apps use.
//!
//! The emulator shares no code with the provider: the contract comes from Salesforce's own schema (`proto/salesforce`),
//! and XML is parsed with a different library. Behavior without evidence is rejected ("not emulated: …").
//!
//! `start` runs the emulator inside a test; `main.rs` is the standalone program.

#![forbid(unsafe_code)]

mod admin;
mod apply;
pub mod behavior;
mod call_options;
mod certificate;
mod check;
mod component;
mod connect;
mod contract;
pub mod credentials;
mod crud;
mod deletion;
mod emulator;
mod exchange;
mod fault;
mod http;
mod installed;
mod job;
mod journal;
mod multipart;
mod oauth;
mod org;
mod pace;
mod package;
mod pairs;
mod report;
mod rest;
mod rules;
mod script;
mod server;
mod site;
mod soap;
mod soql;
mod stamp;
mod switches;
mod tree;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use crate::credentials::Credentials;
use crate::emulator::Emulator;
use crate::org::Org;
pub use crate::pace::Pace;
pub use crate::switches::Switches;

/// The options of an emulator. `Config::default()` listens on a free port of the loopback address.
#[derive(Debug, Clone)]
pub struct Config {
    pub host: String,
    /// 0 selects a free port.
    pub port: u16,
    pub org_id: String,
    pub name: String,
    pub api_version: u32,
    pub switches: Switches,
    /// Permission sets in addition to the seeded ones: name and number of assigned users.
    pub permission_sets: Vec<(String, u64)>,
    pub jwt_tokens: bool,
    pub state_file: Option<PathBuf>,
    pub journal_file: Option<PathBuf>,
    pub faults_file: Option<PathBuf>,
    pub credentials_folder: Option<PathBuf>,
    pub tls: bool,
    /// Host names in the certificate, in addition to those of the loopback address.
    pub tls_names: Vec<String>,
    /// The port of the Experience Cloud site. 0 selects a free port.
    pub site_port: u16,
    /// The path prefix of the site: `shop` puts the site at `/shop`.
    pub site_prefix: String,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            host: "127.0.0.1".to_string(),
            port: 0,
            org_id: stamp::with_checksum("00DEM0000000001"),
            name: "Emulator".to_string(),
            api_version: NEWEST_API_VERSION,
            switches: Switches::default(),
            permission_sets: Vec::new(),
            jwt_tokens: false,
            state_file: None,
            journal_file: None,
            faults_file: None,
            credentials_folder: None,
            tls: false,
            tls_names: Vec::new(),
            site_port: 0,
            site_prefix: String::new(),
        }
    }
}

/// The newest supported API version, defined only here.
pub const NEWEST_API_VERSION: u32 = 68;

/// A running emulator. Dropping this value stops it.
pub struct Running {
    pub url: String,
    /// The URL of the Experience Cloud site, with its path prefix.
    pub site_url: String,
    pub org_id: String,
    pub credentials: Credentials,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

#[derive(Deserialize)]
struct Saved {
    org: Org,
    jobs: job::Jobs,
}

/// Starts an emulator in the background of the current tokio runtime.
pub async fn start(config: Config) -> Result<Running, String> {
    let (mut org, jobs) = load(&config)?;
    org.switches = config.switches.clone();
    org.api_version = config.api_version;
    for app in &mut org.login_apps {
        app.jwt_tokens = config.jwt_tokens;
    }
    let wanted = config
        .permission_sets
        .iter()
        .map(|(name, holders)| (name.clone(), serde_json::json!(holders)))
        .collect();
    admin::set_groups(&mut org.permission_sets, "0PS", &wanted)?;
    let journal = match &config.journal_file {
        None => None,
        Some(path) => {
            let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
            Some(file.map_err(|error| format!("{}: {error}", path.display()))?)
        }
    };
    let (listener, bound) = listen(&config.host, config.port).await?;
    let (site_listener, site_bound) = listen(&config.host, config.site_port).await?;
    let (tls, ca_certificate) = if config.tls {
        let (acceptor, certificate) = certificate(&config.tls_names)?;
        (Some(acceptor), Some(certificate))
    } else {
        (None, None)
    };
    let scheme = if config.tls { "https" } else { "http" };
    let url = format!("{scheme}://{bound}");
    let prefix = config.site_prefix.trim_matches('/');
    if !config.site_prefix.is_empty() {
        org.site.network.url_path_prefix = prefix.to_string();
    }
    org.url.clone_from(&url);
    org.site.locate(&format!("{scheme}://{site_bound}"));
    let site_url = org.site.url.clone();
    let credentials = Credentials::issue(&mut org, &url, ca_certificate);
    if let Some(folder) = &config.credentials_folder {
        credentials.write(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let org_id = org.id.clone();
    let emulator =
        Arc::new(Emulator::new(org, jobs, journal::Journal::new(journal), config.state_file.clone()));
    if let Some(path) = &config.faults_file {
        let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let entries = script::Script::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        emulator.state().script.entries = entries;
    }
    emulator.state().save();
    let ticking = Arc::clone(&emulator);
    let clock = tokio::spawn(async move {
        let mut interval = tokio::time::interval(std::time::Duration::from_millis(50));
        loop {
            interval.tick().await;
            ticking.tick();
        }
    });
    let site = {
        let (tls, emulator) = (tls.clone(), Arc::clone(&emulator));
        tokio::spawn(async move {
            server::serve(site_listener, true, tls, emulator).await;
        })
    };
    let server = tokio::spawn(async move {
        server::serve(listener, false, tls, emulator).await;
    });
    Ok(Running { url, site_url, org_id, credentials, tasks: vec![clock, server, site] })
}

async fn listen(host: &str, port: u16) -> Result<(tokio::net::TcpListener, SocketAddr), String> {
    let address = format!("{host}:{port}");
    let listener =
        tokio::net::TcpListener::bind(&address).await.map_err(|error| format!("{address}: {error}"))?;
    let bound = listener.local_addr().map_err(|error| error.to_string())?;
    Ok((listener, bound))
}

fn load(config: &Config) -> Result<(Org, job::Jobs), String> {
    let fresh =
        || Org::new(&config.org_id, &config.name, config.api_version, credentials::TEST_ONLY_CERTIFICATE);
    let Some(path) = config.state_file.as_ref().filter(|path| path.exists()) else {
        return Ok((fresh(), job::Jobs::default()));
    };
    let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let saved: Saved =
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok((saved.org, saved.jobs))
}

/// A certificate for the loopback names and `more`, generated at each start.
fn certificate(more: &[String]) -> Result<(tokio_rustls::TlsAcceptor, String), String> {
    let mut names = vec!["localhost".to_string(), "127.0.0.1".to_string(), "::1".to_string()];
    names.extend_from_slice(more);
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| error.to_string())?;
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der())
        .map_err(ToString::to_string)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .map_err(|error| error.to_string())?;
    Ok((tokio_rustls::TlsAcceptor::from(Arc::new(config)), made.cert.pem()))
}
