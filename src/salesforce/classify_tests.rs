//! Tests the classification of Salesforce's responses.

use super::*;
use crate::salesforce::error::{Call, Error};

fn soap(code: &str, text: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:sf=\"http://soap.sforce.com/2006/04/metadata\"><soapenv:Body><soapenv:Fault><faultcode>sf:{code}</faultcode>\
         <faultstring>{code}: {text}</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
}

fn rest(code: &str, text: &str) -> String {
    format!(r#"[{{"message":"{text}","errorCode":"{code}"}}]"#)
}

fn judge(status: u16, content_type: &str, body: &str) -> ErrorKind {
    let seen = ResponseView { status, content_type, location: None, body: body.as_bytes() };
    classify(seen, &Redactor::default())
}

/// The class, whether the error is temporary, and whether a deploy can be sent again.
type Expected = (Class, bool, bool);

fn verdict(kind: ErrorKind) -> Expected {
    let error = Error::new(Call::StartDeploy, kind);
    (error.class, error.is_transient(), error.safe_to_resubmit())
}

const XML: &str = "text/xml; charset=utf-8";
const JSON: &str = "application/json;charset=UTF-8";
const HTML: &str = "text/html; charset=utf-8";
const MAINTENANCE: &str = "<html>\n<body>\n<center>We are down for maintenance.</span><br><br>\nSorry for the inconvenience. We'll be back shortly.";

#[test]
fn every_response_is_classified() {
    let session = "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session hash: canary=";
    let jetty = "<h1>Bad Message 400</h1><pre>reason: Bad Request</pre>";
    let edge = "<!DOCTYPE html><p>This error originated from Salesforce Edge</p>";
    let connection = "<html><title>Error Page</title>An unexpected connection error occurred</html>";
    #[rustfmt::skip]
    let rows: Vec<(&str, u16, &str, String, Expected)> = vec![
        ("expired soap", 500, XML,  soap("INVALID_SESSION_ID", session), (Class::Auth, false, true)),
        ("expired rest", 401, JSON, rest("INVALID_SESSION_ID", "Session expired or invalid"), (Class::Auth, false, true)),
        ("blocked session", 401, JSON, rest("INVALID_SESSION_ID", "This session is not valid for use with the REST API"), (Class::Auth, false, true)),
        ("JWT", 500, XML,  soap("INVALID_SESSION_ID", "This session is not valid for use with the API"), (Class::Auth, false, true)),
        ("daily limit rest", 403, JSON, rest("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), (Class::Limit, false, true)),
        ("daily limit soap", 500, XML,  soap("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), (Class::Limit, false, true)),
        ("concurrent limit", 403, JSON, rest("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."), (Class::Limit, true, true)),
        ("concurrent limit long", 403, JSON, rest("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."), (Class::Limit, true, true)),
        ("concurrent limit 429", 429, "",   String::new(), (Class::Limit, true, true)),
        ("maintenance page", 503, HTML, MAINTENANCE.into(), (Class::Transient, true, false)),
        ("maintenance code", 503, JSON, rest("SERVER_UNAVAILABLE", "try later"), (Class::Transient, true, true)),
        ("maintenance fault", 500, XML,  soap("SERVER_UNAVAILABLE", "try later"), (Class::Transient, true, true)),
        ("maintenance empty", 503, "",   String::new(), (Class::Transient, true, false)),
        ("420", 420, "",   String::new(), (Class::Transient, true, false)),
        ("gateway 502", 502, HTML, "<html>Bad gateway</html>".into(), (Class::Transient, true, false)),
        ("gateway 504", 504, "",   String::new(), (Class::Transient, true, false)),
        ("gateway edge", 503, HTML, edge.into(), (Class::Transient, true, false)),
        ("gateway jetty", 400, HTML, jetty.into(), (Class::Transient, true, true)),
        ("connection", 200, HTML, connection.into(), (Class::Transient, true, false)),
        ("login page", 200, HTML, "<html>Log in</html>".into(), (Class::Config, false, false)),
        ("internal servlet", 500, XML, soap("UNKNOWN_EXCEPTION", "Unexpected internal servlet state"), (Class::Transient, true, false)),
        ("internal locator", 400, JSON, rest("INVALID_QUERY_LOCATOR", "invalid query locator"), (Class::Transient, true, true)),
        ("internal words", 500, XML,  soap("SOMETHING_NEW", "System may be currently unavailable"), (Class::Transient, true, false)),
        ("ErrorId", 500, XML,  soap("UNKNOWN_EXCEPTION", "An unexpected error occurred. ErrorId: 1-2 (3)"), (Class::Transient, true, false)),
        ("lock", 500, XML,  soap("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"), (Class::Locked, true, true)),
        ("unknown ID", 500, XML,  soap("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"), (Class::NotFound, false, true)),
        ("bad ID soap", 500, XML,  soap("INVALID_ID_FIELD", "Invalid deploy id"), (Class::NotFound, false, true)),
        ("bad ID rest", 404, JSON, rest("NOT_FOUND", "The requested resource does not exist"), (Class::NotFound, false, true)),
        ("locator", 500, XML,  soap("INVALID_LOCATOR", "Retrieve result has been deleted."), (Class::NotFound, false, true)),
        ("read-only", 500, XML,  soap("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "read-only"), (Class::Locked, true, true)),
        ("read-only locked", 500, XML,  soap("ORG_LOCKED", "locked"), (Class::Locked, false, true)),
        ("version soap", 500, XML,  soap("UNSUPPORTED_API_VERSION", "The API version that was specified (99.0)"), (Class::Config, false, true)),
        ("version rest", 410, "",   String::new(), (Class::Config, false, true)),
        ("permission", 500, XML,  soap("INSUFFICIENT_ACCESS", "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions"), (Class::Permission, false, true)),
        ("size", 500, XML,  soap("EXCEEDED_MAX_SIZE_REQUEST", "Maximum size of request reached."), (Class::Fatal, false, true)),
        ("unknown", 500, XML,  soap("SOMETHING_NEW", "new"), (Class::Fatal, false, true)),
        ("500", 500, "",   String::new(), (Class::Transient, true, false)),
        ("half fault", 500, XML,  "<soapenv:Envelope><soapenv:Body><soapenv:Fault><faultcode>sf:X".into(), (Class::Transient, true, false)),
        ("403", 403, "",   String::new(), (Class::Permission, false, true)),
        ("200 text", 200, "text/plain", "hello".into(), (Class::Transient, true, false)),
        ("teapot", 418, "",   String::new(), (Class::Config, false, true)),
    ];
    for (name, status, content_type, body, expected) in rows {
        let kind = judge(status, content_type, &body);
        assert!(!format!("{kind} {kind:?}").contains("canary"), "{name}");
        assert!(!kind.to_string().contains('<'), "{name}: {kind}");
        assert_eq!(verdict(kind), expected, "{name}");
    }
}

#[test]
fn connection_errors_are_classified() {
    let text = String::new;
    let host = || "h".to_owned();
    for (kind, expected) in [
        (ErrorKind::Unreachable { host: host(), dns: true, text: text() }, (Class::Transient, true, true)),
        (ErrorKind::Interrupted { timed_out: true, text: text() }, (Class::Transient, true, false)),
        (ErrorKind::Untrusted { host: host(), text: text() }, (Class::Config, false, true)),
        (ErrorKind::Proxy { host: host(), temporary: false, text: text() }, (Class::Config, false, true)),
        (ErrorKind::Proxy { host: host(), temporary: true, text: text() }, (Class::Transient, true, true)),
        (ErrorKind::TooLarge { limit: 1 }, (Class::Fatal, false, false)),
        (ErrorKind::Malformed(text()), (Class::Transient, true, false)),
    ] {
        assert_eq!(verdict(kind.clone()), expected, "{kind:?}");
    }
}

#[test]
fn the_three_kinds_of_invalid_session_are_distinguished() {
    for (text, problem) in [
        ("Session expired or invalid", AuthProblem::SessionExpired),
        ("This session is not valid for use with the REST API", AuthProblem::SessionBlocked),
        ("Connected app is not attached to Agent", AuthProblem::SessionBlocked),
        ("This session is not valid for use with the API", AuthProblem::JwtToken),
    ] {
        let ErrorKind::Auth { problem: found, .. } = judge(401, JSON, &rest("INVALID_SESSION_ID", text))
        else {
            panic!("{text}");
        };
        assert_eq!(found, problem, "{text}");
    }
}

#[test]
fn every_error_of_the_token_endpoint_is_classified() {
    #[rustfmt::skip]
    let rows = [
        (400, "invalid_grant", "user hasn't approved this consumer", AuthProblem::NotApproved),
        (400, "invalid_app_access", "user is not admin approved to access this app", AuthProblem::AppAccess),
        (400, "invalid_grant", "audience is invalid", AuthProblem::Audience),
        (400, "invalid_grant", "Audience validation failed", AuthProblem::Audience),
        (400, "invalid_grant", "External client app is not installed in this org", AuthProblem::AppAbsent),
        (400, "invalid_client_id", "client identifier invalid", AuthProblem::UnknownClient),
        (400, "unknown_error", "retry your request", AuthProblem::ServerError),
        (400, "UNKNOWN_EXCEPTION", "An unexpected error has occurred.", AuthProblem::ServerError),
        (400, "invalid_grant", "expired authorization code", AuthProblem::Clock { skew_seconds: 0 }),
        (400, "invalid_grant", "login rate exceeded", AuthProblem::LoginRate),
        (400, "rate_limit_exceeded", "", AuthProblem::LoginRate),
        (400, "inactive_user", "user is inactive", AuthProblem::Restricted),
        (400, "inactive_org", "org is locked, closed, or suspended", AuthProblem::Restricted),
        (400, "invalid_grant", "ip restricted", AuthProblem::Restricted),
        (400, "invalid_grant", "inactive user", AuthProblem::Restricted),
        (500, "server_error", "", AuthProblem::ServerError),
        (400, "invalid_grant", "invalid assertion", AuthProblem::BadAssertion),
        (400, "invalid_client", "invalid client credentials", AuthProblem::BadClient),
        (400, "invalid_grant", "no client credentials user enabled", AuthProblem::NoRunAsUser),
        (400, "unsupported_grant_type", "grant type not supported", AuthProblem::FlowDisabled),
        (400, "invalid_request", "refresh_token scope is required", AuthProblem::MissingScope),
        (400, "invalid_grant", "authentication failure", AuthProblem::Rejected),
    ];
    for (status, error, description, problem) in rows {
        let body = format!(r#"{{"error":"{error}","error_description":"{description}"}}"#);
        let seen = ResponseView { status, content_type: JSON, location: None, body: body.as_bytes() };
        let ErrorKind::Auth { problem: found, message } = classify_login(seen, &Redactor::default()) else {
            panic!("{error}: {description}");
        };
        assert_eq!(found, problem, "{error}: {description}");
        assert!(message.unwrap().contains(description));
    }
}

#[test]
fn a_redirect_names_only_the_host() {
    let seen = ResponseView {
        status: 302,
        content_type: HTML,
        location: Some("https://evil.example/x?sid=canary"),
        body: b"<html>",
    };
    let kind = classify(seen, &Redactor::default());
    assert_eq!(kind, ErrorKind::Redirected { status: 302, to: "evil.example".into() });
}

#[test]
fn a_deploy_that_failed_as_a_whole_is_classified() {
    for (code, text, class) in [
        (
            Some("ALREADY_IN_PROCESS"),
            "null: The changes you requested require salesforce.com to temporarily lock your organization's administration setup",
            Class::Locked,
        ),
        (None, "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record", Class::Locked),
        (None, "admin operation already in progress", Class::Locked),
        (Some("UNKNOWN_EXCEPTION"), "ErrorId: 1", Class::Transient),
        (Some("INSUFFICIENT_ACCESS"), "no", Class::Permission),
        (Some("API_CURRENTLY_DISABLED"), "API is disabled for this User", Class::Permission),
        (Some("API_CURRENTLY_DISABLED"), "the API is away", Class::Transient),
        (None, "something else", Class::Fatal),
    ] {
        assert_eq!(deploy_class(code, Some(text)), class, "{text}");
    }
    assert_eq!(deploy_class(None, None), Class::Fatal);
}

#[test]
fn an_html_page_is_recognized_by_its_body_too() {
    for (content_type, body, html) in [
        (XML, "  <!DOCTYPE HTML><html>", true),
        ("", "<html>", true),
        (HTML, "anything", true),
        (HTML, "{\"error\":1}", false),
        (HTML, "<?xml version='1.0'?><a/>", false),
        (XML, "<soapenv:Envelope/>", false),
    ] {
        assert_eq!(is_html(content_type, body.as_bytes()), html, "{content_type} {body}");
    }
}

#[test]
fn arbitrary_bytes_are_classified() {
    for status in 100..=599 {
        for body in [
            &b""[..],
            b"[",
            b"[]",
            b"[{}]",
            b"{\"errorCode\":1}",
            b"<a",
            b"\xff\xfe\x00",
            b"\xef\xbb\xbf<html>",
        ] {
            for content_type in ["", XML, JSON, HTML] {
                let kind = classify(
                    ResponseView { status, content_type, location: None, body },
                    &Redactor::default(),
                );
                let error = Error::new(Call::StartDeploy, kind);
                assert!(!error.advice().is_empty());
                assert!(error.is_ambiguous() || error.safe_to_resubmit());
            }
        }
    }
}
