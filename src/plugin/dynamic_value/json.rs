//! Values as JSON, for state files and other values that Terraform sends as JSON. JSON cannot represent unknown values.

use std::collections::BTreeMap;

use serde_json::Value as Wire;

use super::{DEEPEST, Form, Shape, ValueError, set_member};
use crate::value::{Step, Value};

/// How strictly objects are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// All attributes are required, and no others are allowed.
    Exact,
    /// Absent attributes are null, and unknown attributes are dropped.
    Lenient,
}

pub fn decode(bytes: &[u8], shape: Shape<'_>, reading: Reading) -> Result<Value, ValueError> {
    if depth(bytes) > DEEPEST {
        return Err(ValueError::new(format!("nested deeper than {DEEPEST} levels")));
    }
    // The error contains only the position, because messages of serde_json can contain the value.
    let wire: Wire = serde_json::from_slice(bytes).map_err(|error| {
        let place = (error.line(), error.column());
        ValueError::new(format!("not valid JSON (line {}, column {})", place.0, place.1))
    })?;
    read(wire, shape, reading)
}

fn read(wire: Wire, shape: Shape<'_>, reading: Reading) -> Result<Value, ValueError> {
    match (shape.form(), wire) {
        (_, Wire::Null) => Ok(shape.absent()),
        (Form::Bool, Wire::Bool(value)) => Ok(Value::Bool(value)),
        (Form::Number, Wire::Number(number)) => match number.to_string().parse() {
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => Err(ValueError::new("not a number that can be represented exactly")),
        },
        (Form::Text { .. }, Wire::String(text)) => Ok(Value::Text(text)),
        (Form::List(of), Wire::Array(members)) => {
            read_members(members, of, reading, Step::Index).map(Value::List)
        }
        (Form::Set(of), Wire::Array(members)) => {
            read_members(members, of, reading, set_member).map(Value::set)
        }
        (Form::Map(of), Wire::Object(entries)) => {
            let mut map = BTreeMap::new();
            for (key, wire) in entries {
                let value =
                    read(wire, of, reading).map_err(|problem| problem.under(Step::Key(key.clone())))?;
                map.insert(key, value);
            }
            Ok(Value::Map(map))
        }
        (Form::Object(fields), Wire::Object(entries)) => read_object(entries, &fields, reading),
        (form, wire) => Err(ValueError::expected(form.name(), name(&wire))),
    }
}

/// A value as JSON. `None` if it has unknown values or secrets, or does not match the shape.
pub fn encode(value: &Value, shape: Shape<'_>) -> Option<Vec<u8>> {
    write(value, shape).map(|wire| wire.to_string().into_bytes())
}

fn write(value: &Value, shape: Shape<'_>) -> Option<Wire> {
    let array =
        |members: &[Value], of| members.iter().map(|member| write(member, of)).collect::<Option<Vec<Wire>>>();
    Some(match (shape.form(), value) {
        (_, Value::Null) => match shape.absent() {
            Value::Null => Wire::Null,
            _ => Wire::Array(Vec::new()),
        },
        (Form::Bool, Value::Bool(value)) => Wire::Bool(*value),
        (Form::Number, Value::Number(number)) => Wire::Number(number.to_string().parse().ok()?),
        (Form::Text { .. }, Value::Text(text)) => Wire::String(text.clone()),
        (Form::List(of), Value::List(members)) | (Form::Set(of), Value::Set(members)) => {
            Wire::Array(array(members, of)?)
        }
        (Form::Map(of), Value::Map(entries)) => {
            let entries = entries.iter().map(|(key, value)| Some((key.clone(), write(value, of)?)));
            Wire::Object(entries.collect::<Option<_>>()?)
        }
        (Form::Object(fields), Value::Object(entries)) => {
            let known = |name: &String| fields.iter().any(|(field, _)| field == name);
            if !entries.keys().all(known) {
                return None;
            }
            let fields = fields
                .iter()
                .map(|(name, shape)| Some(((*name).to_owned(), write(value.get(name), *shape)?)));
            Wire::Object(fields.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn read_members(
    members: Vec<Wire>,
    of: Shape<'_>,
    reading: Reading,
    step: fn(i64) -> Step,
) -> Result<Vec<Value>, ValueError> {
    (0..)
        .zip(members)
        .map(|(index, wire)| read(wire, of, reading).map_err(|problem| problem.under(step(index))))
        .collect()
}

fn read_object(
    mut entries: serde_json::Map<String, Wire>,
    fields: &[(&str, Shape<'_>)],
    reading: Reading,
) -> Result<Value, ValueError> {
    let mut object = BTreeMap::new();
    for (name, shape) in fields {
        let at = |problem: ValueError| problem.under(Step::Attribute((*name).to_owned()));
        let value = match (entries.remove(*name), reading) {
            (Some(wire), _) => read(wire, *shape, reading).map_err(at)?,
            (None, Reading::Lenient) => shape.absent(),
            (None, Reading::Exact) => return Err(at(ValueError::new("missing"))),
        };
        object.insert((*name).to_owned(), value);
    }
    match (entries.into_iter().next(), reading) {
        (Some((name, _)), Reading::Exact) => {
            Err(ValueError::new("the schema has no such attribute").under(Step::Attribute(name)))
        }
        _ => Ok(Value::Object(object)),
    }
}

fn name(wire: &Wire) -> &'static str {
    match wire {
        Wire::Null => "null",
        Wire::Bool(_) => "a bool",
        Wire::Number(_) => "a number",
        Wire::String(_) => "a string",
        Wire::Array(_) => "a list",
        Wire::Object(_) => "an object",
    }
}

/// The nesting depth of brackets, determined without parsing.
fn depth(bytes: &[u8]) -> usize {
    let (mut deepest, mut depth): (usize, usize) = (0, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
