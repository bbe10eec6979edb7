//! Messages about what became of changes: refused, made otherwise, uncertain, or in somebody's way.
//!
//! The org's own words are in quotation marks or after a colon; what to do follows them.

use super::Diagnostic;
use super::org::{PLEASE_REPORT, unavailable, unreadable};
use crate::org::{ApplyError, ApplyErrorKind, DeployProblem, Meaning, Unavailable};
use crate::provider::danger::shown;
use crate::provider::engine::Obstacle;
use crate::provider::resource_spec::ResourceSpec;
use crate::value::Value;

/// What a creation with an error comes to in Terraform.
const UNTAINT: &str = " Terraform takes a resource whose creation ended with an error for tainted, and would replace it, \
                       with a new consumer key: if it turns out to be there as it should be, `terraform untaint` keeps it.";

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
pub fn rejected(noun: &str, app: &str, problem: &DeployProblem, explained: Option<&str>) -> Diagnostic {
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
pub fn causes(problems: &[DeployProblem]) -> Vec<&DeployProblem> {
    let follows = |problem: &&DeployProblem| problem.meaning() == Some(Meaning::NoOauthSettings);
    let causes: Vec<&DeployProblem> = problems.iter().filter(|problem| !follows(problem)).collect();
    if causes.is_empty() { problems.iter().collect() } else { causes }
}

/// What to do about refusals that are known.
fn advice_on(problem: &DeployProblem) -> &'static str {
    match problem.meaning() {
        Some(Meaning::MissingReference) => {
            "Something that the configuration names does not exist in the org: check external_client_app, and refer to \
             the app's id so that it is created first."
        }
        Some(Meaning::NotAllowed) => {
            "The user that Terraform logs in as lacks a permission: External Client App Developer for apps and settings, \
             External Client App Admin for policies; for settings of the org, those of whoever administers it."
        }
        Some(Meaning::Duplicate) => {
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
        "The {noun} of \"{app}\": {error}.{deploy} The state holds what the org was last seen to have. Run terraform plan \
         to see what is left to do."
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

pub fn made_twice(spec: &ResourceSpec, resource: &str, app: &str) -> Diagnostic {
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
            "When Terraform planned, the org had the {noun} of \"{app}\"; now it has not. Nothing was changed. Run terraform plan \
             again."
        ),
    )
}

pub fn came_since_plan(noun: &str, app: &str) -> Diagnostic {
    Diagnostic::error(
        "It is there by now",
        format!(
            "When Terraform planned, the org had no {noun} of \"{app}\"; now it has, and not as planned. Nothing was changed. Run \
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
