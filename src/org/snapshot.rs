//! Retrieved files by type, and the lookups that follow from them. This module makes no calls: `read.rs` fills the
//! snapshot.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::attribution::has_word;
use super::{Assignable, Found, Lookup, ReadError, ReadErrorKind, Wanted};
use crate::metadata::types::APP;
use crate::metadata::{Component, ComponentKey, DecodeError, Kind, MetadataType, decode, package};
use crate::salesforce::{FileProperties, Meaning, Retrieved, means};
use crate::value::Value;

/// Files by type, all of one generation.
#[derive(Default)]
pub(super) struct Snapshot {
    generation: u64,
    taken: Option<Instant>,
    kinds: BTreeMap<&'static MetadataType, Loaded>,
    /// When a load last failed, and its error.
    failed: Option<(Instant, ReadError)>,
    /// Apps that this process created, and that have no parts yet.
    bare: BTreeSet<String>,
}

pub(super) type Owned<'a> = BTreeMap<&'a str, Vec<&'a str>>;

#[derive(Default)]
struct Loaded {
    files: Vec<File>,
    /// Whether all components were requested, not only some names.
    whole: bool,
    /// Why files of this type, or some of them, are not visible.
    rejected: Option<String>,
    /// The properties of all components from the list, or why the org does not list them.
    listed: Option<Result<Vec<FileProperties>, String>>,
}

#[derive(Clone)]
struct File {
    key: ComponentKey,
    /// The app that the file belongs to. The file of an app belongs to that app itself. Empty if the file names no app,
    /// and `None` if the file is too damaged to determine the app.
    owner: Option<String>,
    facts: FileProperties,
    content: Result<Component, DecodeError>,
}

impl Snapshot {
    /// Discards all files unless they are recent and of this generation.
    pub(super) fn keep_if(&mut self, generation: u64, lifetime: Duration) {
        let young = self.taken.is_some_and(|taken| taken.elapsed() < lifetime);
        if !young || self.generation != generation {
            *self = Snapshot { generation, taken: Some(Instant::now()), ..Snapshot::default() };
        }
    }

    /// The error from a load that ended while the reader waited. All waiting readers report this error, because
    /// otherwise each of them would repeat the load.
    pub(super) fn failed_since(&self, asked: Instant) -> Option<ReadError> {
        let (when, error) = self.failed.as_ref()?;
        (*when > asked).then(|| error.clone())
    }

    pub(super) fn fail(&mut self, error: ReadError) {
        self.failed = Some((Instant::now(), error));
    }

    /// Whether the type was loaded completely, or is not readable. A list alone does not count.
    pub(super) fn has(&self, kind: &'static MetadataType) -> bool {
        self.kinds.get(kind).is_some_and(|loaded| loaded.whole || loaded.rejected.is_some())
    }

    pub(super) fn drop_kind(&mut self, kind: &'static MetadataType) {
        self.kinds.remove(kind);
    }

    /// Adds the files that another reader has loaded.
    pub(super) fn merge_from(&mut self, other: &Snapshot) {
        for (kind, read) in &other.kinds {
            let loaded = self.kinds.entry(kind).or_default();
            let keys: BTreeSet<&ComponentKey> = read.files.iter().map(|file| &file.key).collect();
            loaded.files.retain(|file| !keys.contains(&file.key));
            loaded.files.extend(read.files.iter().cloned());
            loaded.whole |= read.whole;
            loaded.rejected = read.rejected.clone().or(loaded.rejected.take());
            loaded.listed = read.listed.clone().or(loaded.listed.take());
        }
        self.bare.extend(other.bare.iter().cloned());
    }

    /// Adds the files that were read for these apps.
    pub(super) fn merge_apps_from(&mut self, other: &Snapshot, apps: &BTreeSet<String>) {
        for (kind, read) in &other.kinds {
            let owned = |file: &&File| file.owner.as_ref().is_some_and(|owner| apps.contains(owner));
            let loaded = self.kinds.entry(kind).or_default();
            loaded.files.retain(|file| !owned(&file));
            loaded.files.extend(read.files.iter().filter(owned).cloned());
        }
    }

    pub(super) fn keep_apps(&mut self, apps: impl Fn(&str) -> bool) {
        for loaded in self.kinds.values_mut() {
            loaded.files.retain(|file| file.owner.as_deref().is_some_and(&apps));
        }
    }

    pub(super) fn mark_bare(&mut self, app: &str) {
        self.bare.insert(app.to_owned());
    }

    /// Whether the result is final: the component was found, or all sources were read.
    pub(super) fn has_answer_for(&self, wanted: &Wanted) -> bool {
        let complete = |loaded: &Loaded| loaded.rejected.is_some() || loaded.whole && loaded.listed.is_some();
        self.find(wanted).is_some() || self.kinds.get(wanted.kind).is_some_and(complete)
    }

    /// Adds the retrieved files of these types. Other files are kept.
    ///
    /// # Errors
    /// Returns an error if the package cannot be read. A damaged file affects only lookups of that file.
    pub(super) fn absorb(
        &mut self,
        kinds: &[&'static MetadataType],
        retrieved: &Retrieved,
    ) -> Result<(), ReadError> {
        let files =
            package::read(&retrieved.zip).map_err(|error| ReadError::from(ReadErrorKind::Package(error)))?;
        for kind in kinds {
            let loaded = self.kinds.entry(kind).or_default();
            let rejections = retrieved.messages.iter().map(|message| &message.problem);
            let mut rejections =
                rejections.filter(|problem| is_about(problem, kind) && is_rejection(problem));
            if loaded.rejected.is_none() {
                loaded.rejected = rejections.next().cloned();
            }
        }
        let facts: HashMap<(&str, &str), &FileProperties> = retrieved
            .files
            .iter()
            .map(|file| ((file.type_name.as_str(), file.full_name.as_str()), file))
            .collect();
        let mut read: BTreeMap<ComponentKey, File> = BTreeMap::new();
        for file in files {
            let Some(key) = package::key_of(&file.path) else {
                continue;
            };
            if !kinds.contains(&key.kind) {
                continue;
            }
            let content = decode(key.kind, &key.full_name, &file.text);
            let owner = match &content {
                _ if parent_element(key.kind).is_none() => Some(key.full_name.clone()),
                Ok(component) => Some(component.parent.clone()),
                Err(_) => parent_in(key.kind, &file.text),
            };
            let facts = facts.get(&(key.kind.package_type(), key.full_name.as_str()));
            let facts = facts.copied().cloned().unwrap_or_default();
            read.insert(key.clone(), File { owner, facts, content, key });
        }
        for (kind, loaded) in &mut self.kinds {
            if kinds.contains(kind) {
                loaded.files.retain(|file| !read.contains_key(&file.key));
            }
        }
        for (key, file) in read {
            self.kinds.entry(key.kind).or_default().files.push(file);
        }
        Ok(())
    }

    pub(super) fn mark_whole(&mut self, kind: &'static MetadataType) {
        self.kinds.entry(kind).or_default().whole = true;
    }

    pub(super) fn reject(&mut self, kind: &'static MetadataType, why: String) {
        self.kinds.entry(kind).or_default().rejected = Some(why);
    }

    /// Whether the type was listed, or is not readable and need not be listed.
    pub(super) fn is_complete(&self, kind: &'static MetadataType) -> bool {
        self.kinds.get(kind).is_some_and(|loaded| loaded.rejected.is_some() || loaded.listed.is_some())
    }

    pub(super) fn list(&mut self, kind: &'static MetadataType, listed: Result<Vec<FileProperties>, String>) {
        self.kinds.entry(kind).or_default().listed = Some(listed);
    }

    pub(super) fn listed_names(&self, kind: &'static MetadataType) -> Option<Vec<String>> {
        let listed = self.kinds.get(kind)?.listed.as_ref()?.as_ref().ok()?;
        Some(listed.iter().map(|file| file.full_name.clone()).collect())
    }

    pub(super) fn unlisted(&self, kind: &'static MetadataType) -> Option<&str> {
        let listed = self.kinds.get(kind)?.listed.as_ref()?;
        listed.as_ref().err().map(String::as_str)
    }

    /// Splits the files into one snapshot for each app. Files without an owner are dropped. Returns the types that are
    /// not readable, with the reason.
    pub(super) fn split_by_app(
        self,
        mut owner_of_file: impl FnMut(&ComponentKey, Option<&str>) -> Option<String>,
        out: &mut HashMap<String, Snapshot>,
    ) -> Vec<(&'static MetadataType, String)> {
        let mut rejected = Vec::new();
        for (kind, loaded) in self.kinds {
            rejected.extend(loaded.rejected.map(|why| (kind, why)));
            for file in loaded.files {
                if let Some(app) = owner_of_file(&file.key, file.owner.as_deref()) {
                    out.entry(app).or_default().kinds.entry(kind).or_default().files.push(file);
                }
            }
        }
        rejected
    }

    pub(super) fn has_any(&self, kind: &'static MetadataType) -> bool {
        self.kinds.get(kind).is_some_and(|loaded| !loaded.files.is_empty())
    }

    /// Listed names that were not retrieved and may be the name of the wanted part.
    pub(super) fn listed_candidates(&self, wanted: &Wanted) -> Vec<String> {
        let Some(loaded) = self.kinds.get(wanted.kind) else {
            return Vec::new();
        };
        let unseen = loaded.unseen().filter(|file| self.may_be(&file.full_name, wanted));
        unseen.map(|file| file.full_name.clone()).collect()
    }

    /// Components of managed packages that are listed but were not retrieved. A wildcard may not include them.
    pub(super) fn installed_but_unseen(&self, kind: &'static MetadataType) -> Vec<String> {
        let Some(loaded) = self.kinds.get(kind).filter(|loaded| loaded.whole) else {
            return Vec::new();
        };
        loaded
            .unseen()
            .filter(|file| file.namespace.is_some() && file.manageable_state.as_deref() != Some("unmanaged"))
            .map(|file| file.full_name.clone())
            .collect()
    }

    /// The result from the files. `None` if the component is not among them.
    pub(super) fn find(&self, wanted: &Wanted) -> Option<Result<Lookup, ReadError>> {
        let loaded = self.kinds.get(wanted.kind)?;
        let mut owned: Vec<&File> =
            loaded.files.iter().filter(|file| file.owner.as_ref() == Some(&wanted.app)).collect();
        // An exact match takes precedence. Otherwise, the parent may have the org's own namespace.
        if owned.is_empty() {
            owned.extend(loaded.files.iter().filter(|file| self.owner_of(file) == Some(&wanted.app)));
        }
        let hinted = owned.iter().find(|file| wanted.hint.as_ref() == Some(&file.key.full_name));
        let file = match (hinted, owned.as_slice()) {
            (Some(file), _) | (None, [file]) => Some(*file),
            (None, []) => match self.broken(loaded, wanted) {
                Some(file) => Some(file),
                None => return self.unclaimed(loaded, wanted)?.1.map(Err),
            },
            (None, several) => {
                let mut names: Vec<String> = several.iter().map(|file| file.key.full_name.clone()).collect();
                names.sort();
                return Some(Ok(Lookup::Several(names)));
            }
        }?;
        Some(match &file.content {
            Ok(component) => {
                Ok(Lookup::Found(Box::new(Found { component: component.clone(), file: file.facts.clone() })))
            }
            Err(error) => Err(ReadError {
                key: Some(file.key.clone()),
                kind: ReadErrorKind::Undecodable(error.clone()),
            }),
        })
    }

    /// The content of a component. `None` if it is missing or cannot be decoded.
    pub(super) fn component(&self, key: &ComponentKey) -> Option<&Component> {
        let files = &self.kinds.get(key.kind)?.files;
        files.iter().find(|file| file.key == *key)?.content.as_ref().ok()
    }

    /// Each loaded type, whether it is complete, and the full names of each app's components.
    pub(super) fn names(&self) -> impl Iterator<Item = (&'static MetadataType, bool, Owned<'_>)> {
        self.kinds.iter().map(|(kind, loaded)| {
            let mut owned = Owned::new();
            for file in &loaded.files {
                if let Some(owner) = self.owner_of(file) {
                    owned.entry(owner).or_default().push(&file.key.full_name);
                }
            }
            (*kind, loaded.whole && loaded.rejected.is_none(), owned)
        })
    }

    /// The permission sets and profiles that the files name.
    pub(super) fn assignables(&self) -> Vec<Assignable> {
        let components = self
            .kinds
            .values()
            .flat_map(|loaded| &loaded.files)
            .filter_map(|file| file.content.as_ref().ok());
        let mut assignables = Vec::new();
        for component in components {
            for field in component.key.kind.fields {
                let Some(record) = field.record else { continue };
                let members = component.get(field.attribute).members().unwrap_or_default();
                let names = members.iter().filter_map(Value::as_text);
                assignables
                    .extend(names.map(|name| Assignable { object: record.object, name: name.to_owned() }));
            }
        }
        assignables
    }

    /// A damaged file that names no app and may be the wanted component.
    fn broken<'a>(&'a self, loaded: &'a Loaded, wanted: &Wanted) -> Option<&'a File> {
        loaded.files.iter().find(|file| file.owner.is_none() && self.may_be(&file.key.full_name, wanted))
    }

    /// The app that a file belongs to, as it is named in the org. In an org with its own namespace, parent elements
    /// have the namespace, but file names do not. For components of a package, parent elements and file names both have
    /// the package's namespace.
    fn owner_of<'a>(&self, file: &'a File) -> Option<&'a str> {
        let owner = file.owner.as_deref()?;
        match without_own_namespace(owner, &file.key.full_name) {
            Some(bare) if !self.apps().any(|app| app == owner) => Some(bare),
            _ => Some(owner),
        }
    }

    /// A file that may be the wanted one but belongs to no known app, with the error to report. The error is `None`
    /// while it is unknown whether the org has the app that the file names.
    fn unclaimed(&self, loaded: &Loaded, wanted: &Wanted) -> Option<(ComponentKey, Option<ReadError>)> {
        let element = parent_element(wanted.kind)?;
        let is_hinted = |file: &File| wanted.hint.as_ref() == Some(&file.key.full_name);
        // A file that was requested only by a usual name is not a candidate.
        let is_complete = loaded.whole || loaded.listed.is_some();
        let mut candidates = loaded.files.iter().filter(|file| file.content.is_ok()).filter(|file| {
            let names_an_app = file.owner.as_deref().is_some_and(|owner| !owner.trim().is_empty());
            // If the name of the wanted component is known, a file with a different name belongs to the app that the
            // file names.
            let may_be = is_complete && !(names_an_app && wanted.hint.is_some());
            is_hinted(file) || may_be && self.has_prefix_of(&file.key.full_name, &wanted.app)
        });
        candidates.find_map(|file| {
            let owner = file.owner.as_deref()?;
            let kind = match self.is_app_of_org(owner, &file.key.full_name) {
                _ if owner.trim().is_empty() => Some(ReadErrorKind::Parentless { of: wanted.kind, element }),
                Some(true) => return None,
                Some(false) => Some(ReadErrorKind::UnknownParent { element, parent: owner.to_owned() }),
                None => None,
            };
            let key = file.key.clone();
            Some((key.clone(), kind.map(|kind| ReadError { key: Some(key), kind })))
        })
    }

    /// Whether the apps must be listed to determine if a file is the wanted one.
    pub(super) fn is_ambiguous(&self, wanted: &Wanted) -> bool {
        let Some(loaded) = self.kinds.get(wanted.kind) else { return false };
        self.find(wanted).is_none() && matches!(self.unclaimed(loaded, wanted), Some((_, None)))
    }

    /// Whether the org has the app that a parent element names. `None` if that is unknown.
    fn is_app_of_org(&self, owner: &str, full_name: &str) -> Option<bool> {
        let bare = without_own_namespace(owner, full_name).unwrap_or(owner);
        let same = |app: &str| app.eq_ignore_ascii_case(owner) || app.eq_ignore_ascii_case(bare);
        if self.apps().any(same) {
            return Some(true);
        }
        let mut kinds = self.kinds.iter().filter(|(kind, _)| is_app(kind));
        let listed = kinds.find_map(|(_, loaded)| loaded.listed.as_ref()?.as_ref().ok())?;
        Some(listed.iter().any(|file| same(&file.full_name)))
    }

    /// Whether the name looks like the name of a part of this app, and not of an app with a longer name.
    fn has_prefix_of(&self, full_name: &str, app: &str) -> bool {
        let begins = |app: &str| {
            full_name.split_at_checked(app.len()).is_some_and(|(head, _)| head.eq_ignore_ascii_case(app))
        };
        begins(app) && !self.apps().any(|other| other.len() > app.len() && begins(other))
    }

    /// The result for a component that [`find`](Self::find) did not find: absent if the app has no parts yet or the
    /// list confirms the absence, and otherwise hidden.
    pub(super) fn missing(&self, wanted: &Wanted) -> Lookup {
        let hidden = |why: String| Lookup::Hidden { why };
        if self.bare.contains(&wanted.app) {
            return Lookup::Absent { others: 0 };
        }
        let Some(loaded) = self.kinds.get(wanted.kind) else {
            return hidden(format!("{} was not read", wanted.kind.name));
        };
        let of_the_app = |name: &&str| name.eq_ignore_ascii_case(&wanted.app);
        let mut owners = loaded.files.iter().filter_map(|file| file.owner.as_deref());
        if let Some(name) = owners.find(of_the_app) {
            return Lookup::OtherCase { name: name.to_owned() };
        }
        if let Some(why) = &loaded.rejected {
            return hidden(why.clone());
        }
        if let Some((key, _)) = self.unclaimed(loaded, wanted) {
            return hidden(format!("{key} belongs to an app that the org neither returns nor lists"));
        }
        let others = match &loaded.listed {
            Some(Ok(listed)) => listed.len(),
            Some(Err(why)) => return hidden(why.clone()),
            None => return hidden(format!("{} was not listed", wanted.kind.name)),
        };
        match loaded.unseen().find(|file| self.may_be(&file.full_name, wanted)) {
            Some(file) if is_app(wanted.kind) && file.full_name != wanted.app => {
                Lookup::OtherCase { name: file.full_name.clone() }
            }
            Some(file) => hidden(format!(
                "the org lists {} {} but does not return it",
                wanted.kind.name, file.full_name
            )),
            None => Lookup::Absent { others },
        }
    }

    /// Whether a component of which only the name is known may be the wanted one.
    fn may_be(&self, full_name: &str, wanted: &Wanted) -> bool {
        let same = |name: &str| full_name.eq_ignore_ascii_case(name);
        if wanted.hint.as_deref().is_some_and(same) || same(&wanted.app) {
            return true;
        }
        parent_element(wanted.kind).is_some()
            && has_app_prefix(full_name, &wanted.app)
            // If there are apps Shop and Shop_Admin, Shop_Admin_oauth belongs to the latter.
            && !self.apps().any(|app| app.len() > wanted.app.len() && (same(app) || has_app_prefix(full_name, app)))
    }

    fn apps(&self) -> impl Iterator<Item = &str> {
        let apps = self.kinds.iter().filter(|(kind, _)| is_app(kind));
        apps.flat_map(|(_, loaded)| loaded.files.iter().map(|file| file.key.full_name.as_str()))
    }
}

impl Loaded {
    fn unseen(&self) -> impl Iterator<Item = &FileProperties> {
        let seen: BTreeSet<&str> = self.files.iter().map(|file| file.key.full_name.as_str()).collect();
        let listed = self.listed.iter().flatten().flatten();
        listed.filter(move |file| !seen.contains(file.full_name.as_str()))
    }
}

pub(super) fn is_app(kind: &MetadataType) -> bool {
    kind == APP
}

/// Whether a message from a retrieve refers to a type. All org settings share one type name, which must match as a
/// whole word, because other type names end with it.
fn is_about(problem: &str, kind: &MetadataType) -> bool {
    problem.contains(kind.name) || kind.settings_member.is_some() && has_word(problem, kind.package_type())
}

/// The element that names the app. `None` for apps and org settings.
pub(super) fn parent_element(kind: &MetadataType) -> Option<&'static str> {
    let parent = kind.fields.iter().find(|field| matches!(field.kind, Kind::Parent));
    parent.map(|field| field.element)
}

/// The name of the app without its namespace. `None` if the part has the same namespace, or the app has none.
pub(super) fn without_own_namespace<'a>(owner: &'a str, full_name: &str) -> Option<&'a str> {
    let (namespace, bare) = owner.split_once("__")?;
    let is_there = full_name.split_once("__").is_some_and(|(other, _)| other.eq_ignore_ascii_case(namespace));
    (!is_there).then_some(bare)
}

/// The app that a malformed file names, if it can be determined.
fn parent_in(kind: &MetadataType, text: &str) -> Option<String> {
    let element = parent_element(kind)?;
    let (_, rest) = text.split_once(&format!("<{element}>"))?;
    let (owner, _) = rest.split_once(&format!("</{element}>"))?;
    Some(owner.trim().to_owned())
}

/// Whether the name follows Salesforce's pattern for a part of the app, such as `Shop_oauth`.
pub(super) fn has_app_prefix(full_name: &str, app: &str) -> bool {
    let Some((head, tail)) = full_name.split_at_checked(app.len()) else {
        return false;
    };
    head.eq_ignore_ascii_case(app) && tail.starts_with('_')
}

/// Whether a message from a retrieve reports that a file is not readable, rather than that it does not exist. Only
/// messages in English are recognized. For all other messages, the list determines the result.
fn is_rejection(problem: &str) -> bool {
    // A message about a missing component contains its name, which may be any word.
    !means(problem, Meaning::NotFound) && means(problem, Meaning::Unreadable)
}
