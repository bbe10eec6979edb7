//! The property of quoted text in queries, for `properties`: a SOQL parser reads the original text, and no part of the
//! text is outside the quotes.

use super::soql::quoted;
use crate::properties::Choices;

pub fn quoting(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut text = choices.text(40);
    while !choices.is_over() {
        text.push_str(choices.of(&[
            "'",
            "\\",
            "\\'",
            "\n",
            "\r",
            " OR Name != ",
            "\u{2019}",
            "%",
            "_",
            "\0",
            "n",
        ]));
    }
    let query = format!("SELECT Id FROM User WHERE Name = {} AND IsActive = true", quoted(&text));
    let read = query.split_once("= ").and_then(|(_, literal)| read_literal(literal));
    assert_eq!(read, Some((text, " AND IsActive = true")), "{query:?}");
}

/// Parses a string literal as the SOQL documentation describes it. Also returns the rest of the query.
fn read_literal(soql: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut rest = soql.strip_prefix('\'')?.chars();
    loop {
        text.push(match rest.next()? {
            '\'' => return Some((text, rest.as_str())),
            '\\' => match rest.next()? {
                'n' | 'N' => '\n',
                'r' | 'R' => '\r',
                't' | 'T' => '\t',
                'b' | 'B' => '\u{8}',
                'f' | 'F' => '\u{c}',
                same @ ('"' | '\'' | '\\') => same,
                // `\_` and `\%` are only for LIKE, and any other escape is an error.
                _ => return None,
            },
            // A string literal cannot span lines.
            '\n' | '\r' => return None,
            plain => plain,
        });
    }
}
