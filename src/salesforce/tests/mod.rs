//! The client against a scripted server: raw HTTP over TCP.

/// Made for these tests; nothing trusts it.
pub(super) const PKCS8: &str = include_str!("pkcs8.pem");
/// The same key.
pub(super) const PKCS1: &str = include_str!("pkcs1.pem");
/// A key of the wrong kind.
pub(super) const EC_PKCS8: &str = include_str!("ec_pkcs8.pem");
/// A key that is too short.
pub(super) const RSA_1024: &str = include_str!("rsa_1024.pem");
