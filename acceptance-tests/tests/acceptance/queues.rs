//! Deploys that wait in the deploy queue, because the org is slow or because of other deploys. However long the wait,
//! no deploy is canceled, and each change is one deploy, unless another deploy changes the same file.

use acceptance_tests::concurrent_client::ConcurrentClient;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, APP as APP_KIND};
use acceptance_tests::plan::Action::{Create, Delete, Update};
use acceptance_tests::terraform::Run;
use acceptance_tests::workspace::Workspace;
use serde_json::json;

use crate::configurations::{APP, ONLY_APP, POLICIES, SETTINGS, SHOP};

/// The numbers of calls in one command.
#[derive(Debug)]
struct Cost {
    deploys: usize,
    cancels: usize,
    calls: usize,
}

#[track_caller]
fn cost(org: &Emulator, command: impl FnOnce() -> Run) -> Cost {
    org.admin("DELETE", "/journal", None);
    drop(command().succeeded());
    Cost { deploys: org.count("deploy"), cancels: org.count("cancelDeploy"), calls: org.journal().len() }
}

fn workspace(org: &Emulator) -> Workspace<'_> {
    let mut workspace = Workspace::new(org);
    // Writing a log would take most of the time.
    workspace.unset("TF_LOG");
    workspace
}

/// The maximum number of calls for changing one label, including the refresh.
fn max_calls(queue_ms: u64) -> usize {
    if queue_ms <= 3_000 { 22 } else { 40 }
}

fn change_label_with_queues(queues: &[u64]) {
    let org = Emulator::with(&["--deploy-ms", "500"]);
    let workspace = workspace(&org);
    workspace.configure(ONLY_APP);
    drop(workspace.apply().succeeded());
    let mut problems = Vec::new();
    for queue_ms in queues {
        org.admin("PATCH", "/org", Some(&json!({ "queue_ms": queue_ms })));
        let label = format!("After {queue_ms} ms");
        workspace.configure(&ONLY_APP.replace("label         = \"Shop\"", &format!("label = \"{label}\"")));
        let cost = cost(&org, || workspace.apply());
        assert_eq!(org.part(APP_KIND, "Shop").text("label"), label);
        if cost.deploys != 1 || cost.cancels != 0 || cost.calls > max_calls(*queue_ms) {
            problems.push(format!("{queue_ms} ms in the queue: {cost:?}"));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn a_changed_label_is_one_deploy_after_any_time_in_the_queue() {
    change_label_with_queues(&[0, 300, 800, 1_000, 1_500, 3_000]);
}

#[test]
#[ignore = "takes a minute: make writers"]
fn a_changed_label_is_one_deploy_after_half_a_minute_in_the_queue() {
    change_label_with_queues(&[10_000, 30_000]);
}

#[test]
fn three_resources_are_three_deploys_in_a_slow_queue() {
    let org = Emulator::with(&["--queue-ms", "1200", "--deploy-ms", "400", "--retrieve-ms", "100"]);
    let workspace = workspace(&org);
    workspace.configure(SHOP);
    let cost = cost(&org, || workspace.apply());
    assert_eq!((cost.deploys, cost.cancels), (3, 0), "{cost:?}");
}

const OTHER_APP: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <ExternalClientApplication xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n\
    <contactEmail>other@example.com</contactEmail><label>Other</label></ExternalClientApplication>\n";

#[test]
fn a_deploy_waits_for_earlier_deploys() {
    let org = Emulator::with(&["--queue-ms", "200", "--deploy-ms", "1500"]);
    let workspace = workspace(&org);
    workspace.configure(ONLY_APP);
    drop(workspace.apply().succeeded());
    let concurrent_client = ConcurrentClient::of(&org);
    let other = |number: u32| {
        let (name, path) = (format!("Other{number}"), format!("externalClientApps/Other{number}.eca"));
        concurrent_client.deploy(&[(&path, APP_KIND, &name, OTHER_APP)])
    };
    let before: Vec<String> = (1..=3).map(other).collect();
    workspace.configure(&ONLY_APP.replace("label         = \"Shop\"", "label = \"Queued\""));
    let cost = cost(&org, || workspace.apply());
    assert_eq!((cost.deploys, cost.cancels), (1, 0), "{cost:?}");
    for id in before {
        concurrent_client.succeeds(&id);
    }
    assert_eq!(org.part(APP_KIND, "Shop").text("label"), "Queued");
    let order: Vec<String> = org
        .deploys()
        .iter()
        .rev()
        .take(4)
        .map(|one| one["status"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(order, ["Succeeded"; 4]);
}

#[test]
fn earlier_changes_of_the_same_file_are_kept() {
    let org = Emulator::with(&["--queue-ms", "300", "--deploy-ms", "1500", "--retrieve-ms", "100"]);
    let workspace = workspace(&org);
    let ignoring = ONLY_APP.replace("}\n", "  lifecycle {\n    ignore_changes = [description]\n  }\n}\n");
    workspace.configure(&ignoring);
    drop(workspace.apply().succeeded());
    let concurrent_client = ConcurrentClient::of(&org);
    let file = org.file(APP_KIND, "Shop");
    let theirs =
        file.replace("<distributionState>", "<description>Theirs</description>\n    <distributionState>");
    let id = concurrent_client.deploy(&[("externalClientApps/Shop.eca", APP_KIND, "Shop", &theirs)]);
    workspace.configure(&ignoring.replace("label         = \"Shop\"", "label = \"Ours\""));
    let cost = cost(&org, || workspace.apply());
    concurrent_client.succeeds(&id);
    assert_eq!(cost.cancels, 0, "{cost:?}");
    assert!(cost.deploys <= 2, "at most one more, which restores the change: {cost:?}");
    let app = org.part(APP_KIND, "Shop");
    assert_eq!((app.text("label"), app.text("description")), ("Ours".to_owned(), "Theirs".to_owned()));
    // The concurrent client's change is now drift, which this configuration ignores.
    drop(workspace.apply().succeeded().containing("0 added, 0 changed, 0 destroyed"));
    workspace.assert_empty_plan();
}

/// A life cycle at four times the pace of a real org. Lists lag behind, and the durations vary.
#[test]
fn an_app_goes_through_its_life_cycle_at_a_real_pace() {
    let org = Emulator::with(&["--pace", "real", "--pace-percent", "25", "--seed", "4", "--call-ms", "10"]);
    let mut workspace = workspace(&org);
    workspace.unset("TF_LOG");
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let changed = SHOP.replace("label         = \"Shop\"", "label = \"Other\"");
    workspace.step(&changed, &[(APP, Update)]);
    assert_eq!((org.count("deploy"), org.count("cancelDeploy")), (4, 0));
    workspace.step("", &[(APP, Delete), (SETTINGS, Delete), (POLICIES, Delete)]);
    // Lists still show the deleted app.
    workspace.step(ONLY_APP, &[(APP, Create)]);
    assert_eq!(org.names(org::APP), ["Shop"]);
    assert_eq!(org.count("cancelDeploy"), 0);
}

#[test]
fn lists_that_lag_behind_cause_no_errors() {
    let org = Emulator::with(&["--list-lag-ms", "1200"]);
    let workspace = workspace(&org);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    workspace.step("", &[(APP, Delete), (SETTINGS, Delete), (POLICIES, Delete)]);
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    assert_eq!(org.names(org::OAUTH_POLICIES).len(), 1);
}
