//! A metadata type: one kind of file of the Metadata API, and its table of fields.

use super::field::Field;

/// A metadata type. Compared by name; there is one static of each.
#[derive(Debug)]
pub struct MetadataType {
    /// As Salesforce spells it in package.xml and as the root element of a file.
    pub name: &'static str,
    /// The folder of its files in a package.
    pub directory: &'static str,
    /// The ending of its files, without a dot.
    pub suffix: &'static str,
    pub fields: &'static [Field],
    /// Elements without a row that are read past and never kept: secrets, and switches that act each time they
    /// are sent.
    pub dropped: &'static [&'static str],
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

impl MetadataType {
    /// The row of an attribute that this type owns.
    pub fn field(&self, attribute: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.owns_attribute() && field.attribute == attribute)
    }
}
