//! The provider block and its environment variables.
//!
//! The table of arguments is the source of the schema, the environment variables and the documentation. The block takes
//! precedence over the environment. The authentication methods are in `auth_methods`. No message contains a secret.

mod auth_methods;
mod login;
mod origin;
mod proxy;
mod source;
mod user_agent;

use super::catalog;
use super::diagnostics::rows::provider_block::INVALID_URL;
use super::diagnostics::{self, Diagnostic, Diagnostics};
use super::schema::{Attribute, Block, Schema};
use crate::metadata::has_user_information;
use crate::org::{ConnectionSettings as Settings, check_private_key};
use crate::secret::Secret;
use crate::value::{Type, Value};
pub use auth_methods::Choice;
use source::{Source, bad_key};
use url::Url;

/// An argument of the provider block.
struct Argument {
    name: &'static str,
    kind: ArgumentKind,
    doc: &'static str,
}

const SUPPRESS_WARNINGS: &str = "suppress_warnings";
pub const PREVIOUS_ORG_IDS: &str = "previous_org_ids";

/// Arguments whose value may have several lines.
const PEMS: &[&str] = &["private_key", "ca_certificate"];

/// Arguments whose value must consist of printable ASCII characters without spaces.
const TOKENS: &[&str] = &["access_token", "refresh_token"];

/// Mutually exclusive arguments.
const ALTERNATIVES: &[&[&str]] = &[&["ca_certificate", "ca_certificate_file"]];

/// Each argument with the arguments that disable its environment variable: if the block sets one of these, the provider
/// ignores the variable, which may be for another org.
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
    text("instance_url", "The My Domain URL of the org, such as `https://acme.my.salesforce.com`."),
    text(
        "login_url",
        "The URL to request tokens from. Defaults to `instance_url`, or else to `https://login.salesforce.com`. The \
         environment variable is ignored if the block has `instance_url`.",
    ),
    text(
        "audience",
        "The audience (`aud`) of the JWT. Defaults to the URL to request tokens from, which should be the My Domain \
         URL of the org. External Client Apps are reported to accept no other audience: for any other value, \
         Salesforce returns `audience is invalid` or `app_not_found`. If Salesforce rejects a My Domain URL as the \
         audience, the provider tries `https://login.salesforce.com` (`https://test.salesforce.com` for sandboxes and \
         scratch orgs) once. The environment variable is ignored if the block has `instance_url` or `login_url`.",
    ),
    text("client_id", "The consumer key of the app that Terraform logs in with."),
    text("username", "The user that Terraform logs in as, for the JWT bearer flow."),
    secret(
        "private_key",
        "The private key (RSA, PEM) for the JWT bearer flow. For single-line variables, the provider also \
         accepts PEM with literal `\\n`, PEM with spaces instead of line breaks, and base64-encoded PEM.",
    ),
    text("private_key_file", "A file with the private key for the JWT bearer flow."),
    secret(
        "client_secret",
        "The consumer secret. Used for the client credentials flow, which requires `instance_url`, and for token \
         exchange and refresh tokens if the app requires a secret.",
    ),
    secret(
        "subject_token",
        "A token issued by the environment that runs Terraform. The provider exchanges it for an access token from \
         the org (OAuth token exchange). Requires `client_id`, `instance_url`, and a token exchange handler in the \
         org.",
    ),
    text(
        "subject_token_file",
        "A file with the subject token. The provider reads it at each login, because runners replace it.",
    ),
    Argument {
        name: "use_hcp_terraform_token",
        kind: ArgumentKind::Bool,
        doc: "Whether to use the workload identity token of HCP Terraform (`TFC_WORKLOAD_IDENTITY_TOKEN`) as the \
              subject token. Defaults to `false`.",
    },
    text(
        "hcp_terraform_token_tag",
        "For workspaces with several workload identity tokens: the suffix of the environment variable, after \
         `TFC_WORKLOAD_IDENTITY_TOKEN_`.",
    ),
    text(
        "subject_token_type",
        "The type of the subject token: `jwt`, `id_token`, `access_token`, `refresh_token` or `saml2`, or a URN. \
         Defaults to `jwt`.",
    ),
    text(
        "token_handler",
        "The token exchange handler that validates the subject token in the org. Defaults to the default handler of \
         the app.",
    ),
    secret(
        "refresh_token",
        "A refresh token for the app. Requires `client_id`. The provider cannot store a new refresh token, so the app \
         must not rotate refresh tokens.",
    ),
    secret(
        "sfdx_auth_url",
        "An SFDX auth URL from the Salesforce CLI, which contains a refresh token: \
         `force://clientId:clientSecret:refreshToken@host`. It identifies the app and the org.",
    ),
    text(
        "sf_cli_org",
        "The alias or username of an org that the Salesforce CLI is logged in to on this machine. The provider runs \
         `sf` and does not read the CLI's files.",
    ),
    secret("access_token", "An existing access token. Requires `instance_url`."),
    text(
        "api_version",
        "The API version, such as `66.0`. Defaults to the newest version that both the org and the provider support.",
    ),
    text("expected_org_id", "The ID of the org. The provider does not connect to any other org."),
    Argument {
        name: PREVIOUS_ORG_IDS,
        kind: ArgumentKind::Set,
        doc: "IDs of orgs that the connected org replaces, such as the previous IDs of a refreshed sandbox. The \
              provider accepts a state from one of these orgs and refreshes it from the connected org. Without this \
              argument, such a state is an error. In the environment, separate the IDs with commas.",
    },
    text(
        "ca_certificate",
        "CA certificates (PEM) to trust in addition to those of the machine. Accepts the same single-line formats as \
         `private_key`.",
    ),
    text("ca_certificate_file", "A file with CA certificates to trust in addition to those of the machine."),
    Argument {
        name: SUPPRESS_WARNINGS,
        kind: ArgumentKind::Set,
        doc: "IDs of warnings to suppress. Each warning shows its ID. In the environment, separate the IDs with \
              commas.",
    },
    Argument {
        name: "allow_self_lockout",
        kind: ArgumentKind::Bool,
        doc: "Whether Terraform may lock itself out: delete or disable the app that it logs in with, restrict it to \
              pre-authorized users, or change its flow, certificate, scopes or token type so that the login fails. \
              Defaults to `false`.",
    },
    Argument {
        name: "allow_mass_removal",
        kind: ArgumentKind::Bool,
        doc: "Whether a refresh may remove many resources of one type from the state: more than three, and more than \
              30% of the known resources (those that are missing and those that the org still lists). Defaults to \
              `false`: such a refresh fails with an error instead of leading to a plan that recreates all of them.",
    },
];

/// The result of reading the provider block.
pub enum Resolved {
    Ready(Box<Configuration>),
    /// This argument is known only after apply.
    Unknown(&'static str),
}

pub struct Configuration {
    pub settings: Settings,
    /// The authentication method, for the log.
    pub method: Option<Choice>,
    /// Whether resources that are applied at the same time share deploys. Batching is disabled only for measurements.
    pub batching: bool,
    pub allow_self_lockout: bool,
    pub allow_mass_removal: bool,
    pub previous_org_ids: Vec<String>,
    /// Warnings about the environment.
    pub warnings: Diagnostics,
}

/// The URL of the org's APIs and the URL for logging in.
struct Place {
    instance_url: Option<Url>,
    login_url: Option<Url>,
}

/// Reads an environment variable.
pub type Environment = dyn Fn(&str) -> Option<String> + Send + Sync;

fn is_flag(name: &str) -> bool {
    ARGUMENTS.iter().any(|argument| argument.name == name && argument.kind == ArgumentKind::Bool)
}

#[cfg(test)]
type Names = &'static [&'static str];

/// The authentication methods for the documentation: the name, the arguments that select the method, and its required
/// and optional arguments.
#[cfg(test)]
pub fn auth_methods_for_docs() -> Vec<(&'static str, Vec<&'static str>, [Names; 2])> {
    let row = |name| {
        (
            name,
            auth_methods::arguments_of(name),
            [auth_methods::needs_of(name), auth_methods::may_have_of(name)],
        )
    };
    auth_methods::names().into_iter().map(row).collect()
}

/// The environment variable for an argument.
pub fn variable(argument: &str) -> String {
    format!("SALESFORCE_{}", argument.to_uppercase())
}

pub fn schema() -> Schema {
    let attributes = ARGUMENTS.iter().map(|argument| {
        let ty = match argument.kind {
            ArgumentKind::Text | ArgumentKind::Secret => Type::String,
            ArgumentKind::Bool => Type::Bool,
            ArgumentKind::Set => Type::set(Type::String),
        };
        let doc = format!("{} Environment: `{}`.", argument.doc, variable(argument.name));
        let sensitive = argument.kind == ArgumentKind::Secret;
        Attribute { sensitive, ..Attribute::optional(argument.name, ty, doc) }
    });
    Schema {
        version: 0,
        block: Block {
            description: "Manages External Client Apps in a Salesforce org: the apps, their OAuth settings and their \
                          policies.\n\nThe provider supports these authentication methods, each with arguments or \
                          environment variables: JWT bearer, client credentials, token exchange, refresh token, SFDX \
                          auth URL, Salesforce CLI, and access token. Set only one of them."
                .to_owned(),
            attributes: attributes.collect(),
            blocks: Vec::new(),
        },
    }
}

/// The IDs of warnings that the block or the environment suppresses.
pub fn suppressed(config: &Value, environment: &Environment) -> Vec<String> {
    listed(SUPPRESS_WARNINGS, config, environment)
}

/// The members of a set argument, from the block or, separated by commas, from the environment.
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

/// Checks the block without the environment, for `terraform validate`.
pub fn validate(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::default();
    let block = Source { config, environment: &|_| None };
    let (_, written) = auth_methods::named(&block);
    if let [first, second, ..] = written.as_slice() {
        let problem = auth_methods::two(first.argument, second.argument);
        found.push(source::at_one_without_secret(problem, &[second.argument, first.argument]));
    }
    auth_methods::said_twice(&block, &mut found);
    auth_methods::without_effect(&block, &mut found);
    login::check_sfdx_auth_url(&block, &mut found);
    login::check_sf_cli_org(&block, &mut found);
    login::check_hcp_tag(&block, &mut found);
    login::token_type(&block, &mut found);
    for name in ["instance_url", "login_url"] {
        block.url(name, &mut found);
    }
    if block.known("audience").is_some_and(|text| has_user_information(&text)) {
        let detail = "audience: remove the username and password from the URL.";
        // If the diagnostic had a path, Terraform would show the line that contains the password.
        found.push(INVALID_URL.diagnostic(detail));
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

/// Returns one warning for all unknown IDs, because Terraform shows only the first of several warnings with the same
/// summary.
fn unknown_warnings(place: &str, ids: &[String]) -> Option<Diagnostic> {
    let known = catalog::warnings();
    let unknown: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !known.contains(id)).collect();
    (!unknown.is_empty()).then(|| diagnostics::unknown_warnings(place, &unknown, &known))
}

/// Reads the block and the environment.
///
/// # Errors
/// Returns an error if an argument is invalid or missing. No message contains a secret.
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
    // The validation RPC has already returned these warnings.
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
            method: auth_methods::choice(&source),
            batching: environment("SALESFORCE_BATCHING").is_none_or(|text| text.trim() != "off"),
            allow_self_lockout: source.flag("allow_self_lockout", &mut found),
            allow_mass_removal: source.flag("allow_mass_removal", &mut found),
            previous_org_ids,
            warnings: found,
        }))),
        _ => Err(found),
    }
}
