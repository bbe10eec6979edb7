//! Counts the users with a permission set or profile. In each generation, the first reader counts the users of all
//! permission sets and profiles in the policies that were read so far, and other readers share these counts.
//!
//! A failed count is reported as unknown, with the reason, and never as zero.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::soql::{listed, number, quoted, quoted_or_null, related, text};
use super::{Inner, Org, Row, Unavailable};

/// The maximum number of names per query, which limits the length of the URL.
const MAX_NAMES: usize = 80;

/// A permission set or profile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assignable {
    /// The name of the object: `PermissionSet` or `Profile`.
    pub object: &'static str,
    /// The name as in files: `Shop_Customer` or `namespace__Shop_Customer`.
    pub name: String,
}

/// The number of active users with a permission set or profile. Each user is counted once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holders {
    Counted(u64),
    Unknown { why: String },
}

pub type AssignmentCounts = BTreeMap<Assignable, Holders>;

#[derive(Default)]
pub(super) struct Counted {
    generation: u64,
    taken: Option<Instant>,
    counts: AssignmentCounts,
}

impl Org {
    /// The holders of each wanted permission set or profile. Errors are reported in the results.
    pub async fn holders(&self, wanted: BTreeSet<Assignable>, deadline: Instant) -> AssignmentCounts {
        if wanted.is_empty() {
            return AssignmentCounts::new();
        }
        match tokio::time::timeout_at(deadline, self.inner.holders(&wanted)).await {
            Ok(counts) => counts,
            Err(_) => all_unknown(wanted, "the org did not respond before the timeout"),
        }
    }
}

impl Inner {
    async fn holders(&self, wanted: &BTreeSet<Assignable>) -> AssignmentCounts {
        let mut counted = self.counted.lock().await;
        counted.keep_if(self.generation(), self.timing.snapshot);
        let missing =
            |counted: &Counted| wanted.iter().any(|assignable| !counted.counts.contains_key(assignable));
        if missing(&counted) {
            let mut assignables = wanted.clone();
            assignables.extend(self.snapshot.lock().await.assignables());
            assignables.retain(|assignable| !counted.counts.contains_key(assignable));
            for (object, prefix) in sources(&assignables) {
                let of_source: Vec<&Assignable> = assignables
                    .iter()
                    .filter(|assignable| assignable.object == object && assignable.prefix() == prefix)
                    .collect();
                for assignables in of_source.chunks(MAX_NAMES) {
                    let counts = self.counts(object, prefix, assignables).await;
                    counted.counts.extend(counts);
                }
            }
        }
        let answer = |assignable: &Assignable| {
            let why = "the users were not counted".to_owned();
            counted.counts.get(assignable).cloned().unwrap_or(Holders::Unknown { why })
        };
        wanted.iter().map(|assignable| (assignable.clone(), answer(assignable))).collect()
    }

    async fn counts(
        &self,
        object: &str,
        prefix: Option<&str>,
        assignables: &[&Assignable],
    ) -> AssignmentCounts {
        let all: BTreeSet<Assignable> = assignables.iter().map(|assignable| (*assignable).clone()).collect();
        let outcome = match object {
            PERMISSION_SET => self.permission_sets(prefix, &all).await,
            PROFILE => self.profiles(&all).await,
            other => return all_unknown(all, &format!("users of a {other} are not counted")),
        };
        match outcome {
            Ok(counts) => counts,
            Err(error) => all_unknown(all, &error.to_string()),
        }
    }

    async fn permission_sets(
        &self,
        prefix: Option<&str>,
        assignables: &BTreeSet<Assignable>,
    ) -> Result<AssignmentCounts, Unavailable> {
        // In query results, the org's own permission sets have the org's namespace, if it has one.
        let own = self.own_namespace().await?;
        let prefix = quoted_or_null(prefix.or(own.as_deref()));
        let these = format!(
            "PermissionSet.NamespacePrefix = {prefix} AND PermissionSet.Name IN ({})",
            listed(assignables.iter().map(Assignable::bare))
        );
        let direct = format!(
            "SELECT PermissionSet.Name, COUNT_DISTINCT(AssigneeId) holders FROM PermissionSetAssignment \
             WHERE Assignee.IsActive = true AND {these} GROUP BY PermissionSet.Name"
        );
        let grouped = format!(
            "SELECT PermissionSetGroupId, PermissionSet.Name FROM PermissionSetGroupComponent WHERE {these}"
        );
        let direct = self.apis.queries.query(&direct).await?;
        let grouped = self.apis.queries.query(&grouped).await?;
        let mut counts = AssignmentCounts::new();
        for row in &direct {
            take(&mut counts, assignables, text(row, "Name"), number(row, "holders"));
        }
        for assignable in assignables {
            let of_assignable =
                |row: &&Row| related(row, "PermissionSet", "Name").is_some_and(|name| assignable.is(name));
            let ids: BTreeSet<&str> = grouped
                .iter()
                .filter(of_assignable)
                .filter_map(|row| text(row, "PermissionSetGroupId"))
                .collect();
            if ids.is_empty() {
                continue;
            }
            // A user can have the permission set both directly and through a group, but must be counted once. This
            // requires a separate query.
            let either = format!(
                "SELECT COUNT_DISTINCT(AssigneeId) holders FROM PermissionSetAssignment WHERE Assignee.IsActive = true \
                 AND ((PermissionSet.NamespacePrefix = {prefix} AND PermissionSet.Name = {}) \
                 OR PermissionSetGroupId IN ({}))",
                quoted(assignable.bare()),
                listed(ids)
            );
            let rows = self.apis.queries.query(&either).await?;
            if let Some(count) = rows.first().and_then(|row| number(row, "holders")) {
                counts.insert(assignable.clone(), Holders::Counted(count));
            }
        }
        let absent: BTreeSet<&Assignable> =
            assignables.iter().filter(|assignable| !counts.contains_key(assignable)).collect();
        if !absent.is_empty() {
            let soql = format!(
                "SELECT Name FROM PermissionSet WHERE NamespacePrefix = {prefix} AND Name IN ({})",
                listed(absent.iter().map(|assignable| assignable.bare()))
            );
            self.count_unassigned(&mut counts, assignables, &soql, "permission set").await?;
        }
        Ok(counts)
    }

    async fn profiles(&self, assignables: &BTreeSet<Assignable>) -> Result<AssignmentCounts, Unavailable> {
        let soql = format!(
            "SELECT Profile.Name, COUNT(Id) holders FROM User WHERE IsActive = true AND Profile.Name IN ({}) \
             GROUP BY Profile.Name",
            listed(assignables.iter().map(Assignable::bare))
        );
        let mut counts = AssignmentCounts::new();
        for row in &self.apis.queries.query(&soql).await? {
            take(&mut counts, assignables, text(row, "Name"), number(row, "holders"));
        }
        let absent: Vec<&str> = assignables
            .iter()
            .filter(|assignable| !counts.contains_key(assignable))
            .map(Assignable::bare)
            .collect();
        if !absent.is_empty() {
            let soql = format!("SELECT Name FROM Profile WHERE Name IN ({})", listed(absent));
            // The names of standard profiles in files differ from those in query results.
            self.count_unassigned(&mut counts, assignables, &soql, "profile").await?;
        }
        Ok(counts)
    }

    /// A permission set or profile that exists but has no count has no holders. If the query does not return it, the
    /// number of holders is unknown.
    async fn count_unassigned(
        &self,
        counts: &mut AssignmentCounts,
        assignables: &BTreeSet<Assignable>,
        soql: &str,
        what: &str,
    ) -> Result<(), Unavailable> {
        for row in &self.apis.queries.query(soql).await? {
            take(counts, assignables, text(row, "Name"), Some(0));
        }
        for assignable in assignables {
            let why = || format!("a query of the org returned no {what} with that name");
            counts.entry(assignable.clone()).or_insert_with(|| Holders::Unknown { why: why() });
        }
        Ok(())
    }
}

const PERMISSION_SET: &str = "PermissionSet";
const PROFILE: &str = "Profile";

impl Counted {
    fn keep_if(&mut self, generation: u64, lifetime: Duration) {
        let young = self.taken.is_some_and(|taken| taken.elapsed() < lifetime);
        if !young || self.generation != generation {
            *self = Counted { generation, taken: Some(Instant::now()), counts: AssignmentCounts::new() };
        }
    }
}

impl Assignable {
    /// The namespace of a permission set from a package. Profiles are excluded, because their names may contain any
    /// characters.
    fn prefix(&self) -> Option<&str> {
        let (prefix, _) = self.name.split_once("__").filter(|_| self.object == PERMISSION_SET)?;
        Some(prefix)
    }

    fn bare(&self) -> &str {
        match self.prefix() {
            Some(prefix) => self.name.get(prefix.len() + 2..).unwrap_or(&self.name),
            None => &self.name,
        }
    }

    fn is(&self, name: &str) -> bool {
        self.bare().eq_ignore_ascii_case(name)
    }
}

fn sources(assignables: &BTreeSet<Assignable>) -> BTreeSet<(&'static str, Option<&str>)> {
    assignables.iter().map(|assignable| (assignable.object, assignable.prefix())).collect()
}

fn take(
    counts: &mut AssignmentCounts,
    assignables: &BTreeSet<Assignable>,
    name: Option<&str>,
    count: Option<u64>,
) {
    let (Some(name), Some(count)) = (name, count) else { return };
    for assignable in assignables.iter().filter(|assignable| assignable.is(name)) {
        counts.entry(assignable.clone()).or_insert(Holders::Counted(count));
    }
}

fn all_unknown(assignables: impl IntoIterator<Item = Assignable>, why: &str) -> AssignmentCounts {
    assignables.into_iter().map(|assignable| (assignable, Holders::Unknown { why: why.to_owned() })).collect()
}
