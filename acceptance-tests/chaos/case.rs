//! A case: a name that says all of it, how long it takes at least, and what is played. What came of it is an outcome.

use std::time::Duration;

/// A part of the final table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chapter {
    Faults,
    Kills,
    Interrupts,
    Load,
}

impl Chapter {
    pub const ALL: [Self; 4] = [Self::Faults, Self::Kills, Self::Interrupts, Self::Load];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Faults => "faults",
            Self::Kills => "kills",
            Self::Interrupts => "interrupts",
            Self::Load => "load",
        }
    }
}

/// What came of a case that held.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What was to go wrong did not happen: the step ended before.
    pub not_reached: bool,
    /// Terraform left an empty state, which is not the provider's doing.
    pub state_lost_by_terraform: bool,
    /// Of the provider, in KiB.
    pub memory: u64,
    /// Whether the org sent what no org sends, so that the memory says nothing about usual work.
    pub hostile: bool,
    /// Something to tell.
    pub note: Option<String>,
}

pub struct Case {
    pub chapter: Chapter,
    /// `fault/bad_gateway/create/deploy/1/after`
    pub name: String,
    pub takes: Duration,
    pub play: Box<dyn Fn() -> Outcome + Send + Sync>,
}
