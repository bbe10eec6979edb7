//! Plan texts for changes that can hurt: data, one row per change.
//!
//! The first line is constant, because Terraform folds warnings with equal first lines; the detail is specific.
//! Pure: what a text needs to know of the org was counted in Read and came along in private state.

use super::diagnostics::Diagnostic;
use crate::value::Value;

/// A change of an attribute that is worth a warning in the plan.
#[derive(Debug)]
pub struct Danger {
    /// Names the warning in `suppress_warnings`.
    pub id: &'static str,
    pub attribute: &'static str,
    pub change: Transition,
    pub summary: &'static str,
    /// `{app}` is the app's name; `{old}`, `{new}` and `{removed}` are values; `{name}` with the name of an attribute
    /// is its planned value.
    pub detail: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// From anything else to true.
    ToTrue,
    /// From anything else, nothing included, to true: also when the resource is made.
    On,
    /// From anything else to false.
    ToFalse,
    /// From anything else to this word.
    ToWord(&'static str),
    /// Members are taken away.
    MembersRemoved,
}

impl Danger {
    /// The warning when the change from `prior` to `planned` is this one.
    pub fn check(&self, app: &str, prior: &Value, planned: &Value) -> Option<Diagnostic> {
        let (old, new) = (prior.get(self.attribute), planned.get(self.attribute));
        // Without any state before, what is there is not known: it may be a change.
        let begins = self.change == Transition::On || prior.is_null();
        if old == new || new.is_unknown() || (old.is_null() && !begins) {
            return None;
        }
        let removed: Vec<&str> = match (old.members(), new.members()) {
            (Some(old), Some(new)) => {
                old.iter().filter(|m| !new.contains(m)).filter_map(Value::as_text).collect()
            }
            (Some(old), None) => old.iter().filter_map(Value::as_text).collect(),
            _ => Vec::new(),
        };
        let happens = match self.change {
            Transition::ToTrue | Transition::On => new == &Value::Bool(true),
            Transition::ToFalse => new == &Value::Bool(false),
            Transition::ToWord(word) => new.as_text() == Some(word),
            Transition::MembersRemoved => !removed.is_empty(),
        };
        happens.then(|| {
            let detail = self
                .detail
                .replace("{app}", app)
                .replace("{old}", &shown(old))
                .replace("{new}", &shown(new))
                .replace("{removed}", &removed.join(", "));
            let detail = planned.entries().into_iter().flatten().fold(detail, |detail, (name, value)| {
                let none = value.is_null() || value.members().is_some_and(<[Value]>::is_empty);
                detail.replace(&format!("{{{name}}}"), &if none { "none".to_owned() } else { shown(value) })
            });
            Diagnostic::advice(self.summary, detail, self.id).at_attribute(self.attribute)
        })
    }
}

/// A value as a sentence names it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Null => "nothing".to_owned(),
        Value::Unknown => "(known after apply)".to_owned(),
        Value::List(members) | Value::Set(members) => {
            members.iter().filter_map(Value::as_text).collect::<Vec<_>>().join(", ")
        }
        _ => "another value".to_owned(),
    }
}
