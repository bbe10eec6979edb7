//! The behavior of the APIs themselves: SOAP headers and queries for deploys.

use super::{ProbeContext, ProbeResult, all, verdict};
use crate::client::CallError;
use crate::org::text;
use serde_json::{Value, json};

pub fn soap_headers(context: &ProbeContext<'_>) -> ProbeResult {
    let send = |headers: Value| -> Result<(bool, String), CallError> {
        let response = context.org.call("bareSoap", json!({ "headers": headers }))?;
        let status = response.get("status").and_then(Value::as_u64).unwrap_or_default();
        let fault = context.org.redacted(&text(&response, "fault"));
        Ok((status != 200, if fault.is_empty() { format!("HTTP {status}") } else { fault }))
    };
    let (control, details) = send(json!({ "content-type": "text/xml", "soapaction": "\"\"" }))?;
    if control {
        return Err(CallError(format!("a call with both headers was rejected: {details}")));
    }
    let (no_action, action_details) = send(json!({ "content-type": "text/xml" }))?;
    let (other_type, type_details) =
        send(json!({ "content-type": "application/octet-stream", "soapaction": "\"\"" }))?;
    Ok(all(vec![
        ("without SOAPAction", verdict(no_action, action_details)),
        ("with another content type", verdict(other_type, type_details)),
    ]))
}

pub fn deploys_can_be_queried(context: &ProbeContext<'_>) -> ProbeResult {
    context.create()?;
    let soql = format!("SELECT Id, Status FROM DeployRequest WHERE Id = '{}'", context.org.last_deploy());
    let found = match context.org.query(&soql, true) {
        Ok(found) => found,
        Err(error) => return Ok(verdict(false, error.to_string())),
    };
    let statuses: Vec<String> = found.iter().map(|one| text(one, "Status")).collect();
    Ok(verdict(found.len() == 1, format!("{} found: {}", found.len(), statuses.join(", "))))
}
