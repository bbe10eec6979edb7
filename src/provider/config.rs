//! The provider block and its environment: which org, as whom.
//!
//! One table of arguments gives the schema, the environment variables and the documentation. Block beats
//! environment. The ways to log in are a table of their own (`ways`). Texts of secrets are in no message.

mod login;
mod origin;
mod proxy;
mod source;
mod user_agent;
mod ways;

use super::catalog;
use super::diagnostics::{self, Diagnostic, Diagnostics};
use super::schema::{Attribute, Block, Schema};
use crate::metadata::has_user_information;
use crate::org::{ConnectionSettings as Settings, check_private_key};
use crate::secret::Secret;
use crate::value::{Type, Value};
use source::{Source, bad_key};
use url::Url;
pub use ways::Choice;

/// An argument of the provider block.
struct Argument {
    name: &'static str,
    kind: ArgumentKind,
    doc: &'static str,
}

const SUPPRESS_WARNINGS: &str = "suppress_warnings";
pub const PREVIOUS_ORG_IDS: &str = "previous_org_ids";

/// Texts of several lines.
const PEMS: &[&str] = &["private_key", "ca_certificate"];

/// Texts of graphic ASCII characters.
const TOKENS: &[&str] = &["access_token", "refresh_token"];

/// Arguments of which one replaces the other.
const ALTERNATIVES: &[&[&str]] = &[&["ca_certificate", "ca_certificate_file"]];

/// Arguments whose value in the environment is not taken when the block has one of the others: that names an org, or
/// replaces it, and the environment may be another's.
const CONNECTED: &[(&str, &[&str])] = &[
    ("instance_url", &["login_url", "sfdx_auth_url", "sf_cli_org"]),
    ("login_url", &["instance_url", "sfdx_auth_url", "sf_cli_org"]),
    ("audience", &["instance_url", "login_url"]),
    ("ca_certificate", &["ca_certificate_file"]),
    ("ca_certificate_file", &["ca_certificate"]),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum ArgumentKind {
    Text,
    Secret,
    Bool,
    Set,
}

const fn text(name: &'static str, doc: &'static str) -> Argument {
    Argument { name, kind: ArgumentKind::Text, doc }
}

const fn secret(name: &'static str, doc: &'static str) -> Argument {
    Argument { name, kind: ArgumentKind::Secret, doc }
}

static ARGUMENTS: &[Argument] = &[
    text("instance_url", "The org's My Domain URL, such as `https://acme.my.salesforce.com`."),
    text(
        "login_url",
        "Where tokens are asked for. Default: `instance_url`, else `https://login.salesforce.com`. The environment's is not \
         taken when the block has `instance_url`.",
    ),
    text(
        "audience",
        "The audience (`aud`) of the JWT. Default: the URL where tokens are asked for, which should be the org's My Domain \
         URL: External Client Apps are reported to accept no other, and to answer `audience is invalid` or \
         `app_not_found`. Where a My Domain is refused as the audience, `https://login.salesforce.com` is tried once, or \
         `https://test.salesforce.com` for sandboxes and scratch orgs. The environment's is not taken when the block has \
         `instance_url` or `login_url`.",
    ),
    text("client_id", "The consumer key of the app that Terraform logs in with."),
    text("username", "The user that Terraform logs in as, for the JWT bearer flow."),
    secret(
        "private_key",
        "The private key (RSA, PEM) of the JWT bearer flow. For places that hold a single line, these are taken too: \
         PEM with `\\n` written out, PEM whose line breaks became spaces, base64 of a PEM.",
    ),
    text("private_key_file", "A file with the private key of the JWT bearer flow."),
    secret(
        "client_secret",
        "The consumer secret, for the client credentials flow, which needs `instance_url`; and for token exchange and \
         refresh tokens, where the app wants it.",
    ),
    secret(
        "subject_token",
        "A token of whatever runs Terraform, to be exchanged for one of the org (OAuth token exchange). Needs `client_id`, \
         `instance_url`, and a token exchange handler in the org.",
    ),
    text(
        "subject_token_file",
        "A file with the subject token. It is read anew at each login, since runners replace it.",
    ),
    Argument {
        name: "use_hcp_terraform_token",
        kind: ArgumentKind::Bool,
        doc: "Whether HCP Terraform's token of the run (`TFC_WORKLOAD_IDENTITY_TOKEN`) is the subject token. Default: `false`.",
    },
    text(
        "hcp_terraform_token_tag",
        "For workspaces with several such tokens: what follows `TFC_WORKLOAD_IDENTITY_TOKEN_` in the name of the variable.",
    ),
    text(
        "subject_token_type",
        "What kind of token the subject token is: `jwt`, `id_token`, `access_token`, `refresh_token` or `saml2`, or a URN. \
         Default: `jwt`.",
    ),
    text(
        "token_handler",
        "The token exchange handler of the org that takes the subject token. Default: the default handler of the app.",
    ),
    secret(
        "refresh_token",
        "A refresh token that the app once gave. Needs `client_id`. The provider cannot keep a new one: the app must not \
         rotate refresh tokens.",
    ),
    secret(
        "sfdx_auth_url",
        "A login as the Salesforce CLI exports it, with a refresh token in it: \
         `force://clientId:clientSecret:refreshToken@host`. It says the app and the org by itself.",
    ),
    text(
        "sf_cli_org",
        "A login that the Salesforce CLI has on this machine, by its alias or user name. Runs `sf`, and never reads its \
         files.",
    ),
    secret("access_token", "An access token from elsewhere. Needs `instance_url`."),
    text(
        "api_version",
        "The API version, such as `66.0`. Default: the newest that both the org and this provider know.",
    ),
    text("expected_org_id", "The ID of the org. Any other org is refused."),
    Argument {
        name: PREVIOUS_ORG_IDS,
        kind: ArgumentKind::Set,
        doc: "IDs of orgs whose place this one has taken: those that a sandbox had before it was refreshed. A state of one of \
              them is accepted and read anew from the connected org; without it such a state is an error. In the environment: \
              separated by commas.",
    },
    text(
        "ca_certificate",
        "CA certificates (PEM) to trust besides this machine's own. Taken in the forms of a single line that `private_key` has, \
         too.",
    ),
    text("ca_certificate_file", "A file with CA certificates to trust besides this machine's own."),
    Argument {
        name: SUPPRESS_WARNINGS,
        kind: ArgumentKind::Set,
        doc: "IDs of warnings not to repeat. Each such warning says its ID. In the environment: separated by commas.",
    },
    Argument {
        name: "allow_self_lockout",
        kind: ArgumentKind::Bool,
        doc: "Whether Terraform may cut off the app that it logs in with: delete or disable it, pre-authorise its users, or \
              change its flow, certificate, scopes or kind of token so that the login ends. Default: `false`.",
    },
    Argument {
        name: "allow_mass_removal",
        kind: ArgumentKind::Bool,
        doc: "Whether a refresh may find many resources of one type gone at once: more than three, and more than 30 % of \
              those that there were. Default: `false`, an error instead of a plan that would create them all anew.",
    },
];

/// What the provider block comes to.
pub enum Resolved {
    Ready(Box<Configuration>),
    /// This argument is known only after apply.
    Unknown(&'static str),
}

pub struct Configuration {
    pub settings: Settings,
    /// How the provider logs in, for the log.
    pub way: Option<Choice>,
    /// Whether resources that are applied at the same time share deploys. Off is for measurements.
    pub batching: bool,
    pub allow_self_lockout: bool,
    pub allow_mass_removal: bool,
    pub previous_org_ids: Vec<String>,
    /// What is odd about the environment.
    pub warnings: Diagnostics,
}

/// Which org: where its APIs are, and where tokens are asked for.
struct Place {
    instance_url: Option<Url>,
    login_url: Option<Url>,
}

/// Reads a variable of the environment.
pub type Environment = dyn Fn(&str) -> Option<String> + Send + Sync;

fn is_flag(name: &str) -> bool {
    ARGUMENTS.iter().any(|argument| argument.name == name && argument.kind == ArgumentKind::Bool)
}

#[cfg(test)]
type Names = &'static [&'static str];

/// The documentation's table of ways to log in: the name of each, what names it, what it needs, what it takes besides.
#[cfg(test)]
pub fn ways_to_log_in() -> Vec<(&'static str, Vec<&'static str>, [Names; 2])> {
    let row = |name| (name, ways::arguments_of(name), [ways::needs_of(name), ways::may_have_of(name)]);
    ways::names().into_iter().map(row).collect()
}

/// The environment variable of an argument.
pub fn variable(argument: &str) -> String {
    format!("SALESFORCE_{}", argument.to_uppercase())
}

pub fn schema() -> Schema {
    let attributes = ARGUMENTS.iter().map(|argument| Attribute {
        name: argument.name.to_owned(),
        ty: match argument.kind {
            ArgumentKind::Text | ArgumentKind::Secret => Type::String,
            ArgumentKind::Bool => Type::Bool,
            ArgumentKind::Set => Type::set(Type::String),
        },
        description: format!("{} Environment: `{}`.", argument.doc, variable(argument.name)),
        required: false,
        optional: true,
        computed: false,
        sensitive: argument.kind == ArgumentKind::Secret,
    });
    Schema {
        version: 0,
        block: Block {
            description: "Manages External Client Apps of a Salesforce org: the apps, their OAuth settings and their \
                          policies.\n\nThe ways to log in, each by arguments or by environment variables: JWT bearer, \
                          client credentials, token exchange, a refresh token, an SFDX auth URL, a login of the Salesforce \
                          CLI, and an access token from elsewhere. One at a time."
                .to_owned(),
            attributes: attributes.collect(),
            blocks: Vec::new(),
        },
    }
}

/// The warnings that the block or the environment silences.
pub fn suppressed(config: &Value, environment: &Environment) -> Vec<String> {
    listed(SUPPRESS_WARNINGS, config, environment)
}

/// The members of an argument that is a set: the block's, else the environment's, which has commas between them.
fn listed(name: &str, config: &Value, environment: &Environment) -> Vec<String> {
    match config.get(name).members() {
        Some(members) => {
            members.iter().filter_map(Value::as_text).map(|text| text.trim().to_owned()).collect()
        }
        None => {
            let listed = environment(&variable(name)).unwrap_or_default();
            listed.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
        }
    }
}

/// What is wrong with the block itself, whatever the environment: for `terraform validate`.
pub fn validate(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::default();
    let block = Source { config, environment: &|_| None };
    let (_, written) = ways::named(&block);
    if let [first, second, ..] = written.as_slice() {
        let problem = ways::two(first.argument, second.argument);
        found.push(source::at_one_without_secret(problem, &[second.argument, first.argument]));
    }
    ways::said_twice(&block, &mut found);
    ways::without_effect(&block, &mut found);
    login::check_sfdx_auth_url(&block, &mut found);
    login::check_sf_cli_org(&block, &mut found);
    login::check_hcp_tag(&block, &mut found);
    login::token_type(&block, &mut found);
    for name in ["instance_url", "login_url"] {
        block.url(name, &mut found);
    }
    if block.known("audience").is_some_and(|text| has_user_information(&text)) {
        let detail = "audience: leave user name and password out of the URL.";
        found.push(Diagnostic::error("Invalid URL", detail).at_attribute("audience"));
    }
    block.version(&mut found);
    block.org_id(&mut found);
    block.previous_org_ids(&mut found);
    if let Some(key) = block.known("private_key")
        && let Err(problem) = check_private_key(&Secret::new(key))
    {
        found.push(bad_key("private_key", problem));
    }
    block.alternatives(&mut found);
    for argument in ARGUMENTS {
        block.blank(argument, &mut found);
        block.characters(argument, &mut found);
        block.stands_for_a_value(argument, &mut found);
    }
    let unknown = unknown_warnings(SUPPRESS_WARNINGS, &suppressed(config, &|_| None));
    found.extend(unknown.map(|problem| problem.at_attribute(SUPPRESS_WARNINGS)));
    found
}

/// One message for all IDs that no warning of ours has: Terraform folds several.
fn unknown_warnings(place: &str, ids: &[String]) -> Option<Diagnostic> {
    let known = catalog::warnings();
    let unknown: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !known.contains(id)).collect();
    (!unknown.is_empty()).then(|| diagnostics::unknown_warnings(place, &unknown, &known))
}

/// The block and the environment together.
///
/// # Errors
/// What must be written where; never a secret.
pub fn resolve(
    config: &Value,
    environment: &Environment,
    terraform_version: &str,
) -> Result<Resolved, Diagnostics> {
    if let Some(argument) = ARGUMENTS.iter().find(|argument| !config.get(argument.name).is_wholly_known()) {
        return Ok(Resolved::Unknown(argument.name));
    }
    let mut found = validate(config);
    if found.has_errors() {
        return Err(found);
    }
    // Validation gave its warnings already.
    found = Diagnostics::default();
    let source = Source { config, environment };
    let user_agent = user_agent::user_agent(terraform_version, environment);
    let user_agent = user_agent.map_err(|problem| found.push(problem)).unwrap_or_default();
    for argument in ARGUMENTS.iter().filter(|argument| config.get(argument.name).is_null()) {
        source.characters(argument, &mut found);
        source.stands_for_a_value(argument, &mut found);
    }
    if config.get(SUPPRESS_WARNINGS).is_null() {
        let place = variable(SUPPRESS_WARNINGS);
        found.extend(unknown_warnings(&place, &suppressed(config, environment)));
    }
    let previous_org_ids = source.previous_org_ids(&mut found);
    let settings = source.settings(user_agent, &mut found);
    match settings {
        Some(settings) if !found.has_errors() => Ok(Resolved::Ready(Box::new(Configuration {
            settings,
            way: ways::choice(&source),
            batching: environment("SALESFORCE_BATCHING").is_none_or(|text| text.trim() != "off"),
            allow_self_lockout: source.flag("allow_self_lockout", &mut found),
            allow_mass_removal: source.flag("allow_mass_removal", &mut found),
            previous_org_ids,
            warnings: found,
        }))),
        _ => Err(found),
    }
}
