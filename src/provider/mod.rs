//! Terraform's semantics in neutral types: schemas, validation, plan, apply, read and import.
//!
//! Not here: gRPC and msgpack (`plugin`), HTTP and SOAP (`salesforce`), XML (`metadata`). Start with
//! `resource_spec` (what a resource is), then `plan`, then `engine`.

mod action_spec;
mod actions;
mod catalog;
mod combination;
mod config;
mod connected;
mod danger;
mod data_source_spec;
mod data_sources;
mod diagnostics;
mod engine;
mod ephemeral_resources;
mod function_spec;
mod functions;
mod identity;
mod list_spec;
mod listing;
mod lists;
mod lockout;
mod neighbors;
mod operations;
mod place;
mod plan;
mod previous_orgs;
mod private;
mod rejection_cause;
mod resource_spec;
mod resources;
mod rotation;
mod schema;
mod schemas;
mod timeouts;
mod union;
mod union_spec;
mod user_counts;
mod validate;

#[cfg(test)]
mod docs;
#[cfg(any(test, fuzzing))]
pub mod properties;
#[cfg(test)]
mod tests;

pub use crate::org::BoxFuture;
pub(crate) use diagnostics::rows::bugs;
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use function_spec::{Fault, FunctionSpec, Parameter};
pub use operations::{
    ApplyReply, ApplyRequest, ImportReply, ImportRequest, Imported, ListRequest, Match, PlanReply,
    PlanRequest, Private, ReadReply, ReadRequest, SendMatch,
};
pub use schema::{Attribute, Block, IdentitySchema, NestedBlock, Nesting, Schema};
pub use schemas::Offer;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock};

use crate::lock::lock;
use crate::org;
use crate::value::{Path, Value};
use action_spec::Invocation;
use catalog::Managed;
use config::{Choice, Environment, Resolved};
use connected::{Connected, connect};
use data_source_spec::Question;
use plan::PlanContext;
use private::PrivateState;

/// The registry address of this provider. A fork must change it here.
pub const SOURCE_ADDRESS: &str = "registry.terraform.io/salesforce-community/salesforce";

/// The provider's operations, named after Terraform's RPCs.
pub struct Provider {
    environment: Box<Environment>,
    schema: OnceLock<Schema>,
    connection: Mutex<Connection>,
    suppressed: Mutex<Vec<String>>,
}

#[derive(Clone)]
enum Connection {
    Unconfigured,
    /// This argument of the provider block is not known yet.
    Unknown(&'static str),
    Ready(Arc<Connected>),
}

impl Provider {
    /// `environment` reads environment variables, such as `SALESFORCE_*`.
    pub fn new(environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Provider {
        // If the configuration has no provider block, Terraform sends none before it validates resources.
        let suppressed = config::suppressed(&Value::Null, &environment);
        Provider {
            environment: Box::new(environment),
            schema: OnceLock::new(),
            connection: Mutex::new(Connection::Unconfigured),
            suppressed: Mutex::new(suppressed),
        }
    }

    /// A configured provider for an org whose responses are determined by these bytes.
    #[cfg(any(test, fuzzing))]
    pub fn connected_to(script: Vec<u8>) -> Provider {
        let context = PlanContext { version: Some(62), ..PlanContext::default() };
        Provider::with(Connected::new(org::any_org::org(script), context, false, Vec::new()))
    }

    #[cfg(any(test, fuzzing))]
    fn with(connected: Connected) -> Provider {
        let provider = Provider::new(|_| None);
        provider.connect_to(Connection::Ready(Arc::new(connected)));
        provider
    }

    pub fn validate_provider_config(&self, config: &Value) -> Diagnostics {
        self.suppress(config);
        self.finish(config::validate(config))
    }

    /// Reads the provider block. Does not log in: Terraform starts several processes for one command, and most of them
    /// do not require a login.
    pub async fn configure(&self, terraform_version: &str, config: &Value) -> Diagnostics {
        tracing::debug!(terraform_version, "configuring");
        self.suppress(config);
        match config::resolve(config, &*self.environment, terraform_version) {
            Ok(Resolved::Ready(mut configuration)) => {
                let warnings = std::mem::take(&mut configuration.warnings);
                if let Some(Choice { method, named_by, place, not_taken }) = &configuration.method {
                    let not_taken = not_taken.join(", ");
                    tracing::info!(method, named_by, place, not_taken, "selected authentication method");
                }
                match connect(*configuration).await {
                    Ok(connected) => self.connect_to(Connection::Ready(Arc::new(connected))),
                    Err(found) => return found.into(),
                }
                return warnings;
            }
            Ok(Resolved::Unknown(argument)) => self.connect_to(Connection::Unknown(argument)),
            Err(found) => return found,
        }
        Diagnostics::default()
    }

    /// Validates a configuration. The plan for an action consists of this validation.
    pub fn validate(&self, offer: Offer, type_name: &str, config: &Value) -> Diagnostics {
        let now = std::time::SystemTime::now();
        let found = match offer {
            Offer::Resource => Managed::named(type_name).map(|managed| match managed {
                Managed::Metadata(spec) => validate::check(spec, config, now),
                Managed::Union(spec) => union::check(spec, config, now),
                Managed::Rotation => rotation::validate(config),
            }),
            Offer::DataSource => catalog::data_source(type_name).map(|spec| spec.check(config)),
            Offer::EphemeralResource => catalog::ephemeral_resource(type_name).map(|spec| spec.check(config)),
            Offer::ListResource => catalog::list(type_name).map(|spec| spec.check(config)),
            Offer::Action => catalog::action(type_name).map(|spec| spec.check(config)),
        };
        self.finish(found.unwrap_or_else(|| diagnostics::unknown_type(type_name).into()))
    }

    /// Rejects a state or an identity with a newer schema version.
    pub fn reject_newer(what: &str, type_name: &str, version: i64, known: i64) -> Result<(), Diagnostics> {
        if version <= known {
            return Ok(());
        }
        Err(diagnostics::newer_state(what, type_name, version, known).into())
    }

    /// Sets each attribute that a stored state lacks to its default. The state may be older than the attribute.
    pub fn put_defaults(type_name: &str, state: &mut Value, is_absent: &dyn Fn(&Path) -> bool) {
        if let Some(managed) = Managed::named(type_name) {
            managed.put_defaults(state, is_absent);
        }
    }

    /// Warns about unreadable private state, which is otherwise ignored.
    pub fn check_private(&self, type_name: &str, bytes: &[u8]) -> Diagnostics {
        let is_ours = match Managed::named(type_name) {
            Some(Managed::Metadata(_)) => PrivateState::wrote(bytes),
            Some(Managed::Union(spec)) => union::wrote_private(spec, bytes),
            Some(Managed::Rotation) => rotation::wrote_private(bytes),
            None => true,
        };
        if is_ours { Diagnostics::default() } else { self.finish(diagnostics::unreadable_private().into()) }
    }

    /// The state of a resource that was moved to another type. Returns `None` if the types are not compatible.
    pub fn move_resource_state(
        &self,
        source: &str,
        target: &str,
        state: &Value,
        private: &[u8],
    ) -> Option<(Value, Private)> {
        let (source, target) = (Managed::named(source)?, Managed::named(target)?);
        if source.name() == target.name() {
            return Some((state.clone(), private.to_vec()));
        }
        match (source, target) {
            (Managed::Metadata(source), Managed::Union(target)) => {
                union::moved_from(target, source, state, private)
            }
            (Managed::Union(source), Managed::Metadata(target)) => {
                union::moved_to(source, target, state, private)
            }
            _ => None,
        }
    }

    pub async fn read_resource(&self, request: ReadRequest) -> ReadReply {
        let Some(managed) = Managed::named(&request.type_name) else {
            return request.as_before(diagnostics::unknown_type(&request.type_name));
        };
        let damaged = self.check_private(&request.type_name, &request.private);
        let mut reply = match self.connection() {
            Connection::Ready(connected) => match managed {
                Managed::Metadata(spec) => connected.engine(spec, spec.name).read(request).await,
                Managed::Union(spec) => connected.union(spec).read(request).await,
                Managed::Rotation => connected.rotations().read(request).await,
            },
            // The reply contains the unchanged state, because the org is not known yet.
            Connection::Unknown(argument) => request.as_before(diagnostics::not_refreshed(argument)),
            Connection::Unconfigured => request.as_before(diagnostics::not_configured()),
        };
        reply.diagnostics.extend(damaged);
        reply.diagnostics = self.finish(reply.diagnostics);
        reply
    }

    /// Whether an argument of the provider block is not known yet. In that case, calls can be deferred.
    pub fn awaits_configuration(&self) -> bool {
        matches!(self.connection(), Connection::Unknown(_))
    }

    pub async fn plan_resource_change(&self, request: PlanRequest) -> PlanReply {
        let Some(managed) = Managed::named(&request.type_name) else {
            return request.as_before(diagnostics::unknown_type(&request.type_name));
        };
        let connection = self.connection();
        if let Connection::Ready(connected) = &connection
            && let Some(found) = connected.reject_unrefreshed(managed, &request).await
        {
            return request.as_before(found);
        }
        tracing::debug!(create = request.prior.is_null(), private = request.private.len(), "planning");
        let twice = match &connection {
            Connection::Ready(connected) => connected.neighbors.check_kind(managed, &request),
            _ => None,
        };
        let mut reply = match (managed, &connection) {
            (Managed::Metadata(spec), Connection::Ready(connected)) => {
                connected.plan(spec, spec.name, &request)
            }
            (Managed::Metadata(spec), _) => plan::plan(spec, &request, &PlanContext::default()),
            (Managed::Union(spec), Connection::Ready(connected)) => {
                union::plan(spec, &request, |member, request| connected.plan(member, spec.name, request))
            }
            (Managed::Union(spec), _) => union::plan(spec, &request, |member, request| {
                plan::plan(member, request, &PlanContext::default())
            }),
            (Managed::Rotation, Connection::Ready(connected)) => rotation::plan(&request, &connected.context),
            (Managed::Rotation, _) => rotation::plan(&request, &PlanContext::default()),
        };
        reply.diagnostics.extend(twice);
        // A refresh reports unreadable private state and replaces it, so a plan reports it only if there was no
        // refresh.
        reply.diagnostics.extend(self.check_private(&request.type_name, &request.private));
        if !request.prior.is_null() && !request.proposed.is_null() {
            diagnostics::add_destroy_hint(&mut reply.diagnostics);
        }
        reply.diagnostics = self.finish(reply.diagnostics);
        reply
    }

    pub async fn apply_resource_change(&self, request: ApplyRequest) -> ApplyReply {
        let Some(managed) = Managed::named(&request.type_name) else {
            return request.as_before(diagnostics::unknown_type(&request.type_name));
        };
        let connected = match self.connected() {
            Ok(connected) => connected,
            Err(found) => return request.as_before(found),
        };
        let mut reply = match managed {
            Managed::Rotation => connected.rotations().apply(request).await,
            Managed::Metadata(spec) => {
                connected.applying(spec, spec.name, &request.prior, &request.planned);
                connected.engine(spec, spec.name).apply(request).await
            }
            Managed::Union(spec) => {
                for member in spec.members {
                    let view = |object| spec.view(member, object);
                    connected.applying(
                        member.spec,
                        spec.name,
                        &view(&request.prior),
                        &view(&request.planned),
                    );
                }
                connected.union(spec).apply(request).await
            }
        };
        reply.diagnostics = self.finish(reply.diagnostics);
        reply
    }

    pub async fn import_resource_state(&self, request: ImportRequest) -> ImportReply {
        let rejected =
            |found: Diagnostic| ImportReply { diagnostics: found.into(), ..ImportReply::default() };
        let Some(managed) = Managed::named(&request.type_name) else {
            return rejected(diagnostics::unknown_type(&request.type_name));
        };
        let mut reply = match self.connected() {
            Ok(connected) => match managed {
                Managed::Metadata(spec) => connected.engine(spec, spec.name).import(request).await,
                Managed::Union(spec) => connected.union(spec).import(request).await,
                Managed::Rotation => rotation::import(&connected.rotations(), request).await,
            },
            Err(found) => rejected(found),
        };
        reply.diagnostics = self.finish(reply.diagnostics);
        reply
    }

    /// Reads a data source or an ephemeral resource.
    pub async fn look_up(&self, offer: Offer, type_name: &str, config: Value) -> (Value, Diagnostics) {
        let spec = match offer {
            Offer::EphemeralResource => catalog::ephemeral_resource(type_name),
            _ => catalog::data_source(type_name),
        };
        let Some(spec) = spec else { return (config, diagnostics::unknown_type(type_name).into()) };
        let connected = match self.connection() {
            Connection::Ready(connected) => connected,
            Connection::Unknown(argument) => {
                return (config, diagnostics::lookup_waits(argument, spec.name).into());
            }
            Connection::Unconfigured => return (config, diagnostics::not_configured().into()),
        };
        let deadline = org::Instant::now() + timeouts::DATA_SOURCE;
        let question = Question { config: &config, org: &connected.org, deadline };
        let reads = connected.org.until(deadline, (spec.read)(question));
        match connected.org.unless_stopped(reads).await {
            Some(Ok(Ok(found))) => (spec.complete(&config, &found), self.finish(Diagnostics::default())),
            Some(Ok(Err(found))) => (config, self.finish(found)),
            Some(Err(error)) => (config, diagnostics::lookup_timed_out(spec.name, &error).into()),
            None => (config, diagnostics::lookup_interrupted(spec.name).into()),
        }
    }

    /// Lists the resources of a type, and passes on each result immediately. Returns the diagnostics at the end.
    pub async fn list_resource(&self, request: ListRequest, send_match: &SendMatch) -> Diagnostics {
        let Some(spec) = catalog::list(&request.type_name) else {
            return diagnostics::unknown_type(&request.type_name).into();
        };
        let connected = match self.connected() {
            Ok(connected) => connected,
            Err(found) => return found.into(),
        };
        let wrong = spec.check(&request.config);
        if wrong.has_errors() {
            return wrong;
        }
        let listing = listing::list(spec, &request, &connected.org, send_match);
        match connected.org.unless_stopped(listing).await {
            Some(Ok(found) | Err(found)) => self.finish(found),
            None => diagnostics::lookup_interrupted(spec.name).into(),
        }
    }

    /// Invokes an action. `tell` shows progress to the user.
    pub async fn invoke_action(
        &self,
        type_name: &str,
        config: Value,
        tell: &(dyn Fn(String) + Send + Sync),
    ) -> Diagnostics {
        let Some(spec) = catalog::action(type_name) else {
            return diagnostics::unknown_type(type_name).into();
        };
        let connected = match self.connected() {
            Ok(connected) => connected,
            Err(found) => return found.into(),
        };
        let own = connected.guarded_client_id();
        // Terraform 1.15 crashes if it receives progress after an interruption.
        let tell = &|text: String| {
            if !connected.org.stopped() {
                tell(text);
            }
        };
        let deadline = org::Instant::now() + timeouts::ACTION;
        let invocation = Invocation { config: &config, org: &connected.org, own, deadline, tell };
        self.finish((spec.invoke)(invocation).await)
    }

    /// Handles an interruption of Terraform: the provider sends no new changes, and determines the results of pending
    /// ones. Returns immediately.
    pub fn stop(&self) {
        if let Connection::Ready(connected) = self.connection() {
            connected.org.stop();
        }
    }

    fn connection(&self) -> Connection {
        lock(&self.connection).clone()
    }

    fn connected(&self) -> Result<Arc<Connected>, Diagnostic> {
        match self.connection() {
            Connection::Ready(connected) => Ok(connected),
            Connection::Unknown(argument) => Err(diagnostics::provider_unknown(argument)),
            Connection::Unconfigured => Err(diagnostics::not_configured()),
        }
    }

    fn connect_to(&self, connection: Connection) {
        *lock(&self.connection) = connection;
    }

    fn suppress(&self, config: &Value) {
        let suppressed = config::suppressed(config, &*self.environment);
        *lock(&self.suppressed) = suppressed;
    }

    /// Adds the warning about a rotated refresh token, and removes suppressed warnings.
    fn finish(&self, mut found: Diagnostics) -> Diagnostics {
        if let Connection::Ready(connected) = self.connection()
            && connected.org.refresh_token_was_rotated()
            && !connected.told_of_rotation.swap(true, Ordering::Relaxed)
        {
            found.push(diagnostics::refresh_token_rotated());
        }
        let suppressed = lock(&self.suppressed);
        let is_suppressed = |diagnostic: &Diagnostic| {
            diagnostic.is_suppressible() && suppressed.iter().any(|id| id == diagnostic.id)
        };
        Diagnostics(found.into_iter().filter(|diagnostic| !is_suppressed(diagnostic)).collect())
    }
}
