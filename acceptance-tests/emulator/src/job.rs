//! Deploys and retrieves as jobs, from Pending and InProgress to the commit and the final status. One deploy runs at a
//! time. Time advances only in `advance`. The format of responses is in `report.rs`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::apply::{self, Message};
use crate::component::Value;
use crate::org::Org;
use crate::pace::Span;
use crate::package;
use crate::stamp::{self, Millis};
use crate::switches::CancelBehavior;
use crate::tree::Tree;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    Pending,
    InProgress,
    Finalizing,
    Succeeded,
    SucceededPartial,
    Failed,
    Canceling,
    Canceled,
}

impl Status {
    pub fn is_done(self) -> bool {
        matches!(self, Status::Succeeded | Status::SucceededPartial | Status::Failed | Status::Canceled)
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    pub allow_missing_files: bool,
    pub check_only: bool,
    pub ignore_warnings: bool,
    pub perform_retrieve: bool,
    pub purge_on_delete: bool,
    pub rollback_on_error: bool,
    pub run_tests: Vec<String>,
    pub single_package: bool,
    pub test_level: Option<String>,
}

/// The result that a planned fault sets for a deploy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlannedResult {
    pub status: Status,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub problem: Option<Message>,
    /// Whether the changes are committed regardless of the status.
    pub commits: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deploy {
    pub id: String,
    pub user: String,
    pub user_name: String,
    pub options: Options,
    /// Base64 as received; cleared when the job has ended.
    pub zip: String,
    pub zip_size: u64,
    pub file_count: u64,
    pub created: Millis,
    pub started: Option<Millis>,
    pub completed: Option<Millis>,
    pub modified: Millis,
    pub status: Status,
    pub canceled_by: Option<String>,
    pub canceled_by_name: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub messages: Vec<Message>,
    pub verdict: Option<PlannedResult>,
    pub committed: bool,
    /// The changes to existing components, for `/emulator/deploys`.
    #[serde(default)]
    pub changes: Vec<Change>,
}

/// An element that a deploy changed, with its values before and after. `None` means that the element is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    pub element: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

fn changes(before: &Tree, after: &Tree) -> Vec<Change> {
    let mut changes = Vec::new();
    for (kind, components) in &after.components {
        for (name, new) in components {
            let Some(old) = before.components.get(kind).and_then(|all| all.get(name)) else {
                continue;
            };
            if Arc::ptr_eq(old, new) {
                continue;
            }
            let elements: BTreeSet<&String> = old.fields.keys().chain(new.fields.keys()).collect();
            for element in elements {
                let (before, after) = (old.fields.get(element), new.fields.get(element));
                if before != after {
                    changes.push(Change {
                        kind: kind.clone(),
                        name: name.clone(),
                        element: element.clone(),
                        before: before.cloned(),
                        after: after.cloned(),
                    });
                }
            }
        }
    }
    changes
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Retrieve {
    pub id: String,
    pub user: String,
    pub created: Millis,
    pub members: Vec<(String, String)>,
    pub version: u32,
    pub single_package: bool,
    /// When the result was read from the org.
    pub completed: Option<Millis>,
    pub zip: String,
    pub properties: serde_json::Value,
    pub messages: Vec<(String, String)>,
    /// Whether the result was served, which happens only once.
    pub is_deleted: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Jobs {
    pub deploys: Vec<Deploy>,
    pub retrieves: Vec<Retrieve>,
}

impl Jobs {
    pub fn deploy(&self, id: &str) -> Option<&Deploy> {
        self.deploys.iter().find(|deploy| stamp::same_id(&deploy.id, id))
    }

    /// Returns a retrieve with its number, which determines its duration.
    pub fn retrieve_mut(&mut self, id: &str) -> Option<(u64, &mut Retrieve)> {
        (0..).zip(&mut self.retrieves).find(|(_, retrieve)| stamp::same_id(&retrieve.id, id))
    }

    /// Advances time to `now`. Returns whether a deploy changed.
    pub fn advance(&mut self, org: &mut Org, now: Millis) -> bool {
        let mut changed = false;
        let mut free_from = 0;
        for (number, deploy) in (0..).zip(&mut self.deploys) {
            while !deploy.status.is_done() {
                if !step(deploy, number, org, free_from, now) {
                    return changed;
                }
                changed = true;
            }
            free_from = free_from.max(deploy.completed.unwrap_or(0));
        }
        changed
    }
}

/// Makes one status change if it is due. Returns whether the status changed.
fn step(deploy: &mut Deploy, number: u64, org: &mut Org, free_from: Millis, now: Millis) -> bool {
    let switches = org.switches.clone();
    let takes = |span| switches.time(span, number);
    match deploy.status {
        Status::Pending => {
            let start = free_from.max(deploy.created + takes(Span::Queue));
            if now < start {
                return false;
            }
            deploy.status = Status::InProgress;
            deploy.started = Some(start);
            deploy.modified = start;
        }
        Status::InProgress => {
            let end = deploy.started.unwrap_or(deploy.created) + takes(Span::Deploy);
            if now < end {
                return false;
            }
            run(deploy, org, end);
        }
        Status::Canceling => {
            let end = deploy.started.unwrap_or(deploy.created) + takes(Span::Deploy);
            let end = end.min(deploy.modified + 200);
            if now < end {
                return false;
            }
            if switches.cancel == CancelBehavior::CommitAnyway {
                run(deploy, org, end);
            }
            finish(deploy, Status::Canceled, end);
        }
        Status::Finalizing => {
            let end = deploy.modified + switches.finalizing_ms;
            if now < end {
                return false;
            }
            finish(deploy, Status::Succeeded, end);
        }
        Status::Succeeded | Status::SucceededPartial | Status::Failed | Status::Canceled => return false,
    }
    true
}

fn finish(deploy: &mut Deploy, status: Status, at: Millis) {
    deploy.status = status;
    deploy.completed = Some(at);
    deploy.modified = at;
    deploy.zip = String::new();
}

/// Applies the package. Commits the result if the package or a part of it succeeds, unless the deploy only checks the
/// package or a planned fault prevents the commit.
fn run(deploy: &mut Deploy, org: &mut Org, at: Millis) {
    let verdict = deploy.verdict.clone();
    let commits = verdict.as_ref().is_none_or(|verdict| verdict.commits);
    let applied =
        decode(&deploy.zip).ok_or_else(|| "The zip file is not valid base64".to_string()).and_then(|zip| {
            let package = package::read(&zip).map_err(|unreadable| {
                deploy.messages.push(Message {
                    full_name: unreadable.file.clone(),
                    file_name: unreadable.file,
                    problem: unreadable.problem.clone(),
                    problem_type: "Error".to_string(),
                    line: unreadable.line.unwrap_or(0),
                    ..Message::default()
                });
                String::new()
            })?;
            let user =
                org.user(&deploy.user).cloned().ok_or_else(|| "The user no longer exists".to_string())?;
            let settings = apply::Settings {
                org,
                user: &user,
                at,
                ignore_warnings: deploy.options.ignore_warnings,
                allow_missing_files: deploy.options.allow_missing_files,
            };
            Ok(apply::apply(settings, &package))
        });
    let outcome = match applied {
        Ok(outcome) => outcome,
        Err(error) => {
            if !error.is_empty() {
                deploy.error_code = Some("UNKNOWN_EXCEPTION".to_string());
                deploy.error_message = Some(error);
            }
            finish(deploy, Status::Failed, at);
            return;
        }
    };
    // A deploy with a planned result reports components only if it commits or if the fault concerns a component.
    if verdict.as_ref().is_none_or(|verdict| verdict.commits || verdict.problem.is_some()) {
        deploy.messages.extend(outcome.messages);
    }
    if let Some(problem) = verdict.as_ref().and_then(|verdict| verdict.problem.clone()) {
        fail_component(&mut deploy.messages, problem);
    }
    let failures = deploy.messages.iter().filter(|message| !message.success).count();
    let successes = deploy.messages.iter().filter(|message| message.success && is_component(message)).count();
    let is_partial = failures > 0 && successes > 0 && !deploy.options.rollback_on_error;
    if (failures == 0 || is_partial) && !deploy.options.check_only && commits {
        deploy.changes = changes(&org.tree, &outcome.tree);
        org.tree = outcome.tree;
        org.secrets.extend(outcome.secrets);
        org.end_sessions_of_deleted_apps();
        deploy.committed = true;
    }
    let status = match verdict {
        Some(PlannedResult { status, error_code, error_message, problem: None, .. }) => {
            deploy.error_code = error_code;
            deploy.error_message = error_message;
            status
        }
        _ if failures == 0 && org.switches.finalizing_ms > 0 => {
            deploy.status = Status::Finalizing;
            deploy.modified = at;
            return;
        }
        _ if failures == 0 => Status::Succeeded,
        _ if is_partial => Status::SucceededPartial,
        _ => Status::Failed,
    };
    finish(deploy, status, at);
}

/// Turns the message of the component named in `problem` into a failure. An empty name selects the first component.
fn fail_component(messages: &mut Vec<Message>, problem: Message) {
    let accused = messages.iter_mut().find(|message| {
        is_component(message)
            && (problem.full_name.is_empty()
                || message.full_name == problem.full_name && message.component_type == problem.component_type)
    });
    let failed = |message: Message| Message {
        success: false,
        changed: false,
        created: false,
        deleted: false,
        id: String::new(),
        problem: problem.problem.clone(),
        problem_type: "Error".to_string(),
        line: problem.line,
        column: problem.column,
        ..message
    };
    match accused {
        Some(message) => *message = failed(message.clone()),
        None => messages.push(failed(problem.clone())),
    }
}

pub fn is_component(message: &Message) -> bool {
    !message.component_type.is_empty()
}

pub fn decode(base64: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    let compact: String = base64.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(compact).ok()
}

pub fn encode(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The result of a cancel call.
#[derive(Debug, PartialEq, Eq)]
pub enum Cancel {
    Done,
    UnderWay,
    TooLate,
    Denied,
}

pub fn cancel(deploy: &mut Deploy, org: &Org, user: (&str, &str), now: Millis) -> Cancel {
    if deploy.status.is_done() || deploy.status == Status::Finalizing {
        return Cancel::TooLate;
    }
    if org.switches.cancel == CancelBehavior::Deny {
        return Cancel::Denied;
    }
    deploy.canceled_by = Some(user.0.to_string());
    deploy.canceled_by_name = Some(user.1.to_string());
    if deploy.status == Status::Pending {
        finish(deploy, Status::Canceled, now);
        return Cancel::Done;
    }
    if deploy.status != Status::Canceling {
        deploy.status = Status::Canceling;
        deploy.modified = now;
    }
    Cancel::UnderWay
}
