//! Orgs whose place the connected one has taken. A sandbox that is refreshed becomes another org, with another ID, at the
//! same address; a state of the old one is accepted where the provider block names it, and nothing in it is believed.
//!
//! Not here: how a resource is read (`engine/read`, `rotation/engine`), and the messages.

use super::diagnostics::{self, Diagnostic};
use super::engine::same_org;
use crate::org::SessionFacts;
use crate::value::Value;

/// The IDs that the provider block names.
#[derive(Debug, Default)]
pub struct PreviousOrgs(Vec<String>);

impl PreviousOrgs {
    pub fn new(ids: Vec<String>) -> PreviousOrgs {
        PreviousOrgs(ids)
    }

    pub fn name(&self, org: &str) -> bool {
        self.0.iter().any(|id| same_org(id, org))
    }

    /// The previous org that a state is of, if it is one; none when it is of the connected org.
    ///
    /// # Errors
    /// When it is of yet another org. `what` is whose state it is.
    pub fn accept<'a>(
        &self,
        state_org: &'a Value,
        session: &SessionFacts,
        what: &str,
    ) -> Result<Option<&'a str>, Diagnostic> {
        match state_org.as_text() {
            Some(org) if same_org(org, &session.org_id) => Ok(None),
            Some(org) if self.name(org) => Ok(Some(org)),
            Some(org) => Err(diagnostics::other_org(what, org, &session.org_id_18, &session.instance)),
            None => Ok(None),
        }
    }

    /// Refuses to work on a state that was not read from the connected org.
    ///
    /// # Errors
    /// When it is of another org, a previous one or not.
    pub fn check(&self, state_org: &Value, session: &SessionFacts, what: &str) -> Result<(), Diagnostic> {
        match self.accept(state_org, session, what)? {
            Some(org) => {
                Err(diagnostics::previous_org_unread(what, org, &session.org_id_18, &session.instance))
            }
            None => Ok(()),
        }
    }
}

/// What came of reading a state of a previous org: what is different here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anew {
    /// The org that the state was of.
    pub from: String,
    /// The consumer's key there and here.
    pub key: Option<(String, Option<String>)>,
    /// What this org does not have.
    pub missing: Vec<&'static str>,
    /// Attributes with other values than in the state.
    pub differing: Vec<String>,
    /// Metadata types that the org does not show, so that the state keeps what was written to the previous one.
    pub unseen: Vec<&'static str>,
}

impl Anew {
    /// The same of several that are one resource.
    #[must_use]
    pub fn and(mut self, other: Anew) -> Anew {
        self.key = self.key.or(other.key);
        self.missing.extend(other.missing);
        let new = |name: &String| !self.differing.contains(name);
        let new: Vec<String> = other.differing.into_iter().filter(new).collect();
        self.differing.extend(new);
        self.unseen.extend(other.unseen);
        self
    }
}
