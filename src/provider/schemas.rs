//! What the provider offers to Terraform: types with their schemas, and functions, in the order of the catalog.

use super::action_spec::ActionSpec;
use super::catalog::{self, Managed};
use super::data_source_spec::DataSourceSpec;
use super::function_spec::FunctionSpec;
use super::list_spec::ListSpec;
use super::schema::{IdentitySchema, Schema};
use super::{Provider, config, identity, lists};

/// The kind of object that a type describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    Resource,
    DataSource,
    EphemeralResource,
    ListResource,
    Action,
}

impl Offer {
    pub fn noun(self) -> &'static str {
        match self {
            Offer::Resource => "resource type",
            Offer::DataSource => "data source",
            Offer::EphemeralResource => "ephemeral resource",
            Offer::ListResource => "list resource",
            Offer::Action => "action",
        }
    }
}

impl Provider {
    pub fn provider_schema(&self) -> &Schema {
        self.schema.get_or_init(config::schema)
    }

    pub fn schemas(&self, offer: Offer) -> Vec<(&'static str, &'static Schema)> {
        let read =
            |specs: &[&'static DataSourceSpec]| specs.iter().map(|spec| (spec.name, spec.schema())).collect();
        match offer {
            Offer::Resource => Managed::all().map(|managed| (managed.name(), managed.schema())).collect(),
            Offer::DataSource => read(catalog::DATA_SOURCES),
            Offer::EphemeralResource => read(catalog::EPHEMERAL_RESOURCES),
            Offer::ListResource => lists::LISTS.iter().map(|spec| (spec.name, spec.schema())).collect(),
            Offer::Action => catalog::ACTIONS.iter().map(|spec| (spec.name, spec.schema())).collect(),
        }
    }

    pub fn schema(&self, offer: Offer, name: &str) -> Option<&'static Schema> {
        match offer {
            Offer::Resource => Managed::named(name).map(Managed::schema),
            Offer::DataSource => catalog::data_source(name).map(DataSourceSpec::schema),
            Offer::EphemeralResource => catalog::ephemeral_resource(name).map(DataSourceSpec::schema),
            Offer::ListResource => catalog::list(name).map(ListSpec::schema),
            Offer::Action => catalog::action(name).map(ActionSpec::schema),
        }
    }

    pub fn identity_schemas(&self) -> Vec<(&str, &IdentitySchema)> {
        Managed::all().map(|managed| (managed.name(), identity::schema(managed.subject()))).collect()
    }

    pub fn identity_schema(&self, type_name: &str) -> Option<&IdentitySchema> {
        Managed::named(type_name).map(|managed| identity::schema(managed.subject()))
    }

    /// The functions, which require no provider configuration.
    pub fn functions(&self) -> &'static [&'static FunctionSpec] {
        catalog::FUNCTIONS
    }

    pub fn function(&self, name: &str) -> Option<&'static FunctionSpec> {
        catalog::function(name)
    }
}
