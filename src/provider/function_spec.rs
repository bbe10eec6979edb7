//! The definition of a function: its parameters, result type and implementation (Terraform 1.8 and later).
//!
//! A function is pure: it does not call an org or read a file, and requires no provider block. Not here: the functions
//! themselves (`functions`).

use crate::value::{Type, Value};

#[derive(Debug)]
pub struct FunctionSpec {
    /// The name after `provider::salesforce::`.
    pub name: &'static str,
    pub summary: &'static str,
    /// The description, in Markdown.
    pub doc: &'static str,
    /// The parameters. Terraform checks that all arguments are set and not null.
    pub parameters: &'static [Parameter],
    pub returns: fn() -> Type,
    pub call: fn(&[Value]) -> Result<Value, Fault>,
}

#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub ty: Type,
    /// The description, in Markdown.
    pub doc: &'static str,
}

/// An error from a function. Functions have no warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub text: String,
    /// The index of the argument, starting at 0.
    pub argument: Option<usize>,
}

impl Fault {
    /// An error at an argument. Terraform shows it after "Invalid value for … parameter:".
    pub fn at(argument: usize, text: impl ToString) -> Fault {
        let text = text.to_string();
        Fault { text: text.trim_end_matches('.').to_owned(), argument: Some(argument) }
    }
}

/// The value of a string argument.
pub fn text(arguments: &[Value], at: usize) -> &str {
    arguments.get(at).and_then(Value::as_text).unwrap_or_default()
}
