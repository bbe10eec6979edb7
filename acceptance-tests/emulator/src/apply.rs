//! Applies a package to a copy of the org's components and reports the result for each file. `job.rs` determines
//! whether and when the copy replaces the org's components.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::behavior;
use crate::check::{self, Reading};
use crate::component::{Value, text};
use crate::contract::{Contract, MetadataType, PARENT};
use crate::deletion;
use crate::org::{APP_POLICIES, GLOBAL_SETTINGS, OAUTH_POLICIES, OAUTH_SETTINGS, Org, User};
use crate::package::{DeletionTime, Package};
use crate::pairs;
use crate::rules::{self, Normalized, RuleContext};
use crate::stamp::{self, Millis};
use crate::switches::FirstPolicies;
use crate::tree::Tree;

/// The result for one file in a deploy (`DeployMessage` in the API).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    pub component_type: String,
    pub full_name: String,
    pub file_name: String,
    pub id: String,
    pub success: bool,
    pub changed: bool,
    pub created: bool,
    pub deleted: bool,
    pub problem: String,
    /// `Error` or `Warning`; empty without a problem.
    pub problem_type: String,
    pub line: u32,
    pub column: u32,
}

#[derive(Debug)]
pub struct Outcome {
    pub tree: Tree,
    pub messages: Vec<Message>,
    /// New keys and secrets.
    pub secrets: Vec<String>,
}

#[derive(Clone, Copy)]
pub struct Settings<'a> {
    pub org: &'a Org,
    pub user: &'a User,
    pub at: Millis,
    pub ignore_warnings: bool,
    pub allow_missing_files: bool,
}

/// The source of a component. Both fields are empty for CRUD calls and admin calls.
#[derive(Debug, Default)]
struct SourceFile {
    path: String,
    /// Line and column of each element.
    lines: BTreeMap<String, (u32, u32)>,
}

pub struct Application<'a> {
    pub settings: Settings<'a>,
    pub version: u32,
    pub prefix: String,
    pub tree: Tree,
    pub messages: Vec<Message>,
    secrets: Vec<String>,
    /// Type and full name → the source of the component.
    sent: BTreeMap<(String, String), SourceFile>,
    new_oauth_settings: Vec<(String, String)>,
    touched_apps: BTreeSet<String>,
}

pub fn apply(settings: Settings<'_>, package: &Package) -> Outcome {
    let version = package.manifest.version.unwrap_or(settings.org.api_version);
    let mut work = Application::new(settings, version, package.prefix.clone());
    if work.version_is_usable(package) {
        let files = work.match_files(package);
        for time in [DeletionTime::Before, DeletionTime::After] {
            if time == DeletionTime::After {
                work.take_files(&files, package);
            }
            for (_, manifest) in package.deletions.iter().filter(|(when, _)| *when == time) {
                deletion::delete(&mut work, manifest);
            }
        }
        work.finish();
    }
    if !work.messages.iter().any(|message| message.full_name == "package.xml" && !message.success) {
        work.messages.push(work.manifest_message("package.xml"));
    }
    Outcome { tree: work.tree, messages: work.messages, secrets: work.secrets }
}

impl<'a> Application<'a> {
    pub fn new(settings: Settings<'a>, version: u32, prefix: String) -> Application<'a> {
        Application {
            settings,
            version,
            prefix,
            tree: settings.org.tree.clone(),
            messages: Vec::new(),
            secrets: Vec::new(),
            sent: BTreeMap::new(),
            new_oauth_settings: Vec::new(),
            touched_apps: BTreeSet::new(),
        }
    }

    /// The resulting components, and the new keys and secrets.
    pub fn into_result(self) -> (Tree, Vec<String>) {
        (self.tree, self.secrets)
    }

    pub fn manifest_message(&self, file: &str) -> Message {
        Message {
            full_name: file.to_string(),
            file_name: format!("{}{file}", self.prefix),
            success: true,
            changed: true,
            ..Message::default()
        }
    }

    pub fn manifest_problem(&self, file: &str, problem: String, line: u32) -> Message {
        Message {
            success: false,
            changed: false,
            problem,
            problem_type: "Error".to_string(),
            line,
            column: u32::from(line > 0),
            ..self.manifest_message(file)
        }
    }

    /// With the switch `warnings_fail`, a warning is a failure unless the deploy ignores warnings.
    pub fn warning(&self, problem: String, message: Message) -> Message {
        let fails = self.settings.org.switches.warnings_fail && !self.settings.ignore_warnings;
        Message { success: !fails, problem, problem_type: "Warning".to_string(), ..message }
    }

    fn version_is_usable(&mut self, package: &Package) -> bool {
        let problem = match package.manifest.version {
            None => "Required field is missing: version".to_string(),
            Some(version) if version > self.settings.org.api_version => {
                format!(
                    "Invalid version specified: {version}.0 is newer than the org's {}.0",
                    self.settings.org.api_version
                )
            }
            Some(version) if version < OLDEST_VERSION => {
                format!("not emulated: API version {version}.0; the oldest is {OLDEST_VERSION}.0")
            }
            Some(_) => return true,
        };
        let message = self.manifest_problem("package.xml", problem, 1);
        self.messages.push(message);
        false
    }

    /// Matches the members of package.xml with the files, and reports those without a counterpart.
    fn match_files(&mut self, package: &Package) -> Vec<(&'static MetadataType, String, String)> {
        let contract = Contract::get();
        let mut files = Vec::new();
        let mut present = BTreeSet::new();
        for path in package.files.keys() {
            match identify(contract, path, self.version) {
                Ok((kind, name)) => {
                    let is_named = package.manifest.members.iter().any(|member| {
                        member.kind == kind.package_name()
                            && (member.name == name || member.name == "*" && !kind.is_settings())
                    });
                    present.insert((kind.package_name().to_string(), name.clone()));
                    if is_named {
                        files.push((kind, name, path.clone()));
                    } else {
                        self.refuse_file(path, &kind.name, &name, "Not in package.xml".to_string());
                    }
                }
                Err(problem) => self.refuse_file(path, "", path, problem),
            }
        }
        for member in &package.manifest.members {
            let known = contract.types().iter().any(|kind| kind.package_name() == member.kind);
            let exists = contract
                .types()
                .iter()
                .any(|kind| kind.package_name() == member.kind && kind.exists_at(self.version));
            let problem = if !known {
                format!("not emulated: the metadata type {}", member.kind)
            } else if !exists {
                format!("Unknown type name '{}' specified in package.xml", member.kind)
            } else if member.name != "*"
                && !self.settings.allow_missing_files
                && !present.contains(&(member.kind.clone(), member.name.clone()))
            {
                format!(
                    "An object '{}' of type {} was named in package.xml, but was not found in zipped directory",
                    member.name, member.kind
                )
            } else {
                continue;
            };
            let message = self.manifest_problem("package.xml", problem, member.line);
            self.messages.push(message);
        }
        files.sort_by_key(|(kind, name, _)| (behavior::rank(&kind.name), name.clone()));
        files
    }

    fn refuse_file(&mut self, path: &str, component_type: &str, full_name: &str, problem: String) {
        let message = self.refused(path, component_type, full_name, problem);
        self.messages.push(message);
    }

    fn refused(&self, path: &str, component_type: &str, full_name: &str, problem: String) -> Message {
        Message {
            component_type: component_type.to_string(),
            full_name: full_name.to_string(),
            file_name: format!("{}{path}", self.prefix),
            problem,
            problem_type: "Error".to_string(),
            ..Message::default()
        }
    }

    fn take_files(&mut self, files: &[(&'static MetadataType, String, String)], package: &Package) {
        for (kind, name, path) in files {
            let Some(content) = package.files.get(path) else {
                continue;
            };
            let message = self.take_file(kind, name, path, content);
            self.messages.extend(message);
        }
    }

    fn take_file(&mut self, kind: &MetadataType, name: &str, path: &str, content: &[u8]) -> Vec<Message> {
        let base = Message {
            component_type: kind.package_name().to_string(),
            full_name: name.to_string(),
            file_name: format!("{}{path}", self.prefix),
            ..Message::default()
        };
        let failure = |problem: String, line: u32, column: u32| {
            vec![Message { problem, problem_type: "Error".to_string(), line, column, ..base.clone() }]
        };
        if !behavior::is_emulated(&kind.name) {
            return failure(format!("not emulated: {}", kind.name), 0, 0);
        }
        let allowed = behavior::writers(&kind.name);
        if !allowed.iter().any(|permission| self.settings.user.may(permission)) {
            return failure(
                format!(
                    "INSUFFICIENT_ACCESS_OR_READONLY: insufficient access rights, you need {}",
                    allowed.join(" or ")
                ),
                0,
                0,
            );
        }
        let reading =
            Reading { version: self.version, alphabetical: self.settings.org.switches.alphabetical };
        let checked = match check::read_file(kind, content, reading) {
            Ok(checked) => checked,
            Err(problem) => return failure(problem.text, problem.line, problem.column),
        };
        let sent = SourceFile { path: path.to_string(), lines: checked.lines.clone() };
        self.sent.insert((kind.name.clone(), name.to_string()), sent);
        match self.store(kind, name, checked.fields) {
            Ok((stored, warnings)) => {
                let message = Message {
                    id: stored.id,
                    success: true,
                    changed: stored.changed,
                    created: stored.created,
                    ..base.clone()
                };
                let mut messages = vec![message.clone()];
                messages.extend(warnings.into_iter().map(|text| self.warning(text, message.clone())));
                if messages.iter().any(|message| !message.success) {
                    messages.retain(|message| !message.success);
                    restore(&self.settings.org.tree, &mut self.tree, &kind.name, name);
                }
                messages
            }
            Err(refusal) => {
                let (line, column) = checked.lines.get(refusal.element).copied().unwrap_or((1, 1));
                failure(refusal.text, line, column)
            }
        }
    }

    /// Validates and stores fields that obey the contract. Also used by CRUD calls and admin calls.
    pub fn store(
        &mut self,
        kind: &MetadataType,
        name: &str,
        sent: crate::component::Fields,
    ) -> Result<(crate::tree::Stored, Vec<String>), rules::Refusal> {
        self.sent.entry((kind.name.clone(), name.to_string())).or_default();
        let world = RuleContext {
            org: self.settings.org,
            tree: &self.tree,
            user: self.settings.user,
            version: self.version,
        };
        let existing = self.tree.get(&kind.name, name);
        let Normalized { mut fields, warnings } = rules::normalize(&world, kind, name, sent, existing)?;
        let is_new = existing.is_none();
        let app = text(&fields, PARENT).map(str::to_string);
        if kind.name == OAUTH_SETTINGS
            && let Some(app) = &app
        {
            if !self.tree.consumers.contains_key(app) && text(&fields, "oauthLink").is_none() {
                let consumer = self.tree.next_id("888");
                fields.insert(
                    "oauthLink".to_string(),
                    Value::Text(format!(
                        "{}:{}",
                        stamp::short_id(&self.settings.org.id),
                        stamp::short_id(&consumer)
                    )),
                );
                self.tree.consumers.insert(app.clone(), consumer);
            }
            if is_new {
                self.new_oauth_settings.push((name.to_string(), app.clone()));
            }
        }
        if kind.name == GLOBAL_SETTINGS {
            for (element, value) in
                [("consumerKey", pairs::new_key()), ("consumerSecret", pairs::new_secret())]
            {
                if text(&fields, element).is_none() {
                    self.secrets.push(value.clone());
                    fields.insert(element.to_string(), Value::Text(value));
                }
            }
        }
        if let Some(app) = app {
            self.touched_apps.insert(app);
        }
        let stored = self.tree.put(&kind.name, name, fields, &self.settings.user.id, self.settings.at);
        if self.settings.org.switches.first_policies == FirstPolicies::AfterDefaults {
            self.make_default_policies();
        }
        Ok((stored, warnings))
    }

    /// Creates default policies for apps with new OAuth settings. Policies from the package are kept, except with
    /// `FirstPolicies::Lost`.
    fn make_default_policies(&mut self) {
        for (settings, app) in self.new_oauth_settings.clone() {
            if self.tree.get(OAUTH_SETTINGS, &settings).is_none() {
                continue;
            }
            for (kind, name) in [
                (OAUTH_POLICIES, format!("{settings}_defaultPolicy")),
                (APP_POLICIES, format!("{app}_defaultPolicy")),
            ] {
                if self.settings.org.switches.first_policies == FirstPolicies::Lost
                    && let Some(own) = self.tree.part(kind, &app).map(|(own, _)| own.clone())
                    && self.settings.org.tree.get(kind, &own).is_none()
                {
                    self.tree.remove(kind, &own);
                }
                if self.tree.part(kind, &app).is_none() {
                    let fields = behavior::default_policies(kind, &app, &name);
                    self.tree.put(kind, &name, fields, &self.settings.user.id, self.settings.at);
                }
            }
        }
    }

    /// The steps that need the whole package: defaults, and rules across several files of an app. The rules check the
    /// final state, regardless of which file caused it.
    pub fn finish(&mut self) {
        for app in std::mem::take(&mut self.touched_apps) {
            let brings = self.brings_policies(&app);
            let Err(refusal) = rules::files_agree(self.settings.org, &self.tree, &app, brings) else {
                continue;
            };
            for (kind, name) in self.at_fault(&app) {
                let Some(sent) = self.sent.get(&(kind.to_string(), name.clone())) else {
                    continue;
                };
                let (line, column) = sent.lines.get(refusal.element).copied().unwrap_or_default();
                let text = refusal.text.clone();
                let refused = Message { line, column, ..self.refused(&sent.path, kind, &name, text) };
                self.messages.retain(|message| message.component_type != kind || message.full_name != name);
                self.messages.push(refused);
                restore(&self.settings.org.tree, &mut self.tree, kind, &name);
            }
        }
        self.make_default_policies();
    }

    fn brings_policies(&self, app: &str) -> bool {
        let policies = self.tree.part(OAUTH_POLICIES, app);
        policies.is_some_and(|(name, _)| self.sent.contains_key(&(OAUTH_POLICIES.to_string(), name.clone())))
    }

    /// The sent files that conflict with the rest: the OAuth policies, the Global file, or both. If the rules hold
    /// without one of them, only that file is at fault (the policies are tried first).
    fn at_fault(&self, app: &str) -> Vec<(&'static str, String)> {
        let parts = [OAUTH_POLICIES, GLOBAL_SETTINGS].into_iter().filter_map(|kind| {
            let name = self.tree.part(kind, app)?.0.clone();
            self.sent.contains_key(&(kind.to_string(), name.clone())).then_some((kind, name))
        });
        let sent: Vec<_> = parts.collect();
        let alone = sent.iter().find(|(kind, name)| {
            let mut without = self.tree.clone();
            restore(&self.settings.org.tree, &mut without, kind, name);
            let brings = *kind != OAUTH_POLICIES && self.brings_policies(app);
            rules::files_agree(self.settings.org, &without, app, brings).is_ok()
        });
        alone.map_or(sent.clone(), |alone| vec![alone.clone()])
    }
}

/// Reverts the change to a component that is rejected after it was applied.
fn restore(before: &Tree, tree: &mut Tree, kind: &str, name: &str) {
    match before.get(kind, name).cloned() {
        Some(component) => tree.insert(kind, name, component),
        None => {
            tree.remove(kind, name);
        }
    }
}

pub const OLDEST_VERSION: u32 = 60;

/// The type and full name of a file, from its path.
fn identify(
    contract: &'static Contract,
    path: &str,
    version: u32,
) -> Result<(&'static MetadataType, String), String> {
    let unknown = || format!("The file {path} is not of a known metadata type");
    let (directory, file) = path.split_once('/').ok_or_else(unknown)?;
    if !contract.knows_directory(directory) {
        return Err(format!("not emulated: files in {directory}/"));
    }
    if file.ends_with("-meta.xml") {
        return Err(format!("{path}: the ending -meta.xml belongs to the source format, not into a package"));
    }
    let (name, suffix) = file.rsplit_once('.').ok_or_else(unknown)?;
    let kind = contract.by_file(directory, name, suffix).ok_or_else(unknown)?;
    if kind.exists_at(version) { Ok((kind, name.to_string())) } else { Err(unknown()) }
}
