//! A private folder with a configuration in it, and Terraform run there with the provider built here.
//!
//! After every command the folder, the log and what was printed are searched for secrets; after every step
//! the plan has to be empty, with a refresh and without.

use crate::canary::{self, Secret};
use crate::plan::{Action, Plan, Told};
use crate::provider_binary;
use crate::target::{self, Target};
use crate::terraform::{Run, Running};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The provider's address in the registry.
pub const SOURCE: &str = "registry.terraform.io/salesforce-community/salesforce";

/// Stands before every configuration that does not say this itself.
const REQUIRED: &str = r#"terraform {
  required_providers {
    salesforce = { source = "salesforce-community/salesforce" }
  }
}
"#;

pub struct Workspace<'org> {
    root: Option<tempfile::TempDir>,
    environment: BTreeMap<String, String>,
    orgs: Vec<&'org dyn Target>,
    secrets: Vec<Secret>,
    commands: Cell<u32>,
    /// The state's file when it was last looked at, and the resources in it.
    shown: RefCell<Option<Shown>>,
}

type Shown = (Vec<u8>, BTreeMap<String, Value>);

impl<'org> Workspace<'org> {
    /// Logged in to the org by environment variables.
    #[must_use]
    pub fn new(org: &'org dyn Target) -> Self {
        let mut workspace = Self::anonymous();
        workspace.environment.extend(org.credentials());
        workspace.watch(org);
        workspace
    }

    /// Without credentials.
    ///
    /// # Panics
    /// When there is no place for temporary files.
    #[must_use]
    pub fn anonymous() -> Self {
        // Short: the provider's socket lies below, and a socket's path has 108 bytes at most.
        let root = tempfile::Builder::new().prefix("sf-tf-").tempdir().expect("a folder for the workspace");
        for folder in ["work", "logs", "home", "tmp", "bin"] {
            std::fs::create_dir(root.path().join(folder)).expect("a folder in the workspace");
        }
        // A folder with nothing but the provider, so that Terraform takes no neighbour for it.
        let bin = root.path().join("bin");
        std::os::unix::fs::symlink(provider_binary::path(), bin.join("terraform-provider-salesforce"))
            .expect("a link to the provider");
        let settings = format!(
            "provider_installation {{\n  dev_overrides {{ \"{SOURCE}\" = \"{}\" }}\n  direct {{}}\n}}\n",
            bin.display()
        );
        let settings_file = root.path().join("terraform.tfrc");
        std::fs::write(&settings_file, settings).expect("Terraform's settings");

        let text = |path: &Path| path.display().to_string();
        let environment = BTreeMap::from([
            ("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()),
            ("HOME".to_owned(), text(&root.path().join("home"))),
            ("TMPDIR".to_owned(), text(&root.path().join("tmp"))),
            ("TF_CLI_CONFIG_FILE".to_owned(), text(&settings_file)),
            // Terraform would ask HashiCorp for its newest version.
            ("CHECKPOINT_DISABLE".to_owned(), "1".to_owned()),
            ("TF_INPUT".to_owned(), "0".to_owned()),
            ("TF_LOG".to_owned(), "TRACE".to_owned()),
        ]);
        Self {
            root: Some(root),
            environment,
            orgs: Vec::new(),
            secrets: Vec::new(),
            commands: Cell::new(0),
            shown: RefCell::new(None),
        }
    }

    /// Lets `terraform init` install the provider, as users do it: from a mirror on disk instead of the registry.
    /// What calls modules or is tested by `terraform test` needs an init.
    ///
    /// # Panics
    /// When the mirror cannot be written.
    pub fn installs(&self) {
        let version = env!("CARGO_PKG_VERSION");
        let mirror = self.root().join("mirror");
        let home = mirror.join(SOURCE).join(version).join(platform());
        std::fs::create_dir_all(&home).expect("a folder of the mirror");
        std::os::unix::fs::symlink(
            provider_binary::path(),
            home.join(format!("terraform-provider-salesforce_v{version}")),
        )
        .expect("a link to the provider");
        let settings = format!(
            "provider_installation {{\n  filesystem_mirror {{ path = \"{}\" }}\n}}\n",
            mirror.display()
        );
        std::fs::write(self.root().join("terraform.tfrc"), settings).expect("Terraform's settings");
    }

    /// Runs a script with the environment of the workspace and searches what it left for secrets.
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

    /// Searches for this org's secrets too.
    pub fn watch(&mut self, org: &'org dyn Target) {
        self.orgs.push(org);
    }

    /// Searches for one more secret.
    pub fn watch_secret(&mut self, secret: Secret) {
        self.secrets.push(secret);
    }

    pub fn set(&mut self, variable: &str, value: &str) {
        self.environment.insert(variable.to_owned(), value.to_owned());
    }

    pub fn unset(&mut self, variable: &str) {
        self.environment.remove(variable);
    }

    fn root(&self) -> &Path {
        self.root.as_ref().expect("kept until the end").path()
    }

    /// Where the configuration and the state lie.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.root().join("work")
    }

    /// # Panics
    /// When the file cannot be written.
    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder().join(file), text).expect("a file of the workspace");
    }

    /// Makes this the whole configuration.
    pub fn configure(&self, configuration: &str) {
        let complete = if configuration.contains("required_providers") {
            configuration.to_owned()
        } else {
            format!("{REQUIRED}{configuration}")
        };
        self.write("main.tf", &complete);
    }

    /// Starts a command and leaves it running.
    #[must_use]
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut environment = self.environment.clone();
        environment.insert("TF_LOG_PATH".to_owned(), self.log().display().to_string());
        self.commands.set(self.commands.get() + 1);
        let patience = self.orgs.iter().map(|org| org.patience()).max().unwrap_or(target::DEADLINE);
        Running::start(&self.folder(), &environment, arguments).with_patience(patience)
    }

    /// The log of the next command.
    fn log(&self) -> PathBuf {
        self.root().join("logs").join(format!("{:03}.log", self.commands.get()))
    }

    /// The TRACE logs of all commands so far, oldest first.
    ///
    /// # Panics
    /// When one cannot be read.
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

    /// Runs a command to its end and searches what it left for secrets.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Run {
        let log = self.log();
        let run = self.start(arguments).wait();
        self.finish(&run, &log);
        run
    }

    /// Waits for a command that was started, and searches what it left.
    #[track_caller]
    pub fn wait(&self, running: Running) -> Run {
        let log = self.root().join("logs").join(format!("{:03}.log", self.commands.get() - 1));
        let run = running.wait();
        self.finish(&run, &log);
        run
    }

    #[track_caller]
    fn finish(&self, run: &Run, log: &Path) {
        let mut secrets = self.secrets.clone();
        for org in &self.orgs {
            secrets.extend(org.secrets());
        }
        let mut leaks = canary::search(&secrets, "stdout", &run.stdout);
        leaks.extend(canary::search(&secrets, "stderr", &run.stderr));
        if let Ok(log) = std::fs::read(log) {
            leaks.extend(canary::search(&secrets, "the TRACE log", &String::from_utf8_lossy(&log)));
        }
        leaks.extend(canary::search_folder(&secrets, &self.folder()).expect("the folder can be searched"));
        assert!(leaks.is_empty(), "secrets leaked by `{}`: {leaks:#?}", run.command);
        self.no_socket_stays(&run.command);
    }

    /// A provider that ended well took its socket with it.
    #[track_caller]
    fn no_socket_stays(&self, command: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if left_in(&self.root().join("tmp")).is_empty() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("`{command}` left behind: {:?}", left_in(&self.root().join("tmp")));
    }

    /// Plans, and reads the plan back from its file.
    #[track_caller]
    pub fn plan(&self, more: &[&str]) -> Plan {
        let mut arguments =
            vec!["plan", "-no-color", "-input=false", "-detailed-exitcode", "-lock=false", "-out=plan.bin"];
        arguments.extend(more);
        let run = self.run(&arguments);
        assert!(matches!(run.code, Some(0 | 2)), "{run}");
        self.planned_by(&run)
    }

    /// The plan that a command has left in its file.
    #[track_caller]
    fn planned_by(&self, run: &Run) -> Plan {
        let shown = self.run(&["show", "-json", "plan.bin"]).succeeded();
        let json: Value = serde_json::from_str(&shown.stdout).expect("the plan as JSON");
        let plan = Plan { json, words: run.words() };
        // The exit code and the file tell the same story, or one of them lies.
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
        let _gone_already = std::fs::remove_file(self.folder().join("plan.bin"));
        run
    }

    /// Plans and applies in one command, as most people do.
    #[track_caller]
    pub fn apply(&self) -> Run {
        self.run(&["apply", "-no-color", "-input=false", "-auto-approve"])
    }

    /// Nothing more to do: the plan is empty with a refresh and without.
    #[track_caller]
    pub fn is_settled(&self) {
        for more in [&[] as &[&str], &["-refresh=false"]] {
            if let Some(plan) = self.unsettled(more) {
                plan.is_empty();
            }
        }
        let _gone_already = std::fs::remove_file(self.folder().join("plan.bin"));
    }

    /// The plan, unless there is nothing to do and nothing was seen to have changed outside of Terraform. Says the
    /// same as `plan` with half the commands: most plans are asked this only.
    #[must_use]
    #[track_caller]
    pub fn unsettled(&self, more: &[&str]) -> Option<Plan> {
        let mut arguments =
            vec!["plan", "-json", "-input=false", "-detailed-exitcode", "-lock=false", "-out=plan.bin"];
        arguments.extend(more);
        let run = self.run(&arguments);
        assert!(matches!(run.code, Some(0 | 2)), "{run}");
        let told = Told::by(&run.stdout);
        // The same for what it says.
        assert_eq!(run.code == Some(0), !told.is_something_to_do(), "{run}");
        (told.is_something_to_do() || told.drift).then(|| self.planned_by(&run))
    }

    /// One step of a test: configure, plan exactly these changes, apply, and be settled.
    #[track_caller]
    pub fn step(&self, configuration: &str, expected: &[(&str, Action)]) -> Plan {
        self.configure(configuration);
        self.converge(expected)
    }

    /// The same without a new configuration: repairs what somebody else did.
    #[track_caller]
    pub fn converge(&self, expected: &[(&str, Action)]) -> Plan {
        let plan = self.plan(&[]);
        plan.changes(expected);
        for app in plan.apps() {
            let is_allowed = self.orgs.iter().all(|org| org.may_touch(&app));
            assert!(is_allowed, "the plan touches {app}, which is not of this test");
        }
        self.apply_plan().succeeded();
        self.is_settled();
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
        // Without a file there is nothing to know it by.
        if !bytes.is_empty() {
            self.shown.replace(Some((bytes, resources.clone())));
        }
        resources
    }

    /// An attribute in the state; null when the resource or the attribute is not there.
    #[track_caller]
    pub fn attribute(&self, address: &str, attribute: &str) -> Value {
        self.state().get(address).map_or(Value::Null, |values| values[attribute].clone())
    }

    /// Whether the state says that a resource is in this org. An id has 15 characters, or 18 with its checksum.
    #[track_caller]
    pub fn is_in_org(&self, address: &str, org_id: &str) {
        let found = self.attribute(address, "org_id");
        let short = org_id.get(..15).unwrap_or(org_id);
        assert!(found == org_id || found == short, "{address} is in {found}, expected {org_id}");
    }

    /// Imports everything that the state has into an empty one, and finds nothing to change.
    #[track_caller]
    pub fn imports_into_an_empty_state(&self) {
        let resources = self.state();
        let state = self.folder().join("terraform.tfstate");
        let kept = self.root().join("kept.tfstate");
        std::fs::rename(&state, &kept).expect("a state to put aside");
        for (address, values) in &resources {
            let id = values["id"].as_str().unwrap_or_default();
            self.run(&["import", "-no-color", "-input=false", address, id]).succeeded();
        }
        self.is_settled();
        std::fs::rename(&kept, &state).expect("the state put aside");
    }
}

impl Drop for Workspace<'_> {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(root) = self.root.take()
        {
            let kept = root.keep();
            eprintln!("the workspace of the failed test is kept: {}", kept.display());
        }
    }
}

/// This machine, as a mirror's folders name it.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}_{machine}")
}

/// What a plan can do besides changing resources.
fn imports_or_changes_outputs(plan: &Value) -> bool {
    let outputs = plan["output_changes"].as_object().into_iter().flatten();
    let mut resources = plan["resource_changes"].as_array().into_iter().flatten();
    resources.any(|resource| !resource["change"]["importing"].is_null())
        || outputs.into_iter().any(|(_, change)| change["actions"][0] != "no-op")
}

/// Sockets anywhere below.
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
