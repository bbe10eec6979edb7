//! A sandbox refresh: a new org at the same address. The components are kept, as if the source org had the same ones. A
//! test that needs a difference deletes components first.

use serde_json::{Map, Value, json};

use super::{Outcome, wrong};
use crate::component::Value as FieldValue;
use crate::credentials::long_id;
use crate::emulator::State;
use crate::http::Response;
use crate::org::GLOBAL_SETTINGS;
use crate::pairs;
use crate::stamp;

/// Elements whose values start with the ID of an org.
const LINKS: [&str; 2] = ["orgScopedExternalApp", "oauthLink"];

pub fn refresh(state: &mut State, wanted: &Map<String, Value>) -> Outcome {
    let id = wanted.get("id").and_then(Value::as_str).unwrap_or_default();
    let is_id = matches!(id.len(), 15 | 18) && id.starts_with("00D") && id.chars().all(char::is_alphanumeric);
    if !is_id {
        return wrong("id must be the ID of an org");
    }
    let org = &mut state.org;
    let (old, new) = (stamp::short_id(&org.id), stamp::short_id(id));
    org.id = if id.len() == 15 { long_id(id) } else { id.to_string() };
    let all: Vec<(String, String)> = org
        .tree
        .components
        .iter()
        .flat_map(|(kind, of_kind)| of_kind.keys().map(move |name| (kind.clone(), name.clone())))
        .collect();
    let mut issued = Vec::new();
    let mut apps = Vec::new();
    for (kind, name) in all {
        let Some(component) = org.tree.get_mut(&kind, &name) else { continue };
        for link in LINKS {
            let own = component.fields.get(link).and_then(FieldValue::as_text);
            if let Some(rest) = own.and_then(|own| own.strip_prefix(old.as_str())) {
                let link_of_now = FieldValue::text(format!("{new}{rest}"));
                component.fields.insert(link.to_string(), link_of_now);
            }
        }
        if kind == GLOBAL_SETTINGS {
            for (element, value) in
                [("consumerKey", pairs::new_key()), ("consumerSecret", pairs::new_secret())]
            {
                component.fields.insert(element.to_string(), FieldValue::text(value.as_str()));
                issued.push(value);
            }
            apps.extend(
                component
                    .fields
                    .get(crate::contract::PARENT)
                    .and_then(FieldValue::as_text)
                    .map(str::to_string),
            );
        }
    }
    org.secrets.extend(issued);
    for app in apps {
        let beside: Vec<String> = org.tree.pairs.of(&app).iter().map(|pair| pair.id.clone()).collect();
        for pair in beside {
            pairs::delete(org, &app, &pair).or_else(|why| wrong(why.to_string()))?;
        }
    }
    Ok(Response::json(200, &json!({ "org": org.id })))
}
