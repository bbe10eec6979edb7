//! jsforce as a child process that handles one call at a time. This Salesforce client shares no code with the provider,
//! so its results are independent of the provider.

use acceptance_tests::target::Credentials;
use acceptance_tests::terraform::repository;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The reason why a call has no result: the org rejected the call, or the call failed.
#[derive(Debug, Clone)]
pub struct CallError(pub String);

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for CallError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

pub struct Client {
    child: Child,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Client {
    /// Starts jsforce with these variables and no other SALESFORCE_* variables.
    pub fn start(credentials: &Credentials) -> Result<Self, CallError> {
        let installed = repository().join(".tools/clients/jsforce/node_modules");
        if !installed.is_dir() {
            return Err(CallError(
                "jsforce is not installed: run `make live`, or acceptance-tests/clients/install once"
                    .to_owned(),
            ));
        }
        let mut child = Command::new("node")
            .arg(repository().join("acceptance-tests/clients/jsforce/org.js"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("NODE_PATH", installed)
            .envs(credentials)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C must not reach jsforce, because the cleanup still uses it.
            .process_group(0)
            .spawn()
            .map_err(|error| CallError(format!("node does not start: {error}")))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(to), Some(from)) => Ok(Self { child, pipes: RefCell::new((to, BufReader::new(from))) }),
            _ => Err(CallError("node has no pipes".to_owned())),
        }
    }

    /// Makes a call. `given` is an object with its parameters.
    pub fn call(&self, name: &str, mut given: Value) -> Result<Value, CallError> {
        if let Some(given) = given.as_object_mut() {
            given.insert("call".to_owned(), json!(name));
        }
        let mut pipes = self.pipes.borrow_mut();
        let (to, from) = &mut *pipes;
        writeln!(to, "{given}")?;
        to.flush()?;
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Err(CallError(format!("node ended during {name}")));
        }
        let mut reply: Value = serde_json::from_str(&line).map_err(|error| CallError(error.to_string()))?;
        match reply.get("error") {
            Some(error) => {
                let part = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
                Err(CallError(format!("{}: {}", part("code"), part("message"))))
            }
            None => Ok(reply.get_mut("value").map(Value::take).unwrap_or_default()),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _status = self.child.wait();
    }
}
