//! Reads a resource, and determines whether a missing resource may be removed from the state.

use std::collections::BTreeMap;

use super::import::check_importable;
use super::state::{Actual, PartState, StateContext, private_after, same, state_from};
use super::{Engine, VERIFY_TIMEOUT, diagnostics, disappearance};
use crate::org::{Freshness, Instant, Lookup, SessionFacts, Unavailable, Wanted, timeout};
use crate::provider::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::identity;
use crate::provider::operations::{ReadReply, ReadRequest};
use crate::provider::previous_orgs::Refreshed;
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::{DELETION_PROTECTION, ORG_ID, Presence, ResourceSpec, Row, Subject};
use crate::provider::timeouts::{self, Operation};
use crate::record_id::is_same;
use crate::value::Value;

impl Engine<'_> {
    /// Refreshes a state. If an error occurs, the state does not change.
    pub async fn read(&self, request: ReadRequest) -> ReadReply {
        let app = self.app_of(&request.state);
        let (mut reply, refreshed) = self.read_part(request).await;
        if let Some(refreshed) = refreshed {
            reply.diagnostics.push(self.report_previous_org(&app, &refreshed).await);
        }
        reply
    }

    /// The warning about the differences from a previous org.
    pub async fn report_previous_org(&self, app: &str, refreshed: &Refreshed) -> Diagnostic {
        match self.session(Instant::now() + VERIFY_TIMEOUT).await {
            Ok(session) => diagnostics::previous_org_refreshed(
                self.spec.noun,
                app,
                refreshed,
                &session.org_id_18,
                &session.instance,
            ),
            Err(found) => found,
        }
    }

    /// Refreshes a state without the warning about a previous org, which a union adds once for all its members.
    pub async fn read_part(&self, request: ReadRequest) -> (ReadReply, Option<Refreshed>) {
        let mut reply = request.as_before(Diagnostics::default());
        let mut refreshed = None;
        match self.org.unless_stopped(self.refresh(&request, &mut reply)).await {
            Some(Ok(found)) => refreshed = found,
            Some(Err(found)) => reply.diagnostics.extend(found),
            None => {
                let app = self.app_of(&request.state);
                reply.diagnostics.push(diagnostics::read_interrupted(self.spec.noun, &app));
            }
        }
        (reply, refreshed)
    }

    async fn refresh(
        &self,
        request: &ReadRequest,
        reply: &mut ReadReply,
    ) -> Result<Option<Refreshed>, Diagnostics> {
        self.activity.forget_plans(self.spec.name, false);
        let mut private = PrivateState::read(&request.private);
        let mut app = self.app_of(&request.state);
        let limit = timeouts::limit(&request.state, Operation::Read, &self.spec.default_timeouts);
        let deadline = Instant::now() + limit;
        let session = self.session(deadline).await?;
        let what = diagnostics::the(self.spec.noun, &app);
        let previous = self.previous_orgs.accept(request.state.get(ORG_ID), &session, &what)?;
        let mut prior = request.state.clone();
        if previous.is_some() {
            private = private.without_the_org();
            if self.spec.subject == Subject::Org {
                app.clone_from(&session.org_id_18);
            }
            // The key of the previous org is invalid here. An org that hides the consumer may still return its key.
            if let Some(row) = self.spec.key_row() {
                prior.put(row.field.attribute, Value::Null);
            }
        }

        let actual = self.look_up(&app, &private, &session, Freshness::Snapshot, deadline).await?;
        if !actual.exists() {
            // A resource without values, such as a member of a moved resource, was never found in the org.
            let was_found = self.spec.rows().any(|row| !request.state.get(row.field.attribute).is_empty());
            if was_found && !private.imported {
                self.guard_disappearance(&app, &actual, &session, previous)?;
            }
            self.activity.forget(self.resource, self.spec.name, &app);
            reply.state = Value::Null;
            reply.identity = None;
            let missing = vec![self.spec.noun];
            return Ok(previous.map(|from| Refreshed {
                from: from.to_owned(),
                missing,
                ..Refreshed::default()
            }));
        }
        if private.imported {
            check_importable(&app, &actual)?;
        }
        let records = self.record_names(&prior, &private.records, &actual, &mut reply.diagnostics).await;
        let context = StateContext {
            spec: self.spec,
            app: &app,
            org_id: &session.org_id_18,
            importing: private.imported,
            before: &prior,
            records: &records,
        };
        let mut state = state_from(&context, &actual, &prior);
        self.fill_unreadable(&app, &actual, &mut state, &mut reply.diagnostics, true).await;
        let refreshed =
            previous.map(|from| self.differences(from, &request.state, &state, &actual, &records.names));
        let own = self.spec.protectable && self.is_own_app(&app, deadline).await;
        let user_counts = self.user_counts(&state, &records.names, &private.user_counts).await;
        let private = PrivateState { records: records.names, user_counts, ..private };
        reply.private = private_after(&private, &actual, &state, own);
        reply.identity = Some(self.identity(&app, &session));
        self.activity.note(
            self.resource,
            self.spec.name,
            &app,
            state.get(DELETION_PROTECTION) == &Value::Bool(true),
        );
        reply.state = state;
        Ok(refreshed)
    }

    /// The differences from a state of a previous org.
    fn differences(
        &self,
        from: &str,
        before: &Value,
        now: &Value,
        actual: &Actual,
        records: &BTreeMap<String, String>,
    ) -> Refreshed {
        let key = self.spec.key_row().map(|row| row.field.attribute);
        let text = |state: &Value| key.and_then(|key| state.get(key).as_text()).map(str::to_owned);
        // Some values start with the ID of their org, such as the link to the app's own consumer.
        let owner = |state: &Value, name: &str| {
            let owner = state.get(name).as_text().and_then(|text| text.split_once(':'));
            owner.map(|(owner, _)| owner.to_owned())
        };
        let names_its_org = |name: &str| {
            let (there, here) = (owner(before, name), owner(now, name));
            let own = now.get(ORG_ID).as_text().unwrap_or_default();
            there.is_some_and(|org| is_same(&org, from)) && here.is_some_and(|org| is_same(&org, own))
        };
        let differs = |row: &Row| {
            let name = row.field.attribute;
            let differs = !same(row.field, before.get(name), now.get(name), records);
            // The old value is null if the state does not contain the field: an attribute of a part that the resource
            // did not have before a move, or a label that the resource does not expose as an attribute.
            Some(name) != key && !before.get(name).is_null() && !names_its_org(name) && differs
        };
        let unseen = actual.parts.iter().filter(|(_, state)| matches!(state, PartState::Unreadable));
        Refreshed {
            from: from.to_owned(),
            key: text(before).filter(|old| text(now).as_ref() != Some(old)).map(|old| (old, text(now))),
            missing: Vec::new(),
            differing: self.spec.rows().filter(differs).map(|row| row.field.attribute.to_owned()).collect(),
            unseen: unseen.map(|(part, _)| part.kind.name).collect(),
        }
    }

    /// Whether the provider logs in with the app, as far as this is known without a separate call.
    async fn is_own_app(&self, app: &str, deadline: Instant) -> bool {
        let Some(wanted) = self.own_consumer(app) else {
            return false;
        };
        let lookups = self.org.read(&[wanted], Freshness::Snapshot, deadline).await;
        lookups.is_ok_and(|lookups| lookups.iter().any(|lookup| self.is_own_consumer(lookup)))
    }

    /// Rejects a mass removal.
    fn guard_disappearance(
        &self,
        app: &str,
        actual: &Actual,
        session: &SessionFacts,
        previous: Option<&str>,
    ) -> Result<(), Diagnostic> {
        let missing = self.activity.missing.note(self.spec.name, app);
        if self.allow_mass_removal || !disappearance::exceeds_removal_threshold(missing, actual.others) {
            return Ok(());
        }
        let gone = diagnostics::MassRemoval { missing, left: actual.others, previous };
        Err(diagnostics::mass_removal(self.spec.noun, app, &gone, &session.instance))
    }

    /// The app or org of a state.
    pub(super) fn app_of(&self, object: &Value) -> String {
        object.get(self.spec.subject_attribute()).as_text().unwrap_or_default().to_owned()
    }

    /// The app or org of a create. The plan for a create does not contain the ID of the org.
    pub(super) async fn subject(&self, planned: &Value, deadline: Instant) -> Result<String, Diagnostics> {
        match self.spec.subject {
            Subject::App { .. } => Ok(self.app_of(planned)),
            Subject::Org => {
                let session = self.unless_stopped("", self.session(deadline)).await?;
                Ok(session.org_id_18)
            }
        }
    }

    /// Reads the parts of the resource.
    pub(super) async fn look_up(
        &self,
        app: &str,
        private: &PrivateState,
        session: &SessionFacts,
        freshness: Freshness,
        deadline: Instant,
    ) -> Result<Actual, Diagnostics> {
        let wanted = self.wanted(app, private);
        let lookups = self.read_components(app, &wanted, freshness, deadline).await?;
        actual(self.spec, app, session, &lookups)
    }

    /// The parts to read, with their last known names.
    pub(super) fn wanted(&self, app: &str, private: &PrivateState) -> Vec<Wanted> {
        let parts = self.spec.parts.iter();
        parts
            .map(|part| Wanted::new(part.kind, app).hint(private.parts.get(part.kind.name).cloned()))
            .collect()
    }

    pub(super) async fn read_components(
        &self,
        app: &str,
        wanted: &[Wanted],
        freshness: Freshness,
        deadline: Instant,
    ) -> Result<Vec<Lookup>, Diagnostics> {
        let lookups = self.org.read(wanted, freshness, deadline).await;
        lookups.map_err(|error| diagnostics::unreadable(self.spec.noun, app, &error).into())
    }

    /// Handles unreadable parts. Their attributes keep their values, but the REST API may return the consumer key.
    /// `refresh` means that a known key may be outdated, because others can rotate it.
    pub(super) async fn fill_unreadable(
        &self,
        app: &str,
        actual: &Actual,
        state: &mut Value,
        found: &mut Diagnostics,
        refresh: bool,
    ) {
        for (part, part_state) in &actual.parts {
            let PartState::Unreadable = part_state else {
                continue;
            };
            found.push(diagnostics::drift_unchecked(app, part.kind.name));
            let Some(row) = self.spec.key_row() else { continue };
            if (refresh || state.get(row.field.attribute).is_null())
                && let Some(Ok(Ok(Some(key)))) =
                    self.org.unless_stopped(timeout(VERIFY_TIMEOUT, self.consumer_key_of(app))).await
            {
                state.put(row.field.attribute, Value::text(key));
            }
        }
    }

    /// The consumer key of an app from the REST API, if the org allows access to it.
    async fn consumer_key_of(&self, app: &str) -> Result<Option<String>, Unavailable> {
        match self.org.app_record_id(app).await? {
            Some(id) => self.org.consumer_key(&id).await,
            None => Ok(None),
        }
    }

    pub(super) fn identity(&self, app: &str, session: &SessionFacts) -> Value {
        identity::value(self.spec.subject, app, &session.org_id_18)
    }
}

/// Whether the consumer belongs to another org. In that case, there is no consumer file.
pub fn is_linked(spec: &ResourceSpec, actual: &Actual, session: &SessionFacts) -> bool {
    let Some(row) = spec.link_row() else {
        return false;
    };
    let component = actual.part(row.part).component();
    let link = component.and_then(|component| component.get(row.field.attribute).as_text());
    link.and_then(|link| link.split_once(':')).is_some_and(|(owner, _)| !is_same(owner, &session.org_id))
}

/// The resource from the lookups of its parts, in their order.
///
/// # Errors
/// Returns an error if a lookup has several results, or if the org hides a part that must be readable.
pub(super) fn actual(
    spec: &'static ResourceSpec,
    app: &str,
    session: &SessionFacts,
    lookups: &[Lookup],
) -> Result<Actual, Diagnostics> {
    let mut actual = Actual { parts: Vec::new(), others: 0 };
    for (part, lookup) in spec.parts.iter().zip(lookups) {
        let hidden = |why: &str| Err(diagnostics::hidden(spec.noun, app, part.kind.name, why).into());
        let state = match lookup {
            Lookup::Found(found) => PartState::Present(found.clone()),
            Lookup::Absent { .. } if part.presence == Presence::MayBeUnreadable && actual.exists() => {
                if is_linked(spec, &actual, session) {
                    PartState::Absent
                } else {
                    PartState::Unreadable
                }
            }
            Lookup::Absent { .. } if part.presence == Presence::Always => {
                return hidden("the org does not return this component, although every org has one");
            }
            Lookup::Absent { others } => {
                actual.others = actual.others.max(*others);
                PartState::Absent
            }
            Lookup::Hidden { .. } | Lookup::OtherCase { .. }
                if part.presence == Presence::MayBeUnreadable =>
            {
                PartState::Unreadable
            }
            Lookup::Hidden { why } => return hidden(why),
            Lookup::OtherCase { name } => return Err(diagnostics::other_case(app, name).into()),
            Lookup::Several(names) => {
                return Err(diagnostics::several(spec.noun, app, part.kind.name, names).into());
            }
        };
        actual.parts.push((part, state));
    }
    Ok(actual)
}
