//! The full names of records, as metadata files contain them.

use super::soql::text;
use super::{Inner, Org, Row, Unavailable};

/// The full name of a record: `namespace__Name`, or `Name` if the namespace is empty or is the org's own.
fn full_name(row: &Row, name: &str, own_namespace: Option<&str>) -> Option<String> {
    let name = text(row, name)?;
    Some(match text(row, NAMESPACE).filter(|namespace| Some(*namespace) != own_namespace) {
        Some(namespace) if !namespace.is_empty() => format!("{namespace}__{name}"),
        _ => name.to_owned(),
    })
}

const NAMESPACE: &str = "NamespacePrefix";

impl Org {
    /// The full names of records that were queried with their `NamespacePrefix`, as metadata files contain them. In an
    /// org with a namespace, its own records have that namespace, but its files do not.
    pub async fn full_names(&self, rows: &[Row], name: &str) -> Result<Vec<Option<String>>, Unavailable> {
        let own = if rows.iter().any(|row| text(row, NAMESPACE).is_some()) {
            self.inner.own_namespace().await?
        } else {
            None
        };
        Ok(rows.iter().map(|row| full_name(row, name, own.as_deref())).collect())
    }
}

impl Inner {
    /// The namespace of the packages that are developed in the org.
    pub(super) async fn own_namespace(&self) -> Result<Option<String>, Unavailable> {
        let queried = self.own_namespace.get_or_try_init(|| async {
            let rows = self.apis.queries.query("SELECT NamespacePrefix FROM Organization").await?;
            Ok::<_, Unavailable>(rows.first().and_then(|row| text(row, NAMESPACE)).map(str::to_owned))
        });
        Ok(queried.await?.clone())
    }
}
