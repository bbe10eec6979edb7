//! Error responses in the formats of the APIs.

use crate::component::escape;
use crate::http::Response;

/// A SOAP fault, with the code `sf:CODE` and the string `CODE: text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub status: u16,
    pub code: String,
    pub text: String,
}

impl Fault {
    pub fn new(code: &str, text: impl Into<String>) -> Fault {
        Fault { status: 500, code: code.to_string(), text: text.into() }
    }

    /// The fault for behavior without evidence.
    pub fn not_emulated(what: impl std::fmt::Display) -> Fault {
        Fault { status: 501, code: "NOT_EMULATED".to_string(), text: format!("not emulated: {what}") }
    }

    pub fn answer(&self) -> Response {
        let code = if self.code.contains(':') { self.code.clone() } else { format!("sf:{}", self.code) };
        let name = code.rsplit(':').next().unwrap_or_default().to_string();
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
             xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:sf=\"http://soap.sforce.com/2006/04/metadata\"><soapenv:Body><soapenv:Fault>\
             <faultcode>{}</faultcode><faultstring>{}: {}</faultstring></soapenv:Fault></soapenv:Body>\
             </soapenv:Envelope>",
            escape(&code),
            escape(&name),
            escape(&self.text)
        );
        Response::xml(self.status, body)
    }

    /// The fault in the format of REST.
    pub fn rest_answer(&self) -> Response {
        rest(if self.status == 500 { 400 } else { self.status }, &self.code, &self.text)
    }
}

pub fn rest(status: u16, code: &str, text: &str) -> Response {
    Response::json(status, &serde_json::json!([{ "message": text, "errorCode": code }]))
}

pub fn oauth(status: u16, error: &str, description: &str) -> Response {
    Response::json(status, &serde_json::json!({ "error": error, "error_description": description }))
        .header("cache-control", "no-store")
}
