//! Read, create, update, delete and import, for any resource: plans become components, components become states.
//!
//! Start with `state` (pure: components to attributes and back), then `read` and `apply`. Nothing here names a field,
//! and nothing here knows how an org is talked to.

mod activity;
mod adoption;
mod apply;
mod claims;
mod create;
mod delete;
mod disappearance;
mod import;
mod joint;
mod merge;
mod people;
mod read;
mod records;
pub(super) mod state;
mod update;

pub use activity::Activity;
pub use claims::Obstacle;
pub use import::listed;
pub use joint::{Share, create, update};
pub use read::is_linked;

use std::time::Duration;

use super::diagnostics::{self, Diagnostic};
use super::lockout::OwnLogin;
use super::previous_orgs::PreviousOrgs;
use super::resource_spec::ResourceSpec;
use super::resources::oauth_settings;
use crate::org::{Lookup, Org, SessionFacts, Wanted};
use crate::value::Value;

/// How long a verifying read may take after an apply was interrupted or timed out: on a clock of its own, so that
/// what exists in the org is in the state although the operation has no time left.
const VERIFYING: Duration = Duration::from_secs(60);

/// One resource type in one org.
pub struct Engine<'a> {
    pub spec: &'static ResourceSpec,
    /// The resource type that the user writes: the spec's, or the union's that it is a member of.
    pub resource: &'static str,
    pub org: &'a Org,
    /// The client ID that the provider logs in with.
    pub client_id: Option<&'a str>,
    pub login: &'a OwnLogin,
    pub allow_self_lockout: bool,
    pub allow_mass_removal: bool,
    pub previous_orgs: &'a PreviousOrgs,
    pub activity: &'a Activity,
}

impl Engine<'_> {
    /// The connected org.
    async fn session(&self) -> Result<SessionFacts, Diagnostic> {
        self.org.session().await.map_err(|error| diagnostics::unavailable(&error))
    }

    /// Refuses to change what was read from another org, or from none.
    fn check_org(&self, state_org: &Value, session: &SessionFacts, app: &str) -> Result<(), Diagnostic> {
        self.previous_orgs.check(state_org, session, &diagnostics::whose(self.spec.noun, app))
    }

    /// The file that tells whether an app is the one that the provider logs in with; none when it logs in without one.
    fn own_consumer(&self, app: &str) -> Option<Wanted> {
        self.client_id?;
        let row = oauth_settings::SPEC.key_row()?;
        // What cannot be read is not it, so nobody needs to look far for it.
        Some(Wanted::new(row.part.kind, app).best_effort())
    }

    /// Whether this is the consumer that the provider logs in with.
    fn is_own_consumer(&self, lookup: &Lookup) -> bool {
        self.client_id.is_some_and(|client_id| is_consumer(lookup, client_id))
    }
}

/// Whether this is the file of the consumer with this client ID.
fn is_consumer(lookup: &Lookup, client_id: &str) -> bool {
    let (Some(row), Some(component)) = (oauth_settings::SPEC.key_row(), lookup.component()) else {
        return false;
    };
    component.key.kind == row.part.kind && component.get(row.field.attribute).as_text() == Some(client_id)
}

/// Org IDs come with 15 or with 18 characters; the first 15 decide.
pub fn same_org(one: &str, other: &str) -> bool {
    let short = |id: &str| id.chars().take(15).collect::<String>();
    short(one) == short(other)
}
