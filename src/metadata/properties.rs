//! Properties of files and packages that hold for any input. A file that was read is equal after it is written and read
//! again. A package that is read without an error is within the limits, and an incomplete package results in an error.

use super::package;
use super::types;
use super::{ComponentKey, NEWEST_VERSION, OLDEST_VERSION, certificate_facts, decode, encode};
use crate::properties::{Choices, broken};
use crate::xml::{self, Element};
use std::collections::HashSet;
use std::fmt;

/// A document is equal after it is written and read again. A component has the same file after it is written, read and
/// written again.
pub fn metadata_xml(data: &[u8]) {
    let mut choices = Choices::new(data);
    let Some(kind) = types::ALL.get(choices.below(types::ALL.len())) else { return };
    let text = match choices.below(2) {
        0 => String::from_utf8_lossy(choices.rest()).into_owned(),
        _ => {
            let mut root = Element::new(kind.name);
            while !choices.is_over() {
                root.children.push(element(kind, &mut choices, 0));
            }
            written(&root)
        }
    };
    if let Ok(root) = xml::parse(&text) {
        let again = written(&root);
        assert_eq!(xml::parse(&again).as_ref(), Ok(&root), "{again:?}");
        assert_eq!(again.lines().count(), usize::try_from(root.lines()).unwrap_or_default(), "{again:?}");
        assert_eq!(xml::parse_of_any_length(&text), Ok(root), "without a limit");
    }
    if let Ok(component) = decode(kind, "Shop_x", &text) {
        for version in [OLDEST_VERSION, 62, NEWEST_VERSION] {
            let place = format!("{} in API {version}.0", kind.name);
            let first = encode(&component, version);
            match decode(kind, "Shop_x", &first.xml) {
                Ok(again) => {
                    let second = encode(&again, version).xml;
                    if let Some((one, two)) = first_difference(&first.xml, &second) {
                        broken(format!("{place}: {} becomes {}", shortened(one), shortened(two)));
                    }
                }
                Err(error) => broken(format!("{place}: {error}: {}", shortened(&first.xml))),
            }
            let lines = first.xml.lines().count();
            let outside = first.lines.iter().find(|(line, _)| !(1..=lines).contains(&(**line as usize)));
            assert!(outside.is_none(), "{place}: {outside:?} of {lines} lines");
        }
    }
    // Parsing the same text as a certificate must not panic.
    let _ = certificate_facts(&text);
}

/// The first line in which two files differ.
fn first_difference<'a>(one: &'a str, two: &'a str) -> Option<(&'a str, &'a str)> {
    if one == two {
        return None;
    }
    let most = one.lines().count().max(two.lines().count());
    let lines = |text: &'a str| text.lines().chain(std::iter::repeat("nothing")).take(most);
    Some(lines(one).zip(lines(two)).find(|(one, two)| one != two).unwrap_or((one, two)))
}

/// A value for a message, escaped and shortened, because generated strings can be long and contain invisible
/// characters.
pub fn shortened(value: impl fmt::Debug) -> String {
    const MOST: usize = 120;
    let text = format!("{value:?}");
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn written(root: &Element) -> String {
    let mut text = String::new();
    root.write(&mut text, 0);
    text
}

fn element(kind: &super::MetadataType, choices: &mut Choices<'_>, depth: usize) -> Element {
    let words =
        ["true", "1", "", " Api ,RefreshToken", "a\nb", "\r", "&<>\"'", "é\u{301}", "Shop", "-5", "1.0"];
    let field = kind.fields.get(choices.below(kind.fields.len()));
    let path = field.map_or("label", |field| field.element);
    let (group, leaf) = path.rsplit_once('/').unwrap_or(("unknown", path));
    let name = choices.of(&[leaf, leaf, leaf, group, "unknown"]);
    let mut element = Element::leaf(name, choices.of(&words));
    if choices.one_in(6) {
        element.text = choices
            .text(12)
            .chars()
            .filter(|c| xml::unwritable_character(&c.to_string()).is_none())
            .collect();
    }
    if choices.one_in(8) {
        element.attributes.push(("xsi:nil".to_owned(), "true".to_owned()));
    }
    if choices.one_in(3) && depth < 4 {
        element.text.clear();
        element.children = (0..choices.below(3)).map(|_| self::element(kind, choices, depth + 1)).collect();
    }
    element
}

/// The limits of `package`, repeated here so that the property does not depend on the tested code.
const MOST_ENTRIES: usize = 10_000;
const LARGEST_ENTRY: usize = 4 * 1024 * 1024;
const LARGEST_TOTAL: usize = 64 * 1024 * 1024;

/// Any bytes result in an error, or in files that are within the limits and have safe paths. A truncated zip file
/// results in an error, and a damaged one never results in files with different text.
pub fn packages(data: &[u8]) {
    let mut choices = Choices::new(data);
    if choices.one_in(2) {
        is_within_limits(choices.rest());
        return;
    }
    let mut files: Vec<(ComponentKey, String)> = Vec::new();
    for _ in 0..choices.below(4) {
        let Some(kind) = types::ALL.get(choices.below(types::ALL.len())) else { return };
        let name = choices.of(&["Shop", "shop", "A b", "../x", "é", "ns__Shop_oauth"]);
        let text = match choices.below(8) {
            0 => "<a/>".repeat(choices.byte() * 40),
            _ => choices.text(40),
        };
        files.push((ComponentKey::new(kind, name), text));
    }
    let Ok(zip) = package::write(&files, &[], 62) else { return };
    match package::read(&zip) {
        Ok(read) => {
            for (key, text) in &files {
                let path = key.path();
                assert!(read.iter().any(|file| file.path == path && file.text == *text), "{path} is lost");
            }
        }
        Err(error) => broken(format!("{error} in a package that we wrote")),
    }
    let cut = zip.get(..choices.below(zip.len().max(1))).unwrap_or_default();
    assert!(package::read(cut).is_err(), "{} of {} bytes are not a zip", cut.len(), zip.len());
    let damaged = choices.mutated(&zip);
    is_within_limits(&damaged);
    let texts: HashSet<&str> = files.iter().map(|(_, text)| text.as_str()).collect();
    for file in package::read(&damaged).unwrap_or_default() {
        let is_known = file.text.starts_with("<?xml") || texts.contains(file.text.as_str());
        assert!(is_known, "{:?} was not packed", file.text);
    }
}

fn is_within_limits(zip: &[u8]) {
    let Ok(files) = package::read(zip) else { return };
    assert!(files.len() <= MOST_ENTRIES, "{} files", files.len());
    let mut names = HashSet::new();
    let mut total = 0;
    for file in &files {
        let parts: Vec<&str> = file.path.split('/').collect();
        let is_odd = |part: &&str| part.is_empty() || *part == "." || *part == "..";
        assert!(!parts.iter().any(is_odd) && !file.path.contains(['\\', ':', '\0']), "{:?}", file.path);
        assert!(file.path.is_ascii() && file.path.len() <= 512, "{:?}", file.path);
        assert!(names.insert(file.path.to_ascii_lowercase()), "{:?} twice", file.path);
        assert!(file.text.len() <= LARGEST_ENTRY, "{} bytes", file.text.len());
        total += file.text.len();
        // Decoding may fail, but must not panic.
        if let Some(key) = package::key_of(&file.path) {
            let _ = decode(key.kind, &key.full_name, &file.text);
        }
    }
    assert!(total <= LARGEST_TOTAL, "{total} bytes");
}
