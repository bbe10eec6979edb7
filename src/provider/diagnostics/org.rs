//! Messages about what an org said, did, or could not be asked.
//!
//! The org's own words are in quotation marks or after a colon; what to do follows them. Never HTML, never XML, and
//! no secret: the client has redacted what it hands up.

use super::Diagnostic;
use crate::org::{ApplyError, ApplyErrorKind, Meaning, Problem, ReadError, ReadErrorKind, Unavailable};
use crate::provider::catalog;
use crate::provider::danger::shown;
use crate::provider::engine::Obstacle;
use crate::provider::resource_spec::ResourceSpec;
use crate::value::Value;

/// What a creation with an error comes to in Terraform.
const UNTAINT: &str = " Terraform takes a resource whose creation ended with an error for tainted, and would replace it, \
                       with a new consumer key: if it turns out to be there as it should be, `terraform untaint` keeps it.";

/// Text for messages that only a mistake of ours explains.
const PLEASE_REPORT: &str = "This should not happen: please report it to the provider's authors.";

/// The org was not reached, or refused us.
pub fn unavailable(error: &Unavailable) -> Diagnostic {
    let text = error.0.to_string();
    Diagnostic::error("Salesforce cannot be used", sentences(&text, error.0.advice()))
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

pub fn other_org(noun: &str, app: &str, state_org: &str, org: &str, instance: &str) -> Diagnostic {
    Diagnostic::error(
        "State of another org",
        format!(
            "The state of the {noun} of \"{app}\" was written for org {state_org}, but the provider is connected to org \
             {org} ({instance}). Nothing was read or changed. Check the credentials and the workspace; if the org was \
             replaced on purpose (a refreshed sandbox, say), remove the resource from the state with `terraform state \
             rm` and import or create it anew."
        ),
    )
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
             credentials, or the identity in the import block."
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

/// A refresh found so many gone that it is more likely that we do not see them.
pub fn many_gone(noun: &str, app: &str, missing: usize, left: usize, instance: &str) -> Diagnostic {
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
             permission \"View External Client Apps Consumer Secrets in Metadata\"."
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

pub fn installed(noun: &str, id: &str, namespace: &str) -> Diagnostic {
    Diagnostic::error(
        "An installed app",
        format!(
            "\"{id}\" was installed from the package {namespace}: whoever publishes that package owns its {noun}. Here \
             only its policies can be managed, with salesforce_external_client_app_policies."
        ),
    )
}

/// The org only says that it does not know what happened.
pub fn accident(noun: &str, app: &str, message: &str) -> Diagnostic {
    Diagnostic::error(
        "Salesforce failed",
        format!(
            "\"{app}\", {noun}: a failure inside of Salesforce: {message}\n\nThe state holds what the org has \
             afterwards. Apply again; if it stays, give Salesforce's support the ErrorId in that text."
        ),
    )
}

/// The org's refusal of one component. `explained`: what it needs of another resource, if that is it.
pub fn rejected(noun: &str, app: &str, problem: &Problem, explained: Option<&str>) -> Diagnostic {
    let message = &problem.message;
    Diagnostic::error(
        format!("Salesforce rejected the {noun}"),
        format!(
            "\"{app}\": Salesforce says: {message}\n\nNothing was changed. {}",
            explained.unwrap_or_else(|| advice_on(problem))
        )
        .trim_end(),
    )
}

/// Problems without those that only follow from others of the same resource: a file is refused because the one that it
/// needs was.
pub fn causes(problems: &[Problem]) -> Vec<&Problem> {
    let follows = |problem: &&Problem| problem.meaning() == Some(Meaning::NoOauthSettings);
    let causes: Vec<&Problem> = problems.iter().filter(|problem| !follows(problem)).collect();
    if causes.is_empty() { problems.iter().collect() } else { causes }
}

/// What to do about refusals that are known.
fn advice_on(problem: &Problem) -> &'static str {
    match problem.meaning() {
        Some(Meaning::NothingToReferTo) => {
            "Something that the configuration names does not exist in the org: check external_client_app, and refer to \
             the app's id so that it is created first."
        }
        Some(Meaning::NotAllowed) => {
            "The user that Terraform logs in as lacks a permission: External Client App Developer for apps and settings, \
             External Client App Admin for policies; for settings of the org, those of whoever administers it."
        }
        Some(Meaning::Second) => {
            "The org has a component of this kind for the app already, under another name. Import it."
        }
        Some(Meaning::NoOauthSettings) => {
            "The app has no OAuth settings, or they were refused in the same deploy: then that error says why."
        }
        _ => "",
    }
}

/// An apply that changed nothing.
pub fn not_applied(noun: &str, app: &str, error: &ApplyError) -> Diagnostic {
    match &error.kind {
        ApplyErrorKind::NotSent => not_sent(noun, app),
        ApplyErrorKind::Unavailable(cause) => {
            let mut diagnostic = unavailable(&Unavailable(cause.clone()));
            diagnostic.detail.push_str(&format!(" Nothing was changed in the {noun} of \"{app}\"."));
            diagnostic
        }
        ApplyErrorKind::Locked { waited, why } => Diagnostic::error(
            "The org is locked",
            format!(
                "Another change holds the org, and still did after {} s: {why}. Nothing was changed. Look at Setup, \
                 Deployment Status, and apply again when that change is done.",
                waited.as_secs()
            ),
        ),
        ApplyErrorKind::Unread(cause) => unreadable(noun, app, cause),
        ApplyErrorKind::Expired => Diagnostic::error(
            "No time left",
            format!(
                "The time that the {noun} of \"{app}\" had was over before its turn came. Nothing was sent. Apply \
                 again, or write a longer time in the timeouts block."
            ),
        ),
        _ => Diagnostic::error(
            "The change was not made",
            format!("The {noun} of \"{app}\": {error}. Nothing was changed. {PLEASE_REPORT}"),
        ),
    }
}

/// Stopped before anything was sent.
pub fn not_sent(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "Interrupted before anything was sent",
        format!(
            "Terraform was interrupted before the {noun} of \"{app}\" went to Salesforce. Nothing was changed."
        ),
    )
}

/// Nobody knows yet how it ended; the verifying read decides what stands in the state.
pub fn unverified(noun: &str, app: &str, error: &ApplyError, created: bool) -> Diagnostic {
    let deploy = match error.deploy_id() {
        Some(id) => format!(" Setup, Deployment Status, shows how deploy {id} ended."),
        None => String::new(),
    };
    let mut detail = format!(
        "The {noun} of \"{app}\": {error}.{deploy} The org was read afterwards, and the state holds what is there as far as \
         that is known. Run terraform plan to see what is left to do."
    );
    if created {
        detail.push_str(UNTAINT);
    }
    Diagnostic::error("The outcome is not certain", detail)
}

/// The verifying read found everything as planned.
pub fn succeeded_after_all(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::warning(
        "It succeeded after all",
        format!(
            "Salesforce's answer about the {noun} of \"{app}\" was lost or uncertain. The org was read afterwards: \
             everything is as planned, and nothing is left to do."
        ),
    )
}

pub fn not_read_back(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "Changed, but not read back",
        format!(
            "The {noun} of \"{app}\" went to Salesforce, but reading it back failed, so the state holds what was planned. \
             Run terraform plan when Salesforce answers again.{UNTAINT}"
        ),
    )
}

pub fn vanished(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "Salesforce reported success, but nothing is there",
        format!(
            "The deploy of the {noun} of \"{app}\" succeeded, but the org does not return it. Somebody may have deleted \
             it in the meantime. Run terraform plan to see what is there."
        ),
    )
}

/// The org kept something else than what was sent.
pub fn kept_otherwise(attribute: &str, wanted: &Value, kept: &Value, created: bool) -> Diagnostic {
    let mut detail = format!(
        "{attribute} was sent as {}; the org kept {}. The state holds what the org has. Change the configuration to what \
         the org allows, or change what keeps it from it.",
        shown(wanted),
        shown(kept)
    );
    if created {
        detail.push_str(UNTAINT);
    }
    Diagnostic::error("Salesforce kept another value", detail).at_attribute(attribute)
}

pub fn adopted(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::warning(
        "Taken over from an interrupted run",
        format!(
            "The {noun} of \"{app}\" was in the org already, made by this user within the last day and just as the \
             configuration says: an earlier run was probably interrupted. It is managed from now on."
        ),
    )
}

pub fn already_exists(resource: &str, noun: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "It exists already",
        format!(
            "The org has the {noun} of \"{app}\" already, and not from this configuration. Nothing was changed. Where this \
             very run deletes it under another address, apply again. To manage what is there, import it:\n\n\
             import {{\n  to = {resource}.NAME\n  id = \"{app}\"\n}}"
        ),
    )
}

/// What is to be created is there, and another resource of the run has it.
pub fn belongs_to_another(resource: &str, noun: &str, app: &str, why: Obstacle) -> Diagnostic {
    let (why, then) = match why {
        Obstacle::Going => (
            "that deletion had not ended when the time of this creation was over",
            "Apply again when it has ended, or write a longer time in the timeouts block.",
        ),
        Obstacle::Owned => (
            "Terraform has not deleted it yet",
            "Apply again: then there is nothing in the way any more. With create_before_destroy Salesforce cannot make it \
             anew under the same name: take it out of the resource's lifecycle block first.",
        ),
        Obstacle::Undeleted => (
            "it could not be deleted",
            "The error of the other resource says why. Apply again when that is mended.",
        ),
    };
    Diagnostic::error(
        "It belongs to another resource",
        format!(
            "The {noun} of \"{app}\" cannot be made: the org has it, another {resource} of this run has it in its state and \
             gives it up, and {why}. This resource changed nothing. {then} Where it is the same thing under a new address, \
             write a moved block instead, and nothing is deleted."
        ),
    )
}

/// What this waits for was to be made in the same run, and was not.
pub fn needs_what_failed(noun: &str, app: &str, failed: &str) -> Diagnostic {
    Diagnostic::error(
        "What it needs was not made",
        format!(
            "The {noun} of \"{app}\" need its {failed}, which this run was to create and did not: the error of that resource \
             says why. Nothing was changed here. Mend that, and apply again."
        ),
    )
}

/// What is to be deleted would take along what the same run has made.
pub fn part_was_made(noun: &str, app: &str, part: &str) -> Diagnostic {
    Diagnostic::error(
        "It was given something new in the same run",
        format!(
            "The {noun} of \"{app}\" was not deleted: this run made its {part}, or took them over, and they would go with it, \
             with the configuration believing that they are there. Remove the {part} from the configuration, or keep the \
             {noun}: if it has a new address, write a moved block."
        ),
    )
}

pub fn still_there_to_be_replaced(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "The one to be replaced is still there",
        format!(
            "The replacement of the {noun} of \"{app}\" cannot be created while the old one exists: both have the same API \
             name. Nothing was changed. Take create_before_destroy out of the resource's lifecycle block, or give the new \
             app another name."
        ),
    )
}

pub fn taken_over_by_its_replacement(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::warning(
        "Nothing was replaced",
        format!(
            "The {noun} of \"{app}\" was not deleted: before that another resource of this run with the same API name took it \
             over as it is, with its consumer key, and has it in its state now. With create_before_destroy that is the \
             replacement itself, which Salesforce cannot make anew under the same name: take it out of the resource's lifecycle \
             block. To make it anew, use -replace afterwards."
        ),
    )
}

pub fn taken_over_with_changes(noun: &str, app: &str, lost: &[(&str, Value)]) -> Diagnostic {
    let before: Vec<String> =
        lost.iter().map(|(name, value)| format!("{name} was {}", shown(value))).collect();
    Diagnostic::warning(
        "Taken over, and changed",
        format!(
            "The {noun} of \"{app}\" had settings that the configuration does not keep: {}. Write them in the configuration \
             to have them back.",
            before.join("; ")
        ),
    )
}

/// A part without which an update cannot be made.
pub fn part_missing(noun: &str, app: &str, kind: &str) -> Diagnostic {
    Diagnostic::error(
        "A part is missing",
        format!(
            "The {noun} of \"{app}\" have no {kind} in the org any more, so nothing was changed. Salesforce makes it \
             together with the app's OAuth settings: replace those, or create it in Setup."
        ),
    )
}

pub fn made_twice(spec: &ResourceSpec, app: &str) -> Diagnostic {
    let resource = spec.name;
    let Some(attribute) = spec.naming_attribute() else {
        return Diagnostic::error(
            "Two resources for one org",
            format!(
                "Another {resource} of this configuration is for the same org. An org has its {} once, so that one resource \
                 can manage them: write all of them in one, and remove the other.",
                spec.noun
            ),
        );
    };
    super::named_twice(resource, attribute, app, app)
}

pub fn nothing_to_take_over(attribute: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "There are no policies to take over",
        format!(
            "Salesforce creates the policies of an app together with its OAuth settings, and \"{app}\" had none until the \
             time was over. Create the settings first: write external_client_app = \
             salesforce_external_client_app_oauth_settings.NAME.id, so that Terraform waits for them."
        ),
    )
    .at_attribute(attribute)
}

pub fn no_such_app(attribute: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "There is no such app",
        format!(
            "The org has no External Client App with the API name \"{app}\", and none appeared while Terraform waited. \
             Nothing was changed. Write {attribute} = salesforce_external_client_app.NAME.id, so that Terraform creates \
             the app first; or check the name: upper and lower case count."
        ),
    )
    .at_attribute(attribute)
}

pub fn gone_since_plan(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "It is gone",
        format!(
            "The {noun} of \"{app}\" was there when Terraform planned and is not any more. Nothing was changed. Run \
             terraform plan again."
        ),
    )
}

pub fn drifted_since_plan(attribute: &str, before: &Value, now: &Value) -> Diagnostic {
    Diagnostic::warning(
        "Changed in the org since the plan",
        format!(
            "{attribute} was {} when Terraform planned and {} when it applied. The plan won.",
            shown(before),
            shown(now)
        ),
    )
    .at_attribute(attribute)
}

/// Somebody changed what the plan does not change.
pub fn changed_meanwhile(attribute: &str, before: &Value, now: &Value) -> Diagnostic {
    Diagnostic::warning(
        "Changed in the org since the plan",
        format!(
            "{attribute} was {} when Terraform planned and is {} now. This plan does not change it, so it was left as it \
             is; the next plan shows the difference.",
            shown(before),
            shown(now)
        ),
    )
    .at_attribute(attribute)
}

/// Somebody wrote into the same file at the same moment, and this run over it.
pub fn overwritten(attribute: &str, read: &Value, was: &Value, back: bool) -> Diagnostic {
    let now = if back {
        "This apply overwrote that for a moment; it is there again."
    } else {
        "This apply overwrote that. Look whether it is as it should be, and apply what somebody else changed again."
    };
    Diagnostic::warning(
        "Others changed the same file at the same time",
        format!("{attribute} was changed from {} to {}. {now}", shown(read), shown(was)),
    )
}

/// The same, when it is not known what they wrote.
pub fn overwritten_unseen(noun: &str, app: &str, deploy: &str) -> Diagnostic {
    Diagnostic::warning(
        "Others changed the same file at the same time",
        format!(
            "Deploy {deploy} of somebody else wrote into the same files as this apply of the {noun} of \"{app}\", at the \
             same moment. What it changed is not known, and may be overwritten. Setup, Deployment Status, shows whose it \
             is; look whether its changes are there."
        ),
    )
}

/// What was overwritten could not be put back, or what was wanted could not be made again.
pub fn unfinished(noun: &str, app: &str, error: &ApplyErrorKind) -> Diagnostic {
    Diagnostic::error(
        "Others change it at the same time",
        format!(
            "The {noun} of \"{app}\" was written, but others wrote the same files at the same moment, and it could not be \
             brought in order: {error}. The state holds what the org has. Run terraform plan when the others are done."
        ),
    )
}

/// The org's own warning.
pub fn remark(noun: &str, app: &str, message: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("Salesforce warns about the {noun}"),
        format!("\"{app}\" was deployed, and Salesforce says: {message}"),
    )
}

pub fn still_there(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "It is still there",
        format!(
            "Salesforce reported that the {noun} of \"{app}\" was deleted, but still returns it. The state keeps it. Run \
             terraform destroy again; look at Setup, Deployment Status."
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

pub fn newer_state(name: &str) -> Diagnostic {
    Diagnostic::error(
        "State of a newer provider",
        format!("The state of {name} was written by a newer version of this provider. Use that version."),
    )
}

/// A data source while the provider block is not known yet.
pub fn data_source_waits(argument: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider is not configured yet",
        format!(
            "{argument} of the provider block is known only after apply, and a data source asks the org. Apply what it \
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
