//! The life cycle of a resource in an in-memory org. Every call of every operation fails once. Afterwards, the state
//! must contain everything that exists in the org, and the next apply must converge.

use std::time::Duration;

use super::memory_org::{Failure, MemoryOrg, StoredFile};
use super::workspace::{
    APP, CLIENT, Operation, POLICIES, Resource, SETTINGS, config, exists, ids, key, lost, prepared, shop,
};
use crate::salesforce::{Call, ErrorKind};
use crate::value::Path;

const OPERATIONS: [Operation; 4] =
    [Operation::Create, Operation::Update, Operation::Replace, Operation::Destroy];

#[tokio::test(start_paused = true)]
async fn a_resource_is_created_updated_replaced_and_destroyed_with_one_deploy_each() {
    for type_name in [APP, CLIENT] {
        for operation in OPERATIONS {
            let context = format!("{type_name}: {operation:?}");
            let (mut resource, config) = prepared(type_name, operation).await;
            let before = resource.org.with(|state| state.commits());
            let found = resource.apply(&config).await;
            assert_eq!(ids(&found), Vec::<&str>::new(), "{context}: {found:?}");
            let commits = resource.org.with(|state| state.commits()) - before;
            assert_eq!(commits, if operation == Operation::Replace { 2 } else { 1 }, "{context}");
            if operation == Operation::Destroy {
                assert!(resource.state.is_null(), "{context}");
                assert!(resource.org.with(|state| state.files.is_empty()), "{context}");
            } else {
                assert_eq!(resource.state.get("label"), config.get("label"), "{context}");
                resource.assert_empty_plan(&config, &context).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_any_call_loses_nothing_and_the_next_apply_converges() {
    for type_name in [APP, CLIENT, SETTINGS, POLICIES] {
        // A part is replaced only if its app changes.
        let is_whole = matches!(type_name, APP | CLIENT);
        for operation in OPERATIONS.into_iter().filter(|it| is_whole || *it != Operation::Replace) {
            fail_each_call(type_name, operation).await;
        }
    }
}

async fn fail_each_call(type_name: &'static str, operation: Operation) {
    let rejected = || ErrorKind::Fault { code: "INSUFFICIENT_ACCESS".to_owned(), text: String::new() };
    let (mut clean, target) = prepared(type_name, operation).await;
    let (first, before) = clean.org.with(|state| (state.calls.len(), state.commits()));
    let found = clean.apply(&target).await;
    assert!(!found.has_errors(), "{type_name}: {operation:?}: {found:?}");
    let (calls, commits) = clean.org.with(|state| (state.calls[first..].to_vec(), state.commits()));
    clean.destroy().await;
    let remaining = clean.org.with(|state| state.files.len());
    for (number, call) in calls.iter().enumerate() {
        for (after, kind) in [(false, lost()), (true, lost()), (false, rejected())] {
            let context = format!(
                "{type_name}: {operation:?}, call {number} ({call}), {kind}, after it took effect: {after}"
            );
            let is_lost = matches!(kind, ErrorKind::Interrupted { .. });
            let (mut resource, target) = prepared(type_name, operation).await;
            resource.org.with(|state| {
                let from = first + number;
                state.failures = vec![Failure { from, times: 1, only: None, after, kind }];
            });
            let found = resource.apply(&target).await;
            resource.org.with(|state| state.failures.clear());
            let made = resource.org.with(|state| state.commits());
            if is_lost && matches!(call, Call::StartDeploy | Call::DeployStatus) {
                assert!(!found.has_errors(), "{context}: {found:?}");
                assert_eq!(made, commits, "{context}: deployed again");
            }
            if !found.has_errors() {
                assert_eq!(made, commits, "{context}: {found:?}");
                assert_eq!(resource.state.is_null(), target.is_null(), "{context}: {found:?}");
            }
            match operation {
                Operation::Create if made > before => {
                    assert!(!resource.state.is_null(), "{context}: not in the state: {found:?}");
                }
                Operation::Update => assert!(!resource.state.is_null(), "{context}: {found:?}"),
                Operation::Destroy if resource.state.is_null() => {
                    assert_eq!(made, commits, "{context}: not deleted: {found:?}");
                }
                _ => {}
            }
            let found = resource.apply(&target).await;
            assert!(!found.has_errors(), "{context}: {found:?}");
            if !target.is_null() {
                resource.assert_empty_plan(&target, &context).await;
            }
            let found = resource.destroy().await;
            assert!(!found.has_errors(), "{context}: {found:?}");
            let files = resource.org.with(|state| state.files.keys().cloned().collect::<Vec<_>>());
            assert_eq!(files.len(), remaining, "{context}: left in the org: {files:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deploy_is_sent_three_times_if_its_response_is_lost() {
    for (times, unknown) in [(2, false), (3, true)] {
        for operation in [Operation::Create, Operation::Update, Operation::Destroy] {
            let context = format!("{operation:?}, {times} times");
            let (mut resource, target) = prepared(APP, operation).await;
            resource.org.with(|state| {
                let only = Some(Call::StartDeploy);
                state.failures = vec![Failure { from: 0, times, only, after: false, kind: lost() }];
            });
            let found = resource.apply(&target).await;
            assert_eq!(found.has_errors(), unknown, "{context}: {found:?}");
            if unknown {
                assert_eq!(ids(&found), ["outcome-unknown"], "{context}");
                assert_eq!(resource.state.get("id").as_text(), Some("Shop"), "{context}: not in the state");
            }
        }
    }
}

/// What differs from the app of an interrupted run.
type Difference = fn(&mut StoredFile);

#[tokio::test(start_paused = true)]
async fn an_existing_app_is_adopted_only_if_it_may_be_from_an_interrupted_run() {
    let same: Difference = |_| {};
    let by_another_user: Difference = |file| file.created_by = "005000000000002".to_owned();
    let older: Difference = |file| file.created -= Duration::from_secs(25 * 3600);
    let a_little_older: Difference = |file| file.created -= Duration::from_secs(23 * 3600);
    let other_label: Difference = |file| file.xml = file.xml.replace(">Shop<", ">Other<");
    for type_name in [APP, CLIENT] {
        for (name, difference, expected) in [
            ("same", same, "adopted"),
            ("23 hours old", a_little_older, "adopted"),
            ("25 hours old", older, "already-exists"),
            ("another user", by_another_user, "already-exists"),
            ("another label", other_label, "already-exists"),
        ] {
            let context = format!("{type_name}: {name}");
            let (mut interrupted, target) = prepared(type_name, Operation::Create).await;
            interrupted.apply(&target).await;
            let org = interrupted.org;
            org.with(|state| difference(state.files.get_mut(&key()).unwrap()));
            let before = org.with(|state| state.commits());
            let mut resource = Resource::new(&org, type_name);
            let found = resource.apply(&target).await;
            assert_eq!(ids(&found), [expected], "{context}: {found:?}");
            assert_eq!(resource.state.is_null(), expected == "already-exists", "{context}");
            assert_eq!(org.with(|state| state.commits()), before, "{context}: the org was changed");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_change_is_an_error_and_changes_nothing() {
    for type_name in [APP, CLIENT] {
        for operation in [Operation::Create, Operation::Update] {
            let context = format!("{type_name}: {operation:?}");
            let (mut resource, target) = prepared(type_name, operation).await;
            let before = (resource.state.clone(), resource.org.with(|state| state.commits()));
            resource.org.with(|state| {
                state.rejections.push_back((key(), "Label: data value too large".to_owned()));
            });
            let found = resource.apply(&target).await;
            assert_eq!(ids(&found), ["change-rejected"], "{context}: {found:?}");
            assert!(found.0[0].detail.contains("data value too large"), "{context}: {found:?}");
            let after = (resource.state.clone(), resource.org.with(|state| state.commits()));
            assert_eq!(after, before, "{context}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_that_the_org_changes_is_an_error_at_the_attribute_and_the_state_has_it() {
    for operation in [Operation::Create, Operation::Update] {
        let (mut resource, target) = prepared(APP, operation).await;
        let label = target.get("label").as_text().unwrap().to_owned();
        resource.org.with(|state| {
            state.rewrites = Some((format!("<label>{label}</label>"), "<label>Org</label>".to_owned()));
        });
        let found = resource.apply(&target).await;
        assert_eq!(ids(&found), ["different-value-saved"], "{operation:?}: {found:?}");
        assert_eq!(found.0[0].path, Some(Path::attribute("label")), "{operation:?}");
        assert_eq!(resource.state.get("label").as_text(), Some("Org"), "{operation:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_app_leaves_the_state_and_many_deleted_apps_do_not() {
    for (apps, removed) in [(1, true), (3, true), (4, false)] {
        let org = MemoryOrg::default();
        let mut resources = Vec::new();
        for number in 0..apps {
            let mut resource = Resource::new(&org, APP);
            let name = format!("Shop{number}");
            let target = config(APP, &[("name", name.as_str().into()), ("label", "Shop".into())]);
            assert!(!resource.apply(&target).await.has_errors());
            resources.push(resource);
        }
        org.with(|state| (0..apps).for_each(|number| state.delete_app(&format!("Shop{number}"))));
        let provider = resources[0].provider();
        let mut rejected = 0;
        for resource in &mut resources {
            let found = resource.refresh(&provider).await;
            assert_eq!(resource.state.is_null(), !found.has_errors(), "{found:?}");
            if found.has_errors() {
                assert_eq!(ids(&found), ["mass-removal"]);
                rejected += 1;
            }
        }
        assert_eq!(rejected == 0, removed, "{apps} apps: {rejected} rejected");
    }
}

/// Resources that were moved from apps to clients. Their OAuth settings were never in a state.
#[tokio::test(start_paused = true)]
async fn settings_that_a_state_never_had_are_no_mass_removal() {
    let org = MemoryOrg::default();
    let mut clients = Vec::new();
    for name in ["Shop", "Till", "Club", "Blog", "News"] {
        let mut app = Resource::new(&org, APP);
        let values = [("name", name.into()), ("label", name.into())];
        assert!(!app.apply(&config(APP, &values)).await.has_errors());
        let mut client = Resource::new(&org, CLIENT);
        client.state = config(CLIENT, &values);
        client.state.put("id", name.into());
        client.state.put("org_id", app.state.get("org_id").clone());
        clients.push(client);
    }
    let run = clients[0].provider();
    for client in &mut clients {
        let found = client.refresh(&run).await;
        assert!(!found.has_errors() && !client.state.is_null(), "{found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_imported_resource_has_the_values_of_the_org_and_no_changes() {
    for type_name in [APP, CLIENT] {
        let (mut made, target) = prepared(type_name, Operation::Create).await;
        made.apply(&target).await;
        let mut imported = Resource::new(&made.org, type_name);
        let found = imported.import("Shop").await;
        assert!(!found.has_errors(), "{type_name}: {found:?}");
        let found = imported.apply(&target).await;
        assert!(!found.has_errors(), "{type_name}: {found:?}");
        imported.assert_empty_plan(&target, type_name).await;
        assert_eq!(ids(&Resource::new(&made.org, type_name).import("Other").await), ["import-not-found"]);
    }
}

#[tokio::test(start_paused = true)]
async fn settings_and_policies_of_an_app_are_separate_resources() {
    let org = MemoryOrg::default();
    let mut app = Resource::new(&org, APP);
    let mut settings = Resource::new(&org, SETTINGS);
    let mut policies = Resource::new(&org, POLICIES);
    let (settings_target, policies_target) = (shop(SETTINGS, "Shop"), shop(POLICIES, "Shop"));
    assert_eq!(ids(&app.apply(&shop(APP, "Shop")).await), Vec::<&str>::new());
    assert_eq!(ids(&settings.apply(&settings_target).await), Vec::<&str>::new());
    assert!(settings.state.get("consumer_key").as_text().is_some(), "{:?}", settings.state);
    let found = policies.apply(&policies_target).await;
    assert!(!found.has_errors(), "{found:?}");
    for (resource, target) in
        [(&mut app, &shop(APP, "Shop")), (&mut settings, &settings_target), (&mut policies, &policies_target)]
    {
        resource.assert_empty_plan(target, resource.type_name).await;
    }
    assert!(!policies.destroy().await.has_errors());
    assert!(!settings.destroy().await.has_errors());
    assert!(!app.destroy().await.has_errors());
    assert!(!exists(&org));
}
