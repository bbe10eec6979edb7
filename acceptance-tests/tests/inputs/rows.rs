//! Checks the tables of invalid input in a few Terraform runs. Each row has its own file.

use super::diagnostics::{self, Diagnostic};
use super::kinds::KINDS;
use super::table::{DO_NOT_APPLY, ELSEWHERE, MORE, Of, ROWS, Row, Stage, VALID, Verdict};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::workspace::Workspace;
use serde_json::json;
use std::collections::BTreeSet;

const SHORT_KEY: &str = include_str!("short-key.crt");

#[test]
fn the_catalog_is_complete() {
    let tested: BTreeSet<usize> =
        ROWS.iter().map(|row| row.number).chain(ELSEWHERE.iter().map(|(number, _)| *number)).collect();
    let not: BTreeSet<usize> = DO_NOT_APPLY.iter().map(|(number, _)| *number).collect();
    eprintln!("{} of 100 invalid inputs ({} do not apply)", tested.len(), not.len());
    for (number, reason) in DO_NOT_APPLY {
        eprintln!("  {number}: {reason}");
    }
    let all: BTreeSet<usize> = tested.union(&not).copied().collect();
    assert_eq!(all, (1..=100).collect());
    assert!(tested.is_disjoint(&not));
}

#[test]
fn the_catalog_is_rejected_by_validate() {
    let org = Emulator::start();
    let mut workspace = Workspace::anonymous();
    workspace.unset("TF_LOG");
    let secret = private_key();
    let rows = rows(Stage::Validate);
    write(&workspace, &rows, &secret);
    let run = workspace.run(&["validate", "-json", "-no-color"]);
    let lines: Vec<&str> = secret.lines().filter(|line| !line.starts_with("-----")).collect();
    for text in lines.iter().copied().chain(["canary-public", "canary-encrypted", "canary-curve"]) {
        assert!(!run.stdout.contains(text) && !run.stderr.contains(text), "a key is echoed: {text}");
    }
    check(&rows, &diagnostics::validate(&run, &workspace.folder()));
    assert_eq!(org.journal().len(), 0, "validate must not call the org");
}

#[test]
fn the_catalog_is_rejected_by_plan() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    for (stage, version) in [(Stage::Plan, ""), (Stage::PlanWithOldVersion, "60.0")] {
        let rows = rows(stage);
        write(&workspace, &rows, "");
        workspace.set("SALESFORCE_API_VERSION", version);
        let run = workspace.run(&["plan", "-json", "-no-color", "-input=false", "-lock=false"]);
        check(&rows, &diagnostics::plan(&run, &workspace.folder()));
        for row in &rows {
            std::fs::remove_file(workspace.folder().join(file(row))).expect("the file of a row");
        }
    }
    diagnostics::nothing_was_written(&org);
}

/// The rows that are not in the catalog, such as ineffective combinations and provider arguments. Similar valid input
/// has no diagnostics.
#[test]
fn combinations_have_exactly_the_expected_diagnostics() {
    let mut workspace = Workspace::anonymous();
    workspace.unset("TF_LOG");
    let more: Vec<Placed> = MORE.iter().chain(KINDS).enumerate().collect();
    write(&workspace, &more, "");
    let run = workspace.run(&["validate", "-json", "-no-color"]);
    assert!(!run.stdout.contains("canary") && !run.stderr.contains("canary"), "a secret is echoed: {run}");
    check(&more, &diagnostics::validate(&run, &workspace.folder()));
    eprintln!("{} more invalid inputs", more.len());

    let mut workspace = Workspace::anonymous();
    workspace.unset("TF_LOG");
    let valid: Vec<Placed> = VALID.iter().enumerate().collect();
    write(&workspace, &valid, "");
    let run = workspace.run(&["validate", "-json", "-no-color"]);
    let reported = diagnostics::validate(&run, &workspace.folder());
    assert!(reported.is_empty(), "unexpected diagnostics: {reported:#?}");
}

/// A row and its index.
type Placed = (usize, &'static Row);

fn rows(stage: Stage) -> Vec<Placed> {
    ROWS.iter().enumerate().filter(|(_, row)| row.stage == stage).collect()
}

fn file((place, row): &Placed) -> String {
    format!("row_{:03}_{place}.tf", row.number)
}

fn write(workspace: &Workspace<'_>, rows: &[Placed], secret: &str) {
    workspace.configure("");
    for placed in rows {
        let (place, row) = placed;
        let body = fill(row.body, secret);
        let key = format!("row_{place}");
        let needs = |lines: &[(&str, &str)]| -> String {
            let missing = lines.iter().filter(|(name, _)| !body.lines().any(|line| line.starts_with(name)));
            missing.map(|(name, value)| format!("{name} = {value}\n")).collect()
        };
        let text = match row.of {
            Of::App => {
                let name = format!("\"App_{place}\"");
                let more = needs(&[("name", &name), ("label", "\"Label\"")]);
                format!("resource \"salesforce_external_client_app\" \"{key}\" {{\n{more}{body}\n}}\n")
            }
            Of::Settings => format!(
                "resource \"salesforce_external_client_app_oauth_settings\" \"{key}\" {{\n\
                 external_client_app = \"App_{place}\"\n{body}\n}}\n"
            ),
            Of::Policies => format!(
                "resource \"salesforce_external_client_app_policies\" \"{key}\" {{\n\
                 external_client_app = \"App_{place}\"\n{body}\n}}\n"
            ),
            Of::Provider => format!(
                "provider \"salesforce\" {{\nalias = \"{key}\"\n{body}\n}}\n\
                 resource \"salesforce_external_client_app\" \"{key}\" {{\nprovider = salesforce.{key}\n\
                 name = \"App_{place}\"\nlabel = \"Label\"\n}}\n"
            ),
        };
        workspace.write(&file(placed), &text);
    }
}

#[track_caller]
fn check(rows: &[Placed], reported: &[Diagnostic]) {
    let mut problems = Vec::new();
    for placed in rows {
        let (_, row) = placed;
        let own: Vec<&Diagnostic> = reported.iter().filter(|one| one.file == file(placed)).collect();
        let is_expected = |one: &&Diagnostic| {
            one.is_error == (row.verdict == Verdict::Error)
                && one.at == row.at
                && one.text.to_lowercase().contains(&row.message.to_lowercase())
        };
        // A diagnostic that may show a key has no position, because Terraform would show the line.
        let without_position = || {
            reported
                .iter()
                .filter(|one| one.file.is_empty() && row.at.is_empty())
                .any(|one| is_expected(&one))
        };
        let found = own.iter().any(is_expected) || without_position();
        let suppression = "suppress_warnings = [\"";
        let cannot_be_suppressed = row.verdict == Verdict::Warning
            && row.at != "suppress_warnings"
            && !own.iter().any(|one| is_expected(one) && one.text.contains(suppression));
        if cannot_be_suppressed {
            problems.push(format!("row {}: no ID for suppress_warnings in {own:#?}", row.number));
        }
        let is_error_instead = row.verdict == Verdict::Warning && own.iter().any(|one| one.is_error);
        if !found || is_error_instead {
            let body: String = row.body.chars().take(120).collect();
            problems.push(format!(
                "row {} `{body}`: expected {:?} at {:?} with {:?}, found {own:#?}",
                row.number, row.verdict, row.at, row.message
            ));
        }
    }
    for one in reported.iter().filter(|one| one.file.is_empty() || one.file == "main.tf") {
        let text = one.text.to_lowercase();
        let known =
            rows.iter().any(|(_, row)| row.at.is_empty() && text.contains(&row.message.to_lowercase()));
        if !known {
            problems.push(format!("unexpected: {one:?}"));
        }
    }
    assert!(problems.is_empty(), "{} of {} rows:\n{}", problems.len(), rows.len(), problems.join("\n"));
}

fn private_key() -> String {
    rcgen::KeyPair::generate().expect("a key").serialize_pem()
}

/// Replaces the placeholders with generated or long strings.
fn fill(body: &str, secret: &str) -> String {
    let mut text = body.to_owned();
    if body.contains("{expired}") || body.contains("{two}") {
        let mut certificate =
            rcgen::CertificateParams::new(vec!["shop.example.com".to_owned()]).expect("a certificate");
        let key = rcgen::KeyPair::generate().expect("a key");
        let valid = certificate.self_signed(&key).expect("a certificate").pem();
        certificate.not_before = rcgen::date_time_ymd(2019, 1, 1);
        certificate.not_after = rcgen::date_time_ymd(2020, 1, 1);
        let expired = certificate.self_signed(&key).expect("a certificate").pem();
        text = text.replace("{expired}", &json!(expired).to_string());
        text = text.replace("{two}", &json!(format!("{valid}{valid}")).to_string());
    }
    text =
        text.replace("{short}", &json!(SHORT_KEY).to_string()).replace("{key}", &json!(secret).to_string());
    let entries: String = (0..129).map(|number| format!(" a{number} = \"User.City\"\n")).collect();
    text = text.replace("{attributes}", &format!("{{\n{entries}}}"));
    let ranges: String = (0..129)
        .map(|number| {
            format!(
                "trusted_ip_range {{\n start_ip_address = \"10.0.{number}.1\"\n end_ip_address = \"10.0.{number}.9\"\n}}\n"
            )
        })
        .collect();
    text = text.replace("{ranges}", &ranges);
    while let Some((before, rest)) = text.split_once('{')
        && let Some((inside, after)) = rest.split_once('}')
        && let Some((times, what)) = inside.split_once('*')
    {
        let times: usize = times.parse().expect("a number");
        text = format!("{before}{}{after}", what.repeat(times));
    }
    text
}
