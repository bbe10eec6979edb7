//! Checks the URLs of the provider block, which are the origins that credentials are sent to.
//!
//! Error messages omit the parts that may be secret.

use url::{Host, Url};

use crate::loopback::is_loopback;
use crate::metadata::{as_seen, authority_is_written, foreign_letter, has_user_information};

const MY_DOMAIN: &str = "Use the My Domain URL of the org, such as https://acme.my.salesforce.com.";

/// Checks that a URL is an origin without a path. The scheme must be https, or http for a loopback address.
pub fn check(text: &str) -> Result<Url, String> {
    if has_user_information(text) {
        return Err(format!("remove the username and password from the URL. {MY_DOMAIN}"));
    }
    if let Some(letter) = foreign_letter(text) {
        let seen = as_seen(text);
        return Err(match seen.is_ascii() {
            true => format!("{letter}. If this is a typo, use {seen}"),
            false => format!("{letter}. {MY_DOMAIN}"),
        });
    }
    if let Some(c) =
        text.chars().find(|c| c.is_whitespace() || matches!(c, '\\' | '<' | '>' | '"' | '{' | '}' | '|'))
    {
        return Err(format!("the character {c:?} is not allowed in a host name. {MY_DOMAIN}"));
    }
    if !text.contains("://") {
        // The text may be a token, which must not be shown.
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
        let is_host =
            text.contains('.') && text.len() <= 100 && text.chars().all(is_name) && !text.starts_with('.');
        return Err(match is_host {
            true => format!("the scheme is missing: use https://{text}"),
            false => format!("this is not a URL. {MY_DOMAIN}"),
        });
    }
    if !authority_is_written(text) {
        return Err(format!("the URL has no host. {MY_DOMAIN}"));
    }
    let url = match Url::parse(text) {
        Ok(url) if url.has_host() => url,
        Ok(_) | Err(url::ParseError::EmptyHost) => return Err(format!("the URL has no host. {MY_DOMAIN}")),
        Err(url::ParseError::InvalidPort) => {
            return Err(format!("the port is not a number. {MY_DOMAIN}"));
        }
        Err(_) => return Err(format!("this is not a URL. {MY_DOMAIN}")),
    };
    let host = url.host_str().unwrap_or_default();
    if matches!(url.host(), Some(Host::Domain(name)) if name.trim_end_matches('.').split('.').any(str::is_empty))
    {
        return Err(format!("the host name has an empty label. {MY_DOMAIN}"));
    }
    if host.ends_with(".lightning.force.com") {
        return Err(format!("this is a Lightning Experience URL, which has no API. {MY_DOMAIN}"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err(format!("plain http would send credentials unencrypted: use https://{host}"));
        }
        _ => return Err(format!("the scheme is not https. {MY_DOMAIN}")),
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        let origin = url.origin().ascii_serialization();
        return Err(format!("remove the path: use {origin}"));
    }
    Ok(url)
}

/// Whether two URLs have the same origin.
pub fn is_same(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_origin_is_rejected_with_the_reason() {
        for (text, fragment) in [
            ("https://", "no host"),
            ("https:///x", "no host"),
            ("https:///acme.my.salesforce.com", "no host"),
            ("https://?x=1", "no host"),
            ("https://#", "no host"),
            ("https://:443", "no host"),
            ("https://.my.salesforce.com", "empty label"),
            ("https://acme..my.salesforce.com", "empty label"),
            ("https://user:canary@acme.my.salesforce.com", "username and password"),
            ("https://canary@acme.my.salesforce.com", "username and password"),
            ("https://@acme.my.salesforce.com", "username and password"),
            ("https://u:can/ary@acme.my.salesforce.com", "port"),
            ("https://acme .my.salesforce.com", "' '"),
            ("https://acme.my.salesforce.com\\x", "'\\\\'"),
            ("https://<name>.my.salesforce.com", "'<'"),
            ("https://acme.my.salesforce.com:x", "port"),
            ("https://\u{430}cme.my.salesforce.com", "is Cyrillic (U+0430), not the Latin a"),
            ("acme.my.salesforce.com", "use https://acme.my.salesforce.com"),
            ("acme", "not a URL"),
            ("", "not a URL"),
            ("ftp://acme.my.salesforce.com", "scheme is not https"),
            ("http://acme.my.salesforce.com", "plain http"),
            ("https://acme.lightning.force.com", "Lightning"),
            ("https://acme.my.salesforce.com/services", "use https://acme.my.salesforce.com"),
        ] {
            let problem = check(text).expect_err(text);
            assert!(problem.contains(fragment), "{text}: {problem}");
            assert!(!problem.contains("canary"), "{problem}");
        }
        for text in [
            "https://acme.my.salesforce.com",
            "https://acme.my.salesforce.com/",
            "http://127.0.0.1:8080",
            "https://acme--uat.sandbox.my.salesforce.com:443",
        ] {
            assert!(check(text).is_ok(), "{text}");
        }
    }
}
