//! Errors inside values: the message names the block, the key or the member, and the path points to it.

use super::{object, spec, texts};
use crate::metadata::{Kind, Rule};
use crate::provider::catalog;
use crate::provider::diagnostics::Diagnostic;
use crate::provider::resource_spec::ResourceSpec;
use crate::provider::validate::{check, check_new_prose};
use crate::value::Value;

fn found(resource: &str, name: &str, value: Value) -> Vec<Diagnostic> {
    let mut config = object(resource, &[(spec(resource).subject_attribute(), "Shop".into())]);
    if resource.is_empty() {
        config.put("label", "Shop".into());
    }
    config.put(name, value);
    check(spec(resource), &config, std::time::SystemTime::UNIX_EPOCH).0
}

fn list(members: &[&str]) -> Value {
    Value::List(members.iter().map(|text| Value::text(*text)).collect())
}

fn map(entries: &[(&str, &str)]) -> Value {
    Value::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), Value::text(*value))).collect())
}

fn range(attributes: &[(&str, &str)]) -> Value {
    let mut block = Value::object([
        ("start_ip_address", Value::Null),
        ("end_ip_address", Value::Null),
        ("description", Value::Null),
    ]);
    for (name, text) in attributes {
        block.put(name, Value::text(*text));
    }
    block
}

#[test]
fn an_error_inside_a_value_names_the_cause_and_has_its_path() {
    const SETTINGS: &str = "_oauth_settings";
    const POLICIES: &str = "_policies";
    let start = [("start_ip_address", "10.0.0.9"), ("end_ip_address", "10.0.0.1")];
    for (resource, name, value, path, fragment) in [
        (
            SETTINGS,
            "trusted_ip_range",
            Value::set(vec![range(&[("start_ip_address", "10.0.0.256"), ("end_ip_address", "10.0.1.1")])]),
            "trusted_ip_range[…].start_ip_address",
            "In the block trusted_ip_range { end_ip_address = \"10.0.1.1\", start_ip_address = \"10.0.0.256\" }, start_ip_address: ",
        ),
        (
            SETTINGS,
            "trusted_ip_range",
            Value::set(vec![range(&start)]),
            "trusted_ip_range[…].start_ip_address",
            "start_ip_address: The address 10.0.0.9 is after end_ip_address = 10.0.0.1",
        ),
        (
            SETTINGS,
            "trusted_ip_range",
            Value::set(vec![range(&start[..1])]),
            "trusted_ip_range[…].end_ip_address",
            "end_ip_address is required",
        ),
        (
            SETTINGS,
            "trusted_ip_range",
            Value::set(vec![range(&[
                ("start_ip_address", "10.0.0.1\u{200B}"),
                ("end_ip_address", "10.0.0.2"),
            ])]),
            "trusted_ip_range[…].start_ip_address",
            "U+200B ZERO WIDTH SPACE at character 9",
        ),
        (
            SETTINGS,
            "custom_attributes",
            map(&[("", "User.City")]),
            "custom_attributes[\"\"]",
            "the blank key \"\"",
        ),
        (
            SETTINGS,
            "custom_attributes",
            map(&[(" ", "User.City")]),
            "custom_attributes[\" \"]",
            "the blank key \" \"",
        ),
        (
            SETTINGS,
            "custom_attributes",
            map(&[("a\u{200B}", "User.City")]),
            "custom_attributes[\"a\\u{200b}\"]",
            "In the key: The value contains U+200B",
        ),
        (
            SETTINGS,
            "custom_attributes",
            map(&[("a", "User.City\u{FEFF}")]),
            "custom_attributes[\"a\"]",
            "U+FEFF",
        ),
        (SETTINGS, "callback_urls", list(&["https://a/\u{200E}"]), "callback_urls[0]", "LEFT-TO-RIGHT MARK"),
        (SETTINGS, "callback_urls", list(&["https://u:p@a/"]), "callback_urls[0]", "username or a password"),
        (SETTINGS, "single_logout_url", "https://u@a.example/".into(), "single_logout_url", "username"),
        (SETTINGS, "oauth_scopes", texts(&["Api, Web"]), "oauth_scopes", "[\"Api\", \"Web\"]"),
        (SETTINGS, "oauth_scopes", texts(&["\u{410}pi"]), "oauth_scopes", "Cyrillic"),
        (SETTINGS, "custom_scopes", texts(&["a,b"]), "custom_scopes", "comma"),
        (SETTINGS, "oauth_link", "00D000000000001".into(), "oauth_link", "no colon"),
        ("", "logo_url", "https://u:p@a.example/l.png".into(), "logo_url", "username"),
        ("", "icon_url", "https://a.example/\u{200B}l.png".into(), "icon_url", "U+200B"),
        ("", "name", "Sh\u{43E}p".into(), "name", "at character 3 is Cyrillic"),
        ("", "name", "Shop\u{200B}".into(), "name", "U+200B ZERO WIDTH SPACE"),
        (
            "",
            "distribution_state",
            "L\u{43E}cal".into(),
            "distribution_state",
            "Cyrillic (U+043E), not the Latin o",
        ),
        ("", "contact_email", "ada\u{200B}@example.com".into(), "contact_email", "U+200B"),
        (POLICIES, "start_url", "https://u:p@a.example/".into(), "start_url", "username"),
        (POLICIES, "oauth_start_url", "https://u:p@a.example/".into(), "oauth_start_url", "username"),
        (POLICIES, "profiles", texts(&["Sales, EMEA"]), "profiles", "[\"Sales\", \"EMEA\"]"),
        (POLICIES, "profiles", texts(&["Sales\u{A0}"]), "profiles", "NO-BREAK SPACE at character 6"),
        (
            POLICIES,
            "profiles",
            texts(&["0PS000000000001AAA"]),
            "profiles",
            "the record ID of a permission set, not of a profile. Use the name or the ID of a profile. Use the attribute \
             permission_sets for this ID.",
        ),
        (
            POLICIES,
            "permission_sets",
            texts(&["00e000000000001"]),
            "permission_sets",
            "Use the attribute profiles for this ID.",
        ),
        (
            POLICIES,
            "permission_sets",
            texts(&["0PG000000000001"]),
            "permission_sets",
            "a permission set group",
        ),
        (POLICIES, "permission_sets", texts(&["Shop", "SHOP"]), "permission_sets", "differ only in case"),
        (POLICIES, "permission_sets", texts(&["A,B"]), "permission_sets", "comma"),
        (
            POLICIES,
            "apex_handler",
            "01p000000000001".into(),
            "apex_handler",
            "the record ID of an Apex class",
        ),
        (
            POLICIES,
            "execute_handler_as",
            "005000000000001AAA".into(),
            "execute_handler_as",
            "the record ID of a user",
        ),
        (
            POLICIES,
            "external_client_app",
            "0xI000000000001AAA".into(),
            "external_client_app",
            "External Client App",
        ),
    ] {
        let all = found(resource, name, value.clone());
        let errors: Vec<_> = all.iter().filter(|one| one.is_error()).collect();
        assert_eq!(errors.len(), 1, "{name} = {value:?}: {all:#?}");
        assert_eq!(errors[0].path.as_ref().map(ToString::to_string).as_deref(), Some(path), "{errors:?}");
        assert!(errors[0].detail.contains(fragment), "{fragment}: {}", errors[0].detail);
    }
}

#[test]
fn doubtful_values_are_warnings_with_an_id() {
    for (resource, name, value, id) in [
        (
            "_oauth_settings",
            "custom_attributes",
            map(&[("a", "User.A"), ("A", "User.B")]),
            "unconfirmed-rule",
        ),
        ("_oauth_settings", "callback_urls", list(&["https://a.b/x", "https://A.b/x"]), "unconfirmed-rule"),
        ("", "label", "Sh\u{200B}op".into(), "invisible-character"),
        ("", "description", "\u{202E}pohs".into(), "invisible-character"),
        ("_policies", "refresh_token_validity_unit", "Days".into(), "refresh-unit-without-period"),
        ("_policies", "execute_handler_as", "ada@example.com".into(), "user-without-apex-handler"),
    ] {
        let all = found(resource, name, value.clone());
        let ids: Vec<_> = all.iter().map(|one| one.id).collect();
        assert_eq!(ids, [id], "{name} = {value:?}: {all:#?}");
        assert!(all[0].path.as_ref().is_some_and(|path| path.root() == Some(name)), "{all:?}");
    }
}

#[test]
fn prose_may_keep_existing_invisible_characters_but_not_add_new_ones() {
    let (old, new) = (Value::text("Sh\u{200B}op"), Value::text("Sh\u{FEFF}op"));
    let app = |label: &Value| object("", &[("name", "Shop".into()), ("label", label.clone())]);
    let errors = |config: &Value, prior: &Value| check_new_prose(spec(""), config, prior).0.len();
    assert_eq!(errors(&app(&old), &app(&old)), 0);
    assert_eq!(errors(&app(&new), &app(&old)), 1);
    assert_eq!(errors(&app(&old), &Value::Null), 1);
    assert_eq!(errors(&app(&"Shop".into()), &app(&old)), 0);
    let block = |text: &str| {
        range(&[("start_ip_address", "10.0.0.1"), ("end_ip_address", "10.0.0.2"), ("description", text)])
    };
    let settings =
        |blocks: Vec<Value>| object("_oauth_settings", &[("trusted_ip_range", Value::set(blocks))]);
    let errors = |config: &Value, prior: &Value| check_new_prose(spec("_oauth_settings"), config, prior).0;
    let both = settings(vec![block("a\u{200B}"), block("b\u{200B}")]);
    let found = errors(&both, &settings(vec![block("a\u{200B}")]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].detail.contains("In the block trusted_ip_range") && found[0].detail.contains("b\\u{200b}")
    );
}

/// Every attribute that holds text rejects invisible characters, or warns about them.
#[test]
fn no_attribute_accepts_invisible_characters_silently() {
    let silent = |spec: &'static ResourceSpec, name: &str, value: Value| {
        let mut config = spec.schema().block.empty();
        config.put(name, value);
        let found = check(spec, &config, std::time::SystemTime::UNIX_EPOCH);
        !found.0.iter().any(|one| {
            one.detail.contains("U+200B") && one.path.as_ref().is_some_and(|path| path.root() == Some(name))
        })
    };
    for spec in catalog::RESOURCES {
        for field in spec.rows().map(|row| row.field) {
            if field.rules.iter().any(|rule| matches!(rule, Rule::Certificate)) {
                continue;
            }
            let text = Value::text("a\u{200B}b");
            let value = match field.kind {
                Kind::Text | Kind::Enum(_) => text,
                Kind::Lines => Value::List(vec![text]),
                Kind::Commas => Value::set(vec![text]),
                Kind::Entries { .. } => Value::Map([("a".to_owned(), text)].into()),
                Kind::Blocks(fields) => Value::set(vec![Value::object(
                    fields.iter().map(|field| (field.attribute, text.clone())),
                )]),
                Kind::Bool | Kind::Int | Kind::Parent => continue,
            };
            assert!(!silent(spec, field.attribute, value), "{} {}", spec.name, field.attribute);
        }
    }
}
