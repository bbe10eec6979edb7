//! Checks the properties with the corpus and with inputs from proptest. `PROPTEST_CASES` sets the number of cases, and
//! `ONLY` selects a property.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{ALL, Choices};

/// Enough cases to find frequent failures. The fuzzer finds rare ones.
const CASES: u32 = 48;
const LONGEST: usize = 600;
/// The maximum size of a property's corpus, in bytes.
const LARGEST_CORPUS: u64 = 160 * 1024;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(fuzz().join("corpus").join(name)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Random bytes, or bytes of the corpus with a few changes.
fn data(kept: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let any_bytes = || prop::collection::vec(any::<u8>(), 0..LONGEST);
    let near = (prop::sample::select(kept), prop::collection::vec(any::<u8>(), 1..24))
        .prop_map(|(bytes, changes)| Choices::new(&changes).mutated(&bytes));
    prop_oneof![any_bytes(), near]
}

#[test]
fn every_property_holds() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let only = std::env::var("ONLY").ok().filter(|only| !only.is_empty());
    assert!(only.as_ref().is_none_or(|only| ALL.iter().any(|(name, _)| name == only)), "{only:?}: {ALL:?}");
    let mut broken = Vec::new();
    for (name, holds_for) in ALL.iter().filter(|(name, _)| only.as_ref().is_none_or(|only| only == name)) {
        let kept = corpus(name);
        for (path, bytes) in &kept {
            if std::panic::catch_unwind(|| holds_for(bytes)).is_err() {
                broken.push(format!("{name} by {}", path.display()));
            }
        }
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        let strategy = data(kept.into_iter().map(|(_, bytes)| bytes).collect());
        let outcome = TestRunner::new(config).run(&strategy, |bytes| {
            holds_for(&bytes);
            Ok(())
        });
        if let Err(problem) = outcome {
            broken.push(format!("{name}: {problem}"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_property_has_a_fuzz_target_and_a_small_corpus() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for (name, _) in ALL {
        let target = fs::read_to_string(fuzz().join("fuzz_targets").join(format!("{name}.rs"))).unwrap();
        assert!(target.contains(&format!("properties::{name}(")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let kept = corpus(name);
        assert!(!kept.is_empty(), "{name}");
        let size: u64 = kept.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        assert!(size <= LARGEST_CORPUS, "{name}: {size}");
    }
    let folder = |name: &str| fs::read_dir(fuzz().join(name)).unwrap();
    let names: BTreeSet<&str> = ALL.iter().map(|(name, _)| *name).collect();
    for entry in folder("fuzz_targets").chain(folder("corpus")) {
        let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        assert!(names.contains(name.as_str()), "{name} has no property");
    }
}
