//! The settings of a run: arguments, LIVE_* variables, and the provider's SALESFORCE_* variables.

use crate::questions::QUESTIONS;
use acceptance_tests::scenario::Scenario;
use acceptance_tests::target::Credentials;
use acceptance_tests::terraform::repository;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub const HELP: &str = "make live                 runs every scenario and every open question on the org of the SALESFORCE_* variables
make live PLAN=1          only shows the org and the planned actions
make live SWEEP=1         only removes leftovers of earlier runs
make live ONLY=questions  the open questions only; ONLY=scenarios the other half; ONLY=app,pkce_off these

LIVE_PRODUCTION=yes       allows a production org
LIVE_REPORT=file.json     the file of the report, target/live-report.json by default";

const MISSING: &str = "No credentials for an org. Set one of these groups of variables, as for the provider:

  SALESFORCE_CLIENT_ID, SALESFORCE_USERNAME, SALESFORCE_PRIVATE_KEY or SALESFORCE_PRIVATE_KEY_FILE,
    and SALESFORCE_INSTANCE_URL or SALESFORCE_LOGIN_URL             OAuth 2.0 JWT bearer
  SALESFORCE_CLIENT_ID, SALESFORCE_CLIENT_SECRET, SALESFORCE_INSTANCE_URL     OAuth 2.0 client credentials
  SALESFORCE_ACCESS_TOKEN, SALESFORCE_INSTANCE_URL                            an access token";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Plan,
    Sweep,
    Run,
}

/// The selected scenarios and open questions.
#[derive(Debug, Clone, Default)]
pub struct Selection(Vec<String>);

impl Selection {
    fn is_known(&self) -> Result<(), String> {
        let scenarios = Scenario::all();
        let known: Vec<&str> = ["scenarios", "questions"]
            .into_iter()
            .chain(scenarios.iter().map(|scenario| scenario.name.as_str()))
            .chain(QUESTIONS.iter().map(|question| question.id))
            .collect();
        match self.0.iter().find(|word| !known.contains(&word.as_str())) {
            Some(word) => {
                Err(format!("ONLY={word} is not a scenario or a question. Available: {}", known.join(", ")))
            }
            None => Ok(()),
        }
    }

    pub fn has_scenario(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|word| word == "scenarios" || word == name)
    }

    pub fn has_question(&self, id: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|word| word == "questions" || word == id)
    }
}

#[derive(Debug)]
pub struct Settings {
    pub task: Task,
    pub selection: Selection,
    pub report: PathBuf,
    pub allows_production: bool,
}

impl Settings {
    pub fn read(arguments: &[String], environment: &BTreeMap<String, String>) -> Result<Self, String> {
        let mut settings = Self {
            task: Task::Run,
            selection: Selection::default(),
            report: repository().join("target/live-report.json"),
            allows_production: environment.get("LIVE_PRODUCTION").is_some_and(|value| value == "yes"),
        };
        if let Some(file) = environment.get("LIVE_REPORT").filter(|file| !file.is_empty()) {
            settings.report = PathBuf::from(file);
        }
        for argument in arguments {
            match argument.split_once('=').unwrap_or((argument, "")) {
                ("--plan", "") => settings.task = Task::Plan,
                ("--sweep", "") => settings.task = Task::Sweep,
                ("--only", words) if !words.is_empty() => {
                    settings.selection =
                        Selection(words.split(',').map(|word| word.trim().to_owned()).collect());
                    settings.selection.is_known()?;
                }
                _ => return Err(format!("{argument} is not known.\n\n{HELP}")),
            }
        }
        Ok(settings)
    }
}

/// The variables for the login, complete and with absolute paths, or an error that names the missing ones.
pub fn credentials(environment: &BTreeMap<String, String>) -> Result<Credentials, String> {
    let mut found: Credentials = environment
        .iter()
        .filter(|(name, value)| !value.is_empty() && is_passed_on(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    // Terraform runs in a different folder.
    for variable in ["SALESFORCE_PRIVATE_KEY_FILE", "SALESFORCE_CA_CERTIFICATE_FILE"] {
        if let Some(path) = found.get_mut(variable) {
            let whole = std::fs::canonicalize(Path::new(path.as_str()))
                .map_err(|error| format!("{variable} is {path}: {error}"))?;
            *path = whole.display().to_string();
        }
    }
    if let Some(file) = found.get("SALESFORCE_CA_CERTIFICATE_FILE").cloned() {
        found.insert("NODE_EXTRA_CA_CERTS".to_owned(), file);
    }
    // Read the key once, for both clients and for the search for leaked secrets.
    if let Some(file) = found.remove("SALESFORCE_PRIVATE_KEY_FILE") {
        let key = std::fs::read_to_string(&file)
            .map_err(|error| format!("SALESFORCE_PRIVATE_KEY_FILE is {file}: {error}"))?;
        found.insert("SALESFORCE_PRIVATE_KEY".to_owned(), key);
    }
    let has = |name: &str| found.contains_key(&format!("SALESFORCE_{name}"));
    let is_complete = has("ACCESS_TOKEN") && has("INSTANCE_URL")
        || has("CLIENT_ID") && has("CLIENT_SECRET") && has("INSTANCE_URL")
        || has("CLIENT_ID")
            && has("USERNAME")
            && has("PRIVATE_KEY")
            && (has("INSTANCE_URL") || has("LOGIN_URL"));
    if is_complete {
        return Ok(found);
    }
    let set: Vec<&str> =
        found.keys().map(String::as_str).filter(|name| name.starts_with("SALESFORCE_")).collect();
    let set = if set.is_empty() { "none".to_owned() } else { set.join(", ") };
    Err(format!("{MISSING}\n\nSet at present: {set}."))
}

fn is_passed_on(name: &str) -> bool {
    name.starts_with("SALESFORCE_")
        || ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn missing_credentials_are_one_error_that_names_every_method() {
        let error = credentials(&environment(&[("SALESFORCE_CLIENT_ID", "x"), ("HOME", "/")])).unwrap_err();
        for variable in
            ["CLIENT_ID", "USERNAME", "PRIVATE_KEY_FILE", "CLIENT_SECRET", "ACCESS_TOKEN", "INSTANCE_URL"]
        {
            assert!(error.contains(&format!("SALESFORCE_{variable}")), "{error}");
        }
        assert!(error.ends_with("Set at present: SALESFORCE_CLIENT_ID."), "{error}");
    }

    #[test]
    fn each_authentication_method_is_sufficient() {
        for method in [
            &[("SALESFORCE_ACCESS_TOKEN", "t"), ("SALESFORCE_INSTANCE_URL", "u")][..],
            &[
                ("SALESFORCE_CLIENT_ID", "c"),
                ("SALESFORCE_CLIENT_SECRET", "s"),
                ("SALESFORCE_INSTANCE_URL", "u"),
            ],
            &[
                ("SALESFORCE_CLIENT_ID", "c"),
                ("SALESFORCE_USERNAME", "n"),
                ("SALESFORCE_PRIVATE_KEY", "k"),
                ("SALESFORCE_LOGIN_URL", "u"),
            ],
        ] {
            let mut variables = environment(method);
            variables.insert("AWS_SECRET_ACCESS_KEY".to_owned(), "not ours".to_owned());
            assert_eq!(credentials(&variables).unwrap(), environment(method));
        }
    }

    #[test]
    fn only_yes_allows_production() {
        let allows = |value| {
            Settings::read(&[], &environment(&[("LIVE_PRODUCTION", value)])).unwrap().allows_production
        };
        assert!(allows("yes") && !allows("no") && !allows("") && !allows("1"));
    }
}
