//! Rotating the credentials of a consumer, and ending those that it had before.
//!
//! Salesforce has no "rotate once": a pair is staged, then rotated, and each of the two answers can get lost. So this is
//! a loop over what the org has: look, decide ([`next`], pure), do one thing, look again. Where it begins again, after a
//! crash as well, it goes on with what it finds, and rotates once for one wish.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::credentials::{Credentials, CredentialsError, is_withheld};
use super::{Freshness, Org, Unavailable, quoted};
use crate::salesforce::{self, Staged, StagedState};

/// How many answers may get lost in one rotation.
const MOST_LOST: u32 = 4;
/// How many things may be done in one rotation: a stage, a rotate, some revokes.
const MOST_STEPS: u32 = 24;
/// How long the org may still show the key of before after it confirmed a rotation.
const LAG: Duration = Duration::from_secs(15);

/// What is wanted of an app's credentials.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    pub app: &'a str,
    /// Rotate: make a new pair, which the consumer has from then on.
    pub rotate: bool,
    /// The consumer's key when the wish came up. If it is the previous one by now, and the rotation was ours, then the
    /// wish was fulfilled in a run that did not come to its end.
    pub since: Option<&'a str>,
    /// End the pair that the consumer had before, after the rotation if there is one.
    pub revoke: bool,
    /// The client ID that must not be cut off: that of our own login.
    pub own: Option<&'a str>,
}

/// What became of a wish.
#[derive(Clone, Debug)]
pub struct Rotated {
    pub credentials: Credentials,
    pub outcome: Outcome,
    /// How many pairs were ended.
    pub revoked: u32,
}

/// How a wish to rotate stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not rotated, or not yet.
    Unchanged,
    /// Rotated just now.
    Now,
    /// Rotated by ourselves in a run that did not come to its end; when, as far as the org says so.
    Before { date: Option<String> },
}

/// A wish that was not fulfilled, or not wholly.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{kind}")]
pub struct RotationError {
    pub kind: RotationErrorKind,
    /// What is known of the credentials, as they are now.
    pub seen: Option<Box<Rotated>>,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum RotationErrorKind {
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// Somebody else has staged a pair. It is his to rotate or to delete.
    #[error("somebody else has staged credentials")]
    Foreign(Box<Staged>),
    /// The org does not stage a pair while there is another; that one is still good.
    #[error("the org does not stage credentials while the previous ones are valid: {said}")]
    Occupied { previous: Box<Staged>, said: Unavailable },
    /// It is the app that we log in with.
    #[error("the credentials are those of our own login")]
    OwnLogin { revoke: bool },
    /// We were told to stop between two steps. What is staged is gone on with the next time.
    #[error("stopped")]
    Stopped,
    #[error("the time was over")]
    Expired,
    /// The org refused a step.
    #[error(transparent)]
    Refused(Unavailable),
    /// The org did not say often enough what became of a step.
    #[error("what became of it is not known: {0}")]
    Unverified(Unavailable),
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

/// Where a wish stands.
#[derive(Clone, Debug)]
struct Progress {
    outcome: Outcome,
    /// What we have staged, or our user has.
    ours: BTreeSet<String>,
    /// The rotation that we have asked for.
    asked: Option<Asked>,
    /// The org refused to stage because there is a pair: its words.
    occupied: Option<Unavailable>,
    revoked: u32,
}

/// A rotation that was asked for: of which pair, and the keys of before and after, where the org tells keys.
#[derive(Clone, Debug)]
struct Asked {
    id: String,
    before: String,
    after: Option<String>,
}

impl Asked {
    /// Whether the consumer's key tells that it took effect.
    fn took_effect(&self, seen: &Credentials) -> bool {
        let key = seen.consumer.key.as_str();
        self.after.as_deref().map_or(key != self.before, |after| key == after)
    }

    /// Whether the org shows all of it: the new key, and the pair of before beside it.
    fn is_shown(&self, seen: &Credentials) -> bool {
        let waits = |it: &Staged| it.id == self.id && it.state == StagedState::Active;
        self.took_effect(seen)
            && !seen.staged.iter().any(waits)
            && seen.staged.iter().any(|it| it.state == StagedState::Rotated)
    }
}

/// What to do next; none when the wish is fulfilled.
fn next(
    wish: &Wish<'_>,
    seen: &Credentials,
    progress: &mut Progress,
) -> Result<Option<Step>, RotationErrorKind> {
    let in_state = |state: StagedState| seen.staged.iter().filter(move |staged| staged.state == state);
    if wish.rotate && progress.outcome == Outcome::Unchanged {
        if let Some(done) = done_before(wish.since, seen, &progress.ours) {
            progress.outcome = Outcome::Before { date: done.created_date.clone() };
        } else if wish.revoke && is_done_and_ended(wish.since, seen) {
            progress.outcome = Outcome::Before { date: None };
        } else {
            if wish.own == Some(seen.consumer.key.as_str()) {
                return Err(RotationErrorKind::OwnLogin { revoke: false });
            }
            let mut active: Vec<&Staged> = in_state(StagedState::Active).collect();
            if let Some(staged) = active.iter().find(|staged| progress.ours.contains(&staged.id)) {
                return Ok(Some(Step::Rotate(staged.id.clone())));
            }
            if let Some(staged) = active.pop() {
                return Err(RotationErrorKind::Foreign(Box::new(staged.clone())));
            }
            let Some(said) = &progress.occupied else { return Ok(Some(Step::Stage)) };
            // What has expired is nobody's any more.
            if let Some(staged) = in_state(StagedState::Expired).next() {
                return Ok(Some(Step::Revoke(staged.id.clone())));
            }
            return match in_state(StagedState::Rotated).next() {
                Some(staged) if wish.revoke => revoke(wish, staged),
                Some(staged) => Err(RotationErrorKind::Occupied {
                    previous: Box::new(staged.clone()),
                    said: said.clone(),
                }),
                // It has just become free.
                None => Ok(Some(Step::Stage)),
            };
        }
    }
    match in_state(StagedState::Rotated).next() {
        Some(staged) if wish.revoke => revoke(wish, staged),
        _ => Ok(None),
    }
}

fn revoke(wish: &Wish<'_>, staged: &Staged) -> Result<Option<Step>, RotationErrorKind> {
    if wish.own.is_some() && wish.own == staged.key.as_deref() {
        return Err(RotationErrorKind::OwnLogin { revoke: true });
    }
    Ok(Some(Step::Revoke(staged.id.clone())))
}

/// The previous pair, if the wish was fulfilled before: the consumer has another key than when the wish came up, and the
/// rotation was ours.
fn done_before<'a>(
    since: Option<&str>,
    seen: &'a Credentials,
    ours: &BTreeSet<String>,
) -> Option<&'a Staged> {
    let since = since.filter(|since| *since != seen.consumer.key)?;
    seen.staged.iter().find(|staged| {
        staged.state == StagedState::Rotated
            && ours.contains(&staged.id)
            && staged.key.as_deref().is_none_or(|key| key == since)
    })
}

/// Whether the consumer has another key than when the wish came up, and nothing of before is left. For who wanted both, a
/// rotation and the end of the previous pair, that is what was wanted; who did it cannot be told any more.
fn is_done_and_ended(since: Option<&str>, seen: &Credentials) -> bool {
    since.is_some_and(|since| since != seen.consumer.key) && seen.staged.is_empty()
}

impl Org {
    /// Makes a wish come true, step by step; `tell` hears of each before it is done.
    ///
    /// # Errors
    /// With what is known of the credentials by then: a part of the wish may be fulfilled.
    pub async fn rotate(
        &self,
        wish: &Wish<'_>,
        tell: &(dyn Fn(&Step) + Send + Sync),
        deadline: Instant,
    ) -> Result<Rotated, RotationError> {
        let lost = |error: CredentialsError| RotationError { kind: error.into(), seen: None };
        let mut seen = self.credentials(wish.app, Freshness::Now, deadline).await.map_err(lost)?;
        let mut progress = Progress {
            outcome: Outcome::Unchanged,
            ours: BTreeSet::new(),
            asked: None,
            occupied: None,
            revoked: 0,
        };
        let result = self.pursue(wish, &mut seen, &mut progress, tell, deadline).await;
        if progress.outcome != Outcome::Unchanged || progress.revoked > 0 {
            // The settings' file carries the key.
            self.new_generation();
        }
        if let (Outcome::Now, Some(Asked { after: Some(after), .. })) = (&progress.outcome, &progress.asked) {
            // Nobody may have been able to look any more after the org confirmed it.
            seen.consumer.key.clone_from(after);
        }
        let rotated = Rotated { credentials: seen, outcome: progress.outcome, revoked: progress.revoked };
        match result {
            Ok(()) => Ok(rotated),
            Err(kind) => Err(RotationError { kind, seen: Some(Box::new(rotated)) }),
        }
    }

    async fn pursue(
        &self,
        wish: &Wish<'_>,
        seen: &mut Credentials,
        progress: &mut Progress,
        tell: &(dyn Fn(&Step) + Send + Sync),
        deadline: Instant,
    ) -> Result<(), RotationErrorKind> {
        let mut lost = 0;
        for _ in 0..MOST_STEPS {
            self.recognize(&seen.staged, &mut progress.ours).await;
            let Some(step) = next(wish, seen, progress)? else { return Ok(()) };
            if self.stopped() {
                return Err(RotationErrorKind::Stopped);
            }
            if Instant::now() >= deadline {
                return Err(RotationErrorKind::Expired);
            }
            tell(&step);
            match self.take(&step, seen, progress).await {
                Ok(()) => self.look(seen, progress).await?,
                Err(error) if error.is_ambiguous() => {
                    lost += 1;
                    if lost > MOST_LOST {
                        return Err(RotationErrorKind::Unverified(error.into()));
                    }
                    tracing::info!(%error, "looking what became of it");
                    super::pause(Duration::from_millis(500) * lost).await;
                    self.look(seen, progress).await?;
                }
                Err(error) if is_withheld(&error) => return Err(self.explained(error).await.into()),
                Err(error) => {
                    let before = seen.staged.clone();
                    self.look(seen, progress).await?;
                    // Somebody else was faster: what is there now decides.
                    if seen.staged != before || progress.outcome != Outcome::Unchanged {
                        continue;
                    }
                    let error = Unavailable::from(error);
                    let may_be_occupied = step == Step::Stage && !before.is_empty() && error.is_a_refusal();
                    if !may_be_occupied || progress.occupied.is_some() {
                        return Err(RotationErrorKind::Refused(error));
                    }
                    progress.occupied = Some(error);
                }
            }
        }
        Err(RotationErrorKind::Expired)
    }

    async fn take(
        &self,
        step: &Step,
        seen: &Credentials,
        progress: &mut Progress,
    ) -> Result<(), salesforce::Error> {
        let (api, app, consumer) = (&self.inner.api, seen.app_id.as_str(), seen.consumer.id.as_str());
        match step {
            Step::Stage => {
                let staged = api.stage_credentials(app, consumer).await?;
                let new = staged.into_iter().filter(|staged| staged.state == StagedState::Active);
                progress.ours.extend(new.map(|staged| staged.id));
            }
            Step::Rotate(id) => {
                let after = seen.staged.iter().find(|staged| staged.id == *id).and_then(|it| it.key.clone());
                progress.asked = Some(Asked { id: id.clone(), before: seen.consumer.key.clone(), after });
                api.rotate_credentials(app, consumer, id).await?;
                progress.outcome = Outcome::Now;
            }
            Step::Revoke(id) => {
                api.revoke_credentials(app, consumer, id).await?;
                progress.revoked += 1;
            }
        }
        Ok(())
    }

    /// Looks what the org has now. After a rotation it may still show the key of before for a while.
    async fn look(&self, seen: &mut Credentials, progress: &mut Progress) -> Result<(), RotationErrorKind> {
        let begun = Instant::now();
        let mut wait = Duration::from_millis(250);
        loop {
            let consumer = self.consumer_by_id(seen).await?;
            *seen = self.with_staged(seen.app_id.clone(), consumer).await?;
            let Some(asked) = &progress.asked else { return Ok(()) };
            if asked.took_effect(seen) {
                progress.outcome = Outcome::Now;
            }
            // After the pair of before was ended, it is not to be seen any more.
            let is_over = progress.outcome == Outcome::Unchanged || progress.revoked > 0;
            if is_over || asked.is_shown(seen) || begun.elapsed() > LAG {
                return Ok(());
            }
            super::pause(wait).await;
            wait = (wait * 2).min(Duration::from_secs(2));
        }
    }

    /// The consumer that is looked at, with the key that it has now.
    async fn consumer_by_id(&self, seen: &Credentials) -> Result<salesforce::Consumer, CredentialsError> {
        let consumers = self.inner.api.consumer_credentials(&seen.app_id).await;
        let consumers = consumers.map_err(Unavailable::from)?;
        let same = |one: &str| one.get(..15) == seen.consumer.id.get(..15);
        consumers.into_iter().find(|consumer| same(&consumer.id)).ok_or(CredentialsError::NoConsumer)
    }

    /// The previous pair, if we have rotated since the consumer had this key.
    pub async fn rotated_by_us(&self, seen: &Credentials, since: Option<&str>) -> Option<Staged> {
        let mut ours = BTreeSet::new();
        self.recognize(&seen.staged, &mut ours).await;
        done_before(since, seen, &ours).cloned()
    }

    /// A pair that somebody else has staged.
    pub async fn foreign(&self, seen: &Credentials) -> Option<Staged> {
        let mut ours = BTreeSet::new();
        self.recognize(&seen.staged, &mut ours).await;
        let foreign = |it: &&Staged| it.state == StagedState::Active && !ours.contains(&it.id);
        seen.staged.iter().find(foreign).cloned()
    }

    /// Notes which of the staged pairs are ours: made by the user that we are.
    async fn recognize(&self, staged: &[Staged], ours: &mut BTreeSet<String>) {
        for one in staged {
            if !ours.contains(&one.id) && self.is_made_by_us(one).await {
                ours.insert(one.id.clone());
            }
        }
    }

    async fn is_made_by_us(&self, staged: &Staged) -> bool {
        // The org does not say who made it: then nobody else claims it.
        let Some(maker) = staged.created_by.as_deref() else { return true };
        let Ok(session) = self.session().await else { return false };
        if session.user_id.is_empty() {
            return false;
        }
        let is_id = matches!(maker.len(), 15 | 18)
            && maker.starts_with("005")
            && maker.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_id {
            return maker.get(..15) == session.user_id.get(..15);
        }
        let soql = format!("SELECT Username, Name FROM User WHERE Id = {}", quoted(&session.user_id));
        let rows = self.query(&soql).await.unwrap_or_default();
        let named = |column: &str| {
            rows.iter()
                .any(|row| row.get(column).and_then(|name| name.as_str()).is_some_and(|name| name == maker))
        };
        named("Username") || named("Name")
    }
}
