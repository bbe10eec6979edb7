//! The session: one login at the first call, shared by all callers, and renewed when it expires.
//!
//! The authentication methods are in `login`. A token is requested (`token`), obtained from the Salesforce CLI
//! (`sf_cli`), or configured. A login also determines the org's ID and the API version. The error from a rejected login
//! is returned for a minute without another login, so that a hundred resources with a wrong key do not lock the user.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::header::HeaderValue;
use url::Url;

use super::error::{AuthProblem, Call, Error, ErrorKind, SettingsProblem};
use super::key::{self, PrivateKeyProblem};
use super::sf_cli::{SfCli, SfCliProblem};
use super::token::Grant;
use super::{Client, Inner, Login, Settings, classify};
use crate::record_id::{is_org_id, is_same};
use crate::secret::Secret;

/// The period to which the limit on renewals applies.
const RENEWAL_PERIOD: Duration = Duration::from_secs(60);
/// The maximum number of renewals in one period, for sessions with at least one successful call. Each login counts
/// toward the user's login limit.
const MAX_RENEWALS: usize = 10;
/// How long the error from a permanently rejected login is returned without another login.
const REJECTION_HOLDS: Duration = Duration::from_secs(60);
/// The first API version whose SOAP endpoint accepts JWTs (jsforce, `lib/soap.js`).
pub const SOAP_ACCEPTS_JWT: u16 = 68;

#[derive(Debug)]
pub struct Session {
    /// The org's ID in 15 or 18 characters, as Salesforce returned it. Compare it with [`Session::is_org`].
    pub org_id: String,
    /// The ID of the user. Empty if Salesforce did not return it.
    pub user_id: String,
    pub instance_url: Url,
    /// The API version. 62 stands for 62.0.
    pub api_version: u16,
    token: Secret,
    /// Whether a call succeeded in this session. A session in which no call has succeeded is renewed at most once in a
    /// period.
    worked: AtomicBool,
}

impl Session {
    pub(super) fn note_success(&self) {
        self.worked.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_worked(&self) -> bool {
        self.worked.load(Ordering::Relaxed)
    }

    /// Whether the session belongs to the org with the given ID, in 15 or 18 characters.
    pub fn is_org(&self, id: &str) -> bool {
        is_same(&self.org_id, id)
    }

    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.instance_url.clone();
        url.set_path(path);
        url
    }

    /// The URL of a page that a response refers to, with its query.
    pub(super) fn url_of_page(&self, path_and_query: &str) -> Url {
        let (path, query) = path_and_query
            .split_once('?')
            .map_or((path_and_query, None), |(path, query)| (path, Some(query)));
        let mut url = self.url(path);
        url.set_query(query);
        url
    }

    pub(super) fn rest_url(&self, path: &str) -> Url {
        self.url(&format!("/services/data/v{}.0{path}", self.api_version))
    }

    pub(super) fn bearer(&self) -> Result<HeaderValue, ErrorKind> {
        bearer(&self.token)
    }

    /// The session header of a SOAP call, or the reason why the SOAP API would reject the token.
    pub(super) fn soap_header(&self) -> Result<String, ErrorKind> {
        let token = self.token.expose();
        if self.api_version < SOAP_ACCEPTS_JWT && is_jwt(token) {
            return Err(ErrorKind::Auth { problem: AuthProblem::JwtToken, message: None });
        }
        Ok(format!("<SessionHeader><sessionId>{}</sessionId></SessionHeader>", crate::xml::escaped(token)))
    }
}

pub(super) fn bearer(token: &Secret) -> Result<HeaderValue, ErrorKind> {
    let mut header = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .map_err(|_| ErrorKind::Auth { problem: AuthProblem::Rejected, message: None })?;
    header.set_sensitive(true);
    Ok(header)
}

/// Whether a token is a JWT: three base64url parts, separated by dots. A session ID contains an exclamation mark.
fn is_jwt(token: &str) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    let base64url = |part: &&str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    parts.len() == 3 && parts.iter().take(2).all(|part| part.len() > 2) && parts.iter().all(base64url)
}

/// Checks that a private key can be used for authentication: RSA, at least 2048 bits, unencrypted, and PEM in any of
/// the accepted forms. A pure function, for validation.
pub fn check_private_key(private_key: &Secret) -> Result<(), PrivateKeyProblem> {
    key::read(private_key.expose()).map(drop)
}

/// The public key of a private key, in the encoding of a certificate. `None` if the private key is invalid.
pub fn public_key(private_key: &Secret) -> Option<Vec<u8>> {
    Some(key::read(private_key.expose()).ok()?.public().as_ref().to_vec())
}

/// Checks the settings as a whole.
pub(super) fn check_settings(
    settings: &Settings,
    instance: Option<&Url>,
    login: &Url,
) -> Result<(), ErrorKind> {
    match &settings.login {
        Login::JwtBearer { private_key, .. } => check_private_key(private_key)?,
        Login::ClientCredentials { .. } => {
            let host = login.host_str().unwrap_or_default();
            if matches!(host, "login.salesforce.com" | "test.salesforce.com") {
                return Err(SettingsProblem::MyDomainNeeded { host: host.to_owned() }.into());
            }
        }
        Login::AccessToken { .. } if instance.is_none() => {
            return Err(SettingsProblem::InstanceUrlMissing.into());
        }
        Login::AccessToken { token } => drop(bearer(token)?),
        // Only a login shows whether these settings are valid.
        Login::RefreshToken { .. } | Login::TokenExchange { .. } | Login::SfCli(_) => {}
    }
    let (oldest, newest) = (settings.oldest_known, settings.newest_known);
    match settings.api_version {
        Some(wanted) if !(oldest..=newest).contains(&wanted) => {
            Err(SettingsProblem::ApiVersion { wanted, oldest, newest }.into())
        }
        _ => Ok(()),
    }
}

/// The login state of a client. The lock is held during a login, so that concurrent callers share the login.
#[derive(Debug, Default)]
pub(super) struct Auth {
    state: tokio::sync::Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    session: Option<Arc<Session>>,
    /// The ID of the first session's org. All calls in a run must go to the same org.
    org_id: Option<String>,
    /// The times of recent renewals.
    renewed: Vec<Instant>,
    rejected: Option<(Instant, Error)>,
}

impl Client {
    /// The session. The first call logs in. Concurrent callers share one login and its outcome.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`], [`ErrorKind::OtherOrg`], and errors about the API version or the connection.
    pub async fn session(&self) -> Result<Arc<Session>, Error> {
        self.inner.session().await
    }
}

impl Inner {
    pub(super) async fn session(&self) -> Result<Arc<Session>, Error> {
        let asked = Instant::now();
        let mut state = self.auth.state.lock().await;
        if let Some(session) = &state.session {
            return Ok(Arc::clone(session));
        }
        self.log_in_once(&mut state, asked).await
    }

    /// The session, if there is one and no login is in progress.
    pub(super) fn session_if_any(&self) -> Option<Arc<Session>> {
        self.auth.state.try_lock().ok()?.session.clone()
    }

    /// A session other than `ended`. Logs in unless another caller has already done so.
    pub(super) async fn renew(&self, ended: &Session, error: Error) -> Result<Arc<Session>, Error> {
        let asked = Instant::now();
        let mut state = self.auth.state.lock().await;
        if let Some(session) = &state.session
            && session.token != ended.token
        {
            return Ok(Arc::clone(session));
        }
        if matches!(self.settings.login, Login::AccessToken { .. }) {
            let ErrorKind::Auth { message, .. } = error.kind else {
                return Err(error);
            };
            return Err(Error::new(
                error.call,
                ErrorKind::Auth { problem: AuthProblem::AccessTokenExpired, message },
            ));
        }
        state.renewed.retain(|when| when.elapsed() < RENEWAL_PERIOD);
        if state.renewed.len() >= if ended.has_worked() { MAX_RENEWALS } else { 1 } {
            return Err(error);
        }
        state.session = None;
        let session = self.log_in_once(&mut state, asked).await?;
        state.renewed.push(Instant::now());
        // The CLI returned the rejected token again, so it has no valid one.
        if let Login::SfCli(SfCli { org, .. }) = &self.settings.login
            && session.token == ended.token
        {
            return Err(Error::new(Call::Login, SfCliProblem::Expired { org: org.clone() }.into()));
        }
        Ok(session)
    }

    /// Logs in. If a login has failed since `asked`, or was recently rejected permanently, returns its error instead.
    async fn log_in_once(&self, state: &mut State, asked: Instant) -> Result<Arc<Session>, Error> {
        if let Some((when, error)) = &state.rejected
            && (*when >= asked || (!error.is_transient() && when.elapsed() < REJECTION_HOLDS))
        {
            return Err(error.clone());
        }
        let in_first_org = self.log_in().await.and_then(|session| match &state.org_id {
            Some(before) if !session.is_org(before) => {
                let (before, after) = (before.clone(), session.org_id.clone());
                Err(Error::new(Call::Login, ErrorKind::OrgChanged { before, after }))
            }
            _ => Ok(session),
        });
        match in_first_org {
            Ok(session) => {
                state.org_id.get_or_insert_with(|| session.org_id.clone());
                let session = Arc::new(session);
                state.rejected = None;
                state.session = Some(Arc::clone(&session));
                Ok(session)
            }
            Err(error) => {
                state.rejected = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn log_in(&self) -> Result<Session, Error> {
        let session = match &self.settings.login {
            Login::AccessToken { token } => self.session_from_token(token).await?,
            Login::SfCli(cli) => self.session_from_cli(cli).await?,
            _ => self.admit(self.request_token_to_the_end().await?).await?,
        };
        tracing::info!(
            sf_org_id = %session.org_id,
            sf_instance = %session.instance_url,
            sf_api_version = session.api_version,
            "logged in"
        );
        Ok(session)
    }

    async fn session_from_token(&self, token: &Secret) -> Result<Session, Error> {
        let fail = |kind| Error::new(Call::Login, kind);
        let instance =
            self.instance.clone().ok_or_else(|| fail(SettingsProblem::InstanceUrlMissing.into()))?;
        let grant = Grant { token: token.clone(), instance, identity: None };
        self.admit(grant).await
    }

    async fn session_from_cli(&self, cli: &SfCli) -> Result<Session, Error> {
        let fail = |kind| Error::new(Call::Login, kind);
        let shown = cli.log_in(self.time_scale, &self.redactor).await.map_err(fail)?;
        self.redactor.learn(&shown.token);
        if let Some(expected) = self.instance.as_ref().filter(|url| url.origin() != shown.instance.origin()) {
            let text = |url: &Url| url.origin().ascii_serialization();
            let (shown, expected) = (text(&shown.instance), text(expected));
            return Err(fail(SfCliProblem::OtherInstance { org: cli.org.clone(), shown, expected }.into()));
        }
        let grant = Grant { token: shown.token, instance: shown.instance, identity: None };
        self.admit(grant).await.map_err(|error| match error.kind {
            ErrorKind::Auth { problem: AuthProblem::AccessTokenExpired, .. } => {
                fail(SfCliProblem::Expired { org: cli.org.clone() }.into())
            }
            _ => error,
        })
    }

    /// Creates a session for a token, after determining the org and the API version.
    async fn admit(&self, grant: Grant) -> Result<Session, Error> {
        let Grant { token, instance, identity } = grant;
        let (org_id, user_id) = match identity {
            Some(identity) => identity,
            None => match self.user_info(&token, &instance).await {
                Ok(identity) => identity,
                // A token with only the scope "api" has no access to the user info. In this case, the org's ID is read
                // from the token, in which it precedes the `!`.
                Err(error) => match token.expose().split_once('!') {
                    Some((org, _)) if is_org_id(org) && !matches!(error.class(), classify::Class::Auth) => {
                        (org.to_owned(), String::new())
                    }
                    _ => return Err(error),
                },
            },
        };
        if let Some(expected) = &self.settings.expected_org_id
            && !is_same(expected, &org_id)
        {
            let kind = ErrorKind::OtherOrg { expected: expected.clone(), actual: org_id };
            return Err(Error::new(Call::Login, kind));
        }
        let (oldest, newest) = self.versions(&instance).await?;
        let api_version = self.choose_version(oldest, newest)?;
        Ok(Session {
            org_id,
            user_id,
            instance_url: instance,
            api_version,
            token,
            worked: AtomicBool::new(false),
        })
    }

    fn choose_version(&self, oldest: u16, newest: u16) -> Result<u16, Error> {
        let needed = self.settings.oldest_known;
        let fail = |kind| Err(Error::new(Call::Versions, kind));
        match self.settings.api_version {
            Some(wanted) if (oldest..=newest).contains(&wanted) => Ok(wanted),
            Some(wanted) => fail(ErrorKind::ApiVersionUnavailable { wanted, oldest, newest }),
            None if newest < needed => fail(ErrorKind::ApiTooOld { newest, needed }),
            None => Ok(newest.min(self.settings.newest_known)),
        }
    }
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
