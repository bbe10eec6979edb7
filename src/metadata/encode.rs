//! A component as the text of its file, and which line is which attribute's.
//!
//! Total: a value of another kind than its row's is left out, a plan that would need it never gets here.
//! Not here: names of fields; the tables have them.

use std::collections::{BTreeMap, BTreeSet};

use super::component::Component;
use super::field::{Field, Kind, Sent};
use super::members;
use super::xml::Element;
use crate::value::{Path, Step, Value};

pub(super) const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";
pub(super) const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    pub xml: String,
    /// Line, counted from 1, to the attribute that wrote it. Lines that belong to no attribute are absent.
    pub lines: BTreeMap<u32, Path>,
}

/// An element to write, and whose it is.
struct Piece {
    path: Option<Path>,
    /// Without children when `inside` has them.
    element: Element,
    inside: Vec<Piece>,
}

impl Piece {
    fn leaf(path: Path, name: &str, text: impl Into<String>) -> Piece {
        Piece { path: Some(path), element: Element::leaf(name, text), inside: Vec::new() }
    }

    /// An element that no row knows.
    fn foreign(element: &Element) -> Piece {
        Piece { path: None, element: element.clone(), inside: Vec::new() }
    }

    fn around(path: Option<Path>, name: &str, inside: Vec<Piece>) -> Piece {
        Piece { path, element: Element::new(name), inside: sorted(inside) }
    }
}

/// Writes the file of a component, for a deploy with this API version.
///
/// Elements stand in alphabetical order, repeated ones together, each on a line of its own. What is null, unknown
/// or empty is left out: in a file that is deployed whole, left out is empty.
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
        if field.exists_in(version) && field.sent != Sent::Never {
            write_field(field, component, target);
        }
    }
    let mut group_attributes: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for extra in &component.extras {
        let name = extra.name.as_str();
        if kind.dropped.contains(&name) || owned.contains(name) {
            continue;
        }
        match groups.get_mut(name) {
            Some(inside) => {
                inside.extend(extra.children.iter().map(Piece::foreign));
                group_attributes.insert(name, extra.attributes.clone());
            }
            None => pieces.push(Piece::foreign(extra)),
        }
    }
    for (name, inside) in groups {
        let attributes = group_attributes.remove(name).unwrap_or_default();
        if !inside.is_empty() {
            let mut piece = Piece::around(None, name, inside);
            piece.element.attributes = attributes;
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
    /// The line that is written next.
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
                let strangers = component.extras.iter().filter(|extra| extra.name == name);
                let known =
                    strangers.filter(|extra| extra.child(key).is_some_and(|child| child.text == *entry));
                inside.extend(
                    known.flat_map(|extra| members::strangers(&field.kind, extra)).map(Piece::foreign),
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
                let strangers = component.extras.iter().filter(|extra| extra.name == name);
                let known = strangers
                    .filter(|extra| members::block(fields, extra).is_ok_and(|block| block == *member));
                inside.extend(
                    known.flat_map(|extra| members::strangers(&field.kind, extra)).map(Piece::foreign),
                );
                out.push(Piece::around(Some(path), name, inside));
            }
        }
        _ => {
            if let Some(text) = text_of(field, value) {
                out.push(Piece::leaf(path, name, text));
            }
        }
    }
}

/// The text of a value that is one element; none when it is empty.
fn text_of(field: &Field, value: &Value) -> Option<String> {
    let text = match (&field.kind, value) {
        (Kind::Bool, Value::Bool(truth)) => (truth ^ field.inverted).to_string(),
        (Kind::Lines, value) => joined(value, "\n")?,
        (Kind::Commas, value) => joined(value, ", ")?,
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
