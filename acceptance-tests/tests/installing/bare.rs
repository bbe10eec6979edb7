//! Tests on systems without CA certificates, such as minimal container images.

use crate::configurations::ONLY_APP;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::recorder::Recorder;
use acceptance_tests::workspace::Workspace;

/// An apply, because a plan that only creates resources makes no calls to the org.
const APPLY: [&str; 4] = ["apply", "-no-color", "-input=false", "-auto-approve"];

fn without_certificates(org: &Emulator) -> Workspace<'_> {
    let mut workspace = Workspace::new(org);
    for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        workspace.set(variable, "/nowhere");
    }
    workspace.configure(ONLY_APP);
    workspace
}

#[test]
fn missing_ca_certificates_are_an_error_before_anything_is_sent() {
    let org = Emulator::start();
    let mut workspace = without_certificates(&org);
    workspace.set("SALESFORCE_INSTANCE_URL", "https://none.my.salesforce.com");
    workspace.set("SALESFORCE_LOGIN_URL", "https://none.my.salesforce.com");
    let words = "this machine has no CA certificates, so no server can be trusted";
    workspace.run(&APPLY).failed_with(words).containing(
        "set SSL_CERT_FILE or ca_certificate_file to a file that contains them, or set ca_certificate",
    );
}

#[test]
fn an_org_on_the_loopback_address_needs_no_ca_certificates() {
    let org = Emulator::start();
    let workspace = without_certificates(&org);
    workspace.run(&APPLY).succeeded().containing("1 added");
}

#[test]
fn a_custom_ca_certificate_is_sufficient() {
    let org = Emulator::start();
    let recorder = Recorder::before(&org);
    let mut workspace = without_certificates(&org);
    for variable in ["SALESFORCE_INSTANCE_URL", "SALESFORCE_LOGIN_URL"] {
        workspace.set(variable, &recorder.tls_url);
    }
    workspace.run(&APPLY).failed_with("this machine has no CA certificates");
    assert!(recorder.exchanges().is_empty());
    workspace.set("SALESFORCE_CA_CERTIFICATE", &recorder.certificate);
    // The command fails after the token request, because the org behind the proxy returns its plain HTTP address.
    let _either_result = workspace.run(&APPLY);
    let requested: Vec<String> = recorder.exchanges().into_iter().map(|one| one.request_line).collect();
    assert!(requested.iter().any(|line| line.contains("/services/oauth2/token")), "{requested:?}");
}
