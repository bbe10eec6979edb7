//! Messages about a configuration or a plan: known without asking the org.

use super::Diagnostic;
use crate::metadata::{CertificateFacts, Unseen, Validity, echo, nearest, quoted};
use crate::provider::catalog;
use crate::provider::danger::shown;
use crate::provider::neighbours::Becomes;
use crate::provider::place::Place;
use crate::provider::resource_spec::{DELETION_PROTECTION, Subject};
use crate::value::{Path, Value};

/// A value that breaks a rule. Rules that nobody has confirmed in an org warn only.
pub fn invalid_value(path: Path, problem: String, confirmed: bool) -> Diagnostic {
    let diagnostic = if confirmed {
        Diagnostic::error("Invalid value", problem)
    } else {
        Diagnostic::advice(
            "Doubtful value",
            format!("{problem} Whether Salesforce refuses it is not confirmed."),
            "unconfirmed-rule",
        )
    };
    diagnostic.at(path)
}

pub fn required(place: &Place, attribute: &str) -> Diagnostic {
    let problem = place.say(&format!("{attribute} is required: it must not be null."));
    Diagnostic::error("Missing value", problem).at(place.path().clone())
}

pub fn read_only(path: Path, attribute: &str) -> Diagnostic {
    Diagnostic::error(
        "Read-only attribute",
        format!("{attribute} is read-only: Salesforce or Terraform sets it. Remove the line."),
    )
    .at(path)
}

/// A private key where none belongs. Not at its attribute: Terraform would show the line that holds the key.
pub fn misplaced_key(path: &Path, problem: &str) -> Diagnostic {
    Diagnostic::error("Misplaced private key", format!("{path}: {problem}"))
}

/// Words that are to silence warnings and silence none. `place`: the argument or the variable.
pub fn unknown_warnings(place: &str, ids: &[&str], known: &[&str]) -> Diagnostic {
    let ids = ids.iter().map(|id| match nearest(id, known) {
        Some(meant) => format!("{} (did you mean {meant:?}?)", quoted(id)),
        None => echo(id),
    });
    let detail = format!(
        "{place} has what is the ID of no warning and silences nothing: {}.\n\nThe IDs that there are: {}.",
        ids.collect::<Vec<_>>().join(", "),
        known.join(", ")
    );
    Diagnostic::warning("Unknown ID of a warning", detail)
}

/// Arguments of the provider block that belong to other ways to log in than the one that it names.
pub fn without_effect(names: &[&str], argument: &str, way: &str) -> Diagnostic {
    let (have, them) = if names.len() == 1 { ("has", "it") } else { ("have", "them") };
    Diagnostic::advice(
        "Argument without effect",
        format!(
            "{} {have} no effect beside {argument} ({way}), which makes no use of {them}. Leave {them} out.",
            names.join(", ")
        ),
        "argument-without-effect",
    )
}

pub fn unwritable(place: &Place, character: char) -> Diagnostic {
    let problem = format!(
        "The text holds the character U+{:04X}, which a metadata file cannot carry. Remove it.",
        u32::from(character)
    );
    Diagnostic::error("Invalid character", place.say(&problem)).at(place.path().clone())
}

/// A character that nobody can see, in a text that is compared with others.
pub fn unseen(place: &Place, unseen: Unseen) -> Diagnostic {
    let problem = format!("The text holds {unseen}, which nobody can see. Remove it: type the text anew.");
    Diagnostic::error("Invisible character", place.say(&problem)).at(place.path().clone())
}

/// The same in a text for people, which an org may have.
pub fn unseen_in_prose(place: &Place, unseen: Unseen) -> Diagnostic {
    let problem = format!(
        "The text holds {unseen}, which nobody can see. Where the org does not have it already, the plan refuses it: type \
         the text anew."
    );
    Diagnostic::advice("Invisible character", place.say(&problem), "invisible-character")
        .at(place.path().clone())
}

pub fn too_long(path: Path, longest: usize) -> Diagnostic {
    let detail = format!("The text is longer than {longest} bytes. Shorten it.");
    Diagnostic::error("Text too long", detail).at(path)
}

/// Of an argument of the provider block; the line of a secret is not shown.
pub fn argument_too_long(name: &str, secret: bool, longest: usize) -> Diagnostic {
    let detail = format!("{name} is longer than {longest} bytes. Is this another file than you meant?");
    let problem = Diagnostic::error("Text too long", detail);
    if secret { problem } else { problem.at_attribute(name) }
}

pub fn duplicate(path: Path) -> Diagnostic {
    Diagnostic::error("Duplicate member", "The list has this member twice. Remove one.").at(path)
}

/// Two resources of a configuration that name one app.
pub fn named_twice(resource: &str, attribute: &str, app: &str, other: &str) -> Diagnostic {
    let why = if app == other {
        "An app can be managed by one of them only: remove the other one, or give it another name."
    } else {
        "The two names differ in upper and lower case only, which makes no other app: write one of them otherwise."
    };
    let detail = format!("Another {resource} of this configuration has {attribute} = \"{other}\". {why}");
    Diagnostic::error("Two resources for one app", detail).at_attribute(attribute)
}

/// One app that two kinds of resources manage: as a whole, and in parts.
pub fn managed_twice(resource: &str, attribute: &str, app: &str) -> Diagnostic {
    let detail = format!(
        "\"{app}\" is managed by another resource of this configuration, too. A {union} manages a whole app: the app, its OAuth \
         settings and its policies, so that nothing of it can have a resource of its own beside it. Remove this {resource}, \
         or the other one; what is in the state already moves with a moved block.",
        union = catalog::OAUTH_CLIENT.name,
    );
    Diagnostic::error("Two kinds of resources for one app", detail).at_attribute(attribute)
}

/// One app under two addresses, one of which gives it up.
pub fn moves(resource: &str, noun: &str, attribute: &str, app: &str, becomes: &Becomes) -> Diagnostic {
    let moved = format!("moved {{\n  from = {resource}.OLD\n  to   = {resource}.NEW\n}}");
    let (how, instead) = match becomes {
        Becomes::Nothing => (
            "destroy it under one address".to_owned(),
            format!(
                "Where the resource, its module or its for_each key has a new name, say so:\n\n{moved}\n\nWhere the state has it \
                 twice, take the address that goes out of the state (terraform state rm). To make it anew, keep the address \
                 and use -replace; or apply twice, first without the one that comes."
            ),
        ),
        Becomes::Another(name) => (
            match name {
                Some(name) => format!("delete it under the address that is to have {attribute} = \"{name}\""),
                None => format!("delete it under the address whose {attribute} changes"),
            },
            format!(
                "To keep it, write what is new under an address that the state does not have, and let what is there \
                 follow its name:\n\n{moved}\n\nTo make it anew, apply twice: first without the one that comes."
            ),
        ),
    };
    Diagnostic::error(
        "Destroyed under one address, kept under another",
        format!(
            "The {noun} of \"{app}\": the plan would {how}, and have the same under another one of {resource}, so it would be \
             lost with its consumer key and tokens. {instead}"
        ),
    )
}

/// One app under two addresses of different types, one of which gives it up.
pub fn changes_type(from: &str, to: &str, noun: &str, app: &str) -> Diagnostic {
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
    Diagnostic::error(
        "Destroyed under one address, kept under another",
        format!(
            "The {noun} of \"{app}\": the plan would destroy it as {from} and make it anew as {to}, so it would be lost with \
             its consumer key and tokens. To keep it, let the app move and the state follow:\n\n\
             moved {{\n  from = {old}.OLD\n  to   = {new}.NEW\n}}\n\n{}\n\nThe guide Importing shows both ways.",
            rest.join("\n\n")
        ),
    )
}

/// A state that came from another type, of which Terraform did not let the rest be read.
pub fn moved_unread(app: &str) -> Diagnostic {
    Diagnostic::error(
        "Moved, and not read yet",
        format!(
            "The state of \"{app}\" came here by a moved block and has only what its former type has. Terraform must read the \
             rest first: plan and apply without -refresh=false."
        ),
    )
}

/// Parts of an app that goes, which the configuration keeps.
pub fn stays_behind(resource: &str, part: &str, noun: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "The app goes, a part of it stays",
        format!(
            "The plan deletes the app \"{app}\" ({resource}) and keeps its {noun} ({part}), which Salesforce deletes with the \
             app. Remove the part from the configuration, too, or keep the app. Where the app has a new address, write a \
             moved block. Parts that refer to the app by its id follow it by themselves."
        ),
    )
}

/// Resources of one app that contradict each other.
pub fn unmet_need(attribute: &str, message: &str, app: &str) -> Diagnostic {
    Diagnostic::error("Settings and policies contradict each other", message.replace("{app}", app))
        .at_attribute(attribute)
}

pub fn foreign_consumer(link: &str, written: &[&str]) -> Diagnostic {
    Diagnostic::error(
        "Attributes of another org's consumer",
        format!(
            "{link} uses the consumer of another org, where these are set: {}. Remove them here; or remove {link}, if the \
             app is to have a consumer of its own.",
            written.join(", ")
        ),
    )
    .at_attribute(link)
}

pub fn newer_api_needed(attribute: &str, problem: String) -> Diagnostic {
    Diagnostic::error("Not available in this API version", problem).at_attribute(attribute)
}

pub fn protected(noun: &str, app: &str, verb: &str) -> Diagnostic {
    Diagnostic::error(
        "Deletion protection",
        format!(
            "The {noun} of \"{app}\" cannot be {verb}{} while deletion_protection is true. If you mean it, first apply \
             deletion_protection = false, then {verb} again. A tainted resource is replaced: `terraform untaint` keeps it.",
            if verb.ends_with('e') { "d" } else { "ed" }
        ),
    )
    .at_attribute(DELETION_PROTECTION)
}

pub fn self_lockout(app: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider would lock itself out",
        format!(
            "\"{app}\" is the app that this provider logs in with (its consumer key is our client_id). {} would end the \
             provider's own access. If you mean it, set allow_self_lockout = true in the provider block.",
            match what {
                "destroy" => "Destroying it",
                "rotate" =>
                    "After a rotation our client_id and client_secret are good for 30 days only, which",
                "revoke" => "Revoking the previous key, which our client_id is,",
                _ => "Replacing it",
            }
        ),
    )
}

/// The same by one attribute, with what its new value means for the provider's login.
pub fn self_lockout_by(app: &str, attribute: &str, because: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider would lock itself out",
        format!(
            "\"{app}\" is the app that this provider logs in with (its consumer key is our client_id). {because} If you mean \
             it, set allow_self_lockout = true in the provider block."
        ),
    )
    .at_attribute(attribute)
}

pub fn consumer_key_destroyed(noun: &str, app: &str, replaced: bool, may_be_renamed: bool) -> Diagnostic {
    let mut detail = format!(
        "\"{app}\": the consumer key (the client ID) and all its tokens end with the {noun}; the app's policies are \
         deleted too."
    );
    if replaced {
        detail.push_str(" What replaces it gets a new consumer key, which every client must be given.");
    }
    if may_be_renamed {
        detail.push_str(" name is the API name; to change what people see, change label.");
    }
    Diagnostic::advice("Consumer key will be destroyed", detail, "consumer-key-destroyed")
}

/// Somebody deleted what has the consumer key, and it is made anew.
pub fn key_comes_anew(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::advice(
        "Consumer key is a new one",
        format!(
            "The org has no {noun} of \"{app}\" any more, and the consumer key (the client ID) with all its tokens has ended with \
             them. They are made anew, with a new consumer key, which every client must be given."
        ),
        "consumer-key-destroyed",
    )
}

/// Said when it is done: no plan of a replacement that was asked for with -replace can say it beforehand, where nothing
/// but the app is in the configuration.
pub fn consumer_key_was_destroyed(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::advice(
        "Consumer key was destroyed",
        format!(
            "This run deleted the {noun} of \"{app}\" and made what replaces it. The consumer key (the client ID) that the app had \
             ended with all its tokens. Every client must be given the key that it has now, if it has one."
        ),
        "consumer-key-destroyed",
    )
}

pub fn replaced_with_its_app(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::advice(
        "Consumer key will be destroyed",
        format!(
            "\"{app}\": the {noun} are replaced because what they refer to is made anew. Where that replaces OAuth settings \
             that exist, their consumer key (the client ID) and all its tokens end, and every client must be given the new \
             key."
        ),
        "consumer-key-destroyed",
    )
}

pub fn stops_managing(subject: Subject, noun: &str, app: &str) -> Diagnostic {
    if subject == Subject::Org {
        return Diagnostic::advice(
            "The org stays as it is",
            format!(
                "Terraform stops managing the {noun} of \"{app}\". Every one of them keeps the value that it has: to change \
                 one, apply that before."
            ),
            "settings-stay",
        );
    }
    Diagnostic::advice(
        "The org stays as it is",
        format!(
            "Terraform stops managing the {noun} of \"{app}\". As long as the app stays, what they allow and forbid stays in \
             force: resetting them would let everyone in again."
        ),
        "policies-stay",
    )
}

pub fn unseen_would_be_cleared(attribute: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "A certificate may be lost",
        format!(
            "The org does not show the consumer's settings of \"{app}\", which are written as a whole: a {attribute} that \
             they have and the configuration has not may be cleared. Write the {attribute} that the app has, or \
             {attribute} = \"\" if it has none; or let Terraform read these settings."
        ),
    )
    .at_attribute(attribute)
}

/// An attribute that leaves the configuration, and what stays of it in the org.
pub struct Left<'a> {
    pub attribute: &'static str,
    pub value: &'a Value,
    /// It decides who gets in, and with what.
    pub guards: bool,
}

/// All that leave the configuration of one resource, in one warning: Terraform shows the first of those with the same
/// first line only. So the one that decides on access has a first line of its own.
pub fn no_longer_managed(left: &[Left<'_>]) -> Option<Diagnostic> {
    let first = left.first()?;
    let lines: Vec<String> = left
        .iter()
        .map(|left| {
            format!("{} is no longer managed; {} stays in the org.", left.attribute, shown(left.value))
        })
        .collect();
    let detail = format!("{} (Said until the resource changes next.)", lines.join("\n"));
    let id = "no-longer-managed";
    let advice = if first.guards {
        Diagnostic::advice("Attribute no longer managed that decides on access", detail, id)
    } else {
        Diagnostic::advice("Attribute no longer managed", detail, id)
    };
    Some(advice.at_attribute(first.attribute))
}

/// A certificate that is not, or not for long, good for what it is there for; none of one that is.
pub fn certificate_standing(
    attribute: &str,
    facts: &CertificateFacts,
    standing: Validity,
) -> Option<Diagnostic> {
    const MEANS: &str =
        "Whether Salesforce then refuses what is signed with its key is not confirmed: expect it.";
    let CertificateFacts { sha256_fingerprint: fingerprint, not_before_date, not_after_date, .. } = facts;
    let advice = match standing {
        Validity::Valid => return None,
        Validity::NotYetValid => Diagnostic::advice(
            "Certificate not valid yet",
            format!(
                "The {attribute} {fingerprint} is valid from {not_before_date} on, until {not_after_date}. Whether \
                 Salesforce refuses before that what is signed with its key is not confirmed: expect it. Check the clock of \
                 this machine and of the one that made it, or wait until that day."
            ),
            "certificate-not-yet-valid",
        ),
        Validity::ExpiresSoon(days) => {
            let left = match days {
                0 => "in less than a day".to_owned(),
                1 => "in 1 day".to_owned(),
                days => format!("in {days} days"),
            };
            Diagnostic::advice(
                "Certificate expires soon",
                format!(
                    "The {attribute} {fingerprint} expires on {not_after_date}, {left}. {MEANS} Make a new one in time: for \
                     the same private key, and clients go on as they are; or for a new key, which they then need at the same \
                     time, since an app has one certificate."
                ),
                "certificate-expires-soon",
            )
        }
        Validity::Expired => Diagnostic::advice(
            "Certificate expired",
            format!("The {attribute} {fingerprint} expired on {not_after_date}. {MEANS} Make a new one."),
            "certificate-expired",
        ),
    };
    Some(advice.at_attribute(attribute))
}

/// What a certificate gives way to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Successor {
    /// Another one for the same key.
    SameKey,
    OtherKey,
    /// One whose key is not known yet, or whose predecessor's is not.
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
    let means = match successor {
        Successor::OtherKey => {
            "An app has one certificate, so the two do not overlap: from the deploy on, what is signed with the old private \
             key is refused. Clients need the new key at the same time. The guide Certificates has ways without a gap."
        }
        Successor::SameKey => {
            "Both are for the same private key: what clients sign with it fits the new one, too, and they go on as they are."
        }
        Successor::Unknown => {
            "An app has one certificate, so the two do not overlap: unless both are for the same private key, what is signed \
             with the old one is refused from the deploy on. Clients need the new key at the same time. The guide \
             Certificates has ways without a gap."
        }
        Successor::Nothing => {
            "From the deploy on, what is signed with its private key is refused: nothing is left to check it with."
        }
    };
    Diagnostic::advice(
        "Certificate changes",
        format!("\"{app}\": from {old} to {new}. {means}"),
        "certificate-changed",
    )
    .at_attribute(attribute)
}

/// Arguments of which exactly one must be written.
pub fn one_of(arguments: &[&str], written: &[&str]) -> Diagnostic {
    let problem = if written.is_empty() { "None is written." } else { "More than one is written." };
    let found = Diagnostic::error(
        "One argument is needed",
        format!("Write exactly one of {}. {problem}", arguments.join(", ")),
    );
    match written {
        [_, second, ..] => found.at_attribute(second),
        _ => found,
    }
}
