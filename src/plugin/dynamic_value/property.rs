//! Properties of encoded values for any input: values round-trip in both encodings, refined unknown values stay
//! unknown, and excessive nesting is an error. Also generates values of a shape from bytes.

use std::collections::BTreeMap;

use rmpv::Value as Wire;

use super::{DEEPEST, Form, Shape, decode, decode_state, encode, encode_state, json, pb};
use crate::properties::{Choices, broken};
use crate::provider::{Attribute, Block, NestedBlock, Nesting};
use crate::value::{Type, Value};

/// Strings for generated values.
const WORDS: [&str; 20] = [
    "",
    "Shop",
    "shop__Shop",
    "Shop_oauth",
    "https://shop.example/callback",
    "Api",
    "RefreshToken",
    "AdminApprovedPreAuthorized",
    "00D000000000001",
    "10.0.0.1",
    "30m",
    "a@b.example",
    "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----",
    "é😀\u{202e}",
    "\0\u{7}\r\n",
    "'\"\\<&>",
    "null",
    " ",
    "%",
    "SpecificLifetime",
];
const NUMBERS: [&str; 10] = [
    "0",
    "1",
    "-1",
    "0.1",
    "1e30",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "123456789012345678901234567890.12345678901234567890",
];

/// A block with every kind of shape, including those that the provider's schemas do not have.
pub fn every_kind() -> Block {
    let attribute =
        |(name, ty): (&str, Type)| Attribute { computed: true, ..Attribute::optional(name, ty, "") };
    let inner = Type::Object(vec![("n".to_owned(), Type::Number), ("s".to_owned(), Type::set(Type::String))]);
    let types = [
        ("b", Type::Bool),
        ("n", Type::Number),
        ("s", Type::String),
        ("l", Type::list(Type::Number)),
        ("m", Type::Map(Box::new(Type::set(Type::Number)))),
        ("o", Type::set(inner)),
    ];
    let nested = |(name, nesting): (&str, Nesting)| NestedBlock {
        name: name.to_owned(),
        nesting,
        block: Block { attributes: vec![attribute(("n", Type::Number))], ..Block::default() },
    };
    let blocks = [("x", Nesting::Single), ("z", Nesting::Set)].map(nested);
    Block { attributes: types.map(attribute).into(), blocks: blocks.into(), ..Block::default() }
}

/// A value of a shape.
pub fn value(shape: Shape<'_>, choices: &mut Choices<'_>, may_be_unknown: bool) -> Value {
    match choices.below(8) {
        0..3 => return shape.absent(),
        3 if may_be_unknown => return Value::Unknown,
        _ => {}
    }
    inside(shape, choices, may_be_unknown)
}

/// A value of a shape. The value itself is neither null nor unknown, but its parts can be.
pub fn inside(shape: Shape<'_>, choices: &mut Choices<'_>, may_be_unknown: bool) -> Value {
    let members = |of, choices: &mut Choices<'_>| -> Vec<Value> {
        (0..choices.below(4)).map(|_| value(of, choices, may_be_unknown)).collect()
    };
    match shape.form() {
        Form::Bool => Value::Bool(choices.one_in(2)),
        Form::Number => choices.of(&NUMBERS).parse().map_or(Value::Null, Value::Number),
        Form::Text { .. } if choices.one_in(6) => Value::text(choices.text(12)),
        Form::Text { .. } => Value::text(choices.of(&WORDS)),
        Form::List(of) => Value::List(members(of, choices)),
        Form::Set(of) => Value::set(members(of, choices)),
        Form::Map(of) => Value::Map(
            members(of, choices)
                .into_iter()
                .map(|value| (choices.of(&WORDS).to_owned(), value))
                .collect::<BTreeMap<_, _>>(),
        ),
        Form::Object(fields) => {
            Value::object(fields.into_iter().map(|(name, of)| (name, value(of, choices, may_be_unknown))))
        }
    }
}

/// Decodes and encodes the bytes, and encodes and decodes generated values.
pub fn holds_for(blocks: &[&Block], data: &[u8]) {
    let mut choices = Choices::new(data);
    let Some(block) = blocks.get(choices.below(blocks.len())) else { return };
    let shape = Shape::Block(block);
    match choices.below(3) {
        0 => stays_the_same(&value(shape, &mut choices, true), shape),
        1 => is_read_safely(choices.rest(), shape),
        _ => {
            let (wire, _) = encode(&value(shape, &mut choices, true), shape);
            is_read_safely(&choices.mutated(&wire.msgpack), shape);
        }
    }
}

fn is_read_safely(bytes: &[u8], shape: Shape<'_>) {
    let read = decode(&pb::DynamicValue { msgpack: bytes.to_vec(), json: Vec::new() }, shape);
    match &read {
        Ok(value) => stays_the_same(value, shape),
        Err(problem) => assert!(problem.what.len() < 200, "{problem:?} is long"),
    }
    let mut rest = bytes;
    if let Ok(wire) = rmpv::decode::read_value_with_max_depth(&mut rest, 4 * DEEPEST) {
        assert!(read.is_err() || depth(&wire) <= DEEPEST, "{wire:?} is deep");
    }
    // The same bytes are also decoded as JSON.
    if let Ok(value) = decode_state(bytes, shape) {
        stays_the_same(&value, shape);
    }
    if let Ok(value) = json::decode(bytes, shape, json::Reading::Exact) {
        assert_eq!(decode_state(bytes, shape).as_ref(), Ok(&value), "what is exact is read alike");
    }
}

fn stays_the_same(value: &Value, shape: Shape<'_>) {
    let (wire, problems) = encode(value, shape);
    assert_eq!(problems, [], "{value:?}");
    assert_eq!(decode(&wire, shape).as_ref(), Ok(value), "msgpack");
    let mut rest = wire.msgpack.as_slice();
    match rmpv::decode::read_value_with_max_depth(&mut rest, DEEPEST) {
        Ok(plain) => {
            let mut msgpack = Vec::new();
            let written = rmpv::encode::write_value(&mut msgpack, &refined(plain));
            assert!(written.is_ok(), "{value:?}");
            let read = decode(&pb::DynamicValue { msgpack, json: Vec::new() }, shape);
            assert_eq!(read.as_ref(), Ok(value), "refined");
        }
        Err(error) => broken(format!("{error}: {value:?}")),
    }
    let (state, problems) = encode_state(value, shape);
    assert_eq!(problems, [], "{value:?}");
    assert_eq!(state.json.is_empty(), !value.is_wholly_known(), "{value:?}");
    assert_eq!(decode(&state, shape).as_ref(), Ok(value), "JSON");
    if !state.json.is_empty() {
        assert_eq!(decode_state(&state.json, shape).as_ref(), Ok(value), "JSON of a state");
    }
}

/// The value with refined unknown values, as newer versions of Terraform send them.
fn refined(wire: Wire) -> Wire {
    match wire {
        // The refinement: the value is not null.
        Wire::Ext(0, _) => Wire::Ext(12, vec![0x81, 0x01, 0xc2]),
        Wire::Array(members) => Wire::Array(members.into_iter().map(refined).collect()),
        Wire::Map(entries) => {
            Wire::Map(entries.into_iter().map(|(key, value)| (key, refined(value))).collect())
        }
        other => other,
    }
}

fn depth(wire: &Wire) -> usize {
    let inside = match wire {
        Wire::Array(members) => members.iter().map(depth).max(),
        Wire::Map(entries) => entries.iter().flat_map(|(key, value)| [depth(key), depth(value)]).max(),
        _ => return 0,
    };
    inside.unwrap_or_default().saturating_add(1)
}
