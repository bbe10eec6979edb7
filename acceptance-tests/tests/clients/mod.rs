//! Runs real Salesforce clients against the emulator, and validates all SOAP messages of these clients and of the
//! provider against Salesforce's WSDL, because the emulator and the provider could share an error.
//!
//! The clients are separate programs in `acceptance-tests/clients/`. These tests start them, record their traffic,
//! and validate it. `make test` runs all but `sf.rs`, which is run by `make test-sf`.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails with a panic, also in its functions, and its purpose is to start programs"
)]

mod jsforce;
mod program;
mod provider;
mod referee;
mod sf;
mod simple_salesforce;
