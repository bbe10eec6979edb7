//! What members of a list, a set or a map must be to travel as what they are: many of them share one element, and
//! Salesforce takes some for the same.
//!
//! All of it follows from the row's kind: no field has a rule of its own here.

use url::Url;

use super::echo::{echo, has_user_information};
use super::field::{Field, Kind};
use super::meaning::short_id;
use super::record_id::object_words;

/// Why a member would not arrive as this one member.
pub fn member_problem(field: &Field, member: &str) -> Option<String> {
    let shown = || echo(member);
    match field.kind {
        Kind::Commas if member.contains(',') => {
            let parts = member.split(',').map(str::trim).filter(|part| !part.is_empty());
            let parts: Vec<String> = parts.map(echo).collect();
            // Parts of what may be a secret are not shown either.
            let each = match shown().strip_prefix('"') {
                Some(_) => format!(": [{}]", parts.join(", ")),
                None => String::new(),
            };
            Some(format!(
                "{} has a comma, by which Salesforce separates the members: it would not arrive as one. Where several are \
                 meant, write each as a member of its own{each}. A name with a comma in it cannot be sent: {}.",
                shown(),
                match field.record {
                    Some(_) => "write the record ID, or rename it in the org",
                    None => "rename it in the org",
                }
            ))
        }
        Kind::Commas | Kind::Lines if member.contains(['\n', '\r']) => {
            Some(format!("{} has a line break. Write each as a member of its own.", shown()))
        }
        Kind::Commas if member.trim().is_empty() => {
            Some("A member is blank, which Salesforce takes for none. Leave it out.".to_owned())
        }
        Kind::Commas if member.trim() != member => Some(format!(
            "{} begins or ends with white space, which is lost between commas. Leave it out.",
            shown()
        )),
        _ => None,
    }
}

/// Why a map cannot have this key.
pub fn key_problem(key: &str) -> Option<String> {
    key.trim().is_empty().then(|| {
        format!(
            "The map has an entry whose key is {}. Give the key a name, or leave the entry out.",
            echo(key)
        )
    })
}

/// Why two members are one to Salesforce: names are compared without case there, and record IDs have two lengths.
pub fn same_member(field: &Field, one: &str, other: &str) -> Option<String> {
    if !matches!(field.kind, Kind::Commas) || one == other {
        return None;
    }
    let (first, second) = (echo(one), echo(other));
    if let Some(record) = field.record
        && let Some(id) = short_id(record.prefix, one)
    {
        let same = short_id(record.prefix, other) == Some(id);
        let object = object_words(record.prefix);
        return same.then(|| {
            format!("{first} and {second} are the same ID of {object} in its two lengths. Write one.")
        });
    }
    (one.to_lowercase() == other.to_lowercase()).then(|| {
        format!(
            "{first} and {second} differ in upper and lower case only, which Salesforce does not tell apart. Write one."
        )
    })
}

/// Why two members may be one. Whether Salesforce tells them apart is not confirmed.
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
        format!(
            "{} and {} differ in upper and lower case only: they may be one and the same. Write one.",
            echo(one),
            echo(other)
        )
    })
}
