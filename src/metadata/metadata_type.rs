//! A metadata type: one kind of file of the Metadata API, and its table of fields.

use super::field::Field;

/// A metadata type. Compared by name; there is one static of each.
#[derive(Debug)]
pub struct MetadataType {
    /// As Salesforce spells it as the root element of a file, and, but for settings, everywhere else.
    pub name: &'static str,
    /// For settings of the whole org: the member of `Settings` that they are in package.xml, in lists and in reports.
    /// An org has each of them once, and always.
    pub settings_member: Option<&'static str>,
    /// The folder of its files in a package.
    pub directory: &'static str,
    /// The ending of its files, without a dot.
    pub suffix: &'static str,
    pub fields: &'static [Field],
    /// Elements without a row that are read past and never kept: secrets, and switches that act each time they
    /// are sent.
    pub dropped: &'static [&'static str],
    /// The element that Salesforce fills with the full name when it makes a file of this type by itself, and that no row
    /// has: a file that we make is labelled the same way.
    pub labelled_by_name: Option<&'static str>,
    /// How Setup, deploys and this provider name the component of an app: the app's name and one of these suffixes.
    pub usual_suffixes: &'static [&'static str],
    /// Whether administrators without access to the developer settings can read it.
    pub is_policy: bool,
    /// Elements that no row maps, each with the reason. They are kept as they came when a file is written back.
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

/// What package.xml, lists and reports call all settings of an org.
const SETTINGS: &str = "Settings";

impl MetadataType {
    /// The type that package.xml, lists and reports call it by.
    pub fn package_type(&self) -> &'static str {
        if self.settings_member.is_some() { SETTINGS } else { self.name }
    }

    /// The row of an attribute that this type owns.
    pub fn field(&self, attribute: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.owns_attribute() && field.attribute == attribute)
    }
}
