//! A plan, as `terraform show -json` tells it, and what `terraform plan -json` says while it makes one.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Create,
    Read,
    Update,
    /// Destroy and then create, Terraform's default order.
    Replace,
    CreateBeforeDestroy,
    Delete,
    Forget,
}

/// Address → action; what stays as it is, is left out.
pub type Actions = BTreeMap<String, Action>;

#[derive(Debug, Clone)]
pub struct Plan {
    pub json: Value,
    /// What `terraform plan` printed.
    pub words: String,
}

impl Plan {
    /// # Panics
    /// On an action that Terraform did not have when this was written.
    #[must_use]
    pub fn actions(&self) -> Actions {
        let changes = self.json["resource_changes"].as_array().cloned().unwrap_or_default();
        let named = changes.iter().map(|change| {
            let address = change["address"].as_str().unwrap_or_default().to_owned();
            let actions: Vec<&str> = change["change"]["actions"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let action = match actions.as_slice() {
                ["no-op"] => None,
                ["create"] => Some(Action::Create),
                ["read"] => Some(Action::Read),
                ["update"] => Some(Action::Update),
                ["delete", "create"] => Some(Action::Replace),
                ["create", "delete"] => Some(Action::CreateBeforeDestroy),
                ["delete"] => Some(Action::Delete),
                ["forget"] => Some(Action::Forget),
                other => panic!("{address}: unknown actions {other:?}"),
            };
            (address, action)
        });
        named.filter_map(|(address, action)| Some((address, action?))).collect()
    }

    /// Exactly these changes, no more and no less.
    #[track_caller]
    pub fn changes(&self, expected: &[(&str, Action)]) -> &Self {
        let expected: Actions =
            expected.iter().map(|(address, action)| ((*address).to_owned(), *action)).collect();
        assert_eq!(self.actions(), expected, "\n{}", self.words);
        self
    }

    /// The apps whose resources it changes, as far as their names are known.
    #[must_use]
    pub fn apps(&self) -> BTreeSet<String> {
        let changes = self.json["resource_changes"].as_array().into_iter().flatten();
        let changes =
            changes.map(|change| &change["change"]).filter(|change| change["actions"][0] != "no-op");
        let sides = changes.flat_map(|change| [&change["before"], &change["after"]]);
        let names = sides.flat_map(|side| [&side["name"], &side["external_client_app"]]);
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Nothing to do, and nothing was seen to have changed outside of Terraform.
    #[track_caller]
    pub fn is_empty(&self) -> &Self {
        self.changes(&[]);
        let drift = self.json["resource_drift"].as_array().cloned().unwrap_or_default();
        assert!(drift.is_empty(), "the refresh saw a change: {drift:#?}");
        self
    }

    /// The value of an attribute before the change.
    #[must_use]
    pub fn before(&self, address: &str, attribute: &str) -> Value {
        self.change(address)["before"][attribute].clone()
    }

    /// The planned value of an attribute; null where it is not known yet.
    #[must_use]
    pub fn after(&self, address: &str, attribute: &str) -> Value {
        self.change(address)["after"][attribute].clone()
    }

    #[must_use]
    pub fn is_unknown(&self, address: &str, attribute: &str) -> bool {
        self.change(address)["after_unknown"][attribute] == true
    }

    /// The attributes whose planned value differs from the value before, unknown ones included.
    #[must_use]
    pub fn differing(&self, address: &str) -> Vec<String> {
        let change = self.change(address);
        let mut names: Vec<String> = ["before", "after", "after_unknown"]
            .iter()
            .filter_map(|side| change[*side].as_object())
            .flat_map(|object| object.keys().cloned())
            .filter(|name| change["before"][name] != change["after"][name])
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// The same of the attributes in a block that is there once at most.
    #[must_use]
    pub fn differing_in(&self, address: &str, block: &str) -> Vec<String> {
        let change = self.change(address);
        let [before, after, unknown] =
            ["before", "after", "after_unknown"].map(|side| change[side][block].as_object());
        let names: BTreeSet<&String> =
            [before, after, unknown].into_iter().flatten().flat_map(serde_json::Map::keys).collect();
        let of = |side: Option<&serde_json::Map<String, Value>>, name: &str| {
            side.and_then(|side| side.get(name)).cloned().unwrap_or_default()
        };
        names.into_iter().filter(|name| of(before, name) != of(after, name)).cloned().collect()
    }

    fn change(&self, address: &str) -> &Value {
        self.json["resource_changes"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|change| change["address"] == address)
            .map_or(&Value::Null, |change| &change["change"])
    }

    #[must_use]
    pub fn says(&self, sentence: &str) -> bool {
        self.words.contains(sentence)
    }

    #[track_caller]
    pub fn saying(&self, sentence: &str) -> &Self {
        assert!(self.says(sentence), "expected the words {sentence:?} in\n{}", self.words);
        self
    }
}

/// What a plan says that there is to do, and whether something changed outside of Terraform.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Address → action, in Terraform's word.
    pub actions: BTreeMap<String, String>,
    pub outputs: bool,
    pub drift: bool,
}

impl Told {
    /// What `terraform plan -json` or `terraform apply -json` said, one message per line.
    #[must_use]
    pub fn by(stdout: &str) -> Self {
        let mut told = Self::default();
        for message in stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            match message["type"].as_str() {
                Some("planned_change") => {
                    let change = &message["change"];
                    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    told.actions.insert(text(&change["resource"]["addr"]), text(&change["action"]));
                }
                Some("resource_drift") => told.drift = true,
                Some("outputs") => {
                    let mut outputs = message["outputs"].as_object().into_iter().flatten();
                    told.outputs |= outputs.any(|(_, output)| output["action"] != "noop");
                }
                _ => {}
            }
        }
        told
    }

    #[must_use]
    pub fn is_something_to_do(&self) -> bool {
        self.outputs || !self.actions.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plan_says_is_to_be_done_and_has_changed() {
        let told = |actions: &[(&str, &str)], outputs, drift| {
            let actions = actions.iter().map(|(at, action)| ((*at).to_owned(), (*action).to_owned()));
            Told { actions: actions.collect(), outputs, drift }
        };
        for (stdout, expected) in [
            ("", told(&[], false, false)),
            ("{\"type\":\"version\"}\nno JSON\n{\"type\":\"change_summary\"}", told(&[], false, false)),
            (
                r#"{"type":"planned_change","change":{"resource":{"addr":"a.b"},"action":"read"}}"#,
                told(&[("a.b", "read")], false, false),
            ),
            (r#"{"type":"resource_drift","change":{"action":"update"}}"#, told(&[], false, true)),
            (r#"{"type":"outputs","outputs":{"a":{"action":"noop"}}}"#, told(&[], false, false)),
            (
                r#"{"type":"outputs","outputs":{"a":{"action":"noop"},"b":{"action":"update"}}}"#,
                told(&[], true, false),
            ),
        ] {
            assert_eq!(Told::by(stdout), expected, "{stdout}");
        }
    }
}
