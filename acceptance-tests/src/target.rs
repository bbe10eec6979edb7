//! The target of a test: an org, with its credentials and the actions of its admin. The org is the emulator or,
//! in `live/`, a real org.

use crate::canary::Secret;
use crate::emulator::Emulator;
use crate::org::{self, Component};
use std::collections::BTreeMap;
use std::time::Duration;

/// The environment variables with which a provider logs in.
pub type Credentials = BTreeMap<String, String>;

/// The time limit of a command, longer than any command takes on the emulator on a busy machine. A command that hangs
/// fails its test instead of blocking the suite.
pub const DEADLINE: Duration = Duration::from_secs(600);

pub trait Target {
    fn credentials(&self) -> Credentials;

    /// The secrets that the files and the output of a command must not contain.
    fn secrets(&self) -> Vec<Secret>;

    /// The names of the apps of the test, without those of other owners.
    fn apps(&self) -> Vec<String>;

    /// The component of this type that belongs to an app, under any full name.
    fn part(&self, kind: &str, app: &str) -> Component;

    /// Changes one element of a component, as an admin does in Setup.
    fn edit(&self, kind: &str, app: &str, element: &str, value: &str);

    /// Whether Terraform may change an app with this name.
    fn may_touch(&self, _app: &str) -> bool {
        true
    }

    /// The time limit of one Terraform command.
    fn time_limit(&self) -> Duration {
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
