//! Generates, from the provider's schema, the table row for an attribute without a test. The error message of the test
//! in `schema.rs` contains these rows.

use super::table::{CLIENT, Resource};
use acceptance_tests::org::{
    APP, APP_SETTINGS, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, OIDC_SETTINGS, POLICIES,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// The metadata types and their constants.
const CONSTANTS: [(&str, &str); 7] = [
    (APP, "APP"),
    (APP_SETTINGS, "APP_SETTINGS"),
    (GLOBAL_OAUTH, "GLOBAL_OAUTH"),
    (OAUTH, "OAUTH"),
    (OAUTH_POLICIES, "OAUTH_POLICIES"),
    (OIDC_SETTINGS, "OIDC_SETTINGS"),
    (POLICIES, "POLICIES"),
];

const TABLE: &str = "acceptance-tests/tests/attributes/table.rs";
const ROTATION: &str = "salesforce_external_client_app_credential_rotation";

/// The row to add for each attribute without a test. `untested` contains paths such as `resource.attribute` or
/// `resource.block.attribute`. The row for a part also tests the attribute of `salesforce_oauth_client`.
pub fn all(untested: &BTreeSet<String>, schema: &Value) -> Vec<String> {
    let split = untested.iter().filter_map(|path| path.split_once('.'));
    let of_parts: BTreeSet<&str> =
        split.clone().filter(|(resource, _)| *resource != CLIENT).map(|(_, name)| name).collect();
    let is_covered = |(resource, name): &(&str, &str)| {
        let in_part = name.strip_prefix("policies.").unwrap_or(name);
        *resource == CLIENT && of_parts.contains(in_part)
    };
    split.filter(|one| !is_covered(one)).map(|(resource, name)| of(resource, name, schema)).collect()
}

fn of(resource: &str, name: &str, schema: &Value) -> String {
    let Some(part) = Resource::of_type(resource) else {
        let place = if resource == ROTATION {
            "a row in ATTRIBUTES in acceptance-tests/tests/acceptance/rotation.rs".to_owned()
        } else {
            format!("no part has it: write a separate test, or add a Resource in {TABLE}")
        };
        return format!("{resource}.{name}: {place}");
    };
    let column = column(&schema[resource]["block"], name);
    if column["optional"] != true && column["required"] != true {
        return format!("(Resource::{part:?}, \"{name}\"),    in COMPUTED");
    }
    row(part.constructor(), name, column)
}

fn column<'a>(block: &'a Value, name: &str) -> &'a Value {
    match name.split_once('.') {
        Some((nested, rest)) => column(&block["block_types"][nested]["block"], rest),
        None => &block["attributes"][name],
    }
}

fn row(constructor: &str, name: &str, column: &Value) -> String {
    let description = column["description"].as_str().unwrap_or_default();
    let default = between(description, "Defaults to `", "`");
    let [first, second] = values(column, description, default);
    let mut row = match name.split_once('.') {
        None => format!("switch!({constructor}, {name:?}, {first:?}, {second:?})"),
        Some((block, inner)) => {
            let lines = |value: &str| format!("{block} {{\n {inner} = {value}\n}}");
            format!("{constructor}({name:?}, {:?}, {:?})", lines(&first), lines(&second))
        }
    };
    if let Some((kind, element)) =
        between(description, "Metadata: `", "`").and_then(|place| place.split_once('.'))
    {
        let known = CONSTANTS.iter().find(|(name, _)| *name == kind);
        // The test reads the top-level element of the file, which contains the nested ones.
        let element = element.split('/').next().unwrap_or_default();
        row += &format!(".at({}, {element:?})", known.map_or(kind, |(_, constant)| constant));
    }
    if column["required"] == true {
        row += ".required()";
    } else if let Some(default) = default {
        row += &format!(".default({default:?})");
    } else if description.contains("the org keeps its value") {
        row += ".kept()";
    }
    if description.contains("Changing it replaces the resource") {
        row += ".replaces()";
    }
    row + ","
}

/// Two values in HCL. The first one differs from the default.
fn values(column: &Value, description: &str, default: Option<&str>) -> [String; 2] {
    let text = |value: &str| format!("{value:?}");
    let [first, second] = match (&column["type"], between(description, "One of `", "`.")) {
        (Value::String(ty), _) if ty == "bool" => ["true".to_owned(), "false".to_owned()],
        (Value::String(ty), _) if ty == "number" => ["1".to_owned(), "2".to_owned()],
        (Value::String(_), Some(words)) => {
            let mut words = words.split("`, `").map(text);
            [words.next().unwrap_or_default(), words.next().unwrap_or_default()]
        }
        (Value::Array(ty), _) if ty.first().is_some_and(|ty| ty == "map") => {
            ["{ a = \"x\" }".to_owned(), "{ b = \"y\" }".to_owned()]
        }
        (Value::Array(_), _) => ["[\"a\", \"b\"]".to_owned(), "[\"c\"]".to_owned()],
        _ => [text("a"), text("b")],
    };
    let is_default = default.is_some_and(|default| first.trim_matches('"') == default);
    if is_default { [second, first] } else { [first, second] }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_has_two_values_of_the_type_and_the_effect_of_omitting_it() {
        const KEPT: &str = "A. If omitted, not managed: the org keeps its value. \
                            Metadata: `ExtlClntAppOauthSettings.foo`, API 60.0.";
        for (ty, description, row) in [
            (json!("string"), KEPT, r#"switch!(settings, "foo", "\"a\"", "\"b\"").at(OAUTH, "foo").kept(),"#),
            (
                json!("string"),
                "A. One of `Off`, `On`, `Auto`. If omitted, the value is removed from the org. Changing it replaces \
                 the resource. Metadata: `ExtlClntAppGlobalOauthSettings.group/foo`, API 60.0 (`Auto`: 62.0).",
                r#"switch!(settings, "foo", "\"Off\"", "\"On\"").at(GLOBAL_OAUTH, "group").replaces(),"#,
            ),
            (
                json!("string"),
                "A. One of `Off`, `On`. Defaults to `Off`.",
                r#"switch!(settings, "foo", "\"On\"", "\"Off\"").default("Off"),"#,
            ),
            (json!("number"), KEPT, r#"switch!(settings, "foo", "1", "2").at(OAUTH, "foo").kept(),"#),
            (
                json!("bool"),
                "A. Defaults to `true`.",
                r#"switch!(settings, "foo", "false", "true").default("true"),"#,
            ),
            (json!(["set", "string"]), "A.", r#"switch!(settings, "foo", "[\"a\", \"b\"]", "[\"c\"]"),"#),
            (
                json!(["map", "string"]),
                "A.",
                r#"switch!(settings, "foo", "{ a = \"x\" }", "{ b = \"y\" }"),"#,
            ),
        ] {
            let column = json!({ "type": ty, "description": description, "optional": true });
            assert_eq!(super::row("settings", "foo", &column), row);
        }
        let column = json!({ "type": "number", "description": "", "required": true });
        assert_eq!(
            super::row("app", "block.foo", &column),
            r#"app("block.foo", "block {\n foo = 1\n}", "block {\n foo = 2\n}").required(),"#
        );
    }

    #[test]
    fn an_attribute_of_a_client_has_no_row_of_its_own() {
        let policies = Resource::Policies.type_name();
        let block = |name: &str| json!({ "attributes": { name: { "type": "number", "description": "", "optional": true } } });
        let schema = json!({ policies: { "block": block("foo") }, CLIENT: { "block": block("bar") } });
        let untested = [format!("{policies}.foo"), format!("{CLIENT}.policies.foo"), format!("{CLIENT}.bar")];
        let rows = all(&BTreeSet::from(untested), &schema);
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert_eq!(rows[0], "switch!(policies, \"foo\", \"1\", \"2\"),");
        assert!(rows[1].starts_with(&format!("{CLIENT}.bar: ")), "{rows:?}");
    }
}
