//! A plan, read from `terraform show -json`, and the messages of `terraform plan -json`.

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

/// Address → action, without unchanged resources.
pub type Actions = BTreeMap<String, Action>;

#[derive(Debug, Clone)]
pub struct Plan {
    pub json: Value,
    /// The output of `terraform plan`.
    pub words: String,
}

impl Plan {
    /// # Panics
    /// Panics if the plan has an unknown action.
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

    /// Asserts that the plan has exactly these changes.
    #[track_caller]
    pub fn changes(&self, expected: &[(&str, Action)]) -> &Self {
        let expected: Actions =
            expected.iter().map(|(address, action)| ((*address).to_owned(), *action)).collect();
        assert_eq!(self.actions(), expected, "\n{}", self.words);
        self
    }

    /// The apps whose resources the plan changes, as far as their names are known.
    #[must_use]
    pub fn apps(&self) -> BTreeSet<String> {
        let changes = self.json["resource_changes"].as_array().into_iter().flatten();
        let changes =
            changes.map(|change| &change["change"]).filter(|change| change["actions"][0] != "no-op");
        let sides = changes.flat_map(|change| [&change["before"], &change["after"]]);
        let names = sides.flat_map(|side| [&side["name"], &side["external_client_app"]]);
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Asserts that there are no changes and no drift.
    #[track_caller]
    pub fn is_empty(&self) -> &Self {
        let found = self.differences();
        assert!(found.is_empty(), "the plan is not empty:\n{}", found.join("\n"));
        self
    }

    /// All planned changes and all drift that the refresh detected, one line for each attribute:
    /// `address: attribute: before → after`.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        let of = |kind: &str| self.json[kind].as_array().into_iter().flatten();
        let planned = of("resource_changes").filter(|one| one["change"]["actions"][0] != "no-op");
        let planned = planned.flat_map(|one| lines_of(one, "planned"));
        planned.chain(of("resource_drift").flat_map(|one| lines_of(one, "drift"))).collect()
    }

    /// The value of an attribute before the change.
    #[must_use]
    pub fn before(&self, address: &str, attribute: &str) -> Value {
        self.change(address)["before"][attribute].clone()
    }

    /// The planned value of an attribute, or null if it is unknown.
    #[must_use]
    pub fn after(&self, address: &str, attribute: &str) -> Value {
        self.change(address)["after"][attribute].clone()
    }

    #[must_use]
    pub fn is_unknown(&self, address: &str, attribute: &str) -> bool {
        self.change(address)["after_unknown"][attribute] == true
    }

    /// The attributes whose planned value differs from the value before, including unknown values.
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

    /// Like [`Plan::differing`], but for the attributes of a block that exists at most once.
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
    pub fn contains(&self, sentence: &str) -> bool {
        self.words.contains(sentence)
    }

    #[track_caller]
    pub fn containing(&self, sentence: &str) -> &Self {
        assert!(self.contains(sentence), "expected the words {sentence:?} in\n{}", self.words);
        self
    }
}

/// The changed attributes of a resource, one line for each. A create or a delete is one line, because all attributes
/// change.
fn lines_of(changed: &Value, origin: &str) -> Vec<String> {
    let address = changed["address"].as_str().unwrap_or_default();
    let change = &changed["change"];
    if !change["before"].is_object() || !change["after"].is_object() {
        return vec![format!("{address}: {} ({origin})", change["actions"])];
    }
    let mut lines = Vec::new();
    changed_values(address, &change["before"], &change["after"], &change["after_unknown"], &mut lines);
    if lines.is_empty() {
        lines.push(format!("{address}: {} without a changed attribute", change["actions"]));
    }
    lines.into_iter().map(|line| format!("{line} ({origin})")).collect()
}

fn changed_values(place: &str, before: &Value, after: &Value, unknown: &Value, lines: &mut Vec<String>) {
    let names: BTreeSet<&String> = [before, after, unknown]
        .into_iter()
        .filter_map(Value::as_object)
        .flat_map(serde_json::Map::keys)
        .collect();
    for name in names {
        let place = format!("{place}: {name}");
        let (before, after, unknown) = (&before[name], &after[name], &unknown[name]);
        if before.is_object() && after.is_object() {
            changed_values(&place, before, after, unknown, lines);
        } else if *unknown == true {
            lines.push(format!("{place}: {} → unknown", shortened(before)));
        } else if before != after {
            lines.push(format!("{place}: {} → {}", shortened(before), shortened(after)));
        }
    }
}

/// A value for a message, shortened because a certificate would have twenty lines.
fn shortened(value: &Value) -> String {
    const MOST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The planned actions, whether outputs change, and whether the refresh detected drift.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PlanMessages {
    /// Address → action, as Terraform names it.
    pub actions: BTreeMap<String, String>,
    pub outputs: bool,
    pub drift: bool,
}

impl PlanMessages {
    /// Parses the output of `terraform plan -json` or `terraform apply -json`, one message per line.
    #[must_use]
    pub fn by(stdout: &str) -> Self {
        let mut messages = Self::default();
        for message in stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            match message["type"].as_str() {
                Some("planned_change") => {
                    let change = &message["change"];
                    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    messages.actions.insert(text(&change["resource"]["addr"]), text(&change["action"]));
                }
                Some("resource_drift") => messages.drift = true,
                Some("outputs") => {
                    let mut outputs = message["outputs"].as_object().into_iter().flatten();
                    messages.outputs |= outputs.any(|(_, output)| output["action"] != "noop");
                }
                _ => {}
            }
        }
        messages
    }

    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.outputs || !self.actions.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_one_line_for_each_attribute() {
        let change = |address: &str, actions: &[&str], before: Value, after: Value, unknown: Value| {
            let change =
                json!({ "actions": actions, "before": before, "after": after, "after_unknown": unknown });
            json!({ "address": address, "change": change })
        };
        let plan = |changes: Vec<Value>, drift: Vec<Value>| Plan {
            json: json!({ "resource_changes": changes, "resource_drift": drift }),
            words: String::new(),
        };
        let found = plan(
            vec![
                change("t.same", &["no-op"], json!({ "a": 1 }), json!({ "a": 1 }), json!({})),
                change(
                    "t.a",
                    &["update"],
                    json!({ "id": "x", "key": "k", "new": null, "policies": { "on": true, "off": 1 } }),
                    json!({ "id": "x", "new": false, "policies": { "on": false, "off": 1 } }),
                    json!({ "key": true, "policies": {} }),
                ),
                change("t.b", &["create"], Value::Null, json!({ "a": 1 }), json!({})),
            ],
            vec![change("t.a", &["update"], json!({ "new": null }), json!({ "new": "\n" }), Value::Null)],
        );
        assert_eq!(
            found.differences(),
            [
                "t.a: key: \"k\" → unknown (planned)",
                "t.a: new: null → false (planned)",
                "t.a: policies: on: true → false (planned)",
                "t.b: [\"create\"] (planned)",
                "t.a: new: null → \"\\n\" (drift)",
            ]
        );
        assert!(plan(Vec::new(), Vec::new()).differences().is_empty());
        let long = change("t.a", &["update"], json!({ "a": "é".repeat(500) }), json!({}), json!({}));
        let found = plan(vec![long], Vec::new()).differences();
        assert!(found.iter().all(|line| line.chars().count() < 120), "{found:?}");
    }

    #[test]
    fn planned_actions_and_drift_are_read_from_the_messages() {
        let messages = |actions: &[(&str, &str)], outputs, drift| {
            let actions = actions.iter().map(|(at, action)| ((*at).to_owned(), (*action).to_owned()));
            PlanMessages { actions: actions.collect(), outputs, drift }
        };
        for (stdout, expected) in [
            ("", messages(&[], false, false)),
            ("{\"type\":\"version\"}\nno JSON\n{\"type\":\"change_summary\"}", messages(&[], false, false)),
            (
                r#"{"type":"planned_change","change":{"resource":{"addr":"a.b"},"action":"read"}}"#,
                messages(&[("a.b", "read")], false, false),
            ),
            (r#"{"type":"resource_drift","change":{"action":"update"}}"#, messages(&[], false, true)),
            (r#"{"type":"outputs","outputs":{"a":{"action":"noop"}}}"#, messages(&[], false, false)),
            (
                r#"{"type":"outputs","outputs":{"a":{"action":"noop"},"b":{"action":"update"}}}"#,
                messages(&[], true, false),
            ),
        ] {
            assert_eq!(PlanMessages::by(stdout), expected, "{stdout}");
        }
    }
}
