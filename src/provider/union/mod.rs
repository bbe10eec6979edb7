//! Validation, plan and private state of a union, combined from its members.
//!
//! `union_spec` contains the views of members, `operations` contains read, apply and import, and `moves` handles states
//! that change their type.

mod moves;
mod operations;

pub use moves::{moved_from, moved_to};
pub use operations::Union;

use serde_json::{Map, Value as Json};

use super::diagnostics::rows::apply::CHANGE_REJECTED;
use super::diagnostics::{self, Diagnostics};
use super::engine;
use super::operations::{PlanReply, PlanRequest, Private};
use super::private::{PrivateState, is_rewritten};
use super::resource_spec::ResourceSpec;
use super::union_spec::{Member, UnionSpec};
use super::validate;
use crate::org::{Lookup, SessionFacts};
use crate::value::Value;

/// Validates a configuration without calling the org.
pub fn check(spec: &'static UnionSpec, config: &Value, now: std::time::SystemTime) -> Diagnostics {
    let mut combined = MemberDiagnostics::new(spec);
    for member in spec.members.iter().filter(|member| spec.is_managed(member, config)) {
        combined.extend(member, validate::check(member.spec, &spec.view(member, config), now));
    }
    combined.found
}

/// Plans a create, an update or a destroy. `plan` creates the plan for a member.
pub fn plan(
    spec: &'static UnionSpec,
    request: &PlanRequest,
    plan: impl Fn(&'static ResourceSpec, &PlanRequest) -> PlanReply,
) -> PlanReply {
    let mut combined = MemberDiagnostics::new(spec);
    let private = UnionPrivateState::read(&request.private);
    // The second plan of a replacement has no prior state, but has the private state of the old resource.
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
        // Deleting the first member (the app) deletes the others.
        let Some(first) = spec.members.first() else { return PlanReply::default() };
        let reply = plan(first.spec, &member_request(first));
        combined.extend(first, reply.diagnostics);
        return PlanReply {
            private: request.private.clone(),
            diagnostics: combined.found,
            ..PlanReply::default()
        };
    }
    let is_unread = |member: &Member| PrivateState::read(&private.of(member)).imported;
    if !request.prior.is_null() && spec.members.iter().any(is_unread) {
        let app = request.prior.get(spec.naming_attribute()).as_text().unwrap_or_default();
        return request.as_before(diagnostics::moved_unread(app));
    }
    let mut reply = PlanReply { planned: spec.schema().block.empty(), ..PlanReply::default() };
    let mut privates = UnionPrivateState::default();
    for member in spec.members {
        let member_plan = member_request(member);
        if !spec.is_managed(member, &request.config) {
            if !member_plan.prior.is_null() {
                // The block was removed from the configuration, and the org keeps the values.
                let gone = PlanRequest { proposed: Value::Null, config: Value::Null, ..member_plan };
                combined.extend(member, plan(member.spec, &gone).diagnostics);
            }
            continue;
        }
        let comes_anew = member.block.is_none() && member_plan.prior.is_null() && !request.prior.is_null();
        let answer = plan(member.spec, &member_plan);
        combined.extend(member, answer.diagnostics);
        if comes_anew && member.spec.key_row().is_some() {
            let app = request.prior.get(spec.naming_attribute()).as_text().unwrap_or_default();
            combined.extend(member, diagnostics::new_consumer_key(member.spec.noun, app).into());
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
    reply.diagnostics = Diagnostics::combined(combined.found);
    reply
}

/// The state that an import would have, from existing lookups in the order of the members' parts. Returns `None` if a
/// required component is missing.
///
/// # Errors
/// Returns the errors that the import would return.
pub fn listed(
    spec: &'static UnionSpec,
    app: &str,
    session: &SessionFacts,
    lookups: &[Lookup],
) -> Result<Option<Value>, Diagnostics> {
    let (mut combined, mut rest) = (MemberDiagnostics::new(spec), lookups);
    let mut state = spec.schema().block.empty();
    for member in spec.members {
        let (own, others) = rest.split_at_checked(member.spec.parts.len()).unwrap_or((rest, &[]));
        rest = others;
        match engine::listed(member.spec, app, session, own) {
            Ok(Some(view)) => spec.put(member, &view, &mut state),
            Ok(None) if member.block.is_none() => return Ok(None),
            Ok(None) => {}
            Err(found) => combined.extend(member, found),
        }
    }
    if combined.found.has_errors() { Err(combined.found) } else { Ok(Some(state)) }
}

/// The private state of a union: the private state of each member, by resource type.
#[derive(Clone, Debug, Default)]
struct UnionPrivateState(Map<String, Json>);

impl UnionPrivateState {
    /// Unreadable data is treated as empty, as it is for members.
    fn read(bytes: &[u8]) -> UnionPrivateState {
        UnionPrivateState(serde_json::from_slice(bytes).unwrap_or_default())
    }

    fn of(&self, member: &Member) -> Private {
        self.0.get(member.spec.name).map(|private| private.to_string().into_bytes()).unwrap_or_default()
    }

    /// The private state of a member. If `own_app` is set for any member, it is also set in the result, unless the
    /// requested member has no private state.
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

/// Whether these bytes are private state of this union, or empty.
pub fn wrote_private(spec: &UnionSpec, bytes: &[u8]) -> bool {
    let privates = UnionPrivateState::read(bytes);
    let is_member = |name: &String| spec.members.iter().any(|member| member.spec.name == name);
    is_rewritten(bytes, &privates.clone().write())
        && privates.0.keys().all(is_member)
        && spec.members.iter().all(|member| PrivateState::wrote(&privates.of(member)))
}

/// Reads these bytes as private state, and writes that state again.
#[cfg(any(test, fuzzing))]
pub fn rewritten(bytes: &[u8]) -> Private {
    UnionPrivateState::read(bytes).write()
}

/// Diagnostics of the members, with paths of the union.
struct MemberDiagnostics {
    spec: &'static UnionSpec,
    found: Diagnostics,
}

impl MemberDiagnostics {
    fn new(spec: &'static UnionSpec) -> MemberDiagnostics {
        MemberDiagnostics { spec, found: Diagnostics::default() }
    }

    /// Adds the diagnostics of a member. A diagnostic that several members have in common is added once.
    fn extend(&mut self, member: &Member, found: Diagnostics) {
        let earlier = self.found.0.len();
        for mut diagnostic in found {
            diagnostic.path = diagnostic.path.map(|path| self.spec.path(member, path));
            // Salesforce returns a separate message for each rejected component.
            let concerns_all = (diagnostic.is_error() && diagnostic.id != CHANGE_REJECTED.id)
                || diagnostic.is_suppressible();
            let shared = concerns_all && self.spec.is_shared(diagnostic.path.as_ref());
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
