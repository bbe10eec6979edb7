//! The synchronous calls of the SOAP API.

use crate::client::{APP, GLOBAL, OAUTH, OAUTH_POLICIES, Org, start};

fn record(kind: &str, name: &str, elements: &str) -> String {
    format!(
        "<metadata xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\"><fullName>{name}</fullName>{elements}</metadata>"
    )
}

fn call(org: &Org, method: &str, records: &str) -> String {
    org.soap(&format!("<{method}>{records}</{method}>")).body
}

#[test]
fn crud_calls_create_update_read_and_delete_components() {
    let org = start();
    let parent = "<externalClientApplication>Shop</externalClientApplication>";
    let app = record(APP, "Shop", "<label>Shop</label>");
    let global = record(GLOBAL, "Shop_global", parent);
    assert!(call(&org, "createMetadata", &app).contains("<fullName>Shop</fullName><success>true</success>"));
    assert!(call(&org, "createMetadata", &app).contains("<statusCode>DUPLICATE_DEVELOPER_NAME</statusCode>"));
    assert!(call(&org, "createMetadata", &global).contains("a valid OAuth settings configuration"));
    assert!(call(&org, "updateMetadata", &global).contains("INVALID_CROSS_REFERENCE_KEY"));
    let oauth = record(OAUTH, "Shop_oauth", parent);
    let both = call(&org, "upsertMetadata", &format!("{oauth}{global}"));
    assert_eq!(both.matches("<created>true</created>").count(), 2, "{both}");
    assert!(call(&org, "upsertMetadata", &oauth).contains("<created>false</created>"));
    let guest = record(
        OAUTH_POLICIES,
        "Shop_oauth_defaultPolicy",
        &format!("{parent}<isGuestCodeCredFlowEnabled>true</isGuestCodeCredFlowEnabled>"),
    );
    assert!(call(&org, "updateMetadata", &guest).contains("isGuestCodeCredFlowEnabled needs"));
    assert!(
        call(&org, "updateMetadata", &record(APP, "Shop", "<lable/>"))
            .contains("lable invalid at this location")
    );
    let read = org
        .soap(&format!("<readMetadata><type>{GLOBAL}</type><fullNames>Shop_global</fullNames><fullNames>Nope</fullNames></readMetadata>"))
        .body;
    assert!(
        read.contains(
            "<records xsi:type=\"ExtlClntAppGlobalOauthSettings\"><fullName>Shop_global</fullName>"
        )
    );
    assert!(read.contains("<records xsi:nil=\"true\"/>") && !read.contains("canarySECRET"));
    let delete = format!("<type>{APP}</type><fullNames>Shop</fullNames>");
    assert!(call(&org, "deleteMetadata", &delete).contains("<success>true</success>"));
    assert!(call(&org, "deleteMetadata", &delete).contains("<success>false</success>"));
    assert!(org.components().get(GLOBAL).is_none());
    assert!(call(&org, "createMetadata", &app.repeat(11)).contains("EXCEEDED_ID_LIMIT"));
}
