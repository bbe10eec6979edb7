//! Records which resource in this run creates, adopts, changes or deletes an object, so that two resources do not
//! conflict.
//!
//! Terraform applies a plan in a separate process, which has no information about a deletion until Terraform requests
//! it. Therefore, creations and deletions are both registered here: a creation waits for a deletion, an object whose
//! app is being deleted is not adopted, and an object that was created or adopted is not deleted by a resource at
//! another address.
//!
//! Not here: whether an existing object may be adopted (`adoption`), and conflicts between plans
//! (`provider/neighbors`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use crate::lock::lock;
use crate::provider::resource_spec::{Destruction, ResourceSpec};

/// Resource type and app. Names that differ only in case refer to the same app.
type Name = (&'static str, String);

#[derive(Debug, Default)]
pub struct Claims {
    all: Mutex<BTreeMap<Name, Claim>>,
    /// Apps whose consumer key this run destroyed, and for which the user has not been warned yet.
    ended: Mutex<BTreeSet<String>>,
}

#[derive(Debug)]
struct Claim {
    spec: &'static ResourceSpec,
    /// The resource type in the configuration that owns the object.
    by: &'static str,
    hold: ClaimState,
    /// The number of pending deletions.
    deleting: usize,
    /// Whether the last deletion succeeded, if there was one.
    deleted: Option<bool>,
}

/// What a resource in this run does with the object of the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClaimState {
    None,
    /// The object will be created, but nothing has been sent yet.
    Wanted,
    /// The object is being created, or has been created.
    Made,
    Adopted,
    /// The object exists and is changed.
    Changed,
    /// The creation of the object failed.
    Failed,
}

/// Why an object cannot be created or adopted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreationConflict {
    /// The object, or its app, is being deleted.
    BeingDeleted,
    /// This run deletes objects of the same app, and has not deleted this object yet.
    NotDeletedYet,
    /// The deletion of the object failed.
    DeletionFailed,
}

/// Why an object is not deleted.
#[derive(Clone, Copy, Debug)]
pub enum DeletionConflict {
    Adopted,
    /// The deletion would also delete this resource, which was created or adopted in this run.
    Part(&'static ResourceSpec),
}

/// A pending deletion, which ends when this value is dropped.
pub struct Deleting<'a> {
    claims: &'a Claims,
    spec: &'static ResourceSpec,
    app: String,
    gone: bool,
}

impl Claims {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, Claim>> {
        lock(&self.all)
    }

    /// Registers a creation by a resource of this type.
    ///
    /// # Errors
    /// Returns the type of the resource in this run that has already claimed the object.
    pub fn begin(
        &self,
        spec: &'static ResourceSpec,
        app: &str,
        by: &'static str,
    ) -> Result<(), &'static str> {
        let mut claims = self.lock();
        let claim = of(&mut claims, spec, app);
        if !matches!(claim.hold, ClaimState::None | ClaimState::Failed) {
            return Err(claim.by);
        }
        claim.hold = ClaimState::Wanted;
        claim.by = by;
        Ok(())
    }

    /// Records that an object that does not exist is being created.
    ///
    /// # Errors
    /// Returns an error while the object, or its app, is being deleted.
    pub fn begin_creation(&self, spec: &'static ResourceSpec, app: &str) -> Result<(), CreationConflict> {
        let mut claims = self.lock();
        if is_going(&claims, spec, app) {
            return Err(CreationConflict::BeingDeleted);
        }
        of(&mut claims, spec, app).hold = ClaimState::Made;
        Ok(())
    }

    /// Adopts an object.
    ///
    /// # Errors
    /// Returns an error if this run deletes the object, or other objects of its app.
    pub fn adopt(&self, spec: &'static ResourceSpec, app: &str) -> Result<(), CreationConflict> {
        let mut claims = self.lock();
        if let Some(obstacle) = obstacle(&claims, spec, app) {
            return Err(obstacle);
        }
        of(&mut claims, spec, app).hold = ClaimState::Adopted;
        Ok(())
    }

    /// Why an object cannot be adopted, if there is a reason.
    pub fn obstacle(&self, spec: &'static ResourceSpec, app: &str) -> Option<CreationConflict> {
        obstacle(&self.lock(), spec, app)
    }

    /// Records the result of a creation.
    pub fn conclude(&self, spec: &'static ResourceSpec, app: &str, exists: bool) {
        let mut claims = self.lock();
        let claim = of(&mut claims, spec, app);
        claim.hold = match claim.hold {
            _ if !exists => ClaimState::Failed,
            ClaimState::Adopted => ClaimState::Adopted,
            _ => ClaimState::Made,
        };
    }

    /// Registers a change.
    pub fn keep(&self, spec: &'static ResourceSpec, app: &str, by: &'static str) {
        let mut claims = self.lock();
        let claim = of(&mut claims, spec, app);
        if matches!(claim.hold, ClaimState::None | ClaimState::Failed) {
            claim.hold = ClaimState::Changed;
            claim.by = by;
        }
    }

    /// The dependency that this run failed to create, if any.
    pub fn failed_before(&self, spec: &'static ResourceSpec, app: &str) -> Option<&'static ResourceSpec> {
        let claims = self.lock();
        let failed = |claim: &&Claim| claim.hold == ClaimState::Failed && claim.spec.also_deletes(spec);
        claims_of(&claims, app)
            .filter(|claim| claim.spec.name != spec.name)
            .find(failed)
            .map(|claim| claim.spec)
    }

    /// Records that a consumer key was destroyed.
    pub fn record_destroyed_key(&self, app: &str) {
        lock(&self.ended).insert(app.to_lowercase());
    }

    /// Whether this run destroyed the consumer key of the app. Returns true only once.
    pub fn take_destroyed_key(&self, app: &str) -> bool {
        lock(&self.ended).remove(&app.to_lowercase())
    }

    /// Registers a deletion.
    ///
    /// # Errors
    /// Returns an error if another resource in this run owns an object that would be deleted.
    pub fn delete(&self, spec: &'static ResourceSpec, app: &str) -> Result<Deleting<'_>, DeletionConflict> {
        let mut claims = self.lock();
        if deletes(spec) {
            if of(&mut claims, spec, app).hold == ClaimState::Adopted {
                return Err(DeletionConflict::Adopted);
            }
            let made = |claim: &&Claim| matches!(claim.hold, ClaimState::Made | ClaimState::Adopted);
            let mut parts = claims_of(&claims, app)
                .filter(|claim| claim.spec.name != spec.name && spec.also_deletes(claim.spec));
            if let Some(part) = parts.find(made) {
                return Err(DeletionConflict::Part(part.spec));
            }
        }
        let claim = of(&mut claims, spec, app);
        claim.deleting = claim.deleting.saturating_add(1);
        Ok(Deleting { claims: self, spec, app: app.to_owned(), gone: false })
    }
}

impl Deleting<'_> {
    /// Records that the deletion succeeded.
    pub fn done(mut self) {
        self.gone = true;
    }
}

impl Drop for Deleting<'_> {
    fn drop(&mut self) {
        let mut claims = self.claims.lock();
        let claim = of(&mut claims, self.spec, &self.app);
        claim.deleting = claim.deleting.saturating_sub(1);
        claim.deleted = Some(self.gone);
        // A creation that waits for this deletion keeps its claim.
        if self.gone && claim.hold != ClaimState::Wanted {
            claim.hold = ClaimState::None;
        }
    }
}

fn of<'a>(claims: &'a mut BTreeMap<Name, Claim>, spec: &'static ResourceSpec, app: &str) -> &'a mut Claim {
    let none = || Claim { spec, by: spec.name, hold: ClaimState::None, deleting: 0, deleted: None };
    claims.entry((spec.name, app.to_lowercase())).or_insert_with(none)
}

/// All claims on objects of one app.
fn claims_of<'a>(claims: &'a BTreeMap<Name, Claim>, app: &str) -> impl Iterator<Item = &'a Claim> {
    let app = app.to_lowercase();
    claims.iter().filter(move |((_, name), _)| *name == app).map(|(_, claim)| claim)
}

fn obstacle(
    claims: &BTreeMap<Name, Claim>,
    spec: &'static ResourceSpec,
    app: &str,
) -> Option<CreationConflict> {
    if is_going(claims, spec, app) {
        return Some(CreationConflict::BeingDeleted);
    }
    let own = claims_of(claims, app).find(|claim| claim.spec.name == spec.name);
    if own.is_some_and(|claim| claim.deleted == Some(false)) {
        return Some(CreationConflict::DeletionFailed);
    }
    let taken_apart = claims_of(claims, app).any(|claim| claim.deleting > 0 || claim.deleted.is_some());
    taken_apart.then_some(CreationConflict::NotDeletedYet)
}

fn is_going(claims: &BTreeMap<Name, Claim>, spec: &'static ResourceSpec, app: &str) -> bool {
    claims_of(claims, app).any(|claim| claim.deleting > 0 && claim.spec.also_deletes(spec))
}

fn deletes(spec: &ResourceSpec) -> bool {
    matches!(spec.destruction, Destruction::Deletes(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::catalog::{APP, resource};

    fn settings() -> &'static ResourceSpec {
        resource("salesforce_external_client_app_oauth_settings").unwrap()
    }

    fn policies() -> &'static ResourceSpec {
        resource("salesforce_external_client_app_policies").unwrap()
    }

    #[test]
    fn two_resources_do_not_create_the_same_object() {
        let claims = Claims::default();
        assert!(claims.begin(APP, "Alpha", APP.name).is_ok());
        assert!(claims.begin(APP, "Alpha", APP.name).is_err());
        assert!(
            claims.begin(APP, "ALPHA", APP.name).is_err(),
            "names that differ only in case are the same app"
        );
        assert!(claims.begin(settings(), "Alpha", settings().name).is_ok());
        claims.conclude(APP, "Alpha", false);
        assert!(claims.begin(APP, "Alpha", APP.name).is_ok(), "a rejected creation may be retried");
        claims.keep(APP, "Beta", APP.name);
        assert!(claims.begin(APP, "Beta", APP.name).is_err(), "it existed and belongs to another resource");
    }

    #[test]
    fn a_creation_waits_for_a_deletion_by_a_resource_of_any_type() {
        for deleted in [APP, settings()] {
            for wanted in [APP, settings(), policies()] {
                let claims = Claims::default();
                let deleting = claims.delete(deleted, "Alpha").ok().unwrap();
                assert!(claims.begin(wanted, "Alpha", wanted.name).is_ok());
                let conflicts = deleted.also_deletes(wanted);
                let (deleted, wanted_name) = (deleted.name, wanted.name);
                assert_eq!(
                    claims.begin_creation(wanted, "alpha").is_err(),
                    conflicts,
                    "{deleted}, {wanted_name}"
                );
                deleting.done();
                assert_eq!(claims.begin_creation(wanted, "Alpha"), Ok(()));
                assert_eq!(claims.begin_creation(wanted, "Beta"), Ok(()));
            }
        }
    }

    #[test]
    fn an_object_of_an_app_that_is_being_deleted_is_not_adopted() {
        for (part, succeeds, expected) in [
            (policies(), true, CreationConflict::NotDeletedYet),
            (settings(), true, CreationConflict::NotDeletedYet),
            (APP, true, CreationConflict::NotDeletedYet),
            (APP, false, CreationConflict::DeletionFailed),
        ] {
            let claims = Claims::default();
            assert!(claims.begin(APP, "Alpha", APP.name).is_ok());
            let deleting = claims.delete(part, "Alpha").ok().unwrap();
            let during = if part.name == APP.name || part.name == policies().name { part } else { APP };
            let now = if during.name == APP.name && part.name == APP.name {
                CreationConflict::BeingDeleted
            } else {
                CreationConflict::NotDeletedYet
            };
            assert_eq!(claims.adopt(APP, "Alpha"), Err(now));
            if succeeds {
                deleting.done();
            } else {
                drop(deleting);
            }
            assert_eq!(claims.adopt(APP, "Alpha"), Err(expected));
            assert_eq!(
                claims.begin_creation(APP, "Alpha"),
                Ok(()),
                "an absent object is created, not adopted"
            );
        }
    }

    #[test]
    fn an_adopted_or_created_object_is_not_deleted_for_another_address() {
        let claims = Claims::default();
        assert!(claims.begin(APP, "Alpha", APP.name).is_ok());
        assert_eq!(claims.adopt(APP, "Alpha"), Ok(()));
        claims.conclude(APP, "Alpha", true);
        assert!(matches!(claims.delete(APP, "Alpha"), Err(DeletionConflict::Adopted)));

        for wanted in [settings(), policies()] {
            let claims = Claims::default();
            assert!(claims.begin(wanted, "Alpha", wanted.name).is_ok());
            assert!(claims.delete(APP, "Alpha").is_ok(), "its creation has not begun");
            assert_eq!(claims.begin_creation(wanted, "Alpha"), Ok(()));
            assert!(
                matches!(claims.delete(APP, "Alpha"), Err(DeletionConflict::Part(part)) if part.name == wanted.name)
            );
            assert!(claims.delete(wanted, "Alpha").is_ok());
        }
    }

    #[test]
    fn a_failed_dependency_is_recorded() {
        let claims = Claims::default();
        assert!(claims.begin(settings(), "Alpha", settings().name).is_ok());
        assert!(claims.failed_before(policies(), "Alpha").is_none());
        claims.conclude(settings(), "Alpha", false);
        assert_eq!(claims.failed_before(policies(), "Alpha").map(|spec| spec.name), Some(settings().name));
        assert!(claims.failed_before(APP, "Alpha").is_none());
    }
}
