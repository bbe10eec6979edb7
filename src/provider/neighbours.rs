//! What the plans of one run say together: two resources that name one app, policies that need what the settings
//! forbid.
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
use super::resource_spec::ResourceSpec;
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

/// The resources that were planned, by type and by the app's name in lower case.
#[derive(Debug, Default)]
pub struct Neighbours(Mutex<BTreeMap<(&'static str, String), Planned>>);

#[derive(Debug)]
struct Planned {
    app: String,
    values: Value,
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
        let Some(app) = reply.planned.get(attribute).as_text() else { return found };
        let create = request.prior.is_null();
        // A replacement is planned twice; the second time it has no prior state, but the private state of the first.
        let again = create && !request.private.is_empty();
        if !create && reply.private.is_empty() {
            return found;
        }
        let mut planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (spec.name, app.to_lowercase());
        if let Some(earlier) = planned.get(&key).filter(|_| !again) {
            found.push(diagnostics::named_twice(spec.name, attribute, app, &earlier.app));
        }
        let values = if uses_foreign_consumer(spec, request) { Value::Null } else { reply.planned.clone() };
        planned.insert(key, Planned { app: app.to_owned(), values });
        for need in catalog::needs().filter(|need| need.of.name == spec.name || need.other.name == spec.name)
        {
            let values = |of: &'static ResourceSpec| planned.get(&(of.name, app.to_lowercase()));
            let (Some(of), Some(other)) = (values(need.of), values(need.other)) else { continue };
            let holds = |is: Is, value: &Value| is.holds(value, value) == Some(true);
            if holds(need.is, of.values.get(need.attribute))
                && holds(need.unless, other.values.get(need.needs))
            {
                let at = if need.of.name == spec.name { need.attribute } else { need.needs };
                found.push(diagnostics::unmet_need(at, need.message, app));
            }
        }
        found
    }
}

/// Whether the flows of a resource are those of another org's consumer, which say nothing here.
fn uses_foreign_consumer(spec: &ResourceSpec, request: &PlanRequest) -> bool {
    let link = spec.link_row().map(|row| request.config.get(row.field.attribute));
    link.is_some_and(|link| !link.is_null()) && !has_own_consumer(spec, &request.prior)
}
