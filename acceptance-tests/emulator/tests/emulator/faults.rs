//! Planned faults.

use crate::client::{APP, GLOBAL, Org, Package, start};

fn plan(org: &Org, text: &str) {
    org.admin("POST", "faults", text);
}

#[test]
fn a_response_can_be_replaced_before_or_after_the_effect() {
    let org = start();
    plan(&org, r#"{"call":"deploy","do":{"status":503,"body":"<html>We are down</html>"}}"#);
    let body = "<deploy><ZipFile>AAAA</ZipFile></deploy>";
    let response = org.soap(body);
    assert_eq!((response.status, response.body.as_str()), (503, "<html>We are down</html>"));
    assert!(response.head.to_lowercase().contains("content-type: text/html"));
    assert_eq!(org.admin("GET", "deploys", "").as_array().unwrap().len(), 0);
    plan(&org, r#"{"call":"deploy","when":"after","do":"drop"}"#);
    assert_eq!(org.soap(body).status, 0);
    assert_eq!(org.admin("GET", "deploys", "").as_array().unwrap().len(), 1);
    assert_eq!(org.soap(body).status, 200, "once only");
}

#[test]
fn connections_can_be_cut_dropped_and_delayed() {
    let org = start();
    plan(
        &org,
        r#"[{"call":"describeMetadata","when":"after","do":"cut"},{"call":"describeMetadata","nth":2,"do":"drop"},
            {"call":"describeMetadata","nth":3,"do":{"delay_ms":120}},
            {"call":"describeMetadata","nth":5,"do":{"drip_ms":150}},
            {"call":"describeMetadata","nth":4,"do":{"fault":{"code":"sf:SERVER_UNAVAILABLE","text":"try again"}}}]"#,
    );
    let cut = org.soap("<describeMetadata/>");
    assert_eq!(cut.status, 200);
    assert!(!cut.is_complete && cut.body.contains("<metadataObjects>"));
    assert_eq!(org.soap("<describeMetadata/>").status, 0);
    let start = std::time::Instant::now();
    assert_eq!(org.soap("<describeMetadata/>").status, 200);
    assert!(start.elapsed().as_millis() >= 120);
    let fault = org.soap("<describeMetadata/>");
    assert!(
        fault.body.contains(
            "<faultcode>sf:SERVER_UNAVAILABLE</faultcode><faultstring>SERVER_UNAVAILABLE: try again"
        )
    );
    let start = std::time::Instant::now();
    let dripped = org.soap("<describeMetadata/>");
    assert!(dripped.is_complete && start.elapsed().as_millis() >= 100);
    let journal = org.admin("GET", "journal", "");
    assert_eq!(journal[1]["status"], 0);
    assert_eq!(journal[1]["fault"], r#"Before {"drop":true}"#);
}

#[test]
fn a_deploy_can_fail_as_planned() {
    let org = start();
    plan(
        &org,
        r#"[{"call":"deploy","do":{"deploy_result":{"status":"Failed","errorStatusCode":"ALREADY_IN_PROCESS","errorMessage":"locked"}}},
            {"call":"deploy","nth":2,"do":{"component_problem":{"type":"ExternalClientApplication","fullName":"Shop","problem":"UNABLE_TO_LOCK_ROW","line":3}}},
            {"call":"deploy","nth":3,"when":"after","do":{"deploy_result":{"status":"Canceled"}}}]"#,
    );
    let locked = org.deploy(&Package::shop());
    assert_eq!(locked.status(), "Failed");
    assert!(locked.text.contains("<errorStatusCode>ALREADY_IN_PROCESS</errorStatusCode>"));
    assert!(org.components().get(APP).is_none());
    let row = org.deploy(&Package::shop());
    assert_eq!(row.problems(), ["3 UNABLE_TO_LOCK_ROW"]);
    assert!(org.components().get(APP).is_none());
    let canceled = org.deploy(&Package::shop());
    assert_eq!(canceled.status(), "Canceled");
    assert!(org.components()[APP].get("Shop").is_some(), "committed anyway");
    plan(&org, r#"{"call":"checkDeployStatus","do":{"deploy_result":{"status":"InProgress"}}}"#);
    let id = org.start_deploy(&Package::shop());
    assert_eq!(org.check(&id).status(), "InProgress");
    assert_eq!(org.check(&id).status(), "Succeeded");
}

#[test]
fn a_zip_can_be_truncated_and_a_second_admin_can_interfere() {
    let org = start();
    org.shop();
    plan(
        &org,
        r#"[{"call":"checkRetrieveStatus","do":{"truncate_zip":40}},
            {"call":"retrieve","nth":2,"do":{"edit":{"type":"ExtlClntAppGlobalOauthSettings","fullName":"Shop_global","set":{"isPkceRequired":false,"callbackUrl":null}}}},
            {"call":"retrieve","nth":3,"do":{"delete":{"type":"ExternalClientApplication","fullName":"Shop"}}}]"#,
    );
    let id = org.start_retrieve(&[(APP, "*")], 66);
    let zip = crate::client::between(&org.check_retrieve(&id).body, "<zipFile>", "</zipFile>").unwrap();
    assert_eq!(zip.len(), 56);
    assert_eq!(org.element(GLOBAL, "Shop_global", "isPkceRequired").as_deref(), Some("false"));
    assert_eq!(org.element(APP, "Shop", "label"), None);
    assert_eq!(org.admin("GET", "faults", "")[2]["done"], 1);
    org.admin("DELETE", "faults", "");
    assert_eq!(org.admin("GET", "faults", "").as_array().unwrap().len(), 0);
}

#[test]
fn faults_of_rest_and_tokens_have_their_own_format() {
    let org = start();
    plan(
        &org,
        r#"[{"call":"query","do":{"fault":{"code":"REQUEST_LIMIT_EXCEEDED","text":"TotalRequests Limit exceeded.","status":403}}},
            {"call":"token","do":{"fault":{"code":"invalid_grant","text":"login rate exceeded"}}}]"#,
    );
    let query = org.query("SELECT Id FROM User");
    assert_eq!(query.status, 403);
    assert_eq!(query.json()[0]["errorCode"], "REQUEST_LIMIT_EXCEEDED");
    let token = org.http("POST", "/services/oauth2/token", &[], b"");
    assert_eq!(token.json()["error_description"], "login rate exceeded");
}

/// For each call: a fault before the call prevents its effect, but a fault after the call does not.
#[test]
fn every_call_can_be_lost_before_and_after_its_effect() {
    let record = |name: &str, label: &str| {
        format!(
            "<metadata xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{APP}\"><fullName>{name}\
             </fullName><label>{label}</label></metadata>"
        )
    };
    let zip = {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(Package::new().with(APP, "New", "").zip())
    };
    let status = "<asyncProcessId>0Af</asyncProcessId>";
    let query = "<queries><type>ExternalClientApplication</type></queries>";
    let members = "<types><members>*</members><name>ExternalClientApplication</name></types>";
    let soap = [
        ("deploy", format!("<ZipFile>{zip}</ZipFile>"), true),
        ("checkDeployStatus", status.to_string(), false),
        ("cancelDeploy", "<String>0Af</String>".to_string(), false),
        ("retrieve", format!("<retrieveRequest><unpackaged>{members}</unpackaged></retrieveRequest>"), false),
        ("checkRetrieveStatus", status.to_string(), false),
        ("listMetadata", query.to_string(), false),
        ("describeMetadata", String::new(), false),
        ("readMetadata", format!("<type>{APP}</type><fullNames>Shop</fullNames>"), false),
        ("createMetadata", record("Made", "x"), true),
        ("updateMetadata", record("Shop", "Changed"), true),
        ("upsertMetadata", record("Other", "x"), true),
        ("deleteMetadata", format!("<type>{APP}</type><fullNames>Shop</fullNames>"), true),
    ];
    let rest = [
        ("query", "GET", "query?q=SELECT%20Id%20FROM%20User"),
        ("toolingQuery", "GET", "tooling/query?q=SELECT%20Id%20FROM%20DeployRequest"),
        ("sobjects", "GET", "sobjects/User/005000000000001AAA"),
        ("limits", "GET", "limits"),
        ("versions", "GET", ""),
        ("checkDeployStatus", "GET", "metadata/deployRequest/0Af"),
        ("oauthUsage", "GET", "apps/oauth/usage"),
        ("oauthCredentials", "GET", "apps/oauth/credentials/0xI"),
    ];
    let mut lost = 0;
    for when in ["before", "after"] {
        for (call, body, writes) in &soap {
            let org = start();
            org.shop();
            let state = || (org.components(), org.admin("GET", "deploys", "").as_array().map(Vec::len));
            let before = state();
            plan(&org, &format!(r#"{{"call":"{call}","when":"{when}","do":"drop"}}"#));
            assert_eq!(org.soap(&format!("<{call}>{body}</{call}>")).status, 0, "{call} {when}");
            assert_eq!(state() != before, *writes && when == "after", "{call} {when}");
            lost += 1;
        }
        let org = start();
        for (call, method, path) in &rest {
            plan(&org, &format!(r#"{{"call":"{call}","when":"{when}","do":{{"status":503}}}}"#));
            let path = format!("/services/data/v66.0/{path}");
            assert_eq!(org.rest(method, &path, "").status, 503, "{call} {when}");
            assert_ne!(org.rest(method, &path, "").status, 503, "{call} {when}");
            lost += 1;
        }
        for call in ["token", "userinfo", "revoke"] {
            plan(&org, &format!(r#"{{"call":"{call}","when":"{when}","do":"cut"}}"#));
            let body = format!("token={}", org.token);
            let response = org.rest("POST", &format!("/services/oauth2/{call}"), &body);
            let is_revoked = call == "revoke" && when == "after";
            assert!(!response.is_complete || response.body.is_empty(), "{call} {when}");
            assert_eq!(
                org.rest("GET", "/services/data/v66.0/limits", "").status == 401,
                is_revoked,
                "{call} {when}"
            );
            lost += 1;
        }
    }
    assert_eq!(lost, 46);
}
