//! Read, create, update, delete and import, for any resource: plans become components, components become states.
//!
//! Start with `state` (pure: components to attributes and back), then `read` and `apply`. Nothing here names a field,
//! and nothing here knows how an org is talked to.

mod activity;
mod adoption;
mod apply;
mod create;
mod delete;
mod disappearance;
mod import;
mod merge;
mod people;
mod read;
mod records;
pub(super) mod state;
mod update;

pub use activity::Activity;
pub use read::is_linked;

use std::time::Duration;

use super::diagnostics::{self, Diagnostic};
use super::resource_spec::ResourceSpec;
use super::resources::oauth_settings;
use crate::org::{Freshness, Instant, Lookup, Org, SessionFacts, Wanted};
use crate::value::Value;

/// How long a verifying read may take after an apply was interrupted or timed out: on a clock of its own, so that
/// what exists in the org is in the state although the operation has no time left.
const VERIFYING: Duration = Duration::from_secs(60);

/// One resource type in one org.
pub struct Engine<'a> {
    pub spec: &'static ResourceSpec,
    pub org: &'a Org,
    /// The client ID that the provider logs in with.
    pub client_id: Option<&'a str>,
    pub allow_self_lockout: bool,
    pub allow_mass_removal: bool,
    pub activity: &'a Activity,
}

impl Engine<'_> {
    /// The connected org.
    async fn session(&self) -> Result<SessionFacts, Diagnostic> {
        self.org.session().await.map_err(|error| diagnostics::unavailable(&error))
    }

    /// Refuses a state that was written for another org.
    fn check_org(&self, state_org: &Value, session: &SessionFacts, app: &str) -> Result<(), Diagnostic> {
        match state_org.as_text() {
            Some(org) if !same_org(org, &session.org_id) => {
                Err(diagnostics::other_org(self.spec.noun, app, org, &session.org_id_18, &session.instance))
            }
            _ => Ok(()),
        }
    }

    /// Whether the app is the one that the provider logs in with. What cannot be read is not.
    async fn is_own_app(&self, app: &str, freshness: Freshness) -> bool {
        let Some(client_id) = self.client_id else {
            return false;
        };
        let Some(row) = oauth_settings::SPEC.key_row() else {
            return false;
        };
        let wanted = Wanted::new(row.part.kind, app);
        let wanted = match freshness {
            Freshness::Snapshot => [wanted.offhand()],
            Freshness::Now => [wanted],
        };
        let deadline = Instant::now() + VERIFYING;
        match self.org.read(&wanted, freshness, deadline).await.as_deref() {
            Ok([Lookup::Found(found)]) => {
                found.component.get(row.field.attribute).as_text() == Some(client_id)
            }
            _ => false,
        }
    }
}

/// Org IDs come with 15 or with 18 characters; the first 15 decide.
pub fn same_org(one: &str, other: &str) -> bool {
    let short = |id: &str| id.chars().take(15).collect::<String>();
    short(one) == short(other)
}
