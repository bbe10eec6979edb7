//! A small subset of SOQL: SELECT fields, COUNT(), COUNT(field) or COUNT_DISTINCT(field) FROM one object; WHERE with
//! AND, OR, parentheses, =, !=, <, <=, >, >=, IN, NOT IN, LIKE; GROUP BY, ORDER BY one field, LIMIT. Everything else is
//! rejected with an explicit message. The parser is in `soql/reader.rs`, the objects in `soql/objects.rs`.

mod objects;
mod people;
mod reader;
mod site;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub use objects::Source;
use objects::{columns, rows};
use reader::{Condition, Filter, Item, Query, Test};

type Refusal = (&'static str, String);

pub fn run(source: &Source<'_>, text: &str) -> Result<Value, Refusal> {
    let query = reader::read(text)?;
    let rows = rows(source, &query.object)?;
    let columns = columns(source, &query.object);
    let column = |field: &str| {
        columns.iter().find(|known| known.eq_ignore_ascii_case(field)).copied().ok_or_else(|| {
            (
                "INVALID_FIELD",
                format!("No such column '{field}' on entity '{}'. (or not emulated: {text})", query.object),
            )
        })
    };
    let order = match &query.order {
        Some((field, descends)) => Some((column(field)?, *descends)),
        None => None,
    };
    for field in query.filter.iter().flat_map(Filter::fields) {
        column(field)?;
    }
    let mut found: Vec<&Value> =
        rows.iter().filter(|row| query.filter.as_ref().is_none_or(|filter| passes(row, filter))).collect();
    if let Some((field, descends)) = order {
        found.sort_by_key(|row| row.get(field).map(plain).unwrap_or_default());
        if descends {
            found.reverse();
        }
    }
    if matches!(query.items.as_slice(), [Item::Size]) && query.groups.is_empty() {
        found.truncate(query.limit);
        return Ok(json!({ "totalSize": found.len(), "done": true, "records": [] }));
    }
    let counts = query.items.iter().any(|item| matches!(item, Item::Count { .. }));
    let records = if counts || !query.groups.is_empty() {
        if order.is_some() || query.limit != usize::MAX {
            return Err(("MALFORMED_QUERY", format!("not emulated: ORDER BY or LIMIT of counts: {text}")));
        }
        counted(&query, &found, column)?
    } else {
        found.truncate(query.limit);
        let mut fields = Vec::new();
        for item in &query.items {
            match item {
                Item::Field { name, alias: None } => fields.push(column(name)?),
                _ => return Err(("MALFORMED_QUERY", "only aggregate expressions use field aliasing".into())),
            }
        }
        found.iter().map(|row| record(&query.object, &fields, row)).collect()
    };
    Ok(json!({ "totalSize": records.len(), "done": true, "records": records }))
}

/// A record. A field of another object is nested in that object, which is null when it does not exist.
fn record(object: &str, fields: &[&str], row: &Value) -> Value {
    let mut record = Map::new();
    record.insert("attributes".to_string(), json!({ "type": object }));
    for name in fields {
        let value = row.get(*name).cloned().unwrap_or_default();
        let Some((relation, field)) = name.split_once('.') else {
            record.insert((*name).to_string(), value);
            continue;
        };
        let is_there = fields.iter().any(|other| {
            other.split_once('.').is_some_and(|(of, _)| of == relation)
                && row.get(*other).is_some_and(|value| !value.is_null())
        });
        if !is_there {
            record.insert(relation.to_string(), Value::Null);
            continue;
        }
        let related = record.entry(relation.to_string()).or_insert_with(|| json!({ "attributes": {} }));
        crate::report::set(related, field, value);
    }
    Value::Object(record)
}

/// One record for each group, or one for all rows without GROUP BY. Fields that are not counted must be grouped.
fn counted<'a>(
    query: &Query,
    found: &[&Value],
    column: impl Fn(&str) -> Result<&'a str, Refusal>,
) -> Result<Vec<Value>, Refusal> {
    let mut by = Vec::new();
    for field in &query.groups {
        by.push(column(field)?);
    }
    let mut groups: BTreeMap<Vec<String>, Vec<&Value>> = BTreeMap::new();
    if by.is_empty() {
        groups.insert(Vec::new(), Vec::new());
    }
    for row in found {
        let key = by.iter().map(|field| row.get(*field).map(plain).unwrap_or_default()).collect();
        groups.entry(key).or_default().push(row);
    }
    let mut records = Vec::new();
    for rows in groups.values() {
        let mut record = Map::new();
        record.insert("attributes".to_string(), json!({ "type": "AggregateResult" }));
        let mut unnamed = 0;
        for item in &query.items {
            match item {
                Item::Size => return Err(("MALFORMED_QUERY", "COUNT() with GROUP BY".to_string())),
                Item::Field { name, alias } => {
                    let name = column(name)?;
                    if !by.contains(&name) {
                        return Err((
                            "MALFORMED_QUERY",
                            format!("Field must be grouped or aggregated: {name}"),
                        ));
                    }
                    let shown = alias.as_deref().or(name.rsplit('.').next()).unwrap_or(name);
                    let value = rows.first().and_then(|row| row.get(name)).cloned().unwrap_or_default();
                    record.insert(shown.to_string(), value);
                }
                Item::Count { field, distinct, alias } => {
                    let field = column(field)?;
                    let values =
                        rows.iter().filter_map(|row| row.get(field)).filter(|value| !value.is_null());
                    let count = if *distinct {
                        values.map(plain).collect::<BTreeSet<_>>().len()
                    } else {
                        values.count()
                    };
                    let name = alias.clone().unwrap_or_else(|| format!("expr{unnamed}"));
                    unnamed += u32::from(alias.is_none());
                    record.insert(name, json!(count));
                }
            }
        }
        records.push(Value::Object(record));
    }
    if records.is_empty() {
        for item in &query.items {
            match item {
                Item::Field { name, .. } | Item::Count { field: name, .. } => drop(column(name)?),
                Item::Size => {}
            }
        }
    }
    Ok(records)
}

fn passes(row: &Value, filter: &Filter) -> bool {
    match filter {
        Filter::One(condition) => matches(row, condition),
        Filter::All(filters) => filters.iter().all(|filter| passes(row, filter)),
        Filter::Any(filters) => filters.iter().any(|filter| passes(row, filter)),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "null".to_string(),
        other => other.to_string(),
    }
}

fn matches(row: &Value, condition: &Condition) -> bool {
    let own = row
        .as_object()
        .and_then(|members| members.iter().find(|(name, _)| name.eq_ignore_ascii_case(&condition.field)))
        .map(|(_, value)| plain(value))
        .unwrap_or_default();
    let is_same = |value: &String| {
        own.eq_ignore_ascii_case(value)
            || crate::stamp::same_id(&own, value) && condition.field.ends_with("Id")
    };
    let order = || condition.values.first().map(|value| sortable(&own).cmp(&sortable(value)));
    match condition.test {
        Test::OneOf => condition.values.iter().any(is_same),
        Test::NoneOf => !condition.values.iter().any(is_same),
        Test::Like => condition.values.iter().any(|value| like(&own.to_lowercase(), &value.to_lowercase())),
        Test::Less => order().is_some_and(Ordering::is_lt),
        Test::LessOrSame => order().is_some_and(Ordering::is_le),
        Test::More => order().is_some_and(Ordering::is_gt),
        Test::MoreOrSame => order().is_some_and(Ordering::is_ge),
    }
}

/// Normalizes times with and without milliseconds for comparison.
fn sortable(value: &str) -> String {
    match value.strip_suffix('Z') {
        Some(time) if !time.contains('.') => format!("{time}.000Z"),
        _ => value.to_string(),
    }
}

/// Only `%` is a wildcard; `_` matches itself.
fn like(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('%');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        let Some((_, after)) = rest.split_once(*piece) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(query: &str) -> Result<Value, Refusal> {
        let org = crate::org::Org::new("00DEM0000000001EAA", "Test", 67, "");
        let jobs = crate::job::Jobs::default();
        super::run(&Source { org: &org, jobs: &jobs, user: &org.users[0], is_tooling: false }, query)
    }

    #[test]
    fn queries_of_real_clients_return_their_records() {
        let one = run("SELECT Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, OrganizationType FROM Organization",
        )
        .unwrap();
        assert_eq!(one["totalSize"], 1);
        assert_eq!(one["records"][0]["IsSandbox"], false);
        let count =
            run("select count() from PermissionSetAssignment where PermissionSet.Name = 'Shop_Staff'");
        assert_eq!(count.unwrap()["totalSize"], 12);
        let sets =
            run("SELECT Id,Name FROM PermissionSet WHERE Name IN ('Shop_Staff', 'x\\'y') AND Label != 'z'");
        assert_eq!(sets.unwrap()["records"][0]["Name"], "Shop_Staff");
        assert_eq!(run("SELECT Id FROM User WHERE Name LIKE '%Adm%' LIMIT 1").unwrap()["totalSize"], 1);
    }

    #[test]
    fn counts_by_group_and_of_distinct_users_are_returned() {
        let found = run(
            "SELECT PermissionSet.Name, COUNT_DISTINCT(AssigneeId) holders FROM PermissionSetAssignment \
                         WHERE PermissionSet.Name IN ('Shop_Staff', 'Integration') GROUP BY PermissionSet.Name",
        );
        let records = found.unwrap()["records"].clone();
        assert_eq!(records[0]["Name"], "Integration");
        assert_eq!(records[0]["holders"], 1);
        assert_eq!(records[1]["holders"], 12);
        let all =
            run("SELECT COUNT(Id) FROM User WHERE IsActive = true AND (Name = 'Ada Admin' OR Name = 'x')");
        assert_eq!(all.unwrap()["records"][0]["expr0"], 1);
    }

    #[test]
    fn invalid_counts_are_rejected() {
        for (query, words) in [
            ("SELECT Name who FROM User", "only aggregate expressions use field aliasing"),
            ("SELECT COUNT() FROM User GROUP BY Name", "COUNT() with GROUP BY"),
            ("SELECT Id, COUNT(Name) FROM User GROUP BY Name", "Field must be grouped or aggregated: Id"),
            ("SELECT COUNT(Id) FROM User LIMIT 1", "not emulated: ORDER BY or LIMIT of counts"),
        ] {
            let (code, found) = run(query).unwrap_err();
            assert_eq!(code, "MALFORMED_QUERY");
            assert!(found.starts_with(words), "{query}: {found}");
        }
    }

    #[test]
    fn unsupported_queries_are_rejected() {
        for (query, code) in [
            ("SELECT Id FROM ScratchOrgInfo limit 1", "INVALID_TYPE"),
            ("SELECT Nope FROM User", "INVALID_FIELD"),
            ("SELECT Id FROM User WHERE Nope = 'x'", "INVALID_FIELD"),
            ("SELECT Id FROM User WHERE Id = 'x' OR Id = 'y' AND Name = 'z'", "MALFORMED_QUERY"),
            ("SELECT Id FROM User WHERE (Id = 'x' OR Id = 'y'", "MALFORMED_QUERY"),
            ("SELECT Name, COUNT(Id) FROM User", "MALFORMED_QUERY"),
            ("SELECT Name who FROM User", "MALFORMED_QUERY"),
            ("SELECT (SELECT Id FROM Contacts) FROM User", "MALFORMED_QUERY"),
            ("SELECT Id FROM User WHERE Name = 'x", "MALFORMED_QUERY"),
            ("", "MALFORMED_QUERY"),
            ("SELECT Name FROM User GROUP BY Id", "MALFORMED_QUERY"),
            ("SELECT Id FROM DeployRequest", "INVALID_TYPE"),
        ] {
            assert_eq!(run(query).unwrap_err().0, code, "{query}");
        }
    }
}
