//! The recommended action for each error, in a few sentences.

use super::classify::Class;
use super::error::{AuthProblem, Call, Error, ErrorKind, Page, SettingsProblem};

/// The advice if permissions for keys and secrets are missing.
const CREDENTIALS: &str = "On the page External Client App Settings in Setup, enable access to consumer secrets \
                           through the REST API. Assign the user the permissions External Client App Developer and \
                           View Client Secret.";

impl Error {
    /// The recommended action, in plain sentences. Never empty.
    pub fn advice(&self) -> &'static str {
        if self.is_ambiguous() {
            return match self.call {
                Call::StageCredentials | Call::RotateCredentials | Call::RevokeCredentials => {
                    "The org may or may not have changed the credentials. Run terraform plan to read them before \
                     applying again."
                }
                _ => {
                    "The org may or may not have received the deploy. Check Deployment Status in Setup before applying \
                     again."
                }
            };
        }
        match &self.kind {
            ErrorKind::Settings(problem) => problem.advice(),
            ErrorKind::PrivateKey(problem) => problem.advice(),
            ErrorKind::SubjectToken(problem) => problem.advice(),
            ErrorKind::SfCli(problem) => problem.advice(),
            ErrorKind::Auth { problem, .. } => problem.advice(),
            ErrorKind::Unreachable { dns: true, .. } => {
                "Check the spelling of the host. The host name of a deleted sandbox or scratch org no longer exists."
            }
            ErrorKind::Unreachable { .. } => "Check the network, HTTPS_PROXY and NO_PROXY, and try again.",
            ErrorKind::Untrusted { .. } => {
                "If a proxy inspects TLS, set its CA certificate in ca_certificate or ca_certificate_file. If the \
                 certificate has expired or is not valid yet, check this machine's clock."
            }
            ErrorKind::Proxy { .. } => {
                "Check HTTPS_PROXY, including its username and password, or add the host to NO_PROXY."
            }
            ErrorKind::Interrupted { .. } => {
                "Try again. If the error persists, check the network between this machine and Salesforce."
            }
            ErrorKind::TooLarge { .. } => {
                "Check that instance_url and login_url are URLs of a Salesforce org."
            }
            ErrorKind::Redirected { .. } => {
                "Use the My Domain URL of the org from Setup, My Domain (https://<name>.my.salesforce.com)."
            }
            ErrorKind::Page { page: Page::Other, .. } => {
                "Check that instance_url and login_url are URLs of a Salesforce org and not of a site or the user \
                 interface."
            }
            ErrorKind::Page { .. } => {
                "Wait until Salesforce is available (status.salesforce.com), and try again."
            }
            ErrorKind::Status { status: 420 } => {
                "The org may have been deleted, or it may be a scratch org that has expired. Check instance_url."
            }
            ErrorKind::Status { .. } => self.advice_by_class(),
            ErrorKind::Fault { code, .. } => match code.as_str() {
                "UNSUPPORTED_API_VERSION" | "GONE" => {
                    "Set api_version to a version that the org supports, or omit it."
                }
                "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE" | "ORG_IN_MAINTENANCE" => {
                    "The org is read-only during maintenance, and nothing was changed. Apply again later."
                }
                _ => self.advice_by_class(),
            },
            ErrorKind::Limit { concurrent: true, .. } => {
                "Reduce -parallelism, or run fewer jobs against this org at the same time."
            }
            ErrorKind::Limit { concurrent: false, .. } => {
                "The limit applies to the last 24 hours. Wait, or request a higher limit from Salesforce."
            }
            ErrorKind::OtherOrg { .. } => {
                "Correct the credentials. If the sandbox was refreshed on purpose, correct expected_org_id and add the \
                 old ID to previous_org_ids."
            }
            ErrorKind::OtherInstance { .. } => {
                "Use an instance_url and credentials that belong to the same org, or omit instance_url."
            }
            ErrorKind::OrgChanged { .. } => {
                "The sandbox may just have been refreshed. Run terraform plan again."
            }
            ErrorKind::ApiVersionUnavailable { .. } => {
                "Set api_version to a version that the org supports, or omit it."
            }
            ErrorKind::ApiTooOld { .. } => "Check that instance_url is the URL of the correct org.",
            ErrorKind::Malformed(_) => {
                "Try again. If the error persists, please report it to the provider developers, together with the \
                 debug log of the provider."
            }
            ErrorKind::RetrieveFailed { .. } => self.advice_by_class(),
            ErrorKind::RetrieveUnfinished { .. } => "The org is busy. Try again later.",
            ErrorKind::SecretWithheld => CREDENTIALS,
        }
    }

    fn advice_by_class(&self) -> &'static str {
        match self.class {
            Class::Transient => "This is usually temporary. Try again.",
            Class::Locked => "Another change to the org is in progress. Try again when it is complete.",
            Class::Permission if matches!(self.call, Call::ConsumerCredentials | Call::ConsumerSecret) => {
                CREDENTIALS
            }
            Class::Permission => {
                "The user needs API Enabled and Modify Metadata Through Metadata API Functions or Modify All Data."
            }
            Class::NotFound => {
                "The object does not exist in the org. Check that the credentials belong to the correct org."
            }
            Class::Limit => "Wait, and try again.",
            Class::Auth => "Check the credentials.",
            Class::Ambiguous | Class::Config | Class::Fatal => {
                "If the message does not help, please report the error to the provider developers."
            }
        }
    }
}

impl AuthProblem {
    pub fn advice(self) -> &'static str {
        match self {
            Self::SessionExpired => {
                "A new session was rejected. Check for a setting that ends sessions, such as one that locks sessions \
                 to an IP address."
            }
            Self::AccessTokenExpired => {
                "Get a new access token, or configure JWT bearer or client credentials, so that the provider can log \
                 in by itself."
            }
            Self::SessionBlocked => {
                "Check API access control, the required session security level, and the IP restrictions of the user \
                 and the app."
            }
            Self::JwtToken => {
                "In the app that the provider logs in with, disable \"Issue JSON Web Token (JWT)-based access tokens \
                 for named users\" (named_user_jwt_enabled). Alternatively, use API version 68.0 or later: omit \
                 api_version if the org supports it."
            }
            Self::NotApproved => {
                "In the app's policies, set permitted_users = \"AdminApprovedPreAuthorized\", and assign the user a \
                 permission set or profile of the app. Alternatively, have the user approve the app once. Salesforce \
                 returns the same error when login_url or audience belongs to the other kind of org (sandbox or \
                 production)."
            }
            Self::AppAccess => "Assign the user a permission set or profile that the app's policies list.",
            Self::Audience => {
                "Set instance_url to the org's My Domain URL (https://<name>.my.salesforce.com) and omit audience: \
                 External Client Apps are reported to accept no other audience. Connected apps also accept \
                 https://login.salesforce.com, or https://test.salesforce.com in sandboxes and scratch orgs. For users \
                 of an Experience Cloud site, connected apps also accept the URL of the site."
            }
            Self::AppAbsent => {
                "The app may not exist in this org, for example in a new or refreshed sandbox. Create the app in this \
                 org, or use the client ID of an app that exists there. Alternatively, the audience of the JWT may not \
                 be the My Domain URL of the org, which is reported to result in the same error. In that case, set \
                 instance_url to that URL (https://<name>.my.salesforce.com), and omit audience and login_url."
            }
            Self::UnknownClient => {
                "Check client_id and login_url. A new app, or an app with a rotated key, may take up to half an hour \
                 to be available on all servers."
            }
            Self::BadClient => {
                "Check client_id and client_secret; a rotation changes the secret. An app may also require the secret \
                 with a refresh token or a subject token."
            }
            Self::Clock { .. } => "Correct this machine's clock: a JWT is valid for three minutes.",
            Self::BadAssertion => {
                "Check that the app has the certificate for this private_key, and that username exists in the org."
            }
            Self::RefreshTokenEnded => {
                "Get a new refresh token, for example with sf org login web. If the app rotates refresh tokens, each \
                 token is valid for one login, and Terraform logs in more than once per run. In that case, disable \
                 refresh token rotation for the app (refresh_token_rotation_enabled), or use another authentication \
                 method."
            }
            Self::SubjectTokenRejected => {
                "Salesforce accepts subject tokens of up to 10,000 characters, of a type (subject_token_type) that the \
                 token exchange handler supports. The handler makes all other checks. Check how it validates issuer, \
                 audience and subject, which user it finds, and whether that user is allowed to use the app. Login \
                 History in Setup lists the attempt."
            }
            Self::SubjectTokenExpired => {
                "The environment that runs Terraform issues a new token for each run. If a run can outlast the token, \
                 use subject_token_file, which is read again at each login."
            }
            Self::TokenHandler => {
                "Check token_handler, which is the API name of the handler or its Apex class. The handler must be \
                 enabled and assigned to this app. Without token_handler, the app needs a default handler."
            }
            Self::LoginRate => "Wait for an hour, and use a separate user for Terraform.",
            Self::Restricted => {
                "Check that the user is active and not locked, and check the login hours and IP ranges of the profile \
                 and the IP relaxation in the app's policies."
            }
            Self::NoRunAsUser => {
                "In the app's policies, enable the client credentials flow and set the user to run as."
            }
            Self::FlowDisabled => "Enable the flow in the app's OAuth settings and in its policies.",
            Self::MissingScope => "Add the scopes Api and RefreshToken to the app.",
            Self::ServerError => {
                "Try again. The My Domain URL as login_url is more reliable than the shared login hosts."
            }
            Self::Rejected => "Login History in Setup shows why Salesforce rejected the login.",
        }
    }
}

impl SettingsProblem {
    pub fn advice(&self) -> &'static str {
        match self {
            Self::InsecureUrl { .. } | Self::OddUrl { .. } => {
                "Set the URL to https://<name>.my.salesforce.com. Plain http is allowed for loopback addresses only."
            }
            Self::LightningUrl { .. } => {
                "Use the host that ends in .my.salesforce.com, from Setup, My Domain."
            }
            Self::InstanceUrlMissing => {
                "Set instance_url to the My Domain URL of the org that the token belongs to."
            }
            Self::MyDomainNeeded { .. } => "Set instance_url or login_url to the My Domain URL of the org.",
            Self::ApiVersion { .. } => "Set api_version to a version in that range, or omit it.",
            Self::CaCertificate => {
                "Set ca_certificate to one or more PEM blocks that begin with -----BEGIN CERTIFICATE-----."
            }
            Self::NoCaCertificates => {
                "Install CA certificates (in most Linux distributions, with the package ca-certificates). \
                 Alternatively, set SSL_CERT_FILE or ca_certificate_file to a file that contains them, or set \
                 ca_certificate."
            }
            Self::UserAgent | Self::NotAnId { .. } => "Please report this to the provider developers.",
            Self::HttpClient { .. } => "Check the CA certificates of this machine and HTTPS_PROXY.",
        }
    }
}
