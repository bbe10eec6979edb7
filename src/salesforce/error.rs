//! What can go wrong between us and an org.
//!
//! An [`Error`] says what we were doing ([`Call`]) and what happened ([`ErrorKind`]). Its questions,
//! [`Error::is_transient`], [`Error::safe_to_resubmit`], [`Error::is_ambiguous`], were answered by `classify` when it
//! was made. Texts of the server inside it have passed the redactor.

use std::fmt;
use std::time::Duration;

use super::classify::Class;
use super::key::PrivateKeyProblem;
use super::login::SubjectTokenProblem;
use super::sf_cli::SfCliProblem;

/// What the client was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// Reading the settings; nothing was sent.
    Configure,
    /// Asking for an access token.
    Login,
    /// Asking who the token belongs to.
    UserInfo,
    /// Listing the API versions of the org.
    Versions,
    /// Handing over a deploy.
    StartDeploy,
    /// Asking how a deploy is getting on.
    DeployStatus,
    /// Asking the org to stop a deploy.
    CancelDeploy,
    /// Asking for metadata files.
    StartRetrieve,
    /// Asking for the files as soon as they are ready; the org hands them out once.
    FetchRetrieve,
    /// Listing components.
    ListMetadata,
    /// A SOQL query.
    Query,
    /// Reading consumer keys.
    ConsumerCredentials,
    /// Reading a consumer secret.
    ConsumerSecret,
    /// Looking at what is staged beside a consumer's key and secret.
    StagedCredentials,
    /// Making a new key and secret beside those of a consumer.
    StageCredentials,
    /// Making the staged key and secret those of the consumer.
    RotateCredentials,
    /// Ending a staged or a previous key and secret.
    RevokeCredentials,
}

impl Call {
    /// Whether a lost answer leaves a question open about the org.
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
            Self::Login => "logging in",
            Self::UserInfo => "asking who is logged in",
            Self::Versions => "listing the API versions",
            Self::StartDeploy => "starting a deploy",
            Self::DeployStatus => "asking for the state of a deploy",
            Self::CancelDeploy => "cancelling a deploy",
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

/// An error of the wire client. Cheap enough to clone: one cause may have to be told to many callers.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{call}: {kind}")]
pub struct Error {
    /// What we were doing.
    pub call: Call,
    /// What happened.
    pub kind: ErrorKind,
    pub(super) class: Class,
    pub(super) no_effect: bool,
    pub(super) retry_after: Option<Duration>,
}

impl Error {
    /// An error with the verdict that belongs to its kind.
    pub fn new(call: Call, kind: ErrorKind) -> Self {
        let (class, no_effect) = kind.verdict();
        Self { call, kind, class, no_effect, retry_after: None }
    }

    /// What sort of trouble this is.
    pub fn class(&self) -> Class {
        if self.is_ambiguous() { Class::Ambiguous } else { self.class }
    }

    /// Whether the same call may well succeed later without anyone changing anything. Decided by codes, not by
    /// prose, except for the few texts that Salesforce sends without a code of their own.
    pub fn is_transient(&self) -> bool {
        match &self.kind {
            ErrorKind::Limit { concurrent, .. } => *concurrent,
            ErrorKind::Status { status: 429 } => true,
            ErrorKind::Fault { code, .. } if code == "ORG_LOCKED" => false,
            _ => matches!(self.class, Class::Transient | Class::Locked),
        }
    }

    /// How long the server asked us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether it is proved that the request had no effect, so that sending it again cannot do it twice.
    /// For calls that only read this is always so.
    pub fn safe_to_resubmit(&self) -> bool {
        self.no_effect || !self.call.changes_the_org()
    }

    /// Whether the request may have taken effect although no usable answer came. Look before sending it again.
    pub fn is_ambiguous(&self) -> bool {
        !self.safe_to_resubmit()
    }

    /// The code that Salesforce gave, such as `INSUFFICIENT_ACCESS`.
    pub fn code(&self) -> Option<&str> {
        match &self.kind {
            ErrorKind::Fault { code, .. } | ErrorKind::RetrieveFailed { code: Some(code), .. } => Some(code),
            ErrorKind::Limit { .. } => Some("REQUEST_LIMIT_EXCEEDED"),
            _ => None,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The settings cannot be used.
    #[error("{0}")]
    Settings(#[from] SettingsProblem),
    /// The private key cannot be used.
    #[error("{0}")]
    PrivateKey(#[from] PrivateKeyProblem),
    /// The token to be exchanged cannot be had.
    #[error("{0}")]
    SubjectToken(#[from] SubjectTokenProblem),
    /// The Salesforce CLI gives no token.
    #[error("{0}")]
    SfCli(#[from] SfCliProblem),
    /// No connection was made: nothing was sent. `dns`: the host's name did not resolve.
    #[error("cannot reach {host}: {text}")]
    Unreachable { host: String, dns: bool, text: String },
    /// The server's certificate was refused.
    #[error("cannot trust {host}: {text}")]
    Untrusted { host: String, text: String },
    /// The proxy would not let us through.
    #[error("the proxy refused the way to {host}: {text}")]
    Proxy { host: String, text: String },
    /// The connection broke, or time ran out, when the request or a part of it may have been sent.
    #[error("{}: {text}", if *.timed_out { "no answer in time" } else { "connection lost before the whole answer came" })]
    Interrupted { timed_out: bool, text: String },
    /// The answer was bigger than we are willing to hold.
    #[error("the answer is bigger than {limit} bytes")]
    TooLarge { limit: usize },
    /// The server sent us elsewhere. Never followed: the request carries a credential.
    #[error("redirected to {to} (HTTP {status}); not followed")]
    Redirected { status: u16, to: String },
    /// A web page came instead of an API answer.
    #[error("{}", .page.words(*.status))]
    Page { status: u16, page: Page },
    /// A status with nothing in the body that we understand.
    #[error("HTTP status {status}")]
    Status { status: u16 },
    /// Salesforce refused, with a code.
    #[error("{code}: {text}")]
    Fault { code: String, text: String },
    /// `REQUEST_LIMIT_EXCEEDED`: too many calls at once, or in the last 24 hours.
    #[error("{}: {text}", if *.concurrent { "too many concurrent API calls" } else { "the org's daily API limit is used up" })]
    Limit { concurrent: bool, text: String },
    /// A token was refused or not given.
    #[error("{problem}{}", words(.said))]
    Auth { problem: AuthProblem, said: Option<String> },
    /// The org is not the one that the configuration expects.
    #[error("connected to org {actual}, but the configuration expects {expected}")]
    OtherOrg { expected: String, actual: String },
    /// The token is of another instance than the one that the configuration names.
    #[error("the login led to {actual}, but instance_url is {expected}")]
    OtherInstance { expected: String, actual: String },
    /// After the session ended, the same credentials led to another org.
    #[error("the org changed from {before} to {after} in mid-run")]
    OrgChanged { before: String, after: String },
    /// The org lacks the API version that the configuration asks for.
    #[error("the org has no API version {wanted}.0; it has {oldest}.0 to {newest}.0")]
    ApiVersionUnavailable { wanted: u16, oldest: u16, newest: u16 },
    /// The org's newest API version is older than all that we know.
    #[error("the org's newest API version is {newest}.0; at least {needed}.0 is needed")]
    ApiTooOld { newest: u16, needed: u16 },
    /// An answer that is not what the API promises.
    #[error("unusable answer: {0}")]
    Malformed(String),
    /// The org ended a retrieve without files.
    #[error("the retrieve failed: {text}")]
    RetrieveFailed { code: Option<String>, text: String },
    /// A retrieve did not end in time.
    #[error("the retrieve did not end within {seconds} s")]
    RetrieveUnfinished { seconds: u64 },
    /// The org answered without the consumer secret.
    #[error("the org did not give the consumer secret")]
    SecretWithheld,
}

fn words(said: &Option<String>) -> String {
    said.as_deref().filter(|s| !s.is_empty()).map(|s| format!(" (Salesforce says: {s})")).unwrap_or_default()
}

fn skew(seconds: i64) -> String {
    match seconds {
        0 => String::new(),
        1.. => format!(": this machine's clock is {seconds} s ahead of it"),
        _ => format!(": this machine's clock is {} s behind it", seconds.unsigned_abs()),
    }
}

/// Web pages that come instead of answers, as far as they can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// "We are down for maintenance".
    Maintenance,
    /// A page of a gateway, a CDN or Salesforce Edge.
    Gateway,
    /// The servlet container's page for a request it could not read.
    BadMessage,
    /// Salesforce's page for an unexpected connection error.
    Connection,
    /// Any other page, such as one for people to log in with.
    Other,
}

impl Page {
    fn words(self, status: u16) -> String {
        let what = match self {
            Self::Maintenance => "Salesforce is down for maintenance",
            Self::Gateway => "a gateway answered in place of Salesforce",
            Self::BadMessage => "the web server could not read the request",
            Self::Connection => "Salesforce had a connection error",
            Self::Other => "a web page came instead of an answer of the API",
        };
        format!("{what} (HTML page, HTTP {status})")
    }
}

/// Settings that cannot work, found before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsProblem {
    /// Plain HTTP to something other than this machine.
    #[error("{url} is not https, which is needed for every host but this machine")]
    InsecureUrl { url: String },
    /// A URL with a user name or password in it, or without a host.
    #[error("{url} must be https, a host, and nothing else")]
    OddUrl { url: String },
    /// The address of the Lightning user interface, where no API answers.
    #[error("{url} is the address of the user interface")]
    LightningUrl { url: String },
    /// A token from elsewhere works only with the URL of its org.
    #[error("an access token needs instance_url")]
    InstanceUrlMissing,
    /// login.salesforce.com and test.salesforce.com give no tokens for client credentials.
    #[error("the client credentials flow needs the My Domain URL of the org, not {host}")]
    MyDomainNeeded { host: String },
    /// `api_version` is outside of what this provider knows.
    #[error("API version {wanted}.0 is not between {oldest}.0 and {newest}.0")]
    ApiVersion { wanted: u16, oldest: u16, newest: u16 },
    /// The extra CA certificates cannot be read.
    #[error("ca_certificate holds no certificate in PEM form that can be read")]
    CaCertificate,
    /// A container without them, most of the time.
    #[error("this machine has no CA certificates, so that no server can be trusted")]
    NoCaCertificates,
    /// The user agent holds characters that a header cannot.
    #[error("the user agent cannot be a header")]
    UserAgent,
    /// The HTTP client could not be built.
    #[error("the HTTP client cannot be set up: {text}")]
    HttpClient { text: String },
    /// An id given by the caller is not an id of Salesforce.
    #[error("{what} is not a Salesforce id")]
    NotAnId { what: &'static str },
}

/// Why a token was refused or not given. F-numbers are those of the fault catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum AuthProblem {
    /// F01: the session ended. ResponseView from outside only when a new login did not help.
    #[error("the session has expired")]
    SessionExpired,
    /// F01 for a token from elsewhere, which we cannot renew.
    #[error("the access token has expired or was revoked")]
    AccessTokenExpired,
    /// F02: the session is good, but a policy keeps it off the API.
    #[error("a policy of the org does not allow this session to use the API")]
    SessionBlocked,
    /// F03: a JWT as access token, which SOAP refuses below API 68.0.
    #[error(
        "the access token is a JSON Web Token, which Salesforce's SOAP API refuses before API version 68.0"
    )]
    JwtToken,
    /// F30: the user has not approved the app.
    #[error("the user has not approved the app")]
    NotApproved,
    /// The user is not among those whom an administrator allowed to use the app.
    #[error("the user may not use the app")]
    AppAccess,
    /// F31: the JWT names another audience than this login host.
    #[error("the audience of the JWT is not that of the login host")]
    Audience,
    /// F32: the app is not in this org.
    #[error("the app is not installed in this org")]
    AppAbsent,
    /// F32, F39: the client id is not known, or not yet.
    #[error("the client ID is not known")]
    UnknownClient,
    /// The client secret is wrong.
    #[error("the client ID or client secret is not right")]
    BadClient,
    /// F33: the JWT had expired on arrival, or was for a time too far away.
    #[error("the JWT was not valid at the server's time{}", skew(*.skew_seconds))]
    Clock {
        /// This machine's clock minus the server's, in seconds; 0 when they agree or the server gave no date.
        skew_seconds: i64,
    },
    /// The signature does not fit the certificate of the app.
    #[error("the JWT's signature or user was not accepted")]
    BadAssertion,
    /// The refresh token has expired, was revoked, or was used already where each is good once.
    #[error("the refresh token is not good any more")]
    RefreshTokenEnded,
    /// The token that was handed over for one of the org was refused.
    #[error("the subject token was not accepted")]
    SubjectTokenRefused,
    /// The same, and it says of itself that its time is over.
    #[error("the subject token has expired")]
    SubjectTokenExpired,
    /// No token exchange handler of that name for the app, or no default one.
    #[error("the org has no such token exchange handler for the app")]
    TokenHandler,
    /// F34: more than 3,600 logins of the user in an hour.
    #[error("too many logins of this user")]
    LoginRate,
    /// F35: address or hours are restricted, or the user is inactive or locked.
    #[error("a restriction of the user or the app forbids this login")]
    Restricted,
    /// Client credentials without a user to run as.
    #[error("the app has no user to run the client credentials flow as")]
    NoRunAsUser,
    /// The app does not allow the flow.
    #[error("the app does not allow this OAuth flow")]
    FlowDisabled,
    /// The JWT bearer flow needs the refresh_token scope.
    #[error("the app lacks a scope that this flow needs")]
    MissingScope,
    /// F36: the login host had trouble of its own.
    #[error("the login host had an error of its own")]
    ServerError,
    /// Refused for a reason that we have no name for.
    #[error("the login was refused")]
    Refused,
}
