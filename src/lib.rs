//! Terraform provider for Salesforce External Client Apps. The modules in layer order, lowest first.
//!
//! This library exists for the binary, for benches and for fuzz targets; it is no published API.
#![forbid(unsafe_code)]

/// Names of log fields.
pub mod log_keys;
/// The skin: go-plugin and tfplugin5.
pub mod plugin;
/// Terraform's semantics in neutral types.
pub mod provider;
/// Texts that must never be shown.
pub mod secret;
/// Terraform's values.
pub mod value;
