//! What the plans of one run say together: two resources that name one app, one that goes and one that stays or comes,
//! policies that need what the settings forbid.
//!
//! Terraform plans resources in an order of its own, and whichever comes second is told. That adds errors, never a
//! planned value. What is not in this run (another workspace, `-target`) is not known here, and neither is an app whose
//! name is known only after apply: the org says it then.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::catalog;
use super::combination::Is;
use super::diagnostics::{self, Diagnostics};
use super::operations::{PlanReply, PlanRequest};
use super::plan::has_own_consumer;
use super::resource_spec::{Destruction, ResourceSpec};
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
pub struct Neighbours(Mutex<BTreeMap<Key, Planned>>);

#[derive(Debug, Default)]
struct Planned {
    app: String,
    /// What stays or comes. None: nothing but a destroy was planned.
    values: Option<Value>,
    /// What the state had before; null when it comes.
    before: Value,
    /// The org has it already, says the state.
    exists: bool,
    /// The flows are those of another org's consumer, which say nothing here.
    foreign: bool,
    /// What another address of the state has, and is to be destroyed. Replacements are not: Terraform plans no destroy for
    /// them.
    goes: Option<Value>,
    /// What was planned is done.
    applied: bool,
}

impl Planned {
    /// Whether what stays or comes is what goes. Terraform may do both in any order: something new that is like what is
    /// there is taken over, and then deleted. Something else is refused as long as the old one is there.
    fn is_lost(&self, spec: &ResourceSpec) -> bool {
        let (Some(values), Some(goes)) = (&self.values, &self.goes) else { return false };
        let mut differing = spec.rows().filter(|row| {
            let (old, new) = (goes.get(row.field.attribute), values.get(row.field.attribute));
            !new.is_unknown() && !same_meaning(row.field, old, new)
        });
        self.exists || differing.next().is_none()
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
        let Some(app) = reply.planned.get(attribute).as_text() else { return found };
        let create = request.prior.is_null();
        // A replacement is planned twice; the second time it has no prior state, but the private state of the first.
        let again = create && !request.private.is_empty();
        if !create && reply.private.is_empty() {
            return found;
        }
        let mut planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (spec.name, app.to_lowercase());
        let mut noted = planned.remove(&key).filter(|noted| !noted.applied).unwrap_or_default();
        if noted.values.is_some() && !again {
            found.push(diagnostics::named_twice(spec.name, attribute, app, &noted.app));
        }
        // Names that differ in case only are one app, and so the org refuses the new one as long as the old one is there.
        noted.goes = noted.goes.filter(|goes| goes.get(attribute).as_text() == Some(app));
        noted.exists = request.prior.get(attribute).as_text() == Some(app);
        noted.foreign = uses_foreign_consumer(spec, request);
        noted.values = Some(reply.planned.clone());
        noted.before = request.prior.clone();
        app.clone_into(&mut noted.app);
        if noted.is_lost(spec) {
            found.push(diagnostics::moves(spec.name, spec.noun, app).at_attribute(attribute));
        }
        planned.insert(key, noted);
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

    /// What would be deleted under one address while another has it.
    fn check_destroy(
        &self,
        spec: &'static ResourceSpec,
        attribute: &str,
        request: &PlanRequest,
    ) -> Diagnostics {
        let app = request.prior.get(attribute).as_text().unwrap_or_default();
        if !matches!(spec.destruction, Destruction::Deletes(_)) {
            return Diagnostics::default();
        }
        let mut planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = planned.entry((spec.name, app.to_lowercase())).or_default();
        if noted.applied || (noted.values.is_some() && noted.app != app) {
            *noted = Planned::default();
        }
        app.clone_into(&mut noted.app);
        noted.goes = Some(request.prior.clone());
        if noted.is_lost(spec) {
            diagnostics::moves(spec.name, spec.noun, app).into()
        } else {
            Diagnostics::default()
        }
    }

    /// Notes that what was planned for an app is done, so that the next plan of it is that of the same resource.
    pub fn applied(&self, spec: &'static ResourceSpec, prior: &Value, planned: &Value) {
        let Some(attribute) = spec.naming_attribute() else { return };
        let apps = [prior, planned].map(|value| value.get(attribute).as_text().map(str::to_lowercase));
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for app in apps.into_iter().flatten() {
            if let Some(noted) = noted.get_mut(&(spec.name, app)) {
                noted.applied = true;
            }
        }
    }
}

/// Whether the flows of a resource are those of another org's consumer, which say nothing here.
fn uses_foreign_consumer(spec: &ResourceSpec, request: &PlanRequest) -> bool {
    let link = spec.link_row().map(|row| request.config.get(row.field.attribute));
    link.is_some_and(|link| !link.is_null()) && !has_own_consumer(spec, &request.prior)
}
