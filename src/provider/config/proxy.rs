//! The proxy that the environment names. One that cannot be used is an error: passing it over would lead around what
//! somebody set up for a reason.

use url::Url;

use super::Environment;
use crate::org::Proxy;
use crate::provider::diagnostics::Diagnostic;
use crate::secret::Secret;

/// First come those that are for https alone.
const VARIABLES: &[&str] = &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPTIONS: &[&str] = &["NO_PROXY", "no_proxy"];

fn first(environment: &Environment, names: &[&'static str]) -> Option<(&'static str, String)> {
    names.iter().find_map(|name| {
        let text = environment(name)?.trim().to_owned();
        (!text.is_empty()).then_some((*name, text))
    })
}

/// The proxy, or why what the environment names is none. None: this machine's own setting, if it has one.
pub fn proxy(environment: &Environment) -> Result<Option<Proxy>, Diagnostic> {
    let Some((variable, text)) = first(environment, VARIABLES) else {
        return Ok(None);
    };
    // As in many places, the scheme may be left out.
    let url = if text.contains("://") { text } else { format!("http://{text}") };
    match problem(&url) {
        None => {
            let except = first(environment, EXCEPTIONS).map(|(_, hosts)| hosts).unwrap_or_default();
            Ok(Some(Proxy { url: Secret::new(url), except }))
        }
        Some(problem) => Err(Diagnostic::error(
            "Unusable proxy",
            format!(
                "The environment variable {variable} names no usable proxy: {problem}. (Its value is not shown, it may hold \
                 a password.) Write http://host:port or http://user:password@host:port, or unset {variable} to connect \
                 without one; NO_PROXY lists hosts that are reached directly."
            ),
        )),
    }
}

/// Without any part of the URL.
fn problem(url: &str) -> Option<&'static str> {
    let authority = url.split_once("://").map_or("", |(_, rest)| rest);
    let stray = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\');
    if url.contains(stray) {
        return Some("it has a space or another character that no URL has");
    }
    if authority.is_empty() || authority.starts_with(['/', '?', '#']) {
        return Some("it has no host");
    }
    match Url::parse(url) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            Some("its scheme is neither http nor https, and no other kind of proxy is supported")
        }
        Ok(url) if url.host_str().is_none_or(str::is_empty) => Some("it has no host"),
        Ok(url) if url.port() == Some(0) => Some("its port is 0"),
        Ok(url) if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() => {
            Some(
                "something follows the host and the port; where that is part of a password, write /, ?, # and @ in it as \
             %2F, %3F, %23 and %40",
            )
        }
        Ok(_) => None,
        Err(url::ParseError::EmptyHost) => Some("it has no host"),
        Err(url::ParseError::InvalidPort) => Some(
            "what follows the host is no port; where that is part of a password, write /, ?, # and @ in it as %2F, %3F, \
             %23 and %40",
        ),
        Err(_) => Some("it is no URL"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &'static [(&str, &str)]) -> Result<Option<Proxy>, Diagnostic> {
        proxy(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned()))
    }

    #[test]
    fn what_cannot_be_used_is_named_and_not_shown() {
        for variables in [
            &[("HTTPS_PROXY", "http://")] as &'static [(&str, &str)],
            &[("HTTPS_PROXY", "http:///canary")],
            &[("HTTPS_PROXY", "socks5://user:canary@proxy:1080")],
            &[("HTTPS_PROXY", "ftp://canary")],
            &[("HTTPS_PROXY", "http://user:can/ary@proxy:8080")],
            &[("HTTPS_PROXY", "http://user:can#ary@proxy:8080")],
            &[("HTTPS_PROXY", "http://proxy:canary")],
            &[("HTTPS_PROXY", "http://proxy:99999")],
            &[("HTTPS_PROXY", "http://proxy canary:8080")],
            &[("HTTPS_PROXY", "http://[canary]")],
            &[("HTTPS_PROXY", "://canary")],
            &[("https_proxy", "http://proxy:canary")],
            &[("ALL_PROXY", "http://proxy:canary")],
            &[("HTTPS_PROXY", " "), ("all_proxy", "http://proxy:canary")],
        ] {
            let (name, _) = variables.last().unwrap();
            let found = of(variables).expect_err(&format!("{variables:?}"));
            assert!(found.detail.contains(name) && !found.detail.contains("canary"), "{found:?}");
        }
    }

    #[test]
    fn what_can_be_used_is_taken_with_its_exceptions() {
        for (variables, except) in [
            (&[("HTTPS_PROXY", "http://proxy:8080")] as &'static [(&str, &str)], ""),
            (&[("HTTPS_PROXY", "proxy:8080"), ("NO_PROXY", "*.example.com")], "*.example.com"),
            (&[("https_proxy", "https://user:p%40ss@proxy"), ("no_proxy", "a,b")], "a,b"),
            (&[("ALL_PROXY", "http://10.0.0.1:3128/")], ""),
        ] {
            let proxy = of(variables).unwrap().unwrap();
            assert_eq!(proxy.except, except);
            assert!(!format!("{proxy:?}").contains("p%40ss"));
        }
        assert!(of(&[("HTTPS_PROXY", "")]).unwrap().is_none());
        assert!(of(&[("HTTP_PROXY", "nonsense:x"), ("NO_PROXY", "*")]).unwrap().is_none());
    }
}
