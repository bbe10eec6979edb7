//! Read, create, update, delete and import of a rotation.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use super::memory::{ForeignStaging, KeyChange, Memory};
use super::plan::wanted;
use super::{
    APP, KEY, NAME, NOUN, PREVIOUS_EXPIRES, PREVIOUS_STATE, REVOKE, ROTATE, ROTATED_AT, SUBJECT, WAIT,
    schema, wait,
};
use crate::lock::lock;
use crate::metadata::date;
use crate::org::{
    Credentials, CredentialsError, Freshness, Instant, Org, Outcome, Rotated, RotationRequest, SessionFacts,
    Staged, StagedState, sleep,
};
use crate::provider::diagnostics::{self, Again, Diagnostic, Diagnostics};
use crate::provider::identity;
use crate::provider::operations::{
    ApplyReply, ApplyRequest, ImportReply, ImportRequest, Imported, ReadReply, ReadRequest,
};
use crate::provider::previous_orgs::{PreviousOrgs, Refreshed};
use crate::provider::resource_spec::{ID, ORG_ID};
use crate::provider::timeouts::{self, Operation, Timeouts};
use crate::value::Value;

/// The rotations of one org.
pub struct Rotations<'a> {
    pub org: &'a Org,
    /// The client ID of the provider, or `None` if a lockout is allowed.
    pub own: Option<&'a str>,
    pub previous_orgs: &'a PreviousOrgs,
    /// The apps, in lower case, whose rotation this run removed from the state.
    pub removed: &'a Mutex<BTreeSet<String>>,
}

impl Rotations<'_> {
    /// Refreshes a state. If an error occurs, the state does not change.
    pub async fn read(&self, request: ReadRequest) -> ReadReply {
        let mut reply = request.as_before(Diagnostics::default());
        match self.org.unless_stopped(self.refresh(&request, &mut reply)).await {
            Some(Ok(())) => {}
            Some(Err(found)) => reply.diagnostics.push(found),
            None => reply.diagnostics.push(diagnostics::read_interrupted(NOUN, &app_of(&request.state))),
        }
        reply
    }

    async fn refresh(&self, request: &ReadRequest, reply: &mut ReadReply) -> Result<(), Diagnostic> {
        let app = app_of(&request.state);
        let deadline = deadline(&request.state, Operation::Read);
        let session = self.session(deadline).await?;
        let what = diagnostics::the(NOUN, &app);
        let previous = self.previous_orgs.accept(request.state.get(ORG_ID), &session, &what)?;
        let mut refreshed = previous.map(|from| Refreshed { from: from.to_owned(), ..Refreshed::default() });
        let tell = |refreshed: Option<Refreshed>, reply: &mut ReadReply| {
            let warning = refreshed.map(|refreshed| {
                diagnostics::previous_org_refreshed(
                    NOUN,
                    &app,
                    &refreshed,
                    &session.org_id_18,
                    &session.instance,
                )
            });
            reply.diagnostics.extend(warning);
        };
        let gone = |refreshed: Option<Refreshed>, reply: &mut ReadReply| {
            reply.state = Value::Null;
            reply.identity = None;
            tell(refreshed.map(|refreshed| Refreshed { missing: vec![NOUN], ..refreshed }), reply);
        };
        reply.identity = Some(identity::value(SUBJECT, &app, &session.org_id_18));
        let mut found = match self.org.credentials(&app, Freshness::Snapshot, deadline).await {
            Ok(found) => found,
            Err(CredentialsError::NoApp) => {
                gone(refreshed, reply);
                return Ok(());
            }
            // Without OAuth settings there is nothing to rotate. With settings, the consumer exists but is hidden.
            Err(CredentialsError::NoConsumer) if self.org.has_no_consumer(&app, deadline).await => {
                gone(refreshed, reply);
                return Ok(());
            }
            Err(
                error @ (CredentialsError::Read(_)
                | CredentialsError::Unavailable(_)
                | CredentialsError::OtherCase { .. }),
            ) => {
                return Err(diagnostics::rotation_credentials(&app, &error));
            }
            Err(error) => {
                let is_import = Memory::read(&request.private).imported.is_some();
                // Without a key, the import would have no values.
                if is_import && request.state.get(KEY).is_null() {
                    return Err(diagnostics::rotation_credentials(&app, &error));
                }
                reply.diagnostics.push(diagnostics::credentials_unchecked(&app, &error, previous));
                if let Some(refreshed) = &mut refreshed {
                    // No value in the state belongs to this org.
                    let old = request.state.get(KEY).as_text();
                    refreshed.key = old.map(|old| (old.to_owned(), None));
                    reply.state.put(ORG_ID, session.org_id_18.as_str().into());
                    for name in [KEY, ROTATED_AT, PREVIOUS_STATE, PREVIOUS_EXPIRES] {
                        reply.state.put(name, Value::Null);
                    }
                    reply.private = Memory::default().write();
                }
                tell(refreshed, reply);
                return Ok(());
            }
        };
        let now = seconds();
        let mut memory = Memory::read(&request.private).at(now);
        let stored = request.state.get(KEY).as_text();
        if let Some(refreshed) = &mut refreshed {
            // A different key is not the result of a rotation, because Terraform has not rotated credentials in this
            // org yet.
            memory = Memory { imported: memory.imported, ..Memory::default() };
            reply.state.put(ORG_ID, session.org_id_18.as_str().into());
            reply.state.put(ROTATED_AT, Value::Null);
            let old = stored.filter(|stored| *stored != found.consumer.key);
            refreshed.key = old.map(|old| (old.to_owned(), Some(found.consumer.key.clone())));
        } else if let Some(stored) = stored.filter(|stored| *stored != found.consumer.key) {
            if memory.previous_key.as_deref() == Some(found.consumer.key.as_str()) {
                // The org still returns the key from before the provider's own rotation.
                found.consumer.key = stored.to_owned();
            } else {
                memory.moved = Some(KeyChange { from: stored.to_owned(), noticed: now });
            }
        }
        observe(&mut reply.state, &mut memory, &found);
        let since = memory.moved.as_ref().map(|moved| moved.from.as_str());
        // If this call fails, the user who staged credentials is unknown. The apply then tries again, and reports the
        // error.
        let trace = self.org.rotation_history(&found, since).await.unwrap_or_default();
        memory.rotated = trace.rotated.map(date_of);
        memory.rotated_and_ended = trace.rotated_and_ended.map(date_of);
        memory.foreign = trace.foreign.map(|it| ForeignStaging { by: it.created_by, on: it.created_date });
        reply.private = memory.write();
        tell(refreshed, reply);
        Ok(())
    }

    /// Creates, updates or deletes a rotation.
    pub async fn apply(&self, request: ApplyRequest) -> ApplyReply {
        let mut reply = request.as_before(Diagnostics::default());
        let done = if request.planned.is_null() {
            self.give_up(&request, &mut reply).await
        } else if request.prior.is_null() {
            self.create(&request, &mut reply).await
        } else {
            self.update(&request, &mut reply).await
        };
        if let Err(found) = done {
            reply.diagnostics.push(found);
        }
        reply
    }

    async fn create(&self, request: &ApplyRequest, reply: &mut ApplyReply) -> Result<(), Diagnostic> {
        let app = app_of(&request.planned);
        let deadline = deadline(&request.planned, Operation::Create);
        let session = self.session(deadline).await?;
        let found = self.org.unless_stopped(self.org.new_credentials(&app, deadline)).await;
        let found = match found {
            Some(Ok(found)) => found,
            Some(Err(error)) => return Err(diagnostics::rotation_credentials(&app, &error)),
            None => return Err(diagnostics::lookup_interrupted(NAME)),
        };
        let mut state = request.planned.clone();
        state.put(ID, app.as_str().into());
        state.put(ORG_ID, session.org_id_18.as_str().into());
        let mut memory = Memory::default();
        observe(&mut state, &mut memory, &found);
        if let Some(staged) = found.staged.iter().find(|staged| staged.state == StagedState::Active) {
            reply.diagnostics.push(diagnostics::staged_already(&app, staged));
        }
        if lock(self.removed).remove(&app.to_lowercase()) {
            reply.diagnostics.push(diagnostics::nothing_rotated(&app, &found.consumer.key));
        }
        reply.state = state;
        reply.private = memory.write();
        reply.identity = Some(identity::value(SUBJECT, &app, &session.org_id_18));
        Ok(())
    }

    async fn update(&self, request: &ApplyRequest, reply: &mut ApplyReply) -> Result<(), Diagnostic> {
        let app = app_of(&request.planned);
        let mut memory = Memory::read(&request.private);
        let (rotate, revoke) = wanted(&request.prior, &request.planned, &memory);
        if !rotate && !revoke {
            // Only values without a counterpart in the org have changed.
            memory.imported = None;
            let mut state = request.planned.clone();
            for name in [KEY, ROTATED_AT, PREVIOUS_STATE, PREVIOUS_EXPIRES] {
                state.put(name, request.prior.get(name).clone());
            }
            reply.state = state;
            reply.private = memory.write();
            return Ok(());
        }
        if request.prior.get(KEY).is_null() {
            return Err(diagnostics::rotation_unread(&app));
        }
        let deadline = deadline(&request.planned, Operation::Update);
        let session = self.session(deadline).await?;
        let what = diagnostics::the(NOUN, &app);
        self.previous_orgs.check(request.prior.get(ORG_ID), &session, &what)?;
        // If a refresh found a changed key, the plan already shows it. Only a rotation starts from the key before that
        // change, because it may continue an interrupted run.
        let since = memory.moved.as_ref().filter(|_| rotate).map(|moved| moved.from.as_str());
        let since = since.or(request.prior.get(KEY).as_text()).map(str::to_owned);
        let rotation = RotationRequest { app: &app, rotate, since: since.as_deref(), revoke, own: self.own };
        let tell = |step: &_| tracing::info!(app, ?step, "changing credentials");
        let result = self.org.rotate(&rotation, &tell, deadline).await;
        let (rotated, error) = match &result {
            Ok(rotated) => (Some(rotated), None),
            Err(error) => (error.seen.as_deref(), Some(error)),
        };
        let attribute = if rotate { ROTATE } else { REVOKE };
        let failed = error.map(|error| diagnostics::rotation_failed(&app, attribute, error, Again::Apply));
        if let Some(rotated) = rotated {
            // The state contains the changes that succeeded. The rest is planned again.
            let mut state = if error.is_none() { request.planned.clone() } else { request.prior.clone() };
            if let Some(outcome) = &rotated.outcome {
                state.put(ROTATE, request.planned.get(ROTATE).clone());
                let said = if revoke { memory.rotated_and_ended.is_some() } else { memory.rotated.is_some() };
                if let (Outcome::Before { date }, false) = (outcome, said) {
                    reply.diagnostics.push(diagnostics::rotation_made_before(&app, date.as_deref()));
                }
            }
            state.put(ROTATED_AT, rotated_at(rotated, &request.prior));
            let key = request.prior.get(KEY).clone();
            memory = Memory { imported: None, moved: None, rotated: None, rotated_and_ended: None, ..memory };
            observe(&mut state, &mut memory, &rotated.credentials);
            if rotated.outcome.is_none() {
                // Nothing was rotated. If the key is different, the next refresh must detect the difference.
                state.put(KEY, key);
                if error.is_some() {
                    memory.moved = since
                        .filter(|since| *since != rotated.credentials.consumer.key)
                        .map(|from| KeyChange { from, noticed: seconds() });
                }
            }
            reply.state = state;
            reply.private = memory.write();
        }
        if let Some(failed) = failed {
            return Err(failed);
        }
        if rotated.is_some_and(|rotated| rotated.outcome == Some(Outcome::Now))
            && let Some(time) = request.planned.get(WAIT).as_text().and_then(wait)
        {
            let _ = self.org.unless_stopped(sleep(time)).await;
        }
        Ok(())
    }

    /// Removes the rotation from the state, and does not change the org.
    async fn give_up(&self, request: &ApplyRequest, reply: &mut ApplyReply) -> Result<(), Diagnostic> {
        reply.state = Value::Null;
        reply.private = Vec::new();
        reply.identity = None;
        let app = app_of(&request.prior);
        lock(self.removed).insert(app.to_lowercase());
        let deadline = deadline(&request.prior, Operation::Delete);
        let found = self.org.unless_stopped(self.org.credentials(&app, Freshness::Now, deadline)).await;
        match found {
            Some(Ok(found)) => {
                let alive = previous(&found).filter(|staged| staged.state == StagedState::Rotated);
                if let Some(staged) = alive {
                    reply
                        .diagnostics
                        .push(diagnostics::previous_stay(&app, staged.expiration_date.as_deref()));
                }
            }
            Some(Err(CredentialsError::NoApp | CredentialsError::NoConsumer)) => {}
            Some(Err(error)) => reply.diagnostics.push(diagnostics::previous_unknown(&app, &error)),
            None => {}
        }
        Ok(())
    }

    async fn session(&self, deadline: Instant) -> Result<SessionFacts, Diagnostic> {
        match self.org.unless_stopped(self.org.session_until(deadline)).await {
            Some(session) => session.map_err(|error| diagnostics::no_session(&error)),
            None => Err(diagnostics::lookup_interrupted(NAME)),
        }
    }
}

/// Writes the values in the org into a state.
fn observe(state: &mut Value, memory: &mut Memory, found: &Credentials) {
    let previous = previous(found);
    let text = |text: Option<&String>| text.map_or(Value::Null, Value::text);
    state.put(KEY, found.consumer.key.as_str().into());
    state.put(PREVIOUS_STATE, previous.map_or(Value::Null, |staged| Value::text(staged.state.to_string())));
    state.put(PREVIOUS_EXPIRES, text(previous.and_then(|staged| staged.expiration_date.as_ref())));
    let alive = previous.filter(|staged| staged.state == StagedState::Rotated);
    memory.previous_key = alive.and_then(|staged| staged.key.clone());
}

/// The credentials from before the last rotation. If there are several, those that are valid the longest.
fn previous(found: &Credentials) -> Option<&Staged> {
    let of_before = |staged: &&Staged| staged.state != StagedState::Active;
    found
        .staged
        .iter()
        .filter(of_before)
        .max_by_key(|staged| (staged.state == StagedState::Rotated, staged.expiration_date.clone()))
}

fn rotated_at(rotated: &Rotated, prior: &Value) -> Value {
    match &rotated.outcome {
        None => prior.get(ROTATED_AT).clone(),
        Some(Outcome::Now) => {
            let seconds = seconds();
            let day = date(i64::try_from(seconds).unwrap_or_default());
            let time = format!("{:02}:{:02}:{:02}Z", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
            Value::text(format!("{day}T{time}"))
        }
        // The time at which the credentials were staged, immediately before the rotation. The value is null if the org
        // does not return the time.
        Some(Outcome::Before { date }) => date.as_ref().map_or(Value::Null, Value::text),
    }
}

fn date_of(outcome: Outcome) -> String {
    match outcome {
        Outcome::Before { date } => date.unwrap_or_default(),
        Outcome::Now => String::new(),
    }
}

/// The current time in seconds since 1970.
fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn app_of(object: &Value) -> String {
    object.get(APP).as_text().unwrap_or_default().to_owned()
}

fn deadline(object: &Value, operation: Operation) -> Instant {
    Instant::now() + timeouts::limit(object, operation, &Timeouts::STANDARD)
}

/// Imports from an API name or an identity. A read completes the state.
pub async fn import(rotations: &Rotations<'_>, request: ImportRequest) -> ImportReply {
    match imported(rotations, request).await {
        Ok(imported) => ImportReply { imported: vec![imported], ..ImportReply::default() },
        Err(found) => ImportReply { diagnostics: found, ..ImportReply::default() },
    }
}

async fn imported(rotations: &Rotations<'_>, request: ImportRequest) -> Result<Imported, Diagnostics> {
    let limit = deadline(&Value::Null, Operation::Read);
    let session = rotations.session(limit).await?;
    let app = match &request.identity {
        Some(named) if request.id.is_empty() => {
            identity::app_of(named, NOUN, &session, rotations.previous_orgs)?
        }
        _ => request.id.clone(),
    };
    identity::check_app(&app)?;
    let mut state = schema().block.empty();
    state.put(APP, app.as_str().into());
    state.put(ID, app.as_str().into());
    state.put(ORG_ID, session.org_id_18.as_str().into());
    state.put(WAIT, super::DEFAULT_WAIT.into());
    let private = Memory { imported: Some(seconds()), ..Memory::default() }.write();
    let type_name = NAME.to_owned();
    let read =
        rotations.read(ReadRequest { type_name: type_name.clone(), state, private, identity: None }).await;
    if read.diagnostics.has_errors() {
        return Err(read.diagnostics);
    }
    if read.state.is_null() {
        return Err(diagnostics::nothing_to_import(NOUN, &app, &session.instance).into());
    }
    Ok(Imported { type_name, state: read.state, private: read.private, identity: read.identity })
}
