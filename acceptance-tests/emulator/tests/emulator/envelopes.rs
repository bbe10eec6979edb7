//! SOAP envelopes, parameters and CRUD calls that an org rejects. Each rule is broken once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::client::{
    APP, NS, OAUTH, OAUTH_POLICIES, Org, Package, Response, assert_rejected, start, unsupported_version,
};

const PARENT: &str = "<externalClientApplication>Shop</externalClientApplication>";

/// Sends an envelope unchanged.
fn envelope(org: &Org, method: &str, headers: &[(&str, &str)], path: &str, body: &[u8]) -> Response {
    org.http(method, path, headers, body)
}

#[test]
fn invalid_envelopes_are_rejected() {
    let org = start();
    let path = "/services/Soap/m/66.0";
    let head = [("Content-Type", "text/xml"), ("SOAPAction", "\"\"")];
    let body = |inner: &str| {
        format!(
            "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Header xmlns=\"{NS}\"><SessionHeader>\
             <sessionId>{}</sessionId></SessionHeader></e:Header><e:Body>{inner}</e:Body></e:Envelope>",
            org.token
        )
    };
    let good = body(&format!("<describeMetadata xmlns=\"{NS}\"/>"));
    assert_eq!(envelope(&org, "POST", &head, path, good.as_bytes()).status, 200);
    let send = |method: &str, headers: &[(&str, &str)], path: &str, text: &[u8]| {
        envelope(&org, method, headers, path, text)
    };
    assert_rejected("GET", &send("GET", &head, path, b""), 405, "SOAP calls are made by POST");
    assert_rejected(
        "JSON",
        &send("POST", &[("Content-Type", "application/json"), head[1]], path, b""),
        415,
        "The content type must be text/xml",
    );
    assert_rejected(
        "no action",
        &send("POST", &head[..1], path, good.as_bytes()),
        500,
        "SOAPAction HTTP header missing",
    );
    assert_rejected("bytes", &send("POST", &head, path, b"\xff"), 500, "The envelope is not valid UTF-8");
    assert_rejected(
        "cut",
        &send("POST", &head, path, &good.as_bytes()[..40]),
        500,
        "The envelope is not well-formed",
    );
    assert_rejected("no body", &send("POST", &head, path, b"<e/>"), 500, "No Body with an operation");
    assert_rejected(
        "namespace",
        &send("POST", &head, path, body("<describeMetadata/>").as_bytes()),
        500,
        "is not in the namespace",
    );
    for version in [unsupported_version().as_str(), "30.0", "66", "latest"] {
        let path = format!("/services/Soap/m/{version}");
        assert_rejected(version, &send("POST", &head, &path, good.as_bytes()), 500, "is not supported");
    }
    assert_rejected(
        "retired for us",
        &send("POST", &head, "/services/Soap/m/59.0", good.as_bytes()),
        501,
        "not emulated: API version 59.0",
    );
    let other = body(&format!("<renameMetadata xmlns=\"{NS}\"/>"));
    assert_rejected(
        "operation",
        &send("POST", &head, path, other.as_bytes()),
        501,
        "not emulated: the SOAP operation renameMetadata",
    );
    let foreign = good.replace(&org.token, "00Dnobody!x");
    assert_rejected(
        "session",
        &send("POST", &head, path, foreign.as_bytes()),
        500,
        "Invalid Session ID found in SessionHeader",
    );
}

#[test]
fn invalid_parameters_are_rejected() {
    let org = start();
    org.shop();
    let zip = STANDARD.encode(Package::shop().zip());
    let deploy = |options: &str| {
        format!("<deploy><ZipFile>{zip}</ZipFile><DeployOptions>{options}</DeployOptions></deploy>")
    };
    let retrieve = |inner: &str| format!("<retrieve><retrieveRequest>{inner}</retrieveRequest></retrieve>");
    let big = STANDARD.encode(vec![0; 39 * 1024 * 1024 + 1]);
    let list = |queries: &str| format!("<listMetadata>{queries}</listMetadata>");
    let query = "<queries><type>ExternalClientApplication</type></queries>";
    for (what, body, status, words) in [
        ("no zip", "<deploy/>".to_string(), 500, "Required parameter is missing: ZipFile"),
        ("no base64", "<deploy><ZipFile>%</ZipFile></deploy>".to_string(), 500, "is not valid base64"),
        (
            "too big",
            format!("<deploy><ZipFile>{big}</ZipFile></deploy>"),
            500,
            "Maximum size of request is 52428800 bytes",
        ),
        (
            "boolean",
            deploy("<checkOnly>maybe</checkOnly>"),
            500,
            "not a valid value for the type xsd:boolean",
        ),
        (
            "unknown option",
            deploy("<force>true</force>"),
            500,
            "invalid at this location in type DeployOptions",
        ),
        ("tests", deploy("<testLevel>RunLocalTests</testLevel>"), 501, "the test level RunLocalTests"),
        (
            "performRetrieve",
            deploy("<performRetrieve>true</performRetrieve>"),
            501,
            "not emulated: performRetrieve",
        ),
        (
            "no such deploy",
            "<checkDeployStatus><asyncProcessId>0Af</asyncProcessId></checkDeployStatus>".to_string(),
            500,
            "invalid cross reference id",
        ),
        (
            "no such retrieve",
            "<checkRetrieveStatus><asyncProcessId>09S</asyncProcessId></checkRetrieveStatus>".to_string(),
            500,
            "invalid cross reference id",
        ),
        (
            "cancel of nothing",
            "<cancelDeploy><String>0Af</String></cancelDeploy>".to_string(),
            500,
            "Invalid deploy ID: 0Af",
        ),
        ("no request", "<retrieve/>".to_string(), 500, "Required parameter is missing: retrieveRequest"),
        ("nothing to retrieve", retrieve(""), 500, "Required parameter is missing: unpackaged"),
        (
            "type without a name",
            retrieve("<unpackaged><types><members>*</members></types></unpackaged>"),
            500,
            "Required parameter is missing: name",
        ),
        (
            "type",
            retrieve("<unpackaged><types><name>ApexClass</name></types></unpackaged>"),
            501,
            "not emulated: the metadata type ApexClass",
        ),
        (
            "version",
            retrieve(&format!("<unpackaged><version>{}</version></unpackaged>", unsupported_version())),
            500,
            "is not supported",
        ),
        (
            "single files",
            retrieve("<specificFiles>a</specificFiles><unpackaged/>"),
            501,
            "specificFiles in a retrieve",
        ),
        (
            "packages",
            retrieve("<packageNames>a</packageNames><unpackaged/>"),
            501,
            "packageNames in a retrieve",
        ),
        ("no query", list(""), 500, "listMetadata takes one to three queries"),
        ("four queries", list(&query.repeat(4)), 500, "listMetadata takes one to three queries"),
        (
            "list of a type",
            list("<queries><type>ApexClass</type></queries>"),
            501,
            "not emulated: the metadata type ApexClass",
        ),
        (
            "list of another version",
            list(&format!("{query}<asOfVersion>99.0</asOfVersion>")),
            500,
            "is not supported",
        ),
        (
            "record without a type",
            "<createMetadata><metadata/></createMetadata>".to_string(),
            501,
            "not emulated: the metadata type ''",
        ),
        (
            "twelve records",
            format!(
                "<readMetadata><type>{APP}</type>{}</readMetadata>",
                "<fullNames>A</fullNames>".repeat(12)
            ),
            500,
            "cannot submit more than 10 records",
        ),
    ] {
        assert_rejected(what, &org.soap(&body), status, words);
    }
    let early = list("<queries><type>ExtlClntAppCanvasSettings</type></queries>");
    assert_rejected(
        "type before its version",
        &org.soap_at("65.0", &early),
        500,
        "Unknown type: ExtlClntAppCanvasSettings",
    );
    let id = org.start_deploy(&Package::shop());
    org.check(&id);
    let cancel = format!("<cancelDeploy><id>{id}</id></cancelDeploy>");
    assert_rejected("too late", &org.soap(&cancel), 500, "already completed and can't be canceled");
    org.admin("PATCH", "org", r#"{"deploy_ms": 60000, "cancel": "deny"}"#);
    let id = org.start_deploy(&Package::shop());
    let cancel = format!("<cancelDeploy><id>{id}</id></cancelDeploy>");
    assert_rejected("denied", &org.soap(&cancel), 500, "unable to obtain exclusive access to this record");
}

#[test]
fn invalid_crud_calls_are_rejected() {
    let org = start();
    org.shop();
    let record = |kind: &str, name: &str, inner: &str| {
        format!(
            "<metadata xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\"><fullName>{name}\
             </fullName>{inner}</metadata>"
        )
    };
    let call = |method: &str, inner: &str| org.soap(&format!("<{method}>{inner}</{method}>"));
    let delete = |kind: &str, name: &str| {
        call("deleteMetadata", &format!("<type>{kind}</type><fullNames>{name}</fullNames>"))
    };
    for (what, response, words) in [
        (
            "created twice",
            call("createMetadata", &record(APP, "Shop", "")),
            "The full name Shop is already in use",
        ),
        (
            "update of a missing component",
            call("updateMetadata", &record(APP, "Nobody", "")),
            "no ExternalClientApplication named Nobody found",
        ),
        ("no name", call("createMetadata", &record(APP, "", "")), "API name can only contain"),
        ("second part", call("createMetadata", &record(OAUTH, "Second", PARENT)), "duplicate value found"),
        (
            "unknown app",
            call("createMetadata", &record(OAUTH, "Second", &PARENT.replace("Shop", "Nobody"))),
            "INVALID_CROSS_REFERENCE_KEY",
        ),
        (
            "rule on a value",
            call(
                "updateMetadata",
                &record(
                    OAUTH,
                    "Shop_oauth",
                    &format!("<commaSeparatedOauthScopes>Everything</commaSeparatedOauthScopes>{PARENT}"),
                ),
            ),
            "Invalid OAuth scope",
        ),
        ("deletion of nothing", delete(APP, "Nobody"), "no ExternalClientApplication named Nobody found"),
        (
            "deletion of policies",
            delete(OAUTH_POLICIES, "Shop_oauth_defaultPolicy"),
            "not emulated: deleting",
        ),
        ("deletion of settings", delete("OauthOidcSettings", "OauthOidc"), "not emulated: deleting"),
    ] {
        assert_rejected(what, &response, 200, words);
        assert!(response.body.contains("<success>false</success>"), "{what}: {}", response.body);
    }
}
