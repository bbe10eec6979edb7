//! Messages about what an org said, or could not be asked. Not here: what became of changes (`apply.rs`).
//!
//! The org's own words are in quotation marks or after a colon; what to do follows them. Never HTML, never XML, and
//! no secret: the client has redacted what it hands up.

use super::Diagnostic;
use crate::org::{ReadError, ReadErrorKind, Unavailable};
use crate::provider::catalog;
use crate::provider::previous_orgs::Anew;
use crate::provider::resource_spec::ResourceSpec;

/// Text for messages that only a mistake of ours explains.
pub(super) const PLEASE_REPORT: &str = "This should not happen: please report it to the provider's authors.";

/// The org was not reached, or refused us.
pub fn unavailable(error: &Unavailable) -> Diagnostic {
    let text = error.0.to_string();
    Diagnostic::error("Salesforce cannot be used", sentences(&text, error.0.advice()))
}

/// Salesforce gave another refresh token in place of the one that the provider logs in with.
pub fn refresh_token_rotated() -> Diagnostic {
    Diagnostic::advice(
        "The refresh token was rotated",
        "Salesforce gave a new refresh token in place of the one that the provider logged in with, which may be dead now. The \
         provider works with the new one until it ends and cannot keep it: the next run, and the apply of this one, may find that \
         the refresh token is not good any more. Switch the rotation off for the app that the token is of \
         (refresh_token_rotation_enabled), or log in another way.",
        "refresh-token-rotated",
    )
}

/// Joins a fragment and an advice into sentences.
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

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Whose something is: `the policies of "Shop"`.
pub fn whose(noun: &str, app: &str) -> String {
    format!("the {noun} of \"{app}\"")
}

pub fn other_org(what: &str, state_org: &str, org: &str, instance: &str) -> Diagnostic {
    Diagnostic::error(
        "State of another org",
        format!(
            "The state of {what} was written for org {state_org}, but the provider is connected to org {org} ({instance}). \
             Nothing was read or changed. Check the credentials and the workspace. If {org} has taken the place of \
             {state_org} (a sandbox that was refreshed), say so in the provider block: previous_org_ids = \
             [\"{state_org}\"], or SALESFORCE_PREVIOUS_ORG_IDS={state_org}. Then the state is read anew from the connected \
             org."
        ),
    )
}

/// A plan or an apply with a state that no refresh has read from the connected org.
pub fn previous_org_unread(what: &str, state_org: &str, org: &str, instance: &str) -> Diagnostic {
    Diagnostic::error(
        "State of a previous org was not read anew",
        format!(
            "The state of {what} was written for org {state_org}, which previous_org_ids names, and nothing in it was read from \
             org {org} ({instance}) yet. Nothing was planned or changed. Plan with a refresh: without -refresh=false, and \
             without a plan file that was made with it. Some versions of Terraform, such as 1.11, do not refresh what has left \
             the configuration: put it back, apply, and remove it then."
        ),
    )
}

/// What a refresh found of a state of a previous org. Terraform shows warnings with the same first line once: those that
/// say something of their own have one of their own.
pub fn read_anew(noun: &str, app: &str, anew: &Anew, org: &str, instance: &str) -> Diagnostic {
    const ID: &str = "previous-org";
    let what = whose(noun, app);
    let mut detail = format!(
        "The state of {what} was written for org {}, which previous_org_ids names. It was read anew from org {org} \
         ({instance}); the next apply, or terraform apply -refresh-only, writes that into the state.",
        anew.from
    );
    match &anew.key {
        Some((old, Some(new))) => detail.push_str(&format!(
            " The consumer key is {new}; it was {old}. Clients that use the old one need the new one, with its secret."
        )),
        Some((old, None)) => {
            detail.push_str(&format!(" The consumer key was {old}; the one of now is not shown by the org."));
        }
        None => {}
    }
    if !anew.missing.is_empty() {
        detail.push_str(&format!(
            " This org has no {}: what the configuration has of it is planned to be created.",
            anew.missing.join(", no ")
        ));
    }
    if !anew.differing.is_empty() {
        detail.push_str(&format!(" Other values than in the state: {}.", anew.differing.join(", ")));
    }
    if !anew.unseen.is_empty() {
        detail.push_str(&format!(
            " The org does not show {}: its attributes keep what Terraform wrote into the previous org.",
            anew.unseen.join(", ")
        ));
    }
    match (&anew.key, anew.missing.as_slice()) {
        (Some(_), _) => {
            Diagnostic::advice(format!("State of a previous org: another consumer key of {app}"), detail, ID)
        }
        (None, [first, ..]) => {
            Diagnostic::advice(format!("State of a previous org: no {first} of {app}"), detail, ID)
        }
        (None, []) => Diagnostic::advice("State of a previous org", detail, ID),
    }
}

/// An import of what an org has once.
pub fn import_org_id(id: &str, name: &str) -> Diagnostic {
    let shown: String = id.chars().filter(|c| !c.is_control()).take(60).collect();
    Diagnostic::error(
        "Invalid import ID",
        format!(
            "\"{shown}\" is no import ID of these settings, which an org has once. Write {name}; or the ID of the org, and \
             those of no other org are imported."
        ),
    )
}

/// An import that names another org.
pub fn import_other_org(app: &str, named: &str, org: &str, instance: &str) -> Diagnostic {
    Diagnostic::error(
        "Import from another org",
        format!(
            "The import of \"{app}\" names org {named}, but the provider is connected to org {org} ({instance}). Check the \
             credentials, or the identity in the import block. If the connected org has taken the place of the other one (a \
             sandbox that was refreshed), name that in previous_org_ids in the provider block."
        ),
    )
}

/// A read without an answer.
pub fn unreadable(noun: &str, app: &str, error: &ReadError) -> Diagnostic {
    match &error.kind {
        ReadErrorKind::Unavailable(cause) => unavailable(&Unavailable(cause.clone())),
        ReadErrorKind::Deadline => Diagnostic::error(
            "Salesforce did not answer in time",
            format!(
                "Reading the {noun} of \"{app}\" took longer than its timeout. The state stays as it was. Try again, or \
                 write a longer time in the timeouts block."
            ),
        ),
        ReadErrorKind::Parentless { .. } | ReadErrorKind::UnknownParent { .. } => Diagnostic::error(
            "Unexpected metadata",
            format!(
                "What Salesforce returned may be of the {noun} of \"{app}\", and does not say so: {error}. They are not taken for \
                 deleted; the state stays as it was. Look at the app's page in Setup, and deploy the file anew as it should be."
            ),
        ),
        ReadErrorKind::Undecodable(_) | ReadErrorKind::Package(_) => Diagnostic::error(
            "Unexpected metadata",
            format!(
                "What Salesforce returned for the {noun} of \"{app}\" cannot be read: {error}. The state stays as it \
                 was. {PLEASE_REPORT}"
            ),
        ),
    }
}

pub fn read_interrupted(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "Interrupted while reading",
        format!(
            "Terraform was interrupted before the {noun} of \"{app}\" was read. The state stays as it was."
        ),
    )
}

pub fn hidden(noun: &str, app: &str, kind: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "Salesforce does not show a component",
        format!(
            "The {noun} of \"{app}\" cannot be read ({kind}): {why}. It is not taken for deleted; a state stays as it \
             was. Check the name, and the permissions of the user that Terraform logs in as."
        ),
    )
}

/// How many are missing, how many others the org lists, and the org that they were in, if that was another one.
pub struct Gone<'a> {
    pub missing: usize,
    pub left: usize,
    pub previous: Option<&'a str>,
}

/// A refresh found so many gone that it is more likely that we do not see them.
pub fn many_gone(noun: &str, app: &str, gone: &Gone<'_>, instance: &str) -> Diagnostic {
    let Gone { missing, left, previous } = gone;
    if let Some(previous) = previous {
        return Diagnostic::error(
            "Too many are gone at once",
            format!(
                "The {noun} of \"{app}\" was in org {previous} and is not in {instance}, which has taken its place; so it is with \
                 {missing} of this configuration by now, and the org lists {left} others. A refreshed sandbox has what its \
                 source had: look whether that has the apps, and whether the user that Terraform logs in as has the \
                 permission to see them. Nothing was changed, and the state stays as it was. If they are to be created anew \
                 here, with new consumer keys, set allow_mass_removal = true in the provider block, or \
                 SALESFORCE_ALLOW_MASS_REMOVAL=true, for this run."
            ),
        );
    }
    Diagnostic::error(
        "Too many are gone at once",
        format!(
            "The {noun} of \"{app}\" is not in {instance} any more, and so it is with {missing} of this configuration by \
             now; the org lists {left} others. Salesforce answers the same way when it does not show what is there, and \
             Terraform would create them all anew, with new consumer keys. Nothing was changed, and the state stays as it \
             was. Look at the apps in Setup, and at the permissions of the user that Terraform logs in as. If they really \
             were deleted, set allow_mass_removal = true in the provider block, or \
             SALESFORCE_ALLOW_MASS_REMOVAL=true, for this run."
        ),
    )
}

pub fn several(noun: &str, app: &str, kind: &str, names: &[String]) -> Diagnostic {
    Diagnostic::error(
        "More than one component",
        format!(
            "The org has more than one {kind} for \"{app}\": {}. Terraform manages the {noun} only where there is one; \
             delete those that are not in use.",
            names.join(", ")
        ),
    )
}

pub fn drift_unchecked(app: &str, kind: &str) -> Diagnostic {
    Diagnostic::advice(
        "Drift is not checked",
        format!(
            "Salesforce does not return the consumer settings of \"{app}\" ({kind}): their attributes keep the values \
             that Terraform last wrote. To have them checked, switch on the org setting enableConsumerSecretApiAccess, \
             which Salesforce calls deprecated, and give the user the permission \"View External Client Apps Consumer \
             Secrets in Metadata\"."
        ),
        "drift-not-checked",
    )
}

pub fn import_unreadable(app: &str, kind: &str) -> Diagnostic {
    Diagnostic::error(
        "Consumer settings cannot be read",
        format!(
            "\"{app}\" has consumer settings ({kind}) that Salesforce does not return, so its attributes would be \
             guesses. To import it, switch on the org setting enableConsumerSecretApiAccess and give the user the \
             permission \"View External Client Apps Consumer Secrets in Metadata\". Where a moved block leads to a \
             salesforce_oauth_client, let it begin at the OAuth settings and not at the app: their state has what cannot \
             be read."
        ),
    )
}

pub fn import_id(id: &str) -> Diagnostic {
    let shown: String = id.chars().filter(|c| !c.is_control()).take(60).collect();
    Diagnostic::error(
        "Invalid import ID",
        format!("\"{shown}\" is no app's API name. Write the API name, such as Shop, or namespace__Shop."),
    )
}

pub fn nothing_to_import(noun: &str, app: &str, instance: &str) -> Diagnostic {
    let is_the_app = catalog::APP.noun == noun;
    let or = if is_the_app { String::new() } else { format!(", or the app has no {noun}") };
    Diagnostic::error(
        "Nothing to import",
        format!(
            "{instance} has no app with the API name \"{app}\"{or}. API names are those that Setup shows as \"API Name\"; \
             upper and lower case count."
        ),
    )
}

/// An app that has not all that a resource of a whole app is made of.
pub fn no_whole_to_import(whole: &ResourceSpec, missing: &ResourceSpec, app: &str) -> Diagnostic {
    Diagnostic::error(
        "Nothing to import",
        format!(
            "The app \"{app}\" has no {}, which this resource is made of. Import it as {}; or create them first, in Setup or \
             with {}.",
            missing.noun, whole.name, missing.name
        ),
    )
}

pub fn installed(noun: &str, id: &str, namespace: &str) -> Diagnostic {
    Diagnostic::error(
        "An installed app",
        format!(
            "\"{id}\" was installed from the package {namespace}: whoever publishes that package owns its {noun}. Here \
             only its policies can be managed, with salesforce_external_client_app_policies."
        ),
    )
}

/// An operation that needs an org while the provider block is not known yet.
pub fn provider_unknown(argument: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider is not configured yet",
        format!(
            "{argument} of the provider block is known only after apply. Apply what it depends on first, with terraform \
             apply -target."
        ),
    )
    .at_attribute(argument)
}

/// A refresh while the provider block is not known yet.
pub fn not_refreshed(argument: &str) -> Diagnostic {
    Diagnostic::advice(
        "The state is not refreshed",
        format!(
            "{argument} of the provider block is known only after apply, so no org can be asked yet: resources are planned as the \
             state has them, and what somebody changed in the org shows in the next plan. To have it in this one, apply what \
             {argument} depends on first, with terraform apply -target, or in a configuration of its own."
        ),
        "not-refreshed",
    )
}

/// A call that Terraform should not have made.
pub fn not_configured() -> Diagnostic {
    Diagnostic::error(
        "The provider was not configured",
        format!(
            "Terraform asked for something that needs an org before it configured the provider. {PLEASE_REPORT}"
        ),
    )
}

pub fn unknown_type(name: &str) -> Diagnostic {
    Diagnostic::error("Unknown resource type", format!("This provider has no {name}."))
}

/// What only a newer version can read: `what` is the state or the identity of a resource.
pub fn newer_state(what: &str, name: &str, version: i64, known: i64) -> Diagnostic {
    Diagnostic::error(
        "State of a newer provider",
        format!(
            "The {what} of {name} has schema version {version}, and this version of the provider ({}) knows {known} at most: a \
             newer version of this provider wrote it. Nothing was changed. Allow the newer version in required_providers and run terraform init \
             -upgrade. To go on with this one, take a state from before the upgrade, or remove the resource from the state and \
             import it again.",
            env!("CARGO_PKG_VERSION")
        ),
    )
}

/// Facts beside a state that are not there, or not as they are written.
pub fn unreadable_private() -> Diagnostic {
    Diagnostic::advice(
        "What is kept beside the state cannot be read",
        "Terraform keeps a few facts for the provider beside each resource's state (\"private\" in the state file). Here they are \
         damaged, or another version of the provider wrote them. They are taken as missing: nothing in them is needed to find \
         the resource again. Which optional attributes the configuration had at the last apply is not known, so one that has \
         left it since may stay as it is without a word. The next apply writes them anew, also terraform apply -refresh-only.",
        "private-state-unreadable",
    )
}

/// A data source or an ephemeral resource while the provider block is not known yet.
pub fn lookup_waits(argument: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider is not configured yet",
        format!(
            "{argument} of the provider block is known only after apply, and {name} asks the org. Apply what it \
             depends on first, with terraform apply -target."
        ),
    )
}

pub fn lookup_interrupted(name: &str) -> Diagnostic {
    Diagnostic::error("Interrupted", format!("{name} was not read to the end. Run the command again."))
}

/// What a data source should find is not there.
pub fn no_such_record(what: &str, argument: &str, written: &str) -> Diagnostic {
    Diagnostic::error(
        "Not found in the org",
        format!(
            "The org has no {what} with the {argument} {written:?}, or does not show it to the provider's user. Names are \
             API names; those of installed packages begin with the namespace: namespace__Name."
        ),
    )
    .at_attribute(argument)
}

/// What a data source should find is there more than once.
pub fn ambiguous(what: &str, argument: &str, written: &str, names: &[String]) -> Diagnostic {
    Diagnostic::error(
        "More than one found",
        format!(
            "{} of the org have the {argument} {written:?}: {}. Write the name of the {what} that you mean.",
            names.len(),
            names.join(", ")
        ),
    )
    .at_attribute(argument)
}

/// What is there, or may be, and is not among what a list resource found.
pub fn left_out(type_name: &str, named: &[&str], more: usize, reason: Option<&Diagnostic>) -> Diagnostic {
    let first = named.first().copied().unwrap_or_default();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let reason =
        reason.map_or(String::new(), |reason| format!(" Of {first}: {}: {}", reason.summary, reason.detail));
    Diagnostic::warning(
        "Not everything could be read",
        format!(
            "What Salesforce has of these apps cannot be read, so it could not be imported and is left out of the {type_name} that were \
             found: {}{more}.{reason}",
            named.join(", ")
        ),
    )
}

/// An org whose apps cannot be listed.
pub fn not_listed(error: &ReadError) -> Diagnostic {
    match &error.kind {
        ReadErrorKind::Unavailable(cause) => unavailable(&Unavailable(cause.clone())),
        _ => Diagnostic::error(
            "The apps cannot be listed",
            format!("{}. {PLEASE_REPORT}", capitalised(&error.to_string())),
        ),
    }
}
