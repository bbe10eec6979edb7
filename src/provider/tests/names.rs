//! Names that differ only in case. Salesforce treats them as the same name.

use super::memory_org::{Failure, MemoryOrg};
use super::workspace::{
    APP, CLIENT, Operation, POLICIES, Resource, SETTINGS, config, ids, key, prepared, shop,
};
use crate::metadata::ComponentKey;
use crate::metadata::types::external_client_application;
use crate::provider::operations::PlanReply;
use crate::salesforce::{Call, ErrorKind};
use crate::value::{Path, Value};

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
        assert!(type_name == POLICIES || found.0[0].path == Some(Path::attribute(attribute)), "{found:?}");
        assert!(resource.state.is_null(), "{type_name}");
    }
    assert_eq!(existing.org.with(|state| state.commits()), before);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_of_an_app_in_another_case_stays_in_the_state() {
    const ROTATION: &str = "salesforce_external_client_app_credential_rotation";
    let (existing, _) = prepared(CLIENT, Operation::Update).await;
    let mut rotation = Resource::new(&existing.org, ROTATION);
    rotation.state = config(
        ROTATION,
        &[
            ("external_client_app", "shop".into()),
            ("org_id", existing.state.get("org_id").clone()),
            ("consumer_key", "3MVG9".into()),
        ],
    );
    let before = rotation.state.clone();
    let found = rotation.refresh(&rotation.provider()).await;
    assert_eq!(ids(&found), ["app-name-case"], "{found:?}");
    assert_eq!(rotation.state, before);
}

/// Only the case of a name changes, in an app and in its parts, which refer to the app by a literal name.
#[tokio::test(start_paused = true)]
async fn parts_wait_until_the_app_in_the_other_case_is_deleted_in_the_same_run() {
    let (mut old, _) = prepared(CLIENT, Operation::Update).await;
    let org = old.org.clone();
    let mut parts = [APP, SETTINGS, POLICIES].map(|type_name| Resource::new(&org, type_name));
    let mut targets = [APP, SETTINGS, POLICIES].map(|type_name| shop(type_name, "Shop"));
    for (target, attribute) in targets.iter_mut().zip(["name", "external_client_app", "external_client_app"])
    {
        target.put(attribute, "shop".into());
    }
    let [app, settings, policies] = &mut parts;
    // Other changes lock the org for longer than a list lags behind a deploy.
    org.with(|state| {
        let kind = ErrorKind::Fault { code: "UNABLE_TO_LOCK_ROW".to_owned(), text: String::new() };
        let from = state.calls.len();
        state.failures = vec![Failure { from, times: 3, only: Some(Call::StartDeploy), after: false, kind }];
    });
    let run = old.provider();
    let (prior, deletion) =
        (old.state.clone(), PlanReply { private: old.private.clone(), ..PlanReply::default() });
    let renamed = async {
        let deleted = old.apply_of(&run, &prior, &Value::Null, &deletion).await;
        assert!(!deleted.has_errors(), "{deleted:?}");
        app.apply_in(&run, &targets[0]).await
    };
    let (renamed, created, adopted) =
        tokio::join!(renamed, settings.apply_in(&run, &targets[1]), policies.apply_in(&run, &targets[2]));
    for found in [renamed, created, adopted] {
        assert!(!found.has_errors(), "{found:?}");
    }
    for (part, target) in parts.iter_mut().zip(&targets) {
        part.assert_empty_plan(target, part.type_name).await;
    }
}

#[tokio::test(start_paused = true)]
async fn policies_that_only_change_the_case_of_their_app_are_an_error_that_names_the_app() {
    let (mut old, _) = prepared(POLICIES, Operation::Update).await;
    let run = old.provider();
    let deletion = PlanReply { private: old.private.clone(), ..PlanReply::default() };
    let prior = old.state.clone();
    let deleted = old.apply_of(&run, &prior, &Value::Null, &deletion).await;
    assert!(!deleted.has_errors(), "{deleted:?}");
    let mut target = shop(POLICIES, "Shop");
    target.put("external_client_app", "shop".into());
    let mut new = Resource::new(&old.org, POLICIES);
    let found = new.apply_in(&run, &target).await;
    assert_eq!(ids(&found), ["app-name-case"], "{found:?}");
    assert!(new.state.is_null());
}
