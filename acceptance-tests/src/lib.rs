//! The harness.
pub mod plugin_client;
