//! What the plans of one run say together: two resources that name one app, one that goes and one that stays or comes, an
//! app that goes while its parts stay, policies that need what the settings forbid.
//!
//! Terraform plans resources in an order of its own, and whichever comes second is told. That adds errors, never a
//! planned value. What is not in this run (another workspace, `-target`) is not known here, and neither is an app whose
//! name is known only after apply: `engine/claims` and the org say it then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::catalog::{self, Managed};
use super::combination::Is;
use super::diagnostics::{self, Diagnostic, Diagnostics};
use super::operations::{PlanReply, PlanRequest};
use super::plan::has_own_consumer;
use super::resource_spec::{Destruction, ResourceSpec, Subject};
use crate::metadata::same_meaning;
use crate::value::Value;

/// What an attribute of one resource needs of an attribute of another one of the same app.
#[derive(Debug)]
pub struct Need {
    pub of: &'static ResourceSpec,
    pub attribute: &'static str,
    pub is: Is,
    pub other: &'static ResourceSpec,
    pub needs: &'static str,
    pub unless: Is,
    /// What is wrong. `{app}` is the app's name.
    pub message: &'static str,
}

/// A resource by its type and its app's name in lower case.
type Key = (&'static str, String);

/// The resources that were planned.
#[derive(Debug, Default)]
pub struct Neighbours {
    planned: Mutex<BTreeMap<Key, Planned>>,
    /// The resource types that manage an app, by its name in lower case.
    kinds: Mutex<BTreeMap<String, BTreeSet<&'static str>>>,
}

#[derive(Debug, Default)]
struct Planned {
    app: String,
    /// The resource type that the user wrote, of what stays or comes.
    by: String,
    /// What stays or comes. None: nothing but a destroy was planned.
    values: Option<Value>,
    /// What the state had before; null when it comes.
    before: Value,
    /// The org has it already, says the state.
    exists: bool,
    /// The flows are those of another org's consumer, which say nothing here.
    foreign: bool,
    /// What another address of the state has, and gives up.
    goes: Option<Goes>,
    /// What was planned is done.
    applied: bool,
}

/// What an address of the state has, and the plan takes away.
#[derive(Debug)]
struct Goes {
    values: Value,
    /// The resource type that the user wrote.
    by: String,
    /// What the resource there becomes: nothing; or something else, by its app's name as far as that is known.
    becomes: Becomes,
}

/// What becomes of a resource that gives up what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes {
    Nothing,
    /// The same type for another app.
    Another(Option<String>),
}

impl Planned {
    /// What is wrong when a resource has what stays or comes here, and gives it up. Terraform may do both in any
    /// order, and something new that is like what is there looks like the trace of an interrupted run. Something else is
    /// waited for until the old one is gone.
    fn lost_to(&self, spec: &ResourceSpec) -> Option<Diagnostic> {
        let (Some(values), Some(goes), Some(attribute)) = (&self.values, &self.goes, spec.naming_attribute())
        else {
            return None;
        };
        let mut differing = spec.rows().filter(|row| {
            let (old, new) = (goes.values.get(row.field.attribute), values.get(row.field.attribute));
            !new.is_unknown() && !same_meaning(row.field, old, new)
        });
        // Another type of resource does not look whether it is the same: it is the same app.
        let changes_type = goes.by != self.by;
        if changes_type {
            return Some(diagnostics::changes_type(&goes.by, &self.by, spec.noun, &self.app));
        }
        let moves = || diagnostics::moves(&self.by, spec.noun, attribute, &self.app, &goes.becomes);
        (self.exists || differing.next().is_none()).then(moves)
    }
}

impl Neighbours {
    /// Notes a plan, and says what it and the earlier ones must not say together.
    pub fn check(
        &self,
        spec: &'static ResourceSpec,
        request: &PlanRequest,
        reply: &PlanReply,
    ) -> Diagnostics {
        let mut found = Diagnostics::default();
        // What an org has once is not looked at here.
        let Some(attribute) = spec.naming_attribute() else { return found };
        if request.proposed.is_null() {
            return self.check_destroy(spec, attribute, request);
        }
        let create = request.prior.is_null();
        // A replacement is planned twice; the second time it has no prior state, but the private state of the first.
        let again = create && !request.private.is_empty();
        if !create && reply.private.is_empty() {
            return found;
        }
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let names = |value: &Value| value.get(attribute).as_text().map(str::to_owned);
        let (before, after) = (names(&request.prior), names(&reply.planned));
        if let Some(before) = before.filter(|before| after.as_ref() != Some(before)) {
            let becomes = Becomes::Another(after.clone());
            found.extend(give_up(&mut planned, spec, &before, request, becomes));
        }
        let Some(app) = after.as_deref() else { return found };
        let key = (spec.name, app.to_lowercase());
        let mut noted = planned.remove(&key).filter(|noted| !noted.applied).unwrap_or_default();
        if noted.values.is_some() && !again && names_itself(spec, request) && !self.is_of_two_kinds(app) {
            found.push(diagnostics::named_twice(&request.type_name, attribute, app, &noted.app));
        }
        // Names that differ in case only are one app, and so the org refuses the new one as long as the old one is there.
        noted.goes = noted.goes.filter(|goes| goes.values.get(attribute).as_text() == Some(app));
        noted.exists = request.prior.get(attribute).as_text() == Some(app);
        noted.foreign = uses_foreign_consumer(spec, request);
        noted.values = Some(reply.planned.clone());
        noted.before = request.prior.clone();
        app.clone_into(&mut noted.app);
        noted.by.clone_from(&request.type_name);
        found.extend(noted.lost_to(spec).map(|lost| lost.at_attribute(attribute)));
        planned.insert(key, noted);
        found.extend(stays_behind(&planned, spec, app));
        for need in catalog::needs().filter(|need| need.of.name == spec.name || need.other.name == spec.name)
        {
            let values = |of: &'static ResourceSpec, attribute: &str| {
                let noted = planned.get(&(of.name, app.to_lowercase())).filter(|noted| !noted.foreign)?;
                let value = noted.values.as_ref()?.get(attribute);
                Some((value.clone(), noted.before.get(attribute) == value))
            };
            let of = values(need.of, need.attribute);
            let Some((of, other)) = of.zip(values(need.other, need.needs)) else { continue };
            let holds = |is: Is, value: &Value| is.holds(value, value) == Some(true);
            // What the org has so already, it takes.
            let stays = of.1 && other.1;
            if !stays && holds(need.is, &of.0) && holds(need.unless, &other.0) {
                let at = if need.of.name == spec.name { need.attribute } else { need.needs };
                found.push(diagnostics::unmet_need(at, need.message, app));
            }
        }
        found
    }

    /// Whether that is said already.
    fn is_of_two_kinds(&self, app: &str) -> bool {
        let kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.get(&app.to_lowercase()).is_some_and(are_two)
    }

    /// Refuses to manage an app as a whole and in parts.
    pub fn check_kind(&self, managed: Managed, request: &PlanRequest) -> Option<Diagnostic> {
        let Subject::App { attribute, .. } = managed.subject() else { return None };
        let app = request.config.get(attribute).as_text()?;
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let kinds = kinds.entry(app.to_lowercase()).or_default();
        kinds.insert(managed.name());
        let takes_part = matches!(managed, Managed::Metadata(_) | Managed::Union(_));
        (takes_part && are_two(kinds)).then(|| diagnostics::managed_twice(managed.name(), attribute, app))
    }

    /// What would be deleted under one address while another has it.
    fn check_destroy(
        &self,
        spec: &'static ResourceSpec,
        attribute: &str,
        request: &PlanRequest,
    ) -> Diagnostics {
        let app = request.prior.get(attribute).as_text().unwrap_or_default();
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        give_up(&mut planned, spec, app, request, Becomes::Nothing)
    }

    /// Whether what a resource is a part of is made in this run, as far as that is planned by now.
    pub fn is_made(&self, spec: &ResourceSpec, app: &str) -> bool {
        let planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        catalog::RESOURCES.iter().any(|whole| {
            let noted = planned.get(&(whole.name, app.to_lowercase()));
            whole.name != spec.name
                && whole.takes_along(spec)
                && noted.is_some_and(|noted| noted.values.is_some() && !noted.exists)
        })
    }

    /// Notes that what was planned for an app is done, so that the next plan of it is that of the same resource.
    pub fn applied(&self, spec: &'static ResourceSpec, prior: &Value, planned: &Value) {
        let Some(attribute) = spec.naming_attribute() else { return };
        let apps = [prior, planned].map(|value| value.get(attribute).as_text().map(str::to_lowercase));
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        apps.iter().flatten().for_each(|app| drop(kinds.remove(app)));
        drop(kinds);
        let mut noted = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        for app in apps.into_iter().flatten() {
            if let Some(noted) = noted.get_mut(&(spec.name, app)) {
                noted.applied = true;
            }
        }
    }
}

/// Whether this is what names the resource: of a union it is the whole, and its other members name the same.
fn names_itself(spec: &ResourceSpec, request: &PlanRequest) -> bool {
    let union = catalog::UNIONS.iter().find(|union| union.name == request.type_name);
    union.is_none_or(|union| union.whole().name == spec.name)
}

/// Whether there is a union among these, and one of its members by itself.
fn are_two(kinds: &BTreeSet<&'static str>) -> bool {
    catalog::UNIONS.iter().any(|union| {
        let by_itself = union.members.iter().any(|member| kinds.contains(member.spec.name));
        by_itself && kinds.contains(union.name)
    })
}

/// Notes that an address gives up what it has, and says what that does to others.
fn give_up(
    planned: &mut BTreeMap<Key, Planned>,
    spec: &'static ResourceSpec,
    app: &str,
    request: &PlanRequest,
    becomes: Becomes,
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
    noted.goes = Some(Goes { values: request.prior.clone(), by: request.type_name.clone(), becomes });
    found.extend(noted.lost_to(spec));
    found.extend(stays_behind(planned, spec, app));
    found
}

/// An app that goes while something of it stays: the org deletes it with the app, and the state would go on having it.
fn stays_behind(planned: &BTreeMap<Key, Planned>, spec: &ResourceSpec, app: &str) -> Option<Diagnostic> {
    let noted = |resource: &'static str| {
        planned.get(&(resource, app.to_lowercase())).filter(|noted| noted.app == app && !noted.applied)
    };
    let whole = catalog::APP;
    noted(whole.name)?.goes.as_ref()?;
    let has_it =
        |resource: &'static str| noted(resource).is_some_and(|noted| noted.values.is_some() && noted.exists);
    let mut parts =
        catalog::RESOURCES.iter().filter(|part| spec.name == whole.name || spec.name == part.name);
    let part = parts.find(|part| part.name != whole.name && has_it(part.name))?;
    Some(diagnostics::stays_behind(whole.name, part.name, part.noun, app))
}

/// Whether the flows of a resource are those of another org's consumer, which say nothing here.
fn uses_foreign_consumer(spec: &ResourceSpec, request: &PlanRequest) -> bool {
    let link = spec.link_row().map(|row| request.config.get(row.field.attribute));
    link.is_some_and(|link| !link.is_null()) && !has_own_consumer(spec, &request.prior)
}
