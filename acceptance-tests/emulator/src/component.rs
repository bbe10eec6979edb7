//! A component in the org, its values, and its file. `check.rs` reads files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::contract::{Element, MetadataType, Shape};
use crate::stamp::Millis;

/// The value of an element. Booleans and numbers are stored as the text that the org writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// `xsi:nil`: the element is present without a value.
    Nil,
    Text(String),
    Fields(Fields),
    List(Vec<Value>),
}

pub type Fields = BTreeMap<String, Value>;

impl Value {
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Nil | Value::Fields(_) | Value::List(_) => None,
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Value::Nil => true,
            Value::Text(text) => text.is_empty(),
            Value::Fields(fields) => fields.values().all(Value::is_empty),
            Value::List(items) => items.is_empty(),
        }
    }
}

/// The text of an element. `None` if the element is absent or empty, which an org does not distinguish.
pub fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_text).filter(|text| !text.is_empty())
}

pub fn is_true(fields: &Fields, name: &str) -> bool {
    text(fields, name) == Some("true")
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    pub id: String,
    pub fields: Fields,
    pub created_by: String,
    pub created: Millis,
    pub modified_by: String,
    pub modified: Millis,
}

pub const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";
pub const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The file of a component, with elements in alphabetical order, limited to those of `version`.
pub fn file_text(kind: &MetadataType, fields: &Fields, version: u32) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut elements = String::new();
    write_fields(&mut elements, kind, &kind.elements, fields, version, Some(4), "");
    let has_nil = fields.values().any(|value| *value == Value::Nil);
    let nil = if has_nil { format!(" xmlns:xsi=\"{SCHEMA_INSTANCE}\"") } else { String::new() };
    out.push_str(&format!("<{} xmlns=\"{NAMESPACE}\"{nil}", kind.name));
    if elements.is_empty() {
        out.push_str("/>\n");
    } else {
        out.push_str(&format!(">\n{elements}</{}>\n", kind.name));
    }
    out
}

/// The elements without white space between them, with `prefix` before each name.
pub fn elements_text(kind: &MetadataType, fields: &Fields, version: u32, prefix: &str) -> String {
    let mut out = String::new();
    write_fields(&mut out, kind, &kind.elements, fields, version, None, prefix);
    out
}

fn write_fields(
    out: &mut String,
    kind: &MetadataType,
    elements: &[Element],
    fields: &Fields,
    version: u32,
    indent: Option<usize>,
    prefix: &str,
) {
    for (name, value) in fields {
        if *value == Value::Nil {
            let pad = " ".repeat(indent.unwrap_or(0));
            let line_end = if indent.is_some() { "\n" } else { "" };
            out.push_str(&format!("{pad}<{prefix}{name} xsi:nil=\"true\"/>{line_end}"));
            continue;
        }
        let Some(element) = crate::contract::find(elements, name, version) else {
            continue;
        };
        let items: Vec<&Value> = match value {
            Value::List(items) => items.iter().collect(),
            single => vec![single],
        };
        for item in items.into_iter().filter(|item| !item.is_empty()) {
            let pad = " ".repeat(indent.unwrap_or(0));
            let line_end = if indent.is_some() { "\n" } else { "" };
            match (item, kind.shape(element)) {
                (Value::Fields(inner), Some(Shape::Nested(inner_elements))) => {
                    out.push_str(&format!("{pad}<{prefix}{name}>{line_end}"));
                    write_fields(
                        out,
                        kind,
                        inner_elements,
                        inner,
                        version,
                        indent.map(|width| width + 4),
                        prefix,
                    );
                    out.push_str(&format!("{pad}</{prefix}{name}>{line_end}"));
                }
                (Value::Text(text), _) => {
                    out.push_str(&format!(
                        "{pad}<{prefix}{name}>{}</{prefix}{name}>{line_end}",
                        escape(text)
                    ));
                }
                _ => {}
            }
        }
    }
}

pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // A literal carriage return would be read as a line feed.
            '\r' => out.push_str("&#xD;"),
            // Not allowed in XML 1.0 in any form.
            control if (control as u32) < 0x20 && control != '\n' && control != '\t' => out.push('\u{fffd}'),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;

    #[test]
    fn the_elements_of_a_file_are_alphabetical_and_limited_to_its_version() {
        let kind = Contract::get().by_name("ExtlClntAppOauthSettings").unwrap();
        let fields: Fields = [
            ("label", Value::text("A & B")),
            ("isFirstPartyAppEnabled", Value::text("false")),
            ("commaSeparatedOauthScopes", Value::text("Api")),
            ("singleLogoutUrl", Value::text("")),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .into();
        let text = file_text(kind, &fields, 61);
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <ExtlClntAppOauthSettings xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n\
             \x20   <commaSeparatedOauthScopes>Api</commaSeparatedOauthScopes>\n\
             \x20   <label>A &amp; B</label>\n\
             </ExtlClntAppOauthSettings>\n"
        );
        assert!(file_text(kind, &fields, 62).contains("isFirstPartyAppEnabled"));
    }
}
