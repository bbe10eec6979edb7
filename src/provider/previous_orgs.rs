//! Orgs that the connected org replaces. A refreshed sandbox becomes another org with another ID at the same URL. The
//! provider accepts a state of a previous org if the provider block lists that org, and reads everything again.
//!
//! Not here: reading a resource (`engine/read`, `rotation/engine`), and the messages.

use super::diagnostics::{self, Diagnostic};
use crate::org::SessionFacts;
use crate::record_id::is_same;
use crate::value::Value;

/// The IDs of previous orgs in the provider block.
#[derive(Debug, Default)]
pub struct PreviousOrgs(Vec<String>);

impl PreviousOrgs {
    pub fn new(ids: Vec<String>) -> PreviousOrgs {
        PreviousOrgs(ids)
    }

    pub fn name(&self, org: &str) -> bool {
        self.0.iter().any(|id| is_same(id, org))
    }

    /// The previous org of a state, or `None` if the state belongs to the connected org or to no org.
    ///
    /// # Errors
    /// Returns an error if the state belongs to any other org. `what` describes the resource.
    pub fn accept<'a>(
        &self,
        state_org: &'a Value,
        session: &SessionFacts,
        what: &str,
    ) -> Result<Option<&'a str>, Diagnostic> {
        match state_org.as_text() {
            Some(org) if is_same(org, &session.org_id) => Ok(None),
            Some(org) if self.name(org) => Ok(Some(org)),
            Some(org) => Err(diagnostics::other_org(what, org, &session.org_id_18, &session.instance)),
            None => Ok(None),
        }
    }

    /// Rejects a state that was not read from the connected org.
    ///
    /// # Errors
    /// Returns an error if the state belongs to another org, including a previous one.
    pub fn check(&self, state_org: &Value, session: &SessionFacts, what: &str) -> Result<(), Diagnostic> {
        match self.accept(state_org, session, what)? {
            Some(org) => {
                Err(diagnostics::previous_org_unread(what, org, &session.org_id_18, &session.instance))
            }
            None => Ok(()),
        }
    }
}

/// The differences between a state of a previous org and the connected org.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// The org of the state.
    pub from: String,
    /// The consumer key in the previous org and in this one.
    pub key: Option<(String, Option<String>)>,
    /// The nouns of missing resources.
    pub missing: Vec<&'static str>,
    /// Attributes with values that differ from the state.
    pub differing: Vec<String>,
    /// Metadata types that the org does not return. The state keeps their values.
    pub unseen: Vec<&'static str>,
}

impl Refreshed {
    /// Merges the differences of the members of a union.
    #[must_use]
    pub fn and(mut self, other: Refreshed) -> Refreshed {
        self.key = self.key.or(other.key);
        self.missing.extend(other.missing);
        let new = |name: &String| !self.differing.contains(name);
        let new: Vec<String> = other.differing.into_iter().filter(new).collect();
        self.differing.extend(new);
        self.unseen.extend(other.unseen);
        self
    }
}
