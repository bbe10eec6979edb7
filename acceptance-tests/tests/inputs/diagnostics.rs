//! The diagnostics of `terraform validate -json` and `terraform plan -json`, with their file and attribute.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::terraform::Run;
use serde_json::Value;
use std::path::Path;

#[derive(Debug, Clone)]
pub struct Diagnostic {
    pub is_error: bool,
    /// The file that the diagnostic refers to; empty if it has no position.
    pub file: String,
    /// The attribute, block or argument that the diagnostic refers to; empty for a whole resource.
    pub at: String,
    pub text: String,
}

#[track_caller]
pub fn validate(run: &Run, folder: &Path) -> Vec<Diagnostic> {
    did_not_crash(run);
    let output: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("no JSON: {run}"));
    let all = output["diagnostics"].as_array().into_iter().flatten();
    all.filter(|one| !is_about_dev_overrides(one)).map(|one| read(one, folder)).collect()
}

#[track_caller]
pub fn plan(run: &Run, folder: &Path) -> Vec<Diagnostic> {
    did_not_crash(run);
    let lines = run.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["type"] == "diagnostic" && !is_about_dev_overrides(&line["diagnostic"]))
        .map(|line| read(&line["diagnostic"], folder))
        .collect()
}

/// Whether a diagnostic is Terraform's warning about development overrides, which every command shows.
fn is_about_dev_overrides(diagnostic: &Value) -> bool {
    diagnostic["summary"].as_str().is_some_and(|summary| summary.contains("development overrides"))
}

/// Asserts that neither the provider nor Terraform has crashed.
#[track_caller]
pub fn did_not_crash(run: &Run) {
    for word in
        ["Plugin did not respond", "plugin crashed", "panicked at", "Request cancelled", "!!!!!!!!!!!!"]
    {
        assert!(!run.stdout.contains(word) && !run.stderr.contains(word), "{word}: {run}");
    }
    assert!(matches!(run.code, Some(0..=2)), "{run}");
}

/// Asserts that no call has changed the org.
#[track_caller]
pub fn nothing_was_written(org: &Emulator) {
    for call in org.journal() {
        let operation = call["operation"].as_str().unwrap_or_default();
        let writes = ["deploy", "cancel", "create", "update", "upsert", "delete", "rename"];
        assert!(
            !writes.iter().any(|verb| operation.starts_with(verb)) || operation == "deployRequest",
            "this reached the org: {call}"
        );
    }
}

fn read(diagnostic: &Value, folder: &Path) -> Diagnostic {
    let file = diagnostic["range"]["filename"].as_str().unwrap_or_default().to_owned();
    let line = diagnostic["range"]["start"]["line"].as_u64().unwrap_or_default();
    let text = std::fs::read_to_string(folder.join(&file)).unwrap_or_default();
    Diagnostic {
        is_error: diagnostic["severity"] == "error",
        at: attribute(&text, usize::try_from(line).unwrap_or_default()),
        file,
        text: format!(
            "{}: {}",
            diagnostic["summary"].as_str().unwrap_or_default(),
            diagnostic["detail"].as_str().unwrap_or_default()
        ),
    }
}

/// The name on the nearest line, at or above this one, that is not indented. Lines inside a value are indented.
fn attribute(text: &str, line: usize) -> String {
    let lines: Vec<&str> = text.lines().take(line).collect();
    let starts = |line: &&&str| line.starts_with(|c: char| c.is_ascii_lowercase());
    let found = lines.iter().rev().find(starts).copied().unwrap_or_default();
    let name = found.split([' ', '=', '{']).next().unwrap_or_default();
    if matches!(name, "resource" | "data" | "ephemeral" | "provider") {
        String::new()
    } else {
        name.to_owned()
    }
}
