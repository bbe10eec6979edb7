//! The definition of a function: parameters, result type and implementation (Terraform 1.8 and later).
//!
//! A function is pure: it does not call an org or read a file, and requires no provider block. Not here: the functions
//! themselves (`functions`).

use crate::value::{Type, Value};

#[derive(Debug)]
pub struct FunctionSpec {
    /// The name after `provider::salesforce::`.
    pub name: &'static str,
    pub summary: &'static str,
    /// Markdown.
    pub doc: &'static str,
    /// All are required and not null; Terraform checks this.
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

/// The error of a function. Functions have no warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub text: String,
    /// The argument, counted from 0.
    pub argument: Option<usize>,
}

impl Fault {
    /// An error at an argument. Terraform shows it after "Invalid value for … parameter:".
    pub fn at(argument: usize, text: impl ToString) -> Fault {
        let text = text.to_string();
        Fault { text: text.trim_end_matches('.').to_owned(), argument: Some(argument) }
    }
}

/// A text argument.
pub fn text(arguments: &[Value], at: usize) -> &str {
    arguments.get(at).and_then(Value::as_text).unwrap_or_default()
}
