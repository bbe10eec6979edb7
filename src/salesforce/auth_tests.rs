//! Tests for the pure functions of `auth`.

use super::*;

#[test]
fn a_jwt_is_distinguished_from_a_session_id() {
    for (token, jwt) in [
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", true),
        ("00D000000000001!AQ.abc.def", false),
        ("00D000000000001!AQ", false),
        ("a.b", false),
        ("..", false),
    ] {
        assert_eq!(is_jwt(token), jwt, "{token}");
    }
}
