//! Which component is the part of an app: by its parent element, its name, and the hint from the state.

use super::reads::{big_org, name_of, one, two_apps};
use super::*;

#[tokio::test(start_paused = true)]
async fn a_listed_name_belongs_to_the_app_with_the_longest_matching_name() {
    let (script, org) = script();
    script.file(APP, "Shop", "<label>a</label>").file(APP, "Shop_Admin", "<label>b</label>");
    script.with(|state| state.listed_only = vec![properties(GLOBAL, "Shop_Admin_glbloauth")]);
    assert_eq!(name_of(&one(&org, Freshness::Snapshot, Wanted::new(APP, "Shop")).await), "Shop");
    let found = one(&org, Freshness::Snapshot, Wanted::new(GLOBAL, "Shop")).await;
    assert_eq!(name_of(&found), "absent");
    let found = one(&org, Freshness::Snapshot, Wanted::new(GLOBAL, "Shop_Admin")).await;
    assert!(name_of(&found).starts_with("hidden"));
}

#[tokio::test(start_paused = true)]
async fn parts_are_found_by_their_parent() {
    let (script, org) = script();
    two_apps(&script);
    for freshness in [Freshness::Snapshot, Freshness::Now] {
        for (kind, app, name) in [
            (SETTINGS, "Till", "Odd"),
            (GLOBAL, "Till", "Shop_old"),
            (GLOBAL, "Shop", "Shop_glbloauth"),
            (OAUTH_POLICIES, "Shop", "Shop_oauth_defaultPolicy"),
        ] {
            assert_eq!(name_of(&one(&org, freshness, Wanted::new(kind, app)).await), name);
        }
    }
    let Lookup::Found(found) = one(&org, Freshness::Snapshot, Wanted::new(APP, "Shop")).await else {
        panic!();
    };
    assert_eq!(found.file.id, "id of Shop");
}

#[tokio::test(start_paused = true)]
async fn a_hint_is_used_only_if_the_file_names_the_app() {
    let (script, org) = script();
    two_apps(&script);
    let hinted = |name: &str| Wanted::new(GLOBAL, "Shop").hint(Some(name.into()));
    let found = one(&org, Freshness::Now, hinted("Shop_glbloauth")).await;
    assert_eq!(name_of(&found), "Shop_glbloauth");
    assert_eq!(script.entries("retrieve"), ["retrieve ExtlClntAppGlobalOauthSettings:Shop_glbloauth"]);
    // One hint is the name of another app's part, and the other does not exist. Without a known name, all files are
    // searched.
    for wrong in ["Shop_old", "Shop_gone"] {
        let fresh = Org::new(script.clone());
        for (org, retrieves) in [(&org, 1), (&fresh, 2), (&fresh, 1)] {
            let before = script.count("retrieve");
            let found = one(org, Freshness::Now, hinted(wrong)).await;
            assert_eq!(name_of(&found), "Shop_glbloauth");
            assert_eq!(script.count("retrieve"), before + retrieves, "{wrong}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_selects_one_of_several_parts() {
    let (script, org) = script();
    script.part(POLICIES, "Shop_plcy", "Shop").part(POLICIES, "Shop_defaultPolicy", "Shop");
    let wanted = || Wanted::new(POLICIES, "Shop");
    let found = one(&org, Freshness::Snapshot, wanted()).await;
    assert_eq!(name_of(&found), "several: Shop_defaultPolicy Shop_plcy");
    let found = one(&org, Freshness::Snapshot, wanted().hint(Some("Shop_plcy".into()))).await;
    assert_eq!(name_of(&found), "Shop_plcy");
}

#[tokio::test(start_paused = true)]
async fn a_name_in_another_case_is_not_absent() {
    let (script, org) = script();
    two_apps(&script);
    for kind in [APP, GLOBAL] {
        let found = one(&org, Freshness::Snapshot, Wanted::new(kind, "shop")).await;
        assert_eq!(name_of(&found), "named Shop");
    }
    // A retrieve by name does not return the app. The list shows its name.
    let found = one(&org, Freshness::Now, Wanted::new(APP, "shop")).await;
    assert_eq!(name_of(&found), "named Shop");
}

/// A file that names no app, or an app that does not exist, does not prove that the wanted part is missing.
#[tokio::test(start_paused = true)]
async fn a_part_without_an_app_is_an_error_and_not_absence() {
    let parent = |app: &str| format!("<externalClientApplication>{app}</externalClientApplication>");
    for (name, hint, inside) in [
        ("Cafe_oauth", Some("Cafe_oauth"), String::new()),
        ("Cafe_oauth", None, parent("")),
        ("CafeSettings", None, String::new()),
        ("Odd", Some("Odd"), parent(" ")),
        ("Cafe_oauth", Some("Cafe_oauth"), parent("Nobody")),
        ("Cafe", None, parent("ns__Nobody")),
        ("Odd", Some("Odd"), parent("Nobody")),
    ] {
        for freshness in [Freshness::Snapshot, Freshness::Now] {
            for many in [false, true] {
                let (script, org) = if many { big_org() } else { script() };
                two_apps(&script);
                script.file(APP, "Cafe", "").file(SETTINGS, name, &inside);
                let wanted = Wanted::new(SETTINGS, "Cafe").hint(hint.map(str::to_owned));
                let reported = org.read(std::slice::from_ref(&wanted), freshness, in_time()).await;
                let error = reported.expect_err(&format!("{name} {inside} {freshness:?} {many}"));
                let expected = matches!(
                    error.kind,
                    ReadErrorKind::Parentless { .. } | ReadErrorKind::UnknownParent { .. }
                );
                assert!(expected, "{error}");
                assert_eq!(error.key, Some(ComponentKey::new(SETTINGS, name)));
                // Lookups of other apps are not affected.
                assert_eq!(name_of(&one(&org, freshness, Wanted::new(SETTINGS, "Shop")).await), "Shop_oauth");
                assert_eq!(name_of(&one(&org, freshness, Wanted::new(SETTINGS, "Pub")).await), "absent");
                assert_eq!(name_of(&one(&org, freshness, Wanted::new(APP, "Cafe")).await), "Cafe");
            }
        }
    }
}

/// A part that names an app which was not read belongs to that app, so the wanted part does not exist.
#[tokio::test(start_paused = true)]
async fn a_part_of_another_app_does_not_hide_the_wanted_one() {
    for freshness in [Freshness::Snapshot, Freshness::Now] {
        for many in [false, true] {
            let (script, org) = if many { big_org() } else { script() };
            two_apps(&script);
            // The part belonged to Till and now belongs to Shop. A part may have the usual name of another app's part.
            script.part(POLICIES, "Till_plcy", "Shop");
            let wanted = Wanted::new(POLICIES, "Till").hint(Some("Till_plcy".into()));
            let found = one(&org, freshness, wanted).await;
            assert!(["absent", "Till_odd"].contains(&name_of(&found).as_str()), "{}", name_of(&found));
        }
    }
}

/// In an org with its own namespace, parent elements have the namespace, but file names do not.
#[tokio::test(start_paused = true)]
async fn a_parent_may_have_a_namespace_that_files_lack() {
    for freshness in [Freshness::Snapshot, Freshness::Now] {
        for app in ["Shop", "ns__Shop"] {
            let (script, org) = script();
            script.file(APP, app, "");
            let parts = [
                (SETTINGS, "ShopSettings"),
                (GLOBAL, "ShopGlobal"),
                (OAUTH_POLICIES, "ShopSettings_defaultPolicy"),
                (POLICIES, "Shop"),
            ];
            for (kind, name) in parts {
                script.part(kind, name, "ns__Shop");
            }
            for (kind, name) in parts {
                let found = one(&org, freshness, Wanted::new(kind, app)).await;
                assert_eq!(name_of(&found), name, "{app}");
            }
        }
        // An installed app, and one of the org's own apps with the same name.
        let (script, org) = script();
        script.file(APP, "Shop", "").file(APP, "acme__Shop", "");
        script.part(SETTINGS, "Shop_oauth", "Shop").part(SETTINGS, "acme__Shop_oauth", "acme__Shop");
        // The org creates the policies of an installed app and names them without a namespace.
        script.part(OAUTH_POLICIES, "Shop_oauthPlcy", "Shop");
        script.part(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", "acme__Shop");
        for (kind, app, name) in [
            (OAUTH_POLICIES, "Shop", "Shop_oauthPlcy"),
            (OAUTH_POLICIES, "acme__Shop", "Shop_oauth_defaultPolicy"),
            (SETTINGS, "Shop", "Shop_oauth"),
            (SETTINGS, "acme__Shop", "acme__Shop_oauth"),
        ] {
            assert_eq!(name_of(&one(&org, freshness, Wanted::new(kind, app)).await), name);
        }
    }
}
