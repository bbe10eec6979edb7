//! The reply to an apply of an object that exists: the values in the org, their differences from the plan, and the
//! changes by others.

use super::apply::{Apply, ApplyOutcome, has_changes};
use super::records::Records;
use super::resubmission::LAGS_OF_EFFECTS;
use super::state::{Actual, StateContext, join, private_after, same};
use super::{Engine, VERIFY_TIMEOUT, diagnostics};
use crate::metadata::Omitted;
use crate::org::{Applied, Freshness, Instant};
use crate::provider::diagnostics::{Diagnostics, StateValues};
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::{Creation, ID, ORG_ID, Row};
use crate::value::Value;

impl Engine<'_> {
    /// Creates the reply from the values of the org. Values that differ from the plan are read again, because reads may
    /// lag behind a deploy.
    pub(super) async fn reply_when_current(
        &self,
        apply: &Apply<'_>,
        actual: &Actual,
        outcome: ApplyOutcome,
    ) -> ApplyReply {
        let mut reply = self.reply_from_org(apply, actual, outcome.clone()).await;
        let is_stale = |reply: &ApplyReply| match outcome {
            ApplyOutcome::Succeeded(_) => {
                reply.diagnostics.0.iter().any(diagnostics::is_different_value_saved)
            }
            ApplyOutcome::Unknown(_) | ApplyOutcome::Failed(_) => reply.diagnostics.has_errors(),
        };
        let deadline = Instant::now() + VERIFY_TIMEOUT;
        for lag in LAGS_OF_EFFECTS {
            if !is_stale(&reply) {
                break;
            }
            if !self.wait_for_lag(apply.app, lag).await {
                break;
            }
            let again =
                self.look_up(apply.app, &apply.private, apply.session, Freshness::Now, deadline).await;
            match again {
                Ok(actual) if actual.exists() => {
                    reply = self.reply_from_org(apply, &actual, outcome.clone()).await;
                }
                _ => break,
            }
        }
        reply
    }

    /// The reply for an object that the org already has.
    pub(super) async fn reply_for_existing(&self, apply: &Apply<'_>, actual: &Actual) -> ApplyReply {
        self.reply_from_org(apply, actual, ApplyOutcome::Succeeded(Applied::default())).await
    }

    /// Creates the reply from the values of the org. A managed value that differs from the plan is an error at its
    /// attribute, unless others changed it.
    async fn reply_from_org(&self, apply: &Apply<'_>, actual: &Actual, outcome: ApplyOutcome) -> ApplyReply {
        let ApplyRequest { planned, config, prior, .. } = apply.request;
        let mut found = Diagnostics::default();
        let planned_records = self.record_names(planned, &apply.private.records, actual, &mut found).await;
        let mut records = planned_records.clone().with_known(&apply.private.records);
        if !matches!(outcome, ApplyOutcome::Succeeded(_)) {
            // The number of elements does not show whether a change to them took effect.
            records.unqueried.retain(|id| self.refers_to(prior, id));
        }
        let context = StateContext {
            spec: self.spec,
            app: apply.app,
            org_id: &apply.session.org_id_18,
            importing: false,
            before: prior,
            records: &records,
        };
        let mut state = join(&context, actual, planned);
        self.fill_unreadable(apply.app, actual, &mut state, &mut found, false).await;
        let mut differences = Diagnostics::default();
        let mut is_unchanged = true;
        let none = Applied::default();
        let applied = if let ApplyOutcome::Succeeded(applied) = &outcome { applied } else { &none };
        for row in self.spec.rows() {
            let name = row.field.attribute;
            let (wanted, kept) = (planned.get(name), state.get(name).clone());
            if wanted.is_unknown() || records.may_equal(row.field, wanted, &kept) {
                continue;
            }
            if !is_managed(row, config) {
                // A changed consumer key is reported now, because outputs and other resources already have the planned
                // key. The next refresh shows other changes in the org.
                let is_key = self.spec.key_row().is_some_and(|key| key.field.attribute == name);
                if is_key && wanted.is_set() && kept.is_set() {
                    found.push(diagnostics::changed_meanwhile(name, wanted, &kept));
                }
                state.put(name, wanted.clone());
                continue;
            }
            let changes = prior.is_null() || !same(row.field, prior.get(name), wanted, &records.names);
            is_unchanged &=
                !changes || !prior.is_null() && same(row.field, prior.get(name), &kept, &records.names);
            let before = applied.component(row.part.kind).map(|component| component.get(name));
            let by_our_deploy = before.is_none_or(|before| same(row.field, wanted, before, &records.names));
            if changes || by_our_deploy && !applied.disturbed {
                let create = prior.is_null();
                differences.push(diagnostics::different_value_saved(name, wanted, &kept, create));
            } else {
                state.put(name, wanted.clone());
                found.push(diagnostics::changed_meanwhile(name, wanted, &kept));
            }
        }
        match outcome {
            ApplyOutcome::Succeeded(applied) => {
                found.extend(differences);
                self.report_changes(apply, &applied, actual, &records, &mut found);
            }
            // If the deploy is not complete, a difference does not mean that the org saved a different value.
            ApplyOutcome::Unknown(_) | ApplyOutcome::Failed(_) if differences.is_empty() => {
                if has_changes(self.spec, apply.request) {
                    found.push(diagnostics::succeeded_after_error(self.spec.noun, apply.app));
                }
            }
            ApplyOutcome::Unknown(error) | ApplyOutcome::Failed(error) => {
                found.extend(self.failure(apply, &error, StateValues::LastRead, is_unchanged));
            }
        }
        let private = PrivateState { records: planned_records.names, ..apply.private.clone() };
        let own_app = private.own_app;
        ApplyReply {
            private: private_after(&private, actual, &state, own_app),
            state,
            identity: Some(self.identity(apply.app, apply.session)),
            diagnostics: Diagnostics::combined(found.0),
        }
    }

    /// Reports warnings from Salesforce, and changes by others since the plan.
    fn report_changes(
        &self,
        apply: &Apply<'_>,
        applied: &Applied,
        actual: &Actual,
        records: &Records,
        found: &mut Diagnostics,
    ) {
        let ApplyRequest { prior, planned, config, .. } = apply.request;
        let names = &records.names;
        for row in self.spec.rows().filter(|row| is_managed(*row, config)) {
            let name = row.field.attribute;
            let Some(component) = applied.component(row.part.kind) else { continue };
            let (before, now) = (prior.get(name), component.get(name));
            let differs = |other: &Value| !now.is_null() && !records.may_equal(row.field, other, now);
            // If the query for names failed in the refresh, IDs cannot be compared with names.
            let is_unnamed = |value: &Value| {
                let mut texts = value.members().unwrap_or_default().iter().filter_map(Value::as_text);
                texts.any(|text| {
                    row.field.record.is_some_and(|record| record.is_id(text)) && !names.contains_key(text)
                })
            };
            if !prior.is_null()
                && !is_unnamed(before)
                && differs(before)
                && differs(planned.get(name))
                && !same(row.field, before, planned.get(name), names)
            {
                found.push(diagnostics::drifted_since_plan(name, before, now));
            }
        }
        for overwritten in &applied.overwritten {
            let kind = overwritten.read.key.kind;
            let now = actual
                .parts
                .iter()
                .find(|(part, _)| part.kind == kind)
                .and_then(|(_, state)| state.component());
            for field in kind.fields.iter().filter(|field| !field.attribute.is_empty()) {
                let name = field.attribute;
                let (read, was) = (overwritten.read.get(name), overwritten.was.get(name));
                if same(field, read, was, names) {
                    continue;
                }
                let back = now.is_some_and(|now| same(field, now.get(name), was, names));
                let warning = diagnostics::overwritten(name, read, was, back);
                found.push(if self.spec.row(name).is_some() { warning.at_attribute(name) } else { warning });
            }
        }
        let deciding = self.spec.parts.first().filter(|_| self.spec.creation == Creation::New);
        if prior.is_null()
            && applied.existing.iter().any(|key| deciding.is_some_and(|part| part.kind == key.kind))
        {
            found.push(diagnostics::overwritten_on_creation(self.spec.noun, apply.app));
        }
        for deploy in &applied.unseen {
            found.push(diagnostics::overwritten_unseen(self.spec.noun, apply.app, deploy));
        }
        if let Some(error) = &applied.unfinished {
            found.push(diagnostics::conflict_unresolved(self.spec.noun, apply.app, error));
        }
        for remark in &applied.warnings {
            let mut warning = diagnostics::salesforce_warning(self.spec.noun, apply.app, &remark.message);
            warning.path = remark.path.clone().filter(|path| self.has_attribute_at(path));
            found.push(warning);
        }
    }

    /// The planned state without unknown values, for objects that may exist although they cannot be read.
    pub(super) fn as_planned(&self, apply: &Apply<'_>) -> ApplyReply {
        let mut state = apply.request.planned.clone();
        state.put(ID, apply.app.into());
        state.put(ORG_ID, apply.session.org_id_18.as_str().into());
        for (name, value) in apply.request.planned.entries().into_iter().flatten() {
            if !value.is_wholly_known() && name != ID && name != ORG_ID {
                state.put(name, Value::Null);
            }
        }
        ApplyReply {
            state,
            private: apply.private.write(),
            identity: Some(self.identity(apply.app, apply.session)),
            diagnostics: Diagnostics::default(),
        }
    }
}

/// Whether the configuration or a default sets an attribute.
fn is_managed(row: Row, config: &Value) -> bool {
    let enforced = !matches!(row.field.omitted, Omitted::Kept | Omitted::Computed | Omitted::ManagedIfSet);
    enforced || !config.get(row.field.attribute).is_null()
}
