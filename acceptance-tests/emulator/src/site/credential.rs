//! The credentials in a request: forms, Basic headers, client secrets.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use crate::http::{Request, decode, parse_form};

/// The fields of a request, those of the body first.
pub struct Form {
    body: Vec<(String, String)>,
    query: Vec<(String, String)>,
}

impl Form {
    /// Bodies of content types other than `application/x-www-form-urlencoded` have no fields.
    pub fn read(request: &Request) -> Form {
        let is_form = request
            .header("content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
        let body = if is_form && request.method == "POST" {
            parse_form(&String::from_utf8_lossy(&request.body))
        } else {
            Vec::new()
        };
        Form { body, query: request.query.clone() }
    }

    pub fn get(&self, name: &str) -> &str {
        self.in_body(name).or_else(|| find(&self.query, name)).unwrap_or_default()
    }

    pub fn in_body(&self, name: &str) -> Option<&str> {
        find(&self.body, name)
    }
}

fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Both halves of a Basic header. Salesforce's guide uses standard Base64, its SDK the URL-safe alphabet without
/// padding. Passwords may contain colons, usernames may not.
pub fn basic(request: &Request) -> Option<(String, String)> {
    let (scheme, encoded) = request.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let encoded = encoded.trim();
    let bytes = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
        .iter()
        .find_map(|alphabet| alphabet.decode(encoded).ok())?;
    let text = String::from_utf8(bytes).ok()?;
    let (name, secret) = text.split_once(':')?;
    Some((name.to_string(), secret.to_string()))
}

/// The ID and the secret of a client, from the Basic header or the body.
pub fn client(request: &Request, form: &Form) -> (String, Option<String>) {
    if let Some((id, secret)) = basic(request) {
        let secret = Some(decode(&secret, false)).filter(|secret| !secret.is_empty());
        return (decode(&id, false), secret);
    }
    let secret = Some(form.get("client_secret")).filter(|secret| !secret.is_empty());
    (form.get("client_id").to_string(), secret.map(str::to_string))
}

/// The default password policy of new orgs: eight characters, letters and digits.
pub fn is_strong(password: &str) -> bool {
    password.chars().count() >= 8
        && password.chars().any(char::is_alphabetic)
        && password.chars().any(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(header: &str) -> Request {
        Request { headers: vec![("authorization".to_string(), header.to_string())], ..Request::default() }
    }

    #[test]
    fn basic_headers_use_either_base64_alphabet() {
        let pair = "ann@x.example:a:b\u{ff}?>~";
        let expected = Some(("ann@x.example".to_string(), "a:b\u{ff}?>~".to_string()));
        for encoded in [STANDARD.encode(pair), URL_SAFE_NO_PAD.encode(pair), URL_SAFE.encode(pair)] {
            assert_eq!(basic(&with(&format!("Basic {encoded}"))), expected, "{encoded}");
        }
        assert_eq!(basic(&with("Bearer x")), None);
        assert_eq!(basic(&with("Basic ***")), None);
        assert_eq!(basic(&with("Basic")), None);
    }

    #[test]
    fn a_strong_password_has_eight_characters_with_letters_and_digits() {
        assert!(is_strong("abcdefg1"));
        assert!(!is_strong("abcdefgh") && !is_strong("abc1") && !is_strong("12345678"));
    }
}
