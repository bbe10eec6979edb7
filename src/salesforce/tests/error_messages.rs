//! Writes every error message and its advice to one snapshot, for review.

use crate::salesforce::error::{AuthProblem, Call, Error, ErrorKind, Page, SettingsProblem};
use crate::salesforce::key::PrivateKeyProblem;
use crate::salesforce::login::SubjectTokenProblem;
use crate::salesforce::sf_cli::SfCliProblem;

fn kinds() -> Vec<ErrorKind> {
    let text = || "the words of the server".to_owned();
    let host = || "acme.my.salesforce.com".to_owned();
    let url = || "http://acme.my.salesforce.com".to_owned();
    let fault = |code: &str| ErrorKind::Fault { code: code.into(), text: text() };
    let page = |status, page| ErrorKind::Page { status, page };
    let mut kinds = vec![
        ErrorKind::Unreachable { host: host(), dns: true, text: text() },
        ErrorKind::Unreachable { host: host(), dns: false, text: text() },
        ErrorKind::Untrusted { host: host(), text: text() },
        ErrorKind::Proxy { host: host(), temporary: false, text: text() },
        ErrorKind::Interrupted { timed_out: false, text: text() },
        ErrorKind::Interrupted { timed_out: true, text: text() },
        ErrorKind::TooLarge { limit: 67_108_864 },
        ErrorKind::Redirected { status: 302, to: "other.example".into() },
        page(503, Page::Maintenance),
        page(502, Page::Gateway),
        page(400, Page::BadMessage),
        page(200, Page::Connection),
        page(200, Page::Other),
        ErrorKind::Status { status: 404 },
        ErrorKind::Status { status: 420 },
        ErrorKind::Status { status: 500 },
        fault("INSUFFICIENT_ACCESS"),
        fault("INVALID_CROSS_REFERENCE_KEY"),
        fault("UNABLE_TO_LOCK_ROW"),
        fault("UNSUPPORTED_API_VERSION"),
        fault("ORG_IN_MAINTENANCE"),
        fault("SOMETHING_NEW"),
        ErrorKind::Limit { concurrent: true, text: text() },
        ErrorKind::Limit { concurrent: false, text: text() },
        ErrorKind::OtherOrg { expected: "00D000000000001".into(), actual: "00D000000000002AAA".into() },
        ErrorKind::OtherInstance {
            expected: "https://acme--uat.sandbox.my.salesforce.com".into(),
            actual: "https://acme.my.salesforce.com".into(),
        },
        ErrorKind::OrgChanged { before: "00D000000000001AAA".into(), after: "00D000000000002AAA".into() },
        ErrorKind::ApiVersionUnavailable { wanted: 67, oldest: 31, newest: 66 },
        ErrorKind::ApiTooOld { newest: 59, needed: 60 },
        ErrorKind::Malformed("truncated XML".into()),
        ErrorKind::RetrieveFailed { code: Some("UNKNOWN_EXCEPTION".into()), text: text() },
        ErrorKind::RetrieveUnfinished { seconds: 300 },
        ErrorKind::SecretWithheld,
    ];
    kinds.extend(
        [
            SettingsProblem::InsecureUrl { url: url() },
            SettingsProblem::OddUrl { url: url() },
            SettingsProblem::LightningUrl { url: url() },
            SettingsProblem::InstanceUrlMissing,
            SettingsProblem::MyDomainNeeded { host: "login.salesforce.com".into() },
            SettingsProblem::ApiVersion { wanted: 59, oldest: 60, newest: 68 },
            SettingsProblem::CaCertificate,
            SettingsProblem::NoCaCertificates,
            SettingsProblem::UserAgent,
            SettingsProblem::HttpClient { text: text() },
            SettingsProblem::NotAnId { what: "the app's ID" },
        ]
        .map(ErrorKind::from),
    );
    kinds.extend(
        [
            PrivateKeyProblem::Empty,
            PrivateKeyProblem::PublicKey,
            PrivateKeyProblem::Certificate,
            PrivateKeyProblem::Encrypted,
            PrivateKeyProblem::NotRsa,
            PrivateKeyProblem::OpenSsh,
            PrivateKeyProblem::TooSmall,
            PrivateKeyProblem::Damaged,
            PrivateKeyProblem::NotPem,
            PrivateKeyProblem::Path,
            PrivateKeyProblem::Mask,
            PrivateKeyProblem::Variable,
            PrivateKeyProblem::Der,
            PrivateKeyProblem::Pkcs12,
            PrivateKeyProblem::Keystore,
            PrivateKeyProblem::Jwk,
            PrivateKeyProblem::Json,
            PrivateKeyProblem::Putty,
            PrivateKeyProblem::Utf16,
        ]
        .map(ErrorKind::from),
    );
    let path = || "/run/token".to_owned();
    kinds.extend(
        [
            SubjectTokenProblem::Unreadable { path: path(), why: "there is no such file".to_owned() },
            SubjectTokenProblem::Empty { path: path() },
            SubjectTokenProblem::NoToken { path: path(), what: "binary data" },
        ]
        .map(ErrorKind::from),
    );
    let org = || "acme".to_owned();
    kinds.extend(
        [
            SfCliProblem::NotInstalled,
            SfCliProblem::Unstartable { why: "permission denied".to_owned() },
            SfCliProblem::TimedOut { seconds: 60 },
            SfCliProblem::UnknownOrg { org: org() },
            SfCliProblem::Expired { org: org() },
            SfCliProblem::Failed { exit: Some(1), message: None },
            SfCliProblem::NoJson { exit: Some(0) },
            SfCliProblem::TooOld { org: org() },
            SfCliProblem::NoToken { org: org() },
            SfCliProblem::NoInstance { org: org() },
            SfCliProblem::OtherInstance {
                org: org(),
                shown: "https://acme.my.salesforce.com".to_owned(),
                expected: "https://other.my.salesforce.com".to_owned(),
            },
        ]
        .map(ErrorKind::from),
    );
    kinds.extend(
        [
            AuthProblem::SessionExpired,
            AuthProblem::AccessTokenExpired,
            AuthProblem::SessionBlocked,
            AuthProblem::JwtToken,
            AuthProblem::NotApproved,
            AuthProblem::AppAccess,
            AuthProblem::Audience,
            AuthProblem::AppAbsent,
            AuthProblem::UnknownClient,
            AuthProblem::BadClient,
            AuthProblem::Clock { skew_seconds: 0 },
            AuthProblem::Clock { skew_seconds: -600 },
            AuthProblem::BadAssertion,
            AuthProblem::RefreshTokenEnded,
            AuthProblem::SubjectTokenRejected,
            AuthProblem::SubjectTokenExpired,
            AuthProblem::TokenHandler,
            AuthProblem::LoginRate,
            AuthProblem::Restricted,
            AuthProblem::NoRunAsUser,
            AuthProblem::FlowDisabled,
            AuthProblem::MissingScope,
            AuthProblem::ServerError,
            AuthProblem::Rejected,
        ]
        .map(|problem| ErrorKind::Auth { problem, message: Some("invalid_grant: their words".into()) }),
    );
    kinds
}

#[test]
fn every_error_message_matches_the_snapshot() {
    let mut text = String::new();
    for kind in kinds() {
        let error = Error::new(Call::ListMetadata, kind);
        text.push_str(&format!("{:?}: {}\n    {}\n", error.class(), error.kind, error.advice()));
    }
    let ambiguous = Error::new(Call::StartDeploy, ErrorKind::Status { status: 502 });
    text.push_str(&format!("{:?}: {ambiguous}\n    {}\n", ambiguous.class(), ambiguous.advice()));
    insta::assert_snapshot!(text);
}
