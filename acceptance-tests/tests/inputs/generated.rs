//! Every attribute with values that nobody expects: the provider answers, with an error that points somewhere or
//! by taking the value.

use crate::diagnostics;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::workspace::{SOURCE, Workspace};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const WEIRD: &[&str] = &["null", "unknown", "empty", "long", "wrong type", "control character", "four bytes"];

/// What is known only after apply, of any type.
const UNKNOWN: &str = r#"
resource "terraform_data" "id" {}

resource "terraform_data" "unknown" {
  input = terraform_data.id.id
}
"#;

struct Case {
    what: String,
    attribute: String,
    text: String,
}

#[test]
fn no_value_of_any_attribute_is_a_surprise() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    workspace.set("TF_CLI_ARGS_plan", "-parallelism=100");
    workspace.configure(UNKNOWN);
    let cases = cases(&workspace);
    let mut files = BTreeMap::new();
    for (number, case) in cases.iter().enumerate() {
        let file = format!("case_{number}.tf");
        workspace.write(&file, &case.text.replace("KEY", &format!("case_{number}")));
        files.insert(file, case);
    }

    let run = workspace.run(&["validate", "-json", "-no-color"]);
    let said = diagnostics::validate(&run, &workspace.folder());
    let mut refused = judge(&files, &said);
    assert_eq!(org.journal().len(), 0, "validate has no business in the org");

    // Terraform plans nothing while anything is invalid.
    for file in &refused {
        std::fs::remove_file(workspace.folder().join(file)).expect("the file of a case");
    }
    let run = workspace.run(&["plan", "-json", "-no-color", "-input=false", "-lock=false"]);
    let by_plan = judge(&files, &diagnostics::plan(&run, &workspace.folder()));
    diagnostics::nothing_was_written(&org);
    eprintln!(
        "{} odd values of {} attributes and of the read-only ones: {} refused by validate, {} by plan",
        cases.len(),
        cases.iter().filter(|case| case.what.ends_with("four bytes")).count(),
        refused.len(),
        by_plan.len()
    );
    refused.extend(by_plan);
    let broken = ["mandatory, null", "read-only", "wrong type", "control character"];
    let taken: Vec<&str> = files
        .iter()
        .filter(|(file, case)| {
            let is_provider = case.what.starts_with("provider ");
            !refused.contains(*file) && !is_provider && broken.iter().any(|kind| case.what.ends_with(kind))
        })
        .map(|(_, case)| case.what.as_str())
        .collect();
    assert!(taken.is_empty(), "taken as they are:\n{}", taken.join("\n"));
}

/// The files with errors; each points to the attribute, or to the block when something beside it is missing.
#[track_caller]
fn judge(files: &BTreeMap<String, &Case>, said: &[diagnostics::Diagnostic]) -> BTreeSet<String> {
    let mut refused = BTreeSet::new();
    let mut problems = Vec::new();
    for one in said.iter().filter(|one| one.is_error) {
        match files.get(&one.file) {
            // A key is not shown, and neither is its line.
            None if one.text.contains("private key") => {}
            None => problems.push(format!("points nowhere: {one:?}")),
            Some(case) => {
                refused.insert(one.file.clone());
                // Terraform finds no line for what is inside a block of a set.
                let in_block = case.attribute == "trusted_ip_range" && one.at.is_empty();
                // A login that the org refuses names what can be known of it.
                let login = case.what.starts_with("provider ");
                // All cases are resources of one configuration, and an org has its settings once.
                let twice = one.text.contains("Two resources for one org");
                let beside = in_block
                    || login
                    || twice
                    || one.text.contains(&case.attribute)
                    || one.text.contains("Missing required argument");
                if one.at != case.attribute && !beside {
                    problems.push(format!("{}: points to {:?}: {}", case.what, one.at, one.text));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    refused
}

fn cases(workspace: &Workspace<'_>) -> Vec<Case> {
    let run = workspace.run(&["providers", "schema", "-json"]).succeeded();
    let schema: Value = serde_json::from_str(&run.stdout).expect("the schema as JSON");
    let schema = &schema["provider_schemas"][SOURCE];
    let mut cases = Vec::new();
    for (resource, schema) in schema["resource_schemas"].as_object().unwrap() {
        of_block(&schema["block"], resource, "", &mut |attribute, line, what| {
            let required = [("name", "\"KEY\""), ("label", "\"Label\""), ("external_client_app", "\"KEY\"")];
            let has =
                |name: &str| schema["block"]["attributes"].get(name).is_some_and(|it| it["required"] == true);
            let beside = required.iter().filter(|(name, _)| has(name) && *name != attribute);
            let beside: String = beside.map(|(name, value)| format!("{name} = {value}\n")).collect();
            cases.push(Case {
                what,
                attribute: attribute.to_owned(),
                text: format!("resource \"{resource}\" \"KEY\" {{\n{beside}{line}\n}}\n"),
            });
        });
    }
    of_block(&schema["provider"]["block"], "provider", "", &mut |attribute, line, what| {
        cases.push(Case {
            what,
            attribute: attribute.to_owned(),
            text: format!(
                "provider \"salesforce\" {{\nalias = \"KEY\"\n{line}\n}}\nresource \"salesforce_external_client_app\" \
                 \"KEY\" {{\nprovider = salesforce.KEY\nname = \"KEY\"\nlabel = \"Label\"\n}}\n"
            ),
        });
    });
    cases
}

/// `block` is the nested block that the attributes are in; the rest of what such a block needs stands beside.
fn of_block(schema: &Value, of: &str, block: &str, add: &mut dyn FnMut(&str, String, String)) {
    let attributes = schema["attributes"].as_object();
    for (name, attribute) in attributes.into_iter().flatten() {
        if attribute["optional"] != true && attribute["required"] != true {
            add(name, format!("{name} = \"x\""), format!("{of} {name}, read-only"));
            continue;
        }
        for kind in WEIRD {
            let line = format!("{name} = {}", odd(kind, &attribute["type"]));
            let needed = if *kind == "null" && attribute["required"] == true { "mandatory, " } else { "" };
            let what = format!("{of} {block} {name}, {needed}{kind}");
            if block.is_empty() {
                add(name, line, what);
                continue;
            }
            let beside: String = attributes
                .into_iter()
                .flatten()
                .filter(|(other, attribute)| attribute["required"] == true && *other != name)
                .map(|(other, _)| format!(" {other} = \"192.0.2.1\"\n"))
                .collect();
            add(block, format!("{block} {{\n{beside} {line}\n}}"), what);
        }
    }
    for (name, nested) in schema["block_types"].as_object().into_iter().flatten() {
        of_block(&nested["block"], of, name, add);
    }
}

fn odd(kind: &str, of_type: &Value) -> String {
    let long = "x".repeat(20_000);
    let text = match kind {
        "null" => return "null".to_owned(),
        "unknown" => return "terraform_data.unknown.output".to_owned(),
        "empty" => String::new(),
        "long" => long,
        "wrong type" => {
            return if of_type.is_array() { "true" } else { "{ a = [1] }" }.to_owned();
        }
        "control character" => "a\\u0001b".to_owned(),
        _ => "🧀".to_owned(),
    };
    match (of_type.as_str(), of_type[0].as_str()) {
        (Some("number"), _) if kind == "long" => "1e400".to_owned(),
        (Some(_), _) => format!("\"{text}\""),
        (_, Some("map")) => format!("{{ \"{text}\" = \"{text}\" }}"),
        _ => format!("[\"{text}\"]"),
    }
}
