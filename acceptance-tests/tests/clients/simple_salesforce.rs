//! Tests with simple-salesforce, a Python library. It uses zeep, which decodes responses according to Salesforce's
//! WSDL.

use super::program::{credentials, python, run, source};
use super::referee;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::recorder::Recorder;

#[test]
fn simple_salesforce_works_and_every_message_conforms_to_the_wsdl() {
    let org = Emulator::start();
    let recorder = Recorder::before(&org);
    let scratch = tempfile::tempdir().unwrap();
    let certificate = scratch.path().join("certificate.pem");
    std::fs::write(&certificate, &recorder.certificate).unwrap();
    let mut script = python();
    script.arg(source("python/drive.py")).arg(&recorder.tls_url).arg(credentials(&org)).arg(org.url());
    script.env("REQUESTS_CA_BUNDLE", certificate);
    run(&mut script, scratch.path()).succeeded();
    let seen = referee::validate(&recorder, "simple-salesforce", "simple-salesforce");
    referee::assert_seen(
        &seen,
        &[
            "deployResponse",
            "checkDeployStatusResponse",
            "retrieveResponse",
            "checkRetrieveStatusResponse",
            "listMetadataResponse",
            "describeMetadataResponse",
            "createMetadataResponse",
            "readMetadataResponse",
            "updateMetadataResponse",
            "upsertMetadataResponse",
            "deleteMetadataResponse",
            "Fault",
        ],
    );
}
