//! Tests with jsforce, a JavaScript library for Salesforce.

use super::program::{credentials, node, run};
use super::referee;
use crate::configurations::CREATED_IN_SETUP;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::recorder::Recorder;
use acceptance_tests::workspace::Workspace;

/// Imports the app of `clients/project` and expects an empty plan.
#[track_caller]
pub fn imports_the_shop(org: &Emulator) {
    let deploys = org.deploys().len();
    let workspace = Workspace::new(org);
    workspace.configure(CREATED_IN_SETUP);
    for resource in ["", "_oauth_settings", "_policies"] {
        let address = format!("salesforce_external_client_app{resource}.shop");
        workspace.run(&["import", "-no-color", "-input=false", &address, "Shop"]).succeeded();
    }
    workspace.assert_empty_plan();
    assert_eq!(org.deploys().len(), deploys, "an import changes nothing in the org");
}

fn drive(org: &Emulator, recorder: &Recorder, more: &[&str]) {
    let scratch = tempfile::tempdir().unwrap();
    let mut script = node("jsforce/drive.js");
    script.arg(&recorder.url).arg(credentials(org)).arg(org.url()).args(more);
    run(&mut script, scratch.path()).succeeded();
}

#[test]
fn jsforce_works_and_every_message_conforms_to_the_wsdl() {
    let org = Emulator::start();
    let recorder = Recorder::before(&org);
    drive(&org, &recorder, &[]);
    let seen = referee::validate(&recorder, "jsforce", "jsforce");
    referee::assert_seen(
        &seen,
        &[
            "deployResponse",
            "checkDeployStatusResponse",
            "cancelDeployResponse",
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

#[test]
fn an_app_that_jsforce_created_is_imported_with_an_empty_plan() {
    let org = Emulator::start();
    let recorder = Recorder::before(&org);
    drive(&org, &recorder, &["deploy"]);
    imports_the_shop(&org);
}
