//! A small XML tree with limits, for files of a few kilobytes.
//!
//! Not here: what the elements mean (`decode`, `encode`).

/// An element. Attributes are kept as they came; comments and processing instructions are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The local name, without a prefix.
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// The text, entities resolved; white space around it trimmed only when there are children.
    pub text: String,
    pub children: Vec<Element>,
}
