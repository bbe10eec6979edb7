//! Checks a workspace for leaked secrets: those of the orgs it uses, of its environment and of the test.
//!
//! The check is automatic: an emulator whose address occurs in the environment or in a file of the workspace is
//! queried for what it issued, and a variable with a credential is watched when it is set. How a secret is
//! recognized is in `canary`.

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
    /// Everything that was ever known to be secret: a log still contains it after the org has exited.
    secrets: RefCell<BTreeSet<Secret>>,
    /// What the test wrote itself.
    written: RefCell<Vec<Vec<u8>>>,
}

impl LeakCheck {
    pub fn watch(&self, secret: Secret) {
        self.secrets.borrow_mut().insert(secret);
    }

    /// Records the value of a variable if it is or contains a secret.
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

    /// Queries everything that is secret now.
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

    /// What a command printed, logged and left in the configuration folder.
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

    /// Everything that the workspace left: states, backups, plans, all logs, its home and its temporary files.
    #[must_use]
    pub fn at_the_end(
        &self,
        root: &Path,
        orgs: &[&dyn Target],
        environment: &BTreeMap<String, String>,
    ) -> Vec<Leak> {
        // An org that has exited does not respond. The secrets that it issued earlier are known.
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
