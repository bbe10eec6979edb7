//! Record IDs in a configuration: Salesforce accepts IDs and returns names, so a comparison requires the name of each
//! ID.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::Duration;

use super::state::{Actual, named, same};
use super::{Engine, VERIFY_TIMEOUT, diagnostics};
use crate::metadata::{Field, adds_nothing};
use crate::org::soql::{listed, text};
use crate::org::{Unavailable, timeout};
use crate::provider::diagnostics::Diagnostics;
use crate::record_id;
use crate::value::Value;

/// The limit of a query after a stop: Terraform waits for the state.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

impl Engine<'_> {
    /// Whether values contain the ID of a record.
    pub(super) fn refers_to(&self, values: &Value, id: &str) -> bool {
        let fields = self.spec.rows().map(|row| row.field).filter(|field| field.record.is_some());
        fields
            .flat_map(|field| values.get(field.attribute).members().unwrap_or_default())
            .any(|member| member.as_text() == Some(id))
    }

    /// The records whose IDs `values` contains. An ID without a record has no name, and Salesforce will reject it. If a
    /// query fails and a name is unknown, a warning is added. Known names that `files` contains are not queried again.
    /// Other records may have been renamed.
    pub(super) async fn record_names(
        &self,
        values: &Value,
        known: &BTreeMap<String, String>,
        files: &Actual,
        found: &mut Diagnostics,
    ) -> Records {
        let (mut names, mut unqueried) = (BTreeMap::new(), BTreeSet::new());
        for row in self.spec.rows() {
            let Some(record) = row.field.record else { continue };
            let in_file =
                files.part(row.part).component().map(|component| component.get(row.field.attribute));
            // Without a file, there is nothing to compare.
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
            let mut named = pin!(named);
            let queried = match self.org.unless_stopped(timeout(VERIFY_TIMEOUT, &mut named)).await {
                Some(queried) => queried,
                None => timeout(STOP_TIMEOUT, named).await,
            };
            let queried = match queried {
                Ok(named) => named.map_err(|error| error.to_string()),
                Err(_) => Err("the org did not respond in time".to_owned()),
            };
            let (rows, full_names) = match queried {
                Ok(named) => named,
                Err(why) => {
                    if ids.iter().any(|id| !known.contains_key(*id)) {
                        found.push(diagnostics::names_not_queried(row.field.attribute, &why));
                    }
                    for id in ids {
                        match known.get(id) {
                            Some(name) => drop(names.insert(id.to_owned(), name.clone())),
                            None => drop(unqueried.insert(id.to_owned())),
                        }
                    }
                    continue;
                }
            };
            for (row, name) in rows.iter().zip(full_names) {
                let (Some(id), Some(name)) = (text(row, "Id"), name) else {
                    continue;
                };
                for written in ids.iter().filter(|written| record_id::is_same(written, id)) {
                    names.insert((*written).to_owned(), name.clone());
                }
            }
        }
        Records { names, unqueried }
    }
}

/// The records that a configuration refers to by ID.
#[derive(Clone, Default)]
pub struct Records {
    /// The full names, by ID.
    pub names: BTreeMap<String, String>,
    /// The IDs whose names are unknown, because the query for them failed.
    pub unqueried: BTreeSet<String>,
}

impl Records {
    /// Adds known names of other records.
    pub(super) fn with_known(mut self, known: &BTreeMap<String, String>) -> Records {
        for (id, name) in known {
            self.names.entry(id.clone()).or_insert_with(|| name.clone());
        }
        self
    }

    /// Whether a value may equal a value in the org. IDs whose names are unknown are compared only by their number.
    pub(super) fn may_equal(&self, field: &Field, written: &Value, in_org: &Value) -> bool {
        if same(field, written, in_org, &self.names) {
            return true;
        }
        let (written, in_org) = (named(written, &self.names), named(in_org, &self.names));
        let rest = |of: &Value, without: &Value| -> Vec<Value> {
            let (members, others) = (of.members().unwrap_or_default(), without.members().unwrap_or_default());
            let is_other = |member: &&Value| !adds_nothing(field, others, member);
            members.iter().filter(is_other).cloned().collect()
        };
        let (unknown, left) = (rest(&written, &in_org), rest(&in_org, &written));
        let is_unqueried = |id: &Value| id.as_text().is_some_and(|id| self.unqueried.contains(id));
        !unknown.is_empty() && unknown.len() == left.len() && unknown.iter().all(is_unqueried)
    }
}
