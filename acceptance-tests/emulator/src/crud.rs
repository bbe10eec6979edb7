//! The synchronous calls of the SOAP API: createMetadata, readMetadata, updateMetadata, upsertMetadata, deleteMetadata.
//! The calls obey the same contract and the same rules as deploys. Each component is processed independently, as in a
//! real org without AllOrNoneHeader.

use roxmltree::{Document, Node};
use serde_json::json;

use crate::apply::{Application, Settings};
use crate::behavior;
use crate::check::{self, Reading};
use crate::component::{Fields, elements_text, escape};
use crate::contract::{Contract, MetadataType};
use crate::deletion;
use crate::emulator::{Call, State};
use crate::fault::Fault;
use crate::installed;
use crate::org::User;
use crate::report::xml;
use crate::soap::{children, text_of};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const MOST_COMPONENTS: usize = 10;

pub fn answer(
    state: &mut State,
    document: &Document<'_>,
    method: Node<'_, '_>,
    user: &User,
    version: u32,
    call: &mut Call,
) -> Result<String, Fault> {
    let name = method.tag_name().name();
    if name == "readMetadata" || name == "deleteMetadata" {
        let type_name = text_of(method, "type").unwrap_or_default();
        let kind = kind_of(&type_name, version)?;
        let names: Vec<String> =
            children(method, "fullNames").map(|node| node.text().unwrap_or("").trim().to_string()).collect();
        limit(names.len())?;
        call.note("type", json!(kind.name));
        call.note("fullNames", json!(names));
        if name == "readMetadata" {
            return Ok(read(state, kind, &names, user, version));
        }
        return Ok(names.iter().map(|full_name| delete(state, kind, full_name, user)).collect());
    }
    let records: Vec<Node<'_, '_>> = children(method, "metadata").collect();
    limit(records.len())?;
    let mut out = String::new();
    let mut noted = Vec::new();
    for record in records {
        let written = record.attribute((XSI, "type")).unwrap_or_default();
        let kind = kind_of(written.rsplit(':').next().unwrap_or_default(), version)?;
        let full_name = text_of(record, "fullName").unwrap_or_default();
        noted.push(format!("{}:{full_name}", kind.name));
        let exists = state.org.tree.get(&kind.name, &full_name).is_some();
        let saved = match (name, exists) {
            ("createMetadata", true) => {
                Err(("DUPLICATE_DEVELOPER_NAME", format!("The full name {full_name} is already in use")))
            }
            ("updateMetadata", false) => {
                Err(("INVALID_CROSS_REFERENCE_KEY", format!("no {} named {full_name} found", kind.name)))
            }
            _ => save(state, document, record, kind, &full_name, user, version),
        };
        let created = (name == "upsertMetadata").then_some(saved.is_ok() && !exists);
        out.push_str(&result(&full_name, created, saved.err()));
    }
    call.note("components", json!(noted));
    Ok(out)
}

fn kind_of(name: &str, version: u32) -> Result<&'static MetadataType, Fault> {
    match Contract::get().by_name(name) {
        Some(kind) if kind.exists_at(version) => Ok(kind),
        Some(_) => Err(Fault::new("INVALID_TYPE", format!("This type of metadata is not available: {name}"))),
        None => Err(Fault::not_emulated(format!("the metadata type '{name}'"))),
    }
}

fn limit(count: usize) -> Result<(), Fault> {
    if count > MOST_COMPONENTS {
        return Err(Fault::new(
            "EXCEEDED_ID_LIMIT",
            format!(
                "record limit reached. cannot submit more than {MOST_COMPONENTS} records in this operation"
            ),
        ));
    }
    Ok(())
}

fn result(full_name: &str, created: Option<bool>, error: Option<(&str, String)>) -> String {
    let mut value = json!({ "fullName": full_name, "success": error.is_none() });
    if let Some(created) = created {
        crate::report::set(&mut value, "created", json!(created));
    }
    if let Some((code, message)) = error {
        crate::report::set(&mut value, "errors", json!({ "message": message, "statusCode": code }));
    }
    format!("<result>{}</result>", xml(&value))
}

fn read(state: &State, kind: &MetadataType, names: &[String], user: &User, version: u32) -> String {
    let mut records = String::new();
    for full_name in names {
        let component = state
            .org
            .tree
            .get(&kind.name, full_name)
            .filter(|_| behavior::is_visible(&state.org, user, &kind.name));
        match component {
            Some(component) => {
                let mut fields: Fields = behavior::retrieved(&state.org, &kind.name, component);
                // Observed: readMetadata omits the secret.
                fields.remove("consumerSecret");
                records.push_str(&format!(
                    "<records xsi:type=\"{}\"><fullName>{}</fullName>{}</records>",
                    kind.name,
                    escape(full_name),
                    elements_text(kind, &fields, version, "")
                ));
            }
            None => records.push_str("<records xsi:nil=\"true\"/>"),
        }
    }
    format!("<result>{records}</result>")
}

fn application<'a>(state: &'a State, user: &'a User, version: u32) -> Application<'a> {
    let settings = Settings {
        org: &state.org,
        user,
        at: state.org.now(),
        ignore_warnings: true,
        allow_missing_files: false,
    };
    Application::new(settings, version, String::new())
}

fn save(
    state: &mut State,
    document: &Document<'_>,
    record: Node<'_, '_>,
    kind: &MetadataType,
    full_name: &str,
    user: &User,
    version: u32,
) -> Result<(), (&'static str, String)> {
    may_write(kind, user)?;
    let reading = Reading { version, alphabetical: false };
    let fields = check::read_record(kind, document, record, reading)
        .map_err(|problem| ("INVALID_FIELD_FOR_INSERT_UPDATE", problem.text))?;
    let mut work = application(state, user, version);
    work.store(kind, full_name, fields).map_err(|refusal| {
        let code = ["INVALID_CROSS_REFERENCE_KEY", "DUPLICATE_DEVELOPER_NAME"]
            .into_iter()
            .find(|code| refusal.text.starts_with(code))
            .unwrap_or(if refusal.text.starts_with("duplicate value") {
                "DUPLICATE_VALUE"
            } else {
                "FIELD_INTEGRITY_EXCEPTION"
            });
        (code, refusal.text)
    })?;
    work.finish();
    if let Some(problem) = work.messages.first() {
        return Err(("FIELD_INTEGRITY_EXCEPTION", problem.problem.clone()));
    }
    let (tree, secrets) = work.into_result();
    state.org.tree = tree;
    state.org.secrets.extend(secrets);
    Ok(())
}

fn may_write(kind: &MetadataType, user: &User) -> Result<(), (&'static str, String)> {
    let allowed = behavior::writers(&kind.name);
    if allowed.iter().any(|permission| user.may(permission)) {
        return Ok(());
    }
    Err((
        "INSUFFICIENT_ACCESS_OR_READONLY",
        format!("insufficient access rights, you need {}", allowed.join(" or ")),
    ))
}

fn delete(state: &mut State, kind: &MetadataType, full_name: &str, user: &User) -> String {
    let refused = if let Err(error) = may_write(kind, user) {
        Some(error)
    } else if kind.is_settings()
        || crate::org::OAUTH_POLICIES == kind.name
        || crate::org::APP_POLICIES == kind.name
    {
        Some(("INVALID_OPERATION", format!("not emulated: deleting {}", kind.name)))
    } else if state.org.tree.get(&kind.name, full_name).is_none() {
        Some(("INVALID_CROSS_REFERENCE_KEY", format!("no {} named {full_name} found", kind.name)))
    } else if let Err(refusal) = installed::is_changeable(&state.org, &kind.name, full_name) {
        Some(("INSUFFICIENT_ACCESS_OR_READONLY", refusal.text))
    } else {
        deletion::remove(&mut state.org.tree, &kind.name, full_name);
        state.org.end_sessions_of_deleted_apps();
        None
    };
    result(full_name, None, refused)
}
