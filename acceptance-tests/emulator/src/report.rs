//! The responses about jobs and components, built as values and then written as XML or JSON. The members of objects
//! are in alphabetical order, which is the order of the WSDL.

use serde_json::{Value, json};

use crate::apply::Message;
use crate::behavior;
use crate::component::{Component, escape};
use crate::contract::{Contract, MetadataType};
use crate::installed;
use crate::job::{Deploy, Jobs, Retrieve, Status, encode, is_component};
use crate::org::{Org, User};
use crate::package;
use crate::stamp::{Millis, iso};

/// The elements of an object; arrays become repeated elements, null is omitted.
pub fn xml(value: &Value) -> String {
    let mut out = String::new();
    if let Value::Object(members) = value {
        let mut names: Vec<&String> = members.keys().collect();
        names.sort();
        for name in names {
            match members.get(name) {
                None | Some(Value::Null) => {}
                Some(Value::Array(items)) => {
                    for item in items {
                        out.push_str(&format!("<{name}>{}</{name}>", inner(item)));
                    }
                }
                Some(single) => out.push_str(&format!("<{name}>{}</{name}>", inner(single))),
            }
        }
    }
    out
}

fn inner(value: &Value) -> String {
    match value {
        Value::Object(_) => xml(value),
        Value::String(text) => escape(text),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

pub fn deploy_result(deploy: &Deploy, version: u32, with_details: bool) -> Value {
    let failures: Vec<&Message> = deploy.messages.iter().filter(|message| !message.success).collect();
    let components = deploy.messages.iter().filter(|message| is_component(message));
    // An error in package.xml counts like an error in a component.
    let errors = failures.len();
    let total = components.count() + failures.iter().filter(|message| !is_component(message)).count();
    let is_done = deploy.status.is_done();
    let mut result = json!({
        "checkOnly": deploy.options.check_only,
        "createdBy": deploy.user,
        "createdByName": deploy.user_name,
        "createdDate": iso(deploy.created),
        "done": is_done,
        "id": deploy.id,
        "ignoreWarnings": deploy.options.ignore_warnings,
        "lastModifiedDate": iso(deploy.modified),
        "numberComponentErrors": errors,
        "numberComponentsDeployed": total.saturating_sub(errors),
        "numberComponentsTotal": total,
        "numberTestErrors": 0,
        "numberTestsCompleted": 0,
        "numberTestsTotal": 0,
        "rollbackOnError": deploy.options.rollback_on_error,
        "runTestsEnabled": false,
        "status": status_name(deploy.status, version),
        "success": matches!(deploy.status, Status::Succeeded | Status::SucceededPartial),
    });
    let optional = [
        ("canceledBy", deploy.canceled_by.clone()),
        ("canceledByName", deploy.canceled_by_name.clone()),
        ("completedDate", deploy.completed.map(iso)),
        ("errorMessage", deploy.error_message.clone()),
        ("errorStatusCode", deploy.error_code.clone()),
        ("startDate", deploy.started.map(iso)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            set(&mut result, name, json!(value));
        }
    }
    if version >= 64 {
        set(&mut result, "numberFiles", json!(deploy.file_count));
        set(&mut result, "zipSize", json!(deploy.zip_size));
    }
    // The schema requires the element even without details.
    let mut details = json!({ "runTestResult": { "numFailures": 0, "numTestsRun": 0, "totalTime": 0.0 } });
    if with_details {
        let told = |message: &&Message| deploy_message(message, deploy.modified);
        let successes = deploy.messages.iter().filter(|message| message.success && is_done);
        set(&mut details, "componentFailures", failures.iter().map(told).collect());
        set(&mut details, "componentSuccesses", successes.collect::<Vec<_>>().iter().map(told).collect());
    }
    set(&mut result, "details", details);
    result
}

/// The name of a status. API versions before the introduction of Finalizing report InProgress instead.
fn status_name(status: Status, version: u32) -> String {
    match status {
        Status::Finalizing if version < 65 => "InProgress".to_string(),
        other => format!("{other:?}"),
    }
}

pub fn set(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_string(), value);
    }
}

fn deploy_message(message: &Message, at: Millis) -> Value {
    let mut value = json!({
        "changed": message.changed,
        "componentType": message.component_type,
        "created": message.created,
        "createdDate": iso(at),
        "deleted": message.deleted,
        "fileName": message.file_name,
        "fullName": message.full_name,
        "success": message.success,
    });
    if !message.id.is_empty() {
        set(&mut value, "id", json!(message.id));
    }
    if message.line > 0 {
        set(&mut value, "lineNumber", json!(message.line));
        set(&mut value, "columnNumber", json!(message.column));
    }
    if !message.problem.is_empty() {
        set(&mut value, "problem", json!(message.problem));
        set(&mut value, "problemType", json!(message.problem_type));
    }
    value
}

/// The FileProperties of one component.
pub fn file_properties(
    org: &Org,
    kind: &MetadataType,
    name: &str,
    component: &Component,
    folder: &str,
) -> Value {
    let person = |id: &str| org.user(id).map_or_else(|| id.to_string(), |user| user.name.clone());
    json!({
        "createdById": component.created_by,
        "createdByName": person(&component.created_by),
        "createdDate": iso(component.created),
        "fileName": format!("{folder}{}", kind.file_name(name)),
        "fullName": name,
        "id": component.id,
        "lastModifiedById": component.modified_by,
        "lastModifiedByName": person(&component.modified_by),
        "lastModifiedDate": iso(component.modified),
        "manageableState": installed::manageable_state(name),
        "namespacePrefix": installed::split(name).0,
        "type": kind.package_name(),
    })
}

/// Reads the result of a retrieve from the org.
pub fn fill(retrieve: &mut Retrieve, org: &Org, user: &User, at: Millis) {
    let contract = Contract::get();
    let folder = if retrieve.single_package { "" } else { "unpackaged/" };
    let mut files = std::collections::BTreeMap::new();
    let mut found: std::collections::BTreeMap<String, std::collections::BTreeSet<String>> =
        std::collections::BTreeMap::new();
    let mut properties = Vec::new();
    for (kind_name, member) in &retrieve.members {
        let kinds: Vec<&MetadataType> = contract
            .types()
            .iter()
            .filter(|kind| kind.package_name() == kind_name && kind.exists_at(retrieve.version))
            .filter(|kind| kind.settings_member().is_none_or(|own| own == member))
            .collect();
        let mut has_match = member == "*";
        for kind in kinds {
            if !behavior::is_visible(org, user, &kind.name) {
                continue;
            }
            let one = || org.tree.components.get(&kind.name).and_then(|all| all.get_key_value(member));
            let all: Vec<_> = if member == "*" {
                let shown =
                    |name: &str| !org.switches.wildcard_skips_packages || installed::split(name).0.is_none();
                org.tree.all(&kind.name).filter(|(name, _)| shown(name)).collect()
            } else {
                one().map(|(name, component)| (name, component.as_ref())).into_iter().collect()
            };
            for (name, component) in all {
                if !found.entry(kind_name.clone()).or_default().insert(name.clone()) {
                    has_match |= member == name;
                    continue;
                }
                has_match = true;
                let fields = behavior::retrieved(org, &kind.name, component);
                let text = crate::component::file_text(kind, &fields, retrieve.version);
                files.insert(format!("{folder}{}", kind.file_name(name)), text);
                properties.push(file_properties(org, kind, name, component, folder));
            }
        }
        if !has_match {
            retrieve.messages.push((
                "unpackaged/package.xml".to_string(),
                format!("Entity of type '{kind_name}' named '{member}' cannot be found"),
            ));
        }
    }
    found.retain(|_, names| !names.is_empty());
    files.insert(format!("{folder}package.xml"), package::manifest_text(&found, retrieve.version));
    properties.push(json!({
        "createdById": user.id,
        "createdByName": user.name,
        "createdDate": iso(at),
        "fileName": format!("{folder}package.xml"),
        "fullName": format!("{folder}package.xml"),
        "id": "",
        "lastModifiedById": user.id,
        "lastModifiedByName": user.name,
        "lastModifiedDate": iso(at),
        "manageableState": "unmanaged",
        "type": "Package",
    }));
    retrieve.properties = Value::Array(properties);
    retrieve.zip = encode(&package::write(&files));
    retrieve.completed = Some(at);
}

/// The elements of a RetrieveResult.
pub fn retrieve_result(retrieve: &Retrieve, now: Millis, with_zip: bool) -> String {
    let is_done = retrieve.completed.is_some();
    let status = match (is_done, now.saturating_sub(retrieve.created)) {
        (true, _) => "Succeeded",
        (false, 0..=50) => "Pending",
        (false, _) => "InProgress",
    };
    let messages: Vec<Value> = retrieve
        .messages
        .iter()
        .map(|(file, problem)| json!({ "fileName": file, "problem": problem }))
        .collect();
    let mut result = json!({ "done": is_done, "id": retrieve.id, "status": status, "success": is_done });
    if is_done && with_zip {
        set(&mut result, "fileProperties", retrieve.properties.clone());
        set(&mut result, "messages", Value::Array(messages));
        set(&mut result, "zipFile", json!(retrieve.zip));
        return xml(&result);
    }
    format!("{}<zipFile xsi:nil=\"true\"/>", xml(&result))
}

/// The deploys, for `/emulator/deploys`.
pub fn deploys(jobs: &Jobs) -> Value {
    jobs.deploys
        .iter()
        .map(|deploy| {
            let mut result = deploy_result(deploy, crate::NEWEST_API_VERSION, true);
            set(&mut result, "committed", json!(deploy.committed));
            set(&mut result, "changes", json!(deploy.changes));
            set(&mut result, "options", json!(deploy.options));
            result
        })
        .collect()
}
