//! `/emulator/…`: calls that act as another administrator, advance the clock, or control and inspect the emulator in
//! tests. They are not part of any Salesforce API and require no authentication. The site and its users are in
//! `admin/site.rs`, credentials in `admin/pairs.rs`.

pub mod pairs;
mod refresh;
mod site;

use serde_json::{Map, Value, json};

use crate::apply::{Application, Settings};
use crate::behavior;
use crate::check::{self, Reading};
use crate::component::{Component, Fields, Value as FieldValue, file_text, text};
use crate::contract::{Contract, MetadataType, PARENT};
use crate::deletion;
use crate::emulator::State;
use crate::exchange;
use crate::http::{Request, Response};
use crate::installed::{self, PackagedApp};
use crate::org::{
    APP, APP_POLICIES, APP_SETTINGS, GLOBAL_SETTINGS, Group, OAUTH_POLICIES, OAUTH_SETTINGS, OIDC_SETTINGS,
};
use crate::report;
use crate::script::Script;
use crate::stamp;
use crate::tree::Tree;

type Outcome = Result<Response, (u16, String)>;

fn wrong<T>(text: impl Into<String>) -> Result<T, (u16, String)> {
    Err((400, text.into()))
}

pub fn answer(state: &mut State, request: &Request) -> Response {
    let segments = request.segments();
    let rest = segments.get(1..).unwrap_or_default();
    match respond(state, request, rest) {
        Ok(answer) => answer,
        Err((status, problem)) => Response::json(status, &json!({ "error": problem })),
    }
}

fn respond(state: &mut State, request: &Request, rest: &[&str]) -> Outcome {
    let ok = |value: Value| Ok(Response::json(200, &value));
    match (request.method.as_str(), rest) {
        ("GET", []) => {
            ok(json!({ "org": state.org.id, "name": state.org.name, "apiVersion": state.org.api_version }))
        }
        ("GET", ["journal"]) => ok(json!(state.journal.entries())),
        ("DELETE", ["journal"]) => {
            state.journal.clear();
            ok(json!({}))
        }
        ("GET", ["deploys"]) => ok(report::deploys(&state.jobs)),
        ("GET", ["secrets"]) => ok(json!(state.org.secrets)),
        ("GET", ["org"]) => ok(org(state)),
        ("PATCH", ["org"]) => patch_org(state, &body(request)?),
        ("POST", ["refresh"]) => refresh::refresh(state, &body(request)?),
        ("POST", ["apps"]) => make_app(state, &body(request)?),
        ("GET", ["apps", app, "credentials"]) => pairs::list(state, &crate::http::decode(app, false)),
        ("POST", ["apps", app, "credentials"]) => {
            pairs::order(state, &crate::http::decode(app, false), body(request)?)
        }
        ("POST", ["apps", app, "consumers"]) => {
            pairs::add_consumer(state, &crate::http::decode(app, false), &body(request)?)
        }
        ("POST", ["packages"]) => install(state, &body(request)?),
        ("DELETE", ["packages", namespace]) => {
            let apps = installed::apps(&state.org, namespace);
            if apps.is_empty() {
                return Err((404, format!("no package {namespace} is installed")));
            }
            for app in &apps {
                deletion::remove(&mut state.org.tree, APP, app);
            }
            ok(json!({ "uninstalled": apps }))
        }
        ("POST", ["sessions", "expire"]) => {
            let live = state.org.sessions.iter_mut().filter(|session| !session.expired);
            let mut count = 0;
            for session in live {
                session.expired = true;
                count += 1;
            }
            ok(json!({ "expired": count }))
        }
        ("POST", ["token-handlers"]) => {
            ok(exchange::add_handler(&mut state.org, body(request)?).or_else(wrong)?)
        }
        ("POST", ["workload-tokens"]) => ok(exchange::issue(&mut state.org, &body(request)?).or_else(wrong)?),
        ("GET", ["gates"]) => ok(json!(crate::site::gate::list())),
        ("GET", ["clock"]) => ok(clock(state)),
        ("POST", ["clock"]) => {
            let wanted = body(request)?;
            let seconds = wanted.get("forward_seconds").and_then(Value::as_u64);
            let ahead = seconds.and_then(|seconds| {
                let moved = state.org.clock_ahead_ms.checked_add(seconds.checked_mul(1000)?)?;
                (moved <= FARTHEST_AHEAD).then_some(moved)
            });
            match ahead {
                Some(ahead) => {
                    state.org.clock_ahead_ms = ahead;
                    ok(clock(state))
                }
                None => wrong("forward_seconds must be a number of seconds, a hundred years in all at most"),
            }
        }
        (_, ["site" | "users" | "mailbox", ..]) => site::respond(state, request, rest),
        ("POST", ["sessions"]) => open_session(state, &body(request)?),
        ("GET", ["faults"]) => ok(json!(state.script.entries)),
        ("POST", ["faults"]) => {
            let entries = Script::parse(&request.body).or_else(wrong)?;
            state.script.entries.extend(entries);
            ok(json!(state.script.entries))
        }
        ("DELETE", ["faults"]) => {
            state.script.entries.clear();
            ok(json!({}))
        }
        ("GET", ["components"]) => ok(json!(components(state))),
        (method, ["components", kind, name]) => {
            component(state, request, method, kind, &crate::http::decode(name, false))
        }
        (method, _) => Err((404, format!("no {method} {} here; see the README", request.path))),
    }
}

const FARTHEST_AHEAD: stamp::Millis = 100 * 366 * 86_400_000;

fn clock(state: &State) -> Value {
    json!({ "now": stamp::iso(state.org.now()), "ahead_seconds": state.org.clock_ahead_ms / 1000 })
}

fn body(request: &Request) -> Result<Map<String, Value>, (u16, String)> {
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => wrong("the body must be a JSON object"),
        Err(error) => wrong(error.to_string()),
    }
}

fn components(state: &State) -> Map<String, Value> {
    let mut kinds = Map::new();
    for (kind, components) in &state.org.tree.components {
        let mut names = Map::new();
        for (name, component) in components {
            names.insert(name.clone(), json!(component.fields));
        }
        if !names.is_empty() {
            kinds.insert(kind.clone(), Value::Object(names));
        }
    }
    kinds
}

fn kind_named(name: &str) -> Result<&'static MetadataType, (u16, String)> {
    Contract::get().by_name(name).ok_or_else(|| (404, format!("no metadata type {name}")))
}

fn component(state: &mut State, request: &Request, method: &str, kind: &str, name: &str) -> Outcome {
    let kind = kind_named(kind)?;
    let missing = || (404, format!("no {} {name}", kind.name));
    match method {
        "GET" => {
            let component = state.org.tree.get(&kind.name, name).ok_or_else(missing)?;
            Ok(Response::xml(200, file_text(kind, &component.fields, state.org.api_version)))
        }
        "PATCH" => {
            edit(state, &kind.name, name, &Value::Object(body(request)?)).or_else(wrong)?;
            Ok(Response::json(
                200,
                &json!(state.org.tree.get(&kind.name, name).map(|component| &component.fields)),
            ))
        }
        "PUT" => {
            let reading = Reading { version: state.org.api_version, alphabetical: false };
            let checked = check::read_file(kind, &request.body, reading)
                .or_else(|problem| wrong(format!("line {}: {}", problem.line, problem.text)))?;
            store(state, kind, name, checked.fields)?;
            Ok(Response::json(200, &json!({})))
        }
        "DELETE" => {
            state.org.tree.get(&kind.name, name).ok_or_else(missing)?;
            deletion::remove(&mut state.org.tree, &kind.name, name);
            state.org.end_sessions_of_deleted_apps();
            Ok(Response::json(200, &json!({})))
        }
        other => Err((405, format!("not {other}"))),
    }
}

/// An administrator other than the one that clients log in as, so that `modified by` shows the difference.
fn other_admin(state: &State) -> Result<crate::org::User, (u16, String)> {
    let admin = state.org.user(&stamp::record_id("005", crate::org::OTHER_ADMIN)).cloned();
    admin.ok_or_else(|| (409, "the org has no second administrator".to_string()))
}

fn store(state: &mut State, kind: &MetadataType, name: &str, fields: Fields) -> Result<(), (u16, String)> {
    let user = other_admin(state)?;
    let settings = Settings {
        org: &state.org,
        user: &user,
        at: state.org.now(),
        ignore_warnings: true,
        allow_missing_files: false,
    };
    let mut work = Application::new(settings, state.org.api_version, String::new());
    work.store(kind, name, fields).map_err(|refusal| (400, refusal.text))?;
    work.finish();
    if let Some(message) = work.messages.first() {
        return wrong(message.problem.clone());
    }
    let (tree, secrets) = work.into_result();
    state.org.tree = tree;
    state.org.secrets.extend(secrets);
    Ok(())
}

/// Sets or removes single elements. Checks the contract but not the rules, because real orgs have been observed in
/// inconsistent states.
pub fn edit(state: &mut State, kind: &str, name: &str, changes: &Value) -> Result<(), String> {
    let kind = Contract::get().by_name(kind).ok_or_else(|| format!("no metadata type {kind}"))?;
    let version = state.org.api_version;
    let Some(changes) = changes.as_object() else {
        return Err("the changes must be an object".to_string());
    };
    let mut parsed = Vec::new();
    for (element, value) in changes {
        // Elements of other versions can be removed: they may be present as xsi:nil.
        let is_known = kind.elements.iter().any(|known| known.name == *element && value.is_null());
        if !is_known && kind.element(element, version).is_none() {
            return Err(format!("{} has no element {element}", kind.name));
        }
        let value = match value {
            Value::Null => None,
            Value::String(text) => Some(FieldValue::text(text.as_str())),
            Value::Bool(_) | Value::Number(_) => Some(FieldValue::Text(value.to_string())),
            nested => Some(serde_json::from_value(nested.clone()).map_err(|error| error.to_string())?),
        };
        parsed.push((element.clone(), value));
    }
    let editor = stamp::record_id("005", crate::org::OTHER_ADMIN);
    let now = state.org.now();
    let component =
        state.org.tree.get_mut(&kind.name, name).ok_or_else(|| format!("no {} {name}", kind.name))?;
    for (element, value) in parsed {
        match value {
            Some(value) => component.fields.insert(element, value),
            None => component.fields.remove(&element),
        };
    }
    component.modified = now;
    component.modified_by = editor;
    Ok(())
}

/// Creates an app as the Setup pages do, with the names that Setup assigns to its parts.
fn make_app(state: &mut State, wanted: &Map<String, Value>) -> Outcome {
    let string = |name: &str| wanted.get(name).and_then(Value::as_str);
    let Some(name) = string("name") else {
        return wrong("name is missing");
    };
    let fields = |entries: &[(&str, &str)]| -> Fields {
        let own = entries.iter().map(|(element, value)| ((*element).to_string(), FieldValue::text(*value)));
        own.collect()
    };
    let label = string("label").unwrap_or(name);
    let email = string("contactEmail").unwrap_or("admin@example.com");
    let callback = string("callbackUrl").unwrap_or("https://example.com/callback");
    let scopes = string("scopes").unwrap_or("Api, RefreshToken");
    let before = state.org.tree.clone();
    let parts = [
        (APP, name.to_string(), fields(&[("label", label), ("contactEmail", email)])),
        (
            OAUTH_SETTINGS,
            format!("{name}_oauth"),
            fields(&[(PARENT, name), ("commaSeparatedOauthScopes", scopes)]),
        ),
        (
            GLOBAL_SETTINGS,
            format!("{name}_glbloauth"),
            fields(&[
                (PARENT, name),
                ("callbackUrl", callback),
                // Setup leaves this element enabled although token exchange is disabled.
                ("isSecretRequiredForTokenExchange", "true"),
            ]),
        ),
    ];
    for (kind, full_name, fields) in parts {
        if let Err(problem) = store(state, kind_named(kind)?, &full_name, fields) {
            state.org.tree = before;
            return Err(problem);
        }
    }
    // The names that Setup assigns, instead of those that a deploy assigns.
    for (kind, by_deploy, by_setup) in [
        (OAUTH_POLICIES, format!("{name}_oauth_defaultPolicy"), format!("{name}_oauthPlcy")),
        (APP_POLICIES, format!("{name}_defaultPolicy"), format!("{name}_plcy")),
    ] {
        if let Some(mut component) = state.org.tree.remove(kind, &by_deploy) {
            component.fields.insert("label".to_string(), FieldValue::text(by_setup.as_str()));
            state.org.tree.insert(kind, &by_setup, component);
        }
    }
    let copies = wanted.get("copies").and_then(Value::as_u64).unwrap_or(0);
    copy_app(&mut state.org.tree, name, copies);
    Ok(Response::json(201, &json!({ "name": name })))
}

/// Installs an app from a package.
fn install(state: &mut State, wanted: &Map<String, Value>) -> Outcome {
    let string = |name: &str| wanted.get(name).and_then(Value::as_str);
    let (Some(namespace), Some(app)) = (string("namespace"), string("name")) else {
        return wrong("namespace and name are needed");
    };
    let packaged = PackagedApp {
        namespace,
        app,
        label: string("label").unwrap_or(app),
        scopes: string("scopes").unwrap_or("Api, RefreshToken"),
        oauth_link: string("oauthLink").unwrap_or("00DPUBLISHER001:888000000000001"),
    };
    let installer = other_admin(state)?;
    let name = installed::install(&mut state.org, &packaged, &installer.id, stamp::now()).or_else(wrong)?;
    Ok(Response::json(201, &json!({ "name": name })))
}

/// Copies an app `copies` times, with different names, IDs and consumer keys, to create an org with thousands of apps.
fn copy_app(tree: &mut Tree, name: &str, copies: u64) {
    let parts = [APP, OAUTH_SETTINGS, GLOBAL_SETTINGS, OAUTH_POLICIES, APP_POLICIES];
    let originals: Vec<(&str, String, Component)> = parts
        .into_iter()
        .flat_map(|kind| tree.all(kind).map(move |(own, component)| (kind, own, component)))
        .filter(|(_, own, component)| text(&component.fields, PARENT).unwrap_or(own) == name)
        .map(|(kind, own, component)| (kind, own.clone(), component.clone()))
        .collect();
    for number in 1..=copies {
        let copy = format!("{name}{number}");
        for (kind, own, original) in &originals {
            let mut component = original.clone();
            let prefix: String = component.id.chars().take(3).collect();
            component.id = tree.next_id(&prefix);
            if component.fields.contains_key(PARENT) {
                component.fields.insert(PARENT.to_string(), FieldValue::text(copy.as_str()));
            }
            if component.fields.contains_key("consumerKey") {
                let key = crate::pairs::new_key();
                component.fields.insert("consumerKey".to_string(), FieldValue::Text(key));
            }
            let ending = own.strip_prefix(name).unwrap_or_default();
            tree.insert(kind, &format!("{copy}{ending}"), component);
        }
    }
}

fn open_session(state: &mut State, wanted: &Map<String, Value>) -> Outcome {
    let username = wanted.get("user").and_then(Value::as_str).unwrap_or_default();
    let jwt = wanted.get("jwt").and_then(Value::as_bool).unwrap_or(false);
    let Some(user) = state.org.user_named(username).map(|user| user.id.clone()) else {
        return wrong(format!("no user {username}"));
    };
    let token = state.org.open_session(&user, "emulator", None, jwt);
    let number = state.org.session_number(&token);
    Ok(Response::json(201, &json!({ "access_token": token, "session": number })))
}

fn org(state: &State) -> Value {
    let certificates: Map<String, Value> = state
        .org
        .tree
        .all(GLOBAL_SETTINGS)
        .map(|(name, global)| (name.clone(), json!(text(&global.fields, "certificate").is_some())))
        .collect();
    json!({
        "id": state.org.id,
        "name": state.org.name,
        "isSandbox": state.org.is_sandbox,
        "apiVersion": state.org.api_version,
        "switches": state.org.switches,
        "enableConsumerSecretApiAccess": state.org.setting(APP_SETTINGS, "enableConsumerSecretApiAccess"),
        "enableClientSecretInRestApiAccess": state.org.setting(APP_SETTINGS, "enableClientSecretInRestApiAccess"),
        "codeCredFlow": state.org.setting(OIDC_SETTINGS, "oAuthCdCrdtFlowEnable"),
        "hasCertificate": certificates,
        "users": site::users(state),
        "permissionSets": state.org.permission_sets,
        "permissionSetGroups": state.org.permission_set_groups,
        "profiles": state.org.profiles,
        "apexClasses": state.org.apex_classes,
        "jwtTokens": state.org.login_apps.iter().any(|app| app.jwt_tokens),
        "behaviors": behavior::FACTS.len() + crate::site::facts::FACTS.len(),
    })
}

fn patch_org(state: &mut State, changes: &Map<String, Value>) -> Outcome {
    let mut next = state.org.clone();
    std::mem::swap(&mut state.org, &mut next);
    for (name, value) in changes {
        if let Err(problem) = patch_one(state, name, value) {
            state.org = next;
            return wrong(format!("{name}: {problem}"));
        }
    }
    Ok(Response::json(200, &org(state)))
}

fn patch_one(state: &mut State, name: &str, value: &Value) -> Result<(), String> {
    let flag = || value.as_bool().ok_or_else(|| "must be true or false".to_string());
    let setting = match name {
        "enableConsumerSecretApiAccess" | "enableClientSecretInRestApiAccess" => {
            Some((APP_SETTINGS, "ExternalClientApp", name))
        }
        "codeCredFlow" => Some((OIDC_SETTINGS, "OauthOidc", "oAuthCdCrdtFlowEnable")),
        _ => None,
    };
    if let Some((kind, member, element)) = setting {
        flag()?;
        return edit(state, kind, member, &json!({ element: value }));
    }
    match name {
        "isSandbox" => state.org.is_sandbox = flag()?,
        "name" => state.org.name = value.as_str().ok_or("must be a text")?.to_string(),
        // Changes only the ID; `POST refresh` emulates a sandbox refresh.
        "id" => state.org.id = value.as_str().filter(|id| id.len() == 18).ok_or("must be an id")?.to_string(),
        "jwtTokens" => {
            let jwt = flag()?;
            for app in &mut state.org.login_apps {
                app.jwt_tokens = jwt;
            }
        }
        "apexClasses" => {
            state.org.apex_classes =
                serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        }
        "permissionSets" | "profiles" => {
            let wanted = value.as_object().ok_or("must be an object: name to number of holders")?;
            let groups =
                if name == "profiles" { &mut state.org.profiles } else { &mut state.org.permission_sets };
            set_groups(groups, if name == "profiles" { "00e" } else { "0PS" }, wanted)?;
        }
        "permissionSetGroups" => {
            let wanted = value.as_object().ok_or("must be an object: name to members and holders")?;
            site::set_permission_set_groups(&mut state.org, wanted)?;
        }
        "users" => {
            for (username, changes) in value.as_object().ok_or("must be an object: username to changes")? {
                site::patch_user(state, username, changes)?;
            }
        }
        "switches" => {
            let mut all = serde_json::to_value(&state.org.switches).map_err(|error| error.to_string())?;
            for (name, value) in value.as_object().ok_or("must be an object")? {
                report::set(&mut all, name, value.clone());
            }
            state.org.switches = serde_json::from_value(all).map_err(|error| error.to_string())?;
        }
        _ => {
            let switches = json!({ name: value });
            return patch_one(state, "switches", &switches);
        }
    }
    Ok(())
}

/// Sets the number of holders of each group; null removes a group.
pub fn set_groups(groups: &mut Vec<Group>, prefix: &str, wanted: &Map<String, Value>) -> Result<(), String> {
    for (name, holders) in wanted {
        let known = groups.iter_mut().find(|group| group.name == *name);
        match (holders.as_u64(), known) {
            (Some(holders), Some(group)) => group.holders = holders,
            (Some(holders), None) => {
                let number = 100 + groups.len() as u64;
                groups.push(Group { id: stamp::record_id(prefix, number), name: name.clone(), holders });
            }
            (None, _) if holders.is_null() => groups.retain(|group| group.name != *name),
            (None, _) => return Err(format!("{name}: must be a number of holders or null")),
        }
    }
    Ok(())
}
