//! The processes of a workspace, as the kernel tells them: the provider and Terraform are found by where their
//! temporary files are to be. How much memory providers took is read beside.
//!
//! Linux only; elsewhere nothing is found, and the table says that nothing was measured.

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

/// The most memory that a provider of each workspace was seen to have, in KiB.
static MEMORY: Mutex<BTreeMap<PathBuf, u64>> = Mutex::new(BTreeMap::new());

/// Every process that says where its temporary files are to be. Terraform's has any name: it may be a script's.
fn all(only_providers: bool) -> impl Iterator<Item = Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(move |entry| process(&entry.path(), only_providers))
}

/// Those whose temporary files are in the folder.
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
    // Of a process that has ended and whose parent has not asked yet, it is empty.
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
            // Gone already, then there is nothing to end.
            let _gone = kill_process(id, signal);
        }
    }
}

/// Waits until no process of the folder is left.
///
/// # Errors
/// Those that stay.
pub fn all_end(root: &Path, patience: Duration) -> Result<(), Vec<Process>> {
    let until = Instant::now() + patience;
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

/// Looks at the memory of all providers again and again, until the process ends.
pub fn watch_memory() {
    std::thread::spawn(|| {
        loop {
            for process in all(true) {
                let status = std::fs::read_to_string(format!("/proc/{}/status", process.id));
                let status = status.unwrap_or_default();
                let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let most = most.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
                if let Some(most) = most {
                    let mut memory = MEMORY.lock().expect("nobody panics with it");
                    let known = memory.entry(process.temporary.clone()).or_default();
                    *known = most.max(*known);
                }
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    });
}

/// The most that a provider of this workspace was seen to have, in KiB.
#[must_use]
pub fn memory_of(root: &Path) -> u64 {
    let memory = MEMORY.lock().expect("nobody panics with it");
    memory.get(&root.join("tmp")).copied().unwrap_or_default()
}
