//! Which values are equivalent in Salesforce, and which values an API version supports.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate;
use super::field::{Compared, Field, Kind, Omitted};
use crate::record_id::checked_short;
use crate::value::Value;

/// Whether two values of an attribute are equal, as written or after Salesforce's normalization.
///
/// Null is equal to empty, unless the attribute is required or has a default. Strings are compared without trailing
/// line breaks, regardless of the kind of line breaks and, depending on the row, regardless of case or by their
/// certificate. Members of a set are replaced by the row's equivalents. The two forms of a record ID, with 15 and with
/// 18 characters, are equal.
pub fn same_meaning(field: &Field, a: &Value, b: &Value) -> bool {
    a == b || meaning(field, a) == meaning(field, b)
}

/// Whether a member is equivalent to one or several of these members.
pub fn adds_nothing(field: &Field, members: &[Value], member: &Value) -> bool {
    let with = members.iter().chain([member]).cloned().collect();
    same_meaning(field, &Value::set(members.to_vec()), &Value::set(with))
}

fn meaning(field: &Field, value: &Value) -> Value {
    let plain = match (&field.kind, value) {
        (_, Value::Text(text)) => Value::Text(plain_word(field, text)),
        (Kind::Blocks(fields), Value::Set(members)) => {
            Value::set(members.iter().map(|member| plain_block(fields, member)).collect())
        }
        (_, Value::Set(members)) => plain_set(field, members),
        (_, Value::List(members)) => Value::List(members.iter().map(plain).collect()),
        (_, Value::Map(entries)) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), plain(value)));
            Value::Map(entries.collect())
        }
        (Kind::Int, value) if field.zero_is_null && value.as_int() == Some(0) => Value::Null,
        (_, value) => value.clone(),
    };
    let can_be_empty = !matches!(field.omitted, Omitted::Required | Omitted::Default(_));
    if can_be_empty && plain.is_empty() { Value::Null } else { plain }
}

/// The normalized members of a set.
pub(super) fn meanings(field: &Field, members: &[Value]) -> BTreeSet<Value> {
    match plain_set(field, members) {
        Value::Set(plain) => plain.into_iter().collect(),
        _ => BTreeSet::new(),
    }
}

/// The normalized form of a string or of a member of a set. Record IDs are case-sensitive, even where names are not.
fn plain_word(field: &Field, text: &str) -> String {
    let plain = plain_text(text);
    if let Some(record) = field.record
        && let Some(id) = checked_short(record.prefix, &plain)
    {
        return id.to_owned();
    }
    match field.compared {
        Compared::AsWritten => plain,
        Compared::AnyCase => plain.to_lowercase(),
        Compared::AsCertificate => certificate::as_base64(&plain).unwrap_or(plain),
        Compared::AsIds => {
            let ids: Vec<&str> = plain.split(':').map(|id| checked_short("", id).unwrap_or(id)).collect();
            ids.join(":")
        }
    }
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(plain_text(text)),
        other => other.clone(),
    }
}

fn plain_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.trim_end_matches(['\n', '\r']).to_owned()
}

fn plain_block(fields: &[Field], member: &Value) -> Value {
    if !member.is_set() {
        return member.clone();
    }
    let attributes = fields.iter().map(|field| {
        let value = meaning(field, member.get(field.attribute));
        (field.attribute, value)
    });
    Value::object(attributes)
}

fn plain_set(field: &Field, members: &[Value]) -> Value {
    let mut plain = Vec::new();
    for member in members {
        let Some(text) = member.as_text() else {
            plain.push(member.clone());
            continue;
        };
        let word = plain_word(field, text);
        match field.equivalents.iter().find(|(token, _)| plain_word(field, token) == word) {
            Some((_, stands_for)) => {
                plain.extend(stands_for.iter().map(|word| Value::text(plain_word(field, word))));
            }
            None => plain.push(Value::text(word)),
        }
    }
    Value::set(plain)
}

/// Why an API version does not support a value.
pub fn version_problem(field: &Field, value: &Value, version: u16) -> Option<String> {
    if !value.is_set() || value.is_empty() {
        return None;
    }
    if !field.exists_in(version) {
        if let Omitted::Default(default) = field.omitted
            && *value == default.value()
        {
            return None;
        }
        return Some(newer("This", field.since, version));
    }
    if let Kind::Blocks(fields) = field.kind {
        let mut members = value.members().into_iter().flatten();
        return members.find_map(|member| {
            let mut fields = fields.iter();
            fields.find_map(|field| version_problem(field, member.get(field.attribute), version))
        });
    }
    let since: BTreeMap<&str, u16> = field.newer_values.iter().copied().collect();
    let problem = |value: &Value| {
        let text = match value {
            Value::Text(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        let since = since.get(text.as_str()).copied().filter(|since| *since > version)?;
        Some(newer(&format!("The value {text}"), since, version))
    };
    match value.members() {
        Some(members) => members.iter().find_map(problem),
        None => problem(value),
    }
}

fn newer(what: &str, since: u16, version: u16) -> String {
    format!(
        "{what} requires API version {since}.0 or later, but the provider uses {version}.0. Remove it, or set \
         `api_version` to a later version that the org supports."
    )
}
