//! Columns of query results as values.

use crate::org::Row;
use crate::org::soql::text;
use crate::value::Value;

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
