//! The org, and what a run may do in it. Every change to the org goes through this module, which rejects changes to
//! components that do not belong to the run.

use crate::client::{CallError, Client};
use crate::file::{File, TYPES, manifest};
use crate::names::NameScope;
use acceptance_tests::canary::Secret;
use acceptance_tests::interrupt;
use acceptance_tests::org::{APP, Component};
use acceptance_tests::target::{Credentials, Target};
use serde_json::{Map, Value, json};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The newest API version that this program was written for.
const NEWEST_VERSION: u32 = 68;

/// The org computes these elements, so a copy must not contain them.
const COMPUTED: &[&str] = &["consumerKey", "consumerSecret", "oauthLink", "orgScopedExternalApp"];

pub struct Org {
    client: Client,
    credentials: Credentials,
    pub scope: NameScope,
    pub about: About,
    secrets: RefCell<BTreeSet<String>>,
    /// The org's settings, as far as they can be read.
    settings: Map<String, Value>,
    last_deploy: RefCell<String>,
    /// Whether interrupts are ignored, so that the cleanup can complete.
    is_closing: Cell<bool>,
}

#[derive(Debug, Clone)]
pub struct About {
    pub id: String,
    pub name: String,
    pub kind: Kind,
    pub instance: String,
    pub url: String,
    pub username: String,
    pub version: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sandbox,
    Developer,
    Production,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sandbox => "a sandbox or scratch org",
            Self::Developer => "a Developer Edition org",
            Self::Production => "PRODUCTION",
        })
    }
}

/// One message from a deploy.
#[derive(Debug, Clone)]
pub struct Message {
    pub kind: String,
    pub problem: String,
    pub line: Option<u64>,
}

#[derive(Debug)]
pub struct Deployed {
    pub success: bool,
    pub failures: Vec<Message>,
    /// The messages about accepted components, including warnings.
    pub successes: Vec<Message>,
    error: String,
}

impl Deployed {
    /// The messages that the org returned, or `accepted`.
    pub fn message(&self) -> String {
        if self.success {
            return "accepted".to_owned();
        }
        let words = self.failures.iter().map(|failure| match failure.line {
            Some(line) => format!("{} (line {line})", failure.problem),
            None => failure.problem.clone(),
        });
        let words: Vec<String> =
            words.chain(Some(self.error.clone())).filter(|word| !word.is_empty()).collect();
        words.join("; ")
    }
}

/// A response from the REST API.
#[derive(Debug)]
pub struct RestReply {
    pub status: u64,
    pub body: Value,
}

impl RestReply {
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The status code, and the message that the org returned.
    pub fn message(&self) -> String {
        let error = self.body.get(0);
        let part = |name: &str| error.map(|error| text(error, name)).unwrap_or_default();
        match (self.is_good(), part("message").is_empty()) {
            (true, _) => format!("HTTP {}", self.status),
            (false, false) => format!("HTTP {}, {}: {}", self.status, part("errorCode"), part("message")),
            (false, true) => format!("HTTP {} without a message", self.status),
        }
    }
}

/// Collects the values of all members named `secret`, at any depth.
fn secrets_in(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let secret = members.get("secret").and_then(Value::as_str);
            found.extend(secret.filter(|secret| !secret.is_empty()).map(str::to_owned));
            members.values().for_each(|member| secrets_in(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| secrets_in(item, found)),
        _ => {}
    }
}

#[derive(Debug, Default)]
pub struct Retrieved {
    pub components: Vec<Component>,
    pub messages: Vec<String>,
}

impl Org {
    pub fn connect(credentials: Credentials, scope: NameScope) -> Result<Self, CallError> {
        let client = Client::start(&credentials)?;
        let found = client.call("logIn", json!({ "newest": NEWEST_VERSION }))?;
        let organization = found.get("organization").cloned().unwrap_or_default();
        let kind = match (organization.get("IsSandbox"), text(&organization, "OrganizationType").as_str()) {
            (Some(Value::Bool(true)), _) => Kind::Sandbox,
            (_, "Developer Edition") => Kind::Developer,
            // An org that is not known to be anything else counts as production.
            _ => Kind::Production,
        };
        let about = About {
            id: text(&organization, "Id"),
            name: text(&organization, "Name"),
            kind,
            instance: text(&organization, "InstanceName"),
            url: text(&found, "instanceUrl"),
            username: text(&found, "username"),
            version: text(&found, "version"),
        };
        let mut secrets: BTreeSet<String> =
            ["SALESFORCE_ACCESS_TOKEN", "SALESFORCE_CLIENT_SECRET", "SALESFORCE_PRIVATE_KEY"]
                .iter()
                .filter_map(|name| credentials.get(*name).cloned())
                .collect();
        secrets.insert(text(&found, "accessToken"));
        let mut org = Self {
            client,
            credentials,
            scope,
            about,
            secrets: RefCell::new(secrets),
            settings: Map::new(),
            last_deploy: RefCell::default(),
            is_closing: Cell::new(false),
        };
        // The run continues without the settings if the login is not allowed to read them.
        let settings = org.retrieve(&[("Settings", "OauthOidc"), ("Settings", "ExternalClientApp")]);
        org.settings = settings
            .unwrap_or_default()
            .components
            .into_iter()
            .flat_map(|component| component.fields)
            .collect();
        Ok(org)
    }

    /// An org setting, or `None` if it cannot be read.
    pub fn setting(&self, element: &str) -> Option<bool> {
        Some(self.settings.get(element)?.as_str()? == "true")
    }

    pub fn last_deploy(&self) -> String {
        self.last_deploy.borrow().clone()
    }

    /// Ignores interrupts from now on.
    pub fn close(&self) {
        self.is_closing.set(true);
    }

    pub fn call(&self, name: &str, given: Value) -> Result<Value, CallError> {
        if interrupt::is_requested() && !self.is_closing.get() {
            return Err(CallError("interrupted".to_owned()));
        }
        self.client.call(name, given)
    }

    pub fn deploy(&self, files: &[File]) -> Result<Deployed, CallError> {
        self.deploy_with(files, false)
    }

    pub fn deploy_with(&self, files: &[File], ignore_warnings: bool) -> Result<Deployed, CallError> {
        for file in files {
            for name in [Some(file.name.as_str()), file.parent()].into_iter().flatten() {
                self.inside(name)?;
            }
        }
        let members = files.iter().map(|file| (file.kind, file.name.as_str()));
        let mut package: BTreeMap<String, String> =
            BTreeMap::from([("package.xml".to_owned(), manifest(members, &self.about.version))]);
        package.extend(files.iter().map(|file| (file.path(), file.text.clone())));
        self.send(&package, ignore_warnings)
    }

    /// Deletes components by type and full name.
    pub fn delete(&self, members: &[(&str, &str)], ignore_warnings: bool) -> Result<Deployed, CallError> {
        for (_, name) in members {
            self.inside(name)?;
        }
        let package = BTreeMap::from([
            ("package.xml".to_owned(), manifest(std::iter::empty(), &self.about.version)),
            ("destructiveChanges.xml".to_owned(), manifest(members.iter().copied(), &self.about.version)),
        ]);
        self.send(&package, ignore_warnings)
    }

    fn inside(&self, name: &str) -> Result<(), CallError> {
        if self.scope.holds(name) {
            return Ok(());
        }
        Err(CallError(format!("{name} does not belong to this run ({}) and is not changed", self.scope)))
    }

    fn send(&self, package: &BTreeMap<String, String>, ignore_warnings: bool) -> Result<Deployed, CallError> {
        let options =
            json!({ "rollbackOnError": true, "singlePackage": true, "ignoreWarnings": ignore_warnings });
        let result = self.call("deploy", json!({ "files": package, "options": options }))?;
        *self.last_deploy.borrow_mut() = text(&result, "id");
        let messages = |list: &str| -> Vec<Message> {
            let list = result.get(list).and_then(Value::as_array).into_iter().flatten();
            list.map(|message| Message {
                kind: text(message, "componentType"),
                problem: self.redacted(&text(message, "problem")),
                line: text(message, "lineNumber").parse().ok(),
            })
            .collect()
        };
        let failures = messages("failures");
        Ok(Deployed {
            success: result.get("success") == Some(&Value::Bool(true)),
            failures,
            successes: messages("successes"),
            error: self.redacted(&text(&result, "errorMessage")),
        })
    }

    /// Reads components by type and full name.
    pub fn retrieve(&self, members: &[(&str, &str)]) -> Result<Retrieved, CallError> {
        let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (kind, name) in members {
            named.entry(kind).or_default().push(name);
        }
        let result = self.call("retrieve", json!({ "members": named }))?;
        if result.get("success") != Some(&Value::Bool(true)) {
            return Err(CallError(format!("the retrieve failed: {}", text(&result, "errorMessage"))));
        }
        let list = |name: &str| result.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let components: Vec<Component> = list("components")
            .iter()
            .map(|component| Component {
                kind: text(component, "type"),
                name: text(component, "fullName"),
                fields: component.get("fields").and_then(Value::as_object).cloned().unwrap_or_default(),
            })
            .collect();
        let secrets = components.iter().map(|component| component.text("consumerSecret"));
        self.secrets.borrow_mut().extend(secrets.filter(|secret| !secret.is_empty()));
        let messages =
            list("messages").iter().filter_map(Value::as_str).map(|text| self.redacted(text)).collect();
        Ok(Retrieved { components, messages })
    }

    /// The type and the full name of every component of the run, apps first.
    pub fn own(&self) -> Result<Vec<(String, String)>, CallError> {
        let types: Vec<&str> = TYPES.iter().map(|(kind, _, _)| *kind).collect();
        let list = self.call("list", json!({ "types": types }))?;
        let list = list.as_array().into_iter().flatten();
        let mut own: Vec<(String, String)> = list
            .map(|one| (text(one, "type"), text(one, "fullName")))
            .filter(|(_, name)| self.scope.holds(name))
            .collect();
        own.sort_by_key(|(kind, name)| (types.iter().position(|known| known == kind), name.clone()));
        Ok(own)
    }

    /// The app and its parts. Every name that a run assigns starts with the name of the app, and so do the names
    /// that an org derives from it. The files show which components with such names belong to the app.
    pub fn parts(&self, app: &str) -> Result<Vec<Component>, CallError> {
        let own = self.own()?;
        let own: Vec<(&str, &str)> = own
            .iter()
            .filter(|(_, name)| name.starts_with(app))
            .map(|(kind, name)| (kind.as_str(), name.as_str()))
            .collect();
        if own.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = self.retrieve(&own)?.components;
        found.retain(|one| {
            if one.kind == APP { one.name == app } else { one.text("externalClientApplication") == app }
        });
        Ok(found)
    }

    /// Makes a REST call for the credentials of an app. `rest` is appended to the app's ID in the path.
    pub fn credentials(
        &self,
        app: &str,
        method: &str,
        rest: &str,
        body: Option<&Value>,
    ) -> Result<RestReply, CallError> {
        self.inside(app)?;
        let soql = format!("SELECT Id FROM ExternalClientApplication WHERE DeveloperName = '{app}'");
        let found = self.query(&soql, false)?;
        let id = found.first().map(|app| text(app, "Id")).unwrap_or_default();
        let path = format!("/apps/oauth/credentials/{id}{rest}");
        self.reply(json!({ "method": method, "path": path, "body": body }))
    }

    /// Reads a path of the REST API, with the given API version or that of the run. Also returns rejections.
    pub fn fetch(&self, path: &str, version: Option<&str>) -> Result<RestReply, CallError> {
        let at = version.unwrap_or(&self.about.version);
        self.reply(json!({ "method": "GET", "path": path, "body": null, "at": at }))
    }

    fn reply(&self, given: Value) -> Result<RestReply, CallError> {
        let mut response = self.call("rest", given)?;
        let status = response.get("status").and_then(Value::as_u64).unwrap_or_default();
        let body = response.get_mut("body").map(Value::take).unwrap_or_default();
        secrets_in(&body, &mut self.secrets.borrow_mut());
        Ok(RestReply { status, body })
    }

    pub fn query(&self, soql: &str, tooling: bool) -> Result<Vec<Value>, CallError> {
        let found = self.call("query", json!({ "soql": soql, "tooling": tooling }))?;
        Ok(found.as_array().cloned().unwrap_or_default())
    }

    /// Creates a permission set without permissions or assignments. Returns its ID.
    pub fn create_permission_set(&self, name: &str) -> Result<String, CallError> {
        self.inside(name)?;
        let record = json!({ "Name": name, "Label": name });
        let id = self.call("create", json!({ "object": "PermissionSet", "record": record }))?;
        Ok(id.as_str().unwrap_or_default().to_owned())
    }

    /// The ID and the name of every permission set of the run.
    pub fn permission_sets(&self) -> Result<Vec<(String, String)>, CallError> {
        let found = self.query("SELECT Id, Name FROM PermissionSet WHERE IsOwnedByProfile = false", false)?;
        let found = found.iter().map(|one| (text(one, "Id"), text(one, "Name")));
        Ok(found.filter(|(_, name)| self.scope.holds(name)).collect())
    }

    pub fn remove_permission_set(&self, id: &str, name: &str) -> Result<(), CallError> {
        self.inside(name)?;
        self.call("remove", json!({ "object": "PermissionSet", "id": id })).map(|_| ())
    }

    /// Replaces secrets, tokens and consumer keys in the text.
    pub fn redacted(&self, words: &str) -> String {
        let mut words = words.to_owned();
        for secret in self.secrets.borrow().iter().filter(|secret| secret.len() >= 8) {
            words = words.replace(secret.as_str(), "(secret)");
        }
        masked(&words, "3MVG9", "(a consumer key)")
    }
}

/// Replaces each sequence of letters, digits, `.` and `_` that starts with `start`.
fn masked(words: &str, start: &str, mask: &str) -> String {
    let mut out = String::new();
    let mut rest = words;
    while let Some((before, from)) = rest.split_once(start) {
        out.push_str(before);
        out.push_str(mask);
        rest =
            from.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || "._".contains(letter));
    }
    out.push_str(rest);
    out
}

pub fn text(value: &Value, member: &str) -> String {
    match value.get(member) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// This implementation is used by the scenarios, which report a failure with a panic.
#[expect(clippy::expect_used, clippy::panic, reason = "the test suite fails a test with a panic")]
impl Target for Org {
    fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }

    fn secrets(&self) -> Vec<Secret> {
        self.secrets.borrow().iter().map(|secret| Secret::new("secret of the org", secret)).collect()
    }

    fn apps(&self) -> Vec<String> {
        let own = self.own().unwrap_or_else(|error| panic!("the org does not list its apps: {error}"));
        own.into_iter().filter(|(kind, _)| kind == APP).map(|(_, name)| name).collect()
    }

    fn part(&self, kind: &str, app: &str) -> Component {
        let parts = self.parts(app).unwrap_or_else(|error| panic!("{app} cannot be read: {error}"));
        let mut found = parts.into_iter().filter(|part| part.kind == kind);
        let part = found.next().unwrap_or_else(|| panic!("{app} has no {kind}"));
        assert!(found.next().is_none(), "{app} has several {kind}");
        part
    }

    fn edit(&self, kind: &str, app: &str, element: &str, value: &str) {
        let mut part = self.part(kind, app);
        part.fields.retain(|name, _| !COMPUTED.contains(&name.as_str()));
        part.fields.insert(element.to_owned(), json!(value));
        let kind =
            TYPES.iter().map(|(known, _, _)| *known).find(|known| *known == kind).expect("a known type");
        let done = self.deploy(&[File::new(kind, &part.name, &Value::Object(part.fields))]);
        let done = done.unwrap_or_else(|error| panic!("{element} of {app} cannot be changed: {error}"));
        assert!(done.success, "{element} of {app} cannot be changed: {}", done.message());
    }

    fn may_touch(&self, app: &str) -> bool {
        self.scope.holds(app)
    }

    /// A deploy may wait for other deploys, and a step may have several deploys.
    fn time_limit(&self) -> Duration {
        Duration::from_secs(30 * 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_key_is_masked_everywhere() {
        let words = "duplicate key 3MVG9abc._DEF0 of A, 3MVG9x";
        assert_eq!(masked(words, "3MVG9", "(key)"), "duplicate key (key) of A, (key)");
    }
}
