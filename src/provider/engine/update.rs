//! Update: reads, merges what is ours into what is there, deploys, reads back.

use super::apply::Apply;
use super::state::{Actual, Wishes, same};
use super::{Engine, diagnostics};
use crate::metadata::Omitted;
use crate::org::{Freshness, Instant, SessionFacts};
use crate::provider::diagnostics::Diagnostics;
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::plan;
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::{DELETION_PROTECTION, ORG_ID};
use crate::provider::timeouts::{self, Operation};
use crate::value::Value;

impl Engine<'_> {
    pub(super) async fn update(&self, request: ApplyRequest) -> ApplyReply {
        match self.updated(&request).await {
            Ok(reply) => reply,
            Err(diagnostics) => ApplyReply {
                state: request.prior.clone(),
                private: request.private.clone(),
                identity: request.identity.clone(),
                diagnostics,
            },
        }
    }

    /// # Errors
    /// When it is certain that nothing was changed.
    async fn updated(&self, request: &ApplyRequest) -> Result<ApplyReply, Diagnostics> {
        let app = self.app_of(&request.planned);
        let private = PrivateState::read(&request.private);
        let untouched = plan::changed_rows(self.spec, &request.prior, &request.planned).is_empty();
        if untouched {
            let protected = request.planned.get(DELETION_PROTECTION) == &Value::Bool(true);
            return Ok(ApplyReply {
                state: request.planned.clone(),
                private: PrivateState { protected, ..private }.write(),
                identity: request.identity.clone(),
                diagnostics: Diagnostics::default(),
            });
        }
        if self.org.stopped() {
            return Err(diagnostics::not_sent(self.spec.noun, &app).into());
        }
        let limit = timeouts::limit(&request.planned, Operation::Update, &self.spec.default_timeouts);
        let deadline = Instant::now() + limit;
        let session = self.session().await?;
        self.check_org(request.prior.get(ORG_ID), &session, &app)?;
        let mut found = Diagnostics::default();
        plan::check_versions(self.spec, &request.config, session.api_version, &mut found);
        if found.has_errors() {
            return Err(found);
        }
        let changes = (&request.prior, &request.planned);
        let actual = self.look_up_guarded(&app, &private, &session, changes, deadline).await?;
        if !actual.exists() {
            return Err(diagnostics::gone_since_plan(self.spec.noun, &app).into());
        }
        let wishes = Wishes {
            spec: self.spec,
            config: &request.config,
            prior: &request.prior,
            planned: &request.planned,
            version: session.api_version,
        };
        if let Some(part) = self.missing_part(&actual, &wishes) {
            return Err(diagnostics::part_missing(self.spec.noun, &app, part.kind.name).into());
        }
        let drift = self.drift_since_plan(request, &actual, &private);
        let apply = Apply { request, app: &app, session: &session, private, deadline };
        let mut reply = self.merge(&apply, &wishes, actual).await?;
        reply.diagnostics.extend(drift);
        Ok(reply)
    }

    /// Warnings for attributes that we manage and that somebody changed between the plan and now; the plan wins.
    fn drift_since_plan(
        &self,
        request: &ApplyRequest,
        actual: &Actual,
        private: &PrivateState,
    ) -> Diagnostics {
        let mut found = Diagnostics::default();
        for row in self.spec.rows() {
            let name = row.field.attribute;
            let Some(component) = actual.part(row.part).component() else {
                continue;
            };
            let (before, now) = (request.prior.get(name), component.get(name));
            let enforced =
                !matches!(row.field.omitted, Omitted::Kept | Omitted::Computed | Omitted::Unwritten);
            let managed = enforced || !request.config.get(name).is_null();
            let planned = request.planned.get(name);
            if managed
                && !now.is_null()
                && !same(row.field, before, now, &private.records)
                && !same(row.field, planned, now, &private.records)
            {
                found.push(diagnostics::drifted_since_plan(name, before, now));
            }
        }
        found
    }

    /// The resource as the org has it now.
    ///
    /// # Errors
    /// Also when the change from one state to the other would lock the provider out of the org.
    pub(super) async fn look_up_guarded(
        &self,
        app: &str,
        private: &PrivateState,
        session: &SessionFacts,
        (prior, planned): (&Value, &Value),
        deadline: Instant,
    ) -> Result<Actual, Diagnostics> {
        let changes = plan::changed_rows(self.spec, prior, planned);
        let mut changes = changes.iter().map(|row| row.field.attribute);
        let danger = changes.find(|name| self.spec.locks_out(name, planned.get(name)));
        let danger = danger.filter(|_| !self.allow_self_lockout);
        let mut wanted = self.wanted(app, private);
        wanted.extend(danger.and_then(|_| self.own_consumer(app)));
        let lookups = self.ask(app, &wanted, Freshness::Now, deadline).await?;
        match danger {
            Some(name) if lookups.iter().any(|lookup| self.is_own_consumer(lookup)) => {
                Err(diagnostics::self_lockout(app, name).at_attribute(name).into())
            }
            _ => self.actual(app, session, lookups),
        }
    }
}
