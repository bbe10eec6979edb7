//! Builds the requests to the token endpoint, for each authentication method that uses the endpoint.
//!
//! The JWT of the bearer flow is signed here, with RS256 by ring.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

use super::error::{AuthProblem, ErrorKind, SettingsProblem};
use super::http::Request;
use super::key::{self, PrivateKeyProblem};
use super::login::is_over;
use super::{Inner, Login};
use crate::secret::Secret;

/// The lifetime of a JWT, in seconds. Salesforce accepts up to about five minutes.
const JWT_LIFETIME: u64 = 180;
const TOKEN: Duration = Duration::from_secs(30);

/// A token request, and information about its tokens.
pub(super) struct TokenRequest {
    pub request: Request,
    pub refresh_token: Option<Secret>,
    /// Whether the subject token in the request has expired.
    pub subject_is_over: bool,
}

impl Inner {
    pub(super) fn token_request(&self, audience: &str, now: SystemTime) -> Result<TokenRequest, ErrorKind> {
        let mut url = self.login.clone();
        url.set_path("/services/oauth2/token");
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let (mut authorization, mut refreshing, mut subject_is_over) = (None, None, false);
        match &self.settings.login {
            Login::JwtBearer { client_id, username, private_key } => {
                let jwt = sign(client_id, username, audience, private_key, now)?;
                self.redactor.learn(&jwt);
                form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
                form.append_pair("assertion", jwt.expose());
            }
            Login::ClientCredentials { client_id, client_secret } => {
                authorization = Some(basic(client_id, client_secret)?);
                form.append_pair("grant_type", "client_credentials");
            }
            Login::RefreshToken { client_id, client_secret, refresh_token } => {
                let token = self.newest_refresh_token().unwrap_or_else(|| refresh_token.clone());
                form.append_pair("grant_type", "refresh_token");
                form.append_pair("refresh_token", token.expose());
                // Sent in the form, as the Salesforce CLI does. The CLI's app has no secret, so a header would contain
                // an empty one.
                client(&mut form, client_id, client_secret.as_ref());
                refreshing = Some(token);
            }
            Login::TokenExchange { client_id, client_secret, subject, subject_token_type, token_handler } => {
                let subject = subject.read()?;
                self.redactor.learn(&subject);
                subject_is_over = is_over(subject.expose(), SystemTime::now());
                form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
                form.append_pair("subject_token", subject.expose());
                form.append_pair("subject_token_type", subject_token_type);
                client(&mut form, client_id, client_secret.as_ref());
                if let Some(handler) = token_handler {
                    form.append_pair("token_handler", handler);
                }
            }
            Login::SfCli(_) | Login::AccessToken { .. } => {
                return Err(SettingsProblem::InstanceUrlMissing.into());
            }
        }
        let body = form.finish().into_bytes();
        let mut request = Request::post(url, "application/x-www-form-urlencoded", body);
        request.authorization = authorization;
        request.timeout = TOKEN;
        Ok(TokenRequest { request, refresh_token: refreshing, subject_is_over })
    }
}

fn client(
    form: &mut url::form_urlencoded::Serializer<'_, String>,
    client_id: &str,
    client_secret: Option<&Secret>,
) {
    form.append_pair("client_id", client_id);
    if let Some(secret) = client_secret {
        form.append_pair("client_secret", secret.expose());
    }
}

fn basic(client_id: &str, client_secret: &Secret) -> Result<HeaderValue, ErrorKind> {
    let pair = Zeroizing::new(format!("{client_id}:{}", client_secret.expose()));
    let header = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
    let mut header = HeaderValue::from_str(&header)
        .map_err(|_| ErrorKind::Auth { problem: AuthProblem::BadClient, message: None })?;
    header.set_sensitive(true);
    Ok(header)
}

fn sign(
    client_id: &str,
    username: &str,
    audience: &str,
    key: &Secret,
    now: SystemTime,
) -> Result<Secret, ErrorKind> {
    let pair = key::read(key.expose())?;
    let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let claims = serde_json::json!({
        "iss": client_id, "sub": username, "aud": audience, "exp": now.saturating_add(JWT_LIFETIME),
    });
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
    let body = URL_SAFE_NO_PAD.encode(claims.to_string());
    let mut jwt = format!("{head}.{body}");
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(
        &ring::signature::RSA_PKCS1_SHA256,
        &ring::rand::SystemRandom::new(),
        jwt.as_bytes(),
        &mut signature,
    )
    .map_err(|_| PrivateKeyProblem::Damaged)?;
    jwt.push('.');
    URL_SAFE_NO_PAD.encode_string(&signature, &mut jwt);
    Ok(Secret::new(jwt))
}

#[cfg(test)]
#[path = "token_request_tests.rs"]
mod tests;
