//! When many resources are gone at once, somebody seldom deleted them: the user may have lost a permission, or the org
//! was reset. Believing it would make every app anew, with new consumer keys.
//!
//! Terraform asks for one resource at a time, in any order, so no single read can see the whole. It need not: an error of
//! one read ends the whole plan. Each read that finds nothing is counted, and compared with the org's own list of the
//! same moment, which says how many are still there. The sum does not depend on the order of the reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// So many may go unasked, and this share of what there was.
const FEW: usize = 3;
const SHARE_PERCENT: usize = 30;

/// The apps of each resource type that this process looked for and did not find.
#[derive(Debug, Default)]
pub struct Missing(Mutex<BTreeMap<&'static str, BTreeSet<String>>>);

impl Missing {
    /// Notes that a resource is gone, and counts those of its type.
    pub fn note(&self, resource: &'static str, app: &str) -> usize {
        let mut missing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let apps = missing.entry(resource).or_default();
        apps.insert(app.to_owned());
        apps.len()
    }
}

/// Whether so many are gone, beside those that are left, that it is not to be believed.
pub fn exceeds_removal_threshold(missing: usize, left: usize) -> bool {
    missing > FEW && missing * 100 > (missing + left) * SHARE_PERCENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_or_a_small_share_may_go() {
        for (missing, left, expected) in [
            (1, 0, false),
            (3, 0, false),
            (4, 0, true),
            (4, 9, true),
            (4, 10, false),
            (30, 70, false),
            (31, 69, true),
            (40, 60, true),
        ] {
            assert_eq!(exceeds_removal_threshold(missing, left), expected, "{missing} gone, {left} left");
        }
    }

    #[test]
    fn one_resource_counts_once_and_types_count_apart() {
        let missing = Missing::default();
        assert_eq!(missing.note("a", "Shop"), 1);
        assert_eq!(missing.note("a", "Shop"), 1);
        assert_eq!(missing.note("a", "Till"), 2);
        assert_eq!(missing.note("b", "Shop"), 1);
    }
}
