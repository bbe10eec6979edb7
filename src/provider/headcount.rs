//! How many people hold what a resource names, as it was counted in Read: the part of the private state that lets a plan
//! say whom it locks out. Pure; who counts is the engine.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::metadata::date;
use crate::org::Holders;

/// A count is taken again at each refresh; one with the same result keeps the earlier time for so long, so that the
/// state does not change with every run.
const SAME_COUNT: u64 = 24 * 3600;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headcount {
    /// When it was counted, in seconds since 1970.
    pub at: u64,
    /// By object, `PermissionSet` or `Profile`, and name.
    pub of: BTreeMap<String, BTreeMap<String, Holders>>,
}

impl Headcount {
    pub fn read(json: Option<&Json>) -> Headcount {
        let Some(Json::Object(json)) = json else {
            return Headcount::default();
        };
        let holders = |value: &Json| match value {
            Json::String(why) => Some(Holders::Unknown { why: why.clone() }),
            other => other.as_u64().map(Holders::Counted),
        };
        let of_object = |value: &Json| -> BTreeMap<String, Holders> {
            let entries = value.as_object().into_iter().flatten();
            entries.filter_map(|(name, value)| Some((name.clone(), holders(value)?))).collect()
        };
        let objects = json.iter().filter(|(name, _)| *name != "at");
        let of: BTreeMap<_, _> = objects.map(|(object, value)| (object.clone(), of_object(value))).collect();
        // A time at which nothing was counted is none: it is not written either.
        let at = json.get("at").and_then(Json::as_u64).filter(|_| !of.is_empty());
        Headcount { at: at.unwrap_or_default(), of }
    }

    pub fn write(&self) -> Json {
        let mut json = Map::new();
        json.insert("at".to_owned(), json!(self.at));
        for (object, names) in &self.of {
            let names = names.iter().map(|(name, holders)| {
                let value = match holders {
                    Holders::Counted(count) => json!(count),
                    Holders::Unknown { why } => json!(why),
                };
                (name.clone(), value)
            });
            json.insert(object.clone(), Json::Object(names.collect()));
        }
        Json::Object(json)
    }

    /// The newer one of two counts, unless it says the same and the older is of the same day.
    pub fn or_unchanged(self, before: &Headcount) -> Headcount {
        let same = self.of == before.of && self.at.saturating_sub(before.at) < SAME_COUNT;
        if same { before.clone() } else { self }
    }

    /// `Shop_Customer 214, Shop_Staff not known: why (counted 2026-11-26 11:25 UTC)`.
    pub fn describe<'a>(&self, wanted: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let (mut texts, mut counted) = (Vec::new(), false);
        for (object, name) in wanted {
            texts.push(match self.of.get(object).and_then(|names| names.get(name)) {
                Some(Holders::Counted(count)) => {
                    counted = true;
                    format!("{name} {count}")
                }
                Some(Holders::Unknown { why }) => format!("{name} not known: {why}"),
                None => format!(
                    "{name} not known: people are counted when the state is refreshed, and the state did not name it"
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

    fn counted(at: u64, customers: u64) -> Headcount {
        let unknown = Holders::Unknown { why: "no permission".to_owned() };
        let sets = [("Shop_Customer".to_owned(), Holders::Counted(customers)), ("Other".to_owned(), unknown)];
        Headcount { at, of: [("PermissionSet".to_owned(), sets.into())].into() }
    }

    #[test]
    fn a_count_survives_the_state_and_says_what_it_does_not_know() {
        let count = counted(1_795_692_300, 214);
        assert_eq!(Headcount::read(Some(&count.write())), count);
        assert_eq!(
            count.describe([
                ("PermissionSet", "Shop_Customer"),
                ("PermissionSet", "Other"),
                ("Profile", "x")
            ]),
            "Shop_Customer 214, Other not known: no permission, x not known: people are counted when the state is \
             refreshed, and the state did not name it (counted 2026-11-26 11:25 UTC)"
        );
        assert_eq!(Headcount::read(Some(&json!([1]))), Headcount::default());
    }

    #[test]
    fn the_same_result_on_the_same_day_leaves_the_state_as_it_is() {
        let before = counted(1000, 214);
        assert_eq!(counted(2000, 214).or_unchanged(&before).at, 1000);
        assert_eq!(counted(2000, 213).or_unchanged(&before).at, 2000);
        assert_eq!(counted(1000 + SAME_COUNT, 214).or_unchanged(&before).at, 1000 + SAME_COUNT);
    }
}
