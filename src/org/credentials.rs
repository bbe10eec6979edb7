//! Reads the consumer key, consumer secret and staged credentials of an app; `rotation.rs` changes them. Credentials
//! are not deployed: the REST API has a separate call for each read and each change.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::soql::{parted, quoted, text};
use super::{Freshness, Lookup, Org, ReadError, Unavailable, Wanted};
use crate::metadata::types::{APP, CONSUMER, SECRET_ACCESS};
use crate::salesforce::{self, Class, Consumer, ErrorKind, RetriedError, Staged};
use crate::secret::Secret;

/// How long to wait until a new consumer exists, or until a setting that was just enabled takes effect.
const SPREADING: Duration = Duration::from_secs(30);
/// How long the org's lists may lag behind a change.
const LAG: Duration = Duration::from_secs(10);
/// The first API version with staged credentials.
pub const STAGED_SINCE: u16 = 65;

/// The consumer of an app, with its staged and previous credentials.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub app_id: String,
    pub consumer: Consumer,
    pub staged: Vec<Staged>,
}

/// Why credentials cannot be read. Nothing was changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("the org has no such app")]
    NoApp,
    #[error("the org does not return the app: {why}")]
    Hidden { why: String },
    /// The app in the org has this name, which differs only in case.
    #[error("the name of the app in the org is {name}")]
    OtherCase { name: String },
    /// The app has no OAuth settings, or the org does not show its consumer yet.
    #[error("the app has no consumer")]
    NoConsumer,
    /// The app has several consumers, with these keys, and no key was requested.
    #[error("the app has several consumers: {}", .0.join(", "))]
    Several(Vec<String>),
    /// The app has consumers with these keys, but none with the requested key.
    #[error("the app has a different consumer key: {}", .0.join(", "))]
    OtherKey(Vec<String>),
    /// The org does not allow secrets to be read at all, or not by this user.
    #[error("the org does not return the secret{}", suffix(.message))]
    Withheld { setting: Setting, message: Option<String> },
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Whether the org allows consumer secrets to be read through the REST API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    On,
    Off,
    Unknown,
}

/// The progress of a wait for propagation: its start, the wait before the next read, and how recent that read must be.
struct PropagationWait {
    begun: Instant,
    wait: Duration,
    freshness: Freshness,
}

impl Default for PropagationWait {
    fn default() -> PropagationWait {
        PropagationWait {
            begun: Instant::now(),
            wait: Duration::from_millis(500),
            freshness: Freshness::Snapshot,
        }
    }
}

fn suffix(message: &Option<String>) -> String {
    message.as_deref().map(|text| format!(": {text}")).unwrap_or_default()
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Setting::On => "on",
            Setting::Off => "off",
            Setting::Unknown => "not readable",
        })
    }
}

impl Org {
    /// The consumer of an app, and its staged credentials. In API versions before 65.0, there are no staged
    /// credentials.
    ///
    /// # Errors
    /// Returns an error if the credentials cannot be read or the app does not exist.
    pub async fn credentials(
        &self,
        app: &str,
        freshness: Freshness,
        deadline: Instant,
    ) -> Result<Credentials, CredentialsError> {
        let read = async {
            let app_id = self.app_id(app, freshness, deadline).await?;
            let consumer = self.consumer(&app_id, None).await?;
            self.with_staged(app_id, consumer).await
        };
        in_time(deadline, read).await
    }

    /// The credentials of a known consumer.
    pub(super) async fn with_staged(
        &self,
        app_id: String,
        consumer: Consumer,
    ) -> Result<Credentials, CredentialsError> {
        let staged = if self.session().await?.api_version < STAGED_SINCE {
            Vec::new()
        } else {
            let staged = self.inner.apis.credentials.staged_credentials(&app_id, &consumer.id).await;
            match staged {
                Ok(staged) => staged,
                Err(error) => return Err(self.explained(error).await),
            }
        };
        Ok(Credentials { app_id, consumer, staged })
    }

    /// The credentials of an app that may be new. Waits for a limited time until the org shows the consumer.
    pub async fn new_credentials(
        &self,
        app: &str,
        deadline: Instant,
    ) -> Result<Credentials, CredentialsError> {
        let mut propagation = PropagationWait::default();
        loop {
            match self.credentials(app, propagation.freshness, deadline).await {
                Ok(found) => return Ok(found),
                Err(error) => self.wait_or_fail(error, app, &mut propagation, deadline).await?,
            }
        }
    }

    /// The consumer key and secret of an app, optionally of the consumer with the given key. Waits for a limited time
    /// for a new app or a new setting.
    pub async fn consumer_secret(
        &self,
        app: &str,
        key: Option<&str>,
        deadline: Instant,
    ) -> Result<(String, Secret), CredentialsError> {
        let mut propagation = PropagationWait::default();
        loop {
            match self.secret_now(app, key, propagation.freshness, deadline).await {
                Ok(found) => return Ok(found),
                Err(error) => self.wait_or_fail(error, app, &mut propagation, deadline).await?,
            }
        }
    }

    /// Waits before the next read if the error may be due to a delay in the org. Otherwise, returns the error.
    async fn wait_or_fail(
        &self,
        error: CredentialsError,
        app: &str,
        propagation: &mut PropagationWait,
        deadline: Instant,
    ) -> Result<(), CredentialsError> {
        let most = match &error {
            // The OAuth settings may be created in the same run.
            CredentialsError::NoConsumer if self.has_no_consumer(app, deadline).await => LAG,
            CredentialsError::NoConsumer => SPREADING,
            // A new setting takes some time to take effect on all servers.
            CredentialsError::Withheld { setting: Setting::On, .. } => SPREADING,
            CredentialsError::NoApp | CredentialsError::OtherCase { .. } | CredentialsError::OtherKey(_) => {
                LAG
            }
            _ => return Err(error),
        };
        if Instant::now() + propagation.wait > deadline.min(propagation.begun + most) {
            return Err(error);
        }
        tracing::debug!(%error, wait_ms = propagation.wait.as_millis(), "the credentials are not available yet");
        tokio::time::sleep(propagation.wait).await;
        propagation.wait = (propagation.wait * 2).min(Duration::from_secs(8));
        propagation.freshness = Freshness::Now;
        Ok(())
    }

    /// Whether the app has no OAuth settings, and therefore no consumer.
    pub async fn has_no_consumer(&self, app: &str, deadline: Instant) -> bool {
        let wanted = Wanted::new(CONSUMER, app);
        let read = self.read(&[wanted], Freshness::Now, deadline).await;
        read.is_ok_and(|lookups| matches!(lookups.as_slice(), [Lookup::Absent { .. }]))
    }

    async fn secret_now(
        &self,
        app: &str,
        key: Option<&str>,
        freshness: Freshness,
        deadline: Instant,
    ) -> Result<(String, Secret), CredentialsError> {
        let read = async {
            let app_id = self.app_id(app, freshness, deadline).await?;
            let consumer = self.consumer(&app_id, key).await?;
            match self.inner.apis.credentials.consumer_secret(&app_id, &consumer.id).await {
                // The credentials were rotated between the two calls.
                Ok((found, _)) if key.is_some_and(|key| key != found) => {
                    Err(CredentialsError::OtherKey(vec![found]))
                }
                Ok(found) => Ok(found),
                Err(error) => Err(self.explained(error).await),
            }
        };
        in_time(deadline, read).await
    }

    pub(super) async fn app_id(
        &self,
        app: &str,
        freshness: Freshness,
        deadline: Instant,
    ) -> Result<String, CredentialsError> {
        if freshness == Freshness::Now
            && let Some(id) = self.record_of(app).await
        {
            return Ok(id);
        }
        let wanted = Wanted::new(APP, app);
        match self.read(&[wanted], freshness, deadline).await?.into_iter().next() {
            Some(Lookup::Found(found)) if !found.file.id.is_empty() => Ok(found.file.id),
            Some(Lookup::Absent { .. }) => Err(CredentialsError::NoApp),
            Some(Lookup::Hidden { why }) => self.record_of(app).await.ok_or(CredentialsError::Hidden { why }),
            Some(Lookup::OtherCase { name }) => {
                self.record_of(app).await.ok_or(CredentialsError::OtherCase { name })
            }
            _ => self.record_of(app).await.ok_or(CredentialsError::NoApp),
        }
    }

    /// The record ID of an app, from one query instead of a retrieve. `None` if the app does not exist or is not
    /// visible.
    pub async fn app_record_id(&self, app: &str) -> Result<Option<String>, Unavailable> {
        let soql = format!(
            "SELECT Id, DeveloperName, NamespacePrefix FROM {} WHERE DeveloperName = {}",
            APP.name,
            quoted(parted(app).1)
        );
        let rows = self.query(&soql).await?;
        let names = self.full_names(&rows, "DeveloperName").await?;
        // Comparisons in SOQL ignore case.
        let row = rows.iter().zip(names).find(|(_, name)| name.as_deref() == Some(app));
        Ok(row.and_then(|(row, _)| text(row, "Id")).map(str::to_owned))
    }

    /// The record ID of an app. `None` also if the query fails.
    async fn record_of(&self, app: &str) -> Option<String> {
        self.app_record_id(app).await.ok().flatten()
    }

    /// The only consumer of an app, or its consumer with the given key.
    pub(super) async fn consumer(
        &self,
        app_id: &str,
        key: Option<&str>,
    ) -> Result<Consumer, CredentialsError> {
        let mut consumers = match self.inner.apis.credentials.consumer_credentials(app_id).await {
            Ok(consumers) => consumers,
            // The previous call returned the app, so its consumer is not available yet.
            Err(error) if error.class() == Class::NotFound => Vec::new(),
            Err(error) => return Err(self.explained(error).await),
        };
        let keys = |consumers: &[Consumer]| consumers.iter().map(|it| it.key.clone()).collect::<Vec<_>>();
        let all = keys(&consumers);
        if let Some(key) = key {
            consumers.retain(|consumer| consumer.key == key);
        }
        match (consumers.pop(), consumers.is_empty(), all.is_empty()) {
            (Some(consumer), true, _) => Ok(consumer),
            (Some(_), false, _) => Err(CredentialsError::Several(all)),
            (None, _, true) => Err(CredentialsError::NoConsumer),
            (None, _, false) => Err(CredentialsError::OtherKey(all)),
        }
    }

    /// Converts an error. If the org denied access, the result includes the org setting that may be the cause.
    pub(super) async fn explained(&self, error: salesforce::Error) -> CredentialsError {
        if !is_withheld(&error) {
            return CredentialsError::Unavailable(error.into());
        }
        let message = match &error.kind {
            ErrorKind::Fault { text, .. } => Some(text.clone()),
            _ => None,
        };
        CredentialsError::Withheld { setting: self.secrets_by_rest().await, message }
    }

    /// Whether the org allows secrets to be read through the REST API.
    async fn secrets_by_rest(&self) -> Setting {
        let (kind, attribute) = SECRET_ACCESS;
        let wanted = Wanted::new(kind, "");
        let deadline = Instant::now() + Duration::from_secs(30);
        let read = self.read(&[wanted], Freshness::Now, deadline).await;
        let lookup = read.ok().and_then(|lookups| lookups.into_iter().next());
        let component = lookup.as_ref().and_then(Lookup::component);
        match component.and_then(|component| component.get(attribute).as_bool()) {
            Some(true) => Setting::On,
            Some(false) => Setting::Off,
            // A setting that is not in the file has its default value, off.
            None if component.is_some() => Setting::Off,
            None => Setting::Unknown,
        }
    }
}

/// Applies the caller's deadline.
async fn in_time<T>(
    deadline: Instant,
    read: impl Future<Output = Result<T, CredentialsError>>,
) -> Result<T, CredentialsError> {
    let retried = RetriedError::default();
    match tokio::time::timeout_at(deadline, retried.follow(read)).await {
        Ok(read) => read,
        Err(_) => Err(CredentialsError::Read(ReadError::deadline(&retried))),
    }
}

/// Whether the org denies access to the credentials or the secret.
pub(super) fn is_withheld(error: &salesforce::Error) -> bool {
    let off = match &error.kind {
        ErrorKind::Fault { text, .. } => salesforce::means(text, salesforce::Meaning::CredentialsOff),
        kind => *kind == ErrorKind::SecretWithheld,
    };
    off || error.class() == Class::Permission
}
