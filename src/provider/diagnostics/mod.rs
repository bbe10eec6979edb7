//! Errors and warnings for the user.
//!
//! A diagnostic consists of a row of `rows` (ID, severity, summary, and the text in the guide) and a detail: what is
//! wrong, where, and what to do. The functions here write the details, and the comment of each function describes the
//! situation that it reports. The rules of resources contain their own details.

mod apply;
mod configuration;
mod credentials;
mod org;
mod row;
pub(crate) mod rows;

pub(super) use apply::*;
pub(super) use configuration::*;
pub(super) use credentials::*;
pub(super) use org::*;
pub use row::Row;

use crate::value::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// One message to the user. Only a row or a rule of a resource creates one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub id: &'static str,
    pub severity: Severity,
    suppressible: bool,
    pub summary: String,
    pub detail: String,
    /// The attribute that the diagnostic points at.
    pub path: Option<Path>,
}

impl Diagnostic {
    #[must_use]
    pub fn at(mut self, path: Path) -> Diagnostic {
        self.path = Some(path);
        self
    }

    /// Points the diagnostic at a top-level attribute.
    #[must_use]
    pub fn at_attribute(self, name: &str) -> Diagnostic {
        self.at(Path::attribute(name))
    }

    /// Adds a variable part to the summary. Terraform shows only the first of several warnings with the same summary.
    #[must_use]
    fn qualified(mut self, qualifier: &str) -> Diagnostic {
        self.summary = format!("{}: {qualifier}", self.summary);
        self
    }

    /// Sets the ID of a resource's rule. All warnings from rules can be suppressed.
    #[must_use]
    fn of_rule(self, id: &'static str) -> Diagnostic {
        Diagnostic { id, suppressible: self.severity == Severity::Warning, ..self }
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    pub fn is_suppressible(&self) -> bool {
        self.suppressible
    }

    /// The detail with the ID as its last line.
    pub fn text(&self) -> String {
        let id = self.id;
        let how = match self.suppressible {
            true => {
                format!(
                    ". To suppress this warning, set suppress_warnings = [\"{id}\"] in the provider block."
                )
            }
            false => String::new(),
        };
        format!("{}\n\nDiagnostic ID: {id}{how}", self.detail)
    }
}

/// Adds a hint for `terraform destroy`. Terraform creates an ordinary plan before the destroy plan, and the provider
/// cannot distinguish it from other plans. An error in the ordinary plan also stops the destroy.
pub(super) fn add_destroy_hint(found: &mut Diagnostics) {
    let last = found.0.iter_mut().rev().find(|diagnostic| diagnostic.is_error());
    if let Some(last) = last {
        last.detail.push_str(
            "\n\nIf this error stops a terraform destroy, run terraform destroy -refresh=false, which skips this plan.",
        );
    }
}

/// Diagnostics in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Combines the warnings with the same ID and summary, because Terraform shows only the first of several warnings
    /// with the same summary.
    pub fn combined(found: impl IntoIterator<Item = Diagnostic>) -> Diagnostics {
        let mut all: Vec<Diagnostic> = Vec::new();
        for diagnostic in found {
            let is_same = |one: &&mut Diagnostic| {
                (one.id, &one.summary) == (diagnostic.id, &diagnostic.summary)
                    && one.severity == Severity::Warning
                    && one.severity == diagnostic.severity
            };
            match all.iter_mut().find(is_same) {
                Some(one) => one.detail = format!("{}\n\n{}", one.detail, diagnostic.detail),
                None => all.push(diagnostic),
            }
        }
        Diagnostics(all)
    }

    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: T) {
        self.0.extend(diagnostics);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Diagnostics {
        Diagnostics(vec![diagnostic])
    }
}
