//! Writes a component as the text of its file, and records the attribute of each line.
//!
//! Encoding never fails: a value of the wrong type, which validation rejects earlier, is omitted. Unchanged elements
//! are written in their original form. Not here: names of fields, which are in the tables.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate;
use super::component::Component;
use super::field::{Compared, Field, Kind, SendPolicy};
use super::meaning::meanings;
use super::members;
use crate::value::{Path, Step, Value};
use crate::xml::Element;

pub(super) const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";
pub(super) const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    pub xml: String,
    /// The attribute of each line, counted from 1. Lines without an attribute are absent.
    pub lines: BTreeMap<u32, Path>,
}

/// An element to write, with the path of its attribute.
struct Piece {
    path: Option<Path>,
    /// The element, without its children if they are in `inside`.
    element: Element,
    inside: Vec<Piece>,
}

impl Piece {
    fn leaf(path: Path, name: &str, text: impl Into<String>) -> Piece {
        Piece { path: Some(path), element: Element::leaf(name, text), inside: Vec::new() }
    }

    fn unknown(element: &Element) -> Piece {
        Piece { path: None, element: element.clone(), inside: Vec::new() }
    }

    fn around(path: Option<Path>, name: &str, inside: Vec<Piece>) -> Piece {
        Piece { path, element: Element::new(name), inside: sorted(inside) }
    }
}

/// Writes the file of a component for a deploy with this API version.
///
/// Elements are in alphabetical order, one per line. Null, unknown and empty values are not written, so the org clears
/// them. An element that was empty in the original file is written again if its value is unchanged.
pub fn encode(component: &Component, version: u16) -> Encoded {
    let kind = component.key.kind;
    let mut pieces = Vec::new();
    let mut groups: BTreeMap<&str, Vec<Piece>> = BTreeMap::new();
    let mut owned: BTreeSet<&str> = BTreeSet::new();
    for field in kind.fields {
        let (group, name) = field.element_path();
        if matches!(field.kind, Kind::Entries { .. } | Kind::Blocks(_)) {
            owned.insert(name);
        }
        let target = if group.is_empty() { &mut pieces } else { groups.entry(group).or_default() };
        if field.exists_in(version) && field.sent != SendPolicy::Never {
            write_field(field, component, target);
        }
    }
    let mut outsides: BTreeMap<&str, &Element> = BTreeMap::new();
    for extra in &component.extras {
        let name = extra.name.as_str();
        if kind.dropped.contains(&name) || owned.contains(name) {
            continue;
        }
        match groups.get_mut(name) {
            Some(inside) => {
                inside.extend(extra.children.iter().map(Piece::unknown));
                outsides.insert(name, extra);
            }
            None => pieces.push(Piece::unknown(extra)),
        }
    }
    for (name, inside) in groups {
        let outside = outsides.remove(name);
        // An empty group of the original file is kept if it is nil or has no attributes.
        let came_empty = outside.is_some_and(|outside| outside.is_nil() || outside.attributes.is_empty());
        if !inside.is_empty() || came_empty {
            let full = !inside.is_empty();
            let mut piece = Piece::around(None, name, inside);
            let attributes = outside.map(|outside| outside.attributes.clone()).unwrap_or_default();
            piece.element.attributes = attributes;
            if full {
                piece.element.attributes.retain(|(name, _)| !name.ends_with(":nil"));
            }
            pieces.push(piece);
        }
    }
    let mut root = Piece::around(None, kind.name, pieces);
    root.element.attributes = vec![("xmlns".to_owned(), NAMESPACE.to_owned())];

    let mut writer = Writer { xml: DECLARATION.to_owned(), line: 2, lines: BTreeMap::new() };
    writer.write(&root, 0, None);
    Encoded { xml: writer.xml, lines: writer.lines }
}

struct Writer {
    xml: String,
    /// The number of the next line.
    line: u32,
    lines: BTreeMap<u32, Path>,
}

impl Writer {
    fn write(&mut self, piece: &Piece, indent: usize, outer: Option<&Path>) {
        let path = piece.path.as_ref().or(outer);
        if piece.inside.is_empty() {
            piece.element.write(&mut self.xml, indent);
            self.pass(piece.element.lines(), path);
            return;
        }
        piece.element.write_start(&mut self.xml, indent);
        self.xml.push('\n');
        self.pass(1, path);
        for inner in &piece.inside {
            self.write(inner, indent + 1, path);
        }
        piece.element.write_end(&mut self.xml, indent);
        self.pass(1, path);
    }

    fn pass(&mut self, lines: u32, path: Option<&Path>) {
        for _ in 0..lines {
            if let Some(path) = path {
                self.lines.insert(self.line, path.clone());
            }
            self.line = self.line.saturating_add(1);
        }
    }
}

fn sorted(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.sort_by(|a, b| a.element.name.cmp(&b.element.name));
    pieces
}

fn write_field(field: &'static Field, component: &Component, out: &mut Vec<Piece>) {
    let (_, name) = field.element_path();
    let path = Path::attribute(field.attribute);
    let value = component.get(field.attribute);
    if let Some(form) = component.forms.get(field.element)
        && form.value == component.value_of(field)
    {
        out.extend(form.elements.iter().map(|element| in_original_form(field, element)));
        return;
    }
    match &field.kind {
        Kind::Parent => {
            if !component.parent.is_empty() {
                out.push(Piece {
                    path: None,
                    element: Element::leaf(name, component.parent.clone()),
                    inside: Vec::new(),
                });
            }
        }
        Kind::Entries { key, value: element } => {
            for (entry, text) in value.entries().into_iter().flatten() {
                let Some(text) = scalar(text) else { continue };
                let path = path.then(Step::Key(entry.clone()));
                let mut inside = vec![
                    Piece::leaf(path.clone(), key, entry.clone()),
                    Piece::leaf(path.clone(), element, text),
                ];
                let elements = component.extras.iter().filter(|extra| extra.name == name);
                let known =
                    elements.filter(|extra| extra.child(key).is_some_and(|child| child.text == *entry));
                inside.extend(
                    known.flat_map(|extra| members::unknown_children(&field.kind, extra)).map(Piece::unknown),
                );
                out.push(Piece::around(Some(path), name, inside));
            }
        }
        Kind::Blocks(fields) => {
            for member in value.members().into_iter().flatten() {
                let path = path.then(Step::Member(member.clone()));
                let mut inside = Vec::new();
                for inner in fields.iter() {
                    if let Some(text) = text_of(inner, member.get(inner.attribute)) {
                        let path = path.then(Step::Attribute(inner.attribute.to_owned()));
                        inside.push(Piece::leaf(path, inner.element, text));
                    }
                }
                let elements = component.extras.iter().filter(|extra| extra.name == name);
                let known = elements
                    .filter(|extra| members::block(fields, extra).is_ok_and(|block| block == *member));
                inside.extend(
                    known.flat_map(|extra| members::unknown_children(&field.kind, extra)).map(Piece::unknown),
                );
                out.push(Piece::around(Some(path), name, inside));
            }
        }
        _ => {
            let text = match (&field.kind, value) {
                (Kind::Commas, Value::Set(members)) => {
                    let before = component.forms.get(field.element).and_then(|form| form.elements.first());
                    let before = before.map_or("", |element| element.text.as_str());
                    Some(in_order(field, before, members).join(", ")).filter(|text| !text.is_empty())
                }
                (_, value) => text_of(field, value),
            };
            if let Some(text) = text {
                out.push(Piece::leaf(path, name, text));
            }
        }
    }
}

/// An unchanged element in its original form.
fn in_original_form(field: &'static Field, element: &Element) -> Piece {
    let path = Path::attribute(field.attribute);
    let mut piece = Piece::unknown(element);
    piece.path = match &field.kind {
        Kind::Parent => None,
        Kind::Entries { key, value } => {
            let entry = members::entry(key, value, element).ok();
            entry.map(|(entry, _)| path.then(Step::Key(entry)))
        }
        Kind::Blocks(fields) => {
            let block = members::block(fields, element).ok().map(|block| path.then(Step::Member(block)));
            if let Some(block) = &block {
                let children = std::mem::take(&mut piece.element.children);
                piece.inside = children.into_iter().map(|child| of_block(fields, block, child)).collect();
            }
            block
        }
        _ => Some(path),
    };
    piece
}

fn of_block(fields: &[Field], block: &Path, child: Element) -> Piece {
    let field = fields.iter().find(|field| field.element == child.name);
    let path = field.map(|field| block.then(Step::Attribute(field.attribute.to_owned())));
    Piece { path, element: child, inside: Vec::new() }
}

/// The members of a set as the words of an element: existing words in their original order and spelling, then new
/// words.
fn in_order(field: &Field, before: &str, wanted: &[Value]) -> Vec<String> {
    let wanted_meanings: BTreeSet<Value> = meanings(field, wanted);
    let mut words: Vec<String> = Vec::new();
    let mut written: BTreeSet<Value> = BTreeSet::new();
    for word in members::words(before) {
        let meaning = meanings(field, &[Value::text(word)]);
        if meaning.is_subset(&wanted_meanings) {
            words.push(word.to_owned());
            written.extend(meaning);
        }
    }
    for member in wanted {
        let meaning = meanings(field, std::slice::from_ref(member));
        if !meaning.is_subset(&written)
            && let Some(text) = scalar(member)
        {
            words.push(spelled(field, &text));
            written.extend(meaning);
        }
    }
    words
}

/// A word in the table's spelling, if the row is case-insensitive.
fn spelled(field: &Field, text: &str) -> String {
    let same = |word: &&&str| field.compared == Compared::AnyCase && word.eq_ignore_ascii_case(text);
    field.words().iter().find(same).map_or_else(|| text.to_owned(), |word| (*word).to_owned())
}

/// The text of a value that is written as one element. `None` if the text is empty.
fn text_of(field: &Field, value: &Value) -> Option<String> {
    let text = match (&field.kind, value) {
        (Kind::Bool, Value::Bool(truth)) => (truth ^ field.inverted).to_string(),
        (Kind::Lines, value) => joined(value, "\n")?,
        // A value that is not a certificate is sent unchanged.
        (_, Value::Text(text)) if field.is_certificate() => {
            certificate::tidy(text).unwrap_or_else(|| text.clone())
        }
        (_, Value::Text(text)) => spelled(field, text),
        (_, value) => scalar(value)?,
    };
    (!text.is_empty()).then_some(text)
}

fn joined(value: &Value, separator: &str) -> Option<String> {
    let texts: Vec<String> = value.members()?.iter().filter_map(scalar).collect();
    Some(texts.join(separator))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}
