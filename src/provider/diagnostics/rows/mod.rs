//! Every diagnostic of the provider, one row each, in the order of the troubleshooting guide.
//!
//! Not here: the rules between attributes of a resource, which have an ID and a message in the resource's spec.

pub(crate) mod apply;
pub(crate) mod bugs;
pub(crate) mod credentials;
pub(crate) mod data_sources;
pub(crate) mod import;
pub(crate) mod plan;
pub(crate) mod provider_block;
pub(crate) mod read;
pub(crate) mod values;

use super::row::Row;

/// The sections of the troubleshooting guide and their rows.
pub(crate) static SECTIONS: &[(&str, &[&Row])] = &[
    ("provider-block", provider_block::ROWS),
    ("values", values::ROWS),
    ("plan", plan::ROWS),
    ("read", read::ROWS),
    ("data-sources", data_sources::ROWS),
    ("credentials", credentials::ROWS),
    ("apply", apply::ROWS),
    ("import", import::ROWS),
    ("bugs", bugs::ROWS),
];

pub(crate) fn all() -> impl Iterator<Item = &'static Row> {
    SECTIONS.iter().flat_map(|(_, rows)| rows.iter().copied())
}
