//! The faults that can be injected between the provider and the org. A fault is data; the proxy injects it.
//!
//! The fault table with the injection points and the expected results is in `table`.

use crate::message::Response;
use std::time::Duration;

/// Whether the fault takes effect before or after the org receives the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The fault comes before the call. If it replaces or prevents the response, the org does not receive the call.
    Before,
    /// The org receives the call before the fault takes effect.
    After,
}

impl When {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// The matching calls into which the fault is injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// This number of calls, from `nth` on.
    Some(usize),
    /// All calls from `nth` on.
    All,
    /// Every second call from `nth` on.
    Odd,
    /// Each call from `nth` on, with this probability in percent.
    Percent(usize),
}

/// The calls that a fault matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Calls {
    /// Every call.
    Any,
    /// Every call except logins, the list of API versions, and `userinfo`.
    Api,
    Named(String),
}

impl Calls {
    #[must_use]
    pub fn has(&self, call: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Api => !["token", "versions", "userinfo"].contains(&call),
            Self::Named(name) => name == call,
        }
    }
}

/// Rewrites the response from the org. Returns an unsuitable response as `Err`; the next response is then rewritten.
pub type Rewrite = fn(Response) -> Result<Response, Response>;

#[derive(Debug, Clone)]
pub enum Action {
    /// This response instead of the org's.
    Response(Response),
    /// A response with a code and a message, in the format of the called API.
    Coded { status: u16, code: &'static str, text: &'static str },
    /// The response from the org, rewritten.
    Rewrite(Rewrite),
    /// Only this percentage of the response body is sent, and then the connection closes.
    Cut(usize),
    /// The connection closes without a response.
    Close,
    /// The connection is reset without a response.
    Reset,
    /// The connection is reset in the middle of the request.
    ResetUpload,
    /// No data is sent for this time, and then the connection closes.
    Stall(Duration),
    /// The response is sent in this number of pieces, with this pause before each.
    Drip(usize, Duration),
    /// The org's address refuses connections for this time. The call gets no response.
    Away(Duration),
    /// Another client changes the org before or after the call, by an admin call with this method, path and body.
    Meanwhile(&'static str, &'static str, &'static str),
    /// A redirect to the foreign server with this status.
    Redirect(u16),
    /// The call is held until `release` is called.
    Hold,
}

#[derive(Debug, Clone)]
pub struct Fault {
    pub calls: Calls,
    /// The matching call at which the fault starts, counted from 1.
    pub nth: usize,
    pub times: Times,
    pub when: When,
    pub action: Action,
}

impl Fault {
    #[must_use]
    pub fn once(call: &str, nth: usize, when: When, action: Action) -> Self {
        Self { calls: Calls::Named(call.to_owned()), nth, times: Times::Some(1), when, action }
    }
}

/// A response with a code and a message, in the format of the called API.
#[must_use]
pub fn coded(call: &str, status: u16, code: &str, text: &str) -> Response {
    let json = |status: u16, value: &serde_json::Value| {
        Response::new(status, "application/json;charset=UTF-8", value.to_string())
    };
    match call {
        "token" => {
            let status = if status == 500 { 400 } else { status };
            json(status, &serde_json::json!({ "error": code, "error_description": text }))
        }
        "versions"
        | "query"
        | "queryMore"
        | "toolingQuery"
        | "userinfo"
        | "oauthUsage"
        | "oauthCredentials"
        | "stagedCredentials"
        | "stageCredentials"
        | "rotateCredentials"
        | "deleteStagedCredentials" => {
            json(status, &serde_json::json!([{ "message": text, "errorCode": code }]))
        }
        _ => Response::new(
            500,
            "text/xml; charset=utf-8",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
                 xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
                 xmlns:sf=\"http://soap.sforce.com/2006/04/metadata\"><soapenv:Body><soapenv:Fault>\
                 <faultcode>sf:{code}</faultcode><faultstring>{code}: {text}</faultstring>\
                 </soapenv:Fault></soapenv:Body></soapenv:Envelope>"
            ),
        ),
    }
}
