//! The tables: one file per metadata type.

pub mod configurable_policies;
pub mod external_client_app_settings;
pub mod external_client_application;
pub mod global_oauth_settings;
pub mod oauth_oidc_settings;
pub mod oauth_policies;
pub mod oauth_settings;

use super::MetadataType;

/// The type whose components are apps. Components of the other types are parts of an app, or org settings.
pub static APP: &MetadataType = &external_client_application::TYPE;
/// The part without which an app has no consumer.
pub static CONSUMER: &MetadataType = &oauth_settings::TYPE;
/// The type and the attribute of the org setting that allows consumer secrets to be read through the REST API.
pub static SECRET_ACCESS: (&MetadataType, &str) =
    (&external_client_app_settings::TYPE, external_client_app_settings::SECRETS_BY_REST);

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
