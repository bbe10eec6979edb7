//! The pages of resources that are made of metadata: attributes, rules, what they need of others, warnings.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::blocks::{attributes, hcl, nested_blocks};
use super::index::WHICH_TO_CHOOSE;
use super::{front_matter, imports};
use crate::metadata::{Compared, Kind, Omitted};
use crate::provider::catalog::Managed;
use crate::provider::combination::{Combination, Is, Level};
use crate::provider::danger::{Danger, Transition};
use crate::provider::refusal::{self, Refusal};
use crate::provider::resource_spec::{DELETION_PROTECTION, Destruction, ResourceSpec, Subject};
use crate::provider::schema::Attribute;

/// What the words of the tables of attributes mean.
pub const SCHEMA: &str = "\n## Schema\n\n\
    *Left out* says what it means that an attribute is not in the configuration: an *enforced* default is planned and \
    its drift shows; *empty* removes the value from the org; *not managed* leaves the org's value alone. *Metadata* is \
    the type and the element in Salesforce's metadata, with the first API version that has it; *In Setup* are the words \
    of Setup, where a document of Salesforce has them.\n\n";

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

/// Whether another resource has all that this one has.
fn is_member(spec: &ResourceSpec) -> bool {
    let unions = Managed::all().filter_map(|managed| match managed {
        Managed::Union(union) => Some(union),
        Managed::Metadata(_) | Managed::Rotation => None,
    });
    unions.flat_map(|union| union.members).any(|member| member.spec.name == spec.name)
}

/// Where attributes that are no row of a table are in Salesforce.
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
    (attribute.name == DELETION_PROTECTION).then(|| "none, it lives in Terraform only.".to_owned())
}

fn rules(page: &mut String, spec: &ResourceSpec) {
    if spec.combinations.is_empty() && spec.link.is_none() {
        return;
    }
    page.push_str(
        "\n## Rules between attributes\n\nChecked by `terraform validate`, without an org. Errors stop the plan; warnings \
         can be silenced by their ID (`suppress_warnings`).\n\n| ID | | when | message |\n|---|---|---|---|\n",
    );
    for Combination { id, level, when, message, .. } in spec.combinations {
        let verdict = match level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::ErrorOnChange => "error when a plan makes it so, else warning",
        };
        let when: Vec<String> =
            when.iter().map(|(attribute, is)| format!("`{attribute}` {}", condition(*is))).collect();
        let _ =
            writeln!(page, "| `{id}` | {verdict} | {} | {} |", when.join(", "), in_markdown(spec, message));
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
            "\nWith `{link}` the consumer is another org's, and these attributes must not be set: {}.\n",
            names.join(", ")
        );
    }
}

fn condition(is: Is) -> String {
    match is {
        Is::True => "is `true`".to_owned(),
        Is::False => "is `false`".to_owned(),
        Is::Word(word) => format!("is `{word}`"),
        Is::NoneOf(words) => format!("is set, and not {}", or(words)),
        Is::NotOneOf(words) => format!("is not {}", or(words)),
        Is::Written => "is set".to_owned(),
        Is::Unwritten => "is not set".to_owned(),
        Is::Empty => "is not set or empty".to_owned(),
        Is::Some => "has members".to_owned(),
        Is::WrittenEmpty => "is written as empty".to_owned(),
        Is::HasAny(words) => format!("has {}", or(words)),
        Is::HasNone(words) => format!("has no {}", or(words)),
        Is::NonZero => "is not 0".to_owned(),
        Is::Zero => "is 0".to_owned(),
    }
}

fn or(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(" or ")
}

/// A message with the names of attributes as code.
fn in_markdown(spec: &ResourceSpec, message: &str) -> String {
    let names: BTreeSet<&str> = spec.rows().map(|row| row.field.attribute).collect();
    let words = message.split(' ').map(|word| {
        let bare = word.trim_end_matches(['.', ',', ':', ';']);
        let rest = word.strip_prefix(bare).unwrap_or_default();
        match names.contains(bare) && bare.contains('_') {
            true => format!("`{bare}`{rest}"),
            false => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// What attributes need outside of their resource.
fn needs(page: &mut String, spec: &ResourceSpec) {
    let rows: Vec<&Refusal> = refusal::REFUSALS.iter().filter(|refusal| refusal.of == spec.name).collect();
    if rows.is_empty() {
        return;
    }
    page.push_str(
        "\n## What it needs of others\n\nNot checked by a plan, since others may own it: an org refuses the apply, or may \
         refuse it, and the error then stands at the attribute and names the other side.\n\n\
         | when | needs | who may change that |\n|---|---|---|\n",
    );
    for refusal in rows {
        let _ = writeln!(
            page,
            "| `{}` {} | {} | {} |",
            refusal.at,
            condition(refusal.planned),
            in_code(&refusal.needed()),
            refusal.who.text()
        );
    }
}

/// A text with the names in it as code.
fn in_code(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let bare = word.trim_end_matches(['.', ',', ':', ';']);
        let rest = word.strip_prefix(bare).unwrap_or_default();
        if bare.contains('_') { format!("`{bare}`{rest}") } else { word.to_owned() }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn warnings(page: &mut String, spec: &ResourceSpec) {
    let created = match spec.subject {
        Subject::App { .. } => "",
        // A plan does not know what the org has before the resource exists.
        Subject::Org => " A plan that creates the resource warns of everything that it may change.",
    };
    let _ = write!(
        page,
        "\n## Warnings in plans\n\nWhat can hurt is said in the plan, before it happens. Each warning can be silenced by its \
         ID (`suppress_warnings`).{created}\n\n| ID | when | what it says |\n|---|---|---|\n",
    );
    for Danger { id, attribute, change, summary, detail } in spec.dangers {
        let change = match change {
            Transition::ToTrue | Transition::On => "becomes `true`".to_owned(),
            Transition::ToFalse => "becomes `false`".to_owned(),
            Transition::ToWord(word) => format!("becomes `{word}`"),
            Transition::MembersRemoved => "loses members".to_owned(),
            Transition::MembersRemovedUnless(other, word) => {
                format!("loses members, unless `{other}` is `{word}`")
            }
        };
        let detail = detail
            .trim_start_matches("\"{app}\": ")
            .replace("{old}", "the old value")
            .replace("{removed}", "what is taken away")
            .replace("{permitted}", "the permission sets and profiles that are named")
            .replace("{holders}", "how many people hold each, and when they were counted")
            .replace(['{', '}'], "`");
        let _ = writeln!(
            page,
            "| `{id}` | `{attribute}` {change} | **{summary}**: {} |",
            in_markdown(spec, &detail)
        );
    }
    for (id, when, what) in common_warnings(spec) {
        let _ = writeln!(page, "| `{id}` | {when} | {what} |");
    }
}

/// Warnings that come with what a resource is made of, and not with one of its attributes.
fn common_warnings(spec: &ResourceSpec) -> Vec<(&'static str, String, &'static str)> {
    let mut found = Vec::new();
    let certificates = spec.rows().filter(|row| row.field.compared == Compared::AsCertificate);
    let certificates: Vec<&str> = certificates.map(|row| row.field.attribute).collect();
    if !certificates.is_empty() {
        let certificate = certificates.join("` or `");
        let what = "**Certificate changes**: fingerprint and end of the old one and of the new one, and whether clients need \
                    another key.";
        found.push(("certificate-changed", format!("`{certificate}` changes"), what));
        let what = "**Certificate expired**: since when.";
        found.push(("certificate-expired", format!("`{certificate}` has expired"), what));
        let what = "**Certificate expires soon**: when, and what to do before.";
        found.push(("certificate-expires-soon", format!("`{certificate}` expires within 30 days"), what));
        let what = "**Certificate not valid yet**: from when on it is.";
        found.push(("certificate-not-yet-valid", format!("`{certificate}` is not valid yet"), what));
    }
    if spec.parts.iter().any(|part| spec.is_consumer_part(part)) {
        found.push((
            "drift-not-checked",
            "the org does not show the consumer's settings".to_owned(),
            "**Drift is not checked**: which attributes keep their values, and which setting and permission would change that.",
        ));
    }
    if spec.rows().any(|row| row.field.omitted == Omitted::Kept) {
        found.push((
            "no-longer-managed",
            "an attribute that is *not managed* when left out leaves the configuration".to_owned(),
            "**Attribute no longer managed**: the value that stays in the org.",
        ));
    }
    found.push(match spec.destruction {
        Destruction::Deletes(_) => (
            "consumer-key-destroyed",
            "it is destroyed or replaced".to_owned(),
            "**Consumer key will be destroyed**: the client ID and all its tokens end, and the policies go with them.",
        ),
        Destruction::StopsManaging if spec.subject == Subject::Org => (
            "settings-stay",
            "it is destroyed".to_owned(),
            "**The org stays as it is**: Terraform stops managing the settings, which keep their values.",
        ),
        Destruction::StopsManaging => (
            "policies-stay",
            "it is destroyed".to_owned(),
            "**The org stays as it is**: Terraform stops managing the policies, which stay in force.",
        ),
    });
    found.push((
        "previous-org",
        "the state is of an org that `previous_org_ids` names".to_owned(),
        "**State of a previous org**: what is different in the connected org, from which everything was read anew.",
    ));
    found.push((
        "private-state-unreadable",
        "what Terraform keeps beside the state is damaged, or of another version".to_owned(),
        "**What is kept beside the state cannot be read**: what is not known until the next apply.",
    ));
    found.push((
        "not-refreshed",
        "an argument of the provider block is known only after apply".to_owned(),
        "**The state is not refreshed**: which argument, and what to apply first.",
    ));
    let rules: BTreeSet<bool> =
        spec.rows().flat_map(|row| row.field.rules).map(|rule| rule.confirmed()).collect();
    if spec.rows().any(|row| row.field.prose) {
        found.push((
            "invisible-character",
            "a text for people holds a character that nobody can see".to_owned(),
            "**Invisible character**: which one, and where. An error of the plan where the org does not have it already.",
        ));
    }
    if rules.contains(&false) {
        found.push((
            "unconfirmed-rule",
            "a value breaks a rule that nobody has confirmed (“should” in the lists above)".to_owned(),
            "**Doubtful value**: the rule.",
        ));
    }
    found
}
