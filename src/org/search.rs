//! Finding the parts of an app in an org that has too many apps to retrieve all their files.
//!
//! A part need not be named after its app, and no list says whose it is; only its file does. So the usual names are
//! tried first (`read.rs`), then what the list has that begins like the app, and all there is only if that gave nothing.

use std::collections::BTreeSet;

use super::read::Selection;
use super::snapshot::Snapshot;
use super::{Inner, ReadError, Wanted};
use crate::metadata::MetadataType;
use crate::metadata::types::APP;

/// Apps of which all files are retrieved at once, whosever they are: each has up to five.
const MAX_APPS_IN_SNAPSHOT: u64 = 400;
/// Files of one retrieve, when all of a kind have to be looked through.
const MAX_FILES_PER_SEARCH: usize = 2_000;

impl Inner {
    /// Whether all files of all apps are too many to retrieve at once. A count is small, however many there are; a list
    /// tells as much, with hundreds of bytes for each app. RequestedRotation once for each connection.
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

    /// Looks for parts that have none of the names that they were expected to have.
    pub(super) async fn search(&self, fresh: &mut Snapshot, missing: &[&Wanted]) -> Result<(), ReadError> {
        let kinds: BTreeSet<&'static MetadataType> = missing.iter().map(|wanted| wanted.kind).collect();
        let kinds: Vec<&'static MetadataType> = kinds.into_iter().collect();
        let wanted: Vec<Wanted> = missing.iter().map(|wanted| (*wanted).clone()).collect();
        self.corroborate(fresh, &kinds, &wanted).await?;

        for kind in kinds {
            // An app that was made a moment ago has what we gave it.
            let lost = |wanted: &&&Wanted| {
                wanted.kind == kind && fresh.find(wanted).is_none() && !self.names.was_created(&wanted.app)
            };
            if missing.iter().filter(lost).count() == 0 {
                continue;
            }
            match fresh.listed_names(kind) {
                Some(names) => {
                    tracing::debug!(kind = kind.name, files = names.len(), "looking through all files");
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
