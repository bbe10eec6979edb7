//! Terraform's values on the wire, msgpack or JSON, read and written against a schema: what does not fit is a
//! [`ValueError`] with a path, here, and not a surprise deep inside the provider or Terraform.
//!
//! Not here: which message carries which value (`from_proto`, `to_proto`).

mod json;
mod msgpack;
#[cfg(any(test, fuzzing))]
pub mod promise;
#[cfg(test)]
mod tests;

use super::generated::tfplugin5 as pb;
use crate::provider::{Block, NestedBlock, Nesting};
use crate::value::{Path, Step, Type, Value};

/// Deepest nesting that is read.
const DEEPEST: usize = 64;
/// Longest encoded value that is read.
const LONGEST: usize = 16 * 1024 * 1024;

/// What is wrong with a value, and where. Never quotes the value: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    pub path: Path,
    pub what: String,
}

impl ValueError {
    fn new(what: impl Into<String>) -> ValueError {
        ValueError { path: Path::default(), what: what.into() }
    }

    fn expected(what: &str, found: &str) -> ValueError {
        ValueError::new(format!("expected {what}, found {found}"))
    }

    /// The same problem, seen from one level further out.
    fn under(mut self, step: Step) -> ValueError {
        self.path.0.insert(0, step);
        self
    }
}

/// What a value is read and written against: a type that also knows which texts may be secret, and what stands
/// for a block that is not written.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'a> {
    Block(&'a Block),
    Nested(&'a NestedBlock),
    Type { ty: &'a Type, sensitive: bool },
}

/// One level of a shape.
enum Form<'a> {
    Bool,
    Number,
    Text { sensitive: bool },
    List(Shape<'a>),
    Set(Shape<'a>),
    Map(Shape<'a>),
    Object(Vec<(&'a str, Shape<'a>)>),
}

impl<'a> Shape<'a> {
    /// A value that is never secret.
    pub fn plain(ty: &'a Type) -> Shape<'a> {
        Shape::Type { ty, sensitive: false }
    }

    fn form(self) -> Form<'a> {
        match self {
            Shape::Block(block) => Form::Object(fields(block)),
            Shape::Nested(nested) => match nested.nesting {
                Nesting::Single => Form::Object(fields(&nested.block)),
                Nesting::List => Form::List(Shape::Block(&nested.block)),
                Nesting::Set => Form::Set(Shape::Block(&nested.block)),
            },
            Shape::Type { ty, sensitive } => {
                let inner = |ty| Shape::Type { ty, sensitive };
                match ty {
                    Type::Bool => Form::Bool,
                    Type::Number => Form::Number,
                    Type::String => Form::Text { sensitive },
                    Type::List(of) => Form::List(inner(of)),
                    Type::Set(of) => Form::Set(inner(of)),
                    Type::Map(of) => Form::Map(inner(of)),
                    Type::Object(attributes) => {
                        Form::Object(attributes.iter().map(|(name, ty)| (name.as_str(), inner(ty))).collect())
                    }
                }
            }
        }
    }

    /// What null means: repeated blocks are empty, never null.
    fn absent(self) -> Value {
        match self {
            Shape::Nested(NestedBlock { nesting: Nesting::List, .. }) => Value::List(Vec::new()),
            Shape::Nested(NestedBlock { nesting: Nesting::Set, .. }) => Value::Set(Vec::new()),
            _ => Value::Null,
        }
    }
}

fn fields(block: &Block) -> Vec<(&str, Shape<'_>)> {
    let attributes = block.attributes.iter().map(|attribute| {
        let shape = Shape::Type { ty: &attribute.ty, sensitive: attribute.sensitive };
        (attribute.name.as_str(), shape)
    });
    let blocks = block.blocks.iter().map(|nested| (nested.name.as_str(), Shape::Nested(nested)));
    attributes.chain(blocks).collect()
}

/// Reads a value in whichever encoding it came.
pub fn decode(wire: &pb::DynamicValue, shape: Shape<'_>) -> Result<Value, ValueError> {
    if !wire.msgpack.is_empty() {
        check_length(&wire.msgpack)?;
        msgpack::decode(&wire.msgpack, shape)
    } else if !wire.json.is_empty() {
        check_length(&wire.json)?;
        json::decode(&wire.json, shape, json::Reading::Exact)
    } else {
        Err(ValueError::new("there is no value"))
    }
}

/// Reads the JSON of a state file, which an older schema may have written: what is absent is null, what the
/// schema does not know is dropped. A wrong type is still a problem.
pub fn decode_state(json: &[u8], shape: Shape<'_>) -> Result<Value, ValueError> {
    check_length(json)?;
    json::decode(json, shape, json::Reading::Lenient)
}

/// Writes a value. What does not fit the shape is written as null and listed: one wrong attribute must not cost
/// a user the state of an object that exists.
pub fn encode(value: &Value, shape: Shape<'_>) -> (pb::DynamicValue, Vec<ValueError>) {
    let (msgpack, problems) = msgpack::encode(value, shape);
    let wire = pb::DynamicValue { msgpack, json: Vec::new() };
    (wire, problems)
}

/// Writes a state in the encoding that states are kept in, JSON, as far as that can hold it.
pub fn encode_state(value: &Value, shape: Shape<'_>) -> (pb::DynamicValue, Vec<ValueError>) {
    match json::encode(value, shape) {
        Some(json) => (pb::DynamicValue { msgpack: Vec::new(), json }, Vec::new()),
        None => encode(value, shape),
    }
}

/// A step into a set. Which member it was is not said: members have no position.
fn set_member(_: i64) -> Step {
    Step::Member(Value::Null)
}

fn check_length(bytes: &[u8]) -> Result<(), ValueError> {
    if bytes.len() > LONGEST {
        return Err(ValueError::new(format!(
            "{} bytes are more than a value may have ({LONGEST})",
            bytes.len()
        )));
    }
    Ok(())
}
