//! One connected org: what it has, what becomes of changes to it.
//!
//! Between the provider, which thinks in components, and the client, which moves zips. Many callers at a time share few
//! retrieves and deploys without knowing of each other, and each gets an answer of its own that says what is *known*:
//! nothing is "gone" that is only invisible, nothing "failed" that may have happened.
//! Not here: Terraform's semantics (`provider`), fields (`metadata`), HTTP (`salesforce`).
//! Start at [`Org::read`] (`read.rs`, `snapshot.rs`; `search.rs` in an org with many apps; `inventory.rs` for all that there
//! are), and at `deployer.rs` for
//! [`Org::apply`] and [`Org::edit`]. Keys and secrets are no metadata: `credentials.rs` reads them, `rotation.rs` and `rotation_request.rs`
//! change them. How callers come together: `batch.rs`, and `job.rs` for who may travel with whom.

mod api;
mod attribute;
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
mod timing;

#[cfg(any(test, fuzzing))]
pub mod any_org;
#[cfg(any(test, fuzzing))]
pub mod promise;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
pub use tokio::time::{Instant, sleep as pause};
use tokio_util::sync::CancellationToken;

#[cfg(any(test, fuzzing))]
use api::{ApiFuture, Connection, CredentialsApi, Deploys, MetadataReads, Queries};
pub use api::{Apis, Pending, Row};
pub use batch::Window;
pub use change::{Applied, Change, Edit, Merge, Overwritten};
pub use credentials::{Credentials, CredentialsError, STAGED_SINCE, Setting};
pub use error::{ApplyError, ApplyErrorKind, DeployProblem, ReadError, ReadErrorKind, Unavailable};
pub use facts::{FileFacts, SessionFacts};
pub use holders::{AssignmentCounts, Group, Holders, quoted};
pub use inventory::Inventory;
pub use rotation::{Rotated, RotationError, RotationErrorKind, RotationHistory};
pub use timing::Timing;

use crate::metadata::{Component, MetadataType};
pub use crate::salesforce::{
    CLIENT, Login, Placeholder, PrivateKeyProblem, Proxy, QueryPage, SOAP_ACCEPTS_JWT,
    Settings as ConnectionSettings, SfCli, SfdxAuthUrl, SubjectToken, binary_key_form, check_private_key,
    is_org_id, placeholder, public_key, sfdx_auth_url, why_unreadable,
};

use crate::salesforce::Class;
pub use crate::salesforce::{Meaning, Staged, StagedState};
pub use rotation_request::{Outcome, RotationRequest, Step as RotationStep};

use batch::{Limits, Queue};
use deployer::Deployer;
use name_cache::NameCache;
use new_app_cache::NewAppCache;
use snapshot::Snapshot;

/// What a caller wants to read: the app itself, or the part of this kind that belongs to the app, whatever the part's
/// own name is; or settings of the org, which belong to nobody.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub kind: &'static MetadataType,
    /// The full name of the app: `Shop`, or `namespace__Shop`. Of settings, their own full name.
    pub app: String,
    /// The full name that the component had when it was last seen. Believed only when its file names the app.
    pub hint: Option<String>,
    /// Not worth a call of its own: an answer that nobody looked far for is good enough.
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

/// How fresh an answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// As of this generation, shared with other readers: for refreshing.
    Snapshot,
    /// RequestedRotation for after the call: before a write, after a write, after trouble.
    Now,
    /// The same where nothing is expected to be there, which a list tells sooner than a retrieve.
    Absence,
}

/// The answer to one [`Wanted`].
#[derive(Clone, Debug)]
pub enum Lookup {
    Found(Box<Found>),
    /// Not there, and a second source agrees: its list has so many others of the kind.
    Absent {
        others: usize,
    },
    /// It may well be there, but we do not get to see it.
    Hidden {
        why: String,
    },
    /// More than one part of the kind belongs to the app, and no hint says which one is meant: their full names.
    Several(Vec<String>),
}

impl Lookup {
    pub fn component(&self) -> Option<&Component> {
        match self {
            Lookup::Found(found) => Some(&found.component),
            _ => None,
        }
    }
}

/// A component, and what the org knows about its file.
#[derive(Clone, Debug)]
pub struct Found {
    pub component: Component,
    pub file: FileFacts,
}

/// Components and bytes (before they are zipped) that go into one deploy of several callers.
const DEPLOY_LIMIT: [usize; 2] = [500, 5 * 1024 * 1024];
/// Components that are asked for in one retrieve of several callers.
const READ_LIMIT: [usize; 2] = [2_000, usize::MAX];
/// How long readers wait for the retrieve of others before they get their own.
const READER_TIMEOUT: Duration = Duration::from_secs(3);

/// One connected org. Clones share everything.
///
/// A stop is for good: after it, reads work and nothing is sent any more. A provider that is configured anew makes a
/// new one.
#[derive(Clone)]
pub struct Org {
    inner: Arc<Inner>,
}

struct Inner {
    apis: Apis,
    timing: Timing,
    /// Counts up whenever what was read before may be outdated.
    generation: AtomicU64,
    /// The org refused a retrieve of more types than were wanted; it is not tried again.
    narrow: AtomicBool,
    /// Whether the org has too many apps to retrieve all of them; none when it was not asked yet.
    many_apps: Mutex<Option<bool>>,
    /// Held while it is loaded, so that many readers wait for one retrieve.
    snapshot: Mutex<Snapshot>,
    /// Held while people are counted, so that many readers wait for one count.
    counted: Mutex<holders::Counted>,
    deployer: Deployer,
    /// Reads that must be fresh, waiting for a retrieve that begins after they asked.
    reads: Arc<Queue<read::ReadRequest, read::ReadResult>>,
    names: NameCache,
    new_apps: NewAppCache,
    /// The org does not show its list of deploys; it is not asked for again.
    deploy_queue_hidden: AtomicBool,
    stop: CancellationToken,
}

impl Org {
    pub fn new(apis: impl Into<Apis>) -> Org {
        Org::with_timing(apis, Timing::default())
    }

    /// An org by its connection settings. Nothing is sent yet.
    ///
    /// # Errors
    /// When the connection settings cannot work.
    pub fn connect(connection: ConnectionSettings, timing: Timing) -> Result<Org, Unavailable> {
        let client = crate::salesforce::Client::new(connection)?;
        Ok(Org::with_timing(Arc::new(client), timing))
    }

    /// With other waits than the usual ones.
    pub fn with_timing(apis: impl Into<Apis>, timing: Timing) -> Org {
        let jobs = if timing.batching { usize::MAX } else { 1 };
        let limits = |weight| Limits { jobs, weight };
        let window = |window| if timing.batching { window } else { Window::default() };
        Org {
            inner: Arc::new(Inner {
                apis: apis.into(),
                deployer: Deployer::new(Queue::new(window(timing.deploys), limits(DEPLOY_LIMIT))),
                reads: Arc::new(
                    Queue::new(window(timing.reads), limits(READ_LIMIT)).patience(READER_TIMEOUT),
                ),
                names: NameCache::default(),
                new_apps: NewAppCache::default(),
                deploy_queue_hidden: AtomicBool::new(false),
                timing,
                generation: AtomicU64::new(0),
                narrow: AtomicBool::new(false),
                many_apps: Mutex::default(),
                snapshot: Mutex::default(),
                counted: Mutex::default(),
                stop: CancellationToken::new(),
            }),
        }
    }

    /// Who we are and where. Logs in when nobody did yet.
    pub async fn session(&self) -> Result<SessionFacts, Unavailable> {
        Ok(self.inner.apis.connection.session().await?)
    }

    /// The API version that calls use, as far as it is known without a login.
    pub async fn known_api_version(&self) -> Option<u16> {
        self.inner.apis.connection.known_api_version().await
    }

    /// Whether Salesforce gave another refresh token in place of the one that the provider was given.
    pub fn refresh_token_was_rotated(&self) -> bool {
        self.inner.apis.connection.refresh_token_was_rotated()
    }

    /// Looks components up, one answer for each wanted, in their order.
    ///
    /// # Errors
    /// When no answer is possible. A component that is not there, or not for us to see, is an answer.
    pub async fn read(
        &self,
        wanted: &[Wanted],
        freshness: Freshness,
        deadline: Instant,
    ) -> Result<Vec<Lookup>, ReadError> {
        match tokio::time::timeout_at(deadline, self.inner.read(wanted, freshness, deadline)).await {
            Ok(answer) => answer,
            Err(_) => Err(ReadErrorKind::Deadline.into()),
        }
    }

    /// Makes changes, all or none, and waits for the end. Callers at the same time share a deploy, and each gets an
    /// answer of its own, with what was read of `wanted` afterwards. Deletions and writes given together become two deploys,
    /// deletions first; a failure of the second is then an unverified outcome.
    ///
    /// A caller that goes away before its deploy was sent takes no part in it. After that it does not end it.
    ///
    /// # Errors
    /// The kind says what is known about the org. [`ApplyError::is_clean`]: whether nothing was changed.
    pub async fn apply(
        &self,
        changes: Vec<Change>,
        wanted: Vec<Wanted>,
        deadline: Instant,
    ) -> Result<Applied, ApplyError> {
        Ok(self.inner.apply(changes, wanted, deadline).await?)
    }

    /// Changes files that are there, and nothing else of them: what others write at the same time stays, or is told.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub async fn edit(&self, edit: Edit, deadline: Instant) -> Result<Applied, ApplyError> {
        Ok(self.inner.edit(edit, deadline).await?)
    }

    /// The records of a SOQL query.
    pub async fn query(&self, soql: &str) -> Result<Vec<Row>, Unavailable> {
        Ok(self.inner.apis.queries.query(soql).await?)
    }

    /// One page of a query's records, and the next page.
    pub async fn query_page(&self, page: &QueryPage) -> Result<(Vec<Row>, Option<QueryPage>), Unavailable> {
        Ok(self.inner.apis.queries.query_page(page).await?)
    }

    /// All apps that the org lists, or those of `only`, with their files of these kinds, a few thousand files at a time.
    ///
    /// # Errors
    /// When the apps cannot be listed.
    pub async fn inventory(
        &self,
        kinds: &[&'static MetadataType],
        only: Option<BTreeSet<String>>,
    ) -> Result<Inventory, ReadError> {
        Inventory::take(&self.inner, kinds, only).await
    }

    /// The consumer key of an app, by the app's record ID; none when the app has no consumer, or we may not see it.
    pub async fn consumer_key(&self, app_record_id: &str) -> Result<Option<String>, Unavailable> {
        match self.inner.apis.credentials.consumer_credentials(app_record_id).await {
            Ok(consumers) => Ok(consumers.into_iter().next().map(|consumer| consumer.key)),
            Err(error) if matches!(error.class(), Class::Permission | Class::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// From now on nothing that was read before is good enough, not even for a snapshot.
    pub fn new_generation(&self) {
        self.inner.outdate();
    }

    /// Nothing new is sent from now on; what is under way is brought to an end that can be told. Returns at once.
    pub fn stop(&self) {
        self.inner.stop.cancel();
    }

    pub fn stopped(&self) -> bool {
        self.inner.stopped()
    }

    /// Something that may be given up when we are stopped, such as a refresh; none when it was.
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

    fn outdate(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    fn is_narrow(&self) -> bool {
        self.narrow.load(Ordering::SeqCst)
    }

    fn narrow(&self) {
        self.narrow.store(true, Ordering::SeqCst);
    }

    fn is_deploy_queue_hidden(&self) -> bool {
        self.deploy_queue_hidden.load(Ordering::SeqCst)
    }

    fn hide_deploy_queue(&self) {
        self.deploy_queue_hidden.store(true, Ordering::SeqCst);
    }
}
