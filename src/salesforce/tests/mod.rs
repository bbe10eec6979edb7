//! Tests the client with a scripted server, over plain HTTP and with waits of milliseconds.

mod authentication_methods;
mod calls;
mod error_messages;
mod login;
mod server;

use std::time::Duration;

use super::retry::TimeScale;
use super::{Client, Login, Settings};
use crate::secret::Secret;
use server::Server;

/// An RSA key that was generated for these tests.
pub(super) const PKCS8: &str = include_str!("pkcs8.pem");
/// The key of `PKCS8` in PKCS#1 format.
pub(super) const PKCS1: &str = include_str!("pkcs1.pem");
/// An elliptic curve key.
pub(super) const EC_PKCS8: &str = include_str!("ec_pkcs8.pem");
/// An RSA key that is too short.
pub(super) const RSA_1024: &str = include_str!("rsa_1024.pem");

fn jwt_bearer() -> Login {
    Login::JwtBearer {
        client_id: "the-client".into(),
        username: "u@x.example".into(),
        private_key: Secret::new(PKCS8.to_owned()),
    }
}

fn access_token(token: &str) -> Login {
    Login::AccessToken { token: Secret::new(token.to_owned()) }
}

fn settings(server: &Server, login: Login) -> Settings {
    Settings {
        instance_url: Some(server.url.clone()),
        login_url: None,
        audience: None,
        login,
        api_version: None,
        newest_known: 68,
        oldest_known: 60,
        proxy: None,
        ca_certificate: None,
        expected_org_id: None,
        user_agent: "test/1".into(),
    }
}

fn client_of(settings: Settings) -> Client {
    Client::with_time_scale(settings, TimeScale { second: Duration::from_millis(5) }).unwrap()
}

fn client(server: &Server) -> Client {
    client_of(settings(server, jwt_bearer()))
}
