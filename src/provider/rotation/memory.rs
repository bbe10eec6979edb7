//! The private state of a rotation. Terraform stores it in the state file in plain text, so it must not contain
//! secrets. If the provider is killed during an apply, Terraform loses the private state, but keeps the state.

use serde::{Deserialize, Serialize};

use crate::provider::private::{self, is_rewritten};

/// After this number of seconds, a changed key is not treated as the result of an interrupted run, and the first values
/// are not treated as those of an import.
const RECENT: u64 = 24 * 3600;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Set if the key of the consumer differs from the key in the state, possibly because of an interrupted rotation.
    #[serde(flatten)]
    pub moved: Option<KeyChange>,
    /// The previous key, if it is still valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_key: Option<String>,
    /// Set if the planned rotation has already been made: the date that the org returns, or an empty string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated: Option<String>,
    /// Set if the planned rotation has already been made, and the previous credentials have been revoked too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated_and_ended: Option<String>,
    /// The other user who staged credentials, and the date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign: Option<ForeignStaging>,
    /// The time of the import in seconds since 1970, until the next apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<u64>,
}

/// A change to the consumer's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChange {
    #[serde(rename = "moved_from")]
    pub from: String,
    /// The time at which the change was noticed, in seconds since 1970.
    #[serde(rename = "moved_at")]
    pub noticed: u64,
}

/// Who staged credentials, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForeignStaging {
    pub by: Option<String>,
    pub on: Option<String>,
}

impl Memory {
    /// Removes old entries.
    #[must_use]
    pub fn at(self, now: u64) -> Memory {
        let is_recent = |then: u64| now.saturating_sub(then) <= RECENT;
        Memory {
            moved: self.moved.filter(|moved| is_recent(moved.noticed)),
            imported: self.imported.filter(|imported| is_recent(*imported)),
            ..self
        }
    }

    /// Unreadable data is treated as empty.
    pub fn read(bytes: &[u8]) -> Memory {
        private::read(bytes)
    }

    /// Whether these bytes are private state of a rotation, or empty.
    pub fn wrote(bytes: &[u8]) -> bool {
        is_rewritten(bytes, &Memory::read(bytes).write())
    }

    pub fn write(&self) -> Vec<u8> {
        private::write(self)
    }
}
