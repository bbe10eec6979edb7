//! A small XML tree with limits, for files of a few kilobytes.
//!
//! Not here: metadata types (`decode`, `encode`).

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// The longest text of one element, in bytes. The parser rejects longer ones.
pub const LONGEST_TEXT: usize = 256 * 1024;
const DEEPEST: usize = 64;
const MOST_ATTRIBUTES: usize = 64;
const LONGEST_NAME: usize = 256;
const INDENT: &str = "    ";

/// An element. Attributes are kept; comments and processing instructions are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The local name, without a prefix.
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// The text with resolved entities, trimmed only if there are children.
    pub text: String,
    pub children: Vec<Element>,
}

/// Why a text cannot be parsed. Never contains the text, only the line number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct XmlError {
    /// Counted from 1.
    pub line: u32,
    pub kind: XmlErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlErrorKind {
    #[error("not well-formed XML")]
    Malformed,
    #[error("no element")]
    Empty,
    #[error("the document ends inside an element")]
    Unclosed,
    #[error("more than one root element")]
    SecondRoot,
    #[error("text outside of the root element")]
    TextOutside,
    #[error("a document type declaration, which is not supported")]
    DocumentType,
    #[error("an entity that XML does not predefine")]
    Entity,
    #[error("a character that XML does not allow")]
    Character,
    #[error("a name that XML does not allow, or one longer than {LONGEST_NAME} bytes")]
    Name,
    #[error("elements nested deeper than {DEEPEST}")]
    Depth,
    #[error("more than {MOST_ATTRIBUTES} attributes in a tag")]
    Attributes,
    #[error("a text longer than {LONGEST_TEXT} bytes")]
    Text,
}

impl Element {
    pub fn new(name: impl Into<String>) -> Element {
        Element { name: name.into(), ..Element::default() }
    }

    pub fn leaf(name: impl Into<String>, text: impl Into<String>) -> Element {
        Element { text: text.into(), ..Element::new(name) }
    }

    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Whether it has `xsi:nil="true"`.
    pub fn is_nil(&self) -> bool {
        self.attributes
            .iter()
            .any(|(name, value)| name.ends_with(":nil") && matches!(value.trim(), "true" | "1"))
    }

    /// The number of lines that [`Element::write`] writes.
    pub fn lines(&self) -> u32 {
        if self.children.is_empty() {
            return 1;
        }
        let inside = self.children.iter().map(Element::lines);
        inside.fold(2, u32::saturating_add)
    }

    /// Writes one element per line, with a final line break. Line breaks in texts become character references, so that a line
    /// number identifies an element.
    pub fn write(&self, out: &mut String, indent: usize) {
        self.write_start(out, indent);
        if self.children.is_empty() {
            self.write_end(out, 0);
            return;
        }
        out.push('\n');
        for child in &self.children {
            child.write(out, indent + 1);
        }
        self.write_end(out, indent);
    }

    /// Writes the start tag and the text, without a line break.
    pub(super) fn write_start(&self, out: &mut String, indent: usize) {
        out.push_str(&INDENT.repeat(indent));
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(out, value, true);
            out.push('"');
        }
        out.push('>');
        escape(out, &self.text, false);
    }

    /// Writes the end tag and a line break.
    pub(super) fn write_end(&self, out: &mut String, indent: usize) {
        out.push_str(&INDENT.repeat(indent));
        out.push_str("</");
        out.push_str(&self.name);
        out.push_str(">\n");
    }
}

/// The first character that XML does not allow, even escaped.
pub fn unwritable_character(text: &str) -> Option<char> {
    text.chars().find(|&c| !is_writable(c))
}

fn is_writable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn escape(out: &mut String, text: &str, in_attribute: bool) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\t' if in_attribute => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            // Validation rejects these before; this keeps the file valid in any case.
            c if !is_writable(c) => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
}

/// Parses one document with exactly one root, within the limits.
pub fn parse(text: &str) -> Result<Element, XmlError> {
    read(text, LONGEST_TEXT)
}

/// The same without a limit for texts, for documents that are not written back.
pub fn parse_of_any_length(text: &str) -> Result<Element, XmlError> {
    read(text, usize::MAX)
}

fn read(text: &str, longest: usize) -> Result<Element, XmlError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut parser = Parser { open: Vec::new(), root: None, longest };
    loop {
        let step = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => parser.take(event),
            Err(_) => Err(XmlErrorKind::Malformed),
        };
        if let Err(kind) = step {
            let line = line_at(text, reader.buffer_position());
            return Err(XmlError { line, kind });
        }
    }
    parser.finish().map_err(|kind| XmlError { line: line_at(text, u64::MAX), kind })
}

fn line_at(text: &str, position: u64) -> u32 {
    let position = usize::try_from(position).unwrap_or(usize::MAX);
    let before = text.bytes().take(position).filter(|&byte| byte == b'\n');
    u32::try_from(before.count()).map_or(u32::MAX, |breaks| breaks.saturating_add(1))
}

struct Parser {
    open: Vec<Element>,
    root: Option<Element>,
    /// The longest text of one element, in bytes.
    longest: usize,
}

impl Parser {
    fn take(&mut self, event: Event<'_>) -> Result<(), XmlErrorKind> {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::Empty(tag) => {
                self.start(&tag)?;
                self.end()
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => {
                if self.open.is_empty() {
                    return Err(XmlErrorKind::TextOutside);
                }
                self.text(&text.xml10_content())
            }
            Event::GeneralRef(reference) => {
                if self.open.is_empty() {
                    return Err(XmlErrorKind::TextOutside);
                }
                if reference.is_char_ref() {
                    return match reference.resolve_char_ref() {
                        Ok(Some(c)) => self.text(c.encode_utf8(&mut [0; 4])),
                        _ => Err(XmlErrorKind::Character),
                    };
                }
                let name = reference.into_inner();
                let text = quick_xml::escape::resolve_xml_entity(&name).ok_or(XmlErrorKind::Entity)?;
                self.text(text)
            }
            Event::DocType(_) => Err(XmlErrorKind::DocumentType),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), XmlErrorKind> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(XmlErrorKind::SecondRoot);
        }
        if self.open.len() >= DEEPEST {
            return Err(XmlErrorKind::Depth);
        }
        let mut element = Element::new(checked_name(tag.local_name().into_inner())?);
        for attribute in tag.attributes() {
            if element.attributes.len() >= MOST_ATTRIBUTES {
                return Err(XmlErrorKind::Attributes);
            }
            let attribute = attribute.map_err(|_| XmlErrorKind::Malformed)?;
            let name = attribute.key.into_inner();
            let (prefix, local) = name.split_once(':').unwrap_or(("x", name));
            checked_name(prefix)?;
            checked_name(local)?;
            let value =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| XmlErrorKind::Entity)?;
            if value.len() > self.longest {
                return Err(XmlErrorKind::Text);
            }
            if unwritable_character(&value).is_some() {
                return Err(XmlErrorKind::Character);
            }
            element.attributes.push((name.to_owned(), value.into_owned()));
        }
        self.open.push(element);
        Ok(())
    }

    fn end(&mut self) -> Result<(), XmlErrorKind> {
        let mut element = self.open.pop().ok_or(XmlErrorKind::Malformed)?;
        if !element.children.is_empty() {
            element.text = element.text.trim().to_owned();
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlErrorKind> {
        if unwritable_character(text).is_some() {
            return Err(XmlErrorKind::Character);
        }
        match self.open.last_mut() {
            Some(element) if element.text.len().saturating_add(text.len()) > self.longest => {
                Err(XmlErrorKind::Text)
            }
            Some(element) => {
                element.text.push_str(text);
                Ok(())
            }
            None if text.trim().is_empty() => Ok(()),
            None => Err(XmlErrorKind::TextOutside),
        }
    }

    fn finish(self) -> Result<Element, XmlErrorKind> {
        if !self.open.is_empty() {
            return Err(XmlErrorKind::Unclosed);
        }
        self.root.ok_or(XmlErrorKind::Empty)
    }
}

fn checked_name(name: &str) -> Result<&str, XmlErrorKind> {
    let mut characters = name.chars();
    let starts = characters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let goes_on = characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\u{B7}'));
    if starts && goes_on && name.len() <= LONGEST_NAME { Ok(name) } else { Err(XmlErrorKind::Name) }
}
