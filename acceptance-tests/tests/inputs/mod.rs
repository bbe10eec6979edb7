//! Invalid input: errors and warnings before anything reaches the org, with the attribute; and unexpected values for
//! every attribute, which must not crash the provider.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails with a panic, also in its functions"
)]

mod alone;
mod diagnostics;
mod generated;
mod kinds;
mod rows;
mod table;
