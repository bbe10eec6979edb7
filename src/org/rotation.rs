//! Rotates the credentials of a consumer, and revokes previous ones.
//!
//! Salesforce has no single call for this: credentials are staged, then rotated, and each response can be lost.
//! Therefore, a rotation is a loop: read the credentials, determine the next step (`rotation_request.rs`), execute it,
//! and read again. The loop continues from the state that it finds, even after a crash, and rotates once per request.

use std::time::Duration;

use tokio::time::Instant;

use super::budget::VERIFY_TIMEOUT;
use super::credentials::{Credentials, CredentialsError, is_withheld};
use super::rotation_request::{
    Creator, Outcome, Progress, RequestedRotation, RotationRequest, Step, done_before, next,
};
use super::soql::quoted;
use super::{Freshness, Org, ReadError, Unavailable};
use crate::metadata::record_prefix;
use crate::record_id::is_same;
use crate::salesforce::{self, RetriedError, Staged, StagedState};

/// Whether another client has rotated the credentials since the plan: the consumer's key differs from the key at plan
/// time, and it is not the previous key, which the org may still show after a rotation.
fn is_rotated_by_others(since: Option<&str>, seen: &Credentials) -> bool {
    let key = seen.consumer.key.as_str();
    let is_previous =
        |staged: &Staged| staged.state == StagedState::Rotated && staged.key.as_deref() == Some(key);
    since.is_some_and(|since| since != key) && !seen.staged.iter().any(is_previous)
}

/// The prefix of the record IDs of users.
const USER: &str = "005";
/// How many responses may be lost in one rotation.
const MAX_LOST_RESPONSES: u32 = 4;
/// How many steps one rotation may take, including repeated ones.
const MAX_STEPS: u32 = 24;
/// How long the org may show old credentials after it has confirmed a change.
const LAG: Duration = Duration::from_secs(15);
/// The minimum wait before a step is retried after a temporary error.
const BUSY: Duration = Duration::from_secs(5);

#[derive(Clone, Debug)]
pub struct Rotated {
    pub credentials: Credentials,
    /// `None` if nothing was rotated.
    pub outcome: Option<Outcome>,
    pub revoked: usize,
}

/// What the credentials show about earlier runs and other users.
#[derive(Clone, Debug, Default)]
pub struct RotationHistory {
    /// A rotation that an earlier run has completed.
    pub rotated: Option<Outcome>,
    /// The rotation that an earlier run has completed, if the request also revokes the previous credentials.
    pub rotated_and_ended: Option<Outcome>,
    /// Credentials that another user has staged, or whose creator is unknown.
    pub foreign: Option<Staged>,
}

/// A request that failed or was only partly completed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{kind}")]
pub struct RotationError {
    pub kind: RotationErrorKind,
    /// The current credentials, if they could be read.
    pub seen: Option<Box<Rotated>>,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum RotationErrorKind {
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// Another user, or an unknown one, has staged credentials. The provider neither rotates nor revokes these
    /// credentials.
    #[error("another user has staged credentials")]
    Foreign(Box<Staged>),
    /// The org does not stage credentials while the previous ones are valid.
    #[error("the org does not stage credentials while the previous ones are valid: {message}")]
    Occupied { previous: Box<Staged>, message: Unavailable },
    /// The request would rotate or revoke the credentials of the provider's own login.
    #[error("the credentials are those of the provider's own login")]
    OwnLogin { revoke: bool },
    /// Another client has rotated the credentials since the plan, so the previous credentials are not those of the
    /// plan.
    #[error("the credentials were rotated since the plan")]
    RotatedSincePlan,
    /// The provider was stopped between two steps. The next run continues from there.
    #[error("stopped")]
    Stopped,
    #[error("the timeout was exceeded")]
    Expired,
    #[error(transparent)]
    Rejected(Unavailable),
    /// Too many steps had an unknown outcome.
    #[error("the outcome is unknown: {0}")]
    Unverified(Unavailable),
    /// The org confirmed that credentials were revoked, but still lists them.
    #[error("the org still lists the revoked credentials")]
    StillListed,
    /// The org rotated the credentials, but does not list the previous ones, which the request revokes.
    #[error("the org does not list the previous credentials")]
    PreviousUnlisted,
}

impl Org {
    /// Completes a request step by step; `on_step` is called before each step.
    ///
    /// # Errors
    /// The error contains the current credentials, because the request may be partly completed.
    pub async fn rotate(
        &self,
        request: &RotationRequest<'_>,
        on_step: &(dyn Fn(&Step) + Send + Sync),
        deadline: Instant,
    ) -> Result<Rotated, RotationError> {
        let mut progress = Progress::default();
        let first = async {
            let seen = self.credentials(request.app, Freshness::Now, deadline).await?;
            self.recognize(&seen.staged, &mut progress).await?;
            Ok::<_, CredentialsError>(seen)
        };
        let first = self.unless_stopped(tokio::time::timeout_at(deadline, first)).await;
        let mut seen = match first {
            Some(Ok(Ok(seen))) => seen,
            Some(Ok(Err(error))) => return Err(RotationError { kind: error.into(), seen: None }),
            Some(Err(_)) => return Err(RotationError { kind: RotationErrorKind::Expired, seen: None }),
            None => return Err(RotationError { kind: RotationErrorKind::Stopped, seen: None }),
        };
        if !request.rotate && is_rotated_by_others(request.since, &seen) {
            return Err(RotationError { kind: RotationErrorKind::RotatedSincePlan, seen: None });
        }
        let previous = seen.staged.iter().filter(|staged| staged.state == StagedState::Rotated);
        progress.previous = previous.map(|staged| staged.id.clone()).collect();
        // The outcome is determined before the first step. Afterwards, credentials that this run revoked would look as
        // if an earlier run had revoked them.
        if request.rotate {
            progress.outcome = done_before(request.since, request.revoke, &seen, &progress);
        }
        let result = self.run_steps(request, &mut seen, &mut progress, on_step, deadline).await;
        if progress.is_rotated() || !progress.ended.is_empty() {
            // Earlier reads are outdated: the file of the OAuth settings contains the key.
            self.distrust(request.app);
            self.new_generation();
        }
        if let (Some(Outcome::Now), Some(RequestedRotation { after: Some(after), .. })) =
            (&progress.outcome, &progress.asked)
        {
            // The org confirmed the rotation, so the new key is reported even if the org still shows the old one.
            seen.consumer.key.clone_from(after);
        }
        seen.staged.retain(|staged| !progress.ended.contains(&staged.id));
        let rotated = Rotated { credentials: seen, outcome: progress.outcome, revoked: progress.ended.len() };
        match result {
            Ok(()) => Ok(rotated),
            Err(kind) => Err(RotationError { kind, seen: Some(Box::new(rotated)) }),
        }
    }

    async fn run_steps(
        &self,
        request: &RotationRequest<'_>,
        seen: &mut Credentials,
        progress: &mut Progress,
        on_step: &(dyn Fn(&Step) + Send + Sync),
        deadline: Instant,
    ) -> Result<(), RotationErrorKind> {
        let mut lost = 0;
        for _ in 0..MAX_STEPS {
            let Some(step) = next(request, seen, progress)? else {
                let is_due = request.revoke && matches!(progress.outcome, Some(Outcome::Now));
                return if is_due && !progress.has_sent_revocation {
                    Err(RotationErrorKind::PreviousUnlisted)
                } else {
                    Ok(())
                };
            };
            if self.stopped() {
                return Err(RotationErrorKind::Stopped);
            }
            if Instant::now() >= deadline {
                return Err(RotationErrorKind::Expired);
            }
            on_step(&step);
            match self.execute(&step, seen, progress).await {
                Ok(()) => self.refresh(seen, progress).await?,
                Err(error) if error.is_ambiguous() => {
                    lost += 1;
                    if lost > MAX_LOST_RESPONSES {
                        return Err(RotationErrorKind::Unverified(error.into()));
                    }
                    tracing::info!(%error, "the response was lost; reading the credentials");
                    super::sleep(Duration::from_millis(500) * lost).await;
                    self.refresh(seen, progress).await?;
                }
                Err(error) if is_withheld(&error) => return Err(self.explained(error).await.into()),
                Err(error) if error.is_transient() => {
                    let wait = error.retry_after().unwrap_or(BUSY).max(BUSY);
                    if Instant::now() + wait >= deadline {
                        return Err(RotationErrorKind::Rejected(error.into()));
                    }
                    tracing::info!(%error, "retrying");
                    if self.unless_stopped(super::sleep(wait)).await.is_none() {
                        return Err(RotationErrorKind::Stopped);
                    }
                }
                Err(error) => {
                    let before = seen.staged.clone();
                    self.refresh(seen, progress).await?;
                    // Another client changed the credentials in the meantime, so the next step is determined again.
                    if seen.staged != before {
                        continue;
                    }
                    let error = Unavailable::from(error);
                    let may_be_occupied = step == Step::Stage && !before.is_empty() && error.is_a_rejection();
                    if !may_be_occupied || progress.occupied.is_some() {
                        return Err(RotationErrorKind::Rejected(error));
                    }
                    progress.occupied = Some(error);
                }
            }
        }
        Err(RotationErrorKind::Expired)
    }

    async fn execute(
        &self,
        step: &Step,
        seen: &Credentials,
        progress: &mut Progress,
    ) -> Result<(), salesforce::Error> {
        let (api, app, consumer) =
            (&self.inner.apis.credentials, seen.app_id.as_str(), seen.consumer.id.as_str());
        match step {
            Step::Stage => {
                let staged = api.stage_credentials(app, consumer).await?;
                let new = staged.into_iter().filter(|staged| staged.state == StagedState::Active);
                let new: Vec<String> = new.map(|staged| staged.id).collect();
                progress.ours.extend(new.iter().cloned());
                progress.staged.extend(new);
            }
            Step::Rotate(id) => {
                let after = seen.staged.iter().find(|staged| staged.id == *id).and_then(|it| it.key.clone());
                progress.asked =
                    Some(RequestedRotation { id: id.clone(), before: seen.consumer.key.clone(), after });
                api.rotate_credentials(app, consumer, id).await?;
                progress.outcome = Some(Outcome::Now);
            }
            Step::Revoke(id) => {
                progress.has_sent_revocation = progress.is_rotated();
                api.revoke_credentials(app, consumer, id).await?;
                progress.ended.insert(id.clone());
            }
        }
        Ok(())
    }

    /// Reads the credentials again, with a separate timeout, because the step may have changed them. The read is
    /// repeated for a limited time while the org shows old credentials.
    async fn refresh(
        &self,
        seen: &mut Credentials,
        progress: &mut Progress,
    ) -> Result<(), RotationErrorKind> {
        let begun = Instant::now();
        let mut wait = Duration::from_millis(250);
        loop {
            let look = async {
                let consumer = self.consumer_by_id(seen).await?;
                let seen = self.with_staged(seen.app_id.clone(), consumer).await?;
                self.recognize(&seen.staged, progress).await?;
                Ok::<_, CredentialsError>(seen)
            };
            let retried = RetriedError::default();
            *seen = match tokio::time::timeout(VERIFY_TIMEOUT, retried.follow(look)).await {
                Ok(seen) => seen?,
                Err(_) => return Err(CredentialsError::Read(ReadError::deadline(&retried)).into()),
            };
            let lingers = seen.staged.iter().any(|staged| progress.ended.contains(&staged.id));
            let shown = match &progress.asked {
                Some(asked) => {
                    if asked.took_effect(seen) {
                        progress.outcome = Some(Outcome::Now);
                    }
                    // Once the previous credentials are revoked, the org no longer shows them.
                    !progress.is_rotated() || progress.has_sent_revocation || asked.is_shown(seen)
                }
                None => {
                    let is_listed = |id: &String| seen.staged.iter().any(|staged| is_same(&staged.id, id));
                    progress.staged.iter().all(is_listed)
                }
            };
            if shown && !lingers {
                return Ok(());
            }
            if begun.elapsed() > LAG {
                return if lingers { Err(RotationErrorKind::StillListed) } else { Ok(()) };
            }
            super::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(2));
        }
    }

    /// Reads the consumer again.
    async fn consumer_by_id(&self, seen: &Credentials) -> Result<salesforce::Consumer, CredentialsError> {
        let consumers = self.inner.apis.credentials.consumer_credentials(&seen.app_id).await;
        let consumers = consumers.map_err(Unavailable::from)?;
        consumers
            .into_iter()
            .find(|consumer| is_same(&consumer.id, &seen.consumer.id))
            .ok_or(CredentialsError::NoConsumer)
    }

    /// What the credentials show about earlier runs and other users. `since` is the key before a change that a refresh
    /// detected. Changes nothing.
    pub async fn rotation_history(
        &self,
        seen: &Credentials,
        since: Option<&str>,
    ) -> Result<RotationHistory, Unavailable> {
        let mut progress = Progress::default();
        self.recognize(&seen.staged, &mut progress).await?;
        let foreign = |it: &&Staged| it.state == StagedState::Active && !progress.ours.contains(&it.id);
        Ok(RotationHistory {
            rotated: done_before(since, false, seen, &progress),
            rotated_and_ended: done_before(since, true, seen, &progress),
            foreign: seen.staged.iter().find(foreign).cloned(),
        })
    }

    /// Records which staged credentials the user of the session has created, and which have an unknown creator.
    async fn recognize(&self, staged: &[Staged], progress: &mut Progress) -> Result<(), Unavailable> {
        for one in staged {
            if progress.ours.contains(&one.id) {
                continue;
            }
            match self.creator(one).await? {
                Creator::Us => progress.ours.insert(one.id.clone()),
                Creator::Unknown => progress.anonymous.insert(one.id.clone()),
                Creator::Other => false,
            };
        }
        Ok(())
    }

    async fn creator(&self, staged: &Staged) -> Result<Creator, Unavailable> {
        let Some(maker) = staged.created_by.as_deref() else { return Ok(Creator::Unknown) };
        let session = self.session().await?;
        if session.user_id.is_empty() {
            return Ok(Creator::Unknown);
        }
        let of = |is_us: bool| if is_us { Creator::Us } else { Creator::Other };
        if record_prefix(maker) == Some(USER) {
            return Ok(of(is_same(maker, &session.user_id)));
        }
        let soql = format!("SELECT Username, Name FROM User WHERE Id = {}", quoted(&session.user_id));
        let rows = self.query(&soql).await?;
        let named = |column: &str| {
            let is_it = |name: &serde_json::Value| name.as_str() == Some(maker);
            rows.iter().any(|row| row.get(column).is_some_and(is_it))
        };
        Ok(of(named("Username") || named("Name")))
    }
}
