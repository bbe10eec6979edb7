//! The managed resources, one file each: what parts they have and what must not be said together.

pub mod external_client_app;
pub mod oauth_client;
pub mod oauth_settings;
pub mod org_external_client_app_settings;
pub mod org_oauth_oidc_settings;
pub mod policies;
