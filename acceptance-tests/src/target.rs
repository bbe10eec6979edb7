//! What a test runs on: an org to log in to, and another administrator of it. The emulator is one; a real org is
//! another, and `live/` looks after that.

use crate::canary::Secret;
use crate::emulator::Emulator;
use crate::org::{self, Component};
use std::collections::BTreeMap;
use std::time::Duration;

/// The environment variables that log a provider in.
pub type Credentials = BTreeMap<String, String>;

/// Longer than any command takes on the emulator and a busy machine; a hang fails instead of blocking the suite.
pub const DEADLINE: Duration = Duration::from_secs(600);

pub trait Target {
    fn credentials(&self) -> Credentials;

    /// Everything that must not be found in what a command leaves behind.
    fn secrets(&self) -> Vec<Secret>;

    /// The apps of the test; other people's are none of its business.
    fn apps(&self) -> Vec<String>;

    /// The component of this type that belongs to an app, whatever its own name is.
    fn part(&self, kind: &str, app: &str) -> Component;

    /// What an admin does in Setup: changes one element of a component.
    fn edit(&self, kind: &str, app: &str, element: &str, value: &str);

    /// Whether Terraform may touch an app of this name.
    fn may_touch(&self, _app: &str) -> bool {
        true
    }

    /// How long one command of Terraform's may take.
    fn patience(&self) -> Duration {
        DEADLINE
    }
}

impl Target for Emulator {
    fn credentials(&self) -> Credentials {
        self.credentials()
    }

    #[track_caller]
    fn secrets(&self) -> Vec<Secret> {
        self.secrets()
    }

    #[track_caller]
    fn apps(&self) -> Vec<String> {
        self.names(org::APP)
    }

    #[track_caller]
    fn part(&self, kind: &str, app: &str) -> Component {
        self.part(kind, app)
    }

    #[track_caller]
    fn edit(&self, kind: &str, app: &str, element: &str, value: &str) {
        self.edit(kind, app, element, value);
    }
}
