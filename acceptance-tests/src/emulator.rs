//! The emulator as a process of its own, and its admin calls.

use crate::canary::Secret;
use crate::target::Credentials;
use crate::{http, provider_binary};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

pub struct Emulator {
    child: Child,
    /// What the line `ready {…}` said.
    pub ready: Value,
    credentials: tempfile::TempDir,
}

impl Emulator {
    /// An org in which everything happens at once.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// An org with options of the emulator's command line.
    ///
    /// # Panics
    /// When it does not come up.
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
            // Read to the end: a full pipe would stop the emulator.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _nobody_waits_any_more = sender.send(line);
            }
        });
        let mut said = String::new();
        let ready = loop {
            let line = receiver.recv_timeout(Duration::from_secs(30));
            let line = line.unwrap_or_else(|_| panic!("the emulator did not say that it is ready: {said}"));
            if let Some(ready) = line.strip_prefix("ready ") {
                break serde_json::from_str(ready).expect("JSON after the word ready");
            }
            said.push_str(&line);
            said.push('\n');
        };
        Self { child, ready, credentials }
    }

    #[must_use]
    pub fn url(&self) -> &str {
        self.ready["url"].as_str().expect("the emulator says its URL")
    }

    #[must_use]
    pub fn org_id(&self) -> &str {
        self.ready["orgId"].as_str().expect("the emulator says its org")
    }

    /// The newest API version that it knows, 68 for 68.0.
    ///
    /// # Panics
    /// When it does not say.
    #[must_use]
    pub fn newest_version(&self) -> u64 {
        self.admin("GET", "", None)["apiVersion"].as_u64().expect("the emulator says its API version")
    }

    /// The environment that logs in to this org as its administrator, with a private key.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        let said =
            |name: &str| self.ready[name].as_str().expect("the emulator says its credentials").to_owned();
        BTreeMap::from([
            ("SALESFORCE_INSTANCE_URL".to_owned(), self.url().to_owned()),
            ("SALESFORCE_CLIENT_ID".to_owned(), said("clientId")),
            ("SALESFORCE_USERNAME".to_owned(), said("username")),
            (
                "SALESFORCE_PRIVATE_KEY_FILE".to_owned(),
                self.credentials.path().join("server.key").display().to_string(),
            ),
        ])
    }

    /// The user name of another user of the org: `limited` may call APIs and nothing else, `app.admin` may change
    /// policies only.
    #[must_use]
    pub fn user(&self, name: &str) -> String {
        let credentials = self.credentials();
        let domain = credentials["SALESFORCE_USERNAME"].split('@').next_back().unwrap_or_default();
        format!("{name}@{domain}")
    }

    /// What the file `credentials.json` says: everything that a client could know.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn known(&self) -> Value {
        let file = std::fs::read(self.credentials.path().join("credentials.json")).expect("the credentials");
        serde_json::from_slice(&file).expect("JSON")
    }

    /// Every secret that the org has issued so far, and the private key of the API user.
    ///
    /// # Panics
    /// When there is none: a search for nothing finds nothing.
    #[must_use]
    #[track_caller]
    pub fn secrets(&self) -> Vec<Secret> {
        let issued = self.admin("GET", "/secrets", None);
        let texts = issued.as_array().into_iter().flatten().filter_map(Value::as_str);
        // The emulator counts consumer keys among them. A consumer key is a client ID: browsers see it.
        let texts = texts.filter(|text| !text.starts_with("3MVG9"));
        let mut secrets: Vec<Secret> = texts.map(|text| Secret::new("issued by the org", text)).collect();
        assert!(!secrets.is_empty(), "the emulator knows no secrets: {issued}");
        if let Some(path) = self.credentials().get("SALESFORCE_PRIVATE_KEY_FILE") {
            let pem = std::fs::read_to_string(path).expect("the private key of the API user");
            secrets.push(Secret::new("private key", &pem));
        }
        secrets
    }

    /// An admin call; the reply's JSON, null when there is none.
    ///
    /// # Panics
    /// When the emulator refuses.
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
        let _gone_already = self.child.kill();
        let _status = self.child.wait();
    }
}
