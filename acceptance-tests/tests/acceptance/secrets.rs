//! Tests that secrets do not leak. The workspace searches the output of every command of every test, and all files that
//! a test leaves. These tests show that the search finds each kind of secret in each place, and cover the most
//! sensitive operations.

use crate::configurations::{APP, APP_AND_SETTINGS, ONLY_APP, SETTINGS};
use acceptance_tests::canary::Secret;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::org::GLOBAL_OAUTH;
use acceptance_tests::plan::Action::Create;
use acceptance_tests::workspace::Workspace;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[test]
fn the_trace_log_contains_lines_of_the_provider() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.step(ONLY_APP, &[(APP, Create)]);
    let logs = workspace.logs();
    // Without these lines, the search of the log would cover only Terraform's output.
    let lines = logs.lines().filter(|line| line.contains("provider.terraform-provider-salesforce: ")).count();
    assert!(lines > 20, "{lines} lines of the provider in {} bytes of log", logs.len());
    assert!(logs.contains("[TRACE] provider.terraform-provider-salesforce: "), "nothing at TRACE");
}

#[test]
#[should_panic(expected = "secrets leaked by")]
fn the_leak_check_finds_a_secret_in_the_state() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.step(APP_AND_SETTINGS, &[(APP, Create), (SETTINGS, Create)]);
    // The consumer key is in the state and is not a secret. In this test, it stands in for one.
    workspace.watch_secret(Secret::new("a stand-in", &org.part(GLOBAL_OAUTH, "Shop").text("consumerKey")));
    let _found = workspace.run(&["version"]);
}

#[test]
fn the_leak_check_knows_the_secrets_that_the_org_issues() {
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    let before = org.secrets().len();
    workspace.step(APP_AND_SETTINGS, &[(APP, Create), (SETTINGS, Create)]);
    // The new secrets are at least an access token and the consumer secret of the new app.
    assert!(org.secrets().len() >= before + 2);
}

#[test]
fn a_secret_in_a_retrieve_does_not_leak() {
    let org = Emulator::start();
    org.admin("PATCH", "/org", Some(&serde_json::json!({ "secret_in_metadata": true })));
    let workspace = Workspace::new(&org);
    workspace.step(APP_AND_SETTINGS, &[(APP, Create), (SETTINGS, Create)]);
    let changed = APP_AND_SETTINGS.replace("\"OpenID\", ", "");
    workspace.configure(&changed);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    workspace.imports_into_an_empty_state();
}

#[test]
fn an_external_token_does_not_leak() {
    let org = Emulator::start();
    let token = org.ready["accessToken"].as_str().unwrap_or_default().to_owned();
    assert!(!token.is_empty());
    let mut workspace = Workspace::anonymous();
    workspace.watch(&org);
    workspace.watch_secret(Secret::new("access token", &token));
    workspace.set("SALESFORCE_INSTANCE_URL", org.url());
    workspace.set("SALESFORCE_ACCESS_TOKEN", &token);
    workspace.step(ONLY_APP, &[(APP, Create)]);

    // An expired token appears in the org's error.
    org.admin("POST", "/sessions/expire", None);
    workspace.run(&["plan", "-no-color", "-input=false"]).failed_with("access token");
}

/// The secrets that tests plant, in addition to those that the org issues.
const SESSION: &str = "00D000000000001!AQcanaryPLANTED.0123456789";
const HASH: &str = "canaryHASH-0123456789abcdef";
const PAGE_SECRET: &str = "canaryPAGE-0123456789abcdef";
const ZIPPED: &str = "canaryZIPPED-0123456789abcdef";
const PROXY_PASSWORD: &str = "canaryPROXY-0123456789abcdef";
const ASSERTION: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJjYW5hcnkifQ.c2lnbmF0dXJl";

fn issued(org: &Emulator, start: &str) -> String {
    let secrets = org.admin("GET", "/secrets", None);
    let mut secrets = secrets.as_array().into_iter().flatten().filter_map(Value::as_str);
    secrets.find(|secret| secret.starts_with(start)).unwrap_or_else(|| panic!("no {start}")).to_owned()
}

/// Each kind of secret, with a value that the workspace recognizes automatically.
fn kinds(org: &Emulator, workspace: &mut Workspace<'_>) -> Vec<(&'static str, String)> {
    let pem = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    org.plant("key of a certificate", &pem);
    org.plant("session hash", HASH);
    org.plant("secret in a zip", ZIPPED);
    org.plant("secret in a page", PAGE_SECRET);
    org.plant("session id", SESSION);
    workspace.set("HTTPS_PROXY", &format!("http://user:{PROXY_PASSWORD}@127.0.0.1:9"));
    org.admin("POST", "/apps", Some(&json!({ "name": "Kept" })));
    org.admin("POST", "/apps/Kept/credentials", Some(&json!({ "do": "stage" })));
    let pairs = org.admin("GET", "/apps/Kept/credentials", None);
    let secret = |pair: usize| pairs[pair]["secret"].as_str().expect("a secret").to_owned();
    let key = &org.credentials()["SALESFORCE_PRIVATE_KEY_FILE"];
    vec![
        ("private key", std::fs::read_to_string(key).expect("a key")),
        ("assertion", ASSERTION.to_owned()),
        ("access token", org.ready["accessToken"].as_str().expect("a token").to_owned()),
        ("refresh token", issued(org, "5Aep")),
        ("client secret", issued(org, "canaryLOGINSECRET")),
        ("consumer secret", secret(0)),
        ("consumer secret", secret(1)),
        ("key of a certificate", pem),
        ("proxy password", PROXY_PASSWORD.to_owned()),
        ("session hash", HASH.to_owned()),
        ("secret in a zip", ZIPPED.to_owned()),
        ("secret in a page", PAGE_SECRET.to_owned()),
        ("session id", SESSION.to_owned()),
    ]
}

fn zipped(name: &str, content: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a file in the zip");
    zip.write_all(content.as_bytes()).expect("a file in the zip");
    zip.finish().expect("a zip").into_inner()
}

fn state(attribute: &str, private: &str) -> String {
    let private = STANDARD.encode(private);
    let instance = json!({ "attributes": { "label": attribute }, "private": private });
    json!({ "version": 4, "resources": [{ "instances": [instance] }] }).to_string()
}

/// A place where a run may leave data: its path below the workspace, and its content with a secret.
type Place = (&'static str, fn(&str) -> Vec<u8>);
const PLACES: [Place; 13] = [
    ("work/terraform.tfstate", |secret| state(secret, "{}").into_bytes()),
    ("work/terraform.tfstate.backup", |secret| state(secret, "{}").into_bytes()),
    ("work/private.tfstate", |secret| state("", &json!({ "at": secret }).to_string()).into_bytes()),
    ("work/plan.bin", |secret| zipped("tfplan", &format!("\u{8a}\u{1}{secret}\u{12}"))),
    ("plan.bin", |secret| zipped("tfstate", &state("", &json!({ "at": secret }).to_string()))),
    ("plan.json", |secret| json!({ "planned_values": { "label": secret } }).to_string().into_bytes()),
    ("logs/999.log", |secret| format!("2026-11-29 [TRACE] provider: {secret}\n").into_bytes()),
    ("work/crash.log", |secret| format!("panic: {secret}\n\ngoroutine 1").into_bytes()),
    ("work/core.17", |secret| [b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0", secret.as_bytes()].concat()),
    ("tmp/provider/left", |secret| STANDARD.encode(format!("user:{secret}")).into_bytes()),
    ("home/.terraform.d/checkpoint", |secret| secret.as_bytes().to_vec()),
    ("work/.terraform/modules/a/b", |secret| format!("x={}", secret.replace('!', "%21")).into_bytes()),
    ("work/retrieved.zip", |secret| zipped("unpackaged/inner.zip", secret)),
];

#[test]
fn each_kind_of_secret_is_found_in_each_place() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    let kinds = kinds(&org, &mut workspace);
    let root = workspace.folder().parent().expect("a folder around it").to_owned();
    assert_eq!(workspace.leaks(), []);
    for (kind, secret) in &kinds {
        for (place, content) in PLACES {
            let file = root.join(place);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            std::fs::write(&file, content(secret)).expect("a file");
            let leaks = workspace.leaks();
            let file_name = file.display().to_string();
            let is_found = leaks.iter().any(|leak| leak.kind == *kind && leak.place.starts_with(&file_name));
            assert!(is_found, "{kind} in {place}: {leaks:#?}");
            std::fs::remove_file(&file).expect("a file to remove");
        }
        // The search also finds a secret in the output of a command.
        let outside = tempfile::tempdir().expect("a folder");
        std::fs::write(outside.path().join("output"), secret).expect("a file");
        let file = outside.path().join("output").display().to_string();
        for script in [format!("cat {file}"), format!("cat {file} >&2"), format!("cat {file} >$TF_LOG_PATH")]
        {
            let run = || workspace.run_script(Path::new("/bin/sh"), &["-c", &script]);
            assert!(catch_unwind(AssertUnwindSafe(run)).is_err(), "{kind} by {script}");
        }
        let logs = std::fs::read_dir(root.join("logs")).expect("logs");
        logs.for_each(|log| std::fs::remove_file(log.expect("a log").path()).expect("a log to remove"));
    }
}

#[test]
#[should_panic(expected = "secrets left by the test")]
fn a_test_that_leaves_a_secret_fails_automatically() {
    let org = Emulator::start();
    // The test does not register the org, because the address in the environment is sufficient.
    let mut workspace = Workspace::anonymous();
    workspace.set("SALESFORCE_INSTANCE_URL", org.url());
    let file = workspace.folder().join("notes.txt");
    std::fs::write(file, issued(&org, "canaryLOGINSECRET")).expect("a file");
}

#[test]
fn secrets_in_responses_of_the_org_do_not_leak() {
    let page = format!(
        "<html><body><h1>Error</h1><pre>{{&quot;secret&quot;:&quot;{PAGE_SECRET}&quot;}}</pre>\
         <input name=\"consumerSecret\" value=\"{PAGE_SECRET}\"></body></html>"
    );
    let soap = |text: &str| {
        format!(
            "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>\
             <soapenv:Fault><faultcode>sf:ODD</faultcode><faultstring>{text}</faultstring></soapenv:Fault>\
             </soapenv:Body></soapenv:Envelope>"
        )
    };
    let echo = soap(&format!("you sent &lt;m:sessionId&gt;{SESSION}&lt;/m:sessionId&gt;"));
    let members =
        format!("got {{\"key\":\"3MVG9\",\"secret\":\"{PAGE_SECRET}\"}} and consumerSecret={ZIPPED}");
    let described = format!("invalid assertion {ASSERTION}, client_secret={PAGE_SECRET}");
    let denied = json!({ "error": "invalid_grant", "error_description": described }).to_string();
    let html = "text/html";
    let faults = [
        ("token", json!({ "status": 400, "content_type": "application/json", "body": denied })),
        ("token", json!({ "status": 403, "content_type": html, "body": page })),
        ("retrieve", json!({ "fault": { "code": "ODD", "text": format!("missing session hash: {HASH}") } })),
        (
            "retrieve",
            json!({ "fault": { "code": "ODD", "text": format!("missing session key: {SESSION}") } }),
        ),
        ("retrieve", json!({ "fault": { "code": SESSION, "text": "the code is odd" } })),
        ("retrieve", json!({ "fault": { "code": "ODD", "text": members } })),
        ("retrieve", json!({ "status": 400, "content_type": html, "body": page })),
        ("retrieve", json!({ "status": 500, "content_type": "text/xml", "body": echo })),
        ("checkRetrieveStatus", json!({ "truncate_zip": 40 })),
        (
            "deploy",
            json!({ "deploy_result": {
                "status": "Failed", "errorStatusCode": "ODD", "errorMessage": members
            }}),
        ),
        (
            "deploy",
            json!({ "component_problem": {
                "type": "ExternalClientApplication", "fullName": "Shop", "problem": members
            }}),
        ),
    ];
    let org = Emulator::start();
    org.admin("PATCH", "/org", Some(&json!({ "secret_in_metadata": true })));
    for (kind, secret) in [("page", PAGE_SECRET), ("hash", HASH), ("zip", ZIPPED), ("session", SESSION)] {
        org.plant(kind, secret);
    }
    let workspace = Workspace::new(&org);
    workspace.step(APP_AND_SETTINGS, &[(APP, Create), (SETTINGS, Create)]);
    for (number, (call, what)) in faults.into_iter().enumerate() {
        workspace.configure(
            &APP_AND_SETTINGS.replace("\"Shop\"\n  contact", &format!("\"Shop {number}\"\n  contact")),
        );
        org.admin("POST", "/faults", Some(&json!({ "call": call, "every": true, "do": what })));
        // The workspace searches the output of the command.
        let run = workspace.apply();
        assert_eq!(run.code, Some(1), "{call} {what}: {run}");
        org.admin("DELETE", "/faults", None);
    }
    workspace.apply().succeeded();
}

#[test]
fn secrets_in_credential_responses_do_not_leak() {
    if !language::has(Feature::EphemeralResources) {
        return;
    }
    let org = Emulator::start();
    org.admin("POST", "/apps", Some(&json!({ "name": "Kept" })));
    org.plant("member", PAGE_SECRET);
    let workspace = Workspace::new(&org);
    workspace.configure(
        r#"
data "salesforce_external_client_app" "kept" { name = "Kept" }

ephemeral "salesforce_external_client_app_credentials" "kept" {
  external_client_app = data.salesforce_external_client_app.kept.id
}
"#,
    );
    workspace.apply().succeeded();
    let body = json!([{ "errorCode": "ODD", "message": format!("{{\"secret\":\"{PAGE_SECRET}\"}}"),
        "secret": PAGE_SECRET }]);
    for (status, content_type, body) in [
        (400, "application/json", body.to_string()),
        (403, "text/html", format!("<html>{{\"secret\":\"{PAGE_SECRET}\"}}</html>")),
        (200, "application/json", format!("{{\"secret\":\"{PAGE_SECRET}\", broken")),
    ] {
        let response = json!({ "status": status, "content_type": content_type, "body": body });
        // The provider requests the keys first, then the secret.
        for nth in [1, 2] {
            let fault = json!({ "call": "oauthCredentials", "nth": nth, "every": true, "do": response });
            org.admin("POST", "/faults", Some(&fault));
            let run = workspace.apply();
            assert_eq!(run.code, Some(1), "{nth} {status}: {run}");
            org.admin("DELETE", "/faults", None);
        }
    }
}
