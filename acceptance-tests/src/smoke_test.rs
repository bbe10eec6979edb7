//! Runs `examples/headless-identity/smoke-test` against the emulator's site, as users run it against their own site.
//!
//! The expectations for each variant are in the tests.

use crate::canary;
use crate::emulator::Emulator;
use crate::org::GLOBAL_OAUTH;
use crate::terraform::{Run, Running, repository};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Prints the one-time code that the script requests: the newest code for its identifier or, without one, for the user.
const OTP_COMMAND: &str = r#"python3 -c '
import json, os, urllib.request as http
mails = json.load(http.build_opener(http.ProxyHandler({})).open(os.environ["MAILBOX"]))
identifier, username = os.environ["OTP_IDENTIFIER"], os.environ["OTP_USERNAME"]
mine = [m for m in mails if (m["identifier"] == identifier if identifier else m["username"] == username)]
print(mine[-1]["code"])
'"#;

pub struct SmokeTest<'org> {
    org: &'org Emulator,
    environment: BTreeMap<String, String>,
}

impl<'org> SmokeTest<'org> {
    /// A confidential client of this app, with the seeded customer as its user.
    ///
    /// # Panics
    /// Panics if the org has no such app.
    #[must_use]
    #[track_caller]
    pub fn of(org: &'org Emulator, app: &str) -> Self {
        let global = org.part(GLOBAL_OAUTH, app);
        let callback = global.text("callbackUrl").lines().next().unwrap_or_default().to_owned();
        let customer = org.user("customer");
        let known = org.known();
        let text = |value: &Value| value.as_str().expect("the emulator reports it").to_owned();
        let (password, site) = (text(&known["site_users"][&customer]), text(&known["site_url"]));
        let environment = [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("MAILBOX", format!("{}/emulator/mailbox", org.url())),
            ("SITE_URL", site),
            ("CLIENT_ID", global.text("consumerKey")),
            ("CLIENT_SECRET", global.text("consumerSecret")),
            ("CALLBACK_URL", callback),
            ("TEST_USERNAME", customer),
            ("TEST_PASSWORD", password),
            ("RECAPTCHA_TOKEN", text(&known["recaptcha_token"])),
            ("REGISTER_EMAIL", "new.customer@mail.example".to_owned()),
            ("OTP_COMMAND", OTP_COMMAND.to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
        Self { org, environment }
    }

    /// The same client without the secret.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.environment.remove("CLIENT_SECRET");
        self
    }

    /// Sets a variable of the script. An empty value is equivalent to an unset variable.
    #[must_use]
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.environment.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// Runs the script, and searches its output for secrets.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Run {
        let script: PathBuf = repository().join("examples/headless-identity/smoke-test");
        let folder = tempfile::tempdir().expect("a folder to run in");
        let run = Running::program(&script, folder.path(), &self.environment, arguments).wait();
        // The secrets are those that the org lists, including the identifiers of one-time codes, but not visitor IDs.
        let secrets = self.org.secrets();
        let mut leaks = canary::search(&secrets, "stdout", &run.stdout);
        leaks.extend(canary::search(&secrets, "stderr", &run.stderr));
        assert!(leaks.is_empty(), "secrets leaked by `{}`: {leaks:#?}", run.command);
        run
    }

    /// Asserts that all variants end as expected: `ok`, or the value of `--expect`.
    #[track_caller]
    pub fn passes(&self, arguments: &[&str]) -> Run {
        self.run(arguments).succeeded()
    }

    /// The report of a run with `--json`: variant → result.
    ///
    /// # Panics
    /// Panics if the script cannot run, or its output is not a report.
    #[track_caller]
    pub fn report(&self, arguments: &[&str]) -> BTreeMap<String, Value> {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let run = self.run(&arguments);
        assert!(matches!(run.code, Some(0 | 1)), "{run}");
        let report: Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"));
        let variants = report["variants"].as_array().cloned().unwrap_or_default();
        variants
            .into_iter()
            .map(|variant| (variant["variant"].as_str().unwrap_or_default().to_owned(), variant))
            .collect()
    }
}
