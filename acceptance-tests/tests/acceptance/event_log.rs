//! Tests the user agents, by which an org's admins find Terraform's requests in their event logs.

use crate::configurations::SHOP;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::terraform::{self, Product};
use acceptance_tests::workspace::Workspace;

const PROVIDER: &str = concat!("terraform-provider-salesforce/", env!("CARGO_PKG_VERSION"));

#[test]
fn every_user_agent_names_terraform_the_provider_and_the_caller() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.set("TF_APPEND_USER_AGENT", "acme-pipeline/1.2");
    workspace.configure(SHOP);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    let (major, minor) = terraform::version();
    let start = match terraform::product() {
        Product::Terraform => format!("Terraform/{major}.{minor}."),
        // OpenTofu sends the Terraform version that it is compatible with.
        Product::OpenTofu => "Terraform/1.".to_owned(),
    };
    let end = format!("{PROVIDER} acme-pipeline/1.2");
    let journal = org.journal();
    for call in &journal {
        let agent = call["userAgent"].as_str().unwrap_or_default();
        assert!(agent.starts_with(&start) && agent.ends_with(&end), "{call}");
    }
    let api: Vec<_> = journal.iter().filter(|call| call["path"].as_str().is_some_and(is_api)).collect();
    assert!(
        api.iter().any(|call| call["operation"] == "query")
            && api.iter().any(|call| call["operation"] == "deploy")
    );
    for call in api {
        assert_eq!(call["details"]["client"], PROVIDER, "{call}");
    }
}

/// Whether the path is that of a call with a session and an API version.
fn is_api(path: &str) -> bool {
    let mut parts = path.split('/').skip(2);
    path.starts_with("/services/Soap/m/") || (parts.next() == Some("data") && parts.next().is_some())
}

#[test]
fn a_user_agent_that_is_invalid_in_a_header_is_rejected() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.set("TF_APPEND_USER_AGENT", "café/1");
    workspace.configure(SHOP);
    workspace.run(&["plan", "-no-color", "-input=false"]).failed_with(
        "The environment variable TF_APPEND_USER_AGENT contains a character that is not allowed in an HTTP header",
    );
    assert!(org.journal().is_empty());
}
