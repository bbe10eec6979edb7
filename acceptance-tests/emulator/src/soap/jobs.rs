//! The calls that start and poll jobs: deploy, checkDeployStatus, cancelDeploy, retrieve, checkRetrieveStatus.

use roxmltree::Node;
use serde_json::{Value, json};

use super::{boolean, child, children, text_of, unsupported};
use crate::apply::OLDEST_VERSION;
use crate::contract::Contract;
use crate::emulator::{Call, State};
use crate::fault::Fault;
use crate::job::{self, Cancel, Deploy, Options, Retrieve, Status};
use crate::org::User;
use crate::pace::Span;
use crate::package;
use crate::report::{self, xml};
use crate::stamp;

pub fn deploy(
    state: &mut State,
    method: Node<'_, '_>,
    user: &User,
    call: &mut Call,
) -> Result<String, Fault> {
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
        if let Some(unknown) =
            sent.children().find(|child| child.is_element() && !KNOWN.contains(&child.tag_name().name()))
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
    Ok(format!("<result>{}</result>", xml(&json!({ "done": false, "id": id, "state": "Queued" }))))
}

/// Queues a deploy; also used by the REST call.
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
        return Err(Fault::not_emulated(format!("the test level {level}")));
    }
    if options.perform_retrieve {
        return Err(Fault::not_emulated("performRetrieve"));
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
    let now = state.org.now();
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
        call.note("componentCount", json!(package.files.len() + deleted.len()));
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
        changes: Vec::new(),
    });
    Ok(id)
}

fn unknown_id() -> Fault {
    Fault::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
}

pub fn check_deploy(
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

pub fn cancel_deploy(
    state: &mut State,
    method: Node<'_, '_>,
    user: &User,
    call: &mut Call,
) -> Result<String, Fault> {
    // The WSDL names the parameter `String`; clients use various names.
    let id = method
        .children()
        .find(Node::is_element)
        .and_then(|child| child.text())
        .unwrap_or("")
        .trim()
        .to_string();
    call.note("id", json!(id));
    let done = cancel(state, &id, user)?;
    Ok(format!("<result>{}</result>", xml(&json!({ "done": done, "id": id }))))
}

pub fn cancel(state: &mut State, id: &str, user: &User) -> Result<bool, Fault> {
    let now = state.org.now();
    let State { org, jobs, .. } = state;
    let deploy = jobs
        .deploys
        .iter_mut()
        .find(|deploy| stamp::same_id(&deploy.id, id))
        .ok_or_else(|| Fault::new("INVALID_ID_FIELD", format!("Invalid deploy ID: {id}")))?;
    match job::cancel(deploy, org, (&user.id, &user.name), now) {
        Cancel::Done => Ok(true),
        Cancel::UnderWay => Ok(false),
        Cancel::TooLate => Err(Fault::new(
            "INVALID_ID_FIELD",
            format!("Deployment already completed and can't be canceled: {id}"),
        )),
        Cancel::Denied => {
            Err(Fault::new("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"))
        }
    }
}

pub fn retrieve(
    state: &mut State,
    method: Node<'_, '_>,
    user: &User,
    version: u32,
    call: &mut Call,
) -> Result<String, Fault> {
    let request = child(method, "retrieveRequest")
        .or_else(|| child(method, "request"))
        .ok_or_else(|| Fault::new("INVALID_OPERATION", "Required parameter is missing: retrieveRequest"))?;
    for name in ["packageNames", "specificFiles", "rootTypesWithDependencies"] {
        if children(request, name).any(|node| node.text().is_some_and(|text| !text.trim().is_empty())) {
            return Err(Fault::not_emulated(format!("{name} in a retrieve")));
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
        if !Contract::get().types().iter().any(|known| known.package_name() == kind) {
            return Err(Fault::not_emulated(format!("the metadata type {kind}")));
        }
        for member in children(types, "members") {
            let name = member.text().unwrap_or("").trim().to_string();
            if kind == "Settings" && Contract::get().by_package_name(&kind, &name).is_none() {
                return Err(Fault::not_emulated(format!("the settings {name} of an org")));
            }
            members.push((kind.clone(), name));
        }
    }
    let id = state.org.tree.next_id("09S");
    call.note("id", json!(id));
    call.note("members", json!(members));
    state.jobs.retrieves.push(Retrieve {
        id: id.clone(),
        user: user.id.clone(),
        created: state.org.now(),
        members,
        version: wanted,
        single_package: boolean(request, "singlePackage", false)?,
        completed: None,
        zip: String::new(),
        properties: Value::Null,
        messages: Vec::new(),
        is_deleted: false,
    });
    Ok(format!("<result>{}</result>", xml(&json!({ "done": false, "id": id, "state": "Queued" }))))
}

pub fn check_retrieve(state: &mut State, method: Node<'_, '_>, call: &mut Call) -> Result<String, Fault> {
    let id = text_of(method, "asyncProcessId").unwrap_or_default();
    let with_zip = boolean(method, "includeZip", true)?;
    call.note("id", json!(id));
    let keep = call.truncate_zip;
    finish_retrieve(state, &id);
    let now = state.org.now();
    let (_, retrieve) = state.jobs.retrieve_mut(&id).ok_or_else(unknown_id)?;
    if retrieve.is_deleted {
        return Err(Fault::new("INVALID_LOCATOR", "Retrieve result has been deleted."));
    }
    if let Some(keep) = keep
        && let Some(mut bytes) = job::decode(&retrieve.zip)
    {
        bytes.truncate(keep);
        retrieve.zip = job::encode(&bytes);
    }
    let result = report::retrieve_result(retrieve, now, with_zip);
    call.note("done", json!(retrieve.completed.is_some()));
    if retrieve.completed.is_some() && with_zip {
        retrieve.is_deleted = true;
        retrieve.zip = String::new();
        retrieve.properties = Value::Null;
    }
    Ok(format!("<result>{result}</result>"))
}

/// Reads the result from the org when it is due.
fn finish_retrieve(state: &mut State, id: &str) {
    let now = state.org.now();
    let State { org, jobs, .. } = state;
    let Some((number, retrieve)) = jobs.retrieve_mut(id) else {
        return;
    };
    if retrieve.completed.is_none()
        && now >= retrieve.created + org.switches.time(Span::Retrieve, number)
        && let Some(user) = org.user(&retrieve.user).cloned()
    {
        report::fill(retrieve, org, &user, now);
    }
}

/// This call is no longer in the WSDL, but CumulusCI still polls retrieves with it.
pub fn check_status(state: &mut State, method: Node<'_, '_>) -> Result<String, Fault> {
    let id = text_of(method, "asyncProcessId").unwrap_or_default();
    finish_retrieve(state, &id);
    let deploy = state.jobs.deploy(&id).map(|deploy| deploy.status.is_done());
    let done = deploy
        .or_else(|| state.jobs.retrieve_mut(&id).map(|(_, retrieve)| retrieve.completed.is_some()))
        .ok_or_else(unknown_id)?;
    let name = if done { "Completed" } else { "InProgress" };
    Ok(format!("<result>{}</result>", xml(&json!({ "done": done, "id": id, "state": name }))))
}
