//! Terraform provider for Salesforce External Client Apps. The modules are in layer order, lowest first. A test
//! (`tidy`) checks that no module uses a later one. ARCHITECTURE.md contains a map of the modules.
//!
//! The library exists for the binary and the fuzz targets. It is not a published API.
#![forbid(unsafe_code)]

mod lock;
mod log_keys;
mod loopback;
mod record_id;
mod secret;

mod redact;
mod value;
mod xml;

mod metadata;
mod salesforce;

mod org;

mod provider;

pub mod plugin;

#[cfg(any(test, fuzzing))]
pub mod properties;

#[cfg(test)]
mod supply_chain;
#[cfg(test)]
mod tidy;
