//! Faults that prevent every call from reaching the org: the host name, the proxy, the certificate.

use crate::case::Outcome;
use crate::fixture::{Fixture, Shape, Step, Testbed};
use crate::table::special::{fails_with, finish};
use acceptance_tests::web_server::WebServer;

/// Asserts that an update with these variables fails with these words and changes neither the state nor the org.
fn unreachable(what: &str, variables: &[(&str, &str)], words: &str) -> Outcome {
    let testbed = Testbed::with(&[]);
    let mut fixture = Fixture::set(&testbed, Shape::Client, Step::Update);
    for (variable, value) in variables {
        fixture.workspace.set(variable, value);
    }
    let state = fixture.state();
    fails_with(&fixture.run(), words, what);
    assert_eq!(fixture.state(), state, "{what}: the state has changed");
    assert_eq!(testbed.committed(), fixture.before.committed, "{what}: something was deployed");
    for (variable, _) in variables {
        fixture.workspace.unset(variable);
    }
    fixture.workspace.set("SALESFORCE_INSTANCE_URL", &testbed.proxy.url);
    finish(&mut fixture, what)
}

pub fn host_name_does_not_resolve(what: &str) -> Outcome {
    // RFC 6761 reserves the domain `.invalid`, which never resolves.
    unreachable(what, &[("SALESFORCE_INSTANCE_URL", "https://acme.my.salesforce.invalid")], "cannot reach")
}

pub fn proxy_refuses_connections(what: &str) -> Outcome {
    let variables = [
        ("SALESFORCE_INSTANCE_URL", "https://acme.my.salesforce.com"),
        // The discard port, on which nothing usually listens.
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ];
    unreachable(what, &variables, "HTTPS_PROXY")
}

pub fn certificate_is_not_trusted(what: &str) -> Outcome {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = WebServer::of(folder.path());
    let outcome = unreachable(
        what,
        &[("SALESFORCE_INSTANCE_URL", &format!("https://{}", server.host))],
        "ca_certificate_file",
    );
    assert!(server.requested().is_empty(), "{what}: a request was sent to {:?}", server.requested());
    outcome
}
