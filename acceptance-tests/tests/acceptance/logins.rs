//! Authentication with a Salesforce CLI login, with refresh tokens, and with token exchange.
//!
//! `sf` is a script that the tests write. Unit tests of the provider cover the output of the real CLI. The leak check
//! of the workspace covers the secrets that a test does not register.

use crate::configurations::{APP, ONLY_APP};
use acceptance_tests::canary::Secret;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org;
use acceptance_tests::plan::Action::Create;
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const PLAN: [&str; 3] = ["plan", "-no-color", "-input=false"];

fn credential(org: &Emulator, name: &str) -> String {
    org.known()[name].as_str().expect("a credential").to_owned()
}

/// A workspace without credentials in its environment.
fn without_credentials(org: &Emulator) -> Workspace<'_> {
    let mut workspace = Workspace::anonymous();
    workspace.watch(org);
    workspace
}

/// A new token for the administrator.
fn token(org: &Emulator) -> String {
    let session = org.admin("POST", "/sessions", Some(&json!({ "user": credential(org, "username") })));
    session["access_token"].as_str().expect("a token").to_owned()
}

/// A program `sf` in a separate folder. The files next to the program contain its output.
struct Sf {
    folder: tempfile::TempDir,
}

impl Sf {
    fn new() -> Sf {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("sf");
        let script = "#!/bin/sh\nhere=$(dirname \"$0\")\necho \"$*\" >> \"$here/calls\"\n\
                      case \"$*\" in *show-access-token*) cat \"$here/token\" ;; *) cat \"$here/display\" ;; esac\n\
                      exit \"$(cat \"$here/exit\")\"\n";
        std::fs::write(&program, script).expect("a program");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("its mode");
        let sf = Sf { folder };
        sf.set_output("display", "");
        sf.set_output("token", "");
        sf.set_output("exit", "0");
        sf
    }

    fn set_output(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).expect("a file of the program");
    }

    /// Makes the program redact this token in `org display`, and return it with the command `show-access-token`.
    fn set_token(&self, org: &Emulator, token: &str) {
        let hidden = "[REDACTED] Use 'sf org auth show-access-token' to view";
        let display = json!({ "status": 0, "result": { "accessToken": hidden, "instanceUrl": org.url() } });
        self.set_output("display", &format!("Warning: update available\n{display:#}\n"));
        self.set_output("token", &json!({ "status": 0, "result": { "accessToken": token } }).to_string());
    }

    fn calls(&self) -> usize {
        std::fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default().lines().count()
    }

    fn path(&self) -> String {
        format!("{}:{}", self.folder.path().display(), std::env::var("PATH").unwrap_or_default())
    }
}

fn with_block(arguments: &str) -> String {
    format!("provider \"salesforce\" {{\n{arguments}\n}}\n{ONLY_APP}")
}

#[test]
fn a_login_of_the_salesforce_cli_is_used_and_renewed() {
    let org = Emulator::start();
    let sf = Sf::new();
    sf.set_token(&org, &token(&org));
    let mut workspace = without_credentials(&org);
    workspace.set("PATH", &sf.path());
    workspace.step(&with_block("  sf_cli_org = \"acme\""), &[(APP, Create)]);
    let log = workspace.logs();
    let line = log
        .lines()
        .find(|line| line.contains("selected authentication method"))
        .expect("the method is in the log");
    assert!(line.contains("Salesforce CLI") && line.contains("sf_cli_org"), "{line}");
    let calls = std::fs::read_to_string(sf.folder.path().join("calls")).expect("the program was called");
    assert!(calls.contains("org display --target-org acme --json"), "{calls}");
    assert!(calls.contains("org auth show-access-token --target-org acme --json"), "{calls}");

    // The session expires, and the CLI returns the token of a new session.
    org.admin("POST", "/sessions/expire", None);
    sf.set_token(&org, &token(&org));
    workspace.run(&PLAN).succeeded();

    // The new session expires, and the CLI still returns the expired token.
    org.admin("POST", "/sessions/expire", None);
    workspace.run(&PLAN).failed_with("login for \"acme\" has expired");
    assert!(sf.calls() > 0);
}

#[test]
fn failures_of_the_salesforce_cli_are_reported() {
    let org = Emulator::start();
    let sf = Sf::new();
    let mut workspace = without_credentials(&org);
    workspace.set("SALESFORCE_SF_CLI_ORG", "acme");
    workspace.configure(ONLY_APP);
    workspace.set("PATH", &workspace.folder().display().to_string());
    workspace.apply().failed_with("there is no program sf on the PATH");
    workspace.set("PATH", &sf.path());
    let failed = json!({ "name": "NamedOrgNotFoundError", "message": "No authorization information found for acme.", "status": 1 });
    for (display, exit, fragment) in [
        (failed.to_string(), "1", "has no org with the alias or username \"acme\""),
        ("Oops".to_owned(), "0", "did not return JSON"),
        (json!({ "name": "RefreshTokenAuthError", "message": "x", "status": 1 }).to_string(), "1", "has expired"),
        (
            json!({ "status": 0, "result": { "accessToken": "00D!x", "instanceUrl": "http://evil.example" } }).to_string(),
            "0",
            "does not use https",
        ),
    ] {
        sf.set_output("display", &display);
        sf.set_output("exit", exit);
        workspace.apply().failed_with(fragment);
    }
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

#[test]
fn a_refresh_token_logs_in_and_its_rotation_is_reported() {
    let org = Emulator::start();
    let mut workspace = without_credentials(&org);
    workspace.set("SALESFORCE_INSTANCE_URL", org.url());
    workspace.set("SALESFORCE_CLIENT_ID", &credential(&org, "client_id"));
    workspace.set("SALESFORCE_CLIENT_SECRET", &credential(&org, "client_secret"));
    workspace.set("SALESFORCE_REFRESH_TOKEN", &credential(&org, "refresh_token"));
    workspace.step(ONLY_APP, &[(APP, Create)]);

    org.admin("PATCH", "/org", Some(&json!({ "login_app_rotates": true })));
    let run = workspace.run(&PLAN).succeeded();
    assert!(run.contains("Refresh token rotated") && run.contains("refresh-token-rotated"), "{run}");
    workspace.run(&PLAN).failed_with("the refresh token is no longer valid");
}

#[test]
fn an_invalid_refresh_token_is_reported() {
    let org = Emulator::start();
    let mut workspace = without_credentials(&org);
    workspace.set("SALESFORCE_CLIENT_ID", &credential(&org, "client_id"));
    workspace.set("SALESFORCE_CLIENT_SECRET", &credential(&org, "client_secret"));
    workspace.set("SALESFORCE_INSTANCE_URL", org.url());
    workspace.set("SALESFORCE_REFRESH_TOKEN", "5Aep861canaryOFSOMEBODYELSE0123456789");
    workspace.configure(ONLY_APP);
    workspace.apply().failed_with("expired access/refresh token");
}

#[test]
fn an_sfdx_auth_url_provides_the_app_the_token_and_the_org() {
    let org = Emulator::with(&["--tls"]);
    let host = org.url().trim_start_matches("https://").to_owned();
    let url = |token: &str| {
        format!(
            "force://{}:{}:{token}@{host}",
            credential(&org, "client_id"),
            credential(&org, "client_secret")
        )
    };
    let ca = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(ca.path(), credential(&org, "ca_certificate")).expect("the CA");
    for variable in ["SALESFORCE_SFDX_AUTH_URL", "SFDX_AUTH_URL"] {
        // The HTTP client of the tests does not support TLS, so the leak check cannot query this org for its secrets.
        // The test registers each secret by its value.
        let mut workspace = Workspace::anonymous();
        for name in ["client_secret", "refresh_token"] {
            workspace.watch_secret(Secret::new(name, &credential(&org, name)));
        }
        workspace.set("SALESFORCE_CA_CERTIFICATE_FILE", &ca.path().display().to_string());
        workspace.set(variable, &url(&credential(&org, "refresh_token")));
        workspace.step(ONLY_APP, &[(APP, Create)]);
        workspace.destroy().succeeded();
        workspace.set("SALESFORCE_INSTANCE_URL", "https://other.my.salesforce.com");
        workspace.run(&PLAN).failed_with("Credentials for another org");
    }
}

/// Adds a handler that exchanges the tokens of one HCP Terraform workspace for sessions of the org's administrator.
fn with_a_handler(org: &Emulator, more: Value) {
    let mut handler = json!({
        "name": "TerraformTokenExchange",
        "issuer": "https://app.terraform.io",
        "audience": "https://acme.my.salesforce.com",
        "users": { "organization:acme:workspace:shop": credential(org, "username") },
        "isDefault": true,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        handler[name] = value.clone();
    }
    org.admin("POST", "/token-handlers", Some(&handler));
}

/// A token from the HCP Terraform workspace that the handler accepts, with some claims changed.
fn workload_token(org: &Emulator, changes: &Value) -> String {
    let mut wanted = json!({
        "issuer": "https://app.terraform.io",
        "audience": "https://acme.my.salesforce.com",
        "subject": "organization:acme:workspace:shop",
    });
    for (name, value) in changes.as_object().into_iter().flatten() {
        wanted[name] = value.clone();
    }
    let issued = org.admin("POST", "/workload-tokens", Some(&wanted));
    issued["token"].as_str().expect("a token").to_owned()
}

fn exchanging(org: &Emulator) -> Workspace<'_> {
    let mut workspace = without_credentials(org);
    workspace.set("SALESFORCE_INSTANCE_URL", org.url());
    workspace.set("SALESFORCE_CLIENT_ID", &credential(org, "client_id"));
    workspace
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file with a token");
}

#[test]
fn a_workload_token_from_any_source_is_exchanged() {
    let org = Emulator::start();
    with_a_handler(&org, json!({}));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    write(&file, &workload_token(&org, &json!({})));
    let path = file.display().to_string();
    let token = workload_token(&org, &json!({}));
    for (variables, arguments) in [
        (vec![("SALESFORCE_SUBJECT_TOKEN", token.as_str())], ""),
        (
            vec![("SALESFORCE_SUBJECT_TOKEN_FILE", path.as_str())],
            "  token_handler = \"TerraformTokenExchange\"",
        ),
        (vec![("TFC_WORKLOAD_IDENTITY_TOKEN", token.as_str())], "  use_hcp_terraform_token = true"),
        (
            vec![("TFC_WORKLOAD_IDENTITY_TOKEN_SF", token.as_str())],
            "  use_hcp_terraform_token = true\n  hcp_terraform_token_tag = \"SF\"",
        ),
    ] {
        let mut workspace = exchanging(&org);
        for (name, value) in &variables {
            workspace.set(name, value);
        }
        workspace.step(&with_block(arguments), &[(APP, Create)]);
        workspace.destroy().succeeded();
    }

    // The session and the token in the file expire. The login succeeds again when a runner has replaced the file.
    let mut workspace = exchanging(&org);
    workspace.set("SALESFORCE_SUBJECT_TOKEN_FILE", &path);
    workspace.step(ONLY_APP, &[(APP, Create)]);
    org.admin("POST", "/sessions/expire", None);
    write(&file, &workload_token(&org, &json!({ "expires_in": -60 })));
    workspace.run(&PLAN).failed_with("the subject token has expired");
    write(&file, &workload_token(&org, &json!({})));
    workspace.run(&PLAN).succeeded();
}

#[test]
fn errors_of_a_token_exchange_are_reported() {
    let org = Emulator::start();
    with_a_handler(&org, json!({}));
    with_a_handler(&org, json!({ "name": "Other", "isDefault": false, "apps": ["3MVG9other"] }));
    let mut workspace = exchanging(&org);
    workspace.configure(ONLY_APP);
    let valid = json!({});
    for (changes, variable, fragment) in [
        (json!({ "issuer": "https://evil.example" }), None, "the subject token was not accepted"),
        (json!({ "audience": "somebody else" }), None, "Token handler validation failed"),
        (
            json!({ "subject": "organization:acme:workspace:other" }),
            None,
            "the subject token was not accepted",
        ),
        (json!({ "forged": true }), None, "the subject token was not accepted"),
        (json!({ "expires_in": -1 }), None, "the subject token has expired"),
        (valid.clone(), Some(("SALESFORCE_TOKEN_HANDLER", "Nobody")), "no such token exchange handler"),
        (valid.clone(), Some(("SALESFORCE_TOKEN_HANDLER", "Other")), "no such token exchange handler"),
        (valid.clone(), Some(("SALESFORCE_SUBJECT_TOKEN_TYPE", "saml2")), "does not support"),
        (valid.clone(), Some(("SALESFORCE_SUBJECT_TOKEN_TYPE", "JWTs")), "must be one of jwt"),
        (valid.clone(), Some(("SALESFORCE_CLIENT_SECRET", "canaryWRONG-4711-0815")), "invalid_client"),
        (valid.clone(), Some(("SALESFORCE_CLIENT_ID", "3MVG9nobody")), "the client ID is unknown"),
    ] {
        workspace.set("SALESFORCE_SUBJECT_TOKEN", &workload_token(&org, &changes));
        let before = variable.map(|(name, value)| {
            workspace.set(name, value);
            name
        });
        workspace.apply().failed_with(fragment);
        if let Some(name) = before {
            workspace.unset(name);
            workspace.set("SALESFORCE_CLIENT_ID", &credential(&org, "client_id"));
        }
    }
    workspace.set("SALESFORCE_SUBJECT_TOKEN", &workload_token(&org, &valid));
    org.admin("PATCH", "/org", Some(&json!({ "login_app_needs_secret": true })));
    workspace.apply().failed_with("invalid_client");
    workspace.set("SALESFORCE_CLIENT_SECRET", &credential(&org, "client_secret"));
    // The returned token is a JWT, which API version 66.0 does not accept.
    org.admin("PATCH", "/org", Some(&json!({ "jwtTokens": true })));
    workspace.set("SALESFORCE_API_VERSION", "66.0");
    workspace.apply().failed_with("JSON Web Token");
    workspace.set("SALESFORCE_API_VERSION", "68.0");
    workspace.apply().succeeded();
}

#[test]
fn conflicting_and_incomplete_authentication_methods_are_errors() {
    let org = Emulator::start();
    let mut workspace = without_credentials(&org);
    workspace.watch_secret(Secret::new("refresh token", "5Aep861canaryBLOCK0123456789"));
    for (arguments, fragment) in [
        (
            "  sf_cli_org = \"acme\"\n  use_hcp_terraform_token = true",
            "use_hcp_terraform_token and sf_cli_org are both",
        ),
        ("  sf_cli_org = \"--json\"", "starts with a hyphen"),
        (
            "  instance_url = \"https://acme.my.salesforce.com\"\n  client_id = \"x\"\n  subject_token_file = \"/no/such\"",
            "there is no such file",
        ),
        (
            "  instance_url = \"https://acme.my.salesforce.com\"\n  client_id = \"x\"\n  use_hcp_terraform_token = true",
            "TFC_WORKLOAD_IDENTITY_AUDIENCE",
        ),
        ("  use_hcp_terraform_token = \"yes\"", "bool"),
        ("  sf_cli_alias = \"acme\"", "sf_cli_alias"),
    ] {
        workspace.configure(&with_block(arguments));
        workspace.apply().failed_with(fragment);
    }
    workspace.set("SALESFORCE_REFRESH_TOKEN", "5Aep861canaryBLOCK0123456789");
    workspace.set("SALESFORCE_SF_CLI_ORG", "acme");
    workspace.configure(ONLY_APP);
    workspace.apply().failed_with("SALESFORCE_REFRESH_TOKEN and SALESFORCE_SF_CLI_ORG are both set");
}
