//! The proof: Terraform applies a configuration, then a client logs in as a customer's client would. Each variant of
//! Headless Identity where everything is open, and each gate closed alone, through Terraform where Terraform owns it.
//!
//! The client is `examples/headless-identity/smoke-test`, the script that people use; where a session must outlive a
//! change, it is `session.rs`. What each gate answers is the emulator's table: nothing here proves what an org says.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by a panic, in its functions too"
)]

mod app_gates;
mod combinations;
mod session;
mod sessions;
mod shop;
mod site_gates;
mod variants;
