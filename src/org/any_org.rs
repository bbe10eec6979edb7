//! An org whose behavior is determined by input bytes, for `properties`. It may store deployed files, list and return
//! files, or reject calls. When no bytes are left, every call fails.
//!
//! Not here: realistic behavior. For that, the tests of this layer use a scripted org, and the acceptance tests use an
//! emulator.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{
    ApiFuture, BoxFuture, Connection, CredentialsApi, Deploys, MetadataReads, Org, Queries, Row, SessionFacts,
};
use crate::lock::lock;
use crate::metadata::{ComponentKey, Element, package, types};
use crate::properties::Choices;
use crate::salesforce::{
    AuthProblem, Call, ComponentMessage, Consumer, DeployReport, Error, ErrorKind, FileProperties,
    RetrieveMessage, Retrieved, Staged, StagedState,
};
use crate::secret::Secret;

const TEXTS: [&str; 12] = [
    "Shop",
    "Shop_oauth",
    "Shop_glbloauth",
    "true",
    "1",
    "",
    "Api, RefreshToken",
    "AllSelfAuthorized",
    "2026-11-29T10:00:00.000Z",
    "00D000000000001",
    "Local",
    "é\u{202e}'",
];

pub fn org(script: Vec<u8>) -> Org {
    Org::new(Arc::new(AnyOrg(Mutex::new(State { script, files: BTreeMap::new() }))))
}

struct AnyOrg(Mutex<State>);

struct State {
    script: Vec<u8>,
    files: BTreeMap<ComponentKey, String>,
}

type Files = BTreeMap<ComponentKey, String>;

impl AnyOrg {
    async fn respond<T>(
        &self,
        call: Call,
        act: impl FnOnce(&mut Choices<'_>, &mut Files) -> T,
    ) -> Result<T, Error> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let mut state = lock(&self.0);
        let script = std::mem::take(&mut state.script);
        let mut choices = Choices::new(&script);
        let answer = match choices.is_over() || choices.one_in(8) {
            true => Err(Error::new(call, error_kind(&mut choices))),
            false => Ok(act(&mut choices, &mut state.files)),
        };
        state.script = choices.rest().to_vec();
        answer
    }
}

fn error_kind(choices: &mut Choices<'_>) -> ErrorKind {
    let text = "whatever".to_owned();
    match choices.below(8) {
        0 => {
            let codes = [
                "INSUFFICIENT_ACCESS",
                "INVALID_CROSS_REFERENCE_KEY",
                "UNABLE_TO_LOCK_ROW",
                "INVALID_TYPE",
                "UNKNOWN_EXCEPTION",
                "NOT_FOUND",
            ];
            ErrorKind::Fault { code: choices.of(&codes).to_owned(), text }
        }
        1 => ErrorKind::Interrupted { timed_out: choices.one_in(2), text },
        2 => ErrorKind::Limit { concurrent: choices.one_in(2), text },
        3 => ErrorKind::Status { status: choices.of(&[404, 500, 503, 420]) },
        4 => ErrorKind::Malformed(text),
        5 => ErrorKind::Auth { problem: AuthProblem::SessionExpired, message: None },
        6 => ErrorKind::RetrieveFailed { code: None, text },
        _ => ErrorKind::Unreachable { host: "org.test".to_owned(), dns: false, text },
    }
}

fn text(choices: &mut Choices<'_>) -> String {
    choices.of(&TEXTS).to_owned()
}

fn optional(choices: &mut Choices<'_>) -> Option<String> {
    choices.one_in(2).then(|| text(choices))
}

fn some_file(choices: &mut Choices<'_>) -> Option<(ComponentKey, String)> {
    let kind = types::ALL.get(choices.below(types::ALL.len()))?;
    let mut root = Element::new(kind.name);
    for _ in 0..choices.below(6) {
        let field = kind.fields.get(choices.below(kind.fields.len()))?;
        let (group, name) = field.element.rsplit_once('/').unwrap_or(("", field.element));
        let leaf = Element::leaf(name, text(choices));
        let inside = Element { children: vec![leaf.clone()], ..Element::new(group) };
        root.children.push(if group.is_empty() { leaf } else { inside });
    }
    let mut xml = String::new();
    root.write(&mut xml, 0);
    let full_name = kind.settings_member.map_or_else(|| text(choices), str::to_owned);
    Some((ComponentKey::new(kind, full_name), xml))
}

fn properties(key: &ComponentKey, choices: &mut Choices<'_>) -> FileProperties {
    FileProperties {
        type_name: key.kind.name.to_owned(),
        full_name: key.full_name.clone(),
        file_name: key.path(),
        id: optional(choices).unwrap_or_default(),
        namespace: optional(choices),
        manageable_state: optional(choices),
        created_date: text(choices),
        ..FileProperties::default()
    }
}

fn row(choices: &mut Choices<'_>) -> Row {
    let columns = [
        "Id",
        "Name",
        "DeveloperName",
        "MasterLabel",
        "NamespacePrefix",
        "Username",
        "Status",
        "expr0",
        "CreatedDate",
        "CompletedDate",
        "IsActive",
    ];
    let mut row = Row::new();
    for column in columns {
        let value = match choices.below(4) {
            0 => continue,
            1 => serde_json::Value::from(choices.byte()),
            2 => serde_json::Value::Null,
            _ => serde_json::Value::from(text(choices)),
        };
        row.insert(column.to_owned(), value);
    }
    row
}

fn message(key: &ComponentKey, choices: &mut Choices<'_>) -> ComponentMessage {
    let success = choices.one_in(2);
    ComponentMessage {
        component_type: key.kind.name.to_owned(),
        full_name: key.full_name.clone(),
        file_name: key.path(),
        problem: if success { None } else { optional(choices) },
        line_number: u32::try_from(choices.below(30)).ok(),
        ..ComponentMessage::default()
    }
}

fn staged(choices: &mut Choices<'_>) -> Staged {
    Staged {
        id: text(choices),
        key: optional(choices),
        state: match choices.below(3) {
            0 => StagedState::Active,
            1 => StagedState::Rotated,
            _ => StagedState::Expired,
        },
        created_by: optional(choices),
        created_date: optional(choices),
        expiration_date: optional(choices),
    }
}

impl Connection for AnyOrg {
    fn session(&self) -> ApiFuture<'_, SessionFacts> {
        Box::pin(self.respond(Call::Login, |_, _| {
            SessionFacts::new("00D000000000001", "005000000000001", 62, "https://org.test")
        }))
    }

    fn known_api_version(&self) -> BoxFuture<'_, Option<u16>> {
        Box::pin(async { Some(62) })
    }
}

impl MetadataReads for AnyOrg {
    fn retrieve<'a>(&'a self, members: &'a [(String, Vec<String>)]) -> ApiFuture<'a, Retrieved> {
        Box::pin(self.respond(Call::FetchRetrieve, |choices, files| {
            files.extend((0..choices.below(3)).filter_map(|_| some_file(choices)));
            let is_asked = |key: &ComponentKey| {
                members.iter().any(|(kind, names)| {
                    kind == key.kind.name && names.iter().any(|name| name == "*" || *name == key.full_name)
                })
            };
            let given: Vec<(ComponentKey, String)> = files
                .iter()
                .filter(|(key, _)| is_asked(key) != choices.one_in(12))
                .map(|(key, xml)| (key.clone(), xml.clone()))
                .collect();
            let zip = package::write(&given, &[], 62).unwrap_or_default();
            Retrieved {
                zip: if choices.one_in(12) { choices.mutated(&zip) } else { zip },
                files: given.iter().map(|(key, _)| properties(key, choices)).collect(),
                messages: optional(choices)
                    .map(|problem| RetrieveMessage { file_name: "package.xml".to_owned(), problem })
                    .into_iter()
                    .collect(),
            }
        }))
    }

    fn list_metadata<'a>(&'a self, asked: &'a [&'a str]) -> ApiFuture<'a, Vec<FileProperties>> {
        Box::pin(self.respond(Call::ListMetadata, |choices, files| {
            let listed = files.keys().filter(|key| asked.contains(&key.kind.name));
            listed.map(|key| properties(key, choices)).collect()
        }))
    }
}

impl Deploys for AnyOrg {
    fn start_deploy<'a>(&'a self, zip: &'a [u8], _: bool) -> ApiFuture<'a, String> {
        Box::pin(self.respond(Call::StartDeploy, |choices, files| {
            for file in package::read(zip).unwrap_or_default() {
                if let Some(key) = package::key_of(&file.path)
                    && !choices.one_in(8)
                {
                    files.insert(key, file.text);
                }
            }
            "0Af000000000001".to_owned()
        }))
    }

    fn deploy_status<'a>(&'a self, _: &'a str) -> ApiFuture<'a, DeployReport> {
        Box::pin(self.respond(Call::DeployStatus, |choices, files| {
            let status =
                choices.of(&["Succeeded", "Succeeded", "InProgress", "Failed", "Canceled", "Pending", "Odd"]);
            let done = !matches!(status, "InProgress" | "Pending");
            let messages = |choices: &mut Choices<'_>| {
                let some = choices.below(3);
                files.keys().take(some).map(|key| message(key, choices)).collect::<Vec<_>>()
            };
            DeployReport {
                done,
                success: status == "Succeeded",
                status: status.to_owned(),
                component_successes: messages(choices),
                component_failures: if status == "Failed" { messages(choices) } else { Vec::new() },
                error_status_code: if status == "Failed" { optional(choices) } else { None },
                error_message: if status == "Failed" { optional(choices) } else { None },
                ..DeployReport::default()
            }
        }))
    }

    fn cancel_deploy<'a>(&'a self, _: &'a str) -> ApiFuture<'a, ()> {
        Box::pin(self.respond(Call::CancelDeploy, |_, _| ()))
    }
}

impl Queries for AnyOrg {
    fn query<'a>(&'a self, _: &'a str) -> ApiFuture<'a, Vec<Row>> {
        Box::pin(
            self.respond(Call::Query, |choices, _| (0..choices.below(3)).map(|_| row(choices)).collect()),
        )
    }

    fn tooling_query<'a>(&'a self, _: &'a str) -> ApiFuture<'a, Vec<Row>> {
        Box::pin(
            self.respond(Call::Query, |choices, _| (0..choices.below(2)).map(|_| row(choices)).collect()),
        )
    }

    fn count<'a>(&'a self, _: &'a str) -> ApiFuture<'a, u64> {
        Box::pin(self.respond(Call::Query, |choices, _| choices.of(&[0, 1, 7, 100_000, u64::MAX])))
    }
}

impl CredentialsApi for AnyOrg {
    fn consumer_credentials<'a>(&'a self, _: &'a str) -> ApiFuture<'a, Vec<Consumer>> {
        Box::pin(self.respond(Call::ConsumerCredentials, |choices, _| {
            let consumer = |choices: &mut Choices<'_>| Consumer { id: text(choices), key: text(choices) };
            (0..choices.below(3)).map(|_| consumer(choices)).collect()
        }))
    }

    fn consumer_secret<'a>(&'a self, _: &'a str, _: &'a str) -> ApiFuture<'a, (String, Secret)> {
        Box::pin(self.respond(Call::ConsumerSecret, |choices, _| (text(choices), Secret::new(text(choices)))))
    }

    fn staged_credentials<'a>(&'a self, _: &'a str, _: &'a str) -> ApiFuture<'a, Vec<Staged>> {
        Box::pin(self.respond(Call::StagedCredentials, |choices, _| {
            (0..choices.below(3)).map(|_| staged(choices)).collect()
        }))
    }

    fn stage_credentials<'a>(&'a self, _: &'a str, _: &'a str) -> ApiFuture<'a, Vec<Staged>> {
        Box::pin(self.respond(Call::StageCredentials, |choices, _| {
            (0..choices.below(3)).map(|_| staged(choices)).collect()
        }))
    }

    fn rotate_credentials<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> ApiFuture<'a, ()> {
        Box::pin(self.respond(Call::RotateCredentials, |_, _| ()))
    }

    fn revoke_credentials<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> ApiFuture<'a, ()> {
        Box::pin(self.respond(Call::RevokeCredentials, |_, _| ()))
    }
}
