//! String literals in SOQL queries, and columns of query results.

use super::Row;

/// A SOQL string literal. Line breaks are escaped, because only the escaped form is documented.
pub fn quoted(text: &str) -> String {
    let mut literal = String::from("'");
    for c in text.chars() {
        match c {
            '\\' => literal.push_str(r"\\"),
            '\'' => literal.push_str(r"\'"),
            '\n' => literal.push_str(r"\n"),
            '\r' => literal.push_str(r"\r"),
            c => literal.push(c),
        }
    }
    literal.push('\'');
    literal
}

/// A string literal, or `null`.
pub fn quoted_or_null(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), quoted)
}

/// A list of string literals for the `IN` operator.
pub fn listed(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    texts.into_iter().map(|text| quoted(text.as_ref())).collect::<Vec<_>>().join(", ")
}

pub fn text<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.get(name)?.as_str()
}

pub fn number(row: &Row, name: &str) -> Option<u64> {
    row.get(name)?.as_u64()
}

/// A text column of a related object.
pub fn related<'a>(row: &'a Row, relation: &str, name: &str) -> Option<&'a str> {
    row.get(relation)?.get(name)?.as_str()
}

/// The namespace of a full name, if it has one, and the rest of the name.
pub fn parted(full_name: &str) -> (Option<&str>, &str) {
    match full_name.split_once("__") {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, full_name),
    }
}
