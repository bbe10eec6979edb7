//! Planned faults, and the calls to which they apply. `emulator.rs` applies the faults.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// The fault comes before the call. If it replaces the response, the call has no effect.
    #[default]
    Before,
    /// The call takes effect, even if the fault replaces its response.
    After,
}

/// One entry in the script.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// A SOAP method, the name of a route as in the journal, or `any`.
    pub call: String,
    /// The number of the first affected call, counted from 1 since the entry was added.
    #[serde(default)]
    pub nth: Option<u64>,
    #[serde(default)]
    pub every: bool,
    /// The number of affected calls, starting with the nth.
    #[serde(default)]
    pub times: Option<u64>,
    #[serde(default)]
    pub when: When,
    #[serde(rename = "do", deserialize_with = "action")]
    pub action: Action,
    /// The number of matching calls so far.
    #[serde(default)]
    pub seen: u64,
    /// The number of applied faults so far.
    #[serde(default)]
    pub done: u64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Action {
    pub status: Option<u16>,
    pub content_type: Option<String>,
    pub body: Option<String>,
    pub headers: std::collections::BTreeMap<String, String>,
    /// Close the connection in the middle of the body.
    pub cut: bool,
    /// Close the connection before anything is sent.
    pub drop: bool,
    /// Send nothing for this number of seconds, then close the connection.
    pub stall: Option<u64>,
    pub delay_ms: Option<u64>,
    /// The time over which the body is sent, in pieces.
    pub drip_ms: Option<u64>,
    pub fault: Option<FaultText>,
    /// The result of the deploy. For the call checkDeployStatus, only the reported status.
    pub deploy_result: Option<DeployEnd>,
    pub component_problem: Option<ComponentProblem>,
    /// Keep this number of bytes of the zip file in the response of checkRetrieveStatus.
    pub truncate_zip: Option<usize>,
    /// Another administrator changes a component at this time; the call proceeds.
    pub edit: Option<Edit>,
    pub delete: Option<Target>,
    /// Another administrator stages, rotates or revokes the credentials of an app at this time.
    pub credentials: Option<crate::admin::pairs::CredentialRequest>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultText {
    pub code: String,
    pub text: String,
    /// Default: 500 for SOAP, 400 for REST and the OAuth endpoints.
    #[serde(default)]
    pub status: Option<u16>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DeployEnd {
    pub status: crate::job::Status,
    #[serde(default)]
    pub error_status_code: Option<String>,
    #[serde(default)]
    pub error_message: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ComponentProblem {
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub full_name: String,
    pub problem: String,
    #[serde(default)]
    pub line: u32,
    #[serde(default)]
    pub column: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Target {
    #[serde(rename = "type")]
    pub kind: String,
    pub full_name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Edit {
    #[serde(rename = "type")]
    pub kind: String,
    pub full_name: String,
    /// Elements to set; null removes an element.
    pub set: Value,
}

/// `"cut"` is short for `{"cut": true}`.
fn action<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Action, D::Error> {
    use serde::de::Error;
    let value = Value::deserialize(deserializer)?;
    match value.as_str() {
        Some("cut") => Ok(Action { cut: true, ..Action::default() }),
        Some("drop") => Ok(Action { drop: true, ..Action::default() }),
        Some("stall") => Ok(Action { stall: Some(3600), ..Action::default() }),
        Some(other) => Err(D::Error::custom(format!("unknown action {other}"))),
        None => serde_json::from_value(value).map_err(D::Error::custom),
    }
}

#[derive(Debug, Default)]
pub struct Script {
    pub entries: Vec<Entry>,
}

impl Script {
    /// The fault for this call. Every matching entry counts the call; the first entry that is due applies.
    pub fn next(&mut self, call: &str) -> Option<(When, Action)> {
        let mut planned = None;
        for entry in self.entries.iter_mut().filter(|entry| entry.call == call || entry.call == "any") {
            entry.seen += 1;
            let first = entry.nth.unwrap_or(1);
            let is_due = entry.seen >= first
                && (entry.every && entry.times.is_none() || entry.seen < first + entry.times.unwrap_or(1));
            if is_due && planned.is_none() {
                entry.done += 1;
                planned = Some((entry.when, entry.action.clone()));
            }
        }
        planned
    }

    /// Parses one entry or a list of entries.
    pub fn parse(text: &[u8]) -> Result<Vec<Entry>, String> {
        let value: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let list = if value.is_array() { value } else { Value::Array(vec![value]) };
        serde_json::from_value(list).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Script {
        Script { entries: Script::parse(text.as_bytes()).unwrap() }
    }

    #[test]
    fn nth_times_and_every_determine_the_affected_calls() {
        let mut once = script(r#"{"call":"deploy","nth":2,"do":"drop"}"#);
        let fired: Vec<bool> = (0..4).map(|_| once.next("deploy").is_some()).collect();
        assert_eq!(fired, [false, true, false, false]);
        assert!(once.next("retrieve").is_none());
        let mut some = script(r#"[{"call":"any","times":2,"do":{"status":503}}]"#);
        let fired: Vec<bool> = (0..3).map(|_| some.next("token").is_some()).collect();
        assert_eq!(fired, [true, true, false]);
        let mut every = script(r#"[{"call":"any","nth":2,"every":true,"do":{"delay_ms":5}}]"#);
        let fired: Vec<bool> = (0..4).map(|_| every.next("token").is_some()).collect();
        assert_eq!(fired, [false, true, true, true]);
    }

    #[test]
    fn errors_in_a_script_are_reported() {
        assert!(Script::parse(br#"{"call":"deploy","do":"explode"}"#).is_err());
        assert!(Script::parse(br#"{"call":"deploy","do":{"statsu":503}}"#).is_err());
        assert!(Script::parse(br#"{"call":"deploy"}"#).is_err());
    }
}
