//! A client of one org, for the SOAP Metadata API, the REST API and OAuth.
//!
//! The client transfers zips, lists and credentials. It is independent of metadata fields and of Terraform. Each
//! function of [`Client`] performs one operation, with the retries that are always safe: if a connection was not
//! established, after a temporary error, or if the session has expired. The caller waits for deploys, forms batches,
//! and reads the org after an ambiguous response.
//!
//! Start with [`Client`]. Then read `auth` (one login for all callers), `soap` and `rest` (one call), `classify` (the
//! meaning of a response), and `retry` (whether to send a request again).
//!
//! Invariants: Only `http` uses the network. Only `auth`, `http`, `token_request` and this file read a secret's text.
//! Text from a server enters an [`Error`] or a log line only after `redact` has cleaned them.

mod advice;
mod auth;
mod classify;
mod credentials;
mod deploy;
mod error;
mod http;
mod key;
mod key_form;
mod login;
mod messages;
mod pem;
mod rest;
mod retried;
mod retrieve;
mod retry;
mod sf_cli;
mod sfdx_auth_url;
mod soap;
mod token;
mod token_request;

#[cfg(any(test, fuzzing))]
pub mod properties;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use url::Url;
use zeroize::Zeroizing;

pub use auth::{SOAP_ACCEPTS_JWT, Session, check_private_key, public_key};
pub use classify::Class;
pub use credentials::{Consumer, Staged, StagedState};
pub use deploy::{ComponentMessage, DeployReport};
pub use error::{AuthProblem, Call, Error, ErrorKind};
pub use key::PrivateKeyProblem;
pub use key_form::{Placeholder, binary_key_form, placeholder};
pub use login::{Login, SubjectToken, why_unreadable};
pub use messages::{Meaning, meaning, means};
pub use rest::QueryPage;
pub use retried::RetriedError;
#[cfg(test)]
pub use retried::retry_for_ever;
#[cfg(any(test, fuzzing))]
pub use retrieve::RetrieveMessage;
pub use retrieve::{FileProperties, Retrieved};
pub use sf_cli::SfCli;
pub use sfdx_auth_url::{SfdxAuthUrl, sfdx_auth_url};

use crate::lock::lock;
use crate::redact;
use crate::secret::Secret;
use auth::Auth;
use http::Http;
use redact::Redactor;
use retry::TimeScale;

/// The client name in the call options of API requests. It appears in the org's event logs.
pub const CLIENT: &str = concat!("terraform-provider-salesforce/", env!("CARGO_PKG_VERSION"));

/// How long new calls are rejected after the org's daily limit was reached.
const EXHAUSTION: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub struct Settings {
    /// The org's My Domain URL, which is the base URL of the APIs unless the token response contains another one.
    pub instance_url: Option<Url>,
    /// The host for token requests. Defaults to `instance_url`, or to `https://login.salesforce.com` if that is not
    /// set.
    pub login_url: Option<Url>,
    /// The audience of the JWT. Defaults to the login URL. If that is a My Domain URL that Salesforce rejects, the
    /// shared login host is used.
    pub audience: Option<String>,
    pub login: Login,
    /// The API version. 62 stands for 62.0. Defaults to the newest version that both the org and the provider support.
    pub api_version: Option<u16>,
    /// The newest API version that the provider supports.
    pub newest_known: u16,
    /// The oldest API version that the provider supports.
    pub oldest_known: u16,
    /// The proxy for all connections except those to this machine. `None` selects the proxy in the environment
    /// variables.
    pub proxy: Option<Proxy>,
    /// One or several additional trusted CA certificates, in PEM.
    pub ca_certificate: Option<String>,
    /// The ID of the only org that may be used, in 15 or 18 characters.
    pub expected_org_id: Option<String>,
    pub user_agent: String,
}

#[derive(Debug, Clone)]
pub struct Proxy {
    /// An http or https URL with a host, possibly with a username and password.
    pub url: Secret,
    /// The hosts that are reached without the proxy, in the syntax of NO_PROXY.
    pub except: String,
}

impl Proxy {
    /// The decoded password in the URL. The redactor also hides its encoded forms.
    fn password(&self) -> Option<Secret> {
        let url = Url::parse(self.url.expose()).ok()?;
        let form = Zeroizing::new(format!("p={}", url.password()?.replace('+', "%2B")));
        let (_, password) = url::form_urlencoded::parse(form.as_bytes()).next()?;
        Some(Secret::new(password))
    }
}

/// A client of one org. Clones share the connection, the session and all caches.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// This value, for tasks that must end although their caller gives up.
    me: Weak<Inner>,
    settings: Settings,
    /// The origin of `instance_url`. This origin and `login` are checked, so that credentials can be sent to them.
    instance: Option<Url>,
    login: Url,
    http: Http,
    redactor: Redactor,
    auth: Auth,
    /// Held during a token request with a refresh token, because each may replace it.
    token_requests: tokio::sync::Mutex<()>,
    /// The audience that Salesforce accepted.
    audience: std::sync::OnceLock<String>,
    /// The refresh token that replaced the configured one.
    rotated: std::sync::Mutex<Option<Secret>>,
    time_scale: TimeScale,
    /// The oldest and the newest API version at `instance`. `None` if they could not be read.
    versions: tokio::sync::OnceCell<Option<(u16, u16)>>,
    /// The duration of the last retrieve in seconds.
    last_retrieve: std::sync::Mutex<Option<f64>>,
    /// The time when the org's daily limit was reached, and the error.
    exhausted: std::sync::Mutex<Option<(Instant, ErrorKind)>>,
}

impl Client {
    /// Checks the settings, without I/O. The HTTP client is built when it is first used.
    ///
    /// # Errors
    /// [`ErrorKind::Settings`] and [`ErrorKind::PrivateKey`], which contain no secret.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Self::with_time_scale(settings, TimeScale::REAL)
    }

    fn with_time_scale(settings: Settings, time_scale: TimeScale) -> Result<Self, Error> {
        let fail = |kind: ErrorKind| Error::new(Call::Configure, kind);
        let check = |url: &Option<Url>| url.as_ref().map(http::check_url).transpose();
        let instance = check(&settings.instance_url).map_err(|problem| fail(problem.into()))?;
        let login = check(&settings.login_url).map_err(|problem| fail(problem.into()))?;
        let login = match login.or_else(|| instance.clone()) {
            Some(login) => login,
            None => Url::parse("https://login.salesforce.com")
                .map_err(|error| fail(ErrorKind::Malformed(error.to_string())))?,
        };
        auth::check_settings(&settings, instance.as_ref(), &login).map_err(fail)?;
        let http =
            Http::new(&settings.user_agent, settings.ca_certificate.as_deref(), settings.proxy.clone())
                .map_err(|problem| fail(problem.into()))?;
        let redactor = Redactor::default();
        for secret in settings.login.secrets() {
            redactor.learn(secret);
        }
        if let Some(password) = settings.proxy.as_ref().and_then(Proxy::password) {
            redactor.learn(&password);
        }
        Ok(Self {
            inner: Arc::new_cyclic(|me| Inner {
                me: me.clone(),
                settings,
                instance,
                login,
                http,
                redactor,
                auth: Auth::default(),
                token_requests: tokio::sync::Mutex::default(),
                audience: std::sync::OnceLock::new(),
                rotated: std::sync::Mutex::default(),
                time_scale,
                versions: tokio::sync::OnceCell::new(),
                last_retrieve: std::sync::Mutex::default(),
                exhausted: std::sync::Mutex::default(),
            }),
        })
    }

    /// Whether Salesforce issued another refresh token in place of the configured one, which may no longer be valid.
    pub fn refresh_token_was_rotated(&self) -> bool {
        self.inner.newest_refresh_token().is_some()
    }
}

impl Inner {
    fn rejected(&self, call: Call, reply: &http::Reply) -> Error {
        let mut error = Error::new(call, classify::classify(reply.view(), &self.redactor));
        error.retry_after = reply.retry_after;
        error
    }

    /// Sends a request with the retries that `retry` allows, and logs in again if the session has expired. If no call
    /// has succeeded in the session, logs in again only once.
    ///
    /// `make` builds the request for a session, and `read` converts the response to a result or an error.
    async fn exchange<T>(
        &self,
        call: Call,
        make: impl Fn(&Session) -> Result<http::Request, ErrorKind>,
        read: impl Fn(http::Reply) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.check_limit(call)?;
        let mut retry = retry::Retry::new(call, self.time_scale);
        let mut renewed = false;
        let mut session = self.session().await?;
        retried::note(None);
        loop {
            let request = make(&session).map_err(|kind| Error::new(call, kind))?;
            if call == Call::StartDeploy {
                // From here on, the org may receive the deploy.
                retried::note(None);
            }
            let result = match self.http.send(request, &self.redactor).await {
                Ok(reply) => read(reply),
                Err(kind) => Err(Error::new(call, kind)),
            };
            let error = match result {
                Ok(value) => {
                    session.note_success();
                    self.forget_limit();
                    retried::note(None);
                    return Ok(value);
                }
                Err(error) => error,
            };
            if let ErrorKind::Auth { problem: AuthProblem::SessionExpired, .. } = error.kind
                && (!renewed || session.has_worked())
            {
                renewed = true;
                session = self.renew(&session, error).await?;
                continue;
            }
            if let Err(error) = retry.wait(error).await {
                retried::note(None);
                self.note_limit(&error);
                return Err(error);
            }
        }
    }

    /// Rejects new calls for a minute after the daily limit was reached, except calls for a running deploy or retrieve.
    fn check_limit(&self, call: Call) -> Result<(), Error> {
        if matches!(call, Call::DeployStatus | Call::CancelDeploy | Call::FetchRetrieve) {
            return Ok(());
        }
        match &*lock(&self.exhausted) {
            Some((when, kind)) if when.elapsed() < EXHAUSTION => Err(Error::new(call, kind.clone())),
            _ => Ok(()),
        }
    }

    /// Allows new calls again, after the org has accepted a call. Completed changes must be read back, because
    /// Terraform would replace a resource that was created but not read.
    fn forget_limit(&self) {
        *lock(&self.exhausted) = None;
    }

    fn note_limit(&self, error: &Error) {
        if let ErrorKind::Limit { concurrent: false, .. } = error.kind {
            *lock(&self.exhausted) = Some((Instant::now(), error.kind.clone()));
        }
    }
}
