//! Mass removals. If many apps are missing in the org, they are more likely hidden than deleted, so the plan does not
//! create them again.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::org;
use acceptance_tests::plan::Action;
use acceptance_tests::workspace::Workspace;
use serde_json::json;

fn apps(count: u32) -> String {
    format!(
        r#"
resource "salesforce_external_client_app" "shop" {{
  for_each = toset([for number in range({count}) : "Shop${{number}}"])
  name     = each.key
  label    = each.key
}}
"#
    )
}

/// A workspace with `count` apps in the org and in the state, of which the first `gone` apps are then deleted in Setup.
fn deleted_in_setup<'org>(org: &'org Emulator, count: u32, gone: u32) -> Workspace<'org> {
    let mut workspace = Workspace::new(org);
    workspace.unset("TF_LOG");
    workspace.configure(&apps(count));
    workspace.apply().succeeded();
    for number in 0..gone {
        org.remove(org::APP, &format!("Shop{number}"));
    }
    workspace
}

const SUMMARY: &str = "Mass removal rejected";

#[test]
fn forty_missing_apps_of_a_hundred_are_rejected_with_any_parallelism() {
    let org = Emulator::start();
    let workspace = deleted_in_setup(&org, 100, 40);
    for parallelism in ["-parallelism=1", "-parallelism=100"] {
        let run = workspace.run(&["plan", "-no-color", "-input=false", parallelism]);
        run.failed_with(SUMMARY);
    }
    workspace.apply().failed_with("the org lists 60 others");
    assert_eq!(workspace.state().len(), 100, "the state is unchanged");
    assert_eq!(org.names(org::APP).len(), 60, "nothing was created");
}

#[test]
fn thirty_missing_apps_of_a_hundred_are_created_again() {
    let org = Emulator::start();
    let workspace = deleted_in_setup(&org, 100, 30);
    let plan = workspace.plan(&[]);
    assert_eq!(plan.actions().len(), 30, "{}", plan.words);
    assert!(plan.actions().values().all(|action| *action == Action::Create));
}

#[test]
fn three_missing_apps_of_three_are_created_again_and_four_only_if_allowed() {
    for (count, allowed) in [(3, true), (4, false)] {
        let org = Emulator::start();
        let mut workspace = deleted_in_setup(&org, count, count);
        let run = workspace.run(&["plan", "-no-color", "-input=false"]);
        if allowed {
            run.succeeded().containing("3 to add");
            continue;
        }
        run.failed_with(SUMMARY);
        workspace.run(&["destroy", "-no-color", "-input=false", "-auto-approve"]).failed_with(SUMMARY);
        workspace.set("SALESFORCE_ALLOW_MASS_REMOVAL", "true");
        assert_eq!(workspace.plan(&[]).actions().len(), 4);
        workspace.unset("SALESFORCE_ALLOW_MASS_REMOVAL");
        workspace
            .configure(&format!("provider \"salesforce\" {{\n  allow_mass_removal = true\n}}\n{}", apps(4)));
        workspace.apply().succeeded();
        workspace.assert_empty_plan();
    }
}

/// The guard exists because lost permissions can hide apps that still exist.
#[test]
fn apps_hidden_by_lost_permissions_are_not_created_again() {
    let org = Emulator::start();
    let workspace = deleted_in_setup(&org, 10, 0);
    let without_access =
        json!({ "users": { org.user("admin"): { "permissions": ["ApiEnabled", "ModifyMetadata"] } } });
    org.admin("PATCH", "/org", Some(&without_access));
    workspace.run(&["plan", "-no-color", "-input=false"]).failed_with(SUMMARY);
    assert_eq!(org.names(org::APP).len(), 10);
}
