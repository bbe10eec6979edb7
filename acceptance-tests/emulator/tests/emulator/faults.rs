//! Planned faults.

use crate::client::{APP, GLOBAL, Org, Package, start};

fn plan(org: &Org, text: &str) {
    org.admin("POST", "faults", text);
}

#[test]
fn an_answer_can_be_replaced_before_or_after_the_effect() {
    let org = start();
    plan(&org, r#"{"call":"deploy","do":{"status":503,"body":"<html>We are down</html>"}}"#);
    let body = "<deploy><ZipFile>AAAA</ZipFile></deploy>";
    let answer = org.soap(body);
    assert_eq!((answer.status, answer.body.as_str()), (503, "<html>We are down</html>"));
    assert!(answer.head.to_lowercase().contains("content-type: text/html"));
    assert_eq!(org.admin("GET", "deploys", "").as_array().unwrap().len(), 0);
    plan(&org, r#"{"call":"deploy","when":"after","do":"drop"}"#);
    assert_eq!(org.soap(body).status, 0);
    assert_eq!(org.admin("GET", "deploys", "").as_array().unwrap().len(), 1);
    assert_eq!(org.soap(body).status, 200, "once only");
}

#[test]
fn connections_can_break() {
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
    assert!(!cut.is_whole && cut.body.contains("<metadataObjects>"));
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
    assert!(dripped.is_whole && start.elapsed().as_millis() >= 100);
    let journal = org.admin("GET", "journal", "");
    assert_eq!(journal[1]["status"], 0);
    assert_eq!(journal[1]["fault"], r#"Before {"drop":true}"#);
}

#[test]
fn a_deploy_can_be_made_to_end_badly() {
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
    let cancelled = org.deploy(&Package::shop());
    assert_eq!(cancelled.status(), "Canceled");
    assert!(org.components()[APP].get("Shop").is_some(), "committed all the same");
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
fn faults_of_rest_and_tokens_have_their_shapes() {
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
