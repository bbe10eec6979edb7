//! Reads components with few retrieves, and confirms with a second source that a component does not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::batch::{self, QueuedJob};
use super::name_cache::usual_names;
use super::snapshot::{Snapshot, is_app, parent_element};
use super::{Freshness, Inner, Lookup, ReadError, ReadErrorKind, Wanted};
use crate::metadata::types::ALL;
use crate::metadata::{ComponentKey, MetadataType};
use crate::salesforce::{self, Class, FileProperties, RetriedError, Retrieved};

/// The components to read. For each type: all components (`None`), or those with the given names.
pub(super) type Selection = BTreeMap<&'static MetadataType, Option<BTreeSet<String>>>;

pub(super) struct ReadRequest {
    wanted: Vec<Wanted>,
    purpose: Purpose,
    callers: Vec<RetriedError>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// A refresh. Other readers are likely to need the same app and its other parts, so the whole app is read, and the
    /// result is added to the snapshot.
    Refresh,
    /// A fresh read. If `absence` is set, the component is expected not to exist.
    Now { absence: bool },
}

pub(super) type ReadResult = Result<Vec<Lookup>, ReadError>;

impl batch::Job for ReadRequest {
    fn mixes_with(&self, _: &ReadRequest) -> bool {
        true
    }

    fn conflicts_with(&self, _: &ReadRequest) -> bool {
        false
    }

    fn awaits(&self, _: &ReadRequest) -> bool {
        false
    }

    fn weight(&self) -> [usize; 2] {
        [self.wanted.len(), 0]
    }

    fn uncertain_attempt(&self) -> Option<&str> {
        None
    }
}

impl Inner {
    pub(super) async fn read(
        self: &Arc<Self>,
        wanted: &[Wanted],
        freshness: Freshness,
        deadline: Instant,
    ) -> Result<Vec<Lookup>, ReadError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        match freshness {
            Freshness::Snapshot => {
                let asked = Instant::now();
                let mut snapshot = self.snapshot.lock().await;
                if let Some(error) = snapshot.failed_since(asked) {
                    return Err(error);
                }
                snapshot.keep_if(self.generation(), self.timing.snapshot);
                if self.snapshot_retried.follow(self.has_many_apps()).await {
                    if wanted.iter().all(|wanted| wanted.best_effort || snapshot.has_answer_for(wanted)) {
                        return lookups(&snapshot, wanted);
                    }
                    drop(snapshot);
                    return self.read_batched(wanted, Purpose::Refresh, deadline).await;
                }
                let loaded = async {
                    self.load_related(&mut snapshot, wanted).await?;
                    self.confirm_absent(&mut snapshot, wanted).await
                };
                if let Err(error) = self.snapshot_retried.follow(loaded).await {
                    snapshot.fail(error.clone());
                    return Err(error);
                }
                lookups(&snapshot, wanted)
            }
            Freshness::Now | Freshness::Absence => {
                // A fresh read usually precedes a write.
                let _writes_soon = self.deployer.queue.prepare();
                let purpose = Purpose::Now { absence: freshness == Freshness::Absence };
                self.read_batched(wanted, purpose, deadline).await
            }
        }
    }

    /// Shares a read with concurrent callers.
    async fn read_batched(
        self: &Arc<Self>,
        wanted: &[Wanted],
        purpose: Purpose,
        deadline: Instant,
    ) -> ReadResult {
        // Cached files are returned without a batch.
        if matches!(purpose, Purpose::Now { .. })
            && let Some(known) = self.new_apps.all_of(wanted, &self.names)
        {
            return lookups(&known, wanted);
        }
        let inner = self.clone();
        let request = ReadRequest { wanted: wanted.to_vec(), purpose, callers: RetriedError::callers() };
        let run: batch::Run<ReadRequest, ReadResult> = Box::new(move |requests| {
            let callers = requests.iter().flat_map(|request| request.job.callers.clone()).collect();
            Box::pin(RetriedError::follow_all(callers, inner.clone().run_reads(requests)))
        });
        let mut handle = self.reads.submit(request, deadline, run);
        handle.result().await.unwrap_or_else(|| Err(ReadErrorKind::Deadline { last: None }.into()))
    }

    /// Reads for all callers of a batch.
    async fn run_reads(self: Arc<Self>, mut requests: Vec<QueuedJob<ReadRequest, ReadResult>>) {
        let of = |purpose: Purpose, requests: &[QueuedJob<ReadRequest, ReadResult>]| -> Vec<Wanted> {
            let requests = requests.iter().filter(|request| request.job.purpose == purpose);
            requests.flat_map(|request| request.job.wanted.iter().cloned()).collect()
        };
        let absent = of(Purpose::Now { absence: true }, &requests);
        let now = of(Purpose::Now { absence: false }, &requests);
        let refreshed = of(Purpose::Refresh, &requests);
        let generation = self.generation();
        let mut fresh = Snapshot::default();
        let loaded = async {
            if !refreshed.is_empty() {
                let apps = refreshed.iter().filter(|wanted| wanted.kind.settings_member.is_none());
                let apps: BTreeSet<String> = apps.map(|wanted| wanted.app.clone()).collect();
                let all: Vec<Wanted> = refreshed.iter().chain(&now).cloned().collect();
                self.load_named(&mut fresh, &all, &apps).await?;
                self.confirm_absent(&mut fresh, &all).await?;
            } else if !now.is_empty() {
                fresh = self.read_now(&now, false).await?;
            }
            if !absent.is_empty() {
                let others = self.read_now(&absent, true).await?;
                fresh.merge_from(&others);
            }
            Ok(())
        };
        let all_gone = async {
            for request in &mut requests {
                request.abandoned().await;
            }
        };
        let loaded = tokio::select! {
            loaded = loaded => loaded,
            () = all_gone => return,
        };
        if loaded.is_ok() && !refreshed.is_empty() {
            let mut snapshot = self.snapshot.lock().await;
            // The result is not added to the snapshot of a later generation.
            if generation == self.generation() {
                snapshot.keep_if(generation, self.timing.snapshot);
                snapshot.merge_from(&fresh);
            }
        }
        for request in requests {
            let found = loaded.clone().and_then(|()| lookups(&fresh, &request.job.wanted));
            request.complete(found);
        }
    }

    /// Reads without the snapshot, but with the cache of new apps. If `absence` is set, the components are expected not
    /// to exist.
    pub(super) async fn read_now(&self, wanted: &[Wanted], absence: bool) -> Result<Snapshot, ReadError> {
        let (known, unknown) = self.new_apps.split(wanted, &self.names);
        let mut fresh = known;
        if unknown.is_empty() {
            return Ok(fresh);
        }
        let generation = self.new_apps.generation();
        let unlisted = if absence { self.list_first(&mut fresh, unknown).await? } else { unknown };
        if !unlisted.is_empty() {
            let made: BTreeSet<String> = unlisted
                .iter()
                .filter(|wanted| self.names.was_created(&wanted.app))
                .map(|wanted| wanted.app.clone())
                .collect();
            self.load_named(&mut fresh, &unlisted, &made).await?;
            self.confirm_absent(&mut fresh, &unlisted).await?;
            self.new_apps.learn(&fresh, &made, generation);
        }
        Ok(fresh)
    }

    /// Lists apps that are expected not to exist, and returns the components that must still be retrieved.
    async fn list_first(&self, fresh: &mut Snapshot, wanted: Vec<Wanted>) -> Result<Vec<Wanted>, ReadError> {
        let apps: BTreeSet<&'static MetadataType> =
            wanted.iter().map(|wanted| wanted.kind).filter(|kind| is_app(kind)).collect();
        if apps.is_empty() || self.has_many_apps().await {
            return Ok(wanted);
        }
        let listed_deleted = self.list(fresh, &apps.into_iter().collect::<Vec<_>>()).await?;
        let is_absent = |wanted: &Wanted| {
            is_app(wanted.kind)
                && !listed_deleted.contains(&ComponentKey::new(wanted.kind, &wanted.app))
                && matches!(fresh.missing(wanted), Lookup::Absent { .. })
        };
        Ok(wanted.into_iter().filter(|wanted| !is_absent(wanted)).collect())
    }

    /// Loads the missing types, and with them the types that other readers of the generation are likely to need.
    async fn load_related(&self, snapshot: &mut Snapshot, wanted: &[Wanted]) -> Result<(), ReadError> {
        let kinds: BTreeSet<&'static MetadataType> = wanted.iter().map(|wanted| wanted.kind).collect();
        let needed: Vec<_> = kinds.iter().copied().filter(|kind| !snapshot.has(kind)).collect();
        if needed.is_empty() {
            return Ok(());
        }
        let types = self.types_to_retrieve(&needed);
        let selection = types.iter().filter(|kind| !snapshot.has(kind)).map(|kind| (*kind, None)).collect();
        self.load(snapshot, selection, &needed).await
    }

    /// The types to retrieve if the `needed` types must be read.
    fn types_to_retrieve(&self, needed: &[&'static MetadataType]) -> Vec<&'static MetadataType> {
        if self.only_needed.load(Ordering::SeqCst) {
            needed.to_vec()
        } else if needed.iter().all(|kind| kind.is_policy) {
            // An administrator can read the policies of an app, but may not be able to read its other parts.
            ALL.iter().copied().filter(|kind| kind.is_policy).collect()
        } else {
            ALL.to_vec()
        }
    }

    /// Loads the wanted components by name if their names are known. For refreshed apps, also loads all parts by their
    /// known and usual names.
    async fn load_named(
        &self,
        fresh: &mut Snapshot,
        wanted: &[Wanted],
        refreshed: &BTreeSet<String>,
    ) -> Result<(), ReadError> {
        let names: Vec<(&Wanted, Vec<String>)> =
            wanted.iter().map(|wanted| (wanted, self.known_names(wanted))).collect();
        // With many apps, all files of a type are retrieved only as a last resort.
        let guesses = names.iter().any(|(_, names)| names.is_empty()) && self.has_many_apps().await;
        let mut selection = Selection::new();
        for (wanted, mut known) in names {
            if known.is_empty() && guesses {
                known.extend(usual_names(wanted.kind, &wanted.app));
            }
            let names = selection.entry(wanted.kind).or_insert_with(|| Some(BTreeSet::new()));
            match names {
                Some(names) if !known.is_empty() => names.extend(known),
                _ => *names = None,
            }
        }
        let kinds: Vec<_> = selection.keys().copied().collect();
        for kind in self.types_to_retrieve(&kinds).iter().filter(|kind| kind.settings_member.is_none()) {
            for app in refreshed {
                let wanted = Wanted::new(kind, app.as_str());
                let known = self.known_names(&wanted).into_iter().chain(usual_names(kind, app));
                if let Some(names) = selection.entry(kind).or_insert_with(|| Some(BTreeSet::new())) {
                    names.extend(known);
                }
            }
        }
        selection.retain(|_, names| names.as_ref().is_none_or(|names| !names.is_empty()));
        let by_name: Vec<_> =
            selection.iter().filter_map(|(kind, names)| names.is_some().then_some(*kind)).collect();
        let worth = wanted.iter().filter(|wanted| !wanted.best_effort).map(|wanted| wanted.kind);
        let needed: BTreeSet<&'static MetadataType> = worth.collect();
        let needed = if needed.is_empty() { kinds } else { needed.into_iter().collect() };
        self.load(fresh, selection, &needed).await?;

        // The name of a part may have changed. An app is identified by its name, and org settings have a fixed name.
        let is_unmatched = |wanted: &&Wanted| {
            let is_part = parent_element(wanted.kind).is_some();
            is_part && !wanted.best_effort && by_name.contains(&wanted.kind) && fresh.find(wanted).is_none()
        };
        let unmatched: Vec<&Wanted> = wanted.iter().filter(is_unmatched).collect();
        if !unmatched.is_empty() && self.has_many_apps().await {
            return self.search(fresh, &unmatched).await;
        }
        let selection: Selection = unmatched.iter().map(|wanted| (wanted.kind, None)).collect();
        for kind in selection.keys() {
            fresh.drop_kind(kind);
        }
        let needed: Vec<_> = selection.keys().copied().collect();
        self.load(fresh, selection, &needed).await
    }

    fn known_names(&self, wanted: &Wanted) -> Vec<String> {
        if parent_element(wanted.kind).is_none() {
            return vec![wanted.app.clone()];
        }
        let hint = wanted.hint.clone().filter(|name| !self.names.was_deleted(wanted.kind, name));
        hint.into_iter().chain(self.names.of(wanted.kind, &wanted.app)).collect()
    }

    /// Retrieves all files in one call. If the org rejects the call, retrieves only the needed types, and if that is
    /// rejected as well, each type separately, so that one unreadable type does not hide the others.
    pub(super) async fn load(
        &self,
        snapshot: &mut Snapshot,
        selection: Selection,
        needed: &[&'static MetadataType],
    ) -> Result<(), ReadError> {
        if selection.is_empty() {
            return Ok(());
        }
        let error = match self.retrieve_into(snapshot, &selection).await {
            Err(error) if selection.len() > 1 && is_rejection(&error) => error,
            outcome => return self.note(snapshot, &selection, outcome),
        };
        let necessary: Selection = selection
            .iter()
            .filter(|(kind, _)| needed.contains(kind))
            .map(|(kind, names)| (*kind, names.clone()))
            .collect();
        if necessary.len() < selection.len() {
            tracing::debug!(error = %error, "retrieving fewer types");
            self.only_needed.store(true, Ordering::SeqCst);
            return Box::pin(self.load(snapshot, necessary, needed)).await;
        }
        for (kind, names) in selection {
            let single = Selection::from([(kind, names)]);
            let outcome = self.retrieve_into(snapshot, &single).await;
            self.note(snapshot, &single, outcome)?;
        }
        Ok(())
    }

    /// If the org rejects a retrieve of one type, records that this type cannot be read.
    fn note(
        &self,
        snapshot: &mut Snapshot,
        selection: &Selection,
        outcome: Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        match (outcome, selection.keys().next()) {
            (Err(error), Some(kind)) if selection.len() == 1 && is_rejection(&error) => {
                snapshot.reject(kind, format!("{} cannot be read: {error}", kind.name));
                Ok(())
            }
            (outcome, _) => outcome,
        }
    }

    async fn retrieve_into(&self, snapshot: &mut Snapshot, selection: &Selection) -> Result<(), ReadError> {
        let kinds: Vec<&'static MetadataType> = selection.keys().copied().collect();
        match snapshot.absorb(&kinds, &self.retrieve(selection).await?) {
            // The checksums show that the zip file was damaged in transit, so it is retrieved once more.
            Err(error) if is_damaged(&error) => snapshot.absorb(&kinds, &self.retrieve(selection).await?)?,
            outcome => outcome?,
        }
        for (kind, names) in selection {
            if names.is_none() {
                snapshot.mark_whole(kind);
            }
        }
        self.names.learn(snapshot);
        Ok(())
    }

    async fn retrieve(&self, selection: &Selection) -> Result<Retrieved, ReadError> {
        let mut by_type: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (kind, names) in selection {
            let members = by_type.entry(kind.package_type()).or_default();
            match (kind.settings_member, names) {
                // A wildcard would return all org settings, so the member is named.
                (Some(member), _) => drop(members.insert(member)),
                (None, Some(names)) => members.extend(names.iter().map(String::as_str)),
                (None, None) => drop(members.insert("*")),
            }
        }
        let members: Vec<(String, Vec<String>)> = by_type
            .into_iter()
            .map(|(name, members)| (name.to_owned(), members.into_iter().map(str::to_owned).collect()))
            .collect();
        tracing::debug!(types = members.len(), "retrieving");
        let retrieved = self.apis.reads.retrieve(&members).await;
        let retrieved = retrieved.map_err(ReadError::unavailable)?;
        tracing::debug!(files = retrieved.files.len(), warnings = retrieved.messages.len(), "retrieved");
        Ok(retrieved)
    }

    /// Lists the types of components that were not found, to confirm their absence.
    async fn confirm_absent(&self, snapshot: &mut Snapshot, wanted: &[Wanted]) -> Result<(), ReadError> {
        let ambiguous: BTreeSet<&'static MetadataType> = wanted
            .iter()
            .filter(|wanted| !wanted.best_effort)
            .filter(|wanted| snapshot.find(wanted).is_none() && !snapshot.is_complete(wanted.kind))
            .map(|wanted| wanted.kind)
            .collect();
        let ambiguous: Vec<_> = ambiguous.into_iter().collect();
        self.confirm_by_list(snapshot, &ambiguous, wanted).await?;
        // If a part names an unknown app, only the list of apps shows whether that app exists.
        if wanted.iter().any(|wanted| !wanted.best_effort && snapshot.is_ambiguous(wanted)) {
            let apps: Vec<_> =
                ALL.iter().copied().filter(|kind| is_app(kind) && !snapshot.is_complete(kind)).collect();
            self.list(snapshot, &apps).await?;
        }
        Ok(())
    }

    /// Lists these types, and retrieves by name the listed components that may be wanted but were not found. A
    /// component may have been created after the retrieve, and a wildcard may not include components of a package.
    pub(super) async fn confirm_by_list(
        &self,
        snapshot: &mut Snapshot,
        kinds: &[&'static MetadataType],
        wanted: &[Wanted],
    ) -> Result<(), ReadError> {
        if kinds.is_empty() {
            return Ok(());
        }
        self.list(snapshot, kinds).await?;
        let mut unseen = Selection::new();
        for kind in kinds {
            let mut names: BTreeSet<String> = snapshot.installed_but_unseen(kind).into_iter().collect();
            let missing = wanted.iter().filter(|wanted| wanted.kind == *kind && !wanted.best_effort);
            let missing = missing.filter(|wanted| snapshot.find(wanted).is_none());
            names.extend(missing.flat_map(|wanted| snapshot.listed_candidates(wanted)));
            if !names.is_empty() {
                unseen.insert(kind, Some(names));
            }
        }
        if unseen.is_empty() {
            return Ok(());
        }
        match self.retrieve_into(snapshot, &unseen).await {
            // These components stay hidden, and their lookups report the reason.
            Err(error) if is_rejection(&error) => Ok(()),
            outcome => outcome,
        }
    }

    /// Lists these types, and adds the listed components to the snapshot, except those that this process has deleted: a
    /// list may lag behind a deploy. Returns the deleted components that are still listed. Only a retrieve shows that
    /// they do not exist.
    pub(super) async fn list(
        &self,
        snapshot: &mut Snapshot,
        kinds: &[&'static MetadataType],
    ) -> Result<BTreeSet<ComponentKey>, ReadError> {
        let mut omitted = BTreeSet::new();
        let names: BTreeSet<&str> = kinds.iter().map(|kind| kind.package_type()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        match self.apis.reads.list_metadata(&names).await {
            Ok(files) => {
                for kind in kinds {
                    let is_of_kind = |file: &&FileProperties| {
                        file.type_name == kind.package_type()
                            && kind.settings_member.is_none_or(|member| member == file.full_name)
                    };
                    let (deleted, left): (Vec<&FileProperties>, Vec<&FileProperties>) = files
                        .iter()
                        .filter(is_of_kind)
                        .partition(|file| self.names.was_deleted(kind, &file.full_name));
                    omitted.extend(deleted.iter().map(|file| ComponentKey::new(kind, &file.full_name)));
                    snapshot.list(kind, Ok(left.into_iter().cloned().collect()));
                }
            }
            Err(error) if !rejects(&error) => return Err(ReadError::unavailable(error)),
            Err(error) => match kinds {
                [kind] => snapshot.list(kind, Err(format!("{} cannot be listed: {error}", kind.name))),
                _ => {
                    for kind in kinds {
                        omitted.extend(Box::pin(self.list(snapshot, &[kind])).await?);
                    }
                }
            },
        }
        Ok(omitted)
    }
}

pub(super) fn lookups(snapshot: &Snapshot, wanted: &[Wanted]) -> Result<Vec<Lookup>, ReadError> {
    wanted
        .iter()
        .map(|wanted| snapshot.find(wanted).unwrap_or_else(|| Ok(snapshot.missing(wanted))))
        .collect()
}

fn is_rejection(error: &ReadError) -> bool {
    matches!(&error.kind, ReadErrorKind::Unavailable(error) if rejects(error))
}

/// Whether the org denies access or does not support the type. The org also reports a type as invalid if the user
/// cannot access it.
fn rejects(error: &salesforce::Error) -> bool {
    error.class() == Class::Permission || error.code() == Some("INVALID_TYPE")
}

fn is_damaged(error: &ReadError) -> bool {
    matches!(&error.kind, ReadErrorKind::Package(error) if error.is_damaged())
}
