//! Detects mass removal. If many resources are missing at once, a lost permission or a reset org is more likely than
//! deletions, and Terraform would recreate every app with a new consumer key.
//!
//! Each read is for one resource, in any order, so no single read can determine the total. However, an error in one
//! read stops the plan. The reads that find no resource are counted, and the count is compared with the org's list at
//! that time. The result does not depend on the order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use crate::lock::lock;

/// Up to `FEW` resources may be missing, or up to `SHARE_PERCENT` percent of the known resources: the missing ones and
/// those that the org still lists.
const FEW: usize = 3;
const SHARE_PERCENT: usize = 30;

/// The missing apps of each resource type.
#[derive(Debug, Default)]
pub struct Missing(Mutex<BTreeMap<&'static str, BTreeSet<String>>>);

impl Missing {
    /// Records a missing resource, and returns the number of missing resources of its type.
    pub fn note(&self, resource: &'static str, app: &str) -> usize {
        let mut missing = lock(&self.0);
        let apps = missing.entry(resource).or_default();
        apps.insert(app.to_owned());
        apps.len()
    }
}

/// Whether too many resources are missing, compared with the remaining ones.
pub fn exceeds_removal_threshold(missing: usize, left: usize) -> bool {
    missing > FEW && missing * 100 > (missing + left) * SHARE_PERCENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_number_or_percentage_of_resources_may_be_missing() {
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
            assert_eq!(exceeds_removal_threshold(missing, left), expected, "{missing} missing, {left} left");
        }
    }

    #[test]
    fn a_resource_counts_once_and_each_type_has_its_own_count() {
        let missing = Missing::default();
        assert_eq!(missing.note("a", "Shop"), 1);
        assert_eq!(missing.note("a", "Shop"), 1);
        assert_eq!(missing.note("a", "Till"), 2);
        assert_eq!(missing.note("b", "Shop"), 1);
    }
}
