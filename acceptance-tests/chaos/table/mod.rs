//! The fault table: a row is a fault, where it can happen, and how the command may end; `oracle` judges what follows.
//!
//! One file per place where things go wrong: `wire` between the client and the org, `answers` in what an org says to any
//! call, `jobs` in deploys and retrieves, `logins` at the token endpoint. What no row can say, since it needs another
//! configuration or another org, is in `special`.
//!
//! Not here: names that do not resolve, proxies and certificates; the first is a test of the client, the others are
//! `tests/acceptance/certificates.rs` and `tests/acceptance/runners.rs`.

pub mod answers;
pub mod jobs;
pub mod logins;
pub mod pages;
pub mod special;
pub mod wire;

use crate::fault::{Action, Times, When};
use crate::stage::Step;
use std::time::Duration;

/// How the command ends in which the fault is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// As if nothing had happened, and nothing was made twice.
    Well,
    /// The same, though something may have been deployed once more: the org said that it does not know.
    WellAgain,
    /// With an error that has these words.
    Saying(&'static str),
    /// Either way: what is played cannot be told from something worse.
    Somehow,
}

/// What is played.
#[derive(Debug, Clone, Copy)]
pub enum Play {
    /// By the proxy.
    Wire(fn() -> Action),
    /// By the org's own script: what stands behind `do`.
    Org(&'static str),
}

/// Where it is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// At these calls, in each of the steps. When they are many, each in a step that chance decides.
    These(&'static [&'static str]),
    /// At every kind of call that there is, in one of the steps that chance decides; at a deploy in all of them.
    EachKind,
    /// At each single call from the first to the last, but for logins.
    EachCall,
}

#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub name: &'static str,
    pub at: At,
    pub steps: &'static [Step],
    pub when: &'static [When],
    pub times: Times,
    pub play: Play,
    pub ends: Ends,
    /// How long it takes at least: long ones are left out of a quick run.
    pub takes: Duration,
    /// Where it takes longer, and how long.
    pub slow_at: (&'static str, Duration),
}

pub const CHANGES: &[Step] = &[Step::Create, Step::Update, Step::Replace, Step::Destroy];
pub const WRITES: &[Step] = &[Step::Create, Step::Update];
pub const CREATE: &[Step] = &[Step::Create];
pub const BEFORE: &[When] = &[When::Before];
pub const AFTER: &[When] = &[When::After];
pub const BOTH: &[When] = &[When::Before, When::After];
/// What only reads.
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
    /// Once, before the call, at the calls named, in the steps that change something; ends well.
    pub const fn wire(name: &'static str, at: At, play: fn() -> Action) -> Self {
        Self::new(name, at, Play::Wire(play))
    }

    pub const fn org(name: &'static str, call: &'static [&'static str], play: &'static str) -> Self {
        Self::new(name, At::These(call), Play::Org(play))
    }

    const fn new(name: &'static str, at: At, play: Play) -> Self {
        Self {
            name,
            at,
            steps: CHANGES,
            when: BEFORE,
            times: Times::Some(1),
            play,
            ends: Ends::Well,
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

    pub const fn ends(self, ends: Ends) -> Self {
        Self { ends, ..self }
    }

    pub const fn says(self, words: &'static str) -> Self {
        self.ends(Ends::Saying(words))
    }

    pub const fn slow_at(self, call: &'static str, seconds: u64) -> Self {
        Self { slow_at: (call, Duration::from_secs(seconds)), ..self }
    }

    pub const fn takes(self, seconds: u64) -> Self {
        Self { takes: Duration::from_secs(seconds), ..self }
    }
}

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    [wire::ROWS, answers::ROWS, jobs::ROWS, logins::ROWS].into_iter().flatten()
}

#[test]
fn names_are_used_once_and_lists_make_sense() {
    let mut names: Vec<&str> = rows().map(|row| row.name).chain(special::names()).collect();
    let count = names.len();
    assert!(count >= 60, "{count} rows");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for row in rows() {
        if let Play::Org(text) = row.play {
            assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{}: {text}", row.name);
        }
    }
}
