//! Merges the plan into existing files, for an update or for the adoption of components that Salesforce created.
//!
//! Only planned changes are written. Everything else in a file keeps its current value. A merge performs no I/O and
//! borrows nothing, because the org layer runs it again whenever others change the files.

use std::sync::Arc;

use super::read::actual;
use super::state::{Actual, DesiredState, PartState, component_of_state, component_to_write, new_component};
use super::{Engine, diagnostics};
use crate::metadata::{Component, same_meaning};
use crate::org::{Lookup, SessionFacts, Wanted};
use crate::provider::diagnostics::Diagnostics;
use crate::provider::engine::is_consumer;
use crate::provider::lockout::Lockout;
use crate::provider::operations::ApplyRequest;
use crate::provider::plan;
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::{Creation, Part, ResourceSpec};

/// The plan for the files of a resource, and its context.
pub(super) struct Merge {
    spec: &'static ResourceSpec,
    app: String,
    session: SessionFacts,
    request: ApplyRequest,
    private: PrivateState,
    /// The client ID of the provider, and the changes that would lock it out if the app has this client ID.
    lockouts_if_own: Option<(String, Vec<&'static Lockout>)>,
    wanted: Vec<Wanted>,
    /// Whether missing components are created, which is the case for the members of a union.
    creates_missing: bool,
}

/// Why nothing can be written.
pub(super) enum MergeError {
    /// Files do not exist: those of this part, or of the whole resource.
    Missing(Option<&'static Part>),
    Invalid(Diagnostics),
}

impl Engine<'_> {
    /// Creates the merge of a request.
    pub(super) fn merge(
        &self,
        request: &ApplyRequest,
        app: &str,
        private: &PrivateState,
        session: &SessionFacts,
        creates_missing: bool,
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
            lockouts_if_own: own.map(|client_id| (client_id.to_owned(), lockouts)),
            wanted,
            creates_missing,
        })
    }
}

impl Engine<'_> {
    /// The errors if nothing can be written.
    pub(super) fn declined(&self, app: &str, declined: MergeError) -> Diagnostics {
        match declined {
            MergeError::Invalid(found) => found,
            MergeError::Missing(Some(part)) => {
                diagnostics::missing_component(self.spec.noun, app, part.kind.name).into()
            }
            MergeError::Missing(None) => diagnostics::no_longer_exists(self.spec.noun, app).into(),
        }
    }
}

impl Merge {
    pub(super) fn wanted(&self) -> &[Wanted] {
        &self.wanted
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

    /// The resource from these lookups.
    pub(super) fn actual(&self, found: &[Lookup]) -> Result<Actual, Diagnostics> {
        actual(self.spec, &self.app, &self.session, found)
    }

    /// The files to write. The list is empty if all values are as planned.
    pub(super) fn files(&self, found: &[Lookup]) -> Result<Vec<Component>, MergeError> {
        let actual = self.actual(found).map_err(MergeError::Invalid)?;
        if let Some((client_id, lockouts)) = &self.lockouts_if_own
            && found.iter().any(|lookup| is_consumer(lookup, client_id))
            && let Some(lockout) = lockouts.iter().find(|lockout| self.makes(lockout.attribute, &actual))
        {
            let rejected = diagnostics::self_lockout_by(&self.app, lockout.attribute, lockout.because);
            return Err(MergeError::Invalid(rejected.into()));
        }
        if !actual.exists() {
            return Err(MergeError::Missing(None));
        }
        let desired = self.desired();
        if let Some(part) = desired.missing_part(&actual) {
            return Err(MergeError::Missing(Some(part)));
        }
        for (part, state) in &actual.parts {
            if let Some((attribute, members)) =
                state.component().and_then(|found| desired.unplanned_values(part, found))
            {
                let rejected = diagnostics::unplanned_values(attribute, &members);
                return Err(MergeError::Invalid(rejected.into()));
            }
        }
        let files = actual.parts.iter().filter_map(|(part, state)| match state {
            PartState::Present(found) => component_to_write(&desired, part, &found.component),
            PartState::Unreadable => self.unreadable(part),
            PartState::Absent => None,
        });
        Ok(files.collect())
    }

    /// The files to write, including new ones for missing parts. Missing adopted components are created too, because
    /// Salesforce creates them only together with new settings.
    pub(super) fn files_or_new(&self, found: &[Lookup]) -> Result<Vec<Component>, MergeError> {
        if !self.creates_missing {
            return self.files(found);
        }
        let may_be_new = self.request.prior.is_null() || self.spec.creation == Creation::Adopts;
        let declined = match self.files(found) {
            Err(MergeError::Missing(part)) if may_be_new => MergeError::Missing(part),
            // A component that others created since the plan is not overwritten. If the component is as planned, this
            // provider may have created it.
            Ok(files)
                if self.request.prior.is_null()
                    && self.spec.creation == Creation::New
                    && !files.is_empty() =>
            {
                return Err(MergeError::Invalid(
                    diagnostics::created_since_plan(self.spec.noun, &self.app).into(),
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

    /// Whether the value of an attribute differs from the plan, or cannot be read.
    fn makes(&self, attribute: &str, actual: &Actual) -> bool {
        let Some(row) = self.spec.row(attribute) else { return false };
        let planned = self.request.planned.get(attribute);
        let there = actual.part(row.part).component().map(|component| component.get(attribute));
        !there.is_some_and(|there| same_meaning(row.field, there, planned))
    }

    /// An unreadable part is written from the values in the state, and only if one of them changes.
    fn unreadable(&self, part: &'static Part) -> Option<Component> {
        let desired = self.desired();
        let changed = plan::changed_rows(self.spec, desired.prior, desired.planned);
        if !changed.iter().any(|row| row.part.kind == part.kind) {
            return None;
        }
        let name = self.private.parts.get(part.kind.name).cloned();
        let name = name.unwrap_or_else(|| part.name_of_new(&self.app));
        let known = component_of_state(desired.prior, part, &name, &self.app);
        Some(known.merge(&desired.of(part, Some(&known))))
    }
}
