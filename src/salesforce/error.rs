//! The errors of the client.
//!
//! An [`Error`] contains the call ([`Call`]) and the kind of error ([`ErrorKind`]). The error is classified when it is
//! created (`classify`), which determines [`Error::is_transient`], [`Error::safe_to_resubmit`] and
//! [`Error::is_ambiguous`]. Text from the server is redacted.

use std::fmt;
use std::time::Duration;

use super::classify::Class;
use super::key::PrivateKeyProblem;
use super::login::SubjectTokenProblem;
use super::sf_cli::SfCliProblem;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// Reading the settings. Nothing was sent.
    Configure,
    Login,
    UserInfo,
    Versions,
    StartDeploy,
    DeployStatus,
    CancelDeploy,
    StartRetrieve,
    /// Polling a retrieve and fetching its files, which the org returns once.
    FetchRetrieve,
    ListMetadata,
    Query,
    ConsumerCredentials,
    ConsumerSecret,
    StagedCredentials,
    StageCredentials,
    RotateCredentials,
    RevokeCredentials,
}

impl Call {
    /// Whether a lost response leaves the state of the org unknown.
    pub fn changes_the_org(self) -> bool {
        matches!(
            self,
            Self::StartDeploy | Self::StageCredentials | Self::RotateCredentials | Self::RevokeCredentials
        )
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configure => "reading the settings",
            Self::Login => "authentication",
            Self::UserInfo => "reading the user info",
            Self::Versions => "listing the API versions",
            Self::StartDeploy => "starting a deploy",
            Self::DeployStatus => "reading the status of a deploy",
            Self::CancelDeploy => "canceling a deploy",
            Self::StartRetrieve => "starting a retrieve",
            Self::FetchRetrieve => "fetching retrieved files",
            Self::ListMetadata => "listing metadata",
            Self::Query => "running a query",
            Self::ConsumerCredentials => "reading consumer keys",
            Self::ConsumerSecret => "reading a consumer secret",
            Self::StagedCredentials => "reading staged credentials",
            Self::StageCredentials => "staging new credentials",
            Self::RotateCredentials => "rotating credentials",
            Self::RevokeCredentials => "revoking credentials",
        })
    }
}

/// An error from the client. Cloned when one cause is reported to many callers.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{call}: {kind}")]
pub struct Error {
    pub call: Call,
    pub kind: ErrorKind,
    pub(super) class: Class,
    pub(super) no_effect: bool,
    pub(super) retry_after: Option<Duration>,
}

impl Error {
    /// Creates an error and classifies its kind.
    pub fn new(call: Call, kind: ErrorKind) -> Self {
        let (class, no_effect) = kind.verdict();
        Self { call, kind, class, no_effect, retry_after: None }
    }

    pub fn class(&self) -> Class {
        if self.is_ambiguous() { Class::Ambiguous } else { self.class }
    }

    /// Whether the same call may succeed later without any change. This depends on codes, except for the few messages
    /// that Salesforce sends without a code.
    pub fn is_transient(&self) -> bool {
        match &self.kind {
            ErrorKind::Limit { concurrent, .. } => *concurrent,
            ErrorKind::Status { status: 429 } => true,
            ErrorKind::Fault { code, .. } if code == "ORG_LOCKED" => false,
            _ => matches!(self.class, Class::Transient | Class::Locked),
        }
    }

    /// The wait that the server requested with `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the request certainly had no effect, so that it can be sent again. Always true for calls that only
    /// read.
    pub fn safe_to_resubmit(&self) -> bool {
        self.no_effect || !self.call.changes_the_org()
    }

    /// Whether the request may have had an effect although there was no usable response. If so, read the org before
    /// sending the request again.
    pub fn is_ambiguous(&self) -> bool {
        !self.safe_to_resubmit()
    }

    /// The error code from Salesforce, such as `INSUFFICIENT_ACCESS`.
    pub fn code(&self) -> Option<&str> {
        match &self.kind {
            ErrorKind::Fault { code, .. } | ErrorKind::RetrieveFailed { code: Some(code), .. } => Some(code),
            ErrorKind::Limit { .. } => Some("REQUEST_LIMIT_EXCEEDED"),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    #[error("{0}")]
    Settings(#[from] SettingsProblem),
    #[error("{0}")]
    PrivateKey(#[from] PrivateKeyProblem),
    #[error("{0}")]
    SubjectToken(#[from] SubjectTokenProblem),
    #[error("{0}")]
    SfCli(#[from] SfCliProblem),
    /// There was no connection, so nothing was sent. If `dns` is set, the host name could not be resolved.
    #[error("cannot reach {host}: {text}")]
    Unreachable { host: String, dns: bool, text: String },
    #[error("the certificate of {host} is not trusted: {text}")]
    Untrusted { host: String, text: String },
    /// The proxy did not create a tunnel, so nothing was sent. If `temporary` is set, the proxy may be restarting. The
    /// HTTP client cannot distinguish a restarting proxy (502, 503) from one that denies the host (403). Only a request
    /// for credentials and a response whose headers are too long are certainly not temporary.
    #[error("the proxy refused the connection to {host}: {text}")]
    Proxy { host: String, temporary: bool, text: String },
    /// The connection was lost, or a timeout was exceeded, after a part of the request may have been sent.
    #[error("{}: \
             {text}", if *.timed_out { "timeout \
                                        exceeded" } else { "connection lost before the response was complete" })]
    Interrupted { timed_out: bool, text: String },
    #[error("the response is larger than {limit} bytes")]
    TooLarge { limit: usize },
    /// A redirect. Redirects are not followed, because the request may contain a credential.
    #[error("the redirect to {to} (HTTP {status}) was not followed")]
    Redirected { status: u16, to: String },
    /// An HTML page instead of an API response.
    #[error("{}", .page.words(*.status))]
    Page { status: u16, page: Page },
    /// A status and an unrecognized body.
    #[error("HTTP status {status}")]
    Status { status: u16 },
    #[error("{code}: {text}")]
    Fault { code: String, text: String },
    /// `REQUEST_LIMIT_EXCEEDED`: too many concurrent calls, or too many in 24 hours.
    #[error("{}: {text}", if *.concurrent { "too many concurrent API calls" } else { "the org's daily API limit is \
                                                                                      exceeded" })]
    Limit { concurrent: bool, text: String },
    #[error("{problem}{}", words(.message))]
    Auth { problem: AuthProblem, message: Option<String> },
    #[error("connected to org {actual}, but the configuration expects {expected}")]
    OtherOrg { expected: String, actual: String },
    /// The token belongs to a different instance than the configured one.
    #[error("the login returned {actual}, but instance_url is {expected}")]
    OtherInstance { expected: String, actual: String },
    /// After the session expired, a login with the same credentials led to another org.
    #[error("the org changed from {before} to {after} during the run")]
    OrgChanged { before: String, after: String },
    #[error("the org does not support API version {wanted}.0; it supports {oldest}.0 to {newest}.0")]
    ApiVersionUnavailable { wanted: u16, oldest: u16, newest: u16 },
    /// The org's newest API version is older than the oldest supported one.
    #[error("the org's newest API version is {newest}.0; at least {needed}.0 is required")]
    ApiTooOld { newest: u16, needed: u16 },
    #[error("invalid response: {0}")]
    Malformed(String),
    #[error("the retrieve failed: {text}")]
    RetrieveFailed { code: Option<String>, text: String },
    #[error("the retrieve did not complete within {seconds} s")]
    RetrieveUnfinished { seconds: u64 },
    #[error("the org did not return the consumer secret")]
    SecretWithheld,
}

fn words(message: &Option<String>) -> String {
    message
        .as_deref()
        .filter(|s| !s.is_empty())
        .map(|s| format!(" (Salesforce returned: {s})"))
        .unwrap_or_default()
}

fn skew(seconds: i64) -> String {
    match seconds {
        0 => String::new(),
        1.. => format!(": this machine's clock is {seconds} s ahead of it"),
        _ => format!(": this machine's clock is {} s behind it", seconds.unsigned_abs()),
    }
}

/// HTML pages that are returned instead of API responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Maintenance,
    /// A page from a gateway, a CDN or Salesforce Edge.
    Gateway,
    /// The servlet container's page for an invalid request.
    BadMessage,
    /// Salesforce's page for an unexpected connection error.
    Connection,
    /// Any other page, such as the login page.
    Other,
}

impl Page {
    fn words(self, status: u16) -> String {
        let what = match self {
            Self::Maintenance => "Salesforce is down for maintenance",
            Self::Gateway => "a gateway responded instead of Salesforce",
            Self::BadMessage => "the web server could not read the request",
            Self::Connection => "Salesforce had a connection error",
            Self::Other => "an HTML page was returned instead of an API response",
        };
        format!("{what} (HTML page, HTTP {status})")
    }
}

/// Settings that are invalid, found before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsProblem {
    #[error("{url} does not use https, which is required for all hosts except this machine")]
    InsecureUrl { url: String },
    #[error("{url} must be set without a username or password")]
    OddUrl { url: String },
    /// The URL of the Lightning user interface, which has no API.
    #[error("{url} is a URL of the user interface")]
    LightningUrl { url: String },
    /// A configured token needs the URL of its org.
    #[error("an access token requires instance_url")]
    InstanceUrlMissing,
    /// login.salesforce.com and test.salesforce.com issue no tokens for client credentials.
    #[error("the client credentials flow requires the My Domain URL of the org, not {host}")]
    MyDomainNeeded { host: String },
    #[error("API version {wanted}.0 is not between {oldest}.0 and {newest}.0")]
    ApiVersion { wanted: u16, oldest: u16, newest: u16 },
    #[error("ca_certificate contains no valid PEM certificate")]
    CaCertificate,
    /// The usual cause is a container image without CA certificates.
    #[error("this machine has no CA certificates, so no server can be trusted")]
    NoCaCertificates,
    #[error("the user agent is not a valid header value")]
    UserAgent,
    #[error("the HTTP client cannot be set up: {text}")]
    HttpClient { text: String },
    #[error("{what} is not a Salesforce ID")]
    NotAnId { what: &'static str },
}

/// Why a token was rejected or not issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum AuthProblem {
    /// The session expired. The client logs in again before it returns this error.
    #[error("the session has expired")]
    SessionExpired,
    /// The configured token expired and cannot be renewed.
    #[error("the access token has expired or was revoked")]
    AccessTokenExpired,
    /// The session is valid, but a policy denies it access to the API.
    #[error("a policy of the org does not allow this session to use the API")]
    SessionBlocked,
    /// The access token is a JWT, which SOAP rejects in API versions earlier than 68.0.
    #[error(
        "the access token is a JSON Web Token, which Salesforce's SOAP API rejects in API versions earlier than 68.0"
    )]
    JwtToken,
    #[error("the user has not approved the app")]
    NotApproved,
    /// An administrator has not approved the user for the app.
    #[error("the user is not allowed to use the app")]
    AppAccess,
    /// The audience of the JWT is not valid for the login host.
    #[error("the audience of the JWT is not valid for the login host")]
    Audience,
    #[error("the app is not installed in this org")]
    AppAbsent,
    /// The client ID does not exist, or is not yet available on all servers.
    #[error("the client ID is unknown")]
    UnknownClient,
    #[error("the client ID or client secret is not valid")]
    BadClient,
    /// The JWT had expired, or its expiry was too far in the future.
    #[error("the JWT is not valid at the server's time{}", skew(*.skew_seconds))]
    Clock {
        /// This machine's clock minus the server's, in seconds. 0 if the clocks agree or the server sent no date.
        skew_seconds: i64,
    },
    #[error("the JWT's signature or user is not valid")]
    BadAssertion,
    /// The refresh token has expired, was revoked, or was already used in an app whose refresh tokens are valid only
    /// once.
    #[error("the refresh token is no longer valid")]
    RefreshTokenEnded,
    #[error("the subject token was not accepted")]
    SubjectTokenRejected,
    #[error("the subject token has expired")]
    SubjectTokenExpired,
    /// The app has no token exchange handler with this name, or no default handler.
    #[error("the app has no such token exchange handler")]
    TokenHandler,
    /// The user logged in more than 3,600 times in an hour.
    #[error("too many logins by this user")]
    LoginRate,
    /// The IP address or login hours are restricted, or the user is inactive or locked.
    #[error("the login is restricted for the user or the app")]
    Restricted,
    #[error("the app has no run-as user for the client credentials flow")]
    NoRunAsUser,
    #[error("the app does not allow this OAuth flow")]
    FlowDisabled,
    /// The JWT bearer flow needs the refresh_token scope.
    #[error("the app lacks a scope that this flow requires")]
    MissingScope,
    #[error("the login host had an internal error")]
    ServerError,
    #[error("the login was rejected")]
    Rejected,
}
