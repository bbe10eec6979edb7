//! What a value must be, checked at plan time, and the sentence that says so.
//!
//! A rule never names its attribute: the walker adds the path. `check` and `describe` stand side by side, so
//! that the documentation cannot say something else than the check does.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::certificate;
use super::made_up::is_made_up;
use super::meaning::short_id;
use crate::value::Value;

/// A rule on one value. Null and unknown values are never shown to a rule.
///
/// An explicit empty text means "none" to every rule on the form of a text, but for those whose value is a name
/// or a member: there it is a mistake.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// Not empty, not only white space.
    NotBlank,
    /// Letters, digits and underscores; starts with a letter; no double and no trailing underscore.
    ApiName,
    Email,
    /// An absolute http or https URL with a host. Nobody documents that Salesforce refuses anything else.
    WebUrl,
    /// One URL, with a scheme.
    CallbackUrl,
    /// A place that Salesforce may send a browser or an app back to: https, http, or a scheme of an app's own; no
    /// fragment, no wildcard. Orgs have others, too.
    UsualCallbackUrl,
    /// Not http, unless on this machine. Nobody documents that Salesforce refuses it.
    NotPlainHttp,
    /// A number from..=to.
    Between(i64, i64),
    /// Not 0, which Salesforce's guide leaves out of the range, and has in its sample.
    NotZero,
    /// One of these numbers.
    Numbers(&'static [i64]),
    /// At most so many members or entries.
    AtMost(usize),
    /// At most so many characters over all members, separators included. Salesforce documents no such limits.
    Longest(usize),
    /// No member twice.
    Unique,
    /// Each member of a list or set, each key and value of a map.
    Each(&'static Rule),
    /// One of these words; the nearest is suggested.
    Word(&'static [&'static str]),
    /// Not a word that only looks like one of these.
    Spelt(&'static [&'static str]),
    /// One of these words, of which newer orgs may have more.
    Listed(&'static [&'static str]),
    /// A dotted IPv4 address without leading zeros.
    Ipv4,
    /// In a block, the address of the first attribute is not after that of the second.
    Ascending(&'static str, &'static str),
    /// No two blocks, each from the first attribute's address to the second's, have an address in common.
    Disjoint(&'static str, &'static str),
    /// A Salesforce user name: has the form of an e-mail address.
    Username,
    /// One X.509 certificate, in PEM or as base64 alone.
    Certificate,
    /// The certificate's RSA key has at least so many bits. Nobody documents that Salesforce refuses shorter ones.
    RsaKeyBits(usize),
    /// A name, or a whole record ID (15 or 18 characters).
    RecordOrName(&'static str),
    /// A record ID or an API name, and no label. Nobody documents that Salesforce refuses one.
    NoLabel(&'static str),
}

impl Rule {
    /// Whether Salesforce is known to refuse what breaks this rule. If not, breaking it is worth a warning only.
    pub fn confirmed(&self) -> bool {
        match self {
            Rule::Longest(_)
            | Rule::NotPlainHttp
            | Rule::RsaKeyBits(_)
            | Rule::Listed(_)
            | Rule::WebUrl
            | Rule::UsualCallbackUrl
            | Rule::NotZero
            | Rule::NoLabel(_)
            | Rule::Disjoint(..) => false,
            Rule::Each(rule) => rule.confirmed(),
            _ => true,
        }
    }

    /// What is wrong with the value, as a sentence that says what to write instead. Null, unknown, and values of
    /// another kind than the rule's have nothing wrong with them here.
    pub fn check(&self, value: &Value) -> Option<String> {
        match (self, value) {
            (_, Value::Null | Value::Unknown) => None,
            (Rule::Each(rule), value) => each(rule, value),
            (Rule::AtMost(most), value) => {
                let count = value.members().map(<[Value]>::len);
                let count = count.or_else(|| value.entries().map(|entries| entries.len()))?;
                (count > *most).then(|| format!("There are {count} of them; {most} is the most."))
            }
            (Rule::Longest(most), value) => {
                let length = length(value)?;
                (length > *most)
                    .then(|| format!("It has {length} characters; Salesforce may refuse more than {most}."))
            }
            (Rule::Unique, value) => twice(value),
            (Rule::Ascending(first, last), block) => {
                let (from, to) = addresses(block, first, last)?;
                (from > to).then(|| format!("It starts at {from}, after its end {to}. Exchange the two."))
            }
            (Rule::Disjoint(first, last), Value::Set(blocks)) => overlap(blocks, first, last),
            (Rule::Between(from, to), Value::Number(number)) => {
                let inside = value.as_int().is_some_and(|number| (*from..=*to).contains(&number));
                let number = echo(&number.to_string());
                (!inside).then(|| format!("{number} is not a whole number from {from} to {to}."))
            }
            (Rule::NotZero, value) => (value.as_int() == Some(0))
                .then(|| "0 is not in the range that Salesforce documents. Write another number.".to_owned()),
            (Rule::Numbers(numbers), Value::Number(number)) => {
                let known = value.as_int().is_some_and(|number| numbers.contains(&number));
                let number = echo(&number.to_string());
                (!known).then(|| format!("{number} is not one of {}.", listed(numbers)))
            }
            (rule, Value::Text(text)) => rule.check_text(text),
            _ => None,
        }
    }

    fn check_text(&self, text: &str) -> Option<String> {
        let may_be_empty = !matches!(
            self,
            Rule::NotBlank
                | Rule::ApiName
                | Rule::CallbackUrl
                | Rule::Word(_)
                | Rule::Spelt(_)
                | Rule::Ipv4
                | Rule::RecordOrName(_)
        );
        if text.is_empty() && may_be_empty {
            return None;
        }
        match self {
            Rule::NotBlank if text.trim().is_empty() => {
                Some("It is blank. Write a text, or leave the attribute out.".to_owned())
            }
            Rule::ApiName => api_name(text),
            Rule::Email if !is_address(text) => {
                Some(format!("{} is not an e-mail address. Write one like ada@example.com.", echo(text)))
            }
            Rule::Username if !is_address(text) => Some(format!(
                "{} is not a user name of Salesforce. Write one like ada@example.com: they have the form of an \
                 e-mail address.",
                echo(text)
            )),
            Rule::WebUrl => web_url(text),
            Rule::CallbackUrl => callback_url(text),
            Rule::UsualCallbackUrl => unusual_callback_url(text),
            Rule::NotPlainHttp => plain_http(text),
            Rule::Word(words) => misspelt(text, words).or_else(|| unlisted(text, words)),
            Rule::Spelt(words) => misspelt(text, words),
            Rule::Listed(words) if misspelt(text, words).is_none() => {
                otherwise_spelt(text, words).or_else(|| unlisted(text, words))
            }
            Rule::Ipv4 => ipv4(text),
            Rule::Certificate => certificate::problem(text),
            Rule::RsaKeyBits(bits) => {
                let facts = certificate::certificate_facts(text)?;
                (facts.is_rsa && facts.key_bits < *bits).then(|| {
                    let has = facts.key_bits;
                    format!("The certificate's key has {has} bits. Use one with {bits} or more.")
                })
            }
            Rule::RecordOrName(prefix) => half_a_record_id(text, prefix),
            Rule::NoLabel(prefix) => label(text, prefix),
            _ => None,
        }
    }

    /// The rule for the documentation: a sentence.
    pub fn describe(&self) -> String {
        match self {
            Rule::NotBlank => "Must not be blank.".to_owned(),
            Rule::ApiName => {
                "Letters, digits and underscores; starts with a letter, ends without an underscore, \
                              never has two in a row."
                    .to_owned()
            }
            Rule::Email => "Must be an e-mail address.".to_owned(),
            Rule::WebUrl => "Should be an absolute `http` or `https` URL.".to_owned(),
            Rule::CallbackUrl => "Must be a URL with a scheme: `https`, or one of an app's own.".to_owned(),
            Rule::UsualCallbackUrl => "Should have neither a fragment nor a wildcard.".to_owned(),
            Rule::NotZero => "Should not be 0.".to_owned(),
            Rule::NotPlainHttp => "Should not be `http`, unless the host is this machine.".to_owned(),
            Rule::Between(from, to) => format!("From {from} to {to}."),
            Rule::Numbers(numbers) => format!("One of {}.", listed(numbers)),
            Rule::AtMost(most) => format!("At most {most}."),
            Rule::Longest(most) => format!("Should have at most {most} characters."),
            Rule::Unique => "None of them twice.".to_owned(),
            Rule::Each(rule) => format!("Each: {}", rule.describe()),
            Rule::Spelt(_) => "Must be spelt as Salesforce spells it.".to_owned(),
            Rule::Word(words) | Rule::Listed(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                format!("One of {}.", words.join(", "))
            }
            Rule::Ascending(..) => "Must not start after its end.".to_owned(),
            Rule::Disjoint(..) => "Should not overlap.".to_owned(),
            Rule::Ipv4 => "Must be an IPv4 address without leading zeros.".to_owned(),
            Rule::Username => {
                "Must be a user name of Salesforce, which has the form of an e-mail address.".to_owned()
            }
            Rule::Certificate => "Must be exactly one X.509 certificate.".to_owned(),
            Rule::RsaKeyBits(bits) => format!("An RSA key should have {bits} bits or more."),
            Rule::RecordOrName(prefix) => {
                format!("Must be a name, or a record ID: 15 or 18 characters that begin with `{prefix}`.")
            }
            Rule::NoLabel(_) => "A name should be an API name.".to_owned(),
        }
    }
}

fn each(rule: &Rule, value: &Value) -> Option<String> {
    if let Some(members) = value.members() {
        return members.iter().find_map(|member| {
            if member.is_null() {
                return Some("One of its members is null. Leave that member out.".to_owned());
            }
            rule.check(member)
        });
    }
    value.entries()?.iter().find_map(|(key, value)| {
        if let Some(problem) = rule.check(&Value::text(key.as_str())) {
            return Some(format!("The key {}: {problem}", echo(key)));
        }
        let problem = if value.is_null() {
            Some("It is null. Leave the entry out.".to_owned())
        } else {
            rule.check(value)
        };
        problem.map(|problem| format!("The entry {}: {problem}", echo(key)))
    })
}

fn length(value: &Value) -> Option<usize> {
    if let Value::Text(text) = value {
        return Some(text.chars().count());
    }
    let members = value.members()?;
    let texts = members.iter().filter_map(Value::as_text);
    let characters: usize = texts.map(|text| text.chars().count()).sum();
    Some(characters + members.len().saturating_sub(1))
}

fn twice(value: &Value) -> Option<String> {
    let members = value.members()?;
    let mut rest = members.iter();
    while let Some(member) = rest.next() {
        if member.is_wholly_known() && rest.clone().any(|other| other == member) {
            let shown = member.as_text().map_or_else(|| "A member".to_owned(), echo);
            return Some(format!("{shown} is there twice. Write it once."));
        }
    }
    None
}

fn api_name(text: &str) -> Option<String> {
    let problem = if text.is_empty() {
        return Some("It is empty. Write a name of letters, digits and underscores.".to_owned());
    } else if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        "has a character other than the letters A to Z, digits and underscores"
    } else if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        "does not start with a letter"
    } else if text.ends_with('_') {
        "ends with an underscore"
    } else if text.contains("__") {
        "has two underscores in a row, which end a namespace"
    } else {
        return None;
    };
    Some(format!("{} {problem}. Write a name like Shop_App.", echo(text)))
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || ",;:<>\"()[]\\@".contains(c);
    // User names have underscores there, too.
    let in_domain = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    };
    !local.is_empty() && !local.contains(odd) && domain.split('.').all(in_domain)
}

/// Characters that the URL standard lets parsers repair, and that Salesforce would get as they are.
fn has_stray_character(text: &str) -> bool {
    text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '<' | '>' | '"'))
}

fn web_url(text: &str) -> Option<String> {
    let advice = "Write one like https://www.example.com/logo.png.";
    let wrong = |what: &str| Some(format!("{} {what}. {advice}", echo(text)));
    if has_stray_character(text) {
        return wrong("has a character that no URL has");
    }
    match Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => wrong("is not an http or https URL"),
        Ok(url) if url.host().is_some() && authority_is_written(text) => None,
        Ok(_) | Err(url::ParseError::EmptyHost) => wrong("has no host"),
        Err(_) => wrong("is not an absolute URL"),
    }
}

/// The URL standard repairs `https:example.com` and `https:///example.com`; Salesforce would see them as written.
fn authority_is_written(text: &str) -> bool {
    let after = text.split_once("://").map(|(_, after)| after);
    after.is_some_and(|after| !after.starts_with(['/', '?', '#']) && !after.is_empty())
}

fn callback_url(text: &str) -> Option<String> {
    let wrong = |what: &str| {
        Some(format!("{} {what}. Write an absolute URL like https://www.example.com/callback.", echo(text)))
    };
    if text.trim().is_empty() {
        return Some("It is blank. Write a URL, or leave it out of the list.".to_owned());
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return wrong("has a character that no URL has, or is more than one URL");
    }
    let scheme = |text: &str| text.starts_with(|c: char| c.is_ascii_alphanumeric());
    match text.split_once(':') {
        Some((before, after)) if scheme(before) && !after.trim_start_matches('/').is_empty() => None,
        Some((before, _)) if scheme(before) => wrong("has no host"),
        _ if text.contains('*') => wrong("is a wildcard and not an absolute URL"),
        _ => wrong("is not an absolute URL"),
    }
}

/// What orgs have, or may have, and what is no place to be called back at by the standards.
fn unusual_callback_url(text: &str) -> Option<String> {
    let wrong = |what: &str| {
        Some(format!("{} {what}. Write an absolute URL like https://www.example.com/callback.", echo(text)))
    };
    if callback_url(text).is_some() {
        return None;
    }
    if has_stray_character(text) {
        return wrong("has a character that no URL has");
    }
    if text.contains('*') {
        return wrong("has a wildcard, but OAuth compares callback URLs as they are");
    }
    if text.contains('#') {
        return wrong("has a fragment, which OAuth forbids");
    }
    match Url::parse(text) {
        Ok(url) => match url.scheme() {
            "http" | "https" if url.host().is_some() && authority_is_written(text) => None,
            "http" | "https" => wrong("has no host"),
            "javascript" | "data" | "file" | "vbscript" | "blob" | "about" | "ftp" | "mailto" => {
                wrong("has a scheme that no app can be called back at")
            }
            _ => None,
        },
        Err(url::ParseError::EmptyHost) => wrong("has no host"),
        Err(_) => wrong("is not an absolute URL"),
    }
}

fn plain_http(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "http")?;
    let is_here = match url.host()? {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    (!is_here).then(|| {
        let url = echo(text);
        format!("{url} is not encrypted, and Salesforce may refuse it. Write https.")
    })
}

/// The addresses of a range; none while they are not known or are no addresses.
fn addresses(block: &Value, first: &str, last: &str) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let address = |name: &str| block.get(name).as_text()?.parse().ok();
    Some((address(first)?, address(last)?))
}

fn overlap(blocks: &[Value], first: &str, last: &str) -> Option<String> {
    let mut ranges: Vec<_> = blocks.iter().filter_map(|block| addresses(block, first, last)).collect();
    ranges.sort();
    let mut pairs = ranges.iter().zip(ranges.iter().skip(1));
    pairs.find(|(one, next)| next.0 <= one.1).map(|(one, next)| {
        format!("The ranges {} to {} and {} to {} overlap. One range may do.", one.0, one.1, next.0, next.1)
    })
}

fn ipv4(text: &str) -> Option<String> {
    if text.parse::<Ipv4Addr>().is_ok() {
        return None;
    }
    let shown = echo(text);
    let parts: Vec<&str> = text.split('.').collect();
    let leading_zero = |part: &&str| part.len() > 1 && part.starts_with('0');
    let numbers = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    Some(if text.parse::<Ipv6Addr>().is_ok() {
        format!("{shown} is an IPv6 address. Write an IPv4 address like 192.0.2.1.")
    } else if parts.len() == 4 && numbers && parts.iter().any(leading_zero) {
        format!("{shown} has a leading zero, which some read as octal. Write the number without it.")
    } else {
        format!("{shown} is not an IPv4 address. Write one like 192.0.2.1.")
    })
}

fn half_a_record_id(text: &str, prefix: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("It is blank. Write an API name or a record ID.".to_owned());
    }
    (text.starts_with(prefix) && short_id(prefix, text).is_none()).then(|| {
        format!(
            "{} is not a record ID: those have 15 or 18 characters. Write the whole ID, or the API name.",
            echo(text)
        )
    })
}

/// What an API name is not, and a label may be.
fn label(text: &str, prefix: &str) -> Option<String> {
    if text.trim().is_empty() || text.starts_with(prefix) {
        return None;
    }
    let shown = echo(text);
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (!is_name && !is_made_up(text)).then(|| {
        format!("{shown} is neither an API name (letters, digits, underscores) nor an ID that begins with {prefix}.")
    })
}

/// A word that is none of these, but looks like one, or like several at once.
fn misspelt(text: &str, words: &[&str]) -> Option<String> {
    if words.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return None;
    }
    if text.trim().is_empty() {
        return Some("A member is blank. Leave it out.".to_owned());
    }
    if text.contains(',') {
        return Some(format!("{} has a comma. Write one scope per element: [\"Api\", \"Web\"].", echo(text)));
    }
    let word = nearest(text, words)?;
    Some(format!("{} is not known. Did you mean {word:?}?", echo(text)))
}

/// The word that was probably meant, if there is one that differs little.
pub fn nearest<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    let distances = words.iter().map(|word| (distance(text, word), *word));
    let (_, word) = distances.min().filter(|(distance, word)| *distance <= (word.len() / 3).max(1))?;
    Some(word)
}

/// One of these words in other letters, upper and lower case, than Salesforce is known to write it in.
fn otherwise_spelt(text: &str, words: &[&str]) -> Option<String> {
    let word = words.iter().find(|word| word.eq_ignore_ascii_case(text)).filter(|word| **word != text)?;
    Some(format!("{} is written {word:?} by Salesforce.", echo(text)))
}

/// A word that is none of these.
fn unlisted(text: &str, words: &[&str]) -> Option<String> {
    let unknown = !words.contains(&text);
    unknown.then(|| format!("{} is not known. Write one of {}.", echo(text), words.join(", ")))
}

/// How many letters to add, drop or change, case aside.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 64;
    let letters =
        |text: &str| -> Vec<char> { text.chars().take(LONGEST).flat_map(char::to_lowercase).collect() };
    let (a, b) = (letters(a), letters(b));
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, letter) in a.iter().enumerate() {
        let mut left = row + 1;
        let mut current = vec![left];
        for ((other, diagonal), up) in b.iter().zip(&above).zip(above.iter().skip(1)) {
            left = (diagonal + usize::from(letter != other)).min(up + 1).min(left + 1);
            current.push(left);
        }
        above = current;
    }
    above.last().copied().unwrap_or(0)
}

fn listed(numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    numbers.join(", ")
}

/// A value as an error may show it: quoted, short, and not at all when it may be a secret.
pub fn echo(text: &str) -> String {
    const LONGEST: usize = 60;
    if may_be_secret(text) {
        return "The value (not shown, it may be a secret)".to_owned();
    }
    let mut shown: String = text.chars().take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// Whether a text looks like a key, a token or a password. Errs on the side of yes.
fn may_be_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let marks = ["-----begin", "private key", "password", "secret", "token=", "bearer ", "assertion="];
    let session = text.starts_with("00D") && text.contains('!');
    let started = text.starts_with("eyJ") || text.starts_with("5Aep");
    let with_password = Url::parse(text).is_ok_and(|url| url.password().is_some());
    marks.iter().any(|mark| lower.contains(mark))
        || session
        || started
        || with_password
        || has_random_run(text)
}

/// A long run of letters of both cases and digits, as keys and tokens have and names do not.
fn has_random_run(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '_' | '=' | '-');
    text.split(|c| !inside(c)).any(|run| {
        run.len() >= 32
            && run.bytes().any(|byte| byte.is_ascii_digit())
            && run.bytes().any(|byte| byte.is_ascii_uppercase())
            && run.bytes().any(|byte| byte.is_ascii_lowercase())
    })
}
