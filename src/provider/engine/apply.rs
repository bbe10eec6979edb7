//! One apply: sends the changes, reads back what came of them, compares it with the plan.
//!
//! Whatever happens on the way, the reply holds what the org has: an interrupted or timed out deploy is followed by
//! a verifying read on a clock of its own.

use super::state::{Actual, Frame, Wishes, join, private_after, same};
use super::{Engine, VERIFYING, diagnostics};
use crate::metadata::{Omitted, Readback};
use crate::org::{ApplyError, ApplyErrorKind, Change, Freshness, Instant, Overwritten, SessionFacts};
use crate::provider::diagnostics::{Diagnostic, Diagnostics};
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::private::PrivateState;
use crate::provider::refusal;
use crate::provider::resource_spec::{ID, ORG_ID};
use crate::value::{Path, Value};

/// How a deploy ended.
pub(super) enum Sent {
    /// Salesforce said so. With it, what it cost others.
    Done(Vec<Overwritten>),
    /// It ended without success, says the org: cancelled, or by an accident of its own. A read tells what is so.
    Ended(Diagnostic),
    /// Whether it arrived at all is not known; sent again it does no harm.
    Lost(Diagnostic),
    /// Nobody knows: the org must be read, and may change its mind.
    Unverified(Diagnostic),
}

impl Sent {
    pub(super) fn done() -> Sent {
        Sent::Done(Vec::new())
    }
}

/// Why it is certain that nothing was changed.
pub(super) enum NotDone {
    /// Somebody else changed a file since it was read.
    Outdated,
    Refused(Diagnostics),
}

/// What an apply is about.
pub(super) struct Apply<'a> {
    pub request: &'a ApplyRequest,
    pub app: &'a str,
    pub session: &'a SessionFacts,
    pub private: PrivateState,
    pub deadline: Instant,
}

impl Engine<'_> {
    pub async fn apply(&self, request: ApplyRequest) -> ApplyReply {
        self.activity.unplan(self.spec.name, true);
        if request.planned.is_null() {
            self.delete(request).await
        } else if request.prior.is_null() {
            self.create(request).await
        } else {
            self.update(request).await
        }
    }

    /// Sends changes.
    ///
    /// # Errors
    /// What the org refused, when it is certain that nothing was changed.
    pub(super) async fn send(
        &self,
        app: &str,
        planned: &Value,
        changes: Vec<Change>,
        create: bool,
        deadline: Instant,
    ) -> Result<Sent, NotDone> {
        match self.org.apply(changes, deadline).await {
            Ok(applied) => Ok(Sent::Done(applied.overwritten)),
            Err(error) => match &error.kind {
                ApplyErrorKind::Unverified { deploy_id: None, .. } => {
                    Ok(Sent::Lost(diagnostics::unverified(self.spec.noun, app, &error, create)))
                }
                ApplyErrorKind::Unverified { .. } => {
                    Ok(Sent::Unverified(diagnostics::unverified(self.spec.noun, app, &error, create)))
                }
                ApplyErrorKind::Rejected { problems, .. }
                    if problems.iter().all(|problem| diagnostics::is_accident(&problem.message)) =>
                {
                    let words = problems.first().map(|problem| problem.message.as_str()).unwrap_or_default();
                    Ok(Sent::Ended(diagnostics::rejected(self.spec.noun, app, words, None)))
                }
                ApplyErrorKind::CanceledBy { .. } => {
                    Ok(Sent::Ended(diagnostics::unverified(self.spec.noun, app, &error, false)))
                }
                ApplyErrorKind::Outdated => Err(NotDone::Outdated),
                _ => Err(NotDone::Refused(self.refusals(app, planned, &error))),
            },
        }
    }

    /// Sends changes that write, and once more when they got lost.
    ///
    /// # Errors
    /// What the org refused, when it is certain that nothing was changed.
    pub(super) async fn send_surely(
        &self,
        apply: &Apply<'_>,
        wishes: &Wishes<'_>,
        changes: Vec<Change>,
    ) -> Result<Sent, NotDone> {
        let create = apply.request.prior.is_null();
        let send = || self.send(apply.app, &apply.request.planned, changes.clone(), create, apply.deadline);
        let arrived = || async {
            let deadline = Instant::now() + VERIFYING;
            let looked =
                self.look_up(apply.app, &apply.private, apply.session, Freshness::Now, deadline).await;
            looked.is_ok_and(|actual| actual.exists() && self.changes(wishes, &actual, apply, &[]).is_empty())
        };
        self.again_if_lost(send, arrived).await
    }

    /// Sends, and once more when it is not known whether that arrived and the org does not show it: a deploy writes whole
    /// files, deletes what is there and rotates nothing, so a second one does no harm.
    pub(super) async fn again_if_lost<S, A>(
        &self,
        send: impl Fn() -> S,
        arrived: impl Fn() -> A,
    ) -> Result<Sent, NotDone>
    where
        S: Future<Output = Result<Sent, NotDone>>,
        A: Future<Output = bool>,
    {
        let first = send().await?;
        if !matches!(first, Sent::Lost(_)) {
            return Ok(first);
        }
        for pause in [500, 1500, 3000] {
            crate::org::pause(std::time::Duration::from_millis(pause)).await;
            if self.org.stopped() || arrived().await {
                return Ok(first);
            }
        }
        match send().await {
            Ok(second) => Ok(second),
            // Nothing more was changed by this one, perhaps because the first one did arrive; that is still to be seen.
            Err(_) => Ok(first),
        }
    }

    /// Why nothing was changed, for people.
    pub(super) fn not_done(&self, app: &str, why: NotDone) -> Diagnostics {
        match why {
            NotDone::Outdated => diagnostics::outrun(self.spec.noun, app).into(),
            NotDone::Refused(found) => found,
        }
    }

    /// The org's refusal, each problem at its attribute, with what it needs of other resources.
    pub(super) fn refusals(&self, app: &str, planned: &Value, error: &ApplyError) -> Diagnostics {
        let mut found = Diagnostics::default();
        match &error.kind {
            ApplyErrorKind::Rejected { problems, .. } => {
                for problem in diagnostics::causes(problems) {
                    let known = problem.path.as_ref().filter(|path| {
                        path.root().is_some_and(|root| {
                            root == self.spec.subject_attribute() || self.spec.row(root).is_some()
                        })
                    });
                    let explained = refusal::explain(self.spec, planned, &problem.message);
                    let advice = explained.as_ref().map(|explained| explained.advice.as_str());
                    let mut diagnostic = diagnostics::rejected(self.spec.noun, app, &problem.message, advice);
                    let at = explained.as_ref().and_then(|explained| explained.at).map(Path::attribute);
                    diagnostic.path = at.or_else(|| known.cloned());
                    if !found.0.contains(&diagnostic) {
                        found.push(diagnostic);
                    }
                }
            }
            _ => found.push(diagnostics::not_applied(self.spec.noun, app, error)),
        }
        found
    }

    /// Reads back and answers. `sent` says how sure we are that the changes took effect.
    pub(super) async fn conclude(&self, apply: &Apply<'_>, sent: Sent) -> ApplyReply {
        let deadline = Instant::now() + VERIFYING;
        let create = apply.request.prior.is_null();
        let actual = self.read_back(apply, &sent, deadline).await;
        let actual = match actual {
            Ok(actual) => actual,
            Err(found) => {
                let mut reply = self.as_planned(apply);
                if let Sent::Lost(diagnostic) | Sent::Unverified(diagnostic) | Sent::Ended(diagnostic) = sent
                {
                    reply.diagnostics.push(diagnostic);
                }
                reply.diagnostics.push(diagnostics::not_read_back(self.spec.noun, apply.app));
                reply.diagnostics.extend(found);
                return reply;
            }
        };
        if !actual.exists() {
            return match sent {
                Sent::Ended(diagnostic) if create => {
                    ApplyReply { diagnostics: diagnostic.into(), ..ApplyReply::default() }
                }
                Sent::Lost(diagnostic) | Sent::Unverified(diagnostic) if create => {
                    let mut reply = self.as_planned(apply);
                    reply.diagnostics.push(diagnostic);
                    reply
                }
                Sent::Lost(diagnostic) | Sent::Unverified(diagnostic) | Sent::Ended(diagnostic) => {
                    let mut reply = self.as_before(apply);
                    reply.diagnostics.push(diagnostic);
                    reply
                }
                Sent::Done(_) => {
                    let mut reply = if create { self.as_planned(apply) } else { self.as_before(apply) };
                    reply.diagnostics.push(diagnostics::vanished(self.spec.noun, apply.app));
                    reply
                }
            };
        }
        self.compared(apply, &actual, sent).await
    }

    /// The resource after a deploy, read until its required parts are there: an org may lag behind itself. After a
    /// cancel it is looked at twice, since there may be nothing to wait for.
    async fn read_back(
        &self,
        apply: &Apply<'_>,
        sent: &Sent,
        deadline: Instant,
    ) -> Result<Actual, Diagnostics> {
        let pauses: &[u64] =
            if matches!(sent, Sent::Ended(_)) { &[500] } else { &[250, 500, 1000, 2000, 4000] };
        let mut pauses = pauses.iter();
        loop {
            let actual =
                self.look_up(apply.app, &apply.private, apply.session, Freshness::Now, deadline).await?;
            match pauses.next() {
                Some(pause) if !actual.exists() => {
                    crate::org::pause(std::time::Duration::from_millis(*pause)).await;
                }
                _ => return Ok(actual),
            }
        }
    }

    /// State and messages from what the org has: what it kept otherwise is an error at the attribute.
    pub(super) async fn compared(&self, apply: &Apply<'_>, actual: &Actual, sent: Sent) -> ApplyReply {
        let (planned, config) = (&apply.request.planned, &apply.request.config);
        let records = self.record_names(planned, &apply.private.records).await;
        let frame = Frame {
            spec: self.spec,
            app: apply.app,
            org_id: &apply.session.org_id_18,
            importing: false,
            records: &records,
        };
        let mut state = join(&frame, actual, planned);
        let mut found = Diagnostics::default();
        self.fill_unreadable(apply.app, actual, &mut state, &mut found).await;
        let mut differences = Diagnostics::default();
        for row in self.spec.rows() {
            let name = row.field.attribute;
            let (wanted, kept) = (planned.get(name), state.get(name).clone());
            if wanted.is_unknown() || same(row.field, wanted, &kept, &records) {
                continue;
            }
            let ours = !config.get(name).is_null()
                || !matches!(row.field.omitted, Omitted::Kept | Omitted::Computed | Omitted::Unwritten);
            if ours {
                differences.push(diagnostics::kept_otherwise(
                    name,
                    wanted,
                    &kept,
                    apply.request.prior.is_null(),
                ));
            } else {
                // Not managed: what changed in the org since the plan shows at the next refresh.
                state.put(name, wanted.clone());
            }
        }
        let as_wanted = differences.is_empty();
        // What is not done yet is not what the org kept.
        if matches!(sent, Sent::Done(_)) {
            found.extend(differences);
        }
        match sent {
            Sent::Done(_) => {}
            Sent::Lost(_) | Sent::Unverified(_) | Sent::Ended(_) if as_wanted => {
                found.push(diagnostics::succeeded_after_all(self.spec.noun, apply.app));
            }
            Sent::Lost(diagnostic) | Sent::Unverified(diagnostic) | Sent::Ended(diagnostic) => {
                found.push(diagnostic)
            }
        }
        let mut private = apply.private.clone();
        for row in self.spec.rows().filter(|row| row.field.readback == Readback::Never) {
            if !config.get(row.field.attribute).is_null() {
                private.unread.remove(row.field.attribute);
            }
        }
        private.records = records;
        let own_app = private.own_app;
        ApplyReply {
            private: private_after(&private, actual, &state, own_app),
            state,
            identity: Some(self.identity(apply.app, apply.session)),
            diagnostics: found,
        }
    }

    /// The planned state with what is unknown left out: for objects that may exist although we could not see them.
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

    /// The state before the apply.
    pub(super) fn as_before(&self, apply: &Apply<'_>) -> ApplyReply {
        ApplyReply {
            state: apply.request.prior.clone(),
            private: apply.request.private.clone(),
            identity: apply.request.identity.clone(),
            diagnostics: Diagnostics::default(),
        }
    }
}
