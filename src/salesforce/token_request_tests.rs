//! Tests for the assertion. The other requests are tested with the client.

use serde_json::Value;

use super::*;
use crate::salesforce::tests::PKCS8;

#[test]
fn the_assertion_has_its_claims_and_a_valid_signature() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
    let key = Secret::new(PKCS8.to_owned());
    let jwt = sign("the client", "the user", "https://login.salesforce.com", &key, now).unwrap();
    let parts: Vec<&str> = jwt.expose().split('.').collect();
    let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    assert_eq!(json(parts[0])["alg"], "RS256");
    let claims = json(parts[1]);
    assert_eq!(claims["iss"], "the client");
    assert_eq!(claims["sub"], "the user");
    assert_eq!(claims["aud"], "https://login.salesforce.com");
    assert_eq!(claims["exp"], 1_180);
    let pair = key::read(PKCS8).unwrap();
    let public: Vec<u8> = pair.public().as_ref().to_vec();
    ring::signature::UnparsedPublicKey::new(&ring::signature::RSA_PKCS1_2048_8192_SHA256, public)
        .verify(format!("{}.{}", parts[0], parts[1]).as_bytes(), &URL_SAFE_NO_PAD.decode(parts[2]).unwrap())
        .unwrap();
}
