//! Runs the guide to the consumer secret step by step. Each store that the guide names receives the credentials and,
//! after a rotation, the new credentials. The output is as the guide describes. The stores are stand-ins.

use super::snippets::{fenced, needed};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org;
use acceptance_tests::terraform::repository;
use acceptance_tests::workspace::Workspace;
use serde_json::json;

const GUIDE: &str = "docs/guides/consumer-secret.md";
const ROTATION: &str = "salesforce_external_client_app_credential_rotation.shop";

/// The SHA-256 checksum of a string, in hexadecimal.
pub fn sha256(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The output of Terraform's `jsonencode` for the credentials in the guide.
pub fn credentials_json(key: &str, secret: &str) -> String {
    json!({ "client_id": key, "client_secret": secret }).to_string()
}

/// The block in the guide with this text, preceded by the blocks that the block refers to.
fn configuration(words: &str) -> String {
    let blocks = fenced(&repository().join(GUIDE), "terraform");
    let block = blocks.iter().find(|block| block.contains(words)).unwrap_or_else(|| panic!("no {words}"));
    let mut all = needed(block, &blocks);
    all.push(block);
    all.concat()
}

/// The guide's configuration with these numbers for the rotation and the revocation.
fn numbered(text: &str, rotate: u32, revoke: u32) -> String {
    let numbers = |rotate: u32, revoke: u32| {
        format!(
            "  rotate_when_changed          = {{ version = {rotate} }}\n  revoke_previous_when_changed = {{ version = {revoke} }}\n"
        )
    };
    let written = numbers(1, 1);
    assert_eq!(text.matches(&written).count(), 1, "the guide has {written}");
    text.replace(&written, &numbers(rotate, revoke))
}

fn supports_write_only() -> bool {
    language::has(Feature::WriteOnlyArguments)
}

/// An org, and a workspace with the guide's configuration. The stores record checksums of the values that they receive.
struct Shop<'org> {
    org: &'org Emulator,
    workspace: Workspace<'org>,
}

impl<'org> Shop<'org> {
    fn new(org: &'org Emulator, configuration: &str) -> Self {
        let mut workspace = Workspace::new(org);
        workspace.add_stand_ins(configuration);
        let journal = workspace.folder().join("journal.txt");
        workspace.set("STAND_INS_JOURNAL", &journal.display().to_string());
        for variable in ["key_vault_id", "workspace_id"] {
            workspace.set(&format!("TF_VAR_{variable}"), "given");
        }
        let shop = Self { org, workspace };
        shop.configure(configuration);
        shop
    }

    fn configure(&self, configuration: &str) {
        let variables: String = ["key_vault_id", "workspace_id"]
            .iter()
            .filter(|name| configuration.contains(&format!("var.{name}")))
            .map(|name| format!("variable \"{name}\" {{}}\n"))
            .collect();
        // Only a real org needs the wait.
        let configuration = configuration.replace("\"30s\"", "\"0s\"");
        self.workspace.configure(&format!("{variables}{configuration}"));
    }

    /// Asserts that the plan has no changes. The settings' `consumer_key` in the state may still be the previous key.
    #[track_caller]
    fn assert_empty_plan(&self) {
        let plan = self.workspace.plan(&[]);
        assert!(plan.actions().is_empty(), "{:?}", plan.actions());
        plan.containing("No changes.");
    }

    fn credentials(&self) -> (String, String) {
        let global = self.org.part(org::GLOBAL_OAUTH, "Shop");
        (global.text("consumerKey"), global.text("consumerSecret"))
    }

    /// The keys of all credentials that can log in, the current key first.
    fn keys(&self) -> Vec<String> {
        let all = self.org.admin("GET", "/apps/Shop/credentials", None);
        let all = all.as_array().into_iter().flatten();
        all.map(|one| one["key"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The checksums that the stores received, in order.
    fn arrived(&self) -> Vec<String> {
        let journal =
            std::fs::read_to_string(self.workspace.folder().join("journal.txt")).unwrap_or_default();
        journal.lines().filter_map(|line| Some(line.split_once(' ')?.1.to_owned())).collect()
    }
}

#[test]
fn each_store_receives_the_credentials_and_the_new_ones_after_a_rotation() {
    if !supports_write_only() {
        return;
    }
    for store in [
        "vault_kv_secret_v2\" \"shop",
        "aws_secretsmanager_secret_version",
        "azurerm_key_vault_secret",
        "google_secret_manager_secret_version",
        "tfe_variable",
    ] {
        let org = Emulator::start();
        let text = configuration(&format!("resource \"{store}"));
        let shop = Shop::new(&org, &text);
        shop.workspace.apply().succeeded();
        let stored_checksum = || {
            let (key, secret) = shop.credentials();
            sha256(&if store == "tfe_variable" { secret } else { credentials_json(&key, &secret) })
        };
        let first = stored_checksum();
        assert_eq!(shop.arrived(), [first.as_str()], "{store}");
        shop.assert_empty_plan();

        shop.configure(&numbered(&text, 2, 1));
        shop.workspace.apply().succeeded();
        let second = stored_checksum();
        assert_ne!(first, second);
        assert_eq!(shop.arrived(), [first, second], "{store}");
        shop.assert_empty_plan();
    }
}

/// Runs both procedures of the guide, and checks the output that the guide describes.
#[test]
fn after_a_leak_the_old_credentials_work_until_they_are_revoked() {
    if !supports_write_only() {
        return;
    }
    let org = Emulator::start();
    let text = configuration("resource \"vault_kv_secret_v2\" \"shop\"");
    let shop = Shop::new(&org, &text);
    shop.workspace.apply().succeeded();
    let (old, _) = shop.credentials();

    let numbers = |rotate: u32, revoke: u32| numbered(&text, rotate, revoke);
    shop.configure(&numbers(2, 1));
    let plan = shop.workspace.plan(&[]);
    plan.containing(&format!("{ROTATION} will be updated in-place"));
    plan.containing("Client ID will change").containing(&old);
    shop.workspace.apply_plan().succeeded();
    let (new, _) = shop.credentials();
    assert_eq!(shop.keys(), [new.as_str(), old.as_str()]);
    let client_id_output = shop.workspace.run(&["output", "-raw", "client_id"]).succeeded();
    assert_eq!(client_id_output.stdout.trim(), new);

    shop.configure(&numbers(2, 2));
    shop.workspace.plan(&[]).containing("Previous credentials will be revoked").containing(&old);
    shop.workspace.apply_plan().succeeded();
    assert_eq!(shop.keys(), [new.as_str()]);
    assert!(shop.workspace.attribute(ROTATION, "previous_state").is_null());
    shop.assert_empty_plan();

    // A rotation and a revocation in one apply leave no previous credentials.
    shop.configure(&numbers(3, 3));
    shop.workspace.apply().succeeded();
    let (newest, _) = shop.credentials();
    assert_ne!(newest, new);
    assert_eq!(shop.keys(), [newest]);
    assert_eq!(shop.arrived().len(), 3);
    shop.assert_empty_plan();
}

/// The org does not stage credentials while previous credentials are valid.
#[test]
fn previous_credentials_that_are_still_valid_must_be_revoked_before_a_rotation() {
    let org = Emulator::start();
    let text = configuration("resource \"salesforce_external_client_app_credential_rotation\"");
    // Not every tested version has ephemeral resources, so this test omits the ephemeral resource.
    let (text, _) = text.split_once("ephemeral \"").expect("an ephemeral resource");
    let shop = Shop::new(&org, text);
    shop.workspace.apply().succeeded();
    shop.configure(&numbered(text, 2, 1));
    shop.workspace.apply().succeeded();
    let two = shop.keys();
    shop.configure(&numbered(text, 3, 1));
    shop.workspace.apply().failed_with("Previous credentials still valid");
    assert_eq!(shop.keys(), two, "nothing has changed");

    // The revocation and the rotation take two applies.
    shop.configure(&numbered(text, 2, 2));
    shop.workspace.apply().succeeded();
    assert_eq!(shop.keys(), two[..1]);
    shop.configure(&numbered(text, 3, 2));
    shop.workspace.apply().succeeded();
    assert_eq!(shop.keys()[1..], two[..1]);

    // A rotation and a revocation in one apply leave no previous credentials.
    shop.configure(&numbered(text, 4, 3));
    shop.workspace.apply().succeeded();
    let keys = shop.keys();
    assert!(keys.len() == 1 && !two.contains(&keys[0]), "{keys:?}");
    shop.assert_empty_plan();
}

#[test]
fn a_time_resource_rotates_and_later_revokes_the_previous_credentials() {
    let org = Emulator::start();
    let text = configuration("resource \"time_rotating\"");
    let shop = Shop::new(&org, &text);
    shop.workspace.apply().succeeded();
    shop.assert_empty_plan();
    let (old, _) = shop.credentials();

    // The replacement simulates a rotation that is due. The new consumer key is unknown in the plan.
    let due = ["-replace=time_rotating.shop"];
    let plan = shop.workspace.plan(&due);
    assert!(plan.is_unknown(ROTATION, "consumer_key"));
    shop.workspace.apply_plan().succeeded();
    let (new, _) = shop.credentials();
    assert_eq!(shop.keys(), [new.as_str(), old.as_str()]);
    shop.assert_empty_plan();

    // The week until the revocation is shortened to a second.
    shop.configure(&text.replace("\"168h\"", "\"1s\""));
    std::thread::sleep(std::time::Duration::from_millis(2500));
    shop.workspace.plan(&[]).containing("Previous credentials will be revoked").containing(&old);
    shop.workspace.apply_plan().succeeded();
    assert_eq!(shop.keys(), [new]);
    shop.assert_empty_plan();
}

#[test]
fn two_backends_switch_to_new_credentials_one_at_a_time() {
    if !supports_write_only() {
        return;
    }
    let org = Emulator::start();
    let text = configuration("backends = {");
    let shop = Shop::new(&org, &text);
    shop.workspace.apply().succeeded();
    let checksum = || {
        let (key, secret) = shop.credentials();
        sha256(&credentials_json(&key, &secret))
    };
    let first = checksum();
    assert_eq!(shop.arrived(), [first.as_str(), first.as_str()]);

    let rotated = numbered(&text, 2, 1);
    for (backends, count) in [("{ eu = 2, us = 1 }", 3), ("{ eu = 2, us = 2 }", 4)] {
        shop.configure(&rotated.replace("{ eu = 1, us = 1 }", backends));
        shop.workspace.apply().succeeded();
        assert_eq!(shop.arrived().len(), count, "{backends}");
        assert_eq!(shop.arrived().last(), Some(&checksum()), "{backends}");
        shop.assert_empty_plan();
    }
    assert_eq!(shop.keys().len(), 2);
}

#[test]
fn actions_rotate_and_revoke_and_the_next_apply_stores_the_credentials() {
    if !language::has(Feature::Actions) {
        return;
    }
    let org = Emulator::start();
    let stores = configuration("resource \"vault_kv_secret_v2\" \"shop\"");
    let blocks = fenced(&repository().join(GUIDE), "terraform");
    let actions = blocks.iter().find(|block| block.contains("action \"")).expect("the actions");
    let text = format!("{stores}{actions}");
    let shop = Shop::new(&org, &text);
    shop.workspace.apply().succeeded();
    let (old, _) = shop.credentials();
    let invoke = |action: &str| {
        let action = format!("-invoke=action.salesforce_external_client_app_{action}.shop");
        shop.workspace.run(&["apply", "-no-color", "-input=false", "-auto-approve", &action]).succeeded();
    };
    invoke("rotate_credentials");
    let (new, secret) = shop.credentials();
    assert_eq!(shop.keys(), [new.as_str(), old.as_str()]);
    assert_eq!(shop.arrived().len(), 1);
    shop.workspace.apply().succeeded();
    assert_eq!(shop.arrived().last(), Some(&sha256(&credentials_json(&new, &secret))));
    // When the number changes next, the credentials are already rotated.
    let raised = numbered(&text, 2, 1);
    shop.configure(&raised);
    shop.workspace.plan(&[]).containing("Credentials already rotated");
    shop.workspace.apply_plan().succeeded();
    assert_eq!(shop.keys(), [new.as_str(), old.as_str()]);
    invoke("revoke_previous_credentials");
    assert_eq!(shop.keys(), [new]);
    shop.workspace.apply().succeeded();
    shop.assert_empty_plan();
}

/// The guide quotes the errors that a Terraform version without ephemeral resources or actions reports.
#[test]
fn an_older_terraform_fails_with_the_error_in_the_guide() {
    let guide = std::fs::read_to_string(repository().join(GUIDE)).expect("the guide");
    let workspace = Workspace::anonymous();
    for (kind, since, text) in [
        (
            "ephemeral",
            Feature::EphemeralResources,
            "ephemeral \"salesforce_external_client_app_credentials\" \"shop\" {}",
        ),
        (
            "action",
            Feature::Actions,
            "action \"salesforce_external_client_app_rotate_credentials\" \"shop\" {}",
        ),
    ] {
        let error = format!("Blocks of type \"{kind}\" are not expected here.");
        assert!(guide.contains(&error), "{error}");
        if !language::has(since) {
            workspace.configure(text);
            workspace.run(&["validate", "-no-color"]).failed_with(&error);
        }
    }
}
