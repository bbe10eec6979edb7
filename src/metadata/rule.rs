//! Rules for values, checked at plan time, with their messages and documentation.
//!
//! A rule does not name its attribute; the caller adds the path. `check` and `describe` are side by side so that the
//! documentation matches the check.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::certificate;
use super::echo::echo;
use super::letters::{foreign_letter, unseen};
use super::record_id::{
    label, link, no_record_id, object_words, record_or_label, record_or_name, record_prefix,
};
use super::urls::{callback_url, plain_http, unusual_callback_url, user_information, web_url};
use super::words::{OtherNames, differs_in_case, misspelled, unlisted};
use crate::value::Value;

/// A rule for one value. Null and unknown values pass.
///
/// An empty string passes the rules for strings, except those that `check_text` lists.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// Not empty and not only whitespace.
    NotBlank,
    /// Letters, digits and underscores; starts with a letter; no double or trailing underscore.
    ApiName,
    /// The prefix before `__` in API names of a package.
    Namespace,
    Email,
    /// An absolute http or https URL with a host. It is not documented that Salesforce rejects anything else.
    WebUrl,
    /// A URL without a username and password, which would be in the state and visible to readers of the app.
    NoUserInformation,
    CallbackUrl,
    /// A callback URL with an https, http or custom scheme, without a fragment or a wildcard. Orgs can have other
    /// callback URLs.
    UsualCallbackUrl,
    /// Not http, unless the host is local. It is not documented that Salesforce rejects http.
    NotPlainHttp,
    /// A whole number between two bounds, inclusive.
    Between(i64, i64),
    /// Not 0. Salesforce's guide excludes 0 from the range, but its sample uses 0.
    NotZero,
    Numbers(&'static [i64]),
    /// A maximum number of members or entries.
    AtMost(usize),
    /// A maximum number of characters of a string, or of all members with their separators. Salesforce does not
    /// document the limits.
    Longest(usize),
    Unique,
    /// Each member of a list or set, or each key and value of a map, must satisfy the rule.
    Each(&'static Rule),
    /// One of these words. The message suggests a similar word.
    Word(&'static [&'static str]),
    /// Any text, except a misspelling of one of these words or another standard's name for one of them.
    Spelled(&'static [&'static str], OtherNames),
    /// One of these words. Newer orgs can have more.
    Listed(&'static [&'static str], OtherNames),
    /// A dotted IPv4 address without leading zeros.
    Ipv4,
    /// In a block, the first attribute's address is not after the second's.
    Ascending(&'static str, &'static str),
    /// The address ranges of the blocks, from the first attribute to the second, do not overlap.
    Disjoint(&'static str, &'static str),
    /// A Salesforce username, in the format of an email address.
    Username,
    /// One X.509 certificate, as PEM or base64.
    Certificate,
    /// Not a private key, which a user can confuse with a certificate.
    NoPrivateKey,
    /// One X.509 certificate, if the value is PEM. It is not documented whether Salesforce expects a certificate or a
    /// name.
    CertificateIfPem,
    /// The minimum size of the certificate's RSA key. It is not documented that Salesforce rejects shorter keys.
    RsaKeyBits(usize),
    /// A name, or a complete record ID (15 or 18 characters) of this object.
    RecordOrName(&'static str),
    /// A record ID or an API name, not a label. It is not documented that Salesforce rejects labels.
    NoLabel(&'static str),
    /// A record ID (15 or 18 characters) or a label, which can be any text.
    RecordOrLabel(&'static str),
    NoRecordId,
    /// A consumer of an org: `<org ID>:<consumer ID>`.
    Link,
}

impl Rule {
    /// Whether Salesforce is known to reject a violation. Otherwise a violation is only a warning.
    pub fn confirmed(&self) -> bool {
        match self {
            Rule::Longest(_)
            | Rule::NotPlainHttp
            | Rule::RsaKeyBits(_)
            | Rule::CertificateIfPem
            | Rule::Listed(..)
            | Rule::WebUrl
            | Rule::UsualCallbackUrl
            | Rule::NotZero
            | Rule::NoLabel(_)
            | Rule::Disjoint(..) => false,
            Rule::Each(rule) => rule.confirmed(),
            _ => true,
        }
    }

    /// The attribute that a violation of a rule for a block points to.
    pub fn at(&self) -> Option<&'static str> {
        match self {
            Rule::Ascending(first, _) => Some(first),
            _ => None,
        }
    }

    /// The message for a violation, with what to write instead. Null, unknown, and values of another type pass.
    pub fn check(&self, value: &Value) -> Option<String> {
        match (self, value) {
            (_, Value::Null | Value::Unknown) => None,
            (Rule::Each(rule), value) => each(rule, value),
            (Rule::AtMost(most), value) => {
                let count = value.members().map(<[Value]>::len);
                let count = count.or_else(|| value.entries().map(|entries| entries.len()))?;
                (count > *most).then(|| format!("There are {count} elements. The maximum is {most}."))
            }
            (Rule::Longest(most), value) => {
                let length = length(value)?;
                (length > *most).then(|| {
                    format!("The value has {length} characters. Salesforce may reject more than {most}.")
                })
            }
            (Rule::Unique, value) => twice(value),
            (Rule::Ascending(first, last), block) => {
                let (from, to) = addresses(block, first, last)?;
                (from > to)
                    .then(|| format!("The address {from} is after {last} = {to}. Swap the two addresses."))
            }
            (Rule::Disjoint(first, last), Value::Set(blocks)) => overlap(blocks, first, last),
            (Rule::Between(from, to), Value::Number(number)) => {
                let inside = value.as_int().is_some_and(|number| (*from..=*to).contains(&number));
                let number = echo(&number.to_string());
                (!inside).then(|| format!("{number} is not a whole number from {from} to {to}."))
            }
            (Rule::NotZero, value) => (value.as_int() == Some(0))
                .then(|| "0 is not in the range that Salesforce documents. Use another number.".to_owned()),
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
                | Rule::Spelled(..)
                | Rule::Ipv4
                | Rule::RecordOrName(_)
                | Rule::RecordOrLabel(_)
        );
        if text.is_empty() && may_be_empty {
            return None;
        }
        match self {
            Rule::NotBlank if text.trim().is_empty() => Some("The value is blank. Set a value.".to_owned()),
            Rule::ApiName => api_name(text),
            Rule::Namespace if api_name(text).is_some() => Some(format!(
                "{} is not a namespace. Use letters, digits and underscores, without the two underscores that follow a \
                 namespace in names such as acme__Shop.",
                echo(text)
            )),
            Rule::Email if !is_address(text) => {
                Some(format!("{} is not an email address. Use an address such as ada@example.com.", echo(text)))
            }
            Rule::Username if record_prefix(text).is_some() => no_record_id(text),
            Rule::Username if !is_address(text) => Some(format!(
                "{} is not a Salesforce username. Use a username in the format of an email address, such as \
                 ada@example.com.",
                echo(text)
            )),
            Rule::WebUrl => web_url(text),
            Rule::NoUserInformation => user_information(text),
            Rule::CallbackUrl => callback_url(text),
            Rule::UsualCallbackUrl => unusual_callback_url(text),
            Rule::NotPlainHttp => plain_http(text),
            Rule::Word(words) => misspelled(text, words, &[])
                .or_else(|| differs_in_case(text, words))
                .or_else(|| unlisted(text, words)),
            Rule::Spelled(words, names) => misspelled(text, words, names),
            Rule::Listed(words, names) if misspelled(text, words, names).is_none() => {
                differs_in_case(text, words).or_else(|| unlisted(text, words))
            }
            Rule::Ipv4 => ipv4(text),
            Rule::Certificate => certificate::problem(text),
            Rule::NoPrivateKey => certificate::has_private_key(text).then(|| {
                "The value is a private key, which must not be in a configuration. Remove it. If the key was exposed, \
                 replace the key."
                    .to_owned()
            }),
            Rule::CertificateIfPem if !certificate::has_private_key(text) => certificate::pem_problem(text),
            Rule::RsaKeyBits(bits) => {
                let facts = certificate::certificate_facts(text)?;
                (facts.is_rsa && facts.key_bits < *bits).then(|| {
                    let has = facts.key_bits;
                    format!("The key of the certificate has {has} bits. Use a key with {bits} bits or more.")
                })
            }
            Rule::RecordOrName(prefix) => record_or_name(text, prefix),
            Rule::NoLabel(prefix) => label(text, prefix),
            Rule::RecordOrLabel(prefix) => record_or_label(text, prefix),
            Rule::NoRecordId => no_record_id(text),
            Rule::Link => link(text),
            _ => None,
        }
    }

    /// The rule as a sentence for the documentation.
    pub fn describe(&self) -> String {
        match self {
            Rule::NotBlank => "Must not be blank.".to_owned(),
            Rule::ApiName => {
                "Letters, digits and underscores. Must start with a letter, must not end with an underscore, and \
                 must not have two underscores in a row."
                    .to_owned()
            }
            Rule::Namespace => {
                "Must not include the two underscores that follow a namespace in API names.".to_owned()
            }
            Rule::Email => "Must be an email address.".to_owned(),
            Rule::WebUrl => "Should be an absolute `http` or `https` URL.".to_owned(),
            Rule::NoUserInformation => "Must not contain a username or password.".to_owned(),
            Rule::CallbackUrl => "Must be an absolute URL with a scheme, such as `https` or a custom one.".to_owned(),
            Rule::UsualCallbackUrl => "Should not contain a fragment or a wildcard.".to_owned(),
            Rule::NotZero => "Should not be 0.".to_owned(),
            Rule::NotPlainHttp => "Should not use `http` unless the host is localhost.".to_owned(),
            Rule::Between(from, to) => format!("Between {from} and {to}."),
            Rule::Numbers(numbers) => format!("One of {}.", listed(numbers)),
            Rule::AtMost(most) => format!("At most {most} elements."),
            Rule::Longest(most) => format!("Should have at most {most} characters."),
            Rule::Unique => "Must not contain duplicates.".to_owned(),
            Rule::Each(rule) => of_each(&rule.describe()),
            Rule::Spelled(..) => "Must match Salesforce's spelling.".to_owned(),
            Rule::Word(words) => format!("One of {}.", in_code(words)),
            Rule::Listed(words, _) => format!("Should be one of {}.", in_code(words)),
            Rule::Ascending(..) => "The start must not be after the end.".to_owned(),
            Rule::Disjoint(..) => "The ranges should not overlap.".to_owned(),
            Rule::Ipv4 => "Must be an IPv4 address without leading zeros.".to_owned(),
            Rule::Username => {
                "Must be a Salesforce username, in the format of an email address.".to_owned()
            }
            Rule::Certificate => "Must be exactly one X.509 certificate.".to_owned(),
            Rule::NoPrivateKey => "Must not be a private key.".to_owned(),
            Rule::CertificateIfPem => "A value in PEM format should contain exactly one X.509 certificate.".to_owned(),
            Rule::RsaKeyBits(bits) => format!("An RSA key should have at least {bits} bits."),
            Rule::NoLabel(_) => "A name should be an API name.".to_owned(),
            Rule::RecordOrName(prefix) | Rule::RecordOrLabel(prefix) => {
                format!("Must be a name, or a record ID of 15 or 18 characters that begins with `{prefix}`.")
            }
            Rule::NoRecordId => "Must be a name, not a record ID.".to_owned(),
            Rule::Link => "Must be an org ID and a consumer ID, separated by a colon.".to_owned(),
        }
    }
}

/// Changes a sentence about one value to a sentence about each value of a list, set or map. A sentence that does not
/// start with *Must* or *Should* is returned unchanged.
fn of_each(sentence: &str) -> String {
    match (sentence.strip_prefix("Must "), sentence.strip_prefix("Should ")) {
        (Some(rest), _) => format!("Each value must {rest}"),
        (_, Some(rest)) => format!("Each value should {rest}"),
        _ => sentence.to_owned(),
    }
}

fn each(rule: &Rule, value: &Value) -> Option<String> {
    if let Some(members) = value.members() {
        return members.iter().find_map(|member| {
            if member.is_null() {
                return Some("An element is null. Remove it.".to_owned());
            }
            rule.check(member)
        });
    }
    value.entries()?.iter().find_map(|(key, value)| {
        if let Some(problem) = rule.check(&Value::text(key.as_str())) {
            return Some(format!("The key {}: {problem}", echo(key)));
        }
        let problem = if value.is_null() {
            Some("The value is null. Remove the entry.".to_owned())
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
            let shown = member.as_text().map_or_else(|| "An element".to_owned(), echo);
            return Some(format!("{shown} is a duplicate. Remove one of them."));
        }
    }
    None
}

fn api_name(text: &str) -> Option<String> {
    let problem = if text.is_empty() {
        return Some("The value is empty. Use a name of letters, digits and underscores.".to_owned());
    } else if let Some(prefix) = record_prefix(text) {
        let object = object_words(prefix);
        return Some(format!("{} is the record ID of {object}. Use the API name.", echo(text)));
    } else if let Some(unseen) = unseen(text) {
        return Some(format!("{} contains {unseen}, which is invisible. Retype the name.", echo(text)));
    } else if let Some(letter) = foreign_letter(text) {
        return Some(format!(
            "In {}, {letter}. Use only the letters A to Z, digits and underscores.",
            echo(text)
        ));
    } else if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        "contains a character other than the letters A to Z, digits and underscores"
    } else if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        "does not start with a letter"
    } else if text.ends_with('_') {
        "ends with an underscore"
    } else if text.contains("__") {
        "contains two underscores in a row, which end a namespace"
    } else {
        return None;
    };
    Some(format!("{} {problem}. Use a name such as Shop_App.", echo(text)))
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || ",;:<>\"()[]\\@".contains(c);
    // The domain of a username can contain underscores.
    let in_domain = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    };
    !local.is_empty() && !local.contains(odd) && domain.split('.').all(in_domain)
}

/// The addresses of a range. `None` if one of them is unknown or invalid.
fn addresses(block: &Value, first: &str, last: &str) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let address = |name: &str| block.get(name).as_text()?.parse().ok();
    Some((address(first)?, address(last)?))
}

fn overlap(blocks: &[Value], first: &str, last: &str) -> Option<String> {
    let mut ranges: Vec<_> = blocks.iter().filter_map(|block| addresses(block, first, last)).collect();
    ranges.sort();
    let mut pairs = ranges.iter().zip(ranges.iter().skip(1));
    pairs.find(|(one, next)| next.0 <= one.1).map(|(one, next)| {
        format!(
            "The ranges {} to {} and {} to {} overlap. Merge them into one range.",
            one.0, one.1, next.0, next.1
        )
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
        format!("{shown} is an IPv6 address. Use an IPv4 address such as 192.0.2.1.")
    } else if parts.len() == 4 && numbers && parts.iter().any(leading_zero) {
        format!("{shown} has a leading zero, which can be read as octal. Remove it.")
    } else {
        format!("{shown} is not an IPv4 address. Use an address such as 192.0.2.1.")
    })
}

fn in_code(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

fn listed(numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    numbers.join(", ")
}
