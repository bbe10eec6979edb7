//! What retrieves gave, by kind, and what may be concluded from it. Pure: `read.rs` fills it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::attribute::has_word;
use super::facts::FileFacts;
use super::{Found, Group, Lookup, ReadError, ReadErrorKind, Wanted};
use crate::metadata::types::APP;
use crate::metadata::{Component, ComponentKey, DecodeError, Kind, MetadataType, decode, package};
use crate::salesforce::{FileProperties, Meaning, Retrieved, means};
use crate::value::Value;

/// Files by kind, all of one generation.
#[derive(Default)]
pub(super) struct Snapshot {
    generation: u64,
    taken: Option<Instant>,
    kinds: BTreeMap<&'static MetadataType, Loaded>,
    /// When loading last failed, and how.
    failed: Option<(Instant, ReadError)>,
    /// Apps of which there is nothing but these files: this process has made them a moment ago.
    bare: BTreeSet<String>,
}

/// Full names by app.
pub(super) type Owned<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// What is known of one kind.
#[derive(Default)]
struct Loaded {
    files: Vec<File>,
    /// All were asked for, not only some names.
    whole: bool,
    /// Why files of this kind are not for us to see, all of them or some.
    refused: Option<String>,
    /// What the other source says: the names of all components of this kind. Or why it says nothing.
    listed: Option<Result<Vec<FileProperties>, String>>,
}

#[derive(Clone)]
struct File {
    key: ComponentKey,
    /// The app: the file itself, or whom its parent element names; empty when it has none. None when the file is too broken
    /// to say.
    owner: Option<String>,
    facts: FileFacts,
    content: Result<Component, DecodeError>,
}

impl Snapshot {
    /// Forgets everything unless it is of this generation and young.
    pub(super) fn keep_if(&mut self, generation: u64, lifetime: Duration) {
        let young = self.taken.is_some_and(|taken| taken.elapsed() < lifetime);
        if !young || self.generation != generation {
            *self = Snapshot { generation, taken: Some(Instant::now()), ..Snapshot::default() };
        }
    }

    /// The failure that came while somebody waited who asked then: it is an answer for all who waited, or each of
    /// them would find out anew, one after the other.
    pub(super) fn failed_since(&self, asked: Instant) -> Option<ReadError> {
        let (when, error) = self.failed.as_ref()?;
        (*when > asked).then(|| error.clone())
    }

    pub(super) fn fail(&mut self, error: ReadError) {
        self.failed = Some((Instant::now(), error));
    }

    /// Whether all of a kind is here, or not to be had. That it was listed does not say so.
    pub(super) fn has(&self, kind: &'static MetadataType) -> bool {
        self.kinds.get(kind).is_some_and(|loaded| loaded.whole || loaded.refused.is_some())
    }

    /// Forgets a kind, to load it in another way.
    pub(super) fn drop_kind(&mut self, kind: &'static MetadataType) {
        self.kinds.remove(kind);
    }

    /// Takes over what somebody else read in the meantime.
    pub(super) fn adopt(&mut self, other: &Snapshot) {
        for (kind, read) in &other.kinds {
            let loaded = self.kinds.entry(kind).or_default();
            let keys: BTreeSet<&ComponentKey> = read.files.iter().map(|file| &file.key).collect();
            loaded.files.retain(|file| !keys.contains(&file.key));
            loaded.files.extend(read.files.iter().cloned());
            loaded.whole |= read.whole;
            loaded.refused = read.refused.clone().or(loaded.refused.take());
            loaded.listed = read.listed.clone().or(loaded.listed.take());
        }
        self.bare.extend(other.bare.iter().cloned());
    }

    /// Takes over what was read of these apps.
    pub(super) fn adopt_apps(&mut self, other: &Snapshot, apps: &BTreeSet<String>) {
        for (kind, read) in &other.kinds {
            let owned = |file: &&File| file.owner.as_ref().is_some_and(|owner| apps.contains(owner));
            let loaded = self.kinds.entry(kind).or_default();
            loaded.files.retain(|file| !owned(&file));
            loaded.files.extend(read.files.iter().filter(owned).cloned());
        }
    }

    /// Forgets what is not of these apps.
    pub(super) fn keep_apps(&mut self, apps: impl Fn(&str) -> bool) {
        for loaded in self.kinds.values_mut() {
            loaded.files.retain(|file| file.owner.as_deref().is_some_and(&apps));
        }
    }

    /// Notes that there is nothing else of an app.
    pub(super) fn mark_bare(&mut self, app: &str) {
        self.bare.insert(app.to_owned());
    }

    /// Whether nothing more can be learned about this one: it was found, or all places were looked in.
    pub(super) fn has_answer_for(&self, wanted: &Wanted) -> bool {
        let settled = |loaded: &Loaded| loaded.refused.is_some() || loaded.whole && loaded.listed.is_some();
        self.find(wanted).is_some() || self.kinds.get(wanted.kind).is_some_and(settled)
    }

    /// Takes over what was retrieved of these kinds. Files that came before stay.
    ///
    /// # Errors
    /// When the package as a whole cannot be read. A file that cannot is a matter of those who want it.
    pub(super) fn absorb(
        &mut self,
        kinds: &[&'static MetadataType],
        retrieved: &Retrieved,
    ) -> Result<(), ReadError> {
        let files =
            package::read(&retrieved.zip).map_err(|error| ReadError::from(ReadErrorKind::Package(error)))?;
        for kind in kinds {
            let loaded = self.kinds.entry(kind).or_default();
            let refusals = retrieved.messages.iter().map(|message| &message.problem);
            let mut refusals = refusals.filter(|problem| is_about(problem, kind) && is_refusal(problem));
            if loaded.refused.is_none() {
                loaded.refused = refusals.next().cloned();
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
            let facts = facts.map(|properties| FileFacts::from(*properties)).unwrap_or_default();
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

    /// Notes that all of a kind were asked for.
    pub(super) fn mark_whole(&mut self, kind: &'static MetadataType) {
        self.kinds.entry(kind).or_default().whole = true;
    }

    /// Notes that the org does not let us read a kind at all.
    pub(super) fn refuse(&mut self, kind: &'static MetadataType, why: String) {
        self.kinds.entry(kind).or_default().refused = Some(why);
    }

    /// Whether the other source was asked about a kind, or need not be.
    pub(super) fn is_complete(&self, kind: &'static MetadataType) -> bool {
        self.kinds.get(kind).is_some_and(|loaded| loaded.refused.is_some() || loaded.listed.is_some())
    }

    /// Takes over what the other source says.
    pub(super) fn list(&mut self, kind: &'static MetadataType, listed: Result<Vec<FileProperties>, String>) {
        self.kinds.entry(kind).or_default().listed = Some(listed);
    }

    /// The names of all components of a kind; none when the org did not say.
    pub(super) fn listed_names(&self, kind: &'static MetadataType) -> Option<Vec<String>> {
        let listed = self.kinds.get(kind)?.listed.as_ref()?.as_ref().ok()?;
        Some(listed.iter().map(|file| file.full_name.clone()).collect())
    }

    /// Why the org did not list a kind.
    pub(super) fn unlisted(&self, kind: &'static MetadataType) -> Option<&str> {
        let listed = self.kinds.get(kind)?.listed.as_ref()?;
        listed.as_ref().err().map(String::as_str)
    }

    /// Deals the files out to snapshots of one app each; what `whose` finds no owner for is dropped. Returns the kinds
    /// that are not for us to see, with the reason.
    pub(super) fn deal(
        self,
        mut whose: impl FnMut(&ComponentKey, Option<&str>) -> Option<String>,
        out: &mut HashMap<String, Snapshot>,
    ) -> Vec<(&'static MetadataType, String)> {
        let mut refused = Vec::new();
        for (kind, loaded) in self.kinds {
            refused.extend(loaded.refused.map(|why| (kind, why)));
            for file in loaded.files {
                if let Some(app) = whose(&file.key, file.owner.as_deref()) {
                    out.entry(app).or_default().kinds.entry(kind).or_default().files.push(file);
                }
            }
        }
        refused
    }

    /// Whether there is a file of a kind.
    pub(super) fn has_any(&self, kind: &'static MetadataType) -> bool {
        self.kinds.get(kind).is_some_and(|loaded| !loaded.files.is_empty())
    }

    /// The listed names that the wanted part may well have, and that were not returned.
    pub(super) fn listed_candidates(&self, wanted: &Wanted) -> Vec<String> {
        let Some(loaded) = self.kinds.get(wanted.kind) else {
            return Vec::new();
        };
        let unseen = loaded.unseen().filter(|file| self.may_be(&file.full_name, wanted));
        unseen.map(|file| file.full_name.clone()).collect()
    }

    /// The components of packages that are listed but were not returned. "All" may not mean those.
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

    /// The answer that the files give; none when the component is not among them.
    pub(super) fn find(&self, wanted: &Wanted) -> Option<Result<Lookup, ReadError>> {
        let loaded = self.kinds.get(wanted.kind)?;
        let mut owned: Vec<&File> =
            loaded.files.iter().filter(|file| file.owner.as_ref() == Some(&wanted.app)).collect();
        // Where a file names the app as it is, what names it with a namespace is of a package's.
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

    /// The content of a component; none when it is not among the files, or cannot be understood.
    pub(super) fn component(&self, key: &ComponentKey) -> Option<&Component> {
        let files = &self.kinds.get(key.kind)?.files;
        files.iter().find(|file| file.key == *key)?.content.as_ref().ok()
    }

    /// Each kind that was loaded, whether nothing of it is missing, and the full names of each app's components.
    pub(super) fn names(&self) -> impl Iterator<Item = (&'static MetadataType, bool, Owned<'_>)> {
        self.kinds.iter().map(|(kind, loaded)| {
            let mut owned = Owned::new();
            for file in &loaded.files {
                if let Some(owner) = self.owner_of(file) {
                    owned.entry(owner).or_default().push(&file.key.full_name);
                }
            }
            (*kind, loaded.whole && loaded.refused.is_none(), owned)
        })
    }

    /// The permission sets and profiles that the files name.
    pub(super) fn groups(&self) -> Vec<Group> {
        let components = self
            .kinds
            .values()
            .flat_map(|loaded| &loaded.files)
            .filter_map(|file| file.content.as_ref().ok());
        let mut groups = Vec::new();
        for component in components {
            for field in component.key.kind.fields {
                let Some(record) = field.record else { continue };
                let members = component.get(field.attribute).members().unwrap_or_default();
                let names = members.iter().filter_map(Value::as_text);
                groups.extend(names.map(|name| Group { object: record.object, name: name.to_owned() }));
            }
        }
        groups
    }

    /// A file that does not say whose it is, and goes by the wanted name.
    fn broken<'a>(&'a self, loaded: &'a Loaded, wanted: &Wanted) -> Option<&'a File> {
        loaded.files.iter().find(|file| file.owner.is_none() && self.may_be(&file.key.full_name, wanted))
    }

    /// The app that a file is of, in the name that the org has for it. In an org with a namespace of its own, parents have
    /// the namespace and files do not; what a package brought has it in both.
    fn owner_of<'a>(&self, file: &'a File) -> Option<&'a str> {
        let owner = file.owner.as_deref()?;
        match without_own_namespace(owner, &file.key.full_name) {
            Some(bare) if !self.apps().any(|app| app == owner) => Some(bare),
            _ => Some(owner),
        }
    }

    /// A file that may be the wanted one and says of itself that it belongs to nobody, with the error that this is; none
    /// while it is not known whether there is such an app.
    fn unclaimed(&self, loaded: &Loaded, wanted: &Wanted) -> Option<(ComponentKey, Option<ReadError>)> {
        let element = parent_element(wanted.kind)?;
        let is_hinted = |file: &File| wanted.hint.as_ref() == Some(&file.key.full_name);
        // Of files that were asked for by a usual name, not yet.
        let looked_everywhere = loaded.whole || loaded.listed.is_some();
        let mut candidates = loaded.files.iter().filter(|file| file.content.is_ok()).filter(|file| {
            let says_whose = file.owner.as_deref().is_some_and(|owner| !owner.trim().is_empty());
            // What says another app, and was not the wanted one so far, is that one's.
            let may_be = looked_everywhere && !(says_whose && wanted.hint.is_some());
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

    /// Whether a file that may be the wanted one is in doubt until the apps are listed.
    pub(super) fn is_ambiguous(&self, wanted: &Wanted) -> bool {
        let Some(loaded) = self.kinds.get(wanted.kind) else { return false };
        self.find(wanted).is_none() && matches!(self.unclaimed(loaded, wanted), Some((_, None)))
    }

    /// Whether the org has an app of the name that a part's parent element has. None: that is not known.
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

    /// Whether somebody might name a part of the app like this, and of no other app with a longer name.
    fn has_prefix_of(&self, full_name: &str, app: &str) -> bool {
        let begins = |app: &str| {
            full_name.split_at_checked(app.len()).is_some_and(|(head, _)| head.eq_ignore_ascii_case(app))
        };
        begins(app) && !self.apps().any(|other| other.len() > app.len() && begins(other))
    }

    /// The answer for what [`find`](Self::find) did not find, with the other source's help.
    pub(super) fn missing(&self, wanted: &Wanted) -> Lookup {
        let hidden = |why: String| Lookup::Hidden { why };
        if self.bare.contains(&wanted.app) {
            return Lookup::Absent { others: 0 };
        }
        let Some(loaded) = self.kinds.get(wanted.kind) else {
            return hidden(format!("{} was not read", wanted.kind.name));
        };
        let same = |name: &str| name.eq_ignore_ascii_case(&wanted.app);
        let spelled = loaded.files.iter().find_map(|file| file.owner.as_deref().filter(|owner| same(owner)));
        if let Some(owner) = spelled {
            return hidden(format!(
                "the org writes the app's name {owner}, not {}; names that differ in case only are one name",
                wanted.app
            ));
        }
        if let Some(why) = &loaded.refused {
            return hidden(why.clone());
        }
        if let Some((key, _)) = self.unclaimed(loaded, wanted) {
            return hidden(format!("{key} is the part of an app that the org neither returns nor lists"));
        }
        let others = match &loaded.listed {
            Some(Ok(listed)) => listed.len(),
            Some(Err(why)) => return hidden(why.clone()),
            None => return hidden(format!("{} was not listed", wanted.kind.name)),
        };
        match loaded.unseen().find(|file| self.may_be(&file.full_name, wanted)) {
            Some(file) => hidden(format!(
                "the org lists {} {}, but does not let us read it",
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
            // Of Shop and Shop_Admin, Shop_Admin_oauth is the latter's.
            && !self.apps().any(|app| app.len() > wanted.app.len() && (same(app) || has_app_prefix(full_name, app)))
    }

    fn apps(&self) -> impl Iterator<Item = &str> {
        let apps = self.kinds.iter().filter(|(kind, _)| is_app(kind));
        apps.flat_map(|(_, loaded)| loaded.files.iter().map(|file| file.key.full_name.as_str()))
    }
}

impl Loaded {
    /// What is listed and was not returned.
    fn unseen(&self) -> impl Iterator<Item = &FileProperties> {
        let seen: BTreeSet<&str> = self.files.iter().map(|file| file.key.full_name.as_str()).collect();
        let listed = self.listed.iter().flatten().flatten();
        listed.filter(move |file| !seen.contains(file.full_name.as_str()))
    }
}

/// Whether components of this type are apps.
pub(super) fn is_app(kind: &MetadataType) -> bool {
    kind == APP
}

/// Whether a remark of a retrieve is about a kind. All settings go by one name, which others end with.
fn is_about(problem: &str, kind: &MetadataType) -> bool {
    problem.contains(kind.name) || kind.settings_member.is_some() && has_word(problem, kind.package_type())
}

/// The element that names the app; none for the app itself, and for what belongs to no app.
pub(super) fn parent_element(kind: &MetadataType) -> Option<&'static str> {
    let parent = kind.fields.iter().find(|field| matches!(field.kind, Kind::Parent));
    parent.map(|field| field.element)
}

/// The name of an app without the namespace that its part has not.
pub(super) fn without_own_namespace<'a>(owner: &'a str, full_name: &str) -> Option<&'a str> {
    let (namespace, bare) = owner.split_once("__")?;
    let is_there = full_name.split_once("__").is_some_and(|(other, _)| other.eq_ignore_ascii_case(namespace));
    (!is_there).then_some(bare)
}

/// Whom a file names as its app, if it is not well-formed XML or not of its type.
fn parent_in(kind: &MetadataType, text: &str) -> Option<String> {
    let element = parent_element(kind)?;
    let (_, rest) = text.split_once(&format!("<{element}>"))?;
    let (owner, _) = rest.split_once(&format!("</{element}>"))?;
    Some(owner.trim().to_owned())
}

/// Whether Salesforce, or people in its manner, would name a part of the app like this: `Shop_oauth`.
pub(super) fn has_app_prefix(full_name: &str, app: &str) -> bool {
    let Some((head, tail)) = full_name.split_at_checked(app.len()) else {
        return false;
    };
    head.eq_ignore_ascii_case(app) && tail.starts_with('_')
}

/// Whether a remark of a retrieve says that we may not see, or that the org could not read, rather than that there is
/// nothing. Such texts may be in another language; then the list still tells.
fn is_refusal(problem: &str) -> bool {
    // What is not there may be called anything.
    !means(problem, Meaning::NotFound) && means(problem, Meaning::Unreadable)
}
