//! The creation of an object that already exists: the provider adopts the object if it is from an interrupted run.
//!
//! A deploy is an upsert, which makes recovery easy but can also overwrite an object by accident. The provider adopts
//! only objects that the same user created within a day and that are identical to the configuration. For any other
//! object, it reports an error with an import block. It never adopts an object that another resource in this run owns
//! or deletes. It waits for the deletion instead.

use std::time::{Duration, SystemTime};

use super::activity::DependencyWait;
use super::apply::Apply;
use super::claims::CreationConflict;
use super::state::{Actual, DesiredState, PartState};
use super::{Engine, diagnostics};
use crate::metadata::{Omitted, same_meaning};
use crate::org::{self, Found, Instant, SessionFacts};
use crate::provider::diagnostics::Diagnostics;
use crate::record_id::is_same;
use crate::value::Value;

/// The maximum age of an object that may be from an interrupted run.
const RECENT: Duration = Duration::from_secs(24 * 3600);

/// Terraform may start a creation and a deletion at the same time. This is the maximum time between the two requests.
const START_SKEW: Duration = Duration::from_secs(1);

/// The interval for polling a deletion in this process, without calls to the org.
const CLAIM_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The interval for polling the org for an object that another resource creates or deletes.
pub(super) const ORG_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// What a create found in the org.
pub enum AdoptionResult {
    /// The object does not exist, and can be created.
    Free,
    /// The object is from an interrupted run, and has been adopted.
    Ours(Actual),
}

impl Engine<'_> {
    /// Checks whether the object exists and who owns it. Waits for a deletion by another resource in this run.
    ///
    /// # Errors
    /// Returns an error if the object exists, and is neither adopted nor deleted.
    pub(super) async fn check_existing(
        &self,
        apply: &Apply<'_>,
        desired: &DesiredState<'_>,
    ) -> Result<AdoptionResult, Diagnostics> {
        let (spec, app, claims) = (self.spec, apply.app, &self.activity.claims);
        let mut dependency_wait = DependencyWait::new(self.activity, apply.deadline);
        loop {
            let existing = self.look_up_beside_app(apply).await?;
            let obstacle = if existing.parts.iter().any(|(_, state)| matches!(state, PartState::Present(_))) {
                match self.obstacle_soon(apply).await {
                    Some(obstacle) => obstacle,
                    None => match self.adopt_existing(apply, desired, &existing)? {
                        Ok(()) => return Ok(AdoptionResult::Ours(existing)),
                        Err(obstacle) => obstacle,
                    },
                }
            } else {
                match claims.begin_creation(spec, app) {
                    Ok(()) => return Ok(AdoptionResult::Free),
                    Err(obstacle) => obstacle,
                }
            };
            let worth_waiting = match obstacle {
                CreationConflict::BeingDeleted => self.until_deleted(apply).await,
                CreationConflict::NotDeletedYet => dependency_wait.wait(ORG_POLL_INTERVAL).await,
                CreationConflict::DeletionFailed => false,
            };
            if self.org.stopped() {
                return Err(diagnostics::not_sent(spec.noun, app).into());
            }
            if !worth_waiting {
                return Err(diagnostics::belongs_to_another(self.resource, spec.noun, app, obstacle).into());
            }
        }
    }

    /// Why the object cannot be adopted now. Waits briefly for a deletion that is about to start.
    async fn obstacle_soon(&self, apply: &Apply<'_>) -> Option<CreationConflict> {
        let until = Instant::now() + START_SKEW;
        loop {
            let obstacle = self.activity.claims.obstacle(self.spec, apply.app);
            if obstacle.is_some() || self.org.stopped() || Instant::now() >= until {
                return obstacle;
            }
            crate::org::sleep(CLAIM_POLL_INTERVAL).await;
        }
    }

    /// Waits for a deletion in this process. Returns false if the timeout elapses or the provider is stopped.
    async fn until_deleted(&self, apply: &Apply<'_>) -> bool {
        while self.activity.claims.obstacle(self.spec, apply.app) == Some(CreationConflict::BeingDeleted) {
            if Instant::now() >= apply.deadline || self.org.stopped() {
                return false;
            }
            crate::org::sleep(CLAIM_POLL_INTERVAL).await;
        }
        true
    }

    /// Adopts the object if possible.
    ///
    /// # Errors
    /// Returns an error if the object must not be adopted, for example because it is not from an interrupted run. The
    /// inner error means that another resource in this run has claimed the object in the meantime.
    fn adopt_existing(
        &self,
        apply: &Apply<'_>,
        desired: &DesiredState<'_>,
        existing: &Actual,
    ) -> Result<Result<(), CreationConflict>, Diagnostics> {
        let (spec, app) = (self.spec, apply.app);
        if apply.private.replacing {
            return Err(diagnostics::replaced_resource_exists(spec.noun, app).into());
        }
        if !existing.exists() || !is_our_own(existing, desired, apply.session, SystemTime::now()) {
            return Err(diagnostics::already_exists(self.resource, spec.noun, app).into());
        }
        Ok(self.activity.claims.adopt(spec, app))
    }
}

/// Whether the object may be from an interrupted run.
pub(super) fn is_our_own(
    actual: &Actual,
    desired: &DesiredState<'_>,
    session: &SessionFacts,
    now: SystemTime,
) -> bool {
    let ours = |found: &Found| {
        is_same(&found.file.created_by_id, &session.user_id)
            && created(found).is_some_and(|created| now.duration_since(created).unwrap_or_default() <= RECENT)
    };
    let found = actual.parts.iter().filter_map(|(_, state)| match state {
        PartState::Present(found) => Some(found.as_ref()),
        _ => None,
    });
    found.into_iter().all(ours) && as_configured(actual, desired)
}

/// Whether every configured or default value is equivalent to the value in the org.
fn as_configured(actual: &Actual, desired: &DesiredState<'_>) -> bool {
    desired.spec.rows().all(|row| {
        let name = row.field.attribute;
        if !row.is_managed(desired.config) {
            return true;
        }
        let Some(component) = actual.part(row.part).component() else {
            return false;
        };
        let there = match (component.get(name), row.field.omitted) {
            (Value::Null, Omitted::Default(value)) => value.value(),
            (value, _) => value.clone(),
        };
        same_meaning(row.field, desired.planned.get(name), &there)
    })
}

/// When a component was created, according to the org's clock.
fn created(found: &Found) -> Option<SystemTime> {
    org::timestamp(&found.file.created_date).map(SystemTime::from)
}
