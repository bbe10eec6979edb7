//! Retrieves and lists: what they return, to which user, how often.

use salesforce_emulator::{Config, Switches};

use crate::client::{APP, GLOBAL, OAUTH, OAUTH_POLICIES, start, start_with};

#[test]
fn a_retrieve_returns_files_in_the_format_of_an_org() {
    let org = start();
    org.shop();
    let retrieved = org.retrieve(&[(OAUTH, "*"), (APP, "Nope"), ("Settings", "OauthOidc")], 66);
    assert_eq!(
        retrieved.files["unpackaged/extlClntAppOauthSettings/Shop_oauth.ecaOauth"],
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ExtlClntAppOauthSettings xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n\
         \x20   <commaSeparatedOauthScopes>Api, RefreshToken</commaSeparatedOauthScopes>\n\
         \x20   <externalClientApplication>Shop</externalClientApplication>\n\
         \x20   <isFirstPartyAppEnabled>false</isFirstPartyAppEnabled>\n\
         \x20   <label>Shop_oauth</label>\n\
         \x20   <oauthLink>00DEM0000000001:888000000001005</oauthLink>\n\
         </ExtlClntAppOauthSettings>\n"
    );
    assert!(retrieved.files.contains_key("unpackaged/settings/OauthOidc.settings"));
    assert!(retrieved.files["unpackaged/package.xml"].contains("<members>Shop_oauth</members>"));
    assert!(retrieved.text.contains(
        "Entity of type &apos;ExternalClientApplication&apos; named &apos;Nope&apos; cannot be found"
    ));
    assert!(retrieved.text.contains("<status>Succeeded</status><success>true</success>"));
}

#[test]
fn older_versions_do_not_return_newer_elements() {
    let org = start();
    org.shop();
    let file = |version| {
        let retrieved = org.retrieve(&[(GLOBAL, "*")], version);
        retrieved.files.values().find(|text| text.contains("<consumerKey>")).unwrap().clone()
    };
    assert!(!file(60).contains("isCodeCredFlowEnabled"));
    assert!(file(61).contains("<isCodeCredFlowEnabled>true</isCodeCredFlowEnabled>"));
    assert!(!file(66).contains("isDPopEnabled") && file(67).contains("<isDPopEnabled>false</isDPopEnabled>"));
}

#[test]
fn a_retrieve_result_is_returned_only_once() {
    let org = start();
    org.shop();
    let id = org.start_retrieve(&[(APP, "*")], 66);
    let peek = format!(
        "<checkRetrieveStatus><asyncProcessId>{id}</asyncProcessId><includeZip>false</includeZip></checkRetrieveStatus>"
    );
    assert!(org.soap(&peek).body.contains("<zipFile xsi:nil=\"true\"/>"));
    assert!(org.check_retrieve(&id).body.contains("<zipFile>UEs"));
    let second = org.check_retrieve(&id);
    assert_eq!(second.status, 500);
    assert!(second.body.contains("INVALID_LOCATOR: Retrieve result has been deleted."));
}

#[test]
fn a_retrieve_takes_the_configured_time() {
    let switches = Switches { retrieve_ms: 600_000, ..Switches::default() };
    let org = start_with(Config { switches, ..Config::default() });
    let id = org.start_retrieve(&[(APP, "*")], 66);
    // The status is Pending for the first 50 ms.
    let started = org.check_retrieve(&id).body;
    assert!(
        ["Pending", "InProgress"].iter().any(|it| started.contains(&format!("<status>{it}</status>"))),
        "{started}"
    );
    org.admin("PATCH", "org", r#"{"retrieve_ms": 0}"#);
    assert!(org.check_retrieve(&id).body.contains("<status>Succeeded</status>"));
}

#[test]
fn the_global_file_is_returned_only_with_the_org_setting() {
    let org = start();
    org.shop();
    assert!(org.element(GLOBAL, "Shop_global", "consumerSecret").unwrap().starts_with("canarySECRET"));
    org.admin("PATCH", "org", r#"{"secret_in_metadata": false}"#);
    assert_eq!(org.element(GLOBAL, "Shop_global", "consumerSecret"), None);
    assert!(org.element(GLOBAL, "Shop_global", "consumerKey").is_some());
    org.admin("PATCH", "org", r#"{"enableConsumerSecretApiAccess": false}"#);
    let hidden = org.retrieve(&[(GLOBAL, "Shop_global"), (GLOBAL, "*"), (APP, "*")], 66);
    assert_eq!(hidden.files.len(), 2, "{:?}", hidden.files.keys());
    assert!(hidden.text.contains("named &apos;Shop_global&apos; cannot be found"));
    let list = org.soap(&format!("<listMetadata><queries><type>{GLOBAL}</type></queries></listMetadata>"));
    assert!(!list.body.contains("<result>"));
    // The Global file can still be written.
    org.shop();
}

#[test]
fn components_are_listed_and_types_are_described() {
    let org = start();
    org.shop();
    let list = org.soap(&format!(
        "<listMetadata><queries><type>{APP}</type></queries><queries><type>{OAUTH_POLICIES}</type></queries>\
         <asOfVersion>66.0</asOfVersion></listMetadata>"
    ));
    assert_eq!(list.body.matches("<result>").count(), 2);
    assert!(list.body.contains("<fileName>externalClientApps/Shop.eca</fileName><fullName>Shop</fullName>"));
    let queries = "<queries><type>ExternalClientApplication</type></queries>";
    assert_eq!(org.soap(&format!("<listMetadata>{}</listMetadata>", queries.repeat(4))).status, 500);
    assert!(
        org.soap("<listMetadata><queries><type>ApexClass</type></queries></listMetadata>")
            .body
            .contains("not emulated")
    );
    let described = org.soap("<describeMetadata><asOfVersion>60.0</asOfVersion></describeMetadata>").body;
    assert!(described.contains("<directoryName>extlClntAppGlobalOauthSets</directoryName><inFolder>false</inFolder><metaFile>false</metaFile><suffix>ecaGlblOauth</suffix>"));
    assert!(!described.contains("ExtlClntAppCanvasSettings"));
}

#[test]
fn unsupported_retrieve_requests_are_rejected() {
    let org = start();
    for request in [
        "<packageNames>x</packageNames><unpackaged><version>66.0</version></unpackaged>",
        "<specificFiles>x</specificFiles><unpackaged><version>66.0</version></unpackaged>",
        "<unpackaged><types><members>*</members><name>ApexClass</name></types></unpackaged>",
    ] {
        let response =
            org.soap(&format!("<retrieve><retrieveRequest>{request}</retrieveRequest></retrieve>"));
        assert_eq!(response.status, 501, "{}", response.body);
        assert!(response.body.contains("not emulated"));
    }
}
