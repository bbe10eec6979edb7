//! The auth URL of the Salesforce CLI: `force://clientId:clientSecret:refreshToken@host`.
//!
//! An error describes an invalid URL without quoting it, because any part of the URL may be secret.

use url::Url;

use super::http;
use super::key_form::{Placeholder, placeholder};
use crate::secret::Secret;

const SCHEME: &str = "force://";

#[derive(Debug, Clone)]
pub struct SfdxAuthUrl {
    pub client_id: String,
    /// `None` if the secret is empty in the URL.
    pub client_secret: Option<Secret>,
    pub refresh_token: Secret,
    /// The host for token requests.
    pub login_url: Url,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SfdxAuthUrlProblem {
    #[error("it is the placeholder that newer versions of sf print instead of the URL")]
    Redacted,
    #[error("it is a masked value, which is shown instead of a secret")]
    Mask,
    #[error("it is the name of a variable that was not replaced by its value")]
    Variable,
    #[error("it is JSON, as sf prints it")]
    Json,
    #[error("it does not start with force://")]
    Scheme,
    #[error("it does not end with @ and a host")]
    NoHost,
    #[error("the text after the @ is not a host")]
    Host,
    #[error("the text before the @ does not have three parts separated by colons")]
    Parts,
    #[error("its first part, the client ID, is empty")]
    NoClientId,
    #[error("its third part, the refresh token, is empty")]
    NoRefreshToken,
    #[error("it contains an invalid character")]
    Character,
}

impl SfdxAuthUrlProblem {
    pub fn advice(self) -> &'static str {
        match self {
            Self::Redacted => {
                "With newer versions of sf, run sf org auth show-sfdx-auth-url --target-org ALIAS --json, and use the \
                 value of result.sfdxAuthUrl."
            }
            Self::Json => "Use the value of result.sfdxAuthUrl.",
            Self::Mask | Self::Variable => "Set the value itself.",
            Self::NoRefreshToken => {
                "A login without a refresh token, such as a JWT login, has no SFDX auth URL. Log in with sf org login \
                 web."
            }
            _ => {
                "The format is force://clientId:clientSecret:refreshToken@acme.my.salesforce.com; the client secret \
                 may be empty."
            }
        }
    }
}

/// Parses an auth URL.
pub fn sfdx_auth_url(text: &str) -> Result<SfdxAuthUrl, SfdxAuthUrlProblem> {
    use SfdxAuthUrlProblem as Problem;
    let text = text.trim();
    if text.to_ascii_uppercase().starts_with("[REDACTED]") {
        return Err(Problem::Redacted);
    }
    if text.starts_with('{') {
        return Err(Problem::Json);
    }
    match placeholder(text) {
        Some(Placeholder::Mask) => return Err(Problem::Mask),
        Some(Placeholder::Variable) => return Err(Problem::Variable),
        None => {}
    }
    let rest = text.strip_prefix(SCHEME).ok_or(Problem::Scheme)?;
    let (credentials, host) = rest.rsplit_once('@').ok_or(Problem::NoHost)?;
    let parts: Vec<&str> = credentials.split(':').collect();
    let [client_id, client_secret, refresh_token] = parts.as_slice() else {
        return Err(Problem::Parts);
    };
    let is_of_a_part = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | '@' | '"' | '\'' | '<' | '>');
    if parts.iter().any(|part| !part.chars().all(is_of_a_part)) {
        return Err(Problem::Character);
    }
    if client_id.is_empty() {
        return Err(Problem::NoClientId);
    }
    if refresh_token.is_empty() {
        return Err(Problem::NoRefreshToken);
    }
    // The host may have a scheme.
    let host = host.strip_prefix("https://").unwrap_or(host);
    let host = host.strip_suffix('/').unwrap_or(host);
    let is_of_a_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(is_of_a_host) {
        return Err(Problem::Host);
    }
    let login_url = Url::parse(&format!("https://{host}")).map_err(|_| Problem::Host)?;
    let login_url = http::check_url(&login_url).map_err(|_| Problem::Host)?;
    Ok(SfdxAuthUrl {
        client_id: (*client_id).to_owned(),
        client_secret: (!client_secret.is_empty()).then(|| Secret::new(*client_secret)),
        refresh_token: Secret::new(*refresh_token),
        login_url,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_sfdx_auth_url_are_parsed() {
        for (text, client_id, secret, token, host) in [
            (
                "force://PlatformCLI::5Aep.canary@acme.my.salesforce.com",
                "PlatformCLI",
                None,
                "5Aep.canary",
                "acme.my.salesforce.com",
            ),
            (
                " force://3MVG9a:canary:5Aep==@acme--uat.sandbox.my.salesforce.com\n",
                "3MVG9a",
                Some("canary"),
                "5Aep==",
                "acme--uat.sandbox.my.salesforce.com",
            ),
            ("force://a:b:c@https://acme.my.salesforce.com/", "a", Some("b"), "c", "acme.my.salesforce.com"),
            ("force://a:b:c@localhost:8443", "a", Some("b"), "c", "localhost"),
        ] {
            let read = sfdx_auth_url(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            assert_eq!(read.client_id, client_id);
            assert_eq!(read.client_secret.as_ref().map(Secret::expose), secret);
            assert_eq!(read.refresh_token.expose(), token);
            assert_eq!(read.login_url.host_str(), Some(host));
            assert_eq!(read.login_url.scheme(), "https");
            assert!(!format!("{read:?}").contains("canary"));
        }
    }

    #[test]
    fn every_invalid_sfdx_auth_url_has_its_own_error() {
        use SfdxAuthUrlProblem as Problem;
        for (text, problem) in [
            ("[REDACTED] Use 'sf org auth show-sfdx-auth-url' to view", Problem::Redacted),
            ("***", Problem::Mask),
            ("${CANARY}", Problem::Variable),
            ("{\"result\":{\"sfdxAuthUrl\":\"force://a:b:canary@c\"}}", Problem::Json),
            ("https://acme.my.salesforce.com", Problem::Scheme),
            ("a:b:canary@acme.my.salesforce.com", Problem::Scheme),
            ("force://a:b:canary", Problem::NoHost),
            ("force://canary@acme.my.salesforce.com", Problem::Parts),
            ("force://a:canary@acme.my.salesforce.com", Problem::Parts),
            ("force://a:b:c:canary@acme.my.salesforce.com", Problem::Parts),
            ("force://:b:canary@acme.my.salesforce.com", Problem::NoClientId),
            ("force://a:canary:@acme.my.salesforce.com", Problem::NoRefreshToken),
            ("force://a:b:ca nary@acme.my.salesforce.com", Problem::Character),
            ("force://a:b:canary@", Problem::Host),
            ("force://a:b:canary@acme.my.salesforce.com/path", Problem::Host),
            ("force://a:b:canary@acme.my.salesforce.com?x", Problem::Host),
            ("force://a:b:canary@http://acme.my.salesforce.com", Problem::Host),
            ("force://a:b:canary@acme.my.salesforce.com:port", Problem::Host),
            ("force://a:b:canary@acme.lightning.force.com", Problem::Host),
            ("", Problem::Scheme),
        ] {
            let found = sfdx_auth_url(text).unwrap_err();
            assert_eq!(found, problem, "{text}");
            let message = format!("{found} {}", found.advice());
            assert!(!message.to_lowercase().contains("canary"), "{message}");
        }
    }
}
