//! A customer's session that is kept during changes to the org. The smoke test cannot cover such sessions, because its
//! sessions end within one run.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::http::{self, Reply};
use acceptance_tests::org::GLOBAL_OAUTH;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// A verifier and its challenge: the example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub struct Session<'org> {
    org: &'org Emulator,
    key: String,
    secret: String,
    pub tokens: Value,
}

impl<'org> Session<'org> {
    /// Logs the user in with the private client of the app.
    #[track_caller]
    pub fn login(org: &'org Emulator, app: &str, user: &str) -> Self {
        let global = org.part(GLOBAL_OAUTH, app);
        let (key, secret) = (global.text("consumerKey"), global.text("consumerSecret"));
        let callback = global.text("callbackUrl");
        let username = org.user(user);
        let password = org.known()["site_users"][&username].as_str().unwrap_or_default().to_owned();
        let mut session = Self { org, key: key.clone(), secret: secret.clone(), tokens: Value::Null };
        let reply = session.post(
            "/services/oauth2/authorize",
            &[("Auth-Request-Type", "Named-User")],
            &[
                ("response_type", "code_credentials"),
                ("client_id", &key),
                ("redirect_uri", &callback),
                ("code_challenge", CHALLENGE),
                ("username", &username),
                ("password", &password),
            ],
        );
        let location = reply.header("location").unwrap_or_default();
        let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
        let code = decoded(code.unwrap_or_else(|| panic!("no code: {} {}", reply.status, reply.body)));
        let reply = session.post(
            "/services/oauth2/token",
            &[],
            &[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("client_id", &key),
                ("client_secret", &secret),
                ("redirect_uri", &callback),
                ("code_verifier", VERIFIER),
            ],
        );
        assert_eq!(reply.status, 200, "{}", reply.body);
        session.tokens = serde_json::from_str(&reply.body).expect("tokens as JSON");
        session
    }

    fn text(&self, name: &str) -> &str {
        self.tokens[name].as_str().unwrap_or_default()
    }

    /// The site's URL with a path.
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.org.ready["siteUrl"].as_str().unwrap_or_default())
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Reply {
        let mut all = vec![("Content-Type", "application/x-www-form-urlencoded")];
        all.extend(headers);
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        http::send("POST", &self.url(path), &all, &body.join("&")).expect("a response of the site")
    }

    fn get(&self, url: &str) -> Reply {
        let bearer = format!("Bearer {}", self.text("access_token"));
        http::send("GET", url, &[("Authorization", &bearer)], "").expect("a response")
    }

    /// Refreshes the tokens and stores the new ones. Returns the HTTP status and the error code.
    pub fn refresh(&mut self) -> (u16, String) {
        let reply = self.post(
            "/services/oauth2/token",
            &[],
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", self.text("refresh_token")),
                ("client_id", &self.key),
                ("client_secret", &self.secret),
            ],
        );
        let response: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        if reply.status == 200 {
            for (name, value) in response.as_object().into_iter().flatten() {
                self.tokens[name] = value.clone();
            }
        }
        (reply.status, response["error"].as_str().unwrap_or_default().to_owned())
    }

    pub fn userinfo(&self) -> u16 {
        self.get(&self.url("/services/oauth2/userinfo")).status
    }

    /// Calls the data API of the site.
    pub fn limits(&self) -> Reply {
        self.get(&self.url("/services/data/v67.0/limits"))
    }

    /// Whether an introspection by this session's app reports the token of another session as active.
    pub fn introspects_as_active(&self, other: &Session<'_>) -> bool {
        let form = [
            ("token", other.text("access_token")),
            ("token_type_hint", "access_token"),
            ("client_id", &self.key),
            ("client_secret", &self.secret),
        ];
        let reply = self.post("/services/oauth2/introspect", &[], &form);
        assert_eq!(reply.status, 200, "{}", reply.body);
        let response: Value = serde_json::from_str(&reply.body).expect("JSON");
        response["active"] == true
    }

    /// The lifetime of the access token in minutes, if it is a JWT.
    pub fn minutes(&self) -> Option<i64> {
        let part = self.text("access_token").split('.').nth(1)?;
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
        Some((claims["exp"].as_i64()? - claims["iat"].as_i64()?) / 60)
    }
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let each = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(each).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        let (code, left) = after.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).expect("two digits after a percent sign"));
        rest = left;
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).expect("UTF-8")
}
