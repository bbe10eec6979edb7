//! Record IDs in a configuration: files contain names, so that only queries show whether both are the same record.

use super::memory_org::Failure;
use super::workspace::{CLIENT, Operation, POLICIES, Resource, ids, lost, prepared, shop};
use crate::salesforce::{Call, ErrorKind};
use crate::value::Value;

#[tokio::test(start_paused = true)]
async fn a_permission_set_is_recognized_by_its_id_also_in_a_package_and_after_it_was_renamed() {
    const ID: &str = "0PS000000000001AAA";
    let row = |object: &'static str, namespace: Option<&str>, name: &str| {
        let row = serde_json::json!({"Id": ID, "Name": name, "NamespacePrefix": namespace});
        (object, row.as_object().cloned().unwrap())
    };
    // The namespaces of the org and of the permission set, and the name of the permission set in files, before and
    // after it is renamed.
    for (own, namespace, full, renamed) in [
        (None, None, "Members", "Renamed"),
        (None, Some("acme"), "acme__Members", "acme__Renamed"),
        (Some("acme"), Some("acme"), "Members", "Renamed"),
        (Some("other"), Some("acme"), "acme__Members", "acme__Renamed"),
    ] {
        let context = format!("{own:?}, {namespace:?}");
        let (client, _) = prepared(CLIENT, Operation::Destroy).await;
        let org = client.org;
        org.with(|state| {
            state.rows = vec![row("PermissionSet", namespace, "Members"), row("Organization", own, "Acme")];
            state.rewrites = Some((ID.to_owned(), full.to_owned()));
        });
        let mut policies = Resource::new(&org, POLICIES);
        let mut target = shop(POLICIES, "Shop");
        target.put("permitted_users", "AdminApprovedPreAuthorized".into());
        target.put("permission_sets", super::texts(&[ID]));
        let found = policies.apply(&target).await;
        assert!(!found.has_errors(), "{context}: {found:?}");
        policies.assert_empty_plan(&target, &context).await;
        org.with(|state| {
            state.rows = vec![row("PermissionSet", namespace, "Renamed"), row("Organization", own, "Acme")];
            for file in state.files.values_mut() {
                file.xml = file.xml.replace(full, renamed);
            }
        });
        policies.assert_empty_plan(&target, &context).await;
        // The policies in the org now contain another permission set.
        org.with(|state| {
            for file in state.files.values_mut() {
                file.xml = file.xml.replace(renamed, "Strangers");
            }
        });
        let found = policies.refresh(&policies.provider()).await;
        assert!(!found.has_errors(), "{context}: {found:?}");
        assert_eq!(policies.state.get("permission_sets"), &super::texts(&["Strangers"]), "{context}");
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_cannot_be_queried_are_no_difference() {
    const ID: &str = "0PS000000000001AAA";
    let (client, _) = prepared(CLIENT, Operation::Destroy).await;
    let org = client.org;
    let rejected = ErrorKind::Fault { code: "INSUFFICIENT_ACCESS".to_owned(), text: String::new() };
    org.with(|state| {
        let row = serde_json::json!({"Id": ID, "Name": "Members"});
        state.rows = vec![("PermissionSet", row.as_object().cloned().unwrap())];
        state.rewrites = Some((ID.to_owned(), "Members".to_owned()));
        let only = Some(Call::Query);
        state.failures = vec![Failure { from: 0, times: usize::MAX, only, after: false, kind: rejected }];
    });
    let mut policies = Resource::new(&org, POLICIES);
    let mut target = shop(POLICIES, "Shop");
    target.put("permitted_users", "AdminApprovedPreAuthorized".into());
    target.put("permission_sets", super::texts(&[ID]));
    let found = policies.apply(&target).await;
    assert!(!found.has_errors() && ids(&found).contains(&"drift-not-checked"), "{found:?}");
    let found = policies.refresh(&policies.provider()).await;
    assert_eq!(ids(&found), ["drift-not-checked"], "{found:?}");
    assert_eq!(policies.state.get("permission_sets"), &super::texts(&[ID]));
    // A second permission set is always a difference.
    org.with(|state| {
        for file in state.files.values_mut() {
            file.xml = file.xml.replace(">Members<", ">Members,Strangers<");
        }
    });
    policies.refresh(&policies.provider()).await;
    assert_eq!(policies.state.get("permission_sets"), &super::texts(&["Members", "Strangers"]));
}

const IDS: [&str; 2] = ["0PS000000000001AAA", "0PS000000000002AAA"];

/// Policies whose configuration has the ID of the permission set Members, and a configuration with another ID.
async fn with_permission_sets_by_id() -> (Resource, Value) {
    let (client, _) = prepared(CLIENT, Operation::Destroy).await;
    let org = client.org;
    org.with(|state| {
        for (id, name) in IDS.into_iter().zip(["Members", "Guests"]) {
            let row = serde_json::json!({"Id": id, "Name": name, "NamespacePrefix": null});
            state.rows.push(("PermissionSet", row.as_object().cloned().unwrap()));
        }
        state.rewrites = Some((IDS[0].to_owned(), "Members".to_owned()));
    });
    let mut policies = Resource::new(&org, POLICIES);
    let [before, after] = IDS.map(|id| {
        let mut config = shop(POLICIES, "Shop");
        config.put("permitted_users", "AdminApprovedPreAuthorized".into());
        config.put("permission_sets", super::texts(&[id]));
        config
    });
    let found = policies.apply(&before).await;
    assert!(!found.has_errors(), "{found:?}");
    org.with(|state| state.rewrites = Some((IDS[1].to_owned(), "Guests".to_owned())));
    (policies, after)
}

#[tokio::test(start_paused = true)]
async fn a_lost_deploy_of_record_ids_did_not_succeed_because_their_names_cannot_be_queried() {
    for adopts in [false, true] {
        let (mut policies, target) = with_permission_sets_by_id().await;
        if adopts {
            policies = Resource::new(&policies.org, POLICIES);
        }
        policies.org.with(|state| {
            for only in [Call::StartDeploy, Call::Query] {
                let from = state.calls.len();
                let failure =
                    Failure { from, times: usize::MAX, only: Some(only), after: false, kind: lost() };
                state.failures.push(failure);
            }
        });
        let found = policies.apply(&target).await;
        assert!(ids(&found).contains(&"outcome-unknown"), "{adopts}: {found:?}");
        assert_eq!(policies.state.get("permission_sets"), &super::texts(&["Members"]), "{adopts}: {found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_adoption_of_policies_with_the_same_permission_set_removes_none() {
    for (configured, removed) in [(IDS[0], false), ("members", false), ("Guests", true)] {
        let (policies, mut target) = with_permission_sets_by_id().await;
        policies.org.with(|state| state.rewrites = Some((IDS[0].to_owned(), "Members".to_owned())));
        target.put("permission_sets", super::texts(&[configured]));
        target.put("session_timeout_minutes", Value::int(45));
        let found = Resource::new(&policies.org, POLICIES).apply(&target).await;
        assert!(!found.has_errors(), "{configured}: {found:?}");
        let is_reported = found.0.iter().any(|one| one.detail.contains("permission_sets was"));
        assert_eq!(is_reported, removed, "{configured}: {found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_to_a_deploy_of_record_ids_is_no_change_by_others() {
    let (mut policies, target) = with_permission_sets_by_id().await;
    policies.org.with(|state| {
        let (from, only) = (state.calls.len(), Some(Call::StartDeploy));
        state.failures = vec![Failure { from, times: 1, only, after: true, kind: lost() }];
    });
    let found = policies.apply(&target).await;
    assert_eq!(ids(&found), [""; 0], "{found:?}");
    policies.assert_empty_plan(&target, "").await;
}
