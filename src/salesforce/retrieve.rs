//! Retrieves files and lists components.
//!
//! The org returns the zip of a retrieve once and then deletes it. Each poll requests the zip, so that no call is
//! needed after the poll that finds the retrieve done. If the zip is lost or damaged, the components are retrieved
//! again.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Client;
use super::error::{Call, Error, ErrorKind};
use super::soap::{job_id, leaf, result};
use crate::xml::Element;

/// The call that polls a retrieve and returns the files.
const POLL: Call = Call::FetchRetrieve;
const ATTEMPTS: u32 = 3;
const TIMEOUT: Duration = Duration::from_secs(300);
/// The wait before the first poll of the first retrieve, in seconds. No retrieve ends immediately, and each poll is an
/// API call.
const FIRST_POLL: f64 = 0.5;
/// The waits between polls, in seconds. The last one is repeated. Each poll counts toward the org's API limit.
const POLL_WAITS: [f64; 5] = [0.5, 0.75, 1.5, 3.0, 5.0];
/// The first waits, in seconds, if the retrieve was expected to have ended by the first poll.
const EARLY_WAITS: [f64; 2] = [0.1, 0.2];
/// After a retrieve that took at most this many seconds, the next one is polled immediately.
const QUICK: f64 = 0.2;
/// The maximum wait before the first poll, in seconds.
const MAX_FIRST_POLL: f64 = 3.0;
/// The maximum number of queries in one listMetadata call (WSDL and guide).
const MAX_QUERIES: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retrieved {
    /// The zip, with package.xml and the folders of the types at its root.
    pub zip: Vec<u8>,
    pub files: Vec<FileProperties>,
    /// Messages about components that are missing or could not be read.
    pub messages: Vec<RetrieveMessage>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RetrieveMessage {
    /// Usually `package.xml`.
    pub file_name: String,
    /// The text of the message, possibly in a language other than English.
    pub problem: String,
}

/// The properties of a component's file (`FileProperties` of the WSDL).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileProperties {
    pub type_name: String,
    pub full_name: String,
    pub file_name: String,
    /// The ID of the component. Empty for files without one, such as package.xml.
    pub id: String,
    /// The namespace of the package that contains the component.
    pub namespace: Option<String>,
    /// `unmanaged`, `installed` and others.
    pub manageable_state: Option<String>,
    pub created_by_id: String,
    /// The date of creation in ISO 8601, as Salesforce returned it.
    pub created_date: String,
}

impl FileProperties {
    pub(super) fn read(element: &Element) -> Self {
        Self {
            type_name: element.string("type"),
            full_name: element.string("fullName"),
            file_name: element.string("fileName"),
            id: element.string("id"),
            namespace: element.optional("namespacePrefix"),
            manageable_state: element.optional("manageableState"),
            created_by_id: element.string("createdById"),
            created_date: element.string("createdDate"),
        }
    }
}

impl Client {
    /// Retrieves components, which are given as pairs of a type and its members. `"*"` stands for all members.
    ///
    /// # Errors
    /// [`ErrorKind::RetrieveFailed`] if the retrieve failed, [`ErrorKind::RetrieveUnfinished`] after five minutes, and
    /// [`ErrorKind::Malformed`] if the files were damaged three times.
    pub async fn retrieve(&self, members: &[(String, Vec<String>)]) -> Result<Retrieved, Error> {
        let mut attempt = 1;
        loop {
            match self.retrieve_once(members).await {
                Err(error) if attempt < ATTEMPTS && starts_over(&error) => {
                    tracing::debug!(%error, attempt, "retrieving again");
                    tokio::time::sleep(self.inner.time_scale.seconds(f64::from(attempt))).await;
                    attempt = attempt.saturating_add(1);
                }
                outcome => return outcome,
            }
        }
    }

    async fn retrieve_once(&self, members: &[(String, Vec<String>)]) -> Result<Retrieved, Error> {
        let inner = &self.inner;
        let response =
            inner.soap_with(Call::StartRetrieve, "retrieve", |version| request(members, version)).await?;
        let id = job_id(Call::StartRetrieve, response)?;
        let mut result = self.await_retrieve(&id).await?;
        let damaged =
            |what: &str| Error::new(POLL, ErrorKind::Malformed(format!("the retrieved zip {what}")));
        let zip = result.take("zipFile").map(|zip| zip.text).filter(|text| !text.trim().is_empty());
        let mut zip = zip.ok_or_else(|| damaged("is missing"))?;
        zip.retain(|c| !c.is_ascii_whitespace());
        let zip = STANDARD.decode(zip).map_err(|_| damaged("is not valid base64"))?;
        if !is_whole(&zip) {
            return Err(damaged("is truncated or invalid"));
        }
        let clean = |text: String| inner.redactor.clean(&text);
        Ok(Retrieved {
            zip,
            files: result.all("fileProperties").map(FileProperties::read).collect(),
            messages: result
                .all("messages")
                .map(|message| RetrieveMessage {
                    file_name: clean(message.string("fileName")),
                    problem: clean(message.string("problem")),
                })
                .collect(),
        })
    }

    /// Polls until the retrieve has ended, and returns its result with the zip.
    async fn await_retrieve(&self, id: &str) -> Result<Element, Error> {
        let started = Instant::now();
        // The retrieves of a run take a similar time.
        let last = self.inner.last_retrieve.lock().map_or(None, |last| *last);
        let usual = last.unwrap_or(FIRST_POLL);
        if usual > QUICK {
            tokio::time::sleep(self.inner.time_scale.seconds(usual.min(MAX_FIRST_POLL))).await;
        }
        let soon: &[f64] = if usual > QUICK { &EARLY_WAITS } else { &[] };
        let mut waits = soon.iter().chain(&POLL_WAITS).chain(std::iter::repeat(&5.0));
        let mut polls: u32 = 0;
        let mut unknown_id: u32 = 0;
        loop {
            polls = polls.saturating_add(1);
            match self.inner.soap(POLL, "checkRetrieveStatus", &status_request(id)).await {
                Ok(response) => {
                    let result = result(POLL, response)?;
                    if result.flag("done") {
                        if let Ok(mut known) = self.inner.last_retrieve.lock() {
                            let taken = started.elapsed().as_secs_f64();
                            *known = Some(match last {
                                // The default wait was long enough. The next retrieve is polled immediately, to measure
                                // its duration.
                                None if polls == 1 => 0.0,
                                // The retrieve may have ended slightly before the poll.
                                Some(usual) if polls == 1 && usual > QUICK => usual * 0.97,
                                _ => taken,
                            });
                        }
                        self.check_retrieve(&result)?;
                        return Ok(result);
                    }
                }
                // A new retrieve is not immediately known to every server of the org.
                Err(error) if error.code() == Some("INVALID_CROSS_REFERENCE_KEY") && unknown_id < 10 => {
                    unknown_id = unknown_id.saturating_add(1);
                }
                Err(error) => return Err(error),
            }
            if started.elapsed() > TIMEOUT {
                return Err(Error::new(POLL, ErrorKind::RetrieveUnfinished { seconds: TIMEOUT.as_secs() }));
            }
            if let Some(wait) = waits.next() {
                tokio::time::sleep(self.inner.time_scale.seconds(*wait)).await;
            }
        }
    }

    pub(super) fn check_retrieve(&self, result: &Element) -> Result<(), Error> {
        let status = result.text_of("status").unwrap_or_default();
        let code = result.optional("errorStatusCode");
        // `success` may be missing. The status `Failed` or an error code always means that the retrieve failed.
        if status != "Failed"
            && code.is_none()
            && (result.child("success").is_none() || result.flag("success"))
        {
            return Ok(());
        }
        let clean = |text: &str| self.inner.redactor.clean(text);
        let code = code.map(|code| clean(&code));
        let text = clean(result.text_of("errorMessage").unwrap_or(status));
        Err(Error::new(POLL, ErrorKind::RetrieveFailed { code, text }))
    }

    /// Lists the components of the given types.
    ///
    /// # Errors
    /// `INVALID_TYPE` if the org does not have one of the types.
    pub async fn list_metadata(&self, types: &[&str]) -> Result<Vec<FileProperties>, Error> {
        let mut found = Vec::new();
        for types in types.chunks(MAX_QUERIES) {
            let queries: String =
                types.iter().map(|name| format!("<queries>{}</queries>", leaf("type", name))).collect();
            let arguments = |version| format!("{queries}{}", leaf("asOfVersion", &format!("{version}.0")));
            let response = self.inner.soap_with(Call::ListMetadata, "listMetadata", arguments).await?;
            found.extend(response.all("result").map(FileProperties::read));
        }
        Ok(found)
    }
}

fn status_request(id: &str) -> String {
    format!("{}{}", leaf("asyncProcessId", id), leaf("includeZip", "true"))
}

fn request(members: &[(String, Vec<String>)], version: u16) -> String {
    let version = format!("{version}.0");
    let types: String = members
        .iter()
        .map(|(name, members)| {
            let members: String = members.iter().map(|member| leaf("members", member)).collect();
            format!("<types>{members}{}</types>", leaf("name", name))
        })
        .collect();
    format!(
        "<retrieveRequest>{}<singlePackage>true</singlePackage><unpackaged>{types}{}</unpackaged></retrieveRequest>",
        leaf("apiVersion", &version),
        leaf("version", &version)
    )
}

/// Whether another retrieve may succeed, because the error is temporary or the files were lost, damaged, or deleted in
/// the org.
fn starts_over(error: &Error) -> bool {
    error.call == POLL
        && match &error.kind {
            ErrorKind::RetrieveFailed { .. } => error.is_transient(),
            ErrorKind::Malformed(_) => true,
            _ => matches!(error.code(), Some("INVALID_LOCATOR" | "INVALID_CROSS_REFERENCE_KEY")),
        }
}

/// Whether the data starts and ends like a zip file. The entries are checked when the zip is read.
pub(super) fn is_whole(zip: &[u8]) -> bool {
    /// The length of the end record without its comment, and the maximum length of the comment.
    const END: usize = 22;
    const COMMENT: usize = 65_535;
    let tail = zip.get(zip.len().saturating_sub(END + COMMENT)..).unwrap_or_default();
    let Some(end) = tail.windows(END).rev().find(|record| record.starts_with(b"PK\x05\x06")) else {
        return false;
    };
    zip.starts_with(b"PK\x03\x04") && end.len() == END
}
