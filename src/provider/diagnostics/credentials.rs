//! Messages about consumer keys and secrets: reading them, rotating them, ending those of before. None holds a secret.

use super::{Diagnostic, self_lockout, unavailable, unreadable};
use crate::org::{
    CredentialsError, Rotated, RotationError, RotationErrorKind, RotationStep, STAGED_SINCE, Setting, Staged,
};

const SETTING: &str = "\"Allow access to External Client App consumer secrets via REST API\" \
                       (ExternalClientAppSettings.enableClientSecretInRestApiAccess)";
const SWITCH_ON: &str = "Switch it on in Setup, External Client App Settings, or with \
                         client_secret_in_rest_api_access_enabled = true of \
                         salesforce_org_external_client_app_settings";
const PERMISSIONS: &str = "\"External Client App Developer\" and \"View Client Secret\"";

/// Credentials that cannot be told.
pub fn credentials(app: &str, error: &CredentialsError) -> Diagnostic {
    let at_app = |summary: &str, detail: String| {
        Diagnostic::error(summary, detail).at_attribute("external_client_app")
    };
    match error {
        CredentialsError::NoApp => at_app(
            "No such app",
            format!(
                "The org has no External Client App with the API name \"{app}\", or does not show it to the provider's \
                 user. API names are those that Setup shows as \"API Name\"; upper and lower case count."
            ),
        ),
        CredentialsError::Hidden { why } => {
            super::hidden("app", app, "ExternalClientApplication", why).at_attribute("external_client_app")
        }
        CredentialsError::NoConsumer if app.contains("__") => at_app(
            "The app has no consumer",
            format!(
                "\"{app}\" comes from a package: its consumer belongs to whoever publishes that, and its key and secret are \
                 theirs."
            ),
        ),
        CredentialsError::NoConsumer => at_app(
            "The app has no consumer",
            format!(
                "\"{app}\" has no consumer key that the org tells of. Its OAuth settings make one: refer to the id of \
                 salesforce_external_client_app_oauth_settings, so that they come first. Where they are there, Salesforce \
                 may need longer to tell of a new one: apply again."
            ),
        ),
        CredentialsError::Several(keys) => Diagnostic::error(
            "The app has several consumers",
            format!(
                "\"{app}\" has {} consumers. Write the consumer_key of the one that you mean: {}.",
                keys.len(),
                keys.join(", ")
            ),
        )
        .at_attribute("consumer_key"),
        CredentialsError::OtherKey(keys) => Diagnostic::error(
            "Not a consumer key of the app",
            format!(
                "That is the key of no consumer of \"{app}\". What it has: {}. After a rotation, take consumer_key of \
                 salesforce_external_client_app_credential_rotation, or refresh the state that has the key of before.",
                keys.join(", ")
            ),
        )
        .at_attribute("consumer_key"),
        CredentialsError::Withheld { setting, message: said } => withheld(app, *setting, said.as_deref()),
        CredentialsError::Read(error) => unreadable("app", app, error),
        CredentialsError::Unavailable(error) => unavailable(error),
    }
}

fn withheld(app: &str, setting: Setting, said: Option<&str>) -> Diagnostic {
    let said =
        said.map(|said| format!(" Salesforce says: {}.", said.trim_end_matches('.'))).unwrap_or_default();
    let what_to_do = match setting {
        Setting::Off => format!(
            "The setting of the org {SETTING} is off. {SWITCH_ON}. The provider's user needs the permissions {PERMISSIONS}, \
             too."
        ),
        Setting::On => format!(
            "The setting of the org that allows it is on, so it is the provider's user who may not: give it the \
             permissions {PERMISSIONS}. If the setting was switched on just now, apply again in a minute."
        ),
        Setting::Unknown => format!(
            "It takes two things. The setting of the org {SETTING} must be on; whether it is could not be read. {SWITCH_ON}. \
             And the provider's user needs the permissions {PERMISSIONS}."
        ),
    };
    Diagnostic::error(
        "Salesforce does not give the credentials",
        format!("The credentials of \"{app}\" were not given.{said} {what_to_do}"),
    )
    .at_attribute("external_client_app")
}

/// The same for a rotation, which takes the app's consumer and is not told which one.
pub fn rotation_credentials(app: &str, error: &CredentialsError) -> Diagnostic {
    match error {
        CredentialsError::Several(keys) => Diagnostic::error(
            "The app has several consumers",
            format!(
                "\"{app}\" has {} consumers ({}). Only the credentials of an app that has one are rotated: make an app for \
                 each client.",
                keys.len(),
                keys.join(", ")
            ),
        )
        .at_attribute("external_client_app"),
        error => credentials(app, error),
    }
}

/// The same in a refresh: nothing of the state is lost by it. `previous`: the previous org that the state is of.
pub fn credentials_unchecked(app: &str, error: &CredentialsError, previous: Option<&str>) -> Diagnostic {
    let reason = rotation_credentials(app, error);
    let stays = match previous {
        None => "The state stays as it was.".to_owned(),
        Some(org) => format!(
            "What the state had was of org {org}, and is not in it any more. Nothing can be rotated until this org shows its \
             credentials."
        ),
    };
    Diagnostic::advice(
        "Credentials are not checked",
        format!("{}: {} {stays}", reason.summary, reason.detail),
        "credentials-not-checked",
    )
}

/// Another org has taken the place of the one that the state was of, and did not show its credentials yet. Without the key
/// of before nobody could tell whether an interrupted rotation was made.
pub fn rotation_unread(app: &str) -> Diagnostic {
    Diagnostic::error(
        "The credentials were not read yet",
        format!(
            "The state has no consumer key of \"{app}\" yet, since the org did not show its credentials, so nothing is rotated \
             and nothing ended. A refresh reads it; the warning \"Credentials are not checked\" says what the org needs for that."
        ),
    )
}

pub fn staged_needs_api(app: &str, version: u16) -> Diagnostic {
    Diagnostic::error(
        "Not available in this API version",
        format!(
            "The credentials of \"{app}\" cannot be rotated with API {version}.0: staged credentials came with \
             {STAGED_SINCE}.0. Set api_version of the provider block to at least \"{STAGED_SINCE}.0\", or leave it out."
        ),
    )
}

/// The plan of a rotation.
/// `previous`: until when the pair of before is valid; `sure`: the values are known.
pub fn rotation_planned(
    app: &str,
    key: &str,
    revokes: bool,
    previous: Option<&str>,
    sure: bool,
) -> Diagnostic {
    let if_so = if sure { "" } else { "rotate_when_changed is known only after apply; if it has changed, " };
    let in_the_way = match previous {
        Some(expires) if !revokes => format!(
            " The pair of before the last rotation is still valid, until {expires}; Salesforce may refuse to make a new one \
             until then, and then changes nothing."
        ),
        _ => String::new(),
    };
    let old = if revokes {
        format!(
            "The key {key} and its secret end at once (revoke_previous_when_changed changes, too): clients fail until they \
             have the new pair"
        )
    } else {
        format!(
            "Clients that have {key} and its secret keep working for 30 days, or until revoke_previous_when_changed changes"
        )
    };
    Diagnostic::advice(
        "The client ID changes",
        format!(
            "\"{app}\": {if_so}on apply its consumer gets a new key (the client ID) and a new secret. {old}. Give clients \
             consumer_key of this resource: consumer_key of the app's OAuth settings still shows {key} in this run, and the \
             new one from the next refresh on.{in_the_way}"
        ),
        "client-id-changes",
    )
}

/// A rotation that was made already.
pub fn rotation_made_before(app: &str, date: Option<&str>) -> Diagnostic {
    let what = match date {
        Some(date) => format!("staged {date}, and not by another user as far as Salesforce says so"),
        None => "by whom cannot be told any more, because the pair of before is ended, too".to_owned(),
    };
    Diagnostic::advice(
        "The credentials were rotated already",
        format!(
            "\"{app}\": its credentials were rotated since Terraform last saw them ({what}). This is taken for the rotation that \
             is asked for here, by a run that did not come to its end: nothing is rotated again. If it was another one, apply, \
             and then change rotate_when_changed once more."
        ),
        "rotated-already",
    )
}

/// The first values after an import.
pub fn values_taken_over(app: &str, attribute: &str) -> Diagnostic {
    Diagnostic::advice(
        "The first values after an import",
        format!(
            "\"{app}\": an import knows no values, so these are written down as those that hold already, and nothing is \
             rotated or ended. To have it done, apply, and then change {attribute} once more."
        ),
        "values-taken-over",
    )
}

/// A pair that is there when a rotation comes under management.
pub fn staged_already(app: &str, staged: &Staged) -> Diagnostic {
    let by = staged.created_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let on = staged.created_date.as_deref().map(|on| format!(" on {on}")).unwrap_or_default();
    Diagnostic::advice(
        "Credentials are staged already",
        format!(
            "The consumer of \"{app}\" has a staged key and secret, made{by}{on}. They stay. If the provider's user made them, \
             the next rotation makes them the app's own; if somebody else did, it is refused until they are rotated or deleted."
        ),
        "credentials-staged",
    )
}

pub fn previous_end(app: &str, key: Option<&str>, sure: bool) -> Diagnostic {
    let if_so =
        if sure { "" } else { "revoke_previous_when_changed is known only after apply; if it has changed, " };
    let key = key.map(|key| format!(" ({key})")).unwrap_or_default();
    Diagnostic::advice(
        "The previous credentials end",
        format!(
            "\"{app}\": {if_so}on apply the key and the secret of before the last rotation{key} end at once. Clients that still use \
             them cannot log in any more."
        ),
        "previous-credentials-end",
    )
}

/// The end of the management of rotations.
pub fn previous_stay(app: &str, expires: Option<&str>) -> Diagnostic {
    let until =
        expires.map_or_else(|| "for up to 30 days after the rotation".to_owned(), |at| format!("until {at}"));
    Diagnostic::advice(
        "Previous credentials stay valid",
        format!(
            "\"{app}\": Terraform stops managing its rotation and changes nothing by it. The key and the secret of before the \
             last rotation are good {until}, unless the app goes as well. To end them, change revoke_previous_when_changed \
             before, or delete them in Setup."
        ),
        "previous-credentials-stay",
    )
}

pub fn previous_unknown(app: &str, error: &CredentialsError) -> Diagnostic {
    Diagnostic::advice(
        "Previous credentials may stay valid",
        format!(
            "\"{app}\": nothing is changed in the org. Whether it has a key and a secret of before a rotation that are still \
             good could not be read: {error}."
        ),
        "previous-credentials-stay",
    )
}

pub fn foreign_stage(app: &str, by: &Option<String>, on: &Option<String>, attribute: &str) -> Diagnostic {
    let by = by.as_deref().map_or_else(
        || ", and Salesforce does not say by whom".to_owned(),
        |by| format!(" by {by} and not by the provider's user"),
    );
    let on = on.as_deref().map(|on| format!(" on {on}")).unwrap_or_default();
    Diagnostic::error(
        "Somebody else has staged credentials",
        format!(
            "The consumer of \"{app}\" has a staged key and secret, made{on}{by}. A rotation would make them the app's own. They \
             stay, and nothing is rotated. Whoever made them rotates or deletes them; then start again."
        ),
    )
    .at_attribute(attribute)
}

/// What is to be done for a rotation to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    Apply,
    Invoke,
}

impl Again {
    fn words(self) -> &'static str {
        match self {
            Again::Apply => {
                "The next apply looks what the org has and goes on from there; it does not rotate twice."
            }
            Again::Invoke => {
                "Look at the app before you invoke the action again: what is only staged is gone on with, and what was rotated is \
                 rotated once more."
            }
        }
    }
}

/// A rotation that did not come to its end. `attribute` is what asked for it.
pub fn rotation_failed(app: &str, attribute: &str, error: &RotationError, again: Again) -> Diagnostic {
    let so_far = match &error.seen {
        Some(seen) if seen.outcome.is_some() => {
            format!(" The credentials are rotated: the client ID is {} now.", seen.credentials.consumer.key)
        }
        Some(seen) if seen.revoked > 0 => " Previous credentials are ended; nothing is rotated.".to_owned(),
        _ => String::new(),
    };
    let next = again.words();
    let failed = |summary: &str, detail: String| Diagnostic::error(summary, detail).at_attribute(attribute);
    match &error.kind {
        RotationErrorKind::Credentials(error) if !so_far.is_empty() => {
            let why = rotation_credentials(app, error);
            failed("The rotation did not come to its end", format!("{}{so_far} {next}", why.detail))
        }
        RotationErrorKind::Credentials(error) => rotation_credentials(app, error),
        RotationErrorKind::Foreign(staged) => {
            foreign_stage(app, &staged.created_by, &staged.created_date, attribute)
        }
        RotationErrorKind::Occupied { previous, message: said } => {
            let until =
                previous.expiration_date.as_deref().map(|at| format!(" until {at}")).unwrap_or_default();
            failed(
                "The previous credentials are still valid",
                format!(
                    "\"{app}\": Salesforce makes no new key and secret while those of before the last rotation are valid, \
                     which they are{until} ({said}). Nothing is changed. Either wait, or end them: change \
                     revoke_previous_when_changed, or invoke \
                     salesforce_external_client_app_revoke_previous_credentials. Clients that still use them cannot log in \
                     from then on."
                ),
            )
        }
        RotationErrorKind::OwnLogin { revoke } => {
            self_lockout(app, if *revoke { "revoke" } else { "rotate" }).at_attribute(attribute)
        }
        RotationErrorKind::Stopped => failed(
            "Interrupted",
            format!(
                "\"{app}\": Terraform was interrupted before the credentials were rotated or ended.{so_far} {next}"
            ),
        ),
        RotationErrorKind::Expired => failed(
            "The time was over",
            format!(
                "\"{app}\": the credentials were not rotated or ended in time.{so_far} {next} timeouts gives more time."
            ),
        ),
        RotationErrorKind::Refused(error) => failed(
            "Salesforce refused to change the credentials",
            format!("\"{app}\": {error}.{so_far} {next}"),
        ),
        RotationErrorKind::Unverified(error) => failed(
            "What became of the credentials is not known",
            format!("\"{app}\": {error}.{so_far} {next}"),
        ),
        RotationErrorKind::StillListed => failed(
            "What became of the credentials is not known",
            format!(
                "\"{app}\": Salesforce confirmed the end of a key and a secret, and goes on listing them. Try whether a client \
                 can still log in with them. {next}"
            ),
        ),
    }
}

/// What is about to be done, for the progress of an action.
pub fn rotation_step(app: &str, step: &RotationStep) -> String {
    match step {
        RotationStep::Stage => format!("{app}: making a new key and a new secret"),
        RotationStep::Rotate(_) => format!("{app}: making them the consumer's own"),
        RotationStep::Revoke(_) => format!("{app}: ending a key and a secret of before"),
    }
}

/// What was done.
pub fn rotation_done(app: &str, rotated: &Rotated) -> String {
    match (&rotated.outcome, rotated.revoked) {
        (None, 0) => format!("{app}: there are no key and secret of before to end"),
        (None, _) => format!("{app}: the key and the secret of before have ended"),
        _ => format!("{app}: the client ID is {} now", rotated.credentials.consumer.key),
    }
}

pub fn invalid_wait(text: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid duration",
        format!(
            "\"{text}\" is no duration. Write hours, minutes and seconds, such as \"0s\", \"30s\" or \"2m\"."
        ),
    )
    .at_attribute("wait_for_propagation")
}
