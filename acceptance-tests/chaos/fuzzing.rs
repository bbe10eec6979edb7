//! The totals of `make fuzz` in this working copy, for the last line of the report. `scripts/fuzz` writes the figures.

use std::collections::BTreeSet;
use std::path::Path;

/// A file with one line for each run of a target: its name, the number of inputs, and the seconds.
const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/target/figures.tsv");

/// The totals as one sentence.
#[must_use]
pub fn summary() -> String {
    std::fs::read_to_string(Path::new(FIGURES))
        .ok()
        .and_then(|figures| sum(&figures))
        .unwrap_or_else(|| "Fuzzing: not run in this working copy (make fuzz).".to_owned())
}

fn sum(figures: &str) -> Option<String> {
    let (mut targets, mut inputs, mut seconds) = (BTreeSet::new(), 0_u64, 0_u64);
    for line in figures.lines() {
        let mut columns = line.split('\t');
        targets.insert(columns.next()?);
        inputs += columns.next()?.parse::<u64>().ok()?;
        seconds += columns.next()?.parse::<u64>().ok()?;
    }
    (!targets.is_empty()).then(|| {
        format!("Fuzzing: {} targets, {inputs} inputs, {} minutes, no finding.", targets.len(), seconds / 60)
    })
}

#[test]
fn the_totals_of_all_runs_are_added() {
    let figures = "soap\t1000\t60\nrest\t500\t90\nsoap\t1\t30\n";
    assert_eq!(sum(figures).as_deref(), Some("Fuzzing: 2 targets, 1501 inputs, 3 minutes, no finding."));
    assert_eq!(sum(""), None);
    assert_eq!(sum("soap\tmany\t1"), None);
}
