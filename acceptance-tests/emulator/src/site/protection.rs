//! The protection of flows without a password: a token of an internal user, reCAPTCHA, or both.

use serde_json::{Map, Value};

use super::RECAPTCHA_TOKEN;
use super::client::scopes_of;
use super::gate::Gate;
use crate::http::Request;
use crate::org::Org;

/// The members of a JSON body.
pub fn body(request: &Request) -> Result<Map<String, Value>, Gate> {
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Gate::InitBody),
    }
}

pub fn member<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Requires a bearer token of an internal user, issued to an app with the scope.
pub fn authenticate(org: &Org, request: &Request, scope: &str) -> Result<(), Gate> {
    let session = request.bearer().and_then(|token| org.session(token)).ok_or(Gate::Authentication)?;
    let is_internal = org.user(&session.user).is_some_and(|user| user.active && user.external.is_none());
    let has_scope =
        session.app.as_deref().is_some_and(|app| scopes_of(org, app).iter().any(|own| own == scope));
    if is_internal && has_scope { Ok(()) } else { Err(Gate::Authentication) }
}

/// Whether the request passes reCAPTCHA. The settings of the site contain the score of the test token.
pub fn passes_recaptcha(org: &Org, body: &Map<String, Value>) -> bool {
    let network = &org.site.network;
    let event = body.get("recaptchaevent").and_then(Value::as_object);
    let enterprise = event.and_then(|event| {
        ["siteKey", "expectedAction", "projectId"]
            .iter()
            .all(|name| member(event, name).is_some())
            .then(|| member(event, "token"))
            .flatten()
    });
    member(body, "recaptcha").or(enterprise) == Some(RECAPTCHA_TOKEN)
        && network.auth_api.recaptcha_secret_key.as_deref().is_some_and(|key| !key.is_empty())
        && network.recaptcha_score >= network.auth_api.recaptcha_score_threshold
}
