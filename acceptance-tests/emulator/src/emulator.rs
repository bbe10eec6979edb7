//! Handles one request: advances time, applies planned faults, dispatches to the interface, writes the journal. The
//! transport is in `server.rs`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::admin;
use crate::apply::Message;
use crate::fault::{self, Fault};
use crate::http::{Delivery, Request, Response};
use crate::job::{Jobs, PlannedResult, Status};
use crate::journal::{Entry, Journal};
use crate::oauth;
use crate::org::Org;
use crate::rest;
use crate::script::{Action, Script, When};
use crate::site;
use crate::soap;
use crate::stamp;

pub struct State {
    pub org: Org,
    pub jobs: Jobs,
    pub journal: Journal,
    pub script: Script,
    pub state_file: Option<std::path::PathBuf>,
    /// Query results that exceed one response, by locator.
    pub cursors: std::collections::BTreeMap<String, Value>,
    /// The last content of the state file.
    saved: String,
}

/// The data that handlers record about a request for the journal, and the changes that planned faults make to the
/// behavior of handlers.
#[derive(Default)]
pub struct Call {
    pub operation: String,
    pub version: Option<u32>,
    pub user: Option<String>,
    details: serde_json::Map<String, Value>,
    pub verdict: Option<PlannedResult>,
    pub truncate_zip: Option<usize>,
    overlay: Option<Value>,
}

impl Call {
    pub fn note(&mut self, name: &str, value: Value) {
        self.details.insert(name.to_string(), value);
    }

    /// Applies a planned result to a DeployResult.
    pub fn overlay(&self, result: &mut Value) {
        if let (Some(Value::Object(over)), Value::Object(result)) = (&self.overlay, result) {
            result.extend(over.clone());
        }
    }
}

pub struct Emulator {
    state: Mutex<State>,
}

impl Emulator {
    pub fn new(org: Org, jobs: Jobs, journal: Journal, state_file: Option<std::path::PathBuf>) -> Emulator {
        let script = Script::default();
        let (cursors, saved) = Default::default();
        Emulator { state: Mutex::new(State { org, jobs, journal, script, state_file, cursors, saved }) }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits due deploys without a request.
    pub fn tick(&self) {
        let state = &mut *self.state();
        if state.advance() {
            state.save();
        }
    }

    pub fn answer(&self, request: &Request) -> Response {
        let state = &mut *self.state();
        state.advance();
        let within = site::path_within(&state.org, request);
        let request = within.as_ref().unwrap_or(request);
        if !request.on_site && (request.path == "/emulator" || request.path.starts_with("/emulator/")) {
            let answer = admin::answer(state, request);
            state.advance();
            state.save();
            return answer;
        }
        let mut call = Call { operation: operation_of(request), ..Call::default() };
        let planned = state.script.next(&call.operation);
        let mut answer = planned_answer(state, request, &mut call, planned.as_ref());
        answer.delay_ms += state.org.switches.call_ms;
        state.advance();
        state.journal.add(Entry {
            seq: 0,
            time: stamp::iso(state.org.now()),
            operation: call.operation,
            method: request.method.clone(),
            path: request.path.clone(),
            api_version: call.version,
            status: if answer.delivery == Delivery::Drop { 0 } else { answer.status },
            bytes_in: request.body.len(),
            bytes_out: answer.body.len(),
            user: call.user,
            client: request.peer.clone(),
            user_agent: request.header("user-agent").map(str::to_string),
            fault: planned.and_then(|(when, action)| {
                let action = serde_json::to_value(&action).ok()?;
                let said: serde_json::Map<String, Value> = action
                    .as_object()?
                    .iter()
                    .filter(|(_, value)| !value.is_null() && **value != json!(false) && **value != json!({}))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                Some(format!("{when:?} {}", Value::Object(said)))
            }),
            details: Value::Object(call.details),
        });
        state.save();
        answer
    }
}

impl State {
    /// Commits due deploys. Returns whether a deploy changed.
    fn advance(&mut self) -> bool {
        let now = self.org.now();
        let is_due = self.jobs.advance(&mut self.org, now);
        self.org.note_changes();
        site::revoke_unadmitted(&mut self.org);
        is_due
    }

    /// Writes the state file after a change.
    pub fn save(&mut self) {
        let Some(path) = &self.state_file else { return };
        let Ok(text) = serde_json::to_string_pretty(&json!({ "org": self.org, "jobs": self.jobs })) else {
            return;
        };
        if text == self.saved {
            return;
        }
        let beside = path.with_extension("tmp");
        if std::fs::write(&beside, &text).and_then(|()| std::fs::rename(&beside, path)).is_ok() {
            self.saved = text;
        }
    }
}

/// The name of a request in the journal and in the fault script.
fn operation_of(request: &Request) -> String {
    if let Some(name) = site::operation_of(request) {
        return name.to_string();
    }
    let segments = request.segments();
    match segments.as_slice() {
        ["services", "Soap", "m", ..] => soap::method_of(request).unwrap_or_else(|| "soap".to_string()),
        ["services", "oauth2", name] => (*name).to_string(),
        ["id", ..] => "identity".to_string(),
        ["services", "data", ..] => rest::operation_of(request),
        _ => "unknown".to_string(),
    }
}

fn planned_answer(
    state: &mut State,
    request: &Request,
    call: &mut Call,
    planned: Option<&(When, Action)>,
) -> Response {
    let Some((when, action)) = planned else {
        return route(state, request, call);
    };
    prepare(call, *when, action);
    if *when == When::Before {
        apply_admin_action(state, action);
    }
    let replaces = action.status.is_some()
        || action.fault.is_some()
        || action.cut
        || action.drop
        || action.stall.is_some();
    let mut answer = if replaces && *when == When::Before {
        Response::xml(200, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope>".to_string())
    } else {
        route(state, request, call)
    };
    if *when == When::After {
        apply_admin_action(state, action);
    }
    if let Some(status) = action.status {
        answer = Response::new(
            status,
            action.content_type.as_deref().unwrap_or("text/html;charset=UTF-8"),
            with_token(request, action.body.as_deref().unwrap_or_default()),
        );
    }
    if let Some(text) = &action.fault {
        let words = with_token(request, &text.text);
        answer = if request.path.starts_with("/services/Soap/") {
            Fault { status: text.status.unwrap_or(500), ..Fault::new(&text.code, words) }.answer()
        } else if request.path.starts_with("/services/oauth2/") || request.path.starts_with("/services/auth/")
        {
            fault::oauth(text.status.unwrap_or(400), &text.code, &words)
        } else {
            fault::rest(text.status.unwrap_or(400), text.code.trim_start_matches("sf:"), &words)
        };
    }
    for (name, value) in &action.headers {
        answer = answer.header(name, value);
    }
    if action.cut {
        answer.delivery = Delivery::Cut;
    }
    if action.drop || action.stall.is_some() {
        answer.delivery = Delivery::Drop;
    }
    answer.drip_ms = action.drip_ms.unwrap_or(0);
    answer.delay_ms = action.delay_ms.unwrap_or(0) + action.stall.unwrap_or(0) * 1000;
    answer
}

/// Replaces `{token}` with the caller's token, which some real error responses repeat and which a script cannot
/// contain.
fn with_token(request: &Request, words: &str) -> String {
    let body = String::from_utf8_lossy(&request.body);
    let in_header = request.bearer();
    let in_body = || body.split_once("sessionId>").and_then(|(_, rest)| rest.split_once('<'));
    let token = in_header.or_else(|| in_body().map(|(token, _)| token)).unwrap_or_default();
    words.replace("{token}", token)
}

/// Passes the planned changes in behavior to the handlers.
fn prepare(call: &mut Call, when: When, action: &Action) {
    call.truncate_zip = action.truncate_zip;
    let is_deploy = call.operation == "deploy";
    if let Some(end) = &action.deploy_result {
        if is_deploy {
            call.verdict = Some(PlannedResult {
                status: end.status,
                error_code: end.error_status_code.clone(),
                error_message: end.error_message.clone(),
                problem: None,
                commits: when == When::After,
            });
        } else {
            let mut over = json!({
                "done": end.status.is_done(),
                "status": end.status,
                "success": end.status == Status::Succeeded,
            });
            if let Some(code) = &end.error_status_code {
                crate::report::set(&mut over, "errorStatusCode", json!(code));
            }
            if let Some(message) = &end.error_message {
                crate::report::set(&mut over, "errorMessage", json!(message));
            }
            call.overlay = Some(over);
        }
    }
    if let (Some(problem), true) = (&action.component_problem, is_deploy) {
        call.verdict = Some(PlannedResult {
            status: Status::Failed,
            error_code: None,
            error_message: None,
            problem: Some(Message {
                component_type: problem.kind.clone(),
                full_name: problem.full_name.clone(),
                problem: problem.problem.clone(),
                line: problem.line,
                column: problem.column,
                ..Message::default()
            }),
            commits: when == When::After,
        });
    }
}

fn apply_admin_action(state: &mut State, action: &Action) {
    if let Some(edit) = &action.edit {
        let _ = admin::edit(state, &edit.kind, &edit.full_name, &edit.set);
    }
    if let Some(target) = &action.delete {
        crate::deletion::remove(&mut state.org.tree, &target.kind, &target.full_name);
        state.org.end_sessions_of_deleted_apps();
    }
    if let Some(order) = &action.credentials {
        let _ = admin::pairs::carry_out(state, order);
    }
}

fn route(state: &mut State, request: &Request, call: &mut Call) -> Response {
    if request.on_site {
        return site::answer(state, request, call);
    }
    let segments = request.segments();
    match segments.as_slice() {
        ["services", "Soap", "m", ..] => soap::answer(state, request, call),
        // This pattern includes the partner API, whose login() call is not supported in newer API versions.
        ["services", "Soap", ..] => {
            Fault::not_emulated(format!("{} {}", request.method, request.path)).answer()
        }
        ["services", "oauth2", "token"] => oauth::token(state, request, call),
        ["services", "oauth2", "userinfo"] => oauth::userinfo(state, request, call),
        ["services", "oauth2", "revoke"] => oauth::revoke(state, request, call),
        ["id", ..] => oauth::identity(state, request, call),
        ["services", "data", ..] => rest::answer(state, request, call),
        ["services", "oauth2", "authorize" | "echo" | "introspect"]
        | ["services", "auth", "headless", ..] => {
            let hint =
                format!("the flows of external users are called on the site's host, {}", state.org.site.url);
            fault::oauth(501, "not_emulated", &format!("not emulated: {}; {hint}", request.path))
        }
        _ => fault::rest(501, "NOT_EMULATED", &format!("not emulated: {} {}", request.method, request.path)),
    }
}
