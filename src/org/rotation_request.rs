//! A request to rotate or revoke credentials, and its next step. Pure functions; the loop is in `rotation.rs`.

use std::collections::BTreeSet;

use super::Unavailable;
use super::credentials::Credentials;
use super::rotation::RotationErrorKind;
use crate::salesforce::{Staged, StagedState};

/// A request to rotate or revoke the credentials of an app, or both.
#[derive(Clone, Debug)]
pub struct RotationRequest<'a> {
    pub app: &'a str,
    /// Whether to create new credentials for the consumer.
    pub rotate: bool,
    /// The consumer's key when the request was planned. If it is now the previous key, an interrupted run may have
    /// completed the request.
    pub since: Option<&'a str>,
    /// Whether to revoke the previous credentials, after the rotation if there is one.
    pub revoke: bool,
    /// The client ID of the provider's own login, which must not be revoked.
    pub own: Option<&'a str>,
}

/// How a rotation was completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Now,
    /// By an interrupted run. `date` is set if Salesforce returned it.
    Before {
        date: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Stage,
    Rotate(String),
    Revoke(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creator {
    Us,
    Other,
    Unknown,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    pub outcome: Option<Outcome>,
    /// The IDs of the credentials that this run, or an earlier run of the same user, has staged.
    pub ours: BTreeSet<String>,
    /// The IDs of the credentials that this run has staged. The org's list may lag behind.
    pub staged: BTreeSet<String>,
    /// The IDs of credentials whose creator is unknown.
    pub anonymous: BTreeSet<String>,
    pub asked: Option<RequestedRotation>,
    /// The error from the org when it rejected staging because other credentials exist.
    pub occupied: Option<Unavailable>,
    /// The IDs of the credentials whose revocation the org has confirmed. Its list may lag behind.
    pub ended: BTreeSet<String>,
    /// The IDs of the previous credentials in the first list. Those that are listed later come from rotations by
    /// others, or from this one.
    pub previous: BTreeSet<String>,
    /// Whether a revocation was sent after the rotation. Until then, the org must list the previous credentials.
    pub has_sent_revocation: bool,
}

/// A requested rotation: the ID of the staged credentials, and the consumer's key before and after the rotation. The
/// key after it is `None` if Salesforce does not return the keys of staged credentials.
#[derive(Clone, Debug)]
pub(super) struct RequestedRotation {
    pub id: String,
    pub before: String,
    pub after: Option<String>,
}

impl RequestedRotation {
    /// Whether the consumer's key shows that the rotation took effect.
    pub fn took_effect(&self, seen: &Credentials) -> bool {
        let key = seen.consumer.key.as_str();
        self.after.as_deref().map_or(key != self.before, |after| key == after)
    }

    /// Whether the org shows the new key and the previous credentials.
    pub fn is_shown(&self, seen: &Credentials) -> bool {
        let waits = |it: &Staged| it.id == self.id && it.state == StagedState::Active;
        self.took_effect(seen)
            && !seen.staged.iter().any(waits)
            && seen.staged.iter().any(|it| it.state == StagedState::Rotated)
    }
}

impl Progress {
    pub fn is_rotated(&self) -> bool {
        self.outcome.is_some()
    }

    /// Whether the request refers to these previous credentials, and not to those of a later rotation by others.
    fn is_requested(&self, previous: &Staged) -> bool {
        let is_of = |asked: &RequestedRotation| previous.key.as_ref().is_none_or(|key| *key == asked.before);
        self.previous.contains(&previous.id) || self.asked.as_ref().is_some_and(is_of)
    }

    fn is_there(&self, staged: &Staged, state: &StagedState) -> bool {
        staged.state == *state && !self.ended.contains(&staged.id)
    }
}

/// The next step. `None` if the request is completed. At the start, [`done_before`] determines whether an earlier run
/// completed it.
pub(super) fn next(
    request: &RotationRequest<'_>,
    seen: &Credentials,
    progress: &Progress,
) -> Result<Option<Step>, RotationErrorKind> {
    let find = |state: StagedState| seen.staged.iter().find(|staged| progress.is_there(staged, &state));
    let is_requested =
        |it: &&Staged| progress.is_there(it, &StagedState::Rotated) && progress.is_requested(it);
    let rotated = seen.staged.iter().find(is_requested);
    if request.rotate && !progress.is_rotated() {
        if request.own == Some(seen.consumer.key.as_str()) {
            return Err(RotationErrorKind::OwnLogin { revoke: false });
        }
        let active = |staged: &&Staged| progress.is_there(staged, &StagedState::Active);
        let mut ours = seen.staged.iter().filter(active).filter(|it| progress.ours.contains(&it.id));
        if let Some(staged) = ours.next() {
            return Ok(Some(Step::Rotate(staged.id.clone())));
        }
        if let Some(staged) = find(StagedState::Active) {
            return Err(RotationErrorKind::Foreign(Box::new(staged.clone())));
        }
        let Some(message) = &progress.occupied else { return Ok(Some(Step::Stage)) };
        // Expired credentials can be revoked, regardless of their creator.
        if let Some(staged) = find(StagedState::Expired) {
            return Ok(Some(Step::Revoke(staged.id.clone())));
        }
        // Previous credentials from a rotation by another client also prevent staging.
        return match rotated.or_else(|| find(StagedState::Rotated)) {
            Some(staged) if request.revoke && progress.is_requested(staged) => revoke(request, seen, staged),
            Some(staged) => Err(RotationErrorKind::Occupied {
                previous: Box::new(staged.clone()),
                message: message.clone(),
            }),
            // No previous credentials prevent staging anymore.
            None => Ok(Some(Step::Stage)),
        };
    }
    match rotated {
        Some(staged) if request.revoke => revoke(request, seen, staged),
        _ => Ok(None),
    }
}

fn revoke(
    request: &RotationRequest<'_>,
    seen: &Credentials,
    staged: &Staged,
) -> Result<Option<Step>, RotationErrorKind> {
    let is_own = match (request.own, staged.key.as_deref()) {
        (None, _) => false,
        (Some(own), Some(key)) => own == key,
        // Salesforce does not return the key. If the provider logs in with the consumer's current key, these are not
        // the credentials of its login.
        (Some(own), None) => own != seen.consumer.key,
    };
    if is_own {
        Err(RotationErrorKind::OwnLogin { revoke: true })
    } else {
        Ok(Some(Step::Revoke(staged.id.clone())))
    }
}

/// Whether an interrupted run completed the rotation: the consumer's key differs from the key at plan time, which is
/// now the previous key, and no other user rotated it. If the request also revokes, the previous credentials may no
/// longer exist, and Salesforce does not return who revoked them.
pub(super) fn done_before(
    since: Option<&str>,
    revoke: bool,
    seen: &Credentials,
    progress: &Progress,
) -> Option<Outcome> {
    let since = since.filter(|since| *since != seen.consumer.key)?;
    let alive = || seen.staged.iter().filter(|staged| staged.state != StagedState::Expired);
    let is_it = |staged: &&Staged| {
        staged.state == StagedState::Rotated
            && (progress.ours.contains(&staged.id) || progress.anonymous.contains(&staged.id))
            && staged.key.as_deref().is_none_or(|key| key == since)
    };
    if let Some(staged) = alive().find(is_it) {
        return Some(Outcome::Before { date: staged.created_date.clone() });
    }
    (revoke && alive().next().is_none()).then_some(Outcome::Before { date: None })
}
