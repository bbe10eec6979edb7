//! What a value must be, checked at plan time, and the sentence that says so.
//!
//! A rule never names its attribute: the walker adds the path. `check` and `describe` stand side by side, so
//! that the documentation cannot say something else than the check does.

use crate::value::Value;

/// A rule on one value. Null and unknown values are never shown to a rule.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// Not empty, not only white space.
    NotBlank,
    /// Letters, digits and underscores; starts with a letter; no double and no trailing underscore.
    ApiName,
    Email,
    /// An absolute http or https URL with a host.
    WebUrl,
    /// A place that Salesforce may send a browser or an app back to: https, http on this machine, or a scheme
    /// of an app's own; no fragment.
    CallbackUrl,
    /// A number from..=to.
    Between(i64, i64),
    /// One of these numbers.
    Numbers(&'static [i64]),
    /// At most so many members or entries.
    AtMost(usize),
    /// At most so many characters over all members, separators included.
    Longest(usize),
    /// Each member of a list or set.
    Each(&'static Rule),
    /// One of these words; the nearest is suggested.
    Word(&'static [&'static str]),
    /// A dotted IPv4 address without leading zeros.
    Ipv4,
    /// A Salesforce user name: has the form of an e-mail address.
    Username,
    /// One X.509 certificate in PEM.
    Certificate,
    /// A record ID (15 or 18 characters) or an API name.
    RecordOrName(&'static str),
}

impl Rule {
    /// What is wrong with the value, as a sentence that says what to write instead.
    pub fn check(&self, value: &Value) -> Option<String> {
        let _ = value;
        None
    }
}
