//! The result of one apply: what is known about a deploy, its rejections, and what the state may contain.
//!
//! The reply contains the values that were read from the org, even after an interrupted deploy or a timeout, because
//! this read has its own timeout. If the read fails, the reply contains the planned values and an error.

use super::state::Actual;
use super::{Engine, diagnostics};
use crate::org::{Applied, ApplyError, ApplyErrorKind, Instant, SessionFacts};
use crate::provider::diagnostics::{Diagnostics, StateValues};
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::ResourceSpec;
use crate::provider::{plan, rejection_cause};
use crate::value::{Path, Value};

/// The arguments of an apply.
pub(super) struct Apply<'a> {
    pub request: &'a ApplyRequest,
    pub app: &'a str,
    pub session: &'a SessionFacts,
    pub private: PrivateState,
    pub deadline: Instant,
}

/// Whether a request changes anything.
pub(super) fn has_changes(spec: &'static ResourceSpec, request: &ApplyRequest) -> bool {
    let ApplyRequest { prior, planned, .. } = request;
    prior.is_null() || !plan::changed_rows(spec, prior, planned).is_empty()
}

/// What is known about the result of a deploy.
#[derive(Clone)]
pub(super) enum ApplyOutcome {
    Succeeded(Applied),
    /// The deploy failed: it was canceled, or Salesforce had an internal error.
    Failed(ApplyError),
    /// The result is unknown and may still change.
    Unknown(ApplyError),
}

impl Engine<'_> {
    pub async fn apply(&self, request: ApplyRequest) -> ApplyReply {
        self.activity.forget_plans(self.spec.name, true);
        if request.planned.is_null() {
            self.delete(request).await
        } else if request.prior.is_null() {
            self.create(request).await
        } else {
            self.update(request).await
        }
    }

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
            _ => found.push(diagnostics::not_applied(self.spec.noun, app, error)),
        }
        found
    }

    pub(super) fn has_attribute_at(&self, path: &Path) -> bool {
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
    pub(super) fn failure(
        &self,
        apply: &Apply<'_>,
        error: &ApplyError,
        values: StateValues,
        is_unchanged: bool,
    ) -> Diagnostics {
        let created = apply.request.prior.is_null() && values != StateValues::NoneFound;
        let diagnostic = match &error.kind {
            ApplyErrorKind::AfterInternalError { error, .. } if is_unchanged => {
                return self.rejections(
                    apply.app,
                    &apply.request.planned,
                    &ApplyError::from((**error).clone()),
                );
            }
            ApplyErrorKind::Rejected { problems, .. } => {
                let message = problems.first().map(|problem| problem.message.as_str()).unwrap_or_default();
                diagnostics::internal_error(self.spec.noun, apply.app, message, values, created)
            }
            _ => diagnostics::outcome_unknown(self.spec.noun, apply.app, error, values, created),
        };
        diagnostic.into()
    }

    /// Runs work that precedes a change. If the provider is stopped, the work is abandoned, because no change has been
    /// sent yet.
    pub(super) async fn unless_stopped<T, E: Into<Diagnostics>>(
        &self,
        app: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Diagnostics> {
        match self.org.unless_stopped(work).await {
            Some(done) => done.map_err(Into::into),
            None => Err(diagnostics::not_sent(self.spec.noun, app).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::org::{DeployProblem, any_org};
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
        let share = Share { engine, request: request.clone(), alone: true };
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
