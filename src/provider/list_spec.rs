//! The definition of a list resource: the resource and the filters (Terraform 1.14 and later). `listing` implements
//! lists. The metadata types come from the spec of the resource.

use std::sync::OnceLock;

use super::catalog::Managed;
use super::data_source_spec::Own;
use super::diagnostics::{self, Diagnostics};
use super::resource_spec::{Presence, ResourceSpec};
use super::schema::{Block, Schema};
use crate::metadata::MetadataType;
use crate::value::{Path, Value};

/// A list resource.
#[derive(Debug)]
pub struct ListSpec {
    /// The resource type, such as `salesforce_oauth_client`.
    pub name: &'static str,
    pub doc: &'static str,
    pub filters: &'static [Filter],
    pub schema: OnceLock<Schema>,
}

/// A filter argument.
#[derive(Debug)]
pub struct Filter {
    pub own: Own,
    /// The column of the app's record that the filter compares.
    pub column: &'static str,
    pub test: Test,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// Equal, as the org compares strings.
    Is,
    /// Equal. `""` selects records without a value.
    IsOrNone,
    /// The prefix of an API name, which is case-sensitive.
    Begins,
}

impl ListSpec {
    pub fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| Schema {
            version: 0,
            block: Block {
                description: self.doc.to_owned(),
                attributes: self.filters.iter().map(|filter| filter.own.attribute()).collect(),
                blocks: Vec::new(),
            },
        })
    }

    /// Validates a configuration. Terraform 1.15 shows the whole list block for any path, so each message contains the
    /// name of the argument.
    pub fn check(&self, config: &Value) -> Diagnostics {
        let mut found = Diagnostics::default();
        for filter in self.filters {
            let mut of_filter = Diagnostics::default();
            let name = filter.own.name;
            filter.own.check(config, &mut of_filter);
            let written = config.get(name).as_text().filter(|_| filter.test == Test::Begins);
            if let Some(problem) = written.and_then(no_beginning).filter(|_| of_filter.is_empty()) {
                of_filter.push(diagnostics::invalid_value(Path::attribute(name), problem, true));
            }
            for mut one in of_filter {
                one.detail = format!("{name}: {}", one.detail);
                found.push(one);
            }
        }
        found
    }
}

/// Why no API name can have this prefix, or `None` if one can.
fn no_beginning(prefix: &str) -> Option<String> {
    let good = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let begins = prefix.chars().next().is_none_or(|letter| letter.is_ascii_alphabetic());
    if begins && prefix.chars().all(good) && !prefix.contains("__") {
        return None;
    }
    let shown: String = prefix.chars().filter(|letter| !letter.is_control()).take(60).collect();
    Some(format!(
        "No API name starts with \"{shown}\". API names contain letters, digits and single underscores, and start with \
         a letter. Set only the prefix of the name, without wildcards or a namespace."
    ))
}

/// A metadata resource whose files are read for a list.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    pub spec: &'static ResourceSpec,
    /// Whether a result requires this resource.
    pub needed: bool,
}

impl Managed {
    /// The members of a union, or the resource itself.
    pub fn made_of(self) -> Vec<Listed> {
        match self {
            Managed::Metadata(spec) => vec![Listed { spec, needed: true }],
            Managed::Union(spec) => {
                let members = spec.members.iter();
                members.map(|member| Listed { spec: member.spec, needed: member.block.is_none() }).collect()
            }
            Managed::Rotation => Vec::new(),
        }
    }

    /// The metadata types of the resource.
    pub fn kinds(self) -> Vec<&'static MetadataType> {
        let specs = self.made_of().into_iter();
        specs.flat_map(|listed| listed.spec.parts.iter().map(|part| part.kind)).collect()
    }

    /// Groups of metadata types. A result requires one file of each group.
    pub fn needed_kinds(self) -> Vec<Vec<&'static MetadataType>> {
        let needed = self.made_of().into_iter().filter(|listed| listed.needed);
        needed.flat_map(|listed| needed_kinds(listed.spec)).collect()
    }

    /// Whether the resource excludes apps from packages.
    pub fn is_of_own_apps(self) -> bool {
        self.made_of().iter().any(|listed| listed.spec.protectable)
    }
}

fn needed_kinds(spec: &ResourceSpec) -> Vec<Vec<&'static MetadataType>> {
    let required = spec.parts.iter().filter(|part| part.presence == Presence::Required);
    let required: Vec<_> = required.map(|part| vec![part.kind]).collect();
    match required.as_slice() {
        [] => vec![spec.parts.iter().map(|part| part.kind).collect()],
        _ => required,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_prefix_must_be_the_prefix_of_an_api_name() {
        for good in ["", "S", "Shop_", "Shop_2"] {
            assert_eq!(no_beginning(good), None, "{good}");
        }
        for bad in ["9", "_Shop", "Shop*", "Shop%", "acme__Shop", "Sh op", "Söhne", "\n"] {
            assert!(no_beginning(bad).is_some(), "{bad}");
        }
    }
}
