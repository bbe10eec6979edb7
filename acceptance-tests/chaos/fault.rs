//! What may go wrong between the provider and the org: a planned fault is data, the proxy carries it out.
//!
//! Not here: which faults are played where, and what is expected, that is in `table`.

use crate::message::Answer;
use std::time::Duration;

/// Whether the org hears of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// It does not: the call has no effect.
    Before,
    /// It does, and its answer is lost or another one.
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

/// Which of the calls that are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// So many, beginning with the first that is meant.
    Some(usize),
    /// All from there on.
    All,
    /// Every second one.
    Odd,
    /// Each with this probability.
    Percent(usize),
}

/// The calls that are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Calls {
    /// Every one.
    Any,
    /// What counts against the limits of the API: a login does not.
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

/// What is made of the org's own answer. May look at it and say no: then the fault waits for the next one.
pub type Change = fn(Answer) -> Result<Answer, Answer>;

#[derive(Debug, Clone)]
pub enum Action {
    /// Another answer.
    Answer(Answer),
    /// The same as a code and a text, in the form that the called API has for it.
    Coded { status: u16, code: &'static str, text: &'static str },
    /// The org's own answer, changed.
    Change(Change),
    /// So many percent of the answer's body, then the end.
    Cut(usize),
    /// The connection ends without an answer.
    Close,
    /// The same, and not politely.
    Reset,
    /// The connection is reset in the middle of the request.
    ResetUpload,
    /// Silence, then the end.
    Stall(Duration),
    /// The answer in so many pieces, with so much time before each.
    Drip(usize, Duration),
    /// Nobody listens at the org's address for so long; the call gets no answer.
    Away(Duration),
    /// Somebody else does something in the org (method, path and body of an admin call), and the call goes on.
    Meanwhile(&'static str, &'static str, &'static str),
    /// A redirect to a stranger, with this status.
    Redirect(u16),
    /// Nothing until somebody decides.
    Hold,
}

#[derive(Debug, Clone)]
pub struct Fault {
    pub calls: Calls,
    /// The first call that is meant, counted from 1.
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

/// A code and a text as each API says them.
#[must_use]
pub fn coded(call: &str, status: u16, code: &str, text: &str) -> Answer {
    let json = |status: u16, value: &serde_json::Value| {
        Answer::new(status, "application/json;charset=UTF-8", value.to_string())
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
        _ => Answer::new(
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
