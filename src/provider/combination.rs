//! Rules between attributes of one resource. Data, like the tables; a check names the attribute that it is at.
//!
//! Rules between resources are not here: what Terraform knows of another resource depends on the order it plans in.

use super::diagnostics::Diagnostic;
use super::operations::PlanRequest;
use super::resource_spec::ResourceSpec;
use crate::value::Value;

/// Something that attributes of one resource must not say together.
#[derive(Debug)]
pub struct Combination {
    /// Names the rule in `suppress_warnings`.
    pub id: &'static str,
    pub level: Level,
    /// Where the message points.
    pub at: &'static str,
    /// It is a fault when all of these hold.
    pub when: &'static [(&'static str, Is)],
    /// What is wrong and what to write instead.
    pub message: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Error,
    /// The org would take it, or nobody has confirmed that it would not.
    Warning,
    /// Orgs have it, and nobody wants it: a warning, and an error of a plan that makes it so.
    ErrorOnChange,
}

/// A condition on an attribute's effective value: what is written, or its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    True,
    False,
    Word(&'static str),
    /// Known, and none of these words.
    NoneOf(&'static [&'static str]),
    /// Not written, or none of these words.
    NotOneOf(&'static [&'static str]),
    /// Written in the configuration.
    Written,
    /// Not written.
    Unwritten,
    /// Not written, or written as none.
    Empty,
    /// Written, with at least one member.
    Some,
    /// Written, with none.
    WrittenEmpty,
    /// Has one of these words among its members.
    HasAny(&'static [&'static str]),
    /// Has none of these words among its members.
    HasNone(&'static [&'static str]),
    /// A number other than 0.
    NonZero,
    /// The number 0.
    Zero,
}

/// The effective value of an attribute: what is written, else its default, else null.
pub fn effective(spec: &ResourceSpec, config: &Value, attribute: &str) -> Value {
    let written = config.get(attribute);
    if !written.is_null() {
        return written.clone();
    }
    spec.row(attribute).map_or(Value::Null, |row| row.field.omitted.value())
}

impl Is {
    fn is_about_members(self) -> bool {
        matches!(self, Is::HasAny(_) | Is::HasNone(_))
    }

    /// None: not known yet.
    pub fn holds(self, written: &Value, effective: &Value) -> Option<bool> {
        // Members of a set may be unknown while the set is not.
        if effective.is_unknown() || (self.is_about_members() && !effective.is_wholly_known()) {
            return match self {
                Is::Written => Some(true),
                Is::Unwritten => Some(false),
                _ => None,
            };
        }
        Some(match self {
            Is::True => effective == &Value::Bool(true),
            Is::False => effective == &Value::Bool(false),
            Is::Word(word) => effective.as_text() == Some(word),
            Is::NoneOf(words) => effective.as_text().is_some_and(|text| !words.contains(&text)),
            Is::NotOneOf(words) => !effective.as_text().is_some_and(|text| words.contains(&text)),
            Is::Written => !written.is_null(),
            Is::Unwritten => written.is_null(),
            Is::Empty => effective.is_null() || effective.members().is_some_and(<[Value]>::is_empty),
            Is::Some => effective.members().is_some_and(|members| !members.is_empty()),
            Is::WrittenEmpty => written.members().is_some_and(<[Value]>::is_empty),
            Is::HasAny(words) => has_any(effective, words),
            Is::HasNone(words) => !has_any(effective, words),
            Is::Zero => effective.as_int() == Some(0),
            Is::NonZero => effective.as_int().is_some_and(|number| number != 0),
        })
    }
}

fn has_any(value: &Value, words: &[&str]) -> bool {
    let members = value.members().unwrap_or_default();
    // Orgs differ in upper and lower case.
    let is_one = |member: &str| words.iter().any(|word| word.eq_ignore_ascii_case(member));
    members.iter().filter_map(Value::as_text).any(is_one)
}

impl Combination {
    /// The message when the configuration says what it must not. Unknown values are given the benefit of the doubt.
    pub fn check(&self, spec: &ResourceSpec, config: &Value) -> Option<Diagnostic> {
        let all = self.when.iter().all(|(attribute, is)| {
            is.holds(config.get(attribute), &effective(spec, config, attribute)).unwrap_or(false)
        });
        all.then(|| match self.level {
            Level::Error => self.error(),
            Level::Warning | Level::ErrorOnChange => {
                Diagnostic::advice("Questionable combination of attributes", self.message, self.id)
                    .at_attribute(self.at)
            }
        })
    }

    /// The error when a plan brings about what orgs have, but nobody wants.
    pub fn check_made(
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
            // What is there already, managed or not, is in the plan of an update.
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
        Diagnostic::error("Invalid combination of attributes", self.message).at_attribute(self.at)
    }
}
