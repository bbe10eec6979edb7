//! The changes that a caller requests, and their result.

use std::fmt;
use std::sync::Arc;

use super::{ApplyErrorKind, DeployProblem, Lookup, Wanted};
use crate::metadata::{Component, ComponentKey, MetadataType};

/// Changes that do not depend on the current state of the org: the content of one deploy. Deletions and writes are
/// never combined, because deletions require `ignoreWarnings`, which must not be set for writes.
#[derive(Clone, Debug)]
pub enum Changes {
    /// Creates files, or replaces them.
    Write(Vec<Component>),
    /// Deletes components. Components that do not exist are ignored.
    Delete(Vec<ComponentKey>),
}

/// Creates the new files from the current ones. Returns an empty list if nothing needs to be sent, and `None` to
/// decline the edit, in which case the caller reports why.
pub type Merge = Arc<dyn Fn(&[Lookup]) -> Option<Vec<Component>> + Send + Sync>;

/// A change to existing files. The files are read immediately before each deploy of the edit, so that concurrent
/// changes are kept. `merge` is called after each of these reads, and must have no side effects.
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
    /// The ID of the deploy. `None` if the org already had the requested values.
    pub deploy_id: Option<String>,
    pub warnings: Vec<DeployProblem>,
    /// For an edit: the files before its first deploy.
    pub before: Vec<Lookup>,
    /// The lookups of the wanted components after the deploy, if they could be read.
    pub after: Option<Vec<Lookup>>,
    /// The written components that already existed, as far as Salesforce reports them.
    pub existing: Vec<ComponentKey>,
    /// Whether others changed the org during the apply.
    pub disturbed: bool,
    /// Concurrent changes to the same files that this apply overwrote, even if it then restored them.
    pub overwritten: Vec<Overwritten>,
    /// The IDs of concurrent deploys that wrote unknown content to the same files.
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
    /// The file as it was read.
    pub read: Component,
    /// The file immediately before it was replaced.
    pub was: Component,
}
