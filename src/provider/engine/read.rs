//! Reading a resource: what the org has of it, and whether "nothing" may be believed.

use std::collections::BTreeMap;

use super::import::check_importable;
use super::state::{Actual, PartState, StateContext, join, private_after, same};
use super::{Engine, diagnostics, disappearance, same_org};
use crate::org::{Freshness, Instant, Lookup, SessionFacts, Unavailable, Wanted};
use crate::provider::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::identity;
use crate::provider::operations::{ReadReply, ReadRequest};
use crate::provider::previous_orgs::Anew;
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::{DELETION_PROTECTION, ORG_ID, Presence, ResourceSpec, Row, Subject};
use crate::provider::timeouts::{self, Operation};
use crate::value::Value;

impl Engine<'_> {
    /// Refreshes a state. On any error the state stays as it is.
    pub async fn read(&self, request: ReadRequest) -> ReadReply {
        let app = self.app_of(&request.state);
        let (mut reply, anew) = self.read_part(request).await;
        if let Some(anew) = anew {
            reply.diagnostics.push(self.tell_anew(&app, &anew).await);
        }
        reply
    }

    /// What is different from the org that a state was of.
    pub async fn tell_anew(&self, app: &str, anew: &Anew) -> Diagnostic {
        match self.session().await {
            Ok(session) => {
                diagnostics::read_anew(self.spec.noun, app, anew, &session.org_id_18, &session.instance)
            }
            Err(found) => found,
        }
    }

    /// The same of a resource that may be a part of another one, which tells itself what was of a previous org.
    pub async fn read_part(&self, request: ReadRequest) -> (ReadReply, Option<Anew>) {
        let mut reply = ReadReply {
            state: request.state.clone(),
            private: request.private.clone(),
            identity: request.identity.clone(),
            diagnostics: Diagnostics::default(),
        };
        let mut anew = None;
        match self.org.unless_stopped(self.refresh(&request, &mut reply)).await {
            Some(Ok(found)) => anew = found,
            Some(Err(found)) => reply.diagnostics.extend(found),
            None => {
                let app = self.app_of(&request.state);
                reply.diagnostics.push(diagnostics::read_interrupted(self.spec.noun, &app));
            }
        }
        (reply, anew)
    }

    async fn refresh(
        &self,
        request: &ReadRequest,
        reply: &mut ReadReply,
    ) -> Result<Option<Anew>, Diagnostics> {
        self.activity.unplan(self.spec.name, false);
        let mut private = PrivateState::read(&request.private);
        let mut app = self.app_of(&request.state);
        let limit = timeouts::limit(&request.state, Operation::Read, &self.spec.default_timeouts);
        let deadline = Instant::now() + limit;
        let session = self.session().await?;
        let what = diagnostics::whose(self.spec.noun, &app);
        let previous = self.previous_orgs.accept(request.state.get(ORG_ID), &session, &what)?;
        let mut prior = request.state.clone();
        if previous.is_some() {
            private = private.without_the_org();
            if self.spec.subject == Subject::Org {
                app.clone_from(&session.org_id_18);
            }
            // An org that does not show the consumer may tell its key; that of the previous org is of no use.
            if let Some(row) = self.spec.key_row() {
                prior.put(row.field.attribute, Value::Null);
            }
        }

        let actual = self.look_up(&app, &private, &session, Freshness::Snapshot, deadline).await?;
        if !actual.exists() {
            if !private.imported {
                self.guard_disappearance(&app, &actual, &session, previous)?;
            }
            self.activity.forget(self.resource, self.spec.name, &app);
            reply.state = Value::Null;
            reply.identity = None;
            let missing = vec![self.spec.noun];
            return Ok(previous.map(|from| Anew { from: from.to_owned(), missing, ..Anew::default() }));
        }
        if private.imported {
            check_importable(&app, &actual)?;
        }
        let records = self.record_names(&prior, &private.records).await;
        let context = StateContext {
            spec: self.spec,
            app: &app,
            org_id: &session.org_id_18,
            importing: private.imported,
            records: &records,
        };
        let mut state = join(&context, &actual, &prior);
        self.fill_unreadable(&app, &actual, &mut state, &mut reply.diagnostics).await;
        let anew = previous.map(|from| self.anew(from, &request.state, &state, &actual, &records));
        let own = self.spec.protectable && self.is_own_app(&app, deadline).await;
        let headcount = self.headcount(&state, &records, &private.headcount).await;
        let private = PrivateState { records, headcount, ..private };
        reply.private = private_after(&private, &actual, &state, own);
        reply.identity = Some(self.identity(&app, &session));
        self.activity.note(
            self.resource,
            self.spec.name,
            &app,
            state.get(DELETION_PROTECTION) == &Value::Bool(true),
        );
        reply.state = state;
        Ok(anew)
    }

    /// What is different from a state of a previous org.
    fn anew(
        &self,
        from: &str,
        before: &Value,
        now: &Value,
        actual: &Actual,
        records: &BTreeMap<String, String>,
    ) -> Anew {
        let key = self.spec.key_row().map(|row| row.field.attribute);
        let text = |state: &Value| key.and_then(|key| state.get(key).as_text()).map(str::to_owned);
        // The link to the own consumer, and what else begins with the ID of the org.
        let owner = |state: &Value, name: &str| {
            let owner = state.get(name).as_text().and_then(|text| text.split_once(':'));
            owner.map(|(owner, _)| owner.to_owned())
        };
        let names_its_org = |name: &str| {
            let (there, here) = (owner(before, name), owner(now, name));
            let own = now.get(ORG_ID).as_text().unwrap_or_default();
            there.is_some_and(|org| same_org(&org, from)) && here.is_some_and(|org| same_org(&org, own))
        };
        let differs = |row: &Row| {
            let name = row.field.attribute;
            let differs = !same(row.field, before.get(name), now.get(name), records);
            // Null is what no state had so far: of a part that a moved resource did not have, of a label without an attribute.
            Some(name) != key && !before.get(name).is_null() && !names_its_org(name) && differs
        };
        let unseen = actual.parts.iter().filter(|(_, state)| matches!(state, PartState::Unreadable));
        Anew {
            from: from.to_owned(),
            key: text(before).filter(|old| text(now).as_ref() != Some(old)).map(|old| (old, text(now))),
            missing: Vec::new(),
            differing: self.spec.rows().filter(differs).map(|row| row.field.attribute.to_owned()).collect(),
            unseen: unseen.map(|(part, _)| part.kind.name).collect(),
        }
    }

    /// Whether the app is the one that the provider logs in with, as far as that is known without a call.
    async fn is_own_app(&self, app: &str, deadline: Instant) -> bool {
        let Some(wanted) = self.own_consumer(app) else {
            return false;
        };
        let lookups = self.org.read(&[wanted], Freshness::Snapshot, deadline).await;
        lookups.is_ok_and(|lookups| lookups.iter().any(|lookup| self.is_own_consumer(lookup)))
    }

    /// Refuses to believe that many resources are gone at once.
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
        let gone = diagnostics::Gone { missing, left: actual.others, previous };
        Err(diagnostics::many_gone(self.spec.noun, app, &gone, &session.instance))
    }

    /// Whose the resource is, in a state: the app's name, or the org's ID.
    pub(super) fn app_of(&self, object: &Value) -> String {
        object.get(self.spec.subject_attribute()).as_text().unwrap_or_default().to_owned()
    }

    /// The same in the plan of a creation, which does not know the org yet.
    pub(super) async fn subject(&self, planned: &Value) -> Result<String, Diagnostic> {
        match self.spec.subject {
            Subject::App { .. } => Ok(self.app_of(planned)),
            Subject::Org => Ok(self.session().await?.org_id_18),
        }
    }

    /// What the org has of the resource's parts.
    pub(super) async fn look_up(
        &self,
        app: &str,
        private: &PrivateState,
        session: &SessionFacts,
        freshness: Freshness,
        deadline: Instant,
    ) -> Result<Actual, Diagnostics> {
        let wanted = self.wanted(app, private);
        let lookups = self.ask(app, &wanted, freshness, deadline).await?;
        actual(self.spec, app, session, &lookups)
    }

    /// The resource's parts, under the names that they had when they were last seen.
    pub(super) fn wanted(&self, app: &str, private: &PrivateState) -> Vec<Wanted> {
        let parts = self.spec.parts.iter();
        parts
            .map(|part| Wanted::new(part.kind, app).hint(private.parts.get(part.kind.name).cloned()))
            .collect()
    }

    pub(super) async fn ask(
        &self,
        app: &str,
        wanted: &[Wanted],
        freshness: Freshness,
        deadline: Instant,
    ) -> Result<Vec<Lookup>, Diagnostics> {
        let answer = self.org.read(wanted, freshness, deadline).await;
        answer.map_err(|error| diagnostics::unreadable(self.spec.noun, app, &error).into())
    }

    /// Parts that may not be read keep their values; the consumer key may be had elsewhere.
    pub(super) async fn fill_unreadable(
        &self,
        app: &str,
        actual: &Actual,
        state: &mut Value,
        found: &mut Diagnostics,
    ) {
        for (part, part_state) in &actual.parts {
            let PartState::Unreadable = part_state else {
                continue;
            };
            found.push(diagnostics::drift_unchecked(app, part.kind.name));
            let Some(row) = self.spec.key_row() else { continue };
            if state.get(row.field.attribute).is_null()
                && let Ok(Some(key)) = self.consumer_key_of(app).await
            {
                state.put(row.field.attribute, Value::text(key));
            }
        }
    }

    /// The consumer key of an app by REST, where the org allows that.
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

/// Whether the consumer is another org's: then there is no consumer file here.
pub fn is_linked(spec: &ResourceSpec, actual: &Actual, session: &SessionFacts) -> bool {
    let Some(row) = spec.link_row() else {
        return false;
    };
    let component = actual.part(row.part).component();
    let link = component.and_then(|component| component.get(row.field.attribute).as_text());
    link.and_then(|link| link.split_once(':')).is_some_and(|(owner, _)| !same_org(owner, &session.org_id))
}

/// The resource that these answers about its parts amount to, in their order; further ones are not looked at.
///
/// # Errors
/// When they leave it open.
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
                return hidden("the org does not return it, although every org has one");
            }
            Lookup::Absent { others } => {
                actual.others = actual.others.max(*others);
                PartState::Absent
            }
            Lookup::Hidden { .. } if part.presence == Presence::MayBeUnreadable => PartState::Unreadable,
            Lookup::Hidden { why } => return hidden(why),
            Lookup::Several(names) => {
                return Err(diagnostics::several(spec.noun, app, part.kind.name, names).into());
            }
        };
        actual.parts.push((part, state));
    }
    Ok(actual)
}
