//! From what an org says about a failed deploy to the component and the attribute that it means. Pure.
//!
//! Best evidence first: the line, through the line map of the file that was sent; an element's name in the text; a
//! documented limit in the text; else the component as a whole.

use std::collections::BTreeMap;

use super::Problem;
use crate::metadata::{Component, ComponentKey, Field, Kind, Rule, package};
use crate::salesforce::ComponentMessage;
use crate::value::Path;

/// A member of a deploy.
pub(super) struct Sent<'a> {
    key: &'a ComponentKey,
    /// None for deletions.
    component: Option<&'a Component>,
    lines: BTreeMap<u32, Path>,
}

impl<'a> Sent<'a> {
    pub(super) fn write(component: &'a Component, lines: BTreeMap<u32, Path>) -> Sent<'a> {
        Sent {
            key: &component.key,
            component: Some(component),
            lines,
        }
    }

    pub(super) fn deletion(key: &'a ComponentKey) -> Sent<'a> {
        Sent {
            key,
            component: None,
            lines: BTreeMap::new(),
        }
    }
}

/// The problems that the messages tell of, each once, in their order.
pub(super) fn attribute(messages: &[&ComponentMessage], sent: &[Sent<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for message in messages {
        let text = message.problem.as_deref().unwrap_or("no reason given");
        let member = member(message, text, sent);
        let problem = Problem {
            key: member.map(|member| member.key.clone()),
            path: member.and_then(|member| path(message, text, member)),
            message: text.to_owned(),
        };
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

/// Whether a problem with a deletion is that there is nothing to delete: "No ExternalClientApplication named: Shop
/// found".
pub(super) fn says_gone(problem: &str) -> bool {
    problem.starts_with("No ") && problem.contains(" named")
}

/// Which member a message is about. A deletion of what is gone is reported under the manifest's name, so the text
/// counts too.
fn member<'a, 'b>(message: &ComponentMessage, text: &str, sent: &'b [Sent<'a>]) -> Option<&'b Sent<'a>> {
    let same_type = |member: &&Sent<'_>| member.key.kind.name == message.component_type;
    let same_name = |member: &&Sent<'_>| member.key.full_name == message.full_name;
    let by_name = sent.iter().find(|member| same_type(member) && same_name(member));
    let by_file = || {
        let key = package::key_of(&message.file_name)?;
        sent.iter().find(|member| *member.key == key)
    };
    let by_name_alone = || {
        let mut named = sent
            .iter()
            .filter(|member| message.component_type.is_empty() && same_name(member));
        let only = named.next()?;
        named.next().is_none().then_some(only)
    };
    let by_text = || {
        sent.iter()
            .filter(|member| has_word(text, member.key.kind.name) && has_word(text, &member.key.full_name))
            .max_by_key(|member| member.key.kind.name.len() + member.key.full_name.len())
    };
    by_name.or_else(by_file).or_else(by_name_alone).or_else(by_text)
}

fn path(message: &ComponentMessage, text: &str, member: &Sent<'_>) -> Option<Path> {
    let component = member.component?;
    let by_line = message.line_number.and_then(|line| member.lines.get(&line));
    by_line
        .cloned()
        .or_else(|| by_element(text, component))
        .or_else(|| by_limit(text, component))
}

/// The row whose element the text names. Of several the longest: the others are words of everyday language.
fn by_element(text: &str, component: &Component) -> Option<Path> {
    let rows = component
        .key
        .kind
        .fields
        .iter()
        .filter(|field| !field.attribute.is_empty());
    let named = rows.flat_map(|field| elements(field).into_iter().map(move |element| (element, field)));
    named
        .filter(|(element, _)| has_word(text, element))
        .max_by_key(|(element, _)| element.len())
        .map(|(_, field)| Path::attribute(field.attribute))
}

/// The element of a row, and those inside of its blocks.
fn elements(field: &'static Field) -> Vec<&'static str> {
    let (_, own) = field.element_path();
    match field.kind {
        Kind::Blocks(inner) => std::iter::once(own)
            .chain(inner.iter().map(|field| field.element))
            .collect(),
        _ => vec![own],
    }
}

/// The only row with a value whose limit the text cites.
fn by_limit(text: &str, component: &Component) -> Option<Path> {
    let cited = numbers(text);
    let mut rows = component.key.kind.fields.iter().filter(|field| {
        let has_value = component.get(field.attribute).is_set();
        has_value
            && field
                .rules
                .iter()
                .filter_map(limit)
                .any(|limit| cited.contains(&limit))
    });
    let only = rows.next()?;
    let unique = rows.next().is_none() && !only.attribute.is_empty();
    unique.then(|| Path::attribute(only.attribute))
}

fn limit(rule: &Rule) -> Option<i64> {
    let limit = match rule {
        Rule::AtMost(most) | Rule::Longest(most) => i64::try_from(*most).ok()?,
        Rule::Between(_, most) => *most,
        Rule::Each(rule) => limit(rule)?,
        _ => return None,
    };
    // Small numbers occur in any text.
    (limit >= 10).then_some(limit)
}

/// The whole numbers in a text, with or without separators: 2000 and 2,000.
fn numbers(text: &str) -> Vec<i64> {
    let joined = text.replace(',', "");
    let runs = joined.split(|c: char| !c.is_ascii_digit());
    runs.filter_map(|run| run.parse().ok()).collect()
}

/// Whether a name stands in a text, not inside of a longer name.
fn has_word(text: &str, name: &str) -> bool {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let before = text.get(..at).and_then(|head| head.chars().next_back());
            let after = text.get(at + name.len()..).and_then(|tail| tail.chars().next());
            !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
        })
}
