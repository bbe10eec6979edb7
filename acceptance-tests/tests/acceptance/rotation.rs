//! The credentials of an app: they are read without being stored, and rotated while clients log in. Interrupted
//! rotations are in `rotation_interrupts`.
#![expect(clippy::unwrap_used, reason = "a test fails with a panic, also in its functions")]

use acceptance_tests::emulator::Emulator;
use acceptance_tests::http;
use acceptance_tests::language::{self, Feature};
use acceptance_tests::plan::Action::{Delete, Update};
use acceptance_tests::workspace::Workspace;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const ROTATION: &str = "salesforce_external_client_app_credential_rotation.shop";
pub const APPLY: &[&str] = &["apply", "-no-color", "-input=false", "-auto-approve"];

/// An app whose clients use the client credentials flow, and its rotation with these values.
pub fn shop(org: &Emulator, rotate: &str, revoke: &str) -> String {
    format!(
        r#"
resource "salesforce_external_client_app" "shop" {{
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
}}

resource "salesforce_external_client_app_oauth_settings" "shop" {{
  external_client_app             = salesforce_external_client_app.shop.id
  callback_urls                   = ["https://shop.example.com/callback"]
  oauth_scopes                    = ["Api"]
  client_credentials_flow_enabled = true
}}

resource "salesforce_external_client_app_policies" "shop" {{
  external_client_app             = salesforce_external_client_app_oauth_settings.shop.id
  client_credentials_flow_enabled = true
  client_credentials_flow_user    = "{}"
}}

resource "salesforce_external_client_app_credential_rotation" "shop" {{
  external_client_app          = salesforce_external_client_app_policies.shop.external_client_app
  rotate_when_changed          = {rotate}
  revoke_previous_when_changed = {revoke}
}}
"#,
        org.user("integration")
    )
}

pub fn at(version: u32) -> String {
    format!("{{ version = \"{version}\" }}")
}

pub fn started<'org>(org: &'org Emulator) -> Workspace<'org> {
    let workspace = Workspace::new(org);
    workspace.configure(&shop(org, &at(1), &at(1)));
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    workspace
}

/// Whether a value is correct for an attribute, given the state of the org.
type IsCorrect = fn(&Value, &Emulator) -> bool;

/// Every attribute, and the check of its value after a rotation.
pub const ATTRIBUTES: &[(&str, IsCorrect)] = &[
    ("external_client_app", |value, _| value == "Shop"),
    ("rotate_when_changed", |value, _| *value == json!({"version": "2"})),
    ("revoke_previous_when_changed", |value, _| *value == json!({"version": "1"})),
    ("wait_for_propagation", |value, _| value == "1s"),
    ("consumer_key", |value, org| *value == json!(current_credentials(org).key)),
    ("rotated_at", |value, _| value.as_str().is_some_and(|time| time.len() == 20 && time.ends_with('Z'))),
    ("previous_state", |value, _| value == "Rotated"),
    ("previous_expires_at", |value, org| *value == all_credentials(org)[1]["expirationDate"]),
    ("id", |value, _| value == "Shop"),
    ("org_id", |value, org| value.as_str().is_some_and(|id| id.starts_with(org.org_id().get(..15).unwrap()))),
    ("timeouts.create", |value, _| value.is_null()),
    ("timeouts.read", |value, _| value == "4m"),
    ("timeouts.update", |value, _| value == "5m"),
    ("timeouts.delete", |value, _| value.is_null()),
];

/// The current credentials of an app, followed by staged and previous credentials.
pub fn all_credentials(org: &Emulator) -> Vec<Value> {
    org.admin("GET", "/apps/Shop/credentials", None).as_array().cloned().unwrap()
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub key: String,
    pub secret: String,
}

pub fn current_credentials(org: &Emulator) -> Credentials {
    let all = all_credentials(org);
    let text = |name: &str| all[0][name].as_str().unwrap().to_owned();
    Credentials { key: text("key"), secret: text("secret") }
}

pub fn logs_in(url: &str, credentials: &Credentials) -> bool {
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        credentials.key, credentials.secret
    );
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let reply = http::send("POST", &format!("{url}/services/oauth2/token"), &form, &body);
    reply.is_ok_and(|reply| reply.status == 200)
}

/// The numbers of calls that stage, rotate and delete credentials.
pub fn changes(org: &Emulator) -> [usize; 3] {
    let journal = org.journal();
    let count = |operation: &str| journal.iter().filter(|call| call["operation"] == operation).count();
    ["stageCredentials", "rotateCredentials", "deleteStagedCredentials"].map(count)
}

/// A client that logs in every hundred milliseconds with the credentials that it received last.
struct Client {
    credentials: Arc<Mutex<Credentials>>,
    failed: Arc<AtomicU32>,
    logins: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Client {
    fn start(url: &str, credentials: Credentials) -> Self {
        let mut client = Self {
            credentials: Arc::new(Mutex::new(credentials)),
            failed: Arc::default(),
            logins: Arc::default(),
            stop: Arc::default(),
            thread: None,
        };
        let (credentials, failed, logins, stop) =
            (client.credentials.clone(), client.failed.clone(), client.logins.clone(), client.stop.clone());
        let url = url.to_owned();
        client.thread = Some(std::thread::spawn(move || {
            while !stop.load(Ordering::SeqCst) {
                let with = credentials.lock().unwrap().clone();
                if !logs_in(&url, &with) {
                    failed.fetch_add(1, Ordering::SeqCst);
                }
                logins.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(100));
            }
        }));
        client
    }

    /// Stops the client. Returns the number of logins and the number of failed logins.
    fn end(mut self) -> (u32, u32) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
        (self.logins.load(Ordering::SeqCst), self.failed.load(Ordering::SeqCst))
    }
}

#[test]
fn a_client_with_continuous_logins_is_not_affected_by_a_rotation() {
    let org = Emulator::start();
    let workspace = started(&org);
    let old = current_credentials(&org);
    let client = Client::start(org.url(), old.clone());

    workspace.configure(&shop(&org, &at(2), &at(1)));
    let plan = workspace.plan(&[]);
    plan.changes(&[(ROTATION, Update)]);
    assert!(plan.words.contains("Client ID will change"), "{}", plan.words);
    assert!(plan.words.contains(&old.key), "{}", plan.words);
    workspace.apply_plan().succeeded();
    let new = current_credentials(&org);
    assert_ne!(old, new);
    assert_eq!(workspace.attribute(ROTATION, "consumer_key"), json!(new.key));
    assert_eq!(workspace.attribute(ROTATION, "previous_state"), json!("Rotated"));
    assert!(logs_in(org.url(), &old) && logs_in(org.url(), &new));
    // The next apply updates the settings' attribute in the state, without a planned change.
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    let settings = "salesforce_external_client_app_oauth_settings.shop";
    assert_eq!(workspace.attribute(settings, "consumer_key"), json!(new.key));

    *client.credentials.lock().unwrap() = new.clone();
    workspace.step(&shop(&org, &at(2), &at(2)), &[(ROTATION, Update)]);
    let (logins, failed) = client.end();
    assert!(logins > 10, "{logins}");
    assert_eq!(failed, 0, "of {logins} logins");
    assert!(!logs_in(org.url(), &old) && logs_in(org.url(), &new));
    assert_eq!(workspace.attribute(ROTATION, "previous_state"), Value::Null);
    assert_eq!(changes(&org), [1, 1, 1]);
}

#[test]
fn each_attribute_has_its_documented_value() {
    let org = Emulator::start();
    let workspace = started(&org);
    let line = "revoke_previous_when_changed = { version = \"1\" }";
    let more = format!(
        "{line}\n  wait_for_propagation = \"1s\"\n  timeouts {{\n    read = \"4m\"\n    update = \"5m\"\n  }}"
    );
    workspace.configure(&shop(&org, &at(2), &at(1)).replace(line, &more));
    workspace.apply().succeeded();
    for (name, is_correct) in ATTRIBUTES {
        let (outer, inner) = name.split_once('.').unwrap_or((name, ""));
        let value = workspace.attribute(ROTATION, outer);
        let value = if inner.is_empty() { &value } else { &value[inner] };
        assert!(is_correct(value, &org), "{name}: {value}");
    }
}

#[test]
fn create_import_and_destroy_rotate_nothing() {
    let org = Emulator::start();
    let workspace = started(&org);
    let credentials = current_credentials(&org);
    workspace.run(&["state", "rm", ROTATION]).succeeded();
    workspace.run(&["import", "-no-color", "-input=false", ROTATION, "Shop"]).succeeded();
    // The values exist only in Terraform, so storing them in the state is the only change.
    let plan = workspace.plan(&[]);
    plan.changes(&[(ROTATION, Update)]);
    assert!(!plan.words.contains("Client ID will change"), "{}", plan.words);
    workspace.apply_plan().succeeded();
    workspace.assert_empty_plan();
    let without = shop(&org, "null", "null");
    workspace.step(&without, &[(ROTATION, Update)]);
    assert_eq!(current_credentials(&org), credentials);
    // The resource is removed while previous credentials are valid, and the plan warns about them.
    workspace.configure(&shop(&org, &at(2), "null"));
    workspace.apply().succeeded();
    let (before, _) =
        without.split_once("resource \"salesforce_external_client_app_credential_rotation\"").unwrap();
    workspace.configure(before);
    let plan = workspace.plan(&[]);
    plan.changes(&[(ROTATION, Delete)]);
    assert!(plan.words.contains("Previous credentials remain valid"), "{}", plan.words);
    let run = workspace.apply_plan().succeeded();
    assert!(run.contains("Previous credentials remain valid"), "{run}");
    assert!(logs_in(org.url(), &credentials));
    assert_eq!(changes(&org), [1, 1, 0]);
}

/// The first plan of a replacement announces a rotation, because Terraform plans an update first.
#[test]
fn a_replaced_rotation_warns_that_nothing_was_rotated() {
    let org = Emulator::start();
    let workspace = started(&org);
    let credentials = current_credentials(&org);
    workspace.configure(&shop(&org, &at(2), &at(1)));
    let replace = format!("-replace={ROTATION}");
    let run = workspace.run(&[APPLY, &[replace.as_str()]].concat()).succeeded();
    assert!(run.contains("Nothing was rotated"), "{run}");
    assert_eq!(current_credentials(&org), credentials);
    assert_eq!(changes(&org), [0, 0, 0]);
    workspace.configure(&shop(&org, &at(3), &at(1)));
    let run = workspace.apply().succeeded();
    assert!(!run.contains("Nothing was rotated"), "{run}");
    assert_eq!(changes(&org), [1, 1, 0]);
}

#[test]
fn credentials_staged_by_another_user_are_reported_and_kept() {
    let org = Emulator::start();
    let workspace = started(&org);
    let other = org.user("other.admin");
    org.admin("POST", "/apps/Shop/credentials", Some(&json!({"do": "stage", "user": other})));
    workspace.assert_empty_plan();
    workspace.configure(&shop(&org, &at(2), &at(1)));
    let run = workspace.run(&["plan", "-no-color", "-input=false"]);
    run.failed_with("Credentials staged by another user");
    // The other user stages credentials between the plan and the apply.
    org.admin("POST", "/apps/Shop/credentials", Some(&json!({"do": "revoke"})));
    workspace.plan(&[]).changes(&[(ROTATION, Update)]);
    org.admin("POST", "/apps/Shop/credentials", Some(&json!({"do": "stage", "user": other})));
    workspace.apply_plan().failed_with("Credentials staged by another user");
    assert_eq!((all_credentials(&org).len(), changes(&org)), (2, [0, 0, 0]));
    org.admin("POST", "/apps/Shop/credentials", Some(&json!({"do": "revoke"})));
    workspace.apply().succeeded();
    assert_eq!(changes(&org), [1, 1, 0]);
}

#[test]
fn credentials_that_another_client_has_rotated_since_the_plan_are_not_revoked() {
    let org = Emulator::start();
    let workspace = started(&org);
    let ours = current_credentials(&org);
    workspace.configure(&shop(&org, &at(1), &at(2)));
    workspace.plan(&[]).changes(&[(ROTATION, Update)]);
    org.admin("POST", "/apps/Shop/credentials", Some(&json!({"do": "rotate"})));
    workspace.apply_plan().failed_with("rotated since the plan");
    assert!(logs_in(org.url(), &ours), "still valid");
    // The next plan includes the credentials that the other client has replaced, so its apply revokes them.
    workspace.apply().succeeded();
    assert!(!logs_in(org.url(), &ours), "revoked");
    workspace.assert_empty_plan();
}

#[test]
fn a_second_rotation_does_not_revoke_the_previous_credentials_by_default() {
    for (staging, rejected) in [("beside_expired", true), ("beside_rotated", false), ("alone", true)] {
        let org = Emulator::start();
        org.admin("PATCH", "/org", Some(&json!({ "staging": staging })));
        let workspace = started(&org);
        let first = current_credentials(&org);
        workspace.configure(&shop(&org, &at(2), &at(1)));
        workspace.apply().succeeded();
        workspace.configure(&shop(&org, &at(3), &at(1)));
        let run = workspace.apply();
        assert!(logs_in(org.url(), &first), "{staging}");
        if rejected {
            run.failed_with("Previous credentials still valid");
            workspace.configure(&shop(&org, &at(3), &at(2)));
            workspace.apply().succeeded();
            assert_eq!(all_credentials(&org).len(), 1);
        } else {
            run.succeeded();
            assert_eq!(all_credentials(&org).len(), 3);
        }
        workspace.apply().succeeded();
        workspace.assert_empty_plan();
    }
}

#[test]
fn a_rotation_that_would_lock_out_the_provider_is_rejected() {
    let org = Emulator::start();
    let workspace = started(&org);
    let credentials = current_credentials(&org);
    // The run-as user of the app gets the permissions to read and to rotate the credentials.
    let integration = org.user("integration");
    let permissions = json!([
        "ApiEnabled",
        "ModifyMetadata",
        "ExternalClientAppDeveloper",
        "ViewClientSecret",
        "ViewConsumerSecretsInMetadata",
        "ViewSetup",
        "ManageConnectedApps",
        "ExternalClientAppViewer",
        "ExternalClientAppAdmin",
        "ModifyAllData"
    ]);
    org.admin("PATCH", "/org", Some(&json!({"users": {integration: {"permissions": permissions}}})));
    let mut workspace = workspace;
    for variable in ["SALESFORCE_USERNAME", "SALESFORCE_PRIVATE_KEY_FILE"] {
        workspace.unset(variable);
    }
    workspace.set("SALESFORCE_CLIENT_ID", &credentials.key);
    workspace.set("SALESFORCE_CLIENT_SECRET", &credentials.secret);
    workspace.configure(&shop(&org, &at(2), &at(1)));
    let run = workspace.run(&["plan", "-no-color", "-input=false"]);
    run.failed_with("Change would lock out the provider");
    assert_eq!(changes(&org), [0, 0, 0]);
    // With the override, the apply rotates, and the previous credentials remain valid. Without the override, their
    // revocation is rejected.
    workspace.set("SALESFORCE_ALLOW_SELF_LOCKOUT", "true");
    workspace.apply().succeeded();
    workspace.unset("SALESFORCE_ALLOW_SELF_LOCKOUT");
    workspace.configure(&shop(&org, &at(2), &at(2)));
    let run = workspace.run(&["plan", "-no-color", "-input=false"]);
    run.failed_with("Change would lock out the provider");
    assert_eq!(changes(&org), [1, 1, 0]);
}

#[test]
fn settings_changed_in_the_run_of_a_rotation_have_a_correct_state() {
    let org = Emulator::start();
    let workspace = started(&org);
    let configuration = |path: &str, version: u32| {
        shop(&org, &at(version), &at(1))
            .replace("external_client_app_policies.shop.external_client_app", "external_client_app.shop.id")
            .replace("/callback", path)
    };
    workspace.configure(&configuration("/callback", 1));
    workspace.apply().succeeded();
    workspace.configure(&configuration("/other", 2));
    workspace.apply().succeeded();
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(changes(&org), [1, 1, 0]);
}

#[test]
fn actions_rotate_and_revoke_with_progress_messages() {
    if !language::has(Feature::Actions) {
        return;
    }
    let org = Emulator::start();
    let workspace = started(&org);
    let first = current_credentials(&org);
    let actions = r#"
action "salesforce_external_client_app_rotate_credentials" "now" {
  config {
    external_client_app = salesforce_external_client_app.shop.id
  }
}
action "salesforce_external_client_app_revoke_previous_credentials" "now" {
  config {
    external_client_app = salesforce_external_client_app.shop.id
  }
}
"#;
    workspace.configure(&format!("{}{actions}", shop(&org, &at(1), &at(1))));
    let invoke = |action: &str| {
        let address = format!("-invoke=action.salesforce_external_client_app_{action}.now");
        workspace.run(&["apply", "-no-color", "-input=false", "-auto-approve", &address])
    };
    let run = invoke("rotate_credentials").succeeded();
    for words in
        ["creating a new key and a new secret", "activating the new key and secret", "the client ID is"]
    {
        assert!(run.contains(words), "{run}");
    }
    assert!(logs_in(org.url(), &first));
    invoke("rotate_credentials").failed_with("Previous credentials still valid");
    invoke("revoke_previous_credentials").succeeded();
    assert!(!logs_in(org.url(), &first));
    invoke("revoke_previous_credentials")
        .succeeded()
        .containing("there are no previous credentials to revoke");
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(changes(&org)[1..], [1, 1]);
}

#[test]
fn the_ephemeral_resource_reads_credentials_and_reports_missing_permissions() {
    if !language::has(Feature::EphemeralResources) {
        return;
    }
    let org = Emulator::start();
    let workspace = started(&org);
    let reading = |key: &str| {
        format!(
            r#"{}
ephemeral "salesforce_external_client_app_credentials" "shop" {{
  external_client_app = {ROTATION}.external_client_app
  {key}
}}
"#,
            shop(&org, &at(1), &at(1))
        )
    };
    let plan = ["plan", "-no-color", "-input=false"];
    workspace.configure(&reading(&format!("consumer_key = {ROTATION}.consumer_key")));
    workspace.run(&plan).succeeded();
    workspace.apply().succeeded();
    workspace.configure(&reading("consumer_key = \"3MVG9.of.somebody.else\""));
    workspace.run(&plan).failed_with("Consumer key does not belong to the app");
    workspace.configure(&reading(""));
    org.admin("PATCH", "/org", Some(&json!({"enableClientSecretInRestApiAccess": false})));
    let run = workspace.run(&plan).failed_with("Credentials not accessible");
    assert!(run.contains("enableClientSecretInRestApiAccess) is disabled"), "{run}");
    org.admin(
        "PATCH",
        "/org",
        Some(&json!({"enableClientSecretInRestApiAccess": true, "secret_lag_ms": 3000})),
    );
    workspace.run(&plan).succeeded();
    assert_eq!(changes(&org), [0, 0, 0]);
}

/// In a refreshed sandbox, the new key does not indicate a rotation, and values that already triggered a rotation do
/// not trigger another one.
#[test]
fn a_sandbox_refresh_does_not_trigger_a_rotation() {
    let org = Emulator::start();
    let mut workspace = started(&org);
    workspace.configure(&shop(&org, &at(2), &at(1)));
    workspace.apply().succeeded();
    let rotated = changes(&org);
    let old = org.org_id().to_owned();
    org.admin("POST", "/refresh", Some(&json!({ "id": "00DEM0000000009" })));
    workspace.set("SALESFORCE_PREVIOUS_ORG_IDS", &old);
    let run = workspace.run(APPLY).succeeded();
    assert!(run.contains("new consumer key of Shop"), "{run}");
    workspace.unset("SALESFORCE_PREVIOUS_ORG_IDS");
    workspace.assert_empty_plan();
    assert_eq!(changes(&org), rotated, "nothing was rotated");
    assert_eq!(workspace.attribute(ROTATION, "consumer_key"), json!(current_credentials(&org).key));
    assert_eq!(workspace.attribute(ROTATION, "rotated_at"), Value::Null);
    assert_eq!(workspace.attribute(ROTATION, "previous_state"), Value::Null);
    // New values trigger a rotation as usual.
    workspace.configure(&shop(&org, &at(3), &at(1)));
    workspace.apply().succeeded();
    assert_eq!(changes(&org)[1], rotated[1] + 1);
}

/// The credentials of the previous org no longer exist, and a plan must not require the permission to read the new
/// ones.
#[test]
fn a_refreshed_sandbox_with_unreadable_credentials_can_be_planned() {
    let org = Emulator::start();
    let mut workspace = started(&org);
    let old = org.org_id().to_owned();
    org.admin("POST", "/refresh", Some(&json!({ "id": "00DEM0000000009" })));
    workspace.set("SALESFORCE_PREVIOUS_ORG_IDS", &old);
    org.admin("PATCH", "/org", Some(&json!({"enableClientSecretInRestApiAccess": false})));
    let changed = shop(&org, &at(1), &at(1)).replace("label         = \"Shop\"", "label         = \"Other\"");
    workspace.configure(&changed);
    let run = workspace.run(APPLY).succeeded();
    assert!(run.contains("Credentials not checked") && run.contains(&format!("of org {old}")), "{run}");
    workspace.unset("SALESFORCE_PREVIOUS_ORG_IDS");
    workspace.assert_empty_plan();
    assert_eq!(workspace.attribute(ROTATION, "consumer_key"), Value::Null);
    // Without the key in the state, an apply after an interrupted rotation would repeat the rotation.
    workspace.configure(&shop(&org, &at(2), &at(1)));
    workspace.run(APPLY).failed_with("Credentials not refreshed");
    assert_eq!(changes(&org), [0, 0, 0]);

    org.admin("PATCH", "/org", Some(&json!({"enableClientSecretInRestApiAccess": true})));
    workspace.configure(&shop(&org, &at(1), &at(1)));
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    assert_eq!(workspace.attribute(ROTATION, "consumer_key"), json!(current_credentials(&org).key));
    workspace.configure(&shop(&org, &at(2), &at(1)));
    workspace.apply().succeeded();
    assert_eq!(changes(&org)[1], 1);
}
