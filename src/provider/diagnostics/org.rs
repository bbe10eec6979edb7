//! Diagnostics about reading an org, imports and lists. Not here: the result of changes (`apply.rs`).
//!
//! A message never contains HTML, XML or a secret, because the client redacts the text from the org.

use super::Diagnostic;
use super::rows::{bugs, data_sources, import, plan, provider_block, read};
use crate::org::{ReadError, ReadErrorKind, Unavailable};
use crate::provider::catalog;
use crate::provider::previous_orgs::Refreshed;
use crate::provider::resource_spec::ResourceSpec;

/// For errors that only a bug in the provider explains.
pub(super) const PLEASE_REPORT: &str = "Please report this error to the provider developers.";

/// Salesforce is not reachable, or rejected the login or the call.
pub fn unavailable(error: &Unavailable) -> Diagnostic {
    let text = error.0.to_string();
    read::SALESFORCE_REQUEST_FAILED.diagnostic(sentences(&text, error.0.advice()))
}

pub fn refresh_token_rotated() -> Diagnostic {
    read::REFRESH_TOKEN_ROTATED.diagnostic(
        "Salesforce returned a new refresh token, and the one in the configuration may be invalid. The provider uses \
         the new token until its process ends, and cannot store it. The next run, and the apply of this run, may fail \
         to log in. Disable refresh token rotation for the app of the token (refresh_token_rotation_enabled), or use \
         another authentication method.",
    )
}

/// Joins a sentence fragment and advice into sentences.
fn sentences(fragment: &str, advice: &str) -> String {
    let mut text = capitalised(fragment);
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    if !advice.is_empty() {
        text.push(' ');
        text.push_str(advice);
    }
    text
}

pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The first 60 printable characters of an import ID.
fn excerpt(id: &str) -> String {
    id.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// What a message refers to: `the app "Shop"`, `the policies of "Shop"`, or the settings of an org, which `app`
/// identifies.
pub fn the(noun: &str, app: &str) -> String {
    if noun == catalog::APP.noun {
        return format!("the app \"{app}\"");
    }
    format!("the {noun} of \"{app}\"")
}

pub fn other_org(what: &str, state_org: &str, org: &str, instance: &str) -> Diagnostic {
    read::STATE_ORG_MISMATCH.diagnostic(format!(
        "The state of {what} was written for org {state_org}, but the provider is connected to org {org} ({instance}). \
         Nothing was read or changed. Check the credentials and the workspace. If {org} replaces {state_org} (a \
         refreshed sandbox), set previous_org_ids = [\"{state_org}\"] in the provider block, or \
         SALESFORCE_PREVIOUS_ORG_IDS={state_org}. The provider then refreshes the state from the connected org."
    ))
}

/// A plan or an apply with a state that was not refreshed from the connected org.
pub fn previous_org_unread(what: &str, state_org: &str, org: &str, instance: &str) -> Diagnostic {
    read::PREVIOUS_ORG_NOT_REFRESHED.diagnostic(format!(
        "The state of {what} was written for org {state_org}, which is in previous_org_ids, and was not refreshed from \
         org {org} ({instance}). Nothing was planned or changed. Plan with a refresh: omit -refresh=false, and do not \
         use a saved plan that was created with it. Some versions of Terraform, such as 1.11, do not refresh resources \
         that were removed from the configuration. In that case, restore the resource, apply, and then remove it."
    ))
}

/// The differences that a refresh found between a previous org and the connected org. Terraform shows only the first of
/// several warnings with the same summary, so the warning about an app with important differences has a different
/// summary.
pub fn previous_org_refreshed(
    noun: &str,
    app: &str,
    found: &Refreshed,
    org: &str,
    instance: &str,
) -> Diagnostic {
    let what = the(noun, app);
    let mut detail = format!(
        "The state of {what} was written for org {}, which is in previous_org_ids. It was refreshed from org {org} \
         ({instance}). The next terraform apply, or terraform apply -refresh-only, updates the state.",
        found.from
    );
    match &found.key {
        Some((old, Some(new))) => detail.push_str(&format!(
            " The consumer key was {old} and is now {new}. Give the new key and its secret to the clients."
        )),
        Some((old, None)) => {
            detail
                .push_str(&format!(" The consumer key was {old}, and the org does not return the new one."));
        }
        None => {}
    }
    if !found.missing.is_empty() {
        detail.push_str(&format!(
            " This org has no {}: the plan creates what is in the configuration.",
            found.missing.join(", no ")
        ));
    }
    if !found.differing.is_empty() {
        detail.push_str(&format!(" Values that differ from the state: {}.", found.differing.join(", ")));
    }
    if !found.unseen.is_empty() {
        detail.push_str(&format!(
            " The org does not return {}, so the corresponding attributes keep the values of the previous org.",
            found.unseen.join(", ")
        ));
    }
    let diagnostic = read::PREVIOUS_ORG.diagnostic(detail);
    match (&found.key, found.missing.as_slice()) {
        (Some(_), _) => diagnostic.qualified(&format!("new consumer key of {app}")),
        (None, [first, ..]) => diagnostic.qualified(&format!("no {first} of {app}")),
        (None, []) => diagnostic,
    }
}

/// An invalid import ID for settings that an org has only once.
pub fn import_org_id(id: &str, name: &str) -> Diagnostic {
    import::INVALID_IMPORT_ID.diagnostic(format!(
        "\"{}\" is not a valid import ID for these settings, which exist only once in an org. Use {name}, or the ID of \
         the connected org.",
        excerpt(id)
    ))
}

pub fn import_other_org(app: &str, named: &str, org: &str, instance: &str) -> Diagnostic {
    import::IMPORT_ORG_MISMATCH.diagnostic(format!(
        "The import of \"{app}\" is for org {named}, but the provider is connected to org {org} ({instance}). Check \
         the credentials, or the identity in the import block. If the connected org replaces the other one (a \
         refreshed sandbox), add it to previous_org_ids in the provider block."
    ))
}

/// A sentence about the error for which a request was being retried.
fn last_error(error: &ReadError) -> String {
    match &error.kind {
        ReadErrorKind::Deadline { last: Some(last) } => {
            format!(" The last error was: {}", sentences(&last.to_string(), last.advice()))
        }
        _ => String::new(),
    }
}

pub fn unreadable(noun: &str, app: &str, error: &ReadError) -> Diagnostic {
    let object = the(noun, app);
    match &error.kind {
        ReadErrorKind::Unavailable(cause) => unavailable(&Unavailable(cause.clone())),
        ReadErrorKind::Deadline { .. } => read::READ_TIMEOUT.diagnostic(format!(
            "Reading {object} took longer than the timeout. The state did not change.{} Try again, or increase the \
             timeout in the timeouts block.",
            last_error(error)
        )),
        ReadErrorKind::Parentless { .. } | ReadErrorKind::UnknownParent { .. } => {
            read::UNEXPECTED_METADATA.diagnostic(format!(
                "Salesforce returned metadata that may belong to {object}, but does not refer to the app: {error}. The \
                 provider does not treat the {noun} as deleted, and the state did not change. Check the app in Setup, \
                 and deploy the component with a correct reference."
            ))
        }
        ReadErrorKind::Undecodable(_) | ReadErrorKind::Package(_) => {
            read::UNEXPECTED_METADATA.diagnostic(format!(
                "The provider cannot interpret what Salesforce returned for {object}: {error}. The state did \
                 not change. {PLEASE_REPORT}"
            ))
        }
    }
}

pub fn read_interrupted(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    read::READ_INTERRUPTED.diagnostic(format!(
        "Terraform was interrupted before it read {object}. The state did not change. Run the command \
         again."
    ))
}

pub fn hidden(noun: &str, app: &str, kind: &str, why: &str) -> Diagnostic {
    let object = the(noun, app);
    read::COMPONENT_NOT_ACCESSIBLE.diagnostic(format!(
        "The provider cannot read {object} ({kind}): {why}. The provider does not treat the object as deleted, and the \
         state did not change. Check the name, and the permissions of the user that Terraform logs in as."
    ))
}

/// An app whose name in the org differs from the name in the configuration or the state only in case.
pub fn other_case(app: &str, name: &str) -> Diagnostic {
    read::NAME_IN_OTHER_CASE.diagnostic(format!(
        "The name of the app in the org is {name:?}, not {app:?}. Salesforce treats names that differ only in case as \
         the same name, but Terraform does not. Use {name:?} in the configuration. If the state contains {app:?}, remove \
         the resource from the state with terraform state rm, and import it as {name:?}. Nothing was changed in the org \
         or in the state."
    ))
}

/// Resources that a refresh did not find.
pub struct MassRemoval<'a> {
    pub missing: usize,
    /// The number of other resources that the org lists.
    pub left: usize,
    /// The previous org that the state belongs to.
    pub previous: Option<&'a str>,
}

/// So many resources are missing that a lost permission is a more likely cause than deletions.
pub fn mass_removal(noun: &str, app: &str, removal: &MassRemoval<'_>, instance: &str) -> Diagnostic {
    let object = the(noun, app);
    const ALLOW: &str = "set allow_mass_removal = true in the provider block, or SALESFORCE_ALLOW_MASS_REMOVAL=true in \
                         the environment, for this run.";
    let MassRemoval { missing, left, previous } = removal;
    read::MASS_REMOVAL.diagnostic(match previous {
        Some(previous) => format!(
            "Org {previous} had {object}, but {instance}, which replaces that org, does not. So far, {missing} \
             resources in this configuration are missing; the org lists {left} others. A refreshed sandbox has the \
             data of its source org. Check that the source org has the apps, and that the user that Terraform logs in \
             as has permission to see them. Nothing was changed. To recreate them, with new consumer keys, {ALLOW}"
        ),
        None => format!(
            "{instance} no longer has {object}. So far, {missing} resources in this configuration are missing; the org \
             lists {left} others. Salesforce returns the same result if the user lacks a permission. Terraform would \
             then recreate all of them, with new consumer keys. Nothing was changed. Check the apps in Setup, and the \
             permissions of the user that Terraform logs in as. If the apps were deleted, {ALLOW}"
        ),
    })
}

pub fn several(noun: &str, app: &str, kind: &str, names: &[String]) -> Diagnostic {
    read::MULTIPLE_COMPONENTS.diagnostic(format!(
        "The org has more than one {kind} for \"{app}\": {}. Terraform can manage the {noun} only if there is exactly \
         one. Delete the unused ones.",
        names.join(", ")
    ))
}

pub fn drift_unchecked(app: &str, kind: &str) -> Diagnostic {
    read::DRIFT_NOT_CHECKED.diagnostic(format!(
        "Salesforce does not return the consumer settings of \"{app}\" ({kind}), so their attributes keep the values \
         that Terraform last wrote. To detect drift, enable the org setting enableConsumerSecretApiAccess, which \
         Salesforce documents as deprecated, and give the user the permission \"View External Client Apps Consumer \
         Secrets in Metadata\"."
    ))
}

/// The names of records that an attribute refers to by ID could not be queried, and are not known from an earlier
/// query.
pub fn names_not_queried(attribute: &str, why: &str) -> Diagnostic {
    let detail = format!(
        "The org contains the names of the records, and the configuration contains IDs. The query for the names of \
         these IDs failed ({why}), so the provider assumes that {attribute} is unchanged if the number of elements is \
         the same."
    );
    read::DRIFT_NOT_CHECKED.diagnostic(detail).at_attribute(attribute)
}

pub fn import_unreadable(app: &str, kind: &str) -> Diagnostic {
    import::CONSUMER_SETTINGS_UNREADABLE.diagnostic(format!(
        "\"{app}\" has consumer settings ({kind}) that Salesforce does not return, so their values are unknown. To \
         import the app, enable the org setting enableConsumerSecretApiAccess and give the user the permission \"View \
         External Client Apps Consumer Secrets in Metadata\". If you use a moved block to a salesforce_oauth_client, \
         move the OAuth settings instead of the app, because their state has the values."
    ))
}

pub fn import_id(id: &str) -> Diagnostic {
    import::INVALID_IMPORT_ID.diagnostic(format!(
        "\"{}\" is not the API name of an app. Use the API name, such as Shop, or namespace__Shop.",
        excerpt(id)
    ))
}

pub fn nothing_to_import(noun: &str, app: &str, instance: &str) -> Diagnostic {
    let is_the_app = catalog::APP.noun == noun;
    let or = if is_the_app { String::new() } else { format!(", or the app has no {noun}") };
    import::IMPORT_NOT_FOUND.diagnostic(format!(
        "{instance} has no app with the API name \"{app}\"{or}. Setup shows this name as \"API Name\". Check the \
         spelling; the name is case-sensitive."
    ))
}

/// An app without a component that a resource for the whole app requires.
pub fn incomplete_app(app_only: &ResourceSpec, missing: &ResourceSpec, app: &str) -> Diagnostic {
    import::IMPORT_NOT_FOUND.diagnostic(format!(
        "The app \"{app}\" has no {}, which this resource requires. Import it as {}; or create them first, in Setup or \
         with {}.",
        missing.noun, app_only.name, missing.name
    ))
}

pub fn installed(noun: &str, id: &str, namespace: &str) -> Diagnostic {
    import::PACKAGED_APP.diagnostic(format!(
        "\"{id}\" was installed from the package {namespace}, whose publisher owns the {noun}. In this org, you can \
         manage only its policies, with salesforce_external_client_app_policies."
    ))
}

/// An operation that requires an org while an argument of the provider block is not known.
pub fn provider_unknown(argument: &str) -> Diagnostic {
    provider_block::PROVIDER_CONFIGURATION_UNKNOWN
        .diagnostic(format!(
            "{argument} in the provider block is known only after apply. Apply the resource that {argument} depends on \
             first, with terraform apply -target."
        ))
        .at_attribute(argument)
}

/// A refresh while an argument of the provider block is not known.
pub fn not_refreshed(argument: &str) -> Diagnostic {
    read::NOT_REFRESHED.diagnostic(format!(
        "{argument} in the provider block is known only after apply, so the provider cannot read the org. The plan \
         uses the resources as they are in the state, and the next plan shows changes in the org. To see them in this \
         plan, apply the resource that {argument} depends on first, with terraform apply -target or in a separate \
         configuration."
    ))
}

/// A call that Terraform must not make.
pub fn not_configured() -> Diagnostic {
    bugs::PROVIDER_NOT_CONFIGURED.diagnostic(format!(
        "Terraform called an operation that requires an org before it configured the provider. {PLEASE_REPORT}"
    ))
}

pub fn unknown_type(name: &str) -> Diagnostic {
    bugs::UNKNOWN_TYPE.diagnostic(format!(
        "This version of the provider ({}) does not support {name}. To install a newer version, run terraform init \
         -upgrade.",
        env!("CARGO_PKG_VERSION")
    ))
}

/// A state or an identity with a newer schema version. `what` is `state` or `identity`.
pub fn newer_state(what: &str, name: &str, version: i64, known: i64) -> Diagnostic {
    plan::NEWER_PROVIDER_VERSION.diagnostic(format!(
        "The {what} of {name} has schema version {version}, because a newer version of the provider wrote it. This \
         version of the provider ({}) supports schema versions up to {known}. Nothing was changed. Allow the newer \
         version in required_providers and run terraform init -upgrade. To keep this version, restore a state from \
         before the upgrade, or remove the resource from the state and import it again.",
        env!("CARGO_PKG_VERSION")
    ))
}

pub fn unreadable_private() -> Diagnostic {
    read::PRIVATE_STATE_UNREADABLE.diagnostic(
        "Terraform stores data of the provider with each resource (\"private\" in the state file). This data is \
         damaged, or another version of the provider wrote it, so the provider ignores it. The provider cannot \
         determine which optional attributes the configuration had at the last apply, so it does not warn about an \
         attribute that was removed since then. The next terraform apply, or terraform apply -refresh-only, writes the \
         data again.",
    )
}

/// A data source or an ephemeral resource while an argument of the provider block is not known.
pub fn lookup_waits(argument: &str, name: &str) -> Diagnostic {
    provider_block::PROVIDER_CONFIGURATION_UNKNOWN.diagnostic(format!(
        "{argument} in the provider block is known only after apply, and {name} reads the org. Apply the resource that \
         {argument} depends on first, with terraform apply -target."
    ))
}

/// A login that failed or took too long, before an operation.
pub fn no_session(error: &ReadError) -> Diagnostic {
    match &error.kind {
        ReadErrorKind::Unavailable(cause) => unavailable(&Unavailable(cause.clone())),
        ReadErrorKind::Deadline { .. } => read::READ_TIMEOUT.diagnostic(format!(
            "The login took longer than the timeout of the operation. Nothing was changed.{} Try again, or increase \
             the timeout in the timeouts block.",
            last_error(error)
        )),
        _ => read::READ_TIMEOUT.diagnostic(format!("The login failed: {error}. Nothing was changed.")),
    }
}

pub fn lookup_timed_out(name: &str, error: &ReadError) -> Diagnostic {
    read::READ_TIMEOUT.diagnostic(format!("{name} was not read: {error}. Try again."))
}

pub fn lookup_interrupted(name: &str) -> Diagnostic {
    data_sources::INTERRUPTED
        .diagnostic(format!("Terraform was interrupted before {name} was read. Run the command again."))
}

pub fn no_such_record(what: &str, argument: &str, written: &str) -> Diagnostic {
    data_sources::NOT_FOUND
        .diagnostic(format!(
            "The org has no {what} with the {argument} {written:?}, or the user that Terraform logs in as cannot see \
             it. Names are API names. Names from packages start with the namespace: namespace__Name."
        ))
        .at_attribute(argument)
}

pub fn ambiguous(what: &str, argument: &str, written: &str, names: &[String]) -> Diagnostic {
    data_sources::MULTIPLE_MATCHES
        .diagnostic(format!(
            "{} objects in the org have the {argument} {written:?}: {}. Set the name of the {what} instead.",
            names.len(),
            names.join(", ")
        ))
        .at_attribute(argument)
}

/// Apps that a list resource omits.
pub fn incomplete_list(
    type_name: &str,
    named: &[&str],
    more: usize,
    reason: Option<&Diagnostic>,
) -> Diagnostic {
    let first = named.first().copied().unwrap_or_default();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let reason =
        reason.map_or(String::new(), |reason| format!(" {first}: {}: {}", reason.summary, reason.detail));
    import::INCOMPLETE_LIST.diagnostic(format!(
        "The provider cannot read these apps, so the list of {type_name} omits them: {}{more}.{reason}",
        named.join(", ")
    ))
}

pub fn not_listed(error: &ReadError) -> Diagnostic {
    match &error.kind {
        ReadErrorKind::Unavailable(cause) => unavailable(&Unavailable(cause.clone())),
        _ => import::APPS_NOT_LISTED
            .diagnostic(format!("{}. {PLEASE_REPORT}", capitalised(&error.to_string()))),
    }
}
