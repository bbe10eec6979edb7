//! The times of a shared org, and lists that lag behind.

use std::time::{Duration, Instant};

use salesforce_emulator::{Config, Pace, Switches};

use crate::client::{APP, Org, Package, start, start_with};

/// The durations of three deploys and three retrieves in milliseconds, at 1 percent.
fn times(seed: u64) -> Vec<u128> {
    let switches = Switches { pace: Pace::Real, pace_percent: 2, seed, ..Switches::default() };
    let org = start_with(Config { switches, ..Config::default() });
    let mut took = Vec::new();
    for _ in 0..3 {
        let begun = Instant::now();
        assert_eq!(org.deploy(&Package::new().with(APP, "Shop", "")).status(), "Succeeded");
        took.push(begun.elapsed().as_millis());
        let begun = Instant::now();
        let id = org.start_retrieve(&[(APP, "*")], 66);
        while !org.check_retrieve(&id).body.contains("<done>true</done>") {
            std::thread::sleep(Duration::from_millis(2));
        }
        took.push(begun.elapsed().as_millis());
    }
    took
}

#[test]
fn a_real_pace_is_slow() {
    let took = times(7);
    // At 2 percent: deploys 40 to 400 ms and up to 200 ms in the queue, retrieves 10 to 100 ms.
    for (number, took) in took.iter().enumerate() {
        assert!(*took >= if number % 2 == 0 { 40 } else { 10 }, "{number}: {took}");
    }
}

fn is_listed(org: &Org, name: &str) -> bool {
    let list = org.soap(&format!("<listMetadata><queries><type>{APP}</type></queries></listMetadata>")).body;
    list.contains(&format!("<fullName>{name}</fullName>"))
}

#[test]
fn lists_show_an_earlier_state() {
    let switches = Switches { list_lag_ms: 400, ..Switches::default() };
    let org = start_with(Config { switches, ..Config::default() });
    let created = Instant::now();
    assert_eq!(org.deploy(&Package::new().with(APP, "Shop", "")).status(), "Succeeded");
    let at_once = is_listed(&org, "Shop");
    // On a machine that was busy for this long the check is inconclusive.
    assert!(!at_once || created.elapsed() > Duration::from_millis(300));
    // A retrieve contains it.
    assert!(org.retrieve(&[(APP, "Shop")], 66).files.contains_key("unpackaged/externalClientApps/Shop.eca"));
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_listed(&org, "Shop") {
        assert!(Instant::now() < deadline, "it is not listed");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(at_once || created.elapsed() >= Duration::from_millis(400));

    let deleted = Instant::now();
    assert_eq!(org.deploy(&Package::new().delete(&[(APP, "Shop")])).status(), "Succeeded");
    assert!(is_listed(&org, "Shop") || deleted.elapsed() > Duration::from_millis(300));
    while is_listed(&org, "Shop") {
        assert!(Instant::now() < deadline, "it is still listed");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_pace_can_be_switched() {
    let org = start();
    let switches =
        org.admin("PATCH", "org", r#"{"pace": "real", "seed": 3, "pace_percent": 1}"#)["switches"].clone();
    assert_eq!((&switches["pace"], &switches["seed"]), (&serde_json::json!("real"), &serde_json::json!(3)));
    assert_eq!(org.deploy(&Package::new().with(APP, "Shop", "")).status(), "Succeeded");
    let answer = org.http("PATCH", "/emulator/org", &[], br#"{"pace": "slow"}"#);
    assert_eq!(answer.status, 400);
}
