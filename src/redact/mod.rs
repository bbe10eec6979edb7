//! Keeps secrets out of texts that people and logs see.
//!
//! Everything that a server said goes through [`Redactor::clean`] before it enters an error, and everything that is
//! logged through [`log_text`]. Hidden is what we know to be a secret (`known`) and what looks like one (`shapes`).
//!
//! The promise, which `promise` checks with any bytes:
//! - A secret that we know comes out in no spelling: as it is, percent-encoded, escaped as in JSON or XML, each character
//!   in another of these or twice in the same, broken by white space, control characters or what nobody can see; in
//!   base64 (both alphabets, at any offset in something longer), if it has eight bytes.
//! - Cleaning never fails, cleaning what is clean changes nothing, and there is no control character in it.
//!
//! Not promised: a secret that is cut in two by other words, written backwards, or encrypted.

mod known;
mod shapes;

#[cfg(any(test, fuzzing))]
pub mod promise;

use std::ops::Range;
use std::sync::RwLock;

use crate::secret::Secret;
use known::Known;

/// What stands in place of a secret.
const HIDDEN: &str = "(sensitive)";
/// What stands in place of the rest of a text.
const MORE: char = '…';
/// The most characters of a server's text that we pass on.
const MAX_TEXT: usize = 2_000;
/// The most characters of a text that we look at.
const MAX_SEEN: usize = 16_000;
/// How often a text is looked through. What is hidden may uncover something that now looks like a secret.
const MAX_ROUNDS: usize = 16;

/// All that any client of this process knows: one log has the lines of all of them.
static IN_LOGS: Redactor = Redactor { known: RwLock::new(Vec::new()) };

/// Knows the secrets of one org.
#[derive(Debug, Default)]
pub struct Redactor {
    known: RwLock<Vec<Known>>,
}

impl Redactor {
    /// From now on hides this one too. Old ones stay: a late answer may still name them.
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

    /// `text` without secrets and control characters, cut at a sensible length.
    pub fn clean(&self, text: &str) -> String {
        self.shortened(text, MAX_SEEN, MAX_TEXT)
    }

    /// Of a text at most so many characters are looked at, and at most so many come out.
    fn shortened(&self, text: &str, most: usize, longest: usize) -> String {
        let (seen, mut is_cut) = match text.char_indices().nth(most) {
            Some((end, _)) => (text.get(..end).unwrap_or_default(), true),
            None => (text, false),
        };
        let seen: String = seen.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect();
        let mut seen = seen.trim().to_owned();
        // The mark of an earlier cut belongs to no secret.
        if !is_cut && seen.ends_with(MORE) {
            seen.pop();
            is_cut = true;
        } else if is_cut {
            // The last word may be half a secret that its whole would tell.
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
            // A placeholder is longer than what it may stand for.
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

    /// Hides until there is nothing more to hide. `None`: there seems to be no end.
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

/// The text of a log line's field, at most so many bytes, without secrets of any client and without control characters.
pub fn log_text(text: &str, longest: usize) -> String {
    // A character has four bytes at most.
    IN_LOGS.shortened(text, MAX_SEEN, longest / 4)
}

/// Control characters, and what has no width or turns the direction of what follows.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What may stand inside of a secret without being part of it.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// Where to cut a text of which so many bytes may stay: never within a placeholder.
fn before_placeholder(text: &str, end: usize) -> usize {
    let placeholders = text.match_indices(HIDDEN).map(|(at, _)| at..at.saturating_add(HIDDEN.len()));
    placeholders.into_iter().find(|one| one.start < end && end < one.end).map_or(end, |one| one.start)
}

/// `text` with a placeholder for each range. Ranges that meet, also by a placeholder of earlier, become one.
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
