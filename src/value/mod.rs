//! Terraform's values.
//!
//! This module performs no I/O and no serialization. msgpack and JSON are in `plugin/dynamic_value`, and XML is in
//! `metadata/{encode,decode}`.

mod number;
mod path;
mod ty;

pub use number::Number;
pub use path::{Path, Step};
pub use ty::Type;

use std::collections::BTreeMap;

use crate::secret::Secret;

/// A value of Terraform's type system. Sets are sorted, so that sets with the same members are equal values. Create
/// them with [`Value::set`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Value {
    #[default]
    Null,
    /// Known only after apply. Refinements (msgpack ext 12) are not kept.
    Unknown,
    Bool(bool),
    Number(Number),
    Text(String),
    /// A string that must never be displayed. Its `Debug` output is `(sensitive)`.
    Secret(Secret),
    List(Vec<Value>),
    /// Sorted. See [`Value::set`].
    Set(Vec<Value>),
    Map(BTreeMap<String, Value>),
    Object(BTreeMap<String, Value>),
}

impl Value {
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    pub fn int(number: i64) -> Value {
        Value::Number(Number::from(number))
    }

    /// A sorted set without duplicates. Unknown members are not removed as duplicates, because their values can differ.
    pub fn set(mut members: Vec<Value>) -> Value {
        members.sort();
        members.dedup_by(|a, b| a == b && a.is_wholly_known());
        Value::Set(members)
    }

    pub fn object<K: Into<String>>(attributes: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Object(attributes.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// Whether the value is known and not null. Its members can still be unknown.
    pub fn is_set(&self) -> bool {
        !self.is_null() && !self.is_unknown()
    }

    /// Whether the value is null, an empty string, or a list, set or map without members.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Text(text) => text.is_empty(),
            Value::List(members) | Value::Set(members) => members.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// Whether neither the value nor any value inside it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Unknown => false,
            Value::List(members) | Value::Set(members) => members.iter().all(Value::is_wholly_known),
            Value::Map(entries) | Value::Object(entries) => entries.values().all(Value::is_wholly_known),
            _ => true,
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is whole and fits in an `i64`.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    pub fn members(&self) -> Option<&[Value]> {
        match self {
            Value::List(members) | Value::Set(members) => Some(members),
            _ => None,
        }
    }

    pub fn entries(&self) -> Option<&BTreeMap<String, Value>> {
        match self {
            Value::Map(entries) | Value::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// An attribute of an object or an entry of a map. Null if it is absent, or if the value has no entries.
    pub fn get(&self, name: &str) -> &Value {
        static NULL: Value = Value::Null;
        self.entries().and_then(|entries| entries.get(name)).unwrap_or(&NULL)
    }

    /// Sets an attribute of an object or an entry of a map. Has no effect on other values.
    pub fn put(&mut self, name: &str, value: Value) {
        if let Value::Object(entries) | Value::Map(entries) = self {
            entries.insert(name.to_owned(), value);
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_ignore_order_and_duplicates() {
        let one = Value::set(vec!["b".into(), "a".into(), "a".into()]);
        let other = Value::set(vec!["a".into(), "b".into()]);
        assert_eq!(one, other);
    }

    #[test]
    fn unknown_members_of_a_set_are_not_duplicates() {
        let set = Value::set(vec![Value::Unknown, Value::Unknown]);
        assert_eq!(set.members().unwrap().len(), 2);
        assert!(!set.is_wholly_known());
    }

    #[test]
    fn an_absent_attribute_is_null() {
        assert!(Value::object([("a", Value::Bool(true))]).get("b").is_null());
        assert!(Value::Unknown.get("b").is_null());
    }
}
