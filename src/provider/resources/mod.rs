//! The managed resources, one file each: their metadata types and the rules between their attributes.

pub mod external_client_app;
pub mod oauth_client;
pub mod oauth_settings;
pub mod org_external_client_app_settings;
pub mod org_oauth_oidc_settings;
pub mod policies;
