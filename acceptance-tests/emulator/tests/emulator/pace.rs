//! The times of a shared org, and lists that lag behind.

use salesforce_emulator::{Config, Pace, Switches};

use crate::client::{APP, Org, Package, start, start_with};

/// Advances the org's clock.
fn advance_clock(org: &Org, seconds: u64) {
    org.admin("POST", "clock", &format!(r#"{{"forward_seconds": {seconds}}}"#));
}

/// The org is a hundred times as slow as a real one: deploys take 200 to 2000 s after up to 1000 s in the queue,
/// retrieves take 50 to 500 s.
#[test]
fn a_real_pace_delays_deploys_and_retrieves() {
    let switches = Switches { pace: Pace::Real, pace_percent: 10_000, seed: 7, ..Switches::default() };
    let org = start_with(Config { switches, ..Config::default() });
    for round in 0..3 {
        let deploy = org.start_deploy(&Package::new().with(APP, "Shop", ""));
        advance_clock(&org, 150);
        assert_ne!(org.check(&deploy).status(), "Succeeded", "{round}");
        advance_clock(&org, 3_000);
        assert_eq!(org.check(&deploy).status(), "Succeeded", "{round}");
        let retrieve = org.start_retrieve(&[(APP, "*")], 66);
        advance_clock(&org, 40);
        assert!(org.check_retrieve(&retrieve).body.contains("<done>false</done>"), "{round}");
        advance_clock(&org, 500);
        assert!(org.check_retrieve(&retrieve).body.contains("<done>true</done>"), "{round}");
    }
}

fn is_listed(org: &Org, name: &str) -> bool {
    let list = org.soap(&format!("<listMetadata><queries><type>{APP}</type></queries></listMetadata>")).body;
    list.contains(&format!("<fullName>{name}</fullName>"))
}

#[test]
fn lists_lag_behind() {
    let switches = Switches { list_lag_ms: 600_000, ..Switches::default() };
    let org = start_with(Config { switches, ..Config::default() });
    assert_eq!(org.deploy(&Package::new().with(APP, "Shop", "")).status(), "Succeeded");
    assert!(!is_listed(&org, "Shop"));
    // A retrieve already contains the app.
    assert!(org.retrieve(&[(APP, "Shop")], 66).files.contains_key("unpackaged/externalClientApps/Shop.eca"));
    advance_clock(&org, 600);
    assert!(is_listed(&org, "Shop"));

    assert_eq!(org.deploy(&Package::new().delete(&[(APP, "Shop")])).status(), "Succeeded");
    assert!(is_listed(&org, "Shop"));
    advance_clock(&org, 600);
    assert!(!is_listed(&org, "Shop"));
}

#[test]
fn the_pace_can_be_changed() {
    let org = start();
    let switches =
        org.admin("PATCH", "org", r#"{"pace": "real", "seed": 3, "pace_percent": 1}"#)["switches"].clone();
    assert_eq!((&switches["pace"], &switches["seed"]), (&serde_json::json!("real"), &serde_json::json!(3)));
    assert_eq!(org.deploy(&Package::new().with(APP, "Shop", "")).status(), "Succeeded");
    let response = org.http("PATCH", "/emulator/org", &[], br#"{"pace": "slow"}"#);
    assert_eq!(response.status, 400);
}
