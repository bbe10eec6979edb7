//! The documentation in `docs/`, in the layout of Terraform's registry.
//!
//! Pages of the provider and of all that it offers are made here, of the schemas, the tables, the rules and the examples:
//! a test rewrites them and fails when they were stale. Guides are written by hand; tests hold them to what the code
//! says. Not here: what the attributes' texts say (`metadata/types`, `resource_spec`, `config`).

mod actions;
mod blocks;
mod checks;
mod functions;
mod gates;
mod imports;
mod index;
mod lists;
mod lookups;
mod resources;
mod rotation;
mod subcategories;
mod troubleshooting;
mod unions;
mod versions;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::catalog::{self, Managed};
use crate::metadata::{NEWEST_VERSION, OLDEST_VERSION};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text_of(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const MADE: &str = "<!-- Made of the tables, the rules and the examples by `make docs`: edit those. -->";

const RESOURCES: &str = "resources";
const DATA_SOURCES: &str = "data-sources";
const EPHEMERAL: &str = "ephemeral-resources";
const ACTIONS: &str = "actions";
const LISTS: &str = "list-resources";
const FUNCTIONS: &str = "functions";
const FOLDERS: [&str; 6] = [RESOURCES, DATA_SOURCES, EPHEMERAL, ACTIONS, FUNCTIONS, LISTS];

/// What the registry calls the kinds of pages; the first one that fits.
const KINDS: [&str; 5] = ["Ephemeral Resource", "List Resource", "Data Source", "Resource", "Action"];

/// Every page that is made, by its path.
fn pages() -> BTreeMap<String, String> {
    let at = |folder: &str, name: &str| {
        let name = name.split_once('_').map_or(name, |(_, name)| name);
        format!("docs/{folder}/{name}.md")
    };
    let resources = Managed::all().map(|managed| {
        let page = match managed {
            Managed::Metadata(spec) => resources::page(spec),
            Managed::Union(spec) => unions::page(spec),
            Managed::Rotation => rotation::page(),
        };
        (at(RESOURCES, managed.name()), page)
    });
    let data_sources = catalog::DATA_SOURCES.iter();
    let data_sources =
        data_sources.map(|spec| (at(DATA_SOURCES, spec.name), lookups::data_source_page(spec)));
    let ephemeral = catalog::EPHEMERAL_RESOURCES.iter();
    let ephemeral = ephemeral.map(|spec| (at(EPHEMERAL, spec.name), lookups::ephemeral_page(spec)));
    let actions = catalog::ACTIONS.iter().map(|spec| (at(ACTIONS, spec.name), actions::page(spec)));
    let lists = super::lists::LISTS.iter().map(|spec| (at(LISTS, spec.name), lists::page(spec)));
    let functions = catalog::FUNCTIONS.iter();
    let functions =
        functions.map(|spec| (format!("docs/{FUNCTIONS}/{}.md", spec.name), functions::page(spec)));
    let written = [
        ("docs/index.md".to_owned(), index::page()),
        (troubleshooting::GUIDE.to_owned(), troubleshooting::with_refusals(&text_of(troubleshooting::GUIDE))),
    ];
    resources
        .chain(data_sources)
        .chain(ephemeral)
        .chain(actions)
        .chain(functions)
        .chain(lists)
        .chain(written)
        .collect()
}

fn front_matter(title: &str, description: &str) -> String {
    let first = description.split("\n\n").next().unwrap_or_default();
    let heading = title.trim_end_matches(" - salesforce");
    let kind = KINDS.iter().find(|kind| heading.ends_with(&format!(" {kind}")));
    let heading = kind.map_or(heading.to_owned(), |kind| heading.replace(kind, &format!("({kind})")));
    // A page of a type is titled by it, the provider's is not.
    let (name, _) = title.split_once(' ').unwrap_or((title, ""));
    let group = match kind {
        Some(_) => format!("subcategory: \"{}\"\n", subcategories::of(name)),
        None => String::new(),
    };
    format!(
        "---\npage_title: \"{title}\"\n{group}description: |-\n  {first}\n---\n\n{MADE}\n\n# {heading}\n\n{description}\n"
    )
}

#[test]
fn docs_are_what_the_code_says() {
    let mut stale = Vec::new();
    for (path, text) in pages() {
        let file = root().join(&path);
        if fs::read_to_string(&file).unwrap_or_default() != text {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            // In one step: the other tests read at the same time.
            let new = file.with_extension("new");
            fs::write(&new, text).unwrap();
            fs::rename(&new, &file).unwrap();
            stale.push(path);
        }
    }
    for folder in FOLDERS.map(|folder| format!("docs/{folder}")) {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let path = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(pages().contains_key(&path), "{path} is of nothing that there is: remove it");
        }
    }
    assert!(stale.is_empty(), "these were stale and are rewritten, look at them and commit them: {stale:?}");
}

#[test]
fn the_readme_names_the_versions() {
    let versions = format!("{OLDEST_VERSION}.0 to {NEWEST_VERSION}.0");
    assert!(text_of("README.md").contains(&versions), "README.md does not say {versions}");
}
