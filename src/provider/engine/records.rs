//! Record IDs in a configuration: Salesforce accepts IDs and returns names, so comparing them requires both.

use std::collections::{BTreeMap, BTreeSet};

use super::state::Actual;
use super::{Engine, VERIFY_TIMEOUT, diagnostics};
use crate::org::soql::{listed, text};
use crate::org::{Unavailable, timeout};
use crate::provider::diagnostics::Diagnostics;
use crate::record_id;
use crate::value::Value;

impl Engine<'_> {
    /// The full names of the records with an ID in `values`. An ID without a record stands for itself: Salesforce will
    /// reject it. IDs that cannot be queried are omitted, with a warning. Known names that `files` contains are not
    /// queried again; other records may have been renamed.
    pub(super) async fn record_names(
        &self,
        values: &Value,
        known: &BTreeMap<String, String>,
        files: &Actual,
        found: &mut Diagnostics,
    ) -> BTreeMap<String, String> {
        let mut names = BTreeMap::new();
        for row in self.spec.rows() {
            let Some(record) = row.field.record else { continue };
            let in_file =
                files.part(row.part).component().map(|component| component.get(row.field.attribute));
            // Without a file there is nothing to compare.
            let is_in_file = |name: &str| {
                in_file.is_none_or(|file| {
                    let mut members = file.members().unwrap_or_default().iter().filter_map(Value::as_text);
                    members.any(|member| member.eq_ignore_ascii_case(name))
                })
            };
            let members = values.get(row.field.attribute).members().unwrap_or_default();
            let mut ids: BTreeSet<&str> =
                members.iter().filter_map(Value::as_text).filter(|text| record.is_id(text)).collect();
            ids.retain(|id| match known.get(*id).filter(|name| is_in_file(name)) {
                Some(name) => names.insert((*id).to_owned(), name.clone()).is_some(),
                None => true,
            });
            if ids.is_empty() {
                continue;
            }
            let namespace = if record.has_namespace { ", NamespacePrefix" } else { "" };
            let soql =
                format!("SELECT Id, Name{namespace} FROM {} WHERE Id IN ({})", record.object, listed(&ids));
            let named = async {
                let rows = self.org.query(&soql).await?;
                let full_names = self.org.full_names(&rows, "Name").await?;
                Ok::<_, Unavailable>((rows, full_names))
            };
            let (rows, full_names) = match timeout(VERIFY_TIMEOUT, named).await {
                Ok(Ok(named)) => named,
                failed => {
                    let why = match failed {
                        Ok(Err(error)) => error.to_string(),
                        _ => "the org did not respond in time".to_owned(),
                    };
                    let left = ids.iter().filter_map(|id| Some(((*id).to_owned(), known.get(*id)?.clone())));
                    let left: BTreeMap<String, String> = left.collect();
                    if left.len() < ids.len() {
                        found.push(diagnostics::names_not_queried(row.field.attribute, &why));
                    }
                    names.extend(left);
                    continue;
                }
            };
            names.extend(ids.iter().map(|id| ((*id).to_owned(), (*id).to_owned())));
            for (row, name) in rows.iter().zip(full_names) {
                let (Some(id), Some(name)) = (text(row, "Id"), name) else {
                    continue;
                };
                for written in ids.iter().filter(|written| record_id::is_same(written, id)) {
                    names.insert((*written).to_owned(), name.clone());
                }
            }
        }
        names
    }
}
