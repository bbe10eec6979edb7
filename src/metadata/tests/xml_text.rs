//! Valid, malformed and malicious XML.

use proptest::prelude::*;

use crate::metadata::{Element, LONGEST_TEXT, unwritable_character};
use crate::xml::{XmlErrorKind as Kind, parse};

fn kind(text: &str) -> Kind {
    parse(text).unwrap_err().kind
}

#[test]
fn a_valid_document_is_parsed() {
    let text = "\u{FEFF}<?xml version=\"1.0\"?><!-- c --><s:A xmlns:s=\"u\" s:b=\"1 &lt;&#10;\">\r\n <s:C>a&amp;b&#x41;<![CDATA[<&]]></s:C>\n<D/> </s:A>\n<?pi?>";
    let root = parse(text).unwrap();
    assert_eq!(root.name, "A");
    assert_eq!(root.attributes.last().unwrap(), &("s:b".to_owned(), "1 <\n".to_owned()));
    assert_eq!(root.text, "");
    assert_eq!(root.child("C").unwrap().text, "a&bA<&");
    assert_eq!(root.child("D"), Some(&Element::new("D")));
}

#[test]
fn leaf_text_keeps_white_space_and_line_endings_are_normalized() {
    assert_eq!(parse("<a> x\r\ny&#13; </a>").unwrap().text, " x\ny\r ");
}

#[test]
fn malformed_documents_are_rejected() {
    let deep = format!("{}{}", "<a>".repeat(65), "</a>".repeat(65));
    let attributes: String = (0..65).map(|number| format!(" a{number}=\"\"")).collect();
    let laughs = "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]><lolz>&lol2;</lolz>";
    for (text, expected) in [
        ("", Kind::Empty),
        ("  \n<!-- nothing -->", Kind::Empty),
        ("<a><b>1</b>", Kind::Unclosed),
        ("<a></a><b></b>", Kind::SecondRoot),
        ("<a/>text", Kind::TextOutside),
        ("text<a/>", Kind::TextOutside),
        ("<a/><![CDATA[ ]]>", Kind::TextOutside),
        ("&amp;<a/>", Kind::TextOutside),
        ("<a></b>", Kind::Malformed),
        ("</a>", Kind::Malformed),
        ("<a", Kind::Malformed),
        ("<a b></a>", Kind::Malformed),
        ("<a b=\"1\" b=\"2\"/>", Kind::Malformed),
        (laughs, Kind::DocumentType),
        ("<a>&lol;</a>", Kind::Entity),
        ("<a b=\"&lol;\"/>", Kind::Entity),
        ("<a>&#0;</a>", Kind::Character),
        ("<a>&#1;</a>", Kind::Character),
        ("<a>&#xFFFE;</a>", Kind::Character),
        ("<a>&#xD800;</a>", Kind::Character),
        ("<a>&#x110000;</a>", Kind::Character),
        ("<a>\u{0}</a>", Kind::Character),
        ("<a>\u{FFFF}</a>", Kind::Character),
        ("<a b=\"\u{1}\"/>", Kind::Character),
        ("<1/>", Kind::Name),
        ("<a:b:c/>", Kind::Name),
        ("<a\"/>", Kind::Malformed),
        (&format!("<{}/>", "a".repeat(300)), Kind::Name),
        (&deep, Kind::Depth),
        (&format!("<a{attributes}/>"), Kind::Attributes),
        (&format!("<a>{}</a>", "x".repeat(LONGEST_TEXT + 1)), Kind::Text),
        (&format!("<a b=\"{}\"/>", "x".repeat(LONGEST_TEXT + 1)), Kind::Text),
    ] {
        let shown: String = text.chars().take(40).collect();
        assert_eq!(kind(text), expected, "{shown:?}");
    }
}

#[test]
fn documents_at_the_limits_are_allowed() {
    let deep = format!("{}{}", "<a>".repeat(64), "</a>".repeat(64));
    assert!(parse(&deep).is_ok());
    assert!(parse(&format!("<a>{}</a>", "x".repeat(LONGEST_TEXT))).is_ok());
}

#[test]
fn deep_nesting_is_rejected_early() {
    assert_eq!(kind(&"<a>".repeat(1_000_000)), Kind::Depth);
}

#[test]
fn an_error_contains_its_line_number() {
    let error = parse("<a>\n<b>\n&what;</b></a>").unwrap_err();
    assert_eq!(error.to_string(), "line 3: an entity that XML does not predefine");
}

#[test]
fn characters_that_xml_does_not_allow_are_found() {
    assert_eq!(unwritable_character("a\tb\nc\rd é 😀 \u{FFFD} \u{202E}"), None);
    for c in ['\0', '\u{1}', '\u{B}', '\u{1F}', '\u{FFFE}', '\u{FFFF}'] {
        assert_eq!(unwritable_character(&format!("a{c}b")), Some(c));
    }
}

#[test]
fn written_documents_are_always_valid_xml() {
    let mut out = String::new();
    Element::leaf("a", "\u{1}\u{FFFE}]]>").write(&mut out, 0);
    assert_eq!(out, "<a>\u{FFFD}\u{FFFD}]]&gt;</a>\n");
}

pub fn text() -> impl Strategy<Value = String> {
    let plain =
        any::<char>().prop_filter("XML can carry it", |c| unwritable_character(&c.to_string()).is_none());
    let hard = prop::sample::select(vec!['&', '<', '>', '"', '\'', '\n', '\r', '\t', ' ', ']']);
    let characters = prop::collection::vec(prop_oneof![plain, hard], 1..20);
    characters.prop_map(String::from_iter)
}

/// Elements as parsed: text or children, without whitespace around children.
pub fn element(name: &'static str) -> impl Strategy<Value = Element> {
    let attributes = prop::collection::btree_map("[a-z]{1,5}", text(), 0..3);
    let leaf = (name, attributes, text()).prop_map(|(name, attributes, text)| Element {
        name,
        attributes: attributes.into_iter().collect(),
        text,
        children: Vec::new(),
    });
    leaf.prop_recursive(3, 12, 3, move |inner| {
        (name, prop::collection::vec(inner, 1..4))
            .prop_map(|(name, children)| Element { children, ..Element::new(name) })
    })
}

proptest! {
    #[test]
    fn elements_round_trip(element in element("[a-z]{1,8}")) {
        let mut out = String::new();
        element.write(&mut out, 0);
        prop_assert_eq!(u32::try_from(out.lines().count()).unwrap(), element.lines());
        prop_assert_eq!(parse(&out).unwrap(), element);
    }

    #[test]
    fn parsing_does_not_panic(text in "(<|>|/|a|b|:|=|\"|'|&|;|#|!|\\[|\\]|\\?|-|\n|\u{0}|CDATA|DOCTYPE| |é){0,60}") {
        let _ = parse(&text);
    }
}
