//! The catalog: every resource, data source, ephemeral resource, action and function of the provider, one line each.

use super::action_spec::ActionSpec;
use super::combination::Level;
use super::data_source_spec::DataSourceSpec;
use super::function_spec::FunctionSpec;
use super::list_spec::ListSpec;
use super::neighbors::Need;
use super::resource_spec::{ResourceSpec, Subject};
use super::resources::{
    external_client_app, oauth_client, oauth_settings, org_external_client_app_settings,
    org_oauth_oidc_settings, policies,
};
use super::schema::Schema;
use super::union_spec::UnionSpec;
use super::{actions, data_sources, diagnostics, ephemeral_resources, functions, lists, rotation};
use crate::value::{Path, Value};

pub static RESOURCES: &[&ResourceSpec] = &[
    &external_client_app::SPEC,
    &oauth_settings::SPEC,
    &policies::SPEC,
    &org_external_client_app_settings::SPEC,
    &org_oauth_oidc_settings::SPEC,
];

/// The resource that manages a whole app.
pub static OAUTH_CLIENT: &UnionSpec = &oauth_client::SPEC;

pub static UNIONS: &[&UnionSpec] = &[OAUTH_CLIENT];

pub static DATA_SOURCES: &[&DataSourceSpec] = &[
    &data_sources::external_client_app::SPEC,
    &data_sources::external_client_apps::SPEC,
    &data_sources::readiness::SPEC,
    &data_sources::org::SPEC,
    &data_sources::permission_set::SPEC,
];

pub static EPHEMERAL_RESOURCES: &[&DataSourceSpec] =
    &[&ephemeral_resources::external_client_app_credentials::SPEC];

pub static ACTIONS: &[&ActionSpec] = &[&actions::credentials::ROTATE, &actions::credentials::REVOKE];

pub static FUNCTIONS: &[&FunctionSpec] = &[&functions::connected_app::SPEC, &functions::record_id_18::SPEC];

/// A managed resource: a metadata resource, a union of several metadata resources, or the credential rotation.
#[derive(Clone, Copy, Debug)]
pub enum Managed {
    Metadata(&'static ResourceSpec),
    Union(&'static UnionSpec),
    Rotation,
}

impl Managed {
    pub fn all() -> impl Iterator<Item = Managed> {
        let unions = UNIONS.iter().copied().map(Managed::Union);
        RESOURCES.iter().copied().map(Managed::Metadata).chain(unions).chain([Managed::Rotation])
    }

    pub fn named(name: &str) -> Option<Managed> {
        Managed::all().find(|managed| managed.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Managed::Metadata(spec) => spec.name,
            Managed::Union(spec) => spec.name,
            Managed::Rotation => rotation::NAME,
        }
    }

    /// The noun that messages use for this resource.
    pub fn noun(self) -> &'static str {
        match self {
            Managed::Metadata(spec) => spec.noun,
            Managed::Union(spec) => spec.first().noun,
            Managed::Rotation => rotation::NOUN,
        }
    }

    pub fn subject(self) -> Subject {
        match self {
            Managed::Metadata(spec) => spec.subject,
            Managed::Union(spec) => spec.first().subject,
            Managed::Rotation => rotation::SUBJECT,
        }
    }

    /// Sets each attribute that a stored state lacks to its default.
    pub fn put_defaults(self, state: &mut Value, is_absent: &dyn Fn(&Path) -> bool) {
        match self {
            Managed::Metadata(spec) => spec.put_defaults(state, is_absent),
            Managed::Union(spec) => spec.put_defaults(state, is_absent),
            Managed::Rotation => rotation::put_defaults(state, is_absent),
        }
    }

    pub fn schema(self) -> &'static Schema {
        match self {
            Managed::Metadata(spec) => spec.schema(),
            Managed::Union(spec) => spec.schema(),
            Managed::Rotation => rotation::schema(),
        }
    }
}

/// The resource that manages the app itself.
pub static APP: &ResourceSpec = &external_client_app::SPEC;

pub fn resource(name: &str) -> Option<&'static ResourceSpec> {
    RESOURCES.iter().copied().find(|spec| spec.name == name)
}

/// The IDs that `suppress_warnings` accepts, in alphabetical order.
pub fn warnings() -> Vec<&'static str> {
    let rows = diagnostics::rows::all().filter(|row| row.suppressible).map(|row| row.id);
    let rules = RESOURCES.iter().flat_map(|spec| spec.combinations);
    let rules = rules.filter(|rule| rule.level != Level::Error).map(|rule| rule.id);
    let mut ids: Vec<&str> = rows.chain(rules).collect();
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

pub fn ephemeral_resource(name: &str) -> Option<&'static DataSourceSpec> {
    EPHEMERAL_RESOURCES.iter().copied().find(|spec| spec.name == name)
}

pub fn list(name: &str) -> Option<&'static ListSpec> {
    lists::LISTS.iter().copied().find(|spec| spec.name == name)
}

pub fn action(name: &str) -> Option<&'static ActionSpec> {
    ACTIONS.iter().copied().find(|spec| spec.name == name)
}

pub fn function(name: &str) -> Option<&'static FunctionSpec> {
    FUNCTIONS.iter().copied().find(|spec| spec.name == name)
}
