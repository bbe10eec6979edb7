//! The plan of a rotation. Pure: what the org has was read by Read, and came along in state and memory.

use super::memory::Memory;
use super::{
    APP, ATTRIBUTES, DEFAULT_WAIT, KEY, PREVIOUS_EXPIRES, PREVIOUS_STATE, REVOKE, ROTATE, ROTATED_AT, Role,
    changes, schema,
};
use crate::org::{STAGED_SINCE, Staged, StagedState};
use crate::provider::diagnostics::{self, Diagnostics};
use crate::provider::operations::{PlanReply, PlanRequest};
use crate::provider::plan::PlanContext;
use crate::provider::timeouts;
use crate::value::{Path, Value};

pub fn plan(request: &PlanRequest, context: &PlanContext) -> PlanReply {
    let memory = Memory::read(&request.private);
    let prior = &request.prior;
    let app = prior.get(APP).as_text().or(request.config.get(APP).as_text()).unwrap_or("the app");
    if request.proposed.is_null() {
        let stay = prior.get(PREVIOUS_STATE).as_text() == Some("Rotated");
        let expires = prior.get(PREVIOUS_EXPIRES).as_text();
        let diagnostics =
            if stay { diagnostics::previous_stay(app, expires).into() } else { Diagnostics::default() };
        return PlanReply { private: request.private.clone(), diagnostics, ..PlanReply::default() };
    }
    let create = prior.is_null();
    let mut reply = PlanReply { private: request.private.clone(), ..PlanReply::default() };
    let mut planned = schema().block.empty();
    for (name, role, _) in ATTRIBUTES {
        let written = request.config.get(name);
        let value = match role {
            Role::Required | Role::Optional => written.clone(),
            Role::Default if written.is_null() => Value::text(DEFAULT_WAIT),
            Role::Default => written.clone(),
            Role::Computed if *name == ROTATED_AT && create => Value::Null,
            Role::Computed if create => Value::Unknown,
            Role::Computed => prior.get(name).clone(),
        };
        planned.put(name, value);
    }
    planned.put(timeouts::BLOCK, request.config.get(timeouts::BLOCK).clone());
    if let Some(version) = context.version.filter(|version| *version < STAGED_SINCE) {
        reply.diagnostics.push(diagnostics::staged_needs_api(app, version));
    }
    if create {
        reply.planned = planned;
        return reply;
    }
    reply.identity.clone_from(&request.identity);
    if planned.get(APP) != prior.get(APP) {
        reply.requires_replace.push(Path::attribute(APP));
        reply.planned = planned;
        return reply;
    }
    let (rotate, revoke) = wanted(prior, &planned, &memory);
    if rotate {
        for name in [KEY, ROTATED_AT, PREVIOUS_STATE, PREVIOUS_EXPIRES] {
            planned.put(name, Value::Unknown);
        }
    } else if revoke {
        for name in [PREVIOUS_STATE, PREVIOUS_EXPIRES] {
            planned.put(name, Value::Unknown);
        }
    }
    judge(app, prior, &planned, &memory, context, (rotate, revoke), &mut reply.diagnostics);
    reply.planned = planned;
    reply
}

/// Whether a plan rotates, and whether it ends what was before.
pub fn wanted(prior: &Value, planned: &Value, memory: &Memory) -> (bool, bool) {
    // An import knows no values: those that are written first are the ones that hold already.
    let first = |attribute: &str| memory.imported && prior.get(attribute).is_null();
    let is = |attribute: &str| changes(attribute, prior, planned) && !first(attribute);
    (is(ROTATE), is(REVOKE))
}

fn judge(
    app: &str,
    prior: &Value,
    planned: &Value,
    memory: &Memory,
    context: &PlanContext,
    (rotate, revoke): (bool, bool),
    found: &mut Diagnostics,
) {
    let key = prior.get(KEY).as_text().unwrap_or_default();
    let own = context.client_id.as_deref().filter(|_| !context.allow_self_lockout);
    // Values that are known after apply may turn out to be the old ones.
    let sure = |attribute: &str| planned.get(attribute).is_wholly_known();
    if rotate && sure(ROTATE) {
        // As the engine sees it: what was asked for, both at once, has come about.
        let ended = revoke
            && prior.get(PREVIOUS_STATE).is_null()
            && memory.foreign.is_none()
            && memory.key.as_deref().is_some_and(|before| before != key);
        if memory.rotated_since.is_some() || ended {
            found.push(
                diagnostics::rotation_made_before(
                    app,
                    memory.rotated_since.as_deref().filter(|it| !it.is_empty()),
                )
                .at_attribute(ROTATE),
            );
        } else if own == Some(key) {
            found.push(diagnostics::self_lockout(app, "rotate").at_attribute(ROTATE));
        } else if let Some((by, on)) = &memory.foreign {
            let staged = Staged {
                id: String::new(),
                key: None,
                state: StagedState::Active,
                created_by: by.clone(),
                created_date: on.clone(),
                expiration_date: None,
            };
            found.push(diagnostics::foreign_stage(app, &staged, ROTATE));
        } else {
            let previous = prior.get(PREVIOUS_STATE).as_text().filter(|state| *state == "Rotated");
            let previous = previous.and(prior.get(PREVIOUS_EXPIRES).as_text().or(Some("an unknown day")));
            found.push(diagnostics::rotation_planned(app, key, revoke, previous).at_attribute(ROTATE));
        }
    }
    if revoke && sure(REVOKE) {
        if own.is_some() && own == memory.previous_key.as_deref() {
            found.push(diagnostics::self_lockout(app, "revoke").at_attribute(REVOKE));
        } else if prior.get(PREVIOUS_STATE).as_text() == Some("Rotated") && !rotate {
            found.push(diagnostics::previous_end(app, memory.previous_key.as_deref()).at_attribute(REVOKE));
        }
    }
}
