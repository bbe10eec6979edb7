//! Checks of all tables.

use std::collections::HashSet;

use crate::metadata::{
    Compared, Const, Field, Kind, NEWEST_VERSION, OLDEST_VERSION, Omitted, OnChange, Rule, SendPolicy, types,
};
use crate::value::Value;

/// Every row with its place, including rows of blocks.
fn rows() -> Vec<(String, &'static Field)> {
    let mut rows = Vec::new();
    for kind in types::ALL {
        for field in kind.fields {
            rows.push((format!("{}: {}", kind.name, field.element), field));
            if let Kind::Blocks(inner) = field.kind {
                for inside in inner {
                    rows.push((format!("{}: {}/{}", kind.name, field.element, inside.element), inside));
                }
            }
        }
    }
    rows
}

fn is_snake(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.contains("__")
        && !name.ends_with('_')
}

#[test]
fn names_are_well_formed() {
    for (place, field) in rows() {
        if !matches!(field.kind, Kind::Parent) {
            assert!(is_snake(field.attribute), "{place}: {:?}", field.attribute);
            assert!(!field.attribute.starts_with("is_"), "{place}: attributes do not start with is_");
        }
        for part in field.element.split('/') {
            assert!(part.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{place}");
            assert!(!part.is_empty(), "{place}");
        }
        assert!(field.element.split('/').count() <= 2, "{place}: groups cannot be nested");
    }
}

#[test]
fn names_are_unique() {
    let mut folders = HashSet::new();
    for kind in types::ALL {
        let place = (kind.directory, kind.settings_member);
        assert!(folders.insert(place), "{} shares a folder", kind.name);
        let (mut attributes, mut elements) = (HashSet::new(), HashSet::new());
        for field in kind.fields {
            assert!(attributes.insert(field.attribute), "{}: {} is a duplicate", kind.name, field.attribute);
            assert!(elements.insert(field.element), "{}: {} is a duplicate", kind.name, field.element);
        }
        let others = kind.dropped.iter().chain(kind.unmapped.iter().map(|(element, _)| element));
        for element in others {
            assert!(elements.insert(element), "{}: {element} is a duplicate", kind.name);
        }
        for (element, reason) in kind.unmapped {
            assert!(!reason.is_empty(), "{}: {element} is unmapped without a reason", kind.name);
        }
    }
}

#[test]
fn each_attribute_is_owned_by_one_table_of_a_resource() {
    for parts in [
        ["ExtlClntAppOauthSettings", "ExtlClntAppGlobalOauthSettings"],
        ["ExtlClntAppConfigurablePolicies", "ExtlClntAppOauthConfigurablePolicies"],
    ] {
        let mut attributes = HashSet::new();
        for kind in types::ALL.iter().filter(|kind| parts.contains(&kind.name)) {
            for field in kind.fields.iter().filter(|field| field.owns_attribute()) {
                assert!(attributes.insert(field.attribute), "{} is owned twice", field.attribute);
            }
        }
    }
}

#[test]
fn a_mirrored_row_has_an_owner_in_another_table() {
    for (place, field) in rows() {
        if field.sent == SendPolicy::Mirrored {
            let mut all = types::ALL.iter().flat_map(|kind| kind.fields);
            assert!(all.any(|owner| owner.owns_attribute() && owner.attribute == field.attribute), "{place}");
        }
    }
}

#[test]
fn docs_are_sentences() {
    for (place, field) in rows() {
        if !field.owns_attribute() {
            continue;
        }
        let doc = field.doc;
        assert!(doc.len() > 10, "{place} has no documentation");
        let is_started = doc.starts_with(|c: char| c.is_uppercase() || c == '`');
        assert!(is_started, "{place}: doc must start with a capital letter: {doc}");
        assert!(
            doc.ends_with(['.', '!', '?']),
            "{place}: doc must be a sentence that ends with a period: {doc}"
        );
        assert!(!doc.contains("  "), "{place}: {doc}");
        assert!(!field.setup.ends_with('.'), "{place}: {} is a label", field.setup);
    }
}

#[test]
fn every_rule_has_a_description() {
    for (place, field) in rows() {
        for rule in field.rules {
            let text = rule.describe();
            assert!(text.ends_with('.') && text.len() > 5, "{place}: {text}");
        }
    }
}

#[test]
fn versions_are_supported_by_the_provider() {
    for (place, field) in rows() {
        let versions = field.newer_values.iter().map(|(_, since)| *since);
        for since in versions.chain([field.since]) {
            assert!(
                (OLDEST_VERSION..=NEWEST_VERSION).contains(&since),
                "{place}: {since} is not from {OLDEST_VERSION} to {NEWEST_VERSION}. The newest version is NEWEST_VERSION \
                 in src/metadata/field.rs"
            );
        }
        for (_, since) in field.newer_values {
            assert!(*since > field.since, "{place}: a newer value must be newer than its element");
        }
    }
}

#[test]
fn enums_list_their_values_and_defaults_match_their_kind() {
    for (place, field) in rows() {
        if let Kind::Enum(words) = field.kind {
            assert!(!words.is_empty(), "{place}");
            let unique: HashSet<&&str> = words.iter().collect();
            assert_eq!(unique.len(), words.len(), "{place}");
            for (word, _) in field.newer_values {
                assert!(words.contains(word), "{place}: {word}");
            }
        }
        match (field.omitted, field.kind) {
            (Omitted::Default(Const::Bool(_)), kind) => assert!(matches!(kind, Kind::Bool), "{place}"),
            (Omitted::Default(Const::Text(word)), Kind::Enum(words)) => {
                assert!(words.contains(&word), "{place}")
            }
            (Omitted::Default(_), kind) => assert!(matches!(kind, Kind::Text), "{place}"),
            (Omitted::ManagedIfSet, kind) => assert!(matches!(kind, Kind::Blocks(_)), "{place}"),
            (_, kind) => assert!(!matches!(kind, Kind::Blocks(_)), "{place}"),
        }
        assert!(!field.inverted || matches!(field.kind, Kind::Bool), "{place}");
    }
}

/// Booleans and numbers cannot be empty.
#[test]
fn booleans_and_numbers_are_never_cleared() {
    for (place, field) in rows() {
        if matches!(field.kind, Kind::Bool | Kind::Int) {
            let is_cleared = field.omitted == Omitted::Cleared;
            assert!(!is_cleared, "{place}: a boolean or a number needs .default(…) or .kept()");
        }
    }
}

#[test]
fn the_columns_of_each_row_are_consistent() {
    for (place, field) in rows() {
        if field.sent == SendPolicy::Never {
            assert_eq!(field.omitted, Omitted::Computed, "{place}: a field that is not sent is computed");
        }
        let has_certificate =
            field.rules.iter().any(|rule| matches!(rule, Rule::Certificate | Rule::CertificateIfPem));
        assert_eq!(has_certificate, field.compared == Compared::AsCertificate, "{place}");
        if field.compared != Compared::AsWritten {
            assert!(matches!(field.kind, Kind::Text | Kind::Enum(_) | Kind::Commas), "{place}");
        }
        if let Some(record) = field.record {
            assert!(matches!(field.kind, Kind::Commas), "{place}");
            assert_eq!(record.prefix.len(), 3, "{place}");
        }
        if field.change == OnChange::Replace {
            assert_ne!(field.omitted, Omitted::Kept, "{place}: a kept field cannot require replacement");
        }
        if let (Kind::Commas, equivalents) = (field.kind, field.equivalents) {
            let tokens: Vec<&str> = equivalents.iter().map(|(token, _)| *token).collect();
            for (token, stands_for) in equivalents {
                assert!(!stands_for.is_empty(), "{place}: {token}");
                // Equivalents are expanded only once.
                assert!(stands_for.iter().all(|word| !tokens.contains(word)), "{place}: {token}");
            }
        }
    }
}

/// The interpreters do not support nested blocks.
#[test]
fn blocks_contain_only_plain_rows() {
    for kind in types::ALL {
        for field in kind.fields {
            if let Kind::Blocks(inner) = field.kind {
                assert!(!field.element.contains('/'), "{}", field.element);
                for inside in inner {
                    assert!(matches!(inside.kind, Kind::Text | Kind::Enum(_) | Kind::Bool | Kind::Int));
                    assert!(!inside.element.contains('/') && inside.sent == SendPolicy::Always);
                }
            }
            if let Kind::Entries { .. } = field.kind {
                assert!(!field.element.contains('/'), "{}", field.element);
            }
        }
    }
}

/// Only the app and org settings have no parent.
#[test]
fn every_part_has_exactly_one_parent() {
    for kind in types::ALL {
        let parents = kind.fields.iter().filter(|field| matches!(field.kind, Kind::Parent)).count();
        let is_part = *kind != &super::APP && kind.settings_member.is_none();
        assert_eq!(parents, usize::from(is_part), "{}", kind.name);
    }
}

#[test]
fn defaults_pass_their_own_rules() {
    for (place, field) in rows() {
        let Omitted::Default(default) = field.omitted else {
            continue;
        };
        for rule in field.rules {
            assert_eq!(rule.check(&default.value()), None, "{place}");
        }
        assert_ne!(default.value(), Value::Null);
    }
}
