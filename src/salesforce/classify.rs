//! Classifies responses: the kind of error, whether it is temporary, and whether the request can be sent again. The
//! functions perform no I/O.
//!
//! [`classify`] first checks the status and the content type, because HTML pages are never parsed. It then looks for
//! the error array of the REST API or a SOAP fault. [`classify_login`] classifies OAuth errors, and [`deploy_class`]
//! the error of a whole deploy.

use std::time::{Duration, SystemTime};

use super::error::{AuthProblem, ErrorKind, Page};
use super::messages::{Meaning, means};
use super::redact::Redactor;
use super::soap;
use crate::xml::Element;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    Transient,
    /// A problem with the credentials, the session or the login.
    Auth,
    Limit,
    /// Other changes lock the org, or the org is read-only.
    Locked,
    /// The request may have taken effect.
    Ambiguous,
    /// The object does not exist, or no longer exists.
    NotFound,
    Config,
    Permission,
    Fatal,
}

/// The parts of a response that matter for its classification.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResponseView<'a> {
    pub status: u16,
    pub content_type: &'a str,
    pub location: Option<&'a str>,
    pub body: &'a [u8],
}

/// Classifies an unsuccessful response. Accepts any bytes.
pub(super) fn classify(seen: ResponseView<'_>, redactor: &Redactor) -> ErrorKind {
    let ResponseView { status, body, .. } = seen;
    if (300..400).contains(&status) {
        let to = seen.location.and_then(host_of).unwrap_or_else(|| "an unknown host".to_owned());
        return ErrorKind::Redirected { status, to: redactor.clean(&to) };
    }
    if is_html(seen.content_type, body) {
        return ErrorKind::Page { status, page: page(status, body) };
    }
    let coded = rest_error(body).or_else(|| soap_fault(body));
    if let Some((code, text)) = coded {
        return fault(&redactor.clean(&code), &redactor.clean(&text));
    }
    match status {
        401 => ErrorKind::Auth { problem: AuthProblem::SessionExpired, message: None },
        410 => fault("GONE", "this version of the API has been retired"),
        200..300 => ErrorKind::Malformed("neither a result nor an error".to_owned()),
        _ => ErrorKind::Status { status },
    }
}

/// Classifies a Salesforce error code. `text` must already be redacted.
pub(super) fn fault(code: &str, text: &str) -> ErrorKind {
    match code {
        "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" => {
            let problem = if text.contains("not valid for use with the REST API")
                || text.contains("Connected app is not attached to Agent")
            {
                AuthProblem::SessionBlocked
            } else if text.contains("not valid for use with the API") {
                AuthProblem::JwtToken
            } else {
                AuthProblem::SessionExpired
            };
            ErrorKind::Auth { problem, message: Some(text.to_owned()) }
        }
        "REQUEST_LIMIT_EXCEEDED" => {
            ErrorKind::Limit { concurrent: text.contains("Concurrent"), text: text.to_owned() }
        }
        "LOGIN_RATE_EXCEEDED" => auth(AuthProblem::LoginRate, text),
        "LOGIN_DURING_RESTRICTED_DOMAIN" | "LOGIN_DURING_RESTRICTED_TIME" | "PASSWORD_LOCKOUT" => {
            auth(AuthProblem::Restricted, text)
        }
        _ => ErrorKind::Fault { code: code.to_owned(), text: text.to_owned() },
    }
}

fn auth(problem: AuthProblem, text: &str) -> ErrorKind {
    ErrorKind::Auth { problem, message: Some(text.to_owned()) }
}

/// Classifies an error from the token endpoint.
pub(super) fn classify_login(seen: ResponseView<'_>, redactor: &Redactor) -> ErrorKind {
    let json = error_json(seen.body);
    let field = |name| json.as_ref().and_then(|json| json.get(name)).and_then(|value| value.as_str());
    let Some(error) = field("error") else {
        return classify(seen, redactor);
    };
    let description = field("error_description").unwrap_or_default();
    let problem = login_problem(error, &description.to_ascii_lowercase(), seen.status);
    ErrorKind::Auth { problem, message: Some(redactor.clean(&format!("{error}: {description}"))) }
}

fn login_problem(error: &str, description: &str, status: u16) -> AuthProblem {
    let contains = |words: &[&str]| words.iter().any(|word| description.contains(word));
    match error {
        "server_error" | "temporarily_unavailable" | "unknown_error" => AuthProblem::ServerError,
        // Codes from other APIs, which indicate a failure of the server, not of the login.
        "UNKNOWN_EXCEPTION" | "SERVER_UNAVAILABLE" => AuthProblem::ServerError,
        "LOGIN_RATE_EXCEEDED" | "rate_limit_exceeded" => AuthProblem::LoginRate,
        "inactive_user" | "inactive_org" => AuthProblem::Restricted,
        "OAUTH_EC_APP_NOT_FOUND" | "app_not_found" => AuthProblem::AppAbsent,
        // Another process uses the same refresh token at this moment.
        _ if contains(&["already being processed"]) => AuthProblem::ServerError,
        _ if contains(&["login rate"]) => AuthProblem::LoginRate,
        _ if contains(&["not installed in this org"]) => AuthProblem::AppAbsent,
        _ if contains(&["no client credentials user"]) => AuthProblem::NoRunAsUser,
        _ if contains(&["token handler validation", "subject_token", "subject token"]) => {
            AuthProblem::SubjectTokenRejected
        }
        "invalid_grant" | "invalid_request" if contains(&["handler"]) => AuthProblem::TokenHandler,
        "invalid_client_id" => AuthProblem::UnknownClient,
        _ if contains(&["client identifier invalid"]) => AuthProblem::UnknownClient,
        "invalid_client" | "invalid_client_credentials" => AuthProblem::BadClient,
        "invalid_app_access" => AuthProblem::AppAccess,
        "unsupported_grant_type" | "unauthorized_client" => AuthProblem::FlowDisabled,
        "invalid_scope" => AuthProblem::MissingScope,
        "invalid_request" if contains(&["refresh_token", "scope"]) => AuthProblem::MissingScope,
        "invalid_grant" if contains(&["hasn't approved", "not approved"]) => AuthProblem::NotApproved,
        "invalid_grant" if contains(&["admin approved", "not admin"]) => AuthProblem::AppAccess,
        "invalid_grant" if contains(&["audience"]) => AuthProblem::Audience,
        "invalid_grant" if contains(&["restricted", "inactive", "locked", "login hours"]) => {
            AuthProblem::Restricted
        }
        "invalid_grant" if contains(&["refresh token", "access/refresh"]) => AuthProblem::RefreshTokenEnded,
        "invalid_grant" if contains(&["expired"]) => AuthProblem::Clock { skew_seconds: 0 },
        "invalid_grant" if contains(&["assertion", "signature"]) => AuthProblem::BadAssertion,
        _ if status >= 500 => AuthProblem::ServerError,
        _ => AuthProblem::Rejected,
    }
}

/// Classifies a failed deploy by its error code and message.
pub(super) fn deploy_class(code: Option<&str>, text: Option<&str>) -> Class {
    let code = match (code, text) {
        (Some(code), _) => code,
        (None, Some(text)) => code_before_colon(text).map_or("", |(code, _)| code),
        (None, None) => "",
    };
    match fault(code, text.unwrap_or_default()).verdict().0 {
        Class::Fatal if text.is_some_and(|text| means(text, Meaning::Locked)) => Class::Locked,
        class => class,
    }
}

impl ErrorKind {
    /// The class of the error, and whether the request certainly had no effect.
    pub(super) fn verdict(&self) -> (Class, bool) {
        match self {
            Self::Settings(_) | Self::PrivateKey(_) => (Class::Config, true),
            Self::SubjectToken(_) | Self::SfCli(_) => (Class::Auth, true),
            Self::Unreachable { .. } | Self::Proxy { temporary: true, .. } => (Class::Transient, true),
            Self::Untrusted { .. } | Self::Proxy { .. } => (Class::Config, true),
            Self::Interrupted { .. } => (Class::Transient, false),
            Self::TooLarge { .. } => (Class::Fatal, false),
            Self::Redirected { .. } => (Class::Config, true),
            Self::Page { page: Page::BadMessage, .. } => (Class::Transient, true),
            Self::Page { page: Page::Other, status: 200..500 } => (Class::Config, false),
            Self::Page { .. } => (Class::Transient, false),
            Self::Status { status } => match status {
                429 => (Class::Limit, true),
                408 | 420 | 500..600 => (Class::Transient, false),
                404 => (Class::NotFound, true),
                403 => (Class::Permission, true),
                400 | 405..408 | 410 | 411..420 => (Class::Config, true),
                _ => (Class::Fatal, false),
            },
            Self::Fault { code, text } => judge_code(code, text),
            Self::Limit { .. } => (Class::Limit, true),
            Self::Auth { problem: AuthProblem::ServerError, .. } => (Class::Transient, true),
            Self::Auth { .. } => (Class::Auth, true),
            Self::OtherOrg { .. } | Self::OtherInstance { .. } | Self::OrgChanged { .. } => {
                (Class::Config, true)
            }
            Self::ApiVersionUnavailable { .. } | Self::ApiTooOld { .. } => (Class::Config, true),
            Self::Malformed(_) => (Class::Transient, false),
            Self::RetrieveFailed { code, text } => {
                (judge_code(code.as_deref().unwrap_or_default(), text).0, true)
            }
            Self::RetrieveUnfinished { .. } => (Class::Transient, true),
            Self::SecretWithheld => (Class::Permission, true),
        }
    }
}

/// The class of an error code, and whether the request certainly had no effect. A request with an error code was
/// rejected as a whole, except where noted.
fn judge_code(code: &str, text: &str) -> (Class, bool) {
    let class = match code {
        // The same code is used for an outage and for a user without "API Enabled", for whom a retry does not help.
        "API_CURRENTLY_DISABLED" if text.contains("for this User") => Class::Permission,
        "SERVER_UNAVAILABLE" | "API_CURRENTLY_DISABLED" | "INVALID_QUERY_LOCATOR" => Class::Transient,
        "UNABLE_TO_LOCK_ROW" | "ALREADY_IN_PROCESS" | "ORG_LOCKED" => Class::Locked,
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"
        | "ORG_IN_MAINTENANCE"
        | "FUNCTIONALITY_TEMPORARILY_UNAVAILABLE" => Class::Locked,
        // An internal error. The request may have had an effect.
        "UNKNOWN_EXCEPTION" | "QUERY_TIMEOUT" => return (Class::Transient, false),
        "INVALID_LOCATOR"
        | "INVALID_CROSS_REFERENCE_KEY"
        | "INVALID_ID_FIELD"
        | "MALFORMED_ID"
        | "NOT_FOUND"
        | "ENTITY_IS_DELETED" => Class::NotFound,
        "UNSUPPORTED_API_VERSION" | "GONE" | "INVALID_TYPE" | "INVALID_FIELD" | "MALFORMED_QUERY" => {
            Class::Config
        }
        "INSUFFICIENT_ACCESS"
        | "INSUFFICIENT_ACCESS_OR_READONLY"
        | "API_DISABLED_FOR_ORG"
        | "FUNCTIONALITY_NOT_ENABLED"
        | "FORBIDDEN" => Class::Permission,
        _ if means(text, Meaning::Temporary) => return (Class::Transient, false),
        _ => Class::Fatal,
    };
    (class, true)
}

/// Whether a response is an HTML page. Also checks the body, because gateways send wrong content types.
pub(super) fn is_html(content_type: &str, body: &[u8]) -> bool {
    let start = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let start = start.get(..start.len().min(512)).unwrap_or_default();
    let start = String::from_utf8_lossy(start).trim_start().to_ascii_lowercase();
    let looks = ["<!doctype html", "<html", "<head", "<body", "<h1"].iter().any(|tag| start.starts_with(tag));
    looks
        || (content_type.to_ascii_lowercase().starts_with("text/html")
            && !start.starts_with(['{', '['])
            && !start.starts_with("<?xml"))
}

fn page(status: u16, body: &[u8]) -> Page {
    let text = body.get(..body.len().min(16 * 1024)).unwrap_or_default();
    let text = String::from_utf8_lossy(text).to_ascii_lowercase();
    if text.contains("down for maintenance") {
        Page::Maintenance
    } else if text.contains("bad message 400") {
        Page::BadMessage
    } else if text.contains("unexpected connection error") {
        Page::Connection
    } else if text.contains("salesforce edge") || text.contains("cdn partner") || matches!(status, 502..=504)
    {
        Page::Gateway
    } else {
        Page::Other
    }
}

/// The JSON of an error. Only short bodies are parsed, because the parsed value needs many times as much memory as the
/// text.
fn error_json(body: &[u8]) -> Option<serde_json::Value> {
    const LIMIT: usize = 1024 * 1024;
    if body.len() > LIMIT { None } else { serde_json::from_slice(body).ok() }
}

/// Reads `[{"errorCode": …, "message": …}]`, or the object without the array.
fn rest_error(body: &[u8]) -> Option<(String, String)> {
    let start = body.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if !matches!(start, b'[' | b'{') {
        return None;
    }
    let json = error_json(body)?;
    let first = json.as_array().map_or(Some(&json), |errors| errors.first())?;
    let code = first.get("errorCode")?.as_str()?;
    let text = first.get("message").and_then(|message| message.as_str()).unwrap_or_default();
    Some((code.to_owned(), text.to_owned()))
}

fn soap_fault(body: &[u8]) -> Option<(String, String)> {
    let root = soap::parse(body).ok()?;
    if root.name == "Envelope" { fault_in(&root) } else { None }
}

/// The code and the text of the fault in a SOAP envelope. A code at the start of the text is removed from it.
pub(super) fn fault_in(envelope: &Element) -> Option<(String, String)> {
    let fault = envelope.child("Body")?.child("Fault")?;
    let code = fault.text_of("faultcode").unwrap_or_default();
    let code = code.rsplit(':').next().unwrap_or_default();
    let text = fault.text_of("faultstring").unwrap_or_default();
    Some(match code_before_colon(text) {
        // A generic SOAP code ("Client") is less specific than the code in the text.
        Some((better, text)) if better == code || !is_code(code) => (better.to_owned(), text.to_owned()),
        _ => (code.to_owned(), text.to_owned()),
    })
}

fn code_before_colon(text: &str) -> Option<(&str, &str)> {
    let (code, rest) = text.split_once(':')?;
    is_code(code).then_some((code, rest.trim()))
}

fn is_code(text: &str) -> bool {
    text.len() > 3 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn host_of(location: &str) -> Option<String> {
    url::Url::parse(location).ok()?.host_str().map(str::to_owned)
}

/// The wait in a `Retry-After` header, which contains seconds or a date. At most one hour.
pub(super) fn retry_after(header: &str) -> Option<Duration> {
    const MOST: Duration = Duration::from_secs(3600);
    let until = || httpdate::parse_http_date(header).ok()?.duration_since(SystemTime::now()).ok();
    let wait = header.trim().parse().ok().map(Duration::from_secs).or_else(until)?;
    Some(wait.min(MOST))
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
