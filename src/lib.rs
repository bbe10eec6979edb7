//! Terraform provider for Salesforce External Client Apps. The modules in layer order, lowest first; a test
//! (`tidy`) guards that none uses one below it in this list, ARCHITECTURE.md has the table.
//!
//! This library exists for the binary, for benches and for fuzz targets; it is no published API.
#![forbid(unsafe_code)]

/// Names of log fields.
pub mod log_keys;

/// Texts that must never be shown.
pub mod secret;

/// Texts without the secrets in them.
pub mod redact;

/// Terraform's values.
pub mod value;

/// The tables and their interpreters.
pub mod metadata;

/// The wire client: HTTP, SOAP, OAuth.
pub mod salesforce;

/// One connected org: deploys, retrieves, one answer for each caller.
pub mod org;

/// Terraform's semantics in neutral types.
pub mod provider;

/// The skin: go-plugin and tfplugin5.
pub mod plugin;

/// What is promised of any bytes, for fuzz targets.
#[cfg(any(test, fuzzing))]
pub mod promises;

#[cfg(test)]
mod supply_chain;
#[cfg(test)]
mod tidy;
