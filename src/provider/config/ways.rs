//! The ways to log in: one row each. The choice between them, their messages, the log and the documentation follow.
//!
//! One way at a time. What the block names beats the environment as a whole: with a way in the block, none of the
//! environment is looked at. How a way reads its arguments is in `login`.

use super::source::{Source, truth};
use super::{Place, login, variable};
use crate::org::Login;
use crate::provider::diagnostics::{self, Diagnostic, Diagnostics};
use crate::value::Value;

/// A way to log in, by one argument that names it. Rows of the same name are one way with its token or key in different
/// places.
pub struct Way {
    /// Whoever writes it chooses this way; a flag, when it is true.
    pub argument: &'static str,
    /// In messages, in the log and in the documentation.
    pub name: &'static str,
    /// What it cannot do without.
    pub needs: &'static [&'static str],
    /// What it takes besides.
    pub may_have: &'static [&'static str],
    /// Arguments that name ways of their own, and belong to this one where both are there.
    pub takes: &'static [&'static str],
    /// The same thing in another place, which the environment may have as well: it is passed over.
    pub before: &'static [&'static str],
    /// What the argument says by itself, so that the block must not.
    pub says: &'static [&'static str],
    pub read: fn(&Way, &Source<'_>, &mut Place, &mut Diagnostics) -> Option<Login>,
}

const JWT_BEARER: Way = Way {
    argument: "private_key",
    name: "JWT bearer",
    needs: &["client_id", "username"],
    may_have: &["instance_url", "login_url", "audience"],
    takes: &[],
    before: &["private_key_file"],
    says: &[],
    read: login::jwt_bearer,
};

const TOKEN_EXCHANGE: Way = Way {
    argument: "subject_token",
    name: "token exchange",
    needs: &["client_id", "instance_url"],
    may_have: &["client_secret", "subject_token_type", "token_handler", "hcp_terraform_token_tag"],
    takes: &["client_secret"],
    before: &["subject_token_file"],
    says: &[],
    read: login::subject_token,
};

pub static WAYS: &[Way] = &[
    JWT_BEARER,
    Way { argument: "private_key_file", before: &[], ..JWT_BEARER },
    Way {
        argument: "client_secret",
        name: "client credentials",
        needs: &["client_id", "instance_url"],
        may_have: &["login_url"],
        takes: &[],
        before: &[],
        says: &[],
        read: login::client_credentials,
    },
    TOKEN_EXCHANGE,
    Way { argument: "subject_token_file", before: &[], read: login::subject_token_file, ..TOKEN_EXCHANGE },
    Way {
        argument: "use_hcp_terraform_token",
        before: &[],
        read: login::hcp_terraform_token,
        ..TOKEN_EXCHANGE
    },
    Way {
        argument: "refresh_token",
        name: "refresh token",
        needs: &["client_id"],
        may_have: &["client_secret", "instance_url", "login_url"],
        takes: &["client_secret"],
        before: &[],
        says: &[],
        read: login::refresh_token,
    },
    Way {
        argument: "sfdx_auth_url",
        name: "SFDX auth URL",
        needs: &[],
        may_have: &[],
        takes: &[],
        before: &[],
        says: &["client_id", "login_url"],
        read: login::sfdx_auth_url,
    },
    Way {
        argument: "sf_cli_org",
        name: "login of the Salesforce CLI",
        needs: &[],
        may_have: &[],
        takes: &[],
        before: &[],
        says: &[],
        read: login::sf_cli,
    },
    Way {
        argument: "access_token",
        name: "access token",
        needs: &["instance_url"],
        may_have: &[],
        takes: &[],
        before: &[],
        says: &[],
        read: login::access_token,
    },
];

/// A way that other tools' variables name. Taken when nothing else names one, in this order.
pub struct Foreign {
    /// The variables, as a set: one alone is none.
    pub variables: &'static [&'static str],
    pub name: &'static str,
    pub read: fn(&Source<'_>, &mut Place, &mut Diagnostics) -> Option<Login>,
}

pub static FOREIGN: &[Foreign] = &[
    Foreign {
        variables: &["SF_ACCESS_TOKEN", "SF_ORG_INSTANCE_URL"],
        name: "access token",
        read: login::pair_of_the_cli,
    },
    Foreign { variables: &["SFDX_AUTH_URL"], name: "SFDX auth URL", read: login::foreign_sfdx_auth_url },
];

/// Where a way was named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum From {
    Block,
    Environment,
}

/// The ways that the block names; if none, those of the environment.
pub fn named(source: &Source<'_>) -> (From, Vec<&'static Way>) {
    let in_block = only(WAYS.iter().filter(|way| is_in_block(source, way.argument)).collect());
    if !in_block.is_empty() {
        return (From::Block, in_block);
    }
    (From::Environment, in_environment(source))
}

/// The ways that the environment names. What the block decides with another value, a flag that is false, is not among
/// them.
fn in_environment(source: &Source<'_>) -> Vec<&'static Way> {
    let is_there = |way: &&Way| {
        source.config.get(way.argument).is_null()
            && source.in_environment(way.argument).is_some_and(|text| !is_off(way.argument, &text))
    };
    let mut ways = only(WAYS.iter().filter(is_there).collect());
    let passed_over: Vec<&str> = ways.iter().flat_map(|way| way.before).copied().collect();
    ways.retain(|way| !passed_over.contains(&way.argument));
    ways
}

/// Without those that belong to another one.
fn only(mut ways: Vec<&'static Way>) -> Vec<&'static Way> {
    let taken: Vec<&str> = ways.iter().flat_map(|way| way.takes).copied().collect();
    ways.retain(|way| !taken.contains(&way.argument));
    ways
}

fn is_in_block(source: &Source<'_>, argument: &str) -> bool {
    match source.config.get(argument) {
        // What is not known yet may be null: a module hands on variables of which one is set.
        Value::Null | Value::Bool(false) | Value::Unknown => false,
        _ => true,
    }
}

/// Whether a flag of the environment is set to false. What is neither is told when it is read.
fn is_off(argument: &str, text: &str) -> bool {
    super::is_flag(argument) && truth(text) == Some(false)
}

/// Which way is taken, who named it, and what else there is that names one. Names, never values.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    pub way: &'static str,
    pub named_by: String,
    pub place: &'static str,
    pub not_taken: Vec<String>,
}

/// The choice that the log tells; none where nothing names a way.
pub fn choice(source: &Source<'_>) -> Option<Choice> {
    let (from, ways) = named(source);
    let mut foreign = FOREIGN.iter().filter(|foreign| foreign.is_there(source));
    let mut not_taken = Vec::new();
    let (way, named_by, place) = match ways.first() {
        Some(way) if from == From::Block => {
            let others = in_environment(source).into_iter().map(|other| other.argument);
            not_taken.extend(others.filter(|other| !way.takes.contains(other)).map(variable));
            (way.name, way.argument.to_owned(), "the provider block")
        }
        Some(way) => (way.name, variable(way.argument), "the environment"),
        None => {
            let first = foreign.next()?;
            (first.name, first.variables.join(" and "), "the environment, where nothing else says how")
        }
    };
    not_taken.extend(foreign.flat_map(|foreign| foreign.variables).map(|name| (*name).to_owned()));
    Some(Choice { way, named_by, place, not_taken })
}

impl Foreign {
    pub fn is_there(&self, source: &Source<'_>) -> bool {
        let is_set =
            |name: &&'static str| (source.environment)(name).is_some_and(|text| !text.trim().is_empty());
        self.variables.iter().all(is_set)
    }
}

/// Two ways at once.
pub fn two(first: &str, second: &str) -> Diagnostic {
    let all: Vec<String> =
        names().into_iter().map(|name| format!("{} ({name})", arguments_of(name).join(", "))).collect();
    Diagnostic::error(
        "More than one way to log in",
        format!("{first} and {second} are both set. Choose one: {}.", all.join("; ")),
    )
}

/// What a way's argument says by itself, and the block says as well.
pub fn said_twice(source: &Source<'_>, found: &mut Diagnostics) {
    for way in WAYS.iter().filter(|way| is_in_block(source, way.argument)) {
        for other in way.says.iter().filter(|name| source.is_known(name)) {
            let detail = format!(
                "{other} is set beside {}, which says it by itself. Leave {other} out.",
                way.argument
            );
            found.push(Diagnostic::error("Arguments that exclude each other", detail).at_attribute(other));
        }
    }
}

/// What the block sets for other ways than the one that it names.
pub fn without_effect(source: &Source<'_>, found: &mut Diagnostics) {
    let (From::Block, ways) = named(source) else { return };
    let [way] = ways.as_slice() else { return };
    let used = |name: &&str| {
        // Names the org, however one logs in.
        *name == "instance_url" || [way.needs, way.may_have, way.takes, way.says].concat().contains(name)
    };
    let mut names: Vec<&str> = WAYS.iter().flat_map(|other| [other.needs, other.may_have].concat()).collect();
    // Those that name a way are two ways at once.
    names.retain(|name| !used(name) && source.is_known(name) && WAYS.iter().all(|way| way.argument != *name));
    names.sort_unstable();
    names.dedup();
    if let Some(first) = names.first() {
        found.push(diagnostics::without_effect(&names, way.argument, way.name).at_attribute(first));
    }
}

/// The names of the ways, in the order of the table.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = WAYS.iter().map(|way| way.name).collect();
    names.dedup();
    names
}

/// The arguments that name a way.
pub fn arguments_of(name: &str) -> Vec<&'static str> {
    WAYS.iter().filter(|way| way.name == name).map(|way| way.argument).collect()
}

/// What a way needs, besides what names it.
pub fn needs_of(name: &str) -> &'static [&'static str] {
    WAYS.iter().find(|way| way.name == name).map_or(&[], |way| way.needs)
}

/// What a way takes besides.
pub fn may_have_of(name: &str) -> &'static [&'static str] {
    WAYS.iter().find(|way| way.name == name).map_or(&[], |way| way.may_have)
}

/// Nothing says how to log in.
pub fn none() -> Diagnostic {
    let mut detail =
        "Nothing says how to log in to Salesforce. Set one of these, in the provider block or in the \
                      environment, where client_id is SALESFORCE_CLIENT_ID, private_key is \
                      SALESFORCE_PRIVATE_KEY, client_secret is \
                      SALESFORCE_CLIENT_SECRET, and so on:"
            .to_owned();
    for name in names() {
        let mut all: Vec<&str> = needs_of(name).to_vec();
        let one_of = arguments_of(name).join(" or ");
        all.push(&one_of);
        let besides = match may_have_of(name) {
            [] => String::new(),
            some => format!("; besides {}", some.join(", ")),
        };
        detail.push_str(&format!("\n- {name}: {}{besides}", all.join(", ")));
    }
    let foreign: Vec<String> = FOREIGN.iter().map(|foreign| foreign.variables.join(" with ")).collect();
    detail.push_str(&format!("\nWhere nothing of these is set: {}.", foreign.join(", or ")));
    Diagnostic::error("No credentials", detail)
}
