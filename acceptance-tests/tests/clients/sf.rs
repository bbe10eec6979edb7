//! Tests with the Salesforce CLI and a source project, alone and alternating with Terraform. The CLI needs 300 MB and a
//! second or two per command, so only `make test-sf` runs these tests.

use super::jsforce::imports_the_shop;
use super::program::{Finished, credentials, installed, run, source};
use super::referee;
use acceptance_tests::emulator::Emulator;
use acceptance_tests::org::{APP, GLOBAL_OAUTH, OAUTH, OAUTH_POLICIES, POLICIES};
use acceptance_tests::recorder::Recorder;
use acceptance_tests::terraform::repository;
use acceptance_tests::workspace::Workspace;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Salesforce CLI with a separate home and a source project.
struct Sf {
    root: tempfile::TempDir,
    url: String,
    credentials: Value,
    key: PathBuf,
}

impl Sf {
    /// A CLI that is not logged in.
    fn new(org: &Emulator, recorder: &Recorder) -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["home", "project/force-app/main/default", "output"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        std::fs::copy(source("project/sfdx-project.json"), root.path().join("project/sfdx-project.json"))
            .unwrap();
        let file = credentials(org);
        let credentials = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        Self { root, url: recorder.url.clone(), credentials, key: file.with_file_name("server.key") }
    }

    /// A CLI that is logged in as the administrator with a private key. `emu` is the alias of the org.
    fn logged_in(org: &Emulator, recorder: &Recorder) -> Self {
        let sf = Self::new(org, recorder);
        let key = sf.key.display().to_string();
        let text = |name: &str| sf.credentials[name].as_str().unwrap().to_owned();
        let (user, client) = (text("username"), text("client_id"));
        let login =
            ["org", "login", "jwt", "--username", &user, "--jwt-key-file", &key, "--client-id", &client];
        let result = sf.run(&[&login[..], &["--instance-url", &sf.url, "--alias", "emu"]].concat(), &[]);
        assert_eq!(result["username"], user);
        sf
    }

    fn with_the_shop(org: &Emulator, recorder: &Recorder) -> Self {
        let sf = Self::logged_in(org, recorder);
        copy_folder(&source("project/force-app"), &sf.project().join("force-app"));
        sf
    }

    fn project(&self) -> PathBuf {
        self.root.path().join("project")
    }

    fn read(&self, path: &str) -> String {
        let path = self.project().join("force-app/main/default").join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn start(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
        let mut command = Command::new(installed("sf").join("node_modules/.bin/sf"));
        command
            .args(arguments)
            .arg("--json")
            .current_dir(self.project())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path().join("home"))
            .env("NO_COLOR", "1")
            .env("SF_DISABLE_TELEMETRY", "true")
            // Without the variable of exactly this name, the CLI starts an update that outlives the command.
            .env("SF_DISABLE_AUTOUPDATE", "true")
            .env("SF_SKIP_NEW_VERSION_CHECK", "true")
            .env("SF_USE_GENERIC_UNIX_KEYCHAIN", "true")
            .env("SF_USE_PROGRESS_BAR", "false")
            .env("SF_DISABLE_DNS_CHECK", "true")
            .envs(environment.iter().copied());
        let finished = run(&mut command, &self.root.path().join("output"));
        let update = self.root.path().join("home/.cache/sf/autoupdate");
        assert!(!update.exists(), "the CLI started to update itself");
        finished
    }

    /// The `result` of a command that must succeed.
    #[track_caller]
    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Value {
        let finished = self.start(arguments, environment).succeeded();
        let output: Value = serde_json::from_str(&finished.stdout).expect("JSON");
        assert_eq!(output["status"], 0, "{output:#}");
        output["result"].clone()
    }

    #[track_caller]
    fn deploy(&self, environment: &[(&str, &str)]) -> Value {
        let deploy = ["project", "deploy", "start", "--source-dir", "force-app", "--wait", "1", "-o", "emu"];
        let result = self.run(&deploy, environment);
        assert_eq!(result["status"], "Succeeded", "{result:#}");
        result
    }
}

/// The type, name and state of each file in the output of a command, sorted by type.
fn states(result: &Value) -> Vec<(String, String, String)> {
    let text = |file: &Value, name: &str| file[name].as_str().unwrap_or_default().to_owned();
    let files = result["files"].as_array().into_iter().flatten();
    let mut found: Vec<_> =
        files.map(|file| (text(file, "type"), text(file, "fullName"), text(file, "state"))).collect();
    found.sort();
    found
}

fn the_shop(state: &str) -> Vec<(String, String, String)> {
    [(APP, "Shop"), (GLOBAL_OAUTH, "Shop_global"), (OAUTH, "Shop_oauth")]
        .map(|(kind, name)| (kind.to_owned(), name.to_owned(), state.to_owned()))
        .to_vec()
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
#[ignore = "needs the Salesforce CLI: make test-sf"]
fn sf_logs_in_with_a_token() {
    let org = Emulator::start();
    let recorder = Recorder::before(&org);
    let sf = Sf::new(&org, &recorder);
    let user = org.user("other.admin");
    let token = sf.credentials["users"][&user].as_str().unwrap();
    let login = ["org", "login", "access-token", "--instance-url", &sf.url, "--no-prompt", "--alias", "emu"];
    let result = sf.run(&login, &[("SF_ACCESS_TOKEN", token)]);
    assert_eq!(result["username"], user);
    assert_eq!(result["orgId"], org.org_id());
    let listed = sf.run(&["org", "list", "metadata", "--metadata-type", APP, "-o", "emu"], &[]);
    assert_eq!(listed, serde_json::json!([]));
}

#[test]
#[ignore = "needs the Salesforce CLI: make test-sf"]
fn sf_works_with_a_source_project_and_every_message_conforms_to_the_wsdl() {
    let org = Emulator::start();
    let recorder = Recorder::before(&org);
    let sf = Sf::with_the_shop(&org, &recorder);

    assert_eq!(states(&sf.deploy(&[])), the_shop("Created"));
    let soap = org.journal().len();
    assert_eq!(states(&sf.deploy(&[("SF_ORG_METADATA_REST_DEPLOY", "true")])), the_shop("Unchanged"));
    let calls = org.journal();
    let paths = calls[soap..].iter().map(|call| call["path"].as_str().unwrap_or_default().to_owned());
    let paths: Vec<String> = paths.collect();
    assert!(paths.iter().any(|path| path.contains("/metadata/deployRequest")), "{paths:?}");
    assert!(!paths.iter().any(|path| path.contains("/services/Soap/")), "{paths:?}");

    // The CLI lists components and metadata types.
    let list = |kind: &str| sf.run(&["org", "list", "metadata", "--metadata-type", kind, "-o", "emu"], &[]);
    let listed = list(APP);
    assert_eq!(listed[0]["fullName"], "Shop");
    assert_eq!(listed[0]["fileName"], "externalClientApps/Shop.eca");
    let types = sf.run(&["org", "list", "metadata-types", "-o", "emu"], &[]);
    let types = types["metadataObjects"].as_array().unwrap();
    assert!(types.iter().any(|one| one["xmlName"] == GLOBAL_OAUTH && one["suffix"] == "ecaGlblOauth"));

    // With a private key, the CLI gets a new session automatically, both with SOAP and with REST.
    org.admin("POST", "/sessions/expire", None);
    assert_eq!(list(APP)[0]["fullName"], "Shop");
    org.admin("POST", "/sessions/expire", None);
    assert_eq!(states(&sf.deploy(&[("SF_ORG_METADATA_REST_DEPLOY", "true")])), the_shop("Unchanged"));

    // An admin's change is retrieved.
    org.edit(APP, "Shop", "label", "Edited");
    let metadata = format!("{APP}:Shop");
    let retrieve = ["project", "retrieve", "start", "--metadata", &metadata, "--wait", "1", "-o", "emu"];
    let result = sf.run(&retrieve, &[]);
    assert_eq!(states(&result), [(APP.to_owned(), "Shop".to_owned(), "Changed".to_owned())]);
    let file = "externalClientApps/Shop.eca-meta.xml";
    assert!(sf.read(file).contains("<label>Edited</label>"), "{}", sf.read(file));

    // An error is reported at its line.
    let good = sf.read(file);
    let path = sf.project().join("force-app/main/default").join(file);
    std::fs::write(&path, good.replace("label>", "lable>")).unwrap();
    let deploy = ["project", "deploy", "start", "--source-dir", "force-app", "--wait", "1", "-o", "emu"];
    let rejected = sf.start(&deploy, &[]);
    assert_eq!(rejected.code, Some(1), "{}", rejected.stdout);
    let output: Value = serde_json::from_str(&rejected.stdout).unwrap();
    let files = output["result"]["files"].as_array().unwrap();
    let failed = files.iter().find(|file| file["state"] == "Failed").unwrap_or_else(|| panic!("{output:#}"));
    assert_eq!(failed["fullName"], "Shop");
    assert_eq!(failed["lineNumber"], 6, "{failed:#}");
    assert!(failed["error"].as_str().unwrap().contains("lable"), "{failed:#}");
    std::fs::write(&path, good).unwrap();

    let delete =
        ["project", "delete", "source", "--metadata", &metadata, "--no-prompt", "--wait", "1", "-o", "emu"];
    let deleted = sf.run(&delete, &[]);
    assert_eq!(deleted["status"], "Succeeded", "{deleted:#}");
    assert!(!path.exists(), "the local file is deleted with the app");
    assert_eq!(org.names(APP), Vec::<String>::new());
    assert_eq!(list(APP), serde_json::json!([]));

    let seen = referee::validate(&recorder, "sf", "the Salesforce CLI");
    referee::assert_seen(
        &seen,
        &[
            "deployResponse",
            "checkDeployStatusResponse",
            "retrieveResponse",
            "checkRetrieveStatusResponse",
            "listMetadataResponse",
            "describeMetadataResponse",
            "Fault",
        ],
    );
}

#[test]
#[ignore = "needs the Salesforce CLI: make test-sf"]
fn an_app_that_sf_deployed_is_imported_with_an_empty_plan() {
    let org = Emulator::start();
    let recorder = Recorder::before(&org);
    Sf::with_the_shop(&org, &recorder).deploy(&[]);
    imports_the_shop(&org);
}

#[test]
#[ignore = "needs the Salesforce CLI: make test-sf"]
fn an_app_that_terraform_created_is_redeployed_by_sf_and_the_plan_stays_empty() {
    let org = Emulator::start();
    let recorder = Recorder::before(&org);
    let workspace = Workspace::new(&org);
    let resource = "examples/resources/salesforce_external_client_app_policies/resource.tf";
    workspace.configure(&std::fs::read_to_string(repository().join(resource)).unwrap());
    workspace.apply().succeeded();
    workspace.assert_empty_plan();
    let before = org.admin("GET", "/components", None);

    let sf = Sf::logged_in(&org, &recorder);
    let mut retrieve = vec!["project", "retrieve", "start", "--wait", "1", "-o", "emu"];
    // The provider also uses the newest API version. Older versions do not contain all elements.
    let newest = format!("{}.0", org.newest_version());
    retrieve.extend(["--api-version", &newest]);
    for kind in [APP, OAUTH, GLOBAL_OAUTH, POLICIES, OAUTH_POLICIES] {
        retrieve.extend(["--metadata", kind]);
    }
    let retrieved = sf.run(&retrieve, &[]);
    assert_eq!(states(&retrieved).len(), 5, "{retrieved:#}");
    let deploy = ["project", "deploy", "start", "--source-dir", "force-app", "--wait", "1", "-o", "emu"];
    let deployed = sf.run(&[&deploy[..], &["--api-version", &newest]].concat(), &[]);
    assert_eq!(deployed["status"], "Succeeded", "{deployed:#}");
    let changed: Vec<_> =
        states(&deployed).into_iter().filter(|(_, _, state)| state != "Unchanged").collect();
    assert_eq!(changed, [], "a deploy of the retrieved files changes nothing");
    assert_eq!(org.admin("GET", "/components", None), before);
    workspace.assert_empty_plan();
}
