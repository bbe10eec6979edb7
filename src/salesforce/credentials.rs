//! Reads and rotates the keys and secrets of an app's consumers, with the Connect REST API below
//! `/apps/oauth/credentials`.
//!
//! Besides its key and secret, a consumer can have *staged* credentials. The API lists the previous credentials among
//! the staged ones, in the state `Rotated`. If the response to a change is lost, the caller determines the outcome.
//! Only [`Client::consumer_secret`] returns a secret.

use std::fmt;

use serde_json::Value;

use super::error::{Call, Error, ErrorKind, SettingsProblem};
use super::http::{Method, Request};
use super::{Class, Client, Inner, Session};
use crate::record_id::has_form;
use crate::secret::Secret;

const MAX_PAGES: usize = 20;

/// A consumer of an app, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// The ID of the consumer, which starts with `888`.
    pub id: String,
    /// The consumer key, which OAuth calls client ID.
    pub key: String,
}

/// Staged or previous credentials of a consumer, without the secret. Available in API version 65.0 and later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    pub id: String,
    /// Salesforce does not return the key to every user.
    pub key: Option<String>,
    pub state: StagedState,
    /// The creator. The documentation does not specify whether this is an ID or a name.
    pub created_by: Option<String>,
    /// The date of creation in ISO 8601, as Salesforce returned it.
    pub created_date: Option<String>,
    pub expiration_date: Option<String>,
}

/// The state of staged credentials, in the terms of the Connect REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StagedState {
    /// Staged credentials, which a rotation can make the current ones.
    Active,
    /// The previous credentials, which remain valid until they expire.
    Rotated,
    Expired,
    Other(String),
}

impl StagedState {
    fn read(word: &str) -> StagedState {
        match word.to_ascii_lowercase().as_str() {
            "active" => StagedState::Active,
            "rotated" => StagedState::Rotated,
            "expired" => StagedState::Expired,
            _ => StagedState::Other(word.to_owned()),
        }
    }
}

impl fmt::Display for StagedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StagedState::Active => "Active",
            StagedState::Rotated => "Rotated",
            StagedState::Expired => "Expired",
            StagedState::Other(word) => word,
        })
    }
}

impl Client {
    /// The consumers of an app with their keys, by the app's ID (`0xI…`). Secrets are not requested.
    ///
    /// # Errors
    /// [`Class::NotFound`] if the app does not exist. [`Class::Permission`] if the user is not allowed to read keys.
    pub async fn consumer_credentials(&self, application_id: &str) -> Result<Vec<Consumer>, Error> {
        let call = Call::ConsumerCredentials;
        let path = format!("/apps/oauth/credentials/{}", id(call, "the app's ID", application_id)?);
        let malformed = || Error::new(call, ErrorKind::Malformed("no consumers in the response".to_owned()));
        let mut page = self.inner.get_json(call, |session| session.rest_url(&path)).await?;
        let mut found = Vec::new();
        for _ in 0..MAX_PAGES {
            let consumers = page.get("consumers").and_then(Value::as_array).ok_or_else(malformed)?;
            found.extend(consumers.iter().filter_map(|consumer| {
                Some(Consumer { id: text(consumer, "id")?, key: text(consumer, "key")? })
            }));
            let Some(next) = text(&page, "nextPageUrl") else { break };
            if !next.starts_with("/services/data/") {
                return Err(Error::new(
                    call,
                    ErrorKind::Malformed("a next page with an unexpected path".to_owned()),
                ));
            }
            page = self.inner.get_json(call, |session| session.url_of_page(&next)).await?;
        }
        Ok(found)
    }

    /// The key and the secret of a consumer. Call this function only when the secret is needed.
    ///
    /// # Errors
    /// [`ErrorKind::SecretWithheld`] if the response does not contain the secret, because the org's setting or a
    /// permission is missing.
    pub async fn consumer_secret(
        &self,
        application_id: &str,
        consumer_id: &str,
    ) -> Result<(String, Secret), Error> {
        let call = Call::ConsumerSecret;
        let path = consumer_path(call, application_id, consumer_id)?;
        let url = |session: &Session| {
            let mut url = session.rest_url(&path);
            url.set_query(Some("part=keyandsecret"));
            url
        };
        let mut json = self.inner.get_json(call, url).await?;
        let withheld = || Error::new(call, ErrorKind::SecretWithheld);
        let secret = self.inner.take_secret(&mut json).ok_or_else(withheld)?;
        let malformed = || Error::new(call, ErrorKind::Malformed("a secret without its key".to_owned()));
        Ok((text(&json, "key").ok_or_else(malformed)?, secret))
    }

    /// The staged credentials of a consumer. The API lists the previous credentials among them.
    pub async fn staged_credentials(
        &self,
        application_id: &str,
        consumer_id: &str,
    ) -> Result<Vec<Staged>, Error> {
        let call = Call::StagedCredentials;
        let path = format!("{}/staged", consumer_path(call, application_id, consumer_id)?);
        match self.inner.get_json(call, |session| session.rest_url(&path)).await {
            Ok(json) => self.inner.read_staged(call, json),
            // If nothing is staged, it is not documented whether the org returns an empty list or this error. The
            // caller has just read the consumer, so the consumer exists.
            Err(error) if error.class() == Class::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Stages new credentials. Returns the staged credentials, as far as the response contains them.
    ///
    /// # Errors
    /// Rejections, and a lost response, after which new credentials may or may not be staged.
    pub async fn stage_credentials(
        &self,
        application_id: &str,
        consumer_id: &str,
    ) -> Result<Vec<Staged>, Error> {
        let call = Call::StageCredentials;
        let path = format!("{}/staged", consumer_path(call, application_id, consumer_id)?);
        // The body is an empty object. Without a body, Salesforce was observed to wait for one until the connection was
        // lost.
        match self.inner.send_json(call, &Method::POST, &path, b"{}").await? {
            Some(json) => self.inner.read_staged(call, json),
            None => Ok(Vec::new()),
        }
    }

    /// Makes staged credentials the current ones. Afterwards, the API lists the previous credentials among the staged
    /// ones.
    ///
    /// # Errors
    /// Rejections, and a lost response, after which the credentials may or may not be rotated.
    pub async fn rotate_credentials(
        &self,
        application_id: &str,
        consumer_id: &str,
        staged_id: &str,
    ) -> Result<(), Error> {
        let call = Call::RotateCredentials;
        let path = staged_path(call, application_id, consumer_id, staged_id)?;
        let answer = self.inner.send_json(call, &Method::PATCH, &path, br#"{"command":"rotate"}"#).await?;
        // The response contains a secret, which must be redacted.
        if let Some(mut json) = answer {
            self.inner.take_secret(&mut json);
        }
        Ok(())
    }

    /// Revokes staged or previous credentials immediately. Also succeeds if the credentials no longer exist.
    ///
    /// # Errors
    /// Rejections, and a lost response, after which the credentials may or may not be valid.
    pub async fn revoke_credentials(
        &self,
        application_id: &str,
        consumer_id: &str,
        staged_id: &str,
    ) -> Result<(), Error> {
        let call = Call::RevokeCredentials;
        let path = staged_path(call, application_id, consumer_id, staged_id)?;
        match self.inner.send_json(call, &Method::DELETE, &path, b"").await {
            Err(error) if error.class() != Class::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Inner {
    /// Sends a request to the REST API. Returns `None` if the response has no body, for example after a deletion.
    async fn send_json(
        &self,
        call: Call,
        method: &Method,
        path: &str,
        body: &'static [u8],
    ) -> Result<Option<Value>, Error> {
        let make = |session: &Session| {
            let mut request =
                Request::post(session.rest_url(path), "application/json; charset=UTF-8", body.to_vec());
            request.method = method.clone();
            if body.is_empty() {
                request.content_type = None;
            }
            request.authorization = Some(session.bearer()?);
            Ok(request)
        };
        let read = |reply: super::http::Reply| {
            if reply.is_success() && reply.body.iter().all(u8::is_ascii_whitespace) {
                return Ok(None);
            }
            self.read_json(call, reply).map(Some)
        };
        self.exchange(call, make, read).await
    }

    /// Removes the secret from a response and adds it to the redactor.
    fn take_secret(&self, json: &mut Value) -> Option<Secret> {
        match json.get_mut("secret").map(Value::take) {
            Some(Value::String(secret)) if !secret.is_empty() => {
                let secret = Secret::new(secret);
                self.redactor.learn(&secret);
                Some(secret)
            }
            _ => None,
        }
    }

    /// Reads the documented list, or a single object, which other tools have received.
    pub(super) fn read_staged(&self, call: Call, mut json: Value) -> Result<Vec<Staged>, Error> {
        let list = match json.get_mut("stagedCredentials").map(Value::take) {
            Some(Value::Array(list)) => list,
            Some(Value::Null) => Vec::new(),
            Some(one) => vec![one],
            None => match json {
                Value::Array(list) => list,
                one if one.get("id").is_some() => vec![one],
                _ => {
                    let what = "no staged credentials in the response".to_owned();
                    return Err(Error::new(call, ErrorKind::Malformed(what)));
                }
            },
        };
        let clean = |text: String| self.redactor.clean(&text);
        let read = |mut staged: Value| {
            self.take_secret(&mut staged);
            Some(Staged {
                id: text(&staged, "id")?,
                key: text(&staged, "key"),
                state: StagedState::read(&clean(text(&staged, "state").unwrap_or_default())),
                created_by: maker(&staged).map(clean),
                created_date: text(&staged, "createdDate"),
                expiration_date: text(&staged, "expirationDate"),
            })
        };
        Ok(list.into_iter().filter_map(read).collect())
    }
}

fn text(json: &Value, name: &str) -> Option<String> {
    json.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The creator. Documented as a string, but other parts of this API return an object.
fn maker(staged: &Value) -> Option<String> {
    text(staged, "createdBy").or_else(|| text(staged.get("createdBy")?, "id"))
}

/// Checks an ID before it becomes part of a path.
fn id<'a>(call: Call, what: &'static str, id: &'a str) -> Result<&'a str, Error> {
    if has_form(id) { Ok(id) } else { Err(Error::new(call, SettingsProblem::NotAnId { what }.into())) }
}

fn consumer_path(call: Call, application_id: &str, consumer_id: &str) -> Result<String, Error> {
    let application = id(call, "the app's ID", application_id)?;
    let consumer = id(call, "the consumer's ID", consumer_id)?;
    Ok(format!("/apps/oauth/credentials/{application}/{consumer}"))
}

fn staged_path(
    call: Call,
    application_id: &str,
    consumer_id: &str,
    staged_id: &str,
) -> Result<String, Error> {
    let consumer = consumer_path(call, application_id, consumer_id)?;
    // The ID is documented as an "identifier", which is not necessarily a record ID.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if staged_id.is_empty() || staged_id.len() > 64 || !staged_id.bytes().all(plain) {
        let what = "the staged credentials' ID";
        return Err(Error::new(call, SettingsProblem::NotAnId { what }.into()));
    }
    Ok(format!("{consumer}/staged/{staged_id}"))
}
