//! Every sentence that a practitioner reads about an error or a warning.
//!
//! Three readers: the user's mistake (what to change, where), the org's refusal (its words and what to do), our
//! bug (please report). Rules and combinations bring their own sentence; the frame around it is here.

mod apply;
mod configuration;
mod credentials;
mod org;

pub use apply::*;
pub use configuration::*;
pub use credentials::*;
pub use org::*;

use crate::value::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// One message to the practitioner. `path` points at the attribute that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub summary: String,
    pub detail: String,
    pub path: Option<Path>,
    /// What `suppress_warnings` calls it; errors and facts have none.
    pub id: Option<&'static str>,
}

impl Diagnostic {
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
            id: None,
        }
    }

    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
            id: None,
        }
    }

    /// A warning that can be silenced; the detail says how.
    pub fn advice(summary: impl Into<String>, detail: impl Into<String>, id: &'static str) -> Diagnostic {
        let detail = format!(
            "{}\n\nTo silence this: suppress_warnings = [\"{id}\"] in the provider block.",
            detail.into()
        );
        Diagnostic { id: Some(id), ..Diagnostic::warning(summary, detail) }
    }

    #[must_use]
    pub fn at(mut self, path: Path) -> Diagnostic {
        self.path = Some(path);
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// At a top-level attribute.
    #[must_use]
    pub fn at_attribute(self, name: &str) -> Diagnostic {
        self.at(Path::attribute(name))
    }
}

/// What the warnings of this folder are called in `suppress_warnings`; those of a resource stand in its spec.
pub const IDS: &[&str] = &[
    "argument-without-effect",
    "certificate-changed",
    "certificate-expired",
    "certificate-expires-soon",
    "certificate-not-yet-valid",
    "client-id-changes",
    "consumer-key-destroyed",
    "credentials-not-checked",
    "credentials-staged",
    "drift-not-checked",
    "invisible-character",
    "no-longer-managed",
    "not-refreshed",
    "policies-stay",
    "previous-credentials-end",
    "previous-credentials-stay",
    "previous-org",
    "private-state-unreadable",
    "refresh-token-rotated",
    "rotated-already",
    "settings-stay",
    "unconfirmed-rule",
    "values-taken-over",
];

/// Terraform makes an ordinary plan before it plans a destroy, and does not say so: what that plan refuses ends the
/// destroy, too.
pub fn tell_how_to_destroy(found: &mut Diagnostics) {
    let last = found.0.iter_mut().rev().find(|diagnostic| diagnostic.severity == Severity::Error);
    if let Some(last) = last {
        last.detail.push_str(
            "\n\nWhere this stands in the way of a terraform destroy: terraform destroy -refresh=false goes without this plan.",
        );
    }
}

/// Messages in the order they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
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
