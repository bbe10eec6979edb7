//! The provider.
#![forbid(unsafe_code)]

pub mod salesforce;
pub mod secret;
