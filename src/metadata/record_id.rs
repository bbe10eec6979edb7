//! Record IDs: whose they are, by their first three characters.
//!
//! Two lengths: the 15 characters of a record, and 18, of which the last three tell the case of the others
//! (`meaning::short_id`).

use super::meaning::short_id;

/// Objects whose records people have at hand, by the first three characters of their IDs, with the words for one.
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

/// What a record with this prefix is called, with its article.
pub fn object_words(prefix: &str) -> &'static str {
    OBJECTS.iter().find(|(known, _)| *known == prefix).map_or("another record", |(_, words)| *words)
}

/// The prefix of a text that has the form of a record ID of an object that we know.
pub fn record_prefix(text: &str) -> Option<&'static str> {
    let has_form = matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    OBJECTS.iter().map(|(prefix, _)| *prefix).find(|prefix| has_form && text.starts_with(prefix))
}

/// Why a text is no record ID of this object; none when it is one. For texts that are meant to be one.
pub fn id_problem(text: &str, prefix: &str) -> Option<&'static str> {
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some("has a character other than letters and digits");
    }
    match text.len() {
        15 | 18 if !text.starts_with(prefix) => Some("begins with other characters"),
        15 => None,
        18 if short_id(prefix, text).is_some() => None,
        18 => {
            Some("ends in three characters that do not fit the others, as when a letter's case was changed")
        }
        _ => Some("has another length than 15 or 18 characters"),
    }
}
