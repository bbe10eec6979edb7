//! The private state of a resource: facts that no attribute contains.
//!
//! Terraform stores the private state in the state file in plain text, so it must not contain secrets. It is written as
//! JSON. Unreadable data is treated as empty, with a warning, because nothing in the private state is required to find
//! the resource.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::user_counts::UserCounts;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PrivateState {
    /// Full names of the components by metadata type. Components that were created manually may have other names.
    #[serde(skip_serializing_if = "is_default")]
    pub parts: BTreeMap<String, String>,
    /// Attributes that are not managed if omitted, and that the configuration set at the last apply, even if that apply
    /// failed.
    #[serde(skip_serializing_if = "is_default")]
    pub managed: BTreeSet<String>,
    /// Metadata types of the parts that existed and could not be read.
    #[serde(rename = "hidden", skip_serializing_if = "is_default")]
    pub unreadable: BTreeSet<String>,
    /// Names of the records that the configuration refers to by ID.
    #[serde(skip_serializing_if = "is_default")]
    pub records: BTreeMap<String, String>,
    /// The number of users of permission sets and profiles.
    #[serde(rename = "holders", skip_serializing_if = "is_default")]
    pub user_counts: UserCounts,
    /// Whether the state is from an import and has not been read yet.
    #[serde(skip_serializing_if = "is_default")]
    pub imported: bool,
    /// Whether the provider logs in with the app.
    #[serde(skip_serializing_if = "is_default")]
    pub own_app: bool,
    /// Whether `deletion_protection` is true in the state.
    #[serde(skip_serializing_if = "is_default")]
    pub protected: bool,
    /// Whether the plan is for a replacement. If so, an existing object is the old object and not the result of an
    /// interrupted run.
    #[serde(skip_serializing_if = "is_default")]
    pub replacing: bool,
}

impl PrivateState {
    pub fn read(bytes: &[u8]) -> PrivateState {
        read(bytes)
    }

    /// Whether these bytes are the result of `write`, or empty.
    pub fn wrote(bytes: &[u8]) -> bool {
        is_rewritten(bytes, &PrivateState::read(bytes).write())
    }

    /// The part that is valid in another org: the attributes that the configuration set, and whether the state is from
    /// an import.
    #[must_use]
    pub fn without_the_org(self) -> PrivateState {
        PrivateState { managed: self.managed, imported: self.imported, ..PrivateState::default() }
    }

    pub fn write(&self) -> Vec<u8> {
        if is_default(self) { Vec::new() } else { write(self) }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads private state. Unreadable data is treated as empty.
pub fn read<T: DeserializeOwned + Default>(bytes: &[u8]) -> T {
    let object: Map<String, Json> = serde_json::from_slice(bytes).unwrap_or_default();
    serde_json::from_value(Json::Object(object)).unwrap_or_default()
}

/// Writes private state as JSON, sorted by name.
pub fn write(private: &impl Serialize) -> Vec<u8> {
    serde_json::to_value(private).unwrap_or_default().to_string().into_bytes()
}

/// Whether two JSON documents are equivalent. An empty document equals an empty object.
pub fn is_rewritten(bytes: &[u8], again: &[u8]) -> bool {
    let object = |bytes: &[u8]| match bytes {
        [] => Some(Map::new()),
        bytes => serde_json::from_slice(bytes).ok(),
    };
    object(bytes).is_some_and(|before| object(again) == Some(before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::Holders;

    #[test]
    fn private_state_round_trips_and_invalid_data_is_read_as_empty() {
        let private = PrivateState {
            parts: [("ExtlClntAppOauthSettings".to_owned(), "Shop_oauth".to_owned())].into(),
            managed: ["permitted_users".to_owned()].into(),
            imported: true,
            ..PrivateState::default()
        };
        assert_eq!(PrivateState::read(&private.write()), private);
        for bytes in
            [&b""[..], b"{", b"[]", b"\xff", b"{\"parts\":3,\"managed\":[1]}", b"{\"holders\":{\"at\":7}}"]
        {
            assert_eq!(PrivateState::read(bytes), PrivateState::default());
        }
        assert!(PrivateState::default().write().is_empty());
    }

    #[test]
    fn data_that_was_not_written_by_the_provider_is_detected() {
        let private = PrivateState {
            managed: ["permitted_users".to_owned(), "label".to_owned()].into(),
            user_counts: UserCounts {
                at: 7,
                of: [("Profile".to_owned(), [("Shop".to_owned(), Holders::Counted(3))].into())].into(),
            },
            protected: true,
            ..PrivateState::default()
        };
        assert!(PrivateState::wrote(&private.write()), "{:?}", String::from_utf8(private.write()));
        for bytes in [&b""[..], b"{}", b"{\"imported\":true}", b"{\"managed\":[\"a\",\"b\"]}"] {
            assert!(PrivateState::wrote(bytes), "{bytes:?}");
        }
        for bytes in [
            &b"{"[..],
            b"[]",
            b"null",
            b"\xff\x00",
            b"{\"parts\":3}",
            b"{\"parts\":{\"a\":1}}",
            b"{\"managed\":[1]}",
            b"{\"protected\":\"true\"}",
            b"{\"since\":\"another version\"}",
            b"{\"holders\":[]}",
        ] {
            assert!(!PrivateState::wrote(bytes), "{bytes:?}");
        }
    }
}
