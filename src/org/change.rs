//! The changes that a caller requests, and their result.

use std::fmt;
use std::sync::Arc;

use super::{ApplyErrorKind, DeployProblem, Lookup, Wanted};
use crate::metadata::{Component, ComponentKey, MetadataType};

/// Changes that do not depend on the current state of the org: the content of one deploy. Deletions and writes are never
/// combined: deletions need `ignoreWarnings`, writes must not have it.
#[derive(Clone, Debug)]
pub enum Changes {
    /// Creates files, or replaces them.
    Write(Vec<Component>),
    /// Does nothing for components that do not exist.
    Delete(Vec<ComponentKey>),
}

/// Makes the new files from the current ones. `None` when nothing is to be sent and the caller reports why.
pub type Merge = Arc<dyn Fn(&[Lookup]) -> Option<Vec<Component>> + Send + Sync>;

/// A change of existing files. They are read immediately before the deploy and possibly again, so that concurrent
/// changes are kept: `merge` is called each time, and must have no side effects.
#[derive(Clone)]
pub struct Edit {
    pub wanted: Vec<Wanted>,
    pub merge: Merge,
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// The deploy. `None` when the org was already as requested.
    pub deploy_id: Option<String>,
    pub warnings: Vec<DeployProblem>,
    /// For an edit: the files that it was based on.
    pub before: Vec<Lookup>,
    /// What was read afterwards, if it could be read.
    pub after: Option<Vec<Lookup>>,
    /// The written components that the org already had, as far as Salesforce reports it.
    pub existing: Vec<ComponentKey>,
    /// Others changed the org in the meantime.
    pub disturbed: bool,
    /// Concurrent changes to the same files that were overwritten, if only temporarily.
    pub overwritten: Vec<Overwritten>,
    /// Concurrent deploys that wrote the same files, if it is unknown what they wrote.
    pub unseen: Vec<String>,
    /// Why a concurrent change was not restored, or the requested change is not in effect.
    pub unfinished: Option<ApplyErrorKind>,
}

impl Applied {
    /// The file of this type that the edit was based on.
    pub fn component(&self, kind: &MetadataType) -> Option<&Component> {
        self.before.iter().filter_map(Lookup::component).find(|component| component.key.kind == kind)
    }
}

/// A file that was replaced although it had changed since it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overwritten {
    /// As it was read.
    pub read: Component,
    /// As it was when it was replaced.
    pub was: Component,
}
