//! The files of several resources, as one edit.

use std::ops::Range;
use std::sync::Arc;

use super::super::merge::{Merge, MergeError};
use super::share::{Share, ShareErrors};
use crate::metadata::Component;
use crate::org::{Edit, Lookup, Wanted};

/// The merges of several shares.
pub(super) struct JointMerge {
    pub merges: Vec<Arc<Merge>>,
    pub ranges: Vec<Range<usize>>,
}

impl JointMerge {
    pub(super) fn edit(self: Arc<Self>, wanted: Vec<Wanted>) -> Edit {
        Edit { wanted, merge: Arc::new(move |found| self.files(found).ok()) }
    }

    /// The files of each share, or why nothing can be written.
    fn files_of_each(&self, found: &[Lookup]) -> Vec<Result<Vec<Component>, MergeError>> {
        self.of_each(found).map(|(merge, found)| merge.files_or_new(found)).collect()
    }

    pub(super) fn of_each<'a>(
        &'a self,
        found: &'a [Lookup],
    ) -> impl Iterator<Item = (&'a Arc<Merge>, &'a [Lookup])> {
        let own = |range: &Range<usize>| found.get(range.clone()).unwrap_or_default();
        self.merges.iter().zip(self.ranges.iter().map(own))
    }

    pub(super) fn files(&self, found: &[Lookup]) -> Result<Vec<Component>, MergeError> {
        let each: Result<Vec<_>, MergeError> = self.files_of_each(found).into_iter().collect();
        Ok(each?.into_iter().flatten().collect())
    }

    /// Why nothing can be written.
    pub(super) fn declined(&self, shares: &[&Share<'_>], app: &str, found: &[Lookup]) -> ShareErrors {
        let mut errors = ShareErrors::new();
        for (index, files) in self.files_of_each(found).into_iter().enumerate() {
            let Some(share) = shares.get(index) else { continue };
            if let Err(declined) = files {
                errors.push((index, share.engine.declined(app, declined)));
            }
        }
        if let (true, Some(first)) = (errors.is_empty(), shares.first()) {
            errors.push((0, first.engine.declined(app, MergeError::Missing(None))));
        }
        errors
    }
}

/// Concatenates lists, and returns the range of each.
pub fn ranges<T>(lists: impl Iterator<Item = Vec<T>>) -> (Vec<T>, Vec<Range<usize>>) {
    let (mut all, mut ranges) = (Vec::new(), Vec::new());
    for list in lists {
        let start = all.len();
        all.extend(list);
        ranges.push(start..all.len());
    }
    (all, ranges)
}
