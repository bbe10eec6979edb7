//! The clients as processes: where they are installed, and how to run them.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::terraform::repository;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than any run takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(600);

/// A file of `acceptance-tests/clients`.
pub fn source(path: &str) -> PathBuf {
    repository().join("acceptance-tests/clients").join(path)
}

/// The folder in which a client is installed. Installs the client if it is missing. `name` is the name of the folder
/// with the client's pinned versions.
pub fn installed(name: &str) -> PathBuf {
    let mut install = Command::new(source("install"));
    if name == "sf" {
        install.arg("sf");
    }
    let output = install.output().expect("acceptance-tests/clients/install needs python3 on PATH");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let places: Value = serde_json::from_slice(&output.stdout).expect("the installer prints the locations");
    PathBuf::from(places[name].as_str().expect("the location of a client"))
}

/// Python with simple-salesforce and its dependencies.
pub fn python() -> Command {
    Command::new(installed("python").join("bin/python"))
}

/// Node with a script that uses jsforce.
pub fn node(script: &str) -> Command {
    let mut command = Command::new("node");
    command.env("NODE_PATH", installed("jsforce").join("node_modules")).arg(source(script));
    command
}

/// The emulator's `credentials.json`.
pub fn credentials(org: &Emulator) -> PathBuf {
    let key = PathBuf::from(&org.credentials()["SALESFORCE_PRIVATE_KEY_FILE"]);
    key.parent().expect("the key is in a folder").join("credentials.json")
}

/// The result of a finished program.
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        self
    }
}

/// Runs a program until it exits. Its output goes to files, because a pipe without a reader would block the program.
///
/// # Panics
/// When the program takes longer than `DEADLINE`.
#[track_caller]
pub fn run(command: &mut Command, scratch: &Path) -> Finished {
    let (out, err) = (scratch.join("stdout"), scratch.join("stderr"));
    let file = |path: &Path| std::fs::File::create(path).expect("a file for the output");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file(&out))
        .stderr(file(&err))
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let deadline = Instant::now() + DEADLINE;
    let read = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    loop {
        match child.try_wait().expect("a child can be waited for") {
            Some(status) => {
                return Finished { code: status.code(), stdout: read(&out), stderr: read(&err) };
            }
            None if Instant::now() > deadline => {
                let _gone_already = child.kill();
                panic!("{command:?} still ran after {DEADLINE:?}\n{}\n{}", read(&out), read(&err));
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
