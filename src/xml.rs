//! A small XML tree with limits, for metadata files and SOAP responses.
//!
//! Files are written in `metadata/xml`, and SOAP is in `salesforce/soap`.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// The maximum length of the text of an element, in bytes. The parser rejects longer text.
pub const LONGEST_TEXT: usize = 256 * 1024;
/// The only element of a response whose text may be longer than `LONGEST_TEXT`.
const ZIP: &str = "zipFile";
/// The maximum number of elements. A response that lists 10,000 files has about 130,000 elements.
const MOST_ELEMENTS: usize = 500_000;
const DEEPEST: usize = 64;
const MOST_ATTRIBUTES: usize = 64;
const LONGEST_NAME: usize = 256;

/// An element. The parser keeps the attributes of files, and discards comments and processing instructions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The local name, without a prefix.
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// The text with resolved entities. Trimmed only if the element has children.
    pub text: String,
    pub children: Vec<Element>,
}

/// Why a document cannot be parsed. Contains the line number, but never the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct XmlError {
    /// The line, counted from 1.
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
    #[error("more than {MOST_ELEMENTS} elements")]
    Elements,
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

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The trimmed text of a child. `None` if the child is missing, nil or empty.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    /// Like [`Self::text_of`], but owned, and an empty string instead of `None`.
    pub fn string(&self, name: &str) -> String {
        self.text_of(name).unwrap_or_default().to_owned()
    }

    pub fn optional(&self, name: &str) -> Option<String> {
        self.text_of(name).map(str::to_owned)
    }

    /// Whether a child has the value true.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.text_of(name), Some("true" | "1"))
    }

    pub fn number(&self, name: &str) -> Option<u32> {
        self.text_of(name)?.parse().ok()
    }

    /// Removes a child and returns it, so that the caller owns its text without a copy.
    pub fn take(&mut self, name: &str) -> Option<Element> {
        let at = self.children.iter().position(|child| child.name == name)?;
        Some(self.children.swap_remove(at))
    }

    /// Whether the element has the attribute `xsi:nil="true"`.
    pub fn is_nil(&self) -> bool {
        self.attributes
            .iter()
            .any(|(name, value)| name.ends_with(":nil") && matches!(value.trim(), "true" | "1"))
    }
}

/// The first character that XML does not allow, even if it is escaped.
pub fn unwritable_character(text: &str) -> Option<char> {
    text.chars().find(|&c| !is_writable(c))
}

pub fn is_writable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// The kind of a document, which determines what the document may contain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    File,
    /// A file that is not written back, with text of any length.
    LongFile,
    /// A SOAP response. Attributes are ignored. Names are checked only for their length, and characters are not
    /// checked, because a message may contain characters that XML does not allow.
    Response,
}

/// Parses one document with exactly one root, within the limits.
pub fn parse(text: &str) -> Result<Element, XmlError> {
    read(text, Form::File)
}

/// Parses one document without a limit on the length of text. For documents that are not written back.
pub fn parse_of_any_length(text: &str) -> Result<Element, XmlError> {
    read(text, Form::LongFile)
}

/// Parses a SOAP response. A truncated document is an error, which an event reader alone would not detect.
pub fn parse_response(text: &str) -> Result<Element, XmlError> {
    read(text, Form::Response)
}

/// Escapes text for a request.
pub fn escaped(text: &str) -> Cow<'_, str> {
    quick_xml::escape::escape(text)
}

fn read(text: &str, form: Form) -> Result<Element, XmlError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut parser = Parser { open: Vec::new(), root: None, elements: 0, form };
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
    elements: usize,
    form: Form,
}

impl Parser {
    /// The maximum length of the text of an element with this name, in bytes.
    fn longest(&self, name: &str) -> usize {
        let is_limited = self.form == Form::File || self.form == Form::Response && name != ZIP;
        if is_limited { LONGEST_TEXT } else { usize::MAX }
    }

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
        self.elements = self.elements.saturating_add(1);
        if self.elements > MOST_ELEMENTS {
            return Err(XmlErrorKind::Elements);
        }
        let is_file = self.form != Form::Response;
        let mut element = Element::new(checked_name(tag.local_name().into_inner(), is_file)?);
        for attribute in tag.attributes().take_while(|_| is_file) {
            if element.attributes.len() >= MOST_ATTRIBUTES {
                return Err(XmlErrorKind::Attributes);
            }
            let attribute = attribute.map_err(|_| XmlErrorKind::Malformed)?;
            let name = attribute.key.into_inner();
            let (prefix, local) = name.split_once(':').unwrap_or(("x", name));
            checked_name(prefix, true)?;
            checked_name(local, true)?;
            let value =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| XmlErrorKind::Entity)?;
            if value.len() > self.longest("") {
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
        if self.form != Form::Response && unwritable_character(text).is_some() {
            return Err(XmlErrorKind::Character);
        }
        let longest = self.open.last().map_or(0, |element| self.longest(&element.name));
        match self.open.last_mut() {
            Some(element) if element.text.len().saturating_add(text.len()) > longest => {
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

fn checked_name(name: &str, is_file: bool) -> Result<&str, XmlErrorKind> {
    let mut characters = name.chars();
    let starts = characters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let goes_on = characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\u{B7}'));
    let is_name = starts && goes_on || !is_file;
    if is_name && name.len() <= LONGEST_NAME { Ok(name) } else { Err(XmlErrorKind::Name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_may_contain_any_character_and_a_large_zip() {
        let long = "x".repeat(LONGEST_TEXT + 1);
        let text = format!(
            "<s:a xmlns:s='u' b><b>x &amp; &#1;<![CDATA[<y>]]></b><b/><zipFile>{long}</zipFile></s:a>"
        );
        let root = parse_response(&text).unwrap();
        assert_eq!(root.name, "a");
        assert_eq!(root.text_of("b"), Some("x & \u{1}<y>"));
        assert_eq!(root.all("b").count(), 2);
        assert_eq!(root.string("zipFile"), long);
    }

    #[test]
    fn malicious_responses_are_rejected() {
        let deep = "<a>".repeat(100);
        let long = format!("<a>{}</a>", "x".repeat(LONGEST_TEXT + 1));
        let many = format!("<a>{}</a>", "<b/>".repeat(MOST_ELEMENTS));
        for (document, kind) in [
            ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", XmlErrorKind::DocumentType),
            ("<a>&lol9;</a>", XmlErrorKind::Entity),
            (deep.as_str(), XmlErrorKind::Depth),
            (long.as_str(), XmlErrorKind::Text),
            (many.as_str(), XmlErrorKind::Elements),
        ] {
            assert_eq!(parse_response(document).unwrap_err().kind, kind);
        }
    }

    #[test]
    fn a_truncated_response_is_an_error() {
        let whole = "<a><b>1</b><c x='1'/>&lt;</a>";
        for end in 0..whole.len() {
            let kind = parse_response(&whole[..end]).unwrap_err().kind;
            let known = [XmlErrorKind::Empty, XmlErrorKind::Unclosed, XmlErrorKind::Malformed];
            assert!(known.contains(&kind), "{}: {kind}", &whole[..end]);
        }
    }
}
