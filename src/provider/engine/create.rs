//! Create of one resource, as a deploy with one share (`joint`): looks for existing components, and waits for
//! dependencies.

use std::collections::BTreeMap;

use super::activity::DependencyWait;
use super::adoption::ORG_POLL_INTERVAL;
use super::apply::Apply;
use super::claims::CreationConflict;
use super::joint::{self, Share, only_reply};
use super::merge::{Merge, MergeError};
use super::read::actual;
use super::resubmission::LAGS_OF_EFFECTS;
use super::state::{Actual, DesiredState, named, new_component};
use super::{Engine, diagnostics};
use crate::metadata::{Component, adds_nothing, same_meaning};
use crate::org::{Freshness, Lookup, Wanted};
use crate::provider::catalog;
use crate::provider::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::timeouts::{self, Operation};
use crate::value::Value;

impl Engine<'_> {
    pub(super) async fn create(&self, request: ApplyRequest) -> ApplyReply {
        let limit = timeouts::limit(&request.planned, Operation::Create, &self.spec.default_timeouts);
        let made =
            joint::create(&[Share { engine: *self, request, creates_missing: false }], &[], limit).await;
        only_reply(made).unwrap_or_else(|diagnostics| ApplyReply { diagnostics, ..ApplyReply::default() })
    }

    /// The error if another resource in this run has the same object. That resource is of the same type, or of a type
    /// that manages the app differently.
    pub(super) fn held_by(&self, holder: &str, app: &str) -> Diagnostic {
        match self.spec.naming_attribute() {
            Some(attribute) if holder != self.resource => {
                diagnostics::managed_twice(self.resource, attribute, app)
            }
            _ => diagnostics::duplicate_resource(self.spec, self.resource, app),
        }
    }

    /// The files of a new resource. If the app uses the consumer of another org, there is no consumer file.
    pub(super) fn new_components(&self, desired: &DesiredState<'_>, app: &str) -> Vec<Component> {
        let parts = self.spec.parts.iter().filter(|part| !desired.is_elsewhere(part));
        parts.map(|part| new_component(desired, part, app)).collect()
    }

    /// Reads the existing components. If their app does not exist, waits for it, because another resource in the
    /// configuration may be creating it.
    pub(super) async fn look_up_beside_app(&self, apply: &Apply<'_>) -> Result<Actual, Diagnostics> {
        let mut wanted = self.wanted(apply.app, &apply.private);
        if self.spec.parts.iter().all(|part| !part.is_named_like_its_subject()) {
            wanted.extend(catalog::APP.parts.iter().map(|part| Wanted::new(part.kind, apply.app)));
        }
        let mut dependency_wait = DependencyWait::new(self.activity, apply.deadline);
        let mut lags = LAGS_OF_EFFECTS.into_iter();
        loop {
            let mut lookups =
                self.read_components(apply.app, &wanted, Freshness::Absence, apply.deadline).await?;
            let of_the_app = lookups.split_off(self.spec.parts.len());
            // A hidden app may exist. The deploy shows whether it does.
            if !of_the_app.iter().any(|lookup| matches!(lookup, Lookup::Absent { .. })) {
                let name = of_the_app.iter().chain(&lookups).find_map(Lookup::name_in_other_case);
                let other_case = name.map(|name| {
                    let error = diagnostics::other_case(apply.app, name);
                    error.at_attribute(self.spec.subject_attribute())
                });
                if other_case.is_some()
                    && self.is_app_going(apply.app)
                    && dependency_wait.wait(ORG_POLL_INTERVAL).await
                {
                    if self.org.stopped() {
                        return Err(diagnostics::not_sent(self.spec.noun, apply.app).into());
                    }
                    self.org.distrust(apply.app);
                    continue;
                }
                let existing = match other_case {
                    Some(error) => Err(error.into()),
                    None => actual(self.spec, apply.app, apply.session, &lookups),
                };
                // A list may still contain components that were deleted shortly before.
                let may_be_deleted =
                    |lookup: &Lookup| matches!(lookup, Lookup::Hidden { .. } | Lookup::OtherCase { .. });
                let may_lag = lookups.iter().chain(&of_the_app).any(may_be_deleted);
                match lags.next() {
                    Some(lag) if existing.is_err() && may_lag && self.wait_for_lag(apply.app, lag).await => {
                        continue;
                    }
                    _ => return existing,
                }
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

    /// Returns an error if this run failed to create a dependency, because waiting for it would be useless.
    fn check_dependency(&self, app: &str) -> Result<(), Diagnostics> {
        match self.activity.claims.failed_before(self.spec, app) {
            Some(failed) => Err(diagnostics::dependency_not_created(self.spec.noun, app, failed.noun).into()),
            None => Ok(()),
        }
    }

    /// Whether this run deletes the app or one of its parts, or those of an app whose name differs only in case.
    fn is_app_going(&self, app: &str) -> bool {
        let obstacle = self.activity.claims.obstacle(catalog::APP, app);
        matches!(obstacle, Some(CreationConflict::BeingDeleted | CreationConflict::NotDeletedYet))
    }

    /// Waits for the components that Salesforce creates automatically.
    pub(super) async fn await_components(&self, apply: &Apply<'_>, merge: &Merge) -> Result<(), Diagnostics> {
        let mut dependency_wait = DependencyWait::new(self.activity, apply.deadline);
        let mut lags = LAGS_OF_EFFECTS.into_iter();
        loop {
            let mut other_case = None;
            let found =
                self.read_components(apply.app, merge.wanted(), Freshness::Now, apply.deadline).await?;
            let is_other_case = found.iter().any(|lookup| lookup.name_in_other_case().is_some());
            match merge.files(&found) {
                Err(MergeError::Invalid(found)) if is_other_case && self.is_app_going(apply.app) => {
                    self.org.distrust(apply.app);
                    other_case = Some(found);
                }
                Err(MergeError::Invalid(found)) if is_other_case => match lags.next() {
                    // This run may be about to delete the app with the other name.
                    Some(lag) if self.wait_for_lag(apply.app, lag).await => continue,
                    _ => return Err(found),
                },
                // A component that is being deleted will be created again with different values.
                Ok(_) if self.activity.claims.begin_creation(self.spec, apply.app).is_ok() => return Ok(()),
                Err(MergeError::Invalid(found)) => return Err(found),
                Ok(_) | Err(MergeError::Missing(_)) => {}
            }
            if self.org.stopped() {
                return Err(diagnostics::not_sent(self.spec.noun, apply.app).into());
            }
            self.check_dependency(apply.app)?;
            if !dependency_wait.wait(ORG_POLL_INTERVAL).await {
                let missing = diagnostics::policies_not_found(self.spec.subject_attribute(), apply.app);
                return Err(other_case.unwrap_or_else(|| missing.into()));
            }
        }
    }
}

/// The attributes that an adoption overwrites in the org, with the values before the adoption. A configured attribute
/// is included only if members of a list or set are removed.
pub(super) fn settings_overwritten_on_adopt(
    desired: &DesiredState<'_>,
    actual: &Actual,
    names: &BTreeMap<String, String>,
) -> Vec<(&'static str, Value)> {
    let rows = desired.spec.rows().filter_map(|row| {
        let name = row.field.attribute;
        let existing = actual.part(row.part).component()?;
        let there = existing.get(name);
        let planned = match desired.planned.get(name) {
            // The attribute is not managed, but may be removed because of another attribute.
            Value::Unknown => desired.written(row, existing)?,
            planned => named(planned, names),
        };
        if there.is_null() || planned.is_unknown() || same_meaning(row.field, there, &planned) {
            return None;
        }
        let written = !desired.config.get(name).is_null();
        let new = planned.members().unwrap_or_default();
        // An ID without a known name may be that of any record.
        let is_unnamed = |value: &Value| {
            value.as_text().is_some_and(|text| row.field.record.is_some_and(|record| record.is_id(text)))
        };
        let is_removed = |member: &Value| !adds_nothing(row.field, new, member);
        let removed = !new.iter().any(is_unnamed)
            && there.members().is_some_and(|members| members.iter().any(is_removed));
        (!written || removed).then(|| (name, there.clone()))
    });
    rows.collect()
}
