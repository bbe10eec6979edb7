//! Removes secrets from text for users and logs.
//!
//! All text from a server passes through [`Redactor::clean`] before it enters an error, and all log fields pass through
//! [`log_text`]. Known secrets (`known`) and strings that look like secrets (`shapes`) are hidden.
//!
//! `property` checks the following with arbitrary bytes:
//! - A known secret is hidden if it is literal, percent-encoded, or escaped as in JSON or XML. Each character may have
//!   a different or a repeated encoding, and white space, control characters or invisible characters may interrupt the
//!   secret. A secret of at least eight bytes is also hidden in base64, in both alphabets and at any offset.
//! - Cleaning never fails and is idempotent, and its result contains no control characters.
//!
//! Not covered: a secret of fewer than four bytes, or one that is interrupted by other words, reversed, or encrypted.

mod known;
mod shapes;

#[cfg(any(test, fuzzing))]
pub mod property;

use std::ops::Range;
use std::sync::RwLock;

use crate::secret::Secret;
use known::Known;

const HIDDEN: &str = "(sensitive)";
const MORE: char = '…';
/// The maximum length of a cleaned string in characters.
const MAX_TEXT: usize = 2_000;
/// The maximum number of characters that are examined.
const MAX_SEEN: usize = 16_000;
/// The maximum number of passes. Hiding a secret may reveal another string that looks like one.
const MAX_ROUNDS: usize = 16;

/// The secrets of all clients in this process, which share one log.
static IN_LOGS: Redactor = Redactor { known: RwLock::new(Vec::new()) };

#[derive(Debug, Default)]
pub struct Redactor {
    known: RwLock<Vec<Known>>,
}

impl Redactor {
    /// Adds a secret to hide. Earlier secrets stay hidden, because a late response may contain them.
    pub fn learn(&self, secret: &Secret) {
        self.add(secret);
        IN_LOGS.add(secret);
    }

    fn add(&self, secret: &Secret) {
        if let Ok(mut known) = self.known.write()
            && !known.iter().any(|known| known.is(secret))
        {
            known.push(Known::new(secret));
        }
    }

    /// `text` without secrets and control characters, truncated to `MAX_TEXT` characters.
    pub fn clean(&self, text: &str) -> String {
        self.shortened(text, MAX_SEEN, MAX_TEXT)
    }

    /// Examines at most `most` characters and returns at most `longest`, followed by `…` if the text was truncated.
    fn shortened(&self, text: &str, most: usize, longest: usize) -> String {
        let (seen, mut is_cut) = match text.char_indices().nth(most) {
            Some((end, _)) => (text.get(..end).unwrap_or_default(), true),
            None => (text, false),
        };
        let seen: String = seen.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect();
        let mut seen = seen.trim().to_owned();
        // The mark of an earlier truncation is not part of a secret.
        if !is_cut && seen.ends_with(MORE) {
            seen.pop();
            is_cut = true;
        } else if is_cut {
            // The last word may be a part of a secret.
            seen.truncate(seen.trim_end_matches(shapes::is_of_word).len());
        }
        let Some(mut seen) = self.hide(seen, is_cut) else {
            return HIDDEN.to_owned();
        };
        let mut rounds: usize = 0;
        while let Some((end, _)) = seen.char_indices().nth(longest) {
            rounds = rounds.saturating_add(1);
            is_cut = true;
            seen.truncate(before_placeholder(&seen, end));
            // A placeholder may be longer than the secret that it replaces.
            match self.hide(seen, true) {
                Some(hidden) if rounds < MAX_ROUNDS => seen = hidden,
                _ => return HIDDEN.to_owned(),
            }
        }
        let mut seen = seen.trim().to_owned();
        if is_cut {
            seen.push(MORE);
        }
        seen
    }

    /// Hides secrets until the text no longer changes. `None` if this takes too many passes.
    fn hide(&self, mut text: String, is_cut: bool) -> Option<String> {
        let known = self.known.read().ok()?;
        for _ in 0..MAX_ROUNDS {
            let mut ranges = shapes::find(&text);
            for known in known.iter() {
                known.find(&text, is_cut, &mut ranges);
            }
            let hidden = replaced(&text, ranges);
            if hidden == text {
                return Some(text);
            }
            text = hidden;
        }
        None
    }
}

/// The text of a log field, of about `longest` bytes at most, without control characters and without the secrets of any
/// client.
pub fn log_text(text: &str, longest: usize) -> String {
    // A character has at most four bytes.
    IN_LOGS.shortened(text, MAX_SEEN, longest / 4)
}

/// Control characters, and characters that are invisible or change the text direction.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Characters that may interrupt a secret.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// The position at which to truncate a string. Never within a placeholder.
fn before_placeholder(text: &str, end: usize) -> usize {
    let placeholders = text.match_indices(HIDDEN).map(|(at, _)| at..at.saturating_add(HIDDEN.len()));
    placeholders.into_iter().find(|one| one.start < end && end < one.end).map_or(end, |one| one.start)
}

/// `text` with a placeholder in place of each range. Adjacent ranges and existing placeholders are merged.
fn replaced(text: &str, mut ranges: Vec<Range<usize>>) -> String {
    if ranges.is_empty() {
        return text.to_owned();
    }
    ranges.retain(|range| range.start < range.end);
    ranges.extend(text.match_indices(HIDDEN).map(|(at, _)| at..at.saturating_add(HIDDEN.len())));
    for range in &mut ranges {
        while !text.is_char_boundary(range.start) {
            range.start = range.start.saturating_sub(1);
        }
        while !text.is_char_boundary(range.end) {
            range.end = range.end.saturating_add(1);
        }
    }
    ranges.sort_by_key(|range| range.start);
    let mut out = String::with_capacity(text.len());
    let mut ranges = ranges.into_iter().peekable();
    let mut done = 0;
    while let Some(mut range) = ranges.next() {
        while let Some(next) = ranges.next_if(|next| next.start <= range.end) {
            range.end = range.end.max(next.end);
        }
        out.push_str(text.get(done..range.start).unwrap_or_default());
        out.push_str(HIDDEN);
        done = range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests;
