//! Diagnostics about a configuration or a plan that do not require access to the org.

use super::Diagnostic;
use super::org::{capitalised, the};
use super::rows::{data_sources, plan, provider_block, values};
use crate::metadata::{CertificateFacts, Unseen, Validity, echo, nearest, quoted};
use crate::provider::catalog;
use crate::provider::danger::shown;
use crate::provider::neighbors::ReplacedBy;
use crate::provider::place::Place;
use crate::provider::resource_spec::{DELETION_PROTECTION, Subject};
use crate::value::{Path, Value};

/// A value that violates a rule. If the rule is not confirmed in an org, the diagnostic is only a warning.
pub fn invalid_value(path: Path, problem: String, confirmed: bool) -> Diagnostic {
    let diagnostic = if confirmed {
        values::INVALID_VALUE.diagnostic(problem)
    } else {
        values::UNCONFIRMED_RULE
            .diagnostic(format!("{problem} Whether Salesforce rejects the value is not confirmed."))
    };
    diagnostic.at(path)
}

/// A violated rule between attributes of one resource. The diagnostic points at `attribute`.
pub fn combination(id: &'static str, message: &str, attribute: &str, is_error: bool) -> Diagnostic {
    let row = if is_error { &values::INVALID_COMBINATION } else { &values::QUESTIONABLE_COMBINATION };
    row.diagnostic(message).of_rule(id).at_attribute(attribute)
}

pub fn required(place: &Place, attribute: &str) -> Diagnostic {
    let problem = place.message(&format!("{attribute} is required and must not be null."));
    values::MISSING_REQUIRED_ATTRIBUTE.diagnostic(problem).at(place.path().clone())
}

pub fn read_only(path: Path, attribute: &str) -> Diagnostic {
    values::READ_ONLY_ATTRIBUTE
        .diagnostic(format!(
            "{attribute} is read-only: Salesforce or Terraform sets it. Remove it from the configuration."
        ))
        .at(path)
}

/// A private key in the wrong attribute. The diagnostic has no path, because Terraform would show the line that
/// contains the key.
pub fn misplaced_key(path: &Path, problem: &str) -> Diagnostic {
    values::MISPLACED_PRIVATE_KEY.diagnostic(format!("{path}: {problem}"))
}

/// Unknown IDs in `suppress_warnings`. `place` is the argument or the environment variable.
pub fn unknown_warnings(place: &str, ids: &[&str], known: &[&str]) -> Diagnostic {
    let ids = ids.iter().map(|id| match nearest(id, known) {
        Some(meant) => format!("{} (did you mean {meant:?}?)", quoted(id)),
        None => echo(id),
    });
    provider_block::UNKNOWN_WARNING_ID.diagnostic(format!(
        "{place} contains IDs that do not belong to any warning: {}. Remove or correct them.\n\nThe IDs of all \
         warnings: {}.",
        ids.collect::<Vec<_>>().join(", "),
        known.join(", ")
    ))
}

/// Arguments of the provider block that belong to other authentication methods.
pub fn without_effect(names: &[&str], argument: &str, method: &str) -> Diagnostic {
    let (have, them) = if names.len() == 1 { ("has", "it") } else { ("have", "them") };
    provider_block::ARGUMENT_WITHOUT_EFFECT.diagnostic(format!(
        "{} {have} no effect with {argument} ({method}), which does not use {them}. Remove {them}.",
        names.join(", ")
    ))
}

pub fn unwritable(place: &Place, character: char) -> Diagnostic {
    let problem = format!(
        "The value contains the character U+{:04X}, which is not allowed in a metadata file. Remove it.",
        u32::from(character)
    );
    provider_block::INVALID_CHARACTER.diagnostic(place.message(&problem)).at(place.path().clone())
}

/// An invisible character in a value that is compared with other values.
pub fn unseen(place: &Place, unseen: Unseen) -> Diagnostic {
    let problem = format!("The value contains {unseen}, which is invisible. Retype the value.");
    values::INVISIBLE_CHARACTER_IN_NAME.diagnostic(place.message(&problem)).at(place.path().clone())
}

/// An invisible character in a label or a description. An existing value in an org may contain one.
pub fn unseen_in_prose(place: &Place, unseen: Unseen) -> Diagnostic {
    let problem = format!(
        "The value contains {unseen}, which is invisible. The plan fails unless the org already has the same value. \
         Retype the value."
    );
    values::INVISIBLE_CHARACTER.diagnostic(place.message(&problem)).at(place.path().clone())
}

pub fn too_long(path: Path, longest: usize) -> Diagnostic {
    let detail = format!("The value is longer than {longest} bytes. Shorten it.");
    provider_block::VALUE_TOO_LONG.diagnostic(detail).at(path)
}

/// An argument that is too long. The caller adds the path, unless the value is a secret: Terraform would show the line.
pub fn argument_too_long(name: &str, longest: usize) -> Diagnostic {
    let detail =
        format!("{name} is longer than {longest} bytes. Check that the value comes from the correct file.");
    provider_block::VALUE_TOO_LONG.diagnostic(detail)
}

pub fn duplicate(place: &Place, element: &Value) -> Diagnostic {
    let element = element.as_text().map(|text| format!(" {}", echo(text))).unwrap_or_default();
    let problem = format!("The list contains the element{element} twice. Remove the duplicate.");
    values::DUPLICATE_ELEMENT.diagnostic(place.message(&problem)).at(place.path().clone())
}

/// Two resources in a configuration that manage the same app.
pub fn named_twice(resource: &str, attribute: &str, app: &str, other: &str) -> Diagnostic {
    let why = if app == other {
        "Only one resource can manage an app. Remove one of the two resources, or change the name in one of them."
    } else {
        "The names differ only in case, so they refer to the same app. Change one of them."
    };
    values::DUPLICATE_RESOURCE
        .diagnostic(format!("Another {resource} in this configuration has {attribute} = \"{other}\". {why}"))
        .at_attribute(attribute)
}

/// One app that is managed as a whole and in parts.
pub fn managed_twice(resource: &str, attribute: &str, app: &str) -> Diagnostic {
    values::CONFLICTING_RESOURCES
        .diagnostic(format!(
            "Another resource in this configuration also manages \"{app}\". A {union} manages an app together with its \
             OAuth settings and policies, so no other resource can manage any of them. Remove this {resource} or the \
             other resource. To keep the state, use a moved block.",
            union = catalog::OAUTH_CLIENT.name,
        ))
        .at_attribute(attribute)
}

/// One app at two addresses, one of which is removed.
pub fn moves(resource: &str, noun: &str, attribute: &str, app: &str, becomes: &ReplacedBy) -> Diagnostic {
    let object = capitalised(&the(noun, app));
    let moved = format!("moved {{\n  from = {resource}.OLD\n  to   = {resource}.NEW\n}}");
    let (how, instead) = match becomes {
        ReplacedBy::Nothing => (
            "destroy the object at one address".to_owned(),
            format!(
                "If the resource, its module or its for_each key was renamed, add:\n\n{moved}\n\nIf the state contains \
                 the object twice, run terraform state rm for the address that you remove. To recreate the object, \
                 keep the address and use -replace, or apply twice, first without the new address."
            ),
        ),
        ReplacedBy::Another(name) => (
            match name {
                Some(name) => {
                    format!("delete the object at the address where {attribute} changes to \"{name}\"")
                }
                None => format!("delete the object at the address where {attribute} changes"),
            },
            format!(
                "To keep the object, give the new app an address that is not in the state, and move the existing \
                 app:\n\n{moved}\n\nTo recreate the object, apply twice, first without the new address."
            ),
        ),
    };
    values::MISSING_MOVED_BLOCK.diagnostic(format!(
        "{object}: the plan would {how} and keep it at another address of {resource}. The object would be lost, with \
         its consumer key and tokens. {instead}"
    ))
}

/// One app at two addresses of different types, one of which is removed.
pub fn changes_type(from: &str, to: &str, noun: &str, app: &str) -> Diagnostic {
    let object = capitalised(&the(noun, app));
    let (whole, union) = (catalog::APP.name, catalog::OAUTH_CLIENT.name);
    let members = catalog::OAUTH_CLIENT.members.iter().map(|member| member.spec.name);
    let parts = members.filter(|name| *name != whole);
    let rest: Vec<String> = if to == union {
        let stays = "lifecycle {\n    destroy = false\n  }";
        parts.map(|part| format!("removed {{\n  from = {part}.OLD\n  {stays}\n}}")).collect()
    } else {
        parts.map(|part| format!("import {{\n  to = {part}.NEW\n  id = \"{app}\"\n}}")).collect()
    };
    let (old, new) = if to == union { (whole, union) } else { (union, whole) };
    values::MISSING_MOVED_BLOCK.diagnostic(format!(
        "{object}: the plan would destroy the object as {from} and create it as {to}. The object would be lost, with \
         its consumer key and tokens. To keep it, move the app and its state:\n\n\
         moved {{\n  from = {old}.OLD\n  to   = {new}.NEW\n}}\n\n{}\n\nThe guide Importing describes both directions.",
        rest.join("\n\n")
    ))
}

/// A state that a moved block gave another type, and that was not refreshed.
pub fn moved_unread(app: &str) -> Diagnostic {
    values::MOVED_NOT_REFRESHED.diagnostic(format!(
        "A moved block changed the type of the state of \"{app}\", which still has only the attributes of the former \
         type. Terraform must first read the other attributes: plan and apply without -refresh=false."
    ))
}

/// Parts of a deleted app that the configuration keeps.
pub fn orphaned_settings(resource: &str, part: &str, noun: &str, app: &str) -> Diagnostic {
    plan::DEPENDENT_NOT_REMOVED.diagnostic(format!(
        "The plan deletes the app \"{app}\" ({resource}) and keeps its {noun} ({part}), which Salesforce deletes \
         together with the app. Remove {part} from the configuration too, or keep the app. To change the address of \
         the app, use a moved block. Resources that refer to the app by its id are removed automatically."
    ))
}

/// Resources of one app that contradict each other. `is_accepted`: an org accepts the combination.
pub fn unmet_need(attribute: &str, message: &str, app: &str, is_accepted: bool) -> Diagnostic {
    let row =
        if is_accepted { &values::FLOW_NOT_ENABLED } else { &values::CONFLICTING_SETTINGS_AND_POLICIES };
    row.diagnostic(message.replace("{app}", app)).at_attribute(attribute)
}

pub fn foreign_consumer(link: &str, written: &[&str]) -> Diagnostic {
    values::LINKED_CONSUMER
        .diagnostic(format!(
            "With {link}, the app uses the consumer of another org, where these attributes are set: {}. Remove them \
             from this configuration. If the app needs its own consumer, remove {link} instead.",
            written.join(", ")
        ))
        .at_attribute(link)
}

pub fn newer_api_needed(attribute: &str, problem: String) -> Diagnostic {
    values::NEWER_API_VERSION_REQUIRED.diagnostic(problem).at_attribute(attribute)
}

pub fn protected(noun: &str, app: &str, verb: &str) -> Diagnostic {
    let object = the(noun, app);
    plan::DELETION_PROTECTION
        .diagnostic(format!(
            "The provider cannot {verb} {object} while deletion_protection is true. To {verb} it, apply \
             deletion_protection = false first. If the plan replaces the resource because it is tainted, run \
             `terraform untaint` to keep it."
        ))
        .at_attribute(DELETION_PROTECTION)
}

pub fn self_lockout(app: &str, what: &str) -> Diagnostic {
    let because = match what {
        "destroy" => "Destroying this resource would revoke the provider's access.",
        "rotate" => {
            "After a rotation, client_id and client_secret of the provider remain valid for only 30 days. The provider \
             would then lose its access."
        }
        "revoke" => {
            "Revoking the previous key, which is the client_id of the provider, would revoke the provider's access."
        }
        _ => "Replacing this resource would revoke the provider's access.",
    };
    plan::SELF_LOCKOUT.diagnostic(lockout(app, because))
}

/// A self-lockout caused by changing one attribute.
pub fn self_lockout_by(app: &str, attribute: &str, because: &str) -> Diagnostic {
    plan::SELF_LOCKOUT.diagnostic(lockout(app, because)).at_attribute(attribute)
}

fn lockout(app: &str, because: &str) -> String {
    format!(
        "The provider authenticates with the app \"{app}\": its consumer key is the client_id of the provider. \
         {because} To allow the change, set allow_self_lockout = true in the provider block."
    )
}

pub fn consumer_key_destroyed(noun: &str, app: &str, replaced: bool, may_be_renamed: bool) -> Diagnostic {
    let object = the(noun, app);
    let mut detail = format!(
        "Deleting {object} destroys the consumer key (the client ID) and all its tokens. Salesforce also deletes \
         the policies of the app."
    );
    if replaced {
        detail.push_str(" The replacement gets a new consumer key. Give every client the new key.");
    }
    if may_be_renamed {
        detail.push_str(
            " The attribute name is the API name. To change the name that users see, change label.",
        );
    }
    plan::CONSUMER_KEY_WILL_BE_DESTROYED.diagnostic(detail)
}

/// The consumer was deleted outside of Terraform, and the plan creates it again.
pub fn new_consumer_key(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    plan::NEW_CONSUMER_KEY.diagnostic(format!(
        "The org no longer has {object}, and the consumer key (the client ID) and all its tokens \
         are invalid. The apply creates the object again, with a new consumer key. Give every client the new key."
    ))
}

pub fn replaced_with_its_app(noun: &str, app: &str) -> Diagnostic {
    plan::CONSUMER_KEY_WILL_BE_DESTROYED.diagnostic(format!(
        "\"{app}\": the {noun} are replaced because a resource that they refer to is replaced. If existing OAuth \
         settings are replaced, their consumer key (the client ID) and all its tokens are destroyed. Give every client \
         the new key."
    ))
}

pub fn stops_managing(subject: Subject, noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    match subject {
        Subject::Org => plan::SETTINGS_STAY.diagnostic(format!(
            "Terraform stops managing {object}. Each setting keeps its value. To change a setting, apply the \
             change before you destroy the resource."
        )),
        Subject::App { .. } => plan::POLICIES_STAY.diagnostic(format!(
            "Terraform stops managing {object}. They remain in effect as long as the app exists. Resetting them \
             would give every user access again."
        )),
    }
}

pub fn unseen_would_be_cleared(attribute: &str, app: &str) -> Diagnostic {
    plan::CERTIFICATE_MAY_BE_REMOVED
        .diagnostic(format!(
            "Salesforce does not return the consumer settings of \"{app}\", which the provider writes as a whole. If \
             the app has a {attribute} that is not in the configuration, it may be removed. Set {attribute} to the \
             value of the app, or to \"\" if the app has none. Alternatively, allow Terraform to read these settings."
        ))
        .at_attribute(attribute)
}

/// An attribute that was removed from the configuration, and the value that remains in the org.
pub struct Removed<'a> {
    pub attribute: &'static str,
    pub value: &'a Value,
    /// Whether the attribute controls access.
    pub controls_access: bool,
}

/// One warning for all attributes of a resource, because Terraform shows only the first of several warnings with the
/// same summary. The summary depends on whether the first attribute controls access.
pub fn no_longer_managed(removed: &[Removed<'_>]) -> Option<Diagnostic> {
    let first = removed.first()?;
    let line = |removed: &Removed<'_>| {
        format!(
            "{} is no longer managed. Its value in the org remains {}.",
            removed.attribute,
            shown(removed.value)
        )
    };
    let lines: Vec<String> = removed.iter().map(line).collect();
    let detail = format!("{} (This warning is repeated until the resource changes.)", lines.join("\n"));
    let row = if first.controls_access {
        &plan::ACCESS_ATTRIBUTE_NO_LONGER_MANAGED
    } else {
        &plan::NO_LONGER_MANAGED
    };
    Some(row.diagnostic(detail).at_attribute(first.attribute))
}

/// A warning about a certificate that is not valid or will expire soon.
pub fn certificate_standing(
    attribute: &str,
    facts: &CertificateFacts,
    standing: Validity,
) -> Option<Diagnostic> {
    const EFFECT: &str =
        "Whether Salesforce then rejects signatures made with its key is not confirmed; assume that it does.";
    let CertificateFacts { sha256_fingerprint: fingerprint, not_before_date, not_after_date, .. } = facts;
    let diagnostic = match standing {
        Validity::Valid => return None,
        Validity::NotYetValid => values::CERTIFICATE_NOT_YET_VALID.diagnostic(format!(
            "The {attribute} {fingerprint} is valid from {not_before_date} to {not_after_date}. Whether Salesforce \
             rejects signatures made with its key before the first date is not confirmed; assume that it does. Check \
             the clock of this machine and of the machine that created the certificate, or wait."
        )),
        Validity::ExpiresSoon(days) => {
            let left = match days {
                0 => "in less than a day".to_owned(),
                1 => "in 1 day".to_owned(),
                days => format!("in {days} days"),
            };
            values::CERTIFICATE_EXPIRES_SOON.diagnostic(format!(
                "The {attribute} {fingerprint} expires on {not_after_date}, {left}. {EFFECT} Replace it before that \
                 date. If you keep the private key, clients are not affected. For a new key, change the clients at the \
                 same time, because an app has only one certificate."
            ))
        }
        Validity::Expired => values::CERTIFICATE_EXPIRED.diagnostic(format!(
            "The {attribute} {fingerprint} expired on {not_after_date}. {EFFECT} Replace it with a new one."
        )),
    };
    Some(diagnostic.at_attribute(attribute))
}

/// What replaces a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Successor {
    SameKey,
    OtherKey,
    /// The key of one of the two certificates is not known yet.
    Unknown,
    Nothing,
}

pub fn certificate_changed(
    attribute: &str,
    app: &str,
    old: &str,
    new: &str,
    successor: Successor,
) -> Diagnostic {
    let effect = match successor {
        Successor::OtherKey => {
            "An app has only one certificate, so Salesforce rejects signatures made with the old private key after the \
             deploy. Change the clients at the same time. The guide Certificates describes how to do this without \
             downtime."
        }
        Successor::SameKey => "Both certificates are for the same private key, so clients are not affected.",
        Successor::Unknown => {
            "An app has only one certificate. Unless both certificates are for the same private key, Salesforce \
             rejects signatures made with the old key after the deploy. Change the clients at the same time. The guide \
             Certificates describes how to do this without downtime."
        }
        Successor::Nothing => {
            "After the deploy, Salesforce rejects signatures made with the old private key."
        }
    };
    plan::CERTIFICATE_CHANGED
        .diagnostic(format!("\"{app}\": the {attribute} changes from {old} to {new}. {effect}"))
        .at_attribute(attribute)
}

/// Arguments of which exactly one must be set.
pub fn one_of(arguments: &[&str], written: &[&str]) -> Diagnostic {
    let problem = if written.is_empty() { "None is set." } else { "More than one is set." };
    let found = data_sources::EXACTLY_ONE_ARGUMENT
        .diagnostic(format!("Set exactly one of {}. {problem}", arguments.join(", ")));
    match written {
        [_, second, ..] => found.at_attribute(second),
        _ => found,
    }
}
