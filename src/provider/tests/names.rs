//! Names that differ only in case. Salesforce treats them as the same name.

use super::memory_org::MemoryOrg;
use super::workspace::{APP, CLIENT, Operation, POLICIES, Resource, SETTINGS, ids, key, prepared, shop};
use crate::metadata::ComponentKey;
use crate::metadata::types::external_client_application;
use crate::provider::operations::PlanReply;
use crate::value::Value;

#[tokio::test(start_paused = true)]
async fn names_and_addresses_in_another_case_are_no_difference() {
    let (client, _) = prepared(CLIENT, Operation::Destroy).await;
    let org = client.org;
    org.with(|state| state.rewrites = Some(("shop_customer".to_owned(), "Shop_Customer".to_owned())));
    let mut policies = Resource::new(&org, POLICIES);
    let mut target = shop(POLICIES, "Shop");
    target.put("permitted_users", "AdminApprovedPreAuthorized".into());
    target.put("permission_sets", super::texts(&["shop_customer"]));
    let found = policies.apply(&target).await;
    assert!(!found.has_errors(), "{found:?}");
    policies.assert_empty_plan(&target, "permission sets").await;

    let mut app = Resource::new(&MemoryOrg::default(), APP);
    app.org.with(|state| state.rewrites = Some(("Ada@".to_owned(), "ada@".to_owned())));
    let mut target = shop(APP, "Shop");
    target.put("contact_email", "Ada@example.com".into());
    let found = app.apply(&target).await;
    assert!(!found.has_errors(), "{found:?}");
    app.assert_empty_plan(&target, "contact_email").await;
}

#[tokio::test(start_paused = true)]
async fn an_app_whose_name_differs_only_in_case_is_not_destroyed_instead() {
    for type_name in [APP, SETTINGS, CLIENT] {
        let (mut resource, _) = prepared(type_name, Operation::Destroy).await;
        let prior = resource.state.clone();
        resource.org.with(|state| {
            let file = state.files.remove(&key()).unwrap();
            state.files.insert(ComponentKey::new(&external_client_application::TYPE, "SHOP"), file);
            for file in state.files.values_mut() {
                file.xml = file
                    .xml
                    .replace(">Shop</externalClientApplication>", ">SHOP</externalClientApplication>");
            }
        });
        let before = resource.org.with(|state| state.commits());
        let provider = resource.provider();
        let plan = PlanReply { private: resource.private.clone(), ..PlanReply::default() };
        let found = resource.apply_of(&provider, &prior, &Value::Null, &plan).await;
        assert_eq!(ids(&found), ["app-name-case"], "{type_name}: {found:?}");
        assert_eq!(resource.state, prior, "{type_name}");
        assert_eq!(resource.org.with(|state| state.commits()), before, "{type_name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_app_that_exists_in_another_case_is_neither_created_nor_adopted() {
    let (existing, _) = prepared(CLIENT, Operation::Update).await;
    let before = existing.org.with(|state| state.commits());
    for (type_name, attribute) in [
        (APP, "name"),
        (CLIENT, "name"),
        (SETTINGS, "external_client_app"),
        (POLICIES, "external_client_app"),
    ] {
        let mut target = shop(type_name, "Shop");
        target.put(attribute, "shop".into());
        let mut resource = Resource::new(&existing.org, type_name);
        let found = resource.apply(&target).await;
        assert_eq!(ids(&found), ["app-name-case"], "{type_name}: {found:?}");
        assert!(found.0[0].detail.contains("is \"Shop\", not \"shop\""), "{found:?}");
        assert!(resource.state.is_null(), "{type_name}");
    }
    assert_eq!(existing.org.with(|state| state.commits()), before);
}
