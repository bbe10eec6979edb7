//! The language and command features of each version of Terraform and OpenTofu.
//!
//! The table has a row for each feature that a test needs and that not every tested version has.

use crate::terraform::{self, Product};

/// A feature that not every tested version has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    Actions,
    EphemeralResources,
    Functions,
    /// Provider functions in a plan, without a configured provider.
    FunctionsAlone,
    IdentityImports,
    /// `terraform query`.
    Lists,
    /// `moved` between resource types, and `removed`.
    MovesBetweenTypes,
    ModuleMocks,
    ProviderForEach,
    StateEncryption,
    WriteOnlyArguments,
}

struct Row {
    feature: Feature,
    name: &'static str,
    terraform: Option<(u32, u32)>,
    tofu: Option<(u32, u32)>,
    /// Text that occurs in configurations that use the feature. Empty if a test checks the feature itself.
    text: &'static str,
}

const FEATURES: &[Row] = &[
    row(Feature::MovesBetweenTypes, "moved blocks between types", Some((1, 8)), Some((1, 10)), "moved {"),
    row(Feature::ModuleMocks, "mocked providers", Some((1, 7)), Some((1, 8)), ""),
    row(Feature::Functions, "functions of providers", Some((1, 8)), Some((1, 7)), "provider::salesforce::"),
    row(
        Feature::FunctionsAlone,
        "functions of providers without credentials",
        Some((1, 8)),
        Some((1, 12)),
        "",
    ),
    row(Feature::EphemeralResources, "ephemeral resources", Some((1, 10)), Some((1, 11)), "ephemeral \""),
    row(Feature::WriteOnlyArguments, "write-only arguments", Some((1, 11)), Some((1, 11)), "_wo "),
    row(Feature::IdentityImports, "imports by identity", Some((1, 12)), Some((1, 12)), "identity ="),
    row(Feature::Actions, "actions", Some((1, 14)), None, "action \""),
    row(Feature::Lists, "lists", Some((1, 14)), None, "list \"salesforce_"),
    row(Feature::StateEncryption, "state encryption", None, Some((1, 7)), "encryption {"),
    row(Feature::ProviderForEach, "for_each of providers", None, Some((1, 9)), ""),
];

const fn row(
    feature: Feature,
    name: &'static str,
    terraform: Option<(u32, u32)>,
    tofu: Option<(u32, u32)>,
    text: &'static str,
) -> Row {
    Row { feature, name, terraform, tofu, text }
}

impl Row {
    fn is_available(&self) -> bool {
        let since = match terraform::product() {
            Product::Terraform => self.terraform,
            Product::OpenTofu => self.tofu,
        };
        since.is_some_and(|since| terraform::version() >= since)
    }
}

/// Whether the program under test has the feature. If not, prints the feature, so that the log shows what was skipped.
#[must_use]
pub fn has(feature: Feature) -> bool {
    let Some(row) = FEATURES.iter().find(|row| row.feature == feature) else { return false };
    let is_available = row.is_available();
    if !is_available {
        eprintln!("{} {:?} has no {}", terraform::product(), terraform::version(), row.name);
    }
    is_available
}

/// The first feature that a configuration uses and that the program under test does not have.
#[must_use]
pub fn lacks(configuration: &str) -> Option<&'static str> {
    let used = FEATURES.iter().filter(|row| !row.text.is_empty() && configuration.contains(row.text));
    used.filter(|row| !row.is_available()).map(|row| row.name).next()
}
