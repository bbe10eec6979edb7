//! Tests that this version can read the states of released versions. Each folder of `acceptance-tests/states` contains
//! a configuration and the state after its apply, including private state and identities.
//!
//! Each folder is named after a version, and its state was written by a real apply of that version before its release:
//! `KEEP=1 cargo test --workspace --test acceptance kept_states::keep -- --ignored`, with the newest Terraform, which
//! stores identities. A kept state is never changed.

use acceptance_tests::emulator::Emulator;
use acceptance_tests::plan::Plan;
use acceptance_tests::switches;
use acceptance_tests::terraform::{self, Product};
use acceptance_tests::workspace::Workspace;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::PathBuf;

const PLAN: &[&str] = &["plan", "-no-color", "-input=false", "-lock=false"];
const WARNING: &str = "Private state cannot be read";

/// Attributes whose values are different in each org.
const OF_THE_ORG: [&str; 5] = ["org_id", "consumer_key", "oauth_link", "rotated_at", "previous_expires_at"];

fn folder() -> PathBuf {
    terraform::repository().join("acceptance-tests/states")
}

/// The versions with a kept state, with the configuration and the state of each.
fn kept() -> Vec<(String, String, Value)> {
    let entries = std::fs::read_dir(folder()).expect("the kept states");
    let mut versions: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder").path()).collect();
    versions.sort();
    assert!(!versions.is_empty());
    let read =
        |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    versions
        .into_iter()
        .map(|version| {
            let state = read(version.join("terraform.tfstate"));
            (
                version.file_name().expect("a version").to_string_lossy().into_owned(),
                read(version.join("main.tf")),
                serde_json::from_str(&state).expect("a state"),
            )
        })
        .collect()
}

fn instances(state: &mut Value) -> impl Iterator<Item = (String, &mut Value)> {
    let resources = state["resources"].as_array_mut().expect("resources").iter_mut();
    resources.flat_map(|resource| {
        let address = format!("{}.{}", resource["type"], resource["name"]).replace('"', "");
        let instances = resource["instances"].as_array_mut().expect("instances").iter_mut();
        instances.map(move |instance| (address.clone(), instance))
    })
}

fn state_of(workspace: &Workspace<'_>) -> Value {
    let bytes = std::fs::read(workspace.folder().join("terraform.tfstate")).expect("a state");
    serde_json::from_slice(&bytes).expect("a state")
}

fn private_of(instance: &Value) -> Vec<u8> {
    STANDARD.decode(instance["private"].as_str().unwrap_or_default()).expect("base64")
}

/// The kept state with the values of this org, in which the version under test has just created the same resources.
fn adapted_to_this_org(kept: &Value, mut created: Value) -> Value {
    let mut text = kept.to_string();
    let mut replace = |old: &Value, new: &Value| {
        if let (Some(old), Some(new)) = (old.as_str(), new.as_str())
            && !old.is_empty()
        {
            text = text.replace(old, new);
        }
    };
    let mut before = kept.clone();
    for (address, new) in instances(&mut created) {
        let old = instances(&mut before).find(|(other, _)| *other == address);
        let (_, old) = old.unwrap_or_else(|| panic!("{address} is not in the kept state"));
        for attribute in OF_THE_ORG {
            replace(&old["attributes"][attribute], &new["attributes"][attribute]);
        }
        if let Some(identity) = old["identity"].as_object() {
            for (name, value) in identity {
                replace(value, &new["identity"][name]);
            }
        }
    }
    let mut state: Value = serde_json::from_str(&text).expect("a state");
    // A low version, so that no tested program is older than the version in the state.
    state["terraform_version"] = json!("1.6.0");
    state
}

struct Kept<'org> {
    version: String,
    state: Value,
    workspace: Workspace<'org>,
}

impl Kept<'_> {
    fn write(&self, state: &Value) {
        self.workspace.write("terraform.tfstate", &state.to_string());
    }

    /// Asserts that there are no changes and no drift, with and without a refresh.
    #[track_caller]
    fn assert_empty_plan(&self) {
        self.has_none(&self.workspace.differences());
    }

    /// Asserts that there are no planned changes. Drift is allowed.
    #[track_caller]
    fn changes_nothing(&self, plan: &Plan) {
        if !plan.actions().is_empty() {
            self.has_none(&plan.differences());
        }
    }

    #[track_caller]
    fn has_none(&self, differences: &[String]) {
        let lines: Vec<String> = differences.iter().map(|line| format!("{}: {line}", self.version)).collect();
        assert!(lines.is_empty(), "the plan is not empty:\n{}", lines.join("\n"));
    }
}

/// Runs a test with each kept state, in a workspace whose org has the same resources.
#[track_caller]
fn with_each(test: impl Fn(&Emulator, &mut Kept<'_>)) {
    for (version, configuration, state) in kept() {
        let org = Emulator::start();
        let workspace = Workspace::new(&org);
        workspace.configure(&configuration);
        workspace.apply().succeeded();
        let state = adapted_to_this_org(&state, state_of(&workspace));
        let mut kept = Kept { version, state, workspace };
        kept.write(&kept.state);
        test(&org, &mut kept);
    }
}

#[test]
fn every_stored_state_is_read_without_changes() {
    with_each(|org, kept| {
        let deploys = org.deploys().len();
        kept.assert_empty_plan();
        let run = kept.workspace.run(PLAN).succeeded();
        assert!(!run.contains(WARNING), "{}: {run}", kept.version);
        assert_eq!(org.deploys().len(), deploys);
        // All resources exist, so they can be destroyed.
        kept.workspace.destroy().succeeded();
        assert!(kept.workspace.state().is_empty());
    });
}

#[test]
fn the_newest_stored_state_has_every_resource_with_an_identity() {
    let schema = Workspace::anonymous();
    schema.configure("");
    let run = schema.run(&["providers", "schema", "-json"]).succeeded();
    let schemas: Value = serde_json::from_str(&run.stdout).expect("the schemas");
    let provider = schemas["provider_schemas"].as_object().and_then(|all| all.values().next());
    let types = provider.expect("the provider")["resource_schemas"].as_object().expect("resources").clone();
    let newest = kept().pop().expect("a kept state");
    let (version, _, mut state) = newest;
    let written: Vec<(String, Value)> =
        instances(&mut state).map(|(address, instance)| (address, instance.clone())).collect();
    for kind in types.keys() {
        let of_kind = written.iter().filter(|(address, _)| address.starts_with(&format!("{kind}.")));
        assert!(of_kind.count() > 0, "no {kind} is kept of {version}");
    }
    for (address, instance) in &written {
        assert!(instance["identity"].is_object(), "{address}: {instance}");
    }
    assert!(written.iter().any(|(_, instance)| !private_of(instance).is_empty()), "no private state");
}

/// The value that the provider's schema documents as the default of a boolean or a string.
fn default_of(column: &Value) -> Option<Value> {
    let (_, rest) = column["description"].as_str()?.split_once("Defaults to `")?;
    let (text, _) = rest.split_once('`')?;
    Some(if column["type"] == "bool" { json!(text == "true") } else { json!(text) })
}

/// Removes optional attributes that are null or have their default value, because the state of an earlier version may
/// lack them. Returns the number of removed defaults.
fn remove_what_could_be_new(schema: &Value, attributes: &mut Value) -> usize {
    let columns = schema["attributes"].as_object().expect("the attributes");
    let mut defaults = 0;
    for (name, column) in columns.iter().filter(|(_, column)| column["required"] != true) {
        let is_default = default_of(column).is_some_and(|default| attributes[name] == default);
        if is_default || attributes[name].is_null() {
            attributes.as_object_mut().expect("attributes").remove(name);
            defaults += usize::from(is_default);
        }
    }
    for (name, nested) in schema["block_types"].as_object().into_iter().flatten() {
        if attributes[name].is_object() {
            defaults += remove_what_could_be_new(&nested["block"], &mut attributes[name]);
        }
    }
    defaults
}

/// The schemas of later provider versions may remove and add attributes.
#[test]
fn removed_and_added_attributes_cause_no_changes() {
    let schemas = switches::schema();
    with_each(|_, kept| {
        let mut state = kept.state.clone();
        let mut defaults = 0;
        for (address, instance) in instances(&mut state) {
            let schema = &schemas[address.split('.').next().unwrap_or_default()]["block"];
            defaults += remove_what_could_be_new(schema, &mut instance["attributes"]);
            let attributes = instance["attributes"].as_object_mut().expect("attributes");
            attributes.insert("gone".to_owned(), json!({ "deep": [1, "x", null] }));
            attributes.insert("gone_too".to_owned(), json!("x"));
        }
        assert!(defaults > 20, "{}: only {defaults} attributes with a default", kept.version);
        kept.write(&state);
        kept.assert_empty_plan();

        // The description has no default, but it has a value in the org. The refresh sets this value in the state.
        for (_, instance) in instances(&mut state) {
            instance["attributes"].as_object_mut().expect("attributes").remove("description");
        }
        kept.write(&state);
        let plan = kept.workspace.plan(&[]);
        kept.changes_nothing(&plan);
        assert!(!plan.words.contains("gone"), "{}", plan.words);
    });
}

#[test]
fn a_state_with_a_newer_schema_version_is_rejected() {
    with_each(|org, kept| {
        let deploys = org.deploys().len();
        let mut state = kept.state.clone();
        for (_, instance) in instances(&mut state) {
            instance["schema_version"] = json!(99);
        }
        kept.write(&state);
        let run = kept.workspace.run(PLAN);
        // Terraform rejects the state without calling the provider.
        assert!(run.code == Some(1) && run.contains("newer provider version"), "{run}");

        // Terraform has stored identities since version 1.12.
        if terraform::product() == Product::Terraform && terraform::version() >= (1, 12) {
            let mut state = kept.state.clone();
            for (_, instance) in instances(&mut state) {
                instance["identity_schema_version"] = json!(99);
            }
            kept.write(&state);
            let run = kept.workspace.run(PLAN);
            assert!(run.code == Some(1) && run.contains("newer"), "{run}");
        }
        assert_eq!(org.deploys().len(), deploys);
    });
}

#[test]
fn invalid_private_state_is_a_warning() {
    let garbage: [&[u8]; 2] = [b"\xff\xfe\x00", b"{\"parts\":7,\"since\":\"tomorrow\"}"];
    with_each(|org, kept| {
        for (at, bytes) in garbage.iter().enumerate() {
            let deploys = org.deploys().len();
            let mut state = kept.state.clone();
            for (_, instance) in instances(&mut state) {
                instance["private"] = json!(STANDARD.encode(bytes));
            }
            kept.write(&state);
            let plan = kept.workspace.plan(&[]);
            kept.changes_nothing(&plan);
            assert!(plan.words.contains(WARNING), "{}", plan.words);
            let without = kept.workspace.plan(&["-refresh=false"]);
            kept.changes_nothing(&without);
            assert!(without.words.contains(WARNING), "{}", without.words);
            if at == 0 {
                kept.workspace.set("SALESFORCE_SUPPRESS_WARNINGS", "private-state-unreadable");
                assert!(!kept.workspace.plan(&[]).words.contains(WARNING));
                kept.workspace.unset("SALESFORCE_SUPPRESS_WARNINGS");
            }
            let refresh = ["apply", "-refresh-only", "-auto-approve", "-no-color", "-input=false"];
            kept.workspace.run(&refresh).succeeded();
            let run = kept.workspace.run(PLAN).succeeded();
            assert!(!run.contains(WARNING), "it was rewritten: {run}");
            kept.assert_empty_plan();
            assert_eq!(org.deploys().len(), deploys);
        }
    });
}

/// Writes the kept state of this version. The module documentation describes when to run this test.
#[test]
#[ignore = "writes into the repository, once for each version"]
fn keep() {
    assert!(std::env::var_os("KEEP").is_some(), "set KEEP=1 to confirm");
    let newest = terraform::product() == Product::Terraform && terraform::version() >= (1, 12);
    assert!(newest, "older programs keep no identities: TERRAFORM=$(scripts/fetch-terraform 1.15.5)");
    let version = folder().join(env!("CARGO_PKG_VERSION"));
    let configuration = std::fs::read_to_string(version.join("main.tf")).expect("its main.tf");
    assert!(!version.join("terraform.tfstate").exists(), "it is already stored");
    let org = Emulator::start();
    let workspace = Workspace::new(&org);
    workspace.configure(&configuration);
    workspace.apply().succeeded();
    // A refresh stores more private state than a create.
    let refresh = ["apply", "-refresh-only", "-auto-approve", "-no-color", "-input=false"];
    workspace.run(&refresh).succeeded();
    workspace.assert_empty_plan();
    let state = serde_json::to_string_pretty(&state_of(&workspace)).expect("JSON");
    std::fs::write(version.join("terraform.tfstate"), state + "\n").expect("the kept state");
}
