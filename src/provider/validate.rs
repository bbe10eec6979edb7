//! Validates the configuration of a resource with the tables. Validation uses neither the org nor the API version, and
//! the time is an argument.
//!
//! The rows contain the rules for values, and the spec contains the rules between attributes. Unknown values are valid.

use std::time::{SystemTime, UNIX_EPOCH};

use super::catalog;
use super::combination::Combination;
use super::diagnostics::{self, Diagnostic, Diagnostics};
use super::place::Place;
use super::resource_spec::ResourceSpec;
use super::schema::Block;
use super::timeouts;
use crate::metadata::{
    Compared, Field, Kind, LONGEST_TEXT, Rule, alike_members, certificate_facts, has_private_key,
    is_mock_value, key_problem, member_problem, record_prefix, same_member, unseen, unwritable_character,
};
use crate::value::{Path, Value};

/// Validates a configuration without calling the org.
pub fn check(spec: &ResourceSpec, config: &Value, now: SystemTime) -> Diagnostics {
    let mut found = Diagnostics::default();
    check_block(&spec.schema().block, config, &Place::default(), &mut found);
    check_app(spec, config, &mut found);
    let mut walk = Walk { spec, found };
    for row in spec.rows() {
        let value = config.get(row.field.attribute);
        walk.check_field(row.field, value, &Place::of(row.field.attribute));
        walk.found.extend(certificate_standing(row.field, value, now));
    }
    let mut found = walk.found;
    timeouts::check(config, &mut found);
    found.extend(
        spec.combinations.iter().filter_map(|combination: &Combination| combination.check(spec, config)),
    );
    found
}

/// Rejects invisible characters in labels and descriptions. Existing values in an org may contain them, so only new
/// values are rejected.
pub fn check_new_prose(spec: &ResourceSpec, config: &Value, prior: &Value) -> Diagnostics {
    let mut found = Diagnostics::default();
    for field in spec.rows().map(|row| row.field) {
        let (value, before) = (config.get(field.attribute), prior.get(field.attribute));
        if value == before {
            continue;
        }
        let place = Place::of(field.attribute);
        check_prose(field, value, &place, &mut found);
        let Kind::Blocks(fields) = field.kind else { continue };
        let old = before.members().unwrap_or_default();
        for block in value.members().unwrap_or_default().iter().filter(|block| !old.contains(block)) {
            for inner in fields {
                let place = place.block(block, fields).attribute(inner.attribute);
                check_prose(inner, block.get(inner.attribute), &place, &mut found);
            }
        }
    }
    found
}

fn check_prose(field: &Field, value: &Value, place: &Place, found: &mut Diagnostics) {
    if field.prose
        && let Some(unseen) = value.as_text().and_then(unseen)
    {
        found.push(diagnostics::unseen(place, unseen));
    }
}

/// Checks for a required attribute that is null, and for a read-only attribute that is set. Terraform does not check
/// this.
fn check_block(block: &Block, config: &Value, place: &Place, found: &mut Diagnostics) {
    for attribute in &block.attributes {
        let value = config.get(&attribute.name);
        let place = place.attribute(&attribute.name);
        if attribute.required && value.is_null() {
            found.push(diagnostics::required(&place, &attribute.name));
        } else if !attribute.required && !attribute.optional && !value.is_null() {
            found.push(diagnostics::read_only(place.path().clone(), &attribute.name));
        }
    }
    for nested in &block.blocks {
        for member in config.get(&nested.name).members().unwrap_or_default() {
            let place = place.attribute(&nested.name).block_of(member, &nested.block);
            check_block(&nested.block, member, &place, found);
        }
    }
}

/// Checks the name of the app. The other resources of an app accept names with a namespace.
fn check_app(spec: &ResourceSpec, config: &Value, found: &mut Diagnostics) {
    let Some(attribute) = spec.naming_attribute() else { return };
    let Some(name) = config.get(attribute).as_text() else { return };
    let local = match name.split_once("__") {
        Some((namespace, local)) if !namespace.is_empty() && !spec.shows_namespace => local,
        _ => name,
    };
    if spec.name != catalog::APP.name && is_mock_value(local) {
        return;
    }
    check_api_name(attribute, local, found);
}

/// Checks the name of an app in an ephemeral resource, an action or a rotation.
pub fn check_app_name(attribute: &str, config: &Value, found: &mut Diagnostics) {
    let Some(name) = config.get(attribute).as_text() else { return };
    let local =
        name.split_once("__").filter(|(namespace, _)| !namespace.is_empty()).map_or(name, |(_, local)| local);
    if !is_mock_value(local) {
        check_api_name(attribute, local, found);
    }
}

fn check_api_name(attribute: &str, name: &str, found: &mut Diagnostics) {
    for rule in [Rule::ApiName, Rule::Longest(80)] {
        if let Some(problem) = rule.check(&Value::text(name)) {
            let path = Path::attribute(attribute);
            found.push(diagnostics::invalid_value(path, problem, rule.confirmed()));
            return;
        }
    }
}

/// The warning about the validity of a certificate. It is only a warning, because the result depends on the date.
fn certificate_standing(field: &Field, value: &Value, now: SystemTime) -> Option<Diagnostic> {
    let facts =
        value.as_text().filter(|_| field.compared == Compared::AsCertificate).and_then(certificate_facts)?;
    let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let standing = facts.validity(i64::try_from(now).unwrap_or(i64::MAX));
    diagnostics::certificate_standing(field.attribute, &facts, standing)
}

/// Whether a string is a certificate, or must be one. A certificate may have any text around it.
fn is_certificate(field: &Field, text: &str) -> bool {
    field.is_certificate() || (field.compared == Compared::AsCertificate && certificate_facts(text).is_some())
}

/// Whether a string is this word.
fn is_spelt(field: &Field, word: &str, text: &str) -> bool {
    word == text || field.compared == Compared::AnyCase && word.eq_ignore_ascii_case(text)
}

struct Walk<'a> {
    spec: &'a ResourceSpec,
    found: Diagnostics,
}

impl Walk<'_> {
    fn check_field(&mut self, field: &Field, value: &Value, place: &Place) {
        if !value.is_set() {
            return;
        }
        let before = self.found.0.len();
        self.check_members(field, value, place);
        if let Kind::Blocks(fields) = field.kind {
            for block in value.members().unwrap_or_default() {
                let place = place.block(block, fields);
                for field in fields {
                    self.check_field(field, block.get(field.attribute), &place.attribute(field.attribute));
                }
            }
        }
        if let (Kind::Enum(words), Some(text)) = (field.kind, value.as_text())
            && !words.iter().any(|word| is_spelt(field, word, text))
            && !(field.emptiable && text.is_empty())
            && let Some(problem) = Rule::Word(words).check(value)
        {
            self.report(place, problem, true);
        }
        // Warnings do not hide errors.
        if self.found.0.iter().skip(before).any(diagnostics::Diagnostic::is_error) {
            return;
        }
        for rule in field.rules {
            self.apply(field, rule, value, place);
        }
    }

    fn report(&mut self, place: &Place, problem: String, confirmed: bool) {
        self.found.push(diagnostics::invalid_value(place.path().clone(), place.message(&problem), confirmed));
    }

    /// Reports values that a metadata file cannot contain: nulls, characters, separators and duplicates.
    fn check_members(&mut self, field: &Field, value: &Value, place: &Place) {
        match value {
            Value::Text(text) => self.check_text(field, text, place),
            Value::List(members) => {
                for (index, member) in members.iter().enumerate() {
                    let place = place.index(index);
                    self.check_member(field, member, &place);
                    if member.is_set() && members.iter().take(index).any(|earlier| earlier == member) {
                        self.found.push(diagnostics::duplicate(&place, member));
                    }
                }
                self.check_pairs(field, members.iter().filter_map(Value::as_text).collect(), place);
            }
            Value::Set(members) => {
                for member in members.iter().filter(|member| !matches!(member, Value::Object(_))) {
                    self.check_member(field, member, place);
                }
                self.check_pairs(field, members.iter().filter_map(Value::as_text).collect(), place);
            }
            Value::Map(entries) => {
                for (key, entry) in entries {
                    let place = place.key(key);
                    if let Some(problem) = key_problem(key) {
                        self.report(&place, problem, true);
                    }
                    self.check_text(field, key, &place.key_itself());
                    self.check_member(field, entry, &place);
                }
                self.check_pairs(field, entries.keys().map(String::as_str).collect(), place);
            }
            _ => {}
        }
    }

    fn check_member(&mut self, field: &Field, member: &Value, place: &Place) {
        match member {
            Value::Null => self.report(place, "An element is null. Remove it.".to_owned(), true),
            Value::Text(text) => {
                let before = self.found.0.len();
                self.check_text(field, text, place);
                if self.found.0.len() == before
                    && let Some(problem) = member_problem(field, text)
                {
                    self.report(place, problem, true);
                }
            }
            _ => {}
        }
    }

    fn check_text(&mut self, field: &Field, text: &str, place: &Place) {
        if let Some(character) = unwritable_character(text) {
            self.found.push(diagnostics::unwritable(place, character));
        } else if text.len() > LONGEST_TEXT {
            self.found.push(diagnostics::too_long(place.path().clone(), LONGEST_TEXT));
        } else if let Some(unseen) = unseen(text).filter(|_| !is_certificate(field, text)) {
            self.found.push(match field.prose {
                true => diagnostics::unseen_in_prose(place, unseen),
                false => diagnostics::unseen(place, unseen),
            });
        }
    }

    /// Reports duplicate members or keys.
    fn check_pairs(&mut self, field: &Field, texts: Vec<&str>, place: &Place) {
        for (index, text) in texts.iter().enumerate() {
            for earlier in texts.iter().take(index) {
                if let Some(problem) = same_member(field, earlier, text) {
                    self.report(place, problem, true);
                } else if let Some(problem) = alike_members(field, earlier, text) {
                    self.report(place, problem, false);
                }
            }
        }
    }

    /// Applies a rule to a value, or to each of its members.
    fn apply(&mut self, field: &Field, rule: &Rule, value: &Value, place: &Place) {
        match (rule, value) {
            (Rule::Each(each), Value::List(members)) => {
                for (index, member) in members.iter().enumerate() {
                    self.judge(each, member, &place.index(index));
                }
            }
            (Rule::Each(each), Value::Set(members)) => {
                for member in members {
                    let place = match (field.kind, each.at()) {
                        (Kind::Blocks(fields), Some(at)) => place.block(member, fields).attribute(at),
                        _ => place.clone(),
                    };
                    self.judge(each, member, &place);
                }
            }
            (Rule::Each(each), Value::Map(entries)) => {
                for (key, entry) in entries {
                    self.judge(each, entry, &place.key(key));
                }
            }
            _ if matches!(field.kind, Kind::Blocks(_)) => self.judge(rule, value, &place.all_blocks()),
            _ => self.judge(rule, value, place),
        }
    }

    fn judge(&mut self, rule: &Rule, value: &Value, place: &Place) {
        let Some(mut problem) =
            Some(value).filter(|value| value.is_set()).and_then(|value| rule.check(value))
        else {
            return;
        };
        if value.as_text().is_some_and(has_private_key) {
            self.found.push(diagnostics::misplaced_key(place.path(), &problem));
            return;
        }
        if let Some(taker) = value.as_text().and_then(|text| self.taker_of(text))
            && !place.is_in(taker)
        {
            problem = format!("{problem} Use the attribute {taker} for this ID.");
        }
        self.report(place, problem, rule.confirmed());
    }

    /// The attribute that accepts IDs of the same record type as `text`, if there is one.
    fn taker_of(&self, text: &str) -> Option<&'static str> {
        let prefix = record_prefix(text)?;
        let takes = |field: &Field| field.record.is_some_and(|record| record.prefix == prefix);
        self.spec.rows().map(|row| row.field).find(|field| takes(field)).map(|field| field.attribute)
    }
}
