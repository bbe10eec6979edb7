//! Finds the parts of an app in an org with too many apps to retrieve all files.
//!
//! The name of a part need not contain the name of its app, and only the file, not the list, names the app. Therefore,
//! the usual names are tried first (`read.rs`), then listed names with the app's name as a prefix. All files are read
//! only if the part has none of these names.

use std::collections::BTreeSet;

use super::read::Selection;
use super::snapshot::Snapshot;
use super::{Inner, ReadError, Wanted};
use crate::metadata::MetadataType;
use crate::metadata::types::APP;

/// The maximum number of apps whose files are retrieved at once. Each app has up to five files.
const MAX_APPS_IN_SNAPSHOT: u64 = 400;
/// The number of files per retrieve when all files of a type must be read.
const MAX_FILES_PER_SEARCH: usize = 2_000;

impl Inner {
    /// Whether the org has too many apps to retrieve all files at once. Apps are counted, because a list has hundreds
    /// of bytes for each app. The result is determined once per connection.
    pub(super) async fn has_many_apps(&self) -> bool {
        let mut known = self.many_apps.lock().await;
        if let Some(known) = *known {
            return known;
        }
        let apps = match self.apis.queries.count(APP.name).await {
            Ok(apps) => Some(apps),
            Err(error) => {
                tracing::debug!(%error, "the apps cannot be counted; listing them");
                self.apis
                    .reads
                    .list_metadata(&[APP.name])
                    .await
                    .ok()
                    .and_then(|apps| u64::try_from(apps.len()).ok())
            }
        };
        let many = apps.is_some_and(|apps| apps > MAX_APPS_IN_SNAPSHOT);
        tracing::debug!(apps, many, "apps counted");
        *known = apps.map(|_| many);
        many
    }

    /// Finds parts that have none of the expected names.
    pub(super) async fn search(&self, fresh: &mut Snapshot, missing: &[&Wanted]) -> Result<(), ReadError> {
        let kinds: BTreeSet<&'static MetadataType> = missing.iter().map(|wanted| wanted.kind).collect();
        let kinds: Vec<&'static MetadataType> = kinds.into_iter().collect();
        let wanted: Vec<Wanted> = missing.iter().map(|wanted| (*wanted).clone()).collect();
        self.confirm_by_list(fresh, &kinds, &wanted).await?;

        for kind in kinds {
            // An app that this process created has no parts with unexpected names.
            let lost = |wanted: &&&Wanted| {
                wanted.kind == kind && fresh.find(wanted).is_none() && !self.names.was_created(&wanted.app)
            };
            if missing.iter().filter(lost).count() == 0 {
                continue;
            }
            match fresh.listed_names(kind) {
                Some(names) => {
                    tracing::debug!(kind = kind.name, files = names.len(), "reading all files of the type");
                    for names in names.chunks(MAX_FILES_PER_SEARCH) {
                        let selection = Selection::from([(kind, Some(names.iter().cloned().collect()))]);
                        self.load(fresh, selection, &[kind]).await?;
                    }
                }
                None => self.load(fresh, Selection::from([(kind, None)]), &[kind]).await?,
            }
        }
        Ok(())
    }
}
