//! Reading a resource: what the org has of it, and whether "nothing" may be believed.

use super::import::check_importable;
use super::state::{Actual, Frame, PartState, join, private_after};
use super::{Engine, diagnostics, disappearance, same_org};
use crate::org::{Freshness, Instant, Lookup, SessionFacts, Unavailable, Wanted};
use crate::provider::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::identity;
use crate::provider::operations::{ReadReply, ReadRequest};
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::{DELETION_PROTECTION, ORG_ID, Presence, ResourceSpec, Subject};
use crate::provider::timeouts::{self, Operation};
use crate::value::Value;

impl Engine<'_> {
    /// Refreshes a state. On any error the state stays as it is.
    pub async fn read(&self, request: ReadRequest) -> ReadReply {
        let mut reply = ReadReply {
            state: request.state.clone(),
            private: request.private.clone(),
            identity: request.identity.clone(),
            diagnostics: Diagnostics::default(),
        };
        match self.org.unless_stopped(self.refresh(&request, &mut reply)).await {
            Some(Ok(())) => {}
            Some(Err(found)) => reply.diagnostics.extend(found),
            None => {
                let app = self.app_of(&request.state);
                reply.diagnostics.push(diagnostics::read_interrupted(self.spec.noun, &app));
            }
        }
        reply
    }

    async fn refresh(&self, request: &ReadRequest, reply: &mut ReadReply) -> Result<(), Diagnostics> {
        self.activity.unplan(self.spec.name, false);
        let private = PrivateState::read(&request.private);
        let app = self.app_of(&request.state);
        let limit = timeouts::limit(&request.state, Operation::Read, &self.spec.default_timeouts);
        let deadline = Instant::now() + limit;
        let session = self.session().await?;
        self.check_org(request.state.get(ORG_ID), &session, &app)?;

        let actual = self.look_up(&app, &private, &session, Freshness::Snapshot, deadline).await?;
        if !actual.exists() {
            if !private.imported {
                self.guard_disappearance(&app, &actual, &session)?;
            }
            self.activity.forget(self.resource, self.spec.name, &app);
            reply.state = Value::Null;
            reply.identity = None;
            return Ok(());
        }
        if private.imported {
            check_importable(&app, &actual)?;
        }
        let records = self.record_names(&request.state, &private.records).await;
        let frame = Frame {
            spec: self.spec,
            app: &app,
            org_id: &session.org_id_18,
            importing: private.imported,
            records: &records,
        };
        let mut state = join(&frame, &actual, &request.state);
        self.fill_unreadable(&app, &actual, &mut state, &mut reply.diagnostics).await;
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
        Ok(())
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
    ) -> Result<(), Diagnostic> {
        let missing = self.activity.missing.note(self.spec.name, app);
        if self.allow_mass_removal || !disappearance::is_incredible(missing, actual.others) {
            return Ok(());
        }
        Err(diagnostics::many_gone(self.spec.noun, app, missing, actual.others, &session.instance))
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
