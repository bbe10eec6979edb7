//! The property of the function (see `properties`): any string results in an error or in an object of the declared
//! type. `salesforce_oauth_client` accepts the object, and the object contains no secret.

use super::elements::{Conversion, ROWS};
use super::{NOT_CONVERTED, call, returns};
use crate::properties::Choices;
use crate::provider::catalog::OAUTH_CLIENT;
use crate::provider::operations::PlanRequest;
use crate::provider::plan::{PlanContext, plan};
use crate::provider::union;
use crate::value::{Type, Value};

const WORDS: [&str; 14] = [
    "true",
    "false",
    "Api",
    "Web, Full",
    "https://a.example.com",
    "https://a.example.com\nhttps://b.example.com",
    "specific_lifetime:1:DAYS",
    "INFINITE",
    "1",
    "-5",
    "99999999999",
    "192.0.2.1",
    "a@example.com",
    "",
];
/// The value of elements that contain a secret.
const SECRET: &str = "TOPSECRET";

pub fn connected_app(data: &[u8]) {
    let mut choices = Choices::new(data);
    let (text, has_secret) = match choices.below(3) {
        0 => (String::from_utf8_lossy(choices.rest()).into_owned(), false),
        _ => {
            let mut inside = String::new();
            while !choices.is_over() {
                inside.push_str(&element(&mut choices));
            }
            (format!("<ConnectedApp>{inside}</ConnectedApp>"), true)
        }
    };
    let arguments = [Value::text(text.as_str())];
    let result = call(&arguments);
    assert!(result == call(&arguments), "the same file is another app: {text:?}");
    match result {
        Ok(result) => {
            assert!(fits(&result, &returns()), "{result:?}");
            let mut rejected = errors(&configuration(&result));
            // This error is expected, because the user must choose who can use the app.
            rejected.retain(|error| !error.contains("no user can log in"));
            assert_eq!(rejected, Vec::<String>::new(), "{text:?}");
            let shown = format!("{result:?}");
            assert!(!has_secret || !shown.contains(SECRET), "{shown}");
        }
        Err(fault) => assert!(fault.text.len() < 500 && fault.argument == Some(0), "{}", fault.text),
    }
}

/// A random element.
fn element(choices: &mut Choices<'_>) -> String {
    let Some(row) = ROWS.get(choices.below(ROWS.len())) else { return String::new() };
    let mut xml = match row.conversion {
        Conversion::Secret { .. } => SECRET.to_owned(),
        _ if choices.one_in(8) => {
            choices.text(12).chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect()
        }
        _ if choices.one_in(8) => {
            let inner = choices.of(&["key", "formula", "start", "end", "odd"]);
            format!("<{inner}>{}</{inner}>", choices.of(&WORDS))
        }
        _ => choices.of(&WORDS).to_owned(),
    };
    for name in row.element.rsplit('/') {
        xml = format!("<{name}>{xml}</{name}>");
    }
    if choices.one_in(8) { format!("<odd>{xml}</odd>") } else { xml }
}

/// A configuration with all converted values, and with a name and a label if the result has none.
pub fn configuration(result: &Value) -> Value {
    let mut config = OAUTH_CLIENT.schema().block.empty();
    for (name, value) in result.entries().into_iter().flatten() {
        if name != NOT_CONVERTED {
            config.put(name, value.clone());
        }
    }
    for name in ["name", "label"] {
        if config.get(name).is_null() {
            config.put(name, "Shop".into());
        }
    }
    config
}

/// The errors from validation and from the plan for a new `salesforce_oauth_client`.
pub fn errors(config: &Value) -> Vec<String> {
    let request = PlanRequest {
        type_name: OAUTH_CLIENT.name.to_owned(),
        prior: Value::Null,
        proposed: config.clone(),
        config: config.clone(),
        private: Vec::new(),
        identity: None,
    };
    let context = PlanContext { version: Some(68), ..PlanContext::default() };
    let planned = union::plan(OAUTH_CLIENT, &request, |member, request| plan(member, request, &context));
    let checked = union::check(OAUTH_CLIENT, config, std::time::UNIX_EPOCH);
    let all = checked.into_iter().chain(planned.diagnostics);
    all.filter(|one| one.is_error()).map(|one| one.detail).collect()
}

/// Whether a value has exactly the attributes of the type.
pub fn fits(value: &Value, ty: &Type) -> bool {
    match (value, ty) {
        (Value::Null, _)
        | (Value::Bool(_), Type::Bool)
        | (Value::Text(_), Type::String)
        | (Value::Number(_), Type::Number) => true,
        (Value::List(members), Type::List(of)) | (Value::Set(members), Type::Set(of)) => {
            members.iter().all(|member| fits(member, of))
        }
        (Value::Map(entries), Type::Map(of)) => entries.values().all(|value| fits(value, of)),
        (Value::Object(entries), Type::Object(attributes)) => {
            entries.len() == attributes.len()
                && attributes.iter().all(|(name, ty)| entries.get(name).is_some_and(|value| fits(value, ty)))
        }
        _ => false,
    }
}
