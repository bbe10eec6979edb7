//! One connected org: reads of its components, and changes to them.
//!
//! This layer is between the provider, which works with components, and the client, which sends and receives zip files.
//! Many concurrent callers share a few retrieves and deploys, and each caller gets its own result. A result contains
//! only what is *known*: a hidden component is not reported as deleted, and a deploy that may have succeeded is not
//! reported as failed.
//!
//! Not here: Terraform's semantics (`provider`), fields (`metadata`), HTTP (`salesforce`).
//!
//! Start at [`Org::read`] (`read.rs`, `snapshot.rs`; `search.rs` for an org with many apps; `inventory.rs` for all
//! apps), and at `deployer.rs` for [`Org::apply`] and [`Org::edit`]. Keys and secrets are not metadata:
//! `credentials.rs` reads them, and `rotation.rs` and `rotation_request.rs` change them. `batch.rs` groups concurrent
//! callers; `job.rs` determines which of them may share a deploy.

mod api;
mod attribution;
mod batch;
mod budget;
mod change;
mod credentials;
mod deploy;
mod deploy_outcome;
mod deploy_queue;
mod deployer;
mod edit;
mod error;
mod facts;
mod full_names;
mod holders;
mod inventory;
mod isolation;
mod job;
mod name_cache;
mod new_app_cache;
mod poll;
mod read;
mod reconcile;
mod rotation;
mod rotation_request;
mod search;
mod snapshot;
pub mod soql;
mod timing;

#[cfg(any(test, fuzzing))]
pub mod any_org;
#[cfg(any(test, fuzzing))]
pub mod property;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, OnceCell};
pub use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

#[cfg(any(test, fuzzing))]
pub use api::{ApiFuture, Connection, CredentialsApi, Deploys, MetadataReads, Queries};
pub use api::{Apis, BoxFuture, Row};
pub use batch::Window;
pub use budget::VERIFY_TIMEOUT;
pub use change::{Applied, Changes, Edit, Overwritten};
pub use credentials::{Credentials, CredentialsError, STAGED_SINCE, Setting};
pub use error::{ApplyError, ApplyErrorKind, DeployProblem, ReadError, ReadErrorKind, Unavailable};
pub use facts::SessionFacts;
pub use holders::{Assignable, AssignmentCounts, Holders};
pub use inventory::Inventory;
pub use rotation::{Rotated, RotationError, RotationErrorKind};
pub use timing::{Timing, timestamp};

use crate::metadata::{Component, MetadataType};
pub use crate::salesforce::{
    CLIENT, Login, Placeholder, PrivateKeyProblem, Proxy, QueryPage, SOAP_ACCEPTS_JWT,
    Settings as ConnectionSettings, SfCli, SfdxAuthUrl, SubjectToken, binary_key_form, check_private_key,
    placeholder, public_key, sfdx_auth_url, why_unreadable,
};

use crate::salesforce::{Class, RetriedError};
pub use crate::salesforce::{FileProperties, Meaning, Staged, StagedState};
pub use rotation_request::{Outcome, RotationRequest, Step as RotationStep};

use batch::{Limits, Queue};
use deployer::Deployer;
use name_cache::NameCache;
use new_app_cache::NewAppCache;
use snapshot::Snapshot;

/// A component that a caller needs: an app, the part of this type that belongs to the app, or org settings.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub kind: &'static MetadataType,
    /// The full name of the app: `Shop`, or `namespace__Shop`. For org settings, their own full name.
    pub app: String,
    /// The full name that the component had when it was last read. Used only if its file still names the app.
    pub hint: Option<String>,
    /// Whether a result from files that are already loaded is sufficient, so that no separate call is made.
    pub best_effort: bool,
}

impl Wanted {
    pub fn new(kind: &'static MetadataType, app: impl Into<String>) -> Wanted {
        let app = kind.settings_member.map_or_else(|| app.into(), str::to_owned);
        Wanted { kind, app, hint: None, best_effort: false }
    }

    #[must_use]
    pub fn hint(self, full_name: Option<String>) -> Wanted {
        Wanted { hint: full_name, ..self }
    }

    #[must_use]
    pub fn best_effort(self) -> Wanted {
        Wanted { best_effort: true, ..self }
    }
}

/// How recent a result must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Read once per generation and shared with other readers. Used for a refresh.
    Snapshot,
    /// Read after this call. Used before a write, after a write, and after an error.
    Now,
    /// Read after this call, and the component is expected not to exist. In that case, a list is cheaper than a
    /// retrieve.
    Absence,
}

#[derive(Clone, Debug)]
pub enum Lookup {
    Found(Box<Found>),
    /// The component does not exist, and a second source, usually the list, confirms it. `others` is the number of
    /// listed components of the type.
    Absent {
        others: usize,
    },
    /// The component may exist, but the org does not show it.
    Hidden {
        why: String,
    },
    /// The app in the org has this name, which differs from the wanted name only in case.
    OtherCase {
        name: String,
    },
    /// The full names of several parts of the type that belong to the app, if no hint selects one.
    Several(Vec<String>),
}

impl Lookup {
    /// The name of the app in the org, if it differs from the wanted name only in case.
    pub fn name_in_other_case(&self) -> Option<&str> {
        if let Lookup::OtherCase { name } = self { Some(name) } else { None }
    }
}

impl Lookup {
    pub fn component(&self) -> Option<&Component> {
        match self {
            Lookup::Found(found) => Some(&found.component),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Found {
    pub component: Component,
    /// The properties of the file. Empty if the retrieve did not return them.
    pub file: FileProperties,
}

/// The limits of a deploy for several callers: the components, and the bytes before compression.
const DEPLOY_LIMIT: [usize; 2] = [500, 5 * 1024 * 1024];
/// The limit of a retrieve for several callers: the components.
const READ_LIMIT: [usize; 2] = [2_000, usize::MAX];
/// How long readers wait for the retrieve of other readers before they start their own.
const READER_TIMEOUT: Duration = Duration::from_secs(3);

/// One connected org. Clones share all state.
///
/// A stop is final: reads still work after it, but no changes are sent. A provider that is configured again creates a
/// new `Org`.
#[derive(Clone)]
pub struct Org {
    inner: Arc<Inner>,
}

struct Inner {
    apis: Apis,
    timing: Timing,
    /// Incremented whenever earlier reads may be outdated.
    generation: AtomicU64,
    /// Whether the org rejected a retrieve of more types than were needed. Such a retrieve is then not tried again.
    only_needed: AtomicBool,
    /// Whether the org has too many apps to retrieve all of them. `None` until they are counted.
    many_apps: Mutex<Option<bool>>,
    /// Locked while the snapshot is loaded, so that concurrent readers share one retrieve.
    snapshot: Mutex<Snapshot>,
    /// The error for which the load of the snapshot is being retried. Waiting readers report it if they time out.
    snapshot_retried: RetriedError,
    /// Locked while users are counted, so that concurrent readers share one count.
    counted: Mutex<holders::Counted>,
    deployer: Deployer,
    /// Reads that share a retrieve, which starts after they were requested.
    reads: Arc<Queue<read::ReadRequest, read::ReadResult>>,
    names: NameCache,
    new_apps: NewAppCache,
    own_namespace: OnceCell<Option<String>>,
    /// Whether the org does not show its deploy queue. The queue is then not queried again.
    deploy_queue_hidden: AtomicBool,
    stop: CancellationToken,
}

impl Org {
    #[cfg(any(test, fuzzing))]
    pub fn new(apis: impl Into<Apis>) -> Org {
        Org::with_timing(apis, Timing::default())
    }

    /// Creates an org from its connection settings. Nothing is sent yet.
    pub fn connect(connection: ConnectionSettings, timing: Timing) -> Result<Org, Unavailable> {
        let client = crate::salesforce::Client::new(connection)?;
        Ok(Org::with_timing(Arc::new(client), timing))
    }

    pub fn with_timing(apis: impl Into<Apis>, timing: Timing) -> Org {
        let jobs = if timing.batching { usize::MAX } else { 1 };
        let limits = |weight| Limits { jobs, weight };
        let window = |window| if timing.batching { window } else { Window::default() };
        Org {
            inner: Arc::new(Inner {
                apis: apis.into(),
                deployer: Deployer::new(Queue::new(window(timing.deploys), limits(DEPLOY_LIMIT))),
                reads: Arc::new(
                    Queue::new(window(timing.reads), limits(READ_LIMIT)).run_timeout(READER_TIMEOUT),
                ),
                names: NameCache::default(),
                new_apps: NewAppCache::default(),
                own_namespace: OnceCell::new(),
                deploy_queue_hidden: AtomicBool::new(false),
                timing,
                generation: AtomicU64::new(0),
                only_needed: AtomicBool::new(false),
                many_apps: Mutex::default(),
                snapshot: Mutex::default(),
                snapshot_retried: RetriedError::default(),
                counted: Mutex::default(),
                stop: CancellationToken::new(),
            }),
        }
    }

    pub async fn session(&self) -> Result<SessionFacts, Unavailable> {
        Ok(self.inner.apis.connection.session().await?)
    }

    /// The session, if the org responds before the deadline.
    ///
    /// # Errors
    /// Returns an error if the login fails, or if the deadline passes.
    pub async fn session_until(&self, deadline: Instant) -> Result<SessionFacts, ReadError> {
        let session = self.until(deadline, self.session()).await?;
        session.map_err(|Unavailable(error)| ReadErrorKind::Unavailable(error).into())
    }

    /// Runs reads until the deadline.
    ///
    /// # Errors
    /// Returns an error with the cause of the last retry if the deadline passes.
    pub async fn until<T>(&self, deadline: Instant, reads: impl Future<Output = T>) -> Result<T, ReadError> {
        let retried = RetriedError::default();
        let done = tokio::time::timeout_at(deadline, retried.follow(reads)).await;
        done.map_err(|_| ReadError::deadline(&retried))
    }

    /// The API version that calls use, if it is known without a login.
    pub async fn known_api_version(&self) -> Option<u16> {
        self.inner.apis.connection.known_api_version().await
    }

    /// The API version of the session. `None` before the first login.
    pub fn version_of_session(&self) -> Option<u16> {
        self.inner.apis.connection.version_of_session()
    }

    /// Whether Salesforce issued another refresh token in place of the configured one.
    pub fn refresh_token_was_rotated(&self) -> bool {
        self.inner.apis.connection.refresh_token_was_rotated()
    }

    /// Looks up components; the results are in the order of `wanted`.
    ///
    /// # Errors
    /// Returns an error if the org cannot be read. A component that does not exist or is hidden is not an error.
    pub async fn read(
        &self,
        wanted: &[Wanted],
        freshness: Freshness,
        deadline: Instant,
    ) -> Result<Vec<Lookup>, ReadError> {
        let retried = RetriedError::default();
        let read = retried.follow(self.inner.read(wanted, freshness, deadline));
        match tokio::time::timeout_at(deadline, read).await {
            Ok(answer) => answer,
            Err(_) if freshness == Freshness::Snapshot && retried.get().is_none() => {
                Err(ReadError::deadline(&self.inner.snapshot_retried))
            }
            Err(_) => Err(ReadError::deadline(&retried)),
        }
    }

    /// Applies changes, all or none, and waits until the deploy has ended. Concurrent callers share a deploy, but each
    /// gets its own result, with the lookups of `wanted` after the deploy.
    ///
    /// A caller that is dropped before its deploy is sent does not take part in it. A deploy that was sent continues
    /// until it ends.
    ///
    /// # Errors
    /// The kind of the error describes what is known about the org. [`ApplyError::is_clean`] returns whether the org is
    /// unchanged.
    pub async fn apply(
        &self,
        changes: Changes,
        wanted: Vec<Wanted>,
        deadline: Instant,
    ) -> Result<Applied, ApplyError> {
        Ok(self.inner.apply(changes, wanted, deadline).await?)
    }

    /// Changes only the requested values of existing files. Concurrent changes by others are kept or reported.
    pub async fn edit(&self, edit: Edit, deadline: Instant) -> Result<Applied, ApplyError> {
        Ok(self.inner.edit(edit, deadline).await?)
    }

    pub async fn query(&self, soql: &str) -> Result<Vec<Row>, Unavailable> {
        Ok(self.inner.apis.queries.query(soql).await?)
    }

    pub async fn query_page(&self, page: &QueryPage) -> Result<(Vec<Row>, Option<QueryPage>), Unavailable> {
        Ok(self.inner.apis.queries.query_page(page).await?)
    }

    /// All apps that the org lists, or those in `only`, with their files of these types, a few thousand files at a
    /// time.
    pub async fn inventory(
        &self,
        kinds: &[&'static MetadataType],
        only: Option<BTreeSet<String>>,
    ) -> Result<Inventory, ReadError> {
        Inventory::take(&self.inner, kinds, only).await
    }

    /// The consumer key of an app, by the app's record ID. `None` if the app has no consumer, or if the consumer is not
    /// visible.
    pub async fn consumer_key(&self, app_record_id: &str) -> Result<Option<String>, Unavailable> {
        match self.inner.apis.credentials.consumer_credentials(app_record_id).await {
            Ok(consumers) => Ok(consumers.into_iter().next().map(|consumer| consumer.key)),
            Err(error) if matches!(error.class(), Class::Permission | Class::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes this app from the cache of new apps and does not cache it again, because a read contradicts a deploy.
    pub fn distrust(&self, app: &str) {
        self.inner.distrust(&BTreeSet::from([app.to_ascii_lowercase()]));
    }

    /// Marks everything that was read as outdated, except the cache of new apps.
    pub fn new_generation(&self) {
        self.inner.outdate();
    }

    /// Requests a stop: no further changes are sent, and a running deploy is awaited or canceled. Returns immediately.
    pub fn stop(&self) {
        self.inner.stop.cancel();
    }

    pub fn stopped(&self) -> bool {
        self.inner.stopped()
    }

    /// Runs work that may be abandoned on a stop, such as a refresh. `None` if it was abandoned.
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.inner.unless_stopped(work).await
    }
}

impl Inner {
    fn stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.stop.cancelled() => None,
        }
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Removes these apps, given in lower case, from the cache of new apps and does not cache them again.
    fn distrust(&self, apps: &BTreeSet<String>) {
        self.names.forget_creation(apps);
        self.new_apps.forget(apps);
    }

    fn outdate(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }
}
