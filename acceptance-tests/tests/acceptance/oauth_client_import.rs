//! Taking a whole app over as one resource: whatever made it, with a configuration that Terraform itself writes.

use super::oauth_client::{CLIENT, FILES};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};

/// All that the app made in Setup has, and nothing that it has not.
const BARE: &str = r#"
resource "salesforce_oauth_client" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
  callback_urls = ["https://shop.example.com/callback"]
  oauth_scopes  = ["Api", "RefreshToken"]
  policies {}
}
"#;

/// An app as Setup makes one: its parts have names that nobody would guess.
fn made_in_setup(org: &Emulator) {
    org.admin(
        "POST",
        "/apps",
        Some(&json!({
            "name": "Shop",
            "label": "Shop",
            "contactEmail": "identity@example.com",
            "callbackUrl": "https://shop.example.com/callback",
            "scopes": "Api, RefreshToken",
        })),
    );
}

#[test]
fn an_app_made_in_setup_is_imported_by_its_name() {
    let org = Emulator::start();
    made_in_setup(&org);
    let before = org.admin("GET", "/components", None);
    let workspace = Workspace::new(&org);
    workspace.configure(BARE);
    workspace.run(&["import", "-no-color", "-input=false", CLIENT, "Shop"]).succeeded();
    workspace.is_settled();
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");
    assert_eq!(workspace.attribute(CLIENT, "consumer_key"), key);
    assert_eq!(org.deploys().len(), 0, "an import changes nothing in the org");
    assert_eq!(org.admin("GET", "/components", None), before);

    // What belongs to it goes with it, under whatever names.
    workspace.destroy().succeeded();
    for kind in FILES {
        assert!(org.names(kind).is_empty(), "{kind}");
    }
}

/// The block is in the state; who does not want it says so, and it stays in the org.
#[test]
fn imported_policies_are_left_alone_when_the_block_is_left_out() {
    let org = Emulator::start();
    made_in_setup(&org);
    let before = org.admin("GET", "/components", None);
    let workspace = Workspace::new(&org);
    workspace.configure(&BARE.replace("  policies {}\n", ""));
    workspace.run(&["import", "-no-color", "-input=false", CLIENT, "Shop"]).succeeded();
    workspace.apply().succeeded();
    workspace.is_settled();
    assert_eq!(org.deploys().len(), 0);
    assert_eq!(org.admin("GET", "/components", None), before);
}

#[test]
fn an_import_block_is_planned_without_changes() {
    let org = Emulator::start();
    made_in_setup(&org);
    let workspace = Workspace::new(&org);
    workspace.configure(&format!("{BARE}\nimport {{\n  to = {CLIENT}\n  id = \"Shop\"\n}}\n"));
    let plan = workspace.plan(&[]);
    plan.changes(&[]).saying("1 to import, 0 to add, 0 to change, 0 to destroy");
    workspace.apply_plan().succeeded().saying("1 imported");
    workspace.configure(BARE);
    workspace.is_settled();
}

#[test]
fn an_import_by_identity_is_planned_without_changes() {
    let org = Emulator::start();
    made_in_setup(&org);
    let workspace = Workspace::new(&org);
    let with = |org_id: &str| {
        format!(
            "{BARE}\nimport {{\n  to = {CLIENT}\n  identity = {{\n    name   = \"Shop\"\n    org_id = \"{org_id}\"\n  }}\n}}\n"
        )
    };
    let plan = ["plan", "-no-color", "-input=false", "-lock=false"];
    workspace.configure(&with(org.org_id()));
    if !language::has(Feature::IdentityImports) {
        workspace.run(&plan).failed_saying("identity");
        return;
    }
    workspace.run(&plan).succeeded().saying("1 to import, 0 to add, 0 to change, 0 to destroy");
    workspace.apply().succeeded();
    workspace.is_settled();
    workspace.run(&["state", "rm", CLIENT]).succeeded();
    workspace.configure(&with("00D000000000099AAA"));
    workspace.run(&plan).failed_saying("00D000000000099");
    // A generated configuration, too.
    let block = with(org.org_id()).replace(BARE, "");
    workspace.configure(&block);
    workspace.plan(&["-generate-config-out=generated.tf"]).changes(&[]).saying("1 to import");
}

#[test]
fn what_a_client_has_in_the_state_is_imported_into_an_empty_one() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(super::oauth_client::SHOP);
    workspace.apply().succeeded();
    let state = workspace.state();
    workspace.imports_into_an_empty_state();
    workspace.run(&["state", "rm", CLIENT]).succeeded();
    workspace.run(&["import", "-no-color", "-input=false", CLIENT, "Shop"]).succeeded();
    let differing: Vec<&String> = state[CLIENT]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, value)| workspace.attribute(CLIENT, name) != **value && !value.is_object())
        .map(|(name, _)| name)
        .collect();
    // The link to the own consumer belongs to one org: a configuration that is generated must not have it.
    assert_eq!(differing, ["oauth_link"]);
}

/// What an org has and nobody would import for another resource's sake.
#[test]
fn what_is_no_whole_app_is_refused_with_what_to_do_instead() {
    let without_oauth = |org: &Emulator| {
        let file = "<ExternalClientApplication xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>Shop</label></ExternalClientApplication>";
        let url = format!("{}/emulator/components/{APP}/Shop", org.url());
        let reply = acceptance_tests::http::call("PUT", &url, Some(file)).expect("a reply");
        assert_eq!(reply.status, 200, "{}", reply.body);
    };
    type Make = fn(&Emulator);
    let installed: Make = |org| {
        org.admin("POST", "/packages", Some(&json!({ "namespace": "acme", "name": "Shop" })));
    };
    let cases: [(Make, &str, &[&str]); 4] = [
        (without_oauth, "Shop", &["no OAuth settings", "salesforce_external_client_app"]),
        (
            installed,
            "acme__Shop",
            &["was installed from the package acme", "salesforce_external_client_app_policies"],
        ),
        (|_| {}, "Nobody", &["Object to import not found", "Nobody"]),
        (|_| {}, "not a name", &["not a name"]),
    ];
    for (make, id, words) in cases {
        let org = Emulator::start();
        make(&org);
        let workspace = Workspace::new(&org);
        workspace.configure(BARE);
        let run = workspace.run(&["import", "-no-color", "-input=false", CLIENT, id]);
        assert_eq!(run.code, Some(1), "{run}");
        for text in words {
            assert!(run.says(text), "expected {text:?} in {run}");
        }
        assert_eq!(run.words().matches("Error: ").count(), 1, "{run}");
        assert!(workspace.state().is_empty());
    }
}

/// A part that does not say whose it is is not taken for deleted.
#[test]
fn a_part_without_its_app_is_unexpected_and_not_gone() {
    let org = Emulator::start();
    made_in_setup(&org);
    let workspace = Workspace::new(&org);
    workspace.configure(BARE);
    workspace.run(&["import", "-no-color", "-input=false", CLIENT, "Shop"]).succeeded();
    let state = workspace.state();
    for kind in [OAUTH, POLICIES, OAUTH_POLICIES] {
        let path = format!("/components/{kind}/{}", org.part(kind, "Shop").name);
        org.admin("PATCH", &path, Some(&json!({ "externalClientApplication": "Nobody" })));
        let run = workspace.run(&["plan", "-no-color", "-input=false", "-lock=false"]);
        run.failed_saying("Unexpected metadata").saying("Nobody");
        assert_eq!(workspace.state(), state, "{kind}");
        org.admin("PATCH", &path, Some(&json!({ "externalClientApplication": "Shop" })));
        workspace.is_settled();
    }
}

/// An imported client changes like one that was made here, and nothing of the others' work is lost.
#[test]
fn a_change_of_an_imported_client_is_one_deploy_of_what_changes() {
    let org = Emulator::start();
    made_in_setup(&org);
    org.edit(GLOBAL_OAUTH, "Shop", "isDeviceFlowEnabled", "true");
    let workspace = Workspace::new(&org);
    workspace.configure(&format!("import {{\n  to = {CLIENT}\n  id = \"Shop\"\n}}\n"));
    workspace.plan(&["-generate-config-out=generated.tf"]).changes(&[]);
    workspace.apply_plan().succeeded();
    let generated =
        std::fs::read_to_string(workspace.folder().join("generated.tf")).expect("a configuration");
    workspace.configure("");
    workspace.is_settled();
    let before: Vec<Value> = FILES.iter().map(|kind| Value::Object(org.part(kind, "Shop").fields)).collect();
    let changed: Vec<String> = generated
        .lines()
        .map(|line| match line.trim_start() {
            own if own.starts_with("required_session_level ") => {
                "required_session_level = \"LOW\"".to_owned()
            }
            own if own.starts_with("pkce_required ") => "pkce_required = false".to_owned(),
            _ => line.to_owned(),
        })
        .collect();
    workspace.write("generated.tf", &changed.join("\n"));
    workspace.apply().succeeded();
    workspace.is_settled();
    assert_eq!(org.deploys().len(), 1);
    let after: Vec<Value> = FILES.iter().map(|kind| Value::Object(org.part(kind, "Shop").fields)).collect();
    for ((kind, before), after) in FILES.iter().zip(&before).zip(&after) {
        let differs = before != after;
        assert_eq!(differs, [GLOBAL_OAUTH, OAUTH_POLICIES].contains(kind), "{kind}: {before:#} {after:#}");
    }
}
