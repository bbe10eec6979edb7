//! The REST APIs: versions, queries, users, permission sets, deployRequest. Connect REST is in `connect.rs`.

use serde_json::{Value, json};

use crate::call_options;
use crate::component::text;
use crate::connect;
use crate::emulator::{Call, State};
use crate::fault::rest as error;
use crate::http::{Request, Response};
use crate::job::{Options, encode};
use crate::multipart;
use crate::oauth::bearer_user;
use crate::org::{Group, OAUTH_POLICIES, User};
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
        (_, ["query", _]) => "queryMore",
        (_, ["tooling", "query"]) => "toolingQuery",
        (_, ["sobjects", ..]) => "sobjects",
        (_, ["limits"]) => "limits",
        ("POST", ["metadata", "deployRequest"]) => "deploy",
        ("GET", ["metadata", "deployRequest", _]) => "checkDeployStatus",
        ("PATCH", ["metadata", "deployRequest", _]) => "cancelDeploy",
        (method, ["apps", "oauth", rest @ ..]) => connect::operation_of(method, rest),
        _ => "rest",
    };
    name.to_string()
}

pub fn answer(state: &mut State, request: &Request, call: &mut Call) -> Response {
    let segments = request.segments();
    let Some(written) = segments.get(2) else {
        return versions(state);
    };
    let version = match written.strip_prefix('v').and_then(parse_version) {
        Some(version) if (31..=state.org.api_version).contains(&version) => version,
        _ => return not_found(),
    };
    call.version = Some(version);
    match request.header("sforce-call-options").map(call_options::client_in_header).transpose() {
        Ok(client) => client.flatten().into_iter().for_each(|client| call.note("client", json!(client))),
        Err(fault) => return fault.rest_answer(),
    }
    let user = match bearer_user(state, request, call) {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    let resource = segments.get(3..).unwrap_or_default();
    if let Err(stop) = crate::site::data_apis(&state.org, request, &user, resource) {
        return stop.answer(call);
    }
    if !user.may("ApiEnabled") {
        return error(403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner");
    }
    match (request.method.as_str(), resource) {
        ("GET", []) => resources(state, request, version),
        ("GET", ["query"]) => query(state, request, &user, call, version, false),
        ("GET", ["tooling", "query"]) => query(state, request, &user, call, version, true),
        ("GET", ["query", locator]) => more(state, request, locator, version),
        ("GET", ["sobjects", "User", id]) if id.starts_with("005") => {
            match state.org.users.iter().find(|user| stamp::same_id(&user.id, id)) {
                Some(user) => Response::json(
                    200,
                    &json!({
                        "attributes": { "type": "User", "url": request.path },
                        "Id": user.id, "IsActive": user.active, "Name": user.name, "Username": user.username,
                    }),
                ),
                None => not_found(),
            }
        }
        ("POST", ["sobjects", "PermissionSet"]) => create_permission_set(state, request, &user),
        ("DELETE", ["sobjects", "PermissionSet", id]) => delete_permission_set(state, id, &user),
        // Source tracking is not supported. Clients use this call to detect support.
        ("GET", ["tooling", "sobjects", "SourceMember", ..]) => not_found(),
        ("GET", ["limits"]) => Response::json(
            200,
            &json!({ "DailyApiRequests": { "Max": 15000, "Remaining": 15000_u64.saturating_sub(state.journal.entries().len() as u64) } }),
        ),
        (method, ["metadata", "deployRequest", rest @ ..]) => {
            deploys(state, request, method, rest, &user, version, call)
        }
        (_, ["apps", "oauth", rest @ ..]) => connect::answer(state, request, call, &user, version, rest),
        (method, _) => error(501, "NOT_EMULATED", &format!("not emulated: {method} {}", request.path)),
    }
}

fn not_found() -> Response {
    error(404, "NOT_FOUND", "The requested resource does not exist")
}

fn versions(state: &State) -> Response {
    let list: Vec<Value> = (31..=state.org.api_version)
        .map(|version| {
            json!({
                "label": format!("API {version}"),
                "url": format!("/services/data/v{version}.0"),
                "version": format!("{version}.0"),
            })
        })
        .collect();
    Response::json(200, &Value::Array(list))
}

fn resources(state: &State, request: &Request, version: u32) -> Response {
    let base = format!("/services/data/v{version}.0");
    let user =
        request.bearer().and_then(|token| state.org.session(token)).map(|session| session.user.clone());
    Response::json(
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

fn query(
    state: &mut State,
    request: &Request,
    user: &User,
    call: &mut Call,
    version: u32,
    is_tooling: bool,
) -> Response {
    let text = request.query("q").unwrap_or_default();
    call.note("soql", json!(text));
    let source = soql::Source { org: &state.org, jobs: &state.jobs, user, is_tooling };
    let result = match soql::run(&source, text) {
        Ok(result) => result,
        Err((code, message)) => return error(400, code, &message),
    };
    if result.get("records").and_then(Value::as_array).is_none_or(|all| all.len() <= batch_size(request)) {
        return Response::json(200, &result);
    }
    let locator = state.org.tree.next_id("01g");
    state.cursors.insert(locator.clone(), result);
    batch(state, request, &locator, 0, version)
}

/// The number of records in a response. Clients can request smaller batches in a header.
fn batch_size(request: &Request) -> usize {
    let wanted = request.header("sforce-query-options").and_then(|options| options.split_once("batchSize="));
    let wanted = wanted.and_then(|(_, size)| size.trim().parse().ok());
    wanted.unwrap_or(2000_usize).clamp(200, 2000)
}

/// `…/query/01g…-2000`: the records after the first 2000.
fn more(state: &State, request: &Request, locator: &str, version: u32) -> Response {
    let found = locator.rsplit_once('-').and_then(|(id, from)| Some((id, from.parse().ok()?)));
    match found.filter(|(id, _)| state.cursors.contains_key(*id)) {
        Some((id, from)) => batch(state, request, id, from, version),
        None => error(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
    }
}

fn batch(state: &State, request: &Request, locator: &str, from: usize, version: u32) -> Response {
    let whole = state.cursors.get(locator).and_then(|result| result.get("records")).and_then(Value::as_array);
    let all = whole.map(Vec::as_slice).unwrap_or_default();
    let to = from.saturating_add(batch_size(request)).min(all.len());
    let mut answer = json!({
        "totalSize": all.len(),
        "done": to == all.len(),
        "records": all.get(from..to).unwrap_or_default(),
    });
    if to < all.len() {
        let next = format!("/services/data/v{version}.0/query/{locator}-{to}");
        report::set(&mut answer, "nextRecordsUrl", json!(next));
    }
    Response::json(200, &answer)
}

const ASSIGN: &str = "ManageProfilesPermissionsets";

/// Creates an empty permission set, without assignments and permissions.
fn create_permission_set(state: &mut State, request: &Request, user: &User) -> Response {
    if !user.may(ASSIGN) {
        return error(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object");
    }
    let sent: Value = match serde_json::from_slice(&request.body) {
        Ok(sent) => sent,
        Err(problem) => return error(400, "JSON_PARSER_ERROR", &problem.to_string()),
    };
    let fields = sent.as_object().cloned().unwrap_or_default();
    if let Some(other) =
        fields.keys().find(|field| !["Name", "Label", "Description"].contains(&field.as_str()))
    {
        return error(501, "NOT_EMULATED", &format!("not emulated: {other} of a permission set"));
    }
    let text = |field: &str| fields.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (Some(name), Some(_)) = (text("Name"), text("Label")) else {
        return error(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Label, Name]");
    };
    if !crate::rules::is_api_name(name) {
        return error(400, "INVALID_FIELD", &format!("the permission set's API name is invalid: {name}"));
    }
    if state.org.permission_sets.iter().any(|set| set.name.eq_ignore_ascii_case(name)) {
        return error(400, "DUPLICATE_VALUE", &format!("duplicate value found: Name duplicates {name}"));
    }
    let id = state.org.tree.next_id("0PS");
    state.org.permission_sets.push(Group { id: id.clone(), name: name.to_string(), holders: 0 });
    Response::json(201, &json!({ "id": id, "success": true, "errors": [] }))
}

/// Deletes a permission set that is not in use. The error that a real org returns for a permission set in use is not
/// known.
fn delete_permission_set(state: &mut State, id: &str, user: &User) -> Response {
    if !user.may(ASSIGN) {
        return error(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object");
    }
    let Some(set) = state.org.permission_sets.iter().find(|set| stamp::same_id(&set.id, id)).cloned() else {
        return not_found();
    };
    let names = |component: &crate::component::Component| {
        text(&component.fields, "commaSeparatedPermissionSet")
            .is_some_and(|sets| crate::behavior::list(sets).contains(&set.name))
    };
    if set.holders > 0 || state.org.tree.all(OAUTH_POLICIES).any(|(_, policies)| names(policies)) {
        return error(501, "NOT_EMULATED", "not emulated: deleting a permission set that is in use");
    }
    state.org.permission_sets.retain(|other| other.id != set.id);
    Response::empty(204)
}

fn deploys(
    state: &mut State,
    request: &Request,
    method: &str,
    rest: &[&str],
    user: &User,
    version: u32,
    call: &mut Call,
) -> Response {
    if version < crate::apply::OLDEST_VERSION {
        return error(501, "NOT_EMULATED", &format!("not emulated: API version {version}.0"));
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
            Response::json(
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
                    Response::json(202, &json!({ "id": id, "deployResult": result }))
                }
                Err(fault) => fault.rest_answer(),
            }
        }
        _ => error(501, "NOT_EMULATED", &format!("not emulated: {method} {}", request.path)),
    }
}

fn start(state: &mut State, request: &Request, user: &User, version: u32, call: &mut Call) -> Response {
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
        return error(501, "NOT_EMULATED", "not emulated: quick deploys");
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
            Response::json(
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

/// Reads the options of a deploy. CumulusCI sends some booleans as text.
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
