//! SOAP responses as a small tree, by local name, with limits.
//!
//! Not a general XML parser: no attributes, namespaces or DOCTYPE, and only the five predefined entities and
//! character references. A truncated document is an error, which an event reader alone would not detect.

use quick_xml::Reader;
use quick_xml::events::Event;

/// The maximum nesting of elements; responses of the Metadata API have fewer than ten levels.
const MAX_DEPTH: usize = 64;
/// The maximum number of elements; 10,000 files have some 130,000.
const MAX_ELEMENTS: usize = 500_000;
/// The maximum length of an element's text in bytes, except for the base64 of a zip.
const MAX_TEXT: usize = 256 * 1024;
const MAX_NAME: usize = 256;
/// The only element whose text may be as long as the response.
const ZIP: &str = "zipFile";

/// An element: its local name, text and children in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Element {
    pub name: String,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of a child; `None` when it is missing, nil or empty.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    /// As [`Self::text_of`], owned; empty when it is missing.
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

    /// Removes a child, to own its text without a copy.
    pub fn take(&mut self, name: &str) -> Option<Self> {
        let at = self.children.iter().position(|child| child.name == name)?;
        Some(self.children.swap_remove(at))
    }
}

/// Parses a complete document. The error does not quote the document.
pub(super) fn parse(bytes: &[u8]) -> Result<Element, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| "XML that is not UTF-8".to_owned())?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut elements = 0_usize;
    loop {
        match reader.read_event().map_err(|_| broken(&reader))? {
            Event::Start(tag) => {
                let element = begin(tag.local_name().as_ref(), &mut elements, open.len(), root.is_some())?;
                open.push(element);
            }
            Event::Empty(tag) => {
                let element = begin(tag.local_name().as_ref(), &mut elements, open.len(), root.is_some())?;
                close(element, &mut open, &mut root);
            }
            Event::End(_) => {
                let element = open.pop().ok_or_else(|| broken(&reader))?;
                close(element, &mut open, &mut root);
            }
            Event::Text(text) => add(&mut open, &text.xml10_content())?,
            Event::CData(text) => add(&mut open, &text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|_| broken(&reader))?;
                let character = match character {
                    Some(character) => character,
                    None => predefined(&reference.xml10_content()).ok_or("XML with an unknown entity")?,
                };
                add(&mut open, character.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return Err("XML with a DOCTYPE".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if !open.is_empty() {
        return Err("truncated XML".to_owned());
    }
    root.ok_or_else(|| "no XML".to_owned())
}

fn broken(reader: &Reader<&[u8]>) -> String {
    format!("invalid XML at byte {}", reader.error_position())
}

fn begin(name: &str, elements: &mut usize, depth: usize, second_root: bool) -> Result<Element, String> {
    *elements = elements.saturating_add(1);
    if depth >= MAX_DEPTH {
        return Err(format!("XML nested deeper than {MAX_DEPTH} levels"));
    }
    if *elements > MAX_ELEMENTS {
        return Err(format!("XML with more than {MAX_ELEMENTS} elements"));
    }
    if name.len() > MAX_NAME {
        return Err("XML with a name that is too long".to_owned());
    }
    if depth == 0 && second_root {
        return Err("XML with two root elements".to_owned());
    }
    Ok(Element { name: name.to_owned(), ..Element::default() })
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
}

fn add(open: &mut [Element], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => {
            if element.name != ZIP && element.text.len().saturating_add(text.len()) > MAX_TEXT {
                return Err(format!("XML with a text longer than {MAX_TEXT} bytes"));
            }
            element.text.push_str(text);
            Ok(())
        }
        None if text.trim().is_empty() => Ok(()),
        None => Err("text outside the root element".to_owned()),
    }
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        _ => return None,
    })
}

pub(super) fn escape(text: &str) -> std::borrow::Cow<'_, str> {
    quick_xml::escape::escape(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_local_and_texts_are_decoded() {
        let root = parse(b"\xef\xbb\xbf<?xml version=\"1.0\"?>\r\n<s:a xmlns:s='u'><b>x &amp; &#65;<!-- c --><![CDATA[<y>]]></b><b/></s:a>\n").unwrap();
        assert_eq!(root.name, "a");
        assert_eq!(root.text_of("b"), Some("x & A<y>"));
        assert_eq!(root.all("b").count(), 2);
    }

    #[test]
    fn hostile_documents_are_refused() {
        let deep = "<a>".repeat(100);
        let long = format!("<a>{}</a>", "x".repeat(MAX_TEXT + 1));
        let many = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS));
        for (document, why) in [
            ("", "no XML"),
            ("<a><b>1</b>", "truncated"),
            ("<a></b>", "invalid"),
            ("<a/><b/>", "two root"),
            ("<a/>x", "outside"),
            ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DOCTYPE"),
            ("<a>&lol9;</a>", "entity"),
            (deep.as_str(), "deeper"),
            (long.as_str(), "longer"),
            (many.as_str(), "more than"),
        ] {
            let error = parse(document.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{why}: {error}");
        }
        assert!(parse(b"\xff\xfe<\0a\0").unwrap_err().contains("UTF-8"));
    }

    #[test]
    fn no_prefix_of_a_document_is_a_document() {
        let whole = "<a><b>1</b><c x='1'/>&lt;</a>";
        for end in 0..whole.len() {
            let error = parse(&whole.as_bytes()[..end]).unwrap_err();
            let known = ["no XML", "truncated", "invalid"].iter().any(|why| error.contains(why));
            assert!(known, "{}: {error}", &whole[..end]);
        }
    }
}
