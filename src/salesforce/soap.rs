//! Sends SOAP calls to the Metadata API.
//!
//! The elements of requests are in the order of the WSDL. The namespace is the default namespace of the header and of
//! the body. Responses are read by local name. A fault is an error, regardless of the HTTP status.

use std::time::Duration;

use super::error::{Call, Error, ErrorKind};
use super::http::{self, Reply, Request};
use super::{Inner, classify};
use crate::xml::{self, Element, XmlErrorKind};

const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";
/// The timeout of a deploy, which contains a zip.
const DEPLOY: Duration = Duration::from_secs(300);

impl Inner {
    /// Calls `method` and returns the response element. `arguments` is the XML inside the element of the method.
    pub(super) async fn soap(&self, call: Call, method: &str, arguments: &str) -> Result<Element, Error> {
        self.soap_with(call, method, |_| arguments.to_owned()).await
    }

    /// Like [`Self::soap`], but with arguments that depend on the API version.
    pub(super) async fn soap_with(
        &self,
        call: Call,
        method: &str,
        arguments: impl Fn(u16) -> String,
    ) -> Result<Element, Error> {
        let make = |session: &super::Session| {
            let header = session.soap_header()? + &call_options();
            let body = envelope(&header, method, &arguments(session.api_version));
            let url = session.url(&format!("/services/Soap/m/{}.0", session.api_version));
            let mut request = Request::post(url, "text/xml; charset=UTF-8", body.into_bytes());
            request.soap = true;
            request.timeout = if call == Call::StartDeploy { DEPLOY } else { http::TOTAL };
            Ok(request)
        };
        self.exchange(call, make, |reply| self.read_soap(call, method, &reply)).await
    }

    pub(super) fn read_soap(&self, call: Call, method: &str, reply: &Reply) -> Result<Element, Error> {
        if !reply.is_success() || classify::is_html(&reply.content_type, &reply.body) {
            return Err(self.rejected(call, reply));
        }
        let malformed = |what: String| Error::new(call, ErrorKind::Malformed(what));
        let mut envelope = parse(&reply.body).map_err(malformed)?;
        if envelope.name != "Envelope" {
            return Err(self.rejected(call, reply));
        }
        if let Some((code, text)) = classify::fault_in(&envelope) {
            let (code, text) = (self.redactor.clean(&code), self.redactor.clean(&text));
            return Err(Error::new(call, classify::fault(&code, &text)));
        }
        envelope
            .take("Body")
            .and_then(|mut body| body.take(&format!("{method}Response")))
            .ok_or_else(|| malformed(format!("no {method}Response in the response")))
    }
}

/// Parses a response. The error does not quote the response.
pub(super) fn parse(body: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(body).map_err(|_| "XML that is not UTF-8".to_owned())?;
    xml::parse_response(text).map_err(|error| match error.kind {
        XmlErrorKind::Unclosed => "truncated XML".to_owned(),
        _ => format!("invalid XML, {error}"),
    })
}

fn call_options() -> String {
    format!("<CallOptions>{}</CallOptions>", leaf("client", super::CLIENT))
}

fn envelope(header: &str, method: &str, arguments: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <soapenv:Header xmlns=\"{NAMESPACE}\">{header}</soapenv:Header>\
         <soapenv:Body xmlns=\"{NAMESPACE}\"><{method}>{arguments}</{method}></soapenv:Body>\
         </soapenv:Envelope>"
    )
}

pub(super) fn leaf(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", xml::escaped(text))
}

/// The `result` of a response with one result.
pub(super) fn result(call: Call, mut response: Element) -> Result<Element, Error> {
    let missing = || Error::new(call, ErrorKind::Malformed("a response without a result".to_owned()));
    response.take("result").ok_or_else(missing)
}

/// The `id` of a started deploy or retrieve. Messages contain the ID, so an invalid ID is rejected.
pub(super) fn job_id(call: Call, response: Element) -> Result<String, Error> {
    let missing = || Error::new(call, ErrorKind::Malformed("a response without an ID".to_owned()));
    let is_id = |id: &String| id.len() <= 18 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    result(call, response)?.optional("id").filter(is_id).ok_or_else(missing)
}
