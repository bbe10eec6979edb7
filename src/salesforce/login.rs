//! The ways to log in, as settings: which secrets each has, and what it knows of itself without asking anybody.
//!
//! Not here: what is sent for each (`token_request`), how `sf` is run (`sf_cli`), and the texts that come in one piece and
//! are several (`sfdx_auth_url`).

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::sf_cli::SfCli;
use crate::secret::Secret;

/// The most of a file that is read for a token. Salesforce takes subject tokens of 10,000 characters.
const LONGEST_FILE: u64 = 64 * 1024;

/// Ways to log in.
#[derive(Debug, Clone)]
pub enum Login {
    /// OAuth 2.0 JWT bearer: signed with the private key whose certificate the app holds.
    JwtBearer { client_id: String, username: String, private_key: Secret },
    /// OAuth 2.0 client credentials: as the user that the app's policies name.
    ClientCredentials { client_id: String, client_secret: Secret },
    /// OAuth 2.0 refresh token: as the user who once allowed the app to.
    RefreshToken { client_id: String, client_secret: Option<Secret>, refresh_token: Secret },
    /// OAuth 2.0 token exchange: a token of somebody else's for one of the org, by way of a handler in the org.
    TokenExchange {
        client_id: String,
        client_secret: Option<Secret>,
        subject: SubjectToken,
        /// A URN.
        subject_token_type: String,
        /// None: the app's default handler.
        token_handler: Option<String>,
    },
    /// A login that the Salesforce CLI has; it hands out tokens.
    SfCli(SfCli),
    /// A token from elsewhere; it cannot be renewed.
    AccessToken { token: Secret },
}

/// Where the token is that is exchanged for one of the org.
#[derive(Debug, Clone)]
pub enum SubjectToken {
    Text(Secret),
    /// Read anew at each login: whoever made the file may write a new one meanwhile.
    File(PathBuf),
}

/// Why there is no subject token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectTokenProblem {
    #[error("the file {path:?} with the subject token cannot be read: {why}")]
    Unreadable { path: String, why: String },
    #[error("the file {path:?} with the subject token is empty")]
    Empty { path: String },
    #[error("the file {path:?} holds no token, but {what}")]
    NoToken { path: String, what: &'static str },
}

impl SubjectTokenProblem {
    /// What a person can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "Check subject_token_file, and who may read the file.",
            Self::Empty { .. } => {
                "Whatever writes subject_token_file has not done so, or is just about to. Try again when it has."
            }
            Self::NoToken { .. } => "subject_token_file must hold the token alone, as text.",
        }
    }
}

impl Login {
    /// The consumer key of the app that we log in with, where we know it.
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::JwtBearer { client_id, .. }
            | Self::ClientCredentials { client_id, .. }
            | Self::RefreshToken { client_id, .. }
            | Self::TokenExchange { client_id, .. } => Some(client_id),
            Self::SfCli(_) | Self::AccessToken { .. } => None,
        }
    }

    /// All that must be in no text. A token in a file is learned when it is read.
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
            return no_token("far more than a token");
        }
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return no_token("something that is no text");
        };
        let text = text.trim_start_matches('\u{feff}').trim();
        match text {
            "" => Err(SubjectTokenProblem::Empty { path: shown() }),
            _ if text.starts_with('{') => no_token("JSON: the token is a member of it"),
            _ if text.starts_with("-----BEGIN") => no_token("a key or a certificate"),
            _ => Ok(Secret::new(text)),
        }
    }
}

/// Why a path leads to no file of a key, a token or a certificate; looks, and does not open it.
pub fn why_unreadable(path: &Path) -> Option<String> {
    const LONGEST: u64 = 16 * 1024 * 1024;
    match std::fs::metadata(path) {
        Ok(file) if file.is_dir() => Some("it is a folder".to_owned()),
        // Whoever opens a pipe waits for a writer.
        Ok(file) if !file.is_file() => Some("it is a pipe or a device, not a file".to_owned()),
        Ok(file) if file.len() > LONGEST => Some("it is far larger than such a file".to_owned()),
        Ok(_) => None,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Some("there is no such file".to_owned())
        }
        Err(error) => Some(error.kind().to_string()),
    }
}

/// Whether a token is a JWT that says of itself that its time is over. Nobody checks its signature here.
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
    fn a_file_with_a_token_is_told_from_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let subject = SubjectToken::File(path.clone());
        assert!(subject.read().unwrap_err().to_string().contains("there is no such file"));
        let long = "x".repeat(70_000);
        for (bytes, says) in [
            (b"  canary.token.x\n" as &[u8], Ok("canary.token.x")),
            (b"\xef\xbb\xbfcanary.token.x\r\n", Ok("canary.token.x")),
            (b"another", Ok("another")),
            (b"", Err("is empty")),
            (b" \n", Err("is empty")),
            (b"{\"value\":\"canary\"}", Err("JSON")),
            (b"-----BEGIN PRIVATE KEY-----\ncanary", Err("a key or a certificate")),
            (b"\xff\xfec\0a\0", Err("no text")),
            (long.as_bytes(), Err("far more")),
        ] {
            std::fs::write(&path, bytes).unwrap();
            match (subject.read(), says) {
                (Ok(token), Ok(expected)) => assert_eq!(token.expose(), expected),
                (Err(problem), Err(says)) => {
                    let text = format!("{problem} {}", problem.advice());
                    assert!(text.contains(says) && !text.contains("canary"), "{text}");
                }
                (read, _) => panic!("{says:?}: {read:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        for path in ["/", "/dev/zero"] {
            assert!(SubjectToken::File(path.into()).read().is_err(), "{path}");
        }
    }

    #[test]
    fn a_jwt_tells_when_its_time_is_over() {
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
