//! Runs of the program `live`, their output, and the state of the org before and after a run.

use acceptance_tests::canary;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::target::Credentials;
use acceptance_tests::terraform::{self, repository};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

pub struct Live {
    folder: tempfile::TempDir,
    pub variables: BTreeMap<String, String>,
}

pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// Null if the program wrote no report.
    pub report: Value,
}

impl Live {
    /// A run with the variables that log in to the org, and no other variables.
    pub fn in_org(org: &Emulator) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: org.credentials() }
    }

    pub fn without_org() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: BTreeMap::new() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        let install = repository().join("acceptance-tests/clients/install");
        let installed =
            Command::new(install).output().expect("acceptance-tests/clients/install needs python3");
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
        let output = |name: &str| std::fs::File::create(self.file(name)).expect("a file for the output");
        Command::new(env!("CARGO_BIN_EXE_live"))
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TERRAFORM", terraform::path())
            .env("LIVE_REPORT", self.file("report.json"))
            .envs(&self.variables)
            .stdin(Stdio::null())
            // The output goes to files, because a pipe without a reader would block the program.
            .stdout(output("stdout"))
            .stderr(output("stderr"))
            .spawn()
            .expect("the program starts")
    }

    pub fn end(&self, mut child: Child) -> Finished {
        let status = child.wait().expect("a child can be waited for");
        let read = |name: &str| std::fs::read_to_string(self.file(name)).unwrap_or_default();
        Finished {
            code: status.code(),
            stdout: read("stdout"),
            stderr: read("stderr"),
            report: serde_json::from_str(&read("report.json")).unwrap_or_default(),
        }
    }

    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.end(self.start(arguments))
    }
}

impl Finished {
    #[track_caller]
    pub fn ended_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// The verdict of each open question, by ID.
    pub fn verdicts(&self) -> BTreeMap<String, String> {
        let questions = self.report["questions"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        questions.map(|question| (text(&question["id"]), text(&question["verdict"]))).collect()
    }

    /// The IDs of the open questions with this verdict.
    pub fn with_verdict(&self, verdict: &str) -> Vec<String> {
        self.verdicts().into_iter().filter(|(_, found)| found == verdict).map(|(id, _)| id).collect()
    }

    /// The org's response to an open question.
    pub fn response(&self, id: &str) -> String {
        let questions = self.report["questions"].as_array().into_iter().flatten();
        let found = questions.into_iter().find(|question| question["id"] == id);
        found.unwrap_or_else(|| panic!("{id} was not queried"))["said"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Asserts that the output and the report contain no secrets and no complete consumer key.
    #[track_caller]
    pub fn assert_no_secrets(&self, org: &Emulator) {
        let report = self.report.to_string();
        for (place, text) in [("stdout", &self.stdout), ("stderr", &self.stderr), ("report", &report)] {
            assert_eq!(canary::search(&org.secrets(), place, text), []);
            assert!(!text.contains("3MVG9"), "a consumer key in {place}: {text}");
        }
    }
}

/// An org with an app of another owner.
pub fn shared_org(options: &[&str]) -> Emulator {
    let org = Emulator::with(options);
    org.admin(
        "POST",
        "/apps",
        Some(&json!({ "name": "Shop", "callbackUrl": "https://shop.example.com/callback", "scopes": "Api" })),
    );
    org
}

/// The state of the org that an administrator can see.
pub fn visible_state(org: &Emulator) -> Value {
    let about = org.admin("GET", "/org", None);
    json!({
        "components": org.admin("GET", "/components", None),
        "permissionSets": about["permissionSets"],
        "switches": about["switches"],
        "users": about["users"],
    })
}

pub fn change(org: &Emulator, settings: &Value) {
    org.admin("PATCH", "/org", Some(settings));
}

/// The credentials with another address for the same org.
pub fn at(url: &str, credentials: &Credentials) -> BTreeMap<String, String> {
    let mut credentials = credentials.clone();
    credentials.insert("SALESFORCE_INSTANCE_URL".to_owned(), url.to_owned());
    credentials
}
