//! Checks of URLs, with their messages.

use url::Url;

use super::echo::{echo, has_user_information};
use crate::loopback::is_loopback;

/// Whether a URL contains a character that URL parsers replace or remove. Salesforce would receive the character
/// unchanged.
fn has_stray_character(text: &str) -> bool {
    text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '<' | '>' | '"'))
}

pub fn web_url(text: &str) -> Option<String> {
    let advice = "Use an absolute URL such as https://www.example.com/logo.png.";
    let wrong = |what: &str| Some(format!("{} {what}. {advice}", echo(text)));
    if has_stray_character(text) {
        return wrong("contains a character that is not allowed in a URL");
    }
    match Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => wrong("is not an http or https URL"),
        Ok(url) if url.host().is_some() && authority_is_written(text) => None,
        Ok(_) | Err(url::ParseError::EmptyHost) => wrong("has no host"),
        Err(_) => wrong("is not an absolute URL"),
    }
}

/// Reports user information in a URL. The message does not echo the URL, which can contain a secret.
pub fn user_information(text: &str) -> Option<String> {
    has_user_information(text).then(|| {
        "The URL contains a username or a password before the @. It would be visible in the app and in the state. \
         Remove it."
            .to_owned()
    })
}

/// Whether a URL has its host after `://`. URL parsers repair `https:example.com` and `https:///example.com`, but
/// Salesforce would receive them unchanged.
pub fn authority_is_written(text: &str) -> bool {
    let after = text.split_once("://").map(|(_, after)| after);
    after.is_some_and(|after| !after.starts_with(['/', '?', '#']) && !after.is_empty())
}

pub fn callback_url(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("The value is blank. Set a URL, or remove the element from the list.".to_owned());
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return wrong_callback(
            text,
            "contains a character that is not allowed in a URL, or is more than one URL",
        );
    }
    let scheme = |text: &str| text.starts_with(|c: char| c.is_ascii_alphanumeric());
    match text.split_once(':') {
        Some((before, after)) if scheme(before) && !after.trim_start_matches('/').is_empty() => None,
        Some((before, _)) if scheme(before) => wrong_callback(text, "has no host"),
        _ if text.contains('*') => wrong_callback(text, "contains a wildcard and is not an absolute URL"),
        _ => wrong_callback(text, "is not an absolute URL"),
    }
}

/// Reports callback URLs that orgs can have but that the standards do not allow.
pub fn unusual_callback_url(text: &str) -> Option<String> {
    let wrong = |what: &str| wrong_callback(text, what);
    if callback_url(text).is_some() {
        return None;
    }
    if has_stray_character(text) {
        return wrong("contains a character that is not allowed in a URL");
    }
    if text.contains('*') {
        return wrong("contains a wildcard, but OAuth compares callback URLs exactly");
    }
    if text.contains('#') {
        return wrong("contains a fragment, which OAuth does not allow");
    }
    match Url::parse(text) {
        Ok(url) => match url.scheme() {
            "http" | "https" if url.host().is_some() && authority_is_written(text) => None,
            "http" | "https" => wrong("has no host"),
            "javascript" | "data" | "file" | "vbscript" | "blob" | "about" | "ftp" | "mailto" => {
                wrong("has a scheme that is not allowed in a callback URL")
            }
            _ => None,
        },
        Err(url::ParseError::EmptyHost) => wrong("has no host"),
        Err(_) => wrong("is not an absolute URL"),
    }
}

fn wrong_callback(text: &str, what: &str) -> Option<String> {
    Some(format!("{} {what}. Use an absolute URL such as https://www.example.com/callback.", echo(text)))
}

pub fn plain_http(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "http")?;
    // Browsers resolve the names below `localhost` to this machine.
    let is_here = is_loopback(&url) || url.host_str()?.ends_with(".localhost");
    (!is_here).then(|| {
        let url = echo(text);
        format!("{url} uses http, which is not encrypted, and Salesforce may reject it. Use https.")
    })
}
