//! `/services/auth/headless/forgot_password`: two calls that do not involve an app. The first call requests a code, the
//! second sends the code with the new password.

use serde_json::{Map, Value, json};

use super::credential;
use super::gate::{Gate, Stop, not_emulated};
use super::otp;
use super::protection::{self, member};
use crate::emulator::{Call, State};
use crate::http::{Request, Response};
use crate::org::Org;

pub fn answer(state: &mut State, request: &Request, call: &mut Call) -> Result<Response, Stop> {
    if request.method != "POST" {
        return Err(Gate::Method.into());
    }
    let org = &mut state.org;
    let settings = &org.site.network.auth_api;
    if !settings.is_forgot_pwd_allowed {
        return Err(Gate::ForgotOff.into());
    }
    let body = protection::body(request)?;
    let Some(username) = member(&body, "username") else {
        if settings.is_user_disambiguation_allowed_forgot_pwd {
            return not_emulated("user discovery: its Apex handler is not run here");
        }
        return Err(Gate::InitBody.into());
    };
    let is_second = body.contains_key("otp") || body.contains_key("newpassword");
    if settings.does_forgot_password_require_auth {
        protection::authenticate(org, request, "forgot_password")?;
    }
    if body.contains_key("emailtemplate") {
        return not_emulated("emailtemplate: the list of allowed templates");
    }
    call.note("step", json!(if is_second { 2 } else { 1 }));
    if is_second { finish(org, username, &body) } else { start(org, username, &body) }
}

fn start(org: &mut Org, username: &str, body: &Map<String, Value>) -> Result<Response, Stop> {
    if org.site.network.auth_api.is_recaptcha_required_forgot_pwd && !protection::passes_recaptcha(org, body)
    {
        return Err(Gate::ForgotRecaptcha.into());
    }
    // The response does not reveal whether the user exists.
    if let Some((id, username, email)) = addressee(org, username) {
        otp::reset(org, &id, &username, &email);
    }
    Ok(Response::json(200, &json!({ "status": "success", "status_code": "otp_sent" })))
}

fn addressee(org: &Org, username: &str) -> Option<(String, String, String)> {
    let user = org.user_named(username).filter(|user| user.active && org.site.network.has_member(user))?;
    let email =
        user.external.as_ref().map(|external| external.email.clone()).filter(|email| !email.is_empty())?;
    Some((user.id.clone(), user.username.clone(), email))
}

fn finish(org: &mut Org, username: &str, body: &Map<String, Value>) -> Result<Response, Stop> {
    let code = member(body, "otp").ok_or(Gate::InitBody)?;
    let password = member(body, "newpassword").ok_or(Gate::InitBody)?;
    let (id, _, _) = addressee(org, username).ok_or(Gate::ResetCode)?;
    otp::check_reset(org, &id, code)?;
    if !credential::is_strong(password) {
        return Err(Gate::ResetPolicy.into());
    }
    otp::end_reset(org, &id);
    org.secrets.insert(password.to_string());
    for user in org.users.iter_mut().filter(|user| user.id == id) {
        if let Some(external) = &mut user.external {
            external.password = password.to_string();
        }
    }
    Ok(Response::json(200, &json!({ "status": "success", "status_code": "success" })))
}
