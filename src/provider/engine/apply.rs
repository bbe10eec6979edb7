//! One apply: its arguments, and the operation that it performs (`create`, `update` or `delete`).

use super::{Engine, diagnostics};
use crate::org::{Instant, SessionFacts};
use crate::provider::diagnostics::Diagnostics;
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::plan;
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::ResourceSpec;

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
