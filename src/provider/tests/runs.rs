//! A run that changes several resources of one app in one process. Cached information about an app that the process has
//! just created must not hide what exists in the org.
//!
//! Deploys and deletions whose result differs from what the org returns are tested here too. Failing calls are tested
//! in `lifecycle.rs`.

use super::memory_org::{Failure, MemoryOrg, State};
use super::workspace::{
    APP, CLIENT, Operation, POLICIES, Resource, SETTINGS, exists, ids, key, lost, prepared, shop,
};
use crate::metadata::ComponentKey;
use crate::metadata::types::{configurable_policies, oauth_policies};
use crate::provider::catalog::Managed;
use crate::provider::operations::Private;
use crate::salesforce::{Call, ErrorKind};
use crate::value::Value;
use tokio::time::Instant;

/// A disturbance of the org.
type Disturbance = (&'static str, fn(&mut State));

fn lose_response(state: &mut State, call: Call) {
    let from = state.calls.len();
    state.failures = vec![Failure { from, times: 1, only: Some(call), after: true, kind: lost() }];
}

/// Deploys that take effect, although the org returns something else, or nothing.
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
            for lag in [0, 1, 2] {
                if let Some(problem) = create_disturbed(disturbed, disturbance, lag).await {
                    problems.push(format!("{disturbed}, {}, lag {lag}: {problem}", disturbance.0));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_an_internal_error_does_not_hide_that_the_deploy_may_have_taken_effect() {
    let rejected = |code: &str| ErrorKind::Fault { code: code.to_owned(), text: String::new() };
    for kind in
        [rejected("REQUEST_LIMIT_EXCEEDED"), rejected("SERVER_UNAVAILABLE"), rejected("ALREADY_IN_PROCESS")]
    {
        for type_name in [APP, CLIENT] {
            for operation in [Operation::Create, Operation::Update, Operation::Destroy] {
                let context = format!("{type_name}: {operation:?}, {kind}");
                let (mut resource, target) = prepared(type_name, operation).await;
                let before = resource.org.with(|state| state.commits());
                resource.org.with(|state| {
                    state.misreports.push_back("Failed");
                    state.rejects_next_deploys = Some(kind.clone());
                });
                let found = resource.apply(&target).await;
                let commits = resource.org.with(|state| state.commits()) - before;
                assert_eq!(commits, 1, "{context}");
                assert!(!found.has_errors(), "{context}: {found:?}");
                assert_eq!(resource.state.is_null(), target.is_null(), "{context}");
            }
        }
    }
}

/// An internal error that took effect, a rejected retry, a first read that lags behind, and then no response.
#[tokio::test(start_paused = true)]
async fn a_read_that_lags_before_all_calls_fail_does_not_show_that_nothing_was_created() {
    let kind = ErrorKind::Fault { code: "REQUEST_LIMIT_EXCEEDED".to_owned(), text: String::new() };
    for type_name in [APP, CLIENT] {
        for (from, lag) in (0..20).flat_map(|from| [(from, 1), (from, 2)]) {
            let (mut resource, target) = prepared(type_name, Operation::Create).await;
            resource.org.with(|state| {
                state.lag = lag;
                state.misreports.push_back("Failed");
                state.rejects_next_deploys = Some(kind.clone());
                let kind = kind.clone();
                state.failures = vec![Failure { from, times: usize::MAX, only: None, after: false, kind }];
            });
            let found = resource.apply(&target).await;
            let is_created = exists(&resource.org);
            assert_eq!(
                !resource.state.is_null(),
                is_created,
                "{type_name}, call {from}, lag {lag}: {found:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_has_no_effect_is_an_error_and_the_app_stays_in_the_state() {
    for type_name in [APP, CLIENT] {
        for list_lag in [0, 1] {
            let (mut resource, _) = prepared(type_name, Operation::Destroy).await;
            resource.org.with(|state| (state.keeps_deleted, state.list_lag) = (true, list_lag));
            let found = resource.destroy().await;
            assert_eq!(ids(&found), ["exists-after-deletion"], "{type_name}, {list_lag}: {found:?}");
            assert!(!resource.state.is_null() && exists(&resource.org), "{type_name}");
            resource.org.with(|state| state.keeps_deleted = false);
            let found = resource.destroy().await;
            assert!(!found.has_errors(), "{type_name}: {found:?}");
            assert!(!exists(&resource.org), "{type_name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_whose_deploys_get_lost_is_awaited_once_and_not_once_for_each_of_its_resources() {
    let mut took = Vec::new();
    for type_name in [APP, CLIENT] {
        let (mut resource, target) = prepared(type_name, Operation::Create).await;
        let only = Some(Call::StartDeploy);
        resource.org.with(|state| {
            state.failures = vec![Failure { from: 0, times: usize::MAX, only, after: false, kind: lost() }];
        });
        let begun = Instant::now();
        let found = resource.apply(&target).await;
        assert!(ids(&found).contains(&"outcome-unknown"), "{type_name}: {found:?}");
        assert!(!resource.state.is_null(), "{type_name}");
        took.push(begun.elapsed());
    }
    assert_eq!(took[0], took[1], "the app alone, and the client");
}

/// The block `policies` of a client.
fn policies() -> Value {
    let schema = Managed::named(CLIENT).unwrap().schema();
    let mut block =
        schema.block.blocks.iter().find(|nested| nested.name == "policies").unwrap().block.empty();
    block.put("session_timeout_minutes", Value::int(30));
    block
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_only_the_policies_enable_is_a_warning() {
    for in_settings in [false, true] {
        let (resource, mut target) = prepared(CLIENT, Operation::Create).await;
        let mut block = policies();
        block.put("client_credentials_flow_enabled", true.into());
        block.put("client_credentials_flow_user", "terraform@example.com".into());
        target.put("policies", block);
        target.put("client_credentials_flow_enabled", in_settings.into());
        let provider = resource.provider();
        let plan = resource.plan_of(&provider, &Value::Null, &target, &Private::new()).await;
        assert!(!plan.diagnostics.has_errors(), "{:?}", plan.diagnostics);
        let is_reported = ids(&plan.diagnostics).contains(&"flow-not-enabled");
        assert_eq!(is_reported, !in_settings, "{:?}", plan.diagnostics);
    }
}

#[tokio::test(start_paused = true)]
async fn no_policies_are_deployed_after_the_creation_of_their_client_has_failed() {
    let (mut resource, mut target) = prepared(CLIENT, Operation::Create).await;
    target.put("policies", policies());
    resource.org.with(|state| {
        let only = Some(Call::StartDeploy);
        state.failures = vec![Failure { from: 0, times: 3, only, after: false, kind: lost() }];
    });
    let found = resource.apply(&target).await;
    assert!(found.has_errors() && !resource.state.is_null(), "{found:?}");
    assert_eq!(resource.org.with(|state| state.commits()), 0);
}

#[tokio::test(start_paused = true)]
async fn policies_that_the_org_rejects_after_their_client_was_created_do_not_hide_that_it_exists() {
    let (mut resource, mut target) = prepared(CLIENT, Operation::Create).await;
    target.put("policies", policies());
    let rejection =
        || (ComponentKey::new(&oauth_policies::TYPE, "Shop_oauthPlcy"), "duplicate value found".to_owned());
    resource.org.with(|state| state.rejections.extend([rejection(), rejection()]));
    let found = resource.apply(&target).await;
    assert_eq!(ids(&found), ["change-rejected"], "{found:?}");
    for part in ["OAuth settings were saved", "terraform untaint"] {
        assert!(found.0[0].detail.contains(part), "{part}: {found:?}");
    }
    assert!(resource.state.get("consumer_key").is_set() && exists(&resource.org), "{:?}", resource.state);
}

/// The org rejects the policies in the package of a new client. The second deploy, without them, takes effect, but its
/// response is lost.
#[tokio::test(start_paused = true)]
async fn policies_are_adopted_if_their_client_was_created_despite_an_error() {
    let (mut resource, mut target) = prepared(CLIENT, Operation::Create).await;
    target.put("policies", policies());
    let rejection =
        (ComponentKey::new(&oauth_policies::TYPE, "Shop_oauthPlcy"), "duplicate value found".to_owned());
    resource.org.with(|state| {
        state.rejections.push_back(rejection);
        state.misreports.push_back("Canceled");
    });
    let found = resource.apply(&target).await;
    assert!(!found.has_errors(), "{found:?}");
    assert_eq!(resource.state.get("policies").get("session_timeout_minutes").as_int(), Some(30), "{found:?}");
    resource.assert_empty_plan(&target, "policies").await;
}

/// The org rejects the policies in the package of a new client, and saves another value of the OAuth settings.
#[tokio::test(start_paused = true)]
async fn policies_are_adopted_although_the_org_saved_a_different_value_of_the_settings() {
    let (mut resource, mut target) = prepared(CLIENT, Operation::Create).await;
    target.put("policies", policies());
    target.put("secret_required_for_web_server_flow", false.into());
    let rejection =
        (ComponentKey::new(&oauth_policies::TYPE, "Shop_oauthPlcy"), "duplicate value found".to_owned());
    resource.org.with(|state| {
        state.rejections.push_back(rejection);
        let element = |value: bool| format!("<isConsumerSecretOptional>{value}<");
        state.rewrites = Some((element(true), element(false)));
    });
    let found = resource.apply(&target).await;
    assert_eq!(ids(&found), ["different-value-saved"], "{found:?}");
    assert_eq!(resource.state.get("policies").get("session_timeout_minutes").as_int(), Some(30));
}

/// The org rejects the policies in the package of a new client, and the second deploy, without them, fails.
#[tokio::test(start_paused = true)]
async fn policies_are_not_adopted_if_their_client_was_not_created() {
    let (mut resource, mut target) = prepared(CLIENT, Operation::Create).await;
    target.put("policies", policies());
    let rejection = (ComponentKey::new(&oauth_policies::TYPE, "Shop_oauthPlcy"), "duplicate value found");
    resource.org.with(|state| {
        state.rejections.push_back((rejection.0, rejection.1.to_owned()));
        state.loses_deploys_after_rejection = true;
    });
    let found = resource.apply(&target).await;
    let deploys =
        resource.org.with(|state| state.calls.iter().filter(|call| **call == Call::StartDeploy).count());
    assert_eq!(resource.org.with(|state| state.commits()), 0, "{found:?}");
    assert_eq!(deploys, 4, "the rejected one, and three that got lost: {found:?}");
    assert!(!found.0.iter().any(|one| one.detail.contains("were saved before")), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn an_app_is_destroyed_although_the_org_rejects_to_delete_its_policies() {
    for (type_name, key, is_destroyed) in [
        (APP, ComponentKey::new(&configurable_policies::TYPE, "Shop_plcy"), true),
        (CLIENT, ComponentKey::new(&configurable_policies::TYPE, "Shop_plcy"), true),
        (CLIENT, key(), false),
    ] {
        let context = format!("{type_name}: {key}");
        let (client, _) = prepared(CLIENT, Operation::Destroy).await;
        let (mut resource, _) = prepared(type_name, Operation::Destroy).await;
        resource.org = client.org;
        resource.org.with(|state| state.rejections.push_back((key, "cannot be deleted".to_owned())));
        let found = resource.destroy().await;
        assert_eq!(!found.has_errors(), is_destroyed, "{context}: {found:?}");
        assert_eq!(exists(&resource.org), !is_destroyed, "{context}");
        assert_eq!(resource.state.is_null(), is_destroyed, "{context}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_to_delete_the_app_is_shown_with_that_of_its_policies() {
    let (mut resource, _) = prepared(CLIENT, Operation::Destroy).await;
    resource.org.with(|state| {
        let policies = ComponentKey::new(&configurable_policies::TYPE, "Shop_plcy");
        state.rejections.push_back((policies, "cannot be deleted".to_owned()));
        state.rejections.push_back((key(), "is used by a site".to_owned()));
    });
    let found = resource.destroy().await;
    for problem in ["cannot be deleted", "is used by a site"] {
        assert!(found.0.iter().any(|one| one.detail.contains(problem)), "{problem}: {found:?}");
    }
    assert!(!resource.state.is_null());
}

#[tokio::test(start_paused = true)]
async fn a_failed_change_of_a_client_is_reported_once() {
    let (mut resource, mut target) = prepared(CLIENT, Operation::Update).await;
    target.clone_from(&shop(CLIENT, "Shop"));
    target.put("label", "Store".into());
    resource.org.with(|state| {
        let only = Some(Call::StartDeploy);
        state.failures = vec![Failure { from: 0, times: usize::MAX, only, after: false, kind: lost() }];
    });
    let found = resource.apply(&target).await;
    assert_eq!(ids(&found), ["outcome-unknown"], "{found:?}");
}
