//! Counting who holds what a resource names, so that a plan can say whom it locks out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Engine;
use crate::org::{Group, Instant};
use crate::provider::headcount::Headcount;
use crate::value::Value;

/// A refresh does not wait longer for a number that only a warning needs.
const PATIENCE: Duration = Duration::from_secs(30);

impl Engine<'_> {
    /// The holders of the permission sets and profiles that a state names; `records` are the names of those that it
    /// names by ID. Asks nobody when there are none.
    pub(super) async fn headcount(
        &self,
        state: &Value,
        records: &BTreeMap<String, String>,
        before: &Headcount,
    ) -> Headcount {
        let mut wanted = BTreeSet::new();
        for row in self.spec.rows() {
            let Some(record) = row.field.record else { continue };
            let members = state.get(row.field.attribute).members().unwrap_or_default();
            wanted.extend(members.iter().filter_map(Value::as_text).map(|text| Group {
                object: record.object,
                name: records.get(text).map_or(text, String::as_str).to_owned(),
            }));
        }
        if wanted.is_empty() {
            return Headcount::default();
        }
        let counts = self.org.holders(wanted, Instant::now() + PATIENCE).await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut counted = Headcount { at: now.as_secs(), ..Headcount::default() };
        for (group, holders) in counts {
            counted.of.entry(group.object.to_owned()).or_default().insert(group.name, holders);
        }
        counted.or_unchanged(before)
    }
}
