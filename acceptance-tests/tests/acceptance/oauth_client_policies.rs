//! The policies of a client, in their block: added and removed later, emptied, taken over; what plans say of what stands in
//! it, and at which line.

use super::oauth_client::{CLIENT, FILES, SHOP, asked, one_deploy, without_policies};
use super::plan_texts::{self, Case};
use super::whole::in_clients;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{GLOBAL_OAUTH, OAUTH_POLICIES, POLICIES};
use acceptance_tests::plan::Action::{Create, Update};
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Names of the files that the app's policies are in.
fn policy_files(org: &Emulator) -> [Vec<String>; 2] {
    [org.names(POLICIES), org.names(OAUTH_POLICIES)]
}

#[test]
fn a_block_that_comes_later_takes_over_what_salesforce_made_in_one_deploy() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let alone = without_policies(SHOP).replace("_enabled       = true", "_enabled = false");
    let alone = alone.replace("code_credential_flow_enabled = true", "code_credential_flow_enabled = false");
    workspace.step(&alone, &[(CLIENT, Create)]);
    let names = policy_files(&org);
    let key = org.part(GLOBAL_OAUTH, "Shop").text("consumerKey");

    // The flow, the tokens and the guests that need both come at once.
    workspace.configure(SHOP);
    let plan = workspace.plan(&[]);
    plan.changes(&[(CLIENT, Update)]);
    plan.saying("Users lose access to an app").saying("Anonymous access");
    one_deploy(&org, &workspace, "the block");
    assert_eq!(policy_files(&org), names, "the files stay the org's");
    let policies = org.part(OAUTH_POLICIES, "Shop");
    assert_eq!(policies.text("isGuestCodeCredFlowEnabled"), "true");
    assert_eq!(policies.text("commaSeparatedPermissionSet"), "Shop_Customer");
    assert_eq!(org.part(GLOBAL_OAUTH, "Shop").text("consumerKey"), key);
}

#[test]
fn a_block_that_goes_leaves_its_policies_in_the_org() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(SHOP, &[(CLIENT, Create)]);
    let before = org.admin("GET", "/components", None);
    workspace.configure(&without_policies(SHOP));
    let plan = workspace.plan(&[]);
    plan.changes(&[(CLIENT, Update)]);
    plan.saying("Policies remain in the org");
    let [_, deploys, _] = asked(&org, || drop(workspace.apply_plan().succeeded()));
    assert_eq!(deploys, 0);
    workspace.is_settled();
    assert_eq!(org.admin("GET", "/components", None), before);
    assert!(workspace.attribute(CLIENT, "policies").is_null());

    // A change of the rest leaves them alone, too; and they may come back as they are.
    let changed = without_policies(SHOP).replace("/callback\"", "/other\"");
    workspace.step(&changed, &[(CLIENT, Update)]);
    assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("commaSeparatedPermissionSet"), "Shop_Customer");
    workspace.step(&SHOP.replace("/callback\"", "/other\""), &[(CLIENT, Update)]);
    workspace.destroy().succeeded();
    for kind in FILES {
        assert!(org.names(kind).is_empty(), "{kind}");
    }
}

/// Enforced attributes go back to their defaults, others are no longer managed, and the plan says which.
#[test]
fn a_block_that_is_emptied_enforces_and_keeps_what_its_attributes_do() {
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
        plan.saying(&format!("{kept} is no longer managed"));
    }
    one_deploy(&org, &workspace, "an empty block");
    let policies = org.part(OAUTH_POLICIES, "Shop");
    assert_eq!(policies.text("isGuestCodeCredFlowEnabled"), "false", "enforced");
    assert_eq!(policies.text("singleLogoutUrl"), "", "cleared");
    assert_eq!(policies.text("sessionTimeoutInMinutes"), "15", "kept");
    assert_eq!(policies.text("commaSeparatedPermissionSet"), "Shop_Customer", "kept");
    // Drift of what is enforced is put right, of what is not managed it is taken note of.
    org.edit(OAUTH_POLICIES, "Shop", "isTokenExchangeFlowEnabled", "false");
    org.edit(OAUTH_POLICIES, "Shop", "sessionTimeoutInMinutes", "30");
    workspace.plan(&[]).changes(&[]);
}

/// Made in Setup, or by another tool: the files keep their names, and there is one of each.
#[test]
fn policies_with_names_of_others_are_taken_over_in_the_same_deploy() {
    let org = Emulator::start();
    org.admin("POST", "/apps", Some(&json!({ "name": "Shop", "scopes": "Api, OpenID, RefreshToken" })));
    let names = policy_files(&org);
    let workspace = Workspace::new(&org);
    workspace.configure(SHOP);
    workspace.run(&["import", "-no-color", "-input=false", CLIENT, "Shop"]).succeeded();
    one_deploy(&org, &workspace, "all of it");
    assert_eq!(policy_files(&org), names);

    // Without the block in the state they are found all the same.
    workspace.step(&without_policies(SHOP), &[(CLIENT, Update)]);
    workspace.configure(&SHOP.replace("= 30", "= 15").replace("/callback\"", "/other\""));
    one_deploy(&org, &workspace, "again");
    assert_eq!(policy_files(&org), names);
    assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("guestJwtTimeout"), "15");
}

/// What a plan says: severity, first line, words, and the attribute that its line begins with.
type Words = (String, String, String, String);

type Said = BTreeSet<Words>;

fn said(workspace: &Workspace<'_>, configuration: &str) -> Said {
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
            // What is said of the whole of a part is said of a resource or of the block.
            let at = if ["resource", "policies"].contains(&at) { "" } else { at };
            (text("severity"), text("summary"), text("detail"), at.to_owned())
        })
        .collect()
}

/// The IDs of warnings that say how to silence them.
fn ids(said: &Said) -> BTreeSet<String> {
    let after = |text: &str| {
        let (_, rest) = text.split_once("suppress_warnings = [\"")?;
        rest.split_once('"').map(|(id, _)| id.to_owned())
    };
    said.iter().filter_map(|(_, _, words, _)| after(words)).collect()
}

/// The same changes of three resources and of the one that is all of them.
#[test]
fn a_client_says_what_its_parts_say_at_the_same_attributes() {
    let words = plan_texts::words();
    let base = plan_texts::filled(plan_texts::BASE, &words);
    let orgs = [Emulator::start(), Emulator::start()];
    let mut workspaces = orgs.each_ref().map(|org| Workspace::new(org));
    for (workspace, text) in workspaces.iter_mut().zip([base.clone(), in_clients(&base)]) {
        workspace.unset("TF_LOG");
        workspace.configure(&text);
        workspace.apply().succeeded();
        workspace.is_settled();
    }
    let [in_parts, whole] = &mut workspaces;
    let mut problems = Vec::new();
    let mut silenced = BTreeSet::new();
    for case in plan_texts::WARNINGS.iter().chain(plan_texts::ERRORS) {
        let Case { edits, .. } = case;
        let text = plan_texts::filled(&plan_texts::edited(case), &words);
        let (of_parts, of_whole) = (said(in_parts, &text), said(whole, &in_clients(&text)));
        silenced.extend(ids(&of_whole));
        // What ends several parts for one reason is said of each of them, and of the whole once.
        let is_said = |(severity, summary, _, at): &&Words| {
            of_whole.iter().any(|(same, first, _, place)| (same, first, place) == (severity, summary, at))
        };
        let missing: Vec<_> = of_parts.difference(&of_whole).filter(|one| !is_said(one)).collect();
        let more: Vec<_> = of_whole.difference(&of_parts).collect();
        if !missing.is_empty() || !more.is_empty() {
            problems
                .push(format!("{edits:?}:\nonly the parts say {missing:#?}\nonly the client says {more:#?}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    assert!(silenced.len() > 8, "{silenced:?}");

    whole.set("SALESFORCE_SUPPRESS_WARNINGS", &silenced.iter().cloned().collect::<Vec<_>>().join(","));
    for case in plan_texts::WARNINGS {
        let text = plan_texts::filled(&plan_texts::edited(case), &words);
        let left = ids(&said(whole, &in_clients(&text)));
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
    workspace.destroy().failed_saying("deletion_protection");
    let run = workspace.run(&["plan", "-no-color", "-input=false", "-replace", CLIENT]);
    let run = run.failed_saying("deletion_protection");
    assert_eq!(run.words().matches("Error: ").count(), 1, "{run}");
    workspace.configure(&protected.replace("name                         = \"Shop\"", "name = \"Till\""));
    let run = workspace.run(&["plan", "-no-color", "-input=false"]).failed_saying("deletion_protection");
    assert_eq!(run.words().matches("Error: ").count(), 1, "{run}");
    workspace.configure("");
    workspace.run(&["plan", "-no-color", "-input=false"]).failed_saying("deletion_protection");
    assert_eq!(org.deploys().len(), deploys);
    // The way out is a change of Terraform's state alone.
    workspace.step(SHOP, &[(CLIENT, Update)]);
    assert_eq!(org.deploys().len(), deploys);
    workspace.destroy().succeeded();
}

#[test]
fn what_is_there_already_is_not_taken_over_by_a_create() {
    let org = Emulator::start();
    org.admin("POST", "/apps", Some(&json!({ "name": "Shop", "label": "Theirs" })));
    let before = org.admin("GET", "/components", None);
    for configuration in [SHOP.to_owned(), without_policies(SHOP)] {
        let workspace = Workspace::new(&org);
        workspace.configure(&configuration);
        let run = workspace.apply();
        let run = run.failed_saying("to = salesforce_oauth_client.").saying("id = \"Shop\"");
        assert_eq!(run.words().matches("Error: ").count(), 1, "{run}");
        assert!(workspace.state().is_empty());
    }
    assert_eq!(org.deploys().len(), 0);
    assert_eq!(org.admin("GET", "/components", None), before);
}

/// A `dynamic` block whose condition is known when it is planned. Of one that is not, Terraform lets a plan have a block
/// and no less.
#[test]
fn a_block_that_is_there_only_if_something_is_so() {
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
        workspace.is_settled();
        assert_eq!(workspace.attribute(CLIENT, "policies").is_object(), managed);
    }
    assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("sessionTimeoutInMinutes"), "15");
}

/// Terraform keeps what the state has, and the provider sends none of it.
#[test]
fn what_is_ignored_in_the_block_stays_as_others_made_it() {
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
        workspace.is_settled();
        assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("guestJwtTimeout"), "60", "{ignored}");
        workspace.destroy().succeeded();
    }
}
