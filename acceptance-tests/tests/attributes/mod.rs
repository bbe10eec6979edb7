//! Every attribute of every resource, generated from one table: set at create, changed in place, drifted in the org
//! and repaired, removed, added later, imported; after each step nothing is left to do.
//!
//! The list of attributes comes from the provider's schema: one that the table does not have fails the run.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by a panic, in its functions too"
)]

mod equivalents;
mod life;
mod schema;
pub(crate) mod subject;
mod table;
mod versions;
