//! The parser of queries: the selected fields, the object, and the conditions.

use super::Refusal;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// A parsed query. The names are checked when the query runs.
pub struct Query {
    pub items: Vec<Item>,
    pub object: String,
    pub filter: Option<Filter>,
    pub groups: Vec<String>,
    /// The field, and whether the order is descending.
    pub order: Option<(String, bool)>,
    pub limit: usize,
}

/// A selected item.
pub enum Item {
    Field {
        name: String,
        alias: Option<String>,
    },
    /// `COUNT()`: only the number of records.
    Size,
    /// `COUNT(field)` or `COUNT_DISTINCT(field)`.
    Count {
        field: String,
        distinct: bool,
        alias: Option<String>,
    },
}

pub enum Filter {
    One(Condition),
    All(Vec<Filter>),
    Any(Vec<Filter>),
}

pub struct Condition {
    pub field: String,
    pub test: Test,
    pub values: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Test {
    OneOf,
    NoneOf,
    Like,
    Less,
    LessOrSame,
    More,
    MoreOrSame,
}

impl Filter {
    /// The fields that the filter tests.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Filter::One(condition) => vec![&condition.field],
            Filter::All(filters) | Filter::Any(filters) => filters.iter().flat_map(Filter::fields).collect(),
        }
    }
}

pub fn read(text: &str) -> Result<Query, Refusal> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0, query: text };
    reader.word("SELECT")?;
    let items = reader.items()?;
    reader.word("FROM")?;
    let object = reader.name()?;
    let filter = if reader.take_word("WHERE") { Some(reader.filter()?) } else { None };
    let mut groups = Vec::new();
    if reader.take_word("GROUP") {
        reader.word("BY")?;
        groups.push(reader.name()?);
        while reader.take_sign(',') {
            groups.push(reader.name()?);
        }
    }
    let mut order = None;
    if reader.take_word("ORDER") {
        reader.word("BY")?;
        let field = reader.name()?;
        let descends = !reader.take_word("ASC") && reader.take_word("DESC");
        order = Some((field, descends));
    }
    let mut limit = usize::MAX;
    if reader.take_word("LIMIT") {
        limit = reader.name()?.parse().map_err(|_| reader.malformed())?;
    }
    reader.end()?;
    Ok(Query { items, object, filter, groups, order, limit })
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
                        Some('\\') => text.extend(letters.next().map(|letter| match letter {
                            'n' | 'N' => '\n',
                            'r' | 'R' => '\r',
                            't' | 'T' => '\t',
                            other => other,
                        })),
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
        let near = match self.tokens.get(self.at) {
            None => "<EOF>".to_owned(),
            Some(Token::Word(text) | Token::Text(text)) => format!("'{text}'"),
            Some(Token::Sign(sign)) => format!("'{sign}'"),
        };
        ("MALFORMED_QUERY", format!("unexpected token: {near} (or not emulated: {})", self.query))
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

    fn items(&mut self) -> Result<Vec<Item>, Refusal> {
        let mut items = Vec::new();
        loop {
            let name = self.name()?;
            let distinct = name.eq_ignore_ascii_case("COUNT_DISTINCT");
            if (distinct || name.eq_ignore_ascii_case("COUNT")) && self.take_sign('(') {
                if !distinct && items.is_empty() && self.take_sign(')') {
                    return Ok(vec![Item::Size]);
                }
                let field = self.name()?;
                self.sign(')')?;
                items.push(Item::Count { field, distinct, alias: self.alias() });
            } else {
                items.push(Item::Field { name, alias: self.alias() });
            }
            if !self.take_sign(',') {
                return Ok(items);
            }
        }
    }

    /// A word other than FROM is the alias of the preceding item.
    fn alias(&mut self) -> Option<String> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) if !word.eq_ignore_ascii_case("FROM") => {
                let alias = word.clone();
                self.at += 1;
                Some(alias)
            }
            _ => None,
        }
    }

    /// Conditions joined by AND, or by OR; a combination needs parentheses.
    fn filter(&mut self) -> Result<Filter, Refusal> {
        let first = self.term()?;
        for (word, join) in [("AND", Filter::All as fn(Vec<Filter>) -> Filter), ("OR", Filter::Any)] {
            let mut terms = Vec::new();
            while self.take_word(word) {
                terms.push(self.term()?);
            }
            if !terms.is_empty() {
                terms.insert(0, first);
                return Ok(join(terms));
            }
        }
        Ok(first)
    }

    fn term(&mut self) -> Result<Filter, Refusal> {
        if self.take_sign('(') {
            let filter = self.filter()?;
            self.sign(')')?;
            return Ok(filter);
        }
        Ok(Filter::One(self.condition()?))
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
