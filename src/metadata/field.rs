//! One row of a table: a field with its Terraform attribute and its Salesforce element.
//!
//! A row is data, built with `const fn`s. This file documents the columns of a row. The interpreters (`encode`,
//! `decode`, and the provider's schema, plan and validation) implement them.

use super::rule::Rule;
use crate::record_id;
use crate::value::{Type, Value};

/// A field of a metadata type.
#[derive(Debug)]
pub struct Field {
    /// The Terraform attribute or block; empty for the reference to the app, which the resource adds.
    pub attribute: &'static str,
    /// The Salesforce element; `group/element` for a field in a nested element.
    pub element: &'static str,
    pub kind: Kind,
    /// What applies when the configuration omits the attribute.
    pub omitted: Omitted,
    /// The value that applies when the file does not have the element. `None` selects the default of `omitted`, or
    /// null.
    pub absent: Option<Const>,
    /// The value that Salesforce writes when it creates the file automatically, as observed in orgs. The provider
    /// writes the same value when it creates the file and the configuration does not set the attribute.
    pub created_as: Option<Const>,
    pub change: OnChange,
    /// Whether `true` in the attribute is `false` in the element.
    pub inverted: bool,
    /// For an enum: whether an empty string is valid and removes the element. For a string, its rules determine this.
    pub emptiable: bool,
    pub compared: Compared,
    /// For a number: whether 0 is equivalent to null. Orgs return either.
    pub zero_is_null: bool,
    pub sent: SendPolicy,
    /// The first API version that has the element: 61 for 61.0.
    pub since: u16,
    /// Values that are newer than the element, with their first API version.
    pub newer_values: &'static [(&'static str, u16)],
    /// Equivalent values: a token, and the tokens that together have the same effect.
    pub equivalents: &'static [(&'static str, &'static [&'static str])],
    /// The object whose record IDs are allowed as members. Salesforce returns names.
    pub record: Option<Record>,
    pub rules: &'static [Rule],
    /// Whether the value is display text, which Salesforce does not interpret.
    pub prose: bool,
    /// One or two sentences for the documentation.
    pub doc: &'static str,
    /// The label in Setup, if known.
    pub setup: &'static str,
}

/// The type of a value in Terraform and in XML.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Bool,
    Int,
    Text,
    Enum(&'static [&'static str]),
    /// A list; one element with a line for each member.
    Lines,
    /// A set; one element with comma-separated members.
    Commas,
    /// A map; one element per entry, with a child for the key and one for the value.
    Entries {
        key: &'static str,
        value: &'static str,
    },
    /// A set of blocks; one element per block.
    Blocks(&'static [Field]),
    /// The reference to the app that owns the component.
    Parent,
}

/// What applies when the configuration omits an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Omitted {
    Required,
    /// The value is enforced: drift from it is planned as a change.
    Default(Const),
    /// The element is removed in the org.
    Cleared,
    /// The attribute is not managed: the org keeps its value.
    Kept,
    /// The attribute is read-only.
    Computed,
    /// For blocks: not managed while neither the configuration nor the state has a block. Otherwise exclusive: other
    /// blocks in the org are removed.
    ManagedIfSet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Const {
    Bool(bool),
    Text(&'static str),
    Int(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnChange {
    InPlace,
    Replace,
}

/// How two string values of an attribute are compared. If they are equal, the value in the org is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    AsWritten,
    /// Case-insensitive: orgs differ in the case of words that the API defines as plain strings.
    AnyCase,
    /// By the certificate, regardless of PEM markers and line breaks.
    AsCertificate,
    /// As record IDs of 15 or 18 characters, separated by colons.
    AsIds,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendPolicy {
    Always,
    /// Never sent, because Salesforce generates the value. A deploy that contains it can fail or have other effects.
    Never,
    /// Sent only when the configuration sets the attribute. Otherwise the org keeps its value.
    WhenConfigured,
    /// A row of another part owns the attribute. This row is written only when the file is created and the attribute is
    /// configured. Its value is neither read into the state nor updated.
    Mirrored,
}

/// Records that can be referenced by API name or ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The object to query: `PermissionSet`.
    pub object: &'static str,
    /// The first three characters of its IDs.
    pub prefix: &'static str,
    /// Whether packages can contain such records. The full name of a packaged record has a namespace.
    pub has_namespace: bool,
}

impl Record {
    /// Whether a string has the form of a record ID of this object.
    pub fn is_id(&self, text: &str) -> bool {
        text.starts_with(self.prefix) && record_id::has_form(text)
    }
}

impl Omitted {
    /// The default, or null if there is none.
    pub fn value(self) -> Value {
        match self {
            Omitted::Default(value) => value.value(),
            _ => Value::Null,
        }
    }
}

impl Const {
    pub fn value(self) -> Value {
        match self {
            Const::Bool(value) => Value::Bool(value),
            Const::Text(text) => Value::text(text),
            Const::Int(number) => Value::int(number),
        }
    }
}

impl Const {
    /// The value as written in a configuration, without quotes.
    pub fn text(self) -> String {
        match self {
            Const::Bool(value) => value.to_string(),
            Const::Text(text) => text.to_owned(),
            Const::Int(number) => number.to_string(),
        }
    }
}

impl Kind {
    pub fn ty(&self) -> Type {
        match self {
            Kind::Bool => Type::Bool,
            Kind::Int => Type::Number,
            Kind::Text | Kind::Enum(_) | Kind::Parent => Type::String,
            Kind::Lines => Type::list(Type::String),
            Kind::Commas => Type::set(Type::String),
            Kind::Entries { .. } => Type::map(Type::String),
            Kind::Blocks(fields) => {
                let members = fields.iter().map(|field| (field.attribute.to_owned(), field.kind.ty()));
                Type::set(Type::Object(members.collect()))
            }
        }
    }
}

/// The oldest API version that the provider supports.
pub const OLDEST_VERSION: u16 = 60;
/// The newest API version whose types the tables describe.
pub const NEWEST_VERSION: u16 = 68;

impl Field {
    const fn new(attribute: &'static str, element: &'static str, kind: Kind) -> Field {
        Field {
            attribute,
            element,
            kind,
            omitted: Omitted::Cleared,
            absent: None,
            created_as: None,
            change: OnChange::InPlace,
            inverted: false,
            emptiable: false,
            compared: Compared::AsWritten,
            zero_is_null: false,
            sent: SendPolicy::Always,
            since: OLDEST_VERSION,
            newer_values: &[],
            equivalents: &[],
            record: None,
            rules: &[],
            prose: false,
            doc: "",
            setup: "",
        }
    }

    pub const fn bool(attribute: &'static str, element: &'static str) -> Field {
        Field::new(attribute, element, Kind::Bool)
    }

    pub const fn int(attribute: &'static str, element: &'static str) -> Field {
        Field::new(attribute, element, Kind::Int)
    }

    pub const fn text(attribute: &'static str, element: &'static str) -> Field {
        Field::new(attribute, element, Kind::Text)
    }

    pub const fn one_of(
        attribute: &'static str,
        element: &'static str,
        words: &'static [&'static str],
    ) -> Field {
        Field::new(attribute, element, Kind::Enum(words))
    }

    pub const fn lines(attribute: &'static str, element: &'static str) -> Field {
        Field::new(attribute, element, Kind::Lines)
    }

    pub const fn commas(attribute: &'static str, element: &'static str) -> Field {
        Field::new(attribute, element, Kind::Commas)
    }

    pub const fn entries(
        attribute: &'static str,
        element: &'static str,
        key: &'static str,
        value: &'static str,
    ) -> Field {
        Field::new(attribute, element, Kind::Entries { key, value })
    }

    pub const fn blocks(attribute: &'static str, element: &'static str, fields: &'static [Field]) -> Field {
        Field { omitted: Omitted::ManagedIfSet, ..Field::new(attribute, element, Kind::Blocks(fields)) }
    }

    pub const fn parent(element: &'static str) -> Field {
        Field::new("", element, Kind::Parent)
    }

    #[must_use]
    pub const fn required(self) -> Field {
        Field { omitted: Omitted::Required, ..self }
    }

    #[must_use]
    pub const fn default(self, value: bool) -> Field {
        Field { omitted: Omitted::Default(Const::Bool(value)), ..self }
    }

    #[must_use]
    pub const fn default_text(self, value: &'static str) -> Field {
        Field { omitted: Omitted::Default(Const::Text(value)), ..self }
    }

    #[must_use]
    pub const fn kept(self) -> Field {
        Field { omitted: Omitted::Kept, ..self }
    }

    /// An org setting: kept when the attribute is omitted, and false when the org does not return the element.
    #[must_use]
    pub const fn switch(self) -> Field {
        Field { absent: Some(Const::Bool(false)), ..self.kept() }
    }

    /// The value that Salesforce writes when it creates the file automatically.
    #[must_use]
    pub const fn created_as(self, value: Const) -> Field {
        Field { created_as: Some(value), ..self }
    }

    #[must_use]
    pub const fn computed(self) -> Field {
        Field { omitted: Omitted::Computed, sent: SendPolicy::Never, ..self }
    }

    #[must_use]
    pub const fn replace(self) -> Field {
        Field { change: OnChange::Replace, ..self }
    }

    #[must_use]
    pub const fn inverted(self) -> Field {
        Field { inverted: true, ..self }
    }

    #[must_use]
    pub const fn emptiable(self) -> Field {
        Field { emptiable: true, ..self }
    }

    #[must_use]
    pub const fn any_case(self) -> Field {
        Field { compared: Compared::AnyCase, ..self }
    }

    #[must_use]
    pub const fn zero_is_null(self) -> Field {
        Field { zero_is_null: true, ..self }
    }

    #[must_use]
    pub const fn ids(self) -> Field {
        Field { compared: Compared::AsIds, ..self }
    }

    #[must_use]
    pub const fn certificate(self) -> Field {
        Field { compared: Compared::AsCertificate, ..self }
    }

    #[must_use]
    pub const fn sent_when_configured(self) -> Field {
        Field { sent: SendPolicy::WhenConfigured, ..self }
    }

    #[must_use]
    pub const fn mirrored(self) -> Field {
        Field { sent: SendPolicy::Mirrored, omitted: Omitted::Kept, ..self }
    }

    #[must_use]
    pub const fn since(self, version: u16) -> Field {
        Field { since: version, ..self }
    }

    #[must_use]
    pub const fn newer(self, values: &'static [(&'static str, u16)]) -> Field {
        Field { newer_values: values, ..self }
    }

    #[must_use]
    pub const fn equivalents(self, equivalents: &'static [(&'static str, &'static [&'static str])]) -> Field {
        Field { equivalents, ..self }
    }

    #[must_use]
    pub const fn record(self, object: &'static str, prefix: &'static str) -> Field {
        Field { record: Some(Record { object, prefix, has_namespace: false }), ..self }
    }

    #[must_use]
    pub const fn packaged_record(self, object: &'static str, prefix: &'static str) -> Field {
        Field { record: Some(Record { object, prefix, has_namespace: true }), ..self }
    }

    #[must_use]
    pub const fn rules(self, rules: &'static [Rule]) -> Field {
        Field { rules, ..self }
    }

    #[must_use]
    pub const fn prose(self) -> Field {
        Field { prose: true, ..self }
    }

    #[must_use]
    pub const fn doc(self, doc: &'static str) -> Field {
        Field { doc, ..self }
    }

    #[must_use]
    pub const fn setup(self, setup: &'static str) -> Field {
        Field { setup, ..self }
    }

    /// The group and name of the element: `("idTokenConfig", "idTokenAudience")` or `("", "label")`.
    pub fn element_path(&self) -> (&'static str, &'static str) {
        self.element.split_once('/').unwrap_or(("", self.element))
    }

    pub fn exists_in(&self, version: u16) -> bool {
        self.since <= version
    }

    /// The known words for the value, or for each member.
    pub fn words(&self) -> &'static [&'static str] {
        if let Kind::Enum(words) = self.kind {
            return words;
        }
        let listed = self.rules.iter().find_map(|rule| match rule {
            Rule::Each(Rule::Listed(words, _)) | Rule::Listed(words, _) => Some(*words),
            _ => None,
        });
        listed.unwrap_or_default()
    }

    /// Whether the value must be a certificate.
    pub fn is_certificate(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule, Rule::Certificate))
    }

    /// Whether the attribute's value is read from this row.
    pub fn owns_attribute(&self) -> bool {
        !self.attribute.is_empty() && self.sent != SendPolicy::Mirrored
    }
}
