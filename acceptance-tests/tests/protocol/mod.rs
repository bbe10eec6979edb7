//! Tests for the provider process as Terraform uses it: its handshake line, certificate, services, and shutdown. They
//! run without Terraform, and most of them without an org. The tests in other folders cover the effects of the calls.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails with a panic"
)]

mod calls;
mod deferral;
mod handshake;
mod lifecycle;
mod lists;
mod logging;
mod moves;

use std::path::{Path, PathBuf};

use acceptance_tests::plugin_client::Start;

/// The provider, started as Terraform starts it.
fn provider() -> Start {
    Start::program(&program())
}

fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("TERRAFORM_PROVIDER_SALESFORCE") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let program = profile.join("terraform-provider-salesforce");
    assert!(program.exists(), "{} is missing: run `cargo build` first", program.display());
    program
}
