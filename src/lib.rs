//! Terraform provider for Salesforce External Client Apps. The modules in layer order, lowest first.
//!
//! This library exists for the binary, for benches and for fuzz targets; it is no published API.
#![forbid(unsafe_code)]

/// The tables and their interpreters.
pub mod metadata;
/// One connected org: deploys, retrieves, one answer for each caller.
pub mod org;
/// Terraform's semantics in neutral types.
pub mod provider;
/// The wire client.
pub mod salesforce;
/// Texts that must never be shown.
pub mod secret;
/// Terraform's values.
pub mod value;
