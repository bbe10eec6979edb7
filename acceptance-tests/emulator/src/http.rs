//! Requests and responses without their transport, and the parsing of paths, queries and forms.

use bytes::Bytes;

#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    /// Starts with exactly one slash and, unless it is `/`, does not end with one.
    pub path: String,
    pub query: Vec<(String, String)>,
    /// The names are in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub peer: String,
    /// Scheme and host as sent by the client.
    pub base_url: String,
    /// Whether the request was sent to the site's host instead of the org's.
    pub on_site: bool,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth"))
            .then_some(token.trim())
    }

    pub fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|segment| !segment.is_empty()).collect()
    }
}

/// How a response is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    #[default]
    Whole,
    /// The connection closes in the middle of the body.
    Cut,
    /// The connection closes before anything is sent.
    Drop,
}

#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub delivery: Delivery,
    pub delay_ms: u64,
    /// The time over which the body is sent, in pieces.
    pub drip_ms: u64,
}

impl Response {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Response {
        Response {
            status,
            headers: vec![("content-type".to_string(), content_type.to_string())],
            body: body.into(),
            delivery: Delivery::Whole,
            delay_ms: 0,
            drip_ms: 0,
        }
    }

    pub fn json(status: u16, body: &serde_json::Value) -> Response {
        Response::new(status, "application/json;charset=UTF-8", body.to_string())
    }

    pub fn xml(status: u16, body: String) -> Response {
        Response::new(status, "text/xml;charset=UTF-8", body)
    }

    pub fn empty(status: u16) -> Response {
        Response { headers: Vec::new(), ..Response::new(status, "text/plain", Vec::new()) }
    }

    pub fn header(mut self, name: &str, value: &str) -> Response {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }
}

/// Collapses slashes: a client whose base URL ends with a slash requests `//services`.
pub fn clean_path(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    format!("/{}", segments.join("/"))
}

/// Parses `a=b&c=d`, as in queries and form bodies.
pub fn parse_form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name, true), decode(value, true))
        })
        .collect()
}

/// Decodes percent encoding; invalid sequences stay unchanged.
pub fn decode(text: &str, plus_is_space: bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' if plus_is_space => out.push(b' '),
            b'%' => {
                let mut ahead = bytes.clone();
                let digits = ahead.next().zip(ahead.next()).and_then(|(high, low)| {
                    let digit = |byte: u8| char::from(byte).to_digit(16);
                    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
                });
                match digits {
                    Some(value) => {
                        out.push(value);
                        bytes = ahead;
                    }
                    None => out.push(b'%'),
                }
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Percent-encodes all but unreserved characters.
pub fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_are_collapsed_and_forms_are_decoded() {
        assert_eq!(clean_path("//services//Soap/m/66.0/"), "/services/Soap/m/66.0");
        assert_eq!(clean_path(""), "/");
        assert_eq!(
            parse_form("q=SELECT+Id%20FROM&x&y=%zz%4"),
            [("q", "SELECT Id FROM"), ("x", ""), ("y", "%zz%4")].map(|(a, b)| (a.to_string(), b.to_string()))
        );
    }
}
