//! The responses and errors when credentials are staged, rotated and deleted.

use serde_json::{Value, json};

use super::keys::{Keys, MONTH, pair};
use crate::client::{APP, GLOBAL, OAUTH, Package, Response};

const NOT_ENABLED: &str = "This feature is not currently enabled for this user.";

#[test]
fn a_pair_is_staged_rotated_and_deleted() {
    let keys = Keys::open();
    let before = keys.main();
    assert_eq!(keys.staged(), Vec::<Value>::new());

    let response = keys.stage();
    assert_eq!(response.status, 201, "{}", response.body);
    let list = response.json();
    let base = format!("/services/data/v66.0/apps/oauth/credentials/{}/", keys.app);
    let at = list["url"].as_str().unwrap();
    assert!(at.starts_with(&base) && at.ends_with("/staged"), "{list}");
    let one = list["stagedCredentials"][0].clone();
    let mut names: Vec<&String> = one.as_object().unwrap().keys().collect();
    names.sort();
    let expected = [
        "createdBy",
        "createdDate",
        "expirationDate",
        "id",
        "key",
        "secret",
        "stagedCredentialsUrl",
        "state",
        "url",
    ];
    assert_eq!(names, expected);
    assert_eq!(one["state"], "Active");
    assert_eq!(keys.main(), before, "nothing has changed yet");
    let by_url = keys.org.rest("GET", one["url"].as_str().unwrap(), "").json();
    assert_eq!((pair(&by_url), &by_url["createdDate"]), (pair(&one), &one["createdDate"]));
    assert_eq!(by_url["stagedCredentialsUrl"], list["url"]);

    let id = one["id"].as_str().unwrap();
    let rotated = keys.rotate(id);
    assert_eq!(rotated.status, 200, "{}", rotated.body);
    assert_eq!(keys.main(), pair(&one));
    let previous = keys.staged();
    assert_eq!(previous.len(), 1);
    assert_eq!((pair(&previous[0]), &previous[0]["state"]), (before.clone(), &json!("Rotated")));
    assert_eq!(previous[0]["id"], one["id"]);
    assert_eq!((pair(&rotated.json()), &rotated.json()["state"]), (before, &json!("Rotated")));
    assert_eq!(keys.org.element(GLOBAL, "Shop_global", "consumerKey"), Some(keys.main().0));
    assert_eq!(keys.org.element(GLOBAL, "Shop_global", "consumerSecret"), Some(keys.main().1));

    assert_eq!(keys.delete(id).status, 204);
    assert_eq!(keys.delete(id).status, 404);
    assert_eq!(keys.states(), Vec::<String>::new());
    assert_eq!(keys.main(), pair(&one));
}

/// Staged credentials are valid for a month from staging, previous ones for a month from the rotation.
#[test]
fn staged_and_previous_pairs_expire() {
    let keys = Keys::open();
    let (id, staged) = keys.stage_pair();
    let expiration = |keys: &Keys| keys.staged()[0]["expirationDate"].as_str().unwrap().to_string();
    let first = expiration(&keys);
    keys.advance_clock(MONTH - 60);
    assert_eq!(keys.states(), ["Active"]);
    keys.rotate(&id);
    assert!(expiration(&keys) > first, "counted from the rotation");
    keys.advance_clock(MONTH - 60);
    assert_eq!(keys.states(), ["Rotated"]);
    keys.advance_clock(60);
    assert_eq!(keys.states(), ["Expired"]);
    assert!(keys.logs_in(&staged), "the main pair does not expire");
    let rejected = keys.rotate(&id);
    assert!(rejected.status == 400 && rejected.body.contains("these are Expired"), "{}", rejected.body);
    let (next, _) = keys.stage_pair();
    keys.advance_clock(MONTH);
    assert_eq!(keys.states(), ["Expired", "Expired"]);
    let rejected = keys.rotate(&next);
    assert_eq!(rejected.status, 400, "{}", rejected.body);
    assert_eq!(keys.delete(&next).status, 204);
}

#[test]
fn invalid_bodies_methods_and_ids_are_rejected() {
    type Case = (&'static str, &'static str, &'static str, u16, &'static str);
    let cases: &[Case] = &[
        ("POST", "", r#"{"key":"x"}"#, 400, "Staging takes no parameters and an empty body"),
        ("POST", "", "[]", 400, "Staging takes no parameters"),
        ("POST", "", "null", 400, "Staging takes no parameters"),
        ("POST", "?x=1", "{}", 400, "Staging takes no parameters"),
        ("POST", "", "{", 400, "JSON_PARSER_ERROR"),
        ("PATCH", "/ID", r#"{"command":"Rotate"}"#, 400, "The only command is rotate"),
        ("PATCH", "/ID", r#"{"command":"delete"}"#, 400, "The only command is rotate"),
        ("PATCH", "/ID", r#"{"command":"rotate","x":1}"#, 400, "The only command is rotate"),
        ("PATCH", "/ID", "{}", 400, "The only command is rotate"),
        ("PATCH", "/ID", "rotate", 400, "JSON_PARSER_ERROR"),
        ("PATCH", "/ID", "", 400, "JSON_PARSER_ERROR"),
        ("PATCH", "", r#"{"command":"rotate"}"#, 501, "not emulated"),
        ("PUT", "/ID", "{}", 501, "not emulated"),
        ("POST", "/ID", "{}", 501, "not emulated"),
        ("DELETE", "", "", 501, "not emulated"),
        ("GET", "/0xR000000009999", "", 404, "NOT_FOUND"),
        ("PATCH", "/0xR000000009999", r#"{"command":"rotate"}"#, 404, "NOT_FOUND"),
        ("DELETE", "/0xR000000009999", "", 404, "NOT_FOUND"),
    ];
    let keys = Keys::open();
    let (id, _) = keys.stage_pair();
    for (method, rest, body, status, words) in cases {
        let path = keys.path(&format!("/staged{}", rest.replace("ID", &id)));
        let response = keys.org.json(method, &path, body);
        assert_eq!(response.status, *status, "{method} {rest} {body}: {}", response.body);
        assert!(response.body.contains(words), "{method} {rest} {body}: {}", response.body);
    }
    assert_eq!(keys.states(), ["Active"], "nothing has changed");
    let plain = keys.org.rest("POST", &keys.path("/staged"), "{}");
    assert!(
        plain.status == 415 && plain.body.contains("The content type must be application/json"),
        "{}",
        plain.body
    );
}

/// A POST with an empty body or without a length gets no response.
#[test]
fn a_post_without_a_body_gets_no_response() {
    let keys = Keys::open();
    let path = keys.path("/staged");
    assert_eq!(keys.org.json("POST", &path, "").status, 0);
    assert_eq!(keys.org.without_length("POST", &path), "");
    assert_eq!(keys.states(), Vec::<String>::new());
    let journal = keys.org.admin("GET", "journal", "");
    let calls = journal.as_array().unwrap().iter().filter(|entry| entry["operation"] == "stageCredentials");
    let reasons: Vec<&Value> = calls.map(|entry| &entry["details"]["notAnswered"]).collect();
    assert_eq!(reasons, ["a POST without a body"; 2]);
}

/// All calls for staged credentials are rejected in the same way. The call for the current credentials omits the
/// secret, or is rejected without `ExternalClientAppDeveloper`.
#[test]
fn secrets_require_the_org_setting_and_the_permissions() {
    let all = ["ApiEnabled", "ExternalClientAppDeveloper", "ModifyMetadata", "ViewClientSecret"];
    type Case = (&'static str, bool, &'static str, u16, bool);
    let cases: &[Case] = &[
        ("everything", true, "", 200, true),
        ("the setting is off", false, "", 200, false),
        ("no ViewClientSecret", true, "ViewClientSecret", 200, false),
        ("no ExternalClientAppDeveloper", true, "ExternalClientAppDeveloper", 403, false),
    ];
    for (what, setting, missing, plain, has_secret) in cases {
        let mut keys = Keys::open();
        let (id, _) = keys.stage_pair();
        keys.switch(&json!({ "enableClientSecretInRestApiAccess": setting }));
        let username = keys.org.site_user("limited");
        let permissions: Vec<&str> = all.into_iter().filter(|one| one != missing).collect();
        keys.switch(&json!({ "users": { username: { "permissions": permissions } } }));
        keys.org.token = keys.org.token_of("limited");
        let response = keys.get("?part=keyandsecret");
        assert_eq!(response.status, *plain, "{what}");
        assert_eq!(response.body.contains("canarySECRET"), *has_secret, "{what}: {}", response.body);
        let calls = [
            keys.get("/staged"),
            keys.get(&format!("/staged/{id}")),
            keys.stage(),
            keys.rotate(&id),
            keys.delete("0xR000000009999"),
            keys.org.rest("GET", "/services/data/v66.0/apps/oauth/credentials/0xI/888/staged", ""),
        ];
        for (number, call) in calls.iter().enumerate() {
            let is_rejected = call.status == 403 && call.body.contains(NOT_ENABLED);
            assert_eq!(is_rejected, !*has_secret, "{what}, call {number}: {}", call.body);
            assert!(!is_rejected || !call.body.contains("canary"), "{what}");
        }
    }
}

#[test]
fn staged_credentials_are_rejected_for_packaged_and_installed_apps() {
    let keys = Keys::open();
    keys.org.admin("PATCH", &format!("components/{APP}/Shop"), r#"{"distributionState":"Packaged"}"#);
    let installed = r#"{"namespace":"acme","name":"Desk"}"#;
    keys.org.admin("POST", "packages", installed);
    let found =
        keys.org.query("SELECT Id FROM ExternalClientApplication WHERE NamespacePrefix = 'acme'").json();
    let installed = found["records"][0]["Id"].as_str().unwrap_or_else(|| panic!("{found}")).to_string();
    for app in [&keys.app, &installed] {
        let path = format!("/services/data/v66.0/apps/oauth/credentials/{app}/{}/staged", keys.consumer);
        for response in [keys.org.json("POST", &path, "{}"), keys.org.rest("GET", &path, "")] {
            assert_eq!(response.status, 400, "{}", response.body);
            assert!(response.body.contains("for local external client apps only"), "{}", response.body);
        }
    }
}

/// Each value of the switch, and whether credentials can be staged next to active, rotated and expired ones.
#[test]
fn a_switch_determines_whether_another_pair_can_be_staged() {
    for (switch, beside_active, beside_rotated, beside_expired) in [
        (None, false, false, true),
        (Some("beside_expired"), false, false, true),
        (Some("beside_rotated"), false, true, true),
        (Some("alone"), false, false, false),
    ] {
        let keys = Keys::open();
        if let Some(switch) = switch {
            keys.switch(&json!({ "staging": switch }));
        }
        let is_staged = |response: &Response| {
            let is_rejected =
                response.body.contains("The consumer already has staged credentials in the state");
            assert!(response.status == 201 || response.status == 400 && is_rejected, "{}", response.body);
            response.status == 201
        };
        let (id, _) = keys.stage_pair();
        assert_eq!(is_staged(&keys.stage()), beside_active, "{switch:?}");
        keys.rotate(&id);
        let other = is_staged(&keys.stage());
        assert_eq!(other, beside_rotated, "{switch:?}");
        if other {
            assert_eq!(keys.states(), ["Rotated", "Active"]);
            let next = keys.staged()[1]["id"].as_str().unwrap().to_string();
            assert_eq!(keys.rotate(&next).status, 200);
            assert_eq!(keys.states(), ["Rotated", "Rotated"]);
        }
        keys.advance_clock(MONTH);
        assert_eq!(is_staged(&keys.stage()), beside_expired, "{switch:?}");
    }
    let keys = Keys::open();
    let unknown = keys.org.http("PATCH", "/emulator/org", &[], br#"{"staging":"twice"}"#);
    assert_eq!(unknown.status, 400);
}

#[test]
fn switches_change_unconfirmed_behavior_of_staged_credentials() {
    let mut keys = Keys::open();
    keys.org.token = keys.org.token_of("other.admin");
    let (id, _) = keys.stage_pair();
    let username = keys.org.site_user("other.admin");
    for (form, expected) in
        [(None, "005000000000005"), (Some("username"), username.as_str()), (Some("name"), "Otto Other")]
    {
        if let Some(form) = form {
            keys.switch(&json!({ "staged_created_by": form }));
        }
        assert_eq!(keys.staged()[0]["createdBy"], expected);
    }
    keys.switch(&json!({ "rotation_keeps_id": false }));
    let rotated = keys.rotate(&id).json()["id"].as_str().unwrap().to_string();
    assert_ne!(rotated[..15], id[..15]);
    assert_eq!((keys.delete(&id).status, keys.delete(&rotated).status), (404, 204));
    keys.switch(&json!({ "nothing_staged_is_404": true }));
    assert_eq!(keys.get("/staged").status, 404);
    keys.stage();
    assert_eq!(keys.get("/staged").status, 200);
}

#[test]
fn deleting_the_app_settings_or_global_file_revokes_all_pairs() {
    for (kind, name) in [(APP, "Shop"), (OAUTH, "Shop_oauth"), (GLOBAL, "Shop_global")] {
        let keys = Keys::open();
        let former = keys.main();
        let (id, staged) = keys.stage_pair();
        keys.rotate(&id);
        assert!(keys.logs_in(&former) && keys.logs_in(&staged));
        keys.remove(kind, name);
        for (key, secret) in [&former, &staged] {
            assert_eq!(keys.log_in(key, secret).json()["error"], "invalid_client_id", "{kind}");
        }
        assert_eq!(keys.get("/staged").status, 404, "{kind}");
        if kind != APP {
            // A new file creates a new consumer, without the former credentials.
            let parent = "<externalClientApplication>Shop</externalClientApplication>";
            let scopes = format!("<commaSeparatedOauthScopes>Api</commaSeparatedOauthScopes>{parent}");
            let global = format!("<callbackUrl>https://shop.example/</callbackUrl>{parent}");
            let package =
                Package::new().with(OAUTH, "Shop_oauth", &scopes).with(GLOBAL, "Shop_global", &global);
            assert_eq!(keys.org.deploy(&package).status(), "Succeeded");
            let pairs = keys.org.admin("GET", "apps/Shop/credentials", "");
            assert_eq!(pairs.as_array().unwrap().len(), 1, "{kind}: {pairs}");
            assert!(!keys.logs_in(&former) && !keys.logs_in(&staged), "{kind}");
        }
    }
}

/// The Global file gets a new key and secret, and logins with the former ones fail, just as they do when no credentials
/// are staged.
#[test]
fn a_deploy_that_rotates_does_not_change_staged_credentials() {
    let keys = Keys::open();
    let former = keys.main();
    let (_, staged) = keys.stage_pair();
    let package = Package::new()
        .with(
            GLOBAL,
            "Shop_global",
            "<callbackUrl>https://shop.example/</callbackUrl>\
             <externalClientApplication>Shop</externalClientApplication>\
             <isClientCredentialsFlowEnabled>true</isClientCredentialsFlowEnabled>\
             <shouldRotateConsumerKey>true</shouldRotateConsumerKey>\
             <shouldRotateConsumerSecret>true</shouldRotateConsumerSecret>",
        )
        .option("ignoreWarnings", "true");
    let deployed = keys.org.deploy(&package);
    assert_eq!(deployed.status(), "Succeeded", "{}", deployed.text);
    let main = keys.main();
    assert!(main.0 != former.0 && main.1 != former.1);
    assert_eq!(
        (keys.logs_in(&former), keys.logs_in(&main), keys.logs_in(&staged)),
        (false, true, true),
        "{:?}",
        keys.states()
    );
}
