//! The keys and secrets of an app's consumers, and their rotation: Connect REST below `/apps/oauth/credentials`.
//!
//! A consumer has one pair of key and secret, and beside it what is *staged*: a pair that was made to follow it, or,
//! after a rotation, the pair that it had before. Each function is one exchange; what becomes of an answer that got
//! lost is the caller's business. A secret leaves here only through [`Client::consumer_secret`].

use std::fmt;

use serde_json::Value;

use super::error::{Call, Error, ErrorKind, SettingsProblem};
use super::http::{Method, Request};
use super::{Class, Client, Inner, Session};
use crate::secret::Secret;

/// The most pages of an app's consumers.
const MAX_PAGES: usize = 20;

/// A consumer of an app: who presents a key and a secret. The secret is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Its id, beginning with `888`.
    pub id: String,
    /// The consumer key, which OAuth calls client ID.
    pub key: String,
    /// Its name.
    pub name: Option<String>,
}

/// A pair of key and secret beside the one that a consumer has (API 65.0). The secret is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    pub id: String,
    /// Not told to everybody.
    pub key: Option<String>,
    pub state: StagedState,
    /// Who made it, as the org calls him: the documentation does not say whether by ID or by name.
    pub created_by: Option<String>,
    /// ISO 8601 as the org wrote it.
    pub created_date: Option<String>,
    pub expiration_date: Option<String>,
}

/// What a staged pair is good for. In the words of the Connect REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StagedState {
    /// It was made to follow the consumer's pair.
    Active,
    /// The consumer had it before the last rotation. Clients may use it until it expires.
    Rotated,
    /// Nobody can use it any more.
    Expired,
    /// A word that is not documented.
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
    /// The consumers of an app, given the app's id (`0xI…`), with their keys. Secrets are not asked for.
    ///
    /// # Errors
    /// [`Class::NotFound`] for an app that is gone, [`Class::Permission`] for a user who may not see keys.
    pub async fn consumer_credentials(&self, application_id: &str) -> Result<Vec<Consumer>, Error> {
        let call = Call::ConsumerCredentials;
        let path = format!("/apps/oauth/credentials/{}", id(call, "the application's id", application_id)?);
        let malformed = || Error::new(call, ErrorKind::Malformed("no consumers in the answer".to_owned()));
        let mut page = self.inner.get_json(call, |session| session.rest_url(&path)).await?;
        let mut found = Vec::new();
        for _ in 0..MAX_PAGES {
            let consumers = page.get("consumers").and_then(Value::as_array).ok_or_else(malformed)?;
            found.extend(consumers.iter().filter_map(|consumer| {
                Some(Consumer {
                    id: text(consumer, "id")?,
                    key: text(consumer, "key")?,
                    name: text(consumer, "name"),
                })
            }));
            let Some(next) = text(&page, "nextPageUrl") else { break };
            if !next.starts_with("/services/data/") {
                return Err(Error::new(call, ErrorKind::Malformed("a next page in an odd place".to_owned())));
            }
            page = self.inner.get_json(call, |session| session.url(&next)).await?;
        }
        Ok(found)
    }

    /// The secret that belongs to a consumer's key. Ask only when someone wants it.
    ///
    /// # Errors
    /// [`ErrorKind::SecretWithheld`] when the org answers without it: the org's setting or a permission is missing.
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

    /// What is staged beside a consumer's pair, the previous pair included.
    ///
    /// # Errors
    /// As [`Self::consumer_credentials`].
    pub async fn staged_credentials(
        &self,
        application_id: &str,
        consumer_id: &str,
    ) -> Result<Vec<Staged>, Error> {
        let call = Call::StagedCredentials;
        let path = format!("{}/staged", consumer_path(call, application_id, consumer_id)?);
        match self.inner.get_json(call, |session| session.rest_url(&path)).await {
            Ok(json) => self.inner.read_staged(call, json),
            // Whether nothing staged is an empty list or this is not documented. The consumer was there just before.
            Err(error) if error.class() == Class::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Makes a new pair beside a consumer's own. What is staged now, as far as the org says so.
    ///
    /// # Errors
    /// Besides refusals: an answer that got lost, after which there may be a staged pair or not.
    pub async fn stage_credentials(
        &self,
        application_id: &str,
        consumer_id: &str,
    ) -> Result<Vec<Staged>, Error> {
        let call = Call::StageCredentials;
        let path = format!("{}/staged", consumer_path(call, application_id, consumer_id)?);
        // Nothing is to be said in it. Without any body, Salesforce was seen to wait for one until the connection broke.
        match self.inner.send_json(call, &Method::POST, &path, b"{}").await? {
            Some(json) => self.inner.read_staged(call, json),
            None => Ok(Vec::new()),
        }
    }

    /// Makes a staged pair the consumer's own; the one that it had is staged from then on, as rotated.
    ///
    /// # Errors
    /// Besides refusals: an answer that got lost, after which the pair may be rotated or not.
    pub async fn rotate_credentials(
        &self,
        application_id: &str,
        consumer_id: &str,
        staged_id: &str,
    ) -> Result<(), Error> {
        let call = Call::RotateCredentials;
        let path = staged_path(call, application_id, consumer_id, staged_id)?;
        let answer = self.inner.send_json(call, &Method::PATCH, &path, br#"{"command":"rotate"}"#).await?;
        // The answer holds a secret.
        if let Some(mut json) = answer {
            self.inner.take_secret(&mut json);
        }
        Ok(())
    }

    /// Ends a staged or a previous pair at once. That it is gone already is what was wanted.
    ///
    /// # Errors
    /// Besides refusals: an answer that got lost, after which the pair may be alive or not.
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
    /// Sends something to the REST API. None: the answer has no body, as that to a deletion.
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

    /// Takes the secret out of an answer, and keeps it out of every message from now on.
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

    /// The list that is documented, or one pair without a list around it, as tools have seen.
    pub(super) fn read_staged(&self, call: Call, mut json: Value) -> Result<Vec<Staged>, Error> {
        let list = match json.get_mut("stagedCredentials").map(Value::take) {
            Some(Value::Array(list)) => list,
            Some(Value::Null) => Vec::new(),
            Some(one) => vec![one],
            None => match json {
                Value::Array(list) => list,
                one if one.get("id").is_some() => vec![one],
                _ => {
                    let what = "no staged credentials in the answer".to_owned();
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

/// Documented as a text; other parts of this API have an object there.
fn maker(staged: &Value) -> Option<String> {
    text(staged, "createdBy").or_else(|| text(staged.get("createdBy")?, "id"))
}

/// An id that may become part of a path.
fn id<'a>(call: Call, what: &'static str, id: &'a str) -> Result<&'a str, Error> {
    if matches!(id.len(), 15 | 18) && id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Ok(id)
    } else {
        Err(Error::new(call, SettingsProblem::NotAnId { what }.into()))
    }
}

fn consumer_path(call: Call, application_id: &str, consumer_id: &str) -> Result<String, Error> {
    let application = id(call, "the application's id", application_id)?;
    let consumer = id(call, "the consumer's id", consumer_id)?;
    Ok(format!("/apps/oauth/credentials/{application}/{consumer}"))
}

fn staged_path(
    call: Call,
    application_id: &str,
    consumer_id: &str,
    staged_id: &str,
) -> Result<String, Error> {
    let consumer = consumer_path(call, application_id, consumer_id)?;
    // An "identifier" for all that is documented; not necessarily a record ID.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if staged_id.is_empty() || staged_id.len() > 64 || !staged_id.bytes().all(plain) {
        let what = "the staged credentials' id";
        return Err(Error::new(call, SettingsProblem::NotAnId { what }.into()));
    }
    Ok(format!("{consumer}/staged/{staged_id}"))
}
