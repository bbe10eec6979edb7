//! Consumer keys and secrets: the ephemeral resource, the credential rotation and the actions.

use crate::provider::diagnostics::row::{Row, error, rows, warning};

rows! {
    APP_NOT_FOUND = error(
        "app-not-found",
        "App not found",
        "The org has no app with that API name, or the user that Terraform logs in as cannot see it.",
        "Check the case of the name and the [permissions](authentication.md#permissions-of-the-user). Refer to an app \
         in the same configuration by its `id`.",
    );
    NO_CONSUMER = error(
        "no-consumer",
        "App has no consumer",
        "The app has no OAuth settings, or Salesforce does not yet return the new consumer. The provider waits for up \
         to one minute.",
        "Refer to the `id` of the OAuth settings. Apply again.",
    );
    MULTIPLE_CONSUMERS = error(
        "multiple-consumers",
        "App has multiple consumers",
        "The app has more than one consumer. The message lists their keys.",
        "Set `consumer_key` to one of these keys.",
    );
    CONSUMER_KEY_MISMATCH = error(
        "consumer-key-mismatch",
        "Consumer key does not belong to the app",
        "`consumer_key` is set, and the consumer has a different key: it was rotated, or the state was not refreshed.",
        "Use the `consumer_key` of the credential rotation, and plan with a refresh.",
    );
    CREDENTIALS_NOT_ACCESSIBLE = error(
        "credentials-not-accessible",
        "Credentials not accessible",
        "The org setting for access to consumer secrets is disabled, or the user lacks a permission. The message shows \
         the cause, if Salesforce returns it.",
        "See [Requirements](consumer-secret.md#requirements).",
    );
    INVALID_DURATION = error(
        "invalid-duration",
        "Invalid duration",
        "`wait_for_propagation` is not a duration.",
        "Use a duration such as `0s`, `30s` or `2m`.",
    );
    CREDENTIALS_STAGED_BY_ANOTHER_USER = error(
        "credentials-staged-by-another-user",
        "Credentials staged by another user",
        "Another user staged a key and a secret for the consumer. A rotation would activate them. Nothing was changed.",
        "Ask that user to rotate or delete them. See [Credentials staged by another \
         user](consumer-secret.md#credentials-staged-by-another-user).",
    );
    PREVIOUS_CREDENTIALS_VALID = error(
        "previous-credentials-valid",
        "Previous credentials still valid",
        "Salesforce does not create new credentials while the credentials from before the last rotation are still \
         valid. Nothing was changed.",
        "Revoke them first, or wait until they expire. See [The previous credentials are still \
         valid](consumer-secret.md#the-previous-credentials-are-still-valid).",
    );
    ROTATION_INCOMPLETE = error(
        "rotation-incomplete",
        "Rotation incomplete",
        "The credentials were rotated, but a later step failed. The message describes the failure. The state contains \
         the new key.",
        "Apply again. The apply continues and does not rotate twice.",
    );
    CREDENTIAL_CHANGE_REJECTED = error(
        "credential-change-rejected",
        "Salesforce rejected the credential change",
        "The message contains Salesforce's response. Credentials of packaged apps cannot be staged.",
        "Follow the instructions in the message.",
    );
    CREDENTIAL_CHANGE_UNVERIFIED = error(
        "credential-change-unverified",
        "Credential change not verified",
        "Salesforce's response was lost more than once, or Salesforce still lists revoked credentials, or it does not \
         list the ones to revoke.",
        "Apply again. The next apply reads the org first.",
    );
    ROTATED_SINCE_PLAN = error(
        "rotated-since-plan",
        "Credentials rotated since the plan",
        "Another client rotated the credentials between the plan and the apply, so the previous credentials are not \
         those that the plan would revoke.",
        "Plan again, and check which clients still use the previous credentials.",
    );
    CREDENTIALS_NOT_REFRESHED = error(
        "credentials-not-refreshed",
        "Credentials not refreshed",
        "After a sandbox refresh, the new org did not return the credentials of the app, so the state has no consumer \
         key. The provider cannot determine whether an earlier rotation succeeded.",
        "Resolve the warning **Credentials not checked**, and plan again.",
    );
    CLIENT_ID_CHANGES = warning(
        "client-id-changes",
        "Client ID will change",
        "The apply rotates the credentials. The message shows the old key and how long clients can use it. It also \
         shows whether the values of `rotate_when_changed` are known only after apply, as on the day when a \
         `time_rotating` expires.",
        "Give the new key to the clients.",
    );
    ROTATED_ALREADY = warning(
        "rotated-already",
        "Credentials already rotated",
        "The consumer key differs from the one in the state, and no other user is known to have rotated it, so it was \
         rotated by an interrupted run or an action. For one day, the provider treats this as the planned rotation and \
         does not rotate again.",
        "If it was a different rotation, change the values again after the apply.",
    );
    NOTHING_ROTATED = warning(
        "nothing-rotated",
        "Nothing was rotated",
        "One run removed a rotation from the state and created it again, for example because of `-replace`, \
         `replace_triggered_by`, a taint, or a new address. A new rotation records the current credentials.",
        "Change `rotate_when_changed` in an apply that updates the resource. For a new address, use a `moved` block.",
    );
    INITIAL_VALUES_RECORDED = warning(
        "initial-values-recorded",
        "Initial values recorded after import",
        "Values of `rotate_when_changed` and `revoke_previous_when_changed` that are first set within a day of an \
         import are recorded but trigger nothing.",
        "Change the values again to rotate or revoke.",
    );
    CREDENTIALS_STAGED = warning(
        "credentials-staged",
        "Credentials already staged",
        "The consumer already has staged credentials when Terraform starts to manage its rotation. The next rotation \
         uses them if the user that Terraform logs in as created them, and fails if another user created them.",
        "Delete them if they are not needed.",
    );
    PREVIOUS_CREDENTIALS_END = warning(
        "previous-credentials-end",
        "Previous credentials will be revoked",
        "The apply revokes the previous key and secret. Clients that still use them can no longer log in.",
        "Give the new key to the clients first.",
    );
    PREVIOUS_CREDENTIALS_STAY = warning(
        "previous-credentials-stay",
        "Previous credentials remain valid",
        "Terraform stops managing the rotation, and the previous key and secret are still valid.",
        "To revoke them, change `revoke_previous_when_changed` first, or delete them in Setup.",
    );
    PREVIOUS_CREDENTIALS_MAY_STAY = warning(
        "previous-credentials-stay",
        "Previous credentials may remain valid",
        "Terraform stops managing the rotation, and the provider cannot read whether the previous key and secret are \
         still valid.",
        "Check the app in Setup.",
    );
    CREDENTIALS_NOT_CHECKED = warning(
        "credentials-not-checked",
        "Credentials not checked",
        "The provider cannot read the credentials during a refresh. The state did not change.",
        "Follow the instructions in the message.",
    );
}
