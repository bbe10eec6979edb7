//! Tests for the org layer against a scripted org, with paused time.

mod batches;
mod callers;
mod deploys;
mod edits;
mod inventory;
mod isolation;
mod model;
mod parts;
mod reads;
mod rotation_model;
mod rotations;
mod stops;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::*;
use crate::metadata::types::{
    configurable_policies, external_client_application, global_oauth_settings, oauth_policies, oauth_settings,
};
use crate::metadata::{ComponentKey, package};
use crate::salesforce::{
    Call, ComponentMessage, Consumer, DeployReport, Error, ErrorKind, FileProperties, RetrieveMessage,
    Retrieved, retry_for_ever,
};
use crate::secret::Secret;

static APP: &MetadataType = &external_client_application::TYPE;
static SETTINGS: &MetadataType = &oauth_settings::TYPE;
static GLOBAL: &MetadataType = &global_oauth_settings::TYPE;
static POLICIES: &MetadataType = &configurable_policies::TYPE;
static OAUTH_POLICIES: &MetadataType = &oauth_policies::TYPE;

/// A response to polls, from this many milliseconds after the start of the deploy.
type Stage = (u64, Result<DeployReport, Error>);

/// The script of one deploy.
struct Course {
    /// How many milliseconds the org takes to respond to the start, and the error that it returns, if any.
    start: (u64, Option<Error>),
    stages: Vec<Stage>,
    /// The delay and the final report after a cancellation. `None` if the deploy cannot be canceled.
    canceled: Option<(u64, DeployReport)>,
}

impl Course {
    fn new(stages: Vec<Stage>) -> Course {
        Course { start: (10, None), stages, canceled: None }
    }

    /// A deploy that runs for this many milliseconds and then ends with this report.
    fn ends(after: u64, report: DeployReport) -> Course {
        Course::new(vec![(0, Ok(status("InProgress"))), (after, Ok(report))])
    }

    fn rejected(error: Error) -> Course {
        Course { start: (10, Some(error)), ..Course::new(Vec::new()) }
    }

    fn cancelable(self, after: u64) -> Course {
        Course { canceled: Some((after, ended("Canceled"))), ..self }
    }
}

#[derive(Default)]
struct State {
    courses: VecDeque<Course>,
    running: BTreeMap<String, (Instant, Course, Option<Instant>)>,
    /// The calls: `start`, `poll`, `cancel`, `queue`, `retrieve …`, `list …`, `count …`.
    journal: Vec<String>,
    /// The sent packages: `ignore_warnings`, and the paths in the zip file.
    packages: Vec<(bool, Vec<String>)>,
    files: BTreeMap<ComponentKey, (String, FileProperties)>,
    /// Components that are listed but never returned.
    listed_only: Vec<FileProperties>,
    /// The full names of components that are returned only if they are requested by name.
    named_only: BTreeSet<String>,
    rejected: Vec<&'static str>,
    warnings: Vec<String>,
    damaged: u32,
    /// Every retrieve is retried for this error until its caller gives up.
    retried: Option<Error>,
    list_fails: Option<Error>,
    /// Whether list calls lag behind and return none of the files.
    unlisted: bool,
    /// The number of apps besides those with files.
    foreign_apps: u64,
    count_fails: Option<Error>,
    /// Whether deploys write their files when they end. `contents` has the ID and files of each deploy, and whether it
    /// has written them.
    lives: bool,
    contents: Vec<(String, Vec<package::PackagedFile>, bool)>,
    /// Deploys by others: ID, start and end in milliseconds, and the label that they write into Shop.
    concurrent: Vec<(String, u64, u64, Option<&'static str>)>,
    epoch: Option<Instant>,
    queue_fails: Option<Error>,
    /// Deploys do not save lines that contain this text.
    drops: Option<&'static str>,
}

/// The ID of deploys by others that do not write Shop.
const UNRELATED: &str = "0AfUnrelated";

impl State {
    fn now(&mut self) -> u64 {
        let epoch = *self.epoch.get_or_insert_with(Instant::now);
        u64::try_from(epoch.elapsed().as_millis()).unwrap()
    }

    /// Whether a deploy of ours has succeeded.
    fn has_succeeded(&self, id: &str) -> bool {
        self.running.get(id).is_some_and(|(started, course, _)| {
            course.stages.last().is_some_and(|(at, report)| {
                started.elapsed() >= Duration::from_millis(*at)
                    && report.as_ref().is_ok_and(|report| report.done && report.success)
            })
        })
    }

    /// Applies completed deploys, those by others first.
    fn live(&mut self) {
        if !self.lives {
            return;
        }
        let now = self.now();
        for (_, _, ends, label) in &mut self.concurrent {
            if now >= *ends
                && let Some(label) = label.take()
            {
                let (xml, _) = self.files.get_mut(&ComponentKey::new(APP, "Shop")).unwrap();
                *xml = format!("<{0} xmlns=\"x\"><label>{label}</label></{0}>", APP.name);
            }
        }
        let ended: Vec<usize> = (0..self.contents.len())
            .filter(|at| !self.contents[*at].2 && self.has_succeeded(&self.contents[*at].0))
            .collect();
        for at in ended {
            self.contents[at].2 = true;
            for file in self.contents[at].1.clone() {
                if let Some(key) = package::key_of(&file.path) {
                    let properties = properties(key.kind, &key.full_name);
                    let kept = file.text.lines().filter(|line| !line.contains(self.drops.unwrap_or("\n")));
                    self.files.insert(key, (kept.collect::<Vec<_>>().join("\n"), properties));
                }
            }
        }
    }
}

/// An org that follows a script and keeps a journal.
#[derive(Default)]
struct Script(Mutex<State>);

impl Script {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.lock().unwrap();
        state.live();
        act(&mut state)
    }

    fn course(self: &Arc<Self>, course: Course) -> &Arc<Self> {
        self.with(|state| state.courses.push_back(course));
        self
    }

    fn file(self: &Arc<Self>, kind: &'static MetadataType, full_name: &str, inside: &str) -> &Arc<Self> {
        let xml = format!("<{0} xmlns=\"x\">{inside}</{0}>", kind.name);
        self.with(|state| {
            let key = ComponentKey::new(kind, full_name);
            state.files.insert(key, (xml, properties(kind, full_name)))
        });
        self
    }

    fn part(self: &Arc<Self>, kind: &'static MetadataType, full_name: &str, app: &str) -> &Arc<Self> {
        let parent = format!("<externalClientApplication>{app}</externalClientApplication>");
        self.file(kind, full_name, &parent)
    }

    fn count(&self, call: &str) -> usize {
        self.with(|state| state.journal.iter().filter(|entry| entry.starts_with(call)).count())
    }

    fn entries(&self, call: &str) -> Vec<String> {
        let matching = |state: &mut State| {
            let entries = state.journal.iter().filter(|entry| entry.starts_with(call));
            entries.cloned().collect()
        };
        self.with(matching)
    }
}

impl Connection for Script {
    fn session(&self) -> ApiFuture<'_, SessionFacts> {
        Box::pin(async {
            Ok(SessionFacts::new("00D000000000001", "005000000000001", 62, "https://org.test"))
        })
    }

    fn known_api_version(&self) -> BoxFuture<'_, Option<u16>> {
        Box::pin(async { Some(62) })
    }
}

impl MetadataReads for Script {
    fn retrieve<'a>(&'a self, members: &'a [(String, Vec<String>)]) -> ApiFuture<'a, Retrieved> {
        Box::pin(async move {
            sleep(Duration::from_millis(100)).await;
            if let Some(error) = self.with(|state| state.retried.clone()) {
                return retry_for_ever(error).await;
            }
            self.with(|state| {
                let asked: Vec<String> =
                    members.iter().map(|(kind, names)| format!("{kind}:{}", names.join("+"))).collect();
                state.journal.push(format!("retrieve {}", asked.join(" ")));
                if members.iter().any(|(kind, _)| state.rejected.contains(&kind.as_str())) {
                    return Err(fault(Call::StartRetrieve, "INSUFFICIENT_ACCESS"));
                }
                let asked = |key: &ComponentKey| {
                    members.iter().any(|(kind, names)| {
                        let all =
                            names.contains(&"*".to_owned()) && !state.named_only.contains(&key.full_name);
                        *kind == key.kind.name && (all || names.contains(&key.full_name))
                    })
                };
                let files: Vec<_> = state.files.iter().filter(|(key, _)| asked(key)).collect();
                let texts: Vec<_> =
                    files.iter().map(|(key, (xml, _))| ((*key).clone(), xml.clone())).collect();
                let mut zip = package::write(&texts, &[], 62).unwrap();
                if state.damaged > 0 {
                    state.damaged -= 1;
                    zip.truncate(zip.len() / 2);
                }
                let remark = |problem: &String| RetrieveMessage {
                    file_name: "package.xml".into(),
                    problem: problem.clone(),
                };
                Ok(Retrieved {
                    zip,
                    files: files.iter().map(|(_, (_, properties))| properties.clone()).collect(),
                    messages: state.warnings.iter().map(remark).collect(),
                })
            })
        })
    }

    fn list_metadata<'a>(&'a self, types: &'a [&'a str]) -> ApiFuture<'a, Vec<FileProperties>> {
        Box::pin(async move {
            sleep(Duration::from_millis(20)).await;
            self.with(|state| {
                state.journal.push(format!("list {}", types.join(" ")));
                if let Some(error) = &state.list_fails {
                    return Err(error.clone());
                }
                let files =
                    state.files.values().filter(|_| !state.unlisted).map(|(_, properties)| properties);
                let files = files.chain(&state.listed_only);
                Ok(files.filter(|file| types.contains(&file.type_name.as_str())).cloned().collect())
            })
        })
    }
}

impl Deploys for Script {
    fn start_deploy<'a>(&'a self, zip: &'a [u8], ignore_warnings: bool) -> ApiFuture<'a, String> {
        Box::pin(async move {
            let files = package::read(zip).unwrap();
            let course = self.with(|state| {
                state.now();
                state.journal.push("start".into());
                let paths = files.iter().map(|file| file.path.clone()).collect();
                state.packages.push((ignore_warnings, paths));
                state.courses.pop_front().expect("a course for each deploy")
            });
            sleep(Duration::from_millis(course.start.0)).await;
            if let Some(error) = &course.start.1 {
                return Err(error.clone());
            }
            Ok(self.with(|state| {
                assert!(
                    state.running.values().all(|(start, course, canceled)| {
                        canceled.is_some() && course.canceled.is_some()
                            || course.stages.last().is_some_and(|(at, last)| {
                                last.as_ref().is_ok_and(|report| report.done)
                                    && start.elapsed() >= Duration::from_millis(*at)
                            })
                    }),
                    "two deploys at a time"
                );
                let id = format!("0Af{}", state.packages.len());
                state.contents.push((id.clone(), files.clone(), false));
                state.running.insert(id.clone(), (Instant::now(), course, None));
                id
            }))
        })
    }

    fn deploy_status<'a>(&'a self, id: &'a str) -> ApiFuture<'a, DeployReport> {
        Box::pin(async move {
            sleep(Duration::from_millis(5)).await;
            self.with(|state| {
                state.journal.push("poll".into());
                if state.concurrent.iter().any(|(rival, ..)| rival == id) {
                    let wrote = ComponentMessage {
                        component_type: APP.name.into(),
                        full_name: if id == UNRELATED { "Other" } else { "Shop" }.into(),
                        ..ComponentMessage::default()
                    };
                    return Ok(DeployReport { component_successes: vec![wrote], ..ended("Succeeded") });
                }
                let (started, course, canceled) = state.running.get(id).expect("a deploy of ours");
                if let (Some(at), Some((after, report))) = (canceled, &course.canceled)
                    && at.elapsed() >= Duration::from_millis(*after)
                {
                    return Ok(report.clone());
                }
                let past = |(at, _): &&Stage| started.elapsed() >= Duration::from_millis(*at);
                course.stages.iter().rfind(past).expect("a stage").1.clone()
            })
        })
    }

    fn cancel_deploy<'a>(&'a self, id: &'a str) -> ApiFuture<'a, ()> {
        Box::pin(async move {
            sleep(Duration::from_millis(5)).await;
            self.with(|state| {
                state.journal.push("cancel".into());
                let (_, course, canceled) = state.running.get_mut(id).expect("a deploy of ours");
                *canceled = Some(Instant::now());
                if course.canceled.is_some() {
                    Ok(())
                } else {
                    Err(fault(Call::CancelDeploy, "INVALID_ID_FIELD"))
                }
            })
        })
    }
}

impl Queries for Script {
    fn query<'a>(&'a self, _: &'a str) -> ApiFuture<'a, Vec<Row>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn tooling_query<'a>(&'a self, _: &'a str) -> ApiFuture<'a, Vec<Row>> {
        Box::pin(async move {
            sleep(Duration::from_millis(5)).await;
            self.with(|state| {
                state.journal.push("queue".into());
                if let Some(error) = &state.queue_fails {
                    return Err(error.clone());
                }
                let now = state.now();
                let epoch = state.epoch.unwrap();
                let row = |id: &str, created: u64, done: bool| {
                    let completed = if done { "done".into() } else { serde_json::Value::Null };
                    let created = format!("{created:012}");
                    let row =
                        serde_json::json!({"Id": id, "CreatedDate": created, "CompletedDate": completed});
                    row.as_object().cloned().unwrap()
                };
                let concurrent = state.concurrent.iter().filter(|(_, created, ..)| *created <= now);
                let mut rows: Vec<Row> =
                    concurrent.map(|(id, created, ends, _)| row(id, *created, now >= *ends)).collect();
                for (id, (started, course, canceled)) in &state.running {
                    let created = started.duration_since(epoch).as_millis() as u64;
                    let over = course
                        .stages
                        .last()
                        .is_some_and(|(at, _)| started.elapsed() >= Duration::from_millis(*at));
                    rows.push(row(id, created, over || canceled.is_some()));
                }
                Ok(rows)
            })
        })
    }

    fn count<'a>(&'a self, object: &'a str) -> ApiFuture<'a, u64> {
        Box::pin(async move {
            self.with(|state| {
                state.journal.push(format!("count {object}"));
                if let Some(error) = &state.count_fails {
                    return Err(error.clone());
                }
                let apps = state.files.keys().filter(|key| key.kind == APP).count();
                Ok(state.foreign_apps + apps as u64)
            })
        })
    }
}

impl CredentialsApi for Script {
    fn consumer_credentials<'a>(&'a self, id: &'a str) -> ApiFuture<'a, Vec<Consumer>> {
        Box::pin(async move {
            match id {
                "hidden" => Err(fault(Call::ConsumerCredentials, "INSUFFICIENT_ACCESS")),
                "away" => Err(lost(Call::ConsumerCredentials)),
                _ => Ok(vec![Consumer { id: "888".into(), key: "3MVG9".into() }]),
            }
        })
    }

    fn consumer_secret<'a>(&'a self, _: &'a str, _: &'a str) -> ApiFuture<'a, (String, Secret)> {
        Box::pin(async { Err(fault(Call::ConsumerSecret, "NOT_FOUND")) })
    }

    fn staged_credentials<'a>(&'a self, _: &'a str, _: &'a str) -> ApiFuture<'a, Vec<Staged>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn stage_credentials<'a>(&'a self, _: &'a str, _: &'a str) -> ApiFuture<'a, Vec<Staged>> {
        Box::pin(async { Err(fault(Call::StageCredentials, "NOT_FOUND")) })
    }

    fn rotate_credentials<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> ApiFuture<'a, ()> {
        Box::pin(async { Err(fault(Call::RotateCredentials, "NOT_FOUND")) })
    }

    fn revoke_credentials<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> ApiFuture<'a, ()> {
        Box::pin(async { Err(fault(Call::RevokeCredentials, "NOT_FOUND")) })
    }
}

impl Org {
    /// Applies changes without reading anything afterwards.
    async fn make(&self, changes: Changes, deadline: Instant) -> Result<Applied, ApplyError> {
        self.apply(changes, Vec::new(), deadline).await
    }
}

fn script() -> (Arc<Script>, Org) {
    let script = Arc::new(Script::default());
    (script.clone(), Org::new(script))
}

fn in_time() -> Instant {
    within(1200)
}

fn within(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

fn properties(kind: &'static MetadataType, full_name: &str) -> FileProperties {
    FileProperties {
        type_name: kind.name.into(),
        full_name: full_name.into(),
        file_name: format!("unpackaged/{}", ComponentKey::new(kind, full_name).path()),
        id: format!("id of {full_name}"),
        ..FileProperties::default()
    }
}

fn status(status: &str) -> DeployReport {
    DeployReport { status: status.into(), ..DeployReport::default() }
}

fn ended(how: &str) -> DeployReport {
    DeployReport { done: true, success: how == "Succeeded", ..status(how) }
}

fn failed(failures: Vec<ComponentMessage>) -> DeployReport {
    DeployReport { component_failures: failures, ..ended("Failed") }
}

fn problem(key: &ComponentKey, text: &str) -> ComponentMessage {
    ComponentMessage {
        component_type: key.kind.name.into(),
        full_name: key.full_name.clone(),
        file_name: key.path(),
        problem: Some(text.into()),
        problem_type: Some("Error".into()),
        ..ComponentMessage::default()
    }
}

fn fault(call: Call, code: &str) -> Error {
    Error::new(call, ErrorKind::Fault { code: code.into(), text: "the org's words".into() })
}

/// The error for a connection that was lost after the request was sent.
fn lost(call: Call) -> Error {
    Error::new(call, ErrorKind::Interrupted { timed_out: false, text: "reset".into() })
}

fn shop() -> Component {
    let mut shop = Component::new(ComponentKey::new(APP, "Shop"), "");
    shop.put("label", "Shop".into());
    shop.put("contact_email", "shop@example.com".into());
    shop
}

fn write_shop() -> Changes {
    Changes::Write(vec![shop()])
}
