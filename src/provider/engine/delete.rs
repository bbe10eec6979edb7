//! Delete: deletes the components, or stops managing them.

use super::claims::DeletionConflict;
use super::resubmission::LAGS_OF_EFFECTS;
use super::{Engine, VERIFY_TIMEOUT, diagnostics};
use crate::metadata::{ComponentKey, MetadataType};
use crate::org::{ApplyError, ApplyErrorKind, Changes, Freshness, Instant, Lookup, Wanted};
use crate::provider::catalog;
use crate::provider::diagnostics::{Diagnostic, Diagnostics, StateValues};
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::{DELETION_PROTECTION, Destruction, ORG_ID};
use crate::provider::resources::oauth_settings;
use crate::provider::timeouts::{self, Operation};
use crate::value::Value;

impl Engine<'_> {
    pub(super) async fn delete(&self, request: ApplyRequest) -> ApplyReply {
        let app = self.app_of(&request.prior);
        let ended = match self.activity.claims.delete(self.spec, &app) {
            Ok(deleting) => {
                let _running = self.activity.begin();
                let ended = self.try_delete(&request).await;
                if ended.is_ok() {
                    self.activity.forget(self.resource, self.spec.name, &app);
                    deleting.done();
                }
                ended
            }
            // With create_before_destroy, Terraform creates the replacement first and then requests this deletion.
            Err(DeletionConflict::Adopted) => Ok(diagnostics::not_replaced(self.spec.noun, &app).into()),
            Err(DeletionConflict::Part(part)) => {
                Err(diagnostics::dependent_created(self.spec.noun, &app, part.noun).into())
            }
        };
        match ended {
            Ok(diagnostics) => ApplyReply { diagnostics, ..ApplyReply::default() },
            Err(diagnostics) => request.as_before(diagnostics),
        }
    }

    /// Deletes the resource.
    ///
    /// # Errors
    /// Returns an error if the resource still exists, or may still exist.
    async fn try_delete(&self, request: &ApplyRequest) -> Result<Diagnostics, Diagnostics> {
        let app = self.app_of(&request.prior);
        let Destruction::Deletes(others) = self.spec.destruction else {
            return Ok(Diagnostics::default());
        };
        // Terraform creates no destroy plan for a replacement, so the checks are repeated here.
        if request.prior.get(DELETION_PROTECTION) == &Value::Bool(true) {
            return Err(diagnostics::protected(self.spec.noun, &app, "destroy").into());
        }
        if self.org.stopped() {
            return Err(diagnostics::not_sent(self.spec.noun, &app).into());
        }
        let limit = timeouts::limit(&request.prior, Operation::Delete, &self.spec.default_timeouts);
        let deadline = Instant::now() + limit;
        let session = self.unless_stopped(&app, self.session(deadline)).await?;
        self.check_org(request.prior.get(ORG_ID), &session, &app)?;

        let private = PrivateState::read(&request.private);
        let own = self.spec.parts.iter().map(|part| part.kind);
        let mut wanted: Vec<Wanted> = own
            .chain(others.iter().copied())
            .map(|kind| Wanted::new(kind, app.as_str()).hint(private.parts.get(kind.name).cloned()))
            .collect();
        let known = wanted.len();
        wanted.extend(self.own_consumer(&app));
        let read = async {
            let read = self.org.read(&wanted, Freshness::Now, deadline).await;
            read.map_err(|error| diagnostics::unreadable(self.spec.noun, &app, &error))
        };
        let lookups = self.unless_stopped(&app, read).await?;
        if !self.allow_self_lockout && lookups.iter().any(|lookup| self.is_own_consumer(lookup)) {
            return Err(diagnostics::self_lockout(&app, "destroy").into());
        }
        let mut keys = Vec::new();
        let is_decided = matches!(lookups.first(), Some(Lookup::Found(_)));
        for (wanted, lookup) in wanted.iter().zip(&lookups).take(known) {
            let decides = self.spec.parts.first().is_some_and(|part| part.kind == wanted.kind);
            match lookup {
                Lookup::Found(found) => keys.push(found.component.key.clone()),
                Lookup::Several(names) => {
                    keys.extend(names.iter().map(|name| ComponentKey::new(wanted.kind, name)));
                }
                // The state belongs to an app that no longer exists, not to the app in the org.
                Lookup::OtherCase { name } if !is_decided => {
                    return Err(diagnostics::other_case(&app, name).into());
                }
                Lookup::OtherCase { .. } => {}
                Lookup::Hidden { why } => {
                    let is_app = is_app_type(wanted.kind);
                    match &wanted.hint {
                        Some(name) => keys.push(ComponentKey::new(wanted.kind, name)),
                        None if is_app => keys.push(ComponentKey::new(wanted.kind, &wanted.app)),
                        None if decides => {
                            let name = wanted.kind.name;
                            return Err(diagnostics::hidden(self.spec.noun, &app, name, why).into());
                        }
                        None => {}
                    }
                }
                Lookup::Absent { .. } => {}
            }
        }
        if keys.is_empty() {
            return Ok(Diagnostics::default());
        }
        let deciding = self.deciding(&app, &private);
        let arrived = || async { matches!(self.is_gone(&app, &deciding).await, Ok(true)) };
        let outcome = self.send_changes(Changes::Delete(keys.clone()), &deciding, deadline, arrived).await;
        let mut first_rejection = Diagnostics::default();
        let outcome = match (outcome, keys.iter().find(|key| is_app_type(key.kind))) {
            // Deleting an app also deletes its parts, even if the org rejects an explicit deletion of one of them.
            (Err(error), Some(key)) if rejects_only_others(&error, key) => {
                let app_only = Changes::Delete(vec![key.clone()]);
                first_rejection = self.rejections(&app, &Value::Null, &error);
                self.send_changes(app_only, &deciding, deadline, arrived).await
            }
            (outcome, _) => outcome,
        };
        let trouble = match &outcome {
            Ok(applied) => {
                // The read after the deploy shows the deletion, unless reads lag behind.
                if applied.after.as_deref().is_some_and(are_absent) {
                    self.note_destroyed_key(&app, &lookups);
                    return Ok(Diagnostics::default());
                }
                None
            }
            Err(error) if error.is_clean() => {
                let mut found = self.rejections(&app, &Value::Null, error);
                found.extend(first_rejection);
                return Err(found);
            }
            Err(error) => Some(error),
        };
        let mut gone = self.is_gone(&app, &deciding).await;
        // Reads may lag behind a deploy.
        for lag in LAGS_OF_EFFECTS {
            if !matches!(gone, Ok(false)) || !self.wait_for_lag(&app, lag).await {
                break;
            }
            gone = self.is_gone(&app, &deciding).await;
        }
        if matches!(gone, Ok(true)) {
            self.note_destroyed_key(&app, &lookups);
        }
        match (gone, trouble) {
            (Ok(true) | Err(_), None) => Ok(Diagnostics::default()),
            (Ok(false), None) => Err(diagnostics::exists_after_deletion(self.spec.noun, &app).into()),
            (Ok(true), Some(_)) => Ok(diagnostics::succeeded_after_error(self.spec.noun, &app).into()),
            (Ok(false), Some(error)) => {
                let mut found = match &error.kind {
                    ApplyErrorKind::AfterInternalError { .. } => self.rejections(&app, &Value::Null, error),
                    _ => self.outcome_unknown(&app, error).into(),
                };
                found.extend(first_rejection);
                Err(found)
            }
            (Err(mut found), Some(error)) => {
                found.push(self.outcome_unknown(&app, error));
                found.extend(first_rejection);
                Err(found)
            }
        }
    }

    fn outcome_unknown(&self, app: &str, error: &ApplyError) -> Diagnostic {
        diagnostics::outcome_unknown(self.spec.noun, app, error, StateValues::LastRead, false)
    }

    /// If a consumer was deleted, records that its key was destroyed.
    fn note_destroyed_key(&self, app: &str, deleted: &[Lookup]) {
        if deleted.iter().any(has_consumer_key) {
            self.activity.claims.record_destroyed_key(app);
        }
    }

    /// The first part, which determines whether the resource exists.
    fn deciding(&self, app: &str, private: &PrivateState) -> Vec<Wanted> {
        self.wanted(app, private).into_iter().take(1).collect()
    }

    async fn is_gone(&self, app: &str, deciding: &[Wanted]) -> Result<bool, Diagnostics> {
        match self.org.read(deciding, Freshness::Absence, Instant::now() + VERIFY_TIMEOUT).await {
            Ok(lookups) => Ok(are_absent(&lookups)),
            Err(error) => Err(diagnostics::unreadable(self.spec.noun, app, &error).into()),
        }
    }
}

fn are_absent(lookups: &[Lookup]) -> bool {
    lookups.iter().all(|lookup| matches!(lookup, Lookup::Absent { .. }))
}

/// Whether the component is a consumer with a key.
fn has_consumer_key(lookup: &Lookup) -> bool {
    let Lookup::Found(found) = lookup else { return false };
    oauth_settings::SPEC.key_row().is_some_and(|row| {
        found.component.key.kind == row.part.kind && found.component.get(row.field.attribute).is_set()
    })
}

fn is_app_type(kind: &MetadataType) -> bool {
    catalog::APP.parts.iter().any(|part| part.kind == kind)
}

/// Whether the org rejected a deletion only because of other components.
fn rejects_only_others(error: &ApplyError, key: &ComponentKey) -> bool {
    let ApplyErrorKind::Rejected { problems, internal_error: false, .. } = &error.kind else { return false };
    problems.iter().all(|problem| problem.key.as_ref().is_some_and(|other| other != key))
}
