//! Deploys: start, look, cancel. The loop that waits for the end is the caller's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Client;
use super::classify::{self, Class};
use super::error::{Call, Error};
use super::redact::Redactor;
use super::sentences::{Meaning, means};
use super::soap::{job_id, leaf, result};
use super::xml::Element;

/// The options of a deploy, in the WSDL's order, which is alphabetical: all or nothing, and one package at the root of
/// the zip. `testLevel` is omitted, as all known clients do: which level is allowed depends on the org, and without
/// Apex none is needed.
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

/// What the org says about a deploy (`DeployResult` of the WSDL). Its texts have been redacted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeployReport {
    /// The id of the deploy, beginning with `0Af`.
    pub id: String,
    /// Whether it has ended. Only this decides when to stop asking.
    pub done: bool,
    /// Whether it ended well.
    pub success: bool,
    /// `Pending`, `InProgress`, `Succeeded`, `Failed`, `Canceled` and more; Salesforce adds to them.
    pub status: String,
    /// What the org is doing just now.
    pub state_detail: Option<String>,
    /// Why the deploy as a whole failed: a code, such as `ALREADY_IN_PROCESS`.
    pub error_status_code: Option<String>,
    /// Why the deploy as a whole failed: words.
    pub error_message: Option<String>,
    /// Who cancelled it.
    pub canceled_by_name: Option<String>,
    /// When it was handed over, began and ended; ISO 8601 as the org wrote it.
    pub created_date: Option<String>,
    /// See `created_date`.
    pub completed_date: Option<String>,
    /// What was done, one message per component; the manifests appear as well. Filled at the end.
    pub component_successes: Vec<ComponentMessage>,
    /// What failed.
    pub component_failures: Vec<ComponentMessage>,
}

impl DeployReport {
    /// What sort of trouble ended the deploy as a whole, by its code and words; `Fatal` if there is no telling.
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
            id: text("id").unwrap_or_default(),
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

/// What the org says about one component of a deploy (`DeployMessage` of the WSDL).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ComponentMessage {
    /// The metadata type; empty for the manifests.
    pub component_type: String,
    /// The full name; for a deletion of what is gone, that of the manifest.
    pub full_name: String,
    /// The file in the zip.
    pub file_name: String,
    /// Whether this component is as it should be.
    pub success: bool,
    /// What is wrong, or worth a warning, in the org's words.
    pub problem: Option<String>,
    /// `Error`, `Warning` or `Info`.
    pub problem_type: Option<String>,
    /// Where in the file, from 1.
    pub line_number: Option<u32>,
    /// The id of the component.
    pub id: Option<String>,
}

impl ComponentMessage {
    /// Whether the org's words mean this.
    pub fn means(&self, meaning: Meaning) -> bool {
        self.problem.as_deref().is_some_and(|problem| means(problem, meaning))
    }

    /// Whether the problem is that someone else holds the component just now: it may be deployed again.
    pub fn is_locked(&self) -> bool {
        self.means(Meaning::Locked)
    }

    fn read(message: &Element, redactor: &Redactor) -> Self {
        let text = |name: &str| message.text_of(name).map(|text| redactor.clean(text));
        Self {
            component_type: text("componentType").unwrap_or_default(),
            full_name: text("fullName").unwrap_or_default(),
            file_name: text("fileName").unwrap_or_default(),
            success: message.flag("success"),
            problem: text("problem"),
            problem_type: text("problemType"),
            line_number: message.number("lineNumber"),
            id: text("id"),
        }
    }
}

impl Client {
    /// Hands a zip over and returns the id of the deploy. Not idempotent: the zip may ask for a new key.
    ///
    /// # Errors
    /// When [`Error::is_ambiguous`], the org may have taken the deploy although no answer came. It is never sent twice
    /// then; look into the org first.
    pub async fn start_deploy(&self, zip: &[u8], ignore_warnings: bool) -> Result<String, Error> {
        let arguments = format!(
            "<ZipFile>{}</ZipFile><DeployOptions>{}</DeployOptions>",
            STANDARD.encode(zip),
            options(ignore_warnings)
        );
        let response = self.inner.soap(Call::StartDeploy, "deploy", &arguments).await?;
        job_id(Call::StartDeploy, response)
    }

    /// How a deploy is getting on, with all component messages.
    ///
    /// # Errors
    /// [`Class::NotFound`] also for a moment when a deploy leaves the queue: whoever knows that it is there asks again (F15).
    pub async fn deploy_status(&self, id: &str) -> Result<DeployReport, Error> {
        let arguments = format!("{}{}", leaf("asyncProcessId", id), leaf("includeDetails", "true"));
        let answer = self.inner.soap(Call::DeployStatus, "checkDeployStatus", &arguments).await;
        let result = answer.and_then(|response| result(Call::DeployStatus, response))?;
        Ok(DeployReport::read(&result, &self.inner.redactor))
    }

    /// Asks the org to stop a deploy. It may end well all the same; and below API 65.0 one that reports `Canceled` may
    /// have been committed. Only a read tells.
    ///
    /// # Errors
    /// Also when the deploy is past the point of no return.
    pub async fn cancel_deploy(&self, id: &str) -> Result<(), Error> {
        // The WSDL really calls this parameter "String".
        self.inner.soap(Call::CancelDeploy, "cancelDeploy", &leaf("String", id)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::salesforce::xml;

    /// Ids and names stand in messages, too.
    #[test]
    fn no_text_of_a_report_has_a_token_in_it() {
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
        let report = DeployReport::read(&xml::parse(text.as_bytes()).unwrap(), &Redactor::default());
        assert_eq!(report.component_failures.len(), 1);
        assert!(!format!("{report:?}").contains("canary"), "{report:?}");
    }
}
