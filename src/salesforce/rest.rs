//! REST calls: API versions and queries. Consumer keys and secrets are in `credentials`.

use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;
use zeroize::Zeroizing;

use super::error::{Call, Error, ErrorKind};
use super::http::{Reply, Request};
use super::retry::Retry;
use super::{Client, Inner, Session, classify};

/// The maximum number of pages of a query. A page has up to 2,000 rows.
const MAX_PAGES: usize = 500;
const MAX_JSON: usize = 16 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryPage {
    First(String),
    /// A further page, identified by the path that the previous page contains.
    Further(String),
}

impl Client {
    /// The API version, if it is known without a login: the configured one, the session's, or the newest that both the
    /// org and the provider support. Sends at most one request to the org, with a timeout of ten seconds. Returns
    /// `None` after an error.
    pub async fn known_api_version(&self) -> Option<u16> {
        let inner = &self.inner;
        if inner.settings.api_version.is_some() {
            return inner.settings.api_version;
        }
        if let Some(session) = inner.session_if_any() {
            return Some(session.api_version);
        }
        let ask = async {
            let instance = inner.instance.as_ref()?;
            let answer = tokio::time::timeout(Duration::from_secs(10), inner.versions_once(instance)).await;
            answer.ok()?.ok()
        };
        let (_, newest) = (*inner.versions.get_or_init(|| ask).await)?;
        (newest >= inner.settings.oldest_known).then(|| newest.min(inner.settings.newest_known))
    }

    /// The API version of the session. `None` if there is no session yet.
    pub fn version_of_session(&self) -> Option<u16> {
        self.inner.session_if_any().map(|session| session.api_version)
    }

    /// The records of all pages of a SOQL query. Each record includes its `attributes` member.
    ///
    /// # Errors
    /// `INVALID_TYPE`, `INVALID_FIELD` or `MALFORMED_QUERY` if the query is not valid in this org.
    pub async fn query(&self, soql: &str) -> Result<Vec<Map<String, Value>>, Error> {
        self.inner.query("/query", soql).await
    }

    /// The records of one page of a query, and a reference to the next page.
    pub async fn query_page(
        &self,
        page: &QueryPage,
    ) -> Result<(Vec<Map<String, Value>>, Option<QueryPage>), Error> {
        self.inner.query_page("/query", page).await
    }

    /// The number of an object's records that the user can see.
    pub async fn count(&self, object: &str) -> Result<u64, Error> {
        let call = Call::Query;
        let soql = format!("SELECT COUNT() FROM {object}");
        let url = |session: &Session| {
            let mut url = session.rest_url("/query");
            url.query_pairs_mut().append_pair("q", &soql);
            url
        };
        let json = self.inner.get_json(call, url).await?;
        let malformed = || Error::new(call, ErrorKind::Malformed("no number in the count".to_owned()));
        json.get("totalSize").and_then(Value::as_u64).ok_or_else(malformed)
    }

    /// Like [`Self::query`], but for objects of the Tooling API, such as `DeployRequest`.
    pub async fn tooling_query(&self, soql: &str) -> Result<Vec<Map<String, Value>>, Error> {
        self.inner.query("/tooling/query", soql).await
    }
}

impl Inner {
    async fn query(&self, path: &str, soql: &str) -> Result<Vec<Map<String, Value>>, Error> {
        let mut page = QueryPage::First(soql.to_owned());
        let mut records = Vec::new();
        for _ in 0..MAX_PAGES {
            let (rows, next) = self.query_page(path, &page).await?;
            records.extend(rows);
            match next {
                Some(next) => page = next,
                None => return Ok(records),
            }
        }
        Err(Error::new(Call::Query, ErrorKind::Malformed("a query result with too many pages".to_owned())))
    }

    async fn query_page(
        &self,
        path: &str,
        page: &QueryPage,
    ) -> Result<(Vec<Map<String, Value>>, Option<QueryPage>), Error> {
        let call = Call::Query;
        let url = |session: &Session| match page {
            QueryPage::First(soql) => {
                let mut url = session.rest_url(path);
                url.query_pairs_mut().append_pair("q", soql);
                url
            }
            QueryPage::Further(place) => session.url(place),
        };
        read_page(call, self.get_json(call, url).await?)
    }

    pub(super) async fn get_json(&self, call: Call, url: impl Fn(&Session) -> Url) -> Result<Value, Error> {
        let make = |session: &Session| {
            let mut request = Request::get(url(session));
            request.authorization = Some(session.bearer()?);
            Ok(request)
        };
        self.exchange(call, make, |reply| self.read_json(call, reply)).await
    }

    pub(super) fn read_json(&self, call: Call, mut reply: Reply) -> Result<Value, Error> {
        if !reply.is_success() || classify::is_html(&reply.content_type, &reply.body) {
            return Err(self.rejected(call, &reply));
        }
        if reply.body.len() > MAX_JSON {
            return Err(Error::new(call, ErrorKind::TooLarge { limit: MAX_JSON }));
        }
        // The body may contain a consumer secret.
        let body = Zeroizing::new(std::mem::take(&mut reply.body));
        serde_json::from_slice(&body)
            .map_err(|_| Error::new(call, ErrorKind::Malformed("invalid or truncated JSON".to_owned())))
    }

    /// The oldest and the newest API version of an org. Read once for the configured instance. Requires no login.
    pub(super) async fn versions(&self, instance: &Url) -> Result<(u16, u16), Error> {
        let ours = self.instance.as_ref() == Some(instance);
        if let (true, Some(Some(versions))) = (ours, self.versions.get()) {
            return Ok(*versions);
        }
        let mut retry = Retry::new(Call::Versions, self.time_scale);
        loop {
            let error = match self.versions_once(instance).await {
                Ok(versions) => {
                    if ours {
                        // Fails only if another caller has already set the versions.
                        let _ = self.versions.set(Some(versions));
                    }
                    return Ok(versions);
                }
                Err(error) => error,
            };
            retry.wait(error).await?;
        }
    }

    async fn versions_once(&self, instance: &Url) -> Result<(u16, u16), Error> {
        let call = Call::Versions;
        let mut url = instance.clone();
        url.set_path("/services/data");
        let reply =
            self.http.send(Request::get(url), &self.redactor).await.map_err(|kind| Error::new(call, kind))?;
        read_versions(call, &self.read_json(call, reply)?)
    }
}

pub(super) type Page = (Vec<Map<String, Value>>, Option<QueryPage>);

pub(super) fn read_page(call: Call, mut json: Value) -> Result<Page, Error> {
    let malformed = |what: &str| Error::new(call, ErrorKind::Malformed(what.to_owned()));
    let Some(Value::Array(rows)) = json.get_mut("records").map(Value::take) else {
        return Err(malformed("a query result without records"));
    };
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        match row {
            Value::Object(row) => records.push(row),
            _ => return Err(malformed("a record that is not an object")),
        }
    }
    let done = json.get("done").and_then(Value::as_bool).unwrap_or(true);
    let next = json.get("nextRecordsUrl").and_then(Value::as_str);
    match next {
        Some(next) if !done && next.starts_with("/services/data/") => {
            Ok((records, Some(QueryPage::Further(next.to_owned()))))
        }
        Some(_) if !done => Err(malformed("a next page with an unexpected path")),
        _ => Ok((records, None)),
    }
}

/// The oldest and the newest of the listed versions.
pub(super) fn read_versions(call: Call, json: &Value) -> Result<(u16, u16), Error> {
    let versions = json
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|version| version.get("version")?.as_str()?.strip_suffix(".0")?.parse::<u16>().ok());
    let (oldest, newest) =
        versions.fold((u16::MAX, 0), |(low, high), version| (low.min(version), high.max(version)));
    if newest == 0 {
        return Err(Error::new(call, ErrorKind::Malformed("no API versions in the response".to_owned())));
    }
    Ok((oldest, newest))
}
