//! Authentication with the Salesforce CLI. Runs `sf` to get a token, and never reads the CLI's files.
//!
//! The output contains a token, so it is not logged, and an error contains only the redacted message of a failure. No
//! shell is used. Versions earlier than 2.136.8 (May 2026) print the token in `sf org display`. Newer versions hide the
//! token there and have a separate command for it.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::error::ErrorKind;
use super::http;
use super::key_form::placeholder;
use super::redact::Redactor;
use super::retry::TimeScale;
use crate::lock::lock;
use crate::secret::Secret;

/// The timeout of one run of `sf`, which starts Node and may request a token from Salesforce.
const TIMEOUT_SECONDS: f64 = 60.0;
const LONGEST_OUTPUT: usize = 1024 * 1024;
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How long to read output after the process has ended. A child process may still hold the pipe open.
const OUTPUT_GRACE: Duration = Duration::from_secs(2);
/// Prefixes of the provider's own variables, which hold secrets and are not passed to `sf`.
const OWN_VARIABLES: &[&str] = &["SALESFORCE_", "TFC_WORKLOAD_IDENTITY_TOKEN"];
/// The number of retries to start a program whose file is being written.
const BUSY_TRIES: u32 = 5;
/// The maximum number of opening braces that are tried as the start of the JSON.
const MAX_TRIES: u32 = 1_000;

/// The file names of `sf`, as npm and the installers create them.
#[cfg(windows)]
const PROGRAMS: &[&str] = &["sf.cmd", "sf.exe"];
#[cfg(not(windows))]
const PROGRAMS: &[&str] = &["sf"];

/// Disables version checks, automatic updates, the progress bar, and colors.
const QUIET: &[(&str, &str)] = &[
    ("SF_DISABLE_AUTOUPDATE", "true"),
    ("SF_SKIP_NEW_VERSION_CHECK", "true"),
    ("SF_USE_PROGRESS_BAR", "false"),
    ("NO_COLOR", "1"),
    ("FORCE_COLOR", "0"),
];

const DISPLAY: &[&str] = &["org", "display"];
const SHOW_TOKEN: &[&str] = &["org", "auth", "show-access-token"];

#[derive(Debug, Clone)]
pub struct SfCli {
    /// An alias or a username.
    pub org: String,
    /// The folders to search for `sf`, in the syntax of PATH. `None` selects PATH itself.
    pub search: Option<OsString>,
}

pub(super) struct CliSession {
    pub token: Secret,
    pub instance: Url,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SfCliProblem {
    #[error("the Salesforce CLI is not installed: there is no program sf on the PATH")]
    NotInstalled,
    #[error("the Salesforce CLI cannot be started: {why}")]
    Unstartable { why: String },
    #[error("the Salesforce CLI did not respond within {seconds} s")]
    TimedOut { seconds: u64 },
    #[error("the Salesforce CLI has no org with the alias or username \"{org}\"")]
    UnknownOrg { org: String },
    #[error("the Salesforce CLI's login for \"{org}\" has expired or was revoked")]
    Expired { org: String },
    #[error("the Salesforce CLI failed{}{}", code(.exit), words(.message))]
    Failed { exit: Option<i32>, message: Option<String> },
    #[error("the Salesforce CLI did not return JSON{}", code(.exit))]
    NoJson { exit: Option<i32> },
    #[error("the Salesforce CLI hides the token of \"{org}\" and has no command to show it")]
    TooOld { org: String },
    #[error("the Salesforce CLI has no access token for \"{org}\"")]
    NoToken { org: String },
    #[error("the Salesforce CLI did not return the instance URL of the org \"{org}\"")]
    NoInstance { org: String },
    #[error("the Salesforce CLI's login for \"{org}\" belongs to {shown}, but instance_url is {expected}")]
    OtherInstance { org: String, shown: String, expected: String },
}

fn code(exit: &Option<i32>) -> String {
    match exit {
        Some(0) => String::new(),
        Some(code) => format!(" (exit code {code})"),
        None => " (it was stopped)".to_owned(),
    }
}

fn words(message: &Option<String>) -> String {
    message
        .as_deref()
        .filter(|message| !message.is_empty())
        .map(|message| format!(": {message}"))
        .unwrap_or_default()
}

impl SfCliProblem {
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NotInstalled => {
                "Install it (npm install --global @salesforce/cli) where Terraform runs, or add its folder to the \
                 PATH. Or omit sf_cli_org and use another authentication method."
            }
            Self::Unstartable { .. } => {
                "Run sf version where Terraform runs. The Salesforce CLI requires Node.js, unless its installer \
                 included Node.js."
            }
            Self::TimedOut { .. } => {
                "Run the command manually: sf org display --target-org ALIAS --json. It may be waiting for the \
                 network, a proxy, or the keychain."
            }
            Self::UnknownOrg { .. } => {
                "sf org list shows the aliases and usernames. Logins are stored per user and machine: log in with sf \
                 org login web --alias ALIAS --instance-url URL as the user that runs Terraform, or correct \
                 sf_cli_org."
            }
            Self::Expired { .. } => {
                "Log in again: sf org login web --alias ALIAS --instance-url URL, or sf org login jwt."
            }
            Self::Failed { .. } | Self::NoJson { .. } => {
                "Run the commands manually: sf org display --target-org ALIAS --json, and sf org auth \
                 show-access-token --target-org ALIAS --json. Their output contains a token."
            }
            Self::TooOld { .. } => {
                "Update it with sf update, or npm install --global @salesforce/cli: version 2.136.8 has sf org auth \
                 show-access-token."
            }
            Self::NoToken { .. } | Self::NoInstance { .. } => {
                "Log in again with sf org login web, and check the output of sf org display."
            }
            Self::OtherInstance { .. } => {
                "Omit instance_url, or set sf_cli_org to a login for the org in instance_url."
            }
        }
    }
}

struct Run {
    /// `None` if a signal stopped the program.
    exit: Option<i32>,
    answer: Option<Value>,
}

impl SfCli {
    /// Gets a token. This takes seconds, because `sf` runs once or twice and starts Node each time.
    pub(super) async fn log_in(
        &self,
        time_scale: TimeScale,
        redactor: &Redactor,
    ) -> Result<CliSession, ErrorKind> {
        let shown = self.result(DISPLAY, time_scale, redactor).await?;
        let org = || self.org.clone();
        let text = |from: &Value, name: &str| from.get(name).and_then(Value::as_str).map(str::to_owned);
        let instance = text(&shown, "instanceUrl")
            .and_then(|url| Url::parse(&url).ok())
            .ok_or_else(|| SfCliProblem::NoInstance { org: org() })?;
        let instance = http::check_url(&instance)?;
        let token = text(&shown, "accessToken").map(Zeroizing::new);
        if let Some(token) = token.filter(|token| is_token(token)) {
            return Ok(CliSession { token: Secret::new(token.as_str()), instance });
        }
        let shown = match self.result(SHOW_TOKEN, time_scale, redactor).await {
            Err(ErrorKind::SfCli(SfCliProblem::NoJson { exit })) if exit != Some(0) => {
                return Err(SfCliProblem::TooOld { org: org() }.into());
            }
            shown => shown?,
        };
        let token = text(&shown, "accessToken").map(Zeroizing::new);
        let token =
            token.filter(|token| is_token(token)).ok_or_else(|| SfCliProblem::NoToken { org: org() })?;
        Ok(CliSession { token: Secret::new(token.as_str()), instance })
    }

    /// Runs a command and returns its result or its error.
    async fn result(
        &self,
        command: &[&str],
        time_scale: TimeScale,
        redactor: &Redactor,
    ) -> Result<Value, ErrorKind> {
        let timeout = time_scale.seconds(TIMEOUT_SECONDS);
        let search = self.search.clone().or_else(|| std::env::var_os("PATH")).unwrap_or_default();
        let program = find(&search).ok_or(SfCliProblem::NotInstalled)?;
        let mut arguments: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        arguments.extend(["--target-org".to_owned(), self.org.clone(), "--json".to_owned()]);
        tracing::debug!(command = command.join(" "), "running the Salesforce CLI");
        let run = tokio::task::spawn_blocking(move || run(&program, &arguments, timeout)).await;
        let ended = run.map_err(|_| SfCliProblem::Failed { exit: None, message: None })??;
        let mut answer = ended.answer.ok_or(SfCliProblem::NoJson { exit: ended.exit })?;
        let status = answer.get("status").and_then(Value::as_i64);
        match answer.get_mut("result").map(Value::take) {
            Some(result) if ended.exit == Some(0) && status.unwrap_or(0) == 0 => Ok(result),
            _ => Err(self.failure(&answer, ended.exit, redactor).into()),
        }
    }

    fn failure(&self, answer: &Value, exit: Option<i32>, redactor: &Redactor) -> SfCliProblem {
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, message) = (text("name"), text("message"));
        let contains = |words: &[&str]| {
            let lower = message.to_ascii_lowercase();
            words.iter().any(|word| name.contains(word) || lower.contains(&word.to_ascii_lowercase()))
        };
        let org = self.org.clone();
        if contains(&["NamedOrgNotFound", "No authorization information found", "No org configuration found"])
        {
            return SfCliProblem::UnknownOrg { org };
        }
        if contains(&[
            "RefreshTokenAuthError",
            "access/refresh token",
            "INVALID_SESSION_ID",
            "Bad_OAuth_Token",
            "Session expired",
        ]) {
            return SfCliProblem::Expired { org };
        }
        let message = [name, message].iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>();
        SfCliProblem::Failed {
            exit,
            message: Some(redactor.clean(&message.join(": "))).filter(|s| !s.is_empty()),
        }
    }
}

/// Whether a string is a token. Newer versions of `sf` print a sentence instead.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_graphic())
        && !text.starts_with('[')
        && placeholder(text).is_none()
}

/// Searches the folders of a PATH. Relative folders are skipped, so that a file next to the configuration is not run.
fn find(search: &OsString) -> Option<PathBuf> {
    let folders = std::env::split_paths(search).filter(|folder| folder.is_absolute());
    let mut programs = folders.flat_map(|folder| PROGRAMS.iter().map(move |name| folder.join(name)));
    programs.find(|program| is_program(program))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the only program that the provider runs, and only when configured"
)]
fn run(program: &Path, arguments: &[String], timeout: Duration) -> Result<Run, SfCliProblem> {
    let unstartable = |error: std::io::Error| SfCliProblem::Unstartable { why: error.kind().to_string() };
    let mut command = Command::new(program);
    command.args(arguments).envs(QUIET.iter().copied());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| OWN_VARIABLES.iter().any(|own| name.starts_with(own))) {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // The installers' `sf` is a script that starts Node. In a separate process group, the script and Node can both be
    // stopped.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut tries: u32 = 0;
    let mut child = loop {
        match command.spawn() {
            Ok(child) => break child,
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES => {
                tries = tries.saturating_add(1);
                std::thread::sleep(POLL_INTERVAL);
            }
            Err(error) => return Err(unstartable(error)),
        }
    };
    let stdout = read_aside(child.stdout.take());
    let stderr = read_aside(child.stderr.take());
    let deadline = Instant::now() + timeout;
    let status: ExitStatus = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => std::thread::sleep(POLL_INTERVAL),
            Ok(None) => {
                end(&mut child);
                return Err(SfCliProblem::TimedOut { seconds: timeout.as_secs() });
            }
            Err(error) => return Err(unstartable(error)),
        }
    };
    let rest = Instant::now() + OUTPUT_GRACE;
    let (stdout, stderr) = (stdout.until(rest), stderr.until(rest));
    // Older versions of `sf` print errors to stderr.
    let answer = answer_in(&stdout).or_else(|| answer_in(&stderr));
    Ok(Run { exit: status.code(), answer })
}

/// Stops a program and its children. Errors are ignored, because they mean that the program has already ended.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// The output of a pipe so far, and a channel that signals its end.
struct Output {
    read: Arc<Mutex<Zeroizing<Vec<u8>>>>,
    ended: mpsc::Receiver<()>,
}

impl Output {
    /// The complete output, or the part that was read by the given time.
    fn until(&self, time: Instant) -> Zeroizing<Vec<u8>> {
        let _ = self.ended.recv_timeout(time.saturating_duration_since(Instant::now()));
        std::mem::take(&mut *lock(&self.read))
    }
}

/// Reads a pipe in a separate thread, because a program blocks when its pipe is full.
fn read_aside(mut pipe: Option<impl Read + Send + 'static>) -> Output {
    let read = Arc::new(Mutex::new(Zeroizing::new(Vec::new())));
    let (sender, ended) = mpsc::channel();
    let kept = Arc::clone(&read);
    std::thread::spawn(move || {
        let mut piece = Zeroizing::new([0; 8192]);
        // Output before a read error may be sufficient.
        while let Some(count @ 1..) = pipe.as_mut().and_then(|pipe| pipe.read(piece.as_mut_slice()).ok()) {
            let mut kept = lock(&kept);
            if kept.len() < LONGEST_OUTPUT {
                kept.extend(piece.iter().take(count));
            }
        }
        // After a timeout, there is no receiver.
        let _ = sender.send(());
    });
    Output { read, ended }
}

/// The JSON object in a response. Warnings may precede or follow the object. A response has a `status` member. If no
/// object has one, the first object with `result` or `name` is used.
pub(super) fn answer_in(output: &[u8]) -> Option<Value> {
    let text = Zeroizing::new(without_colours(&String::from_utf8_lossy(output)));
    let has = |value: &Value, names: &[&str]| names.iter().any(|name| value.get(name).is_some());
    let mut from: usize = 0;
    let mut other = None;
    for _ in 0..MAX_TRIES {
        let Some(at) = text.get(from..).and_then(|rest| rest.find('{')) else { break };
        let start = from.saturating_add(at);
        let mut read = serde_json::Deserializer::from_str(text.get(start..)?).into_iter::<Value>();
        match read.next() {
            Some(Ok(value)) if has(&value, &["status"]) => return Some(value),
            Some(Ok(value)) => {
                other = other.or_else(|| Some(value).filter(|value| has(value, &["result", "name"])));
                from = start.saturating_add(read.byte_offset());
            }
            _ => from = start.saturating_add(1),
        }
    }
    other
}

fn without_colours(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest = rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
#[path = "sf_cli_tests.rs"]
mod tests;
