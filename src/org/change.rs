//! What a caller wants made of the org, and what it is told when that was done.

use std::fmt;
use std::sync::Arc;

use super::{ApplyErrorKind, DeployProblem, Lookup, Wanted};
use crate::metadata::{Component, ComponentKey, MetadataType};

/// A change that does not depend on what is there.
#[derive(Clone, Debug)]
pub enum Change {
    /// Create it, or replace the whole file.
    Write(Component),
    /// Nothing happens when it is gone already.
    Delete(ComponentKey),
}

/// What the files that are there are to become; none when nothing is to be sent and the caller wants to say why.
pub type Merge = Arc<dyn Fn(&[Lookup]) -> Option<Vec<Component>> + Send + Sync>;

/// A change of files that are there. They are read at the last moment and may be read again, so that what others write
/// in the meantime stays: `merge` says each time what is to be made of them, and does nothing else.
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

/// Changes that were made.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// The deploy that made them; none when the org had everything as wanted.
    pub deploy_id: Option<String>,
    /// What the org found worth a remark.
    pub warnings: Vec<DeployProblem>,
    /// Of an edit: the files that it was made of.
    pub before: Vec<Lookup>,
    /// What was read afterwards, as far as it could be read.
    pub after: Option<Vec<Lookup>>,
    /// Others changed the org in the meantime.
    pub disturbed: bool,
    /// What others wrote into the same files in the meantime and was overwritten, if only for a moment.
    pub overwritten: Vec<Overwritten>,
    /// Deploys of others that wrote the same files in the meantime, of which it is not known what they wrote.
    pub unseen: Vec<String>,
    /// Why what was overwritten is not there again, or what was wanted is not there.
    pub unfinished: Option<ApplyErrorKind>,
}

impl Applied {
    /// The file of this kind that the edit was made of.
    pub fn component(&self, kind: &MetadataType) -> Option<&Component> {
        self.before.iter().filter_map(Lookup::component).find(|component| component.key.kind == kind)
    }
}

/// A file that was not what its replacement had been made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overwritten {
    /// As it was when it was read.
    pub read: Component,
    /// As it was when it was replaced.
    pub was: Component,
}
