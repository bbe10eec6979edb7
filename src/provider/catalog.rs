//! Everything the provider offers, a line each.

use super::combination::Verdict;
use super::data_source_spec::DataSourceSpec;
use super::data_sources;
use super::diagnostics;
use super::neighbours::Need;
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

pub static DATA_SOURCES: &[&DataSourceSpec] = &[
    &data_sources::external_client_app::SPEC,
    &data_sources::external_client_apps::SPEC,
    &data_sources::readiness::SPEC,
    &data_sources::org::SPEC,
    &data_sources::permission_set::SPEC,
];

/// The resource that is the app itself.
pub static APP: &ResourceSpec = &external_client_app::SPEC;

pub fn resource(name: &str) -> Option<&'static ResourceSpec> {
    RESOURCES.iter().copied().find(|spec| spec.name == name)
}

/// What `suppress_warnings` may name, in the order of the alphabet.
pub fn warnings() -> Vec<&'static str> {
    let mut ids = diagnostics::IDS.to_vec();
    for spec in RESOURCES {
        ids.extend(spec.dangers.iter().map(|danger| danger.id));
        let questionable = spec.combinations.iter().filter(|rule| rule.verdict == Verdict::Warning);
        ids.extend(questionable.map(|rule| rule.id));
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Rules between resources of one app.
pub fn needs() -> impl Iterator<Item = &'static Need> {
    policies::NEEDS.iter()
}

pub fn data_source(name: &str) -> Option<&'static DataSourceSpec> {
    DATA_SOURCES.iter().copied().find(|spec| spec.name == name)
}
