//! Lists all apps with the files of some types, a few thousand files at a time.
//!
//! A read of one app searches for its parts (`read.rs`, `search.rs`). This module reads the org's lists first, and then
//! requests each listed file once. The name of a file only suggests an app: the content of the file names the app. If
//! the two differ, the file is kept until the turn of the app that it names. Apps that may have a part whose name
//! suggests another app come last. The shared snapshot is not used.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::name_cache::usual_names;
use super::read::{self, Selection};
use super::snapshot::{Snapshot, without_own_namespace};
use super::{Inner, Lookup, ReadError, Wanted};
use crate::metadata::types::APP;
use crate::metadata::{ComponentKey, MetadataType};
use crate::salesforce::FileProperties;

/// The maximum number of files per retrieve. Salesforce's limit is 10,000, which may include package.xml.
const MAX_FILES: usize = 9_900;

pub struct Inventory {
    inner: Arc<Inner>,
    kinds: Vec<&'static MetadataType>,
    /// All listed and all wanted apps. A part may also belong to an app that is not wanted.
    apps: HashSet<String>,
    /// Wanted apps that are not listed. A list may lag behind, and the lists of their parts may lag behind as well.
    unlisted: HashSet<String>,
    queue: VecDeque<String>,
    /// Apps that may have a part whose name suggests another app.
    ambiguous: Vec<String>,
    /// Apps that lack a needed part, judging by names.
    unlikely: Vec<String>,
    listed: BTreeMap<&'static MetadataType, Listed>,
    /// The files that were read for apps whose turn has not come.
    read: HashMap<String, Snapshot>,
    rejected: BTreeMap<&'static MetadataType, String>,
    begun: bool,
    recalled: bool,
}

#[derive(Default)]
struct Listed {
    left: BTreeSet<String>,
    /// For each app, the names that look like names of its parts.
    by_app: HashMap<String, Vec<String>>,
    /// Names that match no app.
    unowned: Vec<String>,
    hidden: Option<String>,
}

/// An app and the results for its files, in the order of the types.
pub type AppFiles = (String, Result<Vec<Lookup>, ReadError>);

impl Inventory {
    pub(super) async fn take(
        inner: &Arc<Inner>,
        kinds: &[&'static MetadataType],
        only: Option<BTreeSet<String>>,
    ) -> Result<Inventory, ReadError> {
        let mut lists = Snapshot::default();
        let all: BTreeSet<&'static MetadataType> = kinds.iter().copied().chain([APP]).collect();
        inner.list(&mut lists, &all.into_iter().collect::<Vec<_>>()).await?;
        let mut apps: BTreeSet<String> = match lists.listed_names(APP) {
            Some(apps) => apps.into_iter().collect(),
            // The list is requested again to obtain the error.
            None => {
                let apps = inner.apis.reads.list_metadata(&[APP.name]).await;
                apps.map_err(ReadError::unavailable)?.into_iter().map(|file| file.full_name).collect()
            }
        };
        let unlisted: HashSet<String> =
            only.iter().flatten().filter(|app| !apps.contains(*app)).cloned().collect();
        apps.extend(unlisted.iter().cloned());
        let queue = apps.iter().filter(|app| only.as_ref().is_none_or(|only| only.contains(*app)));
        let queue = queue.cloned().collect();
        let apps: HashSet<String> = apps.into_iter().collect();
        let mut listed = BTreeMap::new();
        for kind in kinds.iter().copied() {
            let names = lists.listed_names(kind).unwrap_or_default();
            let mut of_kind = Listed::of(kind, names, &apps);
            of_kind.hidden = lists.unlisted(kind).map(str::to_owned);
            listed.insert(kind, of_kind);
        }
        Ok(Inventory {
            inner: inner.clone(),
            kinds: kinds.to_vec(),
            apps,
            unlisted,
            queue,
            ambiguous: Vec::new(),
            unlikely: Vec::new(),
            listed,
            read: HashMap::new(),
            rejected: BTreeMap::new(),
            begun: false,
            recalled: false,
        })
    }

    /// Keeps only the wanted apps. Must be called before the first files are read.
    pub fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        self.queue.retain(|app| wanted(app));
    }

    /// The next apps: up to `few`, or fewer if one retrieve cannot contain more. An app is omitted unless it may have a
    /// part of each group in `needed`. Returns `None` if there are no more apps.
    ///
    /// # Errors
    /// Returns an error if the org does not respond. Hidden parts of an app are in the results instead.
    pub async fn next(
        &mut self,
        few: usize,
        needed: &[Vec<&'static MetadataType>],
    ) -> Result<Option<Vec<AppFiles>>, ReadError> {
        let mut selection = Vec::new();
        if !std::mem::replace(&mut self.begun, true) && !self.queue.is_empty() {
            let unowned = |listed: &mut Listed| std::mem::take(&mut listed.unowned);
            let unowned = self.listed.iter_mut().flat_map(|(kind, listed)| {
                let names = unowned(listed);
                names.into_iter().map(|name| (*kind, name))
            });
            // These files are part of the first retrieve. A separate retrieve would take two more calls.
            selection = unowned.collect();
            if selection.len() >= MAX_FILES {
                self.retrieve(std::mem::take(&mut selection)).await?;
            }
        }
        let mut apps = Vec::new();
        if self.queue.is_empty() {
            // Files that no name suggested may have been found for these apps.
            let unlikely = std::mem::take(&mut self.unlikely).into_iter();
            self.queue.extend(unlikely.filter(|app| self.read.contains_key(app)));
        }
        while apps.len() < few.max(1) && selection.len() < MAX_FILES {
            let Some(app) = self.queue.pop_front() else { break };
            if needed.iter().any(|group| !group.iter().any(|kind| self.may_have(kind, &app))) {
                self.unlikely.push(app);
                continue;
            }
            let of_app = self
                .kinds
                .iter()
                .flat_map(|kind| self.names_of(kind, &app).into_iter().map(|name| (*kind, name)));
            let of_app: Vec<_> = of_app.collect();
            // The files that exceed the limit would need another retrieve, so the app waits for the next page.
            if selection.len().saturating_add(of_app.len()) > MAX_FILES && !selection.is_empty() {
                self.queue.push_front(app);
                break;
            }
            selection.extend(of_app);
            apps.push(app);
        }
        if apps.is_empty() && !selection.is_empty() {
            self.retrieve(selection).await?;
            return Ok(Some(Vec::new()));
        }
        if apps.is_empty() {
            if self.unlikely.iter().any(|app| self.read.contains_key(app)) && !self.recalled {
                self.recalled = true;
                return Ok(Some(Vec::new()));
            }
            if self.ambiguous.is_empty() {
                return Ok(None);
            }
            apps = std::mem::take(&mut self.ambiguous);
            for app in &apps {
                let ambiguous_names = self.kinds.iter().filter(|kind| self.lacks(kind, app));
                let ambiguous_names: Vec<_> =
                    ambiguous_names.flat_map(|kind| self.ambiguous_names(kind, app)).collect();
                selection.extend(ambiguous_names);
            }
            selection.sort();
            selection.dedup();
            self.retrieve(selection).await?;
            return Ok(Some(apps.into_iter().map(|app| self.answer(app)).collect()));
        }
        self.retrieve(selection).await?;
        let mut answers = Vec::with_capacity(apps.len());
        for app in apps {
            let is_ambiguous = self
                .kinds
                .iter()
                .any(|kind| self.lacks(kind, &app) && !self.ambiguous_names(kind, &app).is_empty());
            if is_ambiguous {
                self.ambiguous.push(app);
            } else {
                answers.push(self.answer(app));
            }
        }
        Ok(Some(answers))
    }

    /// Retrieves these files and assigns them to their apps.
    async fn retrieve(&mut self, names: Vec<(&'static MetadataType, String)>) -> Result<(), ReadError> {
        for names in names.chunks(MAX_FILES) {
            let mut selection = Selection::new();
            for (kind, name) in names {
                if let Some(asked) = selection.entry(kind).or_insert_with(|| Some(BTreeSet::new())) {
                    asked.insert(name.clone());
                }
                if let Some(listed) = self.listed.get_mut(kind) {
                    listed.left.remove(name);
                }
            }
            let kinds: Vec<_> = selection.keys().copied().collect();
            let mut files = Snapshot::default();
            self.inner.load(&mut files, selection, &kinds).await?;
            let (apps, mut elsewhere) = (&self.apps, Vec::new());
            let owner_of_file = |key: &ComponentKey, owner: Option<&str>| {
                let suggested = suggested(key.kind, &key.full_name, apps);
                let named = owner.and_then(|owner| named(owner, &key.full_name, apps));
                if named.is_some() && suggested.is_some() && named != suggested {
                    elsewhere.extend(suggested.map(|app| (key.clone(), app.to_owned())));
                }
                named.or(suggested).map(str::to_owned)
            };
            let rejected = files.split_by_app(owner_of_file, &mut self.read);
            self.rejected.extend(rejected);
            for (key, app) in elsewhere {
                if let Some(names) =
                    self.listed.get_mut(key.kind).and_then(|listed| listed.by_app.get_mut(&app))
                {
                    names.retain(|name| *name != key.full_name);
                }
            }
        }
        Ok(())
    }

    /// Removes the files of an app, and returns the results for it.
    fn answer(&mut self, app: String) -> AppFiles {
        let mut snapshot = self.read.remove(&app).unwrap_or_default();
        for kind in self.kinds.iter().copied().chain([APP]) {
            let Some(listed) = self.listed.get(kind) else {
                // Apps are not among the requested types, so the app itself is treated as listed.
                snapshot.list(kind, Ok(properties(kind, [app.clone()])));
                continue;
            };
            let names = match &listed.hidden {
                Some(why) => Err(why.clone()),
                None => Ok(properties(kind, listed.by_app.get(&app).into_iter().flatten().cloned())),
            };
            snapshot.list(kind, names);
            if let Some(why) = self.rejected.get(kind) {
                snapshot.reject(kind, why.clone());
            }
        }
        let wanted: Vec<Wanted> = self.kinds.iter().map(|kind| Wanted::new(kind, app.as_str())).collect();
        let lookups = read::lookups(&snapshot, &wanted);
        (app, lookups)
    }

    /// Whether an app may have a part of a type, judging by names.
    fn may_have(&self, kind: &'static MetadataType, app: &str) -> bool {
        let Some(listed) = self.listed.get(kind) else { return false };
        listed.hidden.is_some()
            || self.unlisted.contains(app)
            || listed.by_app.contains_key(app)
            || !self.lacks(kind, app)
            || !self.ambiguous_names(kind, app).is_empty()
    }

    fn lacks(&self, kind: &'static MetadataType, app: &str) -> bool {
        !self.read.get(app).is_some_and(|read| read.has_any(kind))
    }

    /// The names to request when it is an app's turn.
    fn names_of(&self, kind: &'static MetadataType, app: &str) -> Vec<String> {
        let Some(listed) = self.listed.get(kind) else { return Vec::new() };
        if listed.hidden.is_some() || self.unlisted.contains(app) {
            return if kind == APP { vec![app.to_owned()] } else { usual_names(kind, app).collect() };
        }
        let names = listed.by_app.get(app).into_iter().flatten();
        names.filter(|name| listed.left.contains(*name)).cloned().collect()
    }

    /// Names that start with this app's name, look like the name of another app's part, and were not read yet. The
    /// policies of an installed app belong to the org, so their names do not have the namespace of the app.
    fn ambiguous_names(
        &self,
        kind: &'static MetadataType,
        app: &str,
    ) -> Vec<(&'static MetadataType, String)> {
        let Some(listed) = self.listed.get(kind) else { return Vec::new() };
        let bare = app.split_once("__").map(|(_, bare)| bare);
        let mut found = Vec::new();
        for head in [Some(app), bare].into_iter().flatten() {
            let begins = format!("{head}_");
            let names = listed.left.range(begins.clone()..).take_while(|name| name.starts_with(&begins));
            found.extend(listed.left.get(head).into_iter().chain(names).map(|name| (kind, name.clone())));
        }
        found
    }
}

impl Listed {
    fn of(kind: &'static MetadataType, names: Vec<String>, apps: &HashSet<String>) -> Listed {
        let mut listed = Listed::default();
        for name in names {
            match suggested(kind, &name, apps) {
                Some(app) => listed.by_app.entry(app.to_owned()).or_default().push(name.clone()),
                None => listed.unowned.push(name.clone()),
            }
            listed.left.insert(name);
        }
        listed
    }
}

/// The app that a name suggests: the app for which the name is usual, or otherwise the app with the longest name that
/// is a prefix of it.
fn suggested<'a>(kind: &'static MetadataType, name: &'a str, apps: &HashSet<String>) -> Option<&'a str> {
    let heads = || {
        let places = name.char_indices().filter(|(_, letter)| *letter == '_').map(|(at, _)| at);
        let mut heads: Vec<&str> = places.filter_map(|at| name.get(..at)).collect();
        heads.reverse();
        heads.into_iter().filter(|head| apps.contains(*head))
    };
    if kind == APP {
        return apps.contains(name).then_some(name);
    }
    let is_usual = |head: &&str| usual_names(kind, head).any(|usual| usual == name);
    heads().find(is_usual).or_else(|| apps.contains(name).then_some(name)).or_else(|| heads().next())
}

/// The app that a file names, if the org has that app.
fn named<'a>(owner: &'a str, full_name: &str, apps: &HashSet<String>) -> Option<&'a str> {
    let bare = without_own_namespace(owner, full_name);
    [Some(owner), bare].into_iter().flatten().find(|app| apps.contains(*app))
}

fn properties(kind: &MetadataType, names: impl IntoIterator<Item = String>) -> Vec<FileProperties> {
    let one = |full_name| FileProperties {
        type_name: kind.package_type().to_owned(),
        full_name,
        ..FileProperties::default()
    };
    names.into_iter().map(one).collect()
}
