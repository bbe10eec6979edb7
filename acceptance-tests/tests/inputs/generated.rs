//! Tests every attribute with unexpected values. The provider reports an error with a position, or accepts the value.

use super::diagnostics;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::workspace::{self, Workspace};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const UNEXPECTED: &[&str] =
    &["null", "unknown", "empty", "longest", "longest + 1", "wrong type", "control character", "four bytes"];

/// Values for the other required attributes of a case, by name. KEY stands for the name of the case.
const REQUIRED: &[(&str, &str)] =
    &[("name", "\"KEY\""), ("label", "\"Label\""), ("external_client_app", "\"KEY\""), ("app", "\"KEY\"")];

/// A marker in the unexpected values of sensitive attributes. No output may contain this text.
const CANARY: &str = "canary";

/// The maximum length of a string without a stricter rule.
const LONGEST_TEXT: usize = 262_144;

/// A value of any type that is known only after apply.
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
    /// Whether an org has only one object of this type. If so, an error may report the other cases as duplicates.
    is_single: bool,
    is_data: bool,
}

#[test]
fn every_unexpected_value_of_every_attribute_is_handled() {
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
    let messages = diagnostics::validate(&run, &workspace.folder());
    let mut with_diagnostic = with_diagnostic(&files, &messages);
    let mut rejected = check_errors(&files, &messages);
    assert_eq!(org.journal().len(), 0, "validate must not call the org");
    assert!(!run.stdout.contains(CANARY) && !run.stderr.contains(CANARY), "a secret is echoed: {run}");

    // Terraform plans nothing while any resource is invalid.
    for file in &rejected {
        std::fs::remove_file(workspace.folder().join(file)).expect("the file of a case");
    }
    let run = workspace.run(&["plan", "-json", "-no-color", "-input=false", "-lock=false"]);
    assert!(!run.stdout.contains(CANARY) && !run.stderr.contains(CANARY), "a secret is echoed: {run}");
    let messages = diagnostics::plan(&run, &workspace.folder());
    with_diagnostic.extend(self::with_diagnostic(&files, &messages));
    let by_plan = check_errors(&files, &messages);
    diagnostics::nothing_was_written(&org);
    eprintln!(
        "{} unexpected values of {} attributes and of the read-only ones: {} rejected by validate, {} by plan",
        cases.len(),
        cases.iter().filter(|case| case.what.ends_with("four bytes")).count(),
        rejected.len(),
        by_plan.len()
    );
    rejected.extend(by_plan);
    let broken = ["mandatory, null", "read-only", "wrong type", "control character", "longest + 1"];
    let accepted: Vec<&str> = files
        .iter()
        .filter(|(file, case)| {
            !rejected.contains(*file)
                && !with_diagnostic.contains(*file)
                && broken.iter().any(|kind| case.what.ends_with(kind))
                && !is_never_sent(case)
        })
        .map(|(_, case)| case.what.as_str())
        .collect();
    assert!(accepted.is_empty(), "accepted without a diagnostic:\n{}", accepted.join("\n"));
}

/// Whether any string is valid, because it is only compared: the text that a data source searches for, and the values
/// that trigger a rotation.
fn is_never_sent(case: &Case) -> bool {
    let is_compared = case.attribute.ends_with("_when_changed");
    (case.is_data || is_compared)
        && ["control character", "longest + 1"].iter().any(|kind| case.what.ends_with(kind))
}

/// The files with a diagnostic at the attribute, or, for a secret, with a diagnostic without a position that names the
/// attribute.
fn with_diagnostic(
    files: &BTreeMap<String, &Case>,
    messages: &[diagnostics::Diagnostic],
) -> BTreeSet<String> {
    let is_about = |file: &str, case: &Case, one: &diagnostics::Diagnostic| {
        (one.file == file && one.at == case.attribute)
            || (one.file.is_empty() && one.text.contains(&case.attribute))
    };
    let found = files.iter().filter(|(file, case)| messages.iter().any(|one| is_about(file, case, one)));
    found.map(|(file, _)| file.clone()).collect()
}

/// The files with errors. Each error must point to the attribute, or to the block if another attribute is missing.
#[track_caller]
fn check_errors(files: &BTreeMap<String, &Case>, messages: &[diagnostics::Diagnostic]) -> BTreeSet<String> {
    let mut rejected = BTreeSet::new();
    let mut problems = Vec::new();
    for one in messages.iter().filter(|one| one.is_error) {
        match files.get(&one.file) {
            // An error about a secret has no position, because Terraform would show the line.
            None if ["private_key", "private key", "client_secret", "access_token"]
                .iter()
                .any(|secret| one.text.contains(secret)) => {}
            None => problems.push(format!("has no position: {one:?}")),
            Some(case) => {
                rejected.insert(one.file.clone());
                // Terraform cannot determine the line of an attribute inside one of several blocks of a set.
                let in_block = case.attribute == "trusted_ip_range" && one.at.is_empty();
                // An error about an authentication method may refer to other arguments.
                let login = case.what.starts_with("provider ");
                // An org has only one of these objects, and this configuration has several resources for it.
                let among_many = case.is_single && one.at.is_empty();
                // The component that the data source searches for does not exist.
                let not_found =
                    case.is_data && (one.at.is_empty() || REQUIRED.iter().any(|(name, _)| *name == one.at));
                let rejects_longest = case.what.ends_with("longest") && one.text.contains("longer than");
                if rejects_longest {
                    problems.push(format!("{}: {}", case.what, one.text));
                }
                let beside = in_block
                    || among_many
                    || not_found
                    || login
                    || one.text.contains(&case.attribute)
                    || one.text.contains("Missing required argument");
                if one.at != case.attribute && !beside {
                    problems.push(format!("{}: points to {:?}: {}", case.what, one.at, one.text));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    rejected
}

fn cases(workspace: &Workspace<'_>) -> Vec<Case> {
    let run = workspace.run(&["providers", "schema", "-json"]).succeeded();
    let schema: Value = serde_json::from_str(&run.stdout).expect("the schema as JSON");
    let schema = &schema["provider_schemas"][workspace::source()];
    let mut cases = Vec::new();
    for (kind, schemas) in [
        ("resource", "resource_schemas"),
        ("data", "data_source_schemas"),
        ("ephemeral", "ephemeral_resource_schemas"),
    ] {
        for (name, schema) in schema[schemas].as_object().into_iter().flatten() {
            let attributes = schema["block"]["attributes"].as_object();
            let mandatory: Vec<&String> = attributes
                .into_iter()
                .flatten()
                .filter(|(_, attribute)| attribute["required"] == true)
                .map(|(name, _)| name)
                .collect();
            let value = |mandatory: &str| {
                let known = REQUIRED.iter().find(|(name, _)| *name == mandatory);
                known.map(|(_, value)| *value).unwrap_or_else(|| {
                    panic!("{kind} {name} needs {mandatory}: add a value that is valid for it to REQUIRED")
                })
            };
            of_block(&schema["block"], &format!("{kind} {name}"), "", &mut |attribute, line, what| {
                let beside = mandatory.iter().filter(|name| **name != attribute);
                let beside: String = beside.map(|name| format!("{name} = {}\n", value(name))).collect();
                cases.push(Case {
                    what,
                    attribute: attribute.to_owned(),
                    text: format!("{kind} \"{name}\" \"KEY\" {{\n{beside}{line}\n}}\n"),
                    is_single: kind == "resource" && mandatory.is_empty(),
                    is_data: kind != "resource",
                });
            });
        }
    }
    of_block(&schema["provider"]["block"], "provider", "", &mut |attribute, line, what| {
        cases.push(Case {
            what,
            attribute: attribute.to_owned(),
            text: format!(
                "provider \"salesforce\" {{\nalias = \"KEY\"\n{line}\n}}\nresource \"salesforce_external_client_app\" \
                 \"KEY\" {{\nprovider = salesforce.KEY\nname = \"KEY\"\nlabel = \"Label\"\n}}\n"
            ),
            is_single: false,
            is_data: false,
        });
    });
    cases
}

/// Adds the cases for each attribute of a block. `block` is the name of a nested block, and each case contains the
/// required attributes of that block.
fn of_block(schema: &Value, of: &str, block: &str, add: &mut dyn FnMut(&str, String, String)) {
    let attributes = schema["attributes"].as_object();
    for (name, attribute) in attributes.into_iter().flatten() {
        if attribute["optional"] != true && attribute["required"] != true {
            add(name, format!("{name} = \"x\""), format!("{of} {name}, read-only"));
            continue;
        }
        for kind in UNEXPECTED {
            let line = format!("{name} = {}", unexpected(kind, attribute));
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

fn unexpected(kind: &str, attribute: &Value) -> String {
    let of_type = &attribute["type"];
    let is_secret = attribute["sensitive"] == true;
    let description = attribute["description"].as_str().unwrap_or_default();
    let more = usize::from(kind == "longest + 1");
    let text = match kind {
        "null" => return "null".to_owned(),
        "unknown" => return "terraform_data.unknown.output".to_owned(),
        "longest" | "longest + 1" => return longest(of_type, description, is_secret, more),
        "empty" => "\"\"".to_owned(),
        "wrong type" => {
            return if of_type.is_array() { "true" } else { "{ a = [1] }" }.to_owned();
        }
        "control character" if is_secret => format!("\"{CANARY}\\u0001b\""),
        "control character" => "\"a\\u0001b\"".to_owned(),
        _ if is_secret => format!("\"{CANARY}🧀\""),
        _ => "\"🧀\"".to_owned(),
    };
    match (of_type.as_str(), of_type[0].as_str()) {
        (Some(_), _) => text,
        (_, Some("map")) => format!("{{ {text} = {text} }}"),
        _ => format!("[{text}]"),
    }
}

/// The longest value that the description allows, or one that is longer by `more`. Terraform generates the strings,
/// which keeps the files short.
fn longest(of_type: &Value, description: &str, is_secret: bool, more: usize) -> String {
    let number_after = |words: &str| -> Option<usize> {
        let (_, rest) = description.split_once(words)?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    if of_type == "number" {
        let max = description.split_once("Between ").and_then(|(_, rest)| rest.split_once(" and "));
        let max = max.map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        let max: usize = max.and_then(|digits| digits.parse().ok()).unwrap_or(720);
        return (max + more).to_string();
    }
    if of_type == "bool" {
        return if more == 0 { "true" } else { "2" }.to_owned();
    }
    if of_type[0] == "map"
        && let Some(max) = number_after("At most ")
    {
        return format!("{{ for number in range({}) : \"a${{number}}\" => \"User.City\" }}", max + more);
    }
    let characters = number_after("at most ").unwrap_or(LONGEST_TEXT);
    let canary = if is_secret { CANARY } else { "" };
    let rest = characters + more - canary.len();
    let text = format!("join(\"\", [\"{canary}\", replace(format(\"%{rest}s\", \"\"), \" \", \"x\")])");
    match of_type[0].as_str() {
        None => text,
        Some("map") => format!("{{ a = {text} }}"),
        Some(_) => format!("[{text}]"),
    }
}
