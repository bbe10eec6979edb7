//! A secret that is passed to another provider in a write-only argument. That provider receives the correct secret, and
//! no other place contains it. The other provider is `safe`, which stores the checksum of the secret.

use crate::configurations::{APP, APP_AND_SETTINGS, SETTINGS};
use acceptance_tests::canary::Secret;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org::GLOBAL_OAUTH;
use acceptance_tests::plan::Action::{Create, Update};
use acceptance_tests::workspace::Workspace;

const FIRST: &str = "safe_secret.first";
const SECOND: &str = "safe_journal.second";
const ROTATION: &str = "salesforce_external_client_app_credential_rotation.shop";

/// The SHA-256 checksum of a secret, in hexadecimal.
fn checksum(secret: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the tested version of Terraform has write-only arguments.
fn supports_write_only() -> bool {
    language::has(Feature::WriteOnlyArguments)
}

fn from_a_variable(version: u32) -> String {
    format!(
        r#"
variable "secret" {{
  type      = string
  ephemeral = true
}}

resource "safe_secret" "first" {{
  name             = "first"
  value_wo         = var.secret
  value_wo_version = "{version}"
}}

resource "safe_journal" "second" {{
  name             = "second"
  value_wo         = var.secret
  value_wo_version = "{version}"
  file             = "journal.txt"
  depends_on       = [safe_secret.first]
}}
"#
    )
}

#[test]
fn a_write_only_value_arrives_and_is_not_stored() {
    if !supports_write_only() {
        return;
    }
    let mut workspace = Workspace::anonymous();
    workspace.add_safe();
    let set_secret = |workspace: &mut Workspace<'_>, secret: &str| {
        workspace.watch_secret(Secret::new("handed over", secret));
        workspace.set("TF_VAR_secret", secret);
    };
    set_secret(&mut workspace, "canary-handed-over-1");
    workspace.step(&from_a_variable(1), &[(FIRST, Create), (SECOND, Create)]);
    assert_eq!(workspace.attribute(FIRST, "checksum"), checksum("canary-handed-over-1"));
    assert!(workspace.attribute(FIRST, "value_wo").is_null());

    // A new secret alone is not detected, because the state does not contain the old secret for comparison. A new
    // `value_wo_version` is detected.
    set_secret(&mut workspace, "canary-handed-over-2");
    workspace.assert_empty_plan();
    workspace.step(&from_a_variable(2), &[(FIRST, Update), (SECOND, Update)]);
    assert_eq!(workspace.attribute(SECOND, "checksum"), checksum("canary-handed-over-2"));
    let journal = std::fs::read_to_string(workspace.folder().join("journal.txt")).expect("a journal");
    let expected = ["canary-handed-over-1", "canary-handed-over-2"].map(checksum);
    let expected: String = expected.iter().map(|checksum| format!("second {checksum}\n")).collect();
    assert_eq!(journal, expected);
}

#[test]
#[should_panic(expected = "secrets leaked by")]
fn the_leak_check_finds_a_value_that_is_not_write_only() {
    let mut workspace = Workspace::anonymous();
    workspace.add_safe();
    workspace.watch_secret(Secret::new("handed over", "canary-handed-over-3"));
    workspace.set("TF_VAR_secret", "canary-handed-over-3");
    workspace.configure(
        r#"
variable "secret" { sensitive = true }

resource "terraform_data" "keeps_it" { input = var.secret }
"#,
    );
    workspace.apply();
}

/// An app whose secret is written to two safes, one after the other, at each rotation.
fn handed_over(rotation: &str) -> String {
    format!(
        r#"{APP_AND_SETTINGS}
resource "salesforce_external_client_app_credential_rotation" "shop" {{
  external_client_app = salesforce_external_client_app_oauth_settings.shop.id
  rotate_when_changed = {{ round = "{rotation}" }}
}}

ephemeral "salesforce_external_client_app_credentials" "shop" {{
  external_client_app = salesforce_external_client_app_credential_rotation.shop.external_client_app
  depends_on          = [salesforce_external_client_app_credential_rotation.shop]
}}

resource "safe_secret" "first" {{
  name             = "first"
  value_wo         = ephemeral.salesforce_external_client_app_credentials.shop.consumer_secret
  value_wo_version = salesforce_external_client_app_credential_rotation.shop.consumer_key
}}

resource "safe_journal" "second" {{
  name             = "second"
  value_wo         = ephemeral.salesforce_external_client_app_credentials.shop.consumer_secret
  value_wo_version = safe_secret.first.value_wo_version
  file             = "journal.txt"
}}
"#
    )
}

#[test]
fn each_rotation_passes_the_consumer_secret_to_two_safes() {
    if !supports_write_only() {
        return;
    }
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.add_safe();
    let secret = || org.part(GLOBAL_OAUTH, "Shop").text("consumerSecret");
    let created = [(APP, Create), (SETTINGS, Create), (ROTATION, Create), (FIRST, Create), (SECOND, Create)];
    workspace.step(&handed_over("1"), &created);
    let before = secret();
    for safe in [FIRST, SECOND] {
        assert_eq!(workspace.attribute(safe, "checksum"), checksum(&before));
    }

    workspace.configure(&handed_over("2"));
    workspace.plan(&[]).changes(&[(ROTATION, Update), (FIRST, Update), (SECOND, Update)]);
    workspace.apply_plan().succeeded();
    let after = secret();
    assert_ne!(before, after);
    for safe in [FIRST, SECOND] {
        assert_eq!(workspace.attribute(safe, "checksum"), checksum(&after));
    }
    // The next refresh updates the settings' consumer key.
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    let journal = std::fs::read_to_string(workspace.folder().join("journal.txt")).expect("a journal");
    assert_eq!(journal, format!("second {}\nsecond {}\n", checksum(&before), checksum(&after)));
    workspace.destroy().succeeded();
}
