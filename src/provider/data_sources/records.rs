//! Reads columns of query results.

use crate::org::Row;
use crate::value::Value;

pub fn text<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.get(name)?.as_str()
}

/// A text of another object that the row refers to.
pub fn related<'a>(row: &'a Row, relation: &str, name: &str) -> Option<&'a str> {
    row.get(relation)?.get(name)?.as_str()
}

/// `Null` when the record has no value.
pub fn value(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::text)
}

pub fn flag(row: &Row, name: &str) -> Value {
    row.get(name).and_then(serde_json::Value::as_bool).map_or(Value::Null, Value::Bool)
}

/// `namespace__Name`, or `Name` without a namespace.
pub fn full_name(row: &Row, name: &str) -> Option<String> {
    let name = text(row, name)?;
    Some(match text(row, "NamespacePrefix") {
        Some(namespace) if !namespace.is_empty() => format!("{namespace}__{name}"),
        _ => name.to_owned(),
    })
}

/// The namespace and the rest of a full name.
pub fn parted(full_name: &str) -> (Option<&str>, &str) {
    match full_name.split_once("__") {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, full_name),
    }
}
