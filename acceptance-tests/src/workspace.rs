//! A private folder with a configuration, and Terraform commands that run there with the built provider.
//!
//! After every command, the folder, the log and the output are searched for secrets. At the end, all remaining files
//! are searched (`leak_check`). After every step, the plan must be empty, with and without a refresh.

mod providers;

pub use providers::source;

use crate::canary::{Leak, Secret};
use crate::leak_check::LeakCheck;
use crate::plan::{Action, Plan, PlanMessages};
use crate::provider_binary;
use crate::target::{self, Target};
use crate::terraform::{Run, Running};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub struct Workspace<'org> {
    root: Option<tempfile::TempDir>,
    environment: BTreeMap<String, String>,
    orgs: Vec<&'org dyn Target>,
    leak_check: LeakCheck,
    /// The providers that configurations may use: name → source.
    providers: BTreeMap<&'static str, String>,
    commands: Cell<u32>,
    /// Whether a plan was shown as JSON, and therefore searched for secrets.
    has_shown_a_plan: Cell<bool>,
    /// The content of the state file when it was last read, and its resources.
    shown: RefCell<Option<Shown>>,
}

type Shown = (Vec<u8>, BTreeMap<String, Value>);

impl<'org> Workspace<'org> {
    /// A workspace that logs in to the org with environment variables.
    #[must_use]
    pub fn new(org: &'org dyn Target) -> Self {
        let mut workspace = Self::anonymous();
        for (variable, value) in org.credentials() {
            workspace.set(&variable, &value);
        }
        workspace.watch(org);
        workspace
    }

    /// A workspace without credentials.
    ///
    /// # Panics
    /// Panics if no temporary folder can be created.
    #[must_use]
    pub fn anonymous() -> Self {
        // The name is short because the provider's socket is in this folder, and its path is limited to 108 bytes.
        let root = tempfile::Builder::new().prefix("sf-tf-").tempdir().expect("a folder for the workspace");
        for folder in ["work", "logs", "home", "tmp", "bin"] {
            std::fs::create_dir(root.path().join(folder)).expect("a folder in the workspace");
        }
        // This folder contains only providers, so that Terraform finds no other programs there.
        let bin = root.path().join("bin");
        std::os::unix::fs::symlink(provider_binary::path(), bin.join("terraform-provider-salesforce"))
            .expect("a link to the provider");
        let settings_file = root.path().join("terraform.tfrc");

        let text = |path: &Path| path.display().to_string();
        let environment = BTreeMap::from([
            ("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()),
            ("HOME".to_owned(), text(&root.path().join("home"))),
            ("TMPDIR".to_owned(), text(&root.path().join("tmp"))),
            ("TF_CLI_CONFIG_FILE".to_owned(), text(&settings_file)),
            // Otherwise, Terraform would query HashiCorp's server for its newest version.
            ("CHECKPOINT_DISABLE".to_owned(), "1".to_owned()),
            ("TF_INPUT".to_owned(), "0".to_owned()),
            ("TF_LOG".to_owned(), "TRACE".to_owned()),
        ]);
        let workspace = Self {
            root: Some(root),
            environment,
            orgs: Vec::new(),
            leak_check: LeakCheck::default(),
            providers: BTreeMap::from([("salesforce", providers::SOURCE.to_owned())]),
            commands: Cell::new(0),
            has_shown_a_plan: Cell::new(false),
            shown: RefCell::new(None),
        };
        workspace.override_providers();
        workspace
    }

    /// Runs a script with the environment of the workspace and searches its output and files for secrets.
    #[track_caller]
    pub fn run_script(&self, script: &Path, arguments: &[&str]) -> Run {
        let log = self.log();
        let mut environment = self.environment.clone();
        environment.insert("TF_LOG_PATH".to_owned(), log.display().to_string());
        self.commands.set(self.commands.get() + 1);
        let run = Running::program(script, &self.folder(), &environment, arguments).wait();
        self.finish(&run, &log);
        run
    }

    /// Also searches for the secrets of this org.
    pub fn watch(&mut self, org: &'org dyn Target) {
        self.orgs.push(org);
    }

    /// Also searches for this secret.
    pub fn watch_secret(&mut self, secret: Secret) {
        self.leak_check.watch(secret);
    }

    pub fn set(&mut self, variable: &str, value: &str) {
        self.leak_check.variable(variable, value);
        self.environment.insert(variable.to_owned(), value.to_owned());
    }

    pub fn unset(&mut self, variable: &str) {
        self.environment.remove(variable);
    }

    fn root(&self) -> &Path {
        self.root.as_ref().expect("kept until the workspace is dropped").path()
    }

    /// The folder of the configuration and the state.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.root().join("work")
    }

    /// # Panics
    /// Panics if the file cannot be written.
    pub fn write(&self, file: &str, text: &str) {
        self.leak_check.wrote(text);
        std::fs::write(self.folder().join(file), text).expect("a file of the workspace");
    }

    /// Replaces the whole configuration.
    pub fn configure(&self, configuration: &str) {
        let complete = if configuration.contains("required_providers") {
            configuration.to_owned()
        } else {
            format!("{}{configuration}", self.required())
        };
        self.write("main.tf", &complete);
    }

    /// Starts a command without waiting for it.
    #[must_use]
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut environment = self.environment.clone();
        environment.insert("TF_LOG_PATH".to_owned(), self.log().display().to_string());
        self.commands.set(self.commands.get() + 1);
        let time_limit = self.orgs.iter().map(|org| org.time_limit()).max().unwrap_or(target::DEADLINE);
        Running::start(&self.folder(), &environment, arguments).with_time_limit(time_limit)
    }

    /// The log of the next command.
    fn log(&self) -> PathBuf {
        self.root().join("logs").join(format!("{:03}.log", self.commands.get()))
    }

    /// The TRACE logs of all commands so far, oldest first.
    ///
    /// # Panics
    /// Panics if a log cannot be read.
    #[must_use]
    pub fn logs(&self) -> String {
        let logs = std::fs::read_dir(self.root().join("logs")).expect("the folder of logs");
        let mut paths: Vec<PathBuf> = logs.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        paths
            .iter()
            .map(|path| String::from_utf8_lossy(&std::fs::read(path).expect("a log")).into_owned())
            .collect()
    }

    /// Runs a command and searches its output and files for secrets.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Run {
        let log = self.log();
        let run = self.start(arguments).wait();
        self.finish(&run, &log);
        run
    }

    /// Waits for a started command and searches its output and files for secrets.
    #[track_caller]
    pub fn wait(&self, running: Running) -> Run {
        let log = self.root().join("logs").join(format!("{:03}.log", self.commands.get() - 1));
        let run = running.wait();
        self.finish(&run, &log);
        run
    }

    #[track_caller]
    fn finish(&self, run: &Run, log: &Path) {
        let leaks = self.leak_check.after(run, log, &self.folder(), &self.orgs, &self.environment);
        assert!(leaks.is_empty(), "secrets leaked by `{}`: {leaks:#?}", run.command);
        self.no_socket_remains(&run.command);
    }

    /// Waits for a command that is killed, and searches its output and files for secrets. Removes the lock of the
    /// state, which a killed process leaves behind.
    #[track_caller]
    pub fn wait_for_killed(&self, running: Running) -> Run {
        let log = self.root().join("logs").join(format!("{:03}.log", self.commands.get() - 1));
        let run = running.wait();
        let leaks = self.leak_check.after(&run, &log, &self.folder(), &self.orgs, &self.environment);
        assert!(leaks.is_empty(), "secrets leaked by `{}`: {leaks:#?}", run.command);
        let _unlocked_already = std::fs::remove_file(self.folder().join(".terraform.tfstate.lock.info"));
        run
    }

    /// Removes the sockets of killed providers.
    pub fn remove_sockets(&self) {
        for socket in left_in(&self.root().join("tmp")) {
            let _gone_already = std::fs::remove_file(socket);
        }
    }

    /// Asserts that no socket remains: a provider that exits normally removes its socket.
    #[track_caller]
    fn no_socket_remains(&self, command: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if left_in(&self.root().join("tmp")).is_empty() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("`{command}` left behind: {:?}", left_in(&self.root().join("tmp")));
    }

    /// Plans, and reads the plan from its file.
    #[track_caller]
    pub fn plan(&self, more: &[&str]) -> Plan {
        let mut arguments =
            vec!["plan", "-no-color", "-input=false", "-detailed-exitcode", "-lock=false", "-out=plan.bin"];
        arguments.extend(more);
        let run = self.run(&arguments);
        assert!(matches!(run.code, Some(0 | 2)), "{run}");
        self.planned_by(&run)
    }

    /// The plan that a command wrote to its file.
    #[track_caller]
    fn planned_by(&self, run: &Run) -> Plan {
        let shown = self.run(&["show", "-json", "plan.bin"]).succeeded();
        self.has_shown_a_plan.set(true);
        let json: Value = serde_json::from_str(&shown.stdout).expect("the plan as JSON");
        let plan = Plan { json, words: run.words() };
        // The exit code and the file must agree.
        assert_eq!(
            run.code == Some(0),
            plan.actions().is_empty() && !imports_or_changes_outputs(&plan.json),
            "{run}"
        );
        plan
    }

    /// Applies the plan file of the last `plan`.
    #[track_caller]
    pub fn apply_plan(&self) -> Run {
        let run = self.run(&["apply", "-no-color", "-input=false", "plan.bin"]);
        self.move_plan_file_away();
        run
    }

    /// Plans and applies in one command, as most users do.
    #[track_caller]
    pub fn apply(&self) -> Run {
        self.run(&["apply", "-no-color", "-input=false", "-auto-approve"])
    }

    /// Asserts that the plan is empty, with and without a refresh.
    #[track_caller]
    pub fn assert_empty_plan(&self) {
        let found = self.differences();
        assert!(found.is_empty(), "the plan is not empty:\n{}", found.join("\n"));
    }

    /// The changes and the drift of a plan with a refresh and a plan without, one line for each attribute.
    #[track_caller]
    pub fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        for more in [&[] as &[&str], &["-refresh=false"]] {
            let plan = self.non_empty_plan(more);
            let lines = plan.map(|plan| plan.differences()).unwrap_or_default().into_iter();
            found.extend(lines.map(|line| [&[line.as_str()], more].concat().join(" ")));
        }
        self.move_plan_file_away();
        found
    }

    /// Moves the plan file out of the folder, and keeps it for the search at the end.
    fn move_plan_file_away(&self) {
        let _gone_already = std::fs::rename(self.folder().join("plan.bin"), self.root().join("plan.bin"));
    }

    /// Every secret in any file in the workspace. Also searches the last plan as JSON, unless a plan was already
    /// searched as JSON.
    pub fn leaks(&self) -> Vec<Leak> {
        let plan = self.root().join("plan.bin");
        if plan.exists() && !self.has_shown_a_plan.get() {
            let shown = self.start(&["show", "-json", &plan.display().to_string()]).wait();
            std::fs::write(self.root().join("plan.json"), shown.stdout).expect("a file of the workspace");
        }
        self.leak_check.at_the_end(self.root(), &self.orgs, &self.environment)
    }

    /// The plan, or `None` if there are no changes and no drift. For an empty plan, the function runs half as many
    /// commands as `plan`.
    #[must_use]
    #[track_caller]
    pub fn non_empty_plan(&self, more: &[&str]) -> Option<Plan> {
        let mut arguments =
            vec!["plan", "-json", "-input=false", "-detailed-exitcode", "-lock=false", "-out=plan.bin"];
        arguments.extend(more);
        let run = self.run(&arguments);
        assert!(matches!(run.code, Some(0 | 2)), "{run}");
        let messages = PlanMessages::by(&run.stdout);
        // The exit code and the messages must agree.
        assert_eq!(run.code == Some(0), !messages.has_changes(), "{run}");
        (messages.has_changes() || messages.drift).then(|| self.planned_by(&run))
    }

    /// One step of a test: configures, asserts that the plan has exactly these changes, applies it, and asserts that
    /// the next plan is empty.
    #[track_caller]
    pub fn step(&self, configuration: &str, expected: &[(&str, Action)]) -> Plan {
        self.configure(configuration);
        self.converge(expected)
    }

    /// Like `step`, but without a new configuration. Used to repair drift.
    #[track_caller]
    pub fn converge(&self, expected: &[(&str, Action)]) -> Plan {
        let plan = self.plan(&[]);
        plan.changes(expected);
        for app in plan.apps() {
            let is_allowed = self.orgs.iter().all(|org| org.may_touch(&app));
            assert!(is_allowed, "the plan changes {app}, which does not belong to this test");
        }
        self.apply_plan().succeeded();
        self.assert_empty_plan();
        plan
    }

    #[track_caller]
    pub fn destroy(&self) -> Run {
        self.run(&["destroy", "-no-color", "-input=false", "-auto-approve"])
    }

    /// The resources in the state: address → attributes.
    #[track_caller]
    pub fn state(&self) -> BTreeMap<String, Value> {
        let bytes = std::fs::read(self.folder().join("terraform.tfstate")).unwrap_or_default();
        if let Some((of, shown)) = &*self.shown.borrow()
            && *of == bytes
        {
            return shown.clone();
        }
        let shown = self.run(&["show", "-json"]).succeeded();
        let json: Value = serde_json::from_str(&shown.stdout).expect("the state as JSON");
        let resources = json["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
        let resources: BTreeMap<String, Value> = resources
            .into_iter()
            .filter(|resource| resource["mode"] == "managed")
            .map(|resource| {
                (resource["address"].as_str().unwrap_or_default().to_owned(), resource["values"].clone())
            })
            .collect();
        // Without a state file, the cache has no key.
        if !bytes.is_empty() {
            self.shown.replace(Some((bytes, resources.clone())));
        }
        resources
    }

    /// An attribute in the state, or null if the resource or the attribute does not exist.
    #[track_caller]
    pub fn attribute(&self, address: &str, attribute: &str) -> Value {
        self.state().get(address).map_or(Value::Null, |values| values[attribute].clone())
    }

    /// Asserts that the resource is in this org, according to the state. An org ID has 15 characters, or 18 with its
    /// checksum.
    #[track_caller]
    pub fn is_in_org(&self, address: &str, org_id: &str) {
        let found = self.attribute(address, "org_id");
        let short = org_id.get(..15).unwrap_or(org_id);
        assert!(found == org_id || found == short, "{address} is in {found}, expected {org_id}");
    }

    /// Imports all resources in the state into an empty state, and asserts that the plan is empty.
    #[track_caller]
    pub fn imports_into_an_empty_state(&self) {
        let resources = self.state();
        let state = self.folder().join("terraform.tfstate");
        let kept = self.root().join("kept.tfstate");
        std::fs::rename(&state, &kept).expect("the state can be moved");
        for (address, values) in &resources {
            let id = values["id"].as_str().unwrap_or_default();
            self.run(&["import", "-no-color", "-input=false", address, id]).succeeded();
        }
        self.assert_empty_plan();
        std::fs::rename(&kept, &state).expect("the moved state exists");
    }
}

impl Drop for Workspace<'_> {
    fn drop(&mut self) {
        let is_failed = std::thread::panicking();
        let leaks = if is_failed { Vec::new() } else { self.leaks() };
        if (is_failed || !leaks.is_empty())
            && let Some(root) = self.root.take()
        {
            let kept = root.keep();
            eprintln!("the workspace of the failed test is kept: {}", kept.display());
        }
        assert!(leaks.is_empty(), "secrets left by the test: {leaks:#?}");
    }
}

/// Whether the plan imports resources or changes outputs.
fn imports_or_changes_outputs(plan: &Value) -> bool {
    let outputs = plan["output_changes"].as_object().into_iter().flatten();
    let mut resources = plan["resource_changes"].as_array().into_iter().flatten();
    resources.any(|resource| !resource["change"]["importing"].is_null())
        || outputs.into_iter().any(|(_, change)| change["actions"][0] != "no-op")
}

/// The sockets in the folder, recursively.
fn left_in(folder: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::FileTypeExt as _;
    let mut left = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            left.extend(left_in(&entry.path()));
        } else if kind.is_socket() {
            left.push(entry.path());
        }
    }
    left
}
