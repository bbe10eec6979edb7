//! A run that changes several resources of one app in one process. What the process knows of the app that it has just
//! created must not hide what the org has.
//!
//! Not here: single resources (`lifecycle.rs`).

use super::memory_org::{Failure, MemoryOrg, State};
use super::workspace::{APP, POLICIES, Resource, SETTINGS, lost, shop};
use crate::salesforce::Call;

/// A disturbance of the org.
type Disturbance = (&'static str, fn(&mut State));

fn lose_response(state: &mut State, call: Call) {
    let from = state.calls.len();
    state.failures = vec![Failure { from, times: 1, only: Some(call), after: true, kind: lost() }];
}

/// Deploys that take effect, although the provider learns something else.
const DISTURBANCES: [Disturbance; 6] = [
    ("the response of the deploy is lost", |state| lose_response(state, Call::StartDeploy)),
    ("the response of a poll is lost", |state| lose_response(state, Call::DeployStatus)),
    ("canceled after its commit", |state| state.misreports.push_back("Canceled")),
    ("an internal error after its commit", |state| state.misreports.push_back("Failed")),
    ("two internal errors after their commits", |state| state.misreports.extend(["Failed", "Failed"])),
    ("an unknown status", |state| state.misreports.push_back("Paused")),
];

/// Creates an app and its parts in one run, and disturbs the deploy of one of them. Returns what went wrong.
async fn create_disturbed(disturbed: &str, (name, disturb): Disturbance, lag: usize) -> Option<String> {
    let org = MemoryOrg::default();
    org.with(|state| state.lag = lag);
    let mut resources = [APP, SETTINGS, POLICIES].map(|type_name| Resource::new(&org, type_name));
    let run = resources[0].provider();
    for resource in &mut resources {
        let is_disturbed = resource.type_name == disturbed;
        if is_disturbed {
            org.with(disturb);
        }
        let before = org.with(|state| state.commits());
        let found = resource.apply_in(&run, &shop(resource.type_name, "Shop")).await;
        let commits = org.with(|state| state.commits()) - before;
        let expected = if is_disturbed && name.contains("internal error") { 2 } else { 1 };
        let has_key = resource.state.get("consumer_key").as_text().is_some();
        let problem = if resource.state.is_null() {
            "not in the state"
        } else if found.has_errors() {
            "an error although the deploy took effect"
        } else if commits > expected {
            "deployed again"
        } else if resource.type_name == SETTINGS && !has_key {
            "no consumer key"
        } else {
            continue;
        };
        return Some(format!("{}: {problem}: {found:?}", resource.type_name));
    }
    for resource in &mut resources {
        resource.assert_empty_plan(&shop(resource.type_name, "Shop"), disturbed).await;
    }
    None
}

#[tokio::test(start_paused = true)]
async fn a_disturbed_deploy_of_a_part_loses_nothing_in_the_run_that_created_the_app() {
    let mut problems = Vec::new();
    for disturbance in DISTURBANCES {
        for disturbed in [APP, SETTINGS, POLICIES] {
            for lag in [0, 1] {
                if let Some(problem) = create_disturbed(disturbed, disturbance, lag).await {
                    problems.push(format!("{disturbed}, {}, lag {lag}: {problem}", disturbance.0));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
