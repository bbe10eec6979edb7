//! Converts neutral types to protocol messages: values, diagnostics and attribute paths.
//!
//! Not here: whole responses (`replies`) and schemas (`schemas`).

mod replies;
mod schemas;

pub use replies::*;
pub use schemas::*;

use super::dynamic_value::{self, Shape, ValueError};
use super::generated::tfplugin5 as pb;
use super::generated::tfplugin5::attribute_path::step::Selector;
use crate::provider::{Diagnostic, Diagnostics, IdentitySchema, Schema, Severity, bugs};
use crate::value::{Path, Step, Value};

/// Encodes a value. A value that does not match the schema is reported as a provider bug.
pub fn value(value: &Value, schema: &Schema, problems: &mut Diagnostics) -> Option<pb::DynamicValue> {
    let (wire, found) = dynamic_value::encode(value, Shape::Block(&schema.block));
    problems.extend(found.into_iter().map(unwritable));
    Some(wire)
}

/// Encodes a state as JSON, the encoding in which Terraform sends stored states.
pub fn state(value: &Value, schema: &Schema, problems: &mut Diagnostics) -> Option<pb::DynamicValue> {
    let (wire, found) = dynamic_value::encode_state(value, Shape::Block(&schema.block));
    problems.extend(found.into_iter().map(unwritable));
    Some(wire)
}

pub fn identity(
    value: Option<&Value>,
    schema: Option<&IdentitySchema>,
    problems: &mut Diagnostics,
) -> Option<pb::ResourceIdentityData> {
    let (Some(value), Some(schema)) = (value, schema) else {
        return None;
    };
    let (wire, found) = dynamic_value::encode(value, Shape::plain(&schema.ty()));
    problems.extend(found.into_iter().map(unwritable));
    Some(pb::ResourceIdentityData { identity_data: Some(wire) })
}

fn unwritable(problem: ValueError) -> Diagnostic {
    let path = problem.path;
    bugs::SCHEMA_MISMATCH
        .diagnostic(format!(
            "The provider returned an invalid value at \"{path}\": {}. Other values are not affected. Please report \
             this to the provider developers.",
            problem.what
        ))
        .at(path)
}

pub fn diagnostics(diagnostics: Diagnostics) -> Vec<pb::Diagnostic> {
    diagnostics.into_iter().map(diagnostic).collect()
}

fn diagnostic(diagnostic: Diagnostic) -> pb::Diagnostic {
    use pb::diagnostic::Severity as Wire;
    let severity = match diagnostic.severity {
        Severity::Error => Wire::Error,
        Severity::Warning => Wire::Warning,
    };
    pb::Diagnostic {
        severity: severity.into(),
        detail: diagnostic.text(),
        summary: diagnostic.summary,
        attribute: diagnostic.path.map(attribute_path).filter(|path| !path.steps.is_empty()),
    }
}

/// A path without members of sets, which the protocol cannot express. Terraform then points to the attribute if the set
/// has only one block, and otherwise to the resource.
fn attribute_path(path: Path) -> pb::AttributePath {
    let selector = |step| match step {
        Step::Attribute(name) => Some(Selector::AttributeName(name)),
        Step::Key(key) => Some(Selector::ElementKeyString(key)),
        Step::Index(index) => Some(Selector::ElementKeyInt(index)),
        Step::Member(_) => None,
    };
    pb::AttributePath {
        steps: path
            .0
            .into_iter()
            .filter_map(selector)
            .map(|selector| pb::attribute_path::Step { selector: Some(selector) })
            .collect(),
    }
}

/// Diagnostics as a string, for responses that have no diagnostics.
fn text(problems: Diagnostics) -> String {
    let texts: Vec<_> =
        problems.into_iter().map(|problem| format!("{}: {}", problem.summary, problem.detail)).collect();
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_omits_the_member_of_a_set() {
        let path = Path::attribute("scopes")
            .then(Step::Member(Value::text("api")))
            .then(Step::Attribute("name".into()));
        let wire = attribute_path(path);
        let steps: Vec<_> = wire.steps.into_iter().filter_map(|step| step.selector).collect();
        let name = |name: &str| Selector::AttributeName(name.into());
        assert_eq!(steps, [name("scopes"), name("name")]);
    }

    #[test]
    fn a_diagnostic_with_an_empty_path_has_no_attribute() {
        let wire = diagnostic(bugs::PROVIDER_BUG.diagnostic("d").at(Path::default()));
        assert_eq!(wire.attribute, None);
        assert_eq!(wire.severity(), pb::diagnostic::Severity::Error);
        assert_eq!(wire.detail, "d\n\nDiagnostic ID: provider-bug");
    }
}
