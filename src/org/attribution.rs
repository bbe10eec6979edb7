//! Attributes the messages from a deploy to components and attributes. Pure functions.
//!
//! The sources, most reliable first: the line number, which the line map of the sent file maps to an attribute; the
//! name of an element in the text; a documented limit in the text. Otherwise, the message is attributed to the whole
//! component.

use std::collections::BTreeMap;

use super::DeployProblem;
use crate::metadata::{Component, ComponentKey, Field, Kind, Rule, package};
use crate::salesforce::ComponentMessage;
use crate::value::Path;

pub(super) struct SentComponent<'a> {
    key: &'a ComponentKey,
    /// `None` for a deletion.
    component: Option<&'a Component>,
    lines: BTreeMap<u32, Path>,
}

impl<'a> SentComponent<'a> {
    pub(super) fn write(component: &'a Component, lines: BTreeMap<u32, Path>) -> SentComponent<'a> {
        SentComponent { key: &component.key, component: Some(component), lines }
    }

    pub(super) fn deletion(key: &'a ComponentKey) -> SentComponent<'a> {
        SentComponent { key, component: None, lines: BTreeMap::new() }
    }
}

/// The distinct problems in the messages, in order.
pub(super) fn locate(messages: &[&ComponentMessage], sent: &[SentComponent<'_>]) -> Vec<DeployProblem> {
    let mut problems = Vec::new();
    for message in messages {
        let text = message.problem.as_deref().unwrap_or("no reason returned");
        let member = component_of(message, text, sent);
        let problem = DeployProblem {
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

/// The written components that already existed, according to the messages.
pub(super) fn existing(messages: &[ComponentMessage], sent: &[SentComponent<'_>]) -> Vec<ComponentKey> {
    let existing = messages.iter().filter(|message| message.created == Some(false));
    let members = existing.filter_map(|message| component_of(message, "", sent));
    members.filter(|member| member.component.is_some()).map(|member| member.key.clone()).collect()
}

/// The component that a message refers to. When a component to delete does not exist, Salesforce names the manifest
/// instead, so the text is searched as well.
fn component_of<'a, 'b>(
    message: &ComponentMessage,
    text: &str,
    sent: &'b [SentComponent<'a>],
) -> Option<&'b SentComponent<'a>> {
    let same_type = |member: &&SentComponent<'_>| member.key.kind.package_type() == message.component_type;
    let same_name = |member: &&SentComponent<'_>| member.key.full_name == message.full_name;
    let by_name = sent.iter().find(|member| same_type(member) && same_name(member));
    let by_file = || {
        let key = package::key_of(&message.file_name)?;
        sent.iter().find(|member| *member.key == key)
    };
    let by_name_alone = || {
        let mut named = sent.iter().filter(|member| message.component_type.is_empty() && same_name(member));
        let only = named.next()?;
        named.next().is_none().then_some(only)
    };
    let by_text = || {
        sent.iter()
            .filter(|member| {
                has_word(text, member.key.kind.package_type()) && has_word(text, &member.key.full_name)
            })
            .max_by_key(|member| member.key.kind.name.len() + member.key.full_name.len())
    };
    by_name.or_else(by_file).or_else(by_name_alone).or_else(by_text)
}

fn path(message: &ComponentMessage, text: &str, member: &SentComponent<'_>) -> Option<Path> {
    let component = member.component?;
    let by_line = message.line_number.and_then(|line| member.lines.get(&line));
    by_line.cloned().or_else(|| by_element(text, component)).or_else(|| by_limit(text, component))
}

/// The attribute whose element the text names. If there are several, the one with the longest element name, because
/// short names are also common words.
fn by_element(text: &str, component: &Component) -> Option<Path> {
    let rows = component.key.kind.fields.iter().filter(|field| !field.attribute.is_empty());
    let named = rows.flat_map(|field| elements(field).into_iter().map(move |element| (element, field)));
    named
        .filter(|(element, _)| has_word(text, element))
        .max_by_key(|(element, _)| element.len())
        .map(|(_, field)| Path::attribute(field.attribute))
}

fn elements(field: &'static Field) -> Vec<&'static str> {
    let (_, own) = field.element_path();
    match field.kind {
        Kind::Blocks(inner) => std::iter::once(own).chain(inner.iter().map(|field| field.element)).collect(),
        _ => vec![own],
    }
}

/// The attribute whose limit the text mentions, if exactly one attribute with a value has that limit.
fn by_limit(text: &str, component: &Component) -> Option<Path> {
    let cited = numbers(text);
    let mut rows = component.key.kind.fields.iter().filter(|field| {
        let has_value = component.get(field.attribute).is_set();
        has_value && field.rules.iter().filter_map(limit).any(|limit| cited.contains(&limit))
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
    // Small numbers are too common in messages.
    (limit >= 10).then_some(limit)
}

/// The integers in a string, with or without thousands separators: 2000 and 2,000.
fn numbers(text: &str) -> Vec<i64> {
    let joined = text.replace(',', "");
    let runs = joined.split(|c: char| !c.is_ascii_digit());
    runs.filter_map(|run| run.parse().ok()).collect()
}

/// Whether a string contains a name as a whole word.
pub(super) fn has_word(text: &str, name: &str) -> bool {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let before = text.get(..at).and_then(|head| head.chars().next_back());
            let after = text.get(at + name.len()..).and_then(|tail| tail.chars().next());
            !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::encode;
    use crate::metadata::types::{global_oauth_settings as global, oauth_settings as settings};
    use crate::value::Value;

    fn components() -> [Component; 2] {
        let key = |kind, name: &str| ComponentKey::new(kind, name);
        let mut oauth = Component::new(key(&settings::TYPE, "Shop_oauth"), "Shop");
        oauth.put("label", "Shop".into());
        oauth.put("oauth_scopes", Value::set(vec!["Api".into()]));
        oauth.put(
            "trusted_ip_range",
            Value::set(vec![Value::object([("start_ip_address", "10.0.0.1".into())])]),
        );
        let mut consumer = Component::new(key(&global::TYPE, "Shop_glbloauth"), "Shop");
        consumer.put("callback_urls", Value::List(vec!["https://shop.example.com".into()]));
        consumer.put("pkce_required", Value::Bool(false));
        [oauth, consumer]
    }

    fn about(
        kind: &str,
        full_name: &str,
        file_name: &str,
        line: Option<u32>,
        text: &str,
    ) -> ComponentMessage {
        ComponentMessage {
            component_type: kind.into(),
            full_name: full_name.into(),
            file_name: file_name.into(),
            problem: Some(text.into()),
            line_number: line,
            ..ComponentMessage::default()
        }
    }

    fn traced(message: &ComponentMessage) -> String {
        let components = components();
        let sent: Vec<SentComponent<'_>> = components
            .iter()
            .map(|component| SentComponent::write(component, encode(component, 62).lines))
            .collect();
        let problems = locate(&[message], &sent);
        let key = problems[0].key.as_ref().map_or("-", |key| key.full_name.as_str());
        let path = problems[0].path.as_ref().map_or("-".to_owned(), Path::to_string);
        format!("{key} {path}")
    }

    #[test]
    fn a_message_is_attributed_by_the_most_reliable_evidence() {
        let lines = encode(&components()[1], 62).lines;
        let pkce = lines.iter().find(|(_, path)| path.root() == Some("pkce_required"));
        let pkce = pkce.map(|(line, _)| *line);
        let global = global::TYPE.name;
        for (message, expected) in [
            // The line number takes precedence over the text.
            (about(global, "Shop_glbloauth", "", pkce, "callbackUrl?"), "Shop_glbloauth pkce_required"),
            // The line has no attribute, so the text is used.
            (about(global, "Shop_glbloauth", "", Some(1), "bad callbackUrl"), "Shop_glbloauth callback_urls"),
            (
                about(global, "Shop_glbloauth", "", None, "isPkceRequired: no label"),
                "Shop_glbloauth pkce_required",
            ),
            (about(global, "Shop_glbloauth", "", None, "isPkceRequiredX"), "Shop_glbloauth -"),
            (
                about(global, "Shop_glbloauth", "", None, "idTokenValidityInMinutes"),
                "Shop_glbloauth id_token_validity_minutes",
            ),
            // Only one attribute with a value has this limit.
            (
                about(global, "Shop_glbloauth", "", None, "at most 2,000 characters"),
                "Shop_glbloauth callback_urls",
            ),
            (about(global, "Shop_glbloauth", "", None, "at most 2,001 characters"), "Shop_glbloauth -"),
            // The text names an element of a block. The parent element has no attribute.
            (
                about(settings::TYPE.name, "Shop_oauth", "", None, "startIpAddress is bad"),
                "Shop_oauth trusted_ip_range",
            ),
            (about(settings::TYPE.name, "Shop_oauth", "", None, "externalClientApplication"), "Shop_oauth -"),
            // The component is found by its file, its name, or the text, or not at all.
            (
                about("", "?", "unpackaged/extlClntAppOauthSettings/Shop_oauth.ecaOauth", None, "x"),
                "Shop_oauth -",
            ),
            (about("", "Shop_oauth", "", None, "x"), "Shop_oauth -"),
            (
                about(
                    "",
                    "package.xml",
                    "package.xml",
                    None,
                    "No ExtlClntAppOauthSettings named: Shop_oauth found",
                ),
                "Shop_oauth -",
            ),
            (about("", "package.xml", "package.xml", None, "Unknown type"), "- -"),
            (about("ApexClass", "Shop_oauth", "classes/Shop_oauth.cls", None, "x"), "- -"),
        ] {
            assert_eq!(traced(&message), expected, "{message:?}");
        }
    }

    #[test]
    fn a_repeated_problem_is_reported_once() {
        let message = about("", "package.xml", "", None, "x");
        assert_eq!(locate(&[&message, &message], &[]).len(), 1);
    }
}
