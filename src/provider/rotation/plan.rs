//! The plan for a rotation. It performs no I/O: the state and the private state contain the values that the last read
//! found.

use super::memory::Memory;
use super::{
    APP, ATTRIBUTES, DEFAULT_WAIT, KEY, PREVIOUS_EXPIRES, PREVIOUS_STATE, REVOKE, ROTATE, ROTATED_AT, Role,
    changes, schema,
};
use crate::org::STAGED_SINCE;
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
    if (rotate || revoke) && prior.get(KEY).is_null() {
        reply.diagnostics.push(diagnostics::rotation_unread(app).at_attribute(if rotate {
            ROTATE
        } else {
            REVOKE
        }));
        reply.planned = planned;
        return reply;
    }
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

/// Whether a plan rotates, and whether it revokes the previous credentials.
pub fn wanted(prior: &Value, planned: &Value, memory: &Memory) -> (bool, bool) {
    let is = |attribute: &str| {
        changes(attribute, prior, planned) && !takes_over(attribute, prior, planned, memory)
    };
    (is(ROTATE), is(REVOKE))
}

/// Whether values are the first ones after an import, which are recorded as current.
fn takes_over(attribute: &str, prior: &Value, planned: &Value, memory: &Memory) -> bool {
    memory.imported.is_some() && prior.get(attribute).is_null() && changes(attribute, prior, planned)
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
    for attribute in [ROTATE, REVOKE] {
        if takes_over(attribute, prior, planned, memory) {
            found.push(diagnostics::initial_values_recorded(app, attribute).at_attribute(attribute));
        }
    }
    // Values that are known only after apply may be unchanged, so nothing is rejected yet.
    let sure = |attribute: &str| planned.get(attribute).is_wholly_known();
    let previous = prior.get(PREVIOUS_STATE).as_text().filter(|state| *state == "Rotated");
    let previous = previous.and(prior.get(PREVIOUS_EXPIRES).as_text().or(Some("an unknown date")));
    if rotate {
        let done = if revoke { &memory.rotated_and_ended } else { &memory.rotated };
        let rejected = if done.is_some() {
            None
        } else if own == Some(key) {
            Some(diagnostics::self_lockout(app, "rotate"))
        } else {
            memory.foreign.as_ref().map(|it| diagnostics::staged_by_another_user(app, &it.by, &it.on, ROTATE))
        };
        found.push(match (rejected, done) {
            (Some(rejected), _) if sure(ROTATE) => rejected.at_attribute(ROTATE),
            (_, Some(date)) => {
                let date = Some(date.as_str()).filter(|date| !date.is_empty());
                diagnostics::rotation_made_before(app, date).at_attribute(ROTATE)
            }
            _ => diagnostics::rotation_planned(app, key, revoke, previous, sure(ROTATE)).at_attribute(ROTATE),
        });
    }
    if revoke && (previous.is_some() || !sure(REVOKE)) {
        let is_own = own.is_some() && own == memory.previous_key.as_deref();
        if is_own && sure(REVOKE) {
            found.push(diagnostics::self_lockout(app, "revoke").at_attribute(REVOKE));
        } else if !rotate {
            let ends = diagnostics::previous_end(app, memory.previous_key.as_deref(), sure(REVOKE));
            found.push(ends.at_attribute(REVOKE));
        }
    }
}
