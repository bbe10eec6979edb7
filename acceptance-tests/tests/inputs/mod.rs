//! Invalid input. Its errors and warnings refer to the attribute and, if possible, occur before anything reaches the
//! org. Unexpected values of any attribute must not crash the provider.
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
