//! The properties of `redact`, checked with any bytes (`properties`).
//!
//! The bytes determine secrets, their encodings and the text around them. Independent decoders check the result.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{HIDDEN, MAX_SEEN, MAX_TEXT, Redactor, is_gap, is_invisible};
use crate::properties::Choices;
use crate::secret::Secret;

/// Text around secrets, as servers, proxies and libraries write it.
const AROUND: [&str; 40] = [
    " ",
    "\n",
    "\u{7}",
    "\u{200b}",
    "\"",
    "'",
    "\\\"",
    "&quot;",
    "<",
    ">",
    "</",
    "&amp;",
    "%",
    "%25",
    "\\",
    "\\u",
    ":",
    "=",
    "&",
    "{\"secret\":\"",
    "\"consumerSecret\" : ",
    "client_secret=",
    "<sessionId>",
    "</sessionId>",
    "<m:consumerSecret xsi:type=\"x\">",
    "&lt;accessToken&gt;",
    "Authorization: Bearer ",
    "Basic ",
    "missing session key: ",
    "00D000000000001",
    "00D000000000001AAA!AQ",
    "eyJhbGciOiJSUzI1NiJ9.",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "https://user:",
    "@proxy.example",
    "(sensitive)",
    "(sens",
    "…",
    "é",
];
/// The characters of secrets.
const LETTERS: [&str; 24] = [
    "a", "b", "Z", "0", "4", "1", "2", "5", "%", "\\", "&", "+", "/", "=", "!", ".", "_", "-", "u", "n",
    "\"", " ", "é", "😀",
];

fn without_gaps(text: &str) -> String {
    text.chars().filter(|c| !is_gap(*c)).collect()
}

fn secret(choices: &mut Choices<'_>) -> String {
    let length = 8 + choices.byte() % 90;
    let secret: String = (0..length).map(|_| choices.of(&LETTERS)).collect();
    let plain = without_gaps(&secret);
    // The placeholder cannot hide a secret that is a part of the placeholder.
    if plain.len() < 8 || HIDDEN.contains(&plain) {
        "canary-0123456789".to_owned()
    } else {
        secret.trim().to_owned()
    }
}

/// The secret in one of the covered encodings.
fn spelled(secret: &str, choices: &mut Choices<'_>) -> String {
    match choices.byte() % 4 {
        0 => secret.to_owned(),
        1 => {
            let before = choices.byte() % 3;
            let mut bytes = vec![b'x'; before];
            bytes.extend_from_slice(secret.as_bytes());
            bytes.resize(bytes.len() + choices.byte() % 3, b'y');
            if choices.byte().is_multiple_of(2) {
                STANDARD.encode(bytes)
            } else {
                URL_SAFE_NO_PAD.encode(bytes)
            }
        }
        2 => {
            let way = choices.byte();
            secret.chars().map(|c| character(c, way)).collect()
        }
        _ => secret.chars().map(|c| character(c, choices.byte())).collect(),
    }
}

fn character(c: char, way: usize) -> String {
    let mut utf8 = [0; 4];
    let utf8 = c.encode_utf8(&mut utf8).as_bytes();
    match way % 12 {
        0 => utf8.iter().map(|byte| format!("%{byte:02X}")).collect(),
        1 => utf8.iter().map(|byte| format!("%25{byte:02x}")).collect(),
        2 if c == ' ' => "+".to_owned(),
        3 => {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
        }
        4 if matches!(c, '"' | '\\' | '/') => format!("\\{c}"),
        5 => format!("&#{};", u32::from(c)),
        6 => format!("&#x{:X};", u32::from(c)),
        7 => format!("&amp;#{};", u32::from(c)),
        8 if c == '&' => "&amp;".to_owned(),
        8 if c == '"' => "&quot;".to_owned(),
        9 => format!("{c}\n"),
        10 => format!("{c}\u{200b}"),
        11 => format!("{c}\\n"),
        _ => c.to_string(),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) if *byte == b'%' => {
                out.push(decoded);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn entities_decoded(text: &str) -> String {
    let mut out = String::new();
    let mut pieces = text.split('&');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, rest) = piece.split_once(';').unwrap_or_default();
        let number = name.strip_prefix("#x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let number = number.or_else(|| name.strip_prefix('#').and_then(|digits| digits.parse().ok()));
        let named = match name {
            "amp" => Some('&'),
            "quot" => Some('"'),
            _ => None,
        };
        match number.and_then(char::from_u32).or(named) {
            Some(c) => {
                out.push(c);
                out.push_str(rest);
            }
            None => {
                out.push('&');
                out.push_str(piece);
            }
        }
    }
    out
}

/// Checks all properties for one input.
pub fn holds_for(data: &[u8]) {
    let mut choices = Choices::new(data);
    let redactor = Redactor::default();
    let secrets: Vec<String> = (0..=choices.byte() % 3).map(|_| secret(&mut choices)).collect();
    for secret in &secrets {
        redactor.add(&Secret::new(secret.as_str()));
    }
    let mut text = String::new();
    let mut spellings = Vec::new();
    while !choices.is_over() {
        match choices.byte() % 8 {
            0..3 => {
                let at = choices.byte() % secrets.len();
                let secret = secrets.get(at).map(String::as_str).unwrap_or_default();
                let spelled = spelled(secret, &mut choices);
                text.push_str(&spelled);
                spellings.push(spelled);
            }
            3..6 => text.push_str(choices.of(&AROUND)),
            6 => text.push_str(&choices.text(15)),
            // Filler that moves the following text to a length limit, so that the text is truncated there.
            _ => match choices.byte() {
                0..8 => text.push_str(&"some ".repeat(choices.byte() * 13)),
                length => text.push_str(&"some ".repeat(length / 4)),
            },
        }
    }
    for limits in [(MAX_SEEN, MAX_TEXT), (300, 100)] {
        check(&redactor, &text, limits, &secrets, &spellings);
    }
}

fn check(
    redactor: &Redactor,
    text: &str,
    (most, longest): (usize, usize),
    secrets: &[String],
    spellings: &[String],
) {
    let clean = redactor.shortened(text, most, longest);
    assert!(!clean.chars().any(is_invisible), "control characters in {clean:?}");
    assert!(clean.chars().count() <= longest + 1, "{clean:?} is long");
    assert_eq!(redactor.shortened(&clean, most, longest), clean, "cleaned twice, of {text:?}");
    for spelling in spellings.iter().filter(|spelling| !HIDDEN.contains(spelling.as_str())) {
        assert!(!clean.contains(spelling.as_str()), "{spelling:?} of {text:?} is in {clean:?}");
    }
    let decoded = [clean.clone(), percent_decoded(&clean), entities_decoded(&clean)];
    for secret in secrets {
        let plain = without_gaps(secret);
        for decoded in &decoded {
            assert!(!without_gaps(decoded).contains(&plain), "{secret:?} of {text:?} is in {clean:?}");
        }
    }
}
