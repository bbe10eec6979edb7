//! Writes XML trees as files, one element per line.
//!
//! Not here: the tree and its parser (`crate::xml`), metadata types (`decode`, `encode`).

use crate::xml::{Element, is_writable};

const INDENT: &str = "    ";

impl Element {
    /// The number of lines that [`Element::write`] writes.
    pub fn lines(&self) -> u32 {
        if self.children.is_empty() {
            return 1;
        }
        let inside = self.children.iter().map(Element::lines);
        inside.fold(2, u32::saturating_add)
    }

    /// Writes one element per line, with a final line break. Line breaks in text become character references, so that a
    /// line number identifies an element.
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
            // Validation rejects these characters before a file is written. The replacement keeps the file valid even
            // without validation.
            c if !is_writable(c) => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
}
