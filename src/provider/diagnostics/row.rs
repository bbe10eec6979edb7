//! The row of a diagnostic: its ID, its severity, its summary, and what the troubleshooting guide says about it.
//!
//! The rows are in `rows`. The functions in the modules next to it add the details.

use super::{Diagnostic, Severity};

#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The ID that messages show and that users can search for in the documentation. Rows with the same ID are
    /// suppressed together.
    pub id: &'static str,
    pub severity: Severity,
    /// Whether `suppress_warnings` accepts the ID.
    pub suppressible: bool,
    /// The first line of the message in Terraform.
    pub summary: &'static str,
    pub meaning: &'static str,
    pub remedy: &'static str,
}

impl Row {
    pub fn diagnostic(&'static self, detail: impl Into<String>) -> Diagnostic {
        Diagnostic {
            id: self.id,
            severity: self.severity,
            suppressible: self.suppressible,
            summary: self.summary.to_owned(),
            detail: detail.into(),
            path: None,
        }
    }
}

pub(super) const fn error(
    id: &'static str,
    summary: &'static str,
    meaning: &'static str,
    remedy: &'static str,
) -> Row {
    Row { id, severity: Severity::Error, suppressible: false, summary, meaning, remedy }
}

/// A warning that `suppress_warnings` can suppress.
pub(super) const fn warning(
    id: &'static str,
    summary: &'static str,
    meaning: &'static str,
    remedy: &'static str,
) -> Row {
    Row { id, severity: Severity::Warning, suppressible: true, summary, meaning, remedy }
}

/// A warning whose ID `suppress_warnings` does not accept, such as a report of what an apply did.
pub(super) const fn notice(
    id: &'static str,
    summary: &'static str,
    meaning: &'static str,
    remedy: &'static str,
) -> Row {
    Row { id, severity: Severity::Warning, suppressible: false, summary, meaning, remedy }
}

/// Declares rows, and lists them in `ROWS` in the same order.
macro_rules! rows {
    ($($name:ident = $row:expr;)*) => {
        $(pub(crate) static $name: Row = $row;)*

        pub(crate) static ROWS: &[&Row] = &[$(&$name),*];
    };
}
pub(super) use rows;
