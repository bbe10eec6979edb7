//! JSON Web Tokens of the site: signing, and the public key for verification. The claims are in `issue.rs`.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use crate::stamp;

/// A key for tests, published with the source. Only this emulator signs with it.
const TEST_ONLY_KEY: &str = include_str!("../../keys/test-only-token.key");

fn key() -> Option<RsaKeyPair> {
    let body: String = TEST_ONLY_KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(body).ok()?).ok()
}

pub fn key_id(org_id: &str) -> String {
    format!("CORE_ATJWT.{}.1700000000000", stamp::short_id(org_id))
}

/// Header, claims and an RS256 signature.
pub fn sign(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = key().and_then(|key| {
        let mut signature = vec![0; key.public().modulus_len()];
        let random = ring::rand::SystemRandom::new();
        key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).ok()?;
        Some(URL_SAFE_NO_PAD.encode(signature))
    });
    format!("{signed}.{}", signature.unwrap_or_default())
}

/// The claims of a token, without verification. Callers verify or look up the token first.
pub fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.').skip(1);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok()
}

/// The claims of a token that this key signed. `None` for any other token.
pub fn verify(token: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let key = key()?;
    let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(key.public_key());
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    public.verify(&ring::signature::RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).ok()?;
    claims(token)
}

/// The first half of the access token's digest, as defined by OpenID Connect.
pub fn access_token_hash(token: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
    let (left, _) = digest.as_ref().split_at(digest.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

pub fn keys(org_id: &str) -> Value {
    let Some(key) = key() else {
        return json!({ "keys": [] });
    };
    let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(key.public_key());
    json!({ "keys": [{
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "kid": key_id(org_id),
        "n": URL_SAFE_NO_PAD.encode(public.n),
        "e": URL_SAFE_NO_PAD.encode(public.e),
    }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_verifies_with_the_published_key() {
        let token = sign(&json!({ "alg": "RS256" }), &json!({ "sub": "uid:x" }));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let published = &keys("00DEM0000000001EAA")["keys"][0];
        let number = |name: &str| URL_SAFE_NO_PAD.decode(published[name].as_str().unwrap()).unwrap();
        let public = ring::rsa::PublicKeyComponents { n: number("n"), e: number("e") };
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let scheme = &ring::signature::RSA_PKCS1_2048_8192_SHA256;
        public.verify(scheme, signed.as_bytes(), &signature).unwrap();
        assert_eq!(claims(&token).unwrap()["sub"], "uid:x");
        assert_eq!(verify(&token).unwrap()["sub"], "uid:x");
        assert!(verify(&format!("{token}x")).is_none() && verify("a.b.c").is_none() && verify("").is_none());
    }
}
