//! The `timeouts` block, with durations such as `30s`, `20m` or `1h30m`.

use std::time::Duration;

use super::diagnostics::Diagnostics;
use super::diagnostics::rows::values::INVALID_TIMEOUT;
use super::schema::{Attribute, Block, NestedBlock, Nesting};
use crate::value::{Path, Step, Type, Value};

/// The name of the block.
pub const BLOCK: &str = "timeouts";

/// The timeout of a data source.
pub const DATA_SOURCE: Duration = Duration::from_secs(300);

/// The timeout of an action.
pub const ACTION: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Create,
    Read,
    Update,
    Delete,
}

const OPERATIONS: &[(&str, Operation)] = &[
    ("create", Operation::Create),
    ("read", Operation::Read),
    ("update", Operation::Update),
    ("delete", Operation::Delete),
];

/// Timeouts in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub create: u64,
    pub read: u64,
    pub update: u64,
    pub delete: u64,
}

impl Timeouts {
    pub const STANDARD: Timeouts = Timeouts { create: 1200, read: 300, update: 1200, delete: 1200 };

    fn of(&self, operation: Operation) -> Duration {
        Duration::from_secs(match operation {
            Operation::Create => self.create,
            Operation::Read => self.read,
            Operation::Update => self.update,
            Operation::Delete => self.delete,
        })
    }
}

/// The schema of the block.
pub fn block(defaults: &Timeouts) -> NestedBlock {
    let attributes = OPERATIONS.iter().map(|(name, operation)| {
        let minutes = defaults.of(*operation).as_secs() / 60;
        let doc = format!(
            "The timeout for the {name} operation, such as `30s`, `20m` or `1h30m`. Defaults to `{minutes}m`."
        );
        Attribute::optional(*name, Type::String, doc)
    });
    NestedBlock {
        name: BLOCK.to_owned(),
        nesting: Nesting::Single,
        block: Block {
            description: "How long operations may take, including the time spent waiting for Salesforce."
                .to_owned(),
            attributes: attributes.collect(),
            blocks: Vec::new(),
        },
    }
}

/// The timeout of an operation on this object.
pub fn limit(object: &Value, operation: Operation, defaults: &Timeouts) -> Duration {
    let name = OPERATIONS.iter().find(|(_, candidate)| *candidate == operation).map_or("", |(name, _)| name);
    let written = object.get(BLOCK).get(name).as_text().and_then(parse);
    written.unwrap_or_else(|| defaults.of(operation))
}

/// Reports invalid durations.
pub fn check(config: &Value, diagnostics: &mut Diagnostics) {
    for (name, _) in OPERATIONS {
        let Some(text) = config.get(BLOCK).get(name).as_text() else {
            continue;
        };
        if parse(text).is_none() {
            let path = Path::attribute(BLOCK).then(Step::Attribute((*name).to_owned()));
            diagnostics.push(
                INVALID_TIMEOUT
                    .diagnostic(
                        "Use a positive duration of hours, minutes and seconds, such as \"90s\", \"20m\" or \"1h30m\".",
                    )
                    .at(path),
            );
        }
    }
}

/// Parses a duration in Go format, with whole or decimal hours, minutes, seconds and milliseconds. The duration must be
/// positive and at most one week.
pub fn parse(text: &str) -> Option<Duration> {
    const WEEK: f64 = 7.0 * 24.0 * 3600.0;
    let mut rest = text.trim();
    let mut seconds = 0.0_f64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let number: f64 = number.parse().ok()?;
        let (unit, tail) = match tail {
            t if t.starts_with("ms") => (0.001, t.strip_prefix("ms")?),
            t if t.starts_with('h') => (3600.0, t.strip_prefix('h')?),
            t if t.starts_with('m') => (60.0, t.strip_prefix('m')?),
            t if t.starts_with('s') => (1.0, t.strip_prefix('s')?),
            _ => return None,
        };
        seconds += number * unit;
        rest = tail;
    }
    (seconds > 0.0 && seconds <= WEEK).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_format_of_go() {
        assert_eq!(parse("90s"), Some(Duration::from_secs(90)));
        assert_eq!(parse("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse("1.5m"), Some(Duration::from_secs(90)));
        assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
        for text in ["", "5", "5 bananas", "-1m", "0s", "1d", "m", "999999h", "1..5s", "1h 30m"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
