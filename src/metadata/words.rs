//! Words of fixed lists, and suggestions for misspelled words.

use super::echo::{echo, quoted};
use super::field::Kind;
use super::letters::{as_seen, foreign_letter, unseen};
use super::rule::Rule;
use super::types;

/// Pairs of another standard's name and the word of a list that it stands for.
pub type OtherNames = &'static [(&'static str, &'static str)];

/// Why a string is not one of these words, if it is blank, contains a comma, or looks like one or several of them.
pub fn misspelled(text: &str, words: &[&str], other_names: OtherNames) -> Option<String> {
    // A difference in case is not a misspelling. Orgs ignore the case of values that the API defines as plain strings.
    if words.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return None;
    }
    if text.trim().is_empty() {
        return Some(
            "The value is blank. Use one of the values in the documentation, or remove it.".to_owned(),
        );
    }
    if let Some((_, ours)) = by_other_name(text, other_names) {
        let shown = quoted(text);
        return Some(format!("{shown} is the OAuth name. Did you mean {ours:?}?"));
    }
    if text.contains(',') {
        return Some(format!(
            "{} contains a comma. Specify each value as a separate element: [\"Api\", \"Web\"].",
            echo(text)
        ));
    }
    if let Some(problem) = misread(text, words) {
        return Some(problem);
    }
    if let Some(several) = several(text, words, other_names) {
        return Some(format!("{} contains more than one value. Use {several}.", quoted(text)));
    }
    let word = nearest(text, words)?;
    Some(format!("{} is not a known value. Did you mean {word:?}?", quoted(text)))
}

/// Reports a string that looks like a known word but contains invisible or lookalike characters.
fn misread(text: &str, words: &[&str]) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let seen = as_seen(text);
    let word = nearest(seen.trim(), words)?;
    let what = match (unseen(text), foreign_letter(text)) {
        (Some(unseen), _) => format!("it contains {unseen}, which is invisible"),
        (None, Some(letter)) => letter.to_string(),
        (None, None) => return None,
    };
    Some(format!("{} is not a known value: {what}. Did you mean {word:?}?", quoted(text)))
}

/// The word of a list that another standard's name stands for. The name can also be in the form that Setup shows: in
/// parentheses after a description.
fn by_other_name(text: &str, other_names: OtherNames) -> Option<(&'static str, &'static str)> {
    let lower = text.trim().to_ascii_lowercase();
    let inside = lower.rsplit_once('(').and_then(|(_, inside)| inside.strip_suffix(')'));
    let name = inside.map_or(lower.as_str(), |inside| inside.split(',').next().unwrap_or_default().trim());
    other_names.iter().find(|(theirs, _)| *theirs == name).copied()
}

/// Several words separated by spaces, as in OAuth, in the form for a configuration.
fn several(text: &str, words: &[&str], other_names: OtherNames) -> Option<String> {
    let parts: Vec<&str> = text.split_ascii_whitespace().collect();
    let ours = |part: &&str| {
        let named = by_other_name(part, other_names).map(|(_, ours)| ours);
        let listed = || words.iter().copied().find(|word| word.eq_ignore_ascii_case(part));
        named.or_else(listed).map(|word| format!("{word:?}"))
    };
    let known: Vec<String> = parts.iter().filter_map(ours).collect();
    (parts.len() > 1 && known.len() == parts.len()).then(|| known.join(", "))
}

/// The nearest word, if the difference is small.
pub fn nearest<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    let distances = words.iter().map(|word| (distance(text, word), *word));
    let (_, word) = distances.min().filter(|(distance, word)| *distance <= (word.len() / 3).max(1))?;
    Some(word)
}

/// Reports a word whose case differs from Salesforce's spelling.
pub fn differs_in_case(text: &str, words: &[&str]) -> Option<String> {
    let word = words.iter().find(|word| word.eq_ignore_ascii_case(text)).filter(|word| **word != text)?;
    Some(format!("Salesforce spells {} as {word:?}. Use that spelling.", quoted(text)))
}

/// Reports a string that is not one of these words.
pub fn unlisted(text: &str, words: &[&str]) -> Option<String> {
    let unknown = !words.contains(&text);
    unknown.then(|| format!("{} is not a known value. Use one of {}.", echo(text), words.join(", ")))
}

/// The case-insensitive edit distance.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 64;
    let lower = |text: &str| text.chars().take(LONGEST).flat_map(char::to_lowercase).collect::<String>();
    strsim::levenshtein(&lower(a), &lower(b))
}

/// Whether a string is a word of a list in the tables, or another standard's name for such a word, regardless of case
/// and separators. Such words are in the documentation, so they are not secrets.
pub fn is_public(text: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
    };
    let only_words = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' '));
    let wanted = plain(text);
    let is_wanted = |word: &str| plain(word) == wanted;
    only_words
        && types::ALL.iter().flat_map(|kind| kind.fields).any(|field| {
            let of_kind = matches!(field.kind, Kind::Enum(words) if words.iter().copied().any(is_wanted));
            of_kind || field.rules.iter().any(|rule| has_word(rule, &is_wanted))
        })
}

fn has_word(rule: &Rule, is_wanted: &impl Fn(&str) -> bool) -> bool {
    match rule {
        Rule::Each(each) => has_word(each, is_wanted),
        Rule::Word(words) => words.iter().copied().any(is_wanted),
        Rule::Spelled(words, names) | Rule::Listed(words, names) => {
            words.iter().copied().any(is_wanted) || names.iter().any(|(theirs, _)| is_wanted(theirs))
        }
        _ => false,
    }
}
