//! Everything the provider offers, a line each.

use super::resource_spec::ResourceSpec;
use super::resources::{
    external_client_app, oauth_settings, org_external_client_app_settings, org_oauth_oidc_settings, policies,
};

pub static RESOURCES: &[&ResourceSpec] = &[
    &external_client_app::SPEC,
    &oauth_settings::SPEC,
    &policies::SPEC,
    &org_external_client_app_settings::SPEC,
    &org_oauth_oidc_settings::SPEC,
];

/// The resource that is the app itself.
pub static APP: &ResourceSpec = &external_client_app::SPEC;

pub fn resource(name: &str) -> Option<&'static ResourceSpec> {
    RESOURCES.iter().copied().find(|spec| spec.name == name)
}
