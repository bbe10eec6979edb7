//! The documentation in `docs/`, in the layout of Terraform's registry.
//!
//! Pages of the provider and of its resources are made here, of the schemas, the tables, the rules and the examples:
//! a test rewrites them and fails when they were stale. Guides are written by hand; tests hold them to what the code
//! says. Not here: what the attributes' texts say (`metadata/types`, `resource_spec`, `config`).

mod gates;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::combination::{Combination, Is, Verdict};
use super::danger::{Danger, Transition};
use super::data_source_spec::{Column, DataSourceSpec};
use super::data_sources::readiness;
use super::refusal::{self, Refusal};
use super::resource_spec::{DELETION_PROTECTION, Destruction, ResourceSpec, Subject};
use super::schema::{Attribute, Block, NestedBlock};
use super::{Provider, SOURCE_ADDRESS, catalog, config};
use crate::metadata::{Compared, Kind, NEWEST_VERSION, OLDEST_VERSION, Omitted};
use crate::value::Type;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text_of(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

// Pages -----------------------------------------------------------------------------------------------------------

const MADE: &str = "<!-- Made of the tables, the rules and the examples by `make docs`: edit those. -->";

/// Every page that is made, by its path.
fn pages() -> BTreeMap<String, String> {
    let resources = catalog::RESOURCES.iter().map(|spec| {
        let name = spec.name.split_once('_').map_or(spec.name, |(_, name)| name);
        (format!("docs/resources/{name}.md"), resource_page(spec))
    });
    let data_sources = catalog::DATA_SOURCES.iter().map(|spec| {
        let name = spec.name.split_once('_').map_or(spec.name, |(_, name)| name);
        (format!("docs/data-sources/{name}.md"), data_source_page(spec))
    });
    let written = [
        ("docs/index.md".to_owned(), provider_page()),
        (TROUBLESHOOTING.to_owned(), with_refusals(&text_of(TROUBLESHOOTING))),
    ];
    resources.chain(data_sources).chain(written).collect()
}

fn front_matter(title: &str, description: &str) -> String {
    let first = description.split("\n\n").next().unwrap_or_default();
    format!(
        "---\npage_title: \"{title}\"\nsubcategory: \"\"\ndescription: |-\n  {first}\n---\n\n{MADE}\n\n# {}\n\n{description}\n",
        title
            .replace(" - salesforce", "")
            .replace(" Resource", " (Resource)")
            .replace(" Data Source", " (Data Source)")
    )
}

fn provider_page() -> String {
    let block = config::schema().block;
    let summary = block.description.split("\n\n").next().unwrap_or_default();
    let mut page = front_matter("Salesforce Provider", summary);
    let _ = write!(
        page,
        "\nSalesforce is spoken to by its Metadata API, {OLDEST_VERSION}.0 to {NEWEST_VERSION}.0. \
         Start with the guide [Getting started](guides/getting-started.md).\n",
    );
    let _ = write!(page, "\n## Example Usage\n\n{}", hcl("examples/provider/provider.tf"));
    page.push_str(
        "\n## Logging in\n\n\
         | way | arguments |\n|---|---|\n\
         | OAuth 2.0 JWT bearer | `client_id`, `username`, `private_key` or `private_key_file`; `instance_url` or `login_url` |\n\
         | OAuth 2.0 client credentials | `client_id`, `client_secret`, `instance_url` |\n\
         | an access token | `access_token`, `instance_url` |\n\n\
         Each argument has an environment variable; the block beats the environment. One way at a time: a private key, a \
         client secret or an access token. An access token in `SF_ACCESS_TOKEN`, with its org in `SF_ORG_INSTANCE_URL`, is \
         taken when nothing else is set. The guide [Authentication](guides/authentication.md) makes the key and the app.\n\n\
         `terraform validate` needs no credentials. The first call that needs the org logs in.\n\n\
         `HTTPS_PROXY` and `NO_PROXY` are honoured. Plain `http` is taken for this machine only.\n\n",
    );
    page.push_str(
        "## Terraform versions\n\n\
         Every release is tested with Terraform 1.6.6, 1.11.4 and 1.15.5. What an older Terraform lacks it says itself: \
         `import` blocks and `-generate-config-out` came with 1.5, `import` by `identity` with 1.12.\n\n",
    );
    page.push_str("## Schema\n\n");
    attributes(&mut page, &block, "###", |_| None);
    page.push_str(
        "\n## Guides\n\n\
         - [Getting started](guides/getting-started.md)\n\
         - [Authentication](guides/authentication.md): the key, the app to log in with, permissions\n\
         - [Headless Identity](guides/headless-identity.md): Salesforce's steps beside their lines of configuration\n\
         - [Experience Cloud site](guides/experience-cloud-site.md): the clicks in the site's settings\n\
         - [Certificates](guides/certificates.md): their end, and how to change one\n\
         - [Importing](guides/importing.md): what exists already\n\
         - [Deploys](guides/deploys.md): what an apply does to the org, and how long it takes\n\
         - [Troubleshooting](guides/troubleshooting.md): every message, what it means, what to do\n",
    );
    page
}

fn resource_page(spec: &'static ResourceSpec) -> String {
    let block = &spec.schema().block;
    let mut page = front_matter(&format!("{} Resource - salesforce", spec.name), &block.description);
    let _ = write!(
        page,
        "\n## Example Usage\n\n{}",
        hcl(&format!("examples/resources/{}/resource.tf", spec.name))
    );
    page.push_str(
        "\n## Schema\n\n\
         *Left out* says what it means that an attribute is not in the configuration: an *enforced* default is planned and \
         its drift shows; *empty* removes the value from the org; *not managed* leaves the org's value alone. *Metadata* is \
         the type and the element in Salesforce's metadata, with the first API version that has it; *In Setup* are the words \
         of Setup, where a document of Salesforce has them.\n\n",
    );
    attributes(&mut page, block, "###", |attribute| own_facts(spec, attribute));
    for nested in &block.blocks {
        let _ =
            write!(page, "\n<a id=\"nestedblock--{0}\"></a>\n### Nested Schema for `{0}`\n\n", nested.name);
        attributes(&mut page, &nested.block, "", |_| None);
    }
    rules(&mut page, spec);
    needs(&mut page, spec);
    warnings(&mut page, spec);
    import(&mut page, spec);
    page
}

fn data_source_page(spec: &'static DataSourceSpec) -> String {
    let block = &spec.schema().block;
    let mut page = front_matter(&format!("{} Data Source - salesforce", spec.name), &block.description);
    let _ = write!(
        page,
        "\n## Example Usage\n\n{}\n## Schema\n\n",
        hcl(&format!("examples/data-sources/{}/data-source.tf", spec.name))
    );
    if !spec.one_of.is_empty() {
        let names: Vec<String> = spec.one_of.iter().map(|name| format!("`{name}`")).collect();
        let _ = write!(page, "Exactly one of {} must be written.\n\n", names.join(" and "));
    }
    attributes(&mut page, block, "###", |_| None);
    for column in spec.columns {
        let Column::Resource { name, spec, .. } = column else { continue };
        let _ = write!(page, "\n<a id=\"nestedatt--{name}\"></a>\n### Nested Schema for `{name}`\n\n");
        let lines: BTreeMap<&str, String> = spec
            .rows()
            .map(|row| {
                let attribute = Attribute {
                    name: row.field.attribute.to_owned(),
                    ty: row.field.kind.ty(),
                    description: row.found(),
                    required: false,
                    optional: false,
                    computed: true,
                    sensitive: false,
                };
                (row.field.attribute, line(&attribute, None))
            })
            .collect();
        page.extend(lines.into_values());
    }
    if spec.name == readiness::SPEC.name {
        page.push_str(&gates::section());
    }
    page
}

fn hcl(path: &str) -> String {
    format!("```terraform\n{}\n```\n", text_of(path).trim_end())
}

/// Where attributes that are no row of a table are in Salesforce.
fn own_facts(spec: &ResourceSpec, attribute: &Attribute) -> Option<String> {
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

/// Lists of the attributes of a block, as tfplugindocs orders them. `heading`: what opens a list's title.
fn attributes(page: &mut String, block: &Block, heading: &str, facts: impl Fn(&Attribute) -> Option<String>) {
    let lists: [(&str, Belongs); 3] = [
        ("Required", |attribute| attribute.required),
        ("Optional", |attribute| attribute.optional),
        ("Read-Only", |attribute| !attribute.required && !attribute.optional),
    ];
    let mut first = true;
    for (title, belongs) in lists {
        let mut lines: BTreeMap<&str, String> = BTreeMap::new();
        for attribute in block.attributes.iter().filter(|attribute| belongs(attribute)) {
            lines.insert(&attribute.name, line(attribute, facts(attribute)));
        }
        for nested in &block.blocks {
            if title == "Optional" {
                lines.insert(&nested.name, block_line(nested));
            }
        }
        if lines.is_empty() {
            continue;
        }
        if !first {
            page.push('\n');
        }
        first = false;
        let _ = match heading {
            "" => write!(page, "{title}:\n\n"),
            heading => write!(page, "{heading} {title}\n\n"),
        };
        page.extend(lines.into_values());
    }
}

fn line(attribute: &Attribute, facts: Option<String>) -> String {
    let sensitive = if attribute.sensitive { ", Sensitive" } else { "" };
    let (text, found) = parted(&attribute.description);
    let facts = facts.or(found).map(|facts| format!("  - Metadata: {facts}\n")).unwrap_or_default();
    format!("- `{}` ({}{sensitive}) {text}\n{facts}", attribute.name, type_name(&attribute.ty))
}

fn block_line(nested: &NestedBlock) -> String {
    let (text, facts) = parted(&nested.block.description);
    let facts = facts.map(|facts| format!("  - Metadata: {facts}\n")).unwrap_or_default();
    format!("- `{0}` (Block) {text} (see [below](#nestedblock--{0}))\n{facts}", nested.name)
}

/// A description, and the part of it that says where the attribute is in Salesforce.
fn parted(description: &str) -> (&str, Option<String>) {
    match description.split_once(" Metadata: ") {
        Some((text, facts)) => (text, Some(facts.to_owned())),
        None => (description, None),
    }
}

fn type_name(ty: &Type) -> String {
    match ty {
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::List(of) => format!("List of {}", type_name(of)),
        Type::Set(of) => format!("Set of {}", type_name(of)),
        Type::Map(of) => format!("Map of {}", type_name(of)),
        Type::Object(_) => "Object".to_owned(),
    }
}

fn rules(page: &mut String, spec: &ResourceSpec) {
    if spec.combinations.is_empty() && spec.link.is_none() {
        return;
    }
    page.push_str(
        "\n## Rules between attributes\n\nChecked by `terraform validate`, without an org. Errors stop the plan; warnings \
         can be silenced by their ID (`suppress_warnings`).\n\n| ID | | when | message |\n|---|---|---|---|\n",
    );
    for Combination { id, verdict, when, message, .. } in spec.combinations {
        let verdict = match verdict {
            Verdict::Error => "error",
            Verdict::Warning => "warning",
            Verdict::ErrorWhenMade => "error when a plan makes it so, else warning",
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

/// Whether an attribute belongs in a list.
type Belongs = fn(&Attribute) -> bool;

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

fn import(page: &mut String, spec: &ResourceSpec) {
    let command = text_of(&format!("examples/resources/{}/import.sh", spec.name));
    let words: Vec<&str> = command.split_whitespace().collect();
    let [_, _, address, id] = words.as_slice() else {
        panic!("{command} is not terraform import ADDRESS ID")
    };
    let (by, identity) = match spec.subject {
        Subject::App { .. } => {
            let installed = if spec.protectable {
                ""
            } else {
                ", or `namespace__Name` for an app that was installed from a package"
            };
            let guide = "The guide [Importing](../guides/importing.md) takes over a whole app.";
            (format!("By the app's API name, `{id}`{installed}. {guide}"), format!("name = \"{id}\""))
        }
        Subject::Org => {
            let by = format!(
                "By the name that the settings have in every org, `{id}`: the same import then works in all workspaces. The \
                 ID of the org is taken too, and must then be that of the org that the provider is connected to."
            );
            (by, "org_id = \"00D000000000001EAA\"".to_owned())
        }
    };
    let _ = write!(
        page,
        "\n## Import\n\n{by}\n\nWith the [`terraform import` command](https://developer.hashicorp.com/terraform/cli/commands/import):\n\n\
         ```shell\n{}\n```\n\n\
         With an [`import` block](https://developer.hashicorp.com/terraform/language/import), Terraform 1.5 and later:\n\n\
         ```terraform\nimport {{\n  to = {address}\n  id = \"{id}\"\n}}\n```\n\n\
         By identity, Terraform 1.12 and later:\n\n\
         ```terraform\nimport {{\n  to = {address}\n  identity = {{\n    {identity}\n  }}\n}}\n```\n\n",
        command.trim()
    );
    let provider = Provider::new(|_| None);
    let Some(identity) = provider.identity_schema(spec.name) else { return };
    page.push_str("### Identity Schema\n\n");
    for required in [true, false] {
        let attributes = identity.attributes.iter().filter(|a| a.required_for_import == required);
        if attributes.clone().next().is_none() {
            continue;
        }
        page.push_str(if required { "#### Required\n\n" } else { "\n#### Optional\n\n" });
        for attribute in attributes {
            let ty = type_name(&attribute.ty);
            let _ = writeln!(page, "- `{}` ({ty}) {}", attribute.name, attribute.description);
        }
    }
}

// The guide to what can go wrong ----------------------------------------------------------------------------------

const TROUBLESHOOTING: &str = "docs/guides/troubleshooting.md";
const REFUSALS: &str = "src/salesforce/tests/snapshots/provider_salesforce__salesforce__tests__words__every_error_reads_well.snap";
const BEGIN: &str = "<!-- The table is made by `make docs` of src/salesforce/error.rs and advice.rs. -->\n";
const END: &str = "<!-- End of the table. -->";

/// The guide with its table of what stands behind "Salesforce cannot be used" as the client words it today.
fn with_refusals(guide: &str) -> String {
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

/// First lines of errors and warnings in a source: what is made of other texts has `…` there.
fn summaries(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for call in ["Diagnostic::error(", "Diagnostic::warning(", "Diagnostic::advice("] {
        for (at, _) in source.match_indices(call) {
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
            if path.is_dir() && !path.ends_with("tests") {
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
fn docs_are_what_the_code_says() {
    let mut stale = Vec::new();
    for (path, text) in pages() {
        let file = root().join(&path);
        if fs::read_to_string(&file).unwrap_or_default() != text {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            // In one step: the other tests read at the same time.
            let new = file.with_extension("new");
            fs::write(&new, text).unwrap();
            fs::rename(&new, &file).unwrap();
            stale.push(path);
        }
    }
    for folder in ["docs/resources", "docs/data-sources"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(pages().contains_key(&path), "{path} is of nothing that there is: remove it");
        }
    }
    assert!(stale.is_empty(), "these were stale and are rewritten, look at them and commit them: {stale:?}");
}

#[test]
fn the_readme_names_the_versions() {
    let versions = format!("{OLDEST_VERSION}.0 to {NEWEST_VERSION}.0");
    assert!(text_of("README.md").contains(&versions), "README.md does not say {versions}");
}

#[test]
fn the_guide_to_troubleshooting_has_every_message() {
    let guide = text_of(TROUBLESHOOTING);
    let mut wanted: BTreeSet<String> = sources().iter().flat_map(|source| summaries(source)).collect();
    assert!(wanted.len() > 40, "the walk finds the messages: {wanted:?}");
    let dangers = catalog::RESOURCES.iter().flat_map(|spec| spec.dangers);
    wanted.extend(dangers.map(|danger| danger.summary.to_owned()));
    let missing: Vec<&String> =
        wanted.iter().filter(|summary| !guide.contains(&format!("**{summary}**"))).collect();
    assert!(missing.is_empty(), "{TROUBLESHOOTING} does not explain {missing:#?}");
}

/// A first line that is put together at run time would slip through the test above.
#[test]
fn first_lines_of_messages_are_written_out() {
    // Those of dangers come from the specs, and the test above has them.
    let known = ["summary", "self.summary"];
    let mut odd = Vec::new();
    for source in sources() {
        for call in ["Diagnostic::error(", "Diagnostic::warning(", "Diagnostic::advice("] {
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
    let files = ["apply", "configuration", "org"];
    files.iter().flat_map(|file| ids_in(&text_of(&format!("src/provider/diagnostics/{file}.rs")))).collect()
}

#[test]
fn ids_of_warnings_are_listed_once() {
    let used = ids_of_messages();
    let listed: BTreeSet<String> = super::diagnostics::IDS.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(listed, used, "IDS in src/provider/diagnostics/mod.rs");
}

#[test]
fn the_guide_to_troubleshooting_has_every_id_of_a_warning() {
    let guide = text_of(TROUBLESHOOTING);
    let mut wanted = ids_of_messages();
    assert!(wanted.contains("drift-not-checked"), "{wanted:?}");
    for spec in catalog::RESOURCES {
        wanted.extend(spec.dangers.iter().map(|danger| danger.id.to_owned()));
        let warnings = spec.combinations.iter().filter(|rule| rule.verdict != Verdict::Error);
        wanted.extend(warnings.map(|rule| rule.id.to_owned()));
    }
    let missing: Vec<&String> = wanted.iter().filter(|id| !guide.contains(&format!("`{id}`"))).collect();
    assert!(missing.is_empty(), "{TROUBLESHOOTING} does not name {missing:#?}");
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

/// Every page, made or written.
fn all_pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn links_between_pages_lead_somewhere() {
    for path in all_pages() {
        let text = fs::read_to_string(&path).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let there = fs::read_to_string(&file).unwrap_or_else(|_| panic!("{}: {target}", path.display()));
            let mut anchors: Vec<String> =
                there.lines().filter(|line| line.starts_with('#')).map(slug).collect();
            anchors.extend(
                there.split("<a id=\"").skip(1).filter_map(|a| a.split('"').next()).map(str::to_owned),
            );
            assert!(anchor.is_empty() || anchors.iter().any(|a| a == anchor), "{}: {target}", path.display());
        }
    }
}

/// The anchor that a heading gets.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().replace(' ', "-")
}

#[test]
fn pages_have_the_registrys_front_matter_and_fit_into_it() {
    let provider = Provider::new(|_| None);
    for path in all_pages() {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display();
        assert!(text.starts_with("---\npage_title: \""), "{name}");
        assert!(text.contains("\nsubcategory: \"") && text.contains("\ndescription: |-\n  "), "{name}");
        assert!(text.len() < 500_000, "{name} is longer than the registry shows");
        for used in text.split("data \"salesforce_").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(provider.data_source_schema(&format!("salesforce_{used}")).is_some(), "{name}: {used}");
        }
        for used in text.split("resource \"salesforce_").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(provider.resource_schema(&format!("salesforce_{used}")).is_some(), "{name}: {used}");
        }
        for source in text.split("source = \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            // A module's is a path.
            assert!(source.starts_with("./") || SOURCE_ADDRESS.ends_with(source), "{name}: {source}");
        }
    }
}

#[test]
fn variables_that_the_guides_name_exist() {
    let schema = config::schema();
    let mut known: BTreeSet<String> =
        schema.block.attributes.iter().map(|attribute| config::variable(&attribute.name)).collect();
    // The log's own variable ends so too.
    known.insert("SALESFORCE".to_owned());
    for path in all_pages() {
        let text = fs::read_to_string(&path).unwrap();
        for word in text.split(|c: char| !c.is_ascii_uppercase() && c != '_') {
            if let Some(at) = word.find("SALESFORCE_") {
                let name = word[at..].trim_end_matches('_');
                assert!(known.contains(name), "{}: {word}", path.display());
            }
        }
    }
}
