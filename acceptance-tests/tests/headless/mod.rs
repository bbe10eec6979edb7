//! End-to-end tests: Terraform applies a configuration, then a client logs in like a real client. The tests run each
//! variant of Headless Identity with all gates open, then close one gate at a time. If a resource manages the gate,
//! Terraform closes it.
//!
//! The client is `examples/headless-identity/smoke-test`, the script for users. `session.rs` covers sessions that must
//! outlive a change. The emulator defines the response of each closed gate, so these tests do not prove how a real org
//! responds.
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails with a panic, also in its functions"
)]

mod app_gates;
mod combinations;
mod session;
mod sessions;
mod shop;
mod site_gates;
mod variants;
