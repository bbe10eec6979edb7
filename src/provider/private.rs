//! The private state of a resource: facts that no attribute has.
//!
//! Stored in the state file in plain text: no secrets. Written as JSON. Unreadable data is treated as empty, with a
//! warning, because nothing in it is required to find the resource.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::user_counts::UserCounts;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivateState {
    /// Full names of the components by metadata type. Components that were created manually may have other names.
    pub parts: BTreeMap<String, String>,
    /// Attributes that are not managed when omitted, and that the configuration had at the last apply.
    pub managed: BTreeSet<String>,
    /// Metadata types of the parts that existed and could not be read.
    pub hidden: BTreeSet<String>,
    /// Names of the records that the configuration refers to by ID.
    pub records: BTreeMap<String, String>,
    /// The number of users of permission sets and profiles.
    pub user_counts: UserCounts,
    /// The state is from an import and was not read yet.
    pub imported: bool,
    /// The provider logs in with the app.
    pub own_app: bool,
    /// The state has `deletion_protection`.
    pub protected: bool,
    /// The plan is for a replacement: the existing object is the old one, not the result of an interrupted run.
    pub replacing: bool,
}

impl PrivateState {
    pub fn read(bytes: &[u8]) -> PrivateState {
        let Ok(Json::Object(json)) = serde_json::from_slice(bytes) else {
            return PrivateState::default();
        };
        PrivateState {
            parts: texts_by_key(json.get("parts")),
            managed: texts(json.get("managed")),
            hidden: texts(json.get("hidden")),
            records: texts_by_key(json.get("records")),
            user_counts: UserCounts::read(json.get("holders")),
            imported: json.get("imported") == Some(&Json::Bool(true)),
            own_app: json.get("own_app") == Some(&Json::Bool(true)),
            protected: json.get("protected") == Some(&Json::Bool(true)),
            replacing: json.get("replacing") == Some(&Json::Bool(true)),
        }
    }

    /// Whether these bytes are the result of `write`, or empty.
    pub fn wrote(bytes: &[u8]) -> bool {
        is_rewritten(bytes, &PrivateState::read(bytes).write())
    }

    /// The part that is valid in another org: what the configuration had, and that the resource was not managed yet.
    #[must_use]
    pub fn without_the_org(self) -> PrivateState {
        PrivateState { managed: self.managed, imported: self.imported, ..PrivateState::default() }
    }

    pub fn write(&self) -> Vec<u8> {
        let mut json = Map::new();
        let mut put = |name: &str, value: Json, empty: bool| {
            if !empty {
                json.insert(name.to_owned(), value);
            }
        };
        put("parts", json!(self.parts), self.parts.is_empty());
        put("managed", json!(self.managed), self.managed.is_empty());
        put("hidden", json!(self.hidden), self.hidden.is_empty());
        put("records", json!(self.records), self.records.is_empty());
        put("holders", self.user_counts.write(), self.user_counts.of.is_empty());
        put("imported", json!(true), !self.imported);
        put("own_app", json!(true), !self.own_app);
        put("protected", json!(true), !self.protected);
        put("replacing", json!(true), !self.replacing);
        if json.is_empty() { Vec::new() } else { Json::Object(json).to_string().into_bytes() }
    }
}

/// Whether two JSON texts are equivalent. An empty text equals an empty object.
pub fn is_rewritten(bytes: &[u8], again: &[u8]) -> bool {
    let object = |bytes: &[u8]| match bytes {
        [] => Some(Map::new()),
        bytes => serde_json::from_slice(bytes).ok(),
    };
    object(bytes).is_some_and(|before| object(again) == Some(before))
}

fn texts(json: Option<&Json>) -> BTreeSet<String> {
    let members = json.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    members.iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn texts_by_key(json: Option<&Json>) -> BTreeMap<String, String> {
    let Some(Json::Object(entries)) = json else {
        return BTreeMap::new();
    };
    entries.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::Holders;

    #[test]
    fn private_state_can_be_read_again_and_invalid_data_is_empty() {
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
