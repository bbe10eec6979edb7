//! Record IDs: the object that a prefix identifies, and messages for values that must or must not be an ID.
//!
//! An ID has 15 or 18 characters. The last three characters of the long form encode the case of the others
//! (`crate::record_id`).

use super::echo::echo;
use super::letters::foreign_letter;
use super::mock_value::is_mock_value;
use crate::record_id::{case_of, checked_short, has_form, with_case_of};

/// Common objects: the prefix of their IDs, and a name for a record.
const OBJECTS: &[(&str, &str)] = &[
    ("001", "an account"),
    ("003", "a contact"),
    ("005", "a user"),
    ("006", "an opportunity"),
    ("00D", "an org"),
    ("00E", "a role"),
    ("00G", "a group or queue"),
    ("00N", "a custom field"),
    ("00O", "a report"),
    ("00Q", "a lead"),
    ("00e", "a profile"),
    ("00h", "a page layout"),
    ("012", "a record type"),
    ("015", "a document"),
    ("01I", "a custom object"),
    ("01Z", "a dashboard"),
    ("01p", "an Apex class"),
    ("01q", "an Apex trigger"),
    ("033", "a package"),
    ("04t", "a package version"),
    ("066", "a Visualforce page"),
    ("068", "a file's version"),
    ("069", "a file"),
    ("0Af", "a deploy"),
    ("0CP", "a custom permission"),
    ("0DB", "an Experience Cloud site"),
    ("0DM", "a site"),
    ("0H4", "a connected app"),
    ("0P1", "a certificate"),
    ("0PG", "a permission set group"),
    ("0PL", "a permission set license"),
    ("0PS", "a permission set"),
    ("0Pa", "the assignment of a permission set"),
    ("0xI", "an External Client App"),
    ("100", "a user license"),
    ("500", "a case"),
    ("701", "a campaign"),
    ("707", "an Apex job"),
    ("888", "a consumer"),
];

/// The name of a record with this prefix, with an article.
pub fn object_words(prefix: &str) -> &'static str {
    OBJECTS.iter().find(|(known, _)| *known == prefix).map_or("another record", |(_, words)| *words)
}

/// The prefix of a string that looks like the record ID of a known object.
pub fn record_prefix(text: &str) -> Option<&'static str> {
    OBJECTS
        .iter()
        .map(|(prefix, _)| *prefix)
        .find(|prefix| text.starts_with(prefix))
        .filter(|_| has_form(text))
}

/// Why a string is not a record ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRecordId {
    #[error("It is empty. Use a record ID of 15 or 18 characters.")]
    Empty,
    #[error(
        "It contains a space or a line break. Use trimspace() to remove leading and trailing whitespace."
    )]
    Space,
    #[error(
        "It contains the character {0:?}. A record ID contains only the letters A to Z, a to z, and digits."
    )]
    Character(char),
    #[error("It has {0} characters. A record ID has 15 or 18 characters.")]
    Length(usize),
    #[error(
        "Its last three characters do not match the others: a character, or the case of a letter, is wrong. Copy the \
         ID again, or use its first 15 characters if you are sure of their case."
    )]
    Mismatch,
}

/// The 18-character form of a record ID of 15 or 18 characters.
///
/// The last three characters of a long ID encode the case of the others. If all letters of the first 15 characters are
/// in one case, for example after an export from a case-insensitive database, the last three characters restore the
/// original case. An ID in mixed case that does not match its last three characters is an error.
pub fn long_id(text: &str) -> Result<String, NoRecordId> {
    if text.is_empty() {
        return Err(NoRecordId::Empty);
    }
    if text.contains(char::is_whitespace) {
        return Err(NoRecordId::Space);
    }
    if let Some(odd) = text.chars().find(|c| !c.is_ascii_alphanumeric()) {
        return Err(NoRecordId::Character(odd));
    }
    let (Some(short), 15 | 18) = (text.get(..15), text.len()) else {
        return Err(NoRecordId::Length(text.len()));
    };
    let (given, computed) = (text.get(15..).unwrap_or_default(), case_of(short));
    if given.is_empty() || given.eq_ignore_ascii_case(&computed) {
        return Ok(format!("{short}{computed}"));
    }
    let is_of_one_case = |is_case: fn(&u8) -> bool| !short.bytes().any(|byte| is_case(&byte));
    let is_lost = is_of_one_case(u8::is_ascii_uppercase) || is_of_one_case(u8::is_ascii_lowercase);
    let restored = with_case_of(short, given).filter(|_| is_lost).ok_or(NoRecordId::Mismatch)?;
    Ok(format!("{restored}{}", given.to_ascii_uppercase()))
}

/// Why a string that should be a record ID of this object is not one.
fn id_problem(text: &str, prefix: &str) -> Option<&'static str> {
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some("contains a character other than letters and digits");
    }
    match text.len() {
        15 | 18 if !text.starts_with(prefix) => Some("does not begin with the correct prefix"),
        15 => None,
        18 if checked_short(prefix, text).is_some() => None,
        18 => Some(
            "ends in three characters that do not match the others, for example because the case of a letter changed",
        ),
        _ => Some("does not have 15 or 18 characters"),
    }
}

pub fn record_or_name(text: &str, prefix: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("The value is blank. Use an API name or a record ID.".to_owned());
    }
    // API names never begin with a digit, but all these prefixes do.
    let is_id = text.starts_with(prefix) || record_prefix(text).is_some();
    if is_id { wrong_record(text, prefix, "API name") } else { None }
}

/// Why a string is a label and not an API name.
pub fn label(text: &str, prefix: &str) -> Option<String> {
    if text.starts_with(prefix) || is_mock_value(text) || record_or_name(text, prefix).is_some() {
        return None;
    }
    let shown = echo(text);
    if let Some(letter) = foreign_letter(text) {
        return Some(format!(
            "In {shown}, {letter}. API names contain only the letters A to Z, digits and underscores."
        ));
    }
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (!is_name).then(|| {
        format!("{shown} is neither an API name (letters, digits, underscores) nor an ID that begins with {prefix}. \
                 Use the API name or the ID.")
    })
}

/// Why a string is neither a record ID nor a label. A label can be any string that does not look like an ID.
pub fn record_or_label(text: &str, prefix: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("The value is blank. Use a name or a record ID.".to_owned());
    }
    let nearly_an_id = text.starts_with(prefix)
        && (12..=20).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().skip(prefix.len()).any(|byte| byte.is_ascii_digit());
    (nearly_an_id || record_prefix(text).is_some()).then(|| wrong_record(text, prefix, "name"))?
}

/// Why a string that should be the record ID of this object is not one.
fn wrong_record(text: &str, prefix: &str, name: &str) -> Option<String> {
    let (shown, wanted) = (echo(text), object_words(prefix));
    match record_prefix(text).filter(|found| *found != prefix) {
        Some(found) => Some(format!(
            "{shown} is the record ID of {}, not of {wanted}. Use the {name} or the ID of {wanted}.",
            object_words(found)
        )),
        None => id_problem(text, prefix).map(|problem| {
            format!(
                "{shown} is not a record ID: it {problem}. A record ID has 15 or 18 characters. Use the complete ID or \
                 the {name}."
            )
        }),
    }
}

pub fn no_record_id(text: &str) -> Option<String> {
    let object = object_words(record_prefix(text)?);
    Some(format!("{} is the record ID of {object}. Use the name instead.", echo(text)))
}

const ORG: &str = "00D";
const CONSUMER: &str = "888";

pub fn link(text: &str) -> Option<String> {
    const FORM: &str = "Use the format <org ID>:<consumer ID>, with the IDs of the other org, for example \
         00D000000000001:888000000000001.";
    let shown = echo(text);
    let wrong = |what: &str| Some(format!("{shown} {what}. {FORM}"));
    let Some((org, consumer)) = text.split_once(':') else {
        return if is_mock_value(text) { None } else { wrong("contains no colon") };
    };
    if consumer.contains(':') {
        return wrong("contains more than one colon");
    }
    if record_prefix(org) == Some(CONSUMER) && record_prefix(consumer) == Some(ORG) {
        return wrong("contains the consumer ID before the org ID");
    }
    if let Some(found) = record_prefix(org).filter(|found| *found != ORG) {
        return wrong(&format!("contains the ID of {} instead of an org ID", object_words(found)));
    }
    if record_prefix(org) != Some(ORG) {
        return wrong("has no org ID before the colon: 15 or 18 letters and digits that begin with 00D");
    }
    if let Some(found) = record_prefix(consumer).filter(|found| *found != CONSUMER) {
        return wrong(&format!("contains the ID of {} instead of a consumer ID", object_words(found)));
    }
    // Consumer IDs began with 888 in one org. Salesforce does not document that all consumer IDs do.
    if has_form(consumer) {
        None
    } else {
        wrong("has no consumer ID after the colon: 15 or 18 letters and digits")
    }
}
