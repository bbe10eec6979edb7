//! The Experience Cloud site and its users in queries and admin calls.

use serde_json::json;

use crate::client::{Org, start};

fn count(org: &Org, soql: &str) -> u64 {
    let response = org.query(soql);
    assert_eq!(response.status, 200, "{soql}: {}", response.body);
    response.json()["totalSize"].as_u64().unwrap()
}

#[test]
fn the_site_can_be_queried() {
    let org = start();
    let network = org.query("SELECT Id, Name, Status, UrlPathPrefix FROM Network").json();
    assert_eq!(network["records"][0]["Status"], "Live");
    let id = network["records"][0]["Id"].as_str().unwrap();
    let settings = org
        .query(&format!(
            "SELECT IsPwdlessLoginAllowed, MaxPasswordResetAttempts, RecaptchaSecretKey, RegistrationHandler.Name, \
             RegistrationUserDefaultProfile.Name FROM NetworkAuthApiSettings WHERE NetworkId = '{id}'"
        ))
        .json();
    let row = &settings["records"][0];
    assert_eq!(row["IsPwdlessLoginAllowed"], true);
    assert_eq!(row["MaxPasswordResetAttempts"], 5);
    assert_eq!(row["RecaptchaSecretKey"], json!(null));
    assert_eq!(count(&org, "SELECT COUNT() FROM NetworkMemberGroup WHERE ParentId LIKE '00e%'"), 1);
    org.admin(
        "PATCH",
        "site",
        r#"{"status":"UnderConstruction","authApi":{"isPwdlessLoginAllowed":false},"memberPermissionSets":["Shop_Staff"]}"#,
    );
    assert_eq!(count(&org, "SELECT COUNT() FROM Network WHERE Status = 'Live'"), 0);
    assert_eq!(
        count(&org, "SELECT COUNT() FROM NetworkAuthApiSettings WHERE IsPwdlessLoginAllowed = true"),
        0
    );
    assert_eq!(count(&org, "SELECT COUNT() FROM NetworkMemberGroup WHERE ParentId LIKE '0PS%'"), 1);
}

#[test]
fn named_users_are_included_in_the_counts() {
    let org = start();
    let members =
        "SELECT COUNT() FROM User WHERE Profile.Name = 'Customer Community User' AND IsActive = true";
    assert_eq!(count(&org, members), 200);
    let customer = org.site_user("customer");
    org.admin("PATCH", &format!("users/{customer}"), r#"{"active":false}"#);
    assert_eq!(count(&org, members), 199);
    let groups = org.admin("GET", "org", "")["permissionSets"].clone();
    assert_eq!(groups[0]["holders"], 213);
    org.admin(
        "PATCH",
        &format!("users/{customer}"),
        r#"{"active":true,"permissionSets":["Shop_Customer","Shop_Staff"]}"#,
    );
    let groups = org.admin("GET", "org", "")["permissionSets"].clone();
    assert_eq!((&groups[0]["holders"], &groups[1]["holders"]), (&json!(214), &json!(13)));
    let rejected = org.http("PATCH", &format!("/emulator/users/{customer}"), &[], br#"{"profile":"Nope"}"#);
    assert_eq!(rejected.status, 400, "{}", rejected.body);
    assert_eq!(org.admin("GET", &format!("users/{customer}"), "")["profile"], "Customer Community User");
}

#[test]
fn invalid_changes_of_the_site_are_rejected() {
    let org = start();
    for changes in [
        r#"{"authApi":{"isRecaptchaRequiredRgstr":false}}"#,
        r#"{"authApi":{"nope":false}}"#,
        r#"{"authApi":{"recaptchaScoreThreshold":0.1}}"#,
        r#"{"nope":1}"#,
        r#"{"status":"Nope"}"#,
        r#"{"memberProfiles":["Nope"]}"#,
        r#"{"loginPolicies":{"Nope":{}}}"#,
        r#"{"url":"x"}"#,
    ] {
        let response = org.http("PATCH", "/emulator/site", &[], changes.as_bytes());
        assert_eq!(response.status, 400, "{changes}: {}", response.body);
    }
}

#[test]
fn passwords_are_secrets_and_appear_only_in_the_credentials() {
    let org = start();
    let secrets = org.admin("GET", "secrets", "").to_string();
    for (_, password) in &org.running.credentials.site_users {
        assert!(password.starts_with("canary"), "{password}");
        assert!(secrets.contains(password.as_str()));
        assert!(!org.admin("GET", "users", "").to_string().contains(password.as_str()));
        assert!(!org.admin("GET", "org", "").to_string().contains(password.as_str()));
    }
    assert_eq!(org.running.credentials.site_users.len(), 7);
}

#[test]
fn the_clock_can_be_advanced() {
    let org = start();
    org.admin("POST", "clock", r#"{"forward_seconds":86400}"#);
    assert_eq!(org.admin("GET", "clock", "")["ahead_seconds"], 86400);
    org.admin("PATCH", "org", r#"{"deploy_ms":3600000}"#);
    let id = org.start_deploy(&crate::client::Package::shop());
    assert!(org.check(&id).text.contains("<done>false</done>"));
    org.admin("POST", "clock", r#"{"forward_seconds":3601}"#);
    assert_eq!(org.check(&id).status(), "Succeeded");
}
