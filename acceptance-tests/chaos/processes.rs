//! The processes of a workspace, read from `/proc`. The provider and Terraform are identified by their temporary
//! folder. Also measures the memory of the providers.
//!
//! The module works on Linux only. On other systems, no process is found, and the report shows memory as not measured.

use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

#[derive(Debug, Clone)]
pub struct Process {
    pub id: i32,
    pub is_provider: bool,
    pub temporary: PathBuf,
}

/// The peak memory of the providers of each workspace, in KiB.
static MEMORY: Mutex<BTreeMap<PathBuf, u64>> = Mutex::new(BTreeMap::new());

/// Every process whose environment sets `TMPDIR`. Terraform is not identified by its name, because it may be a script.
fn all(only_providers: bool) -> impl Iterator<Item = Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(move |entry| process(&entry.path(), only_providers))
}

/// The processes whose temporary folder belongs to this workspace.
#[must_use]
pub fn of(root: &Path) -> Vec<Process> {
    let temporary = root.join("tmp");
    all(false).filter(|process| process.temporary == temporary).collect()
}

fn process(folder: &Path, only_providers: bool) -> Option<Process> {
    let id = folder.file_name()?.to_str()?.parse().ok()?;
    let program = std::fs::read(folder.join("cmdline")).ok()?;
    let program = String::from_utf8_lossy(program.split(|byte| *byte == 0).next()?).into_owned();
    let is_provider = program.contains("terraform-provider-salesforce");
    if only_providers && !is_provider {
        return None;
    }
    // The environment of a zombie process is empty, so zombies are not found.
    let environment = std::fs::read(folder.join("environ")).ok()?;
    let variables = environment.split(|byte| *byte == 0);
    let temporary = variables
        .filter_map(|variable| std::str::from_utf8(variable).ok())
        .find_map(|variable| variable.strip_prefix("TMPDIR="))?;
    Some(Process { id, is_provider, temporary: PathBuf::from(temporary) })
}

impl Process {
    pub fn signal(&self, signal: Signal) {
        if let Some(id) = Pid::from_raw(self.id) {
            // The process may have exited already.
            let _gone = kill_process(id, signal);
        }
    }
}

/// Waits until all processes of the workspace have exited.
///
/// # Errors
/// Returns the processes that are still running at the time limit.
pub fn all_end(root: &Path, time_limit: Duration) -> Result<(), Vec<Process>> {
    let until = Instant::now() + time_limit;
    loop {
        let left = of(root);
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(left);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Polls the memory of all providers until the program exits.
pub fn watch_memory() {
    std::thread::spawn(|| {
        loop {
            for process in all(true) {
                let status = std::fs::read_to_string(format!("/proc/{}/status", process.id));
                let status = status.unwrap_or_default();
                let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
                if let Some(peak) = peak {
                    let mut memory = MEMORY.lock().expect("lock is not poisoned");
                    let known = memory.entry(process.temporary.clone()).or_default();
                    *known = peak.max(*known);
                }
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    });
}

/// The peak memory of the providers of this workspace, in KiB.
#[must_use]
pub fn memory_of(root: &Path) -> u64 {
    let memory = MEMORY.lock().expect("lock is not poisoned");
    memory.get(&root.join("tmp")).copied().unwrap_or_default()
}
