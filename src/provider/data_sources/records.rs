//! Columns of query results as values.

use crate::org::Row;
use crate::value::Value;

/// The text as a value, or `Null` if the record has none.
pub fn value(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::text)
}

pub fn flag(row: &Row, name: &str) -> Value {
    row.get(name).and_then(serde_json::Value::as_bool).map_or(Value::Null, Value::Bool)
}
