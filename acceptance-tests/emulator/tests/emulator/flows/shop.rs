//! An org with an app that allows every variant, and a client of the site.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use salesforce_emulator::Config;
use serde_json::{Value, json};

use crate::client::{APP_POLICIES, GLOBAL, OAUTH, OAUTH_POLICIES, Org, Package, Response, start_with};

pub const VERIFIER: &str = "a-verifier-of-a-length-that-the-standard-allows-43-to-128";
pub const UVID: &str = "f81d4fae-7dec-4d0a-a765-00a0c91e6bf6";
pub const RECAPTCHA: &str = "emulator-recaptcha-token";

pub struct Shop {
    pub org: Org,
    pub key: String,
    pub secret: String,
}

pub type Fields<'a> = &'a [(&'a str, &'a str)];

pub fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, VERIFIER.as_bytes()))
}

pub fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}

fn form(fields: &[(String, String)]) -> String {
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}

/// Replaces, adds, or (with an empty value) removes fields.
fn overlay(base: Vec<(&str, String)>, changes: Fields<'_>) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> =
        base.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push(((*name).to_string(), (*value).to_string()));
        }
    }
    fields
}

impl Shop {
    /// An app for a confidential client with secret and PKCE, with tokens in JWT format and guests allowed.
    pub fn open() -> Shop {
        Shop::with(Config::default())
    }

    pub fn with(config: Config) -> Shop {
        let org = start_with(config);
        let echo = format!("{}/services/oauth2/echo", org.running.site_url);
        let parent = |app: &str| format!("<externalClientApplication>{app}</externalClientApplication>");
        for app in ["Shop", "Other"] {
            let package = Package::new()
                .with(
                    crate::client::APP,
                    app,
                    &format!("<contactEmail>a@example.com</contactEmail>\n<label>{app}</label>"),
                )
                .with(
                    OAUTH,
                    &format!("{app}_oauth"),
                    &format!(
                        "<commaSeparatedOauthScopes>Api, OpenID, RefreshToken, Web</commaSeparatedOauthScopes>\n{}",
                        parent(app)
                    ),
                )
                .with(
                    GLOBAL,
                    &format!("{app}_global"),
                    &format!(
                        "<callbackUrl>{echo}</callbackUrl>\n{}\n\
                         <isCodeCredFlowEnabled>true</isCodeCredFlowEnabled>\n\
                         <isNamedUserJwtEnabled>true</isNamedUserJwtEnabled>",
                        parent(app)
                    ),
                )
                .with(
                    OAUTH_POLICIES,
                    &format!("{app}_policies"),
                    &format!(
                        "<commaSeparatedPermissionSet>Shop_Customer</commaSeparatedPermissionSet>\n{}\n\
                         <isGuestCodeCredFlowEnabled>true</isGuestCodeCredFlowEnabled>\n\
                         <permittedUsersPolicyType>AdminApprovedPreAuthorized</permittedUsersPolicyType>",
                        parent(app)
                    ),
                );
            let deployed = org.deploy(&package);
            assert_eq!(deployed.status(), "Succeeded", "{}", deployed.text);
        }
        let global = org.components()[GLOBAL]["Shop_global"].clone();
        let text = |name: &str| global[name].as_str().unwrap().to_string();
        Shop { key: text("consumerKey"), secret: text("consumerSecret"), org }
    }

    /// An app for a single-page application: PKCE without a secret.
    pub fn public() -> Shop {
        let shop = Shop::open();
        shop.set(GLOBAL, "isConsumerSecretOptional", "true");
        shop.set(GLOBAL, "isSecretRequiredForRefreshToken", "false");
        shop
    }

    /// Makes the app issue opaque tokens. Guests need JWTs, so guests are disabled.
    pub fn opaque(self) -> Shop {
        self.set(OAUTH_POLICIES, "isGuestCodeCredFlowEnabled", "false");
        self.set(GLOBAL, "isNamedUserJwtEnabled", "false");
        self
    }

    /// Changes one element of one of the app's files.
    pub fn set(&self, kind: &str, element: &str, value: &str) {
        let names = self.org.components()[kind].clone();
        let of_shop = |name: &&String| name.starts_with("Shop") || !name.contains("Other");
        let name = names.as_object().unwrap().keys().find(of_shop).unwrap().clone();
        self.org.admin("PATCH", &format!("components/{kind}/{name}"), &json!({ element: value }).to_string());
    }

    pub fn set_app(&self, element: &str, value: &str) {
        self.set(APP_POLICIES, element, value);
    }

    pub fn site(&self, changes: &Value) {
        self.org.admin("PATCH", "site", &changes.to_string());
    }

    pub fn auth_api(&self, setting: &str, value: impl Into<Value>) {
        let value: Value = value.into();
        self.site(&json!({ "authApi": { setting: value } }));
    }

    pub fn user(&self, login: &str, changes: &Value) {
        self.org.admin("PATCH", &format!("users/{}", self.name(login)), &changes.to_string());
    }

    pub fn advance_clock(&self, seconds: u64) {
        self.org.admin("POST", "clock", &json!({ "forward_seconds": seconds }).to_string());
    }

    pub fn name(&self, login: &str) -> String {
        self.org.site_user(login)
    }

    pub fn password(&self, login: &str) -> String {
        let name = self.name(login);
        let users = &self.org.running.credentials.site_users;
        users.iter().find(|(known, _)| *known == name).map(|(_, password)| password.clone()).unwrap()
    }

    pub fn redirect(&self) -> String {
        format!("{}/services/oauth2/echo", self.org.running.site_url)
    }

    pub fn call(&self, method: &str, path: &str, headers: Fields<'_>, body: &str) -> Response {
        let url = &self.org.running.site_url;
        let host_end = url["http://".len()..].find('/').map_or(url.len(), |at| at + "http://".len());
        let (origin, prefix) = url.split_at(host_end);
        self.org.http_at(origin, method, &format!("{prefix}{path}"), headers, body.as_bytes())
    }

    fn post(&self, path: &str, headers: Fields<'_>, fields: &[(String, String)]) -> Response {
        let mut all = vec![("Content-Type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.call("POST", path, &all, &form(fields))
    }

    fn authorize_fields(&self, changes: Fields<'_>) -> Vec<(String, String)> {
        let base = vec![
            ("response_type", "code_credentials".to_string()),
            ("client_id", self.key.clone()),
            ("redirect_uri", self.redirect()),
            ("code_challenge", challenge()),
        ];
        overlay(base, changes)
    }

    pub fn authorize(&self, headers: Fields<'_>, changes: Fields<'_>) -> Response {
        self.post("/services/oauth2/authorize", headers, &self.authorize_fields(changes))
    }

    pub fn authorize_by_get(&self, headers: Fields<'_>, changes: Fields<'_>) -> Response {
        let query = form(&self.authorize_fields(changes));
        self.call("GET", &format!("/services/oauth2/authorize?{query}"), headers, "")
    }

    /// Logs in with the credentials of a seeded user in the header.
    pub fn log_in(&self, login: &str, changes: Fields<'_>) -> Response {
        let header = basic(&self.name(login), &self.password(login));
        self.authorize(&[("Auth-Request-Type", "Named-User"), ("Authorization", &header)], changes)
    }

    pub fn redeem_with(&self, headers: Fields<'_>, code: &str, changes: Fields<'_>) -> Response {
        let base = vec![
            ("grant_type", "authorization_code".to_string()),
            ("code", code.to_string()),
            ("client_id", self.key.clone()),
            ("client_secret", self.secret.clone()),
            ("redirect_uri", self.redirect()),
            ("code_verifier", VERIFIER.to_string()),
        ];
        self.post("/services/oauth2/token", headers, &overlay(base, changes))
    }

    pub fn redeem(&self, code: &str, changes: Fields<'_>) -> Response {
        self.redeem_with(&[], code, changes)
    }

    /// Completes the login of the seeded customer. Returns the tokens.
    pub fn tokens(&self) -> Value {
        let response = self.redeem(&code(&self.log_in("customer", &[])), &[]);
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()
    }

    pub fn refresh(&self, token: &str, changes: Fields<'_>) -> Response {
        let base = vec![
            ("grant_type", "refresh_token".to_string()),
            ("refresh_token", token.to_string()),
            ("client_id", self.key.clone()),
            ("client_secret", self.secret.clone()),
        ];
        self.post("/services/oauth2/token", &[], &overlay(base, changes))
    }

    pub fn introspect(&self, token: &str, changes: Fields<'_>) -> Response {
        let base = vec![
            ("token", token.to_string()),
            ("client_id", self.key.clone()),
            ("client_secret", self.secret.clone()),
        ];
        self.post("/services/oauth2/introspect", &[], &overlay(base, changes))
    }

    pub fn revoke(&self, token: &str) -> Response {
        self.post("/services/oauth2/revoke", &[], &[("token".to_string(), token.to_string())])
    }

    pub fn userinfo(&self, token: &str) -> Response {
        self.call("GET", "/services/oauth2/userinfo", &[("Authorization", &format!("Bearer {token}"))], "")
    }

    pub fn json(&self, path: &str, headers: Fields<'_>, body: &Value) -> Response {
        let mut all = vec![("Content-Type", "application/json")];
        all.extend_from_slice(headers);
        self.call("POST", path, &all, &body.to_string())
    }

    pub fn start_passwordless(&self, login: &str, method: &str) -> Response {
        let body =
            json!({ "username": self.name(login), "verificationmethod": method, "recaptcha": RECAPTCHA });
        self.json("/services/auth/headless/init/passwordless/login", &[], &body)
    }

    pub fn start_registration(&self, username: &str) -> Response {
        let body = json!({
            "userdata": {
                "firstName": "Nora", "lastName": "New", "email": "nora@mail.example", "username": username,
            },
            "customdata": { "mobilePhone": "+49 30 1234567" },
            "password": "canary-Password-1",
            "recaptcha": RECAPTCHA,
            "verificationmethod": "email",
        });
        self.json("/services/auth/headless/init/registration", &[], &body)
    }

    pub fn forgot(&self, body: &Value) -> Response {
        self.json("/services/auth/headless/forgot_password", &[], body)
    }

    /// The code for an identifier.
    pub fn mail(&self, identifier: &str) -> String {
        let message = self.org.admin("GET", &format!("mailbox/{identifier}"), "");
        message["code"].as_str().unwrap().to_string()
    }

    pub fn with_code(&self, variant: &str, method: &str, identifier: &str, code: &str) -> Response {
        let header = basic(identifier, code);
        self.authorize(
            &[("Auth-Request-Type", variant), ("Auth-Verification-Type", method), ("Authorization", &header)],
            &[],
        )
    }

    pub fn visit(&self, hint: &str, changes: Fields<'_>) -> Response {
        self.authorize(&[("Auth-Request-Type", "guest"), ("Uvid-Hint", hint)], changes)
    }

    pub fn redeem_visit(&self, code: &str) -> Response {
        self.redeem_with(&[("Auth-Request-Type", "guest"), ("Uvid-Hint", UVID)], code, &[])
    }

    pub fn guest_token(&self) -> String {
        let response = self.redeem_visit(&code(&self.visit(&format!("UVID {UVID}"), &[])));
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()["access_token"].as_str().unwrap().to_string()
    }

    /// A token of an internal user for an app with one of the scopes that init endpoints require.
    pub fn integration_token(&self, scope: &str) -> String {
        self.set(OAUTH, "commaSeparatedOauthScopes", &format!("Api, OpenID, RefreshToken, Web, {scope}"));
        self.set(GLOBAL, "isClientCredentialsFlowEnabled", "true");
        self.set(OAUTH_POLICIES, "isClientCredentialsFlowEnabled", "true");
        self.set(OAUTH_POLICIES, "clientCredentialsFlowUser", &self.name("integration"));
        let body = form(&[
            ("grant_type".to_string(), "client_credentials".to_string()),
            ("client_id".to_string(), self.key.clone()),
            ("client_secret".to_string(), self.secret.clone()),
        ]);
        let response = self.org.http(
            "POST",
            "/services/oauth2/token",
            &[("Content-Type", "application/x-www-form-urlencoded")],
            body.as_bytes(),
        );
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()["access_token"].as_str().unwrap().to_string()
    }

    /// The gate that rejected the last call, from the journal.
    pub fn gate(&self) -> String {
        let journal = self.org.admin("GET", "journal", "");
        let last = journal.as_array().unwrap().last().unwrap();
        last["details"]["gate"].as_str().unwrap_or_default().to_string()
    }
}

/// A parameter of the redirect URL.
pub fn parameter(response: &Response, name: &str) -> Option<String> {
    let location = response.header("location")?;
    let query = location.split_once('?')?.1;
    query.split('&').find_map(|pair| {
        let (known, value) = pair.split_once('=')?;
        (known == name).then(|| decode(value))
    })
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits: String = rest.by_ref().take(2).map(char::from).collect();
            bytes.push(u8::from_str_radix(&digits, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[track_caller]
pub fn code(response: &Response) -> String {
    assert_eq!(response.status, 302, "{} {}", response.head, response.body);
    parameter(response, "code").unwrap()
}

/// Status and body in one line: HTML is `html`, JSON of OAuth `error: description`.
pub fn brief(response: &Response) -> String {
    let status = response.status;
    let kind = response.header("content-type").unwrap_or_default();
    if kind.starts_with("text/html") && response.body.contains("<form") {
        return format!("{status} html");
    }
    let Ok(body) = serde_json::from_str::<Value>(&response.body) else {
        return format!("{status} {}", response.body);
    };
    if let (Some(error), Some(text)) = (body["error"].as_str(), body["error_description"].as_str()) {
        return format!("{status} {error}: {text}");
    }
    if let (Some(code), Some(text)) = (body[0]["errorCode"].as_str(), body[0]["message"].as_str()) {
        return format!("{status} [{code}: {text}]");
    }
    format!("{status} {body}")
}

/// The claims of a token, which are its second part.
pub fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
