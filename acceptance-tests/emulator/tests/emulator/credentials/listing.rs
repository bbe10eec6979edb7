//! The lists of Connect REST: versions, pages, the two lengths of IDs, apps with several consumers.

use serde_json::{Value, json};

use super::keys::Keys;
use crate::client::start;

#[test]
fn each_call_requires_its_api_version() {
    let keys = Keys::open();
    keys.stage();
    let credentials = format!("credentials/{}", keys.app);
    let one = format!("{credentials}/{}", keys.consumer);
    for (path, since) in
        [("usage", 59), (credentials.as_str(), 60), (one.as_str(), 60), (&format!("{one}/staged"), 65)]
    {
        for version in [58, 59, 60, 64, 65, 66, 68] {
            let response =
                keys.org.rest("GET", &format!("/services/data/v{version}.0/apps/oauth/{path}"), "");
            let expected = if version < since { 404 } else { 200 };
            assert_eq!(response.status, expected, "{path} at {version}: {}", response.body);
        }
    }
    for (version, has_link) in [(64, false), (65, true)] {
        let list = keys.org.rest("GET", &format!("/services/data/v{version}.0/apps/oauth/{credentials}"), "");
        assert_eq!(list.json()["consumers"][0].get("stagedCredentialsUrl").is_some(), has_link);
    }
    let path = format!("/services/data/v64.0/apps/oauth/{one}/staged");
    assert_eq!(keys.org.json("POST", &path, "{}").status, 404);
    assert_eq!(keys.states(), ["Active"]);
}

/// Follows nextPageUrl. Returns the sizes of the pages, and all entries.
fn pages(org: &crate::client::Org, path: &str, name: &str) -> (Vec<usize>, Vec<Value>) {
    let (mut sizes, mut all) = (Vec::new(), Vec::new());
    let mut next = Some(path.to_string());
    while let Some(path) = next {
        let response = org.rest("GET", &path, "");
        assert_eq!(response.status, 200, "{path}: {}", response.body);
        let page = response.json();
        assert!(page["currentPageUrl"].as_str().unwrap().starts_with("/services/data/"), "{page}");
        let own = page[name].as_array().unwrap().clone();
        sizes.push(own.len());
        all.extend(own);
        next = page["nextPageUrl"].as_str().map(str::to_string);
        assert_eq!(page["nextPageUrl"].is_null(), next.is_none(), "{page}");
    }
    (sizes, all)
}

#[test]
fn lists_are_paged() {
    let org = start();
    org.admin("POST", "apps", r#"{"name":"Many","copies":249}"#);
    let usage = "/services/data/v66.0/apps/oauth/usage";
    for (query, expected) in [
        ("", vec![100, 100, 50]),
        ("?page=0&pageSize=100", vec![100, 100, 50]),
        ("?page=1", vec![100, 50]),
        ("?pageSize=90", vec![90, 90, 70]),
        ("?page=2&pageSize=100", vec![50]),
        ("?page=3&pageSize=100", vec![0]),
        ("?page=9999999999", vec![0]),
    ] {
        let (sizes, apps) = pages(&org, &format!("{usage}{query}"), "apps");
        assert_eq!(sizes, expected, "{query}");
        let ids: std::collections::BTreeSet<String> =
            apps.iter().map(|app| app["identifier"].to_string()).collect();
        assert_eq!(ids.len(), apps.len(), "{query}: no app occurs twice");
    }
    // The last page is full, and no page follows it.
    assert_eq!(pages(&org, &format!("{usage}?pageSize=50"), "apps").0, [50; 5]);
    for invalid in ["page=-1", "page=x", "page=", "pageSize=0", "pageSize=101", "pageSize=1e2", "page=%2B1"] {
        let response = org.rest("GET", &format!("{usage}?{invalid}"), "");
        assert_eq!(response.status, 400, "{invalid}");
        assert_eq!(response.json()[0]["errorCode"], "INVALID_QUERY_PARAMETER", "{invalid}");
    }
}

#[test]
fn an_app_can_have_several_consumers() {
    let keys = Keys::open();
    for name in ["Second", "Third"] {
        keys.org.admin("POST", "apps/Shop/consumers", &json!({ "name": name }).to_string());
    }
    let path = format!("/services/data/v66.0/apps/oauth/credentials/{}", keys.app);
    let (sizes, consumers) = pages(&keys.org, &format!("{path}?pageSize=2"), "consumers");
    assert_eq!(sizes, [2, 1]);
    let names: Vec<&Value> = consumers.iter().map(|consumer| &consumer["name"]).collect();
    assert_eq!(names, ["Shop_global", "Second", "Third"]);
    let mut secrets = std::collections::BTreeSet::new();
    for consumer in &consumers {
        let url = consumer["url"].as_str().unwrap();
        let pair = super::keys::pair(&keys.org.rest("GET", &format!("{url}?part=keyandsecret"), "").json());
        assert_eq!(consumer["key"], pair.0);
        assert!(keys.logs_in(&pair), "{consumer}");
        secrets.insert(pair.1);
    }
    assert_eq!(secrets.len(), 3);
    let staged = format!("{}/staged", consumers[1]["url"].as_str().unwrap());
    let response = keys.org.json("POST", &staged, "{}");
    assert!(
        response.body.contains("not emulated: staging for a further consumer of an app"),
        "{}",
        response.body
    );
    let missing = keys.org.http("POST", "/emulator/apps/Nothing/consumers", &[], b"{}");
    assert_eq!(missing.status, 404);
}

/// Responses contain IDs of both lengths, and a URL may contain either.
#[test]
fn ids_are_accepted_with_15_and_with_18_characters() {
    let keys = Keys::open();
    let (staged, _) = keys.stage_pair();
    let consumer_id = keys.get("").json()["id"].as_str().unwrap().to_string();
    let one = keys.get(&format!("/staged/{staged}")).json()["id"].as_str().unwrap().to_string();
    assert_eq!((keys.app.len(), keys.consumer.len(), consumer_id.len()), (18, 15, 18));
    assert_eq!((staged.len(), one.len()), (15, 18));
    let path = |app: &str, consumer: &str, staged: &str| {
        format!("/services/data/v66.0/apps/oauth/credentials/{app}/{consumer}/staged/{staged}")
    };
    for app in [&keys.app, &keys.app[..15]] {
        for consumer in [&consumer_id, &consumer_id[..15]] {
            for staged in [&one, &one[..15]] {
                assert_eq!(keys.org.rest("GET", &path(app, consumer, staged), "").status, 200);
            }
        }
    }
    let invalid = |id: &str| format!("{}ZZZ", &id[..15]);
    for (app, consumer, staged) in [
        (invalid(&keys.app), consumer_id.clone(), one.clone()),
        (keys.app.clone(), invalid(&consumer_id), one.clone()),
        (keys.app.clone(), consumer_id.clone(), invalid(&one)),
        (keys.app[..14].to_string(), consumer_id.clone(), one.clone()),
        (keys.app.clone(), consumer_id[..16].to_string(), one.clone()),
        (keys.app.clone(), consumer_id.clone(), one[..17].to_string()),
    ] {
        assert_eq!(keys.org.rest("GET", &path(&app, &consumer, &staged), "").status, 404);
    }
}

#[test]
fn the_usage_list_can_require_an_issued_token() {
    let keys = Keys::open();
    let usage = || keys.org.rest("GET", "/services/data/v66.0/apps/oauth/usage", "").json();
    keys.switch(&json!({ "usage_needs_tokens": true }));
    assert_eq!(usage()["apps"], json!([]));
    assert!(keys.logs_in(&keys.main()));
    assert_eq!(usage()["apps"][0]["identifier"], keys.app);
}
