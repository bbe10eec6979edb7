//! A scenario: a folder of configurations that are applied one after the other, each with what is expected of
//! it in the comments at its top. A new scenario needs no Rust.
//!
//! ```hcl
//! # edit: ExternalClientApplication of Shop: label = Changed in Setup     before the step, in the org
//! # plan: salesforce_external_client_app.shop = update                    the plan has exactly these
//! # says: Consumer key will be destroyed                                  in what the plan prints
//! # org: ExternalClientApplication of Shop: label = Shop                  after the step, in the org
//! ```
//!
//! After every step the plan must be empty and no secret may have leaked (see `workspace`); after the last one
//! everything is imported into an empty state, and destroyed, and then the org is as empty as before.

use crate::emulator::Emulator;
use crate::org;
use crate::plan::Action;
use crate::terraform;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

#[derive(Debug, Default, PartialEq, Eq)]
struct Expectations {
    edits: Vec<Element>,
    plan: Vec<(String, Action)>,
    says: Vec<String>,
    org: Vec<Element>,
    no_import: bool,
}

/// `<type> of <app>: <element> = <value>`
#[derive(Debug, PartialEq, Eq)]
struct Element {
    kind: String,
    app: String,
    element: String,
    value: String,
}

/// Runs `scenarios/<name>` against an org of its own.
///
/// # Panics
/// When an expectation is not met.
pub fn run(name: &str) {
    let emulator = Emulator::start();
    let workspace = Workspace::new(&emulator);
    let steps = steps(&terraform::repository().join("acceptance-tests/scenarios").join(name));
    let mut no_import = false;
    for path in &steps {
        let configuration = std::fs::read_to_string(path).expect("a step of the scenario");
        let expected =
            expectations(&configuration).unwrap_or_else(|reason| panic!("{}: {reason}", path.display()));
        eprintln!("{}", path.display());
        no_import = expected.no_import;
        for edit in &expected.edits {
            emulator.edit(&edit.kind, &edit.app, &edit.element, &edit.value);
        }
        let changes: Vec<(&str, Action)> =
            expected.plan.iter().map(|(at, action)| (at.as_str(), *action)).collect();
        let plan = workspace.step(&configuration, &changes);
        for sentence in &expected.says {
            plan.saying(sentence);
        }
        for element in &expected.org {
            let found = emulator.part(&element.kind, &element.app).text(&element.element);
            assert_eq!(found, element.value, "{}: {element:?}", path.display());
        }
    }
    if !no_import {
        workspace.imports_into_an_empty_state();
    }
    workspace.destroy().succeeded();
    assert!(workspace.state().is_empty());
    assert_eq!(emulator.names(org::APP), Vec::<String>::new());
}

fn steps(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut steps: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "tf"))
        .collect();
    steps.sort();
    assert!(!steps.is_empty(), "{} has no steps", folder.display());
    steps
}

fn expectations(configuration: &str) -> Result<Expectations, String> {
    let mut expected = Expectations::default();
    for line in configuration.lines() {
        let Some(comment) = line.strip_prefix('#') else {
            break;
        };
        let Some((verb, rest)) = comment.trim().split_once(':') else {
            continue;
        };
        let rest = rest.trim();
        match verb {
            "plan" => {
                let (address, action) =
                    rest.split_once(" = ").ok_or_else(|| format!("no ` = ` in {line}"))?;
                let action = match action {
                    "create" => Action::Create,
                    "update" => Action::Update,
                    "replace" => Action::Replace,
                    "delete" => Action::Delete,
                    "forget" => Action::Forget,
                    other => return Err(format!("unknown action {other}")),
                };
                expected.plan.push((address.to_owned(), action));
            }
            "says" => expected.says.push(rest.to_owned()),
            "edit" => expected.edits.push(element(rest)?),
            "org" => expected.org.push(element(rest)?),
            "no import" => expected.no_import = true,
            // A misspelt expectation must not pass as a remark.
            other if !other.contains(' ') => return Err(format!("unknown expectation {other:?}")),
            _ => {}
        }
    }
    Ok(expected)
}

fn element(text: &str) -> Result<Element, String> {
    let wrong = || format!("not `<type> of <app>: <element> = <value>`: {text}");
    let (kind, rest) = text.split_once(" of ").ok_or_else(wrong)?;
    let (app, rest) = rest.split_once(": ").ok_or_else(wrong)?;
    let (element, value) = rest.split_once('=').ok_or_else(wrong)?;
    // Newlines are written as \n: a comment has one line.
    let value = value.trim().replace("\\n", "\n");
    Ok(Element { kind: kind.to_owned(), app: app.to_owned(), element: element.trim().to_owned(), value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_stand_in_the_comments_at_the_top() {
        let expected = expectations(
            "# A remark: it is for people.\n# plan: a.b = update\n# org: App of Shop: label = A\\nB\n# org: App of Shop: icon =\nx = 1\n# plan: c.d = create\n",
        );
        let element = |name: &str, value: &str| Element {
            kind: "App".to_owned(),
            app: "Shop".to_owned(),
            element: name.to_owned(),
            value: value.to_owned(),
        };
        let same = Expectations {
            plan: vec![("a.b".to_owned(), Action::Update)],
            org: vec![element("label", "A\nB"), element("icon", "")],
            ..Expectations::default()
        };
        assert_eq!(expected, Ok(same));
    }

    #[test]
    fn a_misspelt_expectation_is_an_error() {
        assert!(expectations("# plam: a.b = update\n").is_err());
        assert!(expectations("# plan: a.b = updated\n").is_err());
    }
}
