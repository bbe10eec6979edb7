//! What goes wrong with deploys and retrieves: how they end, what is said of them, and what the zip is like.

use super::{AFTER, At, BOTH, CHANGES, CREATE, Ends, Row, WRITES};
use crate::fault::{Action, Times};
use crate::message::Answer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{Read as _, Write as _};

use At::These;

const DEPLOY: &[&str] = &["deploy"];
const LOOK: At = These(&["checkDeployStatus"]);
const ZIP: At = These(&["checkRetrieveStatus"]);
const ACCIDENT: &str = r#"{"deploy_result": {"status": "Failed", "errorStatusCode": "UNKNOWN_EXCEPTION", "errorMessage": "UNKNOWN_EXCEPTION: An unexpected error has occurred. 1991077152-83778 (1924580756)"}}"#;
const SETUP_LOCK: &str = r#"{"deploy_result": {"status": "Failed", "errorStatusCode": "ALREADY_IN_PROCESS", "errorMessage": "null: The changes you requested require salesforce.com to temporarily lock your organization's administration setup"}}"#;
const ROW_LOCK: &str = r#"{"component_problem": {"type": "ExternalClientApplication", "fullName": "Shop", "problem": "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record or 1 records: 0xI000000000001"}}"#;
const REFUSED: &str = r#"{"component_problem": {"type": "ExternalClientApplication", "fullName": "Shop", "problem": "Label: the org does not like it", "line": 4, "column": 9}}"#;

macro_rules! says {
    ($code:expr, $text:expr) => {
        || Action::Coded { status: 500, code: $code, text: $text }
    };
}

pub const ROWS: &[Row] = &[
    // How a deploy ends.
    Row::org("deploy_has_an_accident", DEPLOY, ACCIDENT),
    Row::org("deploy_has_an_accident_after_its_commit", DEPLOY, ACCIDENT).when(AFTER).ends(Ends::WellAgain),
    Row::org("deploy_always_has_an_accident", DEPLOY, ACCIDENT).times(Times::All).says("1991077152"),
    Row::org("component_is_locked_twice", DEPLOY, ROW_LOCK).times(Times::Some(2)),
    Row::org("component_is_locked_for_ever", DEPLOY, ROW_LOCK)
        .steps(CREATE)
        .times(Times::All)
        .says("exclusive access")
        .takes(600),
    Row::org("setup_is_locked_twice", DEPLOY, SETUP_LOCK).times(Times::Some(2)),
    Row::org("setup_is_locked_for_ever", DEPLOY, SETUP_LOCK)
        .steps(CREATE)
        .times(Times::All)
        .says("lock")
        .takes(600),
    Row::org("deploy_is_cancelled_by_somebody", DEPLOY, r#"{"deploy_result": {"status": "Canceled"}}"#)
        .says("cancel"),
    Row::org("deploy_is_cancelled_and_was_committed", DEPLOY, r#"{"deploy_result": {"status": "Canceled"}}"#)
        .when(AFTER)
        .ends(Ends::Somehow),
    Row::org("component_is_refused", DEPLOY, REFUSED).steps(WRITES).says("the org does not like it"),
    Row::org(
        "deploy_fails_without_a_component",
        DEPLOY,
        r#"{"deploy_result": {"status": "Failed", "errorMessage": "the org has its reasons"}}"#,
    )
    .says("the org has its reasons"),
    Row::org("deploy_fails_without_a_reason", DEPLOY, r#"{"deploy_result": {"status": "Failed"}}"#)
        .ends(Ends::Somehow),
    Row::org("partial_success", DEPLOY, r#"{"deploy_result": {"status": "SucceededPartial"}}"#)
        .when(BOTH)
        .ends(Ends::Somehow),
    // What is said of it.
    Row::wire("status_has_another_word", LOOK, || Action::Change(|answer| status(answer, "Wat"))).when(AFTER),
    Row::wire("status_is_finalizing", LOOK, || Action::Change(|answer| status(answer, "Finalizing")))
        .when(AFTER),
    Row::wire("status_is_finalizing_deploy", LOOK, || {
        Action::Change(|answer| status(answer, "FinalizingDeploy"))
    })
    .when(AFTER),
    Row::wire("finalizing_failed", LOOK, || Action::Change(|answer| ended(answer, "FinalizingFailed")))
        .when(AFTER)
        .times(Times::All)
        .ends(Ends::Somehow),
    Row::wire("finalizing_deploy_failed", LOOK, || {
        Action::Change(|answer| ended(answer, "FinalizingDeployFailed"))
    })
    .when(AFTER)
    .times(Times::All)
    .ends(Ends::Somehow),
    Row::wire("done_has_another_word", LOOK, || Action::Change(|answer| ended(answer, "Wat")))
        .when(AFTER)
        .times(Times::All)
        .ends(Ends::Somehow),
    Row::wire(
        "deploy_is_denied_twice",
        LOOK,
        says!("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
    )
    .times(Times::Some(2)),
    Row::wire(
        "deploy_is_denied_for_ever",
        LOOK,
        says!("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
    )
    .times(Times::All)
    .ends(Ends::Somehow)
    .takes(60),
    Row::wire("deploy_id_is_unknown", LOOK, says!("INVALID_ID_FIELD", "Invalid deploy ID"))
        .times(Times::All)
        .ends(Ends::Somehow),
    Row::wire("no_look_succeeds", LOOK, || Action::Reset)
        .steps(CREATE)
        .times(Times::All)
        .ends(Ends::Somehow)
        .takes(300),
    Row::wire("success_with_a_warning", LOOK, || Action::Change(warned)).when(AFTER).times(Times::All),
    Row::wire("failures_twice", LOOK, || Action::Change(doubled))
        .when(AFTER)
        .times(Times::All)
        .ends(Ends::Somehow),
    // Somebody else at the same time.
    Row::wire("deleted_in_between", These(DEPLOY), || {
        Action::Meanwhile("DELETE", "/components/ExternalClientApplication/Shop", "")
    })
    .steps(&[crate::stage::Step::Destroy]),
    Row::wire("edited_in_between", LOOK, || {
        Action::Meanwhile(
            "PATCH",
            "/components/ExternalClientApplication/Shop",
            "{\"label\": \"by somebody\"}",
        )
    })
    .steps(&[crate::stage::Step::Update])
    .ends(Ends::Somehow),
    // Retrieves.
    Row::wire("retrieve_is_consumed", ZIP, || Action::Cut(90)).when(AFTER),
    Row::wire("locator_is_gone", ZIP, says!("INVALID_LOCATOR", "Retrieve result has been deleted.")),
    Row::wire("envelope_without_an_end", ZIP, || Action::Change(without_end)).when(AFTER),
    Row::wire("envelope_never_with_an_end", ZIP, || Action::Change(without_end))
        .when(AFTER)
        .times(Times::All)
        .ends(Ends::Somehow),
    Row::wire("base64_is_broken", ZIP, || {
        Action::Change(|answer| {
            with_zip(answer, |zip| {
                let mut text = STANDARD.encode(zip);
                text.replace_range(40..41, "*");
                text
            })
        })
    })
    .when(AFTER),
    Row::wire("zip_is_truncated", ZIP, || {
        Action::Change(|answer| {
            with_zip(answer, |mut zip| {
                zip.truncate(zip.len() / 2);
                STANDARD.encode(zip)
            })
        })
    })
    .when(AFTER),
    Row::wire("zip_has_a_flipped_byte", ZIP, || Action::Change(|answer| with_zip(answer, flipped)))
        .when(AFTER),
    Row::wire("zip_is_none", ZIP, || {
        Action::Change(|answer| with_zip(answer, |_| STANDARD.encode("no zip at all, and long enough")))
    })
    .when(AFTER),
    Row::wire("zip_always_truncated", ZIP, || {
        Action::Change(|answer| {
            with_zip(answer, |mut zip| {
                zip.truncate(zip.len() / 2);
                STANDARD.encode(zip)
            })
        })
    })
    .when(AFTER)
    .times(Times::All)
    .ends(Ends::Somehow),
    Row::wire("zip_with_a_path_that_leads_out", ZIP, || {
        Action::Change(|answer| with_zip(answer, leading_out))
    })
    .when(AFTER)
    .ends(Ends::Somehow),
    Row::wire("retrieve_fails", ZIP, || Action::Change(failed_retrieve)).when(AFTER),
    // How it is written.
    Row::wire("byte_order_mark", These(super::READS), || {
        Action::Change(|answer| rewritten(answer, |body| [b"\xef\xbb\xbf".as_slice(), &body].concat()))
    })
    .when(AFTER)
    .times(Times::All)
    .ends(Ends::Somehow),
    Row::wire("lines_end_as_on_windows", These(super::READS), || {
        Action::Change(|answer| rewritten(answer, |body| text(&body).replace("><", ">\r\n<").into_bytes()))
    })
    .when(AFTER)
    .times(Times::All),
    Row::wire("utf_16", These(super::READS), || {
        Action::Change(|answer| {
            rewritten(answer, |body| {
                let units = std::iter::once(0xfeff).chain(text(&body).encode_utf16().collect::<Vec<_>>());
                units.flat_map(u16::to_le_bytes).collect()
            })
        })
    })
    .when(AFTER)
    .ends(Ends::Somehow),
    Row::wire("content_type_of_a_page", These(super::READS), || {
        Action::Change(|answer| Ok(answer.with("content-type", "text/html")))
    })
    .when(AFTER)
    .times(Times::All)
    .steps(CHANGES),
    Row::wire("content_type_of_nothing", These(super::READS), || {
        Action::Change(|answer| Ok(answer.with("content-type", "application/octet-stream")))
    })
    .when(AFTER)
    .times(Times::All),
];

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

fn rewritten(mut answer: Answer, how: fn(Vec<u8>) -> Vec<u8>) -> Result<Answer, Answer> {
    if answer.status != 200 {
        return Err(answer);
    }
    answer.body = how(answer.body);
    Ok(answer)
}

/// What stands between two tags, replaced.
fn between(
    mut answer: Answer,
    tag: &str,
    how: impl FnOnce(&str) -> Option<String>,
) -> Result<Answer, Answer> {
    let whole = text(&answer.body);
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let Some((before, rest)) = whole.split_once(&open) else { return Err(answer) };
    let Some((inside, after)) = rest.split_once(&close) else { return Err(answer) };
    let Some(inside) = how(inside) else { return Err(answer) };
    answer.body = format!("{before}{open}{inside}{close}{after}").into_bytes();
    Ok(answer)
}

/// Says it of a deploy that has not ended.
fn status(answer: Answer, word: &str) -> Result<Answer, Answer> {
    if !text(&answer.body).contains("<done>false</done>") {
        return Err(answer);
    }
    between(answer, "status", |_| Some(word.to_owned()))
}

/// Says it of a deploy that has ended.
fn ended(answer: Answer, word: &str) -> Result<Answer, Answer> {
    if !text(&answer.body).contains("<done>true</done>") {
        return Err(answer);
    }
    let answer = between(answer, "success", |_| Some("false".to_owned()))?;
    between(answer, "status", |_| Some(word.to_owned()))
}

fn warned(answer: Answer) -> Result<Answer, Answer> {
    between(answer, "componentSuccesses", |inside| {
        Some(format!("{inside}<problem>Something to think of</problem><problemType>Warning</problemType>"))
    })
}

fn doubled(answer: Answer) -> Result<Answer, Answer> {
    let inside = text(&answer.body);
    let Some((_, rest)) = inside.split_once("<componentSuccesses>") else { return Err(answer) };
    let Some((one, _)) = rest.split_once("</componentSuccesses>") else { return Err(answer) };
    let twice = format!("<componentSuccesses>{one}</componentSuccesses>").repeat(2);
    let body = inside.replacen(&format!("<componentSuccesses>{one}</componentSuccesses>"), &twice, 1);
    Ok(Answer { body: body.into_bytes(), ..answer })
}

fn without_end(mut answer: Answer) -> Result<Answer, Answer> {
    if !text(&answer.body).contains("zipFile") {
        return Err(answer);
    }
    let end = answer.body.len().saturating_sub(20);
    answer.body.truncate(end);
    Ok(answer)
}

fn failed_retrieve(answer: Answer) -> Result<Answer, Answer> {
    let answer = between(answer, "zipFile", |_| Some(String::new()))?;
    let answer = between(answer, "success", |_| Some("false".to_owned()))?;
    between(answer, "status", |_| {
        Some("Failed</status><errorStatusCode>UNKNOWN_EXCEPTION</errorStatusCode><errorMessage>UNKNOWN_EXCEPTION: An unexpected error has occurred</errorMessage><status>Failed".to_owned())
    })
}

fn with_zip(answer: Answer, how: impl FnOnce(Vec<u8>) -> String) -> Result<Answer, Answer> {
    between(answer, "zipFile", |inside| {
        let packed: String = inside.split_whitespace().collect();
        let zip = STANDARD.decode(packed).ok().filter(|zip| zip.len() > 100)?;
        Some(how(zip))
    })
}

/// One bit of the first file.
fn flipped(mut zip: Vec<u8>) -> String {
    let at = 30 + usize::from(zip[26]) + usize::from(zip[28]) + 8;
    zip[at] ^= 1;
    STANDARD.encode(zip)
}

/// The files of a zip, as they are.
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

fn leading_out(zip: Vec<u8>) -> String {
    let mut files = files(&zip);
    files.push(("../../../tmp/leads-out".to_owned(), b"out".to_vec()));
    packed(&files)
}

/// The answer of a retrieve that does not have what is ours, in the zip nor among the properties.
pub fn without_ours(answer: Answer, message: Option<&str>) -> Result<Answer, Answer> {
    let is_ours = |text: &str| text.contains("Shop");
    let mut answer = with_zip(answer, |zip| {
        let mut files = files(&zip);
        files.retain(|(name, _)| !is_ours(name));
        packed(&files)
    })?;
    let whole = text(&answer.body);
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
        let told = format!(
            "<messages><fileName>unpackaged/package.xml</fileName><problem>{message}</problem></messages><status>"
        );
        kept = kept.replacen("<status>", &told, 1);
    }
    answer.body = kept.into_bytes();
    Ok(answer)
}
