//! The private state of a rotation, stored in the state file in plain text: no secrets. Terraform loses it if the
//! provider is killed during an apply, but keeps the state.

use serde::{Deserialize, Serialize};

use crate::provider::private::{self, is_rewritten};

/// After this number of seconds, a changed key is not from an interrupted run, and the first values are not those of
/// an import.
const RECENT: u64 = 24 * 3600;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The consumer has a different key from the state, perhaps from an interrupted rotation.
    #[serde(flatten)]
    pub moved: Option<KeyChange>,
    /// The previous key, if it is still valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_key: Option<String>,
    /// The planned rotation was already made: the date that the org returns, or an empty text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated: Option<String>,
    /// The planned rotation was already made, and the previous credentials are revoked too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated_and_ended: Option<String>,
    /// The other user with staged credentials, and the date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign: Option<ForeignStaging>,
    /// The time of the import in seconds since 1970, if no apply has changed it since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<u64>,
}

/// A change of the consumer's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChange {
    #[serde(rename = "moved_from")]
    pub from: String,
    /// In seconds since 1970.
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
