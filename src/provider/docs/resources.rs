//! The pages of metadata resources: attributes, rules, requirements, warnings.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::blocks::{attributes, hcl, nested_blocks};
use super::index::WHICH_TO_CHOOSE;
use super::{front_matter, imports, in_markdown};
use crate::metadata::{Compared, Kind, Omitted};
use crate::provider::catalog::{self, Managed};
use crate::provider::combination::{Combination, Condition, Level};
use crate::provider::danger::{Danger, Transition};
use crate::provider::diagnostics::rows;
use crate::provider::rejection_cause::{self, RejectionCause};
use crate::provider::resource_spec::{DELETION_PROTECTION, Destruction, ResourceSpec, Subject};
use crate::provider::schema::Attribute;

/// Explains the terms of the attribute lists.
pub const SCHEMA: &str = "\n## Schema\n\n\
    A default is part of the plan, and Terraform detects drift from it. An attribute that is *not managed* keeps its \
    value in the org. *Metadata* is the type and the element in the Metadata API, with the first API version that \
    supports the element. *In Setup* is the label in Setup, if Salesforce documents it.\n\n";

pub fn page(spec: &'static ResourceSpec) -> String {
    let block = &spec.schema().block;
    let mut page = front_matter(&format!("{} Resource - salesforce", spec.name), &block.description);
    let _ = write!(
        page,
        "\n## Example Usage\n\n{}",
        hcl(&format!("examples/resources/{}/resource.tf", spec.name))
    );
    if is_member(spec) {
        page.push_str(WHICH_TO_CHOOSE);
    }
    page.push_str(SCHEMA);
    attributes(&mut page, block, "###", |attribute| own_facts(spec, attribute));
    nested_blocks(&mut page, block);
    rules(&mut page, spec);
    needs(&mut page, spec);
    warnings(&mut page, spec);
    imports::section(&mut page, spec.name, spec.subject, !spec.protectable);
    page
}

/// Whether a union contains this resource.
fn is_member(spec: &ResourceSpec) -> bool {
    let unions = Managed::all().filter_map(|managed| match managed {
        Managed::Union(union) => Some(union),
        Managed::Metadata(_) | Managed::Rotation => None,
    });
    unions.flat_map(|union| union.members).any(|member| member.spec.name == spec.name)
}

/// Where Salesforce stores an attribute that is not a row of a table.
pub fn own_facts(spec: &ResourceSpec, attribute: &Attribute) -> Option<String> {
    if Some(attribute.name.as_str()) == spec.naming_attribute() {
        let parents: Vec<String> = spec
            .parts
            .iter()
            .flat_map(|part| part.kind.fields.iter().map(move |field| (part, field)))
            .filter(|(_, field)| matches!(field.kind, Kind::Parent))
            .map(|(part, field)| format!("`{}.{}`", part.kind.name, field.element))
            .collect();
        let first = spec.parts.first().map_or("", |part| part.kind.name);
        return Some(if parents.is_empty() {
            format!("the full name of `{first}`. In Setup: API Name.")
        } else {
            format!("{}.", parents.join(", "))
        });
    }
    (attribute.name == DELETION_PROTECTION).then(|| "none; exists only in Terraform.".to_owned())
}

fn rules(page: &mut String, spec: &ResourceSpec) {
    if spec.combinations.is_empty() && spec.link.is_none() {
        return;
    }
    page.push_str(
        "\n## Rules between attributes\n\n`terraform validate` checks these rules without an org. To suppress a \
         warning, add its ID to `suppress_warnings`.\n\n| ID | severity | when | message |\n|---|---|---|---|\n",
    );
    for Combination { id, level, when, message, .. } in spec.combinations {
        let severity = match level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::ErrorOnChange => "warning; error if the plan introduces the value",
        };
        let when: Vec<String> =
            when.iter().map(|(attribute, is)| format!("`{attribute}` {}", condition(*is))).collect();
        let _ = writeln!(
            page,
            "| `{id}` | {severity} | {} | {} |",
            when.join(", and "),
            in_markdown(spec, message)
        );
    }
    if let Some(link) = spec.link {
        let consumer = spec.rows().filter(|row| spec.is_consumer_part(row.part));
        let names: BTreeSet<String> = consumer
            .filter(|row| row.field.omitted != Omitted::Computed)
            .map(|row| format!("`{}`", row.field.attribute))
            .collect();
        let names: Vec<String> = names.into_iter().collect();
        let _ = write!(
            page,
            "\nWith `{link}`, the app uses the consumer of another org, and these attributes must not be set: {}.\n",
            names.join(", ")
        );
    }
}

fn condition(is: Condition) -> String {
    match is {
        Condition::True => "is `true`".to_owned(),
        Condition::False => "is `false`".to_owned(),
        Condition::Word(word) => format!("is `{word}`"),
        Condition::NoneOf(words) => format!("is set and is not {}", or(words)),
        Condition::NotOneOf(words) => format!("is not {}", or(words)),
        Condition::Written => "is set".to_owned(),
        Condition::Unwritten => "is not set".to_owned(),
        Condition::Empty => "is not set or is empty".to_owned(),
        Condition::NotEmpty => "has elements".to_owned(),
        Condition::SetToEmpty => "is set to an empty list".to_owned(),
        Condition::HasAny(words) => format!("has {}", or(words)),
        Condition::HasNone(words) => format!("has no {}", or(words)),
        Condition::NonZero => "is not 0".to_owned(),
        Condition::Zero => "is 0".to_owned(),
    }
}

fn or(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(" or ")
}

/// What attributes require of other resources.
fn needs(page: &mut String, spec: &ResourceSpec) {
    let rows: Vec<&RejectionCause> =
        rejection_cause::REJECTION_CAUSES.iter().filter(|cause| cause.of == spec.name).collect();
    if rows.is_empty() {
        return;
    }
    let checked = catalog::needs().any(|need| [need.of.name, need.other.name].contains(&spec.name));
    let checks = if checked { "checks only some of" } else { "does not check" };
    let _ = write!(
        page,
        "\n## Requirements on other resources\n\nThe plan {checks} these requirements, because another configuration \
         may manage the other resource. If a requirement is not met, Salesforce may reject the change. The error then \
         names the attribute and the requirement.\n\n| when | requires | who can change it |\n|---|---|---|\n",
    );
    for cause in rows {
        let _ = writeln!(
            page,
            "| `{}` {} | {} | {} |",
            cause.at,
            condition(cause.planned),
            in_code(&cause.needed()),
            cause.who.text()
        );
    }
}

/// The text, with names that contain an underscore formatted as code, such as `a_b` or `a_b = true`.
fn in_code(text: &str) -> String {
    let mut words = text.split(' ').peekable();
    let mut done = Vec::new();
    while let Some(word) = words.next() {
        if !word.contains('_') {
            done.push(word.to_owned());
            continue;
        }
        let mut code = word.to_owned();
        if words.peek() == Some(&"=") {
            let value: Vec<&str> = words.by_ref().take(2).collect();
            code = format!("{code} {}", value.join(" "));
        }
        let (before, after) = (['('], ['.', ',', ':', ';', ')']);
        let opened = code.trim_start_matches(before);
        let bare = opened.trim_end_matches(after);
        let start = code.strip_suffix(opened).unwrap_or_default();
        let end = opened.strip_prefix(bare).unwrap_or_default();
        done.push(format!("{start}`{bare}`{end}"));
    }
    done.join(" ")
}

fn warnings(page: &mut String, spec: &ResourceSpec) {
    let created = match spec.subject {
        Subject::App { .. } => "",
        // Before the resource exists, the values in the org are unknown during the plan.
        Subject::Org => " A plan that creates the resource warns about every setting that it may change.",
    };
    let _ = write!(
        page,
        "\n## Warnings\n\nThe plan warns about changes that may cause an outage. To suppress a warning, add its ID to \
         `suppress_warnings`.{created}\n\n| ID | when | warning |\n|---|---|---|\n",
    );
    for Danger { row, attribute, change, detail } in spec.dangers {
        let change = match change {
            Transition::ToTrue | Transition::On => "becomes `true`".to_owned(),
            Transition::ToFalse | Transition::FromTrueToFalse => "becomes `false`".to_owned(),
            Transition::ToWord(word) => format!("becomes `{word}`"),
            Transition::MembersRemoved => "loses elements".to_owned(),
            Transition::MembersRemovedUnless(other, word) => {
                format!("loses elements, unless `{other}` is `{word}`")
            }
        };
        let detail = detail
            .trim_start_matches("\"{app}\": ")
            .replace("{old}", "the old value")
            .replace("the profile {removed}", "the removed elements")
            .replace("{removed}", "the removed elements")
            .replace("{permitted}", "the permission sets and profiles in the plan")
            .replace(
                "{holders}",
                "the number of users of each permission set and profile, with the time of the count",
            );
        // An attribute name in braces stands for the planned value of the attribute.
        let detail = spec
            .rows()
            .fold(detail, |detail, row| detail.replace(&format!("{{{}}}", row.field.attribute), "…"));
        let (id, detail) = (row.id, in_markdown(spec, &detail));
        let _ = writeln!(page, "| `{id}` | `{attribute}` {change} | **{}**: {detail} |", row.summary);
    }
    for (id, when, what) in common_warnings(spec) {
        common_warning(page, id, &when, what);
    }
}

/// Adds a row to a table of warnings.
pub fn common_warning(page: &mut String, id: &str, when: &str, what: &str) {
    let row = rows::all().find(|row| row.id == id).unwrap_or_else(|| panic!("no row has the ID {id}"));
    let _ = writeln!(page, "| `{id}` | {when} | **{}**: {what} |", row.summary);
}

/// Warnings for all resources, including rotations: the ID, when the warning is shown, and what the message contains.
pub const WARNINGS_OF_ALL: [(&str, &str, &str); 3] = [
    (
        "previous-org",
        "the state belongs to an org in `previous_org_ids`",
        "the differences between the state and the connected org.",
    ),
    (
        "private-state-unreadable",
        "the private data in the state is damaged, or another version wrote it",
        "what the provider cannot determine until the next apply.",
    ),
    (
        "not-refreshed",
        "an argument of the provider block is known only after apply",
        "the argument, and what to apply first.",
    ),
];

/// Warnings for the resource that are not rows of `dangers`.
fn common_warnings(spec: &ResourceSpec) -> Vec<(&'static str, String, &'static str)> {
    let mut found = Vec::new();
    let certificates = spec.rows().filter(|row| row.field.compared == Compared::AsCertificate);
    let certificates: Vec<&str> = certificates.map(|row| row.field.attribute).collect();
    if !certificates.is_empty() {
        let certificate = certificates.join("` or `");
        let what = "the fingerprint and the last day of validity of both certificates, and whether clients need a \
                    different key.";
        found.push(("certificate-changed", format!("`{certificate}` changes"), what));
        let what = "the last day of validity.";
        found.push(("certificate-expired", format!("`{certificate}` has expired"), what));
        let what = "the last day of validity, and how to replace the certificate.";
        found.push(("certificate-expires-soon", format!("`{certificate}` expires within 30 days"), what));
        let what = "the first day of validity.";
        found.push(("certificate-not-yet-valid", format!("`{certificate}` is not valid yet"), what));
    }
    if spec.parts.iter().any(|part| spec.is_consumer_part(part)) {
        found.push((
            "drift-not-checked",
            "Salesforce does not return the consumer settings".to_owned(),
            "which attributes keep their values, and the required setting and permission.",
        ));
    }
    if spec.rows().any(|row| row.field.omitted == Omitted::Kept) {
        found.push((
            "no-longer-managed",
            "an optional attribute that is *not managed* is removed from the configuration".to_owned(),
            "the value that remains in the org.",
        ));
    }
    found.push(match spec.destruction {
        Destruction::Deletes(_) => (
            "consumer-key-destroyed",
            "the resource is destroyed or replaced".to_owned(),
            "the client ID and all its tokens become invalid, and Salesforce deletes the policies.",
        ),
        Destruction::StopsManaging if spec.subject == Subject::Org => (
            "settings-stay",
            "the resource is destroyed".to_owned(),
            "Terraform stops managing the settings, which keep their values.",
        ),
        Destruction::StopsManaging => (
            "policies-stay",
            "the resource is destroyed".to_owned(),
            "Terraform stops managing the policies, which remain in effect.",
        ),
    });
    found.extend(WARNINGS_OF_ALL.map(|(id, when, what)| (id, when.to_owned(), what)));
    let rules: BTreeSet<bool> =
        spec.rows().flat_map(|row| row.field.rules).map(|rule| rule.confirmed()).collect();
    if spec.rows().any(|row| row.field.prose) {
        found.push((
            "invisible-character",
            "a label or a description contains an invisible character".to_owned(),
            "the character and its position. The plan fails unless the org already has the same value.",
        ));
    }
    if rules.contains(&false) {
        found.push((
            "unconfirmed-rule",
            "a value violates a rule that is not confirmed (“should” in the lists above)".to_owned(),
            "the rule.",
        ));
    }
    found
}
