//! The authentication methods, as settings.
//!
//! `token_request` builds the token requests, `sf_cli` runs `sf`, and `sfdx_auth_url` parses the auth URL, which
//! contains several settings.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::sf_cli::SfCli;
use crate::secret::Secret;

/// The maximum size of a token file. Salesforce accepts subject tokens of up to 10,000 characters.
const LONGEST_FILE: u64 = 64 * 1024;

#[derive(Debug, Clone)]
pub enum Login {
    /// OAuth 2.0 JWT bearer flow, with a JWT signed by the private key of the app's certificate.
    JwtBearer { client_id: String, username: String, private_key: Secret },
    /// OAuth 2.0 client credentials flow, as the user in the app's policies.
    ClientCredentials { client_id: String, client_secret: Secret },
    /// OAuth 2.0 refresh token flow, as the user who authorized the app.
    RefreshToken { client_id: String, client_secret: Option<Secret>, refresh_token: Secret },
    /// OAuth 2.0 token exchange flow, with a token from another issuer that a handler in the org accepts.
    TokenExchange {
        client_id: String,
        client_secret: Option<Secret>,
        subject: SubjectToken,
        /// The type of the subject token, as a URN.
        subject_token_type: String,
        /// `None` selects the app's default handler.
        token_handler: Option<String>,
    },
    /// A login that the Salesforce CLI has stored. The CLI returns its token.
    SfCli(SfCli),
    /// A configured token, which cannot be renewed.
    AccessToken { token: Secret },
}

/// The source of a subject token.
#[derive(Debug, Clone)]
pub enum SubjectToken {
    Text(Secret),
    /// Read again at each login, since the file may have been updated.
    File(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectTokenProblem {
    #[error("the subject token file {path:?} cannot be read: {why}")]
    Unreadable { path: String, why: String },
    #[error("the subject token file {path:?} is empty")]
    Empty { path: String },
    #[error("the subject token file {path:?} contains {what} instead of a token")]
    NoToken { path: String, what: &'static str },
}

impl SubjectTokenProblem {
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "Check subject_token_file and the permissions of the file.",
            Self::Empty { .. } => {
                "The program that creates subject_token_file has not written the token yet. Try again later."
            }
            Self::NoToken { .. } => "subject_token_file must contain only the token, as text.",
        }
    }
}

impl Login {
    /// The consumer key of the app used for authentication, if it is known.
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::JwtBearer { client_id, .. }
            | Self::ClientCredentials { client_id, .. }
            | Self::RefreshToken { client_id, .. }
            | Self::TokenExchange { client_id, .. } => Some(client_id),
            Self::SfCli(_) | Self::AccessToken { .. } => None,
        }
    }

    /// All secrets to redact. A token in a file is added when the file is read.
    pub(super) fn secrets(&self) -> Vec<&Secret> {
        match self {
            Self::JwtBearer { private_key, .. } => vec![private_key],
            Self::ClientCredentials { client_secret, .. } => vec![client_secret],
            Self::RefreshToken { client_secret, refresh_token, .. } => {
                client_secret.iter().chain([refresh_token]).collect()
            }
            Self::TokenExchange { client_secret, subject, .. } => {
                let subject = match subject {
                    SubjectToken::Text(token) => Some(token),
                    SubjectToken::File(_) => None,
                };
                client_secret.iter().chain(subject).collect()
            }
            Self::SfCli(_) => Vec::new(),
            Self::AccessToken { token } => vec![token],
        }
    }
}

impl SubjectToken {
    pub(super) fn read(&self) -> Result<Secret, SubjectTokenProblem> {
        let path = match self {
            Self::Text(token) => return Ok(token.clone()),
            Self::File(path) => path,
        };
        let shown = || path.display().to_string();
        let unreadable = |why| SubjectTokenProblem::Unreadable { path: shown(), why };
        if let Some(why) = why_unreadable(path) {
            return Err(unreadable(why));
        }
        let unreadable = |error: std::io::Error| unreadable(error.kind().to_string());
        let mut bytes = Zeroizing::new(Vec::new());
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(LONGEST_FILE.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
        let no_token = |what| Err(SubjectTokenProblem::NoToken { path: shown(), what });
        if u64::try_from(bytes.len()).is_ok_and(|length| length > LONGEST_FILE) {
            return no_token("more data than a token");
        }
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return no_token("binary data");
        };
        let text = text.trim_start_matches('\u{feff}').trim();
        match text {
            "" => Err(SubjectTokenProblem::Empty { path: shown() }),
            _ if text.starts_with('{') => no_token("JSON that contains the token,"),
            _ if text.starts_with("-----BEGIN") => no_token("a key or a certificate"),
            _ => Ok(Secret::new(text)),
        }
    }
}

/// Why a path cannot be read as the file of a key, a token or a certificate. Does not open the file.
pub fn why_unreadable(path: &Path) -> Option<String> {
    const LONGEST: u64 = 16 * 1024 * 1024;
    match std::fs::metadata(path) {
        Ok(file) if file.is_dir() => Some("it is a folder".to_owned()),
        // Opening a pipe blocks until it has a writer.
        Ok(file) if !file.is_file() => Some("it is a pipe or a device, not a file".to_owned()),
        Ok(file) if file.len() > LONGEST => Some("it is too large for such a file".to_owned()),
        Ok(_) => None,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Some("there is no such file".to_owned())
        }
        Err(error) => Some(error.kind().to_string()),
    }
}

/// Whether a token is a JWT that has expired. The signature is not verified.
pub(super) fn is_over(token: &str, now: SystemTime) -> bool {
    let expires = || {
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
        serde_json::from_slice::<Value>(&claims).ok()?.get("exp")?.as_f64()
    };
    let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    expires().is_some_and(|expires| expires < now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_file_is_distinguished_from_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let subject = SubjectToken::File(path.clone());
        assert!(subject.read().unwrap_err().to_string().contains("there is no such file"));
        let long = "x".repeat(70_000);
        for (bytes, fragment) in [
            (b"  canary.token.x\n" as &[u8], Ok("canary.token.x")),
            (b"\xef\xbb\xbfcanary.token.x\r\n", Ok("canary.token.x")),
            (b"another", Ok("another")),
            (b"", Err("is empty")),
            (b" \n", Err("is empty")),
            (b"{\"value\":\"canary\"}", Err("JSON")),
            (b"-----BEGIN PRIVATE KEY-----\ncanary", Err("a key or a certificate")),
            (b"\xff\xfec\0a\0", Err("binary data")),
            (long.as_bytes(), Err("more data")),
        ] {
            std::fs::write(&path, bytes).unwrap();
            match (subject.read(), fragment) {
                (Ok(token), Ok(expected)) => assert_eq!(token.expose(), expected),
                (Err(problem), Err(fragment)) => {
                    let text = format!("{problem} {}", problem.advice());
                    assert!(text.contains(fragment) && !text.contains("canary"), "{text}");
                }
                (read, _) => panic!("{fragment:?}: {read:?}"),
            }
        }
    }

    #[test]
    fn only_regular_files_are_opened() {
        for (path, why) in [("/", "it is a folder"), ("/dev/zero", "a pipe or a device")] {
            let problem = SubjectToken::File(path.into()).read().unwrap_err();
            assert!(problem.to_string().contains(why), "{problem}");
        }
    }

    #[test]
    fn an_expired_jwt_is_detected() {
        let jwt = |claims: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000);
        for (token, over) in [
            (jwt(r#"{"exp":999}"#), true),
            (jwt(r#"{"exp":999.5}"#), true),
            (jwt(r#"{"exp":1001}"#), false),
            (jwt("{}"), false),
            (jwt("no json"), false),
            ("opaque".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_over(&token, now), over, "{token}");
        }
    }
}
