//! Converts elements to values, for `decode` and `encode`.
//!
//! Errors never contain values, because a file can contain secrets.

use std::str::FromStr;

use super::field::{Field, Kind};
use crate::value::{Number, Value};
use crate::xml::Element;

/// An element that does not match its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub element: &'static str,
    pub expected: &'static str,
}

/// The value of an element. `None` if it is empty or nil.
pub(super) fn scalar(field: &'static Field, element: &Element) -> Result<Option<Value>, Mismatch> {
    let mismatch = |expected| Mismatch { element: field.element, expected };
    if element.is_nil() {
        return Ok(None);
    }
    if !element.children.is_empty() {
        return Err(mismatch("text without child elements"));
    }
    let text = element.text.as_str();
    let value = match &field.kind {
        Kind::Bool => match text.trim() {
            "true" | "1" => Value::Bool(!field.inverted),
            "false" | "0" => Value::Bool(field.inverted),
            _ => return Err(mismatch("true or false")),
        },
        Kind::Int => {
            let number = Number::from_str(text.trim()).map_err(|_| mismatch("a whole number"))?;
            if number.as_i64().is_none() {
                return Err(mismatch("a whole number"));
            }
            Value::Number(number)
        }
        Kind::Text if text.is_empty() => return Ok(None),
        Kind::Text => Value::text(text),
        Kind::Enum(_) | Kind::Parent if text.trim().is_empty() => return Ok(None),
        // Unknown words are kept, because the org can be newer than the table.
        Kind::Enum(_) | Kind::Parent => Value::text(text.trim()),
        Kind::Lines => {
            let mut lines: Vec<Value> = Vec::new();
            for line in text.split('\n').map(str::trim).filter(|line| !line.is_empty()).map(Value::text) {
                // Duplicates are not valid in a configuration.
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
            if lines.is_empty() {
                return Ok(None);
            }
            Value::List(lines)
        }
        Kind::Commas => {
            let words: Vec<Value> = words(text).map(Value::text).collect();
            if words.is_empty() {
                return Ok(None);
            }
            Value::set(words)
        }
        Kind::Entries { .. } | Kind::Blocks(_) => return Err(mismatch("a repeated element")),
    };
    Ok(Some(value))
}

/// The words of a comma-separated string.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// One block: an object with every attribute of its rows. Absent elements are null.
pub(super) fn block(fields: &'static [Field], element: &Element) -> Result<Value, Mismatch> {
    let mut attributes = Vec::new();
    for field in fields {
        let mut found = element.children.iter().filter(|child| child.name == field.element);
        let value = match found.next() {
            Some(child) => scalar(field, child)?.unwrap_or_default(),
            None => Value::Null,
        };
        if found.next().is_some() {
            return Err(Mismatch { element: field.element, expected: "a single element" });
        }
        attributes.push((field.attribute, value));
    }
    Ok(Value::object(attributes))
}

pub(super) fn entry(
    key: &'static str,
    value: &'static str,
    element: &Element,
) -> Result<(String, Value), Mismatch> {
    let text = |name: &'static str| {
        let mut found = element.children.iter().filter(|child| child.name == name);
        let first = found.next();
        match found.next() {
            None if first.is_none_or(|child| child.children.is_empty()) => Ok(first),
            _ => Err(Mismatch { element: name, expected: "a single text value" }),
        }
    };
    let missing = Mismatch { element: key, expected: "present in each entry" };
    let key = text(key)?.ok_or(missing)?;
    let value = text(value)?.map_or("", |child| child.text.as_str());
    Ok((key.text.clone(), Value::text(value)))
}

/// The children of a block or an entry that have no row.
pub(super) fn unknown_children<'a>(kind: &Kind, element: &'a Element) -> Vec<&'a Element> {
    let known: Vec<&str> = match kind {
        Kind::Entries { key, value } => vec![key, value],
        Kind::Blocks(fields) => fields.iter().map(|field| field.element).collect(),
        _ => Vec::new(),
    };
    let children = element.children.iter();
    children.filter(|child| !known.contains(&child.name.as_str())).collect()
}
