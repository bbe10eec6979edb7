//! Diagnostics about the result of a change, such as a rejection, an uncertain outcome, or a conflict with others.

use super::org::{PLEASE_REPORT, capitalised, the, unavailable, unreadable};
use super::rows::{apply as rows, credentials, plan};
use super::{Diagnostic, Diagnostics};
use crate::org::{ApplyError, ApplyErrorKind, DeployProblem, Meaning, Unavailable};
use crate::provider::danger::shown;
use crate::provider::engine::CreationConflict;
use crate::provider::resource_spec::ResourceSpec;
use crate::value::Value;

/// What Terraform does with a resource whose creation failed.
const UNTAINT: &str = " Terraform marks a resource whose creation failed as tainted and plans to replace it, with a \
                       new consumer key. If the resource exists as configured, `terraform untaint` keeps it.";

/// The values in the state after an apply that failed or whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateValues {
    /// The values in the org, read after the apply or before it.
    LastRead,
    /// The planned values, because the org could not be read.
    PlannedUnread,
    /// The planned values, because the org does not return the resource, but may still create it.
    PlannedNotFound,
    /// No values, because the resource does not exist.
    NoneFound,
}

impl StateValues {
    fn sentence(self) -> &'static str {
        match self {
            StateValues::LastRead => {
                "The state contains the values that the provider last read from the org."
            }
            StateValues::PlannedUnread => {
                "The provider could not read the org afterwards, so the state contains the planned values."
            }
            StateValues::PlannedNotFound => {
                "The org does not return the resource, so the state contains the planned values."
            }
            StateValues::NoneFound => {
                "The resource does not exist in the org, so the state does not contain it."
            }
        }
    }
}

/// If the resource's creation failed, adds a note that Terraform taints the resource. Terraform does not taint a
/// resource whose update failed.
fn with_taint(mut detail: String, created: bool) -> String {
    if created {
        detail.push_str(UNTAINT);
    }
    detail
}

/// Adds a note to errors about policies: an earlier deploy of the same apply saved the app and its OAuth settings.
/// `created` means that the resource is new, so Terraform taints it.
pub fn add_saved_before(found: &mut Diagnostics, created: bool) {
    for error in found.0.iter_mut().filter(|diagnostic| diagnostic.is_error()) {
        error
            .detail
            .push_str(" This is about the policies only: the app and its OAuth settings were saved before.");
        if created && !error.detail.contains(UNTAINT) {
            error.detail.push_str(UNTAINT);
        }
    }
}

pub fn internal_error(
    noun: &str,
    app: &str,
    message: &str,
    values: StateValues,
    created: bool,
) -> Diagnostic {
    let values = values.sentence();
    let detail = format!(
        "\"{app}\", {noun}: internal Salesforce error: {message}\n\n{values} Apply again. If the error persists, \
         contact Salesforce support with the ErrorId in this message."
    );
    rows::SALESFORCE_INTERNAL_ERROR.diagnostic(with_taint(detail, created))
}

/// Salesforce rejected one component. `explained` is what the component requires of another resource, if known.
pub fn rejected(noun: &str, app: &str, problem: &DeployProblem, explained: Option<&str>) -> Diagnostic {
    let message = &problem.message;
    let advice = explained.unwrap_or_else(|| advice_on(problem));
    let detail =
        format!("\"{app}\", {noun}: Salesforce returned: {message}\n\nNothing was changed. {advice}");
    rows::CHANGE_REJECTED.diagnostic(detail.trim_end())
}

/// The problems, except those that follow from another problem of the same resource. If Salesforce rejects a component,
/// it also rejects the components that depend on it.
pub fn causes(problems: &[DeployProblem]) -> Vec<&DeployProblem> {
    let follows = |problem: &&DeployProblem| problem.meaning() == Some(Meaning::NoOauthSettings);
    let causes: Vec<&DeployProblem> = problems.iter().filter(|problem| !follows(problem)).collect();
    if causes.is_empty() { problems.iter().collect() } else { causes }
}

fn advice_on(problem: &DeployProblem) -> &'static str {
    match problem.meaning() {
        Some(Meaning::MissingReference) => {
            "The configuration refers to an object that does not exist in the org. If the object is the app, set \
             external_client_app to the id of the app resource, so that Terraform creates the app first."
        }
        Some(Meaning::NotAllowed) => {
            "The user that Terraform logs in as lacks a permission. Apps and OAuth settings require External Client \
             App Developer, policies require External Client App Admin, and org settings require administrator \
             permissions."
        }
        Some(Meaning::Duplicate) => {
            "The app already has a component of this type with a different name. Import it."
        }
        Some(Meaning::NoOauthSettings) => {
            "The app has no OAuth settings, or Salesforce rejected them in the same deploy. In the latter case, \
             correct the other error first."
        }
        _ => "",
    }
}

/// The error for an apply that changed nothing.
pub fn not_applied(noun: &str, app: &str, error: &ApplyError) -> Diagnostic {
    let object = the(noun, app);
    match &error.kind {
        ApplyErrorKind::NotSent => not_sent(noun, app),
        ApplyErrorKind::Unavailable(cause) => {
            let mut diagnostic = unavailable(&Unavailable(cause.clone()));
            diagnostic.detail.push_str(&format!(" Nothing was changed in {object}."));
            diagnostic
        }
        ApplyErrorKind::Locked { waited, why } => rows::ORG_LOCKED.diagnostic(format!(
            "The org was still locked by another change after {} s: {why}. Nothing was changed. Check Deployment \
             Status in Setup, and apply again when the other change is complete.",
            waited.as_secs()
        )),
        ApplyErrorKind::Unread(cause) => unreadable(noun, app, cause),
        ApplyErrorKind::Expired => rows::TIMEOUT_EXCEEDED.diagnostic(format!(
            "The timeout elapsed before the change to {object} was sent. Nothing was changed. Apply again, \
             or increase the timeout in the timeouts block."
        )),
        _ => rows::CHANGE_NOT_APPLIED.diagnostic(format!(
            "The provider could not apply the change to {object}: {error}. Nothing was changed. {PLEASE_REPORT}"
        )),
    }
}

pub fn not_sent(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::INTERRUPTED_BEFORE_CHANGE.diagnostic(format!(
        "Terraform was interrupted before the change to {object} was sent to Salesforce. Nothing was changed. Apply \
         again."
    ))
}

/// The error for a change whose deploy failed with an internal error of Salesforce, and that was not sent again. The org
/// has no change.
pub fn not_sent_again(noun: &str, app: &str, deploy_id: &str, why: &ApplyErrorKind) -> Diagnostic {
    let object = the(noun, app);
    let (row, what, or) = match why {
        ApplyErrorKind::NotSent => (&rows::INTERRUPTED_BEFORE_CHANGE, "Terraform was interrupted", ""),
        _ => (
            &rows::TIMEOUT_EXCEEDED,
            "the timeout elapsed",
            ", or increase the timeout in the timeouts block",
        ),
    };
    row.diagnostic(format!(
        "Salesforce reported an internal error for deploy {deploy_id}, and {what} before the change to {object} was \
         sent again. A read of the org shows no change. Apply again{or}."
    ))
}

/// The error for a change whose result is not known.
pub fn outcome_unknown(
    noun: &str,
    app: &str,
    error: &ApplyError,
    values: StateValues,
    created: bool,
) -> Diagnostic {
    let object = the(noun, app);
    let deploy = match error.deploy_id() {
        Some(id) => format!(" Deployment Status in Setup shows the result of deploy {id}."),
        None => String::new(),
    };
    let values = values.sentence();
    let detail = format!(
        "The change to {object} may or may not be complete: {error}.{deploy} {values} Run terraform plan to see the \
         remaining changes."
    );
    rows::OUTCOME_UNKNOWN.diagnostic(with_taint(detail, created))
}

pub fn succeeded_after_error(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::SUCCEEDED_AFTER_ERROR.diagnostic(format!(
        "The provider did not receive Salesforce's response to the change of {object}, or could not interpret it. The \
         provider then read the org and found that all changes are complete."
    ))
}

/// The deploy succeeded, but the read after it failed.
pub fn not_verified(noun: &str, app: &str, created: bool) -> Diagnostic {
    let object = the(noun, app);
    let detail = format!(
        "The deploy of {object} succeeded, but reading the result failed, so the state contains the planned \
         values. Run terraform plan when Salesforce is available again."
    );
    rows::CHANGE_NOT_VERIFIED.diagnostic(with_taint(detail, created))
}

pub fn not_found_after_change(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::NOT_FOUND_AFTER_CHANGE.diagnostic(format!(
        "The deploy of {object} succeeded, but the org does not return the object. The object may have been deleted \
         since then. Run terraform plan to see the current state."
    ))
}

pub fn different_value_saved(attribute: &str, wanted: &Value, saved: &Value, created: bool) -> Diagnostic {
    let detail = format!(
        "The provider sent {attribute} = {}, but the org has {}. The state contains the value in the org. Set a value \
         that the org allows, or change what prevents the planned value.",
        shown(wanted),
        shown(saved)
    );
    rows::DIFFERENT_VALUE_SAVED.diagnostic(with_taint(detail, created)).at_attribute(attribute)
}

pub fn is_different_value_saved(diagnostic: &Diagnostic) -> bool {
    diagnostic.id == rows::DIFFERENT_VALUE_SAVED.id
}

pub fn adopted(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::ADOPTED.diagnostic(format!(
        "The org already had {object}. The user that Terraform logs in as created the object within the last day, and \
         it is identical to the configuration. If an earlier run of this configuration was interrupted, no action is \
         required. If another workspace or configuration manages the object, run terraform state rm here: otherwise \
         terraform destroy deletes the object and its consumer key for both."
    ))
}

pub fn already_exists(resource: &str, noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::ALREADY_EXISTS.diagnostic(format!(
        "The org already has {object}, and this configuration did not create the object. Nothing was changed. If this \
         run deletes the object at another address, apply again. To manage the object, import it:\n\n\
         import {{\n  to = {resource}.NAME\n  id = \"{app}\"\n}}"
    ))
}

/// The object to create exists, and another resource in the run has it in its state.
pub fn belongs_to_another(resource: &str, noun: &str, app: &str, why: CreationConflict) -> Diagnostic {
    let object = the(noun, app);
    let (why, then) = match why {
        CreationConflict::BeingDeleted => (
            "the deletion was not complete when the timeout of this creation elapsed",
            "Apply again when the deletion is complete, or increase the timeout in the timeouts block.",
        ),
        CreationConflict::NotDeletedYet => (
            "Terraform has not deleted it yet",
            "Apply again. If the lifecycle block of the resource contains create_before_destroy, remove that argument \
             first, because Salesforce cannot create a second object with the same name.",
        ),
        CreationConflict::DeletionFailed => {
            ("its deletion failed", "Correct the error of the other resource, and apply again.")
        }
    };
    rows::BELONGS_TO_ANOTHER_RESOURCE.diagnostic(format!(
        "The provider cannot create {object}, because the object still exists in the org. Another {resource} in this \
         run has the object in its state and deletes it, but {why}. This resource changed nothing. {then} If it is the \
         same object at a new address, use a moved block instead, so that nothing is deleted."
    ))
}

pub fn dependency_not_created(noun: &str, app: &str, failed: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::DEPENDENCY_NOT_CREATED.diagnostic(format!(
        "The provider did not create {object}, because this run could not create the {failed} that this resource \
         requires. Nothing was changed. Correct the error of that resource, and apply again."
    ))
}

/// The deletion would also remove what the same run created.
pub fn dependent_created(noun: &str, app: &str, part: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::DEPENDENT_CREATED.diagnostic(format!(
        "The provider did not delete {object}. This run created or adopted its {part}, which the deletion would remove \
         although the configuration contains them. Remove the {part} from the configuration, or keep the {noun}. To \
         change the address of the resource, use a moved block."
    ))
}

pub fn replaced_resource_exists(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::REPLACED_RESOURCE_EXISTS.diagnostic(format!(
        "The provider cannot create the replacement of {object} while the old object exists, because both have the \
         same API name. Nothing was changed. Remove create_before_destroy from the lifecycle block of the resource, or \
         give the new app a different name."
    ))
}

pub fn not_replaced(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::NOT_REPLACED.diagnostic(format!(
        "The provider did not delete {object}. Another resource in this run, with the same API name, adopted the \
         object unchanged, with its consumer key, and now has it in its state. If the resource uses \
         create_before_destroy, the other resource is its replacement, and Salesforce cannot create a replacement with \
         the same name. Remove create_before_destroy from the lifecycle block of the resource. To recreate the object, \
         use -replace afterwards."
    ))
}

pub fn settings_overwritten(noun: &str, app: &str, lost: &[(&str, Value)]) -> Diagnostic {
    let object = capitalised(&the(noun, app));
    let before: Vec<String> =
        lost.iter().map(|(name, value)| format!("{name} was {}", shown(value))).collect();
    rows::EXISTING_SETTINGS_OVERWRITTEN.diagnostic(format!(
        "{object} had settings that differed from the configuration: {}. Add them to the configuration to restore \
         them.",
        before.join("; ")
    ))
}

/// The update requires a component that does not exist.
pub fn missing_component(noun: &str, app: &str, kind: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::MISSING_COMPONENT.diagnostic(format!(
        "The {kind} of {object} no longer exists in the org, so nothing was changed. Salesforce creates \
         it together with the OAuth settings of the app. Replace the OAuth settings, or create the component in Setup."
    ))
}

pub fn duplicate_resource(spec: &ResourceSpec, resource: &str, app: &str) -> Diagnostic {
    let Some(attribute) = spec.naming_attribute() else {
        return rows::DUPLICATE_ORG_RESOURCE.diagnostic(format!(
            "Another {resource} in this configuration manages the same org. The {} exist only once in an org, so one \
             resource must manage all of them. Set all of them in one resource, and remove the other resource.",
            spec.noun
        ));
    };
    super::named_twice(resource, attribute, app, app)
}

pub fn policies_not_found(attribute: &str, app: &str) -> Diagnostic {
    rows::POLICIES_NOT_FOUND
        .diagnostic(format!(
            "Salesforce creates the policies of an app together with its OAuth settings, and \"{app}\" still had no \
             policies when the timeout elapsed. Create the settings first: set external_client_app = \
             salesforce_external_client_app_oauth_settings.NAME.id, so that Terraform waits for them."
        ))
        .at_attribute(attribute)
}

pub fn no_such_app(attribute: &str, app: &str) -> Diagnostic {
    credentials::APP_NOT_FOUND
        .diagnostic(format!(
            "The org has no External Client App with the API name \"{app}\", and no such app was created while the \
             provider waited. Nothing was changed. If Terraform manages the app, set {attribute} = \
             salesforce_external_client_app.NAME.id, so that Terraform creates the app first. Otherwise, check the \
             name, which is case-sensitive."
        ))
        .at_attribute(attribute)
}

pub fn no_longer_exists(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::NO_LONGER_EXISTS.diagnostic(format!(
        "The org had {object} when the plan was created, but no longer has the object. Nothing was \
         changed. Run terraform plan again."
    ))
}

pub fn created_since_plan(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::CREATED_SINCE_PLAN.diagnostic(format!(
        "The org did not have {object} when the plan was created. The object now exists, with values that differ \
         from the plan. Nothing was changed. Run terraform plan again."
    ))
}

pub fn drifted_since_plan(attribute: &str, before: &Value, now: &Value) -> Diagnostic {
    rows::CHANGED_SINCE_PLAN
        .diagnostic(format!(
            "{attribute} was {} during the plan and {} during the apply. The apply set the planned value.",
            in_quotes(before),
            in_quotes(now)
        ))
        .at_attribute(attribute)
}

/// The apply would remove `blocks`, which the plan did not show because the attribute was not managed before.
pub fn unplanned_values(attribute: &str, blocks: &[Value]) -> Diagnostic {
    let blocks: Vec<String> = blocks.iter().map(shown).collect();
    rows::UNPLANNED_VALUES
        .diagnostic(format!(
            "The org has values of {attribute} that are not in the configuration and that the plan did not show, \
             because the attribute was not managed: {}. The apply would remove them. Nothing was changed. Add them to \
             the configuration, or remove them in Setup, and apply again.",
            blocks.join("; ")
        ))
        .at_attribute(attribute)
}

/// A value for a sentence: a string is in quotes, because it may contain whole sentences.
fn in_quotes(value: &Value) -> String {
    match value {
        Value::Text(_) => format!("\"{}\"", shown(value)),
        _ => shown(value),
    }
}

/// An attribute that the plan does not change has a different value in the org.
pub fn changed_meanwhile(attribute: &str, before: &Value, now: &Value) -> Diagnostic {
    rows::CHANGED_SINCE_PLAN
        .diagnostic(format!(
            "{attribute} was {} during the plan and is now {}. This plan does not change the attribute, so the org \
             keeps the current value. The next plan shows the difference.",
            in_quotes(before),
            in_quotes(now)
        ))
        .at_attribute(attribute)
}

/// Another deploy wrote the same component at the same time, and this run overwrote its value.
pub fn overwritten(attribute: &str, read: &Value, was: &Value, restored: bool) -> Diagnostic {
    let now = if restored {
        "This apply temporarily overwrote the value and restored it."
    } else {
        "This apply overwrote the value. Check the value, and apply the other change again."
    };
    rows::CONCURRENT_CHANGE.diagnostic(format!(
        "{attribute} was changed from {} to {}. {now}",
        shown(read),
        shown(was)
    ))
}

/// A concurrent change, if the values that the other deploy wrote are not known.
pub fn overwritten_unseen(noun: &str, app: &str, deploy: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::CONCURRENT_CHANGE.diagnostic(format!(
        "Deploy {deploy}, which is not from this run, ran at the same time as this apply of {object}, and may have \
         written the same components. The provider cannot determine the changes of that deploy, and may have \
         overwritten them. Deployment Status in Setup shows who started it. Check its changes."
    ))
}

/// The object did not exist before the deploy was sent, but existed when Salesforce processed the deploy.
pub fn overwritten_on_creation(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::CONCURRENT_CHANGE.diagnostic(format!(
        "Salesforce reports that this apply did not create {object} but overwrote it: another user or another \
         workspace created it after the provider had checked that it did not exist. Make sure that only one \
         configuration manages it."
    ))
}

/// The provider could not restore an overwritten value, or could not write its own value again.
pub fn conflict_unresolved(noun: &str, app: &str, error: &ApplyErrorKind) -> Diagnostic {
    let object = the(noun, app);
    rows::CONCURRENT_CHANGE_CONFLICT.diagnostic(format!(
        "The provider wrote {object}, but others wrote the same components at the same time, and the provider \
         could not resolve the conflict: {error}. The state contains the values in the org. Run terraform plan when \
         the other changes are complete."
    ))
}

pub fn salesforce_warning(noun: &str, app: &str, message: &str) -> Diagnostic {
    rows::SALESFORCE_WARNING
        .diagnostic(format!("\"{app}\", {noun}: the deploy succeeded, and Salesforce returned: {message}"))
        .qualified(noun)
}

pub fn exists_after_deletion(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    rows::EXISTS_AFTER_DELETION.diagnostic(format!(
        "Salesforce reported the deletion of {object}, but still returns the object. The state still contains the \
         object. Run terraform destroy again, and check Deployment Status in Setup."
    ))
}

/// An apply deleted and recreated the consumer. If `-replace` is used for the app only, no plan can warn about this.
pub fn consumer_key_was_destroyed(noun: &str, app: &str) -> Diagnostic {
    let object = the(noun, app);
    plan::CONSUMER_KEY_WAS_DESTROYED.diagnostic(format!(
        "This run deleted {object} and created the replacement. The previous consumer key (the client ID) and \
         all its tokens are invalid. Give every client the new key, if the app has one."
    ))
}
