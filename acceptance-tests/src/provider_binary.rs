//! Finds the programs under test. They are built beforehand (`make build`) and never by a test, because the builds of
//! parallel tests would wait for each other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

const INSTRUCTIONS: &str = "run `make build`, then repeat the test";

/// The provider, from `TERRAFORM_PROVIDER_SALESFORCE` or from cargo's target directory.
#[must_use]
pub fn path() -> PathBuf {
    program("terraform-provider-salesforce", "TERRAFORM_PROVIDER_SALESFORCE")
}

/// A program of this Cargo workspace: the path in the environment variable, or the program next to this test binary.
///
/// # Panics
/// Panics if the program is missing or older than its sources, because a test of an outdated program proves nothing.
#[must_use]
pub fn program(name: &str, variable: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "{variable} is {}, which is not a file", path.display());
        return path;
    }
    let test_binary = std::env::current_exe().expect("a test knows its own path");
    // target/debug/deps/acceptance-0123 → target/debug. The programs of this crate are already in target/debug.
    let mut profile = test_binary.parent().expect("cargo's target directory");
    if profile.ends_with("deps") {
        profile = profile.parent().expect("cargo's target directory");
    }
    let program = profile.join(name);
    assert!(program.is_file(), "{} is not built: {INSTRUCTIONS}", program.display());
    // Check each program once: changes to the sources while the tests run do not matter.
    static CURRENT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    if current.contains(&program) {
        return program;
    }
    if let Some(newer) = newer_source(&program) {
        panic!("{} is older than {}: {INSTRUCTIONS}", program.display(), newer.display());
    }
    current.insert(program.clone());
    program
}

/// The first source, from the dependency file next to the program, that is newer than the program.
fn newer_source(program: &Path) -> Option<PathBuf> {
    let modified =
        |path: &Path| path.metadata().and_then(|of| of.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let list = std::fs::read_to_string(program.with_extension("d")).ok()?;
    let (_, sources) = list.split_once(": ")?;
    let built = modified(program);
    // The dependency file escapes a space in a path as "\ ".
    let sources = sources.trim_end().replace("\\ ", "\0");
    sources
        .split(' ')
        .map(|source| PathBuf::from(source.replace('\0', " ")))
        .find(|source| source.is_file() && modified(source) > built)
}
