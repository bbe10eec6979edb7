//! What is wrong around the files: zips, manifests, envelopes, multipart bodies, sessions, grants. Each rule broken once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::client::{
    APP, APP_POLICIES, Answer, GLOBAL, NS, OAUTH, OAUTH_POLICIES, Org, Package, beyond, file, start,
};

const PARENT: &str = "<externalClientApplication>Shop</externalClientApplication>";

#[track_caller]
fn refused(what: &str, answer: &Answer, status: u16, words: &str) {
    let body = answer.body.replace("&apos;", "'").replace("&quot;", "\"");
    assert_eq!(answer.status, status, "{what}: {body}");
    assert!(body.contains(words), "{what}: {body}, not {words}");
}

/// The end of a deploy of these bytes.
fn deployed(org: &Org, zip: &[u8]) -> Vec<String> {
    let answer =
        org.soap(&format!("<deploy><ZipFile>{}</ZipFile><DeployOptions/></deploy>", STANDARD.encode(zip)));
    let id = crate::client::between(&answer.body, "<id>", "</id>").expect(&answer.body);
    let deployed = org.check(&id);
    assert_eq!(deployed.status(), "Failed");
    deployed.problems()
}

#[test]
fn zips_and_manifests() {
    let org = start();
    org.shop();
    let package = |text: &str| {
        Package::new()
            .file("package.xml", &format!("<Package xmlns=\"{NS}\">{text}<version>66.0</version></Package>"))
    };
    let types = |text: &str| package(&format!("<types>{text}</types>"));
    let name = format!("<name>{APP}</name>");
    let twice = "is duplicated at this location in type Package";
    let cases = [
        ("type without a name", types("<members>Shop</members>"), "Required field is missing: name"),
        ("empty member", types(&format!("<members></members>{name}")), "Required field is missing: members"),
        ("name twice", types(&format!("<members>*</members>{name}{name}")), twice),
        ("version twice", package("<version>66.0</version>"), twice),
        ("text in the package", package("x"), "text is not allowed between the elements of Package"),
        ("text in a type", types(&format!("x{name}")), "text is not allowed between the elements of types"),
        (
            "types in no namespace",
            package(&format!("<types xmlns=\"\">{name}</types>")),
            "Element types has the wrong namespace",
        ),
        (
            "member in no namespace",
            types(&format!("<members xmlns=\"\">x</members>{name}")),
            "Element members has the wrong namespace",
        ),
        ("member twice", types(&format!("<members>A</members><members>A</members>{name}")), "is named twice"),
        (
            "unknown element of a type",
            types(&format!("<member>A</member>{name}")),
            "invalid at this location in type PackageTypeMembers",
        ),
        (
            "a path upwards",
            Package::new().member(APP, "A").file("externalClientApps/../A.eca", &file(APP, "")),
            "The path of this file is not allowed",
        ),
        (
            "a managed package",
            package("<namespacePrefix>acme</namespacePrefix>"),
            "not imitated: namespacePrefix in a package",
        ),
        (
            "file beside the folder",
            Package::new()
                .file("a/package.xml", &format!("<Package xmlns=\"{NS}\"><version>66.0</version></Package>"))
                .file("b.txt", "x"),
            "a file beside the package's folder",
        ),
    ];
    for (what, package, words) in cases {
        let problems = deployed(&org, &package.zip());
        assert!(problems.iter().any(|problem| problem.contains(words)), "{what}: {problems:?}, not {words}");
    }

    let raw = |files: &[(&str, &[u8])]| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut writer, content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    let names: Vec<String> = (0..10_001).map(|number| format!("a/{number}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    for (what, zip, words) in [
        ("not a zip", b"PK".to_vec(), "The zip file could not be read"),
        ("empty zip", raw(&[]), "No package.xml found"),
        (
            "package.xml that is not UTF-8",
            raw(&[("package.xml", b"\xff\xfe")]),
            "The file is not valid UTF-8",
        ),
        ("too many files", raw(&many), "LIMIT_EXCEEDED: Maximum number of files is 10000"),
    ] {
        let problems = deployed(&org, &zip);
        assert!(problems.iter().any(|problem| problem.contains(words)), "{what}: {problems:?}, not {words}");
    }
    // No writer makes a zip with one name twice, so the second name is overwritten in the bytes.
    let mut twice =
        raw(&[("externalClientApps/A.eca", b"x"), ("externalClientApps/B.eca", b"x"), ("package.xml", b"x")]);
    let (first, second) = (b"externalClientApps/A.eca", b"externalClientApps/B.eca");
    while let Some(at) = twice.windows(second.len()).position(|window| window == second) {
        twice[at..at + first.len()].copy_from_slice(first);
    }
    let problems = deployed(&org, &twice);
    assert!(problems[0].contains("The zip file holds a file twice"), "{problems:?}");
    let not_utf8 = raw(&[
        ("package.xml", format!("<Package xmlns=\"{NS}\"><types><members>A</members>{name}</types><version>66.0</version></Package>").as_bytes()),
        ("externalClientApps/A.eca", b"\xff"),
    ]);
    assert!(deployed(&org, &not_utf8)[0].contains("the content is not valid UTF-8"));
}

/// An envelope as it is, without help.
fn envelope(org: &Org, method: &str, headers: &[(&str, &str)], path: &str, body: &[u8]) -> Answer {
    org.http(method, path, headers, body)
}

#[test]
fn envelopes() {
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
    refused("GET", &send("GET", &head, path, b""), 405, "SOAP calls are made by POST");
    refused(
        "JSON",
        &send("POST", &[("Content-Type", "application/json"), head[1]], path, b""),
        415,
        "The content type must be text/xml",
    );
    refused(
        "no action",
        &send("POST", &head[..1], path, good.as_bytes()),
        500,
        "SOAPAction HTTP header missing",
    );
    refused("bytes", &send("POST", &head, path, b"\xff"), 500, "The envelope is not valid UTF-8");
    refused(
        "cut",
        &send("POST", &head, path, &good.as_bytes()[..40]),
        500,
        "The envelope is not well-formed",
    );
    refused("no body", &send("POST", &head, path, b"<e/>"), 500, "No Body with an operation");
    refused(
        "namespace",
        &send("POST", &head, path, body("<describeMetadata/>").as_bytes()),
        500,
        "is not in the namespace",
    );
    for version in [beyond().as_str(), "30.0", "66", "latest"] {
        let path = format!("/services/Soap/m/{version}");
        refused(version, &send("POST", &head, &path, good.as_bytes()), 500, "is not supported");
    }
    refused(
        "retired for us",
        &send("POST", &head, "/services/Soap/m/59.0", good.as_bytes()),
        501,
        "not imitated: API version 59.0",
    );
    let other = body(&format!("<renameMetadata xmlns=\"{NS}\"/>"));
    refused(
        "operation",
        &send("POST", &head, path, other.as_bytes()),
        501,
        "not imitated: the SOAP operation renameMetadata",
    );
    let stranger = good.replace(&org.token, "00Dnobody!x");
    refused(
        "session",
        &send("POST", &head, path, stranger.as_bytes()),
        500,
        "Invalid Session ID found in SessionHeader",
    );
}

#[test]
fn parameters_of_calls() {
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
            "not imitated: performRetrieve",
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
            "not imitated: the metadata type ApexClass",
        ),
        (
            "version",
            retrieve(&format!("<unpackaged><version>{}</version></unpackaged>", beyond())),
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
            "not imitated: the metadata type ApexClass",
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
            "not imitated: the metadata type ''",
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
        refused(what, &org.soap(&body), status, words);
    }
    let early = list("<queries><type>ExtlClntAppCanvasSettings</type></queries>");
    refused(
        "type before its version",
        &org.soap_at("65.0", &early),
        500,
        "Unknown type: ExtlClntAppCanvasSettings",
    );
    let id = org.start_deploy(&Package::shop());
    org.check(&id);
    let cancel = format!("<cancelDeploy><id>{id}</id></cancelDeploy>");
    refused("too late", &org.soap(&cancel), 500, "already completed and can't be canceled");
    org.admin("PATCH", "org", r#"{"deploy_ms": 60000, "cancel": "deny"}"#);
    let id = org.start_deploy(&Package::shop());
    let cancel = format!("<cancelDeploy><id>{id}</id></cancelDeploy>");
    refused("denied", &org.soap(&cancel), 500, "unable to obtain exclusive access to this record");
}

#[test]
fn crud_calls() {
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
    for (what, answer, words) in [
        (
            "made twice",
            call("createMetadata", &record(APP, "Shop", "")),
            "The full name Shop is already in use",
        ),
        (
            "changed and not there",
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
            "not imitated: deleting",
        ),
        ("deletion of settings", delete("OauthOidcSettings", "OauthOidc"), "not imitated: deleting"),
    ] {
        refused(what, &answer, 200, words);
        assert!(answer.body.contains("<success>false</success>"), "{what}: {}", answer.body);
    }
}

#[test]
fn what_a_subscriber_may_not_change() {
    let org = start();
    for (what, request, words) in [
        ("namespace", json!({ "namespace": "a__b", "name": "Shop" }), "is not a namespace"),
        ("no name", json!({ "namespace": "acme" }), "namespace and name are needed"),
    ] {
        let answer = org.http("POST", "/emulator/packages", &[], request.to_string().as_bytes());
        refused(what, &answer, 400, words);
    }
    let wanted = json!({ "namespace": "acme", "name": "Shop" }).to_string();
    org.admin("POST", "packages", &wanted);
    refused(
        "twice",
        &org.http("POST", "/emulator/packages", &[], wanted.as_bytes()),
        400,
        "is installed already",
    );
    let before = org.components();
    let of_it = "<externalClientApplication>acme__Shop</externalClientApplication>";
    let managed = "Cannot modify managed object";
    for (what, package, words) in [
        ("the app", Package::new().with(APP, "acme__Shop", "<label>Mine</label>"), managed),
        ("the settings", Package::new().with(OAUTH, "acme__Shop_oauth", of_it), managed),
        ("deletion", Package::new().delete(&[(APP, "acme__Shop")]), managed),
        ("deletion of settings", Package::new().delete(&[(OAUTH, "acme__Shop_oauth")]), managed),
        (
            "something new",
            Package::new().with(APP, "acme__Till", ""),
            "Cannot create a component in the namespace acme",
        ),
        ("another namespace", Package::new().with(APP, "umbrella__Till", ""), "two consecutive underscores"),
        (
            "a consumer of one's own",
            Package::new().with(GLOBAL, "Mine", of_it),
            "linked to a consumer of another org",
        ),
        ("second policies", Package::new().with(OAUTH_POLICIES, "Mine", of_it), "duplicate value found"),
    ] {
        let problems = org.deploy(&package).problems();
        assert!(problems.iter().any(|problem| problem.contains(words)), "{what}: {problems:?}");
    }
    let delete =
        format!("<deleteMetadata><type>{APP}</type><fullNames>acme__Shop</fullNames></deleteMetadata>");
    refused("CRUD", &org.soap(&delete), 200, managed);
    assert_eq!(org.components(), before);

    // Its policies are the subscriber's, and have no namespace.
    let own = Package::new().with(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", of_it).with(
        APP_POLICIES,
        "Shop_defaultPolicy",
        &format!("{of_it}<isEnabled>false</isEnabled>"),
    );
    assert_eq!(org.deploy(&own).status(), "Succeeded");
    let listed =
        org.soap(&format!("<listMetadata><queries><type>{APP}</type></queries></listMetadata>")).body;
    for words in [
        "<fullName>acme__Shop</fullName>",
        "<namespacePrefix>acme</namespacePrefix>",
        "<manageableState>installed</manageableState>",
    ] {
        assert!(listed.contains(words), "{listed}");
    }
    let row = org
        .query("SELECT DeveloperName, NamespacePrefix, ManageableState FROM ExternalClientApplication")
        .json();
    assert_eq!(row["records"][0]["DeveloperName"], "Shop");
    assert_eq!(row["records"][0]["NamespacePrefix"], "acme");
    assert_eq!(
        org.query("SELECT Id FROM ExternalClientApplication WHERE NamespacePrefix = null").json()["totalSize"],
        0
    );
    assert_eq!(org.retrieve(&[(APP, "*")], 66).files.len(), 2);
    org.admin("PATCH", "org", r#"{"wildcard_skips_packages": true}"#);
    assert_eq!(org.retrieve(&[(APP, "*")], 66).files.len(), 1);
    assert_eq!(org.retrieve(&[(APP, "acme__Shop")], 66).files.len(), 2);
    org.admin("DELETE", "packages/acme", "");
    assert!(org.retrieve(&[(APP, "*"), (OAUTH_POLICIES, "*")], 66).files.len() == 1);
    refused(
        "uninstalled twice",
        &org.http("DELETE", "/emulator/packages/acme", &[], b""),
        404,
        "no package acme is installed",
    );
}

#[test]
fn multipart_bodies() {
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
            "not imitated: quick deploys",
        ),
        (
            "tests",
            vec![form(r#"{"deployOptions":{"testLevel":"RunLocalTests"}}"#), file],
            501,
            "the test level RunLocalTests",
        ),
    ] {
        refused(what, &org.multipart(66, &parts), status, words);
    }
    refused("old version", &org.multipart(59, &[options, file]), 501, "not imitated: API version 59.0");
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
        refused(what, &raw(content_type, body), 400, words);
    }
}

#[test]
fn rest_paths_and_people() {
    let mut org = start();
    org.shop();
    let get = |org: &Org, path: &str| org.rest("GET", path, "");
    let missing = "The requested resource does not exist";
    for path in [
        format!("/services/data/v{}/limits", beyond()).as_str(),
        "/services/data/vX/limits",
        "/services/data/v66.0/sobjects/User/005",
        "/services/data/v66.0/tooling/sobjects/SourceMember/describe",
    ] {
        refused(path, &get(&org, path), 404, missing);
    }
    let app = org.query("SELECT Id FROM ExternalClientApplication").json()["records"][0]["Id"]
        .as_str()
        .unwrap()
        .to_string();
    let credentials = format!("/services/data/v66.0/apps/oauth/credentials/{app}");
    let consumer = get(&org, &credentials).json()["consumers"][0]["id"].as_str().unwrap().to_string();
    refused("part", &get(&org, &format!("{credentials}/{consumer}?part=all")), 400, "part: all");
    refused("consumer", &get(&org, &format!("{credentials}/888000000000000")), 404, missing);
    refused("app", &get(&org, "/services/data/v66.0/apps/oauth/credentials/0xI"), 404, missing);
    let sets = "/services/data/v66.0/sobjects/PermissionSet";
    refused(
        "no label",
        &org.rest("POST", sets, r#"{"Name":"A"}"#),
        400,
        "Required fields are missing: [Label, Name]",
    );
    let path = "/services/data/v66.0/metadata/deployRequest/0Af";
    refused(
        "other status",
        &org.rest("PATCH", path, "{}"),
        400,
        "the only change of a deployment is the status Canceling",
    );
    refused("method", &org.rest("DELETE", path, ""), 501, "not imitated: DELETE");
    // What clients of other purposes ask for is not answered as if it were not there.
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
        refused(
            path,
            &get(&org, &format!("/services/data/v66.0/{path}")),
            501,
            "not imitated: GET /services/data",
        );
    }
    refused(
        "locator",
        &get(&org, "/services/data/v66.0/query/01g000000000001AAA-2000"),
        400,
        "invalid query locator",
    );
    let partner = org.http("POST", "/services/Soap/u/64.0", &[("Content-Type", "text/xml")], b"<login/>");
    refused("SOAP login", &partner, 501, "<faultcode>sf:NOT_IMITATED</faultcode>");
    refused("SOQL text", &org.query("SELECT Id FROM User WHERE Name = 'x"), 400, "unterminated string in");
    refused("SOQL sign", &org.query("SELECT Id ; FROM User"), 400, "unexpected token: ';'");
    refused(
        "SOQL object",
        &org.query("SELECT Id FROM Account"),
        400,
        "is not supported. (not imitated here)",
    );
    refused("SOQL column", &org.query("SELECT Nope FROM User"), 400, "No such column 'Nope'");

    let all = org.token.clone();
    org.token = org.token_of("limited");
    refused(
        "credentials",
        &get(&org, &credentials),
        403,
        "access to the credentials of external client apps",
    );
    let deploy = org.multipart(66, &[]);
    refused("deploys over REST", &deploy, 403, "use of the Metadata API requires a user with");
    org.token = "00Dnobody!x".to_string();
    refused("session", &get(&org, "/services/data/v66.0/limits"), 401, "Session expired or invalid");
    org.token = all;
    let name = org.running.credentials.username.clone();
    org.admin("PATCH", "org", &json!({ "users": { name: { "permissions": [] } } }).to_string());
    refused(
        "no API",
        &get(&org, "/services/data/v66.0/limits"),
        403,
        "API is not enabled for this Organization",
    );
    refused("no SOAP", &org.soap("<describeMetadata/>"), 500, "API is disabled for this User");
}

#[test]
fn settings_and_warnings() {
    let org = start();
    org.shop();
    let warned = |element: &str| {
        Package::new().with(GLOBAL, "Shop_global", &format!("{PARENT}<{element}>true</{element}>"))
    };
    for element in ["shouldRotateConsumerKey", "shouldRotateConsumerSecret"] {
        let before = org.components();
        let problems = org.deploy(&warned(element)).problems();
        assert!(problems[0].contains("changes and the old one stops working"), "{problems:?}");
        assert_eq!(org.components(), before);
        assert_eq!(org.deploy(&warned(element).option("ignoreWarnings", "true")).status(), "Succeeded");
        assert_ne!(org.components(), before);
    }
    let problems = org.deploy(&Package::new().delete(&[(APP, "Nobody")])).problems();
    assert!(problems[0].contains("No ExternalClientApplication named: Nobody found"), "{problems:?}");
    let period = |policy: &str| {
        let lines = format!(
            "{PARENT}<refreshTokenPolicyType>{policy}</refreshTokenPolicyType><refreshTokenValidityPeriod>1</refreshTokenValidityPeriod>"
        );
        Package::new().with(OAUTH_POLICIES, "Shop_oauth_defaultPolicy", &lines)
    };
    for policy in ["Infinite", "Zero"] {
        let problems = org.deploy(&period(policy)).problems();
        assert!(
            problems[0].contains("A refresh token validity is not allowed with the policy type"),
            "{problems:?}"
        );
    }
    org.admin("PATCH", "org", r#"{"preauthorization_needs_own_assignment": true}"#);
    let policy = "<permittedUsersPolicyType>AdminApprovedPreAuthorized</permittedUsersPolicyType>";
    let package = Package::new().with(
        OAUTH_POLICIES,
        "Shop_oauth_defaultPolicy",
        &format!("<commaSeparatedPermissionSet>Shop_Staff</commaSeparatedPermissionSet>{PARENT}{policy}"),
    );
    let problems = org.deploy(&package).problems();
    assert!(problems[0].contains("Assign one of the permission sets to yourself first"), "{problems:?}");
}

#[test]
fn grants() {
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
    refused("GET", &org.http("GET", "/services/oauth2/token", &[], b""), 400, "must be POST");
    for (what, body, status, words) in [
        ("no grant", String::new(), 400, "grant type not supported"),
        ("unknown grant", "grant_type=magic".to_string(), 400, "grant type not supported"),
        ("passwords", "grant_type=password".to_string(), 501, "not imitated: the grant type password"),
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
        refused(what, &token(&body), status, words);
    }
    let revoke = org.http("POST", "/services/oauth2/revoke", &[], b"token=nobody");
    refused("revoke", &revoke, 400, "this token type is not supported");
}
