//! Read, create, update, delete and import of every metadata resource: converts plans to components, and components to
//! states.
//!
//! Start with `state`, which converts components to attributes and back without I/O, then `read` and `apply`. Not here:
//! the names of fields, and the protocol of an org.

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
mod read;
pub(super) mod records;
mod reply;
mod resubmission;
pub(super) mod state;
mod update;
mod user_counts;
mod verification;

pub use activity::Activity;
pub use claims::CreationConflict;
pub use import::listed;
pub use joint::{Share, create, update};
pub use read::is_linked;

use super::diagnostics::{self, Diagnostic};
use super::lockout::OwnLogin;
use super::previous_orgs::PreviousOrgs;
use super::resource_spec::ResourceSpec;
use super::resources::oauth_settings;
use crate::org::{Instant, Lookup, Org, SessionFacts, VERIFY_TIMEOUT, Wanted};
use crate::value::Value;

/// One resource type in one org.
#[derive(Clone, Copy)]
pub struct Engine<'a> {
    pub spec: &'static ResourceSpec,
    /// The resource type in the configuration: the type of the spec, or of its union.
    pub resource: &'static str,
    pub org: &'a Org,
    /// The client ID of the provider.
    pub client_id: Option<&'a str>,
    pub login: &'a OwnLogin,
    pub allow_self_lockout: bool,
    pub allow_mass_removal: bool,
    pub previous_orgs: &'a PreviousOrgs,
    pub activity: &'a Activity,
}

impl Engine<'_> {
    /// The session of the connected org.
    async fn session(&self, deadline: Instant) -> Result<SessionFacts, Diagnostic> {
        let session = self.org.session_until(deadline).await;
        session.map_err(|error| diagnostics::no_session(&error))
    }

    /// Rejects a change to a resource that was read from another org.
    fn check_org(&self, state_org: &Value, session: &SessionFacts, app: &str) -> Result<(), Diagnostic> {
        self.previous_orgs.check(state_org, session, &diagnostics::the(self.spec.noun, app))
    }

    /// The file that determines whether the provider logs in with the app. Returns `None` if the provider has no client
    /// ID.
    fn own_consumer(&self, app: &str) -> Option<Wanted> {
        self.client_id?;
        let row = oauth_settings::SPEC.key_row()?;
        // A file that cannot be read does not count as the provider's own consumer, so it is not worth a separate call.
        Some(Wanted::new(row.part.kind, app).best_effort())
    }

    /// Whether the provider logs in with this consumer.
    fn is_own_consumer(&self, lookup: &Lookup) -> bool {
        self.client_id.is_some_and(|client_id| is_consumer(lookup, client_id))
    }
}

/// Whether this file is the consumer with this client ID.
fn is_consumer(lookup: &Lookup, client_id: &str) -> bool {
    let (Some(row), Some(component)) = (oauth_settings::SPEC.key_row(), lookup.component()) else {
        return false;
    };
    component.key.kind == row.part.kind && component.get(row.field.attribute).as_text() == Some(client_id)
}
