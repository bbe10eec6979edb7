//! The pages of functions, in the layout of the registry, and the conversion of connected apps.

use std::fmt::Write as _;

use super::blocks::{hcl, type_name};
use super::{GENERATED, subcategories, text_of};
use crate::provider::catalog;
use crate::provider::function_spec::FunctionSpec;
use crate::provider::functions::connected_app::elements::{
    CONSEQUENCES, Conversion, Fact, GAPS, ROWS, Reading, Words,
};
use crate::provider::functions::connected_app::{NOT_CONVERTED, SPEC as CONNECTED_APP};
use crate::value::Type;

pub fn page(spec: &'static FunctionSpec) -> String {
    let mut page = format!(
        "---\npage_title: \"{0} function - salesforce\"\nsubcategory: \"{3}\"\ndescription: |-\n  {1}\n---\n\n{GENERATED}\n\n\
         # function: {0}\n\n{2}\n",
        spec.name,
        spec.summary,
        spec.doc,
        subcategories::of(spec.name)
    );
    let example = hcl(&format!("examples/functions/{}/function.tf", spec.name));
    let _ = write!(
        page,
        "\nProvider functions require Terraform 1.8 or OpenTofu 1.10. They require an entry in `required_providers`, but no provider block \
         and no org. OpenTofu 1.10 configures the provider before it calls a function during a plan, so you must set an authentication \
         method; OpenTofu 1.12 does not require one.\n\n## Example Usage\n\n{example}\n## Signature\n\n```text\n{}\n```\n\n## Arguments\n\n",
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
        "\n## Result\n\nThe result has the arguments of [`salesforce_oauth_client`](../resources/oauth_client.md), with the \
         same names and types. `policies` is an object or null. `trusted_ip_range` is a set of objects, which is empty if \
         the file has none. In addition:\n\n- `{NOT_CONVERTED}` (List of Object) Elements that are not converted, and \
         values that you must add:\n  - `element` (String) The path in the file, such as `oauthConfig/consumerKey`.\n  - \
         `value` (String) The text of the element, truncated if it is long. Null if the element is empty or may \
         contain a secret.\n  - `why` (String) Why the element is not part of the object.\n  - `what_to_do` (String) What to do \
         about it.\n\n## Conversion\n\nThe elements are those of `ConnectedApp` in the Metadata API Developer Guide \
         and in Salesforce's JavaScript types, which have a few more. Any other element is in `{NOT_CONVERTED}`, \
         and so is a value that is invalid for `salesforce_oauth_client`. Statements about External Client Apps are from Salesforce's \
         documentation and have not been tested in an org.\n\n| element | attribute |\n|---|---|\n"
    );
    for row in ROWS {
        let becomes = match &row.conversion {
            Conversion::Group => continue,
            Conversion::Attribute(target, reading) => taken(target, *reading),
            Conversion::Unsupported { why, what_to_do } | Conversion::Secret { why, what_to_do } => {
                format!("not converted. {why} {what_to_do}")
            }
        };
        let _ = writeln!(page, "| `{}` | {becomes} |", row.element);
    }
    page.push_str("\n### Derived values\n\n| condition | value |\n|---|---|\n");
    for consequence in CONSEQUENCES {
        let _ = writeln!(
            page,
            "| {} | {} = `{}`, unless the file sets it |",
            facts(consequence.when),
            attribute(consequence.target),
            consequence.value.text()
        );
    }
    let _ = write!(
        page,
        "\n### Missing information\n\nEntries of `{NOT_CONVERTED}` without a value:\n\n| condition | entry |\n|---|---|\n"
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
            format!("{to}. A value that is not an API name also has an entry: {why} {what_to_do}")
        }
        Reading::Inverted => format!("{to}, inverted"),
        Reading::Either(yes, no) => format!("{to}: `true` becomes `{yes}`, `false` becomes `{no}`"),
        Reading::Word(listed) | Reading::WordMembers(listed) => format!("{to}{}", words(listed)),
        Reading::Lines => format!("{to}, one value for each line"),
        Reading::Entries(key, value) => format!("{to}: a map of `{key}` to `{value}`"),
        Reading::Blocks(names) => {
            let names = names.iter().map(|(child, attribute)| format!("`{child}` becomes `{attribute}`"));
            format!("{to}: {}", names.collect::<Vec<_>>().join(", "))
        }
        Reading::Retention { words: listed, units, period, unit } => format!(
            "{to}{}; in `specific_lifetime:30:DAYS`, the other parts are {} and {}{}",
            words(listed),
            attribute(period),
            attribute(unit),
            words(units)
        ),
    }
}

/// The words that the conversion renames or omits.
fn words(listed: Words) -> String {
    let renamed =
        listed.iter().filter(|(theirs, ours)| Some(*theirs) != *ours).map(|(theirs, ours)| match ours {
            Some(ours) => format!("`{theirs}` becomes `{ours}`"),
            None => format!("`{theirs}` is not converted"),
        });
    let renamed: Vec<String> = renamed.collect();
    if renamed.is_empty() { String::new() } else { format!(": {}", renamed.join(", ")) }
}

fn facts(when: &[Fact]) -> String {
    let facts = when.iter().map(|fact| match fact {
        Fact::Has(element) => format!("`{element}` exists"),
        Fact::Lacks(element) => format!("`{element}` is missing or not converted"),
        Fact::On(element) => format!("`{element}` is true"),
    });
    facts.collect::<Vec<_>>().join(", and ")
}

/// The example uses every attribute that a file can set.
#[test]
fn the_example_of_connected_app_uses_every_attribute() {
    let example = text_of("examples/functions/connected_app/function.tf");
    let Type::Object(attributes) = (CONNECTED_APP.returns)() else { panic!("an object") };
    let mut targets: Vec<&str> = CONSEQUENCES.iter().map(|one| one.target).collect();
    for row in ROWS {
        if let Conversion::Attribute(target, reading) = &row.conversion {
            targets.push(target);
            if let Reading::Retention { period, unit, .. } = reading {
                targets.extend([period, unit]);
            }
        }
    }
    for target in targets {
        let (outer, inner) = target.split_once('/').unwrap_or((target, ""));
        assert!(
            attributes.iter().any(|(name, _)| name == outer),
            "{target} is not an attribute of salesforce_oauth_client"
        );
        let written = match (outer, inner) {
            ("name", _) => continue,
            (outer, "") => format!("local.app.{outer}\n"),
            (_, inner) => format!("policies.value.{inner}\n"),
        };
        assert!(example.contains(&written), "the example does not use {written}");
    }
}

#[test]
fn every_function_page_has_a_signature_and_arguments() {
    for spec in catalog::FUNCTIONS {
        let page = page(spec);
        assert!(page.contains("## Signature") && page.contains("\n1. `"), "{}", spec.name);
        assert!(!spec.summary.ends_with('.') && spec.doc.ends_with('.'), "{}", spec.name);
    }
}
