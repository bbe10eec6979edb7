//! What the provider offers to Terraform: types with their schemas, and functions, in the order of the catalogue.

use super::action_spec::ActionSpec;
use super::catalog::{self, Managed};
use super::data_source_spec::DataSourceSpec;
use super::function_spec::FunctionSpec;
use super::list_spec::ListSpec;
use super::schema::{IdentitySchema, Schema};
use super::{Provider, config, identity, lists};

impl Provider {
    pub fn provider_schema(&self) -> &Schema {
        self.schema.get_or_init(config::schema)
    }

    pub fn resource_schemas(&self) -> Vec<(&str, &Schema)> {
        Managed::all().map(|managed| (managed.name(), managed.schema())).collect()
    }

    pub fn resource_schema(&self, type_name: &str) -> Option<&Schema> {
        Managed::named(type_name).map(Managed::schema)
    }

    pub fn data_source_schemas(&self) -> Vec<(&str, &Schema)> {
        catalog::DATA_SOURCES.iter().map(|spec| (spec.name, spec.schema())).collect()
    }

    pub fn data_source_schema(&self, type_name: &str) -> Option<&Schema> {
        catalog::data_source(type_name).map(DataSourceSpec::schema)
    }

    pub fn identity_schemas(&self) -> Vec<(&str, &IdentitySchema)> {
        Managed::all().map(|managed| (managed.name(), identity::schema(managed.subject()))).collect()
    }

    pub fn identity_schema(&self, type_name: &str) -> Option<&IdentitySchema> {
        Managed::named(type_name).map(|managed| identity::schema(managed.subject()))
    }

    pub fn ephemeral_resource_schemas(&self) -> Vec<(&str, &Schema)> {
        catalog::EPHEMERAL_RESOURCES.iter().map(|spec| (spec.name, spec.schema())).collect()
    }

    pub fn ephemeral_resource_schema(&self, type_name: &str) -> Option<&Schema> {
        catalog::ephemeral_resource(type_name).map(DataSourceSpec::schema)
    }

    pub fn action_schemas(&self) -> Vec<(&str, &Schema)> {
        catalog::ACTIONS.iter().map(|spec| (spec.name, spec.schema())).collect()
    }

    pub fn action_schema(&self, type_name: &str) -> Option<&Schema> {
        catalog::action(type_name).map(ActionSpec::schema)
    }

    pub fn list_resource_schemas(&self) -> Vec<(&str, &Schema)> {
        lists::LISTS.iter().map(|spec| (spec.name, spec.schema())).collect()
    }

    pub fn list_resource_schema(&self, type_name: &str) -> Option<&Schema> {
        catalog::list(type_name).map(ListSpec::schema)
    }

    /// Functions require no configuration.
    pub fn functions(&self) -> &'static [&'static FunctionSpec] {
        catalog::FUNCTIONS
    }

    pub fn function(&self, name: &str) -> Option<&'static FunctionSpec> {
        catalog::function(name)
    }
}
