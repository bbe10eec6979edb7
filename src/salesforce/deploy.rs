//! Starts and cancels deploys, and reads their status. The caller polls.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Client;
use super::classify::{self, Class};
use super::error::{Call, Error};
use super::messages::{Meaning, means};
use super::redact::Redactor;
use super::soap::{job_id, leaf, result};
use crate::xml::Element;

/// The options of a deploy, in the alphabetical order of the WSDL. Salesforce applies one package, at the root of the
/// zip, completely or not at all. `testLevel` is omitted, as other clients omit it by default, because its allowed
/// values depend on the org and a package without Apex does not need it.
fn options(ignore_warnings: bool) -> String {
    let flag = |name: &str, value: bool| leaf(name, if value { "true" } else { "false" });
    [
        flag("allowMissingFiles", false),
        flag("autoUpdatePackage", false),
        flag("checkOnly", false),
        flag("ignoreWarnings", ignore_warnings),
        flag("performRetrieve", false),
        flag("purgeOnDelete", false),
        flag("rollbackOnError", true),
        flag("singlePackage", true),
    ]
    .concat()
}

/// The status of a deploy (`DeployResult` of the WSDL). Its strings are redacted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeployReport {
    /// Whether the deploy has ended. Only this field determines whether polling ends.
    pub done: bool,
    pub success: bool,
    /// `Pending`, `InProgress`, `Succeeded`, `Failed`, `Canceled` and others. New versions of Salesforce may add
    /// values.
    pub status: String,
    pub state_detail: Option<String>,
    /// The error code of the deploy, such as `ALREADY_IN_PROCESS`.
    pub error_status_code: Option<String>,
    pub error_message: Option<String>,
    pub canceled_by_name: Option<String>,
    /// The date of creation in ISO 8601, as Salesforce returned it.
    pub created_date: Option<String>,
    pub completed_date: Option<String>,
    /// One message for each component that succeeded, including the manifests. Complete when the deploy has ended.
    pub component_successes: Vec<ComponentMessage>,
    pub component_failures: Vec<ComponentMessage>,
}

impl DeployReport {
    /// The class of the error, determined by its code and message. `Fatal` if both are unknown.
    pub fn class(&self) -> Class {
        classify::deploy_class(self.error_status_code.as_deref(), self.error_message.as_deref())
    }

    pub(super) fn read(result: &Element, redactor: &Redactor) -> Self {
        let text = |name: &str| result.text_of(name).map(|text| redactor.clean(text));
        let details = result.child("details");
        let messages = |name: &str| {
            details
                .map(|details| {
                    details.all(name).map(|message| ComponentMessage::read(message, redactor)).collect()
                })
                .unwrap_or_default()
        };
        Self {
            done: result.flag("done"),
            success: result.flag("success"),
            status: text("status").unwrap_or_default(),
            state_detail: text("stateDetail"),
            error_status_code: text("errorStatusCode"),
            error_message: text("errorMessage"),
            canceled_by_name: text("canceledByName"),
            created_date: text("createdDate"),
            completed_date: text("completedDate"),
            component_successes: messages("componentSuccesses"),
            component_failures: messages("componentFailures"),
        }
    }
}

/// The result for one component of a deploy (`DeployMessage` of the WSDL).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ComponentMessage {
    pub component_type: String,
    /// The full name of the component. If a component to delete does not exist, the name of the manifest.
    pub full_name: String,
    pub file_name: String,
    /// The error or warning from Salesforce.
    pub problem: Option<String>,
    pub problem_type: Option<String>,
    pub line_number: Option<u32>,
    /// Whether the deploy created the component. `None` if Salesforce does not return this flag.
    pub created: Option<bool>,
}

impl ComponentMessage {
    /// Whether the message has this meaning.
    pub fn means(&self, meaning: Meaning) -> bool {
        self.problem.as_deref().is_some_and(|problem| means(problem, meaning))
    }

    /// Whether other changes lock the component, so that the deploy can be retried.
    pub fn is_locked(&self) -> bool {
        self.means(Meaning::Locked)
    }

    fn read(message: &Element, redactor: &Redactor) -> Self {
        let text = |name: &str| message.text_of(name).map(|text| redactor.clean(text));
        Self {
            component_type: text("componentType").unwrap_or_default(),
            full_name: text("fullName").unwrap_or_default(),
            file_name: text("fileName").unwrap_or_default(),
            problem: text("problem"),
            problem_type: text("problemType"),
            line_number: message.number("lineNumber"),
            created: message.text_of("created").and_then(|created| created.parse().ok()),
        }
    }
}

impl Client {
    /// Sends a zip and returns the ID of the deploy. This call is not idempotent.
    ///
    /// # Errors
    /// If [`Error::is_ambiguous`], the org may have received the deploy although there was no usable response. Read the
    /// org before sending the deploy again.
    pub async fn start_deploy(&self, zip: &[u8], ignore_warnings: bool) -> Result<String, Error> {
        let arguments = format!(
            "<ZipFile>{}</ZipFile><DeployOptions>{}</DeployOptions>",
            STANDARD.encode(zip),
            options(ignore_warnings)
        );
        let response = self.inner.soap(Call::StartDeploy, "deploy", &arguments).await?;
        job_id(Call::StartDeploy, response)
    }

    /// The status of a deploy, with all component messages.
    ///
    /// # Errors
    /// [`Class::NotFound`], also briefly while an existing deploy leaves the queue. Callers that know the deploy's ID
    /// retry.
    pub async fn deploy_status(&self, id: &str) -> Result<DeployReport, Error> {
        let arguments = format!("{}{}", leaf("asyncProcessId", id), leaf("includeDetails", "true"));
        let answer = self.inner.soap(Call::DeployStatus, "checkDeployStatus", &arguments).await;
        let result = answer.and_then(|response| result(Call::DeployStatus, response))?;
        Ok(DeployReport::read(&result, &self.inner.redactor))
    }

    /// Requests a cancellation. The deploy may still succeed. In API versions earlier than 65.0, a deploy with the
    /// status `Canceled` may have been committed. Only a read shows the outcome.
    ///
    /// # Errors
    /// Also returns an error if the deploy can no longer be canceled.
    pub async fn cancel_deploy(&self, id: &str) -> Result<(), Error> {
        // The WSDL calls this parameter "String".
        self.inner.soap(Call::CancelDeploy, "cancelDeploy", &leaf("String", id)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::salesforce::soap;

    /// All strings are checked, including IDs and names.
    #[test]
    fn no_text_of_a_report_contains_a_token() {
        const TOKEN: &str = "00D000000000001!AQcanary.0123456789.canary";
        let of_report = ["id", "status", "createdDate", "stateDetail", "errorMessage"];
        let of_message = ["componentType", "fullName", "fileName", "problem", "problemType", "id"];
        let leaves =
            |names: &[&str]| names.iter().map(|name| format!("<{name}>{TOKEN}</{name}>")).collect::<String>();
        let inside = leaves(&of_message);
        let text = format!(
            "<result>{}<details><componentFailures>{inside}</componentFailures></details></result>",
            leaves(&of_report)
        );
        let report = DeployReport::read(&soap::parse(text.as_bytes()).unwrap(), &Redactor::default());
        assert_eq!(report.component_failures.len(), 1);
        assert!(!format!("{report:?}").contains("canary"), "{report:?}");
    }
}
