//! Logins and their tokens: the content and the lifetime of access tokens, refresh tokens and ID tokens.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::Client;
use super::jwt;
use crate::org::{Org, Session, User};
use crate::report;
use crate::stamp::{self, Millis};

/// The login of one user with one app, from the code to the end of the last refresh token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Login {
    pub number: u64,
    pub user: String,
    pub app: String,
    pub client: String,
    pub scopes: Vec<String>,
    /// Set for guests, and for users who were guests before.
    pub uvid: Option<String>,
    pub is_guest: bool,
    pub started: Millis,
    pub last_used: Millis,
    pub refresh_token: Option<String>,
    /// Refresh tokens that were replaced by a rotation.
    pub rotated: Vec<String>,
    /// The reason why no more tokens are issued, such as the ID of a gate or `revoked`.
    pub ended: Option<String>,
}

/// The additional data of a session of the site.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SiteSession {
    pub login: u64,
    pub scopes: Vec<String>,
    pub expires: Millis,
}

/// The maximum number of logins by one user with one app, counting logins with a refresh token. A further login revokes
/// the oldest one.
const LOGINS_PER_APP: usize = 5;

/// The user and the data for which a code was issued.
pub struct Grant {
    pub user: User,
    pub scopes: Vec<String>,
    pub uvid: Option<String>,
    pub is_guest: bool,
    pub nonce: Option<String>,
}

pub fn begin(org: &mut Org, client: &Client, grant: &Grant) -> u64 {
    let wants_refresh =
        grant.scopes.iter().any(|scope| scope == "refresh_token" || scope == "offline_access");
    let refresh_token = (wants_refresh && !grant.is_guest && client.refresh_limits().is_allowed)
        .then(|| new_refresh_token(org));
    let now = org.now();
    let number = org.site.next_login();
    if refresh_token.is_some() {
        let mut of_user: Vec<u64> = org
            .site
            .logins
            .iter()
            .filter(|login| login.user == grant.user.id && login.app == client.app)
            .filter(|login| login.ended.is_none() && login.refresh_token.is_some())
            .map(|login| login.number)
            .collect();
        while of_user.len() >= LOGINS_PER_APP {
            end(org, of_user.remove(0), "more logins than an app may have of one user");
        }
    }
    org.site.logins.push(Login {
        number,
        user: grant.user.id.clone(),
        app: client.app.clone(),
        client: client.id.clone(),
        scopes: grant.scopes.clone(),
        uvid: grant.uvid.clone(),
        is_guest: grant.is_guest,
        started: now,
        last_used: now,
        refresh_token,
        rotated: Vec::new(),
        ended: None,
    });
    number
}

pub fn new_refresh_token(org: &mut Org) -> String {
    let token = format!("5Aep861canarySITE{}", stamp::random_text(60));
    org.secrets.insert(token.clone());
    token
}

/// Revokes the login and all its tokens.
pub fn end(org: &mut Org, number: u64, why: &str) {
    for login in org.site.logins.iter_mut().filter(|login| login.number == number) {
        login.ended.get_or_insert_with(|| why.to_string());
    }
    for session in &mut org.sessions {
        if session.site.as_ref().is_some_and(|site| site.login == number) {
            session.expired = true;
        }
    }
}

/// Revokes the tokens of users who are no longer admitted to an app, and of all users of a deleted app.
pub fn revoke_unadmitted(org: &mut Org) {
    let lost: Vec<u64> = org
        .site
        .logins
        .iter()
        .filter(|login| login.ended.is_none())
        .filter(|login| match Client::of_token(org, &login.client) {
            Err(super::gate::Gate::ClientUnknown) => true,
            // While the app is disabled, tokens do not work, but they are not revoked.
            Err(_) => false,
            Ok(client) => {
                !login.is_guest && org.user(&login.user).is_none_or(|user| client.admits(user).is_err())
            }
        })
        .map(|login| login.number)
        .collect();
    for number in lost {
        end(org, number, "G6c");
    }
}

/// The response from the token endpoint: a new access token, and related values.
pub fn tokens(org: &mut Org, client: &Client, user: &User, number: u64, nonce: Option<&str>) -> Value {
    let Some(login) = org.site.logins.iter().find(|login| login.number == number).cloned() else {
        return Value::Null;
    };
    let now = org.now();
    let is_jwt = login.is_guest || client.issues_jwt();
    let expires = now.saturating_add(client.access_lifetime(org, user, login.is_guest));
    let token = if is_jwt {
        jwt::sign(&access_header(org), &access_claims(org, client, &login, user, now, expires))
    } else {
        format!("{}!AQcanarySITE.{}", org.id, stamp::random_text(80))
    };
    org.secrets.insert(token.clone());
    org.sessions.push(Session {
        token: token.clone(),
        user: user.id.clone(),
        client: client.id.clone(),
        app: Some(client.app.clone()),
        issued: now,
        expired: false,
        jwt: is_jwt,
        site: Some(SiteSession { login: number, scopes: login.scopes.clone(), expires }),
    });
    let id = format!("{}/id/{}/{}", org.url, org.id, user.id);
    let issued_at = now.to_string();
    let secret = client.secret().unwrap_or_default();
    let signature = ring::hmac::sign(
        &ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes()),
        format!("{id}{issued_at}").as_bytes(),
    );
    let mut answer = json!({
        "access_token": token,
        "sfdc_community_url": org.site.url,
        "sfdc_community_id": org.site.network.id,
        "signature": STANDARD.encode(signature),
        "token_format": if is_jwt { "jwt" } else { "opaque" },
        "scope": login.scopes.join(" "),
        "instance_url": org.url,
        "id": id,
        "token_type": "Bearer",
        "issued_at": issued_at,
    });
    if let Some(refresh_token) = &login.refresh_token {
        report::set(&mut answer, "refresh_token", json!(refresh_token));
    }
    if login.scopes.iter().any(|scope| scope == "openid") && !login.is_guest {
        let id_token = id_token(org, client, user, &token, now, nonce);
        org.secrets.insert(id_token.clone());
        report::set(&mut answer, "id_token", json!(id_token));
    }
    answer
}

fn access_header(org: &Org) -> Value {
    json!({
        "tnk": format!("core/emulator/{}", org.id),
        "ver": "1.0",
        "kid": jwt::key_id(&org.id),
        "tty": "sfdc-core-token",
        "typ": "JWT",
        "alg": "RS256",
    })
}

fn access_claims(
    org: &Org,
    client: &Client,
    login: &Login,
    user: &User,
    now: Millis,
    expires: Millis,
) -> Value {
    let subject = match &login.uvid {
        Some(uvid) if login.is_guest => format!("uvid:{uvid}"),
        _ => format!("uid:{}", user.id),
    };
    let mut claims = json!({
        "scp": login.scopes.join(" "),
        "aud": [org.site.url],
        "sub": subject,
        // Allows for small clock differences.
        "nbf": (now / 1000).saturating_sub(15),
        "mty": "oauth",
        "sfi": format!("canary{}", stamp::random_text(32)),
        "roles": [],
        "iss": org.site.url,
        "hsc": false,
        "exp": expires / 1000,
        "iat": now / 1000,
        "client_id": client.id,
    });
    if let Some(uvid) = login.uvid.as_ref().filter(|_| !login.is_guest) {
        report::set(&mut claims, "uvid", json!(uvid));
    }
    claims
}

fn id_token(
    org: &Org,
    client: &Client,
    user: &User,
    access_token: &str,
    now: Millis,
    nonce: Option<&str>,
) -> String {
    let mut claims = json!({
        "at_hash": jwt::access_token_hash(access_token),
        "sub": format!("{}/id/{}/{}", org.url, org.id, user.id),
        "aud": client.id,
        "iss": org.site.url,
        "exp": (now / 1000).saturating_add(client.id_token_minutes().saturating_mul(60)),
        "iat": now / 1000,
    });
    if let Some(nonce) = nonce {
        report::set(&mut claims, "nonce", json!(nonce));
    }
    if client.id_token_has_standard_claims() {
        let external = user.external.clone().unwrap_or_default();
        for (claim, value) in [
            ("name", json!(user.name)),
            ("preferred_username", json!(user.username)),
            ("email", json!(external.email)),
            ("email_verified", json!(external.email_verified)),
        ] {
            report::set(&mut claims, claim, value);
        }
    }
    jwt::sign(&json!({ "kid": jwt::key_id(&org.id), "typ": "JWT", "alg": "RS256" }), &claims)
}
