//! Keeps secrets out of texts that people and logs see.
//!
//! Everything that a server said goes through [`Redactor::clean`] before it enters an [`Error`](super::Error).
//! It hides the secrets that we know (exactly) and what looks like one: session ids, JWTs, PEM blocks, elements and
//! JSON members that carry credentials, long runs of base64.

use std::sync::RwLock;

use crate::secret::Secret;

/// What stands in place of a secret.
const HIDDEN: &str = "(sensitive)";
/// The most characters of a server's text that we pass on.
const MAX_TEXT: usize = 2_000;
/// A run of base64 longer than this is payload, not prose.
const MAX_BASE64: usize = 200;
/// Elements whose content is a credential.
const ELEMENTS: [&str; 4] = ["sessionId", "consumerSecret", "ZipFile", "zipFile"];
/// JSON members and form fields whose value is a credential.
const MEMBERS: [&str; 6] =
    ["access_token", "refresh_token", "client_secret", "assertion", "id_token", "consumerSecret"];
/// Words after which Salesforce has been seen to print a session.
const PRELUDES: [&str; 2] = ["missing session key: ", "missing session hash: "];

/// Knows the secrets of this process.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    known: RwLock<Vec<Secret>>,
}

impl Redactor {
    /// From now on hides this one too. Old ones stay: a late answer may still name them.
    pub fn learn(&self, secret: &Secret) {
        if let Ok(mut known) = self.known.write()
            && !secret.is_empty()
            && !known.contains(secret)
        {
            known.push(secret.clone());
        }
    }

    /// `text` without secrets and control characters, cut at a sensible length.
    pub fn clean(&self, text: &str) -> String {
        // Cut generously first, so that hiding costs little, and precisely last, so that no half secret stays.
        let mut text: String = text.chars().take(MAX_TEXT.saturating_mul(8)).collect();
        match self.known.read() {
            Ok(known) => text = known.iter().fold(text, |text, secret| secret.hide_in(&text)),
            Err(_) => return HIDDEN.to_owned(),
        }
        text = pem_blocks(&text);
        for name in ELEMENTS {
            text = elements(&text, name);
        }
        for name in MEMBERS {
            text = members(&text, name);
        }
        for prelude in PRELUDES {
            text = after(&text, prelude, |c| !c.is_whitespace() && !"<\"'".contains(c));
        }
        text = words(&text);
        let mut text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
            text.truncate(end);
            text.push('…');
        }
        text.trim().to_owned()
    }
}

/// Splits at `needle`; `None` when it does not occur.
fn split<'a>(text: &'a str, needle: &str) -> Option<(&'a str, &'a str)> {
    text.split_once(needle)
}

fn pem_blocks(text: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while let Some((before, block)) = split(rest, "-----BEGIN ") {
        out.push_str(before);
        out.push_str(HIDDEN);
        let Some((_, tail)) = split(block, "-----END ") else {
            return out;
        };
        rest = split(tail, "-----").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

fn elements(text: &str, name: &str) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    let open = format!("{name}>");
    while let Some((before, tail)) = split(rest, &open) {
        out.push_str(before);
        out.push_str(&open);
        if before.ends_with('/') || before.rsplit('<').next().is_some_and(|tag| tag.starts_with('/')) {
            rest = tail;
            continue;
        }
        out.push_str(HIDDEN);
        rest = tail.find('<').and_then(|at| tail.get(at..)).unwrap_or("");
    }
    out.push_str(rest);
    out
}

fn members(text: &str, name: &str) -> String {
    let text = after(text, &format!("{name}="), |c| !c.is_whitespace() && !"&<\"'".contains(c));
    let mut rest = text.as_str();
    let mut out = String::with_capacity(text.len());
    let member = format!("\"{name}\"");
    while let Some((before, tail)) = split(rest, &member) {
        out.push_str(before);
        out.push_str(&member);
        let value = tail.trim_start_matches([' ', ':', '\t', '\n', '\r']);
        out.push_str(tail.get(..tail.len().saturating_sub(value.len())).unwrap_or(""));
        match value.strip_prefix('"') {
            Some(value) => {
                out.push('"');
                out.push_str(HIDDEN);
                rest = value.find('"').and_then(|at| value.get(at..)).unwrap_or("");
            }
            None => rest = value,
        }
    }
    out.push_str(rest);
    out
}

/// Hides what follows `prelude` as long as `belongs` holds.
fn after(text: &str, prelude: &str, belongs: impl Fn(char) -> bool) -> String {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while let Some((before, tail)) = split(rest, prelude) {
        out.push_str(before);
        out.push_str(prelude);
        let kept = tail.trim_start_matches(&belongs);
        if kept.len() < tail.len() {
            out.push_str(HIDDEN);
        }
        rest = kept;
    }
    out.push_str(rest);
    out
}

/// Hides session ids, JWTs and long base64, which are all one "word".
fn words(text: &str) -> String {
    let part_of_word = |c: char| c.is_ascii_alphanumeric() || "!._-+/=~%".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let tail = rest.trim_start_matches(part_of_word);
        let word = rest.get(..rest.len().saturating_sub(tail.len())).unwrap_or("");
        out.push_str(&word_without_secret(word));
        let mut tail = tail.chars();
        if let Some(separator) = tail.next() {
            out.push(separator);
        }
        rest = tail.as_str();
    }
    out
}

fn word_without_secret(word: &str) -> String {
    if let Some(at) = session_id(word) {
        return format!("{}{HIDDEN}", word.get(..at).unwrap_or(""));
    }
    if let Some(at) = word.find("eyJ")
        && word.get(at..).is_some_and(|token| token.split('.').count() >= 2 && token.len() > 20)
    {
        return format!("{}{HIDDEN}", word.get(..at).unwrap_or(""));
    }
    if word.len() > MAX_BASE64 {
        return HIDDEN.to_owned();
    }
    word.to_owned()
}

/// Where a session id begins: an org id, 15 or 18 characters, then `!` (or its form in a URL).
fn session_id(word: &str) -> Option<usize> {
    word.match_indices("00D").map(|(at, _)| at).find(|at| {
        let tail = word.get(*at..).unwrap_or("");
        let id = tail.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        let length = tail.len().saturating_sub(id.len());
        (15..=18).contains(&length) && (id.starts_with('!') || id.starts_with("%21"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_survives() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("known-canary"));
        let long = "QUJD".repeat(60);
        for (text, clean) in [
            ("plain words, with 00D000000000001 in them", "plain words, with 00D000000000001 in them"),
            ("it is known-canary.", "it is (sensitive)."),
            ("missing session key: 00D000000000001!AQ.canary", "missing session key: (sensitive)"),
            ("url?sid=00D000000000001AAA!AQ.canary&x", "url?sid=(sensitive)&x"),
            ("url?sid=00D000000000001AAA%21AQ.canary", "url?sid=(sensitive)"),
            ("missing session hash: canary= This", "missing session hash: (sensitive) This"),
            ("got eyJhbGciOiJSUzI1NiJ9.canary.canary here", "got (sensitive) here"),
            ("a -----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY----- b", "a (sensitive) b"),
            ("cut -----BEGIN PRIVATE KEY-----\ncanary", "cut (sensitive)"),
            ("<m:sessionId>canary</m:sessionId>", "<m:sessionId>(sensitive)</m:sessionId>"),
            ("<consumerSecret>canary", "<consumerSecret>(sensitive)"),
            ("{\"access_token\": \"canary\",\"a\":1}", "{\"access_token\": \"(sensitive)\",\"a\":1}"),
            ("x&client_secret=canary&y=1", "x&client_secret=(sensitive)&y=1"),
            (long.as_str(), "(sensitive)"),
            ("two\nlines\u{7}", "two lines"),
        ] {
            let result = redactor.clean(text);
            assert_eq!(result, clean);
            assert!(!result.contains("canary"));
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let text = "word ".repeat(10_000);
        assert!(Redactor::default().clean(&text).chars().count() <= MAX_TEXT + 1);
    }
}
