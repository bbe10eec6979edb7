//! The private state of a rotation, stored in the state file in plain text: no secrets. Terraform loses it if the
//! provider is killed during an apply, but keeps the state.

use serde_json::{Map, Value as Json, json};

use crate::provider::private::is_rewritten;

/// After this number of seconds, a changed key is not from an interrupted run, and the first values are not those of
/// an import.
const RECENT: u64 = 24 * 3600;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The consumer has another key than the state, perhaps from an interrupted rotation.
    pub moved: Option<KeyChange>,
    /// The previous key, if it is still valid.
    pub previous_key: Option<String>,
    /// The planned rotation was already made: the date that the org returns, or an empty text.
    pub rotated: Option<String>,
    /// The same if the previous credentials are revoked too.
    pub rotated_and_ended: Option<String>,
    /// The other user with staged credentials, and the date.
    pub foreign: Option<(Option<String>, Option<String>)>,
    /// The time of the import in seconds since 1970, if no apply has changed it since.
    pub imported: Option<u64>,
}

/// A change of the consumer's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    pub from: String,
    /// In seconds since 1970.
    pub noticed: u64,
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
        let Ok(Json::Object(json)) = serde_json::from_slice(bytes) else {
            return Memory::default();
        };
        let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
        let number = |name: &str| json.get(name).and_then(Json::as_u64);
        let foreign = json.get("foreign").and_then(Json::as_object).map(|foreign| {
            let text = |name: &str| foreign.get(name).and_then(Json::as_str).map(str::to_owned);
            (text("by"), text("on"))
        });
        Memory {
            moved: text("moved_from")
                .zip(number("moved_at"))
                .map(|(from, noticed)| KeyChange { from, noticed }),
            previous_key: text("previous_key"),
            rotated: text("rotated"),
            rotated_and_ended: text("rotated_and_ended"),
            foreign,
            imported: number("imported"),
        }
    }

    /// Whether these bytes are private state of a rotation, or empty.
    pub fn wrote(bytes: &[u8]) -> bool {
        is_rewritten(bytes, &Memory::read(bytes).write())
    }

    pub fn write(&self) -> Vec<u8> {
        let mut json = Map::new();
        let mut put = |name: &str, value: Option<Json>| {
            if let Some(value) = value {
                json.insert(name.to_owned(), value);
            }
        };
        let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
        put("moved_from", self.moved.as_ref().map(|moved| json!(moved.from)));
        put("moved_at", self.moved.as_ref().map(|moved| json!(moved.noticed)));
        put("previous_key", text(&self.previous_key));
        put("rotated", text(&self.rotated));
        put("rotated_and_ended", text(&self.rotated_and_ended));
        put("foreign", self.foreign.as_ref().map(|(by, on)| json!({ "by": by, "on": on })));
        put("imported", self.imported.map(|imported| json!(imported)));
        Json::Object(json).to_string().into_bytes()
    }
}
