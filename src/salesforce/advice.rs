//! What to do about an error, one sentence or two for each.

use super::classify::Class;
use super::error::{AuthProblem, Call, Error, ErrorKind, Page, SettingsProblem};

/// What reading keys and secrets needs.
const CREDENTIALS: &str = "Switch on access to client secrets through the REST API in Setup, External Client App Settings, and give the user the permissions External Client App Developer and View Client Secret.";

impl Error {
    /// What a person can do about it. Plain sentences, ready to print; never empty.
    pub fn advice(&self) -> &'static str {
        if self.is_ambiguous() {
            return "The deploy may or may not have reached the org. See Deployment Status in Setup before applying again.";
        }
        match &self.kind {
            ErrorKind::Settings(problem) => problem.advice(),
            ErrorKind::PrivateKey(problem) => problem.advice(),
            ErrorKind::SubjectToken(problem) => problem.advice(),
            ErrorKind::SfCli(problem) => problem.advice(),
            ErrorKind::Auth { problem, .. } => problem.advice(),
            ErrorKind::Unreachable { dns: true, .. } => {
                "Check the spelling of the host. A deleted sandbox or scratch org loses its host name too."
            }
            ErrorKind::Unreachable { .. } => "Check the network, HTTPS_PROXY and NO_PROXY, then try again.",
            ErrorKind::Untrusted { .. } => {
                "If a proxy inspects TLS, give its CA certificate in ca_certificate or ca_certificate_file."
            }
            ErrorKind::Proxy { .. } => {
                "Check HTTPS_PROXY with its user and password, or exempt the host in NO_PROXY."
            }
            ErrorKind::Interrupted { .. } => {
                "Try again; if it persists, look at the network between here and Salesforce."
            }
            ErrorKind::TooLarge { .. } => "Check that instance_url and login_url name a Salesforce org.",
            ErrorKind::Redirected { .. } => {
                "Use the My Domain URL of the org, as Setup, My Domain shows it (https://<name>.my.salesforce.com)."
            }
            ErrorKind::Page { page: Page::Other, .. } => {
                "Check that instance_url and login_url name a Salesforce org and not a site or the user interface."
            }
            ErrorKind::Page { .. } => {
                "Wait until Salesforce is back (status.salesforce.com), then try again."
            }
            ErrorKind::Status { status: 420 } => {
                "The org may have been deleted or have expired, as scratch orgs do."
            }
            ErrorKind::Status { .. } => self.advice_by_class(),
            ErrorKind::Fault { code, .. } => match code.as_str() {
                "UNSUPPORTED_API_VERSION" | "GONE" => {
                    "Set api_version to one that the org supports, or leave it out."
                }
                "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE" | "ORG_IN_MAINTENANCE" => {
                    "The org is read-only during maintenance and nothing was changed. Apply again later."
                }
                _ => self.advice_by_class(),
            },
            ErrorKind::Limit { concurrent: true, .. } => {
                "Lower -parallelism, or run fewer jobs against this org at once."
            }
            ErrorKind::Limit { concurrent: false, .. } => {
                "The limit counts the last 24 hours: wait, or ask Salesforce for more calls."
            }
            ErrorKind::OtherOrg { .. } => {
                "Correct the credentials; or expected_org_id if the sandbox was refreshed on purpose, and name its old ID in previous_org_ids."
            }
            ErrorKind::OtherInstance { .. } => {
                "Set instance_url to the org that you mean and log in there, or leave out the one of the two that is not meant."
            }
            ErrorKind::OrgChanged { .. } => "Was the sandbox refreshed just now? Run plan again.",
            ErrorKind::ApiVersionUnavailable { .. } => {
                "Set api_version to one that the org has, or leave it out."
            }
            ErrorKind::ApiTooOld { .. } => "Check that instance_url names the org that you mean.",
            ErrorKind::Malformed(_) => {
                "Try again; if it persists, please report it together with the provider's debug log."
            }
            ErrorKind::RetrieveFailed { .. } => self.advice_by_class(),
            ErrorKind::RetrieveUnfinished { .. } => "The org is busy. Try again later.",
            ErrorKind::SecretWithheld => CREDENTIALS,
        }
    }

    fn advice_by_class(&self) -> &'static str {
        match self.class {
            Class::Transient => "This is usually temporary. Try again.",
            Class::Locked => "Another change of the org is under way. Try again when it is done.",
            Class::Permission if matches!(self.call, Call::ConsumerCredentials | Call::ConsumerSecret) => {
                CREDENTIALS
            }
            Class::Permission => {
                "The user needs API Enabled and Modify Metadata Through Metadata API Functions or Modify All Data."
            }
            Class::NotFound => {
                "The org does not know what was asked for. Check that the credentials lead to the org that you mean."
            }
            Class::Limit => "Wait, then try again.",
            Class::Auth => "Check the credentials.",
            Class::Ambiguous | Class::Config | Class::Fatal => "If the text does not help, please report it.",
        }
    }
}

impl AuthProblem {
    /// What a person can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::SessionExpired => {
                "A session that was new a moment ago was refused. Look for a setting that ends sessions, such as locking them to an IP address."
            }
            Self::AccessTokenExpired => {
                "Get a new access token, or let the provider log in itself (JWT bearer or client credentials)."
            }
            Self::SessionBlocked => {
                "Look at API access control, at the session security level that is required, and at the IP restrictions of the user and the app."
            }
            Self::JwtToken => {
                "On the app that the provider logs in with, clear \"Issue JSON Web Token (JWT)-based access tokens for named users\" (named_user_jwt_enabled). Or let the provider use API 68.0 or newer: leave api_version out, if the org has it."
            }
            Self::NotApproved => {
                "In the app's policies set permitted users to admin approved and give the user a permission set or profile of the app; or let the user approve the app once. The same answer comes when login_url or audience belong to another kind of org (sandbox and production)."
            }
            Self::AppAccess => "Give the user a permission set or profile that the app's policies name.",
            Self::Audience => {
                "Set instance_url to the org's My Domain URL (https://<name>.my.salesforce.com) and leave audience out: External Client Apps are reported to accept no other audience. Connected apps also take https://login.salesforce.com, or https://test.salesforce.com in sandboxes and scratch orgs; users of an Experience Cloud site its URL."
            }
            Self::AppAbsent => {
                "Either the app is missing in this org, as in a new or refreshed sandbox: create it there, or use that org's own client ID. Or the JWT has another audience than the org's My Domain URL, which is reported to be answered in the same way: set instance_url to it (https://<name>.my.salesforce.com), and leave audience and login_url out."
            }
            Self::UnknownClient => {
                "Check client_id and login_url. A new app, or one whose key was rotated, may need up to half an hour before Salesforce knows it everywhere."
            }
            Self::BadClient => {
                "Check client_id and client_secret; the secret changes when it is rotated. An app may want the secret with a refresh token and with a subject token, too."
            }
            Self::Clock { .. } => "Set this machine's clock: a JWT is good for three minutes.",
            Self::BadAssertion => {
                "Check that the app holds the certificate of this private_key, and that username exists in the org."
            }
            Self::RefreshTokenEnded => {
                "Get a new one, by sf org login web, say. Where the app rotates refresh tokens, each is good for one login, and Terraform logs in more than once per run: switch the rotation off for that app (refresh_token_rotation_enabled), or log in another way."
            }
            Self::SubjectTokenRefused => {
                "Salesforce takes subject tokens of up to 10,000 characters, of a kind (subject_token_type) that the token exchange handler supports. Beyond that the handler decides: look at its checks of issuer, audience and subject, at the user that it finds, and whether he may use the app. Setup, Login History has the attempt."
            }
            Self::SubjectTokenExpired => {
                "Whatever runs Terraform gives out a new one for each run. Where a run takes longer than the token is good for, use subject_token_file, which is read anew at each login."
            }
            Self::TokenHandler => {
                "Check token_handler: the handler's API name, or its Apex class; it must be enabled, and for this app. Without token_handler the app needs a default handler."
            }
            Self::LoginRate => "Wait an hour; use a user of its own for Terraform.",
            Self::Restricted => {
                "Check that the user is active and not locked, the login hours and IP ranges of the profile, and the IP relaxation in the app's policies."
            }
            Self::NoRunAsUser => {
                "In the app's policies enable the client credentials flow and name a user to run as."
            }
            Self::FlowDisabled => "Enable the flow in the app's OAuth settings and in its policies.",
            Self::MissingScope => "Add the scopes Api and RefreshToken to the app.",
            Self::ServerError => {
                "Try again; the My Domain URL as login_url is more dependable than the shared login hosts."
            }
            Self::Refused => "Login History in Setup shows why Salesforce refused.",
        }
    }
}

impl SettingsProblem {
    /// What a person can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::InsecureUrl { .. } | Self::OddUrl { .. } => {
                "Give the URL as https://<name>.my.salesforce.com. Plain http works for loopback addresses only."
            }
            Self::LightningUrl { .. } => {
                "Use the host that ends in .my.salesforce.com; Setup, My Domain shows it."
            }
            Self::InstanceUrlMissing => {
                "Set instance_url to the My Domain URL of the org that the token belongs to."
            }
            Self::MyDomainNeeded { .. } => "Set instance_url or login_url to the My Domain URL of the org.",
            Self::ApiVersion { .. } => "Set api_version within that range, or leave it out.",
            Self::CaCertificate => "Give one or more blocks of -----BEGIN CERTIFICATE-----.",
            Self::NoCaCertificates => {
                "Install them (in most Linux distributions the package ca-certificates), or name a file that has them \
                 in SSL_CERT_FILE, ca_certificate_file or ca_certificate."
            }
            Self::UserAgent | Self::NotAnId { .. } => "Please report this to the provider's authors.",
            Self::HttpClient { .. } => "Check the CA certificates of this machine and HTTPS_PROXY.",
        }
    }
}
