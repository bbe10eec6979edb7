//! Decodes values from msgpack or JSON and encodes them, according to a schema. A value that does not match the schema
//! results in a [`ValueError`] with a path.
//!
//! Not here: protocol messages (`from_proto`, `to_proto`).

mod json;
mod msgpack;
#[cfg(any(test, fuzzing))]
pub mod property;
#[cfg(test)]
mod tests;

use super::generated::tfplugin5 as pb;
use crate::provider::{Block, NestedBlock, Nesting};
use crate::value::{Path, Step, Type, Value};

/// The deepest nesting accepted.
const DEEPEST: usize = 64;
/// The longest encoded value accepted.
const LONGEST: usize = 16 * 1024 * 1024;

/// Why a value is invalid, with its path. Never contains the value, which can be a secret.
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

    /// The same error with a step added in front of the path.
    fn under(mut self, step: Step) -> ValueError {
        self.path.0.insert(0, step);
        self
    }
}

/// The schema of a value: its type, which strings can be secrets, and the value of omitted blocks.
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
    /// The shape of a type without secrets.
    pub fn plain(ty: &'a Type) -> Shape<'a> {
        Shape::Type { ty, sensitive: false }
    }

    fn form(self) -> Form<'a> {
        match self {
            Shape::Block(block) => Form::Object(fields(block)),
            Shape::Nested(nested) => match nested.nesting {
                Nesting::Single => Form::Object(fields(&nested.block)),
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

    /// The value that null is decoded as. Repeated blocks are empty, never null.
    fn absent(self) -> Value {
        match self {
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

/// Decodes a value from msgpack or JSON.
pub fn decode(wire: &pb::DynamicValue, shape: Shape<'_>) -> Result<Value, ValueError> {
    if !wire.msgpack.is_empty() {
        check_length(&wire.msgpack)?;
        msgpack::decode(&wire.msgpack, shape)
    } else if !wire.json.is_empty() {
        check_length(&wire.json)?;
        json::decode(&wire.json, shape, json::Reading::Exact)
    } else {
        Err(ValueError::new("the value is missing"))
    }
}

/// Decodes the JSON of a state file, possibly of an older schema: absent attributes are null, and unknown attributes
/// are dropped. A wrong type is an error.
pub fn decode_state(json: &[u8], shape: Shape<'_>) -> Result<Value, ValueError> {
    check_length(json)?;
    json::decode(json, shape, json::Reading::Lenient)
}

/// Encodes a value. Parts that do not match the schema are encoded as null and reported, so that the state of an
/// existing object is not lost because of one wrong attribute.
pub fn encode(value: &Value, shape: Shape<'_>) -> (pb::DynamicValue, Vec<ValueError>) {
    let (msgpack, problems) = msgpack::encode(value, shape);
    let wire = pb::DynamicValue { msgpack, json: Vec::new() };
    (wire, problems)
}

/// Encodes a state as JSON, or as msgpack if JSON cannot represent it.
pub fn encode_state(value: &Value, shape: Shape<'_>) -> (pb::DynamicValue, Vec<ValueError>) {
    match json::encode(value, shape) {
        Some(json) => (pb::DynamicValue { msgpack: Vec::new(), json }, Vec::new()),
        None => encode(value, shape),
    }
}

/// A step into a set. Members of sets have no position.
fn set_member(_: i64) -> Step {
    Step::Member(Value::Null)
}

fn check_length(bytes: &[u8]) -> Result<(), ValueError> {
    if bytes.len() > LONGEST {
        return Err(ValueError::new(format!("{} bytes exceed the maximum of {LONGEST}", bytes.len())));
    }
    Ok(())
}
