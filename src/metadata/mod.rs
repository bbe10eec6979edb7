//! The tables: where Terraform's attributes meet Salesforce's elements, and the pure interpreters of the tables.
//!
//! A field is one row in one file of [`types`]. Everything else here interprets rows and never names a field.
//! Not here: I/O, Terraform's plan semantics, the wire.

mod component;
mod field;
mod metadata_type;
mod rule;
pub mod types;
mod xml;

pub use component::{Component, ComponentKey};
pub use field::{
    Change, Const, Field, Kind, NEWEST_VERSION, OLDEST_VERSION, Omitted, Readback, Record, Sent,
};
pub use metadata_type::MetadataType;
pub use rule::Rule;
pub use xml::Element;
