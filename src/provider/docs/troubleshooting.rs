//! The guide to what can go wrong: its table of refusals is made here, and it must have every message and every ID.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{pages, root, text_of};
use crate::provider::combination::Level;
use crate::provider::{catalog, diagnostics};

pub const GUIDE: &str = "docs/guides/troubleshooting.md";
const REFUSALS: &str = "src/salesforce/tests/snapshots/provider_salesforce__salesforce__tests__words__every_error_reads_well.snap";
const BEGIN: &str = "<!-- The table is made by `make docs` of src/salesforce/error.rs and advice.rs. -->\n";
const END: &str = "<!-- End of the table. -->";

/// The guide with its table of what stands behind "Salesforce cannot be used" as the client words it today.
pub fn with_refusals(guide: &str) -> String {
    let (before, rest) = guide.split_once(BEGIN).expect("the guide has a table");
    let (_, after) = rest.split_once(END).expect("the table ends");
    format!("{before}{BEGIN}\n{}\n{END}{after}", refusals())
}

fn refusals() -> String {
    let snapshot = text_of(REFUSALS);
    let body = snapshot.splitn(3, "---\n").nth(2).unwrap_or_default();
    let mut table = "| it says | do |\n|---|---|\n".to_owned();
    let mut seen = BTreeSet::new();
    let lines: Vec<&str> = body.lines().collect();
    for pair in lines.chunks(2) {
        let [error, advice] = pair else { continue };
        let (_, error) = error.split_once(": ").unwrap_or(("", error));
        let error = error.split(" (Salesforce says").next().unwrap_or_default();
        let error =
            error.trim_end_matches(": the words of the server").replace("SOMETHING_NEW", "any other code");
        let row = format!("| {error} | {} |\n", advice.trim());
        if seen.insert(row.clone()) {
            table.push_str(&row.replace('<', "&lt;"));
        }
    }
    table
}

const CALLS: [&str; 3] = ["Diagnostic::error(", "Diagnostic::warning(", "Diagnostic::advice("];

/// First lines of errors and warnings in a source: what is made of other texts has `…` there.
fn summaries(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // Functions within a function, which take the first line.
    let own = source.match_indices(" = |summary: &str").map(|(at, _)| {
        let name = source[..at].rsplit(' ').next().unwrap_or_default();
        format!("{name}(")
    });
    let calls = CALLS.iter().map(|call| (*call).to_owned()).chain(own);
    for call in calls {
        for (at, _) in source.match_indices(&call) {
            let rest = source[at + call.len()..].trim_start();
            let rest = rest.strip_prefix("format!(").unwrap_or(rest).trim_start();
            if let Some((text, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                let mut text = text.to_owned();
                while let Some((before, rest)) = text.split_once('{') {
                    let (_, after) = rest.split_once('}').unwrap();
                    text = format!("{before}…{after}");
                }
                found.insert(text);
            }
        }
    }
    found
}

/// The sources that make messages, without their tests.
fn sources() -> Vec<String> {
    let mut texts = Vec::new();
    let mut folders = vec![root().join("src/provider"), root().join("src/plugin")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") && !path.ends_with("docs") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && !path.ends_with(Path::new("docs.rs"))
            {
                let text = fs::read_to_string(&path).unwrap();
                texts.push(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned());
            }
        }
    }
    texts
}

/// IDs of warnings: words with hyphens, in quotation marks.
fn ids_in(source: &str) -> BTreeSet<String> {
    let texts = source.split('"').filter(|text| {
        text.contains('-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    });
    texts.map(str::to_owned).collect()
}

#[test]
fn the_guide_to_troubleshooting_has_every_message() {
    let guide = text_of(GUIDE);
    let mut wanted: BTreeSet<String> = sources().iter().flat_map(|source| summaries(source)).collect();
    assert!(wanted.len() > 40, "the walk finds the messages: {wanted:?}");
    let dangers = catalog::RESOURCES.iter().flat_map(|spec| spec.dangers);
    wanted.extend(dangers.map(|danger| danger.summary.to_owned()));
    let missing: Vec<&String> =
        wanted.iter().filter(|summary| !guide.contains(&format!("**{summary}**"))).collect();
    assert!(missing.is_empty(), "{GUIDE} does not explain {missing:#?}");
}

/// A first line that is put together at run time would slip through the test above.
#[test]
fn first_lines_of_messages_are_written_out() {
    // Those of dangers come from the specs, and the test above has them.
    let known = ["summary", "self.summary"];
    let mut odd = Vec::new();
    for source in sources() {
        for call in CALLS {
            for (at, _) in source.match_indices(call) {
                let rest = source[at + call.len()..].trim_start();
                let rest = rest.strip_prefix("format!(").unwrap_or(rest).trim_start();
                let first = rest.split([',', ')']).next().unwrap_or_default().trim();
                if !first.starts_with('"') && !known.contains(&first) {
                    odd.push(format!("{call}{first}"));
                }
            }
        }
        // A message made without these calls; the wire's own type of that name is another one.
        let literals = source.match_indices("Diagnostic {").filter(|(at, _)| {
            let before = source[..*at].trim_end();
            !["->", "for", "impl", "struct", "::"].iter().any(|word| before.ends_with(word))
        });
        let own = source.contains("pub struct Diagnostic {");
        if !own && literals.count() > 0 {
            odd.push(format!("a literal Diagnostic in {}", source.lines().next().unwrap_or_default()));
        }
    }
    assert!(odd.is_empty(), "{odd:#?}");
}

/// The IDs in the files of messages.
fn ids_of_messages() -> BTreeSet<String> {
    let files = ["apply", "configuration", "credentials", "org"];
    files.iter().flat_map(|file| ids_in(&text_of(&format!("src/provider/diagnostics/{file}.rs")))).collect()
}

#[test]
fn ids_of_warnings_are_listed_once() {
    let used = ids_of_messages();
    let listed: BTreeSet<String> = diagnostics::IDS.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(listed, used, "IDS in src/provider/diagnostics/mod.rs");
}

#[test]
fn the_guide_to_troubleshooting_has_every_id_of_a_warning() {
    let guide = text_of(GUIDE);
    let mut wanted = ids_of_messages();
    assert!(wanted.contains("drift-not-checked"), "{wanted:?}");
    for spec in catalog::RESOURCES {
        wanted.extend(spec.dangers.iter().map(|danger| danger.id.to_owned()));
        let warnings = spec.combinations.iter().filter(|rule| rule.level != Level::Error);
        wanted.extend(warnings.map(|rule| rule.id.to_owned()));
    }
    let missing: Vec<&String> = wanted.iter().filter(|id| !guide.contains(&format!("`{id}`"))).collect();
    assert!(missing.is_empty(), "{GUIDE} does not name {missing:#?}");
}

#[test]
fn pages_of_resources_name_every_id_of_a_warning() {
    let known = ids_of_messages();
    let all: String = pages().into_values().collect();
    let missing: Vec<&String> = known.iter().filter(|id| !all.contains(&format!("| `{id}` |"))).collect();
    assert!(missing.is_empty(), "no resource's page names {missing:#?}");
}

/// What the provider refuses to itself is listed for the reader, with the attribute.
#[test]
fn the_guide_to_authentication_has_every_lockout() {
    let guide = text_of("docs/guides/authentication.md");
    let (_, section) = guide.split_once("## The app that Terraform logs in with").expect("the section");
    let lockouts = catalog::RESOURCES.iter().flat_map(|spec| spec.lockouts);
    let missing: Vec<&str> = lockouts
        .map(|lockout| lockout.attribute)
        .filter(|attribute| !section.contains(&format!("`{attribute}`")))
        .collect();
    assert!(missing.is_empty(), "the guide to authentication does not name {missing:?}");
}
