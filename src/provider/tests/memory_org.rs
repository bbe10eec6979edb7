//! An in-memory org that behaves like a Salesforce org: a deploy is atomic, OAuth settings get a consumer key and
//! policies, and deleting an app also deletes everything that belongs to it. A test can make any call fail, before or
//! after it takes effect.
//!
//! Not here: users, queues, and the validation of values. The emulator of the acceptance tests has these.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::lock::lock;
use crate::metadata::types::{
    configurable_policies, external_client_application, global_oauth_settings, oauth_policies, oauth_settings,
};
use crate::metadata::{ComponentKey, MetadataType, package};
use crate::org::{
    ApiFuture, BoxFuture, Connection, CredentialsApi, Deploys, MetadataReads, Org, Queries, Row, SessionFacts,
};
use crate::salesforce::{
    Call, ComponentMessage, Consumer, DeployReport, Error, ErrorKind, FileProperties, Retrieved, Staged,
};
use crate::secret::Secret;
use crate::xml;

/// The user that Terraform logs in as.
pub const USER: &str = "005000000000001";
const ORG_ID: &str = "00D000000000001";
const PARENT: &str = "externalClientApplication";

/// A file in the org.
#[derive(Clone, Debug)]
pub struct StoredFile {
    pub xml: String,
    pub created_by: String,
    pub created: OffsetDateTime,
}

/// Calls that fail.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The number of the first call that may fail, counted from 0 over all calls.
    pub from: usize,
    /// How many calls fail.
    pub times: usize,
    /// If set, only calls of this kind fail.
    pub only: Option<Call>,
    /// Whether the call takes effect, and only its response is lost.
    pub after: bool,
    pub kind: ErrorKind,
}

#[derive(Default)]
pub struct State {
    pub files: BTreeMap<ComponentKey, StoredFile>,
    /// All calls so far.
    pub calls: Vec<Call>,
    pub failures: Vec<Failure>,
    /// The statuses that the next deploys report although they took effect. `Failed` includes an internal error.
    pub misreports: VecDeque<&'static str>,
    /// The error with which all deploys after the next one fail.
    pub rejects_next_deploys: Option<ErrorKind>,
    /// Whether deletions are reported as successful but have no effect.
    pub keeps_deleted: bool,
    /// The file that another client creates immediately before the next deploy.
    pub appears: Option<(ComponentKey, String)>,
    /// The messages with which the org rejects the next deploys that contain these files.
    pub rejections: VecDeque<(ComponentKey, String)>,
    /// Whether all deploys after a rejection are lost.
    pub loses_deploys_after_rejection: bool,
    /// A string that the org replaces in deployed files, and its replacement.
    pub rewrites: Option<(String, String)>,
    /// The number of calls after which the org no longer responds.
    pub hangs_after: Option<usize>,
    /// The rows that queries return, each with its object.
    pub rows: Vec<(&'static str, Row)>,
    /// Types that are listed but not returned.
    pub hidden: Vec<&'static MetadataType>,
    /// How many reads after each deploy still return the files from before the deploy.
    pub lag: usize,
    /// How many lists after each deploy still contain the files from before the deploy.
    pub list_lag: usize,
    stale: Option<(BTreeMap<ComponentKey, StoredFile>, usize)>,
    stale_list: Option<(BTreeMap<ComponentKey, StoredFile>, usize)>,
    reports: Vec<DeployReport>,
    commits: usize,
}

impl State {
    /// The number of deploys that took effect.
    pub fn commits(&self) -> usize {
        self.commits
    }

    fn hangs(&self) -> bool {
        self.hangs_after.is_some_and(|calls| self.calls.len() >= calls)
    }

    /// Adds a file as another client would create it.
    pub fn add(&mut self, key: ComponentKey, xml: String) {
        let file = StoredFile { xml, created_by: USER.to_owned(), created: OffsetDateTime::now_utc() };
        self.files.insert(key, file);
    }

    /// Deletes an app and everything that belongs to it.
    pub fn delete_app(&mut self, app: &str) {
        let reference = reference(app);
        self.files.retain(|key, file| {
            let is_app = key.kind == &external_client_application::TYPE && key.full_name == app;
            !is_app && !file.xml.contains(&reference)
        });
    }

    fn deploy(&mut self, zip: &[u8]) -> DeployReport {
        let files = package::read(zip).unwrap_or_default();
        self.stale = (self.lag > 0).then(|| (self.files.clone(), self.lag));
        self.stale_list = (self.list_lag > 0).then(|| (self.files.clone(), self.list_lag));
        let contains = |key: &ComponentKey| {
            let deleted = (key.kind.package_type().to_owned(), key.full_name.clone());
            files.iter().any(|file| {
                let deletes = file.path.starts_with("destructiveChanges");
                package::key_of(&file.path).as_ref() == Some(key)
                    || deletes && members(&file.text).contains(&deleted)
            })
        };
        if let Some((key, problem)) = self.rejections.pop_front_if(|(key, _)| contains(key)) {
            if self.loses_deploys_after_rejection {
                let kind = ErrorKind::Interrupted { timed_out: false, text: "reset".to_owned() };
                let only = Some(Call::StartDeploy);
                self.failures.push(Failure { from: 0, times: usize::MAX, only, after: false, kind });
            }
            let failure = ComponentMessage { problem: Some(problem), ..message(&key) };
            return DeployReport { component_failures: vec![failure], ..ended("Failed") };
        }
        self.commits += 1;
        if let Some(kind) = self.rejects_next_deploys.take() {
            let only = Some(Call::StartDeploy);
            self.failures.push(Failure { from: 0, times: usize::MAX, only, after: false, kind });
        }
        if let Some((key, xml)) = self.appears.take() {
            self.add(key, xml);
        }
        let mut successes = Vec::new();
        for file in &files {
            if let Some(key) = package::key_of(&file.path) {
                let created = Some(!self.files.contains_key(&key));
                successes.push(ComponentMessage { created, ..message(&key) });
                self.write(key, file.text.clone());
            } else if file.path.starts_with("destructiveChanges") && !self.keeps_deleted {
                for (kind, name) in members(&file.text) {
                    self.delete(&kind, &name);
                }
            }
        }
        match self.misreports.pop_front() {
            Some(status) => DeployReport {
                error_message: (status == "Failed")
                    .then(|| "UNKNOWN_EXCEPTION: An unexpected error occurred.".to_owned()),
                ..ended(status)
            },
            None => DeployReport { component_successes: successes, ..ended("Succeeded") },
        }
    }

    fn write(&mut self, key: ComponentKey, mut text: String) {
        if let Some((from, to)) = &self.rewrites {
            text = text.replace(from, to);
        }
        let root = xml::parse(&text).unwrap_or_default();
        if key.kind == &global_oauth_settings::TYPE && root.text_of("consumerKey").is_none() {
            let key_of_before = self.files.get(&key).and_then(|file| {
                xml::parse(&file.xml).ok().and_then(|before| before.optional("consumerKey"))
            });
            let consumer = key_of_before.unwrap_or_else(|| format!("3MVG9{}", self.reports.len()));
            text = text.replace("</Ex", &format!("<consumerKey>{consumer}</consumerKey></Ex"));
        }
        if key.kind == &oauth_settings::TYPE
            && let Some(app) = root.text_of(PARENT)
        {
            self.create_policies(app);
        }
        match self.files.get_mut(&key) {
            Some(file) => file.xml = text,
            None => self.add(key, text),
        }
    }

    /// Creates policies, as Salesforce does together with OAuth settings.
    fn create_policies(&mut self, app: &str) {
        for (kind, suffix) in [(&configurable_policies::TYPE, "_plcy"), (&oauth_policies::TYPE, "_oauthPlcy")]
        {
            let reference = reference(app);
            let exists =
                self.files.iter().any(|(key, file)| key.kind == kind && file.xml.contains(&reference));
            if !exists {
                let name = kind.name;
                let xml = format!("<{name} xmlns=\"{NAMESPACE}\">{reference}<label>{app}</label></{name}>");
                self.add(ComponentKey::new(kind, format!("{app}{suffix}")), xml);
            }
        }
    }

    fn delete(&mut self, kind: &str, name: &str) {
        if kind == external_client_application::TYPE.name {
            return self.delete_app(name);
        }
        let found = self.files.keys().find(|key| key.kind.name == kind && key.full_name == name).cloned();
        let Some(file) = found.and_then(|key| self.files.remove(&key)) else { return };
        if kind == oauth_settings::TYPE.name
            && let Some(app) = xml::parse(&file.xml).ok().and_then(|root| root.optional(PARENT))
        {
            let reference = reference(&app);
            let goes_too = |kind: &MetadataType| kind != &external_client_application::TYPE;
            self.files.retain(|key, file| !goes_too(key.kind) || !file.xml.contains(&reference));
        }
    }

    fn listed(&mut self, is_asked: impl Fn(&ComponentKey) -> bool) -> Vec<(ComponentKey, StoredFile)> {
        let files = match &mut self.stale {
            Some((stale, reads)) if *reads > 0 => {
                *reads -= 1;
                stale
            }
            _ => &self.files,
        };
        let asked = files.iter().filter(|(key, _)| is_asked(key));
        asked.map(|(key, file)| (key.clone(), file.clone())).collect()
    }
}

const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// The element that assigns a file to an app.
fn reference(app: &str) -> String {
    format!("<{PARENT}>{app}</{PARENT}>")
}

/// The types and members of a manifest.
fn members(manifest: &str) -> Vec<(String, String)> {
    let root = xml::parse(manifest).unwrap_or_default();
    let types: Vec<_> = root.all("types").cloned().collect();
    let pairs = types.iter().flat_map(|types| {
        types.all("members").map(move |member| (types.string("name"), member.text.clone()))
    });
    pairs.collect()
}

fn message(key: &ComponentKey) -> ComponentMessage {
    ComponentMessage {
        component_type: key.kind.package_type().to_owned(),
        full_name: key.full_name.clone(),
        file_name: key.path(),
        ..ComponentMessage::default()
    }
}

fn ended(status: &str) -> DeployReport {
    DeployReport {
        done: true,
        success: status == "Succeeded",
        status: status.to_owned(),
        ..DeployReport::default()
    }
}

/// A different ID for each file.
fn record_id(path: &str) -> String {
    let digest = path.bytes().fold(7_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_000_000_000);
    format!("0xI{digest:012}")
}

fn properties(key: &ComponentKey, file: &StoredFile) -> FileProperties {
    FileProperties {
        type_name: key.kind.name.to_owned(),
        full_name: key.full_name.clone(),
        file_name: format!("unpackaged/{}", key.path()),
        id: record_id(&key.path()),
        manageable_state: Some("unmanaged".to_owned()),
        created_by_id: file.created_by.clone(),
        created_date: file.created.format(&Rfc3339).unwrap_or_default(),
        ..FileProperties::default()
    }
}

#[derive(Clone, Default)]
pub struct MemoryOrg(Arc<Mutex<State>>);

impl MemoryOrg {
    /// A connection to this org.
    pub fn connect(&self) -> Org {
        Org::new(Arc::new(self.clone()))
    }

    pub fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut lock(&self.0))
    }

    async fn respond<T>(&self, call: Call, act: impl FnOnce(&mut State) -> T) -> Result<T, Error> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if self.with(|state| state.hangs()) {
            return std::future::pending().await;
        }
        self.with(|state| {
            let number = state.calls.len();
            state.calls.push(call);
            let fails = |failure: &&mut Failure| {
                number >= failure.from && failure.times > 0 && failure.only.is_none_or(|only| only == call)
            };
            let failure = state.failures.iter_mut().find(fails).map(|failure| {
                failure.times -= 1;
                failure.clone()
            });
            match failure {
                Some(Failure { after: false, kind, .. }) => Err(Error::new(call, kind)),
                failure => {
                    let response = act(state);
                    failure.map_or(Ok(response), |failure| Err(Error::new(call, failure.kind)))
                }
            }
        })
    }
}

impl Connection for MemoryOrg {
    fn session(&self) -> ApiFuture<'_, SessionFacts> {
        Box::pin(async {
            if self.with(|state| state.hangs()) {
                return std::future::pending().await;
            }
            Ok(SessionFacts::new(ORG_ID, USER, 64, "https://org.test"))
        })
    }

    fn known_api_version(&self) -> BoxFuture<'_, Option<u16>> {
        Box::pin(async { Some(64) })
    }
}

impl MetadataReads for MemoryOrg {
    fn retrieve<'a>(&'a self, members: &'a [(String, Vec<String>)]) -> ApiFuture<'a, Retrieved> {
        Box::pin(self.respond(Call::FetchRetrieve, |state| {
            let hidden = state.hidden.clone();
            let found = state.listed(|key| {
                !hidden.contains(&key.kind)
                    && members.iter().any(|(kind, names)| {
                        kind == key.kind.package_type()
                            && names.iter().any(|name| name == "*" || *name == key.full_name)
                    })
            });
            let files = found.iter().map(|(key, file)| properties(key, file)).collect();
            let texts: Vec<_> = found.into_iter().map(|(key, file)| (key, file.xml)).collect();
            let zip = package::write(&texts, &[], 64).unwrap_or_default();
            Retrieved { zip, files, messages: Vec::new() }
        }))
    }

    fn list_metadata<'a>(&'a self, types: &'a [&'a str]) -> ApiFuture<'a, Vec<FileProperties>> {
        Box::pin(self.respond(Call::ListMetadata, |state| {
            let is_asked = |key: &ComponentKey| types.contains(&key.kind.package_type());
            if let Some((files, lists)) = &mut state.stale_list
                && *lists > 0
            {
                *lists -= 1;
                let listed = files.iter().filter(|(key, _)| is_asked(key));
                return listed.map(|(key, file)| properties(key, file)).collect();
            }
            let found = state.listed(is_asked);
            found.iter().map(|(key, file)| properties(key, file)).collect()
        }))
    }
}

impl Deploys for MemoryOrg {
    fn start_deploy<'a>(&'a self, zip: &'a [u8], _: bool) -> ApiFuture<'a, String> {
        Box::pin(self.respond(Call::StartDeploy, |state| {
            let report = state.deploy(zip);
            state.reports.push(report);
            format!("0Af{:012}", state.reports.len())
        }))
    }

    fn deploy_status<'a>(&'a self, id: &'a str) -> ApiFuture<'a, DeployReport> {
        Box::pin(self.respond(Call::DeployStatus, |state| {
            let number = id.trim_start_matches("0Af").parse::<usize>().unwrap_or(0);
            state.reports.get(number.wrapping_sub(1)).cloned().unwrap_or_default()
        }))
    }

    fn cancel_deploy<'a>(&'a self, _: &'a str) -> ApiFuture<'a, ()> {
        Box::pin(self.respond(Call::CancelDeploy, |_| ()))
    }
}

impl Queries for MemoryOrg {
    fn query<'a>(&'a self, soql: &'a str) -> ApiFuture<'a, Vec<Row>> {
        Box::pin(self.respond(Call::Query, move |state| {
            let is_asked =
                |object: &str| soql.split(' ').skip_while(|word| *word != "FROM").nth(1) == Some(object);
            let rows = state.rows.iter().filter(|(object, _)| is_asked(object));
            rows.map(|(_, row)| row.clone()).collect()
        }))
    }

    fn tooling_query<'a>(&'a self, _: &'a str) -> ApiFuture<'a, Vec<Row>> {
        Box::pin(self.respond(Call::Query, |_| Vec::new()))
    }

    fn count<'a>(&'a self, _: &'a str) -> ApiFuture<'a, u64> {
        Box::pin(self.respond(Call::Query, |state| {
            let apps = state.files.keys().filter(|key| key.kind == &external_client_application::TYPE);
            u64::try_from(apps.count()).unwrap_or(u64::MAX)
        }))
    }
}

/// This org does not return credentials.
impl CredentialsApi for MemoryOrg {
    fn consumer_credentials<'a>(&'a self, _: &'a str) -> ApiFuture<'a, Vec<Consumer>> {
        hidden(Call::ConsumerCredentials)
    }

    fn consumer_secret<'a>(&'a self, _: &'a str, _: &'a str) -> ApiFuture<'a, (String, Secret)> {
        hidden(Call::ConsumerSecret)
    }

    fn staged_credentials<'a>(&'a self, _: &'a str, _: &'a str) -> ApiFuture<'a, Vec<Staged>> {
        hidden(Call::StagedCredentials)
    }

    fn stage_credentials<'a>(&'a self, _: &'a str, _: &'a str) -> ApiFuture<'a, Vec<Staged>> {
        hidden(Call::StageCredentials)
    }

    fn rotate_credentials<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> ApiFuture<'a, ()> {
        hidden(Call::RotateCredentials)
    }

    fn revoke_credentials<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> ApiFuture<'a, ()> {
        hidden(Call::RevokeCredentials)
    }
}

fn hidden<'a, T: 'a>(call: Call) -> ApiFuture<'a, T> {
    let kind = ErrorKind::Fault { code: "INSUFFICIENT_ACCESS".to_owned(), text: String::new() };
    Box::pin(async move { Err(Error::new(call, kind)) })
}
