//! Warnings about dangerous changes in a plan. They are data, one row per change.
//!
//! Terraform shows only the first of several warnings with the same summary, so the warnings of one resource with the
//! same ID are combined.
//! The module performs no I/O: the user counts in a message come from the private state, where a read stores them.

use super::diagnostics::{Diagnostic, Row};
use super::private::PrivateState;
use super::resource_spec::ResourceSpec;
use crate::metadata::{adds_nothing, certificate_facts};
use crate::value::Value;

/// A change to an attribute that the plan warns about.
#[derive(Debug)]
pub struct Danger {
    pub row: &'static Row,
    pub attribute: &'static str,
    pub change: Transition,
    /// The detail, with placeholders. `{app}` is the name of the app. `{old}`, `{new}` and `{removed}` are values.
    /// `{permitted}` lists the permission sets and profiles in the plan. `{holders}` is the number of users of each of
    /// them or, if the change removes some, of each removed one. An attribute name in braces stands for the planned
    /// value of the attribute.
    pub detail: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    ToTrue,
    /// To true, including a create with true.
    On,
    ToFalse,
    /// From true to false. Without a prior state, the default `false` is no change.
    FromTrueToFalse,
    /// To this word.
    ToWord(&'static str),
    /// Members are removed.
    MembersRemoved,
    /// Members are removed, and another attribute is not this word.
    MembersRemovedUnless(&'static str, &'static str),
}

impl Danger {
    /// The warning, if the change from `prior` to `planned` matches.
    pub fn check(
        &self,
        spec: &ResourceSpec,
        private: &PrivateState,
        app: &str,
        prior: &Value,
        planned: &Value,
    ) -> Option<Diagnostic> {
        let (old, new) = (prior.get(self.attribute), planned.get(self.attribute));
        // Without a prior state, the value in the org is not known, so it may change.
        let begins = self.change == Transition::On || prior.is_null();
        if old == new || new.is_unknown() || (old.is_null() && !begins) {
            return None;
        }
        // The old value may contain the ID of a record, and the new value the name of that record.
        let named = |value: &Value| -> Vec<String> {
            let texts = value.members().unwrap_or_default().iter().filter_map(Value::as_text);
            texts.map(|text| private.records.get(text).map_or(text, String::as_str).to_owned()).collect()
        };
        let kept: Vec<Value> = named(new).iter().map(Value::text).collect();
        let field = spec.row(self.attribute).map(|row| row.field);
        let stays = |name: &String| field.is_some_and(|field| adds_nothing(field, &kept, &Value::text(name)));
        let removed: Vec<String> = named(old).into_iter().filter(|name| !stays(name)).collect();
        let happens = match self.change {
            Transition::ToTrue | Transition::On => new == &Value::Bool(true),
            Transition::ToFalse => new == &Value::Bool(false),
            Transition::FromTrueToFalse => old == &Value::Bool(true) && new == &Value::Bool(false),
            Transition::ToWord(word) => new.as_text() == Some(word),
            Transition::MembersRemoved => !removed.is_empty(),
            Transition::MembersRemovedUnless(attribute, word) => {
                !removed.is_empty() && planned.get(attribute).as_text() != Some(word)
            }
        };
        happens.then(|| {
            let permitted = Permitted::of(spec, planned, &named);
            let people: Vec<(&str, &str)> = match self.change {
                Transition::MembersRemoved | Transition::MembersRemovedUnless(..) => {
                    let record = spec.row(self.attribute).and_then(|row| row.field.record);
                    let object = record.map_or("", |record| record.object);
                    removed.iter().map(|name| (object, name.as_str())).collect()
                }
                _ => permitted.people.iter().map(|(object, name)| (*object, name.as_str())).collect(),
            };
            let detail = self
                .detail
                .replace("{permitted}", &permitted.words())
                .replace("{holders}", &private.user_counts.describe(people))
                .replace("{app}", app)
                .replace("{old}", &if prior.is_null() { "its current value".to_owned() } else { shown(old) })
                .replace("{new}", &shown(new))
                .replace("{removed}", &removed.join(", "));
            let detail = planned.entries().into_iter().flatten().fold(detail, |detail, (name, value)| {
                let none = value.is_null() || value.members().is_some_and(<[Value]>::is_empty);
                detail.replace(&format!("{{{name}}}"), &if none { "none".to_owned() } else { shown(value) })
            });
            self.row.diagnostic(detail).at_attribute(self.attribute)
        })
    }
}

/// The permission sets and profiles in a plan.
struct Permitted {
    /// The object and the name of each permission set and profile.
    people: Vec<(&'static str, String)>,
    /// Whether some permission sets or profiles are not known yet.
    more: bool,
}

impl Permitted {
    fn of(spec: &ResourceSpec, planned: &Value, named: &impl Fn(&Value) -> Vec<String>) -> Permitted {
        let mut permitted = Permitted { people: Vec::new(), more: false };
        for row in spec.rows() {
            let Some(record) = row.field.record else { continue };
            let value = planned.get(row.field.attribute);
            permitted.more |=
                value.is_unknown() || value.members().into_iter().flatten().any(Value::is_unknown);
            permitted.people.extend(named(value).into_iter().map(|name| (record.object, name)));
        }
        permitted
    }

    /// The text for a message, such as `Shop_Customer or the profile Standard`.
    fn words(&self) -> String {
        let mut words: Vec<String> = self
            .people
            .iter()
            .map(
                |(object, name)| {
                    if *object == "Profile" { format!("the profile {name}") } else { name.clone() }
                },
            )
            .collect();
        if self.more {
            words.push("a permission set or profile that is known only after apply".to_owned());
        }
        if words.is_empty() { "a permission set or profile".to_owned() } else { words.join(" or ") }
    }
}

/// A value as text for a message.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => match certificate_facts(text) {
            Some(facts) => format!("the certificate {}", facts.sha256_fingerprint),
            None => text.clone(),
        },
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Null => "nothing".to_owned(),
        Value::Unknown => "(known after apply)".to_owned(),
        Value::List(members) | Value::Set(members) if members.is_empty() => "none".to_owned(),
        Value::List(members) | Value::Set(members) => {
            members.iter().map(shown).collect::<Vec<_>>().join(", ")
        }
        Value::Object(entries) => {
            let entries = entries.iter().filter(|(_, value)| value.is_set());
            let entries = entries.map(|(name, value)| format!("{name} = {}", shown(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Secret(_) | Value::Map(_) => "another value".to_owned(),
    }
}
