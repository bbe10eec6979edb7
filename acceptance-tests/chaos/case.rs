//! A case: its name identifies it completely; it also has a minimum duration and the function to run. Its result is
//! an `Outcome`.

use std::time::Duration;

/// A section of the final report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Faults,
    Kills,
    Interrupts,
    Load,
}

impl Section {
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

/// The result of a case that passed.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The fault was not injected: the step ended earlier.
    pub not_reached: bool,
    /// Terraform left an empty state. The provider cannot prevent that.
    pub state_lost_by_terraform: bool,
    /// Peak memory of the provider in KiB.
    pub memory: u64,
    /// Whether the response was hostile: no real org sends it. The memory figure then does not represent normal use.
    pub hostile: bool,
    /// A remark for the report.
    pub note: Option<String>,
}

pub struct Case {
    pub section: Section,
    /// `fault/bad_gateway/create/deploy/1/after`
    pub name: String,
    pub takes: Duration,
    pub run: Box<dyn Fn() -> Outcome + Send + Sync>,
}
