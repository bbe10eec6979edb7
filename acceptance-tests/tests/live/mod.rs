//! `make live` on the emulator, taken for an org as any other: it gets SALESFORCE_* variables and nothing else. What an
//! administrator of the org sees before and after is looked at here, through the emulator's back door; the program
//! itself never knocks there.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by a panic, in its functions too, and starting programs is its purpose"
)]

mod ends;
mod fence;
mod program;
mod verdicts;
