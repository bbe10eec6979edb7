//! Starts the emulator as a separate process, and makes its admin calls.

use crate::canary::Secret;
use crate::target::Credentials;
use crate::{http, provider_binary};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

pub struct Emulator {
    child: Child,
    /// The JSON of the line `ready {…}`.
    pub ready: Value,
    credentials: tempfile::TempDir,
    /// Secrets that a test planted in responses from the org.
    planted: Mutex<Vec<Secret>>,
}

/// The running orgs of this process: URL → folder with the org's credentials.
static RUNNING: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());

/// The secrets of the emulators whose address occurs in one of the strings, because a client of an org may leak them.
pub fn secrets_near<'a>(texts: impl Iterator<Item = std::borrow::Cow<'a, str>>) -> Vec<Secret> {
    let running = RUNNING.lock().expect("lock is not poisoned").clone();
    let texts: Vec<_> = texts.collect();
    let near = running.iter().filter(|(url, _)| texts.iter().any(|text| text.contains(url.as_str())));
    near.flat_map(|(url, credentials)| {
        let mut secrets = issued(url).unwrap_or_default();
        secrets.extend(private_key(credentials));
        secrets
    })
    .collect()
}

/// The secrets that an org has issued. The emulator also lists consumer keys, but a consumer key is a public client ID.
fn issued(url: &str) -> Option<Vec<Secret>> {
    let reply = http::call("GET", &format!("{url}/emulator/secrets"), None).ok()?;
    let texts: Vec<String> = serde_json::from_str(&reply.body).ok()?;
    let texts = texts.iter().filter(|text| !text.starts_with("3MVG9"));
    Some(texts.map(|text| Secret::new(kind(text), text)).collect())
}

fn kind(issued: &str) -> &'static str {
    const KINDS: [(&str, &str); 4] = [
        ("00D", "access token"),
        ("5Aep", "refresh token"),
        ("canaryLOGINSECRET", "client secret"),
        ("canarySECRET", "consumer secret"),
    ];
    KINDS.iter().find(|(start, _)| issued.starts_with(start)).map_or("issued by the org", |(_, kind)| kind)
}

fn private_key(credentials: &Path) -> Option<Secret> {
    let pem = std::fs::read_to_string(credentials.join("server.key")).ok()?;
    Some(Secret::new("private key", &pem))
}

impl Emulator {
    /// Starts an org without delays.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts an org with emulator command line options.
    ///
    /// # Panics
    /// Panics if the emulator does not start.
    #[must_use]
    pub fn with(options: &[&str]) -> Self {
        let program = provider_binary::program("salesforce-emulator", "SALESFORCE_EMULATOR");
        let credentials = tempfile::tempdir().expect("a folder for the credentials");
        let mut child = Command::new(&program)
            .args(["--port", "0", "--credentials"])
            .arg(credentials.path())
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let stdout = child.stdout.take().expect("stdout is piped");
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            // Read all output, because a full pipe would block the emulator.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _receiver_is_gone = sender.send(line);
            }
        });
        let mut output = String::new();
        let ready = loop {
            let line = receiver.recv_timeout(Duration::from_secs(120));
            let line =
                line.unwrap_or_else(|_| panic!("the emulator did not report that it is ready: {output}"));
            if let Some(ready) = line.strip_prefix("ready ") {
                break serde_json::from_str(ready).expect("JSON after the word ready");
            }
            output.push_str(&line);
            output.push('\n');
        };
        let emulator = Self { child, ready, credentials, planted: Mutex::default() };
        let folder = emulator.credentials.path().to_owned();
        RUNNING.lock().expect("lock is not poisoned").insert(emulator.url().to_owned(), folder);
        emulator
    }

    /// Marks a string in a planned fault of the org as a secret.
    ///
    /// # Panics
    /// Panics if another thread has panicked while it held the lock.
    pub fn plant(&self, kind: &str, secret: &str) {
        self.planted.lock().expect("lock is not poisoned").push(Secret::new(kind, secret));
    }

    #[must_use]
    pub fn url(&self) -> &str {
        self.ready["url"].as_str().expect("the emulator reports its URL")
    }

    #[must_use]
    pub fn org_id(&self) -> &str {
        self.ready["orgId"].as_str().expect("the emulator reports its org")
    }

    /// The newest API version that the emulator supports, such as 68 for 68.0.
    ///
    /// # Panics
    /// Panics if the response does not contain the version.
    #[must_use]
    pub fn newest_version(&self) -> u64 {
        self.admin("GET", "", None)["apiVersion"].as_u64().expect("the emulator reports its API version")
    }

    /// The environment for a login as the administrator of this org, with a private key.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        let reported =
            |name: &str| self.ready[name].as_str().expect("the emulator reports its credentials").to_owned();
        BTreeMap::from([
            ("SALESFORCE_INSTANCE_URL".to_owned(), self.url().to_owned()),
            ("SALESFORCE_CLIENT_ID".to_owned(), reported("clientId")),
            ("SALESFORCE_USERNAME".to_owned(), reported("username")),
            (
                "SALESFORCE_PRIVATE_KEY_FILE".to_owned(),
                self.credentials.path().join("server.key").display().to_string(),
            ),
        ])
    }

    /// The username of a user in the org, such as `limited`, who may only call APIs, or `app.admin`, who may only
    /// change policies.
    #[must_use]
    pub fn user(&self, name: &str) -> String {
        let credentials = self.credentials();
        let domain = credentials["SALESFORCE_USERNAME"].split('@').next_back().unwrap_or_default();
        format!("{name}@{domain}")
    }

    /// The content of `credentials.json`, which contains everything that a client may know.
    ///
    /// # Panics
    /// Panics if the file does not exist.
    #[must_use]
    pub fn known(&self) -> Value {
        let file = std::fs::read(self.credentials.path().join("credentials.json")).expect("the credentials");
        serde_json::from_slice(&file).expect("JSON")
    }

    /// Every secret that the org has issued, the private key of the API user, and planted secrets.
    ///
    /// # Panics
    /// Panics if the org has issued no secrets, because a search would then find nothing.
    #[must_use]
    #[track_caller]
    pub fn secrets(&self) -> Vec<Secret> {
        let mut secrets = issued(self.url()).expect("the emulator lists its secrets");
        assert!(!secrets.is_empty(), "the emulator knows no secrets");
        secrets.push(private_key(self.credentials.path()).expect("the private key of the API user"));
        secrets.extend(self.planted.lock().expect("lock is not poisoned").iter().cloned());
        secrets
    }

    /// Makes an admin call. Returns the JSON of the response, or null if there is none.
    ///
    /// # Panics
    /// Panics if the emulator rejects the call.
    #[track_caller]
    pub fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let body = body.map(Value::to_string);
        let url = format!("{}/emulator{path}", self.url());
        let reply = http::call(method, &url, body.as_deref())
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        assert!((200..300).contains(&reply.status), "{method} {path}: {} {}", reply.status, reply.body);
        serde_json::from_str(&reply.body).unwrap_or(Value::Null)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Ok(mut running) = RUNNING.lock() {
            running.remove(self.ready["url"].as_str().unwrap_or_default());
        }
        let _gone_already = self.child.kill();
        let _status = self.child.wait();
    }
}
