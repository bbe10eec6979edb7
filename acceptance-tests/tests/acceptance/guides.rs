//! Guides whose configuration is run as their reader would: every block of it, in one file.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::smoke_test::SmokeTest;
use acceptance_tests::terraform::repository;
use acceptance_tests::workspace::Workspace;

/// The blocks of a guide that are marked as Terraform's, one after the other.
fn configuration(guide: &str) -> String {
    let path = repository().join("docs/guides").join(guide);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let blocks = text.split("```terraform\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.collect::<Vec<_>>().join("\n")
}

/// Applies it, finds nothing more to do, and logs in.
fn leads_to_logins(guide: &str, variants: &[&str]) {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(&configuration(guide));
    workspace.run(&["fmt", "-check", "-diff"]).succeeded();
    workspace.apply().succeeded();
    workspace.is_settled();
    SmokeTest::of(&org, "Shop").passes(variants);
    workspace.destroy().succeeded();
}

#[test]
fn headless_identity_leads_to_logins() {
    leads_to_logins("headless-identity.md", &["login", "guest", "refresh", "revoke"]);
}

#[test]
fn getting_started_leads_to_logins() {
    leads_to_logins("getting-started.md", &["login", "guest", "refresh", "revoke"]);
}
