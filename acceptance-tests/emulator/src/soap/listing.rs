//! listMetadata and describeMetadata.

use roxmltree::Node;
use serde_json::{Value, json};

use super::{children, text_of, unsupported};
use crate::behavior;
use crate::contract::{Contract, MetadataType};
use crate::emulator::{Call, State};
use crate::fault::Fault;
use crate::org::User;
use crate::package;
use crate::report::{self, xml};

pub fn list(
    state: &mut State,
    method: Node<'_, '_>,
    user: &User,
    version: u32,
    call: &mut Call,
) -> Result<String, Fault> {
    let version = as_of(method, version, state.org.api_version)?;
    let queries: Vec<String> =
        children(method, "queries").map(|query| text_of(query, "type").unwrap_or_default()).collect();
    call.note("types", json!(queries));
    if queries.is_empty() || queries.len() > 3 {
        return Err(Fault::new("EXCEEDED_ID_LIMIT", "listMetadata takes one to three queries"));
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
                Fault::not_emulated(format!("the metadata type {name}"))
            });
        }
        for kind in kinds {
            if !behavior::is_visible(&state.org, user, &kind.name) {
                continue;
            }
            for (full_name, component) in state.org.in_lists().all(&kind.name) {
                let properties = report::file_properties(&state.org, kind, full_name, component, "");
                out.push_str(&format!("<result>{}</result>", xml(&properties)));
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

pub fn describe(method: Node<'_, '_>, version: u32) -> Result<String, Fault> {
    let version = as_of(method, version, u32::MAX)?;
    let mut kinds: Vec<&MetadataType> = Contract::get()
        .types()
        .iter()
        .filter(|kind| kind.exists_at(version) && !kind.is_settings() && behavior::is_emulated(&kind.name))
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
