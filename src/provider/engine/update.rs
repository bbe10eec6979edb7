//! Update: merges the planned changes into the existing files (`merge.rs`).

use std::sync::Arc;

use super::apply::Apply;
use super::merge::{Merge, MergeError};
use super::{Engine, VERIFYING, diagnostics};
use crate::org::{Applied, ApplyError, ApplyErrorKind, Freshness, Instant};
use crate::provider::diagnostics::Diagnostics;
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::plan;
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::{DELETION_PROTECTION, ORG_ID};
use crate::provider::timeouts::{self, Operation};
use crate::value::Value;

impl Engine<'_> {
    pub(super) async fn update(&self, request: ApplyRequest) -> ApplyReply {
        let updated = self.updated(&request).await;
        updated.unwrap_or_else(|diagnostics| request.as_before(diagnostics))
    }

    /// # Errors If it is certain that nothing was changed.
    async fn updated(&self, request: &ApplyRequest) -> Result<ApplyReply, Diagnostics> {
        let app = self.app_of(&request.planned);
        let private = PrivateState::read(&request.private);
        let untouched = plan::changed_rows(self.spec, &request.prior, &request.planned).is_empty();
        if untouched {
            return Ok(unchanged(request));
        }
        if self.org.stopped() {
            return Err(diagnostics::not_sent(self.spec.noun, &app).into());
        }
        let limit = timeouts::limit(&request.planned, Operation::Update, &self.spec.default_timeouts);
        let deadline = Instant::now() + limit;
        let session = self.session().await?;
        self.check_org(request.prior.get(ORG_ID), &session, &app)?;
        let mut found = Diagnostics::default();
        plan::check_versions(self.spec, &request.config, session.api_version, &mut found);
        if found.has_errors() {
            return Err(found);
        }
        let merge = self.merge(request, &app, &private, &session);
        let apply = Apply { request, app: &app, session: &session, private, deadline };
        let outcome = self.send_edit(&merge, &apply).await?;
        self.conclude(&apply, outcome).await
    }

    /// Sends an edit, and repeats it if the response is lost.
    ///
    /// # Errors
    /// If the existing files cannot be edited: nothing was changed.
    pub(super) async fn send_edit(
        &self,
        merge: &Arc<Merge>,
        apply: &Apply<'_>,
    ) -> Result<Result<Applied, ApplyError>, Diagnostics> {
        let edit = || self.org.edit(merge.edit(), apply.deadline);
        let arrived = || async {
            let wanted = merge.edit().wanted;
            let found = self.org.read(&wanted, Freshness::Now, Instant::now() + VERIFYING).await;
            found.is_ok_and(|found| merge.files(&found).is_ok_and(|files| files.is_empty()))
        };
        let outcome = self.again_if_lost(edit, arrived).await;
        let Err(ApplyError { kind: ApplyErrorKind::Declined { found } }) = &outcome else {
            return Ok(outcome);
        };
        let declined = merge.files(found).err().unwrap_or(MergeError::Missing(None));
        Err(self.declined(apply.app, declined))
    }

    /// Why nothing can be written.
    pub(super) fn declined(&self, app: &str, declined: MergeError) -> Diagnostics {
        match declined {
            MergeError::Refused(found) => found,
            MergeError::Missing(Some(part)) => {
                diagnostics::missing_component(self.spec.noun, app, part.kind.name).into()
            }
            MergeError::Missing(None) => diagnostics::no_longer_exists(self.spec.noun, app).into(),
        }
    }
}

/// The reply of an update without changes.
pub(super) fn unchanged(request: &ApplyRequest) -> ApplyReply {
    let private = PrivateState::read(&request.private);
    let protected = request.planned.get(DELETION_PROTECTION) == &Value::Bool(true);
    ApplyReply {
        state: request.planned.clone(),
        private: PrivateState { protected, ..private }.write(),
        identity: request.identity.clone(),
        diagnostics: Diagnostics::default(),
    }
}
