//! Reads the elements of a file: values for `salesforce_oauth_client`, and elements that are not converted.
//!
//! `client` validates the values. Text that may be a secret is never repeated.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::elements::{self, Conversion, ROWS, Reading, Row, Words};
use crate::metadata::{Element, has_private_key, has_user_information, may_be_secret};
use crate::value::Value;

/// The attributes of an entry of `not_converted`.
pub const COLUMNS: [&str; 4] = ["element", "value", "why", "what_to_do"];

/// The maximum length of a repeated value, in characters.
const LONGEST: usize = 300;

/// An entry of `not_converted`.
#[derive(Clone, Debug)]
pub struct NotConverted {
    pub element: String,
    /// `None` if there is no value, or if the value must not be shown.
    pub value: Option<String>,
    pub why: String,
    pub what_to_do: String,
}

impl NotConverted {
    pub fn value(self) -> Value {
        let texts = [Some(self.element), self.value, Some(self.why), Some(self.what_to_do)];
        let texts = texts.map(|text| text.map_or(Value::Null, Value::Text));
        Value::object(COLUMNS.into_iter().zip(texts))
    }
}

/// A value for an attribute of `salesforce_oauth_client`.
#[derive(Clone, Debug)]
pub struct Found {
    pub element: &'static str,
    pub target: &'static str,
    pub share: Share,
    /// Whether the element is true in the file.
    pub is_on: bool,
    /// The text in the file.
    pub shown: Option<String>,
}

/// The value of an attribute, or a part of the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Share {
    Whole(Value),
    /// A member of a list or a set.
    Member(Value),
    /// An entry of a map.
    Entry(String, Value),
}

/// Reads a file.
pub fn read(root: &Element) -> (Vec<Found>, Vec<NotConverted>) {
    let mut reader = Reader::default();
    reader.children(root, "");
    (reader.found, reader.left)
}

/// Whether a group of elements exists.
pub fn has_group(found: &[Found], left: &[NotConverted], group: &str) -> bool {
    let within = |element: &str| element.strip_prefix(group).is_some_and(|rest| rest.starts_with('/'));
    found.iter().any(|one| within(one.element)) || left.iter().any(|one| within(&one.element))
}

#[derive(Default)]
struct Reader {
    found: Vec<Found>,
    left: Vec<NotConverted>,
    /// The value of each attribute, or of each member or key of an attribute.
    taken: BTreeMap<(&'static str, Value), Share>,
}

impl Reader {
    fn children(&mut self, parent: &Element, path: &str) {
        for child in &parent.children {
            let path = if path.is_empty() { child.name.clone() } else { format!("{path}/{}", child.name) };
            match elements::row(&path) {
                Some(row) => self.row(row, child),
                None => self.unknown(path, child),
            }
        }
    }

    fn row(&mut self, row: &'static Row, element: &Element) {
        if is_empty(element) {
            return;
        }
        match &row.conversion {
            Conversion::Group if element.children.is_empty() => self.left.push(NotConverted {
                element: row.element.to_owned(),
                value: None,
                why: "It contains text instead of elements.".to_owned(),
                what_to_do: CHECK.to_owned(),
            }),
            Conversion::Group => self.children(element, row.element),
            Conversion::Unsupported { why, what_to_do } => {
                self.not(row, element, (*why).to_owned(), what_to_do)
            }
            Conversion::Secret { why, what_to_do } => self.left.push(NotConverted {
                element: row.element.to_owned(),
                value: None,
                why: (*why).to_owned(),
                what_to_do: (*what_to_do).to_owned(),
            }),
            Conversion::Attribute(target, reading) => self.becomes(row, target, *reading, element),
        }
    }

    fn becomes(&mut self, row: &'static Row, target: &'static str, reading: Reading, element: &Element) {
        if holds_private_key(element) {
            return self.not(row, element, MISPLACED_KEY.to_owned(), REPLACE_KEY);
        }
        match shares(target, reading, element) {
            Ok(shares) => {
                let is_on = flag(element.text.trim()) == Ok(true);
                if let Reading::Named { rule, why, what_to_do } = reading
                    && rule.check(&Value::text(element.text.trim())).is_some()
                {
                    self.not(row, element, why.to_owned(), what_to_do);
                }
                for (target, share, shown) in shares {
                    self.take(Found { element: row.element, target, share, is_on, shown });
                }
            }
            // An invalid value may be anything, including a secret.
            Err(why) => self.left.push(NotConverted {
                element: row.element.to_owned(),
                value: shown(element, false),
                why,
                what_to_do: set_manually(target),
            }),
        }
    }

    /// Adds a value, unless the attribute already has one.
    fn take(&mut self, new: Found) {
        let key = match &new.share {
            Share::Whole(_) => Value::Null,
            Share::Member(member) => member.clone(),
            Share::Entry(key, _) => Value::text(key.as_str()),
        };
        match self.taken.entry((new.target, key)) {
            Entry::Vacant(place) => {
                place.insert(new.share.clone());
                self.found.push(new);
            }
            Entry::Occupied(old) if *old.get() == new.share => {}
            Entry::Occupied(_) => self.left.push(NotConverted {
                element: new.element.to_owned(),
                value: new.shown,
                why: "There is another value for the same attribute. The first one is used.".to_owned(),
                what_to_do: set_manually(new.target),
            }),
        }
    }

    fn not(&mut self, row: &Row, element: &Element, why: String, what_to_do: &str) {
        self.left.push(NotConverted {
            element: row.element.to_owned(),
            value: shown(element, true),
            why,
            what_to_do: what_to_do.to_owned(),
        });
    }

    /// Records an element that is not in the table.
    fn unknown(&mut self, path: String, element: &Element) {
        let namesakes = ROWS.iter().map(|row| row.element);
        let own = namesakes.filter(|known| known.rsplit('/').next() == Some(element.name.as_str()));
        let known: Vec<&str> = own.collect();
        let what_to_do = match known.as_slice() {
            [] => CHECK.to_owned(),
            known => format!("Salesforce documents {}. Check the path.", known.join(" and ")),
        };
        self.left.push(NotConverted {
            element: path.chars().take(LONGEST).collect(),
            value: shown(element, false),
            why: "Salesforce does not document this element.".to_owned(),
            what_to_do,
        });
    }
}

const CHECK: &str = "Check what the element is for. If your clients need it, set the attributes of \
                     salesforce_oauth_client manually.";
const MISPLACED_KEY: &str =
    "It contains a private key, which must not be in this file. It is not shown and not converted.";
const REPLACE_KEY: &str = "Remove the key from the file, and replace the key, because everyone who can read the file \
                           has it.";

/// What to do about a value that is invalid for `salesforce_oauth_client`.
pub fn set_manually(target: &str) -> String {
    format!("Set {} manually, or omit it.", target.replace('/', "."))
}

/// Whether an element is empty. An empty element is treated like a missing one.
fn is_empty(element: &Element) -> bool {
    element.is_nil() || element.children.is_empty() && element.text.trim().is_empty()
}

type Shares = Vec<(&'static str, Share, Option<String>)>;

/// The values of an element with their attributes, or why the element is not converted.
fn shares(target: &'static str, reading: Reading, element: &Element) -> Result<Shares, String> {
    match reading {
        Reading::Entries(key, value) => {
            let children = leaves(element, &[key, value])?;
            let of = |name: &str| children.get(name).cloned().unwrap_or_default();
            let share = Share::Entry(of(key), Value::Text(of(value)));
            return Ok(vec![(target, share, shown(element, true))]);
        }
        Reading::Blocks(names) => {
            let known: Vec<&str> = names.iter().map(|(child, _)| *child).collect();
            let children = leaves(element, &known)?;
            let block = names.iter().map(|(child, attribute)| {
                (*attribute, children.get(*child).map_or(Value::Null, |text| Value::text(text.as_str())))
            });
            return Ok(vec![(target, Share::Member(Value::object(block)), shown(element, true))]);
        }
        _ => {}
    }
    if !element.children.is_empty() {
        return Err("It contains elements instead of text.".to_owned());
    }
    let text = element.text.trim();
    let whole = |value: Value| Ok(vec![(target, Share::Whole(value), shown(element, true))]);
    match reading {
        Reading::Text => whole(Value::text(text)),
        Reading::Flag => whole(Value::Bool(flag(text)?)),
        Reading::Inverted => whole(Value::Bool(!flag(text)?)),
        Reading::Either(yes, no) => whole(Value::text(if flag(text)? { yes } else { no })),
        Reading::Number => whole(Value::int(number(text)?)),
        Reading::Word(words) => whole(Value::text(word(text, words)?)),
        Reading::Lines => Ok(text
            .split(['\n', '\r'])
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| (target, Share::Member(Value::text(line)), visible(&element.name, line, true)))
            .collect()),
        Reading::Members | Reading::Named { .. } => {
            Ok(vec![(target, Share::Member(Value::text(text)), shown(element, true))])
        }
        Reading::WordMembers(words) => {
            Ok(vec![(target, Share::Member(Value::text(word(text, words)?)), shown(element, true))])
        }
        Reading::Retention { words, units, period, unit } => {
            let mut parts = text.split(':').map(str::trim);
            let policy = Value::text(word(parts.next().unwrap_or_default(), words)?);
            let rest: Vec<&str> = parts.collect();
            let mut found = vec![(target, Share::Whole(policy), shown(element, true))];
            match rest.as_slice() {
                [] => {}
                [count, of] => {
                    found.push((period, Share::Whole(Value::int(number(count)?)), shown(element, true)));
                    found.push((unit, Share::Whole(Value::text(word(of, units)?)), shown(element, true)));
                }
                _ => return Err("It is not a policy, a number and a unit, separated by colons.".to_owned()),
            }
            Ok(found)
        }
        Reading::Entries(..) | Reading::Blocks(_) => Ok(Vec::new()),
    }
}

fn flag(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("It is neither true nor false.".to_owned()),
    }
}

fn number(text: &str) -> Result<i64, String> {
    text.parse::<i32>().map(i64::from).map_err(|_| "It is not a whole number.".to_owned())
}

/// The value in `salesforce_oauth_client` for a value in the file of the connected app. The case of a value differs
/// between files.
fn word(text: &str, words: Words) -> Result<&'static str, String> {
    let known = words.iter().find(|(theirs, _)| *theirs == text);
    let known = known.or_else(|| words.iter().find(|(theirs, _)| theirs.eq_ignore_ascii_case(text)));
    match known {
        Some((_, Some(ours))) => Ok(ours),
        Some((_, None)) => Err("The corresponding value for External Client Apps is unknown.".to_owned()),
        None => {
            let words: Vec<&str> = words.iter().map(|(theirs, _)| *theirs).collect();
            Err(format!("Salesforce does not document this value. Documented values: {}.", words.join(", ")))
        }
    }
}

/// The text of each child, by name. The names must all be known and unique.
fn leaves(element: &Element, names: &[&str]) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    for child in element.children.iter().filter(|child| !is_empty(child)) {
        if !names.contains(&child.name.as_str()) || !child.children.is_empty() {
            return Err(format!("It contains elements other than {}.", names.join(", ")));
        }
        if found.insert(child.name.clone(), child.text.trim().to_owned()).is_some() {
            return Err("It contains the same element more than once.".to_owned());
        }
    }
    if found.is_empty() {
        return Err(format!("It contains none of the elements {}.", names.join(", ")));
    }
    Ok(found)
}

fn holds_private_key(element: &Element) -> bool {
    has_private_key(&element.text) || element.children.iter().any(holds_private_key)
}

/// The text of an element, truncated. Returns `None` if the text may be a secret. `known` means that the name of the
/// element is in the table.
fn shown(element: &Element, known: bool) -> Option<String> {
    if element.children.is_empty() {
        return visible(&element.name, element.text.trim(), known);
    }
    let parts = element.children.iter().filter(|child| !is_empty(child)).map(|child| {
        let text = shown(child, known).unwrap_or_else(|| "(not shown)".to_owned());
        if child.children.is_empty() {
            format!("{}: {text}", child.name)
        } else {
            format!("{} {{ {text} }}", child.name)
        }
    });
    let text = parts.collect::<Vec<_>>().join("; ");
    (!text.is_empty()).then(|| cut(&text))
}

/// The text of an element, unless the name of the element or the text indicates a secret.
fn visible(name: &str, text: &str, known: bool) -> Option<String> {
    const MARKS: [&str; 5] = ["secret", "password", "passphrase", "privatekey", "sessionid"];
    let name = name.to_ascii_lowercase();
    let is_flag = matches!(text, "true" | "false" | "1" | "0");
    let is_named = MARKS.iter().any(|mark| name.contains(mark)) && !is_flag;
    let may_be = has_private_key(text)
        || text.split_whitespace().any(has_user_information)
        || !known && may_be_secret(text);
    (!text.is_empty() && !is_named && !may_be).then(|| cut(text))
}

/// Truncates a string.
pub fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
