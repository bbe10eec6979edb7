//! Tests for every supported API version. An attribute whose element the version does not contain is an error, and all
//! other attributes work. `proto/salesforce` contains the first version of each element.

use super::subject::{Form, Subject, create_referenced_components, set_at_create, words};
use super::table::{Attribute, Omitted, attributes};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::workspace::Workspace;
use serde_json::Value;
use std::collections::BTreeSet;

/// The version that introduced the attribute's element; 0 for provider-side attributes.
fn since(attribute: &Attribute) -> u64 {
    let Some((kind, name)) = attribute.element else { return 0 };
    let path = format!("{}/../proto/salesforce/{kind}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the schema of a type");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    let of = |elements: &Value, name: &str| {
        let found = elements.as_array().into_iter().flatten().find(|element| element["name"] == name);
        found.and_then(|element| element["since"].as_u64())
    };
    let own = of(&schema["elements"], name).unwrap_or_else(|| panic!("{kind} has no {name}"));
    // An attribute may be an element of a nested type: `id_token_include_custom_permissions` is
    // idTokenConfig.idTokenIncludeCustomPermissions.
    let nested = schema["types"].as_object().into_iter().flatten();
    let nested = nested.filter_map(|(_, nested)| of(&nested["elements"], &camel(attribute.name))).max();
    own.max(nested.unwrap_or_default())
}

fn camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        text + &head.to_uppercase() + tail
    })
}

/// Whether the attribute's first value equals the behavior of API versions without its element.
fn first_is_the_default(attribute: &Attribute) -> bool {
    matches!(attribute.if_omitted, Omitted::Default(text) if attribute.first.contains(text))
        // This attribute is the inverse of its element.
        || attribute.name == "secret_required_for_web_server_flow"
}

/// The addresses and attributes that the plan rejects for the version.
fn rejected(workspace: &Workspace<'_>) -> BTreeSet<(String, String)> {
    let run = workspace.run(&["plan", "-json", "-input=false"]);
    let text = std::fs::read_to_string(workspace.folder().join("main.tf")).expect("the configuration");
    let lines: Vec<&str> = text.lines().collect();
    let mut found = BTreeSet::new();
    for line in run.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let one = &line["diagnostic"];
        if one["severity"] != "error" {
            continue;
        }
        assert_eq!(one["summary"], "Newer API version required", "{one:#}");
        let at = one["range"]["start"]["line"].as_u64().expect("an error at a line");
        let at = usize::try_from(at - 1).unwrap_or_default();
        let name = lines[at].trim().split([' ', '=', '{']).next().unwrap_or_default();
        assert_ne!(name, "resource", "the error is not at an attribute: {one:#}");
        found.insert((one["address"].as_str().unwrap_or_default().to_owned(), name.to_owned()));
    }
    found
}

/// The configuration without the lines that set these attributes, except in the resources at these addresses. Terraform
/// does not plan resources that depend on a resource with an error.
fn without(text: &str, attributes: &BTreeSet<&str>, except: &[String]) -> String {
    let mut is_excepted = false;
    let mut kept = Vec::new();
    for line in text.lines() {
        if let Some(header) = line.strip_prefix("resource ") {
            let address = header.replace("\" \"", ".").replace(['"', '{', ' '], "");
            is_excepted = except.contains(&address);
        }
        let name = line.split(' ').next().unwrap_or_default();
        if is_excepted || !attributes.contains(name) {
            kept.push(line);
        }
    }
    kept.join("\n")
}

#[test]
fn attributes_of_newer_api_versions_are_errors_and_all_others_work() {
    let mut errors = 0;
    let mut working = 0;
    let newest = Emulator::start().newest_version();
    for version in 60..=newest {
        let org = Emulator::with(&["--api-version", &version.to_string()]);
        create_referenced_components(&org);
        let mut workspace = Workspace::new(&org);
        workspace.unset("TF_LOG");
        workspace.set("TF_CLI_ARGS_apply", "-parallelism=100");
        let newer: BTreeSet<&str> =
            attributes().iter().filter(|one| since(one) > version).map(|one| one.name).collect();
        let own = |one: &Attribute| since(one) > version && !first_is_the_default(one);

        let words = words(&org);
        let both = |wanted: &dyn Fn(&Attribute) -> bool| {
            let (parts, mut addresses) = set_at_create(Form::Parts, wanted, &words);
            let (clients, of_clients) = set_at_create(Form::Client, wanted, &words);
            addresses.extend(of_clients);
            (parts.concat() + &clients.concat(), addresses)
        };
        let (text, addresses) = both(&|one| since(one) > version);
        workspace.configure(&without(&text, &newer, &addresses));
        let found = if addresses.is_empty() { BTreeSet::new() } else { rejected(&workspace) };
        for subject in [Form::Parts, Form::Client].into_iter().flat_map(|form| Subject::all(form, own)) {
            let place = (subject.address(), subject.attribute.name.to_owned());
            assert!(found.contains(&place), "{version}.0 accepts {place:?}: {found:?}");
            errors += 1;
        }
        for (address, name) in &found {
            assert!(newer.contains(name.as_str()), "{version}.0 has {name} of {address}");
        }
        assert_eq!(org.deploys().len(), 0);

        // The other tests use the newest version. Attributes that every version has are tested only with the oldest.
        let is_supported = |one: &Attribute| {
            let is_new = since(one) > 60 || version == 60;
            // Org settings exist once, so they cannot be tested in bulk. Every version has all of them.
            let once = one.resource.of_the_org().is_some();
            assert!(!once || since(one) <= 60, "{} is newer", one.name);
            is_new && !once && since(one) <= version && version < newest
        };
        // Accompanying lines may also be too new.
        let (text, _) = both(&is_supported);
        workspace.configure(&without(&text, &newer, &[]));
        workspace.apply().succeeded();
        workspace.assert_empty_plan();
        working += attributes().iter().filter(|one| is_supported(one)).count();
    }
    eprintln!(
        "{} API versions: {errors} attributes rejected at their lines, {working} set without drift",
        newest - 59
    );
    assert!(errors > 40 && working > 100);
}
