//! The program: parses flags, starts an emulator, prints its addresses, and exits on SIGINT or SIGTERM.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use salesforce_emulator::{Config, NEWEST_API_VERSION, Pace, Running, Switches, start};

/// A strict emulator of the parts of a Salesforce org that External Client Apps use.
///
/// Supports the OAuth token endpoint, the SOAP Metadata API since 60.0, and related REST calls. Its responses do
/// not prove what a real org responds: see the README for the evidence behind each behavior.
#[derive(Parser)]
#[command(version)]
struct Flags {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port to listen on; 0 selects a free port
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// ID of the org, 15 or 18 characters, starting with 00D
    #[arg(long, value_parser = org_id)]
    org_id: Option<String>,
    /// Name of the org; usernames end with it
    #[arg(long, default_value = "Emulator")]
    name: String,
    /// The newest API version of the org
    #[arg(long, default_value_t = NEWEST_API_VERSION, value_parser = clap::value_parser!(u32).range(60..=i64::from(NEWEST_API_VERSION)))]
    api_version: u32,
    /// Store the org in this file; written after each change and read at start
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Append one line of JSON per request to this file
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Planned faults, a JSON list
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Write credentials.env, credentials.json, server.key and other files to this folder
    #[arg(long, value_name = "DIR")]
    credentials: Option<PathBuf>,
    /// How long a deploy is Pending
    #[arg(long, value_name = "MS", default_value_t = 0)]
    queue_ms: u64,
    /// How long a deploy is InProgress
    #[arg(long, value_name = "MS", default_value_t = 0)]
    deploy_ms: u64,
    /// How long a retrieve takes
    #[arg(long, value_name = "MS", default_value_t = 0)]
    retrieve_ms: u64,
    /// How long every response takes
    #[arg(long, value_name = "MS", default_value_t = 0)]
    call_ms: u64,
    /// How long a deploy is Finalizing after its commit (API version 65 and later)
    #[arg(long, value_name = "MS", default_value_t = 0)]
    finalizing_ms: u64,
    /// How long lists still show the state before a change
    #[arg(long, value_name = "MS", default_value_t = 0)]
    list_lag_ms: u64,
    /// `real`: random times as in a real org, instead of --queue-ms, --deploy-ms, --retrieve-ms and --list-lag-ms
    #[arg(long, value_enum, default_value = "fixed")]
    pace: Tempo,
    /// Seed of the random times; the same seed gives the same times
    #[arg(long, default_value_t = Switches::default().seed)]
    seed: u64,
    /// Scales the times of the real pace
    #[arg(long, value_name = "PERCENT", default_value_t = 100)]
    pace_percent: u64,
    /// A permission set of the org, with its number of assigned users; may be repeated
    #[arg(long, value_name = "NAME[=HOLDERS]", value_parser = permission_set)]
    permission_set: Vec<(String, u64)>,
    /// Reject component files whose elements are not in alphabetical order
    #[arg(long)]
    strict_order: bool,
    /// Issue access tokens in JWT format, which SOAP rejects below API version 68
    #[arg(long)]
    jwt_tokens: bool,
    /// Use HTTPS with a certificate for localhost and 127.0.0.1; --credentials writes it as ca.pem
    #[arg(long)]
    tls: bool,
    /// An additional host name in the certificate, for clients that connect through a proxy; may be repeated
    #[arg(long, value_name = "HOST", requires = "tls")]
    tls_name: Vec<String>,
    /// Port of the Experience Cloud site; 0 selects a free port
    #[arg(long, default_value_t = 0)]
    site_port: u16,
    /// Path prefix of the Experience Cloud site
    #[arg(long, value_name = "PATH", default_value = "")]
    site_prefix: String,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Tempo {
    Fixed,
    Real,
}

fn org_id(text: &str) -> Result<String, String> {
    let is_id = text.starts_with("00D") && text.chars().all(|letter| letter.is_ascii_alphanumeric());
    match text.len() {
        15 if is_id => Ok(salesforce_emulator::credentials::long_id(text)),
        18 if is_id => Ok(text.to_string()),
        _ => Err("an org ID has 15 or 18 letters and digits and starts with 00D".to_string()),
    }
}

fn permission_set(text: &str) -> Result<(String, u64), String> {
    let (name, holders) = text.split_once('=').unwrap_or((text, "0"));
    let holders = holders.parse().map_err(|_| format!("'{holders}' is not a number of users"))?;
    Ok((name.to_string(), holders))
}

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    let defaults = Config::default();
    let config = Config {
        host: flags.host,
        port: flags.port,
        org_id: flags.org_id.unwrap_or(defaults.org_id),
        name: flags.name,
        api_version: flags.api_version,
        switches: Switches {
            queue_ms: flags.queue_ms,
            deploy_ms: flags.deploy_ms,
            retrieve_ms: flags.retrieve_ms,
            call_ms: flags.call_ms,
            finalizing_ms: flags.finalizing_ms,
            list_lag_ms: flags.list_lag_ms,
            pace: match flags.pace {
                Tempo::Fixed => Pace::Fixed,
                Tempo::Real => Pace::Real,
            },
            seed: flags.seed,
            pace_percent: flags.pace_percent,
            alphabetical: flags.strict_order,
            ..Switches::default()
        },
        permission_sets: flags.permission_set,
        jwt_tokens: flags.jwt_tokens,
        state_file: flags.state,
        journal_file: flags.journal,
        faults_file: flags.faults,
        credentials_folder: flags.credentials.clone(),
        tls: flags.tls,
        tls_names: flags.tls_name,
        site_port: flags.site_port,
        site_prefix: flags.site_prefix,
    };
    let running = match start(config).await {
        Ok(running) => running,
        Err(problem) => {
            let _ = writeln!(std::io::stderr(), "salesforce-emulator: {problem}");
            return ExitCode::FAILURE;
        }
    };
    let _ = print_addresses(&running, flags.credentials.as_deref());
    termination_signal().await;
    ExitCode::SUCCESS
}

/// Prints text for users, then one line for programs.
fn print_addresses(running: &Running, folder: Option<&std::path::Path>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let credentials = &running.credentials;
    writeln!(out, "An emulated Salesforce org at {}", running.url)?;
    writeln!(out)?;
    match folder {
        Some(folder) => {
            let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
            writeln!(out, "    . {}", folder.join("credentials.env").display())?;
            writeln!(out)?;
            writeln!(out, "or, with another authentication method:")?;
        }
        None => writeln!(out, "Log in with a token (or start with --credentials DIR for a key):")?,
    }
    writeln!(out)?;
    writeln!(out, "    export SALESFORCE_INSTANCE_URL={}", running.url)?;
    writeln!(out, "    export SALESFORCE_ACCESS_TOKEN='{}'", credentials.access_token)?;
    writeln!(out)?;
    writeln!(out, "    export SALESFORCE_CLIENT_ID={}", credentials.client_id)?;
    writeln!(out, "    export SALESFORCE_CLIENT_SECRET={}", credentials.client_secret)?;
    writeln!(out)?;
    writeln!(out, "The Experience Cloud site at {}", running.site_url)?;
    writeln!(out)?;
    writeln!(out, "Requests:      curl {}/emulator/journal", running.url)?;
    writeln!(out, "Components:    curl {}/emulator/components", running.url)?;
    writeln!(out, "Settings:      curl {}/emulator/org", running.url)?;
    writeln!(out)?;
    let ready = serde_json::json!({
        "url": running.url,
        "siteUrl": running.site_url,
        "orgId": running.org_id,
        "accessToken": credentials.access_token,
        "clientId": credentials.client_id,
        "clientSecret": credentials.client_secret,
        "username": credentials.username,
        "credentials": folder,
    });
    writeln!(out, "ready {ready}")?;
    out.flush()
}

#[cfg(not(unix))]
async fn termination_signal() {
    let _ = tokio::signal::ctrl_c().await;
}

#[cfg(unix)]
async fn termination_signal() {
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
