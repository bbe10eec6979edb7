//! `/services/auth/headless/init/passwordless/login`: a one-time code instead of a password.

use serde_json::json;

use super::gate::{Gate, Stop, not_emulated};
use super::otp::{self, Method, Purpose};
use super::protection::{self, member};
use crate::emulator::{Call, State};
use crate::http::{Request, Response};

pub fn start(state: &mut State, request: &Request, call: &mut Call) -> Result<Response, Stop> {
    if request.method != "POST" {
        return Err(Gate::Method.into());
    }
    let org = &mut state.org;
    let settings = &org.site.network.auth_api;
    if !settings.is_pwdless_login_allowed {
        return Err(Gate::PasswordlessOff.into());
    }
    let body = protection::body(request)?;
    let username = member(&body, "username").ok_or(Gate::InitBody)?;
    let method = member(&body, "verificationmethod").and_then(Method::parse).ok_or(Gate::InitBody)?;
    if settings.does_pwdless_login_require_auth {
        protection::authenticate(org, request, "pwdless_login_api")?;
    }
    if settings.is_recaptcha_required_pwdless_login && !protection::passes_recaptcha(org, &body) {
        return Err(Gate::Recaptcha.into());
    }
    if body.contains_key("emailtemplate") {
        return not_emulated("emailtemplate: the list of allowed templates");
    }
    let user = org
        .user_named(username)
        .filter(|user| user.active && org.site.network.has_member(user))
        .and_then(|user| Some((user.id.clone(), user.username.clone(), user.external.clone()?)));
    let (id, to) = match user {
        // The response does not reveal whether the user exists.
        None => (None, None),
        Some((id, username, external)) => {
            let (to, is_verified) = match method {
                Method::Email => (external.email, external.email_verified),
                Method::Sms => (external.phone, external.phone_verified),
            };
            if !is_verified || to.is_empty() {
                return Err(Gate::Unverified.into());
            }
            call.user = Some(username);
            (Some(id), Some(to))
        }
    };
    let purpose = Purpose::Passwordless { user: id };
    let identifier = otp::challenge(org, method, purpose, to.as_deref(), username);
    Ok(Response::json(200, &json!({ "identifier": identifier, "status": "success" })))
}
