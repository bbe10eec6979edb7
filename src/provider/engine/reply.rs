//! The reply to an apply: the values in the org, their differences from the plan, the changes by others, and the
//! rejections.
//!
//! The reply contains the values that were read from the org, even after an interrupted deploy or a timeout, because
//! this read has its own timeout. If the read fails, the reply contains the planned values and an error.

use super::apply::{Apply, has_changes};
use super::records::Records;
use super::resubmission::LAGS_OF_EFFECTS;
use super::state::{Actual, StateContext, private_after, same, state_from};
use super::{Engine, VERIFY_TIMEOUT, diagnostics};
use crate::org::{Applied, ApplyError, ApplyErrorKind, Freshness, Instant};
use crate::provider::diagnostics::{Diagnostics, StateValues};
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::private::PrivateState;
use crate::provider::rejection_cause;
use crate::provider::resource_spec::{Creation, ID, ORG_ID};
use crate::value::{Path, Value};

/// What is known about the result of a deploy.
#[derive(Clone)]
enum ApplyOutcome {
    Succeeded(Applied),
    /// The deploy failed: it was canceled, or Salesforce had an internal error.
    Failed(ApplyError),
    /// The result is unknown and may still change.
    Unknown(ApplyError),
}

impl Engine<'_> {
    /// The errors for rejected components, each at its attribute, with the requirements on other resources.
    pub(super) fn rejections(&self, app: &str, planned: &Value, error: &ApplyError) -> Diagnostics {
        let mut found = Diagnostics::default();
        match &error.kind {
            ApplyErrorKind::Rejected { problems, .. } => {
                for problem in diagnostics::causes(problems) {
                    let known = problem.path.as_ref().filter(|path| self.has_attribute_at(path));
                    let explained =
                        rejection_cause::explain(self.spec, self.resource, planned, &problem.message);
                    let advice = explained.as_ref().map(|explained| explained.advice.as_str());
                    let mut diagnostic = diagnostics::rejected(self.spec.noun, app, problem, advice);
                    // The text of a message is the least reliable evidence for the attribute.
                    let by_words = explained.as_ref().and_then(|explained| explained.at).map(Path::attribute);
                    diagnostic.path = known.cloned().or(by_words);
                    if !found.0.contains(&diagnostic) {
                        found.push(diagnostic);
                    }
                }
            }
            ApplyErrorKind::AfterInternalError { deploy_id, error } => match &**error {
                why @ (ApplyErrorKind::NotSent | ApplyErrorKind::Expired) => {
                    found.push(diagnostics::not_sent_again(self.spec.noun, app, deploy_id, why));
                }
                error => found = self.rejections(app, planned, &ApplyError::from(error.clone())),
            },
            _ => found.push(diagnostics::not_applied(self.spec.noun, app, error)),
        }
        found
    }

    fn has_attribute_at(&self, path: &Path) -> bool {
        let is_known = |root| root == self.spec.subject_attribute() || self.spec.row(root).is_some();
        path.root().is_some_and(is_known)
    }

    /// Creates the reply after sending changes that may have taken effect. `after` is the resource as read after the
    /// deploy.
    pub(super) async fn conclude(
        &self,
        apply: &Apply<'_>,
        outcome: Result<Applied, ApplyError>,
        after: Result<Actual, Diagnostics>,
    ) -> ApplyReply {
        let create = apply.request.prior.is_null();
        let outcome = match outcome {
            Ok(applied) => ApplyOutcome::Succeeded(applied),
            Err(error) if error.has_ended() => ApplyOutcome::Failed(error),
            Err(error) => ApplyOutcome::Unknown(error),
        };
        let actual = match after {
            Ok(actual) => actual,
            Err(found) => {
                let mut reply = self.as_planned(apply);
                reply.diagnostics.extend(match outcome {
                    ApplyOutcome::Succeeded(_) => {
                        diagnostics::not_verified(self.spec.noun, apply.app, create).into()
                    }
                    ApplyOutcome::Failed(error) | ApplyOutcome::Unknown(error) => {
                        self.failure(apply, &error, StateValues::PlannedUnread, false)
                    }
                });
                reply.diagnostics.extend(found);
                return reply;
            }
        };
        if actual.exists() {
            return self.reply_when_current(apply, &actual, outcome).await;
        }
        let (mut reply, values) = match outcome {
            ApplyOutcome::Failed(_) if create => (ApplyReply::default(), StateValues::NoneFound),
            _ if create => (self.as_planned(apply), StateValues::PlannedNotFound),
            _ => (apply.request.as_before(Diagnostics::default()), StateValues::LastRead),
        };
        reply.diagnostics.extend(match outcome {
            ApplyOutcome::Succeeded(_) => {
                diagnostics::not_found_after_change(self.spec.noun, apply.app).into()
            }
            ApplyOutcome::Failed(error) | ApplyOutcome::Unknown(error) => {
                self.failure(apply, &error, values, values == StateValues::NoneFound)
            }
        });
        reply
    }

    /// The errors for a deploy that may have changed something. `is_unchanged` means that a read shows no change.
    fn failure(
        &self,
        apply: &Apply<'_>,
        error: &ApplyError,
        values: StateValues,
        is_unchanged: bool,
    ) -> Diagnostics {
        let created = apply.request.prior.is_null() && values != StateValues::NoneFound;
        let diagnostic = match &error.kind {
            ApplyErrorKind::AfterInternalError { .. } if is_unchanged => {
                return self.rejections(apply.app, &apply.request.planned, error);
            }
            ApplyErrorKind::Rejected { problems, internal_error: true, .. } => {
                let message = problems.first().map(|problem| problem.message.as_str()).unwrap_or_default();
                diagnostics::internal_error(self.spec.noun, apply.app, message, values, created)
            }
            _ => diagnostics::outcome_unknown(self.spec.noun, apply.app, error, values, created),
        };
        diagnostic.into()
    }

    /// Creates the reply from the values in the org. Values that differ from the plan are read again, because reads may
    /// lag behind a deploy.
    async fn reply_when_current(
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

    /// Creates the reply from the values in the org. A managed value that differs from the plan is an error at its
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
        let mut state = state_from(&context, actual, planned);
        self.fill_unreadable(apply.app, actual, &mut state, &mut found, false).await;
        let mut differences = Diagnostics::default();
        let mut is_unchanged = true;
        let none = Applied::default();
        let applied = if let ApplyOutcome::Succeeded(applied) = &outcome { applied } else { &none };
        for row in self.spec.rows() {
            let name = row.field.attribute;
            let (wanted, kept) = (planned.get(name), state.get(name).clone());
            let changes = prior.is_null() || !same(row.field, prior.get(name), wanted, &records.names);
            if wanted.is_unknown() {
                continue;
            }
            if records.may_equal(row.field, wanted, &kept) {
                // The org has a part of the change.
                is_unchanged &= !changes;
                continue;
            }
            if !row.is_managed(config) {
                // A changed consumer key is reported now, because outputs and other resources already have the planned
                // key. The next refresh shows other changes in the org.
                let is_key = self.spec.key_row().is_some_and(|key| key.field.attribute == name);
                if is_key && wanted.is_set() && kept.is_set() {
                    found.push(diagnostics::changed_meanwhile(name, wanted, &kept));
                }
                state.put(name, wanted.clone());
                continue;
            }
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
        for row in self.spec.rows().filter(|row| row.is_managed(config)) {
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
    fn as_planned(&self, apply: &Apply<'_>) -> ApplyReply {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::org::{DeployProblem, SessionFacts, any_org};
    use crate::provider::connected::Connected;
    use crate::provider::engine::joint::Share;
    use crate::provider::engine::verification::read_after;
    use crate::provider::plan::PlanContext;
    use crate::provider::resource_spec::ID;
    use crate::provider::resources::{external_client_app::SPEC, oauth_settings};

    fn connected() -> Connected {
        // An org that does not respond to any call.
        let org = any_org::org([7, 1, 0].repeat(500));
        Connected::new(org, PlanContext::default(), false, Vec::new())
    }

    #[test]
    fn a_rejection_is_at_the_located_attribute_or_at_the_one_that_its_message_names() {
        let connected = connected();
        let engine = connected.engine(&oauth_settings::SPEC, oauth_settings::SPEC.name);
        let mut planned = oauth_settings::SPEC.schema().block.empty();
        planned.put("code_credential_flow_enabled", true.into());
        for (located, shown) in [
            (Some("callback_urls"), "callback_urls"),
            (Some("unknown_attribute"), "code_credential_flow_enabled"),
            (None, "code_credential_flow_enabled"),
        ] {
            let path = located.map(Path::attribute);
            let message = "Invalid plugin settings".to_owned();
            let problems = vec![DeployProblem { key: None, path, message }];
            let kind =
                ApplyErrorKind::Rejected { problems, deploy_id: "0Af1".to_owned(), internal_error: false };
            let found = engine.rejections("Shop", &planned, &ApplyError { kind });
            assert_eq!(found.0[0].path, Some(Path::attribute(shown)), "{located:?}");
            assert!(found.0[0].detail.contains("code_credential_flow_enabled requires"), "{found:?}");
        }
    }

    #[test]
    fn a_change_that_is_not_sent_again_after_an_internal_error_names_the_failed_deploy() {
        let connected = connected();
        let engine = connected.engine(&SPEC, SPEC.name);
        for (error, id, advice) in [
            (ApplyErrorKind::NotSent, "interrupted-before-change", "Apply again."),
            (ApplyErrorKind::Expired, "timeout-exceeded", "in the timeouts block."),
        ] {
            let kind =
                ApplyErrorKind::AfterInternalError { deploy_id: "0Af1".to_owned(), error: Box::new(error) };
            let found = engine.rejections("Shop", &Value::Null, &ApplyError { kind });
            let [found] = found.0.as_slice() else { panic!("{found:?}") };
            assert_eq!(found.id, id);
            assert!(found.detail.contains("an internal error for deploy 0Af1"), "{}", found.detail);
            assert!(found.detail.ends_with(advice), "{}", found.detail);
        }
    }

    /// The diagnostics of an apply with this outcome in an org that no longer responds.
    async fn unread(outcome: Result<Applied, ApplyErrorKind>, create: bool) -> Diagnostics {
        let connected = connected();
        let engine = connected.engine(&SPEC, SPEC.name);
        let planned = SPEC.schema().block.empty();
        let request = ApplyRequest {
            type_name: SPEC.name.to_owned(),
            prior: if create { Value::Null } else { planned.clone() },
            config: planned.clone(),
            planned,
            private: Vec::new(),
            identity: None,
        };
        let apply = Apply {
            request: &request,
            app: "Shop",
            session: &SessionFacts::new("00D000000000001", "005000000000001", 62, "https://org.test"),
            private: PrivateState::default(),
            deadline: Instant::now() + Duration::from_secs(60),
        };
        let share = Share { engine, request: request.clone(), creates_missing: false };
        let (outcome, range) = (outcome.map_err(ApplyError::from), 0..0);
        let after = read_after(&[&share], std::slice::from_ref(&apply), &[range], &outcome).await.remove(0);
        let reply = engine.conclude(&apply, outcome, after).await;
        assert_eq!(reply.state.get(ID).as_text(), Some("Shop"), "the state has the planned values");
        reply.diagnostics
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_that_cannot_be_read_back_is_reported_once_with_the_values_of_the_state() {
        let id = || "0Af1".to_owned();
        let problem = |text: &str| DeployProblem { key: None, path: None, message: text.to_owned() };
        for (outcome, first) in [
            (Ok(Applied::default()), "change-not-verified"),
            (
                Err(ApplyErrorKind::Unverified { deploy_id: Some(id()), why: "no response".to_owned() }),
                "outcome-unknown",
            ),
            (Err(ApplyErrorKind::CanceledBy { who: "Ada".to_owned(), deploy_id: id() }), "outcome-unknown"),
            (
                Err(ApplyErrorKind::Rejected {
                    problems: vec![problem("UNKNOWN_EXCEPTION")],
                    deploy_id: id(),
                    internal_error: true,
                }),
                "salesforce-internal-error",
            ),
        ] {
            for create in [true, false] {
                let found = unread(outcome.clone(), create).await;
                let ids: Vec<&str> = found.0.iter().map(|diagnostic| diagnostic.id).collect();
                assert_eq!(ids, [first, "salesforce-request-failed"], "create: {create}");
                let detail = &found.0[0].detail;
                assert!(detail.contains("so the state contains the planned values."), "{detail}");
                // Terraform does not taint a resource whose update failed.
                assert_eq!(detail.contains("tainted"), create, "{detail}");
            }
        }
    }
}
