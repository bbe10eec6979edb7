//! The SOAP Metadata API: envelope, session, dispatch. Reads envelopes as liberally as orgs do, because real clients
//! send many shapes; the files inside a package are another matter (`check.rs`).
//! CRUD calls are in `crud.rs`.

use roxmltree::{Document, Node};
use serde_json::{Value, json};

use crate::apply::OLDEST_VERSION;
use crate::behaviour;
use crate::component::NAMESPACE;
use crate::contract::{Contract, MetadataType};
use crate::crud;
use crate::emulator::{Call, State};
use crate::fault::Fault;
use crate::http::{Answer, Request};
use crate::job::{self, Cancel, Deploy, Options, Retrieve, Status};
use crate::org::User;
use crate::package;
use crate::report::{self, xml};
use crate::stamp;

/// The method of a request, if it is a SOAP call that can be read.
pub fn method_of(request: &Request) -> Option<String> {
    let text = std::str::from_utf8(&request.body).ok()?;
    let document = Document::parse(text).ok()?;
    Some(body_of(&document)?.tag_name().name().to_string())
}

fn body_of<'a, 'input>(document: &'a Document<'input>) -> Option<Node<'a, 'input>> {
    child(child(document.root(), "Envelope")?, "Body")?
        .children()
        .find(Node::is_element)
}

pub fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children()
        .find(|child| child.is_element() && child.tag_name().name() == name)
}

pub fn children<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    name: &'a str,
) -> impl Iterator<Item = Node<'a, 'input>> + 'a {
    node.children()
        .filter(move |child| child.is_element() && child.tag_name().name() == name)
}

pub fn text_of(node: Node<'_, '_>, name: &str) -> Option<String> {
    child(node, name)
        .and_then(|child| child.text())
        .map(|text| text.trim().to_string())
}

pub fn answer(state: &mut State, request: &Request, call: &mut Call) -> Answer {
    match respond(state, request, call) {
        Ok((method, results)) => Answer::xml(
            200,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
                 xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
                 xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"{NAMESPACE}\"><soapenv:Body>\
                 <{method}Response>{results}</{method}Response></soapenv:Body></soapenv:Envelope>"
            ),
        ),
        Err(fault) => fault.answer(),
    }
}

fn respond(state: &mut State, request: &Request, call: &mut Call) -> Result<(String, String), Fault> {
    if request.method != "POST" {
        return Err(Fault {
            status: 405,
            ..Fault::new("soapenv:Client", "SOAP calls are made by POST")
        });
    }
    let text = std::str::from_utf8(&request.body)
        .map_err(|_| Fault::new("soapenv:Client", "The envelope is not valid UTF-8"))?;
    let document = Document::parse(text).map_err(|error| {
        Fault::new(
            "soapenv:Client",
            format!("The envelope is not well-formed: {error}"),
        )
    })?;
    let method = body_of(&document)
        .ok_or_else(|| Fault::new("soapenv:Client", "No Body with an operation in the envelope"))?;
    let version = version_of(state, request)?;
    call.version = Some(version);
    let name = method.tag_name().name().to_string();
    if method.tag_name().namespace() != Some(NAMESPACE) {
        return Err(Fault::new(
            "soapenv:Client",
            format!("Element {name} is not in the namespace {NAMESPACE}"),
        ));
    }
    let session = child(document.root(), "Envelope")
        .and_then(|envelope| child(envelope, "Header"))
        .and_then(|header| child(header, "SessionHeader"))
        .and_then(|header| text_of(header, "sessionId"))
        .or_else(|| request.bearer().map(str::to_string))
        .unwrap_or_default();
    let user = user_of(state, &session, version)?;
    call.user = Some(user.username.clone());
    let results = match name.as_str() {
        "deploy" => deploy(state, method, &user, call)?,
        "checkDeployStatus" => check_deploy(state, method, version, call)?,
        "cancelDeploy" => cancel_deploy(state, method, &user, call)?,
        "retrieve" => retrieve(state, method, &user, version, call)?,
        "checkRetrieveStatus" => check_retrieve(state, method, call)?,
        "checkStatus" => check_status(state, method)?,
        "listMetadata" => list(state, method, &user, version, call)?,
        "describeMetadata" => describe(method, version)?,
        "readMetadata" | "createMetadata" | "updateMetadata" | "upsertMetadata" | "deleteMetadata" => {
            crud::answer(state, &document, method, &user, version, call)?
        }
        other => return Err(Fault::not_imitated(format!("the SOAP operation {other}"))),
    };
    Ok((name, results))
}

/// `/services/Soap/m/66.0`, whatever follows.
fn version_of(state: &State, request: &Request) -> Result<u32, Fault> {
    let written = request
        .segments()
        .get(3)
        .map(|segment| (*segment).to_string())
        .unwrap_or_default();
    match package::parse_version(&written) {
        Some(version) if version > state.org.api_version || version < 31 => Err(unsupported(&written)),
        Some(version) if version < OLDEST_VERSION => {
            Err(Fault::not_imitated(format!("API version {written}")))
        }
        Some(version) => Ok(version),
        None => Err(unsupported(&written)),
    }
}

fn unsupported(version: &str) -> Fault {
    Fault::new(
        "UNSUPPORTED_API_VERSION",
        format!("The API version that was specified ({version}) is not supported"),
    )
}

/// The fault's text repeats the session id: orgs have done so, and clients must not log it.
fn user_of(state: &State, token: &str, version: u32) -> Result<User, Fault> {
    let Some(session) = state.org.session(token) else {
        return Err(Fault::new(
            "INVALID_SESSION_ID",
            format!(
                "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session \
                 key: {token} - This error usually occurs after a session expires or a user logs out."
            ),
        ));
    };
    if session.jwt && version < 68 {
        return Err(Fault::new(
            "INVALID_SESSION_ID",
            "This session is not valid for use with the API",
        ));
    }
    let user = state
        .org
        .user(&session.user)
        .cloned()
        .ok_or_else(|| Fault::new("INVALID_SESSION_ID", "No user"))?;
    may_use_metadata(&user)?;
    Ok(user)
}

pub fn may_use_metadata(user: &User) -> Result<(), Fault> {
    if !user.may("ApiEnabled") {
        return Err(Fault::new(
            "API_CURRENTLY_DISABLED",
            "API is disabled for this User",
        ));
    }
    if !user.may("ModifyMetadata") && !user.may("ModifyAllData") {
        return Err(Fault::new(
            "INSUFFICIENT_ACCESS",
            "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions",
        ));
    }
    Ok(())
}

fn boolean(node: Node<'_, '_>, name: &str, default: bool) -> Result<bool, Fault> {
    match text_of(node, name) {
        None => Ok(default),
        Some(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            "" => Ok(default),
            _ => Err(Fault::new(
                "soapenv:Client",
                format!("'{text}' is not a valid value for the type xsd:boolean"),
            )),
        },
    }
}

fn deploy(state: &mut State, method: Node<'_, '_>, user: &User, call: &mut Call) -> Result<String, Fault> {
    let zip = text_of(method, "ZipFile")
        .ok_or_else(|| Fault::new("INVALID_OPERATION", "Required parameter is missing: ZipFile"))?;
    let sent = child(method, "DeployOptions");
    let mut options = Options::default();
    if let Some(sent) = sent {
        options = Options {
            allow_missing_files: boolean(sent, "allowMissingFiles", false)?,
            check_only: boolean(sent, "checkOnly", false)?,
            ignore_warnings: boolean(sent, "ignoreWarnings", false)?,
            perform_retrieve: boolean(sent, "performRetrieve", false)?,
            purge_on_delete: boolean(sent, "purgeOnDelete", false)?,
            rollback_on_error: boolean(sent, "rollbackOnError", false)?,
            run_tests: children(sent, "runTests")
                .filter_map(|test| test.text())
                .map(str::to_string)
                .collect(),
            single_package: boolean(sent, "singlePackage", false)?,
            test_level: text_of(sent, "testLevel").filter(|level| !level.is_empty()),
        };
        const KNOWN: &[&str] = &[
            "allowMissingFiles",
            "autoUpdatePackage",
            "checkOnly",
            "ignoreWarnings",
            "performRetrieve",
            "purgeOnDelete",
            "rollbackOnError",
            "runAllTests",
            "runTests",
            "singlePackage",
            "testLevel",
        ];
        if let Some(unknown) = sent
            .children()
            .find(|child| child.is_element() && !KNOWN.contains(&child.tag_name().name()))
        {
            return Err(Fault::new(
                "soapenv:Client",
                format!(
                    "Element {} invalid at this location in type DeployOptions",
                    unknown.tag_name().name()
                ),
            ));
        }
    }
    let id = start_deploy(state, user, zip, options, call)?;
    Ok(format!(
        "<result>{}</result>",
        xml(&json!({ "done": false, "id": id, "state": "Queued" }))
    ))
}

/// Queues a deploy; also the way of the REST call.
pub fn start_deploy(
    state: &mut State,
    user: &User,
    zip: String,
    options: Options,
    call: &mut Call,
) -> Result<String, Fault> {
    if let Some(level) = &options.test_level
        && level != "NoTestRun"
    {
        return Err(Fault::not_imitated(format!("the test level {level}")));
    }
    if options.perform_retrieve {
        return Err(Fault::not_imitated("performRetrieve"));
    }
    let bytes = job::decode(&zip)
        .ok_or_else(|| Fault::new("INVALID_OPERATION", "The parameter ZipFile is not valid base64"))?;
    if bytes.len() > 39 * 1024 * 1024 {
        return Err(Fault::new(
            "LIMIT_EXCEEDED",
            "Maximum size of request reached. Maximum size of request is 52428800 bytes.",
        ));
    }
    let package = package::read(&bytes);
    let now = stamp::now();
    let id = state.org.tree.next_id("0Af");
    call.note("id", json!(id));
    call.note("options", json!(options));
    let mut file_count = 0;
    if let Ok(package) = &package {
        file_count = package.files.len();
        let deleted: Vec<String> = package
            .deletions
            .iter()
            .flat_map(|(_, manifest)| &manifest.members)
            .map(|member| format!("{}:{}", member.kind, member.name))
            .collect();
        call.note("components", json!(package.files.keys().collect::<Vec<_>>()));
        call.note("deletions", json!(deleted));
        call.note("packageVersion", json!(package.manifest.version));
    }
    state.jobs.deploys.push(Deploy {
        id: id.clone(),
        user: user.id.clone(),
        user_name: user.name.clone(),
        options,
        zip_size: bytes.len() as u64,
        zip,
        file_count: file_count as u64,
        created: now,
        started: None,
        completed: None,
        modified: now,
        status: Status::Pending,
        canceled_by: None,
        canceled_by_name: None,
        error_code: None,
        error_message: None,
        messages: Vec::new(),
        verdict: call.verdict.take(),
        committed: false,
    });
    Ok(id)
}

fn unknown_id() -> Fault {
    Fault::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
}

fn check_deploy(
    state: &mut State,
    method: Node<'_, '_>,
    version: u32,
    call: &mut Call,
) -> Result<String, Fault> {
    let id = text_of(method, "asyncProcessId").unwrap_or_default();
    let details = boolean(method, "includeDetails", false)?;
    let deploy = state.jobs.deploy(&id).ok_or_else(unknown_id)?;
    call.note("id", json!(deploy.id));
    call.note("status", json!(deploy.status));
    let mut result = report::deploy_result(deploy, version, details);
    call.overlay(&mut result);
    Ok(format!("<result>{}</result>", xml(&result)))
}

fn cancel_deploy(
    state: &mut State,
    method: Node<'_, '_>,
    user: &User,
    call: &mut Call,
) -> Result<String, Fault> {
    // The WSDL calls the parameter `String`; clients send what they like.
    let id = method
        .children()
        .find(Node::is_element)
        .and_then(|child| child.text())
        .unwrap_or("")
        .trim()
        .to_string();
    call.note("id", json!(id));
    let done = cancel(state, &id, user)?;
    Ok(format!(
        "<result>{}</result>",
        xml(&json!({ "done": done, "id": id }))
    ))
}

pub fn cancel(state: &mut State, id: &str, user: &User) -> Result<bool, Fault> {
    let State { org, jobs, .. } = state;
    let deploy = jobs
        .deploys
        .iter_mut()
        .find(|deploy| stamp::same_id(&deploy.id, id))
        .ok_or_else(|| Fault::new("INVALID_ID_FIELD", format!("Invalid deploy ID: {id}")))?;
    match job::cancel(deploy, org, (&user.id, &user.name), stamp::now()) {
        Cancel::Done => Ok(true),
        Cancel::UnderWay => Ok(false),
        Cancel::TooLate => Err(Fault::new(
            "INVALID_ID_FIELD",
            format!("Deployment already completed and can't be canceled: {id}"),
        )),
        Cancel::Denied => Err(Fault::new(
            "UNABLE_TO_LOCK_ROW",
            "unable to obtain exclusive access to this record",
        )),
    }
}

fn retrieve(
    state: &mut State,
    method: Node<'_, '_>,
    user: &User,
    version: u32,
    call: &mut Call,
) -> Result<String, Fault> {
    let request = child(method, "retrieveRequest")
        .or_else(|| child(method, "request"))
        .ok_or_else(|| {
            Fault::new(
                "INVALID_OPERATION",
                "Required parameter is missing: retrieveRequest",
            )
        })?;
    for name in ["packageNames", "specificFiles", "rootTypesWithDependencies"] {
        if children(request, name).any(|node| node.text().is_some_and(|text| !text.trim().is_empty())) {
            return Err(Fault::not_imitated(format!("{name} in a retrieve")));
        }
    }
    let unpackaged = child(request, "unpackaged")
        .ok_or_else(|| Fault::new("INVALID_OPERATION", "Required parameter is missing: unpackaged"))?;
    let written = text_of(unpackaged, "version").or_else(|| text_of(request, "apiVersion"));
    let wanted = match written.filter(|text| !text.is_empty()) {
        None => version,
        Some(text) => package::parse_version(&text)
            .or_else(|| text.parse().ok())
            .filter(|wanted| (OLDEST_VERSION..=state.org.api_version).contains(wanted))
            .ok_or_else(|| unsupported(&text))?,
    };
    let mut members = Vec::new();
    for types in children(unpackaged, "types") {
        let kind = text_of(types, "name")
            .ok_or_else(|| Fault::new("INVALID_OPERATION", "Required parameter is missing: name"))?;
        if !Contract::get()
            .types()
            .iter()
            .any(|known| known.package_name() == kind)
        {
            return Err(Fault::not_imitated(format!("the metadata type {kind}")));
        }
        members.extend(
            children(types, "members")
                .map(|member| (kind.clone(), member.text().unwrap_or("").trim().to_string())),
        );
    }
    let id = state.org.tree.next_id("09S");
    call.note("id", json!(id));
    call.note("members", json!(members));
    state.jobs.retrieves.push(Retrieve {
        id: id.clone(),
        user: user.id.clone(),
        created: stamp::now(),
        members,
        version: wanted,
        single_package: boolean(request, "singlePackage", false)?,
        completed: None,
        zip: String::new(),
        properties: Value::Null,
        messages: Vec::new(),
        is_deleted: false,
    });
    Ok(format!(
        "<result>{}</result>",
        xml(&json!({ "done": false, "id": id, "state": "Queued" }))
    ))
}

fn check_retrieve(state: &mut State, method: Node<'_, '_>, call: &mut Call) -> Result<String, Fault> {
    let id = text_of(method, "asyncProcessId").unwrap_or_default();
    let with_zip = boolean(method, "includeZip", true)?;
    call.note("id", json!(id));
    let keep = call.truncate_zip;
    finish_retrieve(state, &id);
    let retrieve = state.jobs.retrieve_mut(&id).ok_or_else(unknown_id)?;
    if retrieve.is_deleted {
        return Err(Fault::new("INVALID_LOCATOR", "Retrieve result has been deleted."));
    }
    if let Some(keep) = keep
        && let Some(mut bytes) = job::decode(&retrieve.zip)
    {
        bytes.truncate(keep);
        retrieve.zip = job::encode(&bytes);
    }
    let result = report::retrieve_result(retrieve, stamp::now(), with_zip);
    call.note("done", json!(retrieve.completed.is_some()));
    if retrieve.completed.is_some() && with_zip {
        retrieve.is_deleted = true;
        retrieve.zip = String::new();
    }
    Ok(format!("<result>{result}</result>"))
}

/// Takes the result from the org once its time has come.
fn finish_retrieve(state: &mut State, id: &str) {
    let now = stamp::now();
    let State { org, jobs, .. } = state;
    let Some(retrieve) = jobs.retrieve_mut(id) else {
        return;
    };
    if retrieve.completed.is_none()
        && now >= retrieve.created + org.switches.retrieve_ms
        && let Some(user) = org.user(&retrieve.user).cloned()
    {
        report::fill(retrieve, org, &user, now);
    }
}

/// Long gone from the WSDL; CumulusCI still polls retrieves with it.
fn check_status(state: &mut State, method: Node<'_, '_>) -> Result<String, Fault> {
    let id = text_of(method, "asyncProcessId").unwrap_or_default();
    finish_retrieve(state, &id);
    let deploy = state.jobs.deploy(&id).map(|deploy| deploy.status.is_done());
    let done = deploy
        .or_else(|| {
            state
                .jobs
                .retrieve_mut(&id)
                .map(|retrieve| retrieve.completed.is_some())
        })
        .ok_or_else(unknown_id)?;
    let name = if done { "Completed" } else { "InProgress" };
    Ok(format!(
        "<result>{}</result>",
        xml(&json!({ "done": done, "id": id, "state": name }))
    ))
}

fn list(
    state: &mut State,
    method: Node<'_, '_>,
    user: &User,
    version: u32,
    call: &mut Call,
) -> Result<String, Fault> {
    let version = as_of(method, version, state.org.api_version)?;
    let queries: Vec<String> = children(method, "queries")
        .map(|query| text_of(query, "type").unwrap_or_default())
        .collect();
    call.note("types", json!(queries));
    if queries.is_empty() || queries.len() > 3 {
        return Err(Fault::new(
            "EXCEEDED_ID_LIMIT",
            "listMetadata takes one to three queries",
        ));
    }
    let mut out = String::new();
    for name in queries {
        let kinds: Vec<&MetadataType> = Contract::get()
            .types()
            .iter()
            .filter(|kind| kind.package_name() == name && kind.exists_at(version))
            .collect();
        if kinds.is_empty() {
            return Err(if Contract::get().by_name(&name).is_some() {
                Fault::new("INVALID_TYPE", format!("Unknown type: {name}"))
            } else {
                Fault::not_imitated(format!("the metadata type {name}"))
            });
        }
        for kind in kinds {
            if !behaviour::is_visible(&state.org, user, &kind.name) {
                continue;
            }
            for (full_name, _) in state.org.tree.all(&kind.name) {
                if let Some(properties) = report::file_properties(&state.org, kind, full_name, "") {
                    out.push_str(&format!("<result>{}</result>", xml(&properties)));
                }
            }
        }
    }
    Ok(out)
}

fn as_of(method: Node<'_, '_>, version: u32, newest: u32) -> Result<u32, Fault> {
    match text_of(method, "asOfVersion").filter(|text| !text.is_empty()) {
        None => Ok(version),
        Some(text) => package::parse_version(&text)
            .or_else(|| text.parse().ok())
            .filter(|wanted| *wanted <= newest)
            .ok_or_else(|| unsupported(&text)),
    }
}

fn describe(method: Node<'_, '_>, version: u32) -> Result<String, Fault> {
    let version = as_of(method, version, u32::MAX)?;
    let mut kinds: Vec<&MetadataType> = Contract::get()
        .types()
        .iter()
        .filter(|kind| kind.exists_at(version) && !kind.is_settings())
        .collect();
    kinds.sort_by_key(|kind| &kind.name);
    let mut objects: Vec<Value> = kinds
        .into_iter()
        .map(|kind| {
            json!({
                "directoryName": kind.directory,
                "inFolder": false,
                "metaFile": false,
                "suffix": kind.suffix,
                "xmlName": kind.name,
            })
        })
        .collect();
    objects.push(json!({
        "directoryName": "settings",
        "inFolder": false,
        "metaFile": false,
        "suffix": "settings",
        "xmlName": "Settings",
    }));
    let result = json!({
        "metadataObjects": objects,
        "organizationNamespace": "",
        "partialSaveAllowed": true,
        "testRequired": false,
    });
    Ok(format!("<result>{}</result>", xml(&result)))
}
