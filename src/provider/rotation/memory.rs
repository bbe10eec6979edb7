//! What a rotation remembers beside its state. Stored in the state file in clear: no secrets.

use serde_json::{Map, Value as Json, json};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The consumer's key when the last apply came to its end: a rotation since then may be one that was interrupted.
    pub key: Option<String>,
    /// The key of before the last rotation, where it is still good.
    pub previous_key: Option<String>,
    /// When the pair was staged that our own user has rotated to since the last apply.
    pub rotated_since: Option<String>,
    /// Who else has staged a pair, and when.
    pub foreign: Option<(Option<String>, Option<String>)>,
    /// The state comes from an import, and no apply has followed.
    pub imported: bool,
}

impl Memory {
    /// What cannot be read is taken as nothing: a rotation is then made where one is asked for.
    pub fn read(bytes: &[u8]) -> Memory {
        let Ok(Json::Object(json)) = serde_json::from_slice(bytes) else {
            return Memory::default();
        };
        let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
        let foreign = json.get("foreign").and_then(Json::as_object).map(|foreign| {
            let text = |name: &str| foreign.get(name).and_then(Json::as_str).map(str::to_owned);
            (text("by"), text("on"))
        });
        Memory {
            key: text("key"),
            previous_key: text("previous_key"),
            rotated_since: text("rotated_since"),
            foreign,
            imported: json.get("imported") == Some(&Json::Bool(true)),
        }
    }

    pub fn write(&self) -> Vec<u8> {
        let mut json = Map::new();
        let mut put = |name: &str, text: &Option<String>| {
            if let Some(text) = text {
                json.insert(name.to_owned(), json!(text));
            }
        };
        put("key", &self.key);
        put("previous_key", &self.previous_key);
        put("rotated_since", &self.rotated_since);
        if let Some((by, on)) = &self.foreign {
            json.insert("foreign".to_owned(), json!({ "by": by, "on": on }));
        }
        if self.imported {
            json.insert("imported".to_owned(), json!(true));
        }
        Json::Object(json).to_string().into_bytes()
    }
}
