//! Finds strings that look like secrets: PEM blocks, values whose names denote credentials, session IDs, JWTs, refresh
//! tokens, and long base64.
//!
//! Names are matched by their suffix, in any style: `client_secret`, `consumerSecret`, `Access-Token`. A consumer
//! *key* is not secret.

use std::ops::Range;

/// A run of base64 characters that is longer than this is data, not prose.
const MAX_WORD: usize = 200;
/// Suffixes of credential names, without separators and in lower case.
const NAMES: [&str; 12] = [
    "secret",
    "token",
    "assertion",
    "password",
    "passwd",
    "passphrase",
    "privatekey",
    "sessionid",
    "sessionkey",
    "sessionhash",
    "authorization",
    "zipfile",
];
/// Strings before a session ID in Salesforce's messages.
const PRELUDES: [&str; 2] = ["session key:", "session hash:"];
/// Forms of a quote, without the backslash of JSON.
const QUOTES: [&str; 7] = ["\"", "'", "&quot;", "&#34;", "&#39;", "%22", "u0022"];
/// Forms of a separator between name and value.
const SEPARATORS: [&str; 9] = ["=>", ":", "=", "%3a", "%3d", "&#58;", "&#61;", "\\u003a", "\\u003d"];
/// Forms of the start and the end of a tag.
const OPENS: [&str; 5] = ["<", "&lt;", "%3c", "\\u003c", "&#60;"];
const CLOSES: [&str; 5] = [">", "&gt;", "%3e", "\\u003e", "&#62;"];
/// Forms of the character between the org's ID and the rest of a session ID.
const BANGS: [&str; 6] = ["!", "%21", "%2521", "&#33;", "&#x21;", "\\u0021"];

/// Whether base64, a token or an ID may contain this character.
pub(super) fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!._-+/=~%".contains(c)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    // Lowercasing ASCII letters keeps all positions.
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    pem_blocks(text, &mut found);
    for mut name in runs(text, is_of_name) {
        name.start = name.start.saturating_add(rest_of_escape(text, name.start));
        if is_credential(part(text, name.clone())) {
            found.extend(element(&lower, &name).or_else(|| member(&lower, &name)));
        }
    }
    for prelude in PRELUDES {
        for (at, _) in lower.match_indices(prelude) {
            let value = skip(text, at.saturating_add(prelude.len()), char::is_whitespace);
            found.push(value..skip(text, value, |c| !c.is_whitespace() && !"<\"'".contains(c)));
        }
    }
    headers(text, &lower, &mut found);
    user_info(text, &mut found);
    session_ids(text, &lower, &mut found);
    for word in runs(text, is_of_word) {
        words(text, word, &mut found);
    }
    found
}

fn part(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// The position of the first character for which `belongs` is false.
fn skip(text: &str, at: usize, belongs: impl Fn(char) -> bool) -> usize {
    let rest = rest(text, at);
    rest.find(|c| !belongs(c)).map_or(text.len(), |length| at.saturating_add(length))
}

/// The position after the first of these tokens that starts at `at`, if any.
fn after(text: &str, at: usize, tokens: &[&str]) -> Option<usize> {
    let rest = rest(text, at);
    tokens.iter().find(|token| rest.starts_with(**token)).map(|token| at.saturating_add(token.len()))
}

/// The position of the next occurrence of one of these tokens.
fn next(text: &str, at: usize, tokens: &[&str]) -> Option<usize> {
    let rest = rest(text, at);
    tokens.iter().filter_map(|token| rest.find(token)).min().map(|length| at.saturating_add(length))
}

fn runs(text: &str, belongs: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (belongs(c), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                runs.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    runs.extend(start.map(|from| from..text.len()));
    runs
}

/// How many characters of a name belong to an escape that starts before the name: `%22secret`, `\u0022secret`.
fn rest_of_escape(text: &str, at: usize) -> usize {
    let (digits, skipped) = match text.get(..at).and_then(|before| before.chars().next_back()) {
        Some('%') => (rest(text, at).get(..2), 2),
        Some('\\') => (rest(text, at).get(..5).and_then(|escape| escape.strip_prefix('u')), 5),
        _ => (None, 0),
    };
    let is_escape = digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_escape { skipped } else { 0 }
}

fn is_credential(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    let plain = plain.strip_suffix('s').unwrap_or(&plain);
    plain == "sid" || NAMES.iter().any(|ending| plain.ends_with(ending))
}

/// Whether a value is certainly not a secret.
fn is_no_secret(value: &str) -> bool {
    let value = value.trim();
    matches!(value, "" | "true" | "false" | "null" | super::HIDDEN)
        || (value.len() < 10 && value.bytes().all(|byte| byte.is_ascii_digit()))
}

fn secret(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    (!is_no_secret(part(text, range.clone()))).then_some(range)
}

fn pem_blocks(text: &str, found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(start) = next(text, at, &["-----BEGIN"]) {
        let end = next(text, start, &["-----END"]).map(|end| end.saturating_add(8));
        let end = end.and_then(|end| next(text, end, &["-----"])).map(|end| end.saturating_add(5));
        at = end.unwrap_or(text.len());
        found.push(start..at);
    }
}

/// The content of the element with this name.
fn element(lower: &str, name: &Range<usize>) -> Option<Range<usize>> {
    let mut before = lower.get(..name.start)?;
    if let Some(prefixed) = before.strip_suffix(':') {
        before = prefixed.trim_end_matches(is_of_name);
    }
    if !OPENS.iter().any(|open| before.ends_with(open)) {
        return None;
    }
    let tag = next(lower, name.end, &CLOSES)?;
    // Another tag starts before this one ends, so the text is not an element.
    if OPENS.iter().any(|open| part(lower, name.end..tag).contains(open)) {
        return None;
    }
    let start = after(lower, tag, &CLOSES)?;
    if part(lower, name.end..tag).ends_with('/') {
        return None;
    }
    let own = part(lower, name.clone());
    let end = match next(lower, start, &[own]) {
        Some(again) => {
            let content = part(lower, start..again);
            let open = OPENS.iter().filter_map(|open| content.rfind(open)).max();
            open.map_or(again, |length| start.saturating_add(length))
        }
        None if rest(lower, start).starts_with("<!") => lower.len(),
        None => next(lower, start, &OPENS).unwrap_or(lower.len()),
    };
    secret(lower, start..end)
}

/// The value of the member, form field or attribute with this name.
fn member(lower: &str, name: &Range<usize>) -> Option<Range<usize>> {
    let before = lower.get(..name.start)?;
    let is_quoted = QUOTES.iter().any(|quote| before.ends_with(quote));
    let quoted_until = if is_quoted { closing_quote(lower, name.end) } else { None };
    let mut at = skip(lower, quoted_until.unwrap_or(name.end), char::is_whitespace);
    if let (Some(_), Some(value)) = (quoted_until, after(lower, at, &["value"])) {
        // HTML: name="secret" value="…".
        at = skip(lower, value, char::is_whitespace);
    }
    let separator = at;
    at = skip(lower, after(lower, at, &SEPARATORS)?, char::is_whitespace);
    let is_form = quoted_until.is_none() && part(lower, separator..at).starts_with(['=', '%', '&', '\\']);
    let escape = skip(lower, at, |c| c == '\\');
    if let Some(start) = after(lower, escape, &QUOTES) {
        return secret(lower, start..end_of_quoted(lower, start, escape.saturating_sub(at)));
    }
    match rest(lower, at).chars().next()? {
        open @ ('[' | '{') if quoted_until.is_some() => {
            secret(lower, at.saturating_add(open.len_utf8())..end_of_nested(lower, at))
        }
        _ if is_form => {
            let end = skip(lower, at, |c| !c.is_whitespace() && !"&<\"'".contains(c));
            secret(lower, at..end)
        }
        _ if quoted_until.is_some() => {
            let end = skip(lower, at, |c| !c.is_whitespace() && !"&<\"',}]".contains(c));
            secret(lower, at..end)
        }
        _ => None,
    }
}

/// The position after the quote that closes a name at `at`. The quote may be escaped.
fn closing_quote(text: &str, at: usize) -> Option<usize> {
    after(text, skip(text, at, |c| c == '\\'), &QUOTES)
}

/// The end of a value whose opening quote has this many backslashes.
fn end_of_quoted(text: &str, start: usize, backslashes: usize) -> usize {
    let opening = text.get(..start).unwrap_or_default();
    let quote = QUOTES.into_iter().find(|quote| opening.ends_with(quote)).unwrap_or("\"");
    let mut at = start;
    while let Some(end) = next(text, at, &[quote]) {
        let value = part(text, start..end);
        let run = value.len().saturating_sub(value.trim_end_matches('\\').len());
        if run <= backslashes || (backslashes == 0 && run.is_multiple_of(2)) {
            return end.saturating_sub(run.min(backslashes));
        }
        at = end.saturating_add(quote.len());
    }
    text.len()
}

/// The position of the bracket that closes the one at `start`.
fn end_of_nested(text: &str, start: usize) -> usize {
    let mut depth: usize = 0;
    let mut in_text = false;
    let mut is_escaped = false;
    for (at, c) in rest(text, start).char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = in_text,
            '"' => in_text = !in_text,
            '[' | '{' if !in_text => depth = depth.saturating_add(1),
            ']' | '}' if !in_text => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return start.saturating_add(at);
                }
            }
            _ => {}
        }
    }
    text.len()
}

fn headers(text: &str, lower: &str, found: &mut Vec<Range<usize>>) {
    for scheme in ["bearer ", "basic ", "oauth "] {
        for (at, _) in lower.match_indices(scheme) {
            let start = skip(text, at.saturating_add(scheme.len()), char::is_whitespace);
            let end = skip(text, start, is_of_word);
            let word = part(text, start..end);
            let inner = word.get(1..).unwrap_or_default();
            let is_prose = !word.bytes().any(|byte| byte.is_ascii_digit())
                && !inner.bytes().any(|byte| byte.is_ascii_uppercase());
            if word.len() >= 12 && !is_prose {
                found.push(start..end);
            }
        }
    }
}

fn user_info(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, scheme) in text.match_indices("://") {
        let start = at.saturating_add(scheme.len());
        let end = skip(text, start, |c| !c.is_whitespace() && !"/?#<>\"'\\".contains(c));
        if let Some(length) = part(text, start..end).rfind('@') {
            found.push(start..start.saturating_add(length));
        }
    }
}

/// Finds session IDs: an org's ID of 15 to 18 characters, `!`, and the rest.
fn session_ids(text: &str, lower: &str, found: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices("00D") {
        let end = skip(text, at, |c| c.is_ascii_alphanumeric());
        if (15..=18).contains(&end.saturating_sub(at))
            && let Some(bang) = after(lower, end, &BANGS)
        {
            found.push(at..skip(text, bang, is_of_word));
        }
    }
}

/// Finds JWTs, refresh tokens, consumer secrets and long base64 in a word.
fn words(text: &str, word: Range<usize>, found: &mut Vec<Range<usize>>) {
    let written = part(text, word.clone());
    let from = |start: &str| written.find(start).map(|length| word.start.saturating_add(length));
    if let Some(start) = from("eyJ") {
        let token = part(text, start..word.end);
        if token.len() > 20 && (token.contains('.') || token.to_ascii_lowercase().contains("%2e")) {
            found.push(start..word.end);
        }
    }
    if let Some(start) = from("5Aep")
        && word.end.saturating_sub(start) > 30
    {
        found.push(start..word.end);
    }
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    if written.len() > MAX_WORD || (written.len() == 64 && written.bytes().all(is_hex)) {
        found.push(word);
    }
}
