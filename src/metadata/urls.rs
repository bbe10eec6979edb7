//! URLs as Salesforce keeps them and as browsers read them: what is wrong with one, as a sentence.

use url::{Host, Url};

use super::echo::{echo, has_user_information};

/// Characters that the URL standard lets parsers repair, and that Salesforce would get as they are.
fn has_stray_character(text: &str) -> bool {
    text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '<' | '>' | '"'))
}

pub fn web_url(text: &str) -> Option<String> {
    let advice = "Write one like https://www.example.com/logo.png.";
    let wrong = |what: &str| Some(format!("{} {what}. {advice}", echo(text)));
    if has_stray_character(text) {
        return wrong("has a character that no URL has");
    }
    match Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => wrong("is not an http or https URL"),
        Ok(url) if url.host().is_some() && authority_is_written(text) => None,
        Ok(_) | Err(url::ParseError::EmptyHost) => wrong("has no host"),
        Err(_) => wrong("is not an absolute URL"),
    }
}

/// Never echoed: what stands there may be a secret, and a state and every reader of the app would hold it.
pub fn user_information(text: &str) -> Option<String> {
    has_user_information(text).then(|| {
        "The URL has a user name or a password in it, before the @. Whoever reads the app or the state would read it \
         too: leave it out."
            .to_owned()
    })
}

/// The URL standard repairs `https:example.com` and `https:///example.com`; Salesforce would see them as written.
pub fn authority_is_written(text: &str) -> bool {
    let after = text.split_once("://").map(|(_, after)| after);
    after.is_some_and(|after| !after.starts_with(['/', '?', '#']) && !after.is_empty())
}

pub fn callback_url(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("It is blank. Write a URL, or leave it out of the list.".to_owned());
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return wrong_callback(text, "has a character that no URL has, or is more than one URL");
    }
    let scheme = |text: &str| text.starts_with(|c: char| c.is_ascii_alphanumeric());
    match text.split_once(':') {
        Some((before, after)) if scheme(before) && !after.trim_start_matches('/').is_empty() => None,
        Some((before, _)) if scheme(before) => wrong_callback(text, "has no host"),
        _ if text.contains('*') => wrong_callback(text, "is a wildcard and not an absolute URL"),
        _ => wrong_callback(text, "is not an absolute URL"),
    }
}

/// What orgs have, or may have, and what is no place to be called back at by the standards.
pub fn unusual_callback_url(text: &str) -> Option<String> {
    let wrong = |what: &str| wrong_callback(text, what);
    if callback_url(text).is_some() {
        return None;
    }
    if has_stray_character(text) {
        return wrong("has a character that no URL has");
    }
    if text.contains('*') {
        return wrong("has a wildcard, but OAuth compares callback URLs as they are");
    }
    if text.contains('#') {
        return wrong("has a fragment, which OAuth forbids");
    }
    match Url::parse(text) {
        Ok(url) => match url.scheme() {
            "http" | "https" if url.host().is_some() && authority_is_written(text) => None,
            "http" | "https" => wrong("has no host"),
            "javascript" | "data" | "file" | "vbscript" | "blob" | "about" | "ftp" | "mailto" => {
                wrong("has a scheme that no app can be called back at")
            }
            _ => None,
        },
        Err(url::ParseError::EmptyHost) => wrong("has no host"),
        Err(_) => wrong("is not an absolute URL"),
    }
}

fn wrong_callback(text: &str, what: &str) -> Option<String> {
    Some(format!("{} {what}. Write an absolute URL like https://www.example.com/callback.", echo(text)))
}

pub fn plain_http(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "http")?;
    let is_here = match url.host()? {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    (!is_here).then(|| {
        let url = echo(text);
        format!("{url} is not encrypted, and Salesforce may refuse it. Write https.")
    })
}
