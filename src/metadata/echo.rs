//! Values in error messages: quoted, shortened, and hidden if they can be secrets.

use url::Url;

use super::words;

/// A value for an error message.
pub fn echo(text: &str) -> String {
    if may_be_secret(text) && !words::is_public(text) {
        return "The value (not shown, because it may be a secret)".to_owned();
    }
    quoted(text)
}

/// A value for an error message, if the value is known not to be a secret.
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// Whether a string looks like a key, a token or a password. False positives are acceptable.
pub fn may_be_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let marks = ["-----begin", "private key", "password", "secret", "token=", "bearer ", "assertion="];
    let session = text.starts_with("00D") && text.contains('!');
    let started = text.starts_with("eyJ") || text.starts_with("5Aep");
    marks.iter().any(|mark| lower.contains(mark))
        || session
        || started
        || has_user_information(text)
        || has_random_run(text)
}

/// Whether a URL has a username or a password before its host. Also works for malformed URLs.
pub fn has_user_information(text: &str) -> bool {
    let Some((scheme, after)) = text.split_once("://") else {
        return false;
    };
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let authority = after.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let parsed = Url::parse(text).is_ok_and(|url| !url.username().is_empty() || url.password().is_some());
    parsed || (!scheme.is_empty() && scheme.trim().chars().all(is_scheme) && authority.contains('@'))
}

/// Whether a string has a long run of mixed-case letters and digits, as keys and tokens have.
fn has_random_run(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '_' | '=' | '-');
    text.split(|c| !inside(c)).any(|run| {
        run.len() >= 32
            && run.bytes().any(|byte| byte.is_ascii_digit())
            && run.bytes().any(|byte| byte.is_ascii_uppercase())
            && run.bytes().any(|byte| byte.is_ascii_lowercase())
    })
}
