//! REST requests that an org rejects: multipart bodies, paths, grants. Each rule is broken once.

use serde_json::json;

use crate::client::{Org, Package, assert_rejected, start, unsupported_version};

#[test]
fn invalid_multipart_bodies_are_rejected() {
    let org = start();
    let zip = Package::shop().zip();
    let file = ("name=\"file\"", "application/zip", zip.as_slice());
    let form = |text: &'static str| ("name=\"json\"", "application/json", text.as_bytes());
    let options = form(r#"{"deployOptions":{}}"#);
    for (what, parts, status, words) in [
        ("no options", vec![file], 400, "the part with the deploy options is missing"),
        ("no file", vec![options], 400, "the part 'file' is missing"),
        ("options that are no JSON", vec![form("{"), file], 400, "JSON_PARSER_ERROR"),
        ("no deployOptions", vec![form("{}"), file], 400, "deployOptions is missing"),
        (
            "unknown option",
            vec![form(r#"{"deployOptions":{"checkonly":true}}"#), file],
            400,
            "Unrecognized field",
        ),
        ("boolean", vec![form(r#"{"deployOptions":{"checkOnly":1}}"#), file], 400, "is not a boolean"),
        (
            "quick deploy",
            vec![form(r#"{"validatedDeployRequestId":"0Af"}"#)],
            501,
            "not emulated: quick deploys",
        ),
        (
            "tests",
            vec![form(r#"{"deployOptions":{"testLevel":"RunLocalTests"}}"#), file],
            501,
            "the test level RunLocalTests",
        ),
    ] {
        assert_rejected(what, &org.multipart(66, &parts), status, words);
    }
    assert_rejected(
        "old version",
        &org.multipart(59, &[options, file]),
        501,
        "not emulated: API version 59.0",
    );
    let bearer = format!("Bearer {}", org.token);
    let raw = |content_type: &str, body: &str| {
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", content_type)];
        org.http("POST", "/services/data/v66.0/metadata/deployRequest", &headers, body.as_bytes())
    };
    let form = "multipart/form-data; boundary=B";
    for (what, content_type, body, words) in [
        ("no form", "application/json", "", "the content type must be multipart/form-data"),
        ("no boundary", "multipart/form-data", "", "the boundary is missing"),
        ("nothing", form, "", "the first boundary is missing"),
        ("mark without a break", form, "--B", "a boundary is not followed by a line break"),
        ("no end", form, "--B\r\nX: y\r\n\r\n", "the last boundary is missing"),
        ("no empty line", form, "--B\r\nX: y\r\n--B--", "a part has no empty line after its header"),
        ("no name", form, "--B\r\nX: y\r\n\r\nz\r\n--B--", "a part has no name"),
    ] {
        assert_rejected(what, &raw(content_type, body), 400, words);
    }
}

#[test]
fn unknown_paths_and_missing_permissions_are_rejected() {
    let mut org = start();
    org.shop();
    let get = |org: &Org, path: &str| org.rest("GET", path, "");
    let missing = "The requested resource does not exist";
    for path in [
        format!("/services/data/v{}/limits", unsupported_version()).as_str(),
        "/services/data/vX/limits",
        "/services/data/v66.0/sobjects/User/005",
        "/services/data/v66.0/tooling/sobjects/SourceMember/describe",
    ] {
        assert_rejected(path, &get(&org, path), 404, missing);
    }
    let app = org.query("SELECT Id FROM ExternalClientApplication").json()["records"][0]["Id"]
        .as_str()
        .unwrap()
        .to_string();
    let credentials = format!("/services/data/v66.0/apps/oauth/credentials/{app}");
    let consumer = get(&org, &credentials).json()["consumers"][0]["id"].as_str().unwrap().to_string();
    assert_rejected("part", &get(&org, &format!("{credentials}/{consumer}?part=all")), 400, "part: all");
    assert_rejected("consumer", &get(&org, &format!("{credentials}/888000000000000")), 404, missing);
    assert_rejected("app", &get(&org, "/services/data/v66.0/apps/oauth/credentials/0xI"), 404, missing);
    let sets = "/services/data/v66.0/sobjects/PermissionSet";
    assert_rejected(
        "no label",
        &org.rest("POST", sets, r#"{"Name":"A"}"#),
        400,
        "Required fields are missing: [Label, Name]",
    );
    let path = "/services/data/v66.0/metadata/deployRequest/0Af";
    assert_rejected(
        "other status",
        &org.rest("PATCH", path, "{}"),
        400,
        "the only change of a deployment is the status Canceling",
    );
    assert_rejected("method", &org.rest("DELETE", path, ""), 501, "not emulated: DELETE");
    // Requests for other purposes are rejected explicitly instead of returning "not found".
    for path in [
        "sobjects",
        "sobjects/User/describe",
        "sobjects/ExternalClientApplication/describe",
        "tooling/sobjects/ApexClass/describe",
        "queryAll",
        "composite",
        "search",
        "recent",
        "jobs/query",
        "connect/organization",
    ] {
        assert_rejected(
            path,
            &get(&org, &format!("/services/data/v66.0/{path}")),
            501,
            "not emulated: GET /services/data",
        );
    }
    assert_rejected(
        "locator",
        &get(&org, "/services/data/v66.0/query/01g000000000001AAA-2000"),
        400,
        "invalid query locator",
    );
    let partner = org.http("POST", "/services/Soap/u/64.0", &[("Content-Type", "text/xml")], b"<login/>");
    assert_rejected("SOAP login", &partner, 501, "<faultcode>sf:NOT_EMULATED</faultcode>");
    assert_rejected(
        "SOQL text",
        &org.query("SELECT Id FROM User WHERE Name = 'x"),
        400,
        "unterminated string in",
    );
    assert_rejected("SOQL sign", &org.query("SELECT Id ; FROM User"), 400, "unexpected token: ';'");
    assert_rejected(
        "SOQL object",
        &org.query("SELECT Id FROM Account"),
        400,
        "is not supported. (not emulated here)",
    );
    assert_rejected("SOQL column", &org.query("SELECT Nope FROM User"), 400, "No such column 'Nope'");

    let all = org.token.clone();
    org.token = org.token_of("limited");
    assert_rejected(
        "credentials",
        &get(&org, &credentials),
        403,
        "access to the credentials of external client apps",
    );
    let deploy = org.multipart(66, &[]);
    assert_rejected("deploys over REST", &deploy, 403, "use of the Metadata API requires a user with");
    org.token = "00Dnobody!x".to_string();
    assert_rejected("session", &get(&org, "/services/data/v66.0/limits"), 401, "Session expired or invalid");
    org.token = all;
    let name = org.running.credentials.username.clone();
    org.admin("PATCH", "org", &json!({ "users": { name: { "permissions": [] } } }).to_string());
    assert_rejected(
        "no API",
        &get(&org, "/services/data/v66.0/limits"),
        403,
        "API is not enabled for this Organization",
    );
    assert_rejected("no SOAP", &org.soap("<describeMetadata/>"), 500, "API is disabled for this User");
}

#[test]
fn invalid_grants_are_rejected() {
    let org = start();
    let token = |body: &str| {
        org.http(
            "POST",
            "/services/oauth2/token",
            &[("Content-Type", "application/x-www-form-urlencoded")],
            body.as_bytes(),
        )
    };
    let id = org.running.credentials.client_id.clone();
    let jwt = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    assert_rejected("GET", &org.http("GET", "/services/oauth2/token", &[], b""), 400, "must be POST");
    for (what, body, status, words) in [
        ("no grant", String::new(), 400, "grant type not supported"),
        ("unknown grant", "grant_type=magic".to_string(), 400, "grant type not supported"),
        ("passwords", "grant_type=password".to_string(), 501, "not emulated: the grant type password"),
        ("no assertion", format!("grant_type={jwt}"), 400, "invalid assertion"),
        (
            "unknown client",
            "grant_type=client_credentials&client_id=x&client_secret=x".to_string(),
            400,
            "client identifier invalid",
        ),
        (
            "wrong secret",
            format!("grant_type=client_credentials&client_id={id}&client_secret=x"),
            400,
            "invalid client credentials",
        ),
        (
            "refresh with a wrong secret",
            format!("grant_type=refresh_token&client_id={id}&client_secret=x"),
            400,
            "invalid client credentials",
        ),
    ] {
        assert_rejected(what, &token(&body), status, words);
    }
    let revoke = org.http("POST", "/services/oauth2/revoke", &[], b"token=nobody");
    assert_rejected("revoke", &revoke, 400, "this token type is not supported");
}
