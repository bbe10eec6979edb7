//! A workspace with one resource, without Terraform: reads, plans and applies as Terraform does, over the plugin
//! protocol with a separate provider process. A hundred such workspaces cost less than one Terraform command.
//!
//! Only the behavior of Terraform that matters for one resource is implemented: attributes that the configuration
//! omits, and `lifecycle.ignore_changes`.

use crate::plugin_client::proto::tfplugin5::diagnostic::Severity;
use crate::plugin_client::proto::tfplugin5::schema::Attribute;
use crate::plugin_client::proto::tfplugin5::schema::nested_block::NestingMode;
use crate::plugin_client::proto::tfplugin5::{
    ApplyResourceChangeRequest, ConfigureRequest, Diagnostic, DynamicValue, GetSchemaRequest,
    ImportResourceStateRequest, PlanResourceChangeRequest, ReadResourceRequest, Schema, attribute_path,
};
use crate::plugin_client::{Plugin, ProviderClient, Start};
use crate::provider_binary;
use crate::target::Credentials;
use serde_json::{Map, Value};
use tokio::runtime::Runtime;
use tonic::transport::Channel;

pub struct Writer {
    runtime: Runtime,
    _plugin: Plugin,
    client: ProviderClient<Channel>,
    kind: String,
    schema: Schema,
    state: Value,
    private: Vec<u8>,
    planned: Option<Planned>,
}

struct Planned {
    config: DynamicValue,
    state: DynamicValue,
    private: Vec<u8>,
}

/// The diagnostics from one call.
#[derive(Debug, Default, Clone)]
pub struct Diagnostics {
    pub warnings: Vec<String>,
    pub errors: Vec<String>,
}

impl Diagnostics {
    fn of(diagnostics: &[Diagnostic]) -> Diagnostics {
        let mut found = Diagnostics::default();
        for diagnostic in diagnostics {
            let steps = diagnostic.attribute.iter().flat_map(|path| &path.steps);
            let path: Vec<&str> = steps
                .filter_map(|step| match &step.selector {
                    Some(attribute_path::step::Selector::AttributeName(name)) => Some(name.as_str()),
                    _ => None,
                })
                .collect();
            let text = format!("{}: {}\n{}", path.join("."), diagnostic.summary, diagnostic.detail);
            match diagnostic.severity() {
                Severity::Error => found.errors.push(text),
                _ => found.warnings.push(text),
            }
        }
        found
    }

    /// # Panics
    /// Panics if there is an error.
    #[track_caller]
    fn without_errors(self) -> Diagnostics {
        assert!(self.errors.is_empty(), "{:#?}", self.errors);
        self
    }
}

impl Writer {
    /// Starts a provider for a resource of this type and configures it.
    ///
    /// # Panics
    /// Panics if the provider does not start, or rejects its configuration.
    #[must_use]
    pub fn start(kind: &str, credentials: &Credentials) -> Writer {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (plugin, client, schema) = runtime.block_on(async {
            let mut start = Start::program(&provider_binary::path());
            for (name, value) in credentials {
                start = start.env(name, value);
            }
            let plugin = start.run().await;
            let channel = plugin.connect(None).await.expect("a connection");
            let mut client = ProviderClient::new(channel).max_decoding_message_size(usize::MAX);
            let schema = client.get_schema(GetSchemaRequest {}).await.expect("a schema").into_inner();
            let own = schema.provider.as_ref().expect("a schema of the provider");
            let request = ConfigureRequest {
                terraform_version: "1.11.4".to_owned(),
                config: Some(json(&object(own, |_| None))),
                client_capabilities: None,
            };
            let reply = client.configure(request).await.expect("a reply").into_inner();
            Diagnostics::of(&reply.diagnostics).without_errors();
            let own =
                schema.resource_schemas.get(kind).unwrap_or_else(|| panic!("no resource {kind}")).clone();
            (plugin, client, own)
        });
        Writer {
            runtime,
            _plugin: plugin,
            client,
            kind: kind.to_owned(),
            schema,
            state: Value::Null,
            private: Vec::new(),
            planned: None,
        }
    }

    /// Imports the resource into the state, as `terraform import` does.
    ///
    /// # Panics
    /// Panics if the provider returns an error.
    pub fn import(&mut self, id: &str) {
        let request = ImportResourceStateRequest {
            type_name: self.kind.clone(),
            id: id.to_owned(),
            ..ImportResourceStateRequest::default()
        };
        let reply =
            self.runtime.block_on(self.client.import_resource_state(request)).expect("a reply").into_inner();
        Diagnostics::of(&reply.diagnostics).without_errors();
        let imported = reply.imported_resources.into_iter().next().expect("a resource");
        self.state = value(imported.state.as_ref());
        self.private = imported.private;
        self.refresh();
    }

    /// # Panics
    /// Panics if the provider returns an error or does not find the resource.
    pub fn refresh(&mut self) {
        let request = ReadResourceRequest {
            type_name: self.kind.clone(),
            current_state: Some(json(&self.state)),
            private: self.private.clone(),
            ..ReadResourceRequest::default()
        };
        let reply = self.runtime.block_on(self.client.read_resource(request)).expect("a reply").into_inner();
        Diagnostics::of(&reply.diagnostics).without_errors();
        self.state = value(reply.new_state.as_ref());
        assert!(self.state.is_object(), "{} no longer exists", self.kind);
        self.private = reply.private;
    }

    #[must_use]
    pub fn attribute(&self, name: &str) -> &Value {
        &self.state[name]
    }

    /// Plans a configuration that sets `wanted`, omits `left_out`, and has all other attributes in `ignore_changes`.
    /// Returns the attributes that the plan changes.
    pub fn plan(&mut self, wanted: &Map<String, Value>, left_out: &[&str]) -> (Vec<String>, Diagnostics) {
        let prior = self.state.clone();
        let config = object(&self.schema, |attribute| match wanted.get(&attribute.name) {
            Some(value) => Some(value.clone()),
            None if left_out.contains(&attribute.name.as_str()) => None,
            // Terraform passes ignored values as if they were configured.
            None if attribute.optional || attribute.required => prior.get(&attribute.name).cloned(),
            None => None,
        });
        let proposed = object(&self.schema, |attribute| match &config[&attribute.name] {
            Value::Null if attribute.computed => prior.get(&attribute.name).cloned(),
            written => Some(written.clone()),
        });
        let request = PlanResourceChangeRequest {
            type_name: self.kind.clone(),
            prior_state: Some(json(&self.state)),
            proposed_new_state: Some(json(&proposed)),
            config: Some(json(&config)),
            prior_private: self.private.clone(),
            ..PlanResourceChangeRequest::default()
        };
        let reply =
            self.runtime.block_on(self.client.plan_resource_change(request)).expect("a reply").into_inner();
        let found = Diagnostics::of(&reply.diagnostics);
        let state = reply.planned_state.unwrap_or_default();
        let planned = if found.errors.is_empty() { value(Some(&state)) } else { Value::Null };
        let members = planned.as_object().into_iter().flatten();
        let changed =
            members.filter(|(name, new)| prior.get(*name) != Some(new)).map(|(name, _)| name.clone());
        let changed = changed.collect();
        self.planned = Some(Planned { config: json(&config), state, private: reply.planned_private });
        (changed, found)
    }

    /// Applies the last plan.
    ///
    /// # Panics
    /// Panics if there is no plan.
    pub fn apply(&mut self) -> Diagnostics {
        let planned = self.planned.take().expect("a plan");
        let request = ApplyResourceChangeRequest {
            type_name: self.kind.clone(),
            prior_state: Some(json(&self.state)),
            planned_state: Some(planned.state),
            config: Some(planned.config),
            planned_private: planned.private,
            ..ApplyResourceChangeRequest::default()
        };
        let reply =
            self.runtime.block_on(self.client.apply_resource_change(request)).expect("a reply").into_inner();
        let state = value(reply.new_state.as_ref());
        if state.is_object() {
            self.state = state;
            self.private = reply.private;
        }
        Diagnostics::of(&reply.diagnostics)
    }
}

/// An object of a schema with the values of its attributes. Its blocks are empty.
fn object(schema: &Schema, attribute: impl Fn(&Attribute) -> Option<Value>) -> Value {
    let block = schema.block.as_ref().expect("a block");
    let mut members = Map::new();
    for one in &block.attributes {
        members.insert(one.name.clone(), attribute(one).unwrap_or(Value::Null));
    }
    for block in &block.block_types {
        let none = match block.nesting() {
            NestingMode::List | NestingMode::Set => Value::Array(Vec::new()),
            _ => Value::Null,
        };
        members.insert(block.type_name.clone(), none);
    }
    Value::Object(members)
}

fn json(value: &Value) -> DynamicValue {
    DynamicValue { msgpack: Vec::new(), json: value.to_string().into_bytes() }
}

fn value(wire: Option<&DynamicValue>) -> Value {
    let Some(wire) = wire else { return Value::Null };
    if wire.msgpack.is_empty() {
        return serde_json::from_slice(&wire.json).unwrap_or(Value::Null);
    }
    let read = rmpv::decode::read_value(&mut wire.msgpack.as_slice()).expect("msgpack");
    from_msgpack(&read)
}

/// Converts a value to JSON. An unknown value becomes a string that no attribute has.
fn from_msgpack(value: &rmpv::Value) -> Value {
    match value {
        rmpv::Value::Nil => Value::Null,
        rmpv::Value::Boolean(flag) => Value::Bool(*flag),
        rmpv::Value::Integer(number) => number
            .as_i64()
            .map(Value::from)
            .or_else(|| number.as_u64().map(Value::from))
            .unwrap_or(Value::Null),
        rmpv::Value::F32(number) => Value::from(*number),
        rmpv::Value::F64(number) => Value::from(*number),
        rmpv::Value::String(text) => Value::from(text.as_str().unwrap_or_default()),
        rmpv::Value::Binary(_) => Value::Null,
        rmpv::Value::Array(items) => items.iter().map(from_msgpack).collect(),
        rmpv::Value::Map(entries) => {
            let entry = |(name, value): &(rmpv::Value, rmpv::Value)| {
                (name.as_str().unwrap_or_default().to_owned(), from_msgpack(value))
            };
            Value::Object(entries.iter().map(entry).collect())
        }
        rmpv::Value::Ext(..) => Value::from("\u{0}unknown"),
    }
}
