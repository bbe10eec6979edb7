//! Create: makes the components, or takes over those that Salesforce made.

use std::time::{Duration, SystemTime};

use super::activity::Patience;
use super::adoption::is_our_own;
use super::apply::Apply;
use super::merge::Declined;
use super::read::actual;
use super::state::{Actual, PartState, Wishes, new_component};
use super::{Engine, VERIFYING, diagnostics};
use crate::metadata::same_meaning;
use crate::org::{ApplyError, ApplyErrorKind, Change, Freshness, Instant, Lookup, Wanted};
use crate::provider::catalog;
use crate::provider::diagnostics::Diagnostics;
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::plan;
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::Creation;
use crate::provider::timeouts::{self, Operation};
use crate::value::Value;

/// How often to look whether somebody has made what we wait for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Engine<'_> {
    pub(super) async fn create(&self, request: ApplyRequest) -> ApplyReply {
        let app = match self.subject(&request.planned).await {
            Ok(app) => app,
            Err(found) => return ApplyReply { diagnostics: found.into(), ..ApplyReply::default() },
        };
        if !self.activity.make(self.spec.name, &app) {
            let diagnostics = diagnostics::made_twice(self.spec, &app).into();
            return ApplyReply { diagnostics, ..ApplyReply::default() };
        }
        match self.created(&request, &app).await {
            Ok(reply) => reply,
            Err(diagnostics) => {
                self.activity.forget(self.spec.name, &app);
                ApplyReply { diagnostics, ..ApplyReply::default() }
            }
        }
    }

    /// # Errors
    /// When it is certain that nothing was created.
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
        let wishes = Wishes {
            spec: self.spec,
            config: &request.config,
            prior: &Value::Null,
            planned: &request.planned,
            version: session.api_version,
        };
        match self.spec.creation {
            Creation::New => self.created_anew(&apply, &wishes).await,
            Creation::TakesOver => self.taken_over(&apply, &wishes).await,
        }
    }

    async fn created_anew(&self, apply: &Apply<'_>, wishes: &Wishes<'_>) -> Result<ApplyReply, Diagnostics> {
        let existing = self.look_up_beside_app(apply).await?;
        if existing.parts.iter().any(|(_, state)| matches!(state, PartState::Present(_))) {
            if apply.private.replacing {
                return Err(diagnostics::still_there_to_be_replaced(self.spec.noun, apply.app).into());
            }
            if existing.exists() && is_our_own(&existing, wishes, apply.session, SystemTime::now()) {
                let mut reply = self.as_it_is(apply, &existing).await;
                reply.diagnostics.push(diagnostics::adopted(self.spec.noun, apply.app));
                return Ok(reply);
            }
            return Err(diagnostics::already_exists(self.spec.name, self.spec.noun, apply.app).into());
        }
        let _running = self.activity.begin();
        let linked = self.spec.link.is_some_and(|link| !wishes.config.get(link).is_null());
        let parts = self.spec.parts.iter().filter(|part| !(linked && self.spec.is_consumer_part(part)));
        let changes = parts.map(|part| Change::Write(new_component(wishes, part, apply.app))).collect();
        let wanted = self.wanted(apply.app, &apply.private);
        let arrived = || async {
            let found = self.org.read(&wanted, Freshness::Now, Instant::now() + VERIFYING).await;
            let found = found.ok().and_then(|found| actual(self.spec, apply.app, apply.session, &found).ok());
            found.is_some_and(|actual| actual.exists())
        };
        let outcome = self.send_surely(changes, &wanted, apply.deadline, arrived).await;
        self.conclude(apply, outcome).await
    }

    /// What there is of the parts already. They need their app: another resource of the configuration may be making it
    /// at this moment, so it is waited for.
    async fn look_up_beside_app(&self, apply: &Apply<'_>) -> Result<Actual, Diagnostics> {
        let mut wanted = self.wanted(apply.app, &apply.private);
        if self.spec.parts.iter().all(|part| !part.suffix.is_empty()) {
            wanted.extend(catalog::APP.parts.iter().map(|part| Wanted::new(part.kind, apply.app)));
        }
        let mut patience = Patience::new(self.activity, apply.deadline);
        loop {
            let mut lookups = self.ask(apply.app, &wanted, Freshness::Absence, apply.deadline).await?;
            let of_the_app = lookups.split_off(self.spec.parts.len());
            // An app that is hidden may be there all the same; the deploy will tell.
            if !of_the_app.iter().any(|lookup| matches!(lookup, Lookup::Absent { .. })) {
                return actual(self.spec, apply.app, apply.session, &lookups);
            }
            if self.org.stopped() {
                return Err(diagnostics::not_sent(self.spec.noun, apply.app).into());
            }
            if !patience.wait(LOOK_AGAIN).await {
                return Err(diagnostics::no_such_app(self.spec.subject_attribute(), apply.app).into());
            }
        }
    }

    /// Waits for the components that Salesforce makes, then writes what is ours into them.
    async fn taken_over(&self, apply: &Apply<'_>, wishes: &Wishes<'_>) -> Result<ApplyReply, Diagnostics> {
        let merge = self.merge(apply.request, apply.app, &apply.private, apply.session);
        let edit = || self.org.edit(merge.edit(), apply.deadline);
        let arrived = || async {
            let wanted = merge.edit().wanted;
            let found = self.org.read(&wanted, Freshness::Now, Instant::now() + VERIFYING).await;
            found.is_ok_and(|found| merge.files(&found).is_ok_and(|files| files.is_empty()))
        };
        let mut patience = Patience::new(self.activity, apply.deadline);
        let outcome = loop {
            let outcome = self.again_if_lost(edit, arrived).await;
            let Err(ApplyError { kind: ApplyErrorKind::Declined { found } }) = &outcome else {
                break outcome;
            };
            if let Err(Declined::Refused(found)) = merge.files(found) {
                return Err(found);
            }
            if self.org.stopped() {
                return Err(diagnostics::not_sent(self.spec.noun, apply.app).into());
            }
            if !patience.wait(LOOK_AGAIN).await {
                return Err(
                    diagnostics::nothing_to_take_over(self.spec.subject_attribute(), apply.app).into()
                );
            }
        };
        let before = outcome.as_ref().ok().and_then(|applied| merge.actual(&applied.before).ok());
        let lost = before.map(|before| lost_by_taking_over(wishes, &before)).unwrap_or_default();
        let mut reply = self.conclude(apply, outcome).await?;
        if !lost.is_empty() {
            reply.diagnostics.push(diagnostics::taken_over_with_changes(self.spec.noun, apply.app, &lost));
        }
        Ok(reply)
    }
}

/// What somebody had set that the configuration does not mention or takes members from: attributes with their values.
/// Nothing of what Salesforce makes itself counts: that has the defaults.
fn lost_by_taking_over(wishes: &Wishes<'_>, actual: &Actual) -> Vec<(&'static str, Value)> {
    let rows = wishes.spec.rows().filter_map(|row| {
        let name = row.field.attribute;
        let there = actual.part(row.part).component()?.get(name);
        let planned = wishes.planned.get(name);
        if there.is_null() || planned.is_unknown() || same_meaning(row.field, there, planned) {
            return None;
        }
        let written = !wishes.config.get(name).is_null();
        let removed = there.members().is_some_and(|members| {
            members.iter().any(|member| !planned.members().unwrap_or_default().contains(member))
        });
        (!written || removed).then(|| (name, there.clone()))
    });
    rows.collect()
}
