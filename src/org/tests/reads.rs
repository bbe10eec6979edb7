//! Reads: the number of calls, and the lookups that they return.

use super::*;

pub(super) async fn read(org: &Org, freshness: Freshness, wanted: &[Wanted]) -> Vec<Lookup> {
    org.read(wanted, freshness, in_time()).await.unwrap()
}

pub(super) async fn one(org: &Org, freshness: Freshness, wanted: Wanted) -> Lookup {
    read(org, freshness, &[wanted]).await.remove(0)
}

/// Adds two apps: one with the part names that Setup creates, and one with unusual part names.
pub(super) fn two_apps(script: &Arc<Script>) {
    script
        .file(APP, "Shop", "<label>Shop</label>")
        .part(SETTINGS, "Shop_oauth", "Shop")
        .part(GLOBAL, "Shop_glbloauth", "Shop")
        .part(POLICIES, "Shop_plcy", "Shop")
        .part(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", "Shop")
        .file(APP, "Till", "<label>Till</label>")
        .part(SETTINGS, "Odd", "Till")
        .part(GLOBAL, "Shop_old", "Till");
}

pub(super) fn name_of(lookup: &Lookup) -> String {
    match lookup {
        Lookup::Found(found) => found.component.key.full_name.clone(),
        Lookup::Absent { .. } => "absent".into(),
        Lookup::Hidden { why } => format!("hidden: {why}"),
        Lookup::OtherCase { name } => format!("named {name}"),
        Lookup::Several(names) => format!("several: {}", names.join(" ")),
    }
}

#[tokio::test(start_paused = true)]
async fn ten_readers_share_one_retrieve_of_all_related_types() {
    let (script, org) = script();
    two_apps(&script);
    let readers: Vec<_> = (0..10)
        .map(|number| {
            let org = org.clone();
            let kind = if number % 2 == 0 { SETTINGS } else { OAUTH_POLICIES };
            let wanted = Wanted::new(if number == 0 { APP } else { kind }, "Shop");
            tokio::spawn(async move { one(&org, Freshness::Snapshot, wanted).await })
        })
        .collect();
    for reader in readers {
        assert!(matches!(reader.await.unwrap(), Lookup::Found(_)));
    }
    let retrieves = script.entries("retrieve");
    assert_eq!(retrieves.len(), 1);
    for kind in crate::metadata::types::ALL {
        if kind.settings_member.is_none() {
            assert!(retrieves[0].contains(&format!("{}:*", kind.name)), "{retrieves:?}");
        }
    }
    // A wildcard would select all org settings, so the settings are named.
    assert!(retrieves[0].contains("Settings:ExternalClientApp+OauthOidc"), "{retrieves:?}");
    assert_eq!(script.count("list"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deploy_a_new_generation_or_age_invalidates_a_snapshot() {
    let (script, org) = script();
    two_apps(&script);
    let wanted = || Wanted::new(APP, "Shop");
    one(&org, Freshness::Snapshot, wanted()).await;
    one(&org, Freshness::Snapshot, wanted()).await;
    assert_eq!(script.count("retrieve"), 1);

    script.course(Course::ends(100, failed(vec![problem(&shop().key, "no")])));
    org.make(write_shop(), in_time()).await.unwrap_err();
    one(&org, Freshness::Snapshot, wanted()).await;
    assert_eq!(script.count("retrieve"), 2);

    org.new_generation();
    one(&org, Freshness::Snapshot, wanted()).await;
    assert_eq!(script.count("retrieve"), 3);

    sleep(Duration::from_secs(31)).await;
    one(&org, Freshness::Snapshot, wanted()).await;
    assert_eq!(script.count("retrieve"), 4);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_taken_during_a_deploy_is_invalid_after_it() {
    let (script, org) = script();
    two_apps(&script);
    script.course(Course::ends(1_000, ended("Succeeded")));
    let apply = tokio::spawn({
        let org = org.clone();
        async move { org.make(write_shop(), in_time()).await }
    });
    sleep(Duration::from_millis(500)).await;
    one(&org, Freshness::Snapshot, Wanted::new(APP, "Shop")).await;
    apply.await.unwrap().unwrap();
    one(&org, Freshness::Snapshot, Wanted::new(APP, "Shop")).await;
    assert_eq!(script.count("retrieve"), 2);
}

/// Reads without the snapshot after this many milliseconds.
fn reader(org: &Org, after: u64, wanted: Wanted) -> tokio::task::JoinHandle<Lookup> {
    let org = org.clone();
    tokio::spawn(async move {
        sleep(Duration::from_millis(after)).await;
        one(&org, Freshness::Now, wanted).await
    })
}

#[tokio::test(start_paused = true)]
async fn fresh_reads_share_a_retrieve_that_starts_after_them() {
    let (script, org) = script();
    two_apps(&script);
    let mut readers = Vec::new();
    for number in 0..10 {
        let wanted = if number % 2 == 0 { Wanted::new(APP, "Shop") } else { Wanted::new(SETTINGS, "Till") };
        readers.push(reader(&org, number * 5, wanted));
    }
    // A retrieve takes 100 ms. The read at 100 ms arrives during the first retrieve, the read at 280 ms while the
    // second batch is still open, and the last two reads during the second retrieve.
    readers.push(reader(&org, 100, Wanted::new(APP, "Till")));
    readers.push(reader(&org, 280, Wanted::new(SETTINGS, "Shop")));
    readers.push(reader(&org, 750, Wanted::new(APP, "Cafe")));
    readers.push(reader(&org, 760, Wanted::new(GLOBAL, "Cafe")));
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!(
        script.entries("retrieve"),
        [
            "retrieve ExternalClientApplication:Shop ExtlClntAppOauthSettings:*",
            "retrieve ExternalClientApplication:Till ExtlClntAppOauthSettings:Shop_oauth",
            "retrieve ExternalClientApplication:Cafe ExtlClntAppGlobalOauthSettings:*",
        ]
    );
    assert_eq!(script.count("list"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_single_fresh_read_waits_for_the_quiet_window_only() {
    let (script, org) = script();
    two_apps(&script);
    let begun = Instant::now();
    one(&org, Freshness::Now, Wanted::new(APP, "Shop")).await;
    assert_eq!(begun.elapsed(), Duration::from_millis(30 + 100));

    let timing = Timing { batching: false, ..Timing::default() };
    let org = Org::with_timing(script.clone(), timing);
    let begun = Instant::now();
    let readers = [0, 0, 0].map(|after| reader(&org, after, Wanted::new(APP, "Shop")));
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!(begun.elapsed(), Duration::from_millis(300));
    assert_eq!(script.count("retrieve"), 4);
}

#[tokio::test(start_paused = true)]
async fn known_components_are_retrieved_by_name() {
    let (script, org) = script();
    two_apps(&script);
    script.course(Course::ends(100, ended("Succeeded")));
    let part = Component::new(ComponentKey::new(POLICIES, "Shop_plcy"), "Shop");
    org.make(Changes::Write(vec![part]), in_time()).await.unwrap();
    one(&org, Freshness::Now, Wanted::new(SETTINGS, "Till")).await;
    let wanted = [Wanted::new(SETTINGS, "Till"), Wanted::new(POLICIES, "Shop")];
    assert_eq!(read(&org, Freshness::Now, &wanted).await.len(), 2);
    let last = "retrieve ExtlClntAppConfigurablePolicies:Shop_plcy ExtlClntAppOauthSettings:Odd";
    assert_eq!(script.entries("retrieve").last().map(String::as_str), Some(last));
    assert_eq!(script.count("list"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_component_is_not_retrieved_by_name() {
    let (script, org) = script();
    two_apps(&script);
    let hinted = || Wanted::new(GLOBAL, "Shop").hint(Some("Shop_glbloauth".into()));
    one(&org, Freshness::Now, hinted()).await;
    script.course(Course::ends(100, ended("Succeeded")));
    let key = ComponentKey::new(GLOBAL, "Shop_glbloauth");
    org.make(Changes::Delete(vec![key.clone()]), in_time()).await.unwrap();
    script.with(|state| state.files.remove(&key));
    assert_eq!(name_of(&one(&org, Freshness::Now, hinted()).await), "absent");
    let global = GLOBAL.name;
    let expected = [format!("retrieve {global}:Shop_glbloauth"), format!("retrieve {global}:*")];
    assert_eq!(script.entries("retrieve"), expected);
    assert_eq!(script.count("list"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_retrieve_does_not_delay_others() {
    let (script, org) = script();
    two_apps(&script);
    let soon = Instant::now() + Duration::from_millis(30);
    let error = org.read(&[Wanted::new(APP, "Shop")], Freshness::Now, soon).await.unwrap_err();
    assert!(matches!(error.kind, ReadErrorKind::Deadline { .. }), "{error}");
    let begun = Instant::now();
    one(&org, Freshness::Now, Wanted::new(APP, "Shop")).await;
    assert_eq!(begun.elapsed(), Duration::from_millis(30 + 100));
}

#[tokio::test(start_paused = true)]
async fn a_read_of_policies_retrieves_policies_only() {
    let (script, org) = script();
    two_apps(&script);
    one(&org, Freshness::Snapshot, Wanted::new(POLICIES, "Shop")).await;
    let policies = "retrieve ExtlClntAppConfigurablePolicies:* ExtlClntAppOauthConfigurablePolicies:*";
    assert_eq!(script.entries("retrieve"), [policies]);
    one(&org, Freshness::Snapshot, Wanted::new(SETTINGS, "Shop")).await;
    let retrieves = script.entries("retrieve");
    assert_eq!(retrieves.len(), 2);
    assert!(!retrieves[1].contains("Policies"), "{retrieves:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rejected_type_does_not_hide_others() {
    let (script, org) = script();
    two_apps(&script);
    script.with(|state| state.rejected.push(GLOBAL.name));
    let wanted = [Wanted::new(APP, "Shop"), Wanted::new(SETTINGS, "Shop")];
    let found = read(&org, Freshness::Snapshot, &wanted).await;
    assert_eq!(found.iter().map(name_of).collect::<Vec<_>>(), ["Shop", "Shop_oauth"]);
    assert_eq!(script.count("retrieve"), 2, "all types, then the wanted ones");

    for freshness in [Freshness::Snapshot, Freshness::Now] {
        let wanted = [Wanted::new(SETTINGS, "Shop"), Wanted::new(GLOBAL, "Shop")];
        let found = read(&org, freshness, &wanted).await;
        assert_eq!(name_of(&found[0]), "Shop_oauth");
        assert!(name_of(&found[1]).contains("cannot be read"), "{}", name_of(&found[1]));
    }
    org.new_generation();
    let before = script.count("retrieve");
    one(&org, Freshness::Snapshot, Wanted::new(APP, "Shop")).await;
    assert_eq!(script.count("retrieve"), before + 1, "the rejection is remembered");
}

#[tokio::test(start_paused = true)]
async fn a_component_is_absent_only_if_the_list_agrees() {
    for freshness in [Freshness::Snapshot, Freshness::Now] {
        let (script, org) = script();
        two_apps(&script);
        assert_eq!(name_of(&one(&org, freshness, Wanted::new(APP, "Cafe")).await), "absent");
        assert_eq!(name_of(&one(&org, freshness, Wanted::new(GLOBAL, "Cafe")).await), "absent");
        if freshness == Freshness::Snapshot {
            one(&org, freshness, Wanted::new(APP, "Bar")).await;
            assert_eq!(script.count("list"), 2, "one for each type");
        }

        script.with(|state| {
            state.listed_only = vec![
                properties(APP, "Cafe"),
                properties(GLOBAL, "Cafe_glbloauth"),
                properties(GLOBAL, "Till_Two_glbloauth"),
                properties(GLOBAL, "Quaint"),
            ];
        });
        org.new_generation();
        let hidden = |lookup: Lookup| matches!(lookup, Lookup::Hidden { .. });
        assert!(hidden(one(&org, freshness, Wanted::new(APP, "Cafe")).await));
        assert!(hidden(one(&org, freshness, Wanted::new(GLOBAL, "Cafe")).await));
        let hinted = Wanted::new(GLOBAL, "Bar").hint(Some("Quaint".into()));
        assert!(hidden(one(&org, freshness, hinted).await));
        assert_eq!(name_of(&one(&org, freshness, Wanted::new(GLOBAL, "Bar")).await), "absent");
    }
}

#[tokio::test(start_paused = true)]
async fn a_listed_component_is_retrieved_by_name_before_it_is_reported_as_hidden() {
    for freshness in [Freshness::Snapshot, Freshness::Now] {
        let (script, org) = script();
        two_apps(&script);
        // The list contains a file that the wildcard does not return. A file that is created between the retrieve and
        // the list also has this effect.
        script.part(POLICIES, "Cafe_plcy", "Cafe").with(|state| state.named_only.insert("Cafe_plcy".into()));
        let found = one(&org, freshness, Wanted::new(POLICIES, "Cafe")).await;
        assert_eq!(name_of(&found), "Cafe_plcy");
        assert_eq!((script.count("retrieve"), script.count("list")), (2, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_list_is_not_absence() {
    let (script, org) = script();
    script.with(|state| state.list_fails = Some(lost(Call::ListMetadata)));
    let error = org.read(&[Wanted::new(APP, "Shop")], Freshness::Now, in_time()).await.unwrap_err();
    assert!(matches!(error.kind, ReadErrorKind::Unavailable(_)));
    script.with(|state| state.list_fails = Some(fault(Call::ListMetadata, "INSUFFICIENT_ACCESS")));
    let wanted = [Wanted::new(APP, "Shop"), Wanted::new(GLOBAL, "Shop")];
    for lookup in read(&org, Freshness::Now, &wanted).await {
        assert!(name_of(&lookup).contains("cannot be listed"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_about_an_unreadable_type_is_not_absence() {
    let (script, org) = script();
    let remark = format!("Load of meta data from db failed for metadata of type:{}", GLOBAL.name);
    script.with(|state| state.warnings = vec![remark]);
    let wanted = [Wanted::new(SETTINGS, "Shop"), Wanted::new(GLOBAL, "Shop")];
    let found = read(&org, Freshness::Snapshot, &wanted).await;
    assert_eq!(name_of(&found[0]), "absent");
    assert!(name_of(&found[1]).contains("from db failed"));
}

#[tokio::test(start_paused = true)]
async fn a_damaged_file_affects_only_its_readers() {
    for freshness in [Freshness::Snapshot, Freshness::Now] {
        let (script, org) = script();
        two_apps(&script);
        let parent = |app: &str| format!("<externalClientApplication>{app}</externalClientApplication>");
        script.file(SETTINGS, "Cafe_oauth", &format!("{}<label>", parent("Cafe"))).file(
            SETTINGS,
            "Bar_oauth",
            "<<<",
        );
        assert_eq!(name_of(&one(&org, freshness, Wanted::new(SETTINGS, "Shop")).await), "Shop_oauth");
        assert_eq!(name_of(&one(&org, freshness, Wanted::new(SETTINGS, "Pub")).await), "absent");
        for app in ["Cafe", "Bar"] {
            let error = org.read(&[Wanted::new(SETTINGS, app)], freshness, in_time()).await.unwrap_err();
            assert!(matches!(error.kind, ReadErrorKind::Undecodable(_)), "{error}");
            assert_eq!(error.key, Some(ComponentKey::new(SETTINGS, format!("{app}_oauth"))));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn components_of_packages_that_a_wildcard_omits_are_retrieved_by_name() {
    let (script, org) = script();
    script.file(APP, "ns__Shop", "<label>Shop</label>");
    script.with(|state| {
        state.named_only.insert("ns__Shop".into());
        for (_, properties) in state.files.values_mut() {
            properties.namespace = Some("ns".into());
            properties.manageable_state = Some("installed".into());
        }
    });
    let Lookup::Found(found) = one(&org, Freshness::Snapshot, Wanted::new(APP, "ns__Shop")).await else {
        panic!();
    };
    assert_eq!(found.file.namespace.as_deref(), Some("ns"));
}

#[tokio::test(start_paused = true)]
async fn a_damaged_package_is_retrieved_once_more() {
    for (damaged, readable) in [(1, true), (2, false)] {
        let (script, org) = script();
        two_apps(&script);
        script.with(|state| state.damaged = damaged);
        let outcome = org.read(&[Wanted::new(APP, "Shop")], Freshness::Now, in_time()).await;
        assert_eq!(outcome.is_ok(), readable);
    }
}

#[tokio::test(start_paused = true)]
async fn readers_that_wait_for_a_retrieve_share_its_failure() {
    let (script, org) = script();
    two_apps(&script);
    script.with(|state| state.damaged = 2);
    let readers: Vec<_> = (0..10)
        .map(|_| {
            let org = org.clone();
            tokio::spawn(async move {
                let wanted = [Wanted::new(APP, "Shop")];
                org.read(&wanted, Freshness::Snapshot, in_time()).await
            })
        })
        .collect();
    for reader in readers {
        let error = reader.await.unwrap().unwrap_err();
        assert!(matches!(error.kind, ReadErrorKind::Package(_)));
    }
    assert_eq!(script.count("retrieve"), 2);
    assert_eq!(name_of(&one(&org, Freshness::Snapshot, Wanted::new(APP, "Shop")).await), "Shop");
}

#[tokio::test(start_paused = true)]
async fn an_app_may_be_named_permission() {
    let (script, org) = script();
    let remark = format!("Entity of type '{}' named 'Permission' cannot be found", APP.name);
    script.with(|state| state.warnings = vec![remark]);
    assert_eq!(name_of(&one(&org, Freshness::Now, Wanted::new(APP, "Permission")).await), "absent");
}

#[tokio::test(start_paused = true)]
async fn a_read_ends_at_its_deadline_and_releases_the_snapshot() {
    let (script, org) = script();
    two_apps(&script);
    let wanted = [Wanted::new(APP, "Shop")];
    let soon = Instant::now() + Duration::from_millis(50);
    let error = org.read(&wanted, Freshness::Snapshot, soon).await.unwrap_err();
    assert!(matches!(error.kind, ReadErrorKind::Deadline { .. }));
    assert_eq!(name_of(&one(&org, Freshness::Snapshot, wanted[0].clone()).await), "Shop");
}

#[tokio::test(start_paused = true)]
async fn a_read_that_times_out_reports_the_error_that_its_request_is_retried_for() {
    for freshness in [Freshness::Snapshot, Freshness::Now] {
        let (script, org) = script();
        two_apps(&script);
        script.with(|state| state.retried = Some(fault(Call::FetchRetrieve, "SERVER_UNAVAILABLE")));
        // The second reader shares the retrieve of the first, or waits for it.
        let readers = ["Shop", "Till"].map(|app| {
            let org = org.clone();
            let read = async move { org.read(&[Wanted::new(APP, app)], freshness, within(5)).await };
            tokio::spawn(read)
        });
        // A query that succeeds in the meantime does not change the error.
        org.query("SELECT Id FROM User").await.unwrap();
        for reader in readers {
            let error = reader.await.unwrap().unwrap_err();
            let ReadErrorKind::Deadline { last: Some(last) } = &error.kind else {
                panic!("{freshness:?}: {error}");
            };
            assert_eq!(last.code(), Some("SERVER_UNAVAILABLE"));
        }
    }
}

#[tokio::test]
async fn a_hidden_consumer_key_is_none() {
    let (_, org) = script();
    assert_eq!(org.consumer_key("0xI").await.unwrap().as_deref(), Some("3MVG9"));
    assert_eq!(org.consumer_key("hidden").await.unwrap(), None);
    let error = org.consumer_key("away").await.unwrap_err();
    assert!(matches!(error.0.kind, ErrorKind::Interrupted { .. }), "{error}");
}

#[test]
fn the_futures_of_reads_and_applies_are_send() {
    fn send<T: Send>(_: &T) {}
    let (_, org) = script();
    send(&org.read(&[], Freshness::Now, in_time()));
    send(&org.make(Changes::Write(Vec::new()), in_time()));
}

/// An org with too many other apps to read all files.
pub(super) fn big_org() -> (Arc<Script>, Org) {
    let (script, org) = script();
    two_apps(&script);
    script.with(|state| state.foreign_apps = 5_000);
    (script, org)
}

#[tokio::test(start_paused = true)]
async fn with_many_apps_a_refresh_retrieves_its_own_apps_and_their_parts() {
    let (script, org) = big_org();
    let found = read(&org, Freshness::Snapshot, &[Wanted::new(APP, "Shop")]).await;
    assert_eq!(found.iter().map(name_of).collect::<Vec<_>>(), ["Shop"]);
    // The same retrieve has already loaded the parts, under any of their usual names.
    for (kind, name) in [
        (SETTINGS, "Shop_oauth"),
        (GLOBAL, "Shop_glbloauth"),
        (POLICIES, "Shop_plcy"),
        (OAUTH_POLICIES, "Shop_oauth_defaultPolicy"),
    ] {
        assert_eq!(name_of(&one(&org, Freshness::Snapshot, Wanted::new(kind, "Shop")).await), name);
    }
    let retrieves = script.entries("retrieve");
    assert_eq!(retrieves.len(), 1, "{retrieves:?}");
    assert!(!retrieves[0].contains('*') && retrieves[0].contains("Shop_oauthPlcy+"), "{retrieves:?}");
    assert_eq!((script.count("count"), script.count("list")), (1, 0));

    let hinted = Wanted::new(SETTINGS, "Till").hint(Some("Odd".into()));
    assert_eq!(name_of(&one(&org, Freshness::Snapshot, hinted).await), "Odd");
    assert_eq!((script.count("retrieve"), script.count("count")), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn with_many_apps_concurrent_refreshes_share_a_retrieve() {
    let (script, org) = big_org();
    let readers = ["Shop", "Till"].map(|app| {
        let org = org.clone();
        tokio::spawn(async move { one(&org, Freshness::Snapshot, Wanted::new(APP, app)).await })
    });
    for reader in readers {
        assert!(matches!(reader.await.unwrap(), Lookup::Found(_)));
    }
    assert_eq!(script.count("retrieve"), 1);
    org.new_generation();
    one(&org, Freshness::Snapshot, Wanted::new(APP, "Shop")).await;
    assert_eq!(script.count("retrieve"), 2, "a later generation reads again");
}

#[tokio::test(start_paused = true)]
async fn with_many_apps_a_part_with_an_unusual_name_is_found() {
    let (script, org) = big_org();
    for freshness in [Freshness::Snapshot, Freshness::Now] {
        assert_eq!(name_of(&one(&org, freshness, Wanted::new(GLOBAL, "Till")).await), "Shop_old");
        org.new_generation();
    }
    assert_eq!(name_of(&one(&org, Freshness::Snapshot, Wanted::new(APP, "Cafe")).await), "absent");
    assert_eq!(script.count("list"), 2);
    assert!(script.entries("retrieve").iter().all(|asked| !asked.contains('*')));
}

#[tokio::test(start_paused = true)]
async fn with_many_apps_a_best_effort_read_makes_no_call() {
    let (script, org) = big_org();
    script.file(APP, "Bare", "<label>Bare</label>");
    one(&org, Freshness::Snapshot, Wanted::new(APP, "Bare")).await;
    let best_effort = one(&org, Freshness::Snapshot, Wanted::new(GLOBAL, "Bare").best_effort()).await;
    assert!(!matches!(best_effort, Lookup::Found(_)));
    assert_eq!((script.count("retrieve"), script.count("list")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn apps_that_cannot_be_counted_are_listed() {
    let (script, org) = big_org();
    script.with(|state| state.count_fails = Some(fault(Call::Query, "INVALID_TYPE")));
    one(&org, Freshness::Snapshot, Wanted::new(APP, "Shop")).await;
    assert_eq!((script.count("count"), script.count("list")), (1, 1));
    let retrieves = script.entries("retrieve");
    assert!(retrieves[0].contains("ExternalClientApplication:*"), "two are few: {retrieves:?}");
}
