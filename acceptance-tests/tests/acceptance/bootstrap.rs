//! Tests for `examples/bootstrap`, which uses an administrator's token to create the app that Terraform logs in with,
//! and for the permissions that the user of this app needs.

use crate::configurations::{APP, POLICIES, SETTINGS, SHOP};
use acceptance_tests::canary::{self, Secret};
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{self, GLOBAL_OAUTH, OAUTH_POLICIES};
use acceptance_tests::plan::Action::Create;
use acceptance_tests::terraform::repository;
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

const DEVELOPER: &str = "Terraform_App_Developer";
const ADMIN: &str = "Terraform_App_Admin";

fn source() -> PathBuf {
    repository().join("examples/bootstrap")
}

/// Copies the example, because the script leaves a key and a state in its folder.
fn copy_to(folder: &Path) {
    for file in ["bootstrap", "main.tf"] {
        std::fs::copy(source().join(file), folder.join(file)).expect("a copy of the example");
    }
}

/// A workspace with a copy of the example, whose only credential is an administrator's token.
fn with_a_token(org: &Emulator) -> Workspace<'_> {
    let mut workspace = Workspace::new(org);
    for variable in org.credentials().keys() {
        workspace.unset(variable);
    }
    let admin = org.credentials()["SALESFORCE_USERNAME"].clone();
    let session = org.admin("POST", "/sessions", Some(&json!({ "user": admin })));
    workspace.set("SF_ACCESS_TOKEN", session["access_token"].as_str().expect("a token"));
    workspace.set("SF_ORG_INSTANCE_URL", org.url());
    workspace.set("TERRAFORM", &acceptance_tests::terraform::path().display().to_string());
    workspace.installs();
    copy_to(&workspace.folder());
    workspace
}

/// The variables in `terraform.env`.
fn variables(workspace: &Workspace<'_>) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(workspace.folder().join("terraform.env")).expect("the variables");
    let pairs = text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect()
}

#[test]
fn terraform_logs_in_with_the_app_that_it_creates() {
    let org = Emulator::with(&["--permission-set", &format!("{DEVELOPER}=1")]);
    let bootstrap = with_a_token(&org);
    let script = bootstrap.folder().join("bootstrap");
    let username = org.credentials()["SALESFORCE_USERNAME"].clone();
    let run = bootstrap.run_script(&script, &[&username, "-auto-approve"]).succeeded();

    let key = bootstrap.folder().join("terraform.key");
    let mode = key.metadata().expect("a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the key is for its owner only");
    let pem = std::fs::read_to_string(&key).expect("a key");
    let secret = [Secret::new("the new private key", &pem)];
    let state = std::fs::read_to_string(bootstrap.folder().join("terraform.tfstate")).expect("a state");
    for (place, text) in [("the state", state), ("the screen", run.words()), ("a log", bootstrap.logs())] {
        assert_eq!(canary::search(&secret, place, &text), [], "{place}");
    }

    let policies = org.part(OAUTH_POLICIES, "Terraform");
    assert_eq!(policies.text("permittedUsersPolicyType"), "AdminApprovedPreAuthorized");
    assert_eq!(policies.text("commaSeparatedPermissionSet"), DEVELOPER);
    assert_eq!(org.part(GLOBAL_OAUTH, "Terraform").text("isNamedUserJwtEnabled"), "false");

    let mut workspace = Workspace::anonymous();
    workspace.watch(&org);
    for (name, value) in variables(&bootstrap) {
        assert!(run.contains(&value), "the output contains {name}");
        workspace.set(&name, &value);
    }
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
    let logins = org.journal().into_iter().filter(|call| call["operation"] == "token").count();
    assert!(logins > 0, "no login used the key");
}

#[test]
fn a_second_run_changes_nothing_and_a_new_key_replaces_the_certificate() {
    let org = Emulator::with(&["--permission-set", &format!("{DEVELOPER}=1")]);
    let bootstrap = with_a_token(&org);
    let script = bootstrap.folder().join("bootstrap");
    let username = org.credentials()["SALESFORCE_USERNAME"].clone();
    bootstrap.run_script(&script, &[&username, "-auto-approve"]).succeeded();
    let key = std::fs::read(bootstrap.folder().join("terraform.key")).expect("a key");
    let client_id = org.part(GLOBAL_OAUTH, "Terraform").text("consumerKey");

    bootstrap.run_script(&script, &[&username, "-auto-approve"]).succeeded().containing("0 added, 0 changed");
    assert_eq!(
        std::fs::read(bootstrap.folder().join("terraform.key")).expect("a key"),
        key,
        "the key is kept"
    );

    for file in ["terraform.key", "terraform.crt"] {
        std::fs::remove_file(bootstrap.folder().join(file)).expect("the file is removed");
    }
    bootstrap
        .run_script(&script, &[&username, "-auto-approve"])
        .succeeded()
        .containing("1 changed, 0 destroyed");
    assert_eq!(org.part(GLOBAL_OAUTH, "Terraform").text("consumerKey"), client_id);

    let mut workspace = Workspace::anonymous();
    workspace.watch(&org);
    for (name, value) in variables(&bootstrap) {
        workspace.set(&name, &value);
    }
    workspace.step(SHOP, &[(APP, Create), (SETTINGS, Create), (POLICIES, Create)]);
}

#[test]
fn errors_are_reported_before_anything_is_created() {
    let org = Emulator::start();
    let mut bootstrap = with_a_token(&org);
    let script = bootstrap.folder().join("bootstrap");
    assert_eq!(bootstrap.run_script(&script, &[]).containing("usage: bootstrap USERNAME").code, Some(2));
    bootstrap.unset("SF_ORG_INSTANCE_URL");
    bootstrap.run_script(&script, &["a@example.com"]).containing("My Domain URL");
    bootstrap.unset("SF_ACCESS_TOKEN");
    bootstrap.run_script(&script, &["a@example.com"]).failed_with("set SF_ACCESS_TOKEN");
    assert!(!bootstrap.folder().join("terraform.key").exists());
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

/// The permissions in a permission set's file, which must conform to Salesforce's schema.
fn permissions(name: &str) -> Vec<String> {
    let file = source().join(format!("force-app/main/default/permissionsets/{name}.permissionset-meta.xml"));
    // Python's parser is strict about the format, and the tests need Python anyway.
    let script = r#"
import json, sys, xml.etree.ElementTree as xml
spaced = "{http://soap.sforce.com/2006/04/metadata}"
root = xml.parse(sys.argv[1]).getroot()
assert root.tag == spaced + "PermissionSet", root.tag
known = ["description", "hasActivationRequired", "label", "userPermissions"]
tags = [child.tag.replace(spaced, "") for child in root]
assert tags == sorted(tags) and set(tags) <= set(known), tags
granted = root.findall(spaced + "userPermissions")
assert all(one.find(spaced + "enabled").text == "true" for one in granted)
print(json.dumps([one.find(spaced + "name").text for one in granted]))
"#;
    let run = std::process::Command::new("python3").arg("-c").arg(script).arg(&file).output();
    let run = run.expect("python3 is on the PATH");
    assert!(run.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).expect("a list of permissions")
}

/// Grants the limited user exactly these permissions, and logs the workspace in as that user.
fn grant(org: &Emulator, workspace: &mut Workspace<'_>, permissions: &[String]) {
    let user = org.user("limited");
    org.admin("PATCH", "/org", Some(&json!({ "users": { &user: { "permissions": permissions } } })));
    let session = org.admin("POST", "/sessions", Some(&json!({ "user": user })));
    for variable in org.credentials().keys() {
        workspace.unset(variable);
    }
    workspace.set("SALESFORCE_INSTANCE_URL", org.url());
    workspace.set("SALESFORCE_ACCESS_TOKEN", session["access_token"].as_str().expect("a token"));
}

/// Asserts that an apply fails if any one of the permissions in the file is missing, and succeeds with all of them.
fn is_minimal_and_sufficient(permission_set: &str, org: &Emulator, workspace: &mut Workspace<'_>) {
    let permissions = permissions(permission_set);
    for left_out in &permissions {
        let others: Vec<String> = permissions.iter().filter(|one| *one != left_out).cloned().collect();
        grant(org, workspace, &others);
        let run = workspace.apply();
        assert_eq!(run.code, Some(1), "without {left_out}: {run}");
    }
    grant(org, workspace, &permissions);
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
}

#[test]
fn the_developer_permission_set_is_minimal_and_sufficient() {
    let org = Emulator::start();
    let mut workspace = Workspace::new(&org);
    workspace.configure(SHOP);
    is_minimal_and_sufficient(DEVELOPER, &org, &mut workspace);
    workspace.destroy().succeeded();
    assert_eq!(org.names(org::APP), Vec::<String>::new());
}

#[test]
fn the_admin_permission_set_is_minimal_and_sufficient_for_policies() {
    let org = Emulator::start();
    let app: Value = json!({ "name": "Shop", "scopes": "Api" });
    org.admin("POST", "/apps", Some(&app));
    let mut workspace = Workspace::new(&org);
    workspace.configure(
        r#"
        resource "salesforce_external_client_app_policies" "shop" {
          external_client_app = "Shop"
          permitted_users     = "AdminApprovedPreAuthorized"
          permission_sets     = ["Shop_Customer"]
          # A user who cannot see the policies waits for them to be created.
          timeouts { create = "2s" }
        }
        "#,
    );
    is_minimal_and_sufficient(ADMIN, &org, &mut workspace);
    assert_eq!(org.part(OAUTH_POLICIES, "Shop").text("commaSeparatedPermissionSet"), "Shop_Customer");
}

/// This test neither compiles the Apex class nor deploys the handler. It checks the format of the handler's file, and
/// that the names in the files match.
#[test]
fn the_token_exchange_handler_conforms_to_the_schema() {
    let folder = source().join("token-exchange/force-app/main/default");
    let script = r#"
import json, sys, xml.etree.ElementTree as xml
spaced = "{http://soap.sforce.com/2006/04/metadata}"
contract = json.load(open(sys.argv[2]))
def check(element, rows, version):
    known = {row["name"]: row for row in rows}
    tags = [child.tag.replace(spaced, "") for child in element]
    assert tags == sorted(tags) and set(tags) <= set(known), tags
    missing = [name for name, row in known.items() if row["required"] and row["since"] <= version and name not in tags]
    assert not missing, missing
    for child in element:
        row = known[child.tag.replace(spaced, "")]
        if row["type"] == "boolean":
            assert child.text in ("true", "false"), child.text
        if row["type"] in contract["types"]:
            check(child, contract["types"][row["type"]]["elements"], version)
root = xml.parse(sys.argv[1]).getroot()
assert root.tag == spaced + contract["name"], root.tag
check(root, contract["elements"], 65)
print(json.dumps({child.tag.replace(spaced, ""): child.text for child in root}))
"#;
    let name = "TerraformTokenExchange";
    let file = folder.join(format!("oauthtokenexchangehandlers/{name}.oauthtokenexchangehandler-meta.xml"));
    let contract = repository().join("proto/salesforce/OauthTokenExchangeHandler.json");
    let run = std::process::Command::new("python3").arg("-c").arg(script).args([&file, &contract]).output();
    let run = run.expect("python3 is on the PATH");
    assert!(run.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&run.stderr));
    let handler: Value = serde_json::from_slice(&run.stdout).expect("its elements");
    assert_eq!(handler["developerName"], name);
    assert_eq!(handler["tokenHandlerApex"], name);
    // The handler does not create a user for an unknown subject.
    assert_eq!(handler["isUserCreationAllowed"], "false");
    let class = std::fs::read_to_string(folder.join(format!("classes/{name}.cls"))).expect("the class");
    for words in [
        &format!("class {name} extends Auth.Oauth2TokenExchangeHandler") as &str,
        "NEVER COMPILED IN AN ORG",
        "validateJWTWithKeysEndpoint",
        "ISSUER.equals",
        "AUDIENCE.equals",
        "expires > now",
        "USERS.containsKey",
    ] {
        assert!(class.contains(words), "{words}");
    }
    let site =
        std::fs::read_to_string(folder.join("remoteSiteSettings/Terraform_Issuer.remoteSite-meta.xml"));
    assert!(site.expect("the remote site").contains("<url>https://app.terraform.io</url>"));
    assert!(class.contains("KEYS = 'https://app.terraform.io/"), "the keys come from the remote site");
}
