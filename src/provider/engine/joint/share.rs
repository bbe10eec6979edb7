//! One resource in a joint deploy: its request, and the checks before the deploy.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::apply::Apply;
use super::super::create::settings_overwritten_on_adopt;
use super::super::merge::Merge;
use super::super::state::DesiredState;
use super::super::{Engine, diagnostics};
use crate::org::{DeployProblem, Instant, Lookup, SessionFacts};
use crate::provider::diagnostics::Diagnostics;
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::ORG_ID;
use crate::provider::{plan, rejection_cause};
use crate::value::Value;

/// A resource in the deploy, and its request.
pub struct Share<'a> {
    pub engine: Engine<'a>,
    pub request: ApplyRequest,
    /// Whether missing components are created, which is the case for the members of a union.
    pub creates_missing: bool,
}

/// Errors by the index of the share.
pub type ShareErrors = Vec<(usize, Diagnostics)>;

impl Share<'_> {
    pub(super) fn apply<'a>(
        &'a self,
        app: &'a str,
        session: &'a SessionFacts,
        deadline: Instant,
    ) -> Apply<'a> {
        let private = PrivateState::read(&self.request.private);
        Apply { request: &self.request, app, session, private, deadline }
    }

    pub(super) fn merge(&self, apply: &Apply<'_>) -> Arc<Merge> {
        self.engine.merge(&self.request, apply.app, &apply.private, apply.session, self.creates_missing)
    }

    pub(super) fn desired(&self, session: &SessionFacts) -> DesiredState<'_> {
        let ApplyRequest { config, prior, planned, .. } = &self.request;
        DesiredState { spec: self.engine.spec, config, prior, planned, version: session.api_version }
    }

    /// The settings that an adoption overwrote.
    pub(super) fn lost(
        &self,
        merge: &Merge,
        before: &[Lookup],
        names: &BTreeMap<String, String>,
    ) -> Vec<(&'static str, Value)> {
        if !self.request.prior.is_null() {
            return Vec::new();
        }
        merge
            .actual(before)
            .map(|before| settings_overwritten_on_adopt(&merge.desired(), &before, names))
            .unwrap_or_default()
    }

    pub(super) fn has(&self, problem: &DeployProblem) -> bool {
        let kind = problem.key.as_ref().map(|key| key.kind);
        kind.is_some_and(|kind| self.engine.spec.parts.iter().any(|part| part.kind == kind))
    }

    pub(super) fn explains(&self, problem: &DeployProblem) -> bool {
        rejection_cause::explain(
            self.engine.spec,
            self.engine.resource,
            &self.request.planned,
            &problem.message,
        )
        .is_some()
    }
}

/// The errors for the first share.
pub(super) fn first_share_errors(found: impl Into<Diagnostics>) -> ShareErrors {
    vec![(0, found.into())]
}

/// The session, if the state belongs to its org and its API version supports the configuration.
pub(super) async fn check_session(
    shares: &[&Share<'_>],
    first: &Share<'_>,
    app: &str,
    deadline: Instant,
) -> Result<SessionFacts, ShareErrors> {
    let engine = &first.engine;
    if engine.org.stopped() {
        return Err(first_share_errors(diagnostics::not_sent(engine.spec.noun, app)));
    }
    let session = engine.unless_stopped(app, engine.session(deadline)).await.map_err(first_share_errors)?;
    engine.check_org(first.request.prior.get(ORG_ID), &session, app).map_err(first_share_errors)?;
    let checked = shares.iter().enumerate().map(|(index, share)| {
        let mut found = Diagnostics::default();
        plan::check_versions(share.engine.spec, &share.request.config, session.api_version, &mut found);
        (index, found)
    });
    let errors: ShareErrors = checked.filter(|(_, found)| found.has_errors()).collect();
    if errors.is_empty() { Ok(session) } else { Err(errors) }
}

/// The reply for the only share, or its errors.
pub fn only_reply(made: Result<Vec<ApplyReply>, ShareErrors>) -> Result<ApplyReply, Diagnostics> {
    let errors = |errors: ShareErrors| Diagnostics(errors.into_iter().flat_map(|(_, found)| found).collect());
    Ok(made.map_err(errors)?.pop().unwrap_or_default())
}
