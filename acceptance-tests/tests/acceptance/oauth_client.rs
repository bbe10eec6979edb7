//! Tests for `salesforce_oauth_client`, which manages an app, its OAuth settings and its policies as one resource. A
//! create, any update and a destroy are one deploy each.

pub use crate::configurations::{CLIENT, SHOP_CLIENT as SHOP};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use acceptance_tests::plan::Action::{Create, Replace, Update};
use acceptance_tests::workspace::Workspace;
use serde_json::Value;

/// The metadata types of an app.
pub const FILES: [&str; 5] = [APP, OAUTH, GLOBAL_OAUTH, POLICIES, OAUTH_POLICIES];

/// The configuration without its policies block.
pub fn without_policies(configuration: &str) -> String {
    let (head, rest) = configuration.split_once("  policies {").expect("a block");
    let (_, tail) = rest.split_once("\n  }").expect("the end of the block");
    format!("{head}{}", tail.trim_start_matches('\n'))
}

/// The numbers of calls in an operation: all calls, deploys, and retrieves.
#[track_caller]
pub fn count_calls(org: &Emulator, what: impl FnOnce()) -> [usize; 3] {
    org.admin("DELETE", "/journal", None);
    what();
    let journal = org.journal();
    let of = |operation: &str| journal.iter().filter(|call| call["operation"] == operation).count();
    [journal.len(), of("deploy"), of("retrieve")]
}

/// Plans and applies, and expects exactly one deploy and then an empty plan.
#[track_caller]
pub fn one_deploy(org: &Emulator, workspace: &Workspace<'_>, what: &str) {
    let _ = workspace.plan(&[]);
    let [calls, deploys, _] = count_calls(org, || drop(workspace.apply_plan().succeeded()));
    assert_eq!(deploys, 1, "{what}");
    assert!(calls <= 12, "{what}: {calls} calls");
    workspace.assert_empty_plan();
}

#[test]
fn a_client_is_created_changed_and_destroyed_with_one_deploy_each() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(SHOP);
    one_deploy(&org, &workspace, "create");
    for kind in FILES {
        assert_eq!(org.components(kind).len(), 1, "{kind}");
    }
    let policies = org.part(OAUTH_POLICIES, "Shop");
    assert_eq!(policies.text("commaSeparatedPermissionSet"), "Shop_Customer");
    assert_eq!(policies.text("guestJwtTimeout"), "30");
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    assert_eq!(workspace.attribute(CLIENT, "consumer_key"), key);
    workspace.is_in_org(CLIENT, org.org_id());

    let [_, deploys, retrieves] =
        count_calls(&org, || drop(workspace.run(&["plan", "-input=false"]).succeeded()));
    assert_eq!((deploys, retrieves), (0, 1), "a refresh is one retrieve");

    // One attribute of each part changes in a separate apply. Everything else in the org stays unchanged.
    let changes: [(&str, &str, &str, &str); 5] = [
        ("label                        = \"Shop\"", "label = \"Laden\"", APP, "label"),
        ("\"Api\", \"OpenID\", ", "\"Api\", ", OAUTH, "commaSeparatedOauthScopes"),
        ("/callback\"", "/other\"", GLOBAL_OAUTH, "callbackUrl"),
        ("= 30", "= 15", OAUTH_POLICIES, "guestJwtTimeout"),
        ("  policies {\n", "  policies {\n    start_page = \"OAuth\"\n", POLICIES, "startPage"),
    ];
    let mut now = SHOP.to_owned();
    for (from, to, kind, element) in changes {
        let before = files(&org);
        assert_eq!(now.matches(from).count(), 1, "{from:?}");
        now = now.replace(from, to);
        workspace.configure(&now);
        workspace.plan(&[]).changes(&[(CLIENT, Update)]);
        one_deploy(&org, &workspace, element);
        let after = files(&org);
        for (other, file) in &after {
            let differs = before.get(other) != Some(file);
            assert_eq!(differs, *other == kind, "{other} after a change of {element}");
        }
    }
    // One apply changes all five attributes back to their original values.
    workspace.configure(SHOP);
    one_deploy(&org, &workspace, "everything");
    assert_eq!(org.part(GLOBAL_OAUTH, "Shop").text("consumerKey"), key);

    let destroy = ["destroy", "-no-color", "-input=false", "-auto-approve", "-refresh=false"];
    let [calls, deploys, _] = count_calls(&org, || drop(workspace.run(&destroy).succeeded()));
    assert_eq!(deploys, 1, "destroy");
    assert!(calls <= 12, "destroy: {calls} calls");
    for kind in FILES {
        assert_eq!(org.components(kind).len(), 0, "{kind}");
    }
    assert!(workspace.state().is_empty());
}

/// The values of each component of the app, by metadata type.
fn files(org: &Emulator) -> std::collections::BTreeMap<&'static str, Value> {
    FILES.iter().map(|kind| (*kind, Value::Object(org.part(kind, "Shop").fields))).collect()
}

#[test]
fn a_client_without_a_policies_block_does_not_manage_policies() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(&without_policies(SHOP));
    one_deploy(&org, &workspace, "create");
    let defaults = org.part(OAUTH_POLICIES, "Shop");
    assert_eq!(defaults.text("permittedUsersPolicyType"), "AllSelfAuthorized");
    assert!(workspace.attribute(CLIENT, "policies").is_null());
    // A change to policies that are not managed is not drift.
    org.edit(OAUTH_POLICIES, "Shop", "sessionTimeoutInMinutes", "15");
    workspace.assert_empty_plan();
    workspace.destroy().succeeded();
    assert!(org.names(org::APP).is_empty());
}

#[test]
fn a_change_of_the_name_replaces_the_client() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(CLIENT, Create)]);
    let key = workspace.attribute(CLIENT, "consumer_key");
    workspace.configure(&SHOP.replace("name                         = \"Shop\"", "name = \"Till\""));
    let plan = workspace.plan(&[]);
    plan.changes(&[(CLIENT, Replace)]);
    plan.containing("Consumer key will be destroyed");
    assert!(plan.is_unknown(CLIENT, "consumer_key"));
    workspace.apply_plan().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(org.names(org::APP), ["Till"]);
    assert_ne!(workspace.attribute(CLIENT, "consumer_key"), key);
}

#[test]
fn drift_in_each_part_is_repaired_in_one_deploy() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(CLIENT, Create)]);
    let edits = [
        (APP, "contactEmail", "x@example.com", "identity@example.com"),
        (OAUTH, "commaSeparatedOauthScopes", "Api", "Api, RefreshToken, OpenID"),
        (GLOBAL_OAUTH, "isDeviceFlowEnabled", "true", "false"),
        (OAUTH_POLICIES, "commaSeparatedPermissionSet", "Shop_Staff", "Shop_Customer"),
    ];
    for (kind, element, theirs, _) in edits {
        org.edit(kind, "Shop", element, theirs);
    }
    let plan = workspace.plan(&[]);
    plan.changes(&[(CLIENT, Update)]);
    let differing = plan.differing(CLIENT);
    assert_eq!(differing, ["contact_email", "device_flow_enabled", "oauth_scopes", "policies"]);
    assert_eq!(plan.differing_in(CLIENT, "policies"), ["permission_sets"]);
    one_deploy(&org, &workspace, "repair");
    for (kind, element, _, ours) in edits {
        assert_eq!(org.part(kind, "Shop").text(element), ours);
    }
}

#[test]
fn an_app_deleted_in_setup_is_created_again() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(CLIENT, Create)]);
    org.remove(APP, "Shop");
    workspace.plan(&[]).changes(&[(CLIENT, Create)]);
    one_deploy(&org, &workspace, "all of it");
    assert_complete(&org, &workspace);
}

/// Salesforce deletes one of the policy files with the OAuth settings. The deploy of the settings creates it again.
#[test]
fn oauth_settings_deleted_in_setup_are_created_again_with_the_policies() {
    for configuration in [SHOP.to_owned(), without_policies(SHOP)] {
        let org = Emulator::start();
        let workspace = Workspace::new(&org);
        workspace.step(&configuration, &[(CLIENT, Create)]);
        org.remove(OAUTH, "Shop");
        workspace.plan(&[]).changes(&[(CLIENT, Update)]);
        let [_, deploys, _] = count_calls(&org, || drop(workspace.apply_plan().succeeded()));
        assert_eq!(deploys, 1);
        // The next refresh reads unmanaged policies into the state.
        workspace.plan(&[]).changes(&[]);
        workspace.apply().succeeded();
        workspace.assert_empty_plan();
        if configuration == SHOP {
            assert_complete(&org, &workspace);
        }
    }
}

#[track_caller]
fn assert_complete(org: &Emulator, workspace: &Workspace<'_>) {
    let policies = org.part(OAUTH_POLICIES, "Shop");
    assert_eq!(policies.text("commaSeparatedPermissionSet"), "Shop_Customer");
    assert_eq!(policies.text("guestJwtTimeout"), "30");
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    assert_eq!(workspace.attribute(CLIENT, "consumer_key"), key);
}

/// A rotation identifies the app by its name, regardless of the resource that created the app.
#[test]
fn a_credential_rotation_works_with_a_client() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let with = |round: u32| {
        format!(
            "{SHOP}\nresource \"salesforce_external_client_app_credential_rotation\" \"shop\" {{\n  \
             external_client_app = salesforce_oauth_client.shop.id\n  rotate_when_changed = {{ round = \"{round}\" }}\n}}\n"
        )
    };
    workspace.configure(&with(1));
    workspace.apply().succeeded();
    let first = workspace.attribute(CLIENT, "consumer_key");
    workspace.configure(&with(2));
    workspace.apply().succeeded();
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_ne!(workspace.attribute(CLIENT, "consumer_key"), first);
    assert_eq!(org.deploys().len(), 1, "a rotation is not a deploy");
    workspace.destroy().succeeded();
}
