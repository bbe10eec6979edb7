//! The use of tokens: userinfo, introspect, revoke, and the gates of the data APIs.

use serde_json::{Value, json};

use super::client::Client;
use super::credential::{self, Form};
use super::gate::{Gate, Stop, not_emulated};
use super::issue;
use crate::emulator::{Call, State};
use crate::http::{Request, Response};
use crate::org::{Org, Session, User};
use crate::report;

/// The session and user of a valid token of the site. The user must be active and the app enabled.
fn live<'a>(org: &'a Org, token: &str) -> Option<(&'a Session, &'a User)> {
    let session = org.session(token).filter(|session| session.site.is_some())?;
    let user = org.user(&session.user).filter(|user| user.active)?;
    Client::of_token(org, &session.client).is_ok().then_some((session, user))
}

pub fn userinfo(state: &State, request: &Request, call: &mut Call) -> Result<Response, Stop> {
    let token = request.bearer().ok_or(Gate::TokenMissing)?;
    let org = &state.org;
    let (session, user) = live(org, token).ok_or(Gate::TokenBad)?;
    call.user = Some(user.username.clone());
    if org.site.network.guest_user.as_ref() == Some(&user.username) {
        return not_emulated("userinfo with a guest's token");
    }
    let external = user.external.clone().unwrap_or_default();
    let mut names = user.name.splitn(2, ' ');
    let given = names.next().unwrap_or_default();
    let family = names.next().unwrap_or_default();
    let base = &org.site.url;
    call.note("scopes", json!(session.site.as_ref().map(|site| &site.scopes)));
    Ok(Response::json(
        200,
        &json!({
            "sub": format!("{}/id/{}/{}", org.url, org.id, user.id),
            "user_id": user.id,
            "organization_id": org.id,
            "preferred_username": user.username,
            "nickname": user.username.split('@').next(),
            "name": user.name,
            "given_name": given,
            "family_name": family,
            "email": external.email,
            "email_verified": external.email_verified,
            "phone_number": Some(external.phone).filter(|phone| !phone.is_empty()),
            "phone_number_verified": external.phone_verified,
            "user_type": "CSP_LITE_PORTAL",
            "active": user.active,
            "urls": {
                "rest": format!("{base}/services/data/v{{version}}/"),
                "query": format!("{base}/services/data/v{{version}}/query/"),
                "sobjects": format!("{base}/services/data/v{{version}}/sobjects/"),
            },
        }),
    ))
}

/// RFC 7662. A client sees its own tokens, or the tokens of all apps if its setting allows this.
pub fn introspect(state: &State, request: &Request, call: &mut Call) -> Result<Response, Stop> {
    if request.method != "POST" {
        return Err(Gate::Method.into());
    }
    let form = Form::read(request);
    let (id, secret) = credential::client(request, &form);
    let org = &state.org;
    let client = Client::find(org, &id).map_err(|_| Gate::IntrospectClient)?;
    call.note("app", json!(client.app));
    if !client.accepts_secret(secret.as_deref(), true) {
        return Err(Gate::IntrospectClient.into());
    }
    let sees = |app: &str| app == client.app || client.is_on("isIntrospectAllTokens");
    let token = form.get("token");
    if let Some((session, user)) =
        live(org, token).filter(|(session, _)| sees(session.app.as_deref().unwrap_or_default()))
    {
        let Some(site) = &session.site else {
            return Err(Gate::IntrospectOther.into());
        };
        let mut told = json!({
            "active": true,
            "scope": site.scopes.join(" "),
            "client_id": session.client,
            "username": user.username,
            "sub": format!("{}/id/{}/{}", org.url, org.id, user.id),
            "token_type": "access_token",
            "exp": site.expires / 1000,
            "iat": session.issued / 1000,
            "nbf": session.issued / 1000,
        });
        if session.jwt
            && let Some(claims) = super::jwt::claims(token)
        {
            for name in ["sub", "iss", "aud", "nbf"] {
                report::set(&mut told, name, claims.get(name).cloned().unwrap_or_default());
            }
        }
        return Ok(Response::json(200, &told));
    }
    let login = org
        .site
        .logins
        .iter()
        .find(|login| login.refresh_token.as_deref() == Some(token) && login.ended.is_none())
        .filter(|login| sees(&login.app))
        .ok_or(Gate::IntrospectOther)?;
    let user = org.user(&login.user).ok_or(Gate::IntrospectOther)?;
    Ok(Response::json(
        200,
        &json!({
            "active": true,
            "scope": login.scopes.join(" "),
            "client_id": login.client,
            "username": user.username,
            "token_type": "refresh_token",
            "iat": login.started / 1000,
        }),
    ))
}

/// Revoking an access token affects only this token. Revoking a refresh token ends the whole login.
pub fn revoke(state: &mut State, request: &Request) -> Result<Response, Stop> {
    if request.method != "POST" {
        return Err(Gate::Method.into());
    }
    let form = Form::read(request);
    let token = form.get("token");
    let org = &mut state.org;
    if org.sessions.iter().any(|session| session.token == token && session.site.is_some()) {
        if org.session(token).is_none() {
            return Err(Gate::RevokeAgain.into());
        }
        for session in org.sessions.iter_mut().filter(|session| session.token == token) {
            session.expired = true;
        }
        return Ok(Response::empty(200));
    }
    let known = |login: &&issue::Login| {
        login.refresh_token.as_deref() == Some(token) || login.rotated.iter().any(|old| old == token)
    };
    let login = org.site.logins.iter().find(known).cloned().ok_or(Gate::RevokeUnknown)?;
    if login.ended.is_some() || login.refresh_token.as_deref() != Some(token) {
        return Err(Gate::RevokeAgain.into());
    }
    issue::end(org, login.number, "revoked");
    Ok(Response::empty(200))
}

/// The gates of the data APIs for users of the site. Few of these APIs are emulated.
pub fn data_apis(org: &Org, request: &Request, user: &User, resource: &[&str]) -> Result<(), Stop> {
    let session = request.bearer().and_then(|token| org.session(token));
    let Some(site) = session.and_then(|session| session.site.as_ref()) else {
        return if request.on_site {
            not_emulated("data APIs on the site's host with a token of the org")
        } else {
            Ok(())
        };
    };
    if request.bearer().and_then(|token| live(org, token)).is_none() {
        return Err(Gate::SessionOver.into());
    }
    if !user.may("ApiEnabled") {
        return Err(Gate::ApiEnabled.into());
    }
    if !site.scopes.iter().any(|scope| scope == "api" || scope == "full") {
        return Err(Gate::ApiScope.into());
    }
    match (request.method.as_str(), resource) {
        ("GET", [] | ["limits"]) => Ok(()),
        ("GET", ["sobjects", "User", id]) if crate::stamp::same_id(id, &user.id) => Ok(()),
        _ => not_emulated(format!("{} {} by a user of the site", request.method, request.path)),
    }
}

/// Whether a JWT of the site was sent to the org's host, which accepts only JWTs of the org.
pub fn is_foreign(session: &Session, request: &Request) -> bool {
    session.jwt && session.site.is_some() && !request.on_site
}

/// The configuration that OpenID Connect clients read.
pub fn openid_configuration(org: &Org) -> Value {
    let base = &org.site.url;
    json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/services/oauth2/authorize"),
        "token_endpoint": format!("{base}/services/oauth2/token"),
        "revocation_endpoint": format!("{base}/services/oauth2/revoke"),
        "introspection_endpoint": format!("{base}/services/oauth2/introspect"),
        "userinfo_endpoint": format!("{base}/services/oauth2/userinfo"),
        "jwks_uri": format!("{base}/id/keys"),
        "response_types_supported": ["code_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    })
}
