//! Finds known secrets in any of the encodings that `redact` lists.
//!
//! The text is compared with the secret character by character. Each character may be literal or escaped, and white
//! space between characters is ignored.

use std::collections::HashSet;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::is_gap;
use crate::secret::Secret;

/// Secrets shorter than this are not hidden, because hiding each "a" in a message would reveal the secret.
const SHORTEST: usize = 4;
/// The shortest secret that is searched for in base64. The base64 form of a shorter secret has too few characters that
/// depend only on the secret.
const SHORTEST_ENCODED: usize = 8;
/// The shortest line of a multi-line secret, such as a private key, that is hidden separately.
const SHORTEST_LINE: usize = 16;
/// The maximum length of an escape.
const LONGEST_ESCAPE: usize = 32;

#[derive(Debug)]
pub(super) struct Known {
    secret: Secret,
    needles: Vec<Needle>,
}

impl Known {
    pub fn new(secret: &Secret) -> Self {
        let text = secret.expose();
        let mut needles = Vec::new();
        let mut add = |text: &str, is_encoded| {
            let needle = Needle::new(text, is_encoded);
            if needle.bytes.len() >= SHORTEST && !needles.contains(&needle) {
                needles.push(needle);
            }
        };
        add(text, false);
        if text.trim().contains('\n') {
            let body: Vec<&str> =
                text.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
            add(&Zeroizing::new(body.concat()), false);
            for line in body.iter().filter(|line| line.len() >= SHORTEST_LINE) {
                add(line, false);
            }
        }
        if text.len() >= SHORTEST_ENCODED {
            for offset in 0..3 {
                let mut bytes = Zeroizing::new(vec![0; offset]);
                bytes.extend_from_slice(text.as_bytes());
                // The characters that do not depend on the bytes before and after the secret.
                let start = (offset * 8).div_ceil(6);
                let end = bytes.len() * 8 / 6;
                for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                    let encoded = Zeroizing::new(engine.encode(bytes.as_slice()));
                    add(encoded.get(start..end).unwrap_or_default(), true);
                }
            }
        }
        Self { secret: secret.clone(), needles }
    }

    pub fn is(&self, secret: &Secret) -> bool {
        self.secret == *secret
    }

    /// Adds the ranges of `text` that contain the secret. If the text is truncated, a prefix of the secret at the end
    /// of the text is included.
    pub fn find(&self, text: &str, is_cut: bool, found: &mut Vec<Range<usize>>) {
        for needle in &self.needles {
            needle.find(text.as_bytes(), is_cut, found);
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Needle {
    bytes: Zeroizing<Vec<u8>>,
    /// Positions of white space, which form encoding writes as `+`.
    gaps: Vec<usize>,
    /// Whether the needle is base64, which is hidden together with the base64 characters around it.
    is_encoded: bool,
}

/// A possible decoding of a part of the text.
enum Read {
    Gap,
    Bytes(Vec<u8>),
}

impl Needle {
    fn new(text: &str, is_encoded: bool) -> Self {
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
        let mut gaps = Vec::new();
        for c in text.chars() {
            if is_gap(c) {
                gaps.push(bytes.len());
            } else {
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        Self { bytes, gaps, is_encoded }
    }

    fn find(&self, text: &[u8], is_cut: bool, found: &mut Vec<Range<usize>>) {
        let Some(first) = self.bytes.first() else { return };
        let mut at = 0;
        while let Some(byte) = text.get(at) {
            let may_begin = byte == first || matches!(byte, b'%' | b'\\' | b'&');
            match if may_begin { self.end(text, at, is_cut) } else { None } {
                Some(end) => {
                    found.push(if self.is_encoded { run(text, at..end) } else { at..end });
                    at = end;
                }
                None => at += 1,
            }
        }
    }

    /// The end of the match that starts at `start`, if there is one.
    fn end(&self, text: &[u8], start: usize, is_cut: bool) -> Option<usize> {
        // How many bytes of the needle are matched, and the position in the text. There may be several decodings.
        let mut open = vec![(0, start)];
        let mut seen = HashSet::new();
        while let Some((read, at)) = open.pop() {
            let Some(wanted) = self.bytes.get(read) else {
                return Some(at);
            };
            let Some(byte) = text.get(at) else {
                if is_cut && read >= SHORTEST {
                    return Some(at);
                }
                continue;
            };
            let escapes = escapes(text, at);
            // The text ends within an escape.
            if is_cut
                && read >= SHORTEST
                && escapes.is_empty()
                && matches!(byte, b'%' | b'\\' | b'&')
                && text.len().saturating_sub(at) < LONGEST_ESCAPE
            {
                return Some(text.len());
            }
            let mut go = |read: usize, at: usize| {
                if seen.insert((read, at)) {
                    open.push((read, at));
                }
            };
            if byte == wanted {
                go(read + 1, at + 1);
            }
            for (length, meaning) in escapes {
                match meaning {
                    Read::Gap if read > 0 => go(read, at + length),
                    Read::Gap => {}
                    Read::Bytes(bytes) => {
                        let rest = self.bytes.get(read..).unwrap_or_default();
                        if !bytes.is_empty() && rest.starts_with(&bytes) {
                            go(read + bytes.len(), at + length);
                        }
                    }
                }
            }
            if read > 0 {
                if let Some(length) = gap(text, at) {
                    go(read, at + length);
                }
                if *byte == b'+' && self.gaps.contains(&read) {
                    go(read, at + 1);
                }
            }
        }
        None
    }
}

/// A range, extended by the base64 characters around it.
fn run(text: &[u8], range: Range<usize>) -> Range<usize> {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/_-=".contains(byte);
    let before = text.get(..range.start).unwrap_or_default().iter().rev().take_while(|byte| belongs(byte));
    let after = text.get(range.end..).unwrap_or_default().iter().take_while(|byte| belongs(byte));
    range.start.saturating_sub(before.count())..range.end.saturating_add(after.count())
}

fn gap(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let rest = rest.get(..rest.len().min(4))?;
    let length = match rest.first()? {
        0..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let c = std::str::from_utf8(rest.get(..length)?).ok()?.chars().next()?;
    is_gap(c).then_some(length)
}

fn meaning(c: char) -> Read {
    if is_gap(c) { Read::Gap } else { Read::Bytes(c.to_string().into_bytes()) }
}

/// The possible decodings of an escape at `at`, as length and meaning. Escapes may be nested: `%2525`, `\\\"`,
/// `&amp;amp;`.
fn escapes(text: &[u8], at: usize) -> Vec<(usize, Read)> {
    match text.get(at) {
        Some(b'%') => percent(text, at),
        Some(b'\\') => backslash(text, at),
        Some(b'&') => entity(text, at),
        _ => Vec::new(),
    }
}

fn hex(text: &[u8], at: usize, digits: usize) -> Option<u32> {
    let digits = text.get(at..at.checked_add(digits)?)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn starts_with(text: &[u8], at: usize, what: &str) -> bool {
    let end = at.saturating_add(what.len());
    text.get(at..end).is_some_and(|found| found.eq_ignore_ascii_case(what.as_bytes()))
}

fn percent(text: &[u8], at: usize) -> Vec<(usize, Read)> {
    let mut found = Vec::new();
    let mut digits = at.saturating_add(1);
    while let Some(byte) = hex(text, digits, 2).and_then(|number| u8::try_from(number).ok()) {
        let length = digits.saturating_add(2).saturating_sub(at);
        let meaning = if byte.is_ascii() { meaning(char::from(byte)) } else { Read::Bytes(vec![byte]) };
        found.push((length, meaning));
        if byte != b'%' || length > LONGEST_ESCAPE {
            break;
        }
        digits = digits.saturating_add(2);
    }
    found
}

fn backslash(text: &[u8], at: usize) -> Vec<(usize, Read)> {
    let rest = text.get(at..).unwrap_or_default();
    let run = rest.iter().take_while(|byte| **byte == b'\\').count();
    let after = at.saturating_add(run);
    let mut found = Vec::new();
    // A backslash, escaped once or twice.
    for length in [2, 4].into_iter().filter(|length| *length <= run) {
        found.push((length, Read::Bytes(vec![b'\\'])));
    }
    let one = run.saturating_add(1);
    match text.get(after) {
        Some(b'n' | b't' | b'r' | b'b' | b'f') => found.push((one, Read::Gap)),
        Some(byte @ (b'/' | b'"' | b'\'')) => found.push((one, Read::Bytes(vec![*byte]))),
        Some(b'u') => {
            if let Some((length, c)) = unicode(text, after) {
                found.push((run.saturating_add(length), meaning(c)));
            }
        }
        Some(b'x') => {
            if let Some(c) = hex(text, after.saturating_add(1), 2).and_then(char::from_u32) {
                found.push((run.saturating_add(3), meaning(c)));
            }
        }
        _ => {}
    }
    found
}

/// Decodes `u0041`, or a surrogate pair. The length is counted from the `u`.
fn unicode(text: &[u8], at: usize) -> Option<(usize, char)> {
    let first = hex(text, at.saturating_add(1), 4)?;
    if let Some(c) = char::from_u32(first) {
        return Some((5, c));
    }
    let next = at.saturating_add(5);
    let run = text.get(next..)?.iter().take_while(|byte| **byte == b'\\').count();
    let second = hex(text, next.saturating_add(run).saturating_add(1), 4)?;
    let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
    let c = char::decode_utf16(units).next()?.ok()?;
    Some((run.saturating_add(10), c))
}

/// Named entities that occur in practice.
const NAMED: [(&str, char); 14] = [
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("excl", '!'),
    ("equals", '='),
    ("plus", '+'),
    ("sol", '/'),
    ("percnt", '%'),
    ("num", '#'),
    ("dollar", '$'),
    ("period", '.'),
    ("lowbar", '_'),
];

fn entity(text: &[u8], at: usize) -> Vec<(usize, Read)> {
    let mut found = Vec::new();
    let mut body = at.saturating_add(1);
    loop {
        let inner = body.saturating_sub(at);
        if let Some((length, c)) = number(text, body) {
            found.push((inner.saturating_add(length), meaning(c)));
        }
        for (name, c) in NAMED {
            if starts_with(text, body, name) && text.get(body.saturating_add(name.len())) == Some(&b';') {
                found.push((inner.saturating_add(name.len()).saturating_add(1), meaning(c)));
            }
        }
        if !starts_with(text, body, "amp;") || inner > LONGEST_ESCAPE {
            return found;
        }
        found.push((inner.saturating_add(4), Read::Bytes(vec![b'&'])));
        body = body.saturating_add(4);
    }
}

/// Decodes `#65;` or `#x41;`. The semicolon is optional, as in browsers.
fn number(text: &[u8], at: usize) -> Option<(usize, char)> {
    if text.get(at) != Some(&b'#') {
        return None;
    }
    let is_hex = matches!(text.get(at.saturating_add(1)), Some(b'x' | b'X'));
    let start = at.saturating_add(if is_hex { 2 } else { 1 });
    let is_digit = |byte: &&u8| if is_hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
    let digits = text.get(start..)?.iter().take_while(is_digit).count();
    if digits == 0 || digits > 8 {
        return None;
    }
    let end = start.saturating_add(digits);
    let written = std::str::from_utf8(text.get(start..end)?).ok()?;
    let c = char::from_u32(u32::from_str_radix(written, if is_hex { 16 } else { 10 }).ok()?)?;
    let semicolon = usize::from(text.get(end) == Some(&b';'));
    Some((end.saturating_add(semicolon).saturating_sub(at), c))
}
