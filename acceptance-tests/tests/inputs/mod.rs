//! Bad input: what must be refused or warned of before anything reaches the org, with the attribute it is at; and
//! for every attribute values that nobody expects, after which the provider still answers.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by a panic, in its functions too"
)]

mod alone;
mod diagnostics;
mod generated;
mod kinds;
mod rows;
mod table;
