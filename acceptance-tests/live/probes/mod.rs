//! The probes. Most create an app, and each queries the org and returns a verdict. The open questions are in
//! `questions.rs`.

pub mod access;
pub mod deletions;
pub mod kept;
pub mod pairs;
pub mod refused;
pub mod together;
pub mod values;
pub mod wire;

use crate::client::CallError;
use crate::file::File;
use crate::org::{Deployed, Org};
use acceptance_tests::org::{APP, Component, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use serde_json::{Value, json};

/// An org's answer to an open question, with the text or the values that the org returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Held(String),
    DidNotHold(String),
    /// Contains the reason.
    Undecided(String),
}

pub type ProbeResult = Result<Verdict, CallError>;

/// The prefix of the emulator's message when it rejects a call because no source documents the behavior. A real org
/// does not return this prefix.
const NOT_EMULATED: &str = "not emulated:";

pub struct ProbeContext<'org> {
    pub org: &'org Org,
    /// The full name of the app that the probe creates.
    pub app: String,
}

impl ProbeContext<'_> {
    pub fn app_file(&self, elements: Value) -> File {
        let mut all =
            json!({ "contactEmail": "nobody@example.com", "distributionState": "Local", "label": self.app });
        merge(&mut all, elements);
        File::new(APP, &self.app, &all)
    }

    pub fn oauth_file(&self, elements: Value) -> File {
        let mut all = json!({ "commaSeparatedOauthScopes": "Api", "externalClientApplication": self.app });
        merge(&mut all, elements);
        File::new(OAUTH, &format!("{}_oauth", self.app), &all)
    }

    pub fn global_file(&self, elements: Value) -> File {
        let mut all =
            json!({ "callbackUrl": "https://example.com/callback", "externalClientApplication": self.app });
        merge(&mut all, elements);
        File::new(GLOBAL_OAUTH, &format!("{}_global", self.app), &all)
    }

    /// Policies with the name that the org assigned, because the org accepts no other name.
    pub fn policies(&self, kind: &'static str, elements: Value) -> Result<File, CallError> {
        let mut all = json!({ "externalClientApplication": self.app });
        if kind == POLICIES {
            merge(&mut all, json!({ "isEnabled": true }));
        }
        merge(&mut all, elements);
        Ok(File::new(kind, &self.read(kind)?.name, &all))
    }

    /// Creates the app with minimal OAuth settings.
    pub fn create(&self) -> Result<(), CallError> {
        self.create_with(json!({}), json!({}), json!({}))
    }

    /// Creates the app with minimal OAuth settings and these elements of the three files. Null omits an element.
    pub fn create_with(&self, app: Value, oauth: Value, global: Value) -> Result<(), CallError> {
        self.deploy_required(&[self.app_file(app), self.oauth_file(oauth), self.global_file(global)])
    }

    /// The major version of the API.
    pub fn version(&self) -> u32 {
        let major = self.org.about.version.split('.').next();
        major.and_then(|major| major.parse().ok()).unwrap_or_default()
    }

    /// Deploys files that the probe requires. Returns an error if the org rejects them.
    pub fn deploy_required(&self, files: &[File]) -> Result<(), CallError> {
        let done = self.org.deploy(files)?;
        if done.success {
            Ok(())
        } else {
            Err(CallError(format!("a prerequisite of the probe was rejected: {}", done.message())))
        }
    }

    pub fn deploy_policies(&self, elements: Value) -> Result<Deployed, CallError> {
        self.org.deploy(&[self.policies(OAUTH_POLICIES, elements)?])
    }

    pub fn deploy_app_policies(&self, elements: Value) -> Result<Deployed, CallError> {
        self.org.deploy(&[self.policies(POLICIES, elements)?])
    }

    pub fn find(&self, kind: &str) -> Result<Option<Component>, CallError> {
        Ok(self.org.parts(&self.app)?.into_iter().find(|part| part.kind == kind))
    }

    pub fn read(&self, kind: &str) -> Result<Component, CallError> {
        self.find(kind)?.ok_or_else(|| CallError(format!("the org returns no {kind} of {}", self.app)))
    }
}

fn merge(all: &mut Value, elements: Value) {
    let (Value::Object(all), Value::Object(elements)) = (all, elements) else { return };
    for (name, value) in elements {
        if value.is_null() {
            all.remove(&name);
        } else {
            all.insert(name, value);
        }
    }
}

/// Returns `Held` if the org rejects the deploy.
pub fn is_rejected(done: &Deployed) -> Verdict {
    match done.success {
        true => Verdict::DidNotHold("accepted".to_owned()),
        false => decided(false, done.message()),
    }
}

/// Returns `Held` if the org accepts the deploy.
pub fn is_accepted(done: &Deployed) -> Verdict {
    if done.success { Verdict::Held("accepted".to_owned()) } else { decided(true, done.message()) }
}

/// The verdict on a rejected deploy. `wants` states whether acceptance was expected.
fn decided(wants: bool, details: String) -> Verdict {
    if details.contains(NOT_EMULATED) {
        Verdict::Undecided(format!("the emulator says: {details}"))
    } else if wants {
        Verdict::DidNotHold(details)
    } else {
        Verdict::Held(details)
    }
}

pub fn verdict(holds: bool, details: String) -> Verdict {
    if holds { Verdict::Held(details) } else { Verdict::DidNotHold(details) }
}

/// Returns `Held` if every element has the expected value. An empty value matches an absent or empty element.
pub fn has(component: &Component, expected: &[(&str, &str)]) -> Verdict {
    let found: Vec<String> = expected
        .iter()
        .map(|(element, _)| {
            let text = component.text(element);
            format!(
                "{element} {}",
                if text.is_empty() { "is absent".to_owned() } else { format!("= {text:?}") }
            )
        })
        .collect();
    let holds = expected.iter().all(|(element, value)| component.text(element) == *value);
    verdict(holds, found.join(", "))
}

/// Combines several verdicts on one question. Returns `Held` if all held, and `DidNotHold` if any did not hold.
pub fn all(verdicts: Vec<(&str, Verdict)>) -> Verdict {
    let mut details = Vec::new();
    let (mut failed, mut open) = (false, false);
    for (what, one) in verdicts {
        let words = match one {
            Verdict::Held(words) => words,
            Verdict::DidNotHold(words) => {
                failed = true;
                words
            }
            Verdict::Undecided(words) => {
                open = true;
                words
            }
        };
        details.push(format!("{what}: {words}"));
    }
    let details = details.join("; ");
    match (failed, open) {
        (true, _) => Verdict::DidNotHold(details),
        (false, true) => Verdict::Undecided(details),
        (false, false) => Verdict::Held(details),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_outweighs_undecided_and_undecided_outweighs_held() {
        let held = || Verdict::Held("x".to_owned());
        let failed = || Verdict::DidNotHold("y".to_owned());
        let open = || Verdict::Undecided("z".to_owned());
        assert_eq!(all(vec![("a", held()), ("b", held())]), Verdict::Held("a: x; b: x".to_owned()));
        assert_eq!(all(vec![("a", open()), ("b", failed())]), Verdict::DidNotHold("a: z; b: y".to_owned()));
        assert_eq!(all(vec![("a", held()), ("b", open())]), Verdict::Undecided("a: x; b: z".to_owned()));
    }

    #[test]
    fn a_not_emulated_rejection_is_undecided() {
        assert!(matches!(decided(false, "not emulated: x".to_owned()), Verdict::Undecided(_)));
        assert!(matches!(decided(true, "not emulated: x".to_owned()), Verdict::Undecided(_)));
        assert!(matches!(decided(false, "no".to_owned()), Verdict::Held(_)));
        assert!(matches!(decided(true, "no".to_owned()), Verdict::DidNotHold(_)));
    }
}
