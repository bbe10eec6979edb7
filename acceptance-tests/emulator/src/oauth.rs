//! The OAuth endpoints of the org: tokens by JWT bearer, client credentials, refresh and token exchange; userinfo,
//! identity and revoke. Clients are the seeded login app and every external client app with a Global file.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::behavior;
use crate::certificate;
use crate::component::{is_true, text};
use crate::emulator::{Call, State};
use crate::exchange::{self, ExchangeRequest};
use crate::fault::{oauth as error, rest};
use crate::http::{Request, Response, parse_form};
use crate::org::{OAUTH_POLICIES, Org, User};
use crate::pairs;
use crate::site::{self, Gate};
use crate::stamp;

/// The client of a token request.
struct Client {
    id: String,
    secret: String,
    certificate: Option<String>,
    run_as: Option<String>,
    refresh_token: Option<String>,
    jwt_tokens: bool,
    /// The external client app, or `None` for the login app, for which each user has an approval flag.
    app: Option<String>,
    allows_credentials: bool,
    allows_exchange: bool,
    exchange_needs_secret: bool,
}

fn client(org: &Org, id: &str) -> Option<Client> {
    if let Some(app) = org.login_apps.iter().find(|app| app.client_id == id) {
        return Some(Client {
            id: app.client_id.clone(),
            secret: app.client_secret.clone(),
            certificate: Some(app.certificate.clone()),
            run_as: Some(app.run_as.clone()),
            refresh_token: Some(app.refresh_token.clone()),
            jwt_tokens: app.jwt_tokens,
            app: None,
            allows_credentials: true,
            allows_exchange: true,
            exchange_needs_secret: org.switches.login_app_needs_secret,
        });
    }
    let tree = org.in_effect();
    let pairs::ValidPair { app, global, secret } = pairs::live(org, id)?;
    if !behavior::is_enabled(tree, app) {
        return None;
    }
    let policies = tree.part(OAUTH_POLICIES, app).map(|(_, policies)| &policies.fields);
    Some(Client {
        id: id.to_string(),
        secret: secret.unwrap_or_default().to_string(),
        certificate: text(&global.fields, "certificate").map(str::to_string),
        run_as: policies.and_then(|fields| text(fields, "clientCredentialsFlowUser")).map(str::to_string),
        refresh_token: None,
        jwt_tokens: is_true(&global.fields, "isNamedUserJwtEnabled"),
        app: Some(app.to_string()),
        allows_credentials: is_true(&global.fields, "isClientCredentialsFlowEnabled")
            && policies.is_some_and(|fields| is_true(fields, "isClientCredentialsFlowEnabled")),
        allows_exchange: is_true(&global.fields, "isTokenExchangeEnabled")
            && policies.is_some_and(|fields| is_true(fields, "isTokenExchangeFlowEnabled")),
        exchange_needs_secret: is_true(&global.fields, "isSecretRequiredForTokenExchange"),
    })
}

pub fn token(state: &mut State, request: &Request, call: &mut Call) -> Response {
    if request.method != "POST" {
        return error(400, "invalid_request", "must be POST");
    }
    let mut form = request.query.clone();
    form.extend(parse_form(&String::from_utf8_lossy(&request.body)));
    let field =
        |name: &str| form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let grant = field("grant_type");
    call.note("grantType", json!(grant));
    match grant {
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => jwt_bearer(state, request, field("assertion"), call),
        "client_credentials" => {
            let (id, secret) = credentials(request, field("client_id"), field("client_secret"));
            client_credentials(state, request, &id, &secret, call)
        }
        "refresh_token" => {
            let (id, secret) = credentials(request, field("client_id"), field("client_secret"));
            refresh(state, request, &id, &secret, field("refresh_token"), call)
        }
        exchange::GRANT => {
            let (id, secret) = credentials(request, field("client_id"), field("client_secret"));
            let asked = ExchangeRequest {
                client_id: &id,
                subject_token: field("subject_token"),
                subject_token_type: field("subject_token_type"),
                token_handler: field("token_handler"),
            };
            exchange(state, request, &secret, &asked, call)
        }
        "" => error(400, "unsupported_grant_type", "grant type not supported"),
        "password" | "authorization_code" | "urn:ietf:params:oauth:grant-type:device" => {
            error(501, "unsupported_grant_type", &format!("not emulated: the grant type {grant}"))
        }
        _ => error(400, "unsupported_grant_type", "grant type not supported"),
    }
}

/// The client ID and secret, from the Basic header or the form fields.
fn credentials(request: &Request, id: &str, secret: &str) -> (String, String) {
    let basic = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| STANDARD.decode(value.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match basic.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((id, secret)) => (crate::http::decode(id, false), crate::http::decode(secret, false)),
        None => (id.to_string(), secret.to_string()),
    }
}

fn jwt_bearer(state: &mut State, request: &Request, assertion: &str, call: &mut Call) -> Response {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        return error(400, "invalid_grant", "invalid assertion");
    };
    let json_of = |part: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?).ok()
    };
    let (Some(head), Some(body)) = (json_of(header), json_of(claims)) else {
        return error(400, "invalid_grant", "invalid assertion");
    };
    let claim = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    if head.get("alg").and_then(Value::as_str) != Some("RS256") {
        return error(400, "invalid_grant", "invalid assertion: the algorithm must be RS256");
    }
    call.note("sub", json!(claim("sub")));
    call.note("aud", body.get("aud").cloned().unwrap_or_default());
    let Some(client) = client(&state.org, claim("iss")) else {
        return error(400, "invalid_client_id", "client identifier invalid");
    };
    let signed = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.decode(signature.trim_end_matches('=')).unwrap_or_default();
    let is_genuine =
        client.certificate.as_deref().is_some_and(|certificate| verify(certificate, &signed, &signature));
    if !is_genuine {
        return error(400, "invalid_grant", "invalid assertion");
    }
    // An assertion is a secret: it could be used for some minutes if it appeared in a log.
    state.org.secrets.insert(assertion.to_string());
    if !is_audience(&body, request) {
        return error(400, "invalid_grant", "audience is invalid");
    }
    if let Err(reason) = is_in_time(&body) {
        return error(400, "invalid_grant", reason);
    }
    let Some(user) = state.org.user_named(claim("sub")).cloned() else {
        return error(400, "invalid_grant", "user hasn't approved this consumer");
    };
    if !user.active {
        return error(400, "invalid_grant", "inactive user");
    }
    if !is_approved(&state.org, &client, &user) {
        return error(400, "invalid_grant", "user hasn't approved this consumer");
    }
    grant(state, request, &user, &client, call)
}

/// Whether the user may use the client without consent. The login app requires that the user has approved it; other
/// apps require pre-authorization.
fn is_approved(org: &Org, client: &Client, user: &User) -> bool {
    match &client.app {
        None => user.approved,
        Some(app) => is_preauthorized(org, app),
    }
}

/// Whether the policies of an app pre-authorize users. Assignments are not modeled: any permission set or profile is
/// sufficient.
fn is_preauthorized(org: &Org, app: &str) -> bool {
    org.in_effect().part(OAUTH_POLICIES, app).is_some_and(|(_, policies)| {
        text(&policies.fields, "permittedUsersPolicyType") == Some("AdminApprovedPreAuthorized")
            && !behavior::has_no_preauthorization(&policies.fields)
    })
}

fn is_audience(body: &Value, request: &Request) -> bool {
    let own = request.base_url.trim_end_matches('/');
    let accepted = |audience: &str| {
        [own, "https://login.salesforce.com", "https://test.salesforce.com"]
            .contains(&audience.trim_end_matches('/'))
    };
    match body.get("aud") {
        Some(Value::String(audience)) => accepted(audience),
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).any(accepted),
        _ => false,
    }
}

/// Checks `exp`: in seconds, at most five minutes ahead. The CLI sends milliseconds, which orgs accept.
fn is_in_time(body: &Value) -> Result<(), &'static str> {
    let exp = match body.get("exp") {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let Some(exp) = exp else {
        return Err("expired authorization code");
    };
    let now = stamp::now() as f64 / 1000.0;
    let exp = if exp > 1e11 { exp / 1000.0 } else { exp };
    if exp < now - 5.0 {
        return Err("assertion expired");
    }
    if exp > now + 305.0 {
        return Err("invalid assertion: expiry too far in the future");
    }
    Ok(())
}

fn verify(text: &str, signed: &str, signature: &[u8]) -> bool {
    let Some(der) = certificate::der(text) else {
        return false;
    };
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(&der) else {
        return false;
    };
    let key = certificate.public_key().subject_public_key.data.as_ref();
    ring::signature::UnparsedPublicKey::new(&ring::signature::RSA_PKCS1_2048_8192_SHA256, key)
        .verify(signed.as_bytes(), signature)
        .is_ok()
}

fn client_credentials(
    state: &mut State,
    request: &Request,
    id: &str,
    secret: &str,
    call: &mut Call,
) -> Response {
    let Some(client) = client(&state.org, id) else {
        return error(400, "invalid_client_id", "client identifier invalid");
    };
    if client.secret != secret {
        return error(400, "invalid_client", "invalid client credentials");
    }
    if !client.allows_credentials {
        return error(400, "invalid_grant", "client credentials flow not enabled");
    }
    let user = client.run_as.as_deref().and_then(|name| state.org.user_named(name)).cloned();
    let Some(user) = user else {
        return error(400, "invalid_grant", "no client credentials user enabled");
    };
    if !user.active {
        return error(400, "invalid_grant", "inactive user");
    }
    grant(state, request, &user, &client, call)
}

fn refresh(
    state: &mut State,
    request: &Request,
    id: &str,
    secret: &str,
    refresh_token: &str,
    call: &mut Call,
) -> Response {
    let Some(client) = client(&state.org, id) else {
        return error(400, "invalid_client_id", "client identifier invalid");
    };
    if client.secret != secret {
        return error(400, "invalid_client", "invalid client credentials");
    }
    let expired = || error(400, "invalid_grant", "expired access/refresh token");
    let app = state.org.login_apps.iter_mut().find(|app| app.client_id == id);
    let Some(app) = app.filter(|_| client.refresh_token.is_some() && !refresh_token.is_empty()) else {
        return expired();
    };
    if app.former_refresh_tokens.contains(refresh_token) {
        // The token is used a second time, so all tokens that were issued to the app are revoked.
        end_refresh_token(&mut state.org, id);
        return expired();
    }
    if app.refresh_token != refresh_token {
        return expired();
    }
    let next = state.org.switches.login_app_rotates.then(|| {
        let next = format!("5Aep861canaryROTATED{}", stamp::random_text(40));
        let former = std::mem::replace(&mut app.refresh_token, next.clone());
        app.former_refresh_tokens.insert(former);
        next
    });
    state.org.secrets.extend(next.clone());
    let user = client.run_as.as_deref().and_then(|name| state.org.user_named(name)).cloned();
    match user.filter(|user| user.active) {
        Some(user) => granted(state, request, &user, &client, call, next),
        None => error(400, "invalid_grant", "inactive user"),
    }
}

/// Revokes the refresh token of a login app, and the tokens that were issued to the app.
fn end_refresh_token(org: &mut Org, client: &str) {
    for app in org.login_apps.iter_mut().filter(|app| app.client_id == client) {
        let former = std::mem::take(&mut app.refresh_token);
        app.former_refresh_tokens.insert(former);
    }
    for session in org.sessions.iter_mut().filter(|session| session.client == client) {
        session.expired = true;
    }
}

fn exchange(
    state: &mut State,
    request: &Request,
    secret: &str,
    asked: &ExchangeRequest<'_>,
    call: &mut Call,
) -> Response {
    call.note("tokenHandler", json!(asked.token_handler));
    let Some(client) = client(&state.org, asked.client_id) else {
        return error(400, "invalid_client_id", "client identifier invalid");
    };
    if !client.allows_exchange {
        return error(400, "unauthorized_client", "token exchange flow not enabled");
    }
    if (client.exchange_needs_secret || !secret.is_empty()) && client.secret != secret {
        return error(400, "invalid_client", "invalid client credentials");
    }
    let user = match exchange::user(&state.org, asked) {
        Ok(user) => user,
        Err(refusal) => return refusal,
    };
    if !is_approved(&state.org, &client, &user) {
        return error(400, "invalid_grant", "user hasn't approved this consumer");
    }
    grant(state, request, &user, &client, call)
}

fn grant(state: &mut State, request: &Request, user: &User, client: &Client, call: &mut Call) -> Response {
    granted(state, request, user, client, call, None)
}

fn granted(
    state: &mut State,
    request: &Request,
    user: &User,
    client: &Client,
    call: &mut Call,
    refresh_token: Option<String>,
) -> Response {
    call.user = Some(user.username.clone());
    let token = state.org.open_session(&user.id, &client.id, client.app.as_deref(), client.jwt_tokens);
    let scope = match &client.app {
        None => "api web refresh_token".to_string(),
        Some(app) => site::scopes_of(&state.org, app).join(" "),
    };
    let mut answer = json!({
        "access_token": token,
        "id": format!("{}/id/{}/{}", request.base_url, state.org.id, user.id),
        "instance_url": request.base_url,
        "issued_at": state.org.now().to_string(),
        "scope": scope,
        "signature": STANDARD.encode(stamp::random_text(32)),
        "token_format": if client.jwt_tokens { "jwt" } else { "opaque" },
        "token_type": "Bearer",
    });
    if let Some(next) = refresh_token {
        crate::report::set(&mut answer, "refresh_token", json!(next));
    }
    Response::json(200, &answer).header("cache-control", "no-store")
}

/// The user of a REST call's session.
pub fn bearer_user(state: &State, request: &Request, call: &mut Call) -> Result<User, Response> {
    let session = request.bearer().and_then(|token| state.org.session(token));
    if session.is_some_and(|session| site::is_foreign(session, request)) {
        return Err(Gate::Issuer.answer(call));
    }
    let user = session.and_then(|session| state.org.user(&session.user)).cloned();
    match user {
        Some(user) => {
            call.user = Some(user.username.clone());
            Ok(user)
        }
        None => Err(rest(401, "INVALID_SESSION_ID", "Session expired or invalid")),
    }
}

pub fn userinfo(state: &mut State, request: &Request, call: &mut Call) -> Response {
    match bearer_user(state, request, call) {
        Ok(user) => Response::json(200, &about(state, request, &user)),
        Err(_) => Response::new(403, "text/html;charset=UTF-8", "Bad_OAuth_Token"),
    }
}

pub fn identity(state: &mut State, request: &Request, call: &mut Call) -> Response {
    let mut request = request.clone();
    if let Some(token) = request.query("oauth_token").map(str::to_string) {
        request.headers.push(("authorization".to_string(), format!("Bearer {token}")));
    }
    let segments = request.segments();
    match bearer_user(state, &request, call) {
        Ok(user)
            if matches!(segments.as_slice(), ["id", org, id]
            if stamp::same_id(org, &state.org.id) && stamp::same_id(id, &user.id)) =>
        {
            Response::json(200, &about(state, &request, &user))
        }
        Ok(_) => Response::new(403, "text/html;charset=UTF-8", "Bad_Id"),
        Err(_) => Response::new(403, "text/html;charset=UTF-8", "Bad_OAuth_Token"),
    }
}

fn about(state: &State, request: &Request, user: &User) -> Value {
    let base = &request.base_url;
    json!({
        "active": user.active,
        "display_name": user.name,
        "email": user.username,
        "id": format!("{base}/id/{}/{}", state.org.id, user.id),
        "name": user.name,
        "organization_id": state.org.id,
        "preferred_username": user.username,
        "sub": format!("{base}/id/{}/{}", state.org.id, user.id),
        "urls": {
            "custom_domain": base,
            "metadata": format!("{base}/services/Soap/m/{{version}}/{}", stamp::short_id(&state.org.id)),
            "query": format!("{base}/services/data/v{{version}}/query/"),
            "rest": format!("{base}/services/data/v{{version}}/"),
        },
        "user_id": user.id,
        "username": user.username,
    })
}

pub fn revoke(state: &mut State, request: &Request, call: &mut Call) -> Response {
    let mut form = request.query.clone();
    form.extend(parse_form(&String::from_utf8_lossy(&request.body)));
    let token =
        form.iter().find(|(name, _)| name == "token").map_or("", |(_, value)| value.as_str()).to_string();
    call.operation = "revoke".to_string();
    match state.org.sessions.iter_mut().find(|session| session.token == token && !session.expired) {
        Some(session) => {
            session.expired = true;
            Response::empty(200)
        }
        None => {
            let app = state.org.login_apps.iter().find(|app| !token.is_empty() && app.refresh_token == token);
            let Some(client) = app.map(|app| app.client_id.clone()) else {
                return error(400, "unsupported_token_type", "this token type is not supported");
            };
            end_refresh_token(&mut state.org, &client);
            Response::empty(200)
        }
    }
}
