//! Checks all pages, whether generated or written by hand: the layout of the registry, links, and names.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::root;
use crate::provider::{Offer, Provider, SOURCE_ADDRESS, config};

/// The paths of all pages.
fn all_pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn links_between_pages_are_valid() {
    for path in all_pages() {
        let text = fs::read_to_string(&path).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let there = fs::read_to_string(&file).unwrap_or_else(|_| panic!("{}: {target}", path.display()));
            let mut anchors: Vec<String> =
                there.lines().filter(|line| line.starts_with('#')).map(slug).collect();
            anchors.extend(
                there.split("<a id=\"").skip(1).filter_map(|a| a.split('"').next()).map(str::to_owned),
            );
            assert!(anchor.is_empty() || anchors.iter().any(|a| a == anchor), "{}: {target}", path.display());
        }
    }
}

/// The anchor of a heading.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().replace(' ', "-")
}

#[test]
fn pages_have_the_format_of_the_registry_and_name_existing_types() {
    let provider = Provider::new(|_| None);
    let is_known = |keyword: &str, name: &str| {
        let offer = match keyword {
            "data" => Offer::DataSource,
            "resource" => Offer::Resource,
            "ephemeral" => Offer::EphemeralResource,
            "list" => Offer::ListResource,
            _ => Offer::Action,
        };
        provider.schema(offer, name).is_some()
    };
    for path in all_pages() {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display();
        assert!(text.starts_with("---\npage_title: \""), "{name}");
        // The registry requires that the first page has no subcategory.
        assert!(text.contains("\nsubcategory: \"") != path.ends_with("docs/index.md"), "{name}");
        assert!(text.contains("\ndescription: |-\n  "), "{name}");
        assert!(text.len() < 500_000, "{name} is longer than the registry allows");
        for keyword in ["data", "resource", "ephemeral", "action", "list"] {
            let declared = format!("{keyword} \"salesforce_");
            for used in text.split(&declared).skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(is_known(keyword, &format!("salesforce_{used}")), "{name}: {keyword} {used}");
            }
        }
        for source in text.split("source = \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            // The source of a module is a path.
            assert!(source.starts_with("./") || SOURCE_ADDRESS.ends_with(source), "{name}: {source}");
        }
    }
}

#[test]
fn environment_variables_in_pages_exist() {
    let schema = config::schema();
    let mut known: BTreeSet<String> =
        schema.block.attributes.iter().map(|attribute| config::variable(&attribute.name)).collect();
    // Pages refer to all variables as `SALESFORCE_*`.
    known.insert("SALESFORCE".to_owned());
    for path in all_pages() {
        let text = fs::read_to_string(&path).unwrap();
        for word in text.split(|c: char| !c.is_ascii_uppercase() && c != '_') {
            if let Some(at) = word.find("SALESFORCE_") {
                let name = word[at..].trim_end_matches('_');
                assert!(known.contains(name), "{}: {word}", path.display());
            }
        }
    }
}
