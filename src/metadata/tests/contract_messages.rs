//! Tests that the messages of the contract test contain the lines to write and the name of the file.

use serde_json::{Value as Json, json};

use super::contract::differences;
use crate::metadata::{Field, MetadataType, NEWEST_VERSION};

/// The differences between a table with one row and a contract with these elements.
fn of(field: Field, elements: &Json, enums: &Json) -> String {
    let kind: &'static MetadataType = Box::leak(Box::new(MetadataType {
        name: "ShopType",
        settings_member: None,
        directory: "shops",
        suffix: "shop",
        fields: Box::leak(Box::new([field])),
        dropped: &[],
        labeled_by_name: None,
        usual_suffixes: &[],
        is_policy: false,
        unmapped: &[],
    }));
    let types = json!({ "Inner": { "elements": [] } });
    let json = json!({
        "name": "ShopType", "directory": "shops", "suffix": "shop",
        "elements": elements, "types": types, "enums": enums,
    });
    differences(kind, json).join("\n")
}

fn element(ty: &str) -> Json {
    json!({ "name": "mode", "type": ty, "required": false, "repeated": false, "since": 57, "evidence": "wsdl" })
}

fn word() -> Field {
    Field::one_of("mode", "mode", &["Off", "On"])
}

const FILE: &str = "proto/salesforce/ShopType.json";

#[test]
fn a_matching_row_has_no_message() {
    let documented = |ty: &str, values: Json| {
        let mut line = element(ty);
        line["documented_values"] = values;
        json!([line])
    };
    for (field, elements, enums) in [
        (Field::bool("mode", "mode"), json!([element("boolean")]), json!({})),
        (Field::int("mode", "mode"), json!([element("int")]), json!({})),
        (Field::text("mode", "mode"), json!([element("string")]), json!({})),
        (word(), json!([element("Mode")]), json!({ "Mode": ["Off", "On"] })),
        (word().any_case(), documented("string", json!(["Off", "On"])), json!({})),
    ] {
        assert_eq!(of(field, &elements, &enums), "");
    }
}

#[test]
fn a_wrong_type_names_both_types_and_the_file() {
    let mut numbers = element("int");
    numbers["documented_values"] = json!([1, 2]);
    for (field, line, row, needed) in [
        (Field::bool("mode", "mode"), element("string"), "Field::bool", "\"boolean\""),
        (Field::int("mode", "mode"), element("boolean"), "Field::int", "\"int\""),
        (Field::text("mode", "mode"), element("int"), "Field::text", "\"string\""),
        (Field::lines("mode", "mode"), element("int"), "Field::lines", "\"string\""),
        (word(), element("string"), "without any_case()", "an entry of \"enums\""),
        (word().any_case(), element("Mode"), "with any_case()", "\"string\""),
        // A number with documented values is not an enum.
        (Field::one_of("mode", "mode", &["1", "2"]), numbers, "Field::one_of", "an entry of \"enums\""),
    ] {
        let found = of(field, &json!([line]), &json!({ "Mode": ["Off", "On"] }));
        let there = format!("There it is {}", line["type"]);
        for words in ["ShopType mode: ", row, needed, FILE, &there] {
            assert!(found.contains(words), "{words}: {found}");
        }
        assert_eq!(found.lines().count(), 1, "{found}");
    }
}

#[test]
fn a_missing_element_is_printed_as_lines_to_add() {
    for (field, lines) in [
        (Field::bool("mode", "mode"), &[r#"{"name": "mode", "type": "boolean", "required": false, "#][..]),
        (
            Field::text("mode", "mode").since(66),
            &[r#""type": "string""#, r#""since": 66, "evidence": "wsdl"}"#],
        ),
        (word(), &[r#""type": "<EnumName>""#, r#"entry to "enums""#, r#""<EnumName>": ["Off", "On"]"#]),
        (word().any_case(), &[r#""type": "string""#, r#""wsdl", "documented_values": ["Off", "On"]}"#]),
        (Field::blocks("mode", "mode", &[]), &[r#""repeated": true"#, r#""<TypeName>": {"elements": ["#]),
        (Field::bool("mode", "group/mode"), &["no element group", r#""name": "group""#, r#""types""#]),
    ] {
        let found = of(field, &json!([]), &json!({}));
        for words in lines.iter().chain(&[FILE]) {
            assert!(found.contains(words), "{words}: {found}");
        }
    }
    let group =
        json!([{ "name": "group", "type": "Inner", "required": false, "repeated": false, "since": 57 }]);
    let found = of(Field::bool("mode", "group/mode"), &group, &json!({}));
    assert!(found.contains(r#""elements" of "types"."Inner""#), "{found}");
}

#[test]
fn different_values_are_listed_with_what_to_add() {
    for (field, ty, enums, expected) in [
        (word(), "Mode", json!({}), &[r#"add to "enums" "Mode": ["Off", "On"]"#][..]),
        (word().any_case(), "string", json!({}), &[r#"add to its line "documented_values": ["Off", "On"]"#]),
        (
            word(),
            "Mode",
            json!({ "Mode": ["Off", "Auto"] }),
            &[
                r#"the row has the values ["Off", "On"]"#,
                r#"has ["Off", "Auto"] in "enums"."Mode""#,
                r#"Add ["On"] to "enums"."Mode". Add ["Auto"] to the row"#,
            ],
        ),
        (word(), "Mode", json!({ "Mode": ["On", "Off"] }), &["Use the order of the contract in the row"]),
    ] {
        let found = of(field, &json!([element(ty)]), &enums);
        for words in expected.iter().chain(&[FILE]) {
            assert!(found.contains(words), "{words}: {found}");
        }
    }
}

#[test]
fn another_api_version_says_which_one_to_write() {
    let newer = NEWEST_VERSION + 1;
    let mut line = element("boolean");
    line["since"] = json!(newer);
    for elements in [json!([line]), json!([])] {
        let found = of(Field::bool("mode", "mode").since(newer), &elements, &json!({}));
        for words in [format!("since({newer})"), "NEWEST_VERSION in src/metadata/field.rs".to_owned()] {
            assert!(found.contains(&words), "{words}: {found}");
        }
    }
    line["since"] = json!(62);
    let found = of(Field::bool("mode", "mode"), &json!([line]), &json!({}));
    for words in ["the row has since(60)", "\"since\": 62", "needs since(62)", FILE] {
        assert!(found.contains(words), "{words}: {found}");
    }
}
