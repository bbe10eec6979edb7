//! The provider's own messages, validated like those of Salesforce clients.

use super::referee;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::recorder::Recorder;
use acceptance_tests::scenario::Scenario;
use acceptance_tests::terraform::repository;
use acceptance_tests::workspace::Workspace;

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_message_of_the_provider_conforms_to_the_wsdl() {
    // A retrieve is slow enough to be polled before it is done.
    let org = Emulator::with(&["--retrieve-ms", "300"]);
    let recorder = Recorder::before(&org);
    let mut workspace = Workspace::new(&org);
    workspace.set("SALESFORCE_INSTANCE_URL", &recorder.url);

    let example = read("examples/resources/salesforce_external_client_app_policies/resource.tf");
    workspace.configure(&example);
    workspace.apply().succeeded();
    workspace.configure(&example.replace("shop.example.com", "store.example.com").replace("= 30", "= 15"));
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    workspace.destroy().succeeded();
    for (scenario, step) in [
        ("app", "2-everything"),
        ("oauth_settings", "2-everything"),
        ("policies", "2-everything"),
        ("org_oauth_oidc_settings", "2-everything"),
        ("org_external_client_app_settings", "2-everything"),
    ] {
        // The derived switches are omitted, because the WSDL does not contain the newest elements.
        workspace.configure(Scenario::named(scenario).step(step));
        workspace.apply().succeeded();
        workspace.destroy().succeeded();
    }

    let seen = referee::validate(&recorder, "provider", "the provider");
    referee::assert_seen(
        &seen,
        &["deploy", "checkDeployStatus", "retrieve", "checkRetrieveStatus", "listMetadata"],
    );
}
