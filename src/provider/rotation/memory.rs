//! What a rotation remembers beside its state. Stored in the state file in clear: no secrets. Terraform loses it when the
//! provider is killed in an apply; the state itself is there then.

use serde_json::{Map, Value as Json, json};

use crate::provider::private::is_rewritten;

/// So many seconds after it was noticed, that a key has changed is no trace of an interrupted run, and what is written first
/// is not what an import left open.
const RECENT: u64 = 24 * 3600;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The consumer has another key than the state had: maybe by a rotation that did not come to its end.
    pub moved: Option<Moved>,
    /// The key of before the last rotation, where it is still good.
    pub previous_key: Option<String>,
    /// A rotation that is planned now was made already: the date that the org gives, or an empty text.
    pub rotated: Option<String>,
    /// The same for who wants the previous pair to end as well.
    pub rotated_and_ended: Option<String>,
    /// Who else has staged a pair, and when.
    pub foreign: Option<(Option<String>, Option<String>)>,
    /// When it was imported, in seconds since 1970, if no apply has changed it since.
    pub imported: Option<u64>,
}

/// A change of the consumer's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub from: String,
    /// In seconds since 1970.
    pub noticed: u64,
}

impl Memory {
    /// Forgets what is too long ago.
    #[must_use]
    pub fn at(self, now: u64) -> Memory {
        let is_recent = |then: u64| now.saturating_sub(then) <= RECENT;
        Memory {
            moved: self.moved.filter(|moved| is_recent(moved.noticed)),
            imported: self.imported.filter(|imported| is_recent(*imported)),
            ..self
        }
    }

    /// What cannot be read is taken as nothing.
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
            moved: text("moved_from").zip(number("moved_at")).map(|(from, noticed)| Moved { from, noticed }),
            previous_key: text("previous_key"),
            rotated: text("rotated"),
            rotated_and_ended: text("rotated_and_ended"),
            foreign,
            imported: number("imported"),
        }
    }

    /// Whether these bytes are what some `write` made, or none.
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
