//! Record IDs in a configuration: Salesforce accepts IDs and returns names, so comparing them requires both.

use std::collections::{BTreeMap, BTreeSet};

use super::Engine;
use crate::org::soql::{listed, text};
use crate::record_id;
use crate::value::Value;

impl Engine<'_> {
    /// The names of the records with an ID in `values`, including known ones. Unknown IDs are omitted: Salesforce will
    /// reject them.
    pub(super) async fn record_names(
        &self,
        values: &Value,
        known: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let mut names = known.clone();
        for row in self.spec.rows() {
            let Some(record) = row.field.record else { continue };
            let members = values.get(row.field.attribute).members().unwrap_or_default();
            let ids: BTreeSet<&str> = members
                .iter()
                .filter_map(Value::as_text)
                .filter(|text| {
                    text.starts_with(record.prefix) && record_id::has_form(text) && !names.contains_key(*text)
                })
                .collect();
            if ids.is_empty() {
                continue;
            }
            let soql = format!("SELECT Id, Name FROM {} WHERE Id IN ({})", record.object, listed(&ids));
            let Ok(rows) = self.org.query(&soql).await else {
                continue;
            };
            for row in rows {
                let (Some(id), Some(name)) = (text(&row, "Id"), text(&row, "Name")) else {
                    continue;
                };
                for written in ids.iter().filter(|written| record_id::is_same(written, id)) {
                    names.insert((*written).to_owned(), name.to_owned());
                }
            }
        }
        names
    }
}
