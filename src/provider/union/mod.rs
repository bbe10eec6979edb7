//! A union's validation and plan, and what Terraform keeps beside its state: those of its members, put together.
//!
//! How the members are seen in the union's objects is in `union_spec`; read, apply and import are in `operations`, what
//! becomes of a state of another type in `moves`.

mod moves;
mod operations;

pub use moves::{moved_from, moved_to};
pub use operations::Union;

use serde_json::{Map, Value as Json};

use super::diagnostics::{self, Diagnostics};
use super::engine;
use super::operations::{PlanReply, PlanRequest, Private};
use super::private::{PrivateState, is_rewritten};
use super::resource_spec::ResourceSpec;
use super::union_spec::{Member, UnionSpec};
use super::validate;
use crate::org::{Lookup, SessionFacts};
use crate::value::Value;

/// Everything that is wrong with a configuration, whatever the org.
pub fn check(spec: &'static UnionSpec, config: &Value, now: std::time::SystemTime) -> Diagnostics {
    let mut told = Told::new(spec);
    for member in spec.members.iter().filter(|member| spec.is_managed(member, config)) {
        told.extend(member, validate::check(member.spec, &spec.view(member, config), now));
    }
    told.found
}

/// Plans a create, an update or a destroy; `plan` is the plan of a member.
pub fn plan(
    spec: &'static UnionSpec,
    request: &PlanRequest,
    plan: impl Fn(&'static ResourceSpec, &PlanRequest) -> PlanReply,
) -> PlanReply {
    let mut told = Told::new(spec);
    let private = Privates::read(&request.private);
    // The second plan of a replacement: Terraform shows no prior state, but the private state of what goes.
    let replacing = request.prior.is_null() && !request.private.is_empty();
    let member_request = |member: &'static Member| {
        let prior = spec.prior_view(member, &request.prior);
        let comes_later = prior.is_null() && !request.prior.is_null();
        let stored = private.of_login(spec, member);
        PlanRequest {
            type_name: request.type_name.clone(),
            proposed: spec.view(member, &request.proposed),
            config: spec.view(member, &request.config),
            private: match stored {
                _ if comes_later => Private::new(),
                stored if stored.is_empty() && replacing => b"{}".to_vec(),
                stored => stored,
            },
            identity: request.identity.clone(),
            prior,
        }
    };
    if request.proposed.is_null() {
        // The whole takes the others along.
        let Some(whole) = spec.members.first() else { return PlanReply::default() };
        let reply = plan(whole.spec, &member_request(whole));
        told.extend(whole, reply.diagnostics);
        return PlanReply {
            private: request.private.clone(),
            diagnostics: told.found,
            ..PlanReply::default()
        };
    }
    let is_unread = |member: &Member| PrivateState::read(&private.of(member)).imported;
    if !request.prior.is_null() && spec.members.iter().any(is_unread) {
        let app = request.prior.get(spec.naming_attribute()).as_text().unwrap_or_default();
        return PlanReply {
            planned: request.prior.clone(),
            private: request.private.clone(),
            diagnostics: diagnostics::moved_unread(app).into(),
            ..PlanReply::default()
        };
    }
    let mut reply = PlanReply { planned: spec.schema().block.empty(), ..PlanReply::default() };
    let mut privates = Privates::default();
    for member in spec.members {
        let member_plan = member_request(member);
        if !spec.is_managed(member, &request.config) {
            if !member_plan.prior.is_null() {
                // Its block goes from the configuration, and what it has stays in the org.
                let gone = PlanRequest { proposed: Value::Null, config: Value::Null, ..member_plan };
                told.extend(member, plan(member.spec, &gone).diagnostics);
            }
            continue;
        }
        let comes_anew = member.block.is_none() && member_plan.prior.is_null() && !request.prior.is_null();
        let answer = plan(member.spec, &member_plan);
        told.extend(member, answer.diagnostics);
        if comes_anew && member.spec.key_row().is_some() {
            let app = request.prior.get(spec.naming_attribute()).as_text().unwrap_or_default();
            told.extend(member, diagnostics::key_comes_anew(member.spec.noun, app).into());
        }
        spec.put(member, &answer.planned, &mut reply.planned);
        for path in answer.requires_replace {
            let path = spec.path(member, path);
            if !reply.requires_replace.contains(&path) {
                reply.requires_replace.push(path);
            }
        }
        privates.put(member, &answer.private);
    }
    reply.private = privates.write();
    reply.identity.clone_from(&request.identity);
    reply.diagnostics = told.found;
    reply
}

/// The state that an import would end with, of answers that are there already, in the order of the members' parts; none
/// when something is missing that the union is made of.
///
/// # Errors
/// What the import would say.
pub fn listed(
    spec: &'static UnionSpec,
    app: &str,
    session: &SessionFacts,
    lookups: &[Lookup],
) -> Result<Option<Value>, Diagnostics> {
    let (mut told, mut rest) = (Told::new(spec), lookups);
    let mut state = spec.schema().block.empty();
    for member in spec.members {
        let (own, others) = rest.split_at_checked(member.spec.parts.len()).unwrap_or((rest, &[]));
        rest = others;
        match engine::listed(member.spec, app, session, own) {
            Ok(Some(view)) => spec.put(member, &view, &mut state),
            Ok(None) if member.block.is_none() => return Ok(None),
            Ok(None) => {}
            Err(found) => told.extend(member, found),
        }
    }
    if told.found.has_errors() { Err(told.found) } else { Ok(Some(state)) }
}

/// What Terraform keeps beside a union's state: that of each member, by its type.
#[derive(Clone, Debug, Default)]
struct Privates(Map<String, Json>);

impl Privates {
    /// What cannot be read is taken as empty, as with the members'.
    fn read(bytes: &[u8]) -> Privates {
        match serde_json::from_slice(bytes) {
            Ok(Json::Object(members)) => Privates(members),
            _ => Privates::default(),
        }
    }

    fn of(&self, member: &Member) -> Private {
        self.0.get(member.spec.name).map(|private| private.to_string().into_bytes()).unwrap_or_default()
    }

    /// The same, with what only the whole knows: that the app is the one that the provider logs in with.
    fn of_login(&self, spec: &UnionSpec, member: &Member) -> Private {
        let stored = self.of(member);
        let own_app = |private: &[u8]| PrivateState::read(private).own_app;
        let is_own = spec.members.iter().any(|other| own_app(&self.of(other)));
        if is_own && !stored.is_empty() {
            return PrivateState { own_app: true, ..PrivateState::read(&stored) }.write();
        }
        stored
    }

    fn put(&mut self, member: &Member, private: &[u8]) {
        if let Ok(private) = serde_json::from_slice::<Json>(private) {
            self.0.insert(member.spec.name.to_owned(), private);
        }
    }

    fn write(self) -> Private {
        if self.0.is_empty() { Private::new() } else { Json::Object(self.0).to_string().into_bytes() }
    }
}

/// Whether these bytes are what some plan or read of this union left, or none.
pub fn wrote_private(spec: &UnionSpec, bytes: &[u8]) -> bool {
    let privates = Privates::read(bytes);
    let is_member = |name: &String| spec.members.iter().any(|member| member.spec.name == name);
    is_rewritten(bytes, &privates.clone().write())
        && privates.0.keys().all(is_member)
        && spec.members.iter().all(|member| PrivateState::wrote(&privates.of(member)))
}

/// What is understood of these bytes, written again.
#[cfg(any(test, fuzzing))]
pub fn rewritten(bytes: &[u8]) -> Private {
    Privates::read(bytes).write()
}

/// Messages of the members, at their places in the union.
struct Told {
    spec: &'static UnionSpec,
    found: Diagnostics,
}

impl Told {
    fn new(spec: &'static UnionSpec) -> Told {
        Told { spec, found: Diagnostics::default() }
    }

    /// Takes over what a member says. What members say for one and the same reason is said once.
    fn extend(&mut self, member: &Member, found: Diagnostics) {
        let earlier = self.found.0.len();
        for mut diagnostic in found {
            diagnostic.path = diagnostic.path.map(|path| self.spec.path(member, path));
            let told_of_all = diagnostic.is_error() || diagnostic.id.is_some();
            let shared = told_of_all && self.spec.is_shared(diagnostic.path.as_ref());
            let is_the_same = |other: &diagnostics::Diagnostic| {
                *other == diagnostic
                    || shared && other.summary == diagnostic.summary && other.path == diagnostic.path
            };
            if !self.found.0.iter().take(earlier).any(is_the_same) {
                self.found.push(diagnostic);
            }
        }
    }
}
