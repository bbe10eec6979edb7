//! A small, honest subset of SOQL: SELECT fields or COUNT() FROM one object, WHERE with AND, =, !=, <, >, IN, LIKE;
//! ORDER BY one field, LIMIT. Everything else is refused by name. The objects are in `soql/objects.rs`.

mod objects;
mod site;

use std::cmp::Ordering;

use serde_json::{Value, json};

pub use objects::Source;
use objects::{columns, rows};

type Refusal = (&'static str, String);

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

struct Condition {
    field: String,
    test: Test,
    values: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Test {
    OneOf,
    NoneOf,
    Like,
    Less,
    LessOrSame,
    More,
    MoreOrSame,
}

pub fn run(source: &Source<'_>, query: &str) -> Result<Value, Refusal> {
    let mut reader = Reader { tokens: tokens(query)?, at: 0, query };
    reader.word("SELECT")?;
    let fields = reader.fields()?;
    reader.word("FROM")?;
    let object = reader.name()?;
    let rows = rows(source, &object)?;
    let columns = columns(source, &object);
    let column = |field: &str| {
        columns.iter().find(|known| known.eq_ignore_ascii_case(field)).copied().ok_or_else(|| {
            (
                "INVALID_FIELD",
                format!("No such column '{field}' on entity '{object}'. (or not imitated: {query})"),
            )
        })
    };
    let mut conditions = Vec::new();
    if reader.take_word("WHERE") {
        loop {
            conditions.push(reader.condition()?);
            if !reader.take_word("AND") {
                break;
            }
        }
    }
    let mut order = None;
    if reader.take_word("ORDER") {
        reader.word("BY")?;
        let field = reader.name()?;
        let descends = !reader.take_word("ASC") && reader.take_word("DESC");
        order = Some((column(&field)?, descends));
    }
    let mut limit = usize::MAX;
    if reader.take_word("LIMIT") {
        limit = reader.name()?.parse().map_err(|_| reader.malformed())?;
    }
    reader.end()?;
    for condition in &conditions {
        column(&condition.field)?;
    }
    let mut found: Vec<&Value> =
        rows.iter().filter(|row| conditions.iter().all(|condition| matches(row, condition))).collect();
    if let Some((field, descends)) = order {
        found.sort_by_key(|row| row.get(field).map(plain).unwrap_or_default());
        if descends {
            found.reverse();
        }
    }
    found.truncate(limit);
    if matches!(fields.as_slice(), [only] if only == "COUNT()") {
        return Ok(json!({ "totalSize": found.len(), "done": true, "records": [] }));
    }
    let mut records = Vec::new();
    for row in &found {
        let mut record = serde_json::Map::new();
        record.insert("attributes".to_string(), json!({ "type": object }));
        for field in &fields {
            let name = column(field)?;
            record.insert(name.to_string(), row.get(name).cloned().unwrap_or_default());
        }
        records.push(Value::Object(record));
    }
    if records.is_empty() {
        for field in &fields {
            column(field)?;
        }
    }
    Ok(json!({ "totalSize": records.len(), "done": true, "records": records }))
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

/// Times with and without milliseconds sort together.
fn sortable(value: &str) -> String {
    match value.strip_suffix('Z') {
        Some(time) if !time.contains('.') => format!("{time}.000Z"),
        _ => value.to_string(),
    }
}

/// `%` only; `_` counts as itself.
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

fn tokens(query: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut letters = query.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            space if space.is_whitespace() => {}
            '\'' => {
                let mut text = String::new();
                loop {
                    match letters.next() {
                        Some('\\') => text.extend(letters.next()),
                        Some('\'') => break,
                        Some(other) => text.push(other),
                        None => return Err(("MALFORMED_QUERY", format!("unterminated string in: {query}"))),
                    }
                }
                tokens.push(Token::Text(text));
            }
            ',' | '(' | ')' | '=' | '!' | '<' | '>' => tokens.push(Token::Sign(letter)),
            other if other.is_alphanumeric() || "_.-:".contains(other) => {
                let mut word = String::from(other);
                while let Some(next) =
                    letters.next_if(|next| next.is_alphanumeric() || "_.-:".contains(*next))
                {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
            other => return Err(("MALFORMED_QUERY", format!("unexpected token: '{other}'"))),
        }
    }
    Ok(tokens)
}

struct Reader<'a> {
    tokens: Vec<Token>,
    at: usize,
    query: &'a str,
}

impl Reader<'_> {
    fn malformed(&self) -> Refusal {
        let near = self.tokens.get(self.at).map_or_else(|| "<EOF>".to_string(), |token| format!("{token:?}"));
        ("MALFORMED_QUERY", format!("unexpected token: {near} (or not imitated: {})", self.query))
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is_it =
            matches!(self.tokens.get(self.at), Some(Token::Word(own)) if own.eq_ignore_ascii_case(word));
        self.at += usize::from(is_it);
        is_it
    }

    fn word(&mut self, word: &str) -> Result<(), Refusal> {
        if self.take_word(word) { Ok(()) } else { Err(self.malformed()) }
    }

    fn take_sign(&mut self, sign: char) -> bool {
        let is_it = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(is_it);
        is_it
    }

    fn sign(&mut self, sign: char) -> Result<(), Refusal> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.malformed()) }
    }

    fn name(&mut self) -> Result<String, Refusal> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            _ => {
                self.at = self.at.saturating_sub(1);
                Err(self.malformed())
            }
        }
    }

    fn fields(&mut self) -> Result<Vec<String>, Refusal> {
        let mut fields = Vec::new();
        loop {
            let name = self.name()?;
            if name.eq_ignore_ascii_case("COUNT") && fields.is_empty() && self.take_sign('(') {
                self.sign(')')?;
                return Ok(vec!["COUNT()".to_string()]);
            }
            fields.push(name);
            if !self.take_sign(',') {
                return Ok(fields);
            }
        }
    }

    fn condition(&mut self) -> Result<Condition, Refusal> {
        let field = self.name()?;
        if self.take_word("IN") {
            return Ok(Condition { field, test: Test::OneOf, values: self.values()? });
        }
        if self.take_word("NOT") {
            self.word("IN")?;
            return Ok(Condition { field, test: Test::NoneOf, values: self.values()? });
        }
        if self.take_word("LIKE") {
            return Ok(Condition { field, test: Test::Like, values: vec![self.value()?] });
        }
        let test = if self.take_sign('!') {
            self.sign('=')?;
            Test::NoneOf
        } else if self.take_sign('<') {
            if self.take_sign('=') { Test::LessOrSame } else { Test::Less }
        } else if self.take_sign('>') {
            if self.take_sign('=') { Test::MoreOrSame } else { Test::More }
        } else {
            self.sign('=')?;
            Test::OneOf
        };
        Ok(Condition { field, test, values: vec![self.value()?] })
    }

    fn values(&mut self) -> Result<Vec<String>, Refusal> {
        self.sign('(')?;
        let mut values = vec![self.value()?];
        while self.take_sign(',') {
            values.push(self.value()?);
        }
        self.sign(')')?;
        Ok(values)
    }

    fn value(&mut self) -> Result<String, Refusal> {
        match self.next() {
            Some(Token::Text(text)) => Ok(text),
            Some(Token::Word(word))
                if ["true", "false", "null"].contains(&word.to_ascii_lowercase().as_str()) =>
            {
                Ok(word.to_ascii_lowercase())
            }
            Some(Token::Word(word)) if word.starts_with(|first: char| first.is_ascii_digit()) => Ok(word),
            _ => {
                self.at = self.at.saturating_sub(1);
                Err(self.malformed())
            }
        }
    }

    fn end(&self) -> Result<(), Refusal> {
        if self.at >= self.tokens.len() { Ok(()) } else { Err(self.malformed()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(query: &str) -> Result<Value, Refusal> {
        let org = crate::org::Org::new("00DEM0000000001EAA", "Test", 67, "");
        let jobs = crate::job::Jobs::default();
        super::run(&Source { org: &org, jobs: &jobs, is_tooling: false }, query)
    }

    #[test]
    fn queries_of_real_clients() {
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
    fn what_is_not_imitated_is_refused() {
        for (query, code) in [
            ("SELECT Id FROM ScratchOrgInfo limit 1", "INVALID_TYPE"),
            ("SELECT Nope FROM User", "INVALID_FIELD"),
            ("SELECT Id FROM User WHERE Nope = 'x'", "INVALID_FIELD"),
            ("SELECT Id FROM User WHERE Id = 'x' OR Id = 'y'", "MALFORMED_QUERY"),
            ("SELECT (SELECT Id FROM Contacts) FROM User", "MALFORMED_QUERY"),
            ("SELECT Id FROM User WHERE Name = 'x", "MALFORMED_QUERY"),
            ("", "MALFORMED_QUERY"),
            ("SELECT Id FROM User GROUP BY Id", "MALFORMED_QUERY"),
            ("SELECT Id FROM DeployRequest", "INVALID_TYPE"),
        ] {
            assert_eq!(run(query).unwrap_err().0, code, "{query}");
        }
    }
}
