//! Tests for `make live` with the emulator instead of a real org. The program gets only SALESFORCE_* variables. The
//! tests compare the org before and after a run through the emulator's admin interface, which the program itself never
//! uses.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails with a panic, also in its functions, and its purpose is to start programs"
)]

mod ends;
mod fence;
mod program;
mod verdicts;
