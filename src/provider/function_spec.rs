//! What a function is made of: its parameters, what it returns, and how it is worked out (Terraform 1.8 and later).
//!
//! A function is pure: it asks no org, reads no file, and needs no provider block. Not here: what a function does
//! (`functions`), and how it is put on the wire (`plugin`).

use crate::value::{Type, Value};

#[derive(Debug)]
pub struct FunctionSpec {
    /// What a configuration writes after `provider::salesforce::`.
    pub name: &'static str,
    pub summary: &'static str,
    /// Markdown.
    pub doc: &'static str,
    /// All of them must be given, and none may be null: Terraform sees to that.
    pub parameters: &'static [Parameter],
    pub returns: fn() -> Type,
    pub call: fn(&[Value]) -> Result<Value, Fault>,
}

#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub ty: Type,
    /// Markdown.
    pub doc: &'static str,
}

/// Why a function has no result. Functions have no warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub text: String,
    /// The argument that it is about, counted from 0.
    pub argument: Option<usize>,
}

impl Fault {
    /// At an argument: Terraform shows the text behind "Invalid value for … parameter:", and puts a full stop after it.
    pub fn at(argument: usize, text: impl ToString) -> Fault {
        let text = text.to_string();
        Fault { text: text.trim_end_matches('.').to_owned(), argument: Some(argument) }
    }
}

/// A text among the arguments.
pub fn text(arguments: &[Value], at: usize) -> &str {
    arguments.get(at).and_then(Value::as_text).unwrap_or_default()
}
