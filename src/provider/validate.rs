//! Checks a resource's configuration against the tables: pure, without an org, without a version; the time is given.
//!
//! Rules come from the rows, rules between attributes from the spec; this walk adds the paths. Unknown values are
//! passed over: they are checked when they are known.

use std::time::{SystemTime, UNIX_EPOCH};

use super::catalog;
use super::combination::Combination;
use super::diagnostics::{self, Diagnostics};
use super::resource_spec::{ResourceSpec, Row};
use super::schema::Block;
use super::timeouts;
use crate::metadata::{
    Compared, Field, Kind, LONGEST_TEXT, Rule, certificate_facts, is_made_up, unwritable_character,
};
use crate::value::{Path, Step, Value};

/// Everything that is wrong with a configuration, whatever the org.
pub fn check(spec: &ResourceSpec, config: &Value, now: SystemTime) -> Diagnostics {
    let mut found = Diagnostics::default();
    check_block(&spec.schema().block, config, &Path::default(), &mut found);
    check_app(spec, config, &mut found);
    for row in spec.rows() {
        let value = config.get(row.field.attribute);
        check_row(row, value, &mut found);
        if row.field.rules.iter().any(|rule| matches!(rule, Rule::Certificate)) {
            check_expiry(row, value, now, &mut found);
        }
    }
    timeouts::check(config, &mut found);
    found.extend(
        spec.combinations.iter().filter_map(|combination: &Combination| combination.check(spec, config)),
    );
    found
}

/// What Terraform leaves to providers: a required attribute may still be null, a read-only one may be written.
fn check_block(block: &Block, config: &Value, path: &Path, found: &mut Diagnostics) {
    for attribute in &block.attributes {
        let value = config.get(&attribute.name);
        let path = path.then(Step::Attribute(attribute.name.clone()));
        if attribute.required && value.is_null() {
            found.push(diagnostics::required(path, &attribute.name));
        } else if !attribute.required && !attribute.optional && !value.is_null() {
            found.push(diagnostics::read_only(path, &attribute.name));
        }
    }
    for nested in &block.blocks {
        for member in config.get(&nested.name).members().unwrap_or_default() {
            let path = path.then(Step::Attribute(nested.name.clone())).then(Step::Member(member.clone()));
            check_block(&nested.block, member, &path, found);
        }
    }
}

/// The app's name: in the app itself our own name for it, elsewhere the name of an app that may be installed.
fn check_app(spec: &ResourceSpec, config: &Value, found: &mut Diagnostics) {
    let Some(attribute) = spec.naming_attribute() else { return };
    let Some(name) = config.get(attribute).as_text() else { return };
    let local = match name.split_once("__") {
        Some((namespace, local)) if !namespace.is_empty() && !spec.shows_namespace => local,
        _ => name,
    };
    if spec.name != catalog::APP.name && is_made_up(local) {
        return;
    }
    for rule in [Rule::ApiName, Rule::Longest(80)] {
        if let Some(problem) = rule.check(&Value::text(local)) {
            let path = Path::attribute(attribute);
            found.push(diagnostics::invalid_value(path, problem, rule.confirmed()));
            return;
        }
    }
}

/// A warning only, since it depends on the day.
fn check_expiry(row: Row, value: &Value, now: SystemTime, found: &mut Diagnostics) {
    let Some(facts) = value.as_text().and_then(certificate_facts) else { return };
    let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    if i64::try_from(now).is_ok_and(|now| facts.not_after < now) {
        found.push(diagnostics::expired(row.field.attribute, &facts.not_after_date));
    }
}

fn check_row(row: Row, value: &Value, found: &mut Diagnostics) {
    let path = Path::attribute(row.field.attribute);
    check_field(row.field, value, &path, found);
}

fn check_field(field: &Field, value: &Value, path: &Path, found: &mut Diagnostics) {
    if !value.is_set() {
        return;
    }
    let before = found.0.len();
    check_members(value, path, found);
    if let Kind::Blocks(fields) = field.kind {
        for block in value.members().unwrap_or_default() {
            let path = path.then(Step::Member(block.clone()));
            for field in fields {
                let path = path.then(Step::Attribute(field.attribute.to_owned()));
                check_field(field, block.get(field.attribute), &path, found);
            }
        }
    }
    if let (Kind::Enum(words), Some(text)) = (field.kind, value.as_text())
        && !words.iter().any(|word| is_spelt(field, word, text))
        && !(field.emptiable && text.is_empty())
        && let Some(problem) = Rule::Word(words).check(value)
    {
        found.push(diagnostics::invalid_value(path.clone(), problem, true));
    }
    if found.0.len() > before {
        return;
    }
    for rule in field.rules {
        apply(rule, value, path, found);
    }
}

/// Whether a text is a word, in the case of letters that it is compared in.
fn is_spelt(field: &Field, word: &str, text: &str) -> bool {
    word == text || field.compared == Compared::AnyCase && word.eq_ignore_ascii_case(text)
}

/// Nulls and characters that a metadata file cannot carry, anywhere inside.
fn check_members(value: &Value, path: &Path, found: &mut Diagnostics) {
    match value {
        Value::Text(text) => {
            if let Some(character) = unwritable_character(text) {
                found.push(diagnostics::unwritable(path.clone(), character));
            } else if text.len() > LONGEST_TEXT {
                found.push(diagnostics::too_long(path.clone(), LONGEST_TEXT));
            }
        }
        Value::List(members) => {
            for (index, member) in members.iter().enumerate() {
                let path = path.then(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)));
                null_member(member, &path, found);
                check_members(member, &path, found);
            }
            for (index, member) in members.iter().enumerate() {
                if member.is_set() && members.iter().take(index).any(|earlier| earlier == member) {
                    let path = path.then(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)));
                    found.push(diagnostics::duplicate(path));
                }
            }
        }
        Value::Set(members) => {
            for member in members.iter().filter(|member| !matches!(member, Value::Object(_))) {
                null_member(member, path, found);
                check_members(member, path, found);
            }
        }
        Value::Map(entries) => {
            for (key, entry) in entries {
                let path = path.then(Step::Key(key.clone()));
                null_member(entry, &path, found);
                check_members(entry, &path, found);
                check_members(&Value::text(key), &path, found);
            }
        }
        _ => {}
    }
}

fn null_member(member: &Value, path: &Path, found: &mut Diagnostics) {
    if member.is_null() {
        found.push(diagnostics::invalid_value(
            path.clone(),
            "A member must not be null: leave it out.".into(),
            true,
        ));
    }
}

/// Applies a rule, each member at its own path.
fn apply(rule: &Rule, value: &Value, path: &Path, found: &mut Diagnostics) {
    let mut say = |rule: &Rule, value: &Value, path: Path| {
        if value.is_set()
            && let Some(problem) = rule.check(value)
        {
            let shows_a_key = value.as_text().is_some_and(|text| text.contains("PRIVATE KEY"));
            found.push(if shows_a_key {
                diagnostics::misplaced_key(&path, &problem)
            } else {
                diagnostics::invalid_value(path, problem, rule.confirmed())
            });
        }
    };
    match (rule, value) {
        (Rule::Each(each), Value::List(members)) => {
            for (index, member) in members.iter().enumerate() {
                say(each, member, path.then(Step::Index(i64::try_from(index).unwrap_or(i64::MAX))));
            }
        }
        (Rule::Each(each), Value::Set(members)) => {
            for member in members {
                say(each, member, path.clone());
            }
        }
        (Rule::Each(each), Value::Map(entries)) => {
            for (key, entry) in entries {
                say(each, entry, path.then(Step::Key(key.clone())));
            }
        }
        _ => say(rule, value, path.clone()),
    }
}
