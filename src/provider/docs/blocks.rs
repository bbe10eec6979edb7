//! Common sections of pages: examples, and lists of attributes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::text_of;
use crate::provider::schema::{Attribute, Block, NestedBlock};
use crate::value::Type;

pub fn hcl(path: &str) -> String {
    format!("```terraform\n{}\n```\n", text_of(path).trim_end())
}

/// Lists the attributes of a block in the order of tfplugindocs. `heading` is the prefix of headings.
pub fn attributes(
    page: &mut String,
    block: &Block,
    heading: &str,
    facts: impl Fn(&Attribute) -> Option<String>,
) {
    let lists: [(&str, Belongs); 3] = [
        ("Required", |attribute| attribute.required),
        ("Optional", |attribute| attribute.optional),
        ("Read-Only", |attribute| !attribute.required && !attribute.optional),
    ];
    let mut first = true;
    for (title, belongs) in lists {
        let mut lines: BTreeMap<&str, String> = BTreeMap::new();
        for attribute in block.attributes.iter().filter(|attribute| belongs(attribute)) {
            lines.insert(&attribute.name, line(attribute, facts(attribute)));
        }
        for nested in &block.blocks {
            if title == "Optional" {
                lines.insert(&nested.name, block_line(nested));
            }
        }
        if lines.is_empty() {
            continue;
        }
        if !first {
            page.push('\n');
        }
        first = false;
        let _ = match heading {
            "" => write!(page, "{title}:\n\n"),
            heading => write!(page, "{heading} {title}\n\n"),
        };
        page.extend(lines.into_values());
    }
}

pub fn line(attribute: &Attribute, facts: Option<String>) -> String {
    let sensitive = if attribute.sensitive { ", Sensitive" } else { "" };
    let (text, found) = parted(&attribute.description);
    let facts = facts.or(found).map(|facts| format!("  - Metadata: {facts}\n")).unwrap_or_default();
    format!("- `{}` ({}{sensitive}) {text}\n{facts}", attribute.name, type_name(&attribute.ty))
}

fn block_line(nested: &NestedBlock) -> String {
    let (text, facts) = parted(&nested.block.description);
    let facts = facts.map(|facts| format!("  - Metadata: {facts}\n")).unwrap_or_default();
    format!("- `{0}` (Block) {text} (see [below](#nestedblock--{0}))\n{facts}", nested.name)
}

/// Splits a description into its text and its part about the Metadata API.
fn parted(description: &str) -> (&str, Option<String>) {
    match description.split_once(" Metadata: ") {
        Some((text, facts)) => (text, Some(facts.to_owned())),
        None => (description, None),
    }
}

pub fn type_name(ty: &Type) -> String {
    match ty {
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::List(of) => format!("List of {}", type_name(of)),
        Type::Set(of) => format!("Set of {}", type_name(of)),
        Type::Map(of) => format!("Map of {}", type_name(of)),
        Type::Object(_) => "Object".to_owned(),
    }
}

/// Adds the sections of nested blocks.
pub fn nested_blocks(page: &mut String, block: &Block) {
    for nested in &block.blocks {
        let _ =
            write!(page, "\n<a id=\"nestedblock--{0}\"></a>\n### Nested Schema for `{0}`\n\n", nested.name);
        attributes(page, &nested.block, "", |_| None);
    }
}

/// Whether a list contains an attribute.
type Belongs = fn(&Attribute) -> bool;
