//! What is to become of the files that are there: an update, or the taking over of what Salesforce made.
//!
//! Only what the plan changes is written; all else of a file stays as the org has it at that moment. Pure, and without a
//! borrow: the org layer asks as often as others change the files in the meantime.

use std::sync::Arc;

use super::read::actual;
use super::state::{Actual, DesiredState, PartState, component_of_state, component_to_write, new_component};
use super::{Engine, diagnostics};
use crate::metadata::{Component, same_meaning};
use crate::org::{Edit, Lookup, SessionFacts, Wanted};
use crate::provider::diagnostics::Diagnostics;
use crate::provider::engine::is_consumer;
use crate::provider::lockout::Lockout;
use crate::provider::operations::ApplyRequest;
use crate::provider::plan;
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::{Creation, Part, ResourceSpec};

/// The plan for some files, and what it depends on.
pub(super) struct Merge {
    spec: &'static ResourceSpec,
    app: String,
    session: SessionFacts,
    request: ApplyRequest,
    private: PrivateState,
    /// The client ID that the provider logs in with, and what would lock it out if the app is that client.
    danger: Option<(String, Vec<&'static Lockout>)>,
    wanted: Vec<Wanted>,
}

/// Why there is nothing to make of some files.
pub(super) enum Declined {
    /// They are not there, or not all.
    Missing(Option<&'static Part>),
    Refused(Diagnostics),
}

impl Engine<'_> {
    /// What a request makes of the files that are there.
    pub(super) fn merge(
        &self,
        request: &ApplyRequest,
        app: &str,
        private: &PrivateState,
        session: &SessionFacts,
    ) -> Arc<Merge> {
        let changes = plan::changed_rows(self.spec, &request.prior, &request.planned);
        let (prior, planned, version) = (&request.prior, &request.planned, Some(session.api_version));
        let lockouts = changes
            .iter()
            .filter_map(|row| self.spec.lockout(row.field.attribute, prior, planned, self.login, version));
        let lockouts: Vec<&'static Lockout> = lockouts.collect();
        let own = self.client_id.filter(|_| !self.allow_self_lockout && !lockouts.is_empty());
        let mut wanted = self.wanted(app, private);
        wanted.extend(own.and_then(|_| self.own_consumer(app)));
        Arc::new(Merge {
            spec: self.spec,
            app: app.to_owned(),
            session: session.clone(),
            request: request.clone(),
            private: private.clone(),
            danger: own.map(|client_id| (client_id.to_owned(), lockouts)),
            wanted,
        })
    }
}

impl Merge {
    /// The same as the org layer takes it.
    pub(super) fn edit(self: &Arc<Self>) -> Edit {
        let merge = self.clone();
        Edit { wanted: self.wanted.clone(), merge: Arc::new(move |found| merge.files(found).ok()) }
    }

    pub(super) fn desired(&self) -> DesiredState<'_> {
        DesiredState {
            spec: self.spec,
            config: &self.request.config,
            prior: &self.request.prior,
            planned: &self.request.planned,
            version: self.session.api_version,
        }
    }

    /// The resource as these answers have it.
    pub(super) fn actual(&self, found: &[Lookup]) -> Result<Actual, Diagnostics> {
        actual(self.spec, &self.app, &self.session, found)
    }

    /// The files to write. None of them when all are as planned.
    pub(super) fn files(&self, found: &[Lookup]) -> Result<Vec<Component>, Declined> {
        let actual = self.actual(found).map_err(Declined::Refused)?;
        if let Some((client_id, lockouts)) = &self.danger
            && found.iter().any(|lookup| is_consumer(lookup, client_id))
            && let Some(lockout) = lockouts.iter().find(|lockout| self.makes(lockout.attribute, &actual))
        {
            let refused = diagnostics::self_lockout_by(&self.app, lockout.attribute, lockout.because);
            return Err(Declined::Refused(refused.into()));
        }
        if !actual.exists() {
            return Err(Declined::Missing(None));
        }
        let desired = self.desired();
        if let Some(part) = desired.missing_part(&actual) {
            return Err(Declined::Missing(Some(part)));
        }
        let files = actual.parts.iter().filter_map(|(part, state)| match state {
            PartState::Present(found) => component_to_write(&desired, part, &found.component),
            PartState::Unreadable => self.unreadable(part),
            PartState::Absent => None,
        });
        Ok(files.collect())
    }

    /// The files to write, new ones included for parts that are not there. Those that are taken over nobody else would make:
    /// the org does it for new settings only.
    pub(super) fn files_or_new(&self, found: &[Lookup]) -> Result<Vec<Component>, Declined> {
        let may_be_new = self.request.prior.is_null() || self.spec.creation == Creation::TakesOver;
        let declined = match self.files(found) {
            Err(Declined::Missing(part)) if may_be_new => Declined::Missing(part),
            // Whoever made it since the plan is not overwritten. What is as planned may be our own.
            Ok(files)
                if self.request.prior.is_null()
                    && self.spec.creation == Creation::New
                    && !files.is_empty() =>
            {
                return Err(Declined::Refused(
                    diagnostics::came_since_plan(self.spec.noun, &self.app).into(),
                ));
            }
            files => return files,
        };
        let Ok(actual) = self.actual(found) else { return Err(declined) };
        let desired = self.desired();
        let files = actual.parts.iter().filter_map(|(part, state)| match state {
            PartState::Present(found) => component_to_write(&desired, part, &found.component),
            PartState::Absent if desired.is_elsewhere(part) => None,
            PartState::Absent => Some(new_component(&desired, part, &self.app)),
            PartState::Unreadable => None,
        });
        Ok(files.collect())
    }

    /// Whether an attribute is not yet what it is planned to be, as far as the org shows it.
    fn makes(&self, attribute: &str, actual: &Actual) -> bool {
        let Some(row) = self.spec.row(attribute) else { return false };
        let planned = self.request.planned.get(attribute);
        let there = actual.part(row.part).component().map(|component| component.get(attribute));
        !there.is_some_and(|there| same_meaning(row.field, there, planned))
    }

    /// A part that may not be read is written from what the state knows, and only when something of it changes.
    fn unreadable(&self, part: &'static Part) -> Option<Component> {
        let desired = self.desired();
        let changed = plan::changed_rows(self.spec, desired.prior, desired.planned);
        if !changed.iter().any(|row| row.part.kind == part.kind) {
            return None;
        }
        let name = self.private.parts.get(part.kind.name).cloned();
        let name = name.unwrap_or_else(|| format!("{}{}", self.app, part.suffix));
        let known = component_of_state(desired.prior, part, &name, &self.app);
        Some(known.merge(&desired.of(part, Some(&known))))
    }
}
