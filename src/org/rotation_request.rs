//! What is wanted of an app's credentials, and what to do next for it: pure. The loop around it is `rotation.rs`.

use std::collections::BTreeSet;

use super::Unavailable;
use super::credentials::Credentials;
use super::rotation::RotationErrorKind;
use crate::salesforce::{Staged, StagedState};

/// What is wanted of an app's credentials.
#[derive(Clone, Debug)]
pub struct RotationRequest<'a> {
    pub app: &'a str,
    /// Rotate: make a new pair, which the consumer has from then on.
    pub rotate: bool,
    /// The consumer's key when the request came up. If it is the previous one by now, the request may have been fulfilled in a
    /// run that did not come to its end.
    pub since: Option<&'a str>,
    /// End the pair that the consumer had before, after the rotation if there is one.
    pub revoke: bool,
    /// The client ID that must not be cut off: that of our own login.
    pub own: Option<&'a str>,
}

/// How a request to rotate came true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Rotated just now.
    Now,
    /// Rotated in a run that did not come to its end; when, as far as the org says so.
    Before { date: Option<String> },
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Stage,
    /// Rotate the staged pair with this ID.
    Rotate(String),
    /// End the pair with this ID.
    Revoke(String),
}

/// Who made a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creator {
    Us,
    Other,
    /// The org does not say.
    Unknown,
}

/// Where a request stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    pub outcome: Option<Outcome>,
    /// What we have staged, or our user has, by ID.
    pub ours: BTreeSet<String>,
    /// Of which pairs the org does not say who made them.
    pub anonymous: BTreeSet<String>,
    /// The rotation that we have asked for.
    pub asked: Option<RequestedRotation>,
    /// The org refused to stage because there is a pair: its words.
    pub occupied: Option<Unavailable>,
    /// What the org has ended for us. Its list may lag behind.
    pub ended: BTreeSet<String>,
}

/// A rotation that was asked for: of which pair, and the keys of before and after, where the org tells keys.
#[derive(Clone, Debug)]
pub(super) struct RequestedRotation {
    pub id: String,
    pub before: String,
    pub after: Option<String>,
}

impl RequestedRotation {
    /// Whether the consumer's key tells that it took effect.
    pub fn took_effect(&self, seen: &Credentials) -> bool {
        let key = seen.consumer.key.as_str();
        self.after.as_deref().map_or(key != self.before, |after| key == after)
    }

    /// Whether the org shows all of it: the new key, and the pair of before beside it.
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

    fn is_there(&self, staged: &Staged, state: &StagedState) -> bool {
        staged.state == *state && !self.ended.contains(&staged.id)
    }
}

/// What to do next; none when the request is fulfilled. That it was fulfilled before is decided at the first look, by
/// [`done_before`].
pub(super) fn next(
    request: &RotationRequest<'_>,
    seen: &Credentials,
    progress: &Progress,
) -> Result<Option<Step>, RotationErrorKind> {
    let find = |state: StagedState| seen.staged.iter().find(|staged| progress.is_there(staged, &state));
    let rotated = find(StagedState::Rotated);
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
        let Some(said) = &progress.occupied else { return Ok(Some(Step::Stage)) };
        // What has expired is nobody's any more.
        if let Some(staged) = find(StagedState::Expired) {
            return Ok(Some(Step::Revoke(staged.id.clone())));
        }
        return match rotated {
            Some(staged) if request.revoke => revoke(request, seen, staged),
            Some(staged) => {
                Err(RotationErrorKind::Occupied { previous: Box::new(staged.clone()), said: said.clone() })
            }
            // It has just become free.
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
        // The org does not tell the key. It is not ours if the one that the consumer has is.
        (Some(own), None) => own != seen.consumer.key,
    };
    if is_own {
        Err(RotationErrorKind::OwnLogin { revoke: true })
    } else {
        Ok(Some(Step::Revoke(staged.id.clone())))
    }
}

/// Whether the request was fulfilled before, in a run that did not come to its end: the consumer has another key than when the
/// request came up, and the previous pair is that one, rotated and not by somebody else. Who wanted it ended as well may find
/// nothing of it any more; who did that cannot be told.
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
