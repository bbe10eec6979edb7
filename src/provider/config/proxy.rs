//! The proxy that environment variables set. An invalid value is an error, because without the proxy, the provider
//! would connect directly.

use url::Url;

use super::Environment;
use crate::org::Proxy;
use crate::provider::diagnostics::Diagnostic;
use crate::provider::diagnostics::rows::provider_block::INVALID_PROXY;
use crate::secret::Secret;

/// The environment variables with the proxy, in order of precedence.
const VARIABLES: &[&str] = &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPTIONS: &[&str] = &["NO_PROXY", "no_proxy"];

fn first(environment: &Environment, names: &[&'static str]) -> Option<(&'static str, String)> {
    names.iter().find_map(|name| {
        let text = environment(name)?.trim().to_owned();
        (!text.is_empty()).then_some((*name, text))
    })
}

/// Returns `None` if the environment sets no proxy. The HTTP client then uses the machine's setting.
pub fn proxy(environment: &Environment) -> Result<Option<Proxy>, Diagnostic> {
    let Some((variable, text)) = first(environment, VARIABLES) else {
        return Ok(None);
    };
    // As in other tools, the scheme is optional.
    let url = if text.contains("://") { text } else { format!("http://{text}") };
    match problem(&url) {
        None => {
            let except = first(environment, EXCEPTIONS).map(|(_, hosts)| hosts).unwrap_or_default();
            Ok(Some(Proxy { url: Secret::new(url), except }))
        }
        Some(problem) => Err(INVALID_PROXY.diagnostic(format!(
            "The environment variable {variable} is not a supported proxy URL: {problem}. (Its value is not shown, \
             because it may contain a password.) Use http://host:port or http://user:password@host:port, or unset \
             {variable} to connect without a proxy. NO_PROXY lists hosts that are reached directly."
        ))),
    }
}

/// The problem with a proxy URL, if any. The text contains no part of the URL.
fn problem(url: &str) -> Option<&'static str> {
    let authority = url.split_once("://").map_or("", |(_, rest)| rest);
    let stray = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\');
    if url.contains(stray) {
        return Some("it contains a space or another character that is not allowed in a URL");
    }
    if authority.is_empty() || authority.starts_with(['/', '?', '#']) {
        return Some("it has no host");
    }
    match Url::parse(url) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            Some("its scheme is neither http nor https, and other proxies are not supported")
        }
        Ok(url) if url.host_str().is_none_or(str::is_empty) => Some("it has no host"),
        Ok(url) if url.port() == Some(0) => Some("its port is 0"),
        Ok(url) if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() => {
            Some(
                "it has more than a host and a port; in a password, encode /, ?, # and @ as %2F, %3F, %23 and %40",
            )
        }
        Ok(_) => None,
        Err(url::ParseError::EmptyHost) => Some("it has no host"),
        Err(url::ParseError::InvalidPort) => {
            Some("its port is not a number; in a password, encode /, ?, # and @ as %2F, %3F, %23 and %40")
        }
        Err(_) => Some("it is not a URL"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &'static [(&str, &str)]) -> Result<Option<Proxy>, Diagnostic> {
        proxy(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned()))
    }

    #[test]
    fn the_error_of_an_invalid_proxy_names_the_variable_and_not_its_value() {
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
    fn a_valid_proxy_is_used_with_its_exceptions() {
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
