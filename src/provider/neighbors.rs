//! Conflicts between the plans in one run: two resources for one app, a resource that is removed at one address and
//! kept at another, an app that is deleted while its settings remain, or policies that require different settings.
//!
//! Terraform plans resources in any order, and the second of two plans reports the conflict. This module adds errors
//! and never changes a planned value. Not here: resources that are not part of the run (another workspace, `-target`),
//! and apps whose name is known only after apply. `engine/claims` and Salesforce report these conflicts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use super::catalog::{self, Managed};
use super::combination::Condition;
use super::diagnostics::{self, Diagnostic, Diagnostics};
use super::operations::{PlanReply, PlanRequest};
use super::plan::has_own_consumer;
use super::resource_spec::{Destruction, ResourceSpec, Subject};
use crate::lock::lock;
use crate::metadata::same_meaning;
use crate::value::Value;

/// A requirement that an attribute has on an attribute of another resource of the same app.
#[derive(Debug)]
pub struct Need {
    pub of: &'static ResourceSpec,
    pub attribute: &'static str,
    pub is: Condition,
    pub other: &'static ResourceSpec,
    pub needs: &'static str,
    /// Whether an org accepts the combination, so that it is only a warning.
    pub is_accepted: bool,
    pub unless: Condition,
    /// The message. `{app}` is the name of the app.
    pub message: &'static str,
}

/// Resource type, and the name of the app in lower case.
type Key = (&'static str, String);

/// The planned resources.
#[derive(Debug, Default)]
pub struct Neighbors {
    planned: Mutex<BTreeMap<Key, Planned>>,
    /// The resource types that manage an app, by its name in lower case.
    kinds: Mutex<BTreeMap<String, BTreeSet<&'static str>>>,
}

#[derive(Debug, Default)]
struct Planned {
    app: String,
    /// The resource type in the configuration.
    by: String,
    /// The planned values, or `None` if only a destroy was planned.
    values: Option<Value>,
    /// The prior state, which is null for a create.
    before: Value,
    /// Whether the resource is in the state.
    exists: bool,
    /// Whether the consumer belongs to another org. In that case, its flows are not known.
    foreign: bool,
    /// The resource that the plan removes at another address, if any.
    removal: Option<Removal>,
    /// Whether the plan was applied.
    applied: bool,
}

/// A resource that the plan removes at an address.
#[derive(Debug)]
struct Removal {
    values: Value,
    /// The resource type in the configuration.
    by: String,
    /// What the plan has at that address instead.
    becomes: ReplacedBy,
}

/// What the plan has at an address instead of the removed resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplacedBy {
    Nothing,
    /// A resource of the same type for another app, with the name of that app if it is known.
    Another(Option<String>),
}

impl Planned {
    /// The error if the plan removes the app at one address and contains it at another address. Terraform may apply the
    /// two changes in any order, and an identical new resource would be treated as the result of an interrupted run. A
    /// new resource with different values waits for the deletion.
    fn conflict(&self, spec: &ResourceSpec) -> Option<Diagnostic> {
        let (Some(values), Some(removal), Some(attribute)) =
            (&self.values, &self.removal, spec.naming_attribute())
        else {
            return None;
        };
        let mut differing = spec.rows().filter(|row| {
            let (old, new) = (removal.values.get(row.field.attribute), values.get(row.field.attribute));
            !new.is_unknown() && !same_meaning(row.field, old, new)
        });
        // If the type changes, both resources are the same app, regardless of their values.
        let changes_type = removal.by != self.by;
        if changes_type {
            return Some(diagnostics::changes_type(&removal.by, &self.by, spec.noun, &self.app));
        }
        let moves = || diagnostics::moves(&self.by, spec.noun, attribute, &self.app, &removal.becomes);
        (self.exists || differing.next().is_none()).then(moves)
    }
}

impl Neighbors {
    /// Records a plan, and returns its conflicts with earlier plans.
    pub fn check(
        &self,
        spec: &'static ResourceSpec,
        request: &PlanRequest,
        reply: &PlanReply,
    ) -> Diagnostics {
        let mut found = Diagnostics::default();
        // Org settings are not checked here.
        let Some(attribute) = spec.naming_attribute() else { return found };
        if request.proposed.is_null() {
            return self.check_destroy(spec, attribute, request);
        }
        let create = request.prior.is_null();
        // Terraform plans a replacement twice. The second plan has no prior state, but has the private state of the
        // first plan.
        let again = create && !request.private.is_empty();
        if !create && reply.private.is_empty() {
            return found;
        }
        let mut planned = lock(&self.planned);
        let names = |value: &Value| value.get(attribute).as_text().map(str::to_owned);
        let (before, after) = (names(&request.prior), names(&reply.planned));
        if let Some(before) = before.filter(|before| after.as_ref() != Some(before)) {
            let becomes = ReplacedBy::Another(after.clone());
            found.extend(record_removal(&mut planned, spec, &before, request, becomes));
        }
        let Some(app) = after.as_deref() else { return found };
        let key = (spec.name, app.to_lowercase());
        let mut noted = planned.remove(&key).filter(|noted| !noted.applied).unwrap_or_default();
        if noted.values.is_some() && !again && names_itself(spec, request) && !self.is_of_two_kinds(app) {
            found.push(diagnostics::named_twice(&request.type_name, attribute, app, &noted.app));
        }
        // Names that differ only in case refer to the same app, so Salesforce rejects the new app while the old one
        // exists.
        noted.removal = noted.removal.filter(|removal| removal.values.get(attribute).as_text() == Some(app));
        noted.exists = request.prior.get(attribute).as_text() == Some(app);
        noted.foreign = uses_foreign_consumer(spec, request);
        noted.values = Some(reply.planned.clone());
        noted.before = request.prior.clone();
        app.clone_into(&mut noted.app);
        noted.by.clone_from(&request.type_name);
        found.extend(noted.conflict(spec).map(|lost| lost.at_attribute(attribute)));
        planned.insert(key, noted);
        found.extend(orphaned_settings(&planned, spec, app));
        let mut accepted = Vec::new();
        for need in catalog::needs().filter(|need| need.of.name == spec.name || need.other.name == spec.name)
        {
            let values = |of: &'static ResourceSpec, attribute: &str| {
                let noted = planned.get(&(of.name, app.to_lowercase())).filter(|noted| !noted.foreign)?;
                let value = noted.values.as_ref()?.get(attribute);
                Some((value.clone(), noted.before.get(attribute) == value))
            };
            let of = values(need.of, need.attribute);
            let Some((of, other)) = of.zip(values(need.other, need.needs)) else { continue };
            let holds = |is: Condition, value: &Value| is.holds(value, value) == Some(true);
            // If neither value changes, the org already has this combination.
            let stays = of.1 && other.1;
            if !stays && holds(need.is, &of.0) && holds(need.unless, &other.0) {
                let at = if need.of.name == spec.name { need.attribute } else { need.needs };
                let unmet = diagnostics::unmet_need(at, need.message, app, need.is_accepted);
                if need.is_accepted { accepted.push(unmet) } else { found.push(unmet) }
            }
        }
        found.extend(Diagnostics::combined(accepted));
        found
    }

    /// Whether `check_kind` already reports an error for the app.
    fn is_of_two_kinds(&self, app: &str) -> bool {
        let kinds = lock(&self.kinds);
        kinds.get(&app.to_lowercase()).is_some_and(are_two)
    }

    /// Rejects an app that is managed as a whole and in parts.
    pub fn check_kind(&self, managed: Managed, request: &PlanRequest) -> Option<Diagnostic> {
        let Subject::App { attribute, .. } = managed.subject() else { return None };
        let app = request.config.get(attribute).as_text()?;
        let mut kinds = lock(&self.kinds);
        let kinds = kinds.entry(app.to_lowercase()).or_default();
        kinds.insert(managed.name());
        let takes_part = matches!(managed, Managed::Metadata(_) | Managed::Union(_));
        (takes_part && are_two(kinds)).then(|| diagnostics::managed_twice(managed.name(), attribute, app))
    }

    /// Records the plan for a destroy, and returns its conflicts with earlier plans.
    fn check_destroy(
        &self,
        spec: &'static ResourceSpec,
        attribute: &str,
        request: &PlanRequest,
    ) -> Diagnostics {
        let app = request.prior.get(attribute).as_text().unwrap_or_default();
        let mut planned = lock(&self.planned);
        record_removal(&mut planned, spec, app, request, ReplacedBy::Nothing)
    }

    /// Whether this run creates the app or settings that a resource belongs to, according to the plans so far.
    pub fn is_created(&self, spec: &ResourceSpec, app: &str) -> bool {
        let planned = lock(&self.planned);
        catalog::RESOURCES.iter().any(|whole| {
            let noted = planned.get(&(whole.name, app.to_lowercase()));
            whole.name != spec.name
                && whole.also_deletes(spec)
                && noted.is_some_and(|noted| noted.values.is_some() && !noted.exists)
        })
    }

    /// Records that a plan was applied, so that the next plan for the app is treated as a plan for the same resource.
    pub fn applied(&self, spec: &'static ResourceSpec, prior: &Value, planned: &Value) {
        let Some(attribute) = spec.naming_attribute() else { return };
        let apps = [prior, planned].map(|value| value.get(attribute).as_text().map(str::to_lowercase));
        let mut kinds = lock(&self.kinds);
        apps.iter().flatten().for_each(|app| drop(kinds.remove(app)));
        drop(kinds);
        let mut noted = lock(&self.planned);
        for app in apps.into_iter().flatten() {
            if let Some(noted) = noted.get_mut(&(spec.name, app)) {
                noted.applied = true;
            }
        }
    }
}

/// Whether this resource names the app. In a union, only the first member names the app.
fn names_itself(spec: &ResourceSpec, request: &PlanRequest) -> bool {
    let union = catalog::UNIONS.iter().find(|union| union.name == request.type_name);
    union.is_none_or(|union| union.first().name == spec.name)
}

/// Whether the types contain a union and one of its members.
fn are_two(kinds: &BTreeSet<&'static str>) -> bool {
    catalog::UNIONS.iter().any(|union| {
        let by_itself = union.members.iter().any(|member| kinds.contains(member.spec.name));
        by_itself && kinds.contains(union.name)
    })
}

/// Records a removal at an address, and returns its conflicts.
fn record_removal(
    planned: &mut BTreeMap<Key, Planned>,
    spec: &'static ResourceSpec,
    app: &str,
    request: &PlanRequest,
    becomes: ReplacedBy,
) -> Diagnostics {
    let mut found = Diagnostics::default();
    if !matches!(spec.destruction, Destruction::Deletes(_)) {
        return found;
    }
    let noted = planned.entry((spec.name, app.to_lowercase())).or_default();
    if noted.applied || (noted.values.is_some() && noted.app != app) {
        *noted = Planned::default();
    }
    app.clone_into(&mut noted.app);
    noted.removal = Some(Removal { values: request.prior.clone(), by: request.type_name.clone(), becomes });
    found.extend(noted.conflict(spec));
    found.extend(orphaned_settings(planned, spec, app));
    found
}

/// The error if an app is deleted and a dependent resource remains. Salesforce deletes both.
fn orphaned_settings(planned: &BTreeMap<Key, Planned>, spec: &ResourceSpec, app: &str) -> Option<Diagnostic> {
    let noted = |resource: &'static str| {
        planned.get(&(resource, app.to_lowercase())).filter(|noted| noted.app == app && !noted.applied)
    };
    let whole = catalog::APP;
    noted(whole.name)?.removal.as_ref()?;
    let has_it =
        |resource: &'static str| noted(resource).is_some_and(|noted| noted.values.is_some() && noted.exists);
    let mut parts =
        catalog::RESOURCES.iter().filter(|part| spec.name == whole.name || spec.name == part.name);
    let part = parts.find(|part| part.name != whole.name && has_it(part.name))?;
    Some(diagnostics::orphaned_settings(whole.name, part.name, part.noun, app))
}

/// Whether the consumer belongs to another org. In that case, its flows are not known.
fn uses_foreign_consumer(spec: &ResourceSpec, request: &PlanRequest) -> bool {
    let link = spec.link_row().map(|row| request.config.get(row.field.attribute));
    link.is_some_and(|link| !link.is_null()) && !has_own_consumer(spec, &request.prior)
}
