//! Checks a workspace for leaked secrets: those of the orgs that it uses, of its environment and of the test.
//!
//! The check is automatic. If the address of an emulator occurs in the environment or in a file of the workspace, the
//! check queries the secrets that the emulator has issued. The value of a variable with a secret is added when the
//! variable is set. The search itself is in `canary`.

use crate::canary::{self, Leak, Search, Secret};
use crate::target::Target;
use crate::terraform::Run;
use crate::{emulator, http};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Variables whose value is a secret, with the kind of secret.
const SECRET_VARIABLES: [(&str, &str); 10] = [
    ("SALESFORCE_REFRESH_TOKEN", "refresh token"),
    ("SALESFORCE_SFDX_AUTH_URL", "SFDX auth URL"),
    ("SFDX_AUTH_URL", "SFDX auth URL"),
    ("SALESFORCE_SUBJECT_TOKEN", "subject token"),
    ("TFC_WORKLOAD_IDENTITY_TOKEN", "subject token"),
    ("TFC_WORKLOAD_IDENTITY_TOKEN_SF", "subject token"),
    ("SALESFORCE_PRIVATE_KEY", "private key"),
    ("SALESFORCE_CLIENT_SECRET", "client secret"),
    ("SALESFORCE_ACCESS_TOKEN", "access token"),
    ("SALESFORCE_CONSUMER_SECRET", "consumer secret"),
];
/// Variables that name a file with a secret.
const SECRET_FILES: [(&str, &str); 2] =
    [("SALESFORCE_PRIVATE_KEY_FILE", "private key"), ("SALESFORCE_SUBJECT_TOKEN_FILE", "subject token")];

#[derive(Default)]
pub struct LeakCheck {
    /// All secrets so far, because a log may still contain them after the org has exited.
    secrets: RefCell<BTreeSet<Secret>>,
    /// The files that the test wrote itself.
    written: RefCell<Vec<Vec<u8>>>,
}

impl LeakCheck {
    pub fn watch(&self, secret: Secret) {
        self.secrets.borrow_mut().insert(secret);
    }

    /// Records the secret of a variable: its value, the file that it names, or the password in a proxy URL.
    pub fn variable(&self, name: &str, value: &str) {
        for (_, kind) in SECRET_VARIABLES.iter().filter(|(secret, _)| *secret == name) {
            self.watch(Secret::new(kind, value));
        }
        for (_, kind) in SECRET_FILES.iter().filter(|(file, _)| *file == name) {
            if let Ok(text) = std::fs::read_to_string(value) {
                self.watch(Secret::new(kind, &text));
            }
        }
        if name.to_ascii_uppercase().ends_with("_PROXY")
            && let Some((_, password)) = http::user_and_password(value)
        {
            self.watch(Secret::new("proxy password", &password));
        }
    }

    pub fn wrote(&self, text: &str) {
        self.written.borrow_mut().push(text.as_bytes().to_vec());
    }

    /// Collects all secrets, including those that the orgs have issued by now.
    fn all_secrets(&self, orgs: &[&dyn Target], environment: &BTreeMap<String, String>) -> Vec<Secret> {
        let written = self.written.borrow();
        let texts = written.iter().map(|bytes| String::from_utf8_lossy(bytes));
        let near = emulator::secrets_near(texts.chain(environment.values().map(|value| value.into())));
        let mut secrets = self.secrets.borrow_mut();
        secrets.insert(Secret::any_assertion());
        secrets.extend(near);
        for org in orgs {
            secrets.extend(org.secrets());
        }
        secrets.iter().cloned().collect()
    }

    /// The leaks in what a command printed, logged, and left in the configuration folder.
    #[must_use]
    pub fn after(
        &self,
        run: &Run,
        log: &Path,
        folder: &Path,
        orgs: &[&dyn Target],
        environment: &BTreeMap<String, String>,
    ) -> Vec<Leak> {
        let secrets = self.all_secrets(orgs, environment);
        let mut leaks = canary::search(&secrets, "stdout", &run.stdout);
        leaks.extend(canary::search(&secrets, "stderr", &run.stderr));
        if let Ok(log) = std::fs::read(log) {
            leaks.extend(canary::search(&secrets, "the TRACE log", &String::from_utf8_lossy(&log)));
        }
        leaks.extend(self.everything_below(folder, &secrets));
        leaks
    }

    /// The leaks in all files that the workspace left: states, backups, plans, logs, its home, and temporary files.
    #[must_use]
    pub fn at_the_end(
        &self,
        root: &Path,
        orgs: &[&dyn Target],
        environment: &BTreeMap<String, String>,
    ) -> Vec<Leak> {
        // An org that has exited does not respond. Its secrets were recorded after earlier commands.
        let collected = catch_unwind(AssertUnwindSafe(|| self.all_secrets(orgs, environment)));
        let secrets = collected.unwrap_or_else(|_| self.secrets.borrow().iter().cloned().collect());
        self.everything_below(root, &secrets)
    }

    fn everything_below(&self, folder: &Path, secrets: &[Secret]) -> Vec<Leak> {
        let written = self.written.borrow();
        let search = Search { secrets, written: &written };
        search.folder(folder).expect("the folder can be searched")
    }
}
