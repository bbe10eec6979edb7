//! The test suite's library: runs the real Terraform, the real provider process and the emulator process.
//!
//! The library does not use the provider's code. A test sees what a user sees (exit codes, plans, state, messages) and
//! what an admin sees in the org. The expectations are in `tests/` and `scenarios/`.
#![forbid(unsafe_code)]
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "it fails a test with a panic at the caller's line, and its purpose is to start programs"
)]

pub mod canary;
pub mod concurrent_client;
pub mod configurations;
pub mod connect_proxy;
pub mod emulator;
pub mod http;
pub mod interrupt;
pub mod language;
pub mod leak_check;
pub mod org;
pub mod plan;
pub mod plugin_client;
pub mod plugin_server;
pub mod provider_binary;
pub mod recorder;
pub mod scenario;
pub mod smoke_test;
pub mod state_server;
pub mod switches;
pub mod target;
pub mod terraform;
pub mod web_server;
pub mod workspace;
pub mod writer;
