//! Diagnostics about consumer keys and secrets: reading, rotating and revoking them. No diagnostic contains a secret.

use super::rows::{apply, credentials as rows, data_sources, values};
use super::{Diagnostic, self_lockout, unavailable, unreadable};
use crate::org::{
    CredentialsError, Rotated, RotationError, RotationErrorKind, RotationStep, STAGED_SINCE, Setting, Staged,
};

const SETTING: &str = "\"Allow access to External Client App consumer secrets via REST API\" \
                       (ExternalClientAppSettings.enableClientSecretInRestApiAccess)";
const ENABLE: &str = "Enable it on the page External Client App Settings in Setup, or set \
                      client_secret_in_rest_api_access_enabled = true in salesforce_org_external_client_app_settings";
const PERMISSIONS: &str = "\"External Client App Developer\" and \"View Client Secret\"";

/// Why the credentials cannot be read.
pub fn credentials(app: &str, error: &CredentialsError) -> Diagnostic {
    const APP: &str = "external_client_app";
    const KEY: &str = "consumer_key";
    match error {
        CredentialsError::NoApp => rows::APP_NOT_FOUND
            .diagnostic(format!(
                "The org has no External Client App with the API name \"{app}\", or the user that Terraform logs in as \
                 cannot see it. Setup shows this name as \"API Name\". Check the spelling; the name is case-sensitive."
            ))
            .at_attribute(APP),
        CredentialsError::Hidden { why } => {
            super::hidden("app", app, "ExternalClientApplication", why).at_attribute(APP)
        }
        CredentialsError::OtherCase { name } => super::other_case(app, name).at_attribute(APP),
        CredentialsError::NoConsumer if app.contains("__") => rows::NO_CONSUMER
            .diagnostic(format!(
                "\"{app}\" was installed from a package. Its consumer, with the key and the secret, belongs to the \
                 publisher of the package, so the provider cannot read it. Use an app that is not from a package."
            ))
            .at_attribute(APP),
        CredentialsError::NoConsumer => rows::NO_CONSUMER
            .diagnostic(format!(
                "The org returns no consumer key for \"{app}\". The OAuth settings of the app create one. Refer to the \
                 id of salesforce_external_client_app_oauth_settings, so that Terraform creates the settings first. If \
                 the settings exist, Salesforce may need more time to return a new consumer. In that case, apply \
                 again."
            ))
            .at_attribute(APP),
        CredentialsError::Several(keys) => rows::MULTIPLE_CONSUMERS
            .diagnostic(format!(
                "\"{app}\" has {} consumers. Set consumer_key to one of these keys: {}.",
                keys.len(),
                keys.join(", ")
            ))
            .at_attribute(KEY),
        CredentialsError::OtherKey(keys) => rows::CONSUMER_KEY_MISMATCH
            .diagnostic(format!(
                "No consumer of \"{app}\" has this key. The app has these keys: {}. After a rotation, use consumer_key \
                 of salesforce_external_client_app_credential_rotation, or refresh the state that has the previous \
                 key.",
                keys.join(", ")
            ))
            .at_attribute(KEY),
        CredentialsError::Withheld { setting, message } => {
            withheld(app, *setting, message.as_deref()).at_attribute(APP)
        }
        CredentialsError::Read(error) => unreadable("app", app, error),
        CredentialsError::Unavailable(error) => unavailable(error),
    }
}

fn withheld(app: &str, setting: Setting, message: Option<&str>) -> Diagnostic {
    let message = message
        .map(|text| format!(" Salesforce returned: {}.", text.trim_end_matches('.')))
        .unwrap_or_default();
    let what_to_do = match setting {
        Setting::Off => format!(
            "The org setting {SETTING} is disabled. {ENABLE}. The user that Terraform logs in as also needs the \
             permissions {PERMISSIONS}. If the configuration already enables the setting, apply the resource of the \
             setting first, with -target."
        ),
        Setting::On => format!(
            "The org setting {SETTING} is enabled, so the user that Terraform logs in as lacks a permission: assign \
             {PERMISSIONS}. If the setting was just enabled, apply again in a minute."
        ),
        Setting::Unknown => format!(
            "The org setting {SETTING} must be enabled, and the provider cannot read its current value. {ENABLE}. The \
             user that Terraform logs in as also needs the permissions {PERMISSIONS}."
        ),
    };
    rows::CREDENTIALS_NOT_ACCESSIBLE
        .diagnostic(format!("Salesforce does not return the credentials of \"{app}\".{message} {what_to_do}"))
}

/// Why the credentials cannot be read for a rotation, which has no argument to select a consumer.
pub fn rotation_credentials(app: &str, error: &CredentialsError) -> Diagnostic {
    match error {
        CredentialsError::Several(keys) => rows::MULTIPLE_CONSUMERS
            .diagnostic(format!(
                "\"{app}\" has {} consumers ({}). The provider rotates only the credentials of apps with one consumer. \
                 Create one app for each client.",
                keys.len(),
                keys.join(", ")
            ))
            .at_attribute("external_client_app"),
        error => credentials(app, error),
    }
}

/// A warning about credentials that a refresh cannot read. `previous` is the previous org that the state belongs to.
pub fn credentials_unchecked(app: &str, error: &CredentialsError, previous: Option<&str>) -> Diagnostic {
    let reason = rotation_credentials(app, error);
    let stays = match previous {
        None => "The state did not change.".to_owned(),
        Some(org) => format!(
            "The values of org {org} were removed from the state. Nothing can be rotated until this org returns the \
             credentials of the app."
        ),
    };
    rows::CREDENTIALS_NOT_CHECKED.diagnostic(format!("{}: {} {stays}", reason.summary, reason.detail))
}

/// The state belonged to a previous org, and the connected org has not returned the credentials of the app. Without a
/// key in the state, the provider cannot determine whether an interrupted rotation succeeded.
pub fn rotation_unread(app: &str) -> Diagnostic {
    rows::CREDENTIALS_NOT_REFRESHED.diagnostic(format!(
        "The state has no consumer key for \"{app}\", because the org has not returned the credentials of the app. \
         Nothing was rotated or revoked. Run a refresh to read the key. The warning \"{}\" describes what the org \
         requires.",
        rows::CREDENTIALS_NOT_CHECKED.summary
    ))
}

pub fn staged_needs_api(app: &str, version: u16) -> Diagnostic {
    values::NEWER_API_VERSION_REQUIRED.diagnostic(format!(
        "The credentials of \"{app}\" cannot be rotated with API version {version}.0: staged credentials require \
         {STAGED_SINCE}.0. Set api_version in the provider block to \"{STAGED_SINCE}.0\" or later, or remove it."
    ))
}

/// The plan for a rotation. `previous` is the time until which the previous credentials are valid. `sure` means that
/// the values that trigger the rotation are known.
pub fn rotation_planned(
    app: &str,
    key: &str,
    revokes: bool,
    previous: Option<&str>,
    sure: bool,
) -> Diagnostic {
    let if_so = if sure { "" } else { "rotate_when_changed is known only after apply. If it changed, " };
    let in_the_way = match previous {
        Some(expires) if !revokes => format!(
            " The credentials from before the last rotation are valid until {expires}. Salesforce may reject new ones \
             until then. In that case, nothing is changed."
        ),
        _ => String::new(),
    };
    let old = if revokes {
        format!(
            "The key {key} and its secret are revoked immediately, because revoke_previous_when_changed changes too. \
             Clients fail until they have the new credentials"
        )
    } else {
        format!(
            "Clients can use {key} and its secret for 30 more days, or until revoke_previous_when_changed changes"
        )
    };
    rows::CLIENT_ID_CHANGES.diagnostic(format!(
        "\"{app}\": {if_so}the apply creates a new key (the client ID) and a new secret for its consumer. {old}. Give \
         clients the consumer_key of this resource: the consumer_key of the OAuth settings is still {key} in this run, \
         and changes to the new key with the next refresh.{in_the_way} If the plan replaces this resource instead of \
         updating it, for example with -replace, nothing is rotated or revoked."
    ))
}

/// A rotation by an earlier run.
pub fn rotation_made_before(app: &str, date: Option<&str>) -> Diagnostic {
    let what = match date {
        Some(date) => {
            format!("New credentials were staged on {date}, and Salesforce does not return who staged them")
        }
        None => {
            "The previous credentials are already revoked, so Salesforce does not return who rotated them"
                .to_owned()
        }
    };
    rows::ROTATED_ALREADY.diagnostic(format!(
        "\"{app}\": the credentials have been rotated since rotate_when_changed last changed. {what}. The provider \
         treats this as the planned rotation of an interrupted run and does not rotate again. If it was a different \
         rotation, apply, and then change rotate_when_changed again."
    ))
}

/// A rotation that was removed from the state and created in the same run.
pub fn nothing_rotated(app: &str, key: &str) -> Diagnostic {
    rows::NOTHING_ROTATED.diagnostic(format!(
        "\"{app}\": this run removed the rotation from the state and created it again. A new rotation records the current \
         key, {key}. It rotates and revokes nothing. To rotate the credentials, change rotate_when_changed in an apply \
         that updates the resource."
    ))
}

/// The first values that are set after an import.
pub fn initial_values_recorded(app: &str, attribute: &str) -> Diagnostic {
    rows::INITIAL_VALUES_RECORDED.diagnostic(format!(
        "\"{app}\": an import has no values for {attribute}, so the provider records the values in the configuration \
         as the current ones, and nothing is rotated or revoked. To rotate or revoke, apply, and then change \
         {attribute} again."
    ))
}

/// Credentials were staged before Terraform managed the rotation.
pub fn staged_already(app: &str, staged: &Staged) -> Diagnostic {
    let by = staged.created_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let on = staged.created_date.as_deref().map(|on| format!(" on {on}")).unwrap_or_default();
    rows::CREDENTIALS_STAGED.diagnostic(format!(
        "The consumer of \"{app}\" has a staged key and secret, created{by}{on}. The apply does not change them. If \
         the user that Terraform logs in as created them, the next rotation activates them. If another user created \
         them, the rotation fails until they are rotated or deleted."
    ))
}

pub fn previous_end(app: &str, key: Option<&str>, sure: bool) -> Diagnostic {
    let if_so =
        if sure { "" } else { "revoke_previous_when_changed is known only after apply. If it changed, " };
    let key = key.map(|key| format!(" ({key})")).unwrap_or_default();
    rows::PREVIOUS_CREDENTIALS_END.diagnostic(format!(
        "\"{app}\": {if_so}the apply revokes the key and the secret from before the last rotation{key}. Clients that \
         still use them can no longer log in."
    ))
}

/// Terraform stops managing rotations.
pub fn previous_stay(app: &str, expires: Option<&str>) -> Diagnostic {
    let until =
        expires.map_or_else(|| "for up to 30 days after the rotation".to_owned(), |at| format!("until {at}"));
    rows::PREVIOUS_CREDENTIALS_STAY.diagnostic(format!(
        "\"{app}\": Terraform stops managing the rotation and does not change the org. The key and the secret from \
         before the last rotation remain valid {until}, unless the app is deleted too. To revoke them, change \
         revoke_previous_when_changed first, or delete them in Setup."
    ))
}

pub fn previous_unknown(app: &str, error: &CredentialsError) -> Diagnostic {
    rows::PREVIOUS_CREDENTIALS_MAY_STAY.diagnostic(format!(
        "\"{app}\": Terraform stops managing the rotation and does not change the org. The provider cannot determine \
         whether a previous key and secret are still valid: {error}. Check the app in Setup."
    ))
}

pub fn staged_by_another_user(
    app: &str,
    by: &Option<String>,
    on: &Option<String>,
    attribute: &str,
) -> Diagnostic {
    let by = by.as_deref().map_or_else(
        || " by a user that Salesforce does not return".to_owned(),
        |by| format!(" by {by}, who is not the user that Terraform logs in as"),
    );
    let on = on.as_deref().map(|on| format!(" on {on}")).unwrap_or_default();
    rows::CREDENTIALS_STAGED_BY_ANOTHER_USER
        .diagnostic(format!(
            "The consumer of \"{app}\" has a staged key and secret, created{on}{by}. A rotation would activate them. \
             Nothing was changed. Ask that user to rotate or delete them, then try again."
        ))
        .at_attribute(attribute)
}

/// How to continue an incomplete rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    Apply,
    Invoke,
}

impl Again {
    fn text(self) -> &'static str {
        match self {
            Again::Apply => "The next apply reads the org and continues without rotating twice.",
            Again::Invoke => {
                "Check the app before you invoke the action again. The action continues with staged credentials, but \
                 rotates again if the credentials have already been rotated."
            }
        }
    }
}

/// A rotation that is not complete. `attribute` is the attribute that triggered the rotation.
pub fn rotation_failed(app: &str, attribute: &str, error: &RotationError, again: Again) -> Diagnostic {
    let so_far = match &error.seen {
        Some(seen) if seen.outcome.is_some() => {
            format!(" The credentials were rotated: the client ID is now {}.", seen.credentials.consumer.key)
        }
        Some(seen) if seen.revoked > 0 => {
            " The previous credentials were revoked. Nothing was rotated.".to_owned()
        }
        _ => String::new(),
    };
    let next = again.text();
    let diagnostic = match &error.kind {
        RotationErrorKind::Credentials(error) if !so_far.is_empty() => {
            let why = rotation_credentials(app, error);
            rows::ROTATION_INCOMPLETE.diagnostic(format!("{}{so_far} {next}", why.detail))
        }
        RotationErrorKind::Credentials(error) => return rotation_credentials(app, error),
        RotationErrorKind::Foreign(staged) => {
            return staged_by_another_user(app, &staged.created_by, &staged.created_date, attribute);
        }
        RotationErrorKind::Occupied { previous, message } => {
            let until =
                previous.expiration_date.as_deref().map(|at| format!(" (until {at})")).unwrap_or_default();
            rows::PREVIOUS_CREDENTIALS_VALID.diagnostic(format!(
                "\"{app}\": Salesforce does not create new credentials while the credentials from before the last \
                 rotation are valid{until}: {message}. Nothing was changed. Wait until they expire, or revoke them: \
                 change revoke_previous_when_changed, or invoke the action \
                 salesforce_external_client_app_revoke_previous_credentials. Clients that still use them can then no \
                 longer log in."
            ))
        }
        RotationErrorKind::OwnLogin { revoke } => {
            self_lockout(app, if *revoke { "revoke" } else { "rotate" })
        }
        RotationErrorKind::Stopped => data_sources::INTERRUPTED.diagnostic(format!(
            "\"{app}\": Terraform was interrupted before the credentials were rotated or revoked.{so_far} {next}"
        )),
        RotationErrorKind::Expired => apply::TIMEOUT_EXCEEDED.diagnostic(format!(
            "\"{app}\": the timeout elapsed before the credentials were rotated or revoked.{so_far} {next} To allow \
             more time, increase the timeout in the timeouts block."
        )),
        RotationErrorKind::Rejected(error) => {
            rows::CREDENTIAL_CHANGE_REJECTED.diagnostic(format!("\"{app}\": {error}.{so_far} {next}"))
        }
        RotationErrorKind::Unverified(error) => {
            rows::CREDENTIAL_CHANGE_UNVERIFIED.diagnostic(format!("\"{app}\": {error}.{so_far} {next}"))
        }
        RotationErrorKind::StillListed => rows::CREDENTIAL_CHANGE_UNVERIFIED.diagnostic(format!(
            "\"{app}\": Salesforce confirmed that a key and a secret were revoked, but still lists them. Check whether \
             a client can still log in with them. {next}"
        )),
        RotationErrorKind::RotatedSincePlan => rows::ROTATED_SINCE_PLAN.diagnostic(format!(
            "\"{app}\": the credentials were rotated after the plan was created. The previous key and secret are not \
             those that the plan would revoke, and clients may still use them. Nothing was revoked. Plan again."
        )),
        RotationErrorKind::PreviousUnlisted => rows::CREDENTIAL_CHANGE_UNVERIFIED.diagnostic(format!(
            "\"{app}\": Salesforce rotated the key and the secret, but does not list the previous ones, so they were \
             not revoked. Check whether a client can still log in with them. {next}"
        )),
    };
    diagnostic.at_attribute(attribute)
}

/// The progress message before a step of an action.
pub fn rotation_step(app: &str, step: &RotationStep) -> String {
    match step {
        RotationStep::Stage => format!("{app}: creating a new key and a new secret"),
        RotationStep::Rotate(_) => format!("{app}: activating the new key and secret"),
        RotationStep::Revoke(_) => format!("{app}: revoking the previous key and secret"),
    }
}

/// The progress message at the end of an action.
pub fn rotation_done(app: &str, rotated: &Rotated) -> String {
    match (&rotated.outcome, rotated.revoked) {
        (None, 0) => format!("{app}: there are no previous credentials to revoke"),
        (None, _) => format!("{app}: the previous key and secret have been revoked"),
        _ => format!("{app}: the client ID is now {}", rotated.credentials.consumer.key),
    }
}

pub fn invalid_wait(text: &str) -> Diagnostic {
    rows::INVALID_DURATION
        .diagnostic(format!(
            "\"{text}\" is not a duration. Use hours, minutes and seconds, such as \"0s\", \"30s\" or \"2m\"."
        ))
        .at_attribute("wait_for_propagation")
}
