//! `/services/oauth2/token` of the site: exchanges a code or a refresh token for new tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::authorize::{self, CODE_LIFETIME, Code, LoginStage, Variant};
use super::client::{Client, DAY};
use super::credential::{self, Form};
use super::gate::{Gate, Stop, not_emulated};
use super::guest;
use super::issue::{self, Grant};
use crate::emulator::{Call, State};
use crate::http::{Request, Response};
use crate::org::{Org, User};

pub fn answer(state: &mut State, request: &Request, call: &mut Call) -> Result<Response, Stop> {
    if request.method != "POST" {
        return Err(Gate::Method.into());
    }
    let form = Form::read(request);
    let grant_type = form.get("grant_type").to_string();
    call.note("grantType", json!(grant_type));
    let tokens = match grant_type.as_str() {
        "authorization_code" => exchange(&mut state.org, request, &form, call)?,
        "refresh_token" => refresh(&mut state.org, request, &form, call)?,
        "password"
        | "client_credentials"
        | "hybrid_auth_code"
        | "hybrid_refresh"
        | "urn:ietf:params:oauth:grant-type:jwt-bearer"
        | "urn:ietf:params:oauth:grant-type:token-exchange"
        | "urn:ietf:params:oauth:grant-type:device"
        | "urn:ietf:params:oauth:grant-type:saml2-bearer" => {
            return not_emulated(format!("the grant type {grant_type} on a site's host"));
        }
        _ => return Err(Gate::GrantType.into()),
    };
    Ok(Response::json(200, &tokens).header("cache-control", "no-store").header("pragma", "no-cache"))
}

fn exchange(org: &mut Org, request: &Request, form: &Form, call: &mut Call) -> Result<Value, Stop> {
    let (id, secret) = credential::client(request, form);
    let client = Client::known(org, &id)?;
    call.note("app", json!(client.app));
    if !client.accepts_secret(secret.as_deref(), !client.is_on("isConsumerSecretOptional")) {
        return Err(Gate::Secret.into());
    }
    let sent = form.get("code");
    let code = org.site.codes.iter().find(|code| code.code == sent).cloned().ok_or(Gate::Code)?;
    call.note("variant", json!(code.variant));
    if code.is_used {
        return Err(Gate::CodeUsed.into());
    }
    if org.now() >= code.issued.saturating_add(CODE_LIFETIME) {
        return Err(Gate::CodeExpired.into());
    }
    if code.client != client.id {
        return Err(Gate::CodeOfOther.into());
    }
    if code.redirect_uri != form.get("redirect_uri") {
        return Err(Gate::RedirectChanged.into());
    }
    verify(&code, form.get("code_verifier"))?;
    if code.variant == Variant::Guest {
        guest::check_hint(org, request, form, code.uvid.as_deref())?;
    } else if request.header("auth-request-type").is_some_and(|kind| kind == "guest") {
        return Err(Gate::RequestType.into());
    }
    let user = org.user(&code.user).cloned().ok_or(Gate::Credentials)?;
    call.user = Some(user.username.clone());
    still_open(org, &client, &user, &code, request)?;
    if let Some(element) = client.unsupported_setting(&code.scopes) {
        return not_emulated(format!("tokens for an app with {element}"));
    }
    for known in org.site.codes.iter_mut().filter(|known| known.code == code.code) {
        known.is_used = true;
    }
    let grant = Grant {
        user,
        scopes: code.scopes,
        uvid: code.uvid,
        is_guest: code.variant == Variant::Guest,
        nonce: code.nonce,
    };
    let login = issue::begin(org, &client, &grant);
    Ok(issue::tokens(org, &client, &grant.user, login, grant.nonce.as_deref()))
}

/// Checks the gates that may have closed since the code was issued.
fn still_open(org: &Org, client: &Client, user: &User, code: &Code, request: &Request) -> Result<(), Stop> {
    client.is_usable()?;
    if !client.is_on("isCodeCredFlowEnabled") {
        return Err(Gate::FlowOff.into());
    }
    if code.variant == Variant::Guest {
        return Ok(());
    }
    authorize::may_log_in(org, user, client, &request.peer, LoginStage::Login)?;
    Ok(client.admits(user)?)
}

/// The client that redeems a code must send the verifier of the challenge.
fn verify(code: &Code, verifier: &str) -> Result<(), Gate> {
    match (&code.challenge, verifier) {
        (None, "") => Ok(()),
        (None, _) => Err(Gate::VerifierUnasked),
        (Some(_), "") => Err(Gate::VerifierMissing),
        (Some(challenge), verifier) => {
            let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
            let fits = (43..=128).contains(&verifier.len()) && URL_SAFE_NO_PAD.encode(digest) == *challenge;
            if fits { Ok(()) } else { Err(Gate::Verifier) }
        }
    }
}

fn refresh(org: &mut Org, request: &Request, form: &Form, call: &mut Call) -> Result<Value, Stop> {
    let (id, secret) = credential::client(request, form);
    let client = Client::known(org, &id)?;
    call.note("app", json!(client.app));
    client.is_usable()?;
    if !client.accepts_secret(secret.as_deref(), client.is_on("isSecretRequiredForRefreshToken")) {
        return Err(Gate::RefreshSecret.into());
    }
    let sent = form.get("refresh_token").to_string();
    let login = org
        .site
        .logins
        .iter()
        .find(|login| login.refresh_token.as_ref() == Some(&sent) || login.rotated.contains(&sent))
        .filter(|login| login.app == client.app)
        .cloned()
        .ok_or(Gate::RefreshUnknown)?;
    if login.rotated.contains(&sent) {
        issue::end(org, login.number, "G18");
        return Err(Gate::Rotated.into());
    }
    match login.ended.as_deref() {
        None => {}
        Some("G6c") => return Err(Gate::AccessLost.into()),
        Some(_) => return Err(Gate::RefreshUnknown.into()),
    }
    let now = org.now();
    let limits = client.refresh_limits();
    let idle = now.saturating_sub(login.last_used);
    let is_over = limits.lifetime.is_some_and(|time| now.saturating_sub(login.started) >= time)
        || limits.idle.is_some_and(|time| idle >= time);
    if !limits.is_allowed || is_over {
        return Err(Gate::RefreshPolicy.into());
    }
    let idle_days = org.switches.refresh_idle_limit_days;
    if idle_days > 0 && idle >= idle_days.saturating_mul(DAY) {
        return Err(Gate::IdleLimit.into());
    }
    let user = org.user(&login.user).cloned().ok_or(Gate::AccessLost)?;
    call.user = Some(user.username.clone());
    authorize::may_log_in(org, &user, &client, &request.peer, LoginStage::Refresh)?;
    client.admits(&user).map_err(|_| Gate::AccessLost)?;
    if let Some(element) = client.unsupported_setting(&login.scopes) {
        return not_emulated(format!("tokens for an app with {element}"));
    }
    let next = client.is_on("isRefreshTokenRotationEnabled").then(|| issue::new_refresh_token(org));
    let is_rotated = next.is_some();
    for own in org.site.logins.iter_mut().filter(|own| own.number == login.number) {
        own.last_used = now;
        if let Some(next) = &next {
            own.rotated.extend(own.refresh_token.replace(next.clone()));
        }
    }
    let mut tokens = issue::tokens(org, &client, &user, login.number, None);
    // The client already has the refresh token, unless it was rotated.
    if !is_rotated && let Value::Object(members) = &mut tokens {
        members.remove("refresh_token");
    }
    Ok(tokens)
}
