//! The provider's own messages, judged as those of Salesforce's clients are.

use crate::recorder::Recorder;
use crate::referee;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::terraform::repository;
use acceptance_tests::workspace::Workspace;

#[test]
fn every_message_of_the_provider_obeys_the_wsdl() {
    let org = Emulator::start();
    let recorder = Recorder::before(&org);
    let mut workspace = Workspace::new(&org);
    workspace.set("SALESFORCE_INSTANCE_URL", &recorder.url);
    let resource = "examples/resources/salesforce_external_client_app_policies/resource.tf";
    let example = std::fs::read_to_string(repository().join(resource)).unwrap();

    workspace.configure(&example);
    workspace.apply().succeeded();
    workspace.configure(&example.replace("shop.example.com", "store.example.com").replace("= 30", "= 15"));
    workspace.apply().succeeded();
    workspace.is_settled();
    workspace.destroy().succeeded();

    let seen = referee::judge(&recorder, "provider", "the provider");
    referee::has_seen(&seen, &["deploy", "checkDeployStatus", "retrieve", "checkRetrieveStatus"]);
}
