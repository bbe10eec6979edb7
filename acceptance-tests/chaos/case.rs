//! A case has a name that identifies it, an expected duration, and the function to run. The result of the function is
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
    /// Whether the step ended before the fault could be injected.
    pub not_reached: bool,
    /// Whether Terraform left an empty state, which the provider cannot prevent.
    pub state_lost_by_terraform: bool,
    /// The peak memory of the provider in KiB.
    pub memory: u64,
    /// Whether the fault may be a hostile response, such as one of 100 megabytes. The report shows the memory of such
    /// cases separately, because it does not represent normal use.
    pub hostile: bool,
    /// A remark for the report.
    pub note: Option<String>,
}

pub struct Case {
    pub section: Section,
    /// For example `fault/bad_gateway/create/deploy/1/after`.
    pub name: String,
    pub takes: Duration,
    pub run: Box<dyn Fn() -> Outcome + Send + Sync>,
}
