//! Values as msgpack in Terraform's format: unknown values are extension types, and numbers are integers, floats or
//! decimal strings, whichever is exact.

use std::collections::BTreeMap;

use rmpv::Value as Wire;

use super::{DEEPEST, Form, Shape, ValueError, set_member};
use crate::value::{Number, Path, Step, Value};

/// The extension type of an unknown value. Refined unknown values have type 12. All extension types are decoded as
/// unknown.
const UNKNOWN: i8 = 0;

pub fn decode(bytes: &[u8], shape: Shape<'_>) -> Result<Value, ValueError> {
    let mut rest = bytes;
    let wire = rmpv::decode::read_value_with_max_depth(&mut rest, DEEPEST)
        .map_err(|error| ValueError::new(format!("not valid msgpack: {error}")))?;
    if !rest.is_empty() {
        return Err(ValueError::new("not valid msgpack: bytes after the value"));
    }
    read(wire, shape)
}

fn read(wire: Wire, shape: Shape<'_>) -> Result<Value, ValueError> {
    match wire {
        Wire::Nil => return Ok(shape.absent()),
        Wire::Ext(..) => return Ok(Value::Unknown),
        _ => {}
    }
    match (shape.form(), wire) {
        (Form::Bool, Wire::Boolean(value)) => Ok(Value::Bool(value)),
        (Form::Number, wire) => number(wire).map(Value::Number),
        (Form::Text { .. }, wire @ Wire::String(_)) => text(wire).map(Value::Text),
        (Form::List(of), Wire::Array(members)) => read_members(members, of, Step::Index).map(Value::List),
        (Form::Set(of), Wire::Array(members)) => read_members(members, of, set_member).map(Value::set),
        (Form::Map(of), Wire::Map(entries)) => {
            let mut map = BTreeMap::new();
            for (key, wire) in entries {
                let key = text(key)?;
                let value = read(wire, of).map_err(|problem| problem.under(Step::Key(key.clone())))?;
                if map.insert(key.clone(), value).is_some() {
                    return Err(ValueError::new("duplicate").under(Step::Key(key)));
                }
            }
            Ok(Value::Map(map))
        }
        (Form::Object(fields), Wire::Map(entries)) => read_object(entries, &fields),
        (form, wire) => Err(ValueError::expected(form.name(), name(&wire))),
    }
}

fn read_members(members: Vec<Wire>, of: Shape<'_>, step: fn(i64) -> Step) -> Result<Vec<Value>, ValueError> {
    (0..)
        .zip(members)
        .map(|(index, wire)| read(wire, of).map_err(|problem| problem.under(step(index))))
        .collect()
}

/// Decodes an object. Terraform always sends all attributes of the schema, including null ones, and no others.
fn read_object(entries: Vec<(Wire, Wire)>, fields: &[(&str, Shape<'_>)]) -> Result<Value, ValueError> {
    let mut object = BTreeMap::new();
    for (key, wire) in entries {
        let key = text(key)?;
        let at = |problem: ValueError| problem.under(Step::Attribute(key.clone()));
        let Some((_, shape)) = fields.iter().find(|(name, _)| *name == key) else {
            return Err(at(ValueError::new("the schema has no such attribute")));
        };
        let value = read(wire, *shape).map_err(at)?;
        if object.insert(key.clone(), value).is_some() {
            return Err(ValueError::new("duplicate").under(Step::Attribute(key)));
        }
    }
    match fields.iter().find(|(name, _)| !object.contains_key(*name)) {
        Some((name, _)) => Err(ValueError::new("missing").under(Step::Attribute((*name).to_owned()))),
        None => Ok(Value::Object(object)),
    }
}

fn text(wire: Wire) -> Result<String, ValueError> {
    match wire {
        Wire::String(text) => text.into_str().ok_or_else(|| ValueError::new("a string that is not UTF-8")),
        other => Err(ValueError::expected("a string", name(&other))),
    }
}

fn number(wire: Wire) -> Result<Number, ValueError> {
    let parsed = match &wire {
        Wire::Integer(integer) => integer.to_string().parse(),
        Wire::F32(float) => exact(f64::from(*float)).parse(),
        Wire::F64(float) => exact(*float).parse(),
        Wire::String(decimal) => decimal.as_str().unwrap_or_default().parse(),
        other => return Err(ValueError::expected("a number", name(other))),
    };
    parsed.map_err(|_| ValueError::new("not a number that can be represented exactly"))
}

/// All digits of a float, not the shortest string that rounds to it.
fn exact(float: f64) -> String {
    const MOST_FRACTION_DIGITS: usize = 1074;
    format!("{float:.MOST_FRACTION_DIGITS$}")
}

fn name(wire: &Wire) -> &'static str {
    match wire {
        Wire::Nil => "null",
        Wire::Boolean(_) => "a bool",
        Wire::Integer(_) | Wire::F32(_) | Wire::F64(_) => "a number",
        Wire::String(_) => "a string",
        Wire::Binary(_) => "bytes",
        Wire::Array(_) => "a list",
        Wire::Map(_) => "a map",
        Wire::Ext(..) => "an unknown value",
    }
}

impl Form<'_> {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Form::Bool => "a bool",
            Form::Number => "a number",
            Form::Text { .. } => "a string",
            Form::List(_) => "a list",
            Form::Set(_) => "a set",
            Form::Map(_) => "a map",
            Form::Object(_) => "an object",
        }
    }
}

pub fn encode(value: &Value, shape: Shape<'_>) -> (Vec<u8>, Vec<ValueError>) {
    let mut writer = Writer::default();
    let wire = writer.write(value, shape);
    let mut bytes = Vec::new();
    if let Err(error) = rmpv::encode::write_value(&mut bytes, &wire) {
        writer.problem(format!("cannot be encoded: {error}"));
    }
    (bytes, writer.problems)
}

#[derive(Default)]
struct Writer {
    path: Vec<Step>,
    problems: Vec<ValueError>,
}

impl Writer {
    fn problem(&mut self, what: String) {
        self.problems.push(ValueError { path: Path(self.path.clone()), what });
    }

    fn at(&mut self, step: Step, value: &Value, shape: Shape<'_>) -> Wire {
        self.path.push(step);
        let wire = self.write(value, shape);
        self.path.pop();
        wire
    }

    fn write_members(&mut self, members: &[Value], of: Shape<'_>, step: fn(i64) -> Step) -> Wire {
        Wire::Array((0..).zip(members).map(|(index, member)| self.at(step(index), member, of)).collect())
    }

    fn write(&mut self, value: &Value, shape: Shape<'_>) -> Wire {
        match (shape.form(), value) {
            (_, Value::Unknown) => Wire::Ext(UNKNOWN, vec![0]),
            (_, Value::Null) => absent(shape),
            (Form::Bool, Value::Bool(value)) => Wire::Boolean(*value),
            (Form::Number, Value::Number(number)) => write_number(number),
            (Form::Text { .. }, Value::Text(text)) => Wire::from(text.as_str()),
            (Form::Text { sensitive: true }, Value::Secret(secret)) => Wire::from(secret.expose()),
            (Form::Text { sensitive: false }, Value::Secret(_)) => {
                self.problem("a secret in an attribute that is not sensitive".to_owned());
                Wire::Nil
            }
            (Form::List(of), Value::List(members)) => self.write_members(members, of, Step::Index),
            (Form::Set(of), Value::Set(members)) => self.write_members(members, of, set_member),
            (Form::Map(of), Value::Map(entries)) => Wire::Map(
                entries
                    .iter()
                    .map(|(key, value)| {
                        (Wire::from(key.as_str()), self.at(Step::Key(key.clone()), value, of))
                    })
                    .collect(),
            ),
            (Form::Object(fields), Value::Object(entries)) => {
                for name in entries.keys().filter(|name| fields.iter().all(|(field, _)| field != name)) {
                    self.path.push(Step::Attribute(name.clone()));
                    self.problem("the schema has no such attribute".to_owned());
                    self.path.pop();
                }
                Wire::Map(
                    fields
                        .into_iter()
                        .map(|(name, shape)| {
                            let wire = self.at(Step::Attribute(name.to_owned()), value.get(name), shape);
                            (Wire::from(name), wire)
                        })
                        .collect(),
                )
            }
            (form, value) => {
                self.problem(format!("expected {}, found {}", form.name(), kind(value)));
                absent(shape)
            }
        }
    }
}

/// Null, or an empty array for repeated blocks.
fn absent(shape: Shape<'_>) -> Wire {
    match shape.absent() {
        Value::Null => Wire::Nil,
        _ => Wire::Array(Vec::new()),
    }
}

/// Encodes a number exactly: as an integer or a float if possible, otherwise as a decimal string.
fn write_number(number: &Number) -> Wire {
    if let Some(integer) = number.as_i64() {
        return Wire::from(integer);
    }
    match number.as_f64() {
        Some(float)
            if float.is_finite() && exact(float).parse().as_ref() == Ok(number) && !number.is_whole() =>
        {
            Wire::F64(float)
        }
        _ => Wire::from(number.to_string()),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Unknown => "an unknown value",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::Text(_) => "a string",
        Value::Secret(_) => "a secret",
        Value::List(_) => "a list",
        Value::Set(_) => "a set",
        Value::Map(_) => "a map",
        Value::Object(_) => "an object",
    }
}
