//! Faults of deploys and retrieves: their results, their status, and the zip file.

use super::{AFTER, At, BOTH, CHANGES, CREATE, Expected, Row, WRITES};
use crate::fault::{Action, Times};
use crate::message::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{Read as _, Write as _};

use At::These;

const DEPLOY: &[&str] = &["deploy"];
const POLL: At = These(&["checkDeployStatus"]);
const ZIP: At = These(&["checkRetrieveStatus"]);
const EXCEPTION: &str = r#"{"deploy_result": {"status": "Failed", "errorStatusCode": "UNKNOWN_EXCEPTION", "errorMessage": "UNKNOWN_EXCEPTION: An unexpected error has occurred. 1991077152-83778 (1924580756)"}}"#;
const SETUP_LOCK: &str = r#"{"deploy_result": {"status": "Failed", "errorStatusCode": "ALREADY_IN_PROCESS", "errorMessage": "null: The changes you requested require salesforce.com to temporarily lock your organization's administration setup"}}"#;
const ROW_LOCK: &str = r#"{"component_problem": {"type": "ExternalClientApplication", "fullName": "Shop", "problem": "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record or 1 records: 0xI000000000001"}}"#;
const REJECTED: &str = r#"{"component_problem": {"type": "ExternalClientApplication", "fullName": "Shop", "problem": "Label: the org does not like it", "line": 4, "column": 9}}"#;

macro_rules! fault {
    ($code:expr, $text:expr) => {
        || Action::Coded { status: 500, code: $code, text: $text }
    };
}

pub const ROWS: &[Row] = &[
    // Results of deploys.
    Row::org("deploy_fails_with_an_exception_once", DEPLOY, EXCEPTION),
    Row::org("deploy_fails_with_an_exception_after_its_commit", DEPLOY, EXCEPTION)
        .when(AFTER)
        .expects(Expected::SucceedsWithRedeploy),
    Row::org("deploy_always_fails_with_an_exception", DEPLOY, EXCEPTION)
        .times(Times::All)
        .fails_with("1991077152"),
    Row::org("component_is_locked_twice", DEPLOY, ROW_LOCK).times(Times::Some(2)),
    Row::org("component_stays_locked", DEPLOY, ROW_LOCK)
        .steps(CREATE)
        .times(Times::All)
        .fails_with("exclusive access")
        .takes(600),
    Row::org("setup_is_locked_twice", DEPLOY, SETUP_LOCK).times(Times::Some(2)),
    Row::org("setup_stays_locked", DEPLOY, SETUP_LOCK)
        .steps(CREATE)
        .times(Times::All)
        .fails_with("lock")
        .takes(600),
    Row::org("deploy_is_canceled_by_another_user", DEPLOY, r#"{"deploy_result": {"status": "Canceled"}}"#)
        .fails_with("cancel"),
    Row::org("deploy_is_canceled_after_its_commit", DEPLOY, r#"{"deploy_result": {"status": "Canceled"}}"#)
        .when(AFTER)
        .expects(Expected::Either),
    Row::org("component_is_refused", DEPLOY, REJECTED).steps(WRITES).fails_with("the org does not like it"),
    Row::org(
        "deploy_fails_without_a_component",
        DEPLOY,
        r#"{"deploy_result": {"status": "Failed", "errorMessage": "the org has its reasons"}}"#,
    )
    .fails_with("the org has its reasons"),
    Row::org("deploy_fails_without_a_reason", DEPLOY, r#"{"deploy_result": {"status": "Failed"}}"#)
        .expects(Expected::Either),
    Row::org("partial_success", DEPLOY, r#"{"deploy_result": {"status": "SucceededPartial"}}"#)
        .when(BOTH)
        .expects(Expected::Either),
    // Status of deploys.
    Row::wire("status_has_an_unknown_value", POLL, || Action::Rewrite(|response| status(response, "Wat")))
        .when(AFTER),
    Row::wire("status_is_finalizing", POLL, || Action::Rewrite(|response| status(response, "Finalizing")))
        .when(AFTER),
    Row::wire("status_is_finalizing_deploy", POLL, || {
        Action::Rewrite(|response| status(response, "FinalizingDeploy"))
    })
    .when(AFTER),
    Row::wire("finalizing_failed", POLL, || Action::Rewrite(|response| ended(response, "FinalizingFailed")))
        .when(AFTER)
        .times(Times::All)
        .expects(Expected::Either),
    Row::wire("finalizing_deploy_failed", POLL, || {
        Action::Rewrite(|response| ended(response, "FinalizingDeployFailed"))
    })
    .when(AFTER)
    .times(Times::All)
    .expects(Expected::Either),
    Row::wire("done_has_an_unknown_value", POLL, || Action::Rewrite(|response| ended(response, "Wat")))
        .when(AFTER)
        .times(Times::All)
        .expects(Expected::Either),
    Row::wire(
        "deploy_is_denied_twice",
        POLL,
        fault!("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
    )
    .times(Times::Some(2)),
    Row::wire(
        "deploy_is_always_denied",
        POLL,
        fault!("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
    )
    .times(Times::All)
    .expects(Expected::Either)
    .takes(60),
    Row::wire("deploy_id_is_unknown", POLL, fault!("INVALID_ID_FIELD", "Invalid deploy ID"))
        .times(Times::All)
        .expects(Expected::Either),
    Row::wire("every_poll_fails", POLL, || Action::Reset)
        .steps(CREATE)
        .times(Times::All)
        .expects(Expected::Either)
        .takes(300),
    Row::wire("success_with_a_warning", POLL, || Action::Rewrite(with_warning)).when(AFTER).times(Times::All),
    Row::wire("duplicate_failures", POLL, || Action::Rewrite(duplicated))
        .when(AFTER)
        .times(Times::All)
        .expects(Expected::Either),
    // Concurrent changes.
    Row::wire("app_deleted_between_calls", These(DEPLOY), || {
        Action::Meanwhile("DELETE", "/components/ExternalClientApplication/Shop", "")
    })
    .steps(&[crate::fixture::Step::Destroy]),
    Row::wire("app_edited_between_calls", POLL, || {
        Action::Meanwhile(
            "PATCH",
            "/components/ExternalClientApplication/Shop",
            "{\"label\": \"by another user\"}",
        )
    })
    .steps(&[crate::fixture::Step::Update])
    .expects(Expected::Either),
    // Retrieves.
    Row::wire("retrieve_is_consumed", ZIP, || Action::Cut(90)).when(AFTER),
    Row::wire("locator_has_expired", ZIP, fault!("INVALID_LOCATOR", "Retrieve result has been deleted.")),
    Row::wire("envelope_truncated", ZIP, || Action::Rewrite(without_end)).when(AFTER),
    Row::wire("envelope_always_truncated", ZIP, || Action::Rewrite(without_end))
        .when(AFTER)
        .times(Times::All)
        .expects(Expected::Either),
    Row::wire("base64_is_broken", ZIP, || {
        Action::Rewrite(|response| {
            with_zip(response, |zip| {
                let mut text = STANDARD.encode(zip);
                text.replace_range(40..41, "*");
                text
            })
        })
    })
    .when(AFTER),
    Row::wire("zip_is_truncated", ZIP, || {
        Action::Rewrite(|response| {
            with_zip(response, |mut zip| {
                zip.truncate(zip.len() / 2);
                STANDARD.encode(zip)
            })
        })
    })
    .when(AFTER),
    Row::wire("zip_has_a_flipped_byte", ZIP, || Action::Rewrite(|response| with_zip(response, flipped)))
        .when(AFTER),
    Row::wire("zip_is_not_a_zip", ZIP, || {
        Action::Rewrite(|response| with_zip(response, |_| STANDARD.encode("no zip at all, and long enough")))
    })
    .when(AFTER),
    Row::wire("zip_always_truncated", ZIP, || {
        Action::Rewrite(|response| {
            with_zip(response, |mut zip| {
                zip.truncate(zip.len() / 2);
                STANDARD.encode(zip)
            })
        })
    })
    .when(AFTER)
    .times(Times::All)
    .expects(Expected::Either),
    Row::wire("zip_with_path_traversal", ZIP, || {
        Action::Rewrite(|response| with_zip(response, path_traversal))
    })
    .when(AFTER)
    .expects(Expected::Either),
    Row::wire("retrieve_fails", ZIP, || Action::Rewrite(failed_retrieve)).when(AFTER),
    // Encoding.
    Row::wire("byte_order_mark", These(super::READS), || {
        Action::Rewrite(|response| rewritten(response, |body| [b"\xef\xbb\xbf".as_slice(), &body].concat()))
    })
    .when(AFTER)
    .times(Times::All)
    .expects(Expected::Either),
    Row::wire("windows_line_endings", These(super::READS), || {
        Action::Rewrite(|response| {
            rewritten(response, |body| text(&body).replace("><", ">\r\n<").into_bytes())
        })
    })
    .when(AFTER)
    .times(Times::All),
    Row::wire("utf_16_response", These(super::READS), || {
        Action::Rewrite(|response| {
            rewritten(response, |body| {
                let units = std::iter::once(0xfeff).chain(text(&body).encode_utf16().collect::<Vec<_>>());
                units.flat_map(u16::to_le_bytes).collect()
            })
        })
    })
    .when(AFTER)
    .expects(Expected::Either),
    Row::wire("content_type_of_html", These(super::READS), || {
        Action::Rewrite(|response| Ok(response.with("content-type", "text/html")))
    })
    .when(AFTER)
    .times(Times::All)
    .steps(CHANGES),
    Row::wire("content_type_missing", These(super::READS), || {
        Action::Rewrite(|response| Ok(response.with("content-type", "application/octet-stream")))
    })
    .when(AFTER)
    .times(Times::All),
];

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

fn rewritten(mut response: Response, how: fn(Vec<u8>) -> Vec<u8>) -> Result<Response, Response> {
    if response.status != 200 {
        return Err(response);
    }
    response.body = how(response.body);
    Ok(response)
}

/// Replaces the text of the first element with this name.
fn between(
    mut response: Response,
    tag: &str,
    how: impl FnOnce(&str) -> Option<String>,
) -> Result<Response, Response> {
    let whole = text(&response.body);
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let Some((before, rest)) = whole.split_once(&open) else { return Err(response) };
    let Some((inside, after)) = rest.split_once(&close) else { return Err(response) };
    let Some(inside) = how(inside) else { return Err(response) };
    response.body = format!("{before}{open}{inside}{close}{after}").into_bytes();
    Ok(response)
}

/// Changes the status of a running deploy.
fn status(response: Response, word: &str) -> Result<Response, Response> {
    if !text(&response.body).contains("<done>false</done>") {
        return Err(response);
    }
    between(response, "status", |_| Some(word.to_owned()))
}

/// Changes a completed deploy into a failed one with this status.
fn ended(response: Response, word: &str) -> Result<Response, Response> {
    if !text(&response.body).contains("<done>true</done>") {
        return Err(response);
    }
    let response = between(response, "success", |_| Some("false".to_owned()))?;
    between(response, "status", |_| Some(word.to_owned()))
}

fn with_warning(response: Response) -> Result<Response, Response> {
    between(response, "componentSuccesses", |inside| {
        Some(format!("{inside}<problem>Something to think of</problem><problemType>Warning</problemType>"))
    })
}

fn duplicated(response: Response) -> Result<Response, Response> {
    let inside = text(&response.body);
    let Some((_, rest)) = inside.split_once("<componentSuccesses>") else { return Err(response) };
    let Some((one, _)) = rest.split_once("</componentSuccesses>") else { return Err(response) };
    let twice = format!("<componentSuccesses>{one}</componentSuccesses>").repeat(2);
    let body = inside.replacen(&format!("<componentSuccesses>{one}</componentSuccesses>"), &twice, 1);
    Ok(Response { body: body.into_bytes(), ..response })
}

fn without_end(mut response: Response) -> Result<Response, Response> {
    if !text(&response.body).contains("zipFile") {
        return Err(response);
    }
    let end = response.body.len().saturating_sub(20);
    response.body.truncate(end);
    Ok(response)
}

fn failed_retrieve(response: Response) -> Result<Response, Response> {
    let response = between(response, "zipFile", |_| Some(String::new()))?;
    let response = between(response, "success", |_| Some("false".to_owned()))?;
    between(response, "status", |_| {
        Some("Failed</status><errorStatusCode>UNKNOWN_EXCEPTION</errorStatusCode><errorMessage>UNKNOWN_EXCEPTION: An unexpected error has occurred</errorMessage><status>Failed".to_owned())
    })
}

fn with_zip(response: Response, how: impl FnOnce(Vec<u8>) -> String) -> Result<Response, Response> {
    between(response, "zipFile", |inside| {
        let packed: String = inside.split_whitespace().collect();
        let zip = STANDARD.decode(packed).ok().filter(|zip| zip.len() > 100)?;
        Some(how(zip))
    })
}

/// Flips one bit of the first file.
fn flipped(mut zip: Vec<u8>) -> String {
    let at = 30 + usize::from(zip[26]) + usize::from(zip[28]) + 8;
    zip[at] ^= 1;
    STANDARD.encode(zip)
}

/// The files of a zip archive.
fn files(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).expect("the org's zip");
    let count = archive.len();
    let read = |index| {
        let mut entry = archive.by_index(index).expect("an entry");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("an entry");
        (entry.name().expect("a name").into_owned(), bytes)
    };
    (0..count).map(read).collect()
}

fn packed(files: &[(String, Vec<u8>)]) -> String {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
        zip.write_all(bytes).expect("an entry");
    }
    STANDARD.encode(zip.finish().expect("a zip").into_inner())
}

fn path_traversal(zip: Vec<u8>) -> String {
    let mut files = files(&zip);
    files.push(("../../../tmp/leads-out".to_owned(), b"out".to_vec()));
    packed(&files)
}

/// Removes the components under test from the response to a retrieve, in the zip file and in the file properties. Adds
/// a warning if `message` is given.
pub fn without_ours(response: Response, message: Option<&str>) -> Result<Response, Response> {
    let is_ours = |text: &str| text.contains("Shop");
    let mut response = with_zip(response, |zip| {
        let mut files = files(&zip);
        files.retain(|(name, _)| !is_ours(name));
        packed(&files)
    })?;
    let whole = text(&response.body);
    let mut rest = whole.as_str();
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("<fileProperties>") {
        kept.push_str(before);
        let (inside, after) = after.split_once("</fileProperties>").unwrap_or((after, ""));
        if !is_ours(inside) {
            kept.push_str(&format!("<fileProperties>{inside}</fileProperties>"));
        }
        rest = after;
    }
    kept.push_str(rest);
    if let Some(message) = message {
        let element = format!(
            "<messages><fileName>unpackaged/package.xml</fileName><problem>{message}</problem></messages><status>"
        );
        kept = kept.replacen("<status>", &element, 1);
    }
    response.body = kept.into_bytes();
    Ok(response)
}
