//! The REST interfaces: versions, queries, records of users, deployRequest, consumer credentials of Connect REST.

use serde_json::{Value, json};

use crate::component::text;
use crate::emulator::{Call, State};
use crate::fault::rest as error;
use crate::http::{Answer, Request};
use crate::job::{Options, encode};
use crate::multipart;
use crate::oauth::bearer_user;
use crate::org::{APP, APP_SETTINGS, GLOBAL_SETTINGS, User};
use crate::package::parse_version;
use crate::report;
use crate::soap;
use crate::soql;
use crate::stamp;

pub fn operation_of(request: &Request) -> String {
    let segments = request.segments();
    let rest = segments.get(3..).unwrap_or_default();
    let name = match (request.method.as_str(), rest) {
        (_, []) => "versions",
        (_, ["query"]) => "query",
        (_, ["tooling", "query"]) => "toolingQuery",
        (_, ["sobjects", ..]) => "sobjects",
        (_, ["limits"]) => "limits",
        ("POST", ["metadata", "deployRequest"]) => "deploy",
        ("GET", ["metadata", "deployRequest", _]) => "checkDeployStatus",
        ("PATCH", ["metadata", "deployRequest", _]) => "cancelDeploy",
        (_, ["apps", "oauth", "usage"]) => "oauthUsage",
        (_, ["apps", "oauth", "credentials", ..]) => "oauthCredentials",
        _ => "rest",
    };
    name.to_string()
}

pub fn answer(state: &mut State, request: &Request, call: &mut Call) -> Answer {
    let segments = request.segments();
    let Some(written) = segments.get(2) else {
        return versions(state);
    };
    let version = match written.strip_prefix('v').and_then(parse_version) {
        Some(version) if (31..=state.org.api_version).contains(&version) => version,
        _ => return not_found(),
    };
    call.version = Some(version);
    let user = match bearer_user(state, request, call) {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    if !user.may("ApiEnabled") {
        return error(403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner");
    }
    match (request.method.as_str(), segments.get(3..).unwrap_or_default()) {
        ("GET", []) => resources(state, request, version),
        ("GET", ["query"]) => query(state, request, &user, call, false),
        ("GET", ["tooling", "query"]) => query(state, request, &user, call, true),
        ("GET", ["sobjects", "User", id]) => {
            match state.org.users.iter().find(|user| stamp::same_id(&user.id, id)) {
                Some(user) => Answer::json(
                    200,
                    &json!({
                        "attributes": { "type": "User", "url": request.path },
                        "Id": user.id, "IsActive": user.active, "Name": user.name, "Username": user.username,
                    }),
                ),
                None => not_found(),
            }
        }
        ("GET", ["tooling", "sobjects", ..]) => not_found(),
        ("GET", ["limits"]) => Answer::json(
            200,
            &json!({ "DailyApiRequests": { "Max": 15000, "Remaining": 15000_u64.saturating_sub(state.journal.entries().len() as u64) } }),
        ),
        (method, ["metadata", "deployRequest", rest @ ..]) => {
            deploys(state, request, method, rest, &user, version, call)
        }
        ("GET", ["apps", "oauth", "usage"]) => usage(state, request),
        ("GET", ["apps", "oauth", "credentials", app]) => consumers(state, &user, app, version),
        ("GET", ["apps", "oauth", "credentials", app, consumer]) => {
            credentials(state, request, &user, app, consumer, version)
        }
        (method, _) => error(501, "NOT_IMITATED", &format!("not imitated: {method} {}", request.path)),
    }
}

fn not_found() -> Answer {
    error(404, "NOT_FOUND", "The requested resource does not exist")
}

fn versions(state: &State) -> Answer {
    let list: Vec<Value> = (31..=state.org.api_version)
        .map(|version| {
            json!({
                "label": format!("API {version}"),
                "url": format!("/services/data/v{version}.0"),
                "version": format!("{version}.0"),
            })
        })
        .collect();
    Answer::json(200, &Value::Array(list))
}

fn resources(state: &State, request: &Request, version: u32) -> Answer {
    let base = format!("/services/data/v{version}.0");
    let user =
        request.bearer().and_then(|token| state.org.session(token)).map(|session| session.user.clone());
    Answer::json(
        200,
        &json!({
            "identity": format!("{}/id/{}/{}", request.base_url, state.org.id, user.unwrap_or_default()),
            "limits": format!("{base}/limits"),
            "metadata": format!("{base}/metadata"),
            "query": format!("{base}/query"),
            "sobjects": format!("{base}/sobjects"),
        }),
    )
}

fn query(state: &State, request: &Request, user: &User, call: &mut Call, is_tooling: bool) -> Answer {
    let text = request.query("q").unwrap_or_default();
    call.note("soql", json!(text));
    match soql::run(&soql::Source { org: &state.org, jobs: &state.jobs, user, is_tooling }, text) {
        Ok(result) => Answer::json(200, &result),
        Err((code, message)) => error(400, code, &message),
    }
}

fn deploys(
    state: &mut State,
    request: &Request,
    method: &str,
    rest: &[&str],
    user: &User,
    version: u32,
    call: &mut Call,
) -> Answer {
    if version < crate::apply::OLDEST_VERSION {
        return error(501, "NOT_IMITATED", &format!("not imitated: API version {version}.0"));
    }
    if let Err(fault) = soap::may_use_metadata(user) {
        return error(403, &fault.code, &fault.text);
    }
    match (method, rest) {
        ("POST", []) => start(state, request, user, version, call),
        ("GET", [id]) => {
            let Some(deploy) = state.jobs.deploy(id) else {
                return not_found();
            };
            let details =
                request.query("includeDetails").is_some_and(|value| value.eq_ignore_ascii_case("true"));
            let mut result = report::deploy_result(deploy, version, details);
            call.note("id", json!(deploy.id));
            call.note("status", json!(deploy.status));
            call.overlay(&mut result);
            Answer::json(
                200,
                &json!({
                    "id": deploy.id,
                    "deployOptions": deploy.options,
                    "deployResult": result,
                    "validatedDeployRequestId": null,
                }),
            )
        }
        ("PATCH", [id]) => {
            let wanted: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            if wanted.pointer("/deployResult/status") != Some(&json!("Canceling")) {
                return error(
                    400,
                    "INVALID_OPERATION",
                    "the only change of a deployment is the status Canceling",
                );
            }
            match soap::cancel(state, id, user) {
                Ok(_) => {
                    let result =
                        state.jobs.deploy(id).map(|deploy| report::deploy_result(deploy, version, false));
                    Answer::json(202, &json!({ "id": id, "deployResult": result }))
                }
                Err(fault) => fault.rest_answer(),
            }
        }
        _ => error(501, "NOT_IMITATED", &format!("not imitated: {method} {}", request.path)),
    }
}

fn start(state: &mut State, request: &Request, user: &User, version: u32, call: &mut Call) -> Answer {
    let parts = match multipart::read(request) {
        Ok(parts) => parts,
        Err(problem) => return error(400, "INVALID_MULTIPART_REQUEST", &problem),
    };
    let form = parts.iter().find(|part| part.content_type.starts_with("application/json"));
    let file = parts.iter().find(|part| part.name == "file");
    let Some(form) = form else {
        return error(400, "INVALID_MULTIPART_REQUEST", "the part with the deploy options is missing");
    };
    let sent: Value = match serde_json::from_slice(&form.content) {
        Ok(sent) => sent,
        Err(problem) => return error(400, "JSON_PARSER_ERROR", &problem.to_string()),
    };
    if sent.get("validatedDeployRequestId").is_some() {
        return error(501, "NOT_IMITATED", "not imitated: quick deploys");
    }
    let Some(file) = file else {
        return error(400, "INVALID_MULTIPART_REQUEST", "the part 'file' is missing");
    };
    let options = match options(sent.get("deployOptions")) {
        Ok(options) => options,
        Err(problem) => return error(400, "JSON_PARSER_ERROR", &problem),
    };
    match soap::start_deploy(state, user, encode(&file.content), options, call) {
        Ok(id) => {
            let deploy = state.jobs.deploy(&id);
            let result = deploy.map(|deploy| report::deploy_result(deploy, version, false));
            Answer::json(
                201,
                &json!({
                    "id": id,
                    "deployOptions": deploy.map(|deploy| &deploy.options),
                    "deployResult": result,
                    "validatedDeployRequestId": null,
                }),
            )
        }
        Err(fault) => fault.rest_answer(),
    }
}

/// CumulusCI sends some booleans as text.
fn options(sent: Option<&Value>) -> Result<Options, String> {
    let Some(Value::Object(sent)) = sent else {
        return Err("deployOptions is missing".to_string());
    };
    let mut options = Options::default();
    for (name, value) in sent {
        let flag = || match value {
            Value::Bool(flag) => Ok(*flag),
            Value::Null => Ok(false),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            other => Err(format!("{name}: {other} is not a boolean")),
        };
        match name.as_str() {
            "allowMissingFiles" => options.allow_missing_files = flag()?,
            "autoUpdatePackage" => {
                flag()?;
            }
            "checkOnly" => options.check_only = flag()?,
            "ignoreWarnings" => options.ignore_warnings = flag()?,
            "performRetrieve" => options.perform_retrieve = flag()?,
            "purgeOnDelete" => options.purge_on_delete = flag()?,
            "rollbackOnError" => options.rollback_on_error = flag()?,
            "singlePackage" => options.single_package = flag()?,
            "runTests" => {}
            "testLevel" => options.test_level = value.as_str().map(str::to_string),
            other => return Err(format!("Unrecognized field \"{other}\"")),
        }
    }
    Ok(options)
}

fn usage(state: &State, request: &Request) -> Answer {
    let number = |name: &str, default: usize| {
        request.query(name).and_then(|value| value.parse::<usize>().ok()).unwrap_or(default)
    };
    let (page, size) = (number("page", 0), number("pageSize", 100).max(1));
    let apps: Vec<Value> = state
        .org
        .tree
        .all(APP)
        .filter(|(name, _)| state.org.tree.part(GLOBAL_SETTINGS, name).is_some())
        .skip(page.saturating_mul(size))
        .take(size)
        .map(|(name, app)| {
            json!({
                "developerName": name,
                "identifier": app.id,
                "label": text(&app.fields, "label"),
                "type": "ExternalClientApplication",
            })
        })
        .collect();
    Answer::json(200, &json!({ "apps": apps, "currentPageUrl": request.path, "nextPageUrl": null }))
}

fn app_of<'a>(state: &'a State, id: &str) -> Option<&'a str> {
    state.org.tree.all(APP).find(|(_, app)| stamp::same_id(&app.id, id)).map(|(name, _)| name.as_str())
}

fn may_see(user: &User) -> Result<(), Answer> {
    if user.may("ExternalClientAppDeveloper") {
        return Ok(());
    }
    Err(error(403, "INSUFFICIENT_ACCESS", "You don't have access to the credentials of external client apps"))
}

fn consumers(state: &State, user: &User, app: &str, version: u32) -> Answer {
    if let Err(answer) = may_see(user) {
        return answer;
    }
    let Some(name) = app_of(state, app) else {
        return not_found();
    };
    let list: Vec<Value> = consumer_of(state, name, app, version).into_iter().collect();
    Answer::json(200, &json!({ "consumers": list }))
}

fn consumer_of(state: &State, name: &str, app: &str, version: u32) -> Option<Value> {
    let id = state.org.tree.consumers.get(name)?;
    let (label, global) = state.org.tree.part(GLOBAL_SETTINGS, name)?;
    let url = format!("/services/data/v{version}.0/apps/oauth/credentials/{app}/{id}");
    let key = text(&global.fields, "consumerKey").filter(|_| state.org.switches.key_in_rest);
    let mut consumer = json!({ "id": id, "key": key, "name": label, "url": url });
    if version >= 65 {
        report::set(&mut consumer, "stagedCredentialsUrl", json!(format!("{url}/staged")));
    }
    Some(consumer)
}

fn credentials(
    state: &State,
    request: &Request,
    user: &User,
    app: &str,
    consumer: &str,
    version: u32,
) -> Answer {
    if let Err(answer) = may_see(user) {
        return answer;
    }
    let Some(name) = app_of(state, app) else {
        return not_found();
    };
    let is_known = state.org.tree.consumers.get(name).is_some_and(|id| stamp::same_id(id, consumer));
    let Some(mut found) = consumer_of(state, name, app, version).filter(|_| is_known) else {
        return not_found();
    };
    let part = request.query("part").unwrap_or("key").to_ascii_lowercase();
    let wants_secret = match part.as_str() {
        "key" => false,
        "secret" | "keyandsecret" => true,
        other => return error(400, "INVALID_QUERY_PARAMETER", &format!("part: {other}")),
    };
    let shows =
        state.org.setting(APP_SETTINGS, "enableClientSecretInRestApiAccess") && user.may("ViewClientSecret");
    if wants_secret && shows {
        let secret = state
            .org
            .tree
            .part(GLOBAL_SETTINGS, name)
            .and_then(|(_, global)| text(&global.fields, "consumerSecret"));
        report::set(&mut found, "secret", json!(secret));
    }
    if part == "secret"
        && let Value::Object(members) = &mut found
    {
        members.remove("key");
    }
    Answer::json(200, &found)
}
