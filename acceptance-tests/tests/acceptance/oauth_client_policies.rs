//! The policies block of `salesforce_oauth_client`: adding, removing and emptying it in an update, adopting existing
//! policies, and the diagnostics for its attributes with their lines.

use super::oauth_client::{CLIENT, FILES, SHOP, count_calls, one_deploy, without_policies};
use super::plan_texts::{self, Case};
use super::whole::in_clients;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{GLOBAL_OAUTH, OAUTH_POLICIES, POLICIES};
use acceptance_tests::plan::Action::{Create, Update};
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The names of the policy components of the app.
fn policy_files(org: &Emulator) -> [Vec<String>; 2] {
    [org.names(POLICIES), org.names(OAUTH_POLICIES)]
}

#[test]
fn an_added_block_adopts_the_default_policies_in_one_deploy() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let alone = without_policies(SHOP).replace("_enabled       = true", "_enabled = false");
    let alone = alone.replace("code_credential_flow_enabled = true", "code_credential_flow_enabled = false");
    workspace.step(&alone, &[(CLIENT, Create)]);
    let names = policy_files(&org);
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");

    // The flow, the JWT tokens, and the guest access that requires both are enabled together.
    workspace.configure(SHOP);
    let plan = workspace.plan(&[]);
    plan.changes(&[(CLIENT, Update)]);
    plan.containing("Users lose access to an app").containing("Anonymous access");
    one_deploy(&org, &workspace, "the block");
    assert_eq!(policy_files(&org), names, "the components keep their names");
    let policies = org.part(OAUTH_POLICIES, "Shop");
    assert_eq!(policies.text("isGuestCodeCredFlowEnabled"), "true");
    assert_eq!(policies.text("commaSeparatedPermissionSet"), "Shop_Customer");
    assert_eq!(org.part(GLOBAL_OAUTH, "Shop").text("consumerKey"), key);
}

#[test]
fn a_removed_block_leaves_its_policies_in_the_org() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(CLIENT, Create)]);
    let before = org.admin("GET", "/components", None);
    workspace.configure(&without_policies(SHOP));
    let plan = workspace.plan(&[]);
    plan.changes(&[(CLIENT, Update)]);
    plan.containing("Policies remain in the org");
    let [_, deploys, _] = count_calls(&org, || drop(workspace.apply_plan().succeeded()));
    assert_eq!(deploys, 0);
    workspace.assert_empty_plan();
    assert_eq!(org.admin("GET", "/components", None), before);
    assert!(workspace.attribute(CLIENT, "policies").is_null());

    // A change to other attributes does not affect the policies, and the block can be added again.
    let changed = without_policies(SHOP).replace("/callback\"", "/other\"");
    workspace.step(&changed, &[(CLIENT, Update)]);
    assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("commaSeparatedPermissionSet"), "Shop_Customer");
    workspace.step(&SHOP.replace("/callback\"", "/other\""), &[(CLIENT, Update)]);
    workspace.destroy().succeeded();
    for kind in FILES {
        assert!(org.names(kind).is_empty(), "{kind}");
    }
}

/// Attributes with an enforced default return to it. Other attributes are no longer managed, and the plan names them.
#[test]
fn an_emptied_block_enforces_defaults_and_keeps_other_values() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let more = "    session_timeout_minutes = 15\n    single_logout_url = \"https://a.example.com/out\"\n";
    let full = SHOP.replace("    permitted_users ", &format!("{more}    permitted_users "));
    workspace.step(&full, &[(CLIENT, Create)]);
    let (head, rest) = SHOP.split_once("  policies {\n").expect("a block");
    let (_, tail) = rest.split_once("\n  }").expect("the end of the block");
    workspace.configure(&format!("{head}  policies {{}}{tail}"));
    let plan = workspace.plan(&[]);
    plan.changes(&[(CLIENT, Update)]);
    for kept in ["permitted_users", "permission_sets", "guest_jwt_timeout_minutes", "session_timeout_minutes"]
    {
        plan.containing(&format!("{kept} is no longer managed"));
    }
    one_deploy(&org, &workspace, "an empty block");
    let policies = org.part(OAUTH_POLICIES, "Shop");
    assert_eq!(policies.text("isGuestCodeCredFlowEnabled"), "false", "enforced");
    assert_eq!(policies.text("singleLogoutUrl"), "", "cleared");
    assert_eq!(policies.text("sessionTimeoutInMinutes"), "15", "kept");
    assert_eq!(policies.text("commaSeparatedPermissionSet"), "Shop_Customer", "kept");
    // An explicit default of an enforced attribute is not a difference, and drift of an unmanaged attribute is not
    // repaired.
    org.edit(OAUTH_POLICIES, "Shop", "isTokenExchangeFlowEnabled", "false");
    org.edit(OAUTH_POLICIES, "Shop", "sessionTimeoutInMinutes", "30");
    workspace.plan(&[]).changes(&[]);
    org.edit(OAUTH_POLICIES, "Shop", "isGuestCodeCredFlowEnabled", "true");
    workspace.converge(&[(CLIENT, Update)]);
    let policies = org.part(OAUTH_POLICIES, "Shop");
    assert_eq!(
        policies.text("isGuestCodeCredFlowEnabled"),
        "false",
        "drift of an enforced attribute is repaired"
    );
}

/// Components that were created in Setup or by another tool keep their names, and no other components are created.
#[test]
fn policies_created_by_other_tools_keep_their_component_names() {
    let org = Emulator::start();
    org.admin("POST", "/apps", Some(&json!({ "name": "Shop", "scopes": "Api, OpenID, RefreshToken" })));
    let names = policy_files(&org);
    let workspace = Workspace::new(&org);
    workspace.configure(SHOP);
    workspace.run(&["import", "-no-color", "-input=false", CLIENT, "Shop"]).succeeded();
    one_deploy(&org, &workspace, "all of it");
    assert_eq!(policy_files(&org), names);

    // The components are found even without the block in the state.
    workspace.step(&without_policies(SHOP), &[(CLIENT, Update)]);
    workspace.configure(&SHOP.replace("= 30", "= 15").replace("/callback\"", "/other\""));
    one_deploy(&org, &workspace, "again");
    assert_eq!(policy_files(&org), names);
    assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("guestJwtTimeout"), "15");
}

/// A diagnostic from a plan: severity, summary, text, and the attribute at the start of its line.
type Words = (String, String, String, String);

type Diagnostics = BTreeSet<Words>;

fn diagnostics(workspace: &Workspace<'_>, configuration: &str) -> Diagnostics {
    workspace.configure(configuration);
    let file = std::fs::read_to_string(workspace.folder().join("main.tf")).expect("the configuration");
    let lines: Vec<&str> = file.lines().collect();
    let run = workspace.run(&["plan", "-json", "-input=false", "-lock=false", "-refresh=false"]);
    let messages = run.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let all = messages
        .filter(|message| message["type"] == "diagnostic")
        .map(|message| message["diagnostic"].clone());
    all.filter(|one| one["summary"] != "Provider development overrides are in effect")
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let number = one["range"]["start"]["line"].as_u64().and_then(|line| usize::try_from(line).ok());
            let line = number.and_then(|line| lines.get(line.checked_sub(1)?)).copied().unwrap_or_default();
            let at = line.trim_start().split([' ', '=']).next().unwrap_or_default();
            // A diagnostic for a whole part refers to the resource or to the block.
            let at = if ["resource", "policies"].contains(&at) { "" } else { at };
            (text("severity"), text("summary"), text("detail"), at.to_owned())
        })
        .collect()
}

/// The IDs of suppressible warnings.
fn ids(diagnostics: &Diagnostics) -> BTreeSet<String> {
    let after = |text: &str| {
        let (_, rest) = text.split_once("suppress_warnings = [\"")?;
        rest.split_once('"').map(|(id, _)| id.to_owned())
    };
    diagnostics.iter().filter_map(|(_, _, words, _)| after(words)).collect()
}

/// Plans the same changes with three resources and with `salesforce_oauth_client`, and compares the diagnostics.
#[test]
fn a_client_has_the_same_diagnostics_as_its_parts() {
    let words = plan_texts::words();
    let base = plan_texts::filled(plan_texts::BASE, &words);
    let orgs = [Emulator::start(), Emulator::start()];
    let mut workspaces = orgs.each_ref().map(|org| Workspace::new(org));
    for (workspace, text) in workspaces.iter_mut().zip([base.clone(), in_clients(&base)]) {
        workspace.unset("TF_LOG");
        workspace.configure(&text);
        workspace.apply().succeeded();
        workspace.assert_empty_plan();
    }
    let [in_parts, whole] = &mut workspaces;
    let mut problems = Vec::new();
    let mut suppressible = BTreeSet::new();
    for case in plan_texts::WARNINGS.iter().chain(plan_texts::ERRORS) {
        let Case { edits, .. } = case;
        let text = plan_texts::filled(&plan_texts::edited(case), &words);
        let (of_parts, of_whole) = (diagnostics(in_parts, &text), diagnostics(whole, &in_clients(&text)));
        suppressible.extend(ids(&of_whole));
        // A diagnostic with one cause is reported for each part, and once for `salesforce_oauth_client`.
        let is_reported = |(severity, summary, _, at): &&Words| {
            of_whole.iter().any(|(same, first, _, place)| (same, first, place) == (severity, summary, at))
        };
        let missing: Vec<_> = of_parts.difference(&of_whole).filter(|one| !is_reported(one)).collect();
        let more: Vec<_> = of_whole.difference(&of_parts).collect();
        if !missing.is_empty() || !more.is_empty() {
            problems.push(format!(
                "{edits:?}:\nonly the parts report {missing:#?}\nonly salesforce_oauth_client reports {more:#?}"
            ));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    assert!(suppressible.len() > 8, "{suppressible:?}");

    whole.set("SALESFORCE_SUPPRESS_WARNINGS", &suppressible.iter().cloned().collect::<Vec<_>>().join(","));
    for case in plan_texts::WARNINGS {
        let text = plan_texts::filled(&plan_texts::edited(case), &words);
        let left = ids(&diagnostics(whole, &in_clients(&text)));
        assert!(left.is_empty(), "{:?}: {left:?}", case.edits);
    }
}

#[test]
fn a_protected_client_is_neither_destroyed_nor_replaced() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let protected = SHOP.replace("  policies {", "  deletion_protection = true\n  policies {");
    workspace.step(&protected, &[(CLIENT, Create)]);
    let deploys = org.deploys().len();
    workspace.destroy().failed_with("deletion_protection");
    let run = workspace.run(&["plan", "-no-color", "-input=false", "-replace", CLIENT]);
    let run = run.failed_with("deletion_protection");
    assert_eq!(run.words().matches("Error: ").count(), 1, "{run}");
    workspace.configure(&protected.replace("name                         = \"Shop\"", "name = \"Till\""));
    let run = workspace.run(&["plan", "-no-color", "-input=false"]).failed_with("deletion_protection");
    assert_eq!(run.words().matches("Error: ").count(), 1, "{run}");
    workspace.configure("");
    workspace.run(&["plan", "-no-color", "-input=false"]).failed_with("deletion_protection");
    assert_eq!(org.deploys().len(), deploys);
    // The documented procedure changes only Terraform's state.
    workspace.step(SHOP, &[(CLIENT, Update)]);
    assert_eq!(org.deploys().len(), deploys);
    workspace.destroy().succeeded();
}

#[test]
fn an_existing_app_is_not_adopted_by_a_create() {
    let org = Emulator::start();
    org.admin("POST", "/apps", Some(&json!({ "name": "Shop", "label": "Theirs" })));
    let before = org.admin("GET", "/components", None);
    for configuration in [SHOP.to_owned(), without_policies(SHOP)] {
        let workspace = Workspace::new(&org);
        workspace.configure(&configuration);
        let run = workspace.apply();
        let run = run.failed_with("to = salesforce_oauth_client.").containing("id = \"Shop\"");
        assert_eq!(run.words().matches("Error: ").count(), 1, "{run}");
        assert!(workspace.state().is_empty());
    }
    assert_eq!(org.deploys().len(), 0);
    assert_eq!(org.admin("GET", "/components", None), before);
}

/// The condition of the `dynamic` block is known during plan. With an unknown condition, Terraform's plan always
/// contains the block.
#[test]
fn a_conditional_block_is_managed_only_if_present() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.unset("TF_LOG");
    workspace.configure(
        r#"
variable "managed" { type = bool }

resource "salesforce_oauth_client" "shop" {
  name         = "Shop"
  label        = "Shop"
  oauth_scopes = ["Api"]
  dynamic "policies" {
    for_each = var.managed ? [1] : []
    content { session_timeout_minutes = 15 }
  }
}
"#,
    );
    for managed in [false, true, false, true] {
        workspace.set("TF_VAR_managed", &managed.to_string());
        let run = workspace.apply();
        assert_eq!(run.code, Some(0), "{managed}: {run}");
        workspace.assert_empty_plan();
        assert_eq!(workspace.attribute(CLIENT, "policies").is_object(), managed);
    }
    assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("sessionTimeoutInMinutes"), "15");
}

/// Terraform keeps the values of ignored attributes from the state, and the provider does not send them.
#[test]
fn ignored_attributes_of_the_block_are_unchanged() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    for ignored in ["policies", "policies.guest_jwt_timeout_minutes"] {
        let with = |more: &str| {
            SHOP.replace(
                "  policies {",
                &format!("  lifecycle {{\n    ignore_changes = [{ignored}]\n  }}\n{more}  policies {{"),
            )
        };
        workspace.configure(&with(""));
        workspace.apply().succeeded();
        org.edit(OAUTH_POLICIES, "Shop", "guestJwtTimeout", "60");
        workspace.configure(&with("  contact_phone = \"1\"\n").replace("= 30", "= 15"));
        workspace.apply().succeeded();
        workspace.assert_empty_plan();
        assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("guestJwtTimeout"), "60", "{ignored}");
        workspace.destroy().succeeded();
    }
}
