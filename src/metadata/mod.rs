//! The tables that map Terraform's attributes to Salesforce's elements, and the pure functions that interpret them.
//!
//! A field is one row in one file of [`types`]. The other modules interpret rows and do not name fields. Not here: I/O,
//! Terraform's plan semantics, protocols.

mod certificate;
mod component;
mod decode;
mod echo;
mod encode;
mod field;
mod letters;
mod meaning;
mod members;
mod metadata_type;
mod mock_value;
pub mod package;
mod record_id;
mod rule;
mod shared_element;
pub mod types;
mod urls;
mod words;
mod xml;

#[cfg(any(test, fuzzing))]
pub mod properties;
#[cfg(test)]
mod tests;

pub use certificate::{CertificateFacts, Validity, certificate_facts, date, has_private_key};
pub use component::{Component, ComponentKey};
pub use decode::{DecodeError, decode};
pub use echo::{echo, has_user_information, may_be_secret, quoted};
pub use encode::encode;
pub use field::{
    Compared, Const, Field, Kind, NEWEST_VERSION, OLDEST_VERSION, Omitted, OnChange, SendPolicy,
};
pub use letters::{Unseen, as_seen, foreign_letter, unseen};
pub use meaning::{adds_nothing, same_meaning, version_problem};
pub use metadata_type::MetadataType;
pub use mock_value::is_mock_value;
pub use package::PackageError;
pub use record_id::{long_id, object_words, record_prefix};
pub use rule::Rule;
pub use shared_element::{alike_members, key_problem, member_problem, same_member};
pub use urls::authority_is_written;
pub use words::nearest;

pub use crate::xml::{Element, LONGEST_TEXT, XmlError, parse_of_any_length, unwritable_character};
