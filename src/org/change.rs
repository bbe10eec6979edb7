//! The changes that a caller requests, and their result.

use std::fmt;
use std::sync::Arc;

use super::attribution::SentComponent;
use super::{ApplyErrorKind, DeployProblem, Lookup, Wanted};
use crate::metadata::{Component, ComponentKey, MetadataType, encode, package};

/// Changes that do not depend on the current state of the org: the content of one deploy. Deletions and writes are
/// never combined, because deletions require `ignoreWarnings`, which must not be set for writes.
#[derive(Clone, Debug)]
pub enum Changes {
    /// Creates files, or replaces them.
    Write(Vec<Component>),
    /// Deletes components. Components that do not exist are ignored.
    Delete(Vec<ComponentKey>),
}

impl Changes {
    /// Combines the changes that several callers request, which are all writes or all deletions. Omits deletions of
    /// `missing` components.
    pub(super) fn merge<'a>(all: impl Iterator<Item = &'a Changes>, missing: &[ComponentKey]) -> Changes {
        let (mut keys, mut components) = (Vec::new(), Vec::new());
        for changes in all {
            match changes {
                Changes::Delete(more) => {
                    keys.extend(more.iter().filter(|key| !missing.contains(key)).cloned())
                }
                Changes::Write(more) => components.extend_from_slice(more),
            }
        }
        if components.is_empty() { Changes::Delete(keys) } else { Changes::Write(components) }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Changes::Delete(keys) => keys.len(),
            Changes::Write(components) => components.len(),
        }
    }

    pub(super) fn components(&self) -> &[Component] {
        match self {
            Changes::Delete(_) => &[],
            Changes::Write(components) => components,
        }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &ComponentKey> {
        let (keys, components) = match self {
            Changes::Delete(keys) => (keys.as_slice(), [].as_slice()),
            Changes::Write(components) => ([].as_slice(), components.as_slice()),
        };
        keys.iter().chain(components.iter().map(|component| &component.key))
    }

    pub(super) fn pack(
        &self,
        version: u16,
    ) -> Result<(Vec<u8>, Vec<SentComponent<'_>>), package::PackageError> {
        match self {
            Changes::Delete(keys) => {
                let sent = keys.iter().map(SentComponent::deletion).collect();
                Ok((package::write(&[], keys, version)?, sent))
            }
            Changes::Write(components) => {
                let (mut files, mut sent) = (Vec::new(), Vec::new());
                for component in components {
                    let encoded = encode(component, version);
                    files.push((component.key.clone(), encoded.xml));
                    sent.push(SentComponent::write(component, encoded.lines));
                }
                Ok((package::write(&files, &[], version)?, sent))
            }
        }
    }
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
