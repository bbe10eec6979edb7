//! Tests for every attribute of every resource, generated from one table. Each attribute is set at create, changed in
//! place, changed in the org and repaired, removed, added again, and imported. After each step, the plan is empty.
//!
//! The test in `schema.rs` fails if the table lacks an attribute from the provider's schema.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails with a panic, also in its functions"
)]

mod equivalents;
mod life;
mod row;
mod schema;
pub(crate) mod subject;
mod table;
mod versions;
