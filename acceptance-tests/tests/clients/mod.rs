//! Real Salesforce clients against the emulator, and every SOAP message of theirs and of the provider against
//! Salesforce's WSDL: what the emulator and the provider have in common they may have wrong in common.
//!
//! The clients are programs of their own in `acceptance-tests/clients/`; these tests start them, record what they
//! say and what they are told, and have it judged. `make test` runs all but `sf.rs`, which is `make test-sf`.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by a panic, in its functions too, and starting programs is its purpose"
)]

mod jsforce;
mod program;
mod provider;
mod referee;
mod sf;
mod simple_salesforce;
