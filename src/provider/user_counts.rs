//! The number of users with the permission sets and profiles of a resource, as counted by a read. The counts are part
//! of the private state, so that a plan can show how many users are affected. `engine/user_counts` performs the count.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::metadata::date;
use crate::org::Holders;

/// Each refresh counts again. An equal result within this time keeps the time of the previous count, so that the state
/// does not change in every run.
const SAME_COUNT: u64 = 24 * 3600;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Json", into = "Json")]
pub struct UserCounts {
    /// The time of the count, in seconds since 1970.
    pub at: u64,
    /// The counts by object (`PermissionSet` or `Profile`) and name.
    pub of: BTreeMap<String, BTreeMap<String, Holders>>,
}

/// A number is a count, and a string is the reason why there is no count.
impl From<Json> for UserCounts {
    fn from(json: Json) -> UserCounts {
        let holders = |value: &Json| match value {
            Json::String(why) => Some(Holders::Unknown { why: why.clone() }),
            other => other.as_u64().map(Holders::Counted),
        };
        let of_object = |value: &Json| -> BTreeMap<String, Holders> {
            let entries = value.as_object().into_iter().flatten();
            entries.filter_map(|(name, value)| Some((name.clone(), holders(value)?))).collect()
        };
        let objects = json.as_object().into_iter().flatten().filter(|(name, _)| *name != "at");
        let of: BTreeMap<_, _> = objects.map(|(object, value)| (object.clone(), of_object(value))).collect();
        // A time without counts is not written.
        let at = json.get("at").and_then(Json::as_u64).filter(|_| !of.is_empty());
        UserCounts { at: at.unwrap_or_default(), of }
    }
}

impl From<UserCounts> for Json {
    fn from(counts: UserCounts) -> Json {
        let mut json = Map::from_iter([("at".to_owned(), json!(counts.at))]);
        for (object, names) in counts.of {
            let names = names.into_iter().map(|(name, holders)| match holders {
                Holders::Counted(count) => (name, json!(count)),
                Holders::Unknown { why } => (name, json!(why)),
            });
            json.insert(object, Json::Object(names.collect()));
        }
        Json::Object(json)
    }
}

impl UserCounts {
    /// The newer count, or the older one if they are equal and less than a day apart.
    pub fn or_unchanged(self, before: &UserCounts) -> UserCounts {
        let same = self.of == before.of && self.at.saturating_sub(before.at) < SAME_COUNT;
        if same { before.clone() } else { self }
    }

    /// The counts as text, such as `Shop_Customer 214, Shop_Staff unknown: why (counted 2026-11-26 11:25 UTC)`.
    pub fn describe<'a>(&self, wanted: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let (mut texts, mut counted) = (Vec::new(), false);
        for (object, name) in wanted {
            texts.push(match self.of.get(object).and_then(|names| names.get(name)) {
                Some(Holders::Counted(count)) => {
                    counted = true;
                    format!("{name} {count}")
                }
                Some(Holders::Unknown { why }) => format!("{name} unknown: {why}"),
                None => format!(
                    "{name} unknown: the numbers are from the last refresh, and the state did not contain it yet"
                ),
            });
        }
        if texts.is_empty() {
            return "none".to_owned();
        }
        if counted { format!("{} (counted {})", texts.join(", "), self.time()) } else { texts.join(", ") }
    }

    fn time(&self) -> String {
        let day = date(i64::try_from(self.at).unwrap_or_default());
        format!("{day} {:02}:{:02} UTC", self.at / 3600 % 24, self.at / 60 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(at: u64, customers: u64) -> UserCounts {
        let unknown = Holders::Unknown { why: "no permission".to_owned() };
        let sets = [("Shop_Customer".to_owned(), Holders::Counted(customers)), ("Other".to_owned(), unknown)];
        UserCounts { at, of: [("PermissionSet".to_owned(), sets.into())].into() }
    }

    #[test]
    fn a_count_round_trips_and_its_description_lists_unknown_counts() {
        let count = counted(1_795_692_300, 214);
        assert_eq!(UserCounts::from(Json::from(count.clone())), count);
        assert_eq!(
            count.describe([
                ("PermissionSet", "Shop_Customer"),
                ("PermissionSet", "Other"),
                ("Profile", "x")
            ]),
            "Shop_Customer 214, Other unknown: no permission, x unknown: the numbers are from the last \
             refresh, and the state did not contain it yet (counted 2026-11-26 11:25 UTC)"
        );
        assert_eq!(UserCounts::from(json!([1])), UserCounts::default());
    }

    #[test]
    fn an_equal_count_of_the_same_day_does_not_change_the_state() {
        let before = counted(1000, 214);
        assert_eq!(counted(2000, 214).or_unchanged(&before).at, 1000);
        assert_eq!(counted(2000, 213).or_unchanged(&before).at, 2000);
        assert_eq!(counted(1000 + SAME_COUNT, 214).or_unchanged(&before).at, 1000 + SAME_COUNT);
    }
}
