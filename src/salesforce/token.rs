//! Requests tokens, and reads the user of a token. `token_request` builds the requests.
//!
//! If a JWT is rejected and the server's clock differs from the local clock, the JWT is signed once more with the
//! server's time.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::Value;
use tracing::Instrument as _;
use url::Url;

use super::auth::bearer;
use super::error::{AuthProblem, Call, Error, ErrorKind};
use super::http::{self, Reply, Request};
use super::retried::RetriedError;
use super::retry::Retry;
use super::token_request::TokenRequest;
use super::{Inner, Login, classify};
use crate::record_id::is_org_id;
use crate::secret::Secret;

/// The maximum clock difference, in seconds, that is ignored. A larger one can explain a rejected JWT.
const MAX_SKEW: u64 = 60;

impl Inner {
    /// Requests a token. With a refresh token, the request runs in a separate task: a caller that gives up must not
    /// lose a new refresh token, because Salesforce no longer accepts the old one.
    pub(super) async fn request_token_to_the_end(&self) -> Result<Grant, Error> {
        let inner = match self.settings.login {
            Login::RefreshToken { .. } => self.me.upgrade(),
            _ => None,
        };
        let Some(inner) = inner else { return self.request_token().await };
        let request = async move {
            let _one_at_a_time = inner.token_requests.lock().await;
            inner.request_token().await
        };
        let request = RetriedError::follow_all(RetriedError::callers(), request).in_current_span();
        match tokio::spawn(request).await {
            Ok(granted) => granted,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => {
                    let kind = ErrorKind::Interrupted { timed_out: false, text: error.to_string() };
                    Err(Error::new(Call::Login, kind))
                }
            },
        }
    }

    /// Requests a token, with retries, and once more with the server's time if the local clock is wrong.
    pub(super) async fn request_token(&self) -> Result<Grant, Error> {
        let mut retry = Retry::new(Call::Login, self.time_scale);
        let mut now = SystemTime::now();
        let mut corrected = false;
        let mut audiences = self.audiences().into_iter();
        let mut audience = audiences.next().unwrap_or_default();
        // The error for the first audience.
        let mut first_rejection = None;
        loop {
            let TokenRequest { request, refresh_token, subject_is_over } =
                self.token_request(&audience, now).map_err(|kind| Error::new(Call::Login, kind))?;
            let error = match self.http.send(request, &self.redactor).await {
                Err(kind) => Error::new(Call::Login, kind),
                Ok(reply) if reply.is_success() => match self.read_grant(&reply, refresh_token.as_ref()) {
                    Ok(grant) => {
                        // The accepted audience is used for later logins.
                        self.audience.set(audience).unwrap_or_default();
                        return Ok(grant);
                    }
                    Err(error) => error,
                },
                Ok(reply) => {
                    let mut kind = classify::classify_login(reply.view(), &self.redactor);
                    if is_about_audience(&kind) {
                        if let Some(next) = audiences.next() {
                            tracing::debug!("the audience was rejected; trying the shared login host");
                            audience = next;
                            first_rejection = Some(kind);
                            continue;
                        }
                        kind = first_rejection.take().unwrap_or(kind);
                    }
                    match self.settings.login {
                        Login::TokenExchange { .. } => kind = of_subject(kind, subject_is_over),
                        Login::RefreshToken { .. } => kind = of_refresh_token(kind),
                        _ => {}
                    }
                    if let (Some(skew), Some(date)) = (clock_skew(&kind, &reply), reply.date)
                        && matches!(self.settings.login, Login::JwtBearer { .. })
                    {
                        if !corrected {
                            tracing::warn!(
                                seconds = skew,
                                "this machine's clock is wrong; signing with the server's time"
                            );
                            corrected = true;
                            now = date;
                            continue;
                        }
                        if let ErrorKind::Auth { problem: AuthProblem::Clock { skew_seconds }, .. } =
                            &mut kind
                        {
                            *skew_seconds = skew;
                        }
                    }
                    let mut error = Error::new(Call::Login, kind);
                    error.retry_after = reply.retry_after;
                    error
                }
            };
            retry.wait(error).await?;
        }
    }

    /// The audiences to try, in order: the configured one, the one accepted before, or the defaults.
    fn audiences(&self) -> Vec<String> {
        let known = self.settings.audience.as_ref().or_else(|| self.audience.get());
        match (&self.settings.login, known) {
            (Login::JwtBearer { .. }, None) => default_audiences(&self.login),
            (_, known) => known.into_iter().cloned().collect(),
        }
    }

    /// Reads a token response. `sent` is the refresh token of the request.
    pub(super) fn read_grant(&self, reply: &Reply, sent: Option<&Secret>) -> Result<Grant, Error> {
        let fail = |kind| Error::new(Call::Login, kind);
        if classify::is_html(&reply.content_type, &reply.body) {
            return Err(self.rejected(Call::Login, reply));
        }
        let missing = |what: &str| fail(ErrorKind::Malformed(format!("the token response has no {what}")));
        let mut json: BTreeMap<String, Value> =
            serde_json::from_slice(&reply.body).map_err(|_| missing("JSON object"))?;
        let mut text = |name: &str| match json.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            _ => None,
        };
        let token = Secret::new(text("access_token").ok_or_else(|| missing("access_token"))?);
        self.redactor.learn(&token);
        // The ID token is not used, but may grant access.
        if let Some(other) = text("id_token") {
            self.redactor.learn(&Secret::new(other));
        }
        if let Some(other) = text("refresh_token").map(Secret::new) {
            self.redactor.learn(&other);
            if sent.is_some_and(|sent| *sent != other) {
                self.refresh_token_was_rotated(other);
            }
        }
        let instance = match text("instance_url") {
            Some(url) => {
                let url = Url::parse(&url).map_err(|_| missing("usable instance_url"))?;
                let url = http::check_url(&url).map_err(|problem| fail(problem.into()))?;
                // If the login URL is the instance itself, the token belongs to its org, even if the org's My Domain
                // has been renamed.
                if let Some(expected) = self.instance.as_ref()
                    && self.login.origin() != expected.origin()
                    && url.origin() != expected.origin()
                {
                    let host = |url: &Url| url.origin().ascii_serialization();
                    return Err(fail(ErrorKind::OtherInstance {
                        expected: host(expected),
                        actual: host(&url),
                    }));
                }
                url
            }
            None => self.instance.clone().ok_or_else(|| missing("instance_url"))?,
        };
        // The identity URL ends in /id/<org>/<user>.
        let identity = text("id").and_then(|id| {
            let mut parts = id.rsplit('/');
            let user = parts.next()?.to_owned();
            let org = parts.next()?.to_owned();
            is_org_id(&org).then_some((org, user))
        });
        Ok(Grant { token, instance, identity })
    }

    /// The refresh token that replaced the configured one.
    pub(super) fn newest_refresh_token(&self) -> Option<Secret> {
        self.rotated.lock().ok()?.clone()
    }

    /// Stores the new refresh token. The configured one may no longer be valid, which the provider can only report.
    fn refresh_token_was_rotated(&self, newest: Secret) {
        tracing::warn!("Salesforce issued a new refresh token in place of the configured one");
        if let Ok(mut rotated) = self.rotated.lock() {
            *rotated = Some(newest);
        }
    }

    pub(super) async fn user_info(&self, token: &Secret, instance: &Url) -> Result<(String, String), Error> {
        let mut url = instance.clone();
        url.set_path("/services/oauth2/userinfo");
        let authorization = bearer(token).map_err(|kind| Error::new(Call::UserInfo, kind))?;
        let mut retry = Retry::new(Call::UserInfo, self.time_scale);
        loop {
            let mut request = Request::get(url.clone());
            request.authorization = Some(authorization.clone());
            let error = match self.http.send(request, &self.redactor).await {
                Err(kind) => Error::new(Call::UserInfo, kind),
                Ok(reply) if reply.is_success() => match read_user_info(&reply.body) {
                    Some(user) => return Ok(user),
                    None => self.rejected(Call::UserInfo, &reply),
                },
                // This endpoint returns "Bad_OAuth_Token" as plain text for an expired token.
                Ok(reply)
                    if reply.status == 401
                        || (reply.status == 403 && reply.body.starts_with(b"Bad_OAuth")) =>
                {
                    let kind = ErrorKind::Auth { problem: AuthProblem::AccessTokenExpired, message: None };
                    Error::new(Call::UserInfo, kind)
                }
                Ok(reply) => self.rejected(Call::UserInfo, &reply),
            };
            retry.wait(error).await?;
        }
    }
}

pub(super) struct Grant {
    pub token: Secret,
    pub instance: Url,
    pub identity: Option<(String, String)>,
}

pub(super) fn read_user_info(body: &[u8]) -> Option<(String, String)> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
    let org = text("organization_id").filter(|org| is_org_id(org))?;
    Some((org, text("user_id").unwrap_or_default()))
}

/// Classifies the rejection of a token exchange. The messages are not documented, so every error that may concern the
/// subject token is attributed to the subject token.
fn of_subject(kind: ErrorKind, is_over: bool) -> ErrorKind {
    match kind {
        ErrorKind::Auth {
            problem:
                AuthProblem::Clock { .. }
                | AuthProblem::BadAssertion
                | AuthProblem::Audience
                | AuthProblem::Rejected
                | AuthProblem::SubjectTokenRejected,
            message,
        } => {
            let problem =
                if is_over { AuthProblem::SubjectTokenExpired } else { AuthProblem::SubjectTokenRejected };
            ErrorKind::Auth { problem, message }
        }
        kind => kind,
    }
}

/// Classifies the rejection of a refresh token. Only a JWT depends on this machine's clock.
fn of_refresh_token(kind: ErrorKind) -> ErrorKind {
    match kind {
        ErrorKind::Auth { problem: AuthProblem::Clock { .. }, message } => {
            ErrorKind::Auth { problem: AuthProblem::RefreshTokenEnded, message }
        }
        kind => kind,
    }
}

/// Whether the audience may be the cause of a rejection. According to reports, External Client Apps return the same
/// error for a wrong audience as for an app that does not exist.
fn is_about_audience(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Auth { problem: AuthProblem::Audience | AuthProblem::AppAbsent, .. })
}

/// The login host's own URL, followed by the shared login host unless these are the same.
///
/// In 2026, several users reported that External Client Apps accept only their org's My Domain (n8n#28990, cli#3482).
/// In 2020, sandboxes rejected their My Domain (MetaCI#1497). The Salesforce CLI also tries both kinds.
fn default_audiences(login: &Url) -> Vec<String> {
    let host = login.host_str().unwrap_or_default();
    let own = login.origin().ascii_serialization();
    if matches!(host, "login.salesforce.com" | "test.salesforce.com") {
        return vec![own];
    }
    let test = host.contains(".sandbox.")
        || host.contains(".scratch.")
        // Host names from before enhanced domains: acme--uat.my.salesforce.com, acme--uat.cs42.my.salesforce.com.
        || (host.contains("--") && host.ends_with(".salesforce.com"));
    let shared = if test { "https://test.salesforce.com" } else { "https://login.salesforce.com" };
    vec![own, shared.to_owned()]
}

/// How many seconds the local clock is ahead of the server's, if the difference can explain the rejection.
fn clock_skew(kind: &ErrorKind, reply: &Reply) -> Option<i64> {
    let ErrorKind::Auth {
        problem: AuthProblem::Clock { .. } | AuthProblem::BadAssertion | AuthProblem::Rejected,
        ..
    } = kind
    else {
        return None;
    };
    let seconds =
        |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (ours, theirs) = (seconds(SystemTime::now()), seconds(reply.date?));
    if ours.abs_diff(theirs) <= MAX_SKEW {
        return None;
    }
    let skew = i64::try_from(ours.abs_diff(theirs)).ok()?;
    Some(if ours > theirs { skew } else { skew.saturating_neg() })
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
