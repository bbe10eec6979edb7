//! The properties of responses and keys (`properties`): Any bytes result in a value or an error, a truncated response
//! is an error, an HTML page is never accepted as a response, and no error contains a secret.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use url::Url;

use super::classify::{self, ResponseView};
use super::error::{Call, Error};
use super::http::Reply;
use super::{
    Client, DeployReport, FileProperties, Inner, Login, Settings, binary_key_form, check_private_key, pem,
    placeholder, public_key, rest, retrieve, sf_cli, sfdx_auth_url, soap, token,
};
use crate::properties::{Choices, broken};
use crate::secret::Secret;
use crate::xml::{self, Element};

/// The token of the session. No error contains the whole token. The input may contain parts of the token.
const CANARY: &str = "00D000000000001!AQcanary.0123456789.canary";

/// A client that never uses the network.
fn client() -> Option<&'static Client> {
    static CLIENT: OnceLock<Option<Client>> = OnceLock::new();
    let settings = || Settings {
        instance_url: Url::parse("http://127.0.0.1:1/").ok(),
        login_url: None,
        audience: None,
        login: Login::AccessToken { token: Secret::new(CANARY) },
        api_version: Some(62),
        newest_known: 68,
        oldest_known: 60,
        proxy: None,
        ca_certificate: None,
        expected_org_id: None,
        user_agent: "property/1".to_owned(),
    };
    let client = CLIENT.get_or_init(|| Client::new(settings()).ok());
    if client.is_none() {
        broken("no client");
    }
    client.as_ref()
}

fn reply(status: u16, content_type: &str, body: Vec<u8>) -> Reply {
    Reply {
        status,
        content_type: content_type.to_owned(),
        location: None,
        retry_after: None,
        date: None,
        body,
    }
}

fn is_clean(error: &Error) {
    for shown in [error.to_string(), format!("{error:?}")] {
        assert!(!shown.contains(CANARY), "{shown}");
        assert!(shown.len() < 20_000, "{} bytes", shown.len());
    }
}

/// A response body: any bytes, or a valid response, possibly damaged.
fn body(choices: &mut Choices<'_>, sound: impl Fn(&mut Choices<'_>) -> String) -> Vec<u8> {
    match choices.below(4) {
        0 => choices.rest().to_vec(),
        1 => {
            let sound = sound(choices);
            choices.mutated(sound.as_bytes())
        }
        _ => sound(choices).into_bytes(),
    }
}

const STATUSES: [u16; 12] = [200, 200, 200, 201, 301, 400, 401, 403, 404, 500, 503, 99];
const CONTENT_TYPES: [&str; 5] =
    ["text/xml", "application/json", "text/html; charset=UTF-8", "", "TEXT/HTML"];

// ---- SOAP ------------------------------------------------------------------------------------------------------

const METHOD: &str = "checkDeployStatus";

pub fn soap(data: &[u8]) {
    let Some(client) = client() else { return };
    let inner = &*client.inner;
    let mut choices = Choices::new(data);
    let status = choices.of(&STATUSES);
    let content_type = choices.of(&CONTENT_TYPES);
    let cut = choices.below(2048);
    let body = body(&mut choices, envelope);
    let read = |body: &[u8]| {
        inner.read_soap(Call::DeployStatus, METHOD, &reply(status, content_type, body.to_vec()))
    };
    let whole = read(&body);
    match &whole {
        Ok(response) => {
            assert!((200..300).contains(&status), "status {status} is an answer");
            assert!(!classify::is_html("", &body), "a page is an answer");
            use_of(client, response);
        }
        Err(error) => is_clean(error),
    }
    // A truncated response is an error, unless only insignificant text is missing.
    let prefix = body.get(..cut.min(body.len())).unwrap_or_default();
    match (read(prefix), &whole) {
        (Ok(part), Ok(whole)) => {
            let rest = body.get(prefix.len()..).unwrap_or_default();
            assert!(part == *whole && !rest.contains(&b'/'), "{} bytes of {}", prefix.len(), body.len());
        }
        (Ok(_), Err(_)) => assert!(prefix.trim_ascii_end().ends_with(b">"), "a part that does not end"),
        (Err(error), _) => is_clean(&error),
    }
    // Text in a request cannot end its element.
    let text = String::from_utf8_lossy(&body);
    if let Ok(element) = xml::parse_response(&format!("<r>{}<t/></r>", soap::leaf("x", &text))) {
        let names: Vec<&str> = element.children.iter().map(|child| child.name.as_str()).collect();
        assert_eq!(names, ["x", "t"], "{text:?}");
        assert!(element.children.iter().all(|child| child.children.is_empty()), "{text:?}");
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
        assert_eq!(lines(&element.string("x")), lines(text.trim()), "what was written is read");
    }
}

/// Passes a response to all functions that read one.
fn use_of(client: &Client, response: &Element) {
    if let Ok(result) = soap::result(Call::DeployStatus, response.clone()) {
        let report = DeployReport::read(&result, &client.inner.redactor);
        let _ = report.class();
        assert!(!format!("{report:?}").contains(CANARY), "{report:?}");
        for file in result.all("fileProperties") {
            let _ = FileProperties::read(file);
        }
        if let Err(error) = client.check_retrieve(&result) {
            is_clean(&error);
        }
        let zip = STANDARD.decode(result.string("zipFile")).unwrap_or_default();
        assert!(!retrieve::is_whole(&zip) || zip.starts_with(b"PK\x03\x04"), "a zip that is none");
    }
    if let Ok(id) = soap::job_id(Call::StartDeploy, response.clone()) {
        assert!(id.len() <= 18 && !id.contains('!'), "{id}");
    }
}

fn envelope(choices: &mut Choices<'_>) -> String {
    let words = [
        "",
        "true",
        "1",
        "Succeeded",
        "Failed",
        "4294967296",
        "&lt;b&gt;",
        "<![CDATA[x]]>",
        "UEsDBA==",
        CANARY,
    ];
    let names = [
        "id",
        "done",
        "success",
        "status",
        "errorMessage",
        "errorStatusCode",
        "zipFile",
        "details",
        "componentFailures",
        "problem",
        "problemType",
        "lineNumber",
        "numberComponentErrors",
        "fileProperties",
        "messages",
        "fullName",
    ];
    fn inside(
        choices: &mut Choices<'_>,
        words: &[&'static str],
        names: &[&'static str],
        depth: usize,
    ) -> String {
        let mut xml = String::new();
        for _ in 0..choices.below(6) {
            let name = choices.of(names);
            let text = match depth < 3 && choices.one_in(3) {
                true => inside(choices, words, names, depth + 1),
                false => choices.of(words).to_owned(),
            };
            xml.push_str(&format!("<{name}>{text}</{name}>"));
        }
        xml
    }
    let inside = inside(choices, &words, &names, 0);
    let content = match choices.below(4) {
        0 => format!(
            "<s:Fault><faultcode>sf:{}</faultcode><faultstring>{}: {inside}</faultstring></s:Fault>",
            choices.of(&["INVALID_SESSION_ID", "UNKNOWN_EXCEPTION", "Client", ""]),
            choices.of(&["INVALID_SESSION_ID", "Service unavailable", CANARY]),
        ),
        _ => format!("<{METHOD}Response><result>{inside}</result></{METHOD}Response>"),
    };
    let end = choices.of(&["", "\n", "<!-- end -->", " "]);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <s:Body>{content}</s:Body></s:Envelope>{end}"
    )
}

// ---- REST ------------------------------------------------------------------------------------------------------

pub fn rest(data: &[u8]) {
    let Some(client) = client() else { return };
    let inner = &*client.inner;
    let mut choices = Choices::new(data);
    let status = choices.of(&STATUSES);
    let content_type = choices.of(&CONTENT_TYPES);
    let cut = choices.below(2048);
    let body = body(&mut choices, json);
    let read = |body: &[u8]| inner.read_json(Call::Query, reply(status, content_type, body.to_vec()));
    match read(&body) {
        Ok(json) => {
            assert!((200..300).contains(&status) && !classify::is_html("", &body), "status {status}, {json}");
            let is_closed = json.is_object() || json.is_array();
            let prefix = body.get(..cut.min(body.len())).unwrap_or_default();
            let rest = body.get(prefix.len()..).unwrap_or_default();
            if is_closed && !rest.iter().all(u8::is_ascii_whitespace) {
                assert!(read(prefix).is_err(), "{} bytes of {}", prefix.len(), body.len());
            }
            uses_of(inner, &json);
        }
        Err(error) => is_clean(&error),
    }
    // Classification accepts any response, and its errors are redacted.
    let seen = ResponseView { status, content_type, location: None, body: &body };
    for kind in [classify::classify(seen, &inner.redactor), classify::classify_login(seen, &inner.redactor)] {
        let _ = kind.verdict();
        is_clean(&Error::new(Call::Login, kind));
    }
    let _ = (token::read_user_info(&body), sf_cli::answer_in(&body));
    // A new secret would be added to the redactor permanently.
    if !body.windows(6).any(|window| window == b"_token" || window == b"secret")
        && let Err(error) = inner.read_grant(&reply(status, content_type, body), None)
    {
        is_clean(&error);
    }
}

fn uses_of(inner: &Inner, json: &Json) {
    match rest::read_page(Call::Query, json.clone()) {
        Ok((_, Some(rest::QueryPage::Further(place)))) => {
            assert!(place.starts_with("/services/data/"), "{place:?} is elsewhere");
        }
        Ok(_) => {}
        Err(error) => is_clean(&error),
    }
    match rest::read_versions(Call::Versions, json) {
        Ok((oldest, newest)) => assert!(oldest <= newest && newest > 0, "{oldest} to {newest}"),
        Err(error) => is_clean(&error),
    }
    if !json.to_string().contains("secret")
        && let Err(error) = inner.read_staged(Call::StagedCredentials, json.clone())
    {
        is_clean(&error);
    }
}

fn json(choices: &mut Choices<'_>) -> String {
    let texts =
        ["62.0", "0.0", "INVALID_SESSION_ID", "/services/data/v62.0/query/01g", "//elsewhere", CANARY, ""];
    let names = [
        "records",
        "done",
        "nextRecordsUrl",
        "errorCode",
        "message",
        "version",
        "error",
        "error_description",
        "stagedCredentials",
        "id",
        "state",
        "createdBy",
        "result",
        "organization_id",
        "instance_url",
    ];
    fn value(
        choices: &mut Choices<'_>,
        texts: &[&'static str],
        names: &[&'static str],
        depth: usize,
    ) -> Json {
        match choices.below(if depth > 3 { 4 } else { 8 }) {
            0 => Json::Null,
            1 => Json::Bool(choices.one_in(2)),
            2 => Json::from(choices.byte()),
            3 => Json::from(choices.of(texts)),
            4 | 5 => (0..choices.below(3)).map(|_| value(choices, texts, names, depth + 1)).collect(),
            _ => {
                let members = (0..choices.below(5))
                    .map(|_| (choices.of(names).to_owned(), value(choices, texts, names, depth + 1)));
                Json::Object(members.collect())
            }
        }
    }
    value(choices, &texts, &names, 0).to_string()
}

// ---- Keys ------------------------------------------------------------------------------------------------------

/// A string in place of a key, a certificate or an auth URL results in a key, or in an error that does not quote it.
pub fn keys(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mark = "canary-0123456789";
    let parts = [
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----",
        "-----END CERTIFICATE-----",
        "-----BEGIN ",
        "-----",
        "\n",
        "\\n",
        "\\r",
        " ",
        "MIIB",
        "AAAA",
        "TUlJQg==",
        "force://",
        ":",
        "@",
        "acme.my.salesforce.com",
        "Proc-Type: 4,ENCRYPTED",
        "é",
        "{\"kty\"",
        mark,
    ];
    let text = match choices.below(3) {
        0 => String::from_utf8_lossy(choices.rest()).into_owned(),
        1 => STANDARD.encode(choices.rest()),
        _ => {
            let mut text = String::new();
            while !choices.is_over() {
                text.push_str(choices.of(&parts));
            }
            text
        }
    };
    let secret = Secret::new(text.as_str());
    if let Err(problem) = check_private_key(&secret) {
        for shown in [problem.to_string(), problem.advice().to_owned(), format!("{problem:?}")] {
            assert!(!shown.contains(mark), "{shown}");
        }
        assert!(public_key(&secret).is_none(), "a public half of no key");
    }
    match sfdx_auth_url(&text) {
        Ok(url) => assert_eq!(url.login_url.scheme(), "https", "{}", url.login_url),
        Err(problem) => {
            let shown = format!("{problem} {problem:?}");
            assert!(!shown.contains(mark), "{shown}");
        }
    }
    let _ = (placeholder(&text), binary_key_form(text.as_bytes()));
    let once = pem::bundle(&text);
    assert_eq!(pem::bundle(&once), once, "of {text:?}");
}
