//! Changes to the org by others: between the plan and the apply, before a refresh, or in elements that the provider
//! does not know. Not here: concurrent deploys by others (`org/tests/edits.rs`).

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::memory_org::MemoryOrg;
use super::workspace::{
    APP, CLIENT, Operation, POLICIES, Resource, SETTINGS, config, exists, ids, key, prepared, shop,
};
use crate::metadata::types::{
    configurable_policies, external_client_application, global_oauth_settings, oauth_policies, oauth_settings,
};
use crate::metadata::{ComponentKey, MetadataType};
use crate::provider::diagnostics::Diagnostics;
use crate::provider::operations::{PlanReply, Private};
use crate::value::{Path, Value};

/// Replaces a string in the file of the app.
fn edit(org: &MemoryOrg, from: &str, to: &str) {
    org.with(|state| {
        let file = state.files.get_mut(&key()).unwrap();
        assert!(file.xml.contains(from), "{}", file.xml);
        file.xml = file.xml.replace(from, to);
    });
}

fn xml(org: &MemoryOrg) -> String {
    org.with(|state| state.files[&key()].xml.clone())
}

/// An app with a contact, and the configuration that changes its label.
async fn with_contact() -> (Resource, Value) {
    let mut resource = Resource::new(&MemoryOrg::default(), APP);
    let mut target = shop(APP, "Shop");
    target.put("contact_email", "a@example.com".into());
    assert!(!resource.apply(&target).await.has_errors());
    target.put("label", "Store".into());
    (resource, target)
}

#[tokio::test(start_paused = true)]
async fn a_change_between_the_plan_and_the_apply_is_reported() {
    for (from, to, attribute, saved) in [
        ("<label>Shop<", "<label>Theirs<", "label", "Store"),
        ("a@example.com", "b@example.com", "contact_email", "b@example.com"),
    ] {
        let (mut resource, target) = with_contact().await;
        let found = resource.apply_after(&target, |org| edit(org, from, to)).await;
        assert_eq!(ids(&found), ["changed-since-plan"], "{attribute}: {found:?}");
        assert_eq!(found.0[0].path, Some(Path::attribute(attribute)));
        assert!(xml(&resource.org).contains(&format!(">{saved}<")), "{attribute}: {}", xml(&resource.org));
        assert!(xml(&resource.org).contains(">Store<"), "the planned change");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_before_the_refresh_is_planned_back() {
    let (mut resource, _) = with_contact().await;
    let mut target = shop(APP, "Shop");
    target.put("contact_email", "a@example.com".into());
    edit(&resource.org, "a@example.com", "b@example.com");
    let found = resource.refresh(&resource.provider()).await;
    assert!(found.0.is_empty(), "{found:?}");
    assert_eq!(resource.state.get("contact_email").as_text(), Some("b@example.com"));
    assert!(resource.apply(&target).await.0.is_empty());
    assert!(xml(&resource.org).contains("a@example.com"));
}

#[tokio::test(start_paused = true)]
async fn an_update_keeps_elements_that_the_provider_does_not_know() {
    let (mut resource, target) = with_contact().await;
    edit(&resource.org, "</ExternalClientApplication>", "<future>1</future></ExternalClientApplication>");
    assert!(resource.apply(&target).await.0.is_empty());
    assert!(xml(&resource.org).contains("<future>1</future>"), "{}", xml(&resource.org));
    assert!(xml(&resource.org).contains("<label>Store</label>"));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_was_deleted_since_the_plan_is_not_created_by_an_update() {
    for type_name in [APP, CLIENT] {
        let (mut resource, target) = prepared(type_name, Operation::Update).await;
        let before = resource.state.clone();
        let found = resource.apply_after(&target, |org| org.with(|state| state.delete_app("Shop"))).await;
        assert_eq!(ids(&found), ["no-longer-exists"], "{type_name}: {found:?}");
        assert!(!exists(&resource.org), "{type_name}");
        assert_eq!(resource.state, before, "{type_name}");
        // The next refresh removes the object from the state, and the next apply creates it.
        assert!(!resource.apply(&target).await.has_errors(), "{type_name}");
        assert!(exists(&resource.org), "{type_name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_destroy_of_a_deleted_object_succeeds() {
    for type_name in [APP, CLIENT] {
        let (mut resource, target) = prepared(type_name, Operation::Destroy).await;
        let commits = resource.org.with(|state| state.commits());
        let found = resource.apply_after(&target, |org| org.with(|state| state.delete_app("Shop"))).await;
        assert!(found.0.is_empty() && resource.state.is_null(), "{type_name}: {found:?}");
        assert_eq!(resource.org.with(|state| state.commits()), commits, "{type_name}: a deploy without need");
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_appears_since_the_plan_is_not_overwritten() {
    let (mut resource, target) = prepared(APP, Operation::Create).await;
    let name = external_client_application::TYPE.name;
    let found = resource
        .apply_after(&target, |org| {
            org.with(|state| state.add(key(), format!("<{name} xmlns=\"x\"><label>Theirs</label></{name}>")));
        })
        .await;
    assert_eq!(ids(&found), ["already-exists"], "{found:?}");
    assert!(resource.state.is_null() && xml(&resource.org).contains("Theirs"));
}

#[tokio::test(start_paused = true)]
async fn reads_that_lag_behind_a_deploy_are_repeated() {
    for type_name in [APP, CLIENT, SETTINGS, POLICIES] {
        for operation in [Operation::Create, Operation::Update, Operation::Destroy] {
            for lag in [1, 2, 3] {
                let context = format!("{type_name}: {operation:?}, {lag} reads");
                let (mut resource, target) = prepared(type_name, operation).await;
                resource.org.with(|state| state.lag = lag);
                let found = resource.apply(&target).await;
                assert!(!found.has_errors(), "{context}: {found:?}");
                assert_eq!(resource.state.is_null(), target.is_null(), "{context}");
                if !target.is_null() {
                    resource.assert_empty_plan(&target, &context).await;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_app_is_created_again_while_the_list_still_has_the_deleted_one() {
    for type_name in [APP, CLIENT] {
        for lag in [1, 2, 3, 4] {
            let (mut deleted, _) = prepared(type_name, Operation::Destroy).await;
            deleted.org.with(|state| state.list_lag = lag);
            assert!(!deleted.destroy().await.has_errors());
            deleted.org.with(|state| state.list_lag = 0);
            let mut resource = Resource::new(&deleted.org, type_name);
            let target = shop(type_name, "Shop");
            let found = resource.apply(&target).await;
            assert!(!found.has_errors(), "{type_name}, {lag} lists: {found:?}");
            resource.assert_empty_plan(&target, type_name).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_the_org_does_not_return_after_its_creation_is_in_the_state() {
    let (mut resource, target) = prepared(APP, Operation::Create).await;
    resource.org.with(|state| state.lag = 100);
    let found = resource.apply(&target).await;
    assert_eq!(ids(&found), ["not-found-after-change"], "{found:?}");
    assert_eq!(resource.state.get("id").as_text(), Some("Shop"));
    assert_eq!(resource.state.get("label").as_text(), Some("Shop"));
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_the_org_does_not_return_keeps_its_values() {
    let (mut resource, _) = prepared(CLIENT, Operation::Update).await;
    let mut target = shop(CLIENT, "Shop");
    target.put("label", "Store".into());
    let before = resource.state.clone();
    resource.org.with(|state| state.hidden = vec![&global_oauth_settings::TYPE]);
    let found = resource.refresh(&resource.provider()).await;
    assert_eq!(ids(&found), ["drift-not-checked"], "{found:?}");
    assert_eq!(resource.state, before);
    let found = resource.apply(&target).await;
    assert!(!found.has_errors(), "{found:?}");
    assert_eq!(resource.state.get("label").as_text(), Some("Store"));
    assert_eq!(resource.state.get("consumer_key"), before.get("consumer_key"));
}

#[tokio::test(start_paused = true)]
async fn a_component_that_is_listed_but_not_returned_is_an_error_and_stays_in_the_state() {
    let (mut resource, target) = prepared(APP, Operation::Update).await;
    let before = resource.state.clone();
    resource.org.with(|state| state.hidden = vec![&external_client_application::TYPE]);
    for found in [resource.refresh(&resource.provider()).await, resource.apply(&target).await] {
        assert_eq!(ids(&found), ["component-not-accessible"], "{found:?}");
        assert_eq!(resource.state, before);
    }
}

#[tokio::test(start_paused = true)]
async fn several_components_of_one_type_are_an_error_that_names_them() {
    let (client, _) = prepared(CLIENT, Operation::Update).await;
    client.org.with(|state| {
        let kind = &oauth_policies::TYPE;
        let (_, file) = state.files.iter().find(|(key, _)| key.kind == kind).unwrap();
        let text = file.xml.clone();
        state.add(ComponentKey::new(kind, "Shop_second"), text);
    });
    let mut policies = Resource::new(&client.org, POLICIES);
    let target = config(POLICIES, &[("external_client_app", "Shop".into())]);
    let found = policies.apply(&target).await;
    assert_eq!(ids(&found), ["multiple-components"], "{found:?}");
    assert!(found.0[0].detail.contains("Shop_second"), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn the_app_of_the_provider_is_not_destroyed() {
    for type_name in [CLIENT, SETTINGS] {
        let (client, _) = prepared(CLIENT, Operation::Destroy).await;
        let key = client.state.get("consumer_key").as_text().unwrap().to_owned();
        let mut resource = client;
        if type_name == SETTINGS {
            resource = Resource::new(&resource.org, SETTINGS);
            assert!(!resource.import("Shop").await.has_errors());
        }
        resource.context.client_id = Some(key);
        let found = resource.destroy().await;
        assert_eq!(ids(&found)[0], "self-lockout", "{type_name}: {found:?}");
        assert!(exists(&resource.org));
        resource.context.allow_self_lockout = true;
        assert!(!resource.destroy().await.has_errors(), "{type_name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_protected_resource_is_not_destroyed_or_replaced() {
    for type_name in [APP, CLIENT] {
        let (mut resource, mut target) = prepared(type_name, Operation::Create).await;
        target.put("deletion_protection", true.into());
        assert!(!resource.apply(&target).await.has_errors());
        assert_eq!(ids(&resource.destroy().await), ["deletion-protection"], "{type_name}");
        let mut renamed = target.clone();
        renamed.put("name", "Store".into());
        assert_eq!(ids(&resource.apply(&renamed).await), ["deletion-protection"], "{type_name}");
        assert!(exists(&resource.org));
        target.put("deletion_protection", false.into());
        assert!(!resource.apply(&target).await.has_errors());
        assert!(!resource.destroy().await.has_errors(), "{type_name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_of_another_org_is_neither_read_nor_changed() {
    let (mut resource, target) = prepared(APP, Operation::Update).await;
    resource.state.put("org_id", "00D000000000002AAA".into());
    let before = resource.state.clone();
    for found in [resource.refresh(&resource.provider()).await, resource.apply(&target).await] {
        assert_eq!(ids(&found), ["state-org-mismatch"], "{found:?}");
        assert_eq!(resource.state, before);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_an_interrupt() {
    for (operation, expected) in [
        (Operation::Create, "interrupted-before-change"),
        (Operation::Update, "interrupted-before-change"),
        (Operation::Destroy, "interrupted-before-change"),
    ] {
        let (mut resource, target) = prepared(APP, operation).await;
        let (before, commits) = (resource.state.clone(), resource.org.with(|state| state.commits()));
        let provider = resource.provider();
        let plan = resource.plan_of(&provider, &before, &target, &resource.private.clone()).await;
        provider.stop();
        let found = resource.apply_of(&provider, &before, &target, &plan).await;
        assert_eq!(ids(&found), [expected], "{operation:?}: {found:?}");
        assert_eq!(resource.state, before, "{operation:?}");
        assert_eq!(resource.org.with(|state| state.commits()), commits, "{operation:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_ends_an_operation_at_once_if_nothing_was_sent_and_the_org_does_not_respond() {
    let operations = [Operation::Create, Operation::Update, Operation::Destroy];
    let cases = [APP, CLIENT, SETTINGS, POLICIES].into_iter().flat_map(|type_name| {
        operations.into_iter().flat_map(move |operation| [0, 1, 2].map(|calls| (type_name, operation, calls)))
    });
    // A destroy of policies makes no call.
    for (type_name, operation, calls) in cases.filter(|it| (it.0, it.1) != (POLICIES, Operation::Destroy)) {
        let context = format!("{type_name}: {operation:?}, after {calls} calls");
        let (mut resource, target) = prepared(type_name, operation).await;
        let before = resource.state.clone();
        let provider = resource.provider();
        let plan = resource.plan_of(&provider, &before, &target, &resource.private.clone()).await;
        let sent = resource.org.with(|state| state.commits());
        resource.org.with(|state| state.hangs_after = Some(state.calls.len() + calls));
        let begun = Instant::now();
        let interrupt = async {
            sleep(Duration::from_secs(5)).await;
            provider.stop();
        };
        let (found, ()) = tokio::join!(resource.apply_of(&provider, &before, &target, &plan), interrupt);
        if resource.org.with(|state| state.commits()) == sent {
            assert_eq!(ids(&found), ["interrupted-before-change"], "{context}: {found:?}");
            assert!(begun.elapsed() < Duration::from_secs(8), "{context}: {:?}", begun.elapsed());
            assert_eq!(resource.state, before, "{context}");
        }
    }
}

/// Destroys a resource in an org that does not show this type. The private state has no names, which is the case after
/// a create whose result could not be read.
async fn destroy_unseen(resource: &mut Resource, hidden: &'static MetadataType) -> Diagnostics {
    resource.private = Private::new();
    resource.org.with(|state| state.hidden = vec![hidden]);
    let (prior, provider) = (resource.state.clone(), resource.provider());
    resource.apply_of(&provider, &prior, &Value::Null, &PlanReply::default()).await
}

#[tokio::test(start_paused = true)]
async fn an_app_that_the_org_does_not_show_is_destroyed_by_its_name() {
    for type_name in [APP, CLIENT] {
        let (mut resource, _) = prepared(type_name, Operation::Destroy).await;
        let found = destroy_unseen(&mut resource, &external_client_application::TYPE).await;
        assert!(!found.has_errors(), "{type_name}: {found:?}");
        assert!(!exists(&resource.org), "{type_name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_the_org_does_not_show_is_not_destroyed_without_its_name() {
    let (mut resource, _) = prepared(SETTINGS, Operation::Destroy).await;
    let prior = resource.state.clone();
    let found = destroy_unseen(&mut resource, &oauth_settings::TYPE).await;
    assert_eq!(ids(&found), ["component-not-accessible"], "{found:?}");
    assert_eq!(resource.state, prior);
}

fn range(from: &str, to: &str) -> Value {
    Value::object([
        ("description", Value::Null),
        ("end_ip_address", to.into()),
        ("start_ip_address", from.into()),
    ])
}

/// The settings of an app in which an administrator has added an IP range.
async fn with_range_of_setup() -> (Resource, Value) {
    let (mut resource, target) = prepared(SETTINGS, Operation::Create).await;
    assert!(!resource.apply(&target).await.has_errors());
    resource.org.with(|state| {
        let (_, file) = state.files.iter_mut().find(|(key, _)| key.kind == &oauth_settings::TYPE).unwrap();
        let range = "<trustedIpRanges><endIpAddress>10.0.0.9</endIpAddress><startIpAddress>10.0.0.1</startIpAddress></trustedIpRanges>";
        file.xml = file.xml.replace("</ExtlClntAppOauthSettings>", &format!("{range}</ExtlClntAppOauthSettings>"));
    });
    (resource, target)
}

#[tokio::test(start_paused = true)]
async fn the_first_ip_range_of_the_configuration_does_not_erase_those_of_setup() {
    let (mut resource, mut target) = with_range_of_setup().await;
    let before = (resource.state.clone(), resource.org.with(|state| state.commits()));
    target.put("trusted_ip_range", Value::set(vec![range("10.1.0.1", "10.1.0.9")]));
    let found = resource.apply(&target).await;
    assert_eq!(ids(&found), ["unplanned-values"], "{found:?}");
    assert!(found.0[0].detail.contains("start_ip_address = 10.0.0.1"), "{found:?}");
    assert_eq!((resource.state.clone(), resource.org.with(|state| state.commits())), before);
    let mut described = range("10.0.0.1", "10.0.0.9");
    described.put("description", "Office".into());
    target.put("trusted_ip_range", Value::set(vec![described, range("10.1.0.1", "10.1.0.9")]));
    let found = resource.apply(&target).await;
    assert!(!found.has_errors(), "{found:?}");
    resource.assert_empty_plan(&target, "all ranges").await;
}

#[tokio::test(start_paused = true)]
async fn a_removed_ip_range_that_the_org_keeps_is_an_error() {
    let (mut resource, target) = prepared(SETTINGS, Operation::Create).await;
    let mut with_range = target.clone();
    with_range.put("trusted_ip_range", Value::set(vec![range("10.1.0.1", "10.1.0.9")]));
    assert!(!resource.apply(&with_range).await.has_errors());
    resource.org.with(|state| {
        let end = "</ExtlClntAppOauthSettings>";
        let kept = format!("<trustedIpRanges><endIpAddress>10.1.0.9</endIpAddress><startIpAddress>10.1.0.1</startIpAddress></trustedIpRanges>{end}");
        state.rewrites = Some((end.to_owned(), kept));
    });
    let found = resource.apply(&target).await;
    assert_eq!(ids(&found), ["different-value-saved"], "{found:?}");
    assert_eq!(found.0[0].path, Some(Path::attribute("trusted_ip_range")));
}

#[tokio::test(start_paused = true)]
async fn an_adoption_reports_a_value_that_is_removed_because_of_another_attribute() {
    let (client, _) = prepared(CLIENT, Operation::Destroy).await;
    client.org.with(|state| {
        let policies = state.files.iter_mut().find(|(key, _)| key.kind == &configurable_policies::TYPE);
        let (_, file) = policies.unwrap();
        let end = "</ExtlClntAppConfigurablePolicies>";
        let start = "<startPage>Custom</startPage><startUrl>https://intranet.example.com/</startUrl>";
        file.xml = file.xml.replace(end, &format!("{start}{end}"));
    });
    let mut policies = Resource::new(&client.org, POLICIES);
    let mut target = shop(POLICIES, "Shop");
    target.put("start_page", "OAuth".into());
    let found = policies.apply(&target).await;
    assert!(!found.has_errors(), "{found:?}");
    assert!(found.0.iter().any(|one| one.detail.contains("start_url")), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn policies_remain_when_terraform_stops_managing_them() {
    let (client, _) = prepared(CLIENT, Operation::Destroy).await;
    let mut policies = Resource::new(&client.org, POLICIES);
    let target = shop(POLICIES, "Shop");
    assert!(!policies.apply(&target).await.has_errors());
    let files = client.org.with(|state| state.files.len());
    let found = policies.destroy().await;
    assert!(!found.has_errors(), "{found:?}");
    assert!(policies.state.is_null());
    assert_eq!(client.org.with(|state| state.files.len()), files);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_key_that_changes_before_an_update_is_reported_and_the_next_refresh_shows_it() {
    let (mut resource, _) = prepared(CLIENT, Operation::Update).await;
    let mut target = shop(CLIENT, "Shop");
    target.put("label", "Store".into());
    let before = resource.state.get("consumer_key").clone();
    let found = resource
        .apply_after(&target, |org| {
            org.with(|state| {
                for file in state.files.values_mut() {
                    file.xml = file.xml.replace("<consumerKey>3MVG9", "<consumerKey>3MVG9New");
                }
            });
        })
        .await;
    assert_eq!(ids(&found), ["changed-since-plan"], "{found:?}");
    assert_eq!(found.0[0].path, Some(Path::attribute("consumer_key")));
    assert_eq!(resource.state.get("consumer_key"), &before, "Terraform requires the planned value");
    resource.refresh(&resource.provider()).await;
    assert_ne!(resource.state.get("consumer_key"), &before);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_others_create_while_the_deploy_is_sent_is_reported() {
    let (mut existing, target) = prepared(APP, Operation::Create).await;
    let other = Resource::new(&MemoryOrg::default(), APP);
    let mut created = other.clone();
    created.apply(&target).await;
    let theirs = xml(&created.org).replace("<label>Shop<", "<label>Theirs<");
    existing.org.with(|state| state.appears = Some((key(), theirs)));
    let found = existing.apply(&target).await;
    assert_eq!(ids(&found), ["concurrent-change"], "{found:?}");
    assert!(found.0[0].detail.contains("did not create"), "{found:?}");
    assert!(!existing.state.is_null());
}

/// The state contains one permission set by ID, and the plan contains another. All queries succeed.
#[tokio::test(start_paused = true)]
async fn another_id_is_another_value_although_the_numbers_are_the_same() {
    let row = |id: &str, name: &str| {
        ("PermissionSet", serde_json::json!({"Id": id, "Name": name}).as_object().cloned().unwrap())
    };
    let (old, new) = ("0PS000000000001AAA", "0PS000000000002AAA");
    let (client, _) = prepared(CLIENT, Operation::Destroy).await;
    let org = client.org;
    org.with(|state| {
        state.rows = vec![row(old, "Old"), row(new, "New")];
        state.rewrites = Some((old.to_owned(), "Old".to_owned()));
    });
    let mut policies = Resource::new(&org, POLICIES);
    let mut target = shop(POLICIES, "Shop");
    target.put("permitted_users", "AdminApprovedPreAuthorized".into());
    target.put("permission_sets", super::texts(&[old]));
    assert!(!policies.apply(&target).await.has_errors());
    // The org keeps the old permission set.
    org.with(|state| state.rewrites = Some((new.to_owned(), "Old".to_owned())));
    target.put("permission_sets", super::texts(&[new]));
    let found = policies.clone().apply(&target).await;
    assert_eq!(ids(&found), ["different-value-saved"], "{found:?}");
    // An administrator replaces the permission set between the plan and the apply.
    org.with(|state| state.rewrites = Some((new.to_owned(), "New".to_owned())));
    let replaced = |org: &MemoryOrg| {
        org.with(|state| {
            for file in state.files.values_mut() {
                file.xml = file.xml.replace(">Old<", ">Strangers<");
            }
        });
    };
    let found = policies.apply_after(&target, replaced).await;
    assert_eq!(ids(&found), ["changed-since-plan"], "{found:?}");
}
