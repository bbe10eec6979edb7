//! Reads the file of a component and rejects everything that the contract does not allow: unknown or repeated elements,
//! elements of other API versions, wrong types, wrong enum values, missing required elements. `rules.rs` checks whether
//! the values are consistent with each other and with the org.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use crate::component::{Fields, NAMESPACE, SCHEMA_INSTANCE, Value};
use crate::contract::{Element, MetadataType, Shape, find};

/// A problem and its position, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub text: String,
    pub line: u32,
    pub column: u32,
}

/// A file that obeys the contract.
#[derive(Debug)]
pub struct Checked {
    pub fields: Fields,
    /// The line and column of the first occurrence of each top-level element.
    pub lines: BTreeMap<String, (u32, u32)>,
}

/// How a file is read.
#[derive(Clone, Copy)]
pub struct Reading {
    pub version: u32,
    /// One observer reports that elements must be in alphabetical order. Off by default.
    pub alphabetical: bool,
}

/// Reads a file. Stops at the first error, like an org.
pub fn read_file(kind: &MetadataType, bytes: &[u8], reading: Reading) -> Result<Checked, Problem> {
    let at_start = |text: String| Problem { text, line: 1, column: 1 };
    let text = std::str::from_utf8(bytes)
        .map_err(|_| at_start("Error parsing file: the content is not valid UTF-8".to_string()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document::parse(text).map_err(|error| {
        let position = error.pos();
        Problem { text: format!("Error parsing file: {error}"), line: position.row, column: position.col }
    })?;
    let root = document.root_element();
    let place = |node: Node<'_, '_>| {
        let position = document.text_pos_at(node.range().start);
        (position.row, position.col)
    };
    let reader = Reader { kind, reading, document: &document, is_record: false };
    if root.tag_name().name() != kind.name || root.tag_name().namespace() != Some(NAMESPACE) {
        return Err(reader.problem(
            root,
            format!(
                "Error parsing file: Element {} invalid at this location, expected {{{NAMESPACE}}}{}",
                qualified(root),
                kind.name
            ),
        ));
    }
    reader.refuse_attributes(root)?;
    let fields = reader.read_elements(root, &kind.elements, &kind.name)?;
    let mut lines = BTreeMap::new();
    for child in root.children().filter(Node::is_element) {
        lines.entry(child.tag_name().name().to_string()).or_insert_with(|| place(child));
    }
    Ok(Checked { fields, lines })
}

/// Reads the elements below `parent` according to the contract, for the records in CRUD calls.
pub fn read_record(
    kind: &MetadataType,
    document: &Document<'_>,
    parent: Node<'_, '_>,
    reading: Reading,
) -> Result<Fields, Problem> {
    Reader { kind, reading, document, is_record: true }.read_elements(parent, &kind.elements, &kind.name)
}

struct Reader<'a, 'input> {
    kind: &'a MetadataType,
    reading: Reading,
    document: &'a Document<'input>,
    /// Records in CRUD calls contain their name; files do not.
    is_record: bool,
}

impl Reader<'_, '_> {
    fn problem(&self, node: Node<'_, '_>, text: String) -> Problem {
        let position = self.document.text_pos_at(node.range().start);
        Problem { text, line: position.row, column: position.col }
    }

    fn refuse_attributes(&self, node: Node<'_, '_>) -> Result<(), Problem> {
        match node.attributes().find(|attribute| attribute.namespace() != Some(SCHEMA_INSTANCE)) {
            Some(attribute) => Err(self.problem(
                node,
                format!(
                    "Error parsing file: Attribute {} is not allowed on element {}",
                    attribute.name(),
                    node.tag_name().name()
                ),
            )),
            None => Ok(()),
        }
    }

    fn read_elements(
        &self,
        parent: Node<'_, '_>,
        elements: &[Element],
        type_name: &str,
    ) -> Result<Fields, Problem> {
        let mut fields = Fields::new();
        let mut previous: Option<String> = None;
        for child in parent.children() {
            if child.is_text() {
                if child.text().is_some_and(|text| !text.trim().is_empty()) {
                    return Err(self.problem(
                        child,
                        format!(
                            "Error parsing file: text is not allowed between the elements of {type_name}"
                        ),
                    ));
                }
                continue;
            }
            if !child.is_element() {
                continue;
            }
            let name = child.tag_name().name();
            if self.is_record && name == "fullName" && type_name == self.kind.name {
                continue;
            }
            if !self.is_record && is_nil(child) {
                self.read_nil(child, elements)?;
                if fields.insert(name.to_string(), Value::Nil).is_some() {
                    return Err(self.duplicate(child, type_name));
                }
                previous = Some(name.to_string());
                continue;
            }
            let element = find(elements, name, self.reading.version)
                .filter(|_| child.tag_name().namespace() == Some(NAMESPACE))
                .ok_or_else(|| {
                    let name = qualified(child);
                    self.problem(
                        child,
                        format!(
                            "Error parsing file: Element {name} invalid at this location in type {type_name}"
                        ),
                    )
                })?;
            self.refuse_attributes(child)?;
            let is_repetition = fields.contains_key(name);
            if is_repetition && (!element.repeated || previous.as_deref() != Some(name)) {
                return Err(self.duplicate(child, type_name));
            }
            if self.reading.alphabetical && previous.as_deref().is_some_and(|previous| name < previous) {
                let name = qualified(child);
                return Err(self.problem(
                    child,
                    format!(
                        "Error parsing file: Element {name} invalid at this location in type {type_name}"
                    ),
                ));
            }
            let value = self.read_value(child, element)?;
            if element.repeated {
                match fields.entry(name.to_string()).or_insert_with(|| Value::List(Vec::new())) {
                    Value::List(items) => items.push(value),
                    Value::Nil | Value::Text(_) | Value::Fields(_) => {}
                }
            } else {
                fields.insert(name.to_string(), value);
            }
            previous = Some(name.to_string());
        }
        let missing = elements.iter().find(|element| {
            element.required
                && element.exists_at(self.reading.version)
                && fields.get(&element.name).is_none_or(Value::is_empty)
        });
        match missing {
            Some(element) => {
                Err(self.problem(parent, format!("Required field is missing: {}", element.name)))
            }
            None => Ok(fields),
        }
    }

    fn duplicate(&self, node: Node<'_, '_>, type_name: &str) -> Problem {
        let name = qualified(node);
        self.problem(
            node,
            format!("Error parsing file: Element {name} is duplicated at this location in type {type_name}"),
        )
    }

    /// Accepts an element with `xsi:nil`, as in retrieved files of org settings. The API versions of such elements are
    /// not known.
    fn read_nil(&self, node: Node<'_, '_>, elements: &[Element]) -> Result<(), Problem> {
        let name = node.tag_name().name();
        let is_known = node.tag_name().namespace() == Some(NAMESPACE)
            && elements.iter().any(|element| element.name == name && !element.required);
        if !self.kind.is_settings() || !is_known || node.children().any(|child| !child.is_comment()) {
            return Err(self.problem(node, format!("not emulated: xsi:nil on the element {name}")));
        }
        self.refuse_attributes(node)
    }

    fn read_value(&self, node: Node<'_, '_>, element: &Element) -> Result<Value, Problem> {
        let Some(shape) = self.kind.shape(element) else {
            return Err(self.problem(
                node,
                format!("not emulated: the contract does not describe the type {}", element.value_type),
            ));
        };
        if let Shape::Nested(elements) = shape {
            return self.read_elements(node, elements, &element.value_type).map(Value::Fields);
        }
        if let Some(child) = node.children().find(Node::is_element) {
            let (name, value_type) = (qualified(child), &element.value_type);
            return Err(self.problem(
                child,
                format!("Error parsing file: Element {name} invalid at this location in type {value_type}"),
            ));
        }
        let text: String =
            node.children().filter_map(|child| child.text().filter(|_| child.is_text())).collect();
        let not_of_type = |name: &str| {
            self.problem(
                node,
                format!("Error parsing file: '{text}' is not a valid value for the type {name}"),
            )
        };
        match shape {
            Shape::Text => Ok(Value::Text(text)),
            Shape::Boolean => match text.trim() {
                "true" | "1" => Ok(Value::text("true")),
                "false" | "0" => Ok(Value::text("false")),
                _ => Err(not_of_type("xsd:boolean")),
            },
            Shape::Int => match text.trim().parse::<i32>() {
                Ok(number) => Ok(Value::Text(number.to_string())),
                Err(_) => Err(not_of_type("xsd:int")),
            },
            Shape::Enum(values) => {
                if values.contains(&text) {
                    Ok(Value::Text(text))
                } else {
                    let value_type = &element.value_type;
                    Err(self
                        .problem(node, format!("'{text}' is not a valid value for the enum '{value_type}'")))
                }
            }
            Shape::Nested(_) => Ok(Value::Fields(Fields::new())),
        }
    }
}

fn is_nil(node: Node<'_, '_>) -> bool {
    matches!(node.attribute((SCHEMA_INSTANCE, "nil")).map(str::trim), Some("true" | "1"))
}

fn qualified(node: Node<'_, '_>) -> String {
    match node.tag_name().namespace() {
        Some(namespace) if !namespace.is_empty() => format!("{{{namespace}}}{}", node.tag_name().name()),
        _ => node.tag_name().name().to_string(),
    }
}
