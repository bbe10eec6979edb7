//! OAuth 2.0 token exchange: exchanges a token from another issuer for a token from the org.
//!
//! Apex does not run here. Instead, a handler contains the data that its class would check: issuer, audience, and the
//! mapping of subjects to users. The issuer is also emulated: `POST /emulator/workload-tokens` signs a token like that
//! of a CI runner. The endpoint and its other grants are in `oauth`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::fault::oauth as error;
use crate::http::Response;
use crate::org::{Org, User};
use crate::site::{sign_token, verify_token};
use crate::stamp;

pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const TYPES: &str = "urn:ietf:params:oauth:token-type:";
/// The documented maximum length of a subject token.
const LONGEST: usize = 10_000;
const KINDS: [&str; 5] = ["jwt", "id_token", "access_token", "refresh_token", "saml2"];

/// The definition of an `OauthTokenExchangeHandler`, and the data that its class would check.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenHandler {
    /// The API name.
    pub name: String,
    #[serde(default)]
    pub apex_class: String,
    pub issuer: String,
    pub audience: String,
    /// Subject → username.
    pub users: BTreeMap<String, String>,
    /// The client IDs of the apps for which the handler is enabled.
    #[serde(default)]
    pub apps: BTreeSet<String>,
    #[serde(default)]
    pub is_default: bool,
    #[serde(default = "yes")]
    pub is_enabled: bool,
    /// The last parts of the URNs of the supported token types.
    #[serde(default = "jwt")]
    pub supports: BTreeSet<String>,
}

fn yes() -> bool {
    true
}

fn jwt() -> BTreeSet<String> {
    ["jwt".to_string()].into()
}

/// The parameters of a request.
pub struct ExchangeRequest<'a> {
    pub client_id: &'a str,
    pub subject_token: &'a str,
    pub subject_token_type: &'a str,
    pub token_handler: &'a str,
}

/// The user of the token, or the rejection.
pub fn user(org: &Org, asked: &ExchangeRequest<'_>) -> Result<User, Response> {
    let invalid = |words: &str| error(400, "invalid_request", words);
    if asked.subject_token.is_empty() {
        return Err(invalid("missing required parameter: subject_token"));
    }
    if asked.subject_token.len() > LONGEST {
        return Err(invalid("subject_token is too long"));
    }
    let kind = asked.subject_token_type.strip_prefix(TYPES).map(str::to_ascii_lowercase);
    let Some(kind) = kind.filter(|kind| KINDS.contains(&kind.as_str())) else {
        return Err(invalid("subject_token_type is missing or invalid"));
    };
    let own = org
        .token_handlers
        .iter()
        .filter(|handler| handler.is_enabled && handler.apps.contains(asked.client_id));
    let is_meant = |handler: &&TokenHandler| match asked.token_handler {
        "" => handler.is_default,
        named => handler.name == named || handler.apex_class == named,
    };
    let Some(handler) = own.into_iter().find(is_meant) else {
        return Err(invalid("no such token handler for this app"));
    };
    if !handler.supports.contains(&kind) {
        return Err(invalid("the token handler does not support this subject_token_type"));
    }
    let refused = || error(400, "invalid_grant", "Token handler validation failed");
    let claims = verify_token(asked.subject_token).ok_or_else(refused)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let now = org.now() as f64 / 1000.0;
    let is_good = text("iss") == handler.issuer
        && text("aud") == handler.audience
        && claims.get("exp").and_then(Value::as_f64).is_some_and(|exp| exp > now);
    let user = handler.users.get(text("sub")).and_then(|username| org.user_named(username));
    user.filter(|user| is_good && user.active).cloned().ok_or_else(refused)
}

/// `POST /emulator/token-handlers`: adds or replaces a handler. A handler without apps is enabled for the login app.
pub fn add_handler(org: &mut Org, wanted: Map<String, Value>) -> Result<Value, String> {
    let mut handler: TokenHandler =
        serde_json::from_value(Value::Object(wanted)).map_err(|problem| problem.to_string())?;
    if handler.apps.is_empty() {
        handler.apps = org.login_apps.iter().map(|app| app.client_id.clone()).collect();
    }
    org.token_handlers.retain(|other| other.name != handler.name);
    org.token_handlers.push(handler);
    Ok(json!(org.token_handlers))
}

/// `POST /emulator/workload-tokens`: issues a token like that of a CI runner. `expires_in` may be negative; `forged`
/// breaks the signature.
pub fn issue(org: &mut Org, wanted: &Map<String, Value>) -> Result<Value, String> {
    let known = ["issuer", "audience", "subject", "expires_in", "forged"];
    if let Some(other) = wanted.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("unknown: {other}"));
    }
    let text = |name: &str| wanted.get(name).and_then(Value::as_str).unwrap_or_default();
    let seconds = wanted.get("expires_in").and_then(Value::as_i64).unwrap_or(600);
    let now = i64::try_from(org.now() / 1000).unwrap_or(i64::MAX);
    let claims = json!({
        "iss": text("issuer"),
        "aud": text("audience"),
        "sub": text("subject"),
        "iat": now,
        "exp": now.saturating_add(seconds),
        "jti": stamp::random_text(24),
    });
    let mut token = sign_token(&json!({ "alg": "RS256", "typ": "JWT", "kid": "workload" }), &claims);
    if wanted.get("forged").and_then(Value::as_bool).unwrap_or(false) {
        let (signed, _) = token.rsplit_once('.').unwrap_or_default();
        token = format!("{signed}.{}", stamp::random_text(342));
    }
    org.secrets.insert(token.clone());
    Ok(json!({ "token": token }))
}
