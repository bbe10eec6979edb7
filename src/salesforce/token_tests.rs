//! Tests for the pure functions of `token`. The exchanges are tested with the client.

use super::*;

#[test]
fn the_default_audiences_are_the_login_host_and_its_shared_host() {
    let (login, test) = ("https://login.salesforce.com", "https://test.salesforce.com");
    for (url, shared) in [
        (login, None),
        (test, None),
        ("https://acme.my.salesforce.com", Some(login)),
        ("https://acme--uat.sandbox.my.salesforce.com", Some(test)),
        ("https://acme-dev-ed.scratch.my.salesforce.com", Some(test)),
        ("https://acme--uat.my.salesforce.com", Some(test)),
        ("https://acme-dev-ed.develop.my.salesforce.com", Some(login)),
        ("http://127.0.0.1:8080", Some(login)),
    ] {
        let expected: Vec<&str> = std::iter::once(url).chain(shared).collect();
        assert_eq!(default_audiences(&Url::parse(url).unwrap()), expected, "{url}");
    }
}
