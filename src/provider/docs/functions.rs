//! The pages of functions, in the layout of Terraform's registry, and what becomes of a connected app's elements.

use std::fmt::Write as _;

use super::blocks::{hcl, type_name};
use super::{MADE, subcategories, text_of};
use crate::provider::catalog;
use crate::provider::function_spec::FunctionSpec;
use crate::provider::functions::connected_app::elements::{
    CONSEQUENCES, Fact, Fate, GAPS, ROWS, Reading, Words,
};
use crate::provider::functions::connected_app::{NOT_CONVERTED, SPEC as CONNECTED_APP};
use crate::value::Type;

pub fn page(spec: &'static FunctionSpec) -> String {
    let mut page = format!(
        "---\npage_title: \"{0} function - salesforce\"\nsubcategory: \"{3}\"\ndescription: |-\n  {1}\n---\n\n{MADE}\n\n\
         # function: {0}\n\n{2}\n",
        spec.name,
        spec.summary,
        spec.doc,
        subcategories::of(spec.name)
    );
    let example = hcl(&format!("examples/functions/{}/function.tf", spec.name));
    let _ = write!(
        page,
        "\nFunctions of providers came with Terraform 1.8 and OpenTofu 1.7. They need no provider block and no org, but the entry in \
         `required_providers`. OpenTofu 1.10 configures the provider before it calls a function in a plan, so that a way to log in has \
         to be set there; 1.12 does not.\n\n## Example Usage\n\n{example}\n## Signature\n\n```text\n{}\n```\n\n## Arguments\n\n",
        signature(spec)
    );
    for (number, parameter) in (1..).zip(spec.parameters) {
        let _ =
            writeln!(page, "{number}. `{}` ({}) {}", parameter.name, type_name(&parameter.ty), parameter.doc);
    }
    if spec.name == CONNECTED_APP.name {
        connected_app(&mut page);
    }
    page
}

fn signature(spec: &FunctionSpec) -> String {
    let parameters = spec.parameters.iter().map(|parameter| format!("{} {}", parameter.name, parameter.ty));
    format!("{}({}) {}", spec.name, parameters.collect::<Vec<_>>().join(", "), (spec.returns)())
}

fn connected_app(page: &mut String) {
    let _ = write!(
        page,
        "\n## Result\n\nThe attributes of [`salesforce_oauth_client`](../resources/oauth_client.md) that a configuration can write, by \
         the same names and of the same types; `policies` is an object, or null; `trusted_ip_range` is a set of objects, and empty \
         where there is none. And:\n\n- `{NOT_CONVERTED}` (List of Object) What the file says and the object does not, and what the file \
         does not say and you have to know:\n  - `element` (String) Its path in the file: `oauthConfig/consumerKey`.\n  - `value` (String) \
         What stands there, cut when it is long; null where there is nothing, or where it may be a secret.\n  - `why` (String) Why it is \
         not in the object.\n  - `what_to_do` (String) What to do about it.\n\n\
         ## What becomes of what\n\nThe elements are those of Salesforce's Metadata API Developer Guide for `ConnectedApp`, and of its \
         own types for JavaScript, which know a few more. Any other element goes into `{NOT_CONVERTED}`, and so does a value that the \
         client's validation refuses. What the page says of External Client Apps is what Salesforce documents, and no org was \
         asked.\n\n| element | becomes |\n|---|---|\n"
    );
    for row in ROWS {
        let becomes = match &row.fate {
            Fate::Group => continue,
            Fate::Becomes(target, reading) => taken(target, *reading),
            Fate::Left { why, what_to_do } | Fate::Secret { why, what_to_do } => {
                format!("not converted. {why} {what_to_do}")
            }
        };
        let _ = writeln!(page, "| `{}` | {becomes} |", row.element);
    }
    page.push_str("\n### What follows from it\n\n| where | then |\n|---|---|\n");
    for consequence in CONSEQUENCES {
        let _ = writeln!(
            page,
            "| {} | {} = `{}`, unless the file says it itself |",
            facts(consequence.when),
            attribute(consequence.target),
            consequence.value.text()
        );
    }
    let _ = write!(
        page,
        "\n### What a file does not say\n\nEntries of `{NOT_CONVERTED}` without a value:\n\n| where | |\n|---|---|\n"
    );
    for gap in GAPS {
        let _ = writeln!(page, "| {} | {} {} |", facts(gap.when), gap.why, gap.what_to_do);
    }
}

fn attribute(target: &str) -> String {
    format!("`{}`", target.replace('/', "."))
}

fn taken(target: &str, reading: Reading) -> String {
    let to = attribute(target);
    match reading {
        Reading::Text | Reading::Flag | Reading::Number | Reading::Members => to,
        Reading::Named { why, what_to_do, .. } => {
            format!("{to}. Of one that is no API name there is an entry, too: {why} {what_to_do}")
        }
        Reading::Inverted => format!("{to}, the other way round"),
        Reading::Either(yes, no) => format!("{to}: `true` is `{yes}`, `false` is `{no}`"),
        Reading::Word(listed) | Reading::WordMembers(listed) => format!("{to}{}", words(listed)),
        Reading::Lines => format!("{to}, a line each"),
        Reading::Entries(key, value) => format!("{to}: `{key}` to `{value}`"),
        Reading::Blocks(names) => {
            let names = names.iter().map(|(child, attribute)| format!("`{child}` is `{attribute}`"));
            format!("{to}: {}", names.collect::<Vec<_>>().join(", "))
        }
        Reading::Retention { words: listed, units, period, unit } => format!(
            "{to}{}; of `specific_lifetime:30:DAYS` the rest are {} and {}{}",
            words(listed),
            attribute(period),
            attribute(unit),
            words(units)
        ),
    }
}

/// The words that are called otherwise; those of one name need no line.
fn words(listed: Words) -> String {
    let told =
        listed.iter().filter(|(theirs, ours)| Some(*theirs) != *ours).map(|(theirs, ours)| match ours {
            Some(ours) => format!("`{theirs}` is `{ours}`"),
            None => format!("`{theirs}` is not converted"),
        });
    let told: Vec<String> = told.collect();
    if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) }
}

fn facts(when: &[Fact]) -> String {
    let facts = when.iter().map(|fact| match fact {
        Fact::Has(element) => format!("`{element}` is there"),
        Fact::Lacks(element) => format!("`{element}` is not there, or not taken"),
        Fact::On(element) => format!("`{element}` is true"),
    });
    facts.collect::<Vec<_>>().join(", and ")
}

/// The example takes over whatever a file can say.
#[test]
fn the_example_of_connected_app_has_every_attribute() {
    let example = text_of("examples/functions/connected_app/function.tf");
    let Type::Object(attributes) = (CONNECTED_APP.returns)() else { panic!("an object") };
    let mut targets: Vec<&str> = CONSEQUENCES.iter().map(|one| one.target).collect();
    for row in ROWS {
        if let Fate::Becomes(target, reading) = &row.fate {
            targets.push(target);
            if let Reading::Retention { period, unit, .. } = reading {
                targets.extend([period, unit]);
            }
        }
    }
    for target in targets {
        let (outer, inner) = target.split_once('/').unwrap_or((target, ""));
        assert!(attributes.iter().any(|(name, _)| name == outer), "{target} is of no client");
        let written = match (outer, inner) {
            ("name", _) => continue,
            (outer, "") => format!("local.app.{outer}\n"),
            (_, inner) => format!("policies.value.{inner}\n"),
        };
        assert!(example.contains(&written), "the example has no {written}");
    }
}

#[test]
fn every_function_has_a_page_of_its_parameters() {
    for spec in catalog::FUNCTIONS {
        let page = page(spec);
        assert!(page.contains("## Signature") && page.contains("\n1. `"), "{}", spec.name);
        assert!(!spec.summary.ends_with('.') && spec.doc.ends_with('.'), "{}", spec.name);
    }
}
