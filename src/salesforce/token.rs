//! Tokens: asking for one, and asking whom one belongs to.
//!
//! The JWT of the bearer grant is signed here, RS256 by ring. When it is refused and the server's clock shows that ours
//! is off, it is signed once more with the server's time.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header::HeaderValue;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::auth::bearer;
use super::error::{AuthProblem, Call, Error, ErrorKind, SettingsProblem};
use super::http::{self, Reply, Request};
use super::key::{self, PrivateKeyProblem};
use super::retry::Tries;
use super::{Inner, Login, classify};
use crate::secret::Secret;

/// How long a JWT is good for; Salesforce accepts up to about five minutes.
const JWT_LIFETIME: u64 = 180;
/// A clock further off than this, in seconds, explains a refused JWT.
const MAX_SKEW: u64 = 60;
/// The longest that a token request may take.
const TOKEN: Duration = Duration::from_secs(30);

impl Inner {
    /// Asks the token endpoint, again after trouble of its own, and once more with the server's time if our clock is off.
    pub(super) async fn ask_for_token(&self) -> Result<Grant, Error> {
        let mut tries = Tries::new(Call::Login, self.pace);
        let mut now = SystemTime::now();
        let mut corrected = false;
        let mut audiences = self.audiences().into_iter();
        let mut audience = audiences.next().unwrap_or_default();
        // What was said of the audience that is tried first.
        let mut first_refusal = None;
        loop {
            let request = self.token_request(&audience, now).map_err(|kind| Error::new(Call::Login, kind))?;
            let mut error = match self.http.send(request, &self.redactor).await {
                Err(kind) => Error::new(Call::Login, kind),
                Ok(reply) if reply.is_success() => {
                    let grant = self.read_grant(&reply)?;
                    // The first one that was good answers for the next logins.
                    self.audience.set(audience).unwrap_or_default();
                    return Ok(grant);
                }
                Ok(reply) => {
                    let mut kind = classify::classify_login(reply.seen(), &self.redactor);
                    if is_about_audience(&kind) {
                        if let Some(next) = audiences.next() {
                            tracing::debug!("the audience was refused; trying the shared login host's");
                            audience = next;
                            first_refusal = Some(kind);
                            continue;
                        }
                        kind = first_refusal.take().unwrap_or(kind);
                    }
                    if let (Some(skew), Some(date)) = (clock_skew(&kind, &reply), reply.date) {
                        if !corrected {
                            tracing::warn!(
                                seconds = skew,
                                "this machine's clock is off; signing with the server's time"
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
            match tries.again(&error) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => {
                    error.call = Call::Login;
                    return Err(error);
                }
            }
        }
    }

    /// The audiences to try, in order: what is written, what was good before, or what may be.
    fn audiences(&self) -> Vec<String> {
        let known = self.settings.audience.as_ref().or_else(|| self.audience.get());
        match (&self.settings.login, known) {
            (Login::JwtBearer { .. }, None) => default_audiences(&self.login),
            (_, known) => known.into_iter().cloned().collect(),
        }
    }

    fn token_request(&self, audience: &str, now: SystemTime) -> Result<Request, ErrorKind> {
        let mut url = self.login.clone();
        url.set_path("/services/oauth2/token");
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let mut authorization = None;
        match &self.settings.login {
            Login::JwtBearer { client_id, username, private_key } => {
                let jwt = sign(client_id, username, audience, private_key, now)?;
                self.redactor.learn(&jwt);
                form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
                form.append_pair("assertion", jwt.expose());
            }
            Login::ClientCredentials { client_id, client_secret } => {
                let pair = Zeroizing::new(format!("{client_id}:{}", client_secret.expose()));
                let header = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
                let mut header = HeaderValue::from_str(&header)
                    .map_err(|_| ErrorKind::Auth { problem: AuthProblem::BadClient, said: None })?;
                header.set_sensitive(true);
                authorization = Some(header);
                form.append_pair("grant_type", "client_credentials");
            }
            Login::AccessToken { .. } => return Err(SettingsProblem::InstanceUrlMissing.into()),
        }
        let body = form.finish().into_bytes();
        let mut request = Request::post(url, "application/x-www-form-urlencoded", body);
        request.authorization = authorization;
        request.timeout = TOKEN;
        Ok(request)
    }

    fn read_grant(&self, reply: &Reply) -> Result<Grant, Error> {
        let fail = |kind| Error::new(Call::Login, kind);
        if classify::is_html(&reply.content_type, &reply.body) {
            return Err(self.refused(Call::Login, reply));
        }
        let missing = |what: &str| fail(ErrorKind::Malformed(format!("the token reply has no {what}")));
        let mut json: BTreeMap<String, Value> =
            serde_json::from_slice(&reply.body).map_err(|_| missing("JSON object"))?;
        let mut text = |name: &str| match json.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            _ => None,
        };
        let token = Secret::new(text("access_token").ok_or_else(|| missing("access_token"))?);
        self.redactor.learn(&token);
        // Nobody asks for them, and whoever has one is logged in.
        for name in ["refresh_token", "id_token"] {
            if let Some(other) = text(name) {
                self.redactor.learn(&Secret::new(other));
            }
        }
        let instance = match text("instance_url") {
            Some(url) => {
                let url = Url::parse(&url).map_err(|_| missing("usable instance_url"))?;
                http::check_url(&url).map_err(|problem| fail(problem.into()))?
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

    /// Org, user and name of the user whom a token belongs to.
    pub(super) async fn user_info(
        &self,
        token: &Secret,
        instance: &Url,
    ) -> Result<(String, String, Option<String>), Error> {
        let mut url = instance.clone();
        url.set_path("/services/oauth2/userinfo");
        let authorization = bearer(token).map_err(|kind| Error::new(Call::UserInfo, kind))?;
        let mut tries = Tries::new(Call::UserInfo, self.pace);
        loop {
            let mut request = Request::get(url.clone());
            request.authorization = Some(authorization.clone());
            let error = match self.http.send(request, &self.redactor).await {
                Err(kind) => Error::new(Call::UserInfo, kind),
                Ok(reply) if reply.is_success() => match read_user_info(&reply.body) {
                    Some(user) => return Ok(user),
                    None => self.refused(Call::UserInfo, &reply),
                },
                // This endpoint says "Bad_OAuth_Token" in plain text for a token that is no longer good.
                Ok(reply)
                    if reply.status == 401
                        || (reply.status == 403 && reply.body.starts_with(b"Bad_OAuth")) =>
                {
                    let kind = ErrorKind::Auth { problem: AuthProblem::AccessTokenExpired, said: None };
                    Error::new(Call::UserInfo, kind)
                }
                Ok(reply) => self.refused(Call::UserInfo, &reply),
            };
            match tries.again(&error) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(error),
            }
        }
    }
}

/// What a token reply holds.
pub(super) struct Grant {
    pub token: Secret,
    pub instance: Url,
    /// Org and user.
    pub identity: Option<(String, String)>,
}

fn read_user_info(body: &[u8]) -> Option<(String, String, Option<String>)> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
    let org = text("organization_id").filter(|org| is_org_id(org))?;
    Some((org, text("user_id").unwrap_or_default(), text("preferred_username")))
}

/// Whether this is an org's id.
pub(super) fn is_org_id(id: &str) -> bool {
    id.starts_with("00D") && matches!(id.len(), 15 | 18) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Whether the login was refused with what is said of a wrong audience. Of External Client Apps it is reported that a
/// wrong one is answered as if the app were missing.
fn is_about_audience(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Auth { problem: AuthProblem::Audience | AuthProblem::AppAbsent, .. })
}

/// The login host's own URL; where that is a My Domain, after it the shared login host of its kind.
///
/// In 2026 several report that External Client Apps accept their org's My Domain only (n8n#28990, cli#3482); in 2020
/// sandboxes refused it (MetaCI#1497). Salesforce's CLI tries both kinds, too.
fn default_audiences(login: &Url) -> Vec<String> {
    let host = login.host_str().unwrap_or_default();
    let own = login.origin().ascii_serialization();
    if matches!(host, "login.salesforce.com" | "test.salesforce.com") {
        return vec![own];
    }
    let test = host.contains(".sandbox.")
        || host.contains(".scratch.")
        // Before enhanced domains: acme--uat.my.salesforce.com, acme--uat.cs42.my.salesforce.com.
        || (host.contains("--") && host.ends_with(".salesforce.com"));
    let shared = if test { "https://test.salesforce.com" } else { "https://login.salesforce.com" };
    vec![own, shared.to_owned()]
}

/// The JWT of the bearer grant, RS256.
fn sign(
    client_id: &str,
    username: &str,
    audience: &str,
    key: &Secret,
    now: SystemTime,
) -> Result<Secret, ErrorKind> {
    let pair = key::read(key.expose())?;
    let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let claims = serde_json::json!({
        "iss": client_id, "sub": username, "aud": audience, "exp": now.saturating_add(JWT_LIFETIME),
    });
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
    let body = URL_SAFE_NO_PAD.encode(claims.to_string());
    let mut jwt = format!("{head}.{body}");
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(
        &ring::signature::RSA_PKCS1_SHA256,
        &ring::rand::SystemRandom::new(),
        jwt.as_bytes(),
        &mut signature,
    )
    .map_err(|_| PrivateKeyProblem::Damaged)?;
    jwt.push('.');
    URL_SAFE_NO_PAD.encode_string(&signature, &mut jwt);
    Ok(Secret::new(jwt))
}

/// By how many seconds our clock is ahead of the server's, if that can explain why the JWT was refused.
fn clock_skew(kind: &ErrorKind, reply: &Reply) -> Option<i64> {
    let ErrorKind::Auth {
        problem: AuthProblem::Clock { .. } | AuthProblem::BadAssertion | AuthProblem::Refused,
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
