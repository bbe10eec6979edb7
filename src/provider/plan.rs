//! The plan function, which computes the planned state from the configuration and the prior state. It uses neither the
//! org nor the clock.
//!
//! Information about the org that a read has stored may add messages, but never changes a planned value.

use std::collections::BTreeSet;

use super::danger::Transition;
use super::diagnostics::{self, Diagnostic, Diagnostics, Removed, Successor};
use super::lockout::OwnLogin;
use super::operations::{PlanReply, PlanRequest};
use super::private::PrivateState;
use super::resource_spec::{
    Creation, DELETION_PROTECTION, Destruction, ID, NAMESPACE, ORG_ID, ResourceSpec, Row,
};
use super::{timeouts, validate};
use crate::metadata::{self, Compared, Kind, Omitted, OnChange};
use crate::value::{Path, Value};

/// The parts of the provider block and the connection that a plan depends on.
#[derive(Clone, Debug, Default)]
pub struct PlanContext {
    /// The API version of the connected org, if known.
    pub version: Option<u16>,
    /// The client ID that the provider logs in with.
    pub client_id: Option<String>,
    pub login: OwnLogin,
    pub allow_self_lockout: bool,
    /// `Some` if the resource is tainted: it is planned as new, although this run has read it. The value is whether the
    /// resource was protected. It does not affect planned values.
    pub tainted: Option<bool>,
    /// Whether another resource in the configuration manages the same org settings. This affects only messages.
    pub twice: bool,
    /// Whether this run creates the app or settings that the resource belongs to. This affects only messages.
    pub new_app: bool,
}

/// Plans a create, an update or a destroy.
pub fn plan(spec: &ResourceSpec, request: &PlanRequest, context: &PlanContext) -> PlanReply {
    let private = PrivateState::read(&request.private);
    if request.proposed.is_null() {
        return plan_destroy(spec, request, &private, context);
    }
    let create = request.prior.is_null();
    let mut reply = PlanReply::default();
    let planned = planned_state(spec, request, &private);

    reply.diagnostics.extend(validate::check_new_prose(spec, &request.config, &request.prior));
    if let Some(version) = context.version {
        check_versions(spec, &request.config, version, &mut reply.diagnostics);
    }
    reply
        .diagnostics
        .extend(spec.combinations.iter().filter_map(|it| it.check_planned(spec, request, &planned)));
    if context.twice {
        let app = spec.subject_in(&request.config).unwrap_or_default();
        reply.diagnostics.push(diagnostics::duplicate_resource(spec, spec.name, app));
    }
    if create {
        // The existing settings of an org are not known before they are adopted, so each may change. A new app has no
        // clients or users.
        let adopted = spec.creation == Creation::Adopts
            && spec.subject_in(&request.config).is_some()
            && !context.new_app;
        let dangers = spec.dangers.iter().filter(|it| adopted || it.change == Transition::On);
        let subject = spec.subject_in(&request.config).unwrap_or("the new app");
        let found =
            dangers.filter_map(|danger| danger.check(spec, &private, subject, &request.prior, &planned));
        reply.diagnostics.extend(Diagnostics::combined(found));
        check_foreign_consumer(spec, &request.config, &mut reply.diagnostics);
        reply.private = PrivateState {
            managed: managed(spec, &request.config, &request.prior),
            replacing: !request.private.is_empty() || context.tainted.is_some(),
            ..PrivateState::default()
        }
        .write();
        let protected = private.protected || context.tainted == Some(true);
        if !request.private.is_empty() || context.tainted.is_some() {
            let private = PrivateState { protected, ..private };
            judge_replacement(spec, request, &private, context, &mut reply.diagnostics);
        }
    } else {
        reply.requires_replace = replacements(spec, &request.prior, &planned);
        reply.private =
            PrivateState { managed: managed(spec, &request.config, &request.prior), ..private.clone() }
                .write();
        reply.identity.clone_from(&request.identity);
        judge_update(spec, request, &planned, &private, context, &mut reply);
    }
    reply.planned = planned;
    reply
}

/// The planned values.
fn planned_state(spec: &ResourceSpec, request: &PlanRequest, private: &PrivateState) -> Value {
    let (config, prior) = (&request.config, &request.prior);
    let create = prior.is_null();
    let mut planned = spec.schema().block.empty();
    for name in [ID, ORG_ID] {
        planned.put(name, if create { Value::Unknown } else { prior.get(name).clone() });
    }
    if spec.shows_namespace {
        planned.put(NAMESPACE, if create { Value::Unknown } else { prior.get(NAMESPACE).clone() });
    }
    if spec.protectable {
        let written = config.get(DELETION_PROTECTION);
        planned.put(DELETION_PROTECTION, if written.is_null() { false.into() } else { written.clone() });
    }
    planned.put(timeouts::BLOCK, config.get(timeouts::BLOCK).clone());
    if let Some(attribute) = spec.naming_attribute() {
        planned.put(attribute, config.get(attribute).clone());
    }
    for row in spec.rows() {
        let name = row.field.attribute;
        planned.put(name, planned_value(row, config.get(name), prior, private));
    }
    if !create {
        for row in spec.rows() {
            let (group, name) = (row.field.element_path().0, row.field.attribute);
            let unset = planned.get(name).is_null() && row.field.omitted == Omitted::Kept;
            // If one element of a group is set, the org sets default values for the others.
            if !group.is_empty() && unset && group_changes(spec, row, prior, &planned) {
                planned.put(name, Value::Unknown);
            }
        }
        for (dependent, on) in spec.dependents {
            if config.get(dependent).is_null() && planned.get(on) != prior.get(on) {
                planned.put(dependent, Value::Unknown);
            }
        }
    }
    planned
}

/// Whether another element of the group gets a new value. A value that is known only after apply counts as new, because
/// the plan during the apply must be consistent with this plan.
fn group_changes(spec: &ResourceSpec, row: Row, prior: &Value, planned: &Value) -> bool {
    let group = row.field.element_path().0;
    let mut siblings =
        spec.rows().filter(|other| other.part.kind == row.part.kind && other.field.element_path().0 == group);
    siblings.any(|other| {
        let name = other.field.attribute;
        !planned.get(name).is_null() && planned.get(name) != prior.get(name)
    })
}

fn planned_value(row: Row, written: &Value, prior: &Value, private: &PrivateState) -> Value {
    let name = row.field.attribute;
    if !written.is_null() {
        // An equivalent value is not a change, so the state keeps its form. Terraform compares blocks itself.
        let before = prior.get(name);
        let same = before.is_set() && metadata::same_meaning(row.field, before, written);
        let is_block = matches!(row.field.kind, Kind::Blocks(_));
        return if same && !is_block { before.clone() } else { written.clone() };
    }
    match row.field.omitted {
        Omitted::Default(value) => value.value(),
        Omitted::Required | Omitted::Cleared => Value::Null,
        Omitted::ManagedIfSet => Value::Set(Vec::new()),
        Omitted::Kept | Omitted::Computed if prior.is_null() => Value::Unknown,
        // If a link is removed, the app needs its own consumer.
        Omitted::Computed if private.managed.contains(name) => Value::Unknown,
        Omitted::Kept | Omitted::Computed => prior.get(name).clone(),
    }
}

/// Whether the consumer belongs to this org. If the configuration also has a link to it, the link is redundant: it is
/// not sent, and removing it does not replace the resource.
pub fn has_own_consumer(spec: &ResourceSpec, prior: &Value) -> bool {
    spec.key_row().is_some_and(|row| prior.get(row.field.attribute).is_set())
}

/// Reports consumer attributes that are set although the app uses the consumer of another org. Unknown values may turn
/// out to be null, so the plan during the apply checks them.
fn check_foreign_consumer(spec: &ResourceSpec, config: &Value, found: &mut Diagnostics) {
    let Some(link) = spec.link_row().map(|row| row.field.attribute) else { return };
    if !config.get(link).is_set() {
        return;
    }
    let consumers = spec.rows().filter(|row| spec.is_consumer_part(row.part)).map(|row| row.field.attribute);
    // A value that equals the default is allowed.
    let said = |name: &&str| {
        let default = spec.row(name).map_or(Value::Null, |row| row.field.omitted.value());
        config.get(name).is_set() && *config.get(name) != default
    };
    let written: Vec<&str> = consumers.filter(said).collect();
    if !written.is_empty() {
        found.push(diagnostics::foreign_consumer(link, &written));
    }
}

/// The configured attributes that are not managed if they are omitted.
fn managed(spec: &ResourceSpec, config: &Value, prior: &Value) -> BTreeSet<String> {
    let own = has_own_consumer(spec, prior);
    let rows = spec
        .rows()
        .filter(|row| row.field.omitted == Omitted::Kept || (row.field.omitted == Omitted::Computed && !own));
    let written = rows.filter(|row| !config.get(row.field.attribute).is_null());
    written.map(|row| row.field.attribute.to_owned()).collect()
}

fn replacements(spec: &ResourceSpec, prior: &Value, planned: &Value) -> Vec<Path> {
    let rows = spec.rows().filter(|row| row.field.change == OnChange::Replace).map(|row| row.field.attribute);
    let names = spec.naming_attribute().into_iter().chain(rows);
    let changed = names.filter(|name| {
        let is_redundant_link =
            spec.link == Some(*name) && names_own_consumer(spec, prior, planned.get(name));
        prior.get(name) != planned.get(name) && !is_redundant_link
    });
    changed.map(Path::attribute).collect()
}

/// Whether a link refers to the app's own consumer, which an import omits from the state.
fn names_own_consumer(spec: &ResourceSpec, prior: &Value, link: &Value) -> bool {
    let owner = link.as_text().and_then(|link| link.split_once(':')).map(|(owner, _)| owner);
    let here = |owner| {
        spec.link_row()
            .is_some_and(|row| metadata::same_meaning(row.field, &Value::text(owner), prior.get(ORG_ID)))
    };
    has_own_consumer(spec, prior) && owner.is_some_and(here)
}

/// Attributes whose changes are sent to the org.
pub fn changed_rows(spec: &ResourceSpec, prior: &Value, planned: &Value) -> Vec<Row> {
    let differs = |row: &Row| {
        let name = row.field.attribute;
        !metadata::same_meaning(row.field, prior.get(name), planned.get(name))
    };
    spec.rows().filter(differs).collect()
}

/// Checks the second plan of a replacement, including `-replace`, and the plan for a tainted resource. Neither plan has
/// a prior state, but the second plan of a replacement has the private state of the old resource. Terraform ignores the
/// warnings from the second plan, so only the plan for a tainted resource contains a warning.
fn judge_replacement(
    spec: &ResourceSpec,
    request: &PlanRequest,
    private: &PrivateState,
    context: &PlanContext,
    diagnostics: &mut Diagnostics,
) {
    if !matches!(spec.destruction, Destruction::Deletes(_)) {
        return;
    }
    let app = spec.subject_in(&request.config).unwrap_or("(known after apply)");
    if private.protected {
        diagnostics.push(diagnostics::protected(spec.noun, app, "replace"));
        return;
    }
    guard_own_app(spec, &Value::Null, private, context, app, "replace", diagnostics);
    if context.tainted.is_some() {
        diagnostics.push(diagnostics::consumer_key_destroyed(spec.noun, app, true, false));
    }
}

fn judge_update(
    spec: &ResourceSpec,
    request: &PlanRequest,
    planned: &Value,
    private: &PrivateState,
    context: &PlanContext,
    reply: &mut PlanReply,
) {
    let (prior, config) = (&request.prior, &request.config);
    let app = prior.get(spec.subject_attribute()).as_text().unwrap_or_default().to_owned();
    let diagnostics = &mut reply.diagnostics;
    if !reply.requires_replace.is_empty() {
        if prior.get(DELETION_PROTECTION) == &Value::Bool(true) {
            diagnostics.push(diagnostics::protected(spec.noun, &app, "replace"));
            return;
        }
        match spec.destruction {
            Destruction::Deletes(_) => {
                guard_own_app(spec, prior, private, context, &app, "replace", diagnostics);
                diagnostics.push(diagnostics::consumer_key_destroyed(
                    spec.noun,
                    &app,
                    true,
                    spec.shows_namespace,
                ));
            }
            // The referenced resource is replaced. With `-replace`, this is the only warning, because Terraform ignores
            // the warnings for the resource itself.
            Destruction::StopsManaging if planned.get(spec.subject_attribute()).is_unknown() => {
                diagnostics.push(diagnostics::replaced_with_its_app(spec.noun, &app));
            }
            Destruction::StopsManaging => {}
        }
        return;
    }
    let changed = changed_rows(spec, prior, planned);
    for row in spec.rows().filter(|row| row.field.compared == Compared::AsCertificate) {
        let name = row.field.attribute;
        let part_changes = changed.iter().any(|other| other.part.kind == row.part.kind);
        if part_changes && private.unreadable.contains(row.part.kind.name) && config.get(name).is_null() {
            diagnostics.push(diagnostics::unseen_would_be_cleared(name, &app));
        }
    }
    let left = no_longer_managed(spec, request, planned, private);
    diagnostics.extend(diagnostics::no_longer_managed(&left));
    let dangers = spec.dangers.iter().filter_map(|danger| danger.check(spec, private, &app, prior, planned));
    diagnostics.extend(Diagnostics::combined(dangers));
    diagnostics
        .extend(changed.iter().filter_map(|row| certificate_change(row, prior, planned, private, &app)));
    if is_own_app(spec, prior, private, context) {
        let lockouts = changed.iter().filter_map(|row| {
            spec.lockout(row.field.attribute, prior, planned, &context.login, context.version)
        });
        diagnostics.extend(lockouts.map(|it| diagnostics::self_lockout_by(&app, it.attribute, it.because)));
    }
}

/// The attributes that were removed from the configuration, with their values in the org. Attributes that control
/// access come first.
fn no_longer_managed<'a>(
    spec: &ResourceSpec,
    request: &'a PlanRequest,
    planned: &Value,
    private: &PrivateState,
) -> Vec<Removed<'a>> {
    let left = spec.rows().filter_map(|row| {
        let name = row.field.attribute;
        let value = request.prior.get(name);
        let gone = row.field.omitted == Omitted::Kept
            && private.managed.contains(name)
            && request.config.get(name).is_null()
            && !planned.get(name).is_unknown();
        (gone && !value.is_empty()).then_some(Removed {
            attribute: name,
            value,
            controls_access: spec.access_rank(name).is_some(),
        })
    });
    let mut left: Vec<Removed<'_>> = left.collect();
    left.sort_by_key(|left| spec.access_rank(left.attribute).unwrap_or(usize::MAX));
    left
}

/// The warning about a changed certificate, with fingerprints and expiry dates.
fn certificate_change(
    row: &Row,
    prior: &Value,
    planned: &Value,
    private: &PrivateState,
    app: &str,
) -> Option<Diagnostic> {
    if row.field.compared != Compared::AsCertificate {
        return None;
    }
    let name = row.field.attribute;
    let (old, new) = (prior.get(name), planned.get(name));
    let hidden = old.is_null() && private.unreadable.contains(row.part.kind.name);
    // Adding a first certificate does not affect logins.
    if old.is_empty() && !hidden {
        return None;
    }
    let facts = |value: &Value| value.as_text().and_then(metadata::certificate_facts);
    let show = |value: &Value| match (facts(value), value.as_text()) {
        (Some(facts), _) => format!("{} (valid until {})", facts.sha256_fingerprint, facts.not_after_date),
        (None, Some(name)) if !name.is_empty() => metadata::quoted(name),
        _ if value.is_unknown() => "one that is known only after apply".to_owned(),
        _ => "none".to_owned(),
    };
    let successor = match (facts(old), facts(new)) {
        _ if new.is_empty() => Successor::Nothing,
        (Some(old), Some(new)) if old.public_key == new.public_key => Successor::SameKey,
        (Some(_), Some(_)) => Successor::OtherKey,
        _ => Successor::Unknown,
    };
    let old = if hidden { "one that Salesforce does not return".to_owned() } else { show(old) };
    Some(diagnostics::certificate_changed(name, app, &old, &show(new), successor))
}

fn plan_destroy(
    spec: &ResourceSpec,
    request: &PlanRequest,
    private: &PrivateState,
    context: &PlanContext,
) -> PlanReply {
    let app = request.prior.get(spec.subject_attribute()).as_text().unwrap_or_default().to_owned();
    let mut reply = PlanReply { private: request.private.clone(), ..PlanReply::default() };
    if request.prior.get(DELETION_PROTECTION) == &Value::Bool(true) {
        reply.diagnostics.push(diagnostics::protected(spec.noun, &app, "destroy"));
        return reply;
    }
    match spec.destruction {
        Destruction::Deletes(_) => {
            guard_own_app(spec, &request.prior, private, context, &app, "destroy", &mut reply.diagnostics);
            reply.diagnostics.push(diagnostics::consumer_key_destroyed(spec.noun, &app, false, false));
        }
        Destruction::StopsManaging => {
            reply.diagnostics.push(diagnostics::stops_managing(spec.subject, spec.noun, &app));
        }
    }
    reply
}

/// Rejects destroying or replacing the app that the provider logs in with.
fn guard_own_app(
    spec: &ResourceSpec,
    prior: &Value,
    private: &PrivateState,
    context: &PlanContext,
    app: &str,
    what: &str,
    diagnostics: &mut Diagnostics,
) {
    if is_own_app(spec, prior, private, context) {
        diagnostics.push(diagnostics::self_lockout(app, what));
    }
}

/// Whether the provider logs in with the app, and a lockout is not allowed.
fn is_own_app(spec: &ResourceSpec, prior: &Value, private: &PrivateState, context: &PlanContext) -> bool {
    let own_key = spec.key_row().and_then(|row| prior.get(row.field.attribute).as_text());
    let own = private.own_app || (own_key.is_some() && own_key == context.client_id.as_deref());
    own && !context.allow_self_lockout
}

/// Reports attributes that the API version does not support.
pub fn check_versions(spec: &ResourceSpec, config: &Value, version: u16, diagnostics: &mut Diagnostics) {
    for row in spec.rows() {
        let value = config.get(row.field.attribute);
        if value.is_set()
            && let Some(problem) = metadata::version_problem(row.field, value, version)
        {
            diagnostics.push(diagnostics::newer_api_needed(row.field.attribute, problem));
        }
    }
}
