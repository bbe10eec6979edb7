//! Validates the configurations in the documentation, and runs the commands that create a private key, as written.

use crate::configurations::{APP, CLIENT, ONLY_APP, POLICIES, SETTINGS};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language;
use acceptance_tests::terraform::repository;
use acceptance_tests::workspace::Workspace;
use std::path::{Path, PathBuf};
use std::process::Command;

fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![repository().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of pages").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The fenced blocks on a page in a given language, without the indentation of the list around them.
pub fn fenced(page: &Path, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(page).expect("a page");
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        if line.trim() != format!("```{language}") {
            continue;
        }
        let inside = lines.by_ref().take_while(|line| line.trim() != "```");
        let text: String =
            inside.map(|line| format!("{}\n", line.get(indent..).unwrap_or_default())).collect();
        found.push(text);
    }
    found
}

/// Resources for the targets of `import` blocks, if the snippet does not contain them.
fn resources_for_imports(text: &str) -> String {
    let missing = [APP, SETTINGS, POLICIES, CLIENT].into_iter().filter(|address| {
        let (kind, name) = address.split_once('.').unwrap_or_default();
        text.contains(&format!("to = {address}\n"))
            && !text.contains(&format!("resource \"{kind}\" \"{name}\""))
    });
    missing
        .map(|address| {
            let (kind, name) = address.split_once('.').unwrap_or_default();
            let body = if [APP, CLIENT].contains(&address) {
                "name = \"Shop\"\nlabel = \"Shop\""
            } else {
                "external_client_app = \"Shop\""
            };
            format!("resource \"{kind}\" \"{name}\" {{\n{body}\n}}\n")
        })
        .collect()
}

/// The file that examples of a connected app read.
const CONNECTED_APP: &str = "Shop.connectedApp-meta.xml";

/// The addresses that a snippet declares, without the prefixes of ephemeral resources and actions.
fn declared(text: &str) -> Vec<String> {
    let kinds = ["resource \"", "ephemeral \"", "action \""];
    let headers = text.lines().filter_map(|line| kinds.iter().find_map(|kind| line.strip_prefix(kind)));
    let addresses = headers.filter_map(|rest| {
        let mut words = rest.split('"');
        Some(format!("{}.{}", words.next()?, words.nth(1)?))
    });
    addresses.collect()
}

/// The other snippets on the page that declare what a snippet refers to.
pub fn needed<'a>(text: &str, others: &'a [String]) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    // The source of a move or a removal is no longer declared.
    let is_move_source = |line: &&str| line.trim_start().starts_with("from = ");
    let text: String =
        text.lines().filter(|line| !is_move_source(line)).map(|line| format!("{line}\n")).collect();
    loop {
        let all = [&[text.as_str()], found.as_slice()].concat().concat();
        let declared_here = declared(&all);
        let next = others.iter().find(|other| {
            let mut missing = declared(other).into_iter();
            missing.any(|address| !declared_here.contains(&address) && all.contains(&address))
        });
        match next {
            Some(next) => found.push(next),
            None => return found,
        }
    }
}

/// A snippet without its `import` blocks, because importing the same resource twice is an error.
fn without_imports(text: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.lines() {
        inside |= line == "import {";
        if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
        inside &= line != "}";
    }
    kept
}

#[test]
fn every_configuration_in_the_docs_is_formatted_and_valid() {
    let mut count = 0;
    for page in pages() {
        let texts = fenced(&page, "terraform");
        for text in &texts {
            let name = page.display();
            let rest = without_imports(&needed(text, &texts).concat());
            let all = format!("{text}{rest}");
            if let Some(feature) = language::lacks(&all) {
                eprintln!("{name}: a configuration has {feature}");
                continue;
            }
            let mut workspace = Workspace::anonymous();
            workspace.add_stand_ins(&all);
            // Query configurations are in files with another extension.
            let is_query = text.contains("list \"salesforce_");
            let (file, validate) = match is_query {
                true => ("snippet.tfquery.hcl", &["validate", "-no-color", "-query"][..]),
                false => ("snippet.tf", &["validate", "-no-color"][..]),
            };
            workspace.write(file, text);
            if text.contains(CONNECTED_APP) {
                let file = repository().join("examples/functions/connected_app").join(CONNECTED_APP);
                workspace.write(CONNECTED_APP, &std::fs::read_to_string(file).expect("the example's file"));
            }
            workspace.run(&["fmt", "-check", "-diff", file]).succeeded();
            let variables = text.split("var.").skip(1).map(|rest| {
                let name: String =
                    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                format!("variable \"{name}\" {{}}\n")
            });
            let imports = if rest.is_empty() { resources_for_imports(text) } else { String::new() };
            let beside: String = variables.chain([imports, rest.clone()]).collect();
            if text.contains("required_providers") {
                workspace.write("beside.tf", &beside);
            } else {
                workspace.configure(&beside);
            }
            let run = workspace.run(validate);
            assert_eq!(run.code, Some(0), "{name}:\n{text}\n{run}");
            count += 1;
        }
    }
    eprintln!("{count} configurations of the docs are valid");
    assert!(count > 10, "configurations are found");
}

/// The commands of the guide create a private key, and the provider accepts the key in all formats. Only the org
/// rejects the login, because the app does not have the certificate of the key.
#[test]
fn the_commands_in_the_guide_create_a_valid_private_key() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("no openssl on PATH: the guide's commands were not run");
        return;
    }
    let page = repository().join("docs/guides/authentication.md");
    let shell = fenced(&page, "shell");
    let create =
        shell.iter().find(|text| text.contains("openssl req")).expect("the command that creates a key");
    let forms = shell.iter().find(|text| text.contains("base64")).expect("the formats of a key");

    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.configure(ONLY_APP);
    workspace.unset("SALESFORCE_PRIVATE_KEY_FILE");
    let folder = tempfile::tempdir().expect("a folder for the key");
    let sh = |command: &str| {
        let run = Command::new("sh").args(["-ec", command]).current_dir(folder.path()).output().expect("sh");
        assert!(run.status.success(), "{command}: {}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).expect("text")
    };
    sh(create);
    let commands: Vec<&str> = forms.lines().collect();
    assert_eq!(commands.len(), 4);
    for command in commands {
        let key = sh(command);
        workspace.set("SALESFORCE_PRIVATE_KEY", &key);
        let run = workspace.apply().failed_with("invalid_grant");
        assert!(!run.contains("Invalid private key"), "{command}: {run}");
    }
    // The file contains exactly one certificate, as an app requires.
    let certificate = sh("cat terraform.crt");
    assert_eq!(certificate.matches("BEGIN CERTIFICATE").count(), 1);
}
