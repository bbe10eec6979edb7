//! A metadata type of the Metadata API, and its table of fields.

use super::field::Field;

/// A metadata type. Each type is one static, and types are compared by name.
#[derive(Debug)]
pub struct MetadataType {
    /// The name of the root element of a file and, except for settings, of the type in the Metadata API.
    pub name: &'static str,
    /// For org settings: the member of `Settings` in package.xml, lists and deploy results. Every org has exactly one
    /// file of each settings type.
    pub settings_member: Option<&'static str>,
    /// The folder of its files in a package.
    pub directory: &'static str,
    /// The file extension, without a dot.
    pub suffix: &'static str,
    pub fields: &'static [Field],
    /// Elements without a row that are ignored and never kept: secrets, and triggers that take effect each time they
    /// are sent.
    pub dropped: &'static [&'static str],
    /// The element that Salesforce sets to the full name when it creates a file of this type automatically. The element
    /// has no row, but the provider writes it when it creates the file.
    pub labeled_by_name: Option<&'static str>,
    /// The suffixes of the usual component names. Setup, deploys and this provider set the name of an app's component
    /// to the app's name followed by one of these suffixes. The provider uses the first one for new components. Empty
    /// for a type whose components have the name of the app or of the settings.
    pub usual_suffixes: &'static [&'static str],
    /// Whether the type contains policies, which administrators can read without access to the developer settings.
    pub is_policy: bool,
    /// Elements without a row, each with the reason. They are kept unchanged when a file is updated.
    #[cfg_attr(not(test), allow(dead_code, reason = "a test compares it with `proto/salesforce`"))]
    pub unmapped: &'static [(&'static str, &'static str)],
}

impl PartialEq for MetadataType {
    fn eq(&self, other: &MetadataType) -> bool {
        self.name == other.name
    }
}

impl Eq for MetadataType {}

impl PartialOrd for MetadataType {
    fn partial_cmp(&self, other: &MetadataType) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for MetadataType {
    fn cmp(&self, other: &MetadataType) -> std::cmp::Ordering {
        self.name.cmp(other.name)
    }
}

/// The type of all org settings in package.xml, lists and deploy results.
const SETTINGS: &str = "Settings";

impl MetadataType {
    /// The name of the type in package.xml, lists and deploy results.
    pub fn package_type(&self) -> &'static str {
        if self.settings_member.is_some() { SETTINGS } else { self.name }
    }
}
