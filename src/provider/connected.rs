//! A configured provider: the org, what a plan depends on, and what this process has done so far.
//!
//! Not here: the RPCs, which `provider` dispatches by resource type.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::catalog::Managed;
use super::config::Configuration;
use super::diagnostics::{self, Diagnostic};
use super::engine::{Activity, Engine};
use super::lockout::OwnLogin;
use super::neighbors::Neighbors;
use super::operations::{PlanReply, PlanRequest};
use super::plan::{self, PlanContext};
use super::previous_orgs::PreviousOrgs;
use super::resource_spec::{ID, ORG_ID, ResourceSpec, Subject};
use super::rotation::Rotations;
use super::union::Union;
use super::union_spec::UnionSpec;
use crate::org::{self, Org};
use crate::value::Value;

/// A configured provider. It logs in before the first call that requires a session.
pub(super) struct Connected {
    pub(super) org: Org,
    pub(super) context: PlanContext,
    pub(super) activity: Activity,
    pub(super) allow_mass_removal: bool,
    pub(super) previous_orgs: PreviousOrgs,
    pub(super) neighbors: Neighbors,
    pub(super) told_of_rotation: AtomicBool,
    /// The apps, in lower case, whose rotation this run removed from the state.
    removed_rotations: Mutex<BTreeSet<String>>,
}

impl Connected {
    pub(super) fn new(
        org: Org,
        context: PlanContext,
        allow_mass_removal: bool,
        previous_org_ids: Vec<String>,
    ) -> Connected {
        Connected {
            org,
            context,
            activity: Activity::default(),
            allow_mass_removal,
            previous_orgs: PreviousOrgs::new(previous_org_ids),
            neighbors: Neighbors::default(),
            told_of_rotation: AtomicBool::default(),
            removed_rotations: Mutex::default(),
        }
    }

    /// What a plan depends on besides its request. Also records the plan if it is for org settings.
    pub(super) fn plan_context(
        &self,
        spec: &'static ResourceSpec,
        resource: &'static str,
        request: &PlanRequest,
    ) -> PlanContext {
        let app = spec.subject_in(&request.config);
        let created = request.prior.is_null() && request.private.is_empty();
        let tainted = app.filter(|_| created).and_then(|app| self.activity.known(resource, spec.name, app));
        // The second plan of a replacement has private state and no prior state.
        let replacing = request.prior.is_null() && !created;
        let once = spec.subject == Subject::Org && !replacing && !request.proposed.is_null();
        let twice = once && self.activity.record_plan(spec.name, created, &request.config);
        let new_app = created && app.is_some_and(|app| self.neighbors.is_created(spec, app));
        // Without `instance_url`, the version is known only after a login, such as the login for the refresh.
        let version = self.context.version.or_else(|| self.org.version_of_session());
        PlanContext { version, tainted, twice, new_app, ..self.context.clone() }
    }

    /// Rejects a plan whose state belongs to a previous org and was not refreshed. Only such a plan requires a login.
    pub(super) async fn reject_unrefreshed(
        &self,
        managed: Managed,
        request: &PlanRequest,
    ) -> Option<Diagnostic> {
        let state_org = request.prior.get(ORG_ID);
        if !state_org.as_text().is_some_and(|org| self.previous_orgs.name(org)) {
            return None;
        }
        let (noun, app) = (managed.noun(), request.prior.get(ID).as_text().unwrap_or_default());
        let session = match self.org.unless_stopped(self.org.session()).await {
            Some(Ok(session)) => session,
            Some(Err(error)) => return Some(diagnostics::unavailable(&error)),
            None => return Some(diagnostics::read_interrupted(noun, app)),
        };
        let what = diagnostics::the(noun, app);
        self.previous_orgs.check(state_org, &session, &what).err()
    }

    /// The client ID of the provider, or `None` if a lockout is allowed.
    pub(super) fn guarded_client_id(&self) -> Option<&str> {
        self.context.client_id.as_deref().filter(|_| !self.context.allow_self_lockout)
    }

    pub(super) fn rotations(&self) -> Rotations<'_> {
        Rotations {
            org: &self.org,
            own: self.guarded_client_id(),
            previous_orgs: &self.previous_orgs,
            removed: &self.removed_rotations,
        }
    }

    /// The plan for a resource. Its diagnostics include conflicts with other plans in the run.
    pub(super) fn plan(
        &self,
        spec: &'static ResourceSpec,
        resource: &'static str,
        request: &PlanRequest,
    ) -> PlanReply {
        let mut reply = plan::plan(spec, request, &self.plan_context(spec, resource, request));
        reply.diagnostics.extend(self.neighbors.check(spec, request, &reply));
        reply
    }

    /// Records an apply.
    pub(super) fn applying(
        &self,
        spec: &'static ResourceSpec,
        resource: &'static str,
        prior: &Value,
        planned: &Value,
    ) {
        self.neighbors.applied(spec, prior, planned);
        if !prior.is_null() && !planned.is_null() {
            let app = planned.get(spec.subject_attribute()).as_text().unwrap_or_default();
            self.activity.claims.keep(spec, app, resource);
        }
    }

    pub(super) fn union<'a>(
        &'a self,
        spec: &'static UnionSpec,
    ) -> Union<impl Fn(&'static ResourceSpec) -> Engine<'a> + 'a> {
        Union { spec, engine: move |member| self.engine(member, spec.name) }
    }

    /// The engine for a resource. `resource` is the type in the configuration.
    pub(super) fn engine(&self, spec: &'static ResourceSpec, resource: &'static str) -> Engine<'_> {
        Engine {
            spec,
            resource,
            org: &self.org,
            client_id: self.context.client_id.as_deref(),
            login: &self.context.login,
            allow_self_lockout: self.context.allow_self_lockout,
            allow_mass_removal: self.allow_mass_removal,
            previous_orgs: &self.previous_orgs,
            activity: &self.activity,
        }
    }
}

/// Creates the connection without logging in. Reading the API version requires no login.
pub(super) async fn connect(configuration: Configuration) -> Result<Connected, Diagnostic> {
    let client_id = configuration.settings.login.client_id().map(str::to_owned);
    let login = OwnLogin::of(&configuration.settings.login);
    let timing = org::Timing { batching: configuration.batching, ..org::Timing::default() };
    let org =
        Org::connect(configuration.settings, timing).map_err(|error| diagnostics::unavailable(&error))?;
    let version = org.known_api_version().await;
    let context = PlanContext {
        version,
        client_id,
        login,
        allow_self_lockout: configuration.allow_self_lockout,
        tainted: None,
        twice: false,
        new_app: false,
    };
    Ok(Connected::new(org, context, configuration.allow_mass_removal, configuration.previous_org_ids))
}
