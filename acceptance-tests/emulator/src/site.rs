//! The Experience Cloud site of the org: its settings, its members, and the login flows of external users. The site
//! has its own host; nothing here is served on the org's host.

mod authorize;
mod client;
mod cors;
mod credential;
pub mod facts;
pub mod gate;
mod guest;
mod inspection;
mod issue;
mod jwt;
pub mod network;
mod otp;
mod password;
mod passwordless;
pub mod people;
mod protection;
mod registration;
mod token;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use client::scopes_of;
pub use gate::Gate;
pub use inspection::{data_apis, is_foreign};
pub use issue::{SiteSession, revoke_unadmitted};
pub use jwt::{sign as sign_token, verify as verify_token};
pub use network::Network;

use crate::emulator::{Call, State};
use crate::fault;
use crate::http::{Request, Response};
use crate::org::Org;
use crate::rest;
use gate::{Stop, not_emulated};

/// The value that a client sends instead of a token from Google's reCAPTCHA. Any other value is rejected.
pub const RECAPTCHA_TOKEN: &str = "emulator-recaptcha-token";

/// The site in the state file: its settings, and all flows in progress.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Site {
    pub network: Network,
    /// Scheme, host and path prefix; set when the program listens.
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    pub codes: Vec<authorize::Code>,
    #[serde(default)]
    pub logins: Vec<issue::Login>,
    #[serde(default)]
    pub challenges: Vec<otp::Challenge>,
    #[serde(default)]
    pub resets: Vec<otp::Reset>,
    #[serde(default)]
    pub mailbox: Vec<otp::Message>,
}

impl Site {
    pub fn new(network: Network) -> Site {
        Site {
            network,
            url: String::new(),
            origin: String::new(),
            codes: Vec::new(),
            logins: Vec::new(),
            challenges: Vec::new(),
            resets: Vec::new(),
            mailbox: Vec::new(),
        }
    }

    /// Sets the scheme and host on which the program listens.
    pub fn locate(&mut self, origin: &str) {
        self.origin = origin.to_string();
        self.rename();
    }

    /// Updates the URL after a change to the path prefix.
    pub fn rename(&mut self) {
        let prefix = &self.network.url_path_prefix;
        self.url = if prefix.is_empty() { self.origin.clone() } else { format!("{}/{prefix}", self.origin) };
    }

    fn next_login(&self) -> u64 {
        self.logins.len() as u64 + 1
    }
}

/// A request to the site's host with the site's path prefix removed. A path without the prefix becomes `/outside/…`.
/// `None` if there is no prefix to remove.
pub fn path_within(org: &Org, request: &Request) -> Option<Request> {
    let prefix = &org.site.network.url_path_prefix;
    if !request.on_site || prefix.is_empty() {
        return None;
    }
    let mut inner = request.clone();
    inner.path = match request.path.strip_prefix(&format!("/{prefix}")) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => crate::http::clean_path(rest),
        // Nothing else exists: the host has only this site.
        _ => format!("/outside{}", request.path),
    };
    Some(inner)
}

/// The name of a call in the journal and in fault scripts. The data APIs have the same names as on the org's host.
pub fn operation_of(request: &Request) -> Option<&'static str> {
    if !request.on_site {
        return None;
    }
    match request.segments().as_slice() {
        ["services", "oauth2", "authorize"] => Some("siteAuthorize"),
        ["services", "oauth2", "token"] => Some("siteToken"),
        ["services", "oauth2", "userinfo"] => Some("siteUserinfo"),
        ["services", "oauth2", "introspect"] => Some("siteIntrospect"),
        ["services", "oauth2", "revoke"] => Some("siteRevoke"),
        ["services", "oauth2", "echo"] => Some("siteEcho"),
        ["services", "auth", "headless", "init", "passwordless", "login"] => Some("sitePasswordlessInit"),
        ["services", "auth", "headless", "init", "registration"] => Some("siteRegistrationInit"),
        ["services", "auth", "headless", "forgot_password"] => Some("siteForgotPassword"),
        [".well-known", "openid-configuration"] => Some("siteOpenidConfiguration"),
        ["id", "keys"] => Some("siteKeys"),
        ["services", "data", ..] => None,
        _ => Some("site"),
    }
}

pub fn answer(state: &mut State, request: &Request, call: &mut Call) -> Response {
    if !state.org.site.network.is_live() {
        return Gate::SiteInactive.answer(call);
    }
    if request.method == "OPTIONS" {
        return cors::preflight(&state.org, request, call);
    }
    let answer = respond(state, request, call).unwrap_or_else(|stop| stop.answer(call));
    cors::open(&state.org, request, answer)
}

fn respond(state: &mut State, request: &Request, call: &mut Call) -> Result<Response, Stop> {
    match request.segments().as_slice() {
        ["services", "oauth2", "authorize"] => authorize::answer(state, request, call),
        ["services", "oauth2", "token"] => token::answer(state, request, call),
        ["services", "oauth2", "userinfo"] => inspection::userinfo(state, request, call),
        ["services", "oauth2", "introspect"] => inspection::introspect(state, request, call),
        ["services", "oauth2", "revoke"] => inspection::revoke(state, request),
        ["services", "oauth2", "echo"] => {
            let query: Map<String, Value> =
                request.query.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            Ok(Response::json(200, &Value::Object(query)).header("cache-control", "no-store"))
        }
        ["services", "auth", "headless", "init", "passwordless", "login"] => {
            passwordless::start(state, request, call)
        }
        ["services", "auth", "headless", "init", "registration"] => registration::start(state, request, call),
        ["services", "auth", "headless", "forgot_password"] => password::answer(state, request, call),
        [".well-known", "openid-configuration"] => {
            Ok(Response::json(200, &inspection::openid_configuration(&state.org)))
        }
        ["id", "keys"] => Ok(Response::json(200, &jwt::keys(&state.org.id))),
        ["services", "data", ..] => Ok(rest::answer(state, request, call)),
        ["outside", ..] => Ok(fault::rest(404, "NOT_FOUND", "no site here: its path prefix is missing")),
        _ => not_emulated(format!("{} {} on the site's host", request.method, request.path)),
    }
}
