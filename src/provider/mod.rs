//! Terraform's semantics in neutral types: schemas, validation, plan, apply, read, import.
//!
//! Not here: gRPC and msgpack (`plugin`), HTTP and SOAP (`salesforce`), XML (`metadata`).

mod diagnostics;
mod operations;
mod schema;

pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use operations::{
    ApplyReply, ApplyRequest, ImportReply, ImportRequest, Imported, PlanReply, PlanRequest, Private,
    ReadReply, ReadRequest,
};
pub use schema::{Attribute, Block, IdentityAttribute, IdentitySchema, NestedBlock, Nesting, Schema};

use crate::value::Value;

/// Where this provider is published. A fork changes it here.
pub const SOURCE_ADDRESS: &str = "registry.terraform.io/salesforce-community/salesforce";

/// The provider's operations, named after Terraform's RPCs.
pub struct Provider {}

impl Provider {
    /// `environment` answers for the `SALESFORCE_*` variables.
    pub fn new(environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Provider {
        let _ = environment;
        Provider {}
    }

    pub fn provider_schema(&self) -> &Schema {
        static SCHEMA: std::sync::OnceLock<Schema> = std::sync::OnceLock::new();
        SCHEMA.get_or_init(|| Schema {
            version: 0,
            block: Block::default(),
        })
    }

    /// Resource types with their schemas, in alphabetical order.
    pub fn resource_schemas(&self) -> Vec<(&str, &Schema)> {
        Vec::new()
    }

    pub fn resource_schema(&self, type_name: &str) -> Option<&Schema> {
        let _ = type_name;
        None
    }

    pub fn data_source_schemas(&self) -> Vec<(&str, &Schema)> {
        Vec::new()
    }

    pub fn data_source_schema(&self, type_name: &str) -> Option<&Schema> {
        let _ = type_name;
        None
    }

    pub fn identity_schemas(&self) -> Vec<(&str, &IdentitySchema)> {
        Vec::new()
    }

    pub fn identity_schema(&self, type_name: &str) -> Option<&IdentitySchema> {
        let _ = type_name;
        None
    }

    pub fn validate_provider_config(&self, config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::default()
    }

    pub async fn configure(&self, terraform_version: &str, config: &Value) -> Diagnostics {
        let _ = (terraform_version, config);
        Diagnostics::default()
    }

    pub fn validate_resource_config(&self, type_name: &str, config: &Value) -> Diagnostics {
        let _ = (type_name, config);
        Diagnostics::default()
    }

    pub fn validate_data_source_config(&self, type_name: &str, config: &Value) -> Diagnostics {
        let _ = (type_name, config);
        Diagnostics::default()
    }

    /// `state` was read by the current schema, leniently: absent attributes are null, unknown ones dropped.
    pub fn upgrade_resource_state(
        &self,
        type_name: &str,
        version: i64,
        state: Value,
    ) -> (Value, Diagnostics) {
        let _ = (type_name, version);
        (state, Diagnostics::default())
    }

    pub async fn read_resource(&self, request: ReadRequest) -> ReadReply {
        ReadReply {
            state: request.state,
            ..ReadReply::default()
        }
    }

    pub fn plan_resource_change(&self, request: PlanRequest) -> PlanReply {
        PlanReply {
            planned: request.proposed,
            ..PlanReply::default()
        }
    }

    pub async fn apply_resource_change(&self, request: ApplyRequest) -> ApplyReply {
        ApplyReply {
            state: request.planned,
            ..ApplyReply::default()
        }
    }

    pub async fn import_resource_state(&self, request: ImportRequest) -> ImportReply {
        let _ = request;
        ImportReply::default()
    }

    pub async fn read_data_source(&self, type_name: &str, config: Value) -> (Value, Diagnostics) {
        let _ = type_name;
        (config, Diagnostics::default())
    }

    /// Terraform was interrupted: nothing new is sent from now on, what is under way is brought to a known end.
    /// Returns at once.
    pub fn stop(&self) {}
}
