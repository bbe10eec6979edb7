//! Checks of members of lists and sets that share one XML element, and of keys of maps. A separator would split a
//! member, and Salesforce treats some different members as equal.
//!
//! The kind of a row determines its checks. Rules of single fields are in the tables.

use url::Url;

use super::echo::{echo, has_user_information};
use super::field::{Field, Kind};
use super::record_id::object_words;
use crate::record_id::checked_short;

/// Why a member cannot be sent as one member.
pub fn member_problem(field: &Field, member: &str) -> Option<String> {
    let shown = || echo(member);
    match field.kind {
        Kind::Commas if member.contains(',') => {
            let parts = member.split(',').map(str::trim).filter(|part| !part.is_empty());
            let parts: Vec<String> = parts.map(echo).collect();
            // Parts of a possible secret are not shown either.
            let each = match shown().strip_prefix('"') {
                Some(_) => format!(": [{}]", parts.join(", ")),
                None => String::new(),
            };
            Some(format!(
                "{} contains a comma, which separates elements in Salesforce. To set several elements, specify each \
                 element separately{each}. A name with a comma cannot be sent: {}.",
                shown(),
                match field.record {
                    Some(_) => "use the record ID, or rename the record in the org",
                    None => "rename it in the org",
                }
            ))
        }
        Kind::Commas | Kind::Lines if member.contains(['\n', '\r']) => {
            Some(format!("{} contains a line break. Specify each element separately.", shown()))
        }
        Kind::Commas if member.trim().is_empty() => {
            Some("An element is blank, which Salesforce ignores. Remove it.".to_owned())
        }
        Kind::Commas if member.trim() != member => Some(format!(
            "{} has leading or trailing whitespace, which Salesforce removes. Remove the whitespace.",
            shown()
        )),
        _ => None,
    }
}

/// Why a map cannot have this key.
pub fn key_problem(key: &str) -> Option<String> {
    key.trim().is_empty().then(|| {
        format!("The map contains an entry with the blank key {}. Set a key, or remove the entry.", echo(key))
    })
}

/// Why two members are equal in Salesforce: names are case-insensitive, and record IDs have two lengths.
pub fn same_member(field: &Field, one: &str, other: &str) -> Option<String> {
    if !matches!(field.kind, Kind::Commas) || one == other {
        return None;
    }
    let (first, second) = (echo(one), echo(other));
    if let Some(record) = field.record
        && let Some(id) = checked_short(record.prefix, one)
    {
        let same = checked_short(record.prefix, other) == Some(id);
        let object = object_words(record.prefix);
        return same.then(|| {
            format!("{first} and {second} are two forms (15 and 18 characters) of the same ID of {object}. Remove one \
                     of them.")
        });
    }
    (one.to_lowercase() == other.to_lowercase()).then(|| {
        format!("{first} and {second} differ only in case, which Salesforce ignores. Remove one of them.")
    })
}

/// Why two members may be equal. Whether Salesforce distinguishes them is not confirmed.
pub fn alike_members(field: &Field, one: &str, other: &str) -> Option<String> {
    if one == other {
        return None;
    }
    let as_browsers_read_it = |text: &str| match Url::parse(text) {
        Ok(url) if !has_user_information(text) => Some(url.to_string()),
        _ => None,
    };
    let alike = match field.kind {
        Kind::Entries { .. } => one.to_lowercase() == other.to_lowercase(),
        Kind::Lines => {
            one.eq_ignore_ascii_case(other)
                && as_browsers_read_it(one).is_some_and(|url| as_browsers_read_it(other) == Some(url))
        }
        _ => false,
    };
    alike.then(|| {
        format!("{} and {} differ only in case and may be equal. Remove one of them.", echo(one), echo(other))
    })
}
