//! `/services/oauth2/authorize`: exchanges credentials for a code. Each check is a gate of `gate.rs`, in the order in
//! which an org is assumed to check them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::{Client, MINUTE};
use super::credential::{self, Form};
use super::gate::{Gate, Stop, not_emulated};
use super::otp::{self, Method, Purpose};
use super::{guest, registration};
use crate::component::is_true;
use crate::emulator::{Call, State};
use crate::http::{Request, Response, percent};
use crate::org::{OIDC_SETTINGS, Org, User};
use crate::stamp::{self, Millis};

/// The lifetime of a code, as documented for the web server flow.
pub const CODE_LIFETIME: Millis = 15 * MINUTE;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Variant {
    NamedUser,
    Passwordless,
    Registration,
    Guest,
}

impl Variant {
    fn parse(header: &str) -> Option<Variant> {
        match header {
            "Named-User" => Some(Variant::NamedUser),
            "passwordless-login" => Some(Variant::Passwordless),
            "user-registration" => Some(Variant::Registration),
            "guest" => Some(Variant::Guest),
            _ => None,
        }
    }
}

/// A code, and the request for which it was issued.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Code {
    pub code: String,
    pub client: String,
    pub redirect_uri: String,
    pub challenge: Option<String>,
    pub scopes: Vec<String>,
    pub variant: Variant,
    pub user: String,
    pub uvid: Option<String>,
    pub nonce: Option<String>,
    pub issued: Millis,
    pub is_used: bool,
}

pub fn answer(state: &mut State, request: &Request, call: &mut Call) -> Result<Response, Stop> {
    let form = Form::read(request);
    let variant_name = request.header("auth-request-type").unwrap_or_default().to_string();
    call.note("variant", json!(variant_name));
    if !matches!(request.method.as_str(), "GET" | "POST") {
        return not_emulated(format!("{} on authorize", request.method));
    }
    let org = &state.org;
    let settings = |element: &str| {
        org.in_effect().all(OIDC_SETTINGS).any(|(_, component)| is_true(&component.fields, element))
    };
    if !settings("oAuthCdCrdtFlowEnable") {
        return Err(Gate::OrgSwitch.into());
    }
    let client = Client::find(org, form.get("client_id"))?;
    call.note("app", json!(client.app));
    if !client.is_on("isCodeCredFlowEnabled") {
        return Err(Gate::FlowOff.into());
    }
    let redirect_uri = form.get("redirect_uri").to_string();
    if redirect_uri.is_empty() {
        return Err(Gate::RedirectMissing.into());
    }
    if !client.calls_back_to(&redirect_uri) {
        return Err(Gate::RedirectMismatch.into());
    }
    if variant_name.is_empty() {
        return Err(Gate::NotHeadless.into());
    }
    let variant = Variant::parse(&variant_name).ok_or(Gate::RequestType)?;
    match form.get("response_type") {
        "code_credentials" => {}
        flow @ ("code" | "token" | "hybrid_token" | "device_code") => {
            return not_emulated(format!("the flow with response_type={flow}"));
        }
        _ => return Err(Gate::ResponseType.into()),
    }
    let refused = if variant == Variant::Guest { Gate::GuestScope } else { Gate::Scope };
    let scopes = client.grants(form.get("scope")).ok_or(refused)?;
    let challenge = challenge(&form, settings("isPkceRequired"), client.is_on("isPkceRequired"))?;
    let credentials = credentials(request, &form, &client, variant)?;
    let (user, uvid) = match variant {
        Variant::Guest => guest::visitor(org, request, &form, &client)?,
        Variant::NamedUser => {
            let uvid = guest::carried_over(org, request, &form, &client)?;
            (with_password(org, &credentials)?, uvid)
        }
        Variant::Passwordless | Variant::Registration => {
            let method = Method::parse(request.header("auth-verification-type").unwrap_or_default());
            (with_code(state, variant, &credentials, method)?, None)
        }
    };
    call.user = Some(user.username.clone());
    let org = &mut state.org;
    if variant != Variant::Guest {
        may_log_in(org, &user, &client, &request.peer, LoginStage::Login)?;
        client.admits(&user)?;
        if client.policy("requiredSessionLevel") == Some("HIGH_ASSURANCE") {
            return Err(Gate::SessionLevel.into());
        }
    }
    let code = format!("aPrxcanary{}==", stamp::random_text(60));
    org.secrets.insert(code.clone());
    let issued = org.now();
    let nonce = Some(form.get("nonce")).filter(|nonce| !nonce.is_empty()).map(str::to_string);
    org.site.codes.push(Code {
        code: code.clone(),
        client: client.id.clone(),
        redirect_uri: redirect_uri.clone(),
        challenge,
        scopes,
        variant,
        user: user.id,
        uvid,
        nonce,
        issued,
        is_used: false,
    });
    let state_text = Some(form.get("state")).filter(|text| !text.is_empty());
    Ok(Response::empty(302)
        .header("location", &location(org, &redirect_uri, &code, state_text))
        .header("cache-control", "no-cache,must-revalidate,max-age=0,no-store,private"))
}

fn location(org: &Org, redirect_uri: &str, code: &str, state: Option<&str>) -> String {
    let sign = if redirect_uri.contains('?') { '&' } else { '?' };
    let mut location = format!(
        "{redirect_uri}{sign}code={}&sfdc_community_url={}&sfdc_community_id={}",
        percent(code),
        percent(&org.site.url),
        percent(&org.site.network.id)
    );
    if let Some(state) = state {
        location.push_str(&format!("&state={}", percent(state)));
    }
    location
}

/// The challenge of PKCE. `plain` is not supported.
fn challenge(form: &Form, by_org: bool, by_app: bool) -> Result<Option<String>, Gate> {
    let challenge = form.get("code_challenge");
    if challenge.is_empty() {
        return match (by_org, by_app) {
            (true, _) => Err(Gate::OrgPkce),
            (false, true) => Err(Gate::Challenge),
            (false, false) => Ok(None),
        };
    }
    let is_digest = URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|digest| digest.len() == 32);
    if !is_digest || !matches!(form.get("code_challenge_method"), "" | "S256") {
        return Err(Gate::ChallengeMethod);
    }
    Ok(Some(challenge.to_string()))
}

/// Username and password, or identifier and one-time code: in the header, unless the app requires the body. One-time
/// codes are documented for the header only, so they are read from the header even if the app requires the body.
fn credentials(
    request: &Request,
    form: &Form,
    client: &Client,
    variant: Variant,
) -> Result<(String, String), Stop> {
    if variant == Variant::Guest {
        return Ok((String::new(), String::new()));
    }
    let basic = credential::basic(request);
    if variant != Variant::NamedUser {
        return basic.ok_or_else(|| Gate::NoCredentials.into());
    }
    let pair = |name: Option<&str>, password: Option<&str>| match (name, password) {
        (Some(name), Some(password)) if !name.is_empty() => Some((name.to_string(), password.to_string())),
        _ => None,
    };
    let in_body = pair(form.in_body("username"), form.in_body("password"));
    if client.is_on("isCodeCredPostOnly") {
        let elsewhere = basic.is_some() || !form.get("username").is_empty();
        let closed = if elsewhere { Gate::PostOnly } else { Gate::NoCredentials };
        return in_body.ok_or_else(|| closed.into());
    }
    if !form.get("login_hint").is_empty() && basic.is_none() {
        return not_emulated("user discovery (login_hint): its Apex handler is not run here");
    }
    let anywhere = pair(Some(form.get("username")), Some(form.get("password")));
    basic.or(in_body).or(anywhere).ok_or_else(|| Gate::NoCredentials.into())
}

fn with_password(org: &Org, (username, password): &(String, String)) -> Result<User, Stop> {
    let user = org.user_named(username).ok_or(Gate::Credentials)?;
    match &user.external {
        // Passwords of internal users are not modeled, and would not be accepted on a site.
        None => Err(Gate::Licence.into()),
        Some(external) if external.password.is_empty() || external.password != *password => {
            Err(Gate::Credentials.into())
        }
        Some(_) => Ok(user.clone()),
    }
}

fn with_code(
    state: &mut State,
    variant: Variant,
    (identifier, code): &(String, String),
    method: Option<Method>,
) -> Result<User, Stop> {
    let is_registration = variant == Variant::Registration;
    if is_registration {
        registration::is_set_up(&state.org).map_err(|_| Gate::RegistrationStep)?;
    } else if !state.org.site.network.auth_api.is_pwdless_login_allowed {
        return Err(Gate::PasswordlessStep.into());
    }
    let purpose = otp::redeem(&mut state.org, identifier, code, method, is_registration)?;
    match purpose {
        Purpose::Passwordless { user } => {
            let user = user.and_then(|id| state.org.user(&id).cloned());
            user.ok_or_else(|| Gate::Credentials.into())
        }
        Purpose::Registration(wanted) => {
            Ok(registration::run_handler(&mut state.org, wanted, method == Some(Method::Email))?)
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LoginStage {
    Login,
    Refresh,
}

/// The gates of the user: external, active, a member of the site, and logging in at a time and from an IP address that
/// the profile allows.
pub fn may_log_in(
    org: &Org,
    user: &User,
    client: &Client,
    peer: &str,
    moment: LoginStage,
) -> Result<(), Stop> {
    if user.external.is_none() {
        return Err(Gate::Licence.into());
    }
    if !user.active {
        return Err(Gate::Inactive.into());
    }
    if !org.site.network.has_member(user) {
        return Err(Gate::Member.into());
    }
    let Some(policy) = user.profile.as_ref().and_then(|profile| org.login_policies.get(profile)) else {
        return Ok(());
    };
    let hour = u32::try_from(org.now() / 3_600_000 % 24).unwrap_or(0);
    let is_in_hours = policy.login_hours.is_none_or(|(from, to)| {
        if from <= to { (from..to).contains(&hour) } else { hour >= from || hour < to }
    });
    if moment == LoginStage::Login && !is_in_hours {
        return Err(Gate::LoginRestricted.into());
    }
    let address: Option<std::net::IpAddr> =
        peer.parse::<std::net::SocketAddr>().ok().map(|peer| peer.ip().to_canonical());
    let is_in_range = policy.login_ip_ranges.is_empty()
        || address
            .is_some_and(|own| policy.login_ip_ranges.iter().any(|(from, to)| (*from..=*to).contains(&own)));
    match client.policy("ipRelaxationPolicyType") {
        _ if is_in_range => Ok(()),
        Some("Bypass") => Ok(()),
        Some("Enforce_RelaxRefresh") if moment == LoginStage::Refresh => Ok(()),
        _ if client.has_trusted_ranges() => {
            not_emulated("trusted IP ranges of an app, from outside of the profile's ranges")
        }
        Some("Bypass_2factor") => not_emulated(
            "ipRelaxationPolicyType Bypass_2factor from outside of the profile's ranges: it asks for a second factor",
        ),
        _ => Err(Gate::LoginRestricted.into()),
    }
}
