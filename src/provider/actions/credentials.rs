//! Rotating an app's credentials, and ending the previous ones, as something to be done now.

use std::sync::OnceLock;

use crate::org::RotationRequest;
use crate::provider::action_spec::{ActionSpec, Invocation, Pending};
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
    doc: "Gives the consumer of an External Client App a new key and a new secret, each time that it is invoked. Clients may \
          use the previous ones for 30 days, or until they are revoked.\n\nA staged pair that the same user left behind, in \
          a run that did not come to its end, is used; one of somebody else is an error. Where the previous pair is still \
          valid, Salesforce may refuse: revoke it first. A rotation that a configuration should remember is \
          `salesforce_external_client_app_credential_rotation`.",
    arguments: &[APP],
    invoke: rotate,
    schema: OnceLock::new(),
};

pub static REVOKE: ActionSpec = ActionSpec {
    name: "salesforce_external_client_app_revoke_previous_credentials",
    doc: "Ends the key and the secret that the consumer of an External Client App had before the last rotation, at once. \
          Clients that still use them cannot log in any more. Where there are none, nothing happens.",
    arguments: &[APP],
    invoke: revoke,
    schema: OnceLock::new(),
};

fn rotate(invocation: Invocation<'_>) -> Pending<'_> {
    Box::pin(act(invocation, true))
}

fn revoke(invocation: Invocation<'_>) -> Pending<'_> {
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
