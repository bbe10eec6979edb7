//! Create and update of one resource, as a deploy with one share (`joint`).

use super::joint::{self, Share, ShareErrors};
use super::merge::MergeError;
use super::{Engine, diagnostics};
use crate::provider::diagnostics::Diagnostics;
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::DELETION_PROTECTION;
use crate::provider::timeouts::{self, Operation};
use crate::value::Value;

impl Engine<'_> {
    pub(super) async fn create(&self, request: ApplyRequest) -> ApplyReply {
        let limit = timeouts::limit(&request.planned, Operation::Create, &self.spec.default_timeouts);
        let made = joint::create(&[Share { engine: *self, request, alone: true }], &[], limit).await;
        reply(made).unwrap_or_else(|diagnostics| ApplyReply { diagnostics, ..ApplyReply::default() })
    }

    pub(super) async fn update(&self, request: ApplyRequest) -> ApplyReply {
        let limit = timeouts::limit(&request.planned, Operation::Update, &self.spec.default_timeouts);
        let shares = [Share { engine: *self, request, alone: true }];
        let made = reply(joint::update(&shares, limit).await);
        let [Share { request, .. }] = shares;
        made.unwrap_or_else(|diagnostics| request.as_before(diagnostics))
    }

    /// The errors if nothing can be written.
    pub(super) fn declined(&self, app: &str, declined: MergeError) -> Diagnostics {
        match declined {
            MergeError::Invalid(found) => found,
            MergeError::Missing(Some(part)) => {
                diagnostics::missing_component(self.spec.noun, app, part.kind.name).into()
            }
            MergeError::Missing(None) => diagnostics::no_longer_exists(self.spec.noun, app).into(),
        }
    }
}

/// The reply of the only share, or its errors.
fn reply(made: Result<Vec<ApplyReply>, ShareErrors>) -> Result<ApplyReply, Diagnostics> {
    let errors = |errors: ShareErrors| Diagnostics(errors.into_iter().flat_map(|(_, found)| found).collect());
    Ok(made.map_err(errors)?.pop().unwrap_or_default())
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
