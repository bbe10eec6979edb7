//! The tables: one file per metadata type.

pub mod configurable_policies;
pub mod external_client_app_settings;
pub mod external_client_application;
pub mod global_oauth_settings;
pub mod oauth_oidc_settings;
pub mod oauth_policies;
pub mod oauth_settings;

use super::MetadataType;

/// Every metadata type that the provider reads and writes.
pub static ALL: &[&MetadataType] = &[
    &external_client_application::TYPE,
    &oauth_settings::TYPE,
    &global_oauth_settings::TYPE,
    &configurable_policies::TYPE,
    &oauth_policies::TYPE,
    &external_client_app_settings::TYPE,
    &oauth_oidc_settings::TYPE,
];
