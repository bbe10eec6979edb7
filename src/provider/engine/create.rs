//! Create: creates the components, or adopts those that Salesforce created.

use std::time::Duration;

use super::activity::DependencyWait;
use super::adoption::AdoptionResult;
use super::apply::Apply;
use super::merge::MergeError;
use super::read::actual;
use super::state::{Actual, DesiredState, new_component};
use super::{Engine, VERIFYING, diagnostics};
use crate::metadata::{Component, same_meaning};
use crate::org::{Change, Freshness, Instant, Lookup, Wanted};
use crate::provider::catalog;
use crate::provider::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::plan;
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::Creation;
use crate::provider::timeouts::{self, Operation};
use crate::value::Value;

/// The interval for polling for an object that another resource creates.
const ORG_POLL_INTERVAL: Duration = Duration::from_secs(1);

impl Engine<'_> {
    pub(super) async fn create(&self, request: ApplyRequest) -> ApplyReply {
        let app = match self.subject(&request.planned).await {
            Ok(app) => app,
            Err(found) => return ApplyReply { diagnostics: found.into(), ..ApplyReply::default() },
        };
        if let Err(holder) = self.activity.claims.begin(self.spec, &app, self.resource) {
            let diagnostics = self.held_by(holder, &app).into();
            return ApplyReply { diagnostics, ..ApplyReply::default() };
        }
        let reply = match self.created(&request, &app).await {
            Ok(reply) => reply,
            Err(diagnostics) => ApplyReply { diagnostics, ..ApplyReply::default() },
        };
        self.activity.claims.conclude(self.spec, &app, !reply.state.is_null());
        reply
    }

    /// The error for another resource of the run with the same object: of the same type, or of a type that manages the
    /// app differently.
    pub(super) fn held_by(&self, holder: &str, app: &str) -> Diagnostic {
        match self.spec.naming_attribute() {
            Some(attribute) if holder != self.resource => {
                diagnostics::managed_twice(self.resource, attribute, app)
            }
            _ => diagnostics::duplicate_resource(self.spec, self.resource, app),
        }
    }

    /// # Errors If it is certain that nothing was created.
    async fn created(&self, request: &ApplyRequest, app: &str) -> Result<ApplyReply, Diagnostics> {
        let limit = timeouts::limit(&request.planned, Operation::Create, &self.spec.default_timeouts);
        let deadline = Instant::now() + limit;
        if self.org.stopped() {
            return Err(diagnostics::not_sent(self.spec.noun, app).into());
        }
        let session = self.session().await?;
        let mut found = Diagnostics::default();
        plan::check_versions(self.spec, &request.config, session.api_version, &mut found);
        if found.has_errors() {
            return Err(found);
        }
        let apply = Apply {
            request,
            app,
            session: &session,
            private: PrivateState::read(&request.private),
            deadline,
        };
        let desired = DesiredState {
            spec: self.spec,
            config: &request.config,
            prior: &Value::Null,
            planned: &request.planned,
            version: session.api_version,
        };
        match self.spec.creation {
            Creation::New => self.created_anew(&apply, &desired).await,
            Creation::TakesOver => self.taken_over(&apply, &desired).await,
        }
    }

    async fn created_anew(
        &self,
        apply: &Apply<'_>,
        desired: &DesiredState<'_>,
    ) -> Result<ApplyReply, Diagnostics> {
        if let AdoptionResult::Ours(existing) = self.check_existing(apply, desired).await? {
            let mut reply = self.as_it_is(apply, &existing).await;
            reply.diagnostics.push(diagnostics::adopted(self.spec.noun, apply.app));
            return Ok(reply);
        }
        let _running = self.activity.begin();
        let changes = self.new_components(desired, apply.app).into_iter().map(Change::Write).collect();
        let wanted = self.wanted(apply.app, &apply.private);
        let arrived = || async {
            let found = self.org.read(&wanted, Freshness::Now, Instant::now() + VERIFYING).await;
            let found = found.ok().and_then(|found| actual(self.spec, apply.app, apply.session, &found).ok());
            found.is_some_and(|actual| actual.exists())
        };
        let outcome = self.send_surely(changes, &wanted, apply.deadline, arrived).await;
        let mut reply = self.conclude(apply, outcome).await?;
        if self.activity.claims.ended_key(apply.app) {
            reply.diagnostics.push(diagnostics::consumer_key_was_destroyed(self.spec.noun, apply.app));
        }
        Ok(reply)
    }

    /// The files of a new resource. With the consumer of another org there is no consumer file.
    pub(super) fn new_components(&self, desired: &DesiredState<'_>, app: &str) -> Vec<Component> {
        let parts = self.spec.parts.iter().filter(|part| !desired.is_elsewhere(part));
        parts.map(|part| new_component(desired, part, app)).collect()
    }

    /// Reads the existing components. They require their app, which another resource of the configuration may be
    /// creating, so this waits for it.
    pub(super) async fn look_up_beside_app(&self, apply: &Apply<'_>) -> Result<Actual, Diagnostics> {
        let mut wanted = self.wanted(apply.app, &apply.private);
        if self.spec.parts.iter().all(|part| !part.suffix.is_empty()) {
            wanted.extend(catalog::APP.parts.iter().map(|part| Wanted::new(part.kind, apply.app)));
        }
        let mut dependency_wait = DependencyWait::new(self.activity, apply.deadline);
        loop {
            let mut lookups =
                self.read_components(apply.app, &wanted, Freshness::Absence, apply.deadline).await?;
            let of_the_app = lookups.split_off(self.spec.parts.len());
            // A hidden app may exist; the deploy will show it.
            if !of_the_app.iter().any(|lookup| matches!(lookup, Lookup::Absent { .. })) {
                return actual(self.spec, apply.app, apply.session, &lookups);
            }
            if self.org.stopped() {
                return Err(diagnostics::not_sent(self.spec.noun, apply.app).into());
            }
            self.check_dependency(apply.app)?;
            if !dependency_wait.wait(ORG_POLL_INTERVAL).await {
                return Err(diagnostics::no_such_app(self.spec.subject_attribute(), apply.app).into());
            }
        }
    }

    /// Stops waiting for a dependency that this run failed to create.
    fn check_dependency(&self, app: &str) -> Result<(), Diagnostics> {
        match self.activity.claims.failed_before(self.spec, app) {
            Some(failed) => Err(diagnostics::dependency_not_created(self.spec.noun, app, failed.noun).into()),
            None => Ok(()),
        }
    }

    /// Waits for the components that Salesforce creates, then writes the configured values into them.
    async fn taken_over(
        &self,
        apply: &Apply<'_>,
        desired: &DesiredState<'_>,
    ) -> Result<ApplyReply, Diagnostics> {
        let merge = self.merge(apply.request, apply.app, &apply.private, apply.session);
        let wanted = merge.edit().wanted;
        let mut dependency_wait = DependencyWait::new(self.activity, apply.deadline);
        loop {
            let found = self.read_components(apply.app, &wanted, Freshness::Now, apply.deadline).await?;
            match merge.files(&found) {
                // A component that is about to be deleted is created again with other values.
                Ok(_) if self.activity.claims.write(self.spec, apply.app).is_ok() => break,
                Err(MergeError::Refused(found)) => return Err(found),
                Ok(_) | Err(MergeError::Missing(_)) => {}
            }
            if self.org.stopped() {
                return Err(diagnostics::not_sent(self.spec.noun, apply.app).into());
            }
            self.check_dependency(apply.app)?;
            if !dependency_wait.wait(ORG_POLL_INTERVAL).await {
                return Err(diagnostics::policies_not_found(self.spec.subject_attribute(), apply.app).into());
            }
        }
        let outcome = self.send_edit(&merge, apply).await?;
        let before = outcome.as_ref().ok().and_then(|applied| merge.actual(&applied.before).ok());
        let lost = before.map(|before| settings_overwritten_on_adopt(desired, &before)).unwrap_or_default();
        let mut reply = self.conclude(apply, outcome).await?;
        if !lost.is_empty() {
            reply.diagnostics.push(diagnostics::settings_overwritten(self.spec.noun, apply.app, &lost));
        }
        Ok(reply)
    }
}

/// Attributes that the adoption overwrites or removes, with their values. The defaults of Salesforce do not count.
pub(super) fn settings_overwritten_on_adopt(
    desired: &DesiredState<'_>,
    actual: &Actual,
) -> Vec<(&'static str, Value)> {
    let rows = desired.spec.rows().filter_map(|row| {
        let name = row.field.attribute;
        let there = actual.part(row.part).component()?.get(name);
        let planned = desired.planned.get(name);
        if there.is_null() || planned.is_unknown() || same_meaning(row.field, there, planned) {
            return None;
        }
        let written = !desired.config.get(name).is_null();
        let removed = there.members().is_some_and(|members| {
            members.iter().any(|member| !planned.members().unwrap_or_default().contains(member))
        });
        (!written || removed).then(|| (name, there.clone()))
    });
    rows.collect()
}
