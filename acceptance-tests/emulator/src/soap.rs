//! The SOAP Metadata API: envelope, session, dispatch. Envelopes are parsed as leniently as in an org, because real
//! clients send many variants; the files inside a package are parsed strictly (`check.rs`). The calls about jobs are in
//! `soap/jobs.rs`, lists in `soap/listing.rs`, CRUD calls in `crud.rs`.

mod jobs;
mod listing;

use roxmltree::{Document, Node};

use crate::apply::OLDEST_VERSION;
use crate::call_options;
use crate::component::NAMESPACE;
use crate::crud;
use crate::emulator::{Call, State};
use crate::fault::Fault;
use crate::http::{Request, Response};
use crate::org::User;
use crate::package;
pub use jobs::{cancel, start_deploy};

/// The method of a request, if it is a readable SOAP call.
pub fn method_of(request: &Request) -> Option<String> {
    let text = std::str::from_utf8(&request.body).ok()?;
    let document = Document::parse(text).ok()?;
    Some(body_of(&document)?.tag_name().name().to_string())
}

fn body_of<'a, 'input>(document: &'a Document<'input>) -> Option<Node<'a, 'input>> {
    child(child(document.root(), "Envelope")?, "Body")?.children().find(Node::is_element)
}

pub fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

pub fn children<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    name: &'a str,
) -> impl Iterator<Item = Node<'a, 'input>> + 'a {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

pub fn text_of(node: Node<'_, '_>, name: &str) -> Option<String> {
    child(node, name).and_then(|child| child.text()).map(|text| text.trim().to_string())
}

pub fn answer(state: &mut State, request: &Request, call: &mut Call) -> Response {
    match respond(state, request, call) {
        Ok((method, results)) => Response::xml(
            200,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
                 xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
                 xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"{NAMESPACE}\"><soapenv:Body>\
                 <{method}Response>{results}</{method}Response></soapenv:Body></soapenv:Envelope>"
            ),
        ),
        Err(fault) => fault.answer(),
    }
}

fn respond(state: &mut State, request: &Request, call: &mut Call) -> Result<(String, String), Fault> {
    if request.method != "POST" {
        return Err(Fault { status: 405, ..Fault::new("soapenv:Client", "SOAP calls are made by POST") });
    }
    let content_type = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
    if !content_type.starts_with("text/xml") {
        return Err(Fault {
            status: 415,
            ..Fault::new("soapenv:Client", format!("The content type must be text/xml, not '{content_type}'"))
        });
    }
    if request.header("soapaction").is_none() {
        return Err(Fault::new("soapenv:Client", "SOAPAction HTTP header missing"));
    }
    let text = std::str::from_utf8(&request.body)
        .map_err(|_| Fault::new("soapenv:Client", "The envelope is not valid UTF-8"))?;
    let document = Document::parse(text)
        .map_err(|error| Fault::new("soapenv:Client", format!("The envelope is not well-formed: {error}")))?;
    let method = body_of(&document)
        .ok_or_else(|| Fault::new("soapenv:Client", "No Body with an operation in the envelope"))?;
    let version = version_of(state, request)?;
    call.version = Some(version);
    let name = method.tag_name().name().to_string();
    if method.tag_name().namespace() != Some(NAMESPACE) {
        return Err(Fault::new(
            "soapenv:Client",
            format!("Element {name} is not in the namespace {NAMESPACE}"),
        ));
    }
    let header = child(document.root(), "Envelope").and_then(|envelope| child(envelope, "Header"));
    if let Some(options) = header.and_then(|header| child(header, "CallOptions"))
        && let Some(client) = call_options::client_in_element(options)?
    {
        call.note("client", serde_json::json!(client));
    }
    let session = header
        .and_then(|header| child(header, "SessionHeader"))
        .and_then(|header| text_of(header, "sessionId"))
        .unwrap_or_default();
    let user = user_of(state, &session, version)?;
    call.note("session", serde_json::json!(state.org.session_number(&session)));
    call.user = Some(user.username.clone());
    let results = match name.as_str() {
        "deploy" => jobs::deploy(state, method, &user, call)?,
        "checkDeployStatus" => jobs::check_deploy(state, method, version, call)?,
        "cancelDeploy" => jobs::cancel_deploy(state, method, &user, call)?,
        "retrieve" => jobs::retrieve(state, method, &user, version, call)?,
        "checkRetrieveStatus" => jobs::check_retrieve(state, method, call)?,
        "checkStatus" => jobs::check_status(state, method)?,
        "listMetadata" => listing::list(state, method, &user, version, call)?,
        "describeMetadata" => listing::describe(method, version)?,
        "readMetadata" | "createMetadata" | "updateMetadata" | "upsertMetadata" | "deleteMetadata" => {
            crud::answer(state, &document, method, &user, version, call)?
        }
        other => return Err(Fault::not_emulated(format!("the SOAP operation {other}"))),
    };
    Ok((name, results))
}

/// The API version in the path: `/services/Soap/m/66.0`, with any suffix.
fn version_of(state: &State, request: &Request) -> Result<u32, Fault> {
    let written = request.segments().get(3).map(|segment| (*segment).to_string()).unwrap_or_default();
    match package::parse_version(&written) {
        Some(version) if version > state.org.api_version || version < 31 => Err(unsupported(&written)),
        Some(version) if version < OLDEST_VERSION => {
            Err(Fault::not_emulated(format!("API version {written}")))
        }
        Some(version) => Ok(version),
        None => Err(unsupported(&written)),
    }
}

fn unsupported(version: &str) -> Fault {
    Fault::new(
        "UNSUPPORTED_API_VERSION",
        format!("The API version that was specified ({version}) is not supported"),
    )
}

/// The user of a session. The fault repeats the session ID, as real orgs have done, to test that clients do not log it.
fn user_of(state: &State, token: &str, version: u32) -> Result<User, Fault> {
    let Some(session) = state.org.session(token) else {
        return Err(Fault::new(
            "INVALID_SESSION_ID",
            format!(
                "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session \
                 key: {token} - This error usually occurs after a session expires or a user logs out."
            ),
        ));
    };
    if session.jwt && version < 68 {
        return Err(Fault::new("INVALID_SESSION_ID", "This session is not valid for use with the API"));
    }
    let user =
        state.org.user(&session.user).cloned().ok_or_else(|| Fault::new("INVALID_SESSION_ID", "No user"))?;
    may_use_metadata(&user)?;
    Ok(user)
}

pub fn may_use_metadata(user: &User) -> Result<(), Fault> {
    if !user.may("ApiEnabled") {
        return Err(Fault::new("API_CURRENTLY_DISABLED", "API is disabled for this User"));
    }
    if !user.may("ModifyMetadata") && !user.may("ModifyAllData") {
        return Err(Fault::new(
            "INSUFFICIENT_ACCESS",
            "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions",
        ));
    }
    Ok(())
}

fn boolean(node: Node<'_, '_>, name: &str, default: bool) -> Result<bool, Fault> {
    match text_of(node, name) {
        None => Ok(default),
        Some(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            "" => Ok(default),
            _ => Err(Fault::new(
                "soapenv:Client",
                format!("'{text}' is not a valid value for the type xsd:boolean"),
            )),
        },
    }
}
