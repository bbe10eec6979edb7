//! Actions that rotate the credentials of an app, or revoke its previous credentials.

use std::sync::OnceLock;

use crate::org::RotationRequest;
use crate::provider::action_spec::{ActionFuture, ActionSpec, Invocation};
use crate::provider::data_source_spec::{Own, Role, Shape};
use crate::provider::diagnostics::{self, Again, Diagnostics};

const APP: Own = Own::new(
    "external_client_app",
    Shape::AppName,
    Role::Required,
    "The API name of the External Client App.",
);

pub static ROTATE: ActionSpec = ActionSpec {
    name: "salesforce_external_client_app_rotate_credentials",
    doc: "Rotates the consumer key and the consumer secret of an External Client App each time it is invoked. Clients \
          can use the previous credentials for 30 days, or until they are revoked.\n\nThe action uses staged \
          credentials that the same user created in an interrupted run. If another user has staged credentials, the \
          action fails. While the previous credentials are valid, Salesforce may reject the rotation: revoke them \
          first. To manage rotations with a resource, use `salesforce_external_client_app_credential_rotation`.",
    arguments: &[APP],
    invoke: rotate,
    schema: OnceLock::new(),
};

pub static REVOKE: ActionSpec = ActionSpec {
    name: "salesforce_external_client_app_revoke_previous_credentials",
    doc: "Immediately revokes the previous consumer key and consumer secret of an External Client App. Clients that \
          still use them can no longer log in. If there are no previous credentials, the action does nothing.",
    arguments: &[APP],
    invoke: revoke,
    schema: OnceLock::new(),
};

fn rotate(invocation: Invocation<'_>) -> ActionFuture<'_> {
    Box::pin(act(invocation, true))
}

fn revoke(invocation: Invocation<'_>) -> ActionFuture<'_> {
    Box::pin(act(invocation, false))
}

async fn act(invocation: Invocation<'_>, rotate: bool) -> Diagnostics {
    let app = invocation.argument(APP.name).unwrap_or_default();
    let request = RotationRequest { app, rotate, since: None, revoke: !rotate, own: invocation.own };
    let tell = |step: &crate::org::RotationStep| (invocation.tell)(diagnostics::rotation_step(app, step));
    match invocation.org.rotate(&request, &tell, invocation.deadline).await {
        Ok(rotated) => {
            (invocation.tell)(diagnostics::rotation_done(app, &rotated));
            Diagnostics::default()
        }
        Err(error) => diagnostics::rotation_failed(app, APP.name, &error, Again::Invoke).into(),
    }
}
