//! Calls to `scripts/release`, the packages that all tests share, and the programs that install the packages.

use acceptance_tests::provider_binary;
use acceptance_tests::terraform::{self, Run, Running, repository};
use acceptance_tests::workspace::Workspace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub const VERSION: &str = env!("CARGO_PKG_VERSION");
pub const ADDRESS: &str = "salesforce-community/salesforce";
/// The platforms that are packed. All zip files contain the program for this machine, regardless of their names.
pub const TARGETS: [&str; 3] = ["linux_amd64", "linux_arm64", "windows_amd64"];

/// Runs a command of the script in a folder.
pub fn release(folder: &Path, arguments: &[&str], more: &[(&str, &str)]) -> Run {
    let mut environment: BTreeMap<String, String> =
        std::env::vars().filter(|(name, _)| ["PATH", "HOME"].contains(&name.as_str())).collect();
    // A source archive has no commit from which the script could read a time.
    environment.insert("SOURCE_DATE_EPOCH".to_owned(), "1700000001".to_owned());
    environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Running::program(&repository().join("scripts/release"), folder, &environment, arguments).wait()
}

pub fn zip_of(target: &str) -> String {
    format!("terraform-provider-salesforce_{VERSION}_{target}.zip")
}

/// A folder with a zip file for each platform. The files are packed once, because packing takes seconds. Copy files
/// before changing them.
pub fn zips() -> &'static Path {
    static ZIPS: OnceLock<PathBuf> = OnceLock::new();
    ZIPS.get_or_init(|| {
        // The folder is next to the program and not temporary, because static values are never dropped.
        let program = provider_binary::path();
        let folder = program.parent().expect("cargo's target directory").join("packed-by-tests");
        let (provider, to) = (program.display().to_string(), folder.display().to_string());
        for target in TARGETS {
            let pack = ["pack", VERSION, "--target", target, "--provider", &provider, "--zips", &to];
            release(repository(), &pack, &[]).succeeded();
        }
        folder
    })
}

/// Creates a mirror of the zip files in a folder.
pub fn mirror(zips: &Path, folder: &Path) {
    let (from, to) = (zips.display().to_string(), folder.display().to_string());
    release(folder, &["mirror", VERSION, &to, "--zips", &from], &[]).succeeded();
}

/// The programs that install providers: Terraform, and OpenTofu if available (`TOFU`, or from `scripts/fetch-tofu`).
pub fn programs() -> Vec<Program> {
    let mut programs = vec![Program { path: terraform::path(), registry: "registry.terraform.io" }];
    match tofu() {
        Some(path) => programs.push(Program { path, registry: "registry.opentofu.org" }),
        None => eprintln!(
            "SKIPPED: OpenTofu is not installed (TOFU, or scripts/fetch-tofu), so only Terraform installs"
        ),
    }
    // With `make test-tofu`, the program under test is also OpenTofu.
    programs.dedup_by(|one, other| one.path == other.path);
    for program in &mut programs {
        if program.path.ends_with("tofu") {
            program.registry = "registry.opentofu.org";
        }
    }
    programs
}

fn tofu() -> Option<PathBuf> {
    if let Some(own) = std::env::var_os("TOFU").filter(|own| !own.is_empty()) {
        return Some(repository().join(own));
    }
    let fetched = std::fs::read_dir(repository().join(".tools/tofu")).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> =
        fetched.map(|entry| entry.path().join("tofu")).filter(|path| path.is_file()).collect();
    paths.sort();
    paths.pop()
}

/// A program that installs providers.
pub struct Program {
    path: PathBuf,
    /// The registry that the program uses for a source without a host.
    pub registry: &'static str,
}

impl Program {
    #[track_caller]
    pub fn run(&self, workspace: &Workspace<'_>, arguments: &[&str]) -> Run {
        workspace.run_script(&self.path, arguments)
    }
}

/// Makes a workspace install providers only with these settings.
pub fn settings(workspace: &mut Workspace<'_>, installation: &str) {
    let file = workspace.folder().join("installation.tfrc");
    std::fs::write(&file, format!("provider_installation {{\n  {installation}\n}}\n")).expect("settings");
    workspace.set("TF_CLI_CONFIG_FILE", &file.display().to_string());
    workspace.set("TF_DATA_DIR", &installed(workspace).display().to_string());
}

/// The folder of the installed files. It is not in the folder of the configuration, which is searched for secrets after
/// each command.
pub fn installed(workspace: &Workspace<'_>) -> PathBuf {
    workspace.folder().with_file_name("data")
}

/// The text of the lock file.
pub fn lock_file(workspace: &Workspace<'_>) -> String {
    std::fs::read_to_string(workspace.folder().join(".terraform.lock.hcl")).unwrap_or_default()
}

/// Modifies the provider in a zip file. The zip file stays valid.
pub fn tamper(zip: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "import sys, zipfile\n\
                  path = sys.argv[1]\n\
                  members = [(entry, zipfile.ZipFile(path).read(entry)) for entry in zipfile.ZipFile(path).infolist()]\n\
                  with zipfile.ZipFile(path, 'w') as made:\n\
                  \x20   for entry, content in members:\n\
                  \x20       made.writestr(entry, content + b'!' if entry.filename.startswith('terraform-') else content)\n";
    std::fs::write(folder.path().join("tamper.py"), script).expect("a script");
    let done = std::process::Command::new("python3").arg(folder.path().join("tamper.py")).arg(zip).status();
    assert!(done.expect("Python").success());
}
