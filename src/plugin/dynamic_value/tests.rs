//! Compares values with hand-written bytes in Terraform's encoding. Round trips alone would not detect an error that
//! occurs in both directions.

use proptest::prelude::*;

use super::*;
use crate::provider::Attribute;
use crate::secret::Secret;

fn attribute(name: &str, ty: Type) -> Attribute {
    Attribute::optional(name, ty, "")
}

fn sensitive(name: &str) -> Attribute {
    Attribute { sensitive: true, ..attribute(name, Type::String) }
}

fn nested(name: &str, nesting: Nesting) -> NestedBlock {
    NestedBlock {
        name: name.to_owned(),
        nesting,
        block: Block { attributes: vec![attribute("a", Type::String)], ..Block::default() },
    }
}

fn msgpack(bytes: &[u8]) -> pb::DynamicValue {
    pb::DynamicValue { msgpack: bytes.to_vec(), json: Vec::new() }
}

fn json(text: &str) -> pb::DynamicValue {
    pb::DynamicValue { msgpack: Vec::new(), json: text.as_bytes().to_vec() }
}

fn read(bytes: &[u8], ty: &Type) -> Result<Value, ValueError> {
    decode(&msgpack(bytes), Shape::plain(ty))
}

fn written(value: &Value, ty: &Type) -> Vec<u8> {
    let (wire, problems) = encode(value, Shape::plain(ty));
    assert_eq!(problems, []);
    wire.msgpack
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

/// Checks that the bytes decode to the value and the value encodes to the bytes.
fn check(bytes: &[u8], ty: &Type, value: &Value) {
    assert_eq!(&read(bytes, ty).unwrap(), value, "{bytes:02x?}");
    assert_eq!(written(value, ty), bytes, "{value:?}");
}

#[test]
fn plain_values_have_the_encoding_of_terraform() {
    check(&[0xc0], &Type::String, &Value::Null);
    check(&[0xc3], &Type::Bool, &Value::Bool(true));
    check(&[0xc2], &Type::Bool, &Value::Bool(false));
    check(b"\xa2hi", &Type::String, &Value::text("hi"));
    check(b"\xa0", &Type::String, &Value::text(""));
    check(b"\xa4\xf0\x9f\xa6\x80", &Type::String, &Value::text("🦀"));
    check(b"\x92\xa1b\xa1a", &Type::list(Type::String), &Value::List(vec!["b".into(), "a".into()]));
    check(
        b"\x81\xa1k\xc3",
        &Type::map(Type::Bool),
        &Value::Map([("k".to_owned(), Value::Bool(true))].into()),
    );
}

#[test]
fn numbers_are_integers_floats_or_decimal_strings() {
    let ty = Type::Number;
    check(&[0x1e], &ty, &Value::int(30));
    check(&[0xff], &ty, &Value::int(-1));
    check(&[0xcd, 0x01, 0x00], &ty, &Value::int(256));
    check(&[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], &ty, &Value::int(i64::MIN));
    check(&[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0], &ty, &number("0.5"));
    check(b"\xa30.1", &ty, &number("0.1"));
    check(b"\xbe123456789012345678901234567890", &ty, &number("123456789012345678901234567890"));
    // Other encodings: a u64 above the maximum of i64, a float whose exact value has many digits, and an exponent.
    assert_eq!(
        read(&[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], &ty),
        Ok(number("18446744073709551615"))
    );
    assert_eq!(
        read(&[0xcb, 0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], &ty),
        Ok(number("0.1000000000000000055511151231257827021181583404541015625"))
    );
    assert_eq!(read(b"\xa31e3", &ty), Ok(Value::int(1000)));
    for not_finite in [
        [0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
        [0xcb, 0xff, 0xf0, 0, 0, 0, 0, 0, 0],
        [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
    ] {
        assert!(read(&not_finite, &ty).is_err());
    }
}

#[test]
fn unknown_values_are_decoded_with_and_without_refinements() {
    check(&[0xd4, 0x00, 0x00], &Type::String, &Value::Unknown);
    // Ext 12: {1: not null, 2: "pre-"}, as Terraform sends for "pre-${unknown}".
    let refined = b"\xc7\x09\x0c\x82\x01\xc2\x02\xa4pre-";
    assert_eq!(read(refined, &Type::String), Ok(Value::Unknown));
    for ty in [Type::Bool, Type::Number, Type::list(Type::String), Type::Object(vec![])] {
        assert_eq!(read(&[0xd4, 0x00, 0x00], &ty), Ok(Value::Unknown));
        assert_eq!(read(refined, &ty), Ok(Value::Unknown));
    }
    assert_eq!(
        read(b"\x92\xa1a\xd4\x00\x00", &Type::set(Type::String)),
        Ok(Value::set(vec!["a".into(), Value::Unknown]))
    );
}

#[test]
fn sets_have_no_order() {
    let ty = Type::set(Type::String);
    assert_eq!(read(b"\x92\xa1b\xa1a", &ty), read(b"\x92\xa1a\xa1b", &ty));
}

#[test]
fn objects_must_have_every_attribute() {
    let ty = Type::Object(vec![("a".into(), Type::String), ("b".into(), Type::Number)]);
    let value = Value::object([("a", "x".into()), ("b", Value::Null)]);
    check(b"\x82\xa1a\xa1x\xa1b\xc0", &ty, &value);
    assert_eq!(read(b"\x82\xa1b\xc0\xa1a\xa1x", &ty), Ok(value));
    // Omitted attributes are null.
    assert_eq!(written(&Value::object([("b", Value::int(1))]), &ty), b"\x82\xa1a\xc0\xa1b\x01");
    let path = |bytes: &[u8]| read(bytes, &ty).unwrap_err().path.to_string();
    assert_eq!(path(b"\x81\xa1a\xa1x"), "b");
    assert_eq!(path(b"\x83\xa1a\xc0\xa1b\xc0\xa1c\xc0"), "c");
    assert_eq!(path(b"\x82\xa1a\xc0\xa1a\xc0"), "a");
}

#[test]
fn omitted_blocks_are_empty_or_null() {
    let block = Block {
        blocks: vec![nested("l", Nesting::Set), nested("s", Nesting::Set), nested("one", Nesting::Single)],
        ..Block::default()
    };
    let shape = Shape::Block(&block);
    let bytes = b"\x83\xa1l\x91\x81\xa1a\xa1x\xa1s\x90\xa3one\xc0";
    let value = Value::object([
        ("l", Value::Set(vec![Value::object([("a", "x".into())])])),
        ("s", Value::Set(vec![])),
        ("one", Value::Null),
    ]);
    assert_eq!(decode(&msgpack(bytes), shape), Ok(value.clone()));
    assert_eq!(encode(&value, shape), (msgpack(bytes), vec![]));
    // A repeated block is never encoded as null, and null is decoded as empty.
    let (wire, _) = encode(&Value::object::<String>([]), shape);
    assert_eq!(wire.msgpack, b"\x83\xa1l\x90\xa1s\x90\xa3one\xc0");
    assert_eq!(decode(&msgpack(b"\x83\xa1l\xc0\xa1s\xc0\xa3one\xc0"), shape), Ok(block.empty()));
    // A destroyed object is null.
    assert_eq!(decode(&msgpack(&[0xc0]), shape), Ok(Value::Null));
    assert_eq!(encode(&Value::Null, shape).0.msgpack, [0xc0]);
}

#[test]
fn an_error_has_the_path_but_not_the_value() {
    let ty = Type::Object(vec![("m".into(), Type::map(Type::list(Type::Number)))]);
    let problem = read(b"\x81\xa1m\x81\xa1k\x92\x01\xa6secret", &ty).unwrap_err();
    assert_eq!(problem.path.to_string(), "m[\"k\"][1]");
    assert!(!problem.what.contains("secret"));
    let problem = decode(&json(r#"{"m":{"k":[1,"secret"]}}"#), Shape::plain(&ty)).unwrap_err();
    assert_eq!(problem.path.to_string(), "m[\"k\"][1]");
    assert!(!problem.what.contains("secret"));
}

#[test]
fn secrets_are_allowed_only_in_sensitive_attributes() {
    let block =
        Block { attributes: vec![sensitive("hidden"), attribute("shown", Type::String)], ..Block::default() };
    let value = Value::object([
        ("hidden", Value::Secret(Secret::new("s1"))),
        ("shown", Value::Secret(Secret::new("s2"))),
    ]);
    let (wire, problems) = encode(&value, Shape::Block(&block));
    assert_eq!(wire.msgpack, b"\x82\xa6hidden\xa2s1\xa5shown\xc0");
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].path.to_string(), "shown");
}

#[test]
fn a_wrong_attribute_does_not_affect_others() {
    let ty = Type::Object(vec![("a".into(), Type::Bool), ("b".into(), Type::String)]);
    let value = Value::object([("a", "x".into()), ("b", "y".into()), ("c", Value::Null)]);
    let (wire, problems) = encode(&value, Shape::plain(&ty));
    assert_eq!(wire.msgpack, b"\x82\xa1a\xc0\xa1b\xa1y");
    let paths: Vec<_> = problems.iter().map(|problem| problem.path.to_string()).collect();
    assert_eq!(paths, ["c", "a"]);
}

#[test]
fn malformed_bytes_are_errors() {
    let ty = Type::list(Type::String);
    let deep = vec![0x91; 1_000_000];
    for bytes in [
        &deep[..],
        &[0xdd, 0xff, 0xff, 0xff, 0xff],
        &[0xdf, 0xff, 0xff, 0xff, 0xff],
        &[0xdb, 0xff, 0xff, 0xff, 0xff],
        &[0xc6, 0xff, 0xff, 0xff, 0xff],
        &[0xc9, 0xff, 0xff, 0xff, 0xff],
        &[0x91, 0xa1, 0xff],
        &[0x90, 0x90],
        &[0x91, 0x01],
        &[],
    ] {
        assert!(read(bytes, &ty).is_err());
    }
    let deep = "[".repeat(1_000_000);
    for text in [&deep, "{", "[1]", "\"x\"", "[\"a\"] x", "nul"] {
        assert!(decode(&json(text), Shape::plain(&ty)).is_err(), "{:.20}", text);
    }
    assert!(read(&vec![0xc0; LONGEST + 1], &ty).is_err());
    assert!(decode_state(&vec![b' '; LONGEST + 1], Shape::plain(&ty)).is_err());
}

#[test]
fn brackets_in_strings_do_not_count_as_nesting() {
    let text = format!("[{:?}]", "[".repeat(200) + "\\\"");
    assert!(decode(&json(&text), Shape::plain(&Type::list(Type::String))).is_ok());
}

#[test]
fn the_state_of_an_older_schema_is_decoded_leniently() {
    let block = Block {
        attributes: vec![attribute("a", Type::String), attribute("n", Type::Number)],
        blocks: vec![nested("l", Nesting::Set)],
        ..Block::default()
    };
    let shape = Shape::Block(&block);
    let state = |text: &str| decode_state(text.as_bytes(), shape);
    assert_eq!(state("{}"), Ok(block.empty()));
    assert_eq!(
        state(r#"{"removed":[1,{}],"n":123456789012345678901234567890.5,"l":[{"a":"x","b":1}]}"#),
        Ok(Value::object([
            ("a", Value::Null),
            ("n", number("123456789012345678901234567890.5")),
            ("l", Value::Set(vec![Value::object([("a", "x".into())])])),
        ]))
    );
    assert_eq!(state(r#"{"a":1}"#).unwrap_err().path.to_string(), "a");
    assert_eq!(state(r#"{"l":[{"a":[]}]}"#).unwrap_err().path.to_string(), "l[…].a");
    // Other JSON is decoded as strictly as msgpack.
    assert!(decode(&json(r#"{"a":null,"n":null}"#), shape).is_err());
    assert!(decode(&json(r#"{"a":null,"n":null,"l":[],"x":null}"#), shape).is_err());
    assert!(decode(&json(r#"{"a":null,"n":null,"l":[]}"#), shape).is_ok());
}

/// A type and a value of this type, possibly null or unknown.
fn typed_value() -> impl Strategy<Value = (Type, Value)> {
    let text = "[a-z\u{e9}]{0,40}";
    let maybe = |ty: Type, known: BoxedStrategy<Value>| {
        let value = prop_oneof![8 => known, 1 => Just(Value::Null), 1 => Just(Value::Unknown)];
        value.prop_map(move |value| (ty.clone(), value))
    };
    let number = "-?[0-9]{1,40}(\\.[0-9]{1,40})?(e-?[0-9]{1,3})?"
        .prop_map(|text| Value::Number(text.parse().unwrap()))
        .boxed();
    let leaf = prop_oneof![
        maybe(Type::Bool, any::<bool>().prop_map(Value::Bool).boxed()),
        maybe(Type::String, text.prop_map(Value::Text).boxed()),
        maybe(Type::Number, any::<i64>().prop_map(Value::int).boxed()),
        maybe(Type::Number, number),
    ];
    leaf.prop_recursive(4, 64, 5, |inner| {
        prop_oneof![
            (inner.clone(), 0..4usize)
                .prop_map(|((ty, value), count)| (Type::list(ty), Value::List(vec![value; count]))),
            inner.clone().prop_map(|(ty, value)| (Type::set(ty), Value::set(vec![value]))),
            (inner.clone(), "[a-z]{0,5}")
                .prop_map(|((ty, value), key)| (Type::map(ty), Value::Map([(key, value)].into()))),
            proptest::collection::btree_map("[a-z_]{1,8}", inner, 0..5).prop_map(|fields| {
                let types = fields.iter().map(|(name, (ty, _))| (name.clone(), ty.clone()));
                let ty = Type::Object(types.collect());
                (ty, Value::object(fields.into_iter().map(|(name, (_, value))| (name, value))))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn msgpack_round_trips((ty, value) in typed_value()) {
        let bytes = written(&value, &ty);
        prop_assert_eq!(read(&bytes, &ty), Ok(value));
    }

    #[test]
    fn json_round_trips((ty, value) in typed_value()) {
        let (wire, problems) = encode_state(&value, Shape::plain(&ty));
        prop_assert_eq!(problems, Vec::new());
        prop_assert_eq!(wire.json.is_empty(), !value.is_wholly_known(), "JSON holds all but unknown values");
        prop_assert_eq!(decode(&wire, Shape::plain(&ty)), Ok(value));
    }

    #[test]
    fn any_bytes_are_a_value_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200), (ty, _) in typed_value()) {
        let _ = read(&bytes, &ty);
        let _ = decode_state(&bytes, Shape::plain(&ty));
    }

    #[test]
    fn damaged_values_are_values_or_errors((ty, value) in typed_value(), at: prop::sample::Index, byte: u8) {
        let mut bytes = written(&value, &ty);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&bytes, &ty);
    }
}
