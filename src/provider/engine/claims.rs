//! Who in this run makes, takes over, keeps and deletes what, so that nothing that one resource has is taken by another.
//!
//! Terraform applies in a process of its own, which knows nothing of a destroy before it is asked for it. So both sides
//! leave word here, whichever comes first: what is being deleted is waited for, what belongs to an app that this run takes
//! apart is not taken over, and what was taken over or made is not deleted for the sake of another address.
//!
//! Not here: whether what is there may be taken over at all (`adoption`), and what the plans of a run say together
//! (`provider/neighbours`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::provider::resource_spec::{Destruction, ResourceSpec};

/// A resource by its type and its app. Names that differ in case only are one app.
type Name = (&'static str, String);

#[derive(Debug, Default)]
pub struct Claims {
    all: Mutex<BTreeMap<Name, Claim>>,
    /// Apps whose consumer key this run has ended, and nobody was told since.
    ended: Mutex<BTreeSet<String>>,
}

#[derive(Debug)]
struct Claim {
    spec: &'static ResourceSpec,
    /// The resource type, as the user wrote it, that has it.
    by: &'static str,
    hold: Hold,
    /// Deletions under way.
    deleting: usize,
    /// Whether the last deletion has ended, and with nothing left.
    deleted: Option<bool>,
}

/// What a resource of this run has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    None,
    /// It is to be created; nothing was sent yet.
    Wanted,
    /// It is being written, or was made.
    Made,
    TakenOver,
    /// It was there and is changed.
    Kept,
    /// It was to be created, and was not.
    Failed,
}

/// Why something may not be created yet, or not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It is being deleted at this moment.
    Going,
    /// This run takes its app apart: it belongs to a resource that has not come to it yet.
    Owned,
    /// It was to be deleted, and was not.
    Undeleted,
}

/// Why something is not deleted.
#[derive(Clone, Copy, Debug)]
pub enum Held {
    TakenOver,
    /// This resource was made or taken over in this run, and would go with it.
    Part(&'static ResourceSpec),
}

/// A deletion that is under way, until it is dropped.
pub struct Deleting<'a> {
    claims: &'a Claims,
    spec: &'static ResourceSpec,
    app: String,
    gone: bool,
}

impl Claims {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, Claim>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a creation by a resource of this type.
    ///
    /// # Errors
    /// The type of the resource of this run that has the same.
    pub fn begin(
        &self,
        spec: &'static ResourceSpec,
        app: &str,
        by: &'static str,
    ) -> Result<(), &'static str> {
        let mut claims = self.lock();
        let claim = of(&mut claims, spec, app);
        if !matches!(claim.hold, Hold::None | Hold::Failed) {
            return Err(claim.by);
        }
        claim.hold = Hold::Wanted;
        claim.by = by;
        Ok(())
    }

    /// Whether what is to be created may be written now, where nothing is.
    ///
    /// # Errors
    /// While this, or what takes it along, is being deleted.
    pub fn write(&self, spec: &'static ResourceSpec, app: &str) -> Result<(), Obstacle> {
        let mut claims = self.lock();
        if is_going(&claims, spec, app) {
            return Err(Obstacle::Going);
        }
        of(&mut claims, spec, app).hold = Hold::Made;
        Ok(())
    }

    /// Takes over what is there.
    ///
    /// # Errors
    /// When it belongs to another resource of this run.
    pub fn take_over(&self, spec: &'static ResourceSpec, app: &str) -> Result<(), Obstacle> {
        let mut claims = self.lock();
        if let Some(obstacle) = obstacle(&claims, spec, app) {
            return Err(obstacle);
        }
        of(&mut claims, spec, app).hold = Hold::TakenOver;
        Ok(())
    }

    /// What speaks against taking over what is there.
    pub fn obstacle(&self, spec: &'static ResourceSpec, app: &str) -> Option<Obstacle> {
        obstacle(&self.lock(), spec, app)
    }

    /// Notes how a creation has ended.
    pub fn conclude(&self, spec: &'static ResourceSpec, app: &str, exists: bool) {
        let mut claims = self.lock();
        let claim = of(&mut claims, spec, app);
        claim.hold = match claim.hold {
            _ if !exists => Hold::Failed,
            Hold::TakenOver => Hold::TakenOver,
            _ => Hold::Made,
        };
    }

    /// Notes a change of what is there.
    pub fn keep(&self, spec: &'static ResourceSpec, app: &str, by: &'static str) {
        let mut claims = self.lock();
        let claim = of(&mut claims, spec, app);
        if matches!(claim.hold, Hold::None | Hold::Failed) {
            claim.hold = Hold::Kept;
            claim.by = by;
        }
    }

    /// What this needs and this run failed to create.
    pub fn failed_before(&self, spec: &'static ResourceSpec, app: &str) -> Option<&'static ResourceSpec> {
        let claims = self.lock();
        let failed = |claim: &&Claim| claim.hold == Hold::Failed && claim.spec.takes_along(spec);
        claims_of(&claims, app)
            .filter(|claim| claim.spec.name != spec.name)
            .find(failed)
            .map(|claim| claim.spec)
    }

    /// Notes that a consumer key has ended.
    pub fn end_key(&self, app: &str) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).insert(app.to_lowercase());
    }

    /// Whether this run has ended the app's consumer key. Says so once.
    pub fn ended_key(&self, app: &str) -> bool {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).remove(&app.to_lowercase())
    }

    /// Notes a deletion.
    ///
    /// # Errors
    /// When it must not be made: another resource of this run has what would go.
    pub fn delete(&self, spec: &'static ResourceSpec, app: &str) -> Result<Deleting<'_>, Held> {
        let mut claims = self.lock();
        if deletes(spec) {
            if of(&mut claims, spec, app).hold == Hold::TakenOver {
                return Err(Held::TakenOver);
            }
            let made = |claim: &&Claim| matches!(claim.hold, Hold::Made | Hold::TakenOver);
            let mut parts = claims_of(&claims, app)
                .filter(|claim| claim.spec.name != spec.name && spec.takes_along(claim.spec));
            if let Some(part) = parts.find(made) {
                return Err(Held::Part(part.spec));
            }
        }
        let claim = of(&mut claims, spec, app);
        claim.deleting = claim.deleting.saturating_add(1);
        Ok(Deleting { claims: self, spec, app: app.to_owned(), gone: false })
    }
}

impl Deleting<'_> {
    /// Nothing is left.
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
        // A creation that waits for this goes on waiting.
        if self.gone && claim.hold != Hold::Wanted {
            claim.hold = Hold::None;
        }
    }
}

fn of<'a>(claims: &'a mut BTreeMap<Name, Claim>, spec: &'static ResourceSpec, app: &str) -> &'a mut Claim {
    let none = || Claim { spec, by: spec.name, hold: Hold::None, deleting: 0, deleted: None };
    claims.entry((spec.name, app.to_lowercase())).or_insert_with(none)
}

/// Everything of one app.
fn claims_of<'a>(claims: &'a BTreeMap<Name, Claim>, app: &str) -> impl Iterator<Item = &'a Claim> {
    let app = app.to_lowercase();
    claims.iter().filter(move |((_, name), _)| *name == app).map(|(_, claim)| claim)
}

fn obstacle(claims: &BTreeMap<Name, Claim>, spec: &'static ResourceSpec, app: &str) -> Option<Obstacle> {
    if is_going(claims, spec, app) {
        return Some(Obstacle::Going);
    }
    let own = claims_of(claims, app).find(|claim| claim.spec.name == spec.name);
    if own.is_some_and(|claim| claim.deleted == Some(false)) {
        return Some(Obstacle::Undeleted);
    }
    let taken_apart = claims_of(claims, app).any(|claim| claim.deleting > 0 || claim.deleted.is_some());
    taken_apart.then_some(Obstacle::Owned)
}

fn is_going(claims: &BTreeMap<Name, Claim>, spec: &'static ResourceSpec, app: &str) -> bool {
    claims_of(claims, app).any(|claim| claim.deleting > 0 && claim.spec.takes_along(spec))
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
    fn two_resources_do_not_make_one_thing() {
        let claims = Claims::default();
        assert!(claims.begin(APP, "Alpha", APP.name).is_ok());
        assert!(claims.begin(APP, "Alpha", APP.name).is_err());
        assert!(claims.begin(APP, "ALPHA", APP.name).is_err(), "names that differ in case only are one app");
        assert!(claims.begin(settings(), "Alpha", settings().name).is_ok());
        claims.conclude(APP, "Alpha", false);
        assert!(claims.begin(APP, "Alpha", APP.name).is_ok(), "one that was refused may be tried again");
        claims.keep(APP, "Beta", APP.name);
        assert!(claims.begin(APP, "Beta", APP.name).is_err(), "it was there and is another's");
    }

    #[test]
    fn what_is_being_deleted_is_waited_for_whatever_the_type() {
        for deleted in [APP, settings()] {
            for wanted in [APP, settings(), policies()] {
                let claims = Claims::default();
                let deleting = claims.delete(deleted, "Alpha").ok().unwrap();
                assert!(claims.begin(wanted, "Alpha", wanted.name).is_ok());
                let goes = deleted.takes_along(wanted);
                let (deleted, wanted_name) = (deleted.name, wanted.name);
                assert_eq!(claims.write(wanted, "alpha").is_err(), goes, "{deleted}, {wanted_name}");
                deleting.done();
                assert_eq!(claims.write(wanted, "Alpha"), Ok(()));
                assert_eq!(claims.write(wanted, "Beta"), Ok(()));
            }
        }
    }

    #[test]
    fn an_app_that_is_taken_apart_is_not_taken_over() {
        for (part, ends_well, expected) in [
            (policies(), true, Obstacle::Owned),
            (settings(), true, Obstacle::Owned),
            (APP, true, Obstacle::Owned),
            (APP, false, Obstacle::Undeleted),
        ] {
            let claims = Claims::default();
            assert!(claims.begin(APP, "Alpha", APP.name).is_ok());
            let deleting = claims.delete(part, "Alpha").ok().unwrap();
            let during = if part.name == APP.name || part.name == policies().name { part } else { APP };
            let now = if during.name == APP.name && part.name == APP.name {
                Obstacle::Going
            } else {
                Obstacle::Owned
            };
            assert_eq!(claims.take_over(APP, "Alpha"), Err(now));
            if ends_well {
                deleting.done();
            } else {
                drop(deleting);
            }
            assert_eq!(claims.take_over(APP, "Alpha"), Err(expected));
            assert_eq!(claims.write(APP, "Alpha"), Ok(()), "where nothing is, there is nothing to take");
        }
    }

    #[test]
    fn what_was_taken_over_or_made_is_not_deleted_for_another_address() {
        let claims = Claims::default();
        assert!(claims.begin(APP, "Alpha", APP.name).is_ok());
        assert_eq!(claims.take_over(APP, "Alpha"), Ok(()));
        claims.conclude(APP, "Alpha", true);
        assert!(matches!(claims.delete(APP, "Alpha"), Err(Held::TakenOver)));

        for wanted in [settings(), policies()] {
            let claims = Claims::default();
            assert!(claims.begin(wanted, "Alpha", wanted.name).is_ok());
            assert!(claims.delete(APP, "Alpha").is_ok(), "nothing was sent yet");
            assert_eq!(claims.write(wanted, "Alpha"), Ok(()));
            assert!(matches!(claims.delete(APP, "Alpha"), Err(Held::Part(part)) if part.name == wanted.name));
            assert!(claims.delete(wanted, "Alpha").is_ok());
        }
    }

    #[test]
    fn what_a_resource_waits_for_in_vain_is_known() {
        let claims = Claims::default();
        assert!(claims.begin(settings(), "Alpha", settings().name).is_ok());
        assert!(claims.failed_before(policies(), "Alpha").is_none());
        claims.conclude(settings(), "Alpha", false);
        assert_eq!(claims.failed_before(policies(), "Alpha").map(|spec| spec.name), Some(settings().name));
        assert!(claims.failed_before(APP, "Alpha").is_none());
    }
}
