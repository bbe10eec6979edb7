//! The REST calls.

use crate::client::{APP, Org, Package, Response, start, unsupported_version};

fn multipart(org: &Org, parts: &[(&str, &str, &[u8])]) -> Response {
    org.multipart(66, parts)
}

#[test]
fn deploys_of_the_cli_and_of_cumulusci_are_accepted() {
    let org = start();
    let zip = Package::shop().zip();
    let cli = multipart(
        &org,
        &[
            ("name=\"file\"; filename=\"package.xml\"", "application/zip", &zip),
            (
                "name=\"entity_content\"",
                "application/json",
                br#"{"deployOptions":{"rollbackOnError":true,"checkOnly":false,"singlePackage":true}}"#,
            ),
        ],
    );
    assert_eq!(cli.status, 201, "{}", cli.body);
    let id = cli.json()["id"].as_str().unwrap().to_string();
    let path = format!("/services/data/v66.0/metadata/deployRequest/{id}?includeDetails=true");
    let result = org.rest("GET", &path, "").json()["deployResult"].clone();
    assert_eq!(result["status"], "Succeeded");
    assert_eq!(result["details"]["componentSuccesses"].as_array().unwrap().len(), 4);
    let cumulus = multipart(
        &org,
        &[
            ("name=\"json\"", "application/json", br#"{"deployOptions":{"checkOnly":"true","runTests":[]}}"#),
            ("name=\"file\"; filename=\"metadata.zip\"", "application/zip", &zip),
        ],
    );
    assert_eq!(cumulus.json()["deployOptions"]["checkOnly"], true);
    for parts in [
        vec![("name=\"file\"", "application/zip", zip.as_slice())],
        vec![("name=\"json\"", "application/json", br#"{"deployOptions":{}}"#.as_slice())],
        vec![
            ("name=\"json\"", "application/json", br#"{"deployOptions":{"checkonly":true}}"#.as_slice()),
            ("name=\"file\"", "application/zip", zip.as_slice()),
        ],
    ] {
        assert_eq!(multipart(&org, &parts).status, 400);
    }
    assert_eq!(
        org.rest("GET", "/services/data/v66.0/metadata/deployRequest/0Af000000009999", "").status,
        404
    );
}

#[test]
fn a_deploy_is_canceled_by_patch() {
    let org = start();
    org.admin("PATCH", "org", r#"{"queue_ms": 60000}"#);
    let id = org.start_deploy(&Package::shop());
    let path = format!("/services/data/v66.0/metadata/deployRequest/{id}");
    assert_eq!(org.rest("PATCH", &path, "{}").status, 400);
    assert_eq!(org.rest("PATCH", &path, r#"{"deployResult":{"status":"Canceling"}}"#).status, 202);
    assert_eq!(org.check(&id).status(), "Canceled");
}

#[test]
fn consumer_credentials_require_the_org_setting_and_the_permission() {
    let mut org = start();
    org.shop();
    let usage = org.rest("GET", "/services/data/v66.0/apps/oauth/usage", "").json();
    let app = usage["apps"][0]["identifier"].as_str().unwrap().to_string();
    assert_eq!(usage["apps"][0]["developerName"], "Shop");
    let base = format!("/services/data/v66.0/apps/oauth/credentials/{app}");
    let consumer = org.rest("GET", &base, "").json()["consumers"][0].clone();
    assert!(consumer["key"].as_str().unwrap().starts_with("3MVG9canaryKEY"));
    let one = format!("{base}/{}", consumer["id"].as_str().unwrap());
    assert!(org.rest("GET", &one, "").json().get("secret").is_none());
    let both = org.rest("GET", &format!("{one}?part=keyandsecret"), "").json();
    assert!(both["secret"].as_str().unwrap().starts_with("canarySECRET"));
    org.admin("PATCH", "org", r#"{"enableClientSecretInRestApiAccess": false}"#);
    let without = org.rest("GET", &format!("{one}?part=keyandsecret"), "").json();
    assert!(without.get("secret").is_none() && without.get("key").is_some());
    assert_eq!(org.rest("GET", &format!("{one}?part=all"), "").status, 400);
    org.token = org.token_of("app.admin");
    assert_eq!(org.rest("GET", &base, "").status, 403);
    assert_eq!(org.rest("POST", &format!("{one}/staged"), "{}").status, 403);
}

#[test]
fn the_routes_of_the_cli_work() {
    let org = start();
    let about = org.rest("GET", "//services/oauth2/userinfo", "").json();
    let user = about["user_id"].as_str().unwrap();
    let path = format!("//services/data/v51.0/sobjects/User/{user}");
    assert_eq!(org.rest("GET", &path, "").json()["Username"], about["preferred_username"]);
    assert_eq!(org.query("SELECT Id FROM ScratchOrgInfo limit 1").json()[0]["errorCode"], "INVALID_TYPE");
    assert_eq!(
        org.rest("GET", "/services/data/v66.0/tooling/sobjects/SourceMember/describe", "").status,
        404
    );
    assert_eq!(
        org.rest("GET", &format!("/services/data/v{}/query?q=x", unsupported_version()), "").status,
        404
    );
    assert_eq!(org.http("GET", "/", &[], b"").status, 501);
    org.shop();
    let apps = org
        .query("SELECT Id, DeveloperName FROM ExternalClientApplication WHERE DeveloperName = 'Shop'")
        .json();
    assert!(apps["records"][0]["Id"].as_str().unwrap().starts_with("0xI"));
    let journal = org.admin("GET", "journal", "");
    let operations: Vec<&str> =
        journal.as_array().unwrap().iter().map(|entry| entry["operation"].as_str().unwrap()).collect();
    assert!(
        operations.contains(&"userinfo") && operations.contains(&"deploy") && operations.contains(&"query")
    );
    assert!(!journal.to_string().contains(&org.token), "the journal contains no tokens");
}

#[test]
fn permission_set_holders_and_deploys_can_be_queried() {
    let org = start();
    let count = |soql: &str| org.query(soql).json()["totalSize"].clone();
    assert_eq!(
        count(
            "SELECT COUNT() FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Shop_Customer' AND Assignee.IsActive = true"
        ),
        214
    );
    assert_eq!(
        count("SELECT COUNT() FROM User WHERE Profile.Name = 'Customer Community User' AND IsActive = true"),
        200
    );
    let id = org.start_deploy(&Package::shop());
    let tooling = |soql: &str| {
        let encoded: String = soql.bytes().map(|byte| format!("%{byte:02x}")).collect();
        org.rest("GET", &format!("/services/data/v66.0/tooling/query?q={encoded}"), "").json()
    };
    let found = tooling(
        "SELECT Id, Status FROM DeployRequest WHERE CreatedDate >= 2026-01-01T00:00:00Z ORDER BY CreatedDate DESC LIMIT 1",
    );
    assert_eq!(found["records"][0]["Id"], id, "{found}");
    assert_eq!(
        tooling("SELECT Id FROM DeployRequest WHERE CreatedDate < 2026-01-01T00:00:00Z")["totalSize"],
        0
    );
    assert_eq!(tooling("SELECT Id FROM ApexClass")[0]["errorCode"], "INVALID_TYPE");
}

#[test]
fn an_empty_permission_set_is_created_and_deleted() {
    let mut org = start();
    let path = "/services/data/v66.0/sobjects/PermissionSet";
    let create = |org: &crate::client::Org, body: &str| org.rest("POST", path, body);
    let created = create(&org, r#"{"Name":"Own","Label":"Own"}"#);
    assert_eq!(created.status, 201, "{}", created.body);
    let id = created.json()["id"].as_str().unwrap().to_string();
    assert!(id.starts_with("0PS"), "{id}");
    let found = org.query("SELECT Id FROM PermissionSet WHERE Name = 'Own'").json();
    assert_eq!(found["records"][0]["Id"], id);
    for (body, status) in [
        (r#"{"Name":"own","Label":"Own"}"#, 400),
        (r#"{"Name":"Own_","Label":"Own"}"#, 400),
        (r#"{"Name":"Other"}"#, 400),
        (r#"{"Name":"Other","Label":"x","PermissionsApiEnabled":true}"#, 501),
        ("[]", 400),
    ] {
        assert_eq!(create(&org, body).status, status, "{body}");
    }
    let delete = |org: &crate::client::Org, id: &str| org.rest("DELETE", &format!("{path}/{id}"), "").status;
    let admin = org.token.clone();
    org.token = org.token_of("app.admin");
    assert_eq!(create(&org, r#"{"Name":"Theirs","Label":"x"}"#).status, 403);
    assert_eq!(delete(&org, &id), 403);
    org.token = admin;
    assert_eq!(delete(&org, &id), 204);
    assert_eq!(delete(&org, &id), 404);
    let held = org.query("SELECT Id FROM PermissionSet WHERE Name = 'Shop_Customer'").json();
    assert_eq!(delete(&org, held["records"][0]["Id"].as_str().unwrap()), 501);
}

#[test]
fn another_admin_can_edit_components() {
    let org = start();
    org.admin("POST", "apps", r#"{"name":"Hand","callbackUrl":"https://x.example/"}"#);
    let components = org.components();
    for (kind, name) in [
        ("ExtlClntAppGlobalOauthSettings", "Hand_glbloauth"),
        ("ExtlClntAppOauthSettings", "Hand_oauth"),
        ("ExtlClntAppOauthConfigurablePolicies", "Hand_oauthPlcy"),
        ("ExtlClntAppConfigurablePolicies", "Hand_plcy"),
    ] {
        assert_eq!(components[kind].as_object().unwrap().keys().collect::<Vec<_>>(), [name]);
    }
    let path = format!("components/{APP}/Hand");
    org.admin("PATCH", &path, r#"{"label":"By hand","description":null}"#);
    let text = org.admin("GET", &path, "");
    assert!(text.as_str().unwrap().contains("<label>By hand</label>"), "{text}");
    let list = org.soap(&format!("<listMetadata><queries><type>{APP}</type></queries></listMetadata>")).body;
    assert!(list.contains("<lastModifiedByName>Otto Other</lastModifiedByName>"), "{list}");
    org.admin("PUT", &path, &crate::client::file(APP, "<label>Put</label>"));
    assert_eq!(org.components()[APP]["Hand"]["label"], "Put");
    assert_eq!(org.http("PATCH", &format!("/emulator/{path}"), &[], br#"{"labl":"x"}"#).status, 400);
    assert_eq!(org.http("PUT", &format!("/emulator/{path}"), &[], b"<x/>").status, 400);
    org.admin("DELETE", &path, "");
    assert!(org.components().get("ExtlClntAppConfigurablePolicies").is_none());
    assert_eq!(org.http("GET", &format!("/emulator/{path}"), &[], b"").status, 404);
    assert_eq!(org.http("PATCH", "/emulator/org", &[], br#"{"nonsense":1}"#).status, 400);
    org.admin("PATCH", "org", r#"{"permissionSets":{"New":3,"Shop_Staff":null}}"#);
    assert_eq!(org.query("SELECT COUNT() FROM PermissionSet").json()["totalSize"], 3);
}

#[test]
fn long_query_results_are_returned_in_batches() {
    let org = start();
    org.admin("PATCH", "org", r#"{"profiles": {"Standard": 4500}}"#);
    let mut page = org.query("SELECT Id FROM User WHERE Profile.Name = 'Standard'").json();
    let mut sizes = Vec::new();
    let mut ids = std::collections::BTreeSet::new();
    loop {
        let records = page["records"].as_array().unwrap();
        sizes.push(records.len());
        ids.extend(records.iter().map(|record| record["Id"].to_string()));
        assert_eq!(page["totalSize"], 4500);
        if page["done"] == true {
            break;
        }
        page = org.rest("GET", page["nextRecordsUrl"].as_str().unwrap(), "").json();
    }
    assert_eq!(sizes, [2000, 2000, 500]);
    assert_eq!(ids.len(), 4500);
    assert!(page.get("nextRecordsUrl").is_none());
}
