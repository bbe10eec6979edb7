//! The harness: drives the real Terraform, the real provider process and the emulator process.
//!
//! Nothing here knows the provider's code; a test sees what a user sees (exit codes, plans, state, words) and
//! what an admin sees in the org. Not here: what a test expects, that is in `tests/` and `scenarios/`.
#![forbid(unsafe_code)]
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a harness fails a test by a panic at the caller's line, and starting programs is its purpose"
)]

pub mod canary;
pub mod connect_proxy;
pub mod emulator;
pub mod http;
pub mod hygiene;
pub mod interrupt;
pub mod language;
pub mod org;
pub mod plan;
pub mod plugin_client;
pub mod plugin_server;
pub mod provider_binary;
pub mod recorder;
pub mod rival;
pub mod scenario;
pub mod smoke_test;
pub mod state_server;
pub mod switches;
pub mod target;
pub mod terraform;
pub mod web_server;
pub mod workspace;
pub mod writer;
