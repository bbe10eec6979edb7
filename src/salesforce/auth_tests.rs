//! The pure parts of a session.

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

#[test]
fn ids_of_15_and_18_characters_are_the_same() {
    assert!(same_id("00D000000000001", "00D000000000001AAA"));
    assert!(!same_id("00D000000000001AAA", "00D000000000002AAA"));
    assert!(!same_id("00Da00000000001", "00DA00000000001"));
    assert!(!same_id("", "00D000000000001"));
}
