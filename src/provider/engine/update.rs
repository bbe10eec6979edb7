//! Update of one resource, as a deploy with one share (`joint`).

use super::Engine;
use super::joint::{self, Share, only_reply};
use crate::provider::diagnostics::Diagnostics;
use crate::provider::operations::{ApplyReply, ApplyRequest};
use crate::provider::private::PrivateState;
use crate::provider::resource_spec::DELETION_PROTECTION;
use crate::provider::timeouts::{self, Operation};
use crate::value::Value;

impl Engine<'_> {
    pub(super) async fn update(&self, request: ApplyRequest) -> ApplyReply {
        let limit = timeouts::limit(&request.planned, Operation::Update, &self.spec.default_timeouts);
        let shares = [Share { engine: *self, request, creates_missing: false }];
        let made = only_reply(joint::update(&shares, limit).await);
        let [Share { request, .. }] = shares;
        made.unwrap_or_else(|diagnostics| request.as_before(diagnostics))
    }
}

/// The reply to an update without changes.
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
