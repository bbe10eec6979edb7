//! Counts the users with the permission sets and profiles of a resource, so that a plan can show how many users are
//! affected.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Engine;
use crate::org::{Assignable, Instant};
use crate::provider::user_counts::UserCounts;
use crate::value::Value;

/// The timeout of the count, which is needed only for a warning.
const COUNT_TIMEOUT: Duration = Duration::from_secs(30);

impl Engine<'_> {
    /// The number of users of each permission set and profile in a state. `records` contains the names of those that
    /// the state refers to by ID. Makes no calls if the state contains neither.
    pub(super) async fn user_counts(
        &self,
        state: &Value,
        records: &BTreeMap<String, String>,
        before: &UserCounts,
    ) -> UserCounts {
        let mut wanted = BTreeSet::new();
        for row in self.spec.rows() {
            let Some(record) = row.field.record else { continue };
            let members = state.get(row.field.attribute).members().unwrap_or_default();
            wanted.extend(members.iter().filter_map(Value::as_text).map(|text| Assignable {
                object: record.object,
                name: records.get(text).map_or(text, String::as_str).to_owned(),
            }));
        }
        if wanted.is_empty() {
            return UserCounts::default();
        }
        let counts = self.org.holders(wanted, Instant::now() + COUNT_TIMEOUT).await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut counted = UserCounts { at: now.as_secs(), ..UserCounts::default() };
        for (assignable, holders) in counts {
            counted.of.entry(assignable.object.to_owned()).or_default().insert(assignable.name, holders);
        }
        counted.or_unchanged(before)
    }
}
