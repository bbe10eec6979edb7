//! The managed resources, one file each: what parts they have and what must not be said together.

pub mod external_client_app;
pub mod oauth_settings;
pub mod policies;
