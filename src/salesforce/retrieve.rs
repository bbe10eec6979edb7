//! Retrieves, lists, and the types of an org.
//!
//! The org hands out the zip of a retrieve once and deletes it. Each look asks for it, so that the look that finds the
//! retrieve done is the last call. What was handed out and did not arrive whole is retrieved anew.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Client;
use super::error::{Call, Error, ErrorKind};
use super::soap::{job_id, leaf, result};
use super::xml::Element;

/// The call that polls how a retrieve is, and brings the files once it is done.
const POLL: Call = Call::FetchRetrieve;
/// How often a retrieve is started over.
const ATTEMPTS: u32 = 3;
/// How long one retrieve may take.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Seconds before the first look at the first retrieve: no org is done at once, and each look is a call.
const FIRST_POLL: f64 = 0.5;
/// Seconds between two polls; the last is repeated. Each is a call, and an org counts those.
const POLL_WAITS: [f64; 5] = [0.5, 0.75, 1.5, 3.0, 5.0];
/// The first of them, when the retrieve should have been done at the first look.
const EARLY_WAITS: [f64; 2] = [0.1, 0.2];
/// A retrieve that is quicker is looked at right away, the next time.
const QUICK: f64 = 0.2;
/// How long a first look waits at most, however slow the last retrieve was.
const MAX_FIRST_POLL: f64 = 3.0;
/// The most queries that one listMetadata call takes (WSDL and guide).
const MAX_QUERIES: usize = 3;

/// What a retrieve gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retrieved {
    /// The zip: package.xml and the types' directories at its root.
    pub zip: Vec<u8>,
    /// What is in it.
    pub files: Vec<FileProperties>,
    /// What the org could not give. A missing component is a message, not an error; so is one that could not be read.
    pub messages: Vec<RetrieveMessage>,
}

/// A remark of the org about a retrieve.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RetrieveMessage {
    /// Usually `package.xml`.
    pub file_name: String,
    /// The org's words; perhaps in another language.
    pub problem: String,
}

/// What the org knows of a component (`FileProperties` of the WSDL).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileProperties {
    /// The metadata type.
    pub type_name: String,
    /// The full name.
    pub full_name: String,
    /// The file within the zip.
    pub file_name: String,
    /// The id; empty for what has none, such as package.xml.
    pub id: String,
    /// The namespace of the package that it came with.
    pub namespace: Option<String>,
    /// `unmanaged`, `installed` and others.
    pub manageable_state: Option<String>,
    /// Who made it, as an id.
    pub created_by_id: String,
    /// When; ISO 8601 as the org wrote it.
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
    /// Retrieves components: pairs of a type and its members, where `"*"` means all.
    ///
    /// # Errors
    /// [`ErrorKind::RetrieveFailed`] when the org refuses, [`ErrorKind::RetrieveUnfinished`] after five minutes,
    /// [`ErrorKind::Malformed`] when the files came damaged three times.
    pub async fn retrieve(&self, members: &[(String, Vec<String>)]) -> Result<Retrieved, Error> {
        let mut attempt = 1;
        loop {
            match self.retrieve_once(members).await {
                Err(error) if attempt < ATTEMPTS && starts_over(&error) => {
                    tracing::debug!(%error, attempt, "starting the retrieve over");
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
        let zip = STANDARD.decode(zip).map_err(|_| damaged("is not base64"))?;
        if !is_whole(&zip) {
            return Err(damaged("is cut off or no zip"));
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

    /// Looks until the retrieve has ended: its result, with the zip.
    async fn await_retrieve(&self, id: &str) -> Result<Element, Error> {
        let started = Instant::now();
        // Retrieves of one run are much alike.
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
                                // A guess that was long enough; the next is looked at at once, to know more.
                                None if polls == 1 => 0.0,
                                // It may have been done a little earlier.
                                Some(usual) if polls == 1 && usual > QUICK => usual * 0.97,
                                _ => taken,
                            });
                        }
                        self.check_retrieve(&result)?;
                        return Ok(result);
                    }
                }
                // Just started, and not seen by every server of the org yet.
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
        // "success" may be missing; a status of Failed or an error code may not be overlooked.
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

    /// Lists the components of some types, of which the org may have none.
    ///
    /// # Errors
    /// `INVALID_TYPE` when the org does not know one of the types.
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

/// Whether a new retrieve may give what this one did not: the files were lost on the way, or are gone in the org.
fn starts_over(error: &Error) -> bool {
    error.call == POLL
        && match &error.kind {
            ErrorKind::RetrieveFailed { .. } => error.is_transient(),
            ErrorKind::Malformed(_) => true,
            _ => matches!(error.code(), Some("INVALID_LOCATOR" | "INVALID_CROSS_REFERENCE_KEY")),
        }
}

/// Whether this begins and ends as a zip does. Its entries are checked by whoever opens it.
pub(super) fn is_whole(zip: &[u8]) -> bool {
    /// The end record without its comment, and the longest comment.
    const END: usize = 22;
    const COMMENT: usize = 65_535;
    let tail = zip.get(zip.len().saturating_sub(END + COMMENT)..).unwrap_or_default();
    let Some(end) = tail.windows(END).rev().find(|record| record.starts_with(b"PK\x05\x06")) else {
        return false;
    };
    zip.starts_with(b"PK\x03\x04") && end.len() == END
}
