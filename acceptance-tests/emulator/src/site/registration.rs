//! Headless registration: `/services/auth/headless/init/registration` stores the data of a new customer. The
//! registration handler creates the user when the code is confirmed. Apex is not run: the settings of the site define
//! what the handler grants.

use serde_json::{Map, Value, json};

use super::credential;
use super::gate::{Gate, Stop, not_emulated};
use super::otp::{self, Method, Purpose, Registration};
use super::people::External;
use super::protection::{self, member};
use crate::emulator::{Call, State};
use crate::http::{Request, Response};
use crate::org::{Org, User};
use crate::stamp;

pub fn start(state: &mut State, request: &Request, call: &mut Call) -> Result<Response, Stop> {
    if request.method != "POST" {
        return Err(Gate::Method.into());
    }
    let org = &mut state.org;
    is_set_up(org)?;
    let body = protection::body(request)?;
    let method = match member(&body, "verificationmethod") {
        None => Method::Email,
        Some(name) => Method::parse(name).ok_or(Gate::InitBody)?,
    };
    let wanted = registration(&body).ok_or(Gate::InitBody)?;
    let settings = &org.site.network.auth_api;
    if settings.does_registration_require_auth {
        protection::authenticate(org, request, "user_registration_api")?;
    }
    if settings.is_recaptcha_required_rgstr && !protection::passes_recaptcha(org, &body) {
        return Err(Gate::Recaptcha.into());
    }
    if body.contains_key("emailtemplate") {
        return not_emulated("emailtemplate: the list of allowed templates");
    }
    if !wanted.password.is_empty() && !credential::is_strong(&wanted.password) {
        return Err(Gate::WeakPassword.into());
    }
    let to = match method {
        Method::Email => wanted.email.clone(),
        Method::Sms if wanted.phone.is_empty() => {
            return not_emulated(
                "a registration by SMS without userdata.mobilePhone or customdata.mobilePhone",
            );
        }
        Method::Sms => wanted.phone.clone(),
    };
    call.note("username", json!(wanted.username));
    if !wanted.password.is_empty() {
        org.secrets.insert(wanted.password.clone());
    }
    let (email, username) = (wanted.email.clone(), wanted.username.clone());
    let identifier = otp::challenge(org, method, Purpose::Registration(wanted), Some(&to), &username);
    Ok(Response::json(200, &json!({ "status": "success", "email": email, "identifier": identifier })))
}

/// Reads the data of a registration. The password is next to `userdata` in the guide, and within it in the mobile SDK.
fn registration(body: &Map<String, Value>) -> Option<Registration> {
    let data = body.get("userdata")?.as_object()?;
    let custom = body.get("customdata").and_then(Value::as_object).cloned().unwrap_or_default();
    let email = member(data, "email").filter(|email| email.contains('@'))?;
    let username = member(data, "username").filter(|username| username.contains('@'))?;
    Some(Registration {
        first_name: member(data, "firstName").unwrap_or_default().to_string(),
        last_name: member(data, "lastName")?.to_string(),
        email: email.to_string(),
        phone: member(data, "mobilePhone").or(member(&custom, "mobilePhone")).unwrap_or_default().to_string(),
        username: username.to_string(),
        password: member(body, "password").or(member(data, "password")).unwrap_or_default().to_string(),
        custom,
    })
}

/// Checks that registration is configured for the site.
pub fn is_set_up(org: &Org) -> Result<(), Gate> {
    let settings = &org.site.network.auth_api;
    if !settings.is_headless_user_registration_allowed {
        return Err(Gate::RegistrationOff);
    }
    let has_handler =
        settings.registration_handler.as_ref().is_some_and(|name| org.apex_classes.contains(name));
    let has_user = settings
        .registration_execution_user
        .as_deref()
        .and_then(|name| org.user_named(name))
        .is_some_and(|user| user.active);
    let has_profile = settings
        .registration_user_default_profile
        .as_ref()
        .is_some_and(|name| org.profiles.iter().any(|profile| profile.name == *name));
    if has_handler && has_user && has_profile { Ok(()) } else { Err(Gate::RegistrationSetup) }
}

/// Creates a user as the handler would, with the profile and the permission sets of the site's settings.
pub fn run_handler(org: &mut Org, wanted: Registration, by_email: bool) -> Result<User, Gate> {
    if org.user_named(&wanted.username).is_some() {
        return Err(Gate::HandlerFailed);
    }
    let number = org.users.len() as u64 + 1000;
    let user = User {
        id: stamp::record_id("005", number),
        username: wanted.username,
        name: format!("{} {}", wanted.first_name, wanted.last_name).trim().to_string(),
        permissions: ["ApiEnabled".to_string()].into(),
        approved: false,
        active: true,
        profile: org.site.network.auth_api.registration_user_default_profile.clone(),
        permission_sets: org.site.network.registration_grants.clone(),
        external: Some(External {
            password: wanted.password,
            email: wanted.email,
            email_verified: by_email,
            phone: wanted.phone,
            phone_verified: !by_email,
        }),
    };
    org.recount(None, Some(&user)).map_err(|_| Gate::RegistrationSetup)?;
    org.users.push(user.clone());
    Ok(user)
}
