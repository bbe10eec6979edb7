//! CORS: the origins from which a browser may read the site's responses.

use super::gate::Gate;
use crate::emulator::Call;
use crate::http::{Request, Response};
use crate::org::Org;

/// The origin, if it is on the list and CORS is enabled for the endpoints.
fn allowed<'a>(org: &Org, request: &'a Request) -> Option<&'a str> {
    let network = &org.site.network;
    let origin = request.header("origin")?;
    let is_listed = network.cors_origins.iter().any(|pattern| matches(pattern, origin));
    (is_listed && network.cors_for_oauth).then_some(origin)
}

/// `https://*.example.com`: the star matches one label.
fn matches(pattern: &str, origin: &str) -> bool {
    match pattern.split_once("*.") {
        None => pattern == origin,
        Some((before, after)) => origin
            .strip_prefix(before)
            .and_then(|rest| rest.split_once('.'))
            .is_some_and(|(label, rest)| !label.is_empty() && rest == after),
    }
}

pub fn preflight(org: &Org, request: &Request, call: &mut Call) -> Response {
    let Some(origin) = allowed(org, request) else {
        return Gate::Origin.answer(call);
    };
    let wanted = request.header("access-control-request-headers").unwrap_or_default();
    Response::empty(200)
        .header("access-control-allow-origin", origin)
        .header("access-control-allow-methods", "GET, POST, OPTIONS")
        .header("access-control-allow-headers", wanted)
        .header("access-control-max-age", "300")
        .header("vary", "Origin")
}

/// Adds the CORS headers. Without them, the browser hides the response from the page.
pub fn open(org: &Org, request: &Request, answer: Response) -> Response {
    match allowed(org, request) {
        None => answer,
        Some(origin) => answer.header("access-control-allow-origin", origin).header("vary", "Origin"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_star_matches_one_label() {
        assert!(super::matches("https://shop.example", "https://shop.example"));
        assert!(super::matches("https://*.shop.example", "https://a.shop.example"));
        assert!(!super::matches("https://*.shop.example", "https://a.b.shop.example"));
        assert!(!super::matches("https://*.shop.example", "https://shop.example"));
        assert!(!super::matches("https://shop.example", "http://shop.example"));
    }
}
