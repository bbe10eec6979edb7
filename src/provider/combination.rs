//! Rules between attributes of one resource. The rules are data, like the tables.
//!
//! Not here: rules between resources (`neighbors`), which depend on the order in which Terraform plans the resources.

use super::diagnostics::{self, Diagnostic};
use super::operations::PlanRequest;
use super::resource_spec::ResourceSpec;
use crate::value::Value;

/// A combination of values that a resource must not have.
#[derive(Debug)]
pub struct Combination {
    /// The ID in `suppress_warnings`.
    pub id: &'static str,
    pub level: Level,
    /// The attribute that the message points at.
    pub at: &'static str,
    /// The rule is violated if all conditions hold.
    pub when: &'static [(&'static str, Condition)],
    /// The problem and the remedy.
    pub message: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Error,
    /// The org accepts the combination, or it is not confirmed that the org rejects it.
    Warning,
    /// Resources in an org may have this combination, so it is a warning. If a plan introduces it, it is an error.
    ErrorOnChange,
}

/// A condition on the effective value of an attribute: the configured value or the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    True,
    False,
    Word(&'static str),
    /// Set, and not one of these words.
    NoneOf(&'static [&'static str]),
    /// Not set, or not one of these words.
    NotOneOf(&'static [&'static str]),
    /// Set in the configuration.
    Written,
    /// Not set.
    Unwritten,
    /// Not set, or set to an empty list.
    Empty,
    /// Set, with at least one member.
    NotEmpty,
    /// Set to an empty list.
    SetToEmpty,
    /// At least one member is one of these words.
    HasAny(&'static [&'static str]),
    /// No member is one of these words.
    HasNone(&'static [&'static str]),
    NonZero,
    Zero,
}

/// The effective value of an attribute: the configured value, or else the default, or else null.
pub fn effective(spec: &ResourceSpec, config: &Value, attribute: &str) -> Value {
    let written = config.get(attribute);
    if !written.is_null() {
        return written.clone();
    }
    spec.row(attribute).map_or(Value::Null, |row| row.field.omitted.value())
}

impl Condition {
    fn is_about_members(self) -> bool {
        matches!(self, Condition::HasAny(_) | Condition::HasNone(_))
    }

    /// Returns `None` if the value is not known yet.
    pub fn holds(self, written: &Value, effective: &Value) -> Option<bool> {
        // Members of a set may be unknown although the set is known.
        if effective.is_unknown() || (self.is_about_members() && !effective.is_wholly_known()) {
            // The unknown value may be null.
            return None;
        }
        Some(match self {
            Condition::True => effective == &Value::Bool(true),
            Condition::False => effective == &Value::Bool(false),
            Condition::Word(word) => effective.as_text() == Some(word),
            Condition::NoneOf(words) => effective.as_text().is_some_and(|text| !words.contains(&text)),
            Condition::NotOneOf(words) => !effective.as_text().is_some_and(|text| words.contains(&text)),
            Condition::Written => !written.is_null(),
            Condition::Unwritten => written.is_null(),
            Condition::Empty => effective.is_null() || effective.members().is_some_and(<[Value]>::is_empty),
            Condition::NotEmpty => effective.members().is_some_and(|members| !members.is_empty()),
            Condition::SetToEmpty => written.members().is_some_and(<[Value]>::is_empty),
            Condition::HasAny(words) => has_any(effective, words),
            Condition::HasNone(words) => !has_any(effective, words),
            Condition::Zero => effective.as_int() == Some(0),
            Condition::NonZero => effective.as_int().is_some_and(|number| number != 0),
        })
    }
}

fn has_any(value: &Value, words: &[&str]) -> bool {
    let members = value.members().unwrap_or_default();
    // The case of a word may differ between orgs.
    let is_one = |member: &str| words.iter().any(|word| word.eq_ignore_ascii_case(member));
    members.iter().filter_map(Value::as_text).any(is_one)
}

impl Combination {
    /// The diagnostic if the configuration violates the rule. An unknown value does not violate a rule.
    pub fn check(&self, spec: &ResourceSpec, config: &Value) -> Option<Diagnostic> {
        let all = self.when.iter().all(|(attribute, is)| {
            is.holds(config.get(attribute), &effective(spec, config, attribute)).unwrap_or(false)
        });
        all.then(|| match self.level {
            Level::Error => self.error(),
            Level::Warning | Level::ErrorOnChange => {
                diagnostics::combination(self.id, self.message, self.at, false)
            }
        })
    }

    /// The error if a plan introduces a combination that is otherwise a warning.
    pub fn check_planned(
        &self,
        spec: &ResourceSpec,
        request: &PlanRequest,
        planned: &Value,
    ) -> Option<Diagnostic> {
        if self.level != Level::ErrorOnChange {
            return None;
        }
        let (config, prior) = (&request.config, &request.prior);
        let made = self.when.iter().all(|(attribute, is)| {
            // The plan for an update also contains the existing values of attributes that are not managed.
            let holds = if prior.is_null() {
                is.holds(config.get(attribute), &effective(spec, config, attribute))
            } else {
                is.holds(planned.get(attribute), planned.get(attribute))
            };
            holds.unwrap_or(false)
        });
        let changes = self.when.iter().any(|(attribute, _)| planned.get(attribute) != prior.get(attribute));
        (made && (prior.is_null() || changes)).then(|| self.error())
    }

    fn error(&self) -> Diagnostic {
        diagnostics::combination(self.id, self.message, self.at, true)
    }
}
