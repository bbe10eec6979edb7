//! The versions of Terraform and OpenTofu that each feature requires: the table of the first page, and the first line
//! of every example.

use std::fmt::Write as _;

/// The tested versions.
pub const TERRAFORMS: &str = "1.6.6, 1.11.4 and 1.15.5";
pub const TOFUS: &str = "1.10.7 and 1.12.6";

struct Row {
    /// The feature.
    what: &'static str,
    /// Text that a configuration with the feature contains. An empty string matches every configuration.
    text: &'static str,
    terraform: &'static str,
    /// `None` if no version of OpenTofu supports the feature.
    tofu: Option<&'static str>,
}

const fn row(
    what: &'static str,
    text: &'static str,
    terraform: &'static str,
    tofu: Option<&'static str>,
) -> Row {
    Row { what, text, terraform, tofu }
}

/// The rows, in ascending order of versions. An example requires the versions of the last row that it matches.
const ROWS: &[Row] = &[
    row("resources, data sources, `import` blocks, `-generate-config-out`", "", "1.6", Some("1.10")),
    row(
        "moving an app [from three resources to one](guides/importing.md#from-three-resources-to-one) with \
         configuration blocks; the module `headless-identity`",
        "moved {",
        "1.8",
        Some("1.10"),
    ),
    row(
        "the functions [`connected_app`](functions/connected_app.md) and [`record_id_18`](functions/record_id_18.md)",
        "provider::salesforce::",
        "1.8",
        Some("1.10"),
    ),
    row(
        "the ephemeral resource \
         [`salesforce_external_client_app_credentials`](ephemeral-resources/external_client_app_credentials.md)",
        "ephemeral \"",
        "1.10",
        Some("1.11"),
    ),
    row("write-only arguments of other providers, which receive a secret", "_wo ", "1.11", Some("1.11")),
    row("`import` by `identity`", "identity = {", "1.12", Some("1.12")),
    row(
        "actions: [rotate](actions/external_client_app_rotate_credentials.md), \
         [revoke](actions/external_client_app_revoke_previous_credentials.md)",
        "action \"",
        "1.14",
        None,
    ),
    row("[`terraform query`](guides/importing.md#import-many-apps)", "list \"salesforce_", "1.14", None),
];

/// The section of the first page.
pub fn section() -> String {
    let mut section = format!(
        "## Terraform and OpenTofu versions\n\nEvery release is tested with Terraform {TERRAFORMS}, and with OpenTofu \
         {TOFUS}. Older versions may work. Terraform and OpenTofu report unsupported features.\n\n| | Terraform | \
         OpenTofu |\n|---|---|---|\n"
    );
    for row in ROWS {
        let _ = writeln!(section, "| {} | {} | {} |", row.what, row.terraform, row.tofu.unwrap_or("no"));
    }
    section.push('\n');
    section
}

/// The first line of an example.
fn needs(example: &str) -> String {
    let used = ROWS.iter().rfind(|row| example.contains(row.text));
    match used.map(|row| (row.terraform, row.tofu)) {
        Some((terraform, Some(tofu))) => {
            format!("# Terraform {terraform} or later, OpenTofu {tofu} or later.\n")
        }
        Some((terraform, None)) => format!("# Terraform {terraform} or later; not in OpenTofu.\n"),
        None => String::new(),
    }
}

#[test]
fn every_example_of_a_page_states_the_required_versions() {
    let mut folders = vec![super::root().join("examples")];
    let mut wrong = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(super::root()).unwrap().display().to_string();
            // Modules and complete root modules specify `required_version` instead.
            let whole = ["examples/modules", "examples/demo", "examples/bootstrap"];
            if path.is_dir() {
                if !whole.contains(&name.as_str()) {
                    folders.push(path);
                }
                continue;
            }
            if !(name.ends_with(".tf") || name.ends_with(".hcl")) {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            if !text.starts_with(&needs(&text)) {
                wrong.push(format!("{name} does not start with {}", needs(&text)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn the_readme_names_the_tested_versions() {
    let readme = super::text_of("README.md").replace('\n', " ");
    for tested in [TERRAFORMS, TOFUS] {
        assert!(readme.contains(tested), "README.md does not name {tested}");
    }
}
