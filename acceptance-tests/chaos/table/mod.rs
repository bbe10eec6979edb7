//! The fault table. A row describes a fault, where it is injected, and how the command may end. The checks after the
//! command are in `invariants`.
//!
//! Each area has a file: `wire` for faults between the client and the org, `responses` for responses from the org to
//! any call, `jobs` for deploys and retrieves, `logins` for the token endpoint. Faults that need another configuration
//! or another org are in `special`, and those that prevent calls from reaching the org in `network`. The responses from
//! intermediaries are in `pages`.

pub mod jobs;
pub mod logins;
pub mod network;
pub mod pages;
pub mod responses;
pub mod special;
pub mod wire;

use crate::fault::{Action, Times, When};
use crate::fixture::Step;
use std::time::Duration;

/// The expected result of the command with the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The command succeeds, with as many deploys as in the baseline.
    Succeeds,
    /// The command succeeds, and may deploy again because the outcome of the first deploy was uncertain.
    SucceedsWithRedeploy,
    /// The command fails, and its output contains this text, in any letter case.
    FailsWith(&'static str),
    /// The command may succeed or fail, because the provider cannot distinguish this fault from a more serious one.
    Either,
}

/// What injects the fault.
#[derive(Debug, Clone, Copy)]
pub enum Injection {
    /// The proxy.
    Wire(fn() -> Action),
    /// The emulator. The string is the value of `do` in its fault script.
    Org(&'static str),
}

/// Where the fault is injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// At these calls: if there are at most two, in each step; otherwise, each in one random step, but deploys in each
    /// step.
    These(&'static [&'static str]),
    /// At every kind of call, each in one random step, but deploys in each step.
    EachKind,
    /// At every single call of each step, except logins, the list of API versions, and `userinfo`.
    EachCall,
}

#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub name: &'static str,
    pub at: At,
    pub steps: &'static [Step],
    pub when: &'static [When],
    pub times: Times,
    pub injection: Injection,
    pub expected: Expected,
    /// The expected duration. A quick run omits long cases.
    pub takes: Duration,
    /// The call at which the case takes longer than `takes`, and the expected duration there.
    pub slow_at: (&'static str, Duration),
}

pub const CHANGES: &[Step] = &[Step::Create, Step::Update, Step::Replace, Step::Destroy];
pub const WRITES: &[Step] = &[Step::Create, Step::Update];
pub const CREATE: &[Step] = &[Step::Create];
pub const BEFORE: &[When] = &[When::Before];
pub const AFTER: &[When] = &[When::After];
pub const BOTH: &[When] = &[When::Before, When::After];
/// Calls that only read.
pub const READS: &[&str] = &[
    "versions",
    "query",
    "toolingQuery",
    "listMetadata",
    "retrieve",
    "checkRetrieveStatus",
    "checkDeployStatus",
];

impl Row {
    /// By default, the fault is injected once, before the call, in the steps of `CHANGES`. The command must succeed.
    pub const fn wire(name: &'static str, at: At, injection: fn() -> Action) -> Self {
        Self::new(name, at, Injection::Wire(injection))
    }

    pub const fn org(name: &'static str, call: &'static [&'static str], injection: &'static str) -> Self {
        Self::new(name, At::These(call), Injection::Org(injection))
    }

    const fn new(name: &'static str, at: At, injection: Injection) -> Self {
        Self {
            name,
            at,
            steps: CHANGES,
            when: BEFORE,
            times: Times::Some(1),
            injection,
            expected: Expected::Succeeds,
            takes: Duration::ZERO,
            slow_at: ("", Duration::ZERO),
        }
    }

    pub const fn when(self, when: &'static [When]) -> Self {
        Self { when, ..self }
    }

    pub const fn times(self, times: Times) -> Self {
        Self { times, ..self }
    }

    pub const fn steps(self, steps: &'static [Step]) -> Self {
        Self { steps, ..self }
    }

    pub const fn expects(self, expected: Expected) -> Self {
        Self { expected, ..self }
    }

    pub const fn fails_with(self, words: &'static str) -> Self {
        self.expects(Expected::FailsWith(words))
    }

    pub const fn slow_at(self, call: &'static str, seconds: u64) -> Self {
        Self { slow_at: (call, Duration::from_secs(seconds)), ..self }
    }

    pub const fn takes(self, seconds: u64) -> Self {
        Self { takes: Duration::from_secs(seconds), ..self }
    }
}

pub fn rows() -> impl Iterator<Item = &'static Row> {
    [wire::ROWS, responses::ROWS, jobs::ROWS, logins::ROWS].into_iter().flatten()
}

#[test]
fn names_are_unique_and_scripts_are_valid() {
    let mut names: Vec<&str> = rows().map(|row| row.name).chain(special::names()).collect();
    let count = names.len();
    assert!(count >= 60, "{count} rows");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for row in rows() {
        if let Injection::Org(text) = row.injection {
            assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{}: {text}", row.name);
        }
    }
}
