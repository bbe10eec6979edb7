//! Checks the import of an existing app: in parts, as one resource, and by a query. The app is imported with a
//! configuration that Terraform generates, or the import is rejected and the error states the reason. A later change
//! affects nothing else. The apps are in `found_apps` and `retrieved_apps`.

use std::collections::BTreeMap;

use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org::{APP, OAUTH, OAUTH_POLICIES};
use acceptance_tests::workspace::Workspace;
use serde_json::Value;

use super::query;

pub const TYPES: [&str; 3] = [
    "salesforce_external_client_app",
    "salesforce_external_client_app_oauth_settings",
    "salesforce_external_client_app_policies",
];

const CLIENT: &str = "salesforce_oauth_client";

/// The result of an import.
#[derive(Clone, Copy)]
pub enum Import {
    Succeeds,
    /// The import fails with this text.
    Fails(&'static str),
}
use Import::{Fails, Succeeds};

/// An edit of the generated configuration, and the only element of the org that it may change.
#[derive(Clone, Copy)]
pub struct Edit {
    /// The resource type. The first of its lines that starts with `line` is edited.
    pub resource: &'static str,
    pub line: &'static str,
    /// The new text of the line.
    pub replacement: &'static str,
    pub component: &'static str,
    pub element: &'static str,
}

pub struct Kind {
    /// The import ID.
    pub id: &'static str,
    pub create: fn(&Emulator),
    pub imports: [Import; 3],
    pub edit: Edit,
}

pub const LABEL: Edit = Edit {
    resource: TYPES[0],
    line: "label ",
    replacement: "label = \"Changed\"",
    component: APP,
    element: "label",
};
pub const LEVEL: Edit = Edit {
    resource: TYPES[2],
    line: "required_session_level ",
    replacement: "required_session_level = \"HIGH_ASSURANCE\"",
    component: OAUTH_POLICIES,
    element: "requiredSessionLevel",
};

fn address(kind: &str) -> String {
    format!("{kind}.found")
}

pub fn check_import(kind: &Kind) {
    in_parts(kind);
    as_one_resource(kind);
    by_query(kind);
}

/// A query finds what can be imported, and generates a configuration whose plan has no changes.
fn by_query(kind: &Kind) {
    if !language::has(Feature::Lists) {
        return;
    }
    let whole = kind.imports.iter().take(2).all(|import| matches!(import, Succeeds));
    let org = Emulator::start();
    (kind.create)(&org);
    let before = org.admin("GET", "/components", None);
    let parts = TYPES.into_iter().zip(kind.imports.map(|import| matches!(import, Succeeds)));
    for lists in [parts.collect(), vec![(CLIENT, whole)]] {
        let workspace = Workspace::new(&org);
        let resources: Vec<&str> = lists.iter().map(|(resource, _)| *resource).collect();
        let found = query::generate(&workspace, &resources);
        for (resource, importable) in lists {
            let one = (resource.to_owned(), kind.id.to_owned());
            assert_eq!(found.contains(&one), importable, "{resource}: {found:?}");
        }
        if !found.is_empty() {
            workspace.plan(&[]).changes(&[]).containing(&format!("{} to import", found.len()));
        }
    }
    assert_eq!(org.admin("GET", "/components", None), before, "a query changes nothing in the org");
}

fn in_parts(kind: &Kind) {
    let org = Emulator::start();
    (kind.create)(&org);
    let before = org.admin("GET", "/components", None);
    let workspace = Workspace::new(&org);

    // The types whose import is rejected are imported one at a time.
    for (resource, import) in TYPES.iter().zip(kind.imports) {
        let Fails(words) = import else { continue };
        let own = if *resource == TYPES[0] {
            "name = \"x\"\n label = \"x\""
        } else {
            "external_client_app = \"x\""
        };
        workspace.configure(&format!("resource \"{resource}\" \"found\" {{\n {own}\n}}"));
        workspace
            .run(&["import", "-no-color", "-input=false", &address(resource), kind.id])
            .failed_with(words);
    }

    // The other types are imported together, with generated configurations.
    let imported: Vec<&str> = TYPES
        .iter()
        .zip(kind.imports)
        .filter(|(_, import)| matches!(import, Succeeds))
        .map(|(resource, _)| *resource)
        .collect();
    if !imported.is_empty() {
        let blocks: String = imported
            .iter()
            .map(|resource| format!("import {{\n  to = {}\n  id = \"{}\"\n}}\n", address(resource), kind.id))
            .collect();
        workspace.configure(&blocks);
        let generate = "-generate-config-out=generated.tf";
        workspace.plan(&[generate]).changes(&[]).containing(&format!("{} to import", imported.len()));
        workspace.apply().succeeded().containing(&format!("{} imported", imported.len()));
        workspace.configure("");
        workspace.assert_empty_plan();
        only_this_changes(&org, &workspace, &kind.edit, &before);
    }
    assert_eq!(org.deploys().len(), usize::from(!imported.is_empty()));
}

/// Imports the app as one resource. If the import of the app alone or of its OAuth settings is rejected, so is this
/// import.
fn as_one_resource(kind: &Kind) {
    let org = Emulator::start();
    (kind.create)(&org);
    let before = org.admin("GET", "/components", None);
    let workspace = Workspace::new(&org);
    let to = format!("{CLIENT}.found");
    let error = kind.imports.iter().take(2).find_map(|import| match import {
        Fails(words) => Some(*words),
        Succeeds => None,
    });
    if let Some(words) = error {
        workspace
            .configure(&format!("resource \"{CLIENT}\" \"found\" {{\n name = \"x\"\n label = \"x\"\n}}"));
        workspace.run(&["import", "-no-color", "-input=false", &to, kind.id]).failed_with(words);
        assert_eq!(org.deploys().len(), 0);
        return;
    }
    workspace.configure(&format!("import {{\n  to = {to}\n  id = \"{}\"\n}}\n", kind.id));
    let generate = "-generate-config-out=generated.tf";
    workspace.plan(&[generate]).changes(&[]).containing("1 to import");
    workspace.apply().succeeded().containing("1 imported");
    workspace.configure("");
    workspace.assert_empty_plan();
    // `salesforce_oauth_client` has no attribute for the label of the OAuth settings.
    let edit = if kind.edit.component == OAUTH && kind.edit.element == "label" { LABEL } else { kind.edit };
    only_this_changes(&org, &workspace, &edit, &before);
    assert_eq!(org.deploys().len(), 1);
}

/// Asserts that a change to one attribute leaves everything else in the org unchanged.
fn only_this_changes(org: &Emulator, workspace: &Workspace<'_>, edit: &Edit, before: &Value) {
    assert_eq!(&org.admin("GET", "/components", None), before, "an import changes nothing in the org");
    let Edit { resource, line: pattern, replacement, component, element } = *edit;
    let path = workspace.folder().join("generated.tf");
    let generated = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}"));
    let (mut edited, mut inside) = (false, false);
    let lines: Vec<String> = generated
        .lines()
        .map(|line| {
            // `salesforce_oauth_client` has the policies in a block, and all other attributes at the top level.
            if line.starts_with("resource ") {
                let is_client = line.contains(&format!("{CLIENT:?}"));
                inside = line.contains(&format!("{resource:?}")) || (is_client && resource != TYPES[2]);
            } else if line.starts_with("  policies {") {
                inside = resource == TYPES[2];
            }
            if inside && !edited && line.trim_start().starts_with(pattern) {
                edited = true;
                return replacement.to_owned();
            }
            line.to_owned()
        })
        .collect();
    assert!(edited, "no line begins with {pattern:?}:\n{generated}");
    workspace.write("generated.tf", &lines.join("\n"));
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    let after = org.admin("GET", "/components", None);
    assert_ne!(&after, before, "the edit must change something");
    let differing: Vec<(String, String)> = leaves(before)
        .into_iter()
        .chain(leaves(&after))
        .filter(|(path, _)| leaves(before).get(path) != leaves(&after).get(path))
        .collect();
    for (path, _) in &differing {
        let is_expected =
            path.starts_with(&format!("{component}/")) && path.ends_with(&format!("/{element}"));
        assert!(is_expected, "{path} has also changed:\nbefore {before:#}\nafter {after:#}");
    }
}

/// Every value with its path.
fn leaves(value: &Value) -> BTreeMap<String, String> {
    fn walk(value: &Value, path: &str, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, inner)| {
                walk(inner, &if path.is_empty() { name.clone() } else { format!("{path}/{name}") }, found);
            }),
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, inner)| walk(inner, &format!("{path}/{index}"), found));
            }
            leaf => {
                found.insert(path.to_owned(), leaf.to_string());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(value, "", &mut found);
    found
}
