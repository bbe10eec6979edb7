//! The authentication methods, one row each. The rows determine the selection, the messages, the log and the
//! documentation.
//!
//! The provider uses one method. If the block sets a method, methods set in the environment are ignored. `login` reads
//! the arguments of a method.

use super::source::{Source, truth};
use super::{Place, login, variable};
use crate::org::Login;
use crate::provider::diagnostics::rows::provider_block as rows;
use crate::provider::diagnostics::{self, Diagnostic, Diagnostics};
use crate::value::Value;

/// An authentication method, selected by one argument. Rows with the same name describe one method, which accepts its
/// token or key in different arguments.
pub struct AuthMethod {
    /// The argument that selects this method. A flag must be true.
    pub argument: &'static str,
    /// The name in messages, in the log and in the documentation.
    pub name: &'static str,
    /// Required arguments.
    pub needs: &'static [&'static str],
    /// Optional arguments.
    pub may_have: &'static [&'static str],
    /// Arguments that select another method if this method is not set.
    pub takes: &'static [&'static str],
    /// Alternatives to `argument`. They are ignored if the environment also has `argument`.
    pub before: &'static [&'static str],
    /// Arguments that the value already contains. The block must not set them as well.
    pub contained: &'static [&'static str],
    pub read: fn(&AuthMethod, &Source<'_>, &mut Place, &mut Diagnostics) -> Option<Login>,
}

const JWT_BEARER: AuthMethod = AuthMethod {
    argument: "private_key",
    name: "JWT bearer",
    needs: &["client_id", "username"],
    may_have: &["instance_url", "login_url", "audience"],
    takes: &[],
    before: &["private_key_file"],
    contained: &[],
    read: login::jwt_bearer,
};

const TOKEN_EXCHANGE: AuthMethod = AuthMethod {
    argument: "subject_token",
    name: "token exchange",
    needs: &["client_id", "instance_url"],
    may_have: &["client_secret", "subject_token_type", "token_handler", "hcp_terraform_token_tag"],
    takes: &["client_secret"],
    before: &["subject_token_file"],
    contained: &[],
    read: login::subject_token,
};

pub static AUTH_METHODS: &[AuthMethod] = &[
    JWT_BEARER,
    AuthMethod { argument: "private_key_file", before: &[], ..JWT_BEARER },
    AuthMethod {
        argument: "client_secret",
        name: "client credentials",
        needs: &["client_id", "instance_url"],
        may_have: &["login_url"],
        takes: &[],
        before: &[],
        contained: &[],
        read: login::client_credentials,
    },
    TOKEN_EXCHANGE,
    AuthMethod {
        argument: "subject_token_file",
        before: &[],
        read: login::subject_token_file,
        ..TOKEN_EXCHANGE
    },
    AuthMethod {
        argument: "use_hcp_terraform_token",
        before: &[],
        read: login::hcp_terraform_token,
        ..TOKEN_EXCHANGE
    },
    AuthMethod {
        argument: "refresh_token",
        name: "refresh token",
        needs: &["client_id"],
        may_have: &["client_secret", "instance_url", "login_url"],
        takes: &["client_secret"],
        before: &[],
        contained: &[],
        read: login::refresh_token,
    },
    AuthMethod {
        argument: "sfdx_auth_url",
        name: "SFDX auth URL",
        needs: &[],
        may_have: &[],
        takes: &[],
        before: &[],
        contained: &["client_id", "login_url"],
        read: login::sfdx_auth_url,
    },
    AuthMethod {
        argument: "sf_cli_org",
        name: "Salesforce CLI",
        needs: &[],
        may_have: &[],
        takes: &[],
        before: &[],
        contained: &[],
        read: login::sf_cli,
    },
    AuthMethod {
        argument: "access_token",
        name: "access token",
        needs: &["instance_url"],
        may_have: &[],
        takes: &[],
        before: &[],
        contained: &[],
        read: login::access_token,
    },
];

/// A method that is set by environment variables of other tools. If no other method is set, the provider uses the first
/// of these methods whose variables are set.
pub struct ExternalMethod {
    /// All of these variables must be set.
    pub variables: &'static [&'static str],
    pub name: &'static str,
    pub read: fn(&Source<'_>, &mut Place, &mut Diagnostics) -> Option<Login>,
}

pub static EXTERNAL_METHODS: &[ExternalMethod] = &[
    ExternalMethod {
        variables: &["SF_ACCESS_TOKEN", "SF_ORG_INSTANCE_URL"],
        name: "access token",
        read: login::pair_of_the_cli,
    },
    ExternalMethod {
        variables: &["SFDX_AUTH_URL"],
        name: "SFDX auth URL",
        read: login::foreign_sfdx_auth_url,
    },
];

/// Where a method is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum From {
    Block,
    Environment,
}

/// The methods set in the block or, if it sets none, those set in the environment.
pub fn named(source: &Source<'_>) -> (From, Vec<&'static AuthMethod>) {
    let in_block = only(AUTH_METHODS.iter().filter(|method| is_in_block(source, method.argument)).collect());
    if !in_block.is_empty() {
        return (From::Block, in_block);
    }
    (From::Environment, in_environment(source))
}

/// The methods set in the environment, without those that a false flag in the block disables.
fn in_environment(source: &Source<'_>) -> Vec<&'static AuthMethod> {
    let is_there = |method: &&AuthMethod| {
        source.config.get(method.argument).is_null()
            && source.in_environment(method.argument).is_some_and(|text| !is_off(method.argument, &text))
    };
    let mut auth_methods = only(AUTH_METHODS.iter().filter(is_there).collect());
    let passed_over: Vec<&str> = auth_methods.iter().flat_map(|method| method.before).copied().collect();
    auth_methods.retain(|method| !passed_over.contains(&method.argument));
    auth_methods
}

/// Removes methods whose argument belongs to another selected method.
fn only(mut auth_methods: Vec<&'static AuthMethod>) -> Vec<&'static AuthMethod> {
    let taken: Vec<&str> = auth_methods.iter().flat_map(|method| method.takes).copied().collect();
    auth_methods.retain(|method| !taken.contains(&method.argument));
    auth_methods
}

fn is_in_block(source: &Source<'_>, argument: &str) -> bool {
    match source.config.get(argument) {
        // An unknown value may be null: a module may pass several variables, of which only one is set.
        Value::Null | Value::Bool(false) | Value::Unknown => false,
        _ => true,
    }
}

/// Whether a flag in the environment is false. An invalid value is reported when the flag is read.
fn is_off(argument: &str, text: &str) -> bool {
    super::is_flag(argument) && truth(text) == Some(false)
}

/// The selected method, the argument that selects it, and the arguments that are ignored. Contains only the names of
/// arguments and variables, never their values.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    pub method: &'static str,
    pub named_by: String,
    pub place: &'static str,
    pub not_taken: Vec<String>,
}

/// The selection for the log, or `None` if no method is set.
pub fn choice(source: &Source<'_>) -> Option<Choice> {
    let (from, auth_methods) = named(source);
    let mut external = EXTERNAL_METHODS.iter().filter(|external| external.is_there(source));
    let mut not_taken = Vec::new();
    let (method, named_by, place) = match auth_methods.first() {
        Some(method) if from == From::Block => {
            let others = in_environment(source).into_iter().map(|other| other.argument);
            not_taken.extend(others.filter(|other| !method.takes.contains(other)).map(variable));
            (method.name, method.argument.to_owned(), "the provider block")
        }
        Some(method) => (method.name, variable(method.argument), "the environment"),
        None => {
            let first = external.next()?;
            (first.name, first.variables.join(" and "), "the environment, because no other method is set")
        }
    };
    not_taken.extend(external.flat_map(|external| external.variables).map(|name| (*name).to_owned()));
    Some(Choice { method, named_by, place, not_taken })
}

impl ExternalMethod {
    pub fn is_there(&self, source: &Source<'_>) -> bool {
        let is_set =
            |name: &&'static str| (source.environment)(name).is_some_and(|text| !text.trim().is_empty());
        self.variables.iter().all(is_set)
    }
}

/// The error if two methods are set.
pub fn two(first: &str, second: &str) -> Diagnostic {
    let all: Vec<String> =
        names().into_iter().map(|name| format!("{} ({name})", arguments_of(name).join(", "))).collect();
    rows::CONFLICTING_AUTHENTICATION
        .diagnostic(format!("{first} and {second} are both set. Set only one of: {}.", all.join("; ")))
}

/// Reports arguments that the argument of a method already contains.
pub fn said_twice(source: &Source<'_>, found: &mut Diagnostics) {
    for method in AUTH_METHODS.iter().filter(|method| is_in_block(source, method.argument)) {
        for other in method.contained.iter().filter(|name| source.is_known(name)) {
            let detail = format!(
                "{other} is set together with {}, which contains it. Remove {other}.",
                method.argument
            );
            found.push(rows::CONFLICTING_ARGUMENTS.diagnostic(detail).at_attribute(other));
        }
    }
}

/// Reports arguments of the block that belong to other methods.
pub fn without_effect(source: &Source<'_>, found: &mut Diagnostics) {
    let (From::Block, auth_methods) = named(source) else { return };
    let [method] = auth_methods.as_slice() else { return };
    let used = |name: &&str| {
        // Every method can use `instance_url`.
        *name == "instance_url"
            || [method.needs, method.may_have, method.takes, method.contained].concat().contains(name)
    };
    let mut names: Vec<&str> =
        AUTH_METHODS.iter().flat_map(|other| [other.needs, other.may_have].concat()).collect();
    // Arguments that select a method are reported as a conflict.
    names.retain(|name| {
        !used(name) && source.is_known(name) && AUTH_METHODS.iter().all(|method| method.argument != *name)
    });
    names.sort_unstable();
    names.dedup();
    if let Some(first) = names.first() {
        found.push(diagnostics::without_effect(&names, method.argument, method.name).at_attribute(first));
    }
}

/// The names of the methods, in the order of the table.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = AUTH_METHODS.iter().map(|method| method.name).collect();
    names.dedup();
    names
}

/// The arguments that select a method.
pub fn arguments_of(name: &str) -> Vec<&'static str> {
    AUTH_METHODS.iter().filter(|method| method.name == name).map(|method| method.argument).collect()
}

/// The required arguments of a method.
pub fn needs_of(name: &str) -> &'static [&'static str] {
    AUTH_METHODS.iter().find(|method| method.name == name).map_or(&[], |method| method.needs)
}

/// The optional arguments of a method.
pub fn may_have_of(name: &str) -> &'static [&'static str] {
    AUTH_METHODS.iter().find(|method| method.name == name).map_or(&[], |method| method.may_have)
}

/// The error if no method is set.
pub fn none(source: &Source<'_>) -> Diagnostic {
    let own = AUTH_METHODS.iter().map(|method| variable(method.argument));
    let external = EXTERNAL_METHODS.iter().flat_map(|external| external.variables);
    let mut variables: Vec<String> = own.chain(external.map(|name| (*name).to_owned())).collect();
    variables.retain(|name| source.is_blank_in_environment(name));
    let mut detail = String::new();
    if !variables.is_empty() {
        detail.push_str(&format!(
            "These environment variables are set, but they are blank: {}. In CI, a secret is blank if the job has no \
             access to it.\n\n",
            variables.join(", ")
        ));
    }
    detail.push_str(
        "No authentication method is set. Set one of these methods in the provider block or in the environment, where \
         client_id is SALESFORCE_CLIENT_ID, private_key is SALESFORCE_PRIVATE_KEY, client_secret is \
         SALESFORCE_CLIENT_SECRET, and so on:",
    );
    for name in names() {
        let mut all: Vec<&str> = needs_of(name).to_vec();
        let one_of = arguments_of(name).join(" or ");
        all.push(&one_of);
        let besides = match may_have_of(name) {
            [] => String::new(),
            some => format!("; optional: {}", some.join(", ")),
        };
        detail.push_str(&format!("\n- {name}: {}{besides}", all.join(", ")));
    }
    let external: Vec<String> =
        EXTERNAL_METHODS.iter().map(|external| external.variables.join(" with ")).collect();
    detail.push_str(&format!("\nIf none of these is set, the provider uses {}.", external.join(", or ")));
    rows::MISSING_CREDENTIALS.diagnostic(detail)
}
